"""Splitting, slicing and joining of strings.

TensorFlow's ragged results are dense tensors here, if rows have the same length, as for a scalar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.ops.messages import dtype_not_allowed, refused, shape_text, unexpected_dtype
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import OutOfRangeError, invalid_argument
from gradtape._src.core.operands import ints_of, not_allowed
from gradtape._src.core.string_tensor import StringTensor, holds_text
from gradtape._src.core.typing import Axes, TensorLike
from gradtape._src.ops.strings import texts_of

_UNITS = '"BYTE", "UTF8_CHAR"'
_ENCODINGS = '"UTF-8", "UTF-16-BE", "UTF-32-BE"'
_ERRORS = {"replace": "replace", "ignore": "ignore", "strict": "strict"}


def _rows(function: Callable[[bytes], list[Any]], array: np.ndarray, name: str, make: Callable[[Any], Any]) -> Any:
    """Maps strings to rows along a new last axis; ValueError if their lengths differ."""
    rows = [function(text) for text in array.reshape(-1).tolist()]
    lengths = {len(row) for row in rows}
    if len(lengths) > 1:
        raise ValueError(
            f"tf.strings.{name} gives rows of {min(lengths)} to {max(lengths)} parts here, which is a ragged tensor in "
            "TensorFlow and not supported: call it on one string at a time, or make the rows the same length first."
        )
    parts = np.empty((len(rows), lengths.pop() if lengths else 0), object)
    for place, row in enumerate(rows):
        parts[place] = row
    return make(parts.reshape((*array.shape, parts.shape[1])))


def split(input: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None) -> StringTensor:
    """Splits strings at separators.

    Args:
      input: a string tensor.
      sep: the separator; None or "" for any run of white space, ignored at the ends.
      maxsplit: maximum number of splits from the start; -1 for all.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor with an additional axis, of the parts.

    Raises:
      ValueError: strings have different numbers of parts, which requires a ragged tensor.
      TypeError: it is not a string.

    Example:
      >>> tf.strings.split("a,b,,c", sep=",").numpy().tolist()
      [b'a', b'b', b'', b'c']
      >>> tf.strings.split(["a b", "c  d"]).numpy().tolist()
      [[b'a', b'b'], [b'c', b'd']]
    """
    between = (b"" if sep is None else texts_of(sep).item()) or None
    most = -1 if maxsplit is None or maxsplit < 0 else maxsplit
    return _rows(lambda text: text.split(between, most), texts_of(input), "split", StringTensor.of_bytes)


def bytes_split(input: Any, name: str | None = None) -> StringTensor:
    """Splits strings into bytes, each a string.

    Args:
      input: a string tensor.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor with an additional axis.

    Raises:
      ValueError: strings differ in length, which requires a ragged tensor.

    Example:
      >>> tf.strings.bytes_split("abc").numpy().tolist()
      [b'a', b'b', b'c']
    """
    return _rows(
        lambda text: [text[i : i + 1] for i in range(len(text))], texts_of(input), "bytes_split", StringTensor.of_bytes
    )


def _decoded(text: bytes, encoding: str, errors: str, replacement: int) -> str:
    """Decodes a string; malformed bytes are replaced, ignored or raise."""
    try:
        characters = text.decode(encoding, _ERRORS[errors])
    except UnicodeDecodeError:
        raise invalid_argument("UnicodeDecode", "Invalid formatting on input string", "") from None
    except LookupError:
        known = errors in _ERRORS
        message = (
            f'Could not create converter for input encoding "{encoding}"'
            if known
            else f'Value for attr \'errors\' of "{errors}" is not in the list of allowed values: "strict", "replace", '
            '"ignore"'
        )
        raise invalid_argument("UnicodeDecode", message, "", kernel="" if known else None) from None
    return (
        characters if errors != "replace" or replacement == 0xFFFD else characters.replace("\ufffd", chr(replacement))
    )


def unicode_split(
    input: Any, input_encoding: str, errors: str = "replace", replacement_char: int = 65533, name: str | None = None
) -> StringTensor:
    """Splits strings into characters, each a string.

    Args:
      input: a string tensor.
      input_encoding: encoding of the strings and characters: "UTF-8", "UTF-16-BE" or "UTF-32-BE".
      errors: handling of malformed bytes: "replace", "ignore" or "strict", which raises an error.
      replacement_char: the character that replaces them.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor with an additional axis.

    Raises:
      InvalidArgumentError: an unknown encoding, or malformed bytes with "strict".
      ValueError: strings differ in their number of characters, which requires a ragged tensor.

    Example:
      >>> [part.decode() for part in tf.strings.unicode_split("hé", "UTF-8").numpy()]
      ['h', 'é']
    """
    _check_encoding(input_encoding)

    def characters(text: bytes) -> list[bytes]:
        decoded = _decoded(text, input_encoding, errors, replacement_char)
        return [character.encode(input_encoding) for character in decoded]

    return _rows(characters, texts_of(input), "unicode_split", StringTensor.of_bytes)


def unicode_decode(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Tensor:
    """Decodes strings to Unicode code points.

    Args:
      input: a string tensor.
      input_encoding: encoding of the strings, by any name that Python knows.
      errors: handling of malformed bytes: "replace", "ignore" or "strict", which raises an error.
      replacement_char: the number that replaces them.
      replace_control_characters: whether control characters are replaced too.
      name: not used; TensorFlow names operations by it.

    Returns:
      An int32 tensor with an additional axis.

    Raises:
      InvalidArgumentError: an unknown encoding, or malformed bytes with "strict".
      ValueError: strings differ in their number of characters, which requires a ragged tensor.

    Example:
      >>> tf.strings.unicode_decode("hé", "UTF-8").numpy()
      array([104, 233], dtype=int32)
    """

    def numbers(text: bytes) -> list[int]:
        decoded = [ord(character) for character in _decoded(text, input_encoding, errors, replacement_char)]
        if not replace_control_characters:
            return decoded
        return [replacement_char if number < 32 or number == 127 else number for number in decoded]

    return _rows(numbers, texts_of(input), "unicode_decode", lambda parts: tensor_from(parts.astype(np.int32)))


def unicode_encode(
    input: TensorLike,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 65533,
    name: str | None = None,
) -> StringTensor:
    """Encodes Unicode code points along the last axis to strings.

    Args:
      input: an int32 tensor of at least one axis.
      output_encoding: encoding of the strings: "UTF-8", "UTF-16-BE" or "UTF-32-BE".
      errors: handling of invalid code points: "replace", "ignore" or "strict", which raises an
        error.
      replacement_char: the number that replaces them.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor without the last axis.

    Raises:
      InvalidArgumentError: an unknown encoding, or an invalid code point with "strict".

    Example:
      >>> tf.strings.unicode_encode([104, 233], "UTF-8").numpy().decode()
      'hé'
    """
    _check_encoding(output_encoding)
    array = view(as_tensor(input, dtypes.int32))
    if not array.ndim:
        raise ValueError("input_tensor's rank must be at least 1.")

    def encoded(numbers: list[int]) -> bytes:
        fit = [n if 0 <= n < 0x110000 and not 0xD800 <= n < 0xE000 else None for n in numbers]
        if errors == "strict" and None in fit:
            raise invalid_argument("UnicodeEncode", "Code point is out of range for Unicode, or a noncharacter.", "")
        if errors == "ignore":
            fit = [n for n in fit if n is not None]
        return "".join(chr(replacement_char if n is None else n) for n in fit).encode(output_encoding)

    out = np.empty(array.shape[:-1], object)
    for place in np.ndindex(out.shape):
        out[place] = encoded(array[place].tolist())
    return StringTensor.of_bytes(out)


def _check_encoding(encoding: str) -> None:
    if encoding not in ("UTF-8", "UTF-16-BE", "UTF-32-BE"):
        raise dtype_not_allowed("UnicodeEncode", f'"{encoding}"', _ENCODINGS, "output_encoding")


def substr(input: Any, pos: TensorLike, len: TensorLike, unit: str = "BYTE", name: str | None = None) -> StringTensor:
    """Substrings by position and length.

    Args:
      input: a string tensor.
      pos: the start of each substring, negative from the string's end; its shape broadcasts with the strings'.
      len: maximum length of each substring, of the same shape and dtype; -1 for the rest.
      unit: unit of positions and lengths: "BYTE", or "UTF8_CHAR" for characters.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor.

    Raises:
      InvalidArgumentError: a position outside of its string, shapes that do not fit, or an unknown unit.

    Example:
      >>> tf.strings.substr(["tape", "watch"], 1, 2).numpy().tolist()
      [b'ap', b'at']
    """
    if unit not in ("BYTE", "UTF8_CHAR"):
        raise dtype_not_allowed("Substr", f'"{unit}"', _UNITS, "unit")
    array, starts, lengths = texts_of(input), as_tensor(pos), as_tensor(len)
    if starts.dtype not in (dtypes.int32, dtypes.int64):
        raise not_allowed("Substr", starts.dtype, "int32, int64")
    if lengths.dtype is not starts.dtype:
        raise unexpected_dtype("Substr", 2, starts.dtype.name, lengths.dtype.name)
    if starts.shape != lengths.shape:
        shapes = f"{shape_text(starts.shape)} vs. {shape_text(lengths.shape)}"
        raise invalid_argument("Substr", f"pos and len should have the same shape, got: {shapes}", None)
    try:
        array, begins, counts = np.broadcast_arrays(array, view(starts), view(lengths))
    except ValueError:
        raise refused(
            "shapes", None, op="Substr", left=shape_text(array.shape), right=shape_text(starts.shape)
        ) from None
    out = np.empty(array.shape, object)
    for number, place in enumerate(np.ndindex(out.shape)):
        text: Any = array[place]
        units = text if unit == "BYTE" else text.decode(errors="surrogateescape")
        begin, count = int(begins[place]), int(counts[place])
        size = units.__len__()
        if not -size <= begin <= size:
            which = f" b'{text.decode(errors='replace')}'" if unit == "BYTE" else ""
            raise invalid_argument("Substr", f"pos {begin} out of range for string{which} at index {number}", None)
        begin += size if begin < 0 else 0
        part = units[begin : size if count < 0 else begin + count]
        out[place] = part if unit == "BYTE" else part.encode(errors="surrogateescape")
    return StringTensor.of_bytes(out)


def reduce_join(
    inputs: Any, axis: Axes = None, keepdims: bool = False, separator: str = "", name: str | None = None
) -> StringTensor:
    """Joins strings along axes.

    Args:
      inputs: a string tensor.
      axis: the axis or axes, joined in the given order; None for all,
        from the last one on.
      keepdims: whether to keep them, with size 1.
      separator: the string between two.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor without these axes.

    Raises:
      OutOfRangeError: the axis is out of range.
      InvalidArgumentError: an axis is repeated, or it is not a string.

    Example:
      >>> tf.strings.reduce_join([["a", "b"], ["c", "d"]], axis=1, separator="-").numpy().tolist()
      [b'a-b', b'c-d']
    """
    if not holds_text(inputs):
        raise unexpected_dtype("ReduceJoin", 0, "string", as_tensor(inputs).dtype.name)
    array = texts_of(inputs)
    listed = list(range(array.ndim))[::-1] if axis is None else ints_of(axis, "ReduceJoin", "T")
    for place in listed:
        if not -array.ndim <= place < array.ndim:
            message = f"Invalid reduction dimension {place} for input with {array.ndim} dimension(s) [Op:ReduceJoin]"
            raise OutOfRangeError(None, None, message)
    axes = [place % array.ndim for place in listed]
    for number, place in enumerate(axes):
        if place in axes[:number]:
            raise invalid_argument("ReduceJoin", f"Duplicate reduction dimension {place}", None)
    kept = [place for place in range(array.ndim) if place not in axes]
    lines = array.transpose(kept + axes[::-1]).reshape(*(array.shape[place] for place in kept), -1)
    if not array.size:  # -1 shows nothing
        lines = np.empty((*(array.shape[place] for place in kept), 0), object)
    out, between = np.empty(lines.shape[:-1], object), separator.encode()
    for spot in np.ndindex(out.shape):
        out[spot] = between.join(lines[spot].tolist())
    if keepdims:
        out = out.reshape([1 if place in axes else size for place, size in enumerate(array.shape)])
    return StringTensor.of_bytes(out)
