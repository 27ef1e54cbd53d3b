"""keras.ops' bitwise functions, generated from rows: a name, an implementation, and a description."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.functions import KerasOp, keras_op
from gradtape._src.keras.ops.promotion import promoted
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import bitwise

_PAIRS = (
    ("bitwise_and", bitwise.bitwise_and, "Bitwise AND", "[2]"),
    ("bitwise_or", bitwise.bitwise_or, "Bitwise OR", "[7]"),
    ("bitwise_xor", bitwise.bitwise_xor, "Bitwise XOR", "[5]"),
    ("bitwise_left_shift", bitwise.left_shift, "The bits shifted left", "[48]"),
    ("left_shift", bitwise.left_shift, "The bits shifted left", "[48]"),
    ("bitwise_right_shift", bitwise.right_shift, "The bits shifted right", "[0]"),
    ("right_shift", bitwise.right_shift, "The bits shifted right", "[0]"),
)
_SINGLES = (
    ("bitwise_not", "The inverted bits", "[-7]"),
    ("bitwise_invert", "The inverted bits", "[-7]"),
)


def _described(function: Any, name: str, sentence: str, arguments: str, raised: str, example: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        f"{sentence}, elementwise.\n\nArgs:\n  {arguments}: integer tensors.\n\nReturns:\n"
        f"  An integer tensor of their common shape.\n\nRaises:\n  {raised}\n\nExample:\n  >>> {example}\n"
    )
    return keras_op(function)


def _pair(name: str, compute: Callable[..., Tensor], sentence: str, result: str) -> Any:
    def function(x: Any, y: Any) -> Tensor:
        return compute(*promoted(x, y))

    example = f"tf.keras.ops.{name}([6], [3]).numpy().tolist()\n  {result}"
    raised = (
        "InvalidArgumentError: the shapes do not broadcast, or the common dtype is not an integer one.\n"
        "  ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one."
    )
    return _described(function, name, sentence, "x, y", raised, example)


def _single(name: str, sentence: str, result: str) -> Any:
    def function(x: Any) -> Tensor:
        return bitwise.invert(tensor_of(x))

    raised = "InvalidArgumentError: x is not of integers.\n  ValueError: x cannot be converted to a tensor."
    return _described(function, name, sentence, "x", raised, f"tf.keras.ops.{name}([6]).numpy().tolist()\n  {result}")


if TYPE_CHECKING:
    bitwise_and: KerasOp[Any]
    bitwise_or: KerasOp[Any]
    bitwise_xor: KerasOp[Any]
    bitwise_left_shift: KerasOp[Any]
    left_shift: KerasOp[Any]
    bitwise_right_shift: KerasOp[Any]
    right_shift: KerasOp[Any]
    bitwise_not: KerasOp[Any]
    bitwise_invert: KerasOp[Any]
else:
    for _row in _PAIRS:
        globals()[_row[0]] = _pair(*_row)
    for _row in _SINGLES:
        globals()[_row[0]] = _single(*_row)
