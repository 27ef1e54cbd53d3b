"""Serialization of layers."""

from __future__ import annotations

from typing import Any

from gradtape._src.keras import serialization
from gradtape._src.keras.layer import Layer


def serialize(layer: Layer) -> dict[str, Any]:
    """Serializes a layer, without its weights, to plain data for `deserialize`.

    Args:
      layer: the layer.

    Returns:
      A dict of its class, its configuration and the shapes with which it was built.

    Raises:
      TypeError: layer is an object without `get_config`.

    Example:
      >>> tf.keras.layers.serialize(tf.keras.layers.Dense(3))["config"]["units"]
      3
    """
    return serialization.serialize_keras_object(layer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Layer:
    """Creates a layer from the result of `serialize`.

    Args:
      config: its data.
      custom_objects: additional classes and functions by name, besides keras' and registered ones.

    Returns:
      A layer.

    Raises:
      ValueError: the data is of something else.

    Example:
      >>> data = tf.keras.layers.serialize(tf.keras.layers.Dense(3))
      >>> tf.keras.layers.deserialize(data).units
      3
    """
    found = serialization.deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(found, Layer):
        raise ValueError(
            "`keras.layers.deserialize` was passed a `config` object that is not a `keras.layers.Layer`. "
            f"Received: {config}"
        )
    return found
