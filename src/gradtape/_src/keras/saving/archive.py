"""Models in `.keras` files: an archive of the configuration, the weights and what objects save besides."""

from __future__ import annotations

import datetime
import io
import json
import os
import zipfile
import zlib
from typing import Any, BinaryIO

from gradtape._src.keras.saving.assets import Assets
from gradtape._src.keras.saving.hdf5 import Reader, Writer
from gradtape._src.keras.saving.state import load_state, save_state
from gradtape._src.keras.serialization import deserialize_keras_object, serialize_keras_object, sharing_scope

_CONFIG, _METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
# The version of Keras whose files these are.
KERAS_VERSION = "3.15.1"
# Maximum ratio and minimum size of decompressed data: Keras does not compress.
_EXPANSION, _SMALL = 100, 1 << 20
# What reading a damaged part raises.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def write_archive(model: Any, file: BinaryIO) -> None:
    """Writes a model.

    Args:
      model: the model.
      file: the file to write to.
    """
    with sharing_scope():
        config = json.dumps(serialize_keras_object(model))
    saved = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    with zipfile.ZipFile(file, "w") as archive, Assets() as assets:
        archive.writestr(_METADATA, json.dumps({"keras_version": KERAS_VERSION, "date_saved": saved}))
        archive.writestr(_CONFIG, config)
        held = io.BytesIO()
        weights = Writer(held)
        try:
            save_state(model, weights, assets)
        finally:
            weights.close()
        archive.writestr(WEIGHTS, held.getbuffer())
        assets.pack(archive)


def read_archive(
    file: BinaryIO, shown: str, custom_objects: dict[str, Any] | None, compile: bool, safe_mode: bool
) -> Any:
    """Reads a model.

    Args:
      file: what `write_archive` wrote.
      shown: what messages call it.
      custom_objects: additional classes and functions by name.
      compile: whether the model is compiled as it was.
      safe_mode: whether lambdas are refused.

    Returns:
      The model.

    Raises:
      ValueError: it is damaged, or inconsistent.
    """
    with _opened(file, shown) as archive, sharing_scope():
        try:
            config = json.loads(_read(archive, _CONFIG, shown))
            if not isinstance(config, dict):
                raise ValueError("no object")
        except (ValueError, RecursionError) as error:
            raise ValueError(f"'{shown}' is damaged: its {_CONFIG} cannot be read: {error}") from error
        if not compile:
            config["compile_config"] = None
        try:
            model = deserialize_keras_object(config, custom_objects, safe_mode=safe_mode)
        except RecursionError as error:
            raise ValueError(f"'{shown}' is damaged: its {_CONFIG} is nested too deeply") from error
        if not hasattr(model, "load_weights"):
            raise ValueError(f"'{shown}' holds no model but {model!r}")
        _load(archive, model, shown, False)
    return model


def read_weights(file: BinaryIO, shown: str, model: Any, skip_mismatch: bool) -> None:
    """Sets a model's state to that of a model in an archive.

    Args:
      file: what `write_archive` wrote.
      shown: what messages call it.
      model: the model.
      skip_mismatch: whether to warn about objects that do not fit, and leave them unchanged.

    Raises:
      ValueError: it is damaged, or the state of an object does not fit.
    """
    with _opened(file, shown) as archive:
        _load(archive, model, shown, skip_mismatch)


def _opened(file: BinaryIO, shown: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise ValueError(f"'{shown}' is damaged, or no `.keras` file: {error}") from error
    # Before memory is taken for a part.
    whole = file.seek(0, os.SEEK_END)
    held = sum(info.compress_size for info in archive.infolist())
    declared = sum(info.file_size for info in archive.infolist())
    if held > whole or declared > max(_SMALL, _EXPANSION * held):
        raise ValueError(
            f"Not allowed: the parts of '{shown}' declare {declared} bytes and hold {held} in a file of {whole}; it is "
            "damaged, or malicious"
        )
    return archive


def _load(archive: zipfile.ZipFile, model: Any, shown: str, skip_mismatch: bool) -> None:
    data = _read(archive, WEIGHTS, shown)
    weights = Reader(io.BytesIO(data), len(data), f"{shown}/{WEIGHTS}")
    try:
        with Assets() as assets:
            try:
                packed = assets.unpack(archive)
            except _DAMAGE as error:
                raise ValueError(f"'{shown}' is damaged: {error}") from error
            load_state(model, weights, assets if packed else None, skip_mismatch)
    finally:
        weights.close()


def _read(archive: zipfile.ZipFile, name: str, shown: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError:
        raise ValueError(f"'{shown}' is no `.keras` file: it has no {name}") from None
    except _DAMAGE as error:
        raise ValueError(f"'{shown}' is damaged: {error}") from error
