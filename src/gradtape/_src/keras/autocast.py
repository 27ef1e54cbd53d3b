"""Variables that are read in the dtype in which a layer computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gradtape._engine.state.variable import set_autocast
from gradtape._src.core.dtypes import DType


@contextmanager
def autocasting(dtype: DType) -> Iterator[None]:
    """Reads floating variables made with `autocast` in a dtype while the block runs; gradients flow to them."""
    before = set_autocast(dtype)
    try:
        yield
    finally:
        set_autocast(before)
