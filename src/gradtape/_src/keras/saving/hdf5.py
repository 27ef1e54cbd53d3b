"""Weights in HDF5 files: arrays in groups named after the objects whose they are.

Files may be untrusted. Only groups and plain arrays of numbers in the file itself are
read, and no array that declares more bytes than the file stores.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

# What deflate makes of a byte at most; other filters that are read do not compress.
_EXPANSION = 1032
_DEFLATE, _SHUFFLE, _FLETCHER32, _LZF = 1, 2, 3, 32000


def h5py() -> Any:
    """The module h5py. ImportError, with a sentence, if it is not installed."""
    try:
        return importlib.import_module("h5py")
    except ImportError as error:
        raise ImportError(
            "Weights are saved in HDF5 files, which needs h5py: pip install 'gradtape[keras]'. tf.train.Checkpoint "
            "needs nothing but gradtape"
        ) from error


class Writer:
    """A file that is written."""

    def __init__(self, file: Any) -> None:
        self._file = h5py().File(file, "w")

    def write(self, path: str, values: Mapping[str, Any], name: str | None) -> None:
        """Writes the arrays of an object, and its name if it has one.

        Args:
          path: the object's path.
          values: what becomes an array, by key.
          name: the name.
        """
        if name is None and not values:
            return
        group = self._file.require_group(path or "/").create_group("vars")
        if name is not None:
            group.attrs["name"] = name
        for key, value in values.items():
            group[key] = array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
            if array.dtype.name == "bfloat16":  # which HDF5 stores as two opaque bytes
                group[key].attrs["dtype"] = "bfloat16"

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


class Reader:
    """A file that is read.

    Args:
      file: its path, or a file in memory.
      size: its size in bytes.
      shown: what messages call it.

    Raises:
      OSError: it is not an HDF5 file, or damaged.
    """

    def __init__(self, file: Any, size: int, shown: str) -> None:
        self.size, self.shown = size, shown
        self._h5py = h5py()
        try:
            self._file = self._h5py.File(file, "r")
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError)):
                raise
            raise OSError(f"'{shown}' is damaged, or no HDF5 file of weights: {error}") from error

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def has(self, path: str) -> bool:
        """Whether there is a group under a path. ValueError if a part of the path is a link elsewhere, or no group."""
        return self._group(path.split("/")) is not None

    def of(self, path: str) -> Values:
        """The arrays of an object, none if the file does not have it.

        Args:
          path: the object's path.

        Returns:
          A mapping from keys to arrays, read when they are requested.

        Raises:
          ValueError: a part of the path is a link elsewhere, or no group.
        """
        return Values(self, self._group([*path.split("/"), "vars"] if path else ["vars"]))

    def _group(self, names: list[str]) -> Any:
        group = self._file
        for name in names:
            if self._link(group, name) is None:
                return None
            group = group[name]
            if not isinstance(group, self._h5py.Group):
                raise ValueError(f"'{self.shown}' has an array where a group is expected, at '{'/'.join(names)}'")
        return group

    def _link(self, group: Any, name: str) -> Any:
        """How a name leads to its object: None if there is none. ValueError if it leads elsewhere."""
        link = group.get(name, getclass=True, getlink=True)
        if link is not None and link is not self._h5py.HardLink:
            raise ValueError(f"Not allowed: H5 file with {link.__name__}, '{name}' of '{self.shown}'")
        return link

    def array(self, group: Any, key: str) -> np.ndarray:
        """An array of a group.

        Raises:
          KeyError: it does not exist.
          ValueError: it is not numeric, not in the file itself, or declares more than the file stores.
          OSError: it is damaged.
        """
        if self._link(group, key) is None:
            raise KeyError(key)
        try:
            found = group[key]
            if not isinstance(found, self._h5py.Dataset):
                raise ValueError(f"'{self.shown}' has a group where an array is expected, at '{group.name}/{key}'")
            self._check(found)
            value = found[()]
            if found.attrs.get("dtype") == "bfloat16":  # the upper halves of float32
                value = (np.asarray(value).view("<u2").astype("<u4") << 16).view("<f4").reshape(found.shape)
        except (RuntimeError, OSError) as error:
            raise OSError(f"'{self.shown}' is damaged at '{group.name}/{key}': {error}") from error
        return np.asarray(value)

    def _check(self, found: Any) -> None:
        at = f"'{found.name}' of '{self.shown}'"
        half = found.dtype.kind == "V" and found.dtype.itemsize == 2 and not found.dtype.fields
        if found.dtype.kind not in "biufc" and not half:
            raise ValueError(f"Not allowed: {at} has elements of type {found.dtype}, which are no numbers")
        if found.is_virtual or found.external:
            raise ValueError(f"Not allowed: {at} lies in other files")
        if found.shape is None:
            raise ValueError(f"Not allowed: {at} has no shape")
        plan = found.id.get_create_plist()
        filters = {plan.get_filter(place)[0] for place in range(plan.get_nfilters())}
        if filters - {_DEFLATE, _SHUFFLE, _FLETCHER32, _LZF}:
            raise ValueError(f"Not allowed: {at} is packed by filters that Keras does not use")
        declared = math.prod(found.shape) * found.dtype.itemsize
        stored = found.id.get_storage_size()
        if stored > self.size or declared > stored * (_EXPANSION if filters & {_DEFLATE, _LZF} else 1):
            raise ValueError(
                f"Not allowed: {at} declares {declared} bytes and holds {stored} in a file of {self.size}; it is "
                "damaged, or malicious"
            )


class Values(MutableMapping[str, np.ndarray]):
    """The arrays of one object in a file that is read; what `load_own_variables` is given."""

    def __init__(self, reader: Reader, group: Any) -> None:
        self._reader, self._group = reader, group

    def __getitem__(self, key: str) -> np.ndarray:
        if self._group is None:
            raise KeyError(key)
        return self._reader.array(self._group, key)

    def __contains__(self, key: object) -> bool:
        return self._group is not None and key in self._group

    def __iter__(self) -> Iterator[str]:
        return iter(() if self._group is None else self._group)

    def __len__(self) -> int:
        return 0 if self._group is None else len(self._group)

    def __setitem__(self, key: str, value: Any) -> None:
        raise ValueError("Setting a value is only allowed in write mode.")

    def __delitem__(self, key: str) -> None:
        raise ValueError("Deleting a value is only allowed in write mode.")
