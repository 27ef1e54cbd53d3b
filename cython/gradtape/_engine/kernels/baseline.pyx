"""The loops of kernels.pxi, compiled for any processor."""

include "kernels.pxi"
