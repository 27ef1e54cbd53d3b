"""TensorFlow's own initializers: called with a shape and a dtype, they return a variable's initial value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.ops.creation import constant, ones, zeros

if TYPE_CHECKING:
    from gradtape._src.core.typing import TensorLike


class _Initializer:
    """Their base; the attributes have the names of the constructor's arguments."""

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments.

        Returns:
          A dict for `from_config`.

        Example:
          >>> tf.random_uniform_initializer(-1.0, 1.0).get_config()
          {'minval': -1.0, 'maxval': 1.0, 'seed': None}
        """
        return dict(vars(self))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Creates an initializer from the result of `get_config`.

        Args:
          config: the dict.

        Returns:
          An initializer of this class.

        Example:
          >>> tf.constant_initializer.from_config({"value": 3.0})([2]).numpy()
          array([3., 3.], dtype=float32)
        """
        return cls(**{name: value for name, value in config.items() if name != "dtype"})


class zeros_initializer(_Initializer):
    """Initializes to 0.

    Raises:
      TypeError, ValueError: on call, shape is not a shape, or dtype is unknown.
      InvalidArgumentError: on call, a size is negative.

    Example:
      >>> tf.zeros_initializer()([2]).numpy()
      array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Tensor:
        return zeros(shape, as_dtype(dtype))


class ones_initializer(_Initializer):
    """Initializes to 1.

    Raises:
      TypeError, ValueError: on call, shape is not a shape, or dtype is unknown or string.
      InvalidArgumentError: on call, a size is negative.

    Example:
      >>> tf.ones_initializer()([2]).numpy()
      array([1., 1.], dtype=float32)
    """

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Tensor:
        return ones(shape, as_dtype(dtype))


class constant_initializer(_Initializer):
    """Initializes to one value, or to the values of a list or array, reshaped.

    Args:
      value: a number, or as many of them as the shape has elements.
      support_partition: not used.

    Raises:
      TypeError: the value has an invalid type.

    Example:
      >>> tf.constant_initializer(3.0)([2]).numpy()
      array([3., 3.], dtype=float32)
      >>> tf.constant_initializer([1.0, 2.0, 3.0, 4.0])([2, 2]).numpy()
      array([[1., 2.],
             [3., 4.]], dtype=float32)
    """

    def __init__(self, value: TensorLike = 0, support_partition: bool = False) -> None:
        if not (isinstance(value, int | float | bool | list | tuple) or hasattr(value, "__array__")):
            raise TypeError(
                f"Invalid type for initial value={value} of type: {type(value).__name__}. Expected Python scalar, list "
                "or tuple of values, or numpy.ndarray."
            )
        self.value: TensorLike = value

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Tensor:
        return constant(self.value, dtype, shape)


class _Drawn(_Initializer):
    """Base of those that draw numbers: with a seed of their own the same at each call, else by the global seed."""

    seed: int | None

    def _draw(self, name: str, shape: Any, low: Any, high: Any, dtype: DType) -> Tensor:
        from gradtape._src.random import stateful, stateless  # importing gradtape takes less time without them

        if self.seed is None:
            return getattr(stateful, name)(shape, low, high, dtype)
        return getattr(stateless, f"stateless_{name}")(shape, [self.seed, 0], low, high, dtype)


class random_uniform_initializer(_Drawn):
    """Initializes with uniformly distributed values of [minval, maxval).

    Args:
      minval, maxval: the bounds.
      seed: an integer, for the same values in each call; None to use the global seed of `tf.random.set_seed`.

    Raises:
      ValueError: (when called) the dtype is not numeric.

    Example:
      >>> tf.random_uniform_initializer(seed=1)([2]).numpy().round(4)
      array([ 0.0378, -0.004 ], dtype=float32)
    """

    def __init__(self, minval: Any = -0.05, maxval: Any = 0.05, seed: int | None = None) -> None:
        self.minval = minval
        self.maxval = maxval
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Tensor:
        wanted = as_dtype(dtype)
        if not (wanted.is_floating or wanted.is_integer):
            raise ValueError(f"Argument `dtype` expected to be numeric or boolean. Received {wanted!r}.")
        return self._draw("uniform", shape, self.minval, self.maxval, wanted)


class random_normal_initializer(_Drawn):
    """Initializes with normally distributed values.

    Args:
      mean: their mean.
      stddev: their standard deviation.
      seed: an integer, for the same values in each call; None to use the global seed of `tf.random.set_seed`.

    Raises:
      ValueError: (when called) the dtype is not floating.

    Example:
      >>> tf.random_normal_initializer(seed=1)([2]).numpy().round(4)
      array([ 0.0063, -0.0247], dtype=float32)
    """

    def __init__(self, mean: Any = 0.0, stddev: Any = 0.05, seed: int | None = None) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = dtypes.float32, **kwargs: Any) -> Tensor:
        wanted = as_dtype(dtype)
        if not wanted.is_floating:
            raise ValueError(f"Argument `dtype` is expected to be floating point. Received: {wanted!r}.")
        return self._draw("normal", shape, self.mean, self.stddev, wanted)
