"""Printing and formatting: tf.print, which abbreviates long values, and tf.as_string."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, view
from gradtape._engine.record.primitive import as_effect, effect_kind, fail_trace
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.string_tensor import StringTensor, holds_text

_FILE = "file://"
_SHOWS = effect_kind("shows")


def print(*inputs: Any, **kwargs: Any) -> None:
    """Prints strings, tensors and variables without shape or dtype, and nested structures of them.

    Args:
      *inputs: the values to print.
      **kwargs: options by name. `output_stream` is where to print: sys.stderr by default, another stream, or
        "file://" and the path of a file to append to. `summarize` is the number of elements shown at each end of every
        axis, 3 by default and all for -1. `sep` is printed between the values, a space by default, and `end` after the
        last one, a newline by default. `name` is not used.

    Raises:
      ValueError: an unknown keyword or kind of stream.

    Example:
      >>> import sys
      >>> tf.print("loss:", tf.constant([0.5, 0.25]), output_stream=sys.stdout)
      loss: [0.5 0.25]
    """
    stream = kwargs.pop("output_stream", None)
    stream = sys.stderr if stream is None else stream
    summarize = kwargs.pop("summarize", 3)
    summarize = 3 if summarize is None else summarize
    sep, end = kwargs.pop("sep", " "), kwargs.pop("end", "\n")
    kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    as_effect(_SHOWS, _print, stream, summarize, sep, end, *[_present(value) for value in inputs])


def as_string(
    input: Any,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> StringTensor:
    """Formats numbers as strings.

    Args:
      input: a tensor of numbers or bools, or of strings, which are not changed.
      precision: digits after the decimal point of floats; -1 for six.
      scientific: whether to use scientific notation.
      shortest: whether to use scientific notation where that is shorter.
      width: minimum number of characters; -1 for none.
      fill: padding of shorter ones: "0", " ", "+", "-" (after them) or nothing.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor of the same shape.

    Raises:
      InvalidArgumentError: options that the dtype does not support, or that exclude each other.

    Example:
      >>> tf.as_string([1.5, 2.0], precision=2).numpy().tolist()
      [b'1.50', b'2.00']
    """
    fail_trace("it computes with text")
    if holds_text(input):
        return StringTensor(input)
    tensor = as_tensor(input)
    if scientific and shortest:
        raise invalid_argument("AsString", "Cannot select both scientific and shortest notation", "")
    if not (tensor.dtype.is_floating or tensor.dtype.is_complex) and (precision >= 0 or scientific or shortest):
        what = "precision" if precision >= 0 else "scientific and shortest format"
        raise invalid_argument("AsString", f"{what} not supported for datatype {tensor.dtype.name}", "")
    if len(fill) > 1 or fill not in "0 +-":
        raise invalid_argument("AsString", f'Fill string must be one of 0, space, + and -: "{fill}"', "")
    form = "d"
    if tensor.dtype.is_floating or tensor.dtype.is_complex:
        form = f"{f'.{precision}' if precision >= 0 else ''}{'e' if scientific else 'g' if shortest else 'f'}"
    pattern = f"%{fill}{width if width >= 0 else ''}{form}"

    def told(number: Any) -> bytes:
        if isinstance(number, bool):
            return f"%{fill}{width if width >= 0 else ''}s".encode() % (b"true" if number else b"false")
        if isinstance(number, complex):
            return f"({pattern % number.real},{pattern % number.imag})".encode()
        return (pattern % number).encode()

    array = view(tensor)
    out = np.empty(array.shape, object)
    for place in np.ndindex(array.shape):
        out[place] = told(array[place].item())
    return StringTensor(out)


def _present(value: Any) -> Any:
    """Replaces variables by their current values."""
    if isinstance(value, BaseVariable):
        return as_tensor(value)
    if isinstance(value, Mapping):
        return {key: _present(item) for key, item in value.items()}
    if type(value) is tuple or isinstance(value, list):
        return type(value)([_present(item) for item in value]) if type(value) in (tuple, list) else value
    return value


def _print(stream: Any, summarize: int, sep: str, end: str, *inputs: Any) -> None:
    line = sep.join(value if isinstance(value, str) else shown(value, summarize) for value in inputs) + end
    if isinstance(stream, str) and stream.startswith(_FILE):
        with open(stream.removeprefix(_FILE), "a") as file:
            file.write(line)
    elif hasattr(stream, "write"):
        builtins.print(line, end="", file=stream, flush=True)
    else:
        raise ValueError(f"Unknown output stream: {stream!r}. Give a stream, or 'file://' and a path.")


def shown(value: Any, summarize: int) -> str:
    """Formats a value, or a structure of them."""
    if isinstance(value, StringTensor):
        return _array(np.asarray(value), summarize, 1)
    if isinstance(value, Tensor | BaseVariable):
        return _array(view(as_tensor(value)), summarize, 1)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {shown(value[key], summarize)}" for key in sorted(value)) + "}"
    if type(value) is tuple:
        inside = ", ".join(shown(item, summarize) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, list | range):
        return "[" + ", ".join(shown(item, summarize) for item in value) + "]"
    return repr(value)


def _array(array: np.ndarray, summarize: int, depth: int) -> str:
    """Formats elements in brackets; all axes except the last one on separate lines, indented by the brackets."""
    if isinstance(array, bytes) or not array.ndim:
        return _number(array if isinstance(array, bytes) else array[()])
    cut = 0 <= 2 * summarize < len(array)
    ends = (array[:summarize], array[len(array) - summarize :]) if cut else (array,)
    parts = [[_array(item, summarize, depth + 1) for item in end] for end in ends]
    items = [*parts[0], "...", *parts[1]] if cut else parts[0]
    return "[" + (" " if array.ndim == 1 else "\n" * (array.ndim - 1) + " " * depth).join(items) + "]"


def _number(number: Any) -> str:
    """Formats an element: strings in quotes, bools as 1 and 0, floats with enough digits, 6 or 9, 15 or 17."""
    if isinstance(number, np.floating):
        few, all_ = (6, 9) if number.dtype == np.float32 else (15, 17)
        short = f"{number:.{few}g}"
        return short if type(number)(short) == number or number != number else f"{number:.{all_}g}"
    if isinstance(number, bytes):
        return f'"{number.decode(errors="replace")}"'
    return str(int(number))
