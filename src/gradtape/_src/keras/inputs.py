"""Inputs of layers: conversion to tensors of their dtype, masks, and the context of calls."""

from __future__ import annotations

from _thread import _local
from collections.abc import Iterator, Mapping
from typing import Any

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor, add_property
from gradtape._src.core import nest
from gradtape._src.core.dtypes import DType
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.settings import standardize_dtype
from gradtape._src.keras.tensors import Attached

TENSORS = (Tensor, BaseVariable)

masks = Attached()


def _own_mask(tensor: Tensor) -> Any:
    """The mask that a layer attached to the tensor, which programs read, set and delete by this name."""
    mask = masks.get(tensor)
    if mask is None:
        raise AttributeError("'EagerTensor' object has no attribute '_keras_mask'")
    return mask


def _delete_own_mask(tensor: Tensor) -> None:
    _own_mask(tensor)  # raises if there is none
    masks.put(tensor, None)


add_property("_keras_mask", property(_own_mask, masks.put, _delete_own_mask))


def get_mask(value: Any) -> Any:
    """The mask of a tensor or of a symbolic value, or None."""
    return value._keras_mask if isinstance(value, KerasTensor) else masks.get(value)


def set_mask(value: Any, mask: Any) -> None:
    """Sets or removes the mask of a tensor or symbolic value."""
    if isinstance(value, KerasTensor):
        value._keras_mask = mask
    elif type(value) is Tensor:
        masks.put(value, mask)


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor, a variable or a symbolic value."""
    return isinstance(value, (Tensor, BaseVariable, KerasTensor))


def converted(value: Any, dtype: DType | None) -> Any:
    """Converts an array to a tensor, and floating values to a dtype; anything else is unchanged."""
    if isinstance(value, TENSORS):
        tensor = value
    elif isinstance(value, KerasTensor):
        if dtype is None or value.dtype == dtype.name or not value.dtype.startswith(("float", "bfloat")):
            return value
        from gradtape._src.keras.functions import cast

        return cast(value, dtype.name)
    elif hasattr(value, "__array__"):
        tensor = as_tensor(value)
    else:
        return value
    if dtype is None or tensor.dtype is dtype or not tensor.dtype.is_floating:
        return tensor
    cast_to = apply_cast(tensor, dtype)
    mask = masks.get(tensor)
    if mask is not None:
        masks.put(cast_to, mask)
    return cast_to


def leaves(structure: Any) -> Iterator[Any]:
    """The leaves of lists, tuples and dicts, dicts in the order of their keys."""
    if isinstance(structure, list | tuple):
        for part in structure:
            yield from leaves(part)
    elif isinstance(structure, Mapping):
        for key in sorted(structure):
            yield from leaves(structure[key])
    else:
        yield structure


def mapped(function: Any, structure: Any) -> Any:
    """The structure with leaves replaced by a function's results; it is called in the order of `leaves`."""
    kind = type(structure)
    if kind is list:
        return [mapped(function, part) for part in structure]
    if kind is dict:
        parts = {key: mapped(function, structure[key]) for key in sorted(structure)}
        return {key: parts[key] for key in structure}
    if kind is tuple:
        return tuple([mapped(function, part) for part in structure])
    if isinstance(structure, list | tuple | Mapping) or hasattr(structure, "__tf_flatten__"):
        return nest.map_structure(function, structure)
    return function(structure)


def is_shape(value: Any) -> bool:
    """Whether a value is a shape rather than a structure of them."""
    return isinstance(value, list | tuple) and all(size is None or isinstance(size, int) for size in value)


def mapped_shapes(function: Any, structure: Any) -> Any:
    """A structure of shapes with each replaced by a function's result."""
    if is_shape(structure):
        return function(tuple(structure))
    if isinstance(structure, Mapping):
        return {key: mapped_shapes(function, part) for key, part in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)(mapped_shapes(function, part) for part in structure)
    raise ValueError(f"Cannot map function to unknown objects {structure}")


def shape_of(value: Any) -> tuple[int | None, ...]:
    """A tensor's or symbolic value's shape as a tuple."""
    return tuple(value.shape)


def dtype_name(value: Any) -> str:
    """A tensor's or symbolic value's dtype by name."""
    return standardize_dtype(value.dtype)


class CallContext(_local):
    """The layer call that a thread is in.

    Attributes:
      entry: the outermost layer being called, or None.
      training: the value given, there or further in; None if none was given.
    """

    entry: Any = None
    training: bool | None = None


call = CallContext()
