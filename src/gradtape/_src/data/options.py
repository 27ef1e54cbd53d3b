"""Options of datasets. They are validated and stored as in TensorFlow, but have no effect."""

from __future__ import annotations

import enum
from typing import Any, ClassVar


class AutoShardPolicy(enum.IntEnum):
    """How TensorFlow shards a dataset among workers. No effect.

    Raises:
      ValueError: no member has the value.

    Example:
      >>> tf.data.experimental.AutoShardPolicy.OFF.value
      -1
    """

    OFF = -1
    AUTO = 0
    FILE = 1
    DATA = 2
    HINT = 3


class _Options:
    """Attributes of given types, None unless set."""

    TYPES: ClassVar[dict[str, type]] = {}

    def __init__(self) -> None:
        object.__setattr__(self, "_values", {})

    def __getattr__(self, name: str) -> Any:
        kind = type(self).TYPES.get(name)
        if kind is None or name.startswith("__"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name not in self._values and issubclass(kind, _Options):
            self._values[name] = kind()
        return self._values.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        kind = self.TYPES.get(name)
        if kind is None:
            raise AttributeError(f"Cannot set the property {name} on {type(self).__name__}.")
        if not isinstance(value, kind):
            raise TypeError(f'Property "{name}" must be of type {kind}, got: {value!r} (type: {type(value)!r})')
        self._values[name] = value

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.TYPES]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in self.TYPES)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def merge(self, options: Any) -> Any:
        """These options, overridden by those that are set in others.

        Args:
          options: the other options.

        Returns:
          Options of the same class.

        Example:
          >>> options = tf.data.Options()
          >>> options.deterministic = False
          >>> tf.data.Options().merge(options).deterministic
          False
        """
        merged = type(self)()
        for each in (self, options):
            for name, value in each._values.items():
                before = merged._values.get(name)
                merged._values[name] = before.merge(value) if isinstance(before, _Options) else value
        return merged


class ThreadingOptions(_Options):
    """Options of threads.

    Raises:
      AttributeError: an option that is set does not exist.
      TypeError: the value that an option is set to has another type.

    Example:
      >>> options = tf.data.ThreadingOptions()
      >>> options.private_threadpool_size = 4
    """

    TYPES: ClassVar[dict[str, type]] = {"max_intra_op_parallelism": int, "private_threadpool_size": int}


class AutotuneAlgorithm(enum.Enum):
    """How TensorFlow tunes pipelines.

    Raises:
      ValueError: no member has the value.

    Example:
      >>> tf.data.experimental.AutotuneAlgorithm.HILL_CLIMB.name
      'HILL_CLIMB'
    """

    DEFAULT = 0
    HILL_CLIMB = 1
    GRADIENT_DESCENT = 2
    MAX_PARALLELISM = 3
    STAGE_BASED = 4


class AutotuneOptions(_Options):
    """Options of TensorFlow's tuning of pipelines.

    Raises:
      AttributeError: an option that is set does not exist.
      TypeError: the value that an option is set to has another type.

    Example:
      >>> options = tf.data.experimental.AutotuneOptions()
      >>> options.enabled = False
    """

    TYPES: ClassVar[dict[str, type]] = {
        "enabled": bool,
        "autotune_algorithm": AutotuneAlgorithm,
        "cpu_budget": int,
        "ram_budget": int,
        "initial_parallelism": int,
        "min_parallelism": int,
    }


class DistributeOptions(_Options):
    """Options of TensorFlow's division of datasets among workers.

    Raises:
      AttributeError: an option that is set does not exist.
      TypeError: the value that an option is set to has another type.

    Example:
      >>> options = tf.data.experimental.DistributeOptions()
      >>> options.num_devices = 1
    """

    TYPES: ClassVar[dict[str, type]] = {"auto_shard_policy": AutoShardPolicy, "num_devices": int}


class OptimizationOptions(_Options):
    """Options of TensorFlow's rewriting of pipelines.

    Raises:
      AttributeError: an option that is set does not exist.
      TypeError: the value that an option is set to has another type.

    Example:
      >>> options = tf.data.experimental.OptimizationOptions()
      >>> options.map_parallelization = True
    """

    TYPES: ClassVar[dict[str, type]] = dict.fromkeys(
        (
            *("apply_default_optimizations", "filter_fusion", "filter_parallelization", "inject_prefetch"),
            *("map_and_batch_fusion", "map_and_filter_fusion", "map_fusion", "map_parallelization"),
            *("noop_elimination", "parallel_batch", "seq_interleave_prefetch", "shuffle_and_repeat_fusion"),
        ),
        bool,
    )


class Options(_Options):
    """Options of a dataset. A name or a type that TensorFlow does not know is an error.

    Raises:
      AttributeError: an option that is set does not exist.
      TypeError: the value that an option is set to has another type.

    Example:
      >>> options = tf.data.Options()
      >>> options.deterministic = False
      >>> options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    """

    TYPES: ClassVar[dict[str, type]] = {
        "autotune": AutotuneOptions,
        "dataset_name": str,
        "deterministic": bool,
        "experimental_deterministic": bool,
        "experimental_distribute": DistributeOptions,
        "experimental_optimization": OptimizationOptions,
        "experimental_slack": bool,
        "experimental_symbolic_checkpoint": bool,
        "experimental_threading": ThreadingOptions,
        "experimental_warm_start": bool,
        "framework_type": list,
        "threading": ThreadingOptions,
    }
