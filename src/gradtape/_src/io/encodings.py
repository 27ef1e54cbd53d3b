"""Base64 strings, and compressed bytes."""

from __future__ import annotations

import base64
import re
import zlib
from typing import Any

import numpy as np

from gradtape._src.core.error_kinds import DataLossError
from gradtape._src.core.errors import from_op, invalid_argument
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.ops.strings import texts_of

_ALPHABET = re.compile(rb"[A-Za-z0-9_-]*={0,2}")
_WINDOWS = {"ZLIB": zlib.MAX_WBITS, "GZIP": 16 + zlib.MAX_WBITS}


def _each(function: Any, texts: np.ndarray) -> StringTensor:
    out = np.empty(texts.shape, object)
    for place in np.ndindex(texts.shape):
        out[place] = function(texts[place])
    return StringTensor(out)


def encode_base64(input: Any, pad: bool = False, name: str | None = None) -> StringTensor:
    """Encodes strings in URL-safe base64.

    Args:
      input: a string tensor, or a string.
      pad: whether to pad groups of four with "=".
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor of the same shape.

    Raises:
      TypeError, ValueError: input cannot be converted to a tensor of strings.

    Example:
      >>> tf.io.encode_base64("ab?").numpy()
      b'YWI_'
    """

    def encoded(text: bytes) -> bytes:
        found = base64.urlsafe_b64encode(text)
        return found if pad else found.rstrip(b"=")

    return _each(encoded, texts_of(input))


def decode_base64(input: Any, name: str | None = None) -> StringTensor:
    """Decodes strings from URL-safe base64.

    Args:
      input: a string tensor, or a string; "=" may pad groups of four.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor of the same shape.

    Raises:
      InvalidArgumentError: it is not valid base64.

    Example:
      >>> tf.io.decode_base64("YWI_").numpy()
      b'ab?'
    """

    def decoded(text: bytes) -> bytes:
        plain = text.rstrip(b"=")
        padded = len(text) != len(plain)
        if not _ALPHABET.fullmatch(text) or (padded and len(text) % 4):
            raise invalid_argument("DecodeBase64", "Invalid character found in base64.")
        if len(plain) % 4 == 1:
            raise invalid_argument("DecodeBase64", "Base64 string length cannot be 1 modulo 4.")
        return base64.urlsafe_b64decode(plain + b"=" * (-len(plain) % 4))

    return _each(decoded, texts_of(input))


def decode_compressed(bytes: Any, compression_type: str = "", name: str | None = None) -> StringTensor:
    """Decompresses bytes.

    Args:
      bytes: a string tensor, or bytes.
      compression_type: "ZLIB", "GZIP", or "" for bytes that are not compressed.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor of the same shape.

    Raises:
      InvalidArgumentError: the type is invalid.
      DataLossError: the bytes are not of that type.

    Example:
      >>> import zlib
      >>> tf.io.decode_compressed(zlib.compress(b"text"), "ZLIB").numpy()
      b'text'
    """
    texts = texts_of(bytes)
    if not compression_type:
        return StringTensor(texts)
    if compression_type not in _WINDOWS:
        raise invalid_argument("DecodeCompressed", "Only ZLIB, ZSTD, GZIP or NONE are supported compressions")

    def decompressed(text: Any) -> Any:
        try:
            return zlib.decompress(text, _WINDOWS[compression_type])
        except zlib.error as error:
            raise from_op(DataLossError, "DecodeCompressed", f"inflate() failed: {error}") from None

    return _each(decompressed, texts)
