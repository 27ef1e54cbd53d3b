"""Shapes, slices and indexing."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._ops import (
    apply_broadcast_to,
    apply_cast,
    apply_identity,
    apply_reshape,
    apply_transpose,
    as_tensor,
    install_indexing,
    record,
    tensor_from,
    view,
)
from gradtape._tensor import Tensor
from gradtape.table import ALL, call, op, real, values

__all__ = ["broadcast_to", "cast", "identity", "reshape", "stack", "transpose"]


def cast(x: Any, dtype: Any, name: str | None = None) -> Tensor:
    """x in another dtype."""
    return apply_cast(x, dtype)


def identity(input: Any, name: str | None = None) -> Tensor:
    """The same value, a tensor of its own."""
    return apply_identity(input)


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """The same elements under another shape; one -1 is worked out."""
    return apply_reshape(tensor, shape)


@op(
    "transpose",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(2, 3, 4)), call(real(2, 3, 4), [1, 0, 2]), call(real(2, 3), perm=[-1, 0])),
        *(call(real(0, 2)), call(real())),
    ],
)
def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str = "transpose") -> Tensor:
    """Axes permuted; reversed where perm is None."""
    return apply_transpose(a, perm)


@op("broadcast_to", dtypes=ALL, samples=lambda: [call(real(3), [2, 3]), call(real(2, 1), [2, 4]), call(real(), [0, 2])])
def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """Repeated to a shape that it broadcasts to."""
    return apply_broadcast_to(input, shape)


def _slice(tensor: Tensor, key: Any) -> Tensor:
    """Python indexing: NumPy's basic rules, which are TensorFlow's."""
    return record("strided_slice", _slice_rule, (tensor,), tensor_from(view(tensor)[key]), (), (key, tensor.shape))


def _slice_rule(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    key, shape = call.attributes
    return _unslice(cotangent, key, shape)


def _unslice(cotangent: Tensor, key: Any, shape: Any) -> Tensor:
    """Zeros of a shape with the cotangent at the key: the transpose of slicing."""
    array = np.zeros(shape, view(cotangent).dtype)
    array[key] = view(cotangent)
    return record("strided_slice_grad", _unslice_rule, (cotangent,), tensor_from(array), (), key)


def _unslice_rule(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    return _slice(cotangent, call.attributes)


@op(
    "stack",
    dtypes=ALL,
    samples=lambda: [call([real(2, 3), real(2, 3)]), call([real(2), real(2)], axis=-1), call([real(), real()])],
    edges=lambda: [call([values([float("nan")]), values([1.0])])],
)
def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
    """Tensors of one shape along a new axis."""
    hint = next((value.dtype for value in values if isinstance(value, Tensor)), None)
    tensors = tuple(as_tensor(value, hint=hint) for value in values)
    return record("stack", _stack_rule, tensors, tensor_from(np.stack([view(t) for t in tensors], axis)), (), axis)


def _stack_rule(call: Any, needs: Any, cotangent: Tensor) -> list[Tensor]:
    axis = call.attributes % len(cotangent.shape)
    return [_slice(cotangent, (slice(None),) * axis + (i,)) for i in range(cotangent.shape[axis])]


def _pack(values: Any, dtype: Any) -> Tensor:
    return stack([_pack(v, dtype) if isinstance(v, (list, tuple)) else as_tensor(v, dtype) for v in values])


install_indexing(_slice, _pack)
