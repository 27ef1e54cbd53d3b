"""The arithmetic of optimizers in rules.pxi, compiled for what every processor runs."""

include "rules.pxi"
