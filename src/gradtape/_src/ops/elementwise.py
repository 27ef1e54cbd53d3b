"""Elementwise functions, generated from the rows of their table."""

from __future__ import annotations

from gradtape._engine.api.api import elementwise_function, install_text
from gradtape._src.core import string_tensor
from gradtape._src.table.elementwise import ROWS

FUNCTIONS = {row.name: elementwise_function(row) for row in ROWS}
globals().update(FUNCTIONS)
install_text({"add": string_tensor.added, "equal": string_tensor.equal, "not_equal": string_tensor.not_equal})
