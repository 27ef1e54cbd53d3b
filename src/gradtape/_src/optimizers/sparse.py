"""Gradients of some rows of a variable, as a step takes them: each row once, in order."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.ops.rows import sums_of_rows
from gradtape._engine.state.optimizers import Rows
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.state.variable import Variable


def collected_rows(slices: Any, variable: Variable, limit: float | None, absolute: bool) -> Rows:
    """IndexedSlices with their entries clipped to ±limit and those of one index added up, of the variable's dtype.

    Raises InvalidArgumentError for rows that the variable does not have or of another shape.
    """
    values, indices = view(as_tensor(slices.values)), view(as_tensor(slices.indices)).ravel()
    shape = tuple(variable.shape)
    if not shape or values.shape != (len(indices), *shape[1:]):
        raise InvalidArgumentError(
            None,
            None,
            f"The gradient of variable '{variable.name}' has {len(indices)} rows given as values of shape "
            f"{list(values.shape)}, the variable has shape {list(shape)}. A row must have its variable's shape but the "
            "first axis.",
        )
    if indices.size and not (indices.min() >= 0 and indices.max() < shape[0]):
        wrong = indices[(indices < 0) | (indices >= shape[0])][0]
        message = f"The gradient of variable '{variable.name}' has the index {wrong}, which is not in [0, {shape[0]})."
        raise InvalidArgumentError(None, None, message)
    # Entries of half precision are clipped and added up in float32.
    values = values if values.dtype.itemsize > 2 else values.astype(np.float32)
    values = values if limit is None else np.clip(values, -limit, limit)
    norm = float(np.sqrt(np.vdot(values, values)))
    places, owner = np.unique(indices.astype(np.int64), return_inverse=True)

    def added(entries: np.ndarray) -> Tensor:
        sums = sums_of_rows(tensor_from(entries), owner, (len(places), *shape[1:]))
        return tensor_from(view(sums), variable.dtype)

    if len(places) < len(indices):
        return Rows(added(values), places, added(np.abs(values) if absolute else values * values), norm)
    ordered = np.empty_like(values)
    ordered[owner] = values
    return Rows(tensor_from(ordered, variable.dtype), places, None, norm)
