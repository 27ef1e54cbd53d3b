"""Keras' global settings: the default float dtype, the fuzz factor, the image data format."""

from __future__ import annotations

from typing import Any

from gradtape._src.core import dtypes

_settings: dict[str, Any] = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


def floatx() -> str:
    """The default floating dtype of weights and tensors, by name.

    Returns:
      "float32" unless set by `set_floatx`.

    Example:
      >>> tf.keras.backend.floatx()
      'float32'
    """
    return str(_settings["floatx"])


def set_floatx(value: str) -> None:
    """Sets the dtype of `floatx`.

    Args:
      value: "float32" or "float64".

    Raises:
      ValueError: any other dtype.

    Example:
      >>> tf.keras.backend.set_floatx("float64")
      >>> tf.keras.backend.floatx()
      'float64'
      >>> tf.keras.backend.set_floatx("float32")
    """
    accepted = ("float32", "float64")
    if value not in accepted:
        raise ValueError(f"Unknown `floatx` value: {value}. Expected one of {set(accepted)}")
    _settings["floatx"] = str(value)


def epsilon() -> float:
    """A small number that keeps quotients and logarithms finite.

    Returns:
      1e-07 unless set by `set_epsilon`.

    Example:
      >>> tf.keras.backend.epsilon()
      1e-07
    """
    return float(_settings["epsilon"])


def set_epsilon(value: float) -> None:
    """Sets the number of `epsilon`.

    Args:
      value: a float.

    Example:
      >>> tf.keras.backend.set_epsilon(1e-7)
    """
    _settings["epsilon"] = value


def image_data_format() -> str:
    """The position of images' channels.

    Returns:
      "channels_last" unless set by `set_image_data_format`.

    Example:
      >>> tf.keras.backend.image_data_format()
      'channels_last'
    """
    return str(_settings["image_data_format"])


def set_image_data_format(data_format: str) -> None:
    """Sets the default image data format.

    Args:
      data_format: "channels_last" or "channels_first".

    Raises:
      ValueError: it is neither.

    Example:
      >>> tf.keras.backend.set_image_data_format("channels_last")
    """
    accepted = ("channels_last", "channels_first")
    if str(data_format).lower() not in accepted:
        raise ValueError(f"The `data_format` argument must be one of {accepted}. Received: data_format={data_format}")
    _settings["image_data_format"] = str(data_format).lower()


def standardize_data_format(data_format: str | None) -> str:
    """The position of channels, "channels_last" or "channels_first"; the global setting for None.

    Raises:
      ValueError: it is anything else.
    """
    chosen = image_data_format() if data_format is None else str(data_format).lower()
    if chosen not in ("channels_first", "channels_last"):
        raise ValueError(
            "The `data_format` argument must be one of ('channels_first', 'channels_last'). "
            f"Received: data_format={data_format}"
        )
    return chosen


_OF_PYTHON: dict[Any, str] = {int: "int64", "int": "int64", float: "float32", bool: "bool"}


def standardize_dtype(dtype: Any) -> str:
    """A dtype's name, `floatx` for None.

    Args:
      dtype: a name, a DType, a NumPy dtype or a Python type.

    Returns:
      A str.

    Raises:
      ValueError: gradtape does not support the dtype.

    Example:
      >>> tf.keras.backend.standardize_dtype(int)
      'int64'
    """
    if dtype is None:
        return floatx()
    if isinstance(dtype, type | str) and dtype in _OF_PYTHON:
        return _OF_PYTHON[dtype]
    try:
        return dtypes.as_dtype(dtype).name
    except TypeError:
        raise ValueError(f"Invalid dtype: {dtype}") from None


def backend() -> str:
    """The name of the backend: "tensorflow", which gradtape replaces.

    Returns:
      "tensorflow".

    Example:
      >>> tf.keras.backend.backend()
      'tensorflow'
    """
    return "tensorflow"
