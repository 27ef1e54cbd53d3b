"""Elementwise functions, made from the rows of their table."""

from __future__ import annotations

from gradtape._engine.api.api import elementwise_function
from gradtape._src.table.elementwise import ROWS

FUNCTIONS = {row.name: elementwise_function(row) for row in ROWS}
globals().update(FUNCTIONS)
