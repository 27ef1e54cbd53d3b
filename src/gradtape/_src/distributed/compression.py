"""Encodings of exchanged numbers: unchanged, or in half as many bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np


class Wire(NamedTuple):
    """An encoding of floats.

    Attributes:
      name: the name on which ranks agree.
      dtype: the dtype of the encoding; None: the tensor's own.
      encode: from an array of floats to the encoding.
      decode: from the encoding into an array of floats, its second argument.
      apply: a NumPy function of two encoded arrays into a third, which may be one of them.
    """

    name: str
    dtype: Any
    encode: Callable[[np.ndarray], np.ndarray]
    decode: Callable[[np.ndarray, np.ndarray], None]
    apply: Callable[[np.ufunc, np.ndarray, np.ndarray, np.ndarray], None]

    def __repr__(self) -> str:
        return f"Compression.{self.name}"


def _copied(travelled: np.ndarray, out: np.ndarray) -> None:
    np.copyto(out, travelled, casting="same_kind")


def _to_half(array: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return array.astype(np.float16)


def _apply(function: np.ufunc, one: np.ndarray, other: np.ndarray, out: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        function(one, other, out=out)


def to_bfloat16(array: np.ndarray) -> np.ndarray:
    """The upper halves of float32s, rounded to nearest, ties to even; NaNs stay NaNs."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    rounded = (bits + (0x7FFF + ((bits >> 16) & 1))) >> 16
    return np.where((bits & 0x7FFFFFFF) > 0x7F800000, (bits >> 16) | 0x40, rounded).astype(np.uint16)


def from_bfloat16(halves: np.ndarray) -> np.ndarray:
    """The float32s with these upper halves."""
    return (halves.astype(np.uint32) << 16).view(np.float32)


def _decode_bfloat16(travelled: np.ndarray, out: np.ndarray) -> None:
    np.copyto(out, from_bfloat16(travelled))


def _apply_to_bfloat16(function: np.ufunc, one: np.ndarray, other: np.ndarray, out: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        out[...] = to_bfloat16(function(from_bfloat16(one), from_bfloat16(other)))


class Compression:
    """Encodings of floats between ranks; results have the tensor's dtype again.

    Attributes:
      none: unchanged.
      fp16: as float16: 11 bits of precision, from 6e-8 to 65504.
      bf16: as bfloat16: 8 bits of precision, with float32's range.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.allreduce(tf.constant([1.0, 2.0]), compression=tf.distributed.Compression.fp16).numpy()
      array([1., 2.], dtype=float32)
    """

    none: Final = Wire("none", None, lambda array: array, _copied, _apply)
    fp16: Final = Wire("fp16", np.dtype(np.float16), _to_half, _copied, _apply)
    bf16: Final = Wire("bf16", np.dtype(np.uint16), to_bfloat16, _decode_bfloat16, _apply_to_bfloat16)


WIRES = {wire.name: wire for wire in (Compression.none, Compression.fp16, Compression.bf16)}


def is_half(dtype: np.dtype) -> bool:
    """Whether a dtype is float16 or bfloat16, for which MPI has no type."""
    return dtype.itemsize == 2 and dtype.kind in "fV"


def bits_of(array: np.ndarray) -> np.ndarray:
    """An array for MPI: half-precision floats as integers of the same bits."""
    return array.view(np.uint16) if is_half(array.dtype) else array
