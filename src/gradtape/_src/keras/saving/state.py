"""The state of a model in a file: written and read object by object, arrays by arrays and assets by files."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable
from typing import Any

from gradtape._src.keras.saving.assets import Assets
from gradtape._src.keras.saving.hdf5 import Reader, Writer
from gradtape._src.keras.saving.walk import SAVEABLE, named, parts


def save_state(model: Any, weights: Writer, assets: Assets | None = None, skipped: Iterable[Any] = ()) -> None:
    """Writes the state of a model and of the objects within.

    Args:
      model: the model.
      weights: the group to write arrays to.
      assets: the folder for objects' files.
      skipped: objects that are left out.
    """
    seen = {id(value) for value in skipped}

    def save(saveable: Any, path: str) -> None:
        if id(saveable) in seen:
            return
        if hasattr(saveable, "save_own_variables"):
            values: dict[str, Any] = {}
            saveable.save_own_variables(values)
            name = getattr(saveable, "name", None)
            weights.write(path, values, name if isinstance(name, str) else None)
        if assets is not None and hasattr(saveable, "save_assets"):
            saveable.save_assets(assets.make(path))
        seen.add(id(saveable))
        for name, value in parts(saveable):
            save_any(value, f"{path}/{name}" if path else name, [])

    def save_any(value: Any, path: str, around: list[Any]) -> None:
        if isinstance(value, SAVEABLE):
            save(value, path)
        elif not any(value is other for other in around):
            for name, part in named(value):
                save_any(part, f"{path}/{name}", [*around, value])

    save(model, "")


def load_state(
    model: Any,
    weights: Reader,
    assets: Assets | None = None,
    skip_mismatch: bool = False,
    skipped: Iterable[Any] = (),
) -> None:
    """Sets the state of a model and of the objects within to what `save_state` wrote.

    Args:
      model: the model.
      weights: the group to read arrays from.
      assets: where files are read.
      skip_mismatch: whether to warn about objects that do not fit, and leave them unchanged.
      skipped: objects that are left unchanged.

    Raises:
      ValueError: the state of an object does not fit.
    """
    loading = _Loading(weights, assets, {id(value) for value in skipped})
    loading.load(model, "")
    if loading.failed:
        found = list(loading.failed.values())
        message = (
            f"A total of {len(found)} objects could not be loaded. Example error message for object {found[0][0]}:\n\n"
            f"{found[0][1]}\n\nList of objects that could not be loaded:\n{[value for value, _ in found]}"
        )
        if not skip_mismatch:
            raise ValueError(message) from found[0][1]
        warnings.warn(message, stacklevel=4)


class _Loading:
    """What was loaded so far, and what failed: an object that failed under one name is tried under its others."""

    def __init__(self, weights: Reader, assets: Assets | None, loaded: set[int]) -> None:
        self.weights, self.assets, self.loaded = weights, assets, loaded
        self.failed: dict[int, tuple[Any, Exception]] = {}

    def load(self, saveable: Any, path: str) -> None:
        if id(saveable) in self.loaded:
            return
        error = None
        try:
            if hasattr(saveable, "load_own_variables"):
                saveable.load_own_variables(self.weights.of(path))
            if self.assets is not None and hasattr(saveable, "load_assets"):
                saveable.load_assets(self.assets.get(path))
        except Exception as raised:
            error = raised
            self.failed[id(saveable)] = saveable, raised
        before = len(self.failed)
        for name, value in parts(saveable):
            self.load_any(value, f"{path}/{name}" if path else name, [])
        if error is None:
            if len(self.failed) <= before:
                self.loaded.add(id(saveable))
            self.failed.pop(id(saveable), None)

    def load_any(self, value: Any, path: str, around: list[Any]) -> None:
        if isinstance(value, SAVEABLE):
            self.load(value, path)
            return
        if any(value is other for other in around):
            return
        for name, part in named(value):
            at = f"{path}/{name}"
            if isinstance(part, SAVEABLE) or self._is_there(at):
                self.load_any(part, at, [*around, value])
                continue
            # Keras before 3.12 wrote nothing of containers in containers.
            within = _Loading(self.weights, self.assets, self.loaded)
            within.load_any(part, at, [*around, value])
            if within.failed:
                warnings.warn(
                    f"Skipping nested container at '{at}': no matching group found in the saved file. This usually "
                    "means the file was saved with a Keras version that did not serialize sublayers nested inside "
                    "containers. Affected layers will retain their freshly-initialized weights.",
                    stacklevel=2,
                )

    def _is_there(self, path: str) -> bool:
        with contextlib.suppress(ValueError):
            return self.weights.has(path) or (self.assets is not None and self.assets.get(path) is not None)
        return True  # errors in it are reported where it is read
