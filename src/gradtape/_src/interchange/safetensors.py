"""Files of tensors in the format of safetensors, which other frameworks read and write.

A file is the length of a header in eight bytes, the header, JSON with dtype, shape and offset of every tensor, and
their bytes one after the other (https://github.com/huggingface/safetensors, "Format"). A reader believes nothing: the
positions must cover the rest of the file exactly and in order, before memory is taken for any of it.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import as_dtype
from gradtape._src.core.replacing import replacing
from gradtape._src.interchange import named

_CODES = {
    "float32": "F32",
    "float64": "F64",
    "int32": "I32",
    "int64": "I64",
    "uint8": "U8",
    "bool": "BOOL",
    "float16": "F16",
    "bfloat16": "BF16",
    "int8": "I8",
    "int16": "I16",
    "uint16": "U16",
    "uint32": "U32",
    "uint64": "U64",
}
_DTYPES = {code: name for name, code in _CODES.items()}
_LONGEST_HEADER = 100_000_000
_ABOUT = "__metadata__"


def save(path: str | os.PathLike[str], values: Any, metadata: Mapping[str, str] | None = None) -> None:
    """Writes tensors to a file in the format of safetensors.

    The file is written under a temporary name and renamed: an interruption leaves the old file intact.

    Args:
      path: the file's path; its folder exists.
      values: tensors, variables or arrays by name, or an object that holds variables (a module, a model, a
        `tf.train.Checkpoint`), whose names are the ways to them, as in "layers/0/kernel".
      metadata: strings by name, to be kept with them.

    Raises:
      TypeError: values are neither, or metadata are not strings.
      OSError: the file cannot be written; existing files are kept.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "weights.safetensors")
      >>> tf.interop.safetensors.save(path, {"w": tf.constant([1.0, 2.0])})
      >>> tf.interop.safetensors.load(path)["w"].numpy()
      array([1., 2.], dtype=float32)
    """
    arrays = named.arrays(values)
    if _ABOUT in arrays:
        raise TypeError(f"no tensor can have the name {_ABOUT}")
    header: dict[str, Any] = {}
    if metadata:
        if not all(isinstance(part, str) for item in metadata.items() for part in item):
            raise TypeError("metadata are texts by name")
        header[_ABOUT] = dict(metadata)
    at = 0
    # The widest elements first, so that all are aligned.
    ordered = sorted(arrays.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))
    for name, array in ordered:
        end = at + array.nbytes
        header[name] = {"dtype": _CODES[array.dtype.name], "shape": list(array.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with replacing(path) as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, array in ordered:
            file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def load(path: str | os.PathLike[str], into: Any = None) -> dict[str, Tensor]:
    """Reads the tensors of a file in the format of safetensors. Nothing in a file is ever run.

    Args:
      path: the file's path.
      into: an object that holds variables, to which the values are assigned: all of them, by their names, or, where
        these, shapes or dtypes are others, none.

    Returns:
      The tensors by name.

    Raises:
      ValueError: the file is damaged, of another format or malicious; or its contents do not fit `into`.
      TypeError: a tensor is of an unsupported dtype.
      OSError: it cannot be read.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "weights.safetensors")
      >>> tf.interop.safetensors.save(path, [tf.Variable(2.0)])
      >>> v = tf.Variable(0.0)
      >>> sorted(tf.interop.safetensors.load(path, into=[v]))
      ['0']
      >>> v.numpy()
      np.float32(2.0)
    """
    with open(path, "rb") as file:
        entries, _ = _header(file)
        arrays = {}
        for name, (dtype, shape, size) in entries.items():
            data = file.read(size)
            if len(data) != size:
                raise ValueError(f"{name}: the file ends within it")
            arrays[name] = np.frombuffer(data, dtype).reshape(shape)
            if dtype == np.bool_ and (arrays[name].view(np.uint8) > 1).any():
                raise ValueError(f"{name}: bools are bytes of 0 or 1")
    if into is not None:
        named.assign(into, arrays)
    return named.tensors(arrays)


def load_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """Reads the metadata of a file in the format of safetensors.

    Args:
      path: the file's path.

    Returns:
      Strings by name.

    Raises:
      ValueError: the file is damaged, or of another format.
      OSError: it cannot be read.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "weights.safetensors")
      >>> tf.interop.safetensors.save(path, {"w": tf.constant(1.0)}, {"step": "7"})
      >>> tf.interop.safetensors.load_metadata(path)
      {'step': '7'}
    """
    with open(path, "rb") as file:
        return _header(file)[1]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is in the header twice")
    return found


def _header(file: BinaryIO) -> tuple[dict[str, tuple[np.dtype[Any], tuple[int, ...], int]], dict[str, str]]:
    """The contents of a file, in the order of its bytes, and its metadata; the file is then at the first byte.

    Raises ValueError unless the header describes the file to its last byte.
    """
    whole = os.fstat(file.fileno()).st_size
    start = file.read(8)
    if len(start) < 8:
        raise ValueError("the file is too short for a header")
    (size,) = struct.unpack("<Q", start)
    if size > min(_LONGEST_HEADER, whole - 8):
        raise ValueError(f"a header of {size} bytes in a file of {whole}")
    text = file.read(size)
    if text[:1] != b"{":
        raise ValueError("the header is no JSON object")
    try:
        header = json.loads(text.decode(), object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("the header is nested too deeply") from None
    about = header.pop(_ABOUT, {})
    if not isinstance(about, dict) or not all(isinstance(value, str) for value in about.values()):
        raise ValueError("the metadata are no texts by name")
    entries = []
    for name, entry in header.items():
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
            raise ValueError(f"{name}: not a dtype, a shape and two offsets")
        shape, offsets = entry["shape"], entry["data_offsets"]
        for numbers in (shape, offsets):
            if not isinstance(numbers, list) or not all(type(n) is int and 0 <= n < 2**63 for n in numbers):
                raise ValueError(f"{name}: sizes and offsets are integers from 0")
        if len(offsets) != 2 or offsets[0] > offsets[1]:
            raise ValueError(f"{name}: offsets are a beginning and an end")
        entries.append((*offsets, name, entry["dtype"], tuple(shape)))
    found, at = {}, 0
    for begin, end, name, code, shape in sorted(entries, key=lambda entry: entry[:2]):
        if not isinstance(code, str) or code not in _DTYPES:
            raise TypeError(f"{name}: there are no tensors of dtype {code!r}")
        try:
            dtype = np.dtype(as_dtype(_DTYPES[code]).as_numpy_dtype)
        except TypeError as error:
            raise TypeError(f"{name}: there are no tensors of dtype {_DTYPES[code]}") from error
        if begin != at or end - begin != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{name}: its data offsets do not match its shape and the other tensors")
        found[name], at = (dtype, shape, end - begin), end
    if at != whole - 8 - size:
        raise ValueError(f"the tensors have {at} bytes, and the file {whole - 8 - size} for them")
    return found, about
