"""Losses of Keras: a module for each family, all of them known to `get` under their names."""

from __future__ import annotations

from typing import Any

from gradtape._src.keras.losses import (
    ctc as _ctc,
    hinges as _hinges,
    overlap as _overlap,
    probabilistic as _probabilistic,
    regression as _regression,
)
from gradtape._src.keras.losses.base import KIND as _KIND

FAMILIES = (_ctc, _hinges, _overlap, _probabilistic, _regression)


def serialize(loss: Any) -> Any:
    """A loss as plain data.

    Args:
      loss: a Loss, or a function.

    Returns:
      A dict.

    Raises:
      TypeError: loss is an object without `get_config`.

    Example:
      >>> tf.keras.losses.serialize(tf.keras.losses.Huber(2.0))["config"]["delta"]
      2.0
    """
    return _KIND.serialize(loss)


def deserialize(name: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The loss that `serialize` wrote.

    Args:
      name: its data, or the name of one.
      custom_objects: additional classes and functions by name, besides keras' and registered ones.

    Returns:
      A Loss, or a function.

    Raises:
      TypeError: the name is unknown.

    Example:
      >>> tf.keras.losses.deserialize("mse") is tf.keras.losses.mean_squared_error
      True
    """
    return _KIND.deserialize(name, custom_objects)


def get(identifier: Any) -> Any:
    """The loss for an identifier.

    Args:
      identifier: a name such as "mse" or "MeanSquaredError", a result of `serialize`, a class, a Loss or another
        callable, or None.

    Returns:
      A callable; None for None.

    Raises:
      ValueError: unknown identifier.

    Example:
      >>> tf.keras.losses.get("mse") is tf.keras.losses.mean_squared_error
      True
    """
    return _KIND.get(identifier)
