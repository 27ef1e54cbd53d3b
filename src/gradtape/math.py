"""tf.math: elementwise functions, made from the table, and reductions."""

from __future__ import annotations

from typing import Any

from gradtape._ops import apply_matmul, apply_reduce, elementwise_function
from gradtape._tensor import Tensor
from gradtape.elementwise import ROWS

__all__ = ["abs", "reduce_max", "reduce_mean", "reduce_min", "reduce_sum", "matmul"]

for _row in ROWS:
    for _place in _row.tensorflow:
        if _place.startswith("math.") or "." not in _place:
            globals()[_place.removeprefix("math.")] = elementwise_function(_row)
            if "." not in _place:
                __all__.append(_place)


def reduce_sum(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """Sum over axes."""
    return apply_reduce(0, input_tensor, axis, keepdims, "Sum")


def reduce_mean(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """Mean over axes."""
    return apply_reduce(10, input_tensor, axis, keepdims, "Mean")


def reduce_max(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """Largest over axes; ties share the gradient."""
    return apply_reduce(2, input_tensor, axis, keepdims, "Max")


def reduce_min(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: str | None = None) -> Tensor:
    """Smallest over axes; ties share the gradient."""
    return apply_reduce(3, input_tensor, axis, keepdims, "Min")


def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, name: str | None = None) -> Tensor:
    """Matrix product over the last two axes."""
    return apply_matmul(a, b, transpose_a, transpose_b)
