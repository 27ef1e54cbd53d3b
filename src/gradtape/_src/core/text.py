"""Text and bytes, one from the other."""

from __future__ import annotations

from typing import Any


def as_text(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Strings unchanged, and bytes decoded.

    Args:
      bytes_or_text: a str, bytes or bytearray.
      encoding: of the bytes.

    Returns:
      A str.

    Raises:
      TypeError: it is neither str nor bytes.

    Example:
      >>> tf.compat.as_text(b"tape")
      'tape'
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes | bytearray):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


as_str = as_text


def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Encodes str; returns bytes unchanged.

    Args:
      bytes_or_text: a str, bytes or bytearray.
      encoding: of the bytes.

    Returns:
      Bytes.

    Raises:
      TypeError: it is neither str nor bytes.

    Example:
      >>> tf.compat.as_bytes("tape")
      b'tape'
    """
    if isinstance(bytes_or_text, bytes | bytearray):
        return bytes(bytes_or_text)
    return as_text(bytes_or_text).encode(encoding)


def as_str_any(value: Any, encoding: str = "utf-8") -> str:
    """Converts any value to str: bytes are decoded, others passed to `str`.

    Args:
      value: anything.
      encoding: of bytes.

    Returns:
      A str.

    Raises:
      UnicodeDecodeError: value is bytes that are not text of the encoding.
      LookupError: the encoding is unknown.

    Example:
      >>> tf.compat.as_str_any(3)
      '3'
    """
    return as_text(value, encoding) if isinstance(value, bytes) else str(value)
