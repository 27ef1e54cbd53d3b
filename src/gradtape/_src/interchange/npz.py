"""Files of tensors in NumPy's format npz: an archive with one array each. Nothing in it is executed."""

from __future__ import annotations

import math
import os
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.lib import format as npy

from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import bfloat16
from gradtape._src.core.replacing import replacing
from gradtape._src.interchange import named

_ENDING = ".npy"


def save(path: str | os.PathLike[str], values: Any) -> None:
    """Writes tensors to a file that `numpy.load` reads.

    The file is written under a temporary name and renamed: an interruption leaves the old file intact.

    Args:
      path: the file's path; its folder exists.
      values: tensors, variables or arrays by name, or an object that holds variables (a module, a model, a
        `tf.train.Checkpoint`), whose names are the ways to them, as in "layers/0/kernel".

    Raises:
      TypeError: values are neither.
      OSError: the file cannot be written; existing files are kept.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "weights.npz")
      >>> tf.interop.npz.save(path, {"w": tf.constant([1.0, 2.0])})
      >>> np.load(path)["w"]
      array([1., 2.], dtype=float32)
    """
    arrays = named.arrays(values)
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}{_ENDING}", "w", force_zip64=True) as entry:
                npy.write_array(entry, np.asarray(held(array)), allow_pickle=False)


def load(path: str | os.PathLike[str], into: Any = None) -> dict[str, Tensor]:
    """Reads the tensors of an npz file. Pickled objects are refused: nothing in a file is ever run.

    Args:
      path: the file's path.
      into: an object that holds variables, to which the values are assigned: all of them, by their names, or, where
        these, shapes or dtypes are others, none.

    Returns:
      The tensors by name.

    Raises:
      ValueError: the file is damaged, of another format or malicious; or its contents do not fit `into`.
      TypeError: an array is of an unsupported dtype.
      OSError: it cannot be read.

    Example:
      >>> import os, tempfile
      >>> path = os.path.join(tempfile.mkdtemp(), "weights.npz")
      >>> np.savez(path, w=np.array([1.0, 2.0]))
      >>> tf.interop.npz.load(path)["w"].numpy()
      array([1., 2.])
    """
    arrays: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                name = info.filename.removesuffix(_ENDING)
                if name in arrays:
                    raise ValueError(f"{name} is in the file twice")
                with archive.open(info) as entry:
                    arrays[name] = _array(name, entry, info.file_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"not an npz file, or a damaged one: {error}") from error
    if into is not None:
        named.assign(into, arrays)
    try:
        return named.tensors(arrays)
    except (KeyError, TypeError) as error:
        raise TypeError(f"a dtype in the file is not supported: {error}") from error


def _array(name: str, entry: Any, size: int) -> np.ndarray:
    """The array of an entry, if its header matches the size of the entry."""
    try:
        version = npy.read_magic(entry)
        reader = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if reader is None:
            raise ValueError(f"version {version} of the format is not known")
        shape, backwards, dtype = reader(entry)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    if dtype.hasobject:
        raise ValueError(f"{name}: arrays of objects are pickled, and cannot be read")
    if math.prod(shape) * dtype.itemsize != size - entry.tell():
        raise ValueError(f"{name}: its bytes are not as many as its shape {shape} and dtype {dtype} have")
    if dtype == np.dtype("V2"):  # what NumPy writes for bfloat16, which it does not know by name
        dtype = np.dtype(bfloat16.as_numpy_dtype)
    data = entry.read()
    flat = np.frombuffer(data, dtype)
    return flat.reshape(shape[::-1]).T if backwards else flat.reshape(shape)
