"""The loops of kernels.pxi, compiled for AVX2 and FMA."""

include "kernels.pxi"
