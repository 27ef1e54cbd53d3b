"""Elementwise functions of string tensors."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._engine.record.primitive import fail_trace
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import not_allowed
from gradtape._src.core.string_tensor import StringTensor, holds_text
from gradtape._src.core.typing import DTypeLike
from gradtape._src.ops.printing import shown

_INTEGERS = (dtypes.int32, dtypes.int64, dtypes.uint32, dtypes.uint64)


def texts_of(value: Any) -> np.ndarray:
    """Converts to an array of bytes. Raises TypeError for anything but strings."""
    fail_trace("it computes with text")
    try:
        return np.asarray(StringTensor(value), object)
    except TypeError:
        raise TypeError(f"Cannot convert {value!r} to EagerTensor of dtype string") from None


def _mapped(function: Callable[[bytes], Any], array: Any, dtype: Any = object) -> np.ndarray:
    out = np.empty(array.shape, dtype)
    for place in np.ndindex(array.shape):
        out[place] = function(array[place])
    return out


def join(inputs: Sequence[Any], separator: str = "", name: str | None = None) -> StringTensor:
    """Joins strings, elementwise.

    Args:
      inputs: a sequence of string tensors or strings, of one shape but for scalars.
      separator: the string between them.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor of that shape.

    Raises:
      InvalidArgumentError: the shapes differ.

    Example:
      >>> tf.strings.join([["a", "b"], "x"], "-").numpy().tolist()
      [b'a-x', b'b-x']
    """
    arrays: list[Any] = [texts_of(one) for one in inputs]
    shapes = [array.shape for array in arrays if array.ndim]
    for shape in shapes:
        if shape != shapes[0]:
            raise invalid_argument(
                "StringJoin", f"Input shapes do not match: {list(shapes[0])} vs. {list(shape)}", None
            )
    between, out = separator.encode(), np.empty(shapes[0] if shapes else (), object)
    for place in np.ndindex(out.shape):
        out[place] = between.join([array[place if array.ndim else ()] for array in arrays])
    return StringTensor(out)


def format(
    template: str, inputs: Any, placeholder: str = "{}", summarize: int = 3, name: str | None = None
) -> StringTensor:
    """Replaces the placeholders of a string by tensors, formatted as by `tf.print`.

    Args:
      template: the string.
      inputs: a tensor, or a list or tuple of as many as there are placeholders.
      placeholder: the placeholder of a tensor.
      summarize: number of elements shown at either end of every axis; -1 for all.
      name: not used; TensorFlow names operations by it.

    Returns:
      A scalar string tensor.

    Raises:
      ValueError: there are more or fewer placeholders than tensors.

    Example:
      >>> tf.strings.format("x is {}", tf.constant([1.5, 2.0])).numpy()
      b'x is [1.5 2]'
    """
    fail_trace("it computes with text")
    values = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    parts = template.split(placeholder)
    if len(parts) - 1 != len(values):
        raise ValueError(
            f"The template expects {len(parts) - 1} tensors, but the inputs only has {len(values)}. Please ensure the "
            "number of placeholders in template matches inputs length."
        )
    tensors = [StringTensor(value) if holds_text(value) else as_tensor(value) for value in values]
    pairs = zip(tensors, parts[1:], strict=True)
    return StringTensor(parts[0] + "".join(shown(tensor, summarize) + part for tensor, part in pairs))


def length(input: Any, unit: str = "BYTE", name: str | None = None) -> Tensor:
    """The lengths of strings.

    Args:
      input: a string tensor.
      unit: "BYTE", or "UTF8_CHAR" for characters.
      name: not used; TensorFlow names operations by it.

    Returns:
      An int32 tensor of the same shape.

    Raises:
      InvalidArgumentError: an unknown unit.

    Example:
      >>> tf.strings.length(["tape", "é"]).numpy()
      array([4, 2], dtype=int32)
    """
    if unit not in ("BYTE", "UTF8_CHAR"):
        raise invalid_argument(
            "StringLength",
            f'Value for attr \'unit\' of "{unit}" is not in the list of allowed values: "BYTE", "UTF8_CHAR"',
            None,
        )
    count = len if unit == "BYTE" else lambda text: sum(byte & 0xC0 != 0x80 for byte in text)
    return tensor_from(_mapped(count, texts_of(input), np.int32))


def _cased(input: Any, encoding: str, op: str, plain: Callable[[bytes], bytes], wide: Callable[[str], str]) -> Any:
    if encoding not in ("", "utf-8"):
        raise invalid_argument(op, f"only utf-8 or '' (no encoding) is supported, received {encoding}", "")
    if not encoding:
        return StringTensor(_mapped(plain, texts_of(input)))
    return StringTensor(_mapped(lambda text: wide(text.decode(errors="replace")).encode(), texts_of(input)))


def lower(input: Any, encoding: str = "", name: str | None = None) -> StringTensor:
    """Converts strings to lower case.

    Args:
      input: a string tensor.
      encoding: "" for ASCII letters only, or "utf-8".
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor of the same shape.

    Raises:
      InvalidArgumentError: unknown encoding.

    Example:
      >>> tf.strings.lower("Tape").numpy()
      b'tape'
    """
    return _cased(input, encoding, "StringLower", bytes.lower, str.lower)


def upper(input: Any, encoding: str = "", name: str | None = None) -> StringTensor:
    """Converts strings to upper case.

    Args:
      input: a string tensor.
      encoding: "" for ASCII letters only, or "utf-8".
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor of the same shape.

    Raises:
      InvalidArgumentError: unknown encoding.

    Example:
      >>> tf.strings.upper("Tape").numpy()
      b'TAPE'
    """
    return _cased(input, encoding, "StringUpper", bytes.upper, str.upper)


def strip(input: Any, name: str | None = None) -> StringTensor:
    """Removes white space at the ends of strings.

    Args:
      input: a string tensor.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor of the same shape.

    Raises:
      TypeError, ValueError: input cannot be converted to a tensor of strings.

    Example:
      >>> tf.strings.strip(" tape\\n").numpy()
      b'tape'
    """
    return StringTensor(_mapped(bytes.strip, texts_of(input)))


def _pattern(pattern: Any, op: str) -> re.Pattern[bytes]:
    text = texts_of(pattern).item()
    try:
        return re.compile(text)
    except re.error as error:
        shown_text = text.decode(errors="replace")
        raise invalid_argument(op, f"Invalid pattern: {shown_text}, error: {error.msg}: {shown_text}", "") from None


def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> StringTensor:
    """Replaces matches of a regular expression in strings.

    Args:
      input: a string tensor.
      pattern: the expression, in the common syntax of Python's `re` and RE2.
      rewrite: the replacement, with \\0 for the whole match and \\1 to \\9 for groups.
      replace_global: whether to replace every match, or only the first.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor of the same shape.

    Raises:
      InvalidArgumentError: it is not a regular expression.

    Example:
      >>> tf.strings.regex_replace("tape and tape", "a(.)e", "a\\\\1").numpy()
      b'tap and tap'
    """
    found = _pattern(pattern, "RegexReplace")
    places = re.split(rb"\\([0-9\\])", texts_of(rewrite).item())

    def rewritten(match: re.Match[bytes]) -> bytes:
        parts = [
            part if place % 2 == 0 else b"\\" if part == b"\\" else match.group(int(part)) or b""
            for place, part in enumerate(places)
        ]
        return b"".join(parts)

    return StringTensor(_mapped(lambda text: found.sub(rewritten, text, 0 if replace_global else 1), texts_of(input)))


def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Tensor:
    """Whether a regular expression matches the whole of strings.

    Args:
      input: a string tensor.
      pattern: the expression, in the common syntax of Python's `re` and RE2.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of bools of the same shape.

    Raises:
      InvalidArgumentError: it is not a regular expression.

    Example:
      >>> tf.strings.regex_full_match(["tape", "tapes"], "t.*e").numpy()
      array([ True, False])
    """
    found = _pattern(pattern, "RegexFullMatch")
    return tensor_from(_mapped(lambda text: found.fullmatch(text) is not None, texts_of(input), bool))


def to_number(input: Any, out_type: DTypeLike = dtypes.float32, name: str | None = None) -> Tensor:
    """Parses strings to numbers.

    Args:
      input: a string tensor.
      out_type: float32, float64, int32, int64, uint32 or uint64.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that dtype and the same shape.

    Raises:
      InvalidArgumentError: a string is not a number of that dtype, or the dtype is not supported.

    Example:
      >>> tf.strings.to_number(["1.5", "2"]).numpy()
      array([1.5, 2. ], dtype=float32)
    """
    dtype = dtypes.as_dtype(out_type)
    if dtype not in (*_INTEGERS, dtypes.float32, dtypes.float64):
        raise not_allowed("StringToNumber", dtype, "float, double, int32, int64, uint32, uint64", "out_type")

    def number(text: bytes) -> Any:
        try:
            if b"_" in text:
                raise ValueError
            if dtype in _INTEGERS:
                return np.array(int(text), dtype.as_numpy_dtype)
            hexadecimal = text.lstrip(b" +-")[:2].lower() == b"0x"
            return np.array(float.fromhex(text.decode()) if hexadecimal else float(text), dtype.as_numpy_dtype)
        except (ValueError, OverflowError):
            shown = text.decode(errors="replace")
            message = f"StringToNumberOp could not correctly convert string: {shown}"
            raise invalid_argument("StringToNumber", message, None) from None

    return tensor_from(_mapped(number, texts_of(input), dtype.as_numpy_dtype))
