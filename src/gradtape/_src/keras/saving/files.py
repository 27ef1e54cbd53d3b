"""Models and their weights in files: `.keras`, and `.weights.h5`, as Keras writes and reads them."""

from __future__ import annotations

import os
import warnings
from typing import Any

from gradtape._src.core.replacing import replacing
from gradtape._src.keras.saving.archive import read_archive, read_weights, write_archive
from gradtape._src.keras.saving.hdf5 import Reader, Writer, h5py
from gradtape._src.keras.saving.state import load_state, save_state

_LEGACY = (
    "Keras' legacy `.h5` files of models and weights are not supported; use `.keras` for models and "
    "`.weights.h5` for weights (Keras 3 turns legacy files into these). Received: filepath={}"
)


def save_model(model: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
    """Saves a model in a `.keras` file: its configuration, its weights and the state of its optimizer.

    Keras can read the file. It is written atomically: to a temporary file, which is renamed once it is on disk.

    Args:
      model: the model.
      filepath: a path that ends in ".keras", or a file.
      overwrite: whether to overwrite an existing file without asking.
      zipped: True or None; folders are not written.
      kwargs: `include_optimizer` and `save_format`, which are not used.

    Raises:
      ValueError: another ending, or unknown arguments.
      ImportError: h5py is not installed.

    Example:
      >>> import os, tempfile
      >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     tf.keras.models.save_model(model, os.path.join(folder, "model.keras"))
      ...     again = tf.keras.models.load_model(os.path.join(folder, "model.keras"))
      >>> bool(tf.reduce_all(again(tf.ones([1, 3])) == model(tf.ones([1, 3]))))
      True
    """
    kwargs.pop("include_optimizer", None)
    form = kwargs.pop("save_format", None)
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {list(kwargs)}")
    if hasattr(filepath, "write"):
        h5py()
        return write_archive(model, filepath)
    path = os.fspath(filepath)
    if form:
        if not path.endswith((".h5", ".hdf5", ".keras")):
            raise ValueError(
                "The `save_format` argument is deprecated in Keras 3. Please remove this argument and pass a file path "
                f"with either `.keras` or `.h5` extension.Received: save_format={form}"
            )
        warnings.warn(
            "The `save_format` argument is deprecated in Keras 3. We recommend removing this argument as it can be "
            f"inferred from the file path. Received: save_format={form}",
            stacklevel=2,
        )
    if zipped is False:
        raise ValueError(f"Models are saved as `.keras` files and not as folders. Received: filepath={path}")
    if path.endswith((".h5", ".hdf5")):
        raise ValueError(_LEGACY.format(path))
    if not path.endswith(".keras"):
        raise ValueError(
            "Invalid filepath extension for saving. Please add either a `.keras` extension for the native Keras format "
            "(recommended) or a `.h5` extension. Use `model.export(filepath)` if you want to export a SavedModel for "
            f"use with TFLite/TFServing/etc. Received: filepath={path}."
        )
    if not (overwrite or _may_replace(path)):
        return None
    h5py()
    if not model.built:
        warnings.warn(
            "You are saving a model that has not yet been built. It might not contain any weights yet. Consider "
            "building the model first by calling it on some data.",
            stacklevel=2,
        )
    with replacing(path) as file:
        write_archive(model, file)
    return None


def load_model(
    filepath: Any, custom_objects: dict[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Any:
    """Reads a model from a `.keras` file, which gradtape or Keras wrote.

    The file may come from anywhere: classes and functions are looked up among Keras' and the program's own, and code in
    the file is refused.

    Args:
      filepath: the path, or a file.
      custom_objects: classes and functions by name that may occur in it, besides Keras' and registered ones.
      compile: whether the model is compiled as it was, and its optimizer's state set.
      safe_mode: whether lambdas are refused, whose code is part of the file.

    Returns:
      A model.

    Raises:
      ValueError: the file does not exist, it is damaged or of another kind, or has a lambda.
      TypeError: it names a class or function that is not known.
      ImportError: h5py is not installed.

    Example:
      >>> import io
      >>> file = io.BytesIO()
      >>> tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)]).save(file)
      >>> tf.keras.models.load_model(file).output_shape
      (None, 2)
    """
    h5py()
    if hasattr(filepath, "read"):
        return read_archive(filepath, "the file", custom_objects, compile, safe_mode)
    path = os.fspath(filepath)
    if path.endswith((".h5", ".hdf5")):
        raise ValueError(_LEGACY.format(path))
    if not path.endswith(".keras"):
        raise ValueError(
            f"File format not supported: filepath={path}. `.keras` files are read; restore a TensorFlow checkpoint "
            "with tf.train.Checkpoint(model=model).restore(path)"
        )
    if not os.path.isfile(path):
        raise ValueError(f"File not found: filepath={path}. Please ensure the file is an accessible `.keras` zip file.")
    with open(path, "rb") as file:
        return read_archive(file, path, custom_objects, compile, safe_mode)


def save_weights(model: Any, filepath: Any, overwrite: bool = True, max_shard_size: Any = None, **kwargs: Any) -> None:
    """Saves a model's weights and the state of its optimizer in a `.weights.h5` file.

    Keras can read the file. It is written atomically: to a temporary file, which is renamed once it is on disk.

    Args:
      model: the model.
      filepath: a path that ends in ".weights.h5".
      overwrite: whether to overwrite an existing file without asking.
      max_shard_size: None; weights are written in one file.
      kwargs: `objects_to_skip`, layers that are left out.

    Raises:
      ValueError: another ending, unknown arguments, or the model is not built.
      ImportError: h5py is not installed.

    Example:
      >>> import os, tempfile
      >>> def make():
      ...     return tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
      >>> one, other = make(), make()
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     one.save_weights(os.path.join(folder, "one.weights.h5"))
      ...     other.load_weights(os.path.join(folder, "one.weights.h5"))
      >>> bool(tf.reduce_all(one.weights[0] == other.weights[0]))
      True
    """
    path = os.fspath(filepath)
    skipped = kwargs.pop("objects_to_skip", None) or ()
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {list(kwargs)}")
    if max_shard_size is not None:
        raise ValueError(f"Weights are saved in one file. Received: max_shard_size={max_shard_size}")
    if not path.endswith(".weights.h5"):
        raise ValueError(f"The filename must end in `.weights.h5`. Received: filepath={path}")
    if not (overwrite or _may_replace(path)):
        return
    if not model.built:
        raise ValueError(
            "You are saving a model that has not yet been built. Try building the model first by calling it on some "
            "data or by using `build()`."
        )
    h5py()
    with replacing(path) as file:
        weights = Writer(file)
        try:
            save_state(model, weights, skipped=skipped)
        finally:
            weights.close()


def load_weights(model: Any, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
    """Sets a model's weights, and its optimizer's state if it is there, to those in a file.

    Args:
      model: a model of the same structure, built.
      filepath: the path of a `.weights.h5` or `.keras` file, which gradtape or Keras wrote.
      skip_mismatch: whether to warn about layers that do not fit, and leave them unchanged.
      kwargs: `objects_to_skip`, layers that are left unchanged, with a `.weights.h5` file.

    Raises:
      ValueError: a file of another kind, unknown arguments, the model is not built, or a layer's weights do not fit.
      OSError: the file does not exist, or it is damaged.
      ImportError: h5py is not installed.

    Example:
      >>> import os, tempfile
      >>> def make():
      ...     return tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
      >>> one, other = make(), make()
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     tf.keras.saving.save_weights(one, os.path.join(folder, "a.weights.h5"))
      ...     tf.keras.saving.load_weights(other, os.path.join(folder, "a.weights.h5"))
      >>> bool(tf.reduce_all(one.weights[0] == other.weights[0]))
      True
    """
    path = os.fspath(filepath)
    skipped, by_name = kwargs.pop("objects_to_skip", None), kwargs.pop("by_name", None)
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {kwargs}")
    packed = path.endswith(".keras")
    if packed and skipped is not None:
        raise ValueError(f"`objects_to_skip` only supports loading '.weights.h5' files.Received: {path}")
    if packed or path.endswith(".weights.h5"):
        if by_name is not None:
            raise ValueError(f"`by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: {path}")
    elif path.endswith((".h5", ".hdf5")):
        raise ValueError(_LEGACY.format(path))
    else:
        raise ValueError(
            f"File format not supported: filepath={path}. `.weights.h5` and `.keras` files are read; restore a "
            "TensorFlow checkpoint with tf.train.Checkpoint(model=model).restore(path)"
        )
    if not model.built:
        raise ValueError(
            "You are loading weights into a model that has not yet been built. Try building the model first by calling "
            "it on some data or by using `build()`."
        )
    h5py()
    with open(path, "rb") as file:
        if packed:
            read_weights(file, path, model, skip_mismatch)
            return
        weights = Reader(file, os.fstat(file.fileno()).st_size, path)
        try:
            load_state(model, weights, skip_mismatch=skip_mismatch, skipped=skipped or ())
        finally:
            weights.close()


def _may_replace(path: str) -> bool:
    """Asks on the terminal whether to replace an existing file."""
    if not os.path.exists(path):
        return True
    answer = input(f"[WARNING] {path} already exists - overwrite? [y/n]").strip().lower()
    while answer not in ("y", "n"):
        answer = input('Enter "y" (overwrite) or "n" (cancel).').strip().lower()
    if answer == "n":
        return False
    print("[TIP] Next time specify overwrite=True!")
    return True
