"""Formatting of arrays in explanations: long ones are abridged."""

from __future__ import annotations

import numpy as np


def shown(array: np.ndarray | None, elements: int = 12, digits: int = 8) -> str:
    """An array on one line, with dots for elements that are not shown."""
    if array is None:
        return "?"
    array = np.asarray(array)
    if array.ndim == 0:
        return str(array[()]) if digits >= 8 or array.dtype.kind != "f" else f"{float(array):.{digits}g}"
    text = np.array2string(
        array,
        precision=digits,
        threshold=elements,
        edgeitems=2,
        max_line_width=10**6,
        floatmode="maxprec",
        separator=", ",
    )
    return " ".join(text.split()).replace("[ ", "[").replace(" ]", "]").replace(" ,", ",").replace("...", "…")


def shape(dims: tuple[int, ...]) -> str:
    """A shape; empty for a scalar."""
    return " × ".join(map(str, dims)) if dims else "scalar"
