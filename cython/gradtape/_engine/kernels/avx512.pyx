"""The loops of kernels.pxi, compiled for AVX-512 (F, DQ, BW, VL) and FMA."""

include "kernels.pxi"
