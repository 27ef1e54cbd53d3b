"""The arithmetic of optimizers in rules.pxi, compiled for all processors."""

include "rules.pxi"
