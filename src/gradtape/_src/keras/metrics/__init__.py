"""Metrics of Keras: a module for each family, all of them known to `get` under their names."""

from __future__ import annotations

from typing import Any

from gradtape._src.keras.metrics import (
    accuracies as _accuracies,
    areas as _areas,
    correlations as _correlations,
    decisions as _decisions,
    errors as _errors,
    overlaps as _overlaps,
    reductions as _reductions,
    scores as _scores,
)
from gradtape._src.keras.metrics.base import KIND as _KIND

FAMILIES = (_accuracies, _areas, _correlations, _decisions, _errors, _overlaps, _reductions, _scores)


def serialize(metric: Any) -> Any:
    """Serializes a metric.

    Args:
      metric: it.

    Returns:
      A dict.

    Raises:
      TypeError: metric is an object without `get_config`.

    Example:
      >>> tf.keras.metrics.serialize(tf.keras.metrics.Mean())["config"]
      {'name': 'mean', 'dtype': 'float32'}
    """
    return _KIND.serialize(metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Creates a metric from the result of `serialize`.

    Args:
      config: the data, or a name.
      custom_objects: additional classes and functions by name, besides keras' and registered ones.

    Returns:
      A metric.

    Raises:
      TypeError: the name is unknown.

    Example:
      >>> tf.keras.metrics.deserialize("mean").name
      'mean'
    """
    return _KIND.deserialize(config, custom_objects)


def get(identifier: Any) -> Any:
    """The metric for a name, a configuration or a class.

    Args:
      identifier: a name such as "mse" or "MeanSquaredError", a result of `serialize`, a class, a metric or another
        callable, or None.

    Returns:
      A callable; None for None.

    Raises:
      ValueError: unknown identifier.

    Example:
      >>> tf.keras.metrics.get("mse").name
      'mean_squared_error'
    """
    return _KIND.get(identifier)
