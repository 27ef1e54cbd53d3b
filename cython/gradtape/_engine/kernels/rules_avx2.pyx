"""The arithmetic of optimizers in rules.pxi, compiled for AVX2."""

include "rules.pxi"
