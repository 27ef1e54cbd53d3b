"""The table of elementwise operations: one row each, with its formula and derivatives that override derived ones."""

from gradtape._src.table.elementwise import (
    activations,
    arithmetic,
    comparisons,
    losses,
    special_functions,
    transcendental,
)
from gradtape._src.table.elementwise.row import Row as Row

ROWS = (
    *arithmetic.ROWS,
    *transcendental.ROWS,
    *special_functions.ROWS,
    *comparisons.ROWS,
    *activations.ROWS,
    *losses.ROWS,
)
