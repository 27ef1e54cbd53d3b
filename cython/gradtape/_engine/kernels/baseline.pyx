"""The loops of kernels.pxi, compiled for all processors."""

include "kernels.pxi"
