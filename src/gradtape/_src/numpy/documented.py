"""Docstrings of NumPy's functions, composed of a summary, an example and common text."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_ARGUMENTS = {
    "a": "a tensor, or what becomes one.",
    "a1": "a tensor, or what becomes one.",
    "a2": "another one.",
    "a_max": "the greatest value, or None.",
    "a_min": "the least value, or None.",
    "arr": "a tensor, or what becomes one.",
    "arrays": "tensors, or what becomes such.",
    "arys": "tensors, or what becomes such.",
    "atol": "how far values may be apart.",
    "axes": "axes.",
    "axis": "the axis; None for the function's default, or all elements.",
    "axis1": "the first axis.",
    "axis2": "the second axis.",
    "b": "another one.",
    "condition": "bools.",
    "correction": "what is subtracted from the number of elements.",
    "descending": "whether the greatest comes first.",
    "include_initial": "whether what there is before the first element comes first.",
    "side": "'left' or 'right' of equal ones.",
    "sorter": "where elements would stand if they were sorted; None where they are.",
    "stable": "not used; equal elements keep their order.",
    "copy": "not used; tensors do not change.",
    "ddof": "what is subtracted from the number of elements.",
    "deg": "whether they are in degrees.",
    "decimals": "how many decimals are kept.",
    "destination": "where they go.",
    "dtype": "the dtype; None for NumPy's.",
    "endpoint": "whether the end is among the numbers.",
    "equal_nan": "whether NaN equals NaN.",
    "fill_value": "the value of all elements.",
    "indices": "integers.",
    "indices_or_sections": "the number of equal parts, or the places where parts begin.",
    "indexing": "'xy' or 'ij'.",
    "k": "which diagonal, or how often.",
    "keepdims": "whether reduced axes stay, with size 1.",
    "m": "a tensor, or what becomes one.",
    "M": "the number of columns; None for that of the rows.",
    "min": "the least value, or None.",
    "max": "the greatest value, or None.",
    "mode": "as NumPy has it.",
    "N": "the number of rows.",
    "n": "how often, or how many.",
    "ndmin": "the least number of axes.",
    "newshape": "the shape, of which one size may be -1.",
    "num": "how many numbers.",
    "obj": "any object.",
    "offset": "which diagonal.",
    "order": "'C'.",
    "pad_width": "how much is added before and behind each axis.",
    "repeats": "how often each element stands.",
    "reps": "how often each axis is repeated.",
    "retstep": "whether the step is given too.",
    "base": "what is raised to powers.",
    "rtol": "how far values may be apart, relatively.",
    "seed": "an integer.",
    "shape": "the shape.",
    "shift": "by how many places.",
    "size": "the shape, or None for a scalar.",
    "source": "the axes that move.",
    "start": "where numbers begin.",
    "step": "what lies between two numbers.",
    "stop": "where numbers end.",
    "subscripts": "which axes are multiplied, as NumPy writes them.",
    "operands": "tensors, or what becomes such.",
    "tensors": "tensors, or what becomes such.",
    "val": "a tensor, or what becomes one.",
    "v": "a tensor, or what becomes one.",
    "values": "what is added.",
    "weights": "the weight of each element; None for equal ones.",
    "x": "a tensor, or what becomes one.",
    "x1": "a tensor, or what becomes one.",
    "x2": "another one.",
    "z": "a tensor, or what becomes one.",
    "xi": "tensors of one axis.",
    "y": "another one.",
    "low": "the least number.",
    "high": "what all numbers lie below.",
    "lam": "the expected number.",
    "arrays_and_dtypes": "tensors, dtypes and numbers.",
    "type": "a dtype.",
    "type1": "a dtype.",
    "type2": "another one.",
    "kind": "a dtype, the name of a kind, or a tuple of such.",
    "api_version": "not used.",
}


def documented(summary: str, call: str, result: str, returns: str = "A tensor.") -> Callable[[F], F]:
    """A decorator that writes a function's docstring.

    Args:
      summary: its first sentence.
      call: an example, in which np is `tf.experimental.numpy` and tf is gradtape.
      result: the example's output.
      returns: what the function returns.
    """

    def write(function: F) -> F:
        names = inspect.signature(function).parameters
        arguments = "\n".join([f"  {name}: {_ARGUMENTS[name]}" for name in names])
        function.__doc__ = (
            f"{summary}\n\n"
            + (f"Args:\n{arguments}\n\n" if names else "")
            + (f"Returns:\n  {returns}\n\n" if returns else "")
            + f"Example:\n  >>> np = tf.experimental.numpy\n  >>> {call}\n  {result}\n"
        )
        return function

    return write
