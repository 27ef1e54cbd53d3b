"""Values by name: what files hold, and the variables of objects that take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.operands import TENSORS
from gradtape._src.state import tracking


def variables(root: Any) -> dict[str, Any]:
    """The variables that an object holds, at any depth, by the shortest ways to them: ``layers/0/kernel``.

    Cycles are visited once; a variable that is found twice has its first name.
    """
    found: list[tuple[str, Any]] = [("", root)]
    seen = {id(root)}
    named: dict[str, Any] = {}
    for path, value in found:
        if isinstance(value, BaseVariable):
            named[path.removesuffix("/") or "value"] = value
        for name, part in tracking.children(value):
            if id(part) not in seen:
                seen.add(id(part))
                found.append((f"{path}{name}/", part))
    return named


def arrays(values: Any) -> dict[str, np.ndarray]:
    """Arrays by name, of a dict of tensors, arrays and numbers or of an object that holds variables.

    Raises:
      TypeError: a name is not a string, or a value not a tensor.
    """
    flat = isinstance(values, Mapping) and all(map(_is_value, values.values()))
    held: Any = values if flat else variables(values)
    named = {}
    for name, value in held.items():
        if not isinstance(name, str):
            raise TypeError(f"the names of values are texts, not {name!r}")
        named[name] = view(as_tensor(value))
    if not named and not flat:
        raise TypeError(f"neither a dict of tensors nor an object with variables: {values!r}")
    return named


def _is_value(value: Any) -> bool:
    return isinstance(value, (*TENSORS, np.ndarray, np.generic, float, int))


def tensors(named: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """Tensors of arrays."""
    return {name: tensor_from(array) for name, array in named.items()}


def assign(root: Any, named: Mapping[str, np.ndarray]) -> None:
    """Assigns arrays to an object's variables by name; all, or none if one does not fit.

    Raises:
      ValueError: names, shapes or dtypes are not those of the object's variables.
    """
    held = variables(root)
    for what, names in (("no value for", held.keys() - named.keys()), ("no variable for", named.keys() - held.keys())):
        if names:
            raise ValueError(f"there is {what} {', '.join(sorted(names))}")
    for name, variable in held.items():
        array = named[name]
        if not variable.shape.is_compatible_with(array.shape) or variable.dtype.as_numpy_dtype != array.dtype:
            raise ValueError(
                f"{name} has shape {tuple(variable.shape)} and dtype {variable.dtype.name}, its value has shape "
                f"{array.shape} and dtype {array.dtype.name}"
            )
    for name, variable in held.items():
        variable.assign(named[name])
