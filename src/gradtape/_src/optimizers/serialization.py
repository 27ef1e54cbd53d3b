"""Serialization of optimizers, and lookup by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradtape._src.optimizers.base import Optimizer
from gradtape._src.optimizers.loss_scale import LossScaleOptimizer
from gradtape._src.optimizers.rows import ROWS

_KINDS: tuple[type[Optimizer], ...] = (*ROWS, LossScaleOptimizer)


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Serializes an optimizer to a dict of its class name and configuration.

    Args:
      optimizer: the optimizer; its state is left out.

    Returns:
      A dict with "class_name", "config", "module" and "registered_name", in Keras' format.

    Raises:
      AttributeError: optimizer is not an optimizer.

    Example:
      >>> tf.optimizers.serialize(tf.optimizers.SGD(0.5))["class_name"]
      'SGD'
    """
    kind = type(optimizer)
    own = kind in _KINDS
    return {
        "module": "keras.optimizers" if own else kind.__module__,
        "class_name": kind.__name__,
        "config": optimizer.get_config(),
        "registered_name": None if own else kind.__name__,
    }


def deserialize(config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
    """Creates an optimizer from the result of `serialize`; class names are case-insensitive.

    Args:
      config: the description.
      custom_objects: additional classes by name.

    Returns:
      An optimizer that has not taken a step yet.

    Raises:
      ValueError: the class is unknown.

    Example:
      >>> tf.optimizers.deserialize({"class_name": "adam", "config": {"beta_1": 0.8}}).beta_1
      0.8
    """
    kinds: dict[str, Any] = {kind.__name__.lower(): kind for kind in _KINDS}
    kinds |= {name.lower(): kind for name, kind in (custom_objects or {}).items()}
    name = config.get("class_name") if isinstance(config, Mapping) else None
    kind = kinds.get(str(name).lower())
    if kind is None:
        raise ValueError(f"Could not interpret optimizer identifier: {config if name is None else name}")
    return kind.from_config(config.get("config", {}), custom_objects)


def get(identifier: Any) -> Optimizer | None:
    """Creates an optimizer from its class' name or a result of `serialize`; optimizers and None are returned as given.

    Args:
      identifier: a case-insensitive name, a dict, an optimizer, or None.

    Returns:
      The optimizer, with default arguments if a name is given; or None.

    Raises:
      ValueError: the identifier is unknown.

    Example:
      >>> tf.optimizers.get("adam").beta_1
      0.9
    """
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier})
    if isinstance(identifier, dict):
        return deserialize(identifier)
    raise ValueError(f"Could not interpret optimizer identifier: {identifier}")
