"""Sparse gradients for optimizer steps: each row once, in ascending order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, empty, tensor_from, view
from gradtape._engine.ops.rows import distinct_numbers, first_outside, sums_of_rows
from gradtape._engine.state.optimizers import Rows
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.state.variable import Variable


def collected_rows(slices: Any, variable: Variable, limit: float | None, absolute: bool, normed: bool) -> Rows:
    """IndexedSlices in the variable's dtype, clipped to ±limit and summed over equal indices.

    normed: whether to compute their norm, which is NaN otherwise.

    Raises InvalidArgumentError for rows out of range or of another shape.
    """
    entries, indices = as_tensor(slices.values), view(as_tensor(slices.indices)).ravel().astype(np.int64, copy=False)
    values = view(entries)
    shape = tuple(variable.shape)
    if not shape or values.shape != (len(indices), *shape[1:]):
        raise InvalidArgumentError(
            None,
            None,
            f"The gradient of variable '{variable.name}' has {len(indices)} rows given as values of shape "
            f"{list(values.shape)}, the variable has shape {list(shape)}. A row must have its variable's shape "
            "without the first axis.",
        )
    outside = first_outside(indices, shape[0])
    if outside >= 0:
        message = (
            f"The gradient of variable '{variable.name}' has the index {indices[outside]}, which is not in "
            f"[0, {shape[0]})."
        )
        raise InvalidArgumentError(None, None, message)
    if limit is not None or values.dtype.itemsize <= 2:  # half precision is clipped and summed in float32
        values = values.astype(np.promote_types(values.dtype, np.float32))
        entries = tensor_from(values if limit is None else np.clip(values, -limit, limit))
        values = view(entries)
    norm = float(np.sqrt(np.vdot(values, values))) if normed else math.nan
    places, owner = distinct_numbers(indices)

    def fitting(rows: Tensor) -> Tensor:
        return rows if rows.dtype == variable.dtype else tensor_from(view(rows), variable.dtype)

    entry_sizes, array = empty(values.shape, values.dtype)
    if len(places) == len(indices):
        array[owner] = values
        return Rows(fitting(entry_sizes), places, None, norm)
    if absolute:
        np.abs(values, out=array)
    else:
        np.multiply(values, values, out=array)
    sums, sizes = (fitting(sums_of_rows(rows, owner, (len(places), *shape[1:]))) for rows in (entries, entry_sizes))
    return Rows(sums, places, sizes, norm)
