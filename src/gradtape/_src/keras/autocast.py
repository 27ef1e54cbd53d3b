"""Variables that are read in a layer's compute dtype."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gradtape._engine.state.variable import set_autocast
from gradtape._src.core.dtypes import DType


@contextmanager
def autocasting(dtype: DType) -> Iterator[None]:
    """Reads floating variables with `autocast` in a dtype within the context; gradients flow to them."""
    before = set_autocast(dtype)
    try:
        yield
    finally:
        set_autocast(before)
