"""Docstrings of NumPy's functions, composed of a summary, an example and common text."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_ARGUMENTS = {
    "a": "a tensor, or a value convertible to one.",
    "a1": "a tensor, or a value convertible to one.",
    "a2": "another one.",
    "a_max": "the upper bound, or None.",
    "a_min": "the lower bound, or None.",
    "arr": "a tensor, or a value convertible to one.",
    "arrays": "tensors, or values convertible to tensors.",
    "arys": "tensors, or values convertible to tensors.",
    "atol": "the absolute tolerance.",
    "axes": "the axes.",
    "axis": "the axis; None for the function's default, or all elements.",
    "axis1": "the first axis.",
    "axis2": "the second axis.",
    "b": "another one.",
    "condition": "bools.",
    "correction": "the number subtracted from the number of elements.",
    "descending": "whether to sort in descending order.",
    "include_initial": "whether to start with the initial value.",
    "side": "'left' or 'right' of equal elements.",
    "sorter": "the indices that sort the operand; None if it is sorted.",
    "stable": "not used; equal elements keep their order.",
    "copy": "not used; tensors are immutable.",
    "ddof": "the number subtracted from the number of elements.",
    "deg": "whether to return degrees.",
    "decimals": "the number of decimals.",
    "destination": "the new positions.",
    "dtype": "the dtype; None for NumPy's.",
    "endpoint": "whether to include the end.",
    "equal_nan": "whether NaN equals NaN.",
    "fill_value": "the value of all elements.",
    "indices": "integers.",
    "indices_or_sections": "the number of equal parts, or the indices at which to split.",
    "indexing": "'xy' or 'ij'.",
    "k": "the diagonal, or the number of rotations.",
    "keepdims": "whether to keep the reduced axes, with size 1.",
    "m": "a tensor, or a value convertible to one.",
    "M": "the number of columns; None for that of the rows.",
    "min": "the lower bound, or None.",
    "max": "the upper bound, or None.",
    "mode": "see NumPy.",
    "N": "the number of rows.",
    "n": "the number of times or of rows.",
    "ndmin": "the minimum number of axes.",
    "newshape": "the shape; one size may be -1.",
    "num": "the number of values.",
    "obj": "any object.",
    "offset": "the diagonal.",
    "order": "'C'.",
    "pad_width": "the number of elements added before and after each axis.",
    "repeats": "the number of repetitions of each element.",
    "reps": "the number of copies along each axis.",
    "retstep": "whether to return the step too.",
    "base": "the base of the powers.",
    "rtol": "the relative tolerance.",
    "seed": "an integer.",
    "shape": "the shape.",
    "shift": "the number of positions.",
    "size": "the shape, or None for a scalar.",
    "source": "the axes to move.",
    "start": "the first number.",
    "step": "the step between numbers.",
    "stop": "the end.",
    "subscripts": "the axes in Einstein notation.",
    "operands": "tensors, or values convertible to tensors.",
    "tensors": "tensors, or values convertible to tensors.",
    "val": "a tensor, or a value convertible to one.",
    "v": "a tensor, or a value convertible to one.",
    "values": "the values to append.",
    "weights": "the weight of each element; None for equal weights.",
    "x": "a tensor, or a value convertible to one.",
    "x1": "a tensor, or a value convertible to one.",
    "x2": "another one.",
    "z": "a tensor, or a value convertible to one.",
    "xi": "vectors.",
    "y": "another one.",
    "low": "the lower bound.",
    "high": "the upper bound, excluded.",
    "lam": "the expected value.",
    "arrays_and_dtypes": "tensors, dtypes and numbers.",
    "type": "a dtype.",
    "type1": "a dtype.",
    "type2": "another one.",
    "kind": "a dtype, the name of a kind, or a tuple of these.",
    "api_version": "not used.",
}


# What several functions raise.
AXES = "ValueError: an axis is out of range or repeated."
AXIS = "ValueError: axis is out of range."
DTYPE = "TypeError: dtype is not a dtype of numbers or bools."
SHAPES = "InvalidArgumentError: the shapes do not broadcast."
_OPERAND = "TypeError, ValueError: an operand cannot be converted to a tensor."


def documented(
    summary: str, call: str, result: str, returns: str = "A tensor.", raises: tuple[str, ...] | None = ()
) -> Callable[[F], F]:
    """A decorator that writes a function's docstring.

    Args:
      summary: its first sentence.
      call: an example, in which np is `tf.experimental.numpy` and tf is gradtape.
      result: the example's output.
      returns: what the function returns.
      raises: its exceptions, besides those of converting operands; None if it raises none at all.
    """

    def write(function: F) -> F:
        names = inspect.signature(function).parameters
        converted = any("convertible to" in _ARGUMENTS[name] for name in names)
        errors = () if raises is None else (*raises, *[_OPERAND] * converted)
        arguments = "\n".join([f"  {name}: {_ARGUMENTS[name]}" for name in names])
        function.__doc__ = (
            f"{summary}\n\n"
            + (f"Args:\n{arguments}\n\n" if names else "")
            + (f"Returns:\n  {returns}\n\n" if returns else "")
            + ("".join(["Raises:\n", *(f"  {error}\n" for error in errors), "\n"]) if errors else "")
            + f"Example:\n  >>> np = tf.experimental.numpy\n  >>> {call}\n  {result}\n"
        )
        return function

    return write
