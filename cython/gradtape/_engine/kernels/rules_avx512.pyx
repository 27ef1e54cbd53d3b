"""The arithmetic of optimizers in rules.pxi, compiled for AVX-512."""

include "rules.pxi"
