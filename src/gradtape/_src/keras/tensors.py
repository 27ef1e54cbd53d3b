"""Conversion of values to tensors, and attributes of tensors: masks, and logits of probabilities."""

from __future__ import annotations

import weakref
from typing import Any

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType
from gradtape._src.keras import settings


def tensor_of(value: Any, dtype: DType | None = None) -> Tensor:
    """Converts a value to a tensor of a dtype, by default its own; tensors of another dtype are cast."""
    if type(value) is Tensor:
        return value if dtype is None or value.dtype is dtype else apply_cast(value, dtype)
    if dtype is None:
        return as_tensor(value, dtypes.as_dtype(settings.floatx())) if isinstance(value, float) else as_tensor(value)
    if dtype.is_floating and not isinstance(value, BaseVariable):
        return as_tensor(value, dtype)
    tensor = as_tensor(value)
    return tensor if tensor.dtype is dtype else apply_cast(tensor, dtype)


def floating(value: Any) -> Tensor:
    """Converts a value to a floating tensor: integers and bools become `floatx`."""
    tensor = tensor_of(value)
    return tensor if tensor.dtype.is_floating else apply_cast(tensor, dtypes.as_dtype(settings.floatx()))


class Attached:
    """A value attached to a tensor for the tensor's lifetime.

    Example:
      masks = Attached()
      masks.put(tensor, mask)
      masks.get(tensor)
    """

    def __init__(self) -> None:
        self._held: dict[int, tuple[weakref.ref[Tensor], Any]] = {}

    def put(self, tensor: Tensor, value: Any) -> None:
        """Attaches a value, replacing an earlier one; None removes it."""
        key, held = id(tensor), self._held
        if value is None:
            held.pop(key, None)
            return

        def forget(reference: weakref.ref[Tensor]) -> None:
            # The address may belong to a newer tensor by now.
            if key in held and held[key][0] is reference:
                del held[key]

        held[key] = (weakref.ref(tensor, forget), value)

    def get(self, tensor: Any) -> Any:
        """The value attached to a tensor, or None."""
        if not self._held:
            return None
        found = self._held.get(id(tensor))
        return found[1] if found is not None and found[0]() is tensor else None


logits = Attached()  # of the results of softmax and sigmoid
