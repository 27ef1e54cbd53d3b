"""keras.random: random numbers by explicit seeds or generators, equal to Keras' with TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_broadcast_to, apply_cast, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import settings
from gradtape._src.keras.naming import auto_name, name_scope
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.keras.variable import Variable
from gradtape._src.nn.normalization import stateless_dropout
from gradtape._src.ops import elementwise, shapes
from gradtape._src.ops.creation import zeros_like
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.sorting import argsort
from gradtape._src.random import stateless
from gradtape._src.random.philox import set_seed

_STEP = as_tensor(np.array([0, 1]))
_RANGE = as_tensor(np.array(2**31 - 2))  # seeds are taken modulo this, so that they fit into int32


class SeedGenerator:
    """Generates seeds for random functions, a new one at each call.

    A function whose `seed` is a generator returns different numbers each time; with an integer it returns the
    same ones.

    Args:
      seed: an integer that determines the sequence; by default random, from Python's `random`.
      name: its name.

    Attributes:
      state: the variable with the seed and the number of seeds generated.

    Raises:
      ValueError: the seed is not an integer.

    Example:
      >>> seeds = tf.keras.random.SeedGenerator(7)
      >>> tf.keras.random.uniform([2], seed=seeds).numpy() == tf.keras.random.uniform([2], seed=seeds).numpy()
      array([False, False])
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        self.name: str = auto_name(type(self).__name__) if name is None else name
        self._initial_seed = seed
        if seed is None:
            seed = make_default_seed()
        if not isinstance(seed, int):
            raise ValueError(f"Argument `seed` must be an integer. Received: seed={seed}")
        with name_scope(self.name, self):
            self.state: Variable = Variable(np.array([seed, 0]), trainable=False, name="seed_generator_state")

    def next(self, ordered: bool = True) -> Tensor:
        """The next seed.

        Args:
          ordered: whether seeds are consecutive; else they are scattered.

        Returns:
          A tensor of two int64.

        Example:
          >>> seeds = tf.keras.random.SeedGenerator(7)
          >>> seeds.next().numpy(), seeds.next().numpy()
          (array([7, 0]), array([7, 1]))
        """
        seed = self.state.read_value()
        if ordered:
            self.state.assign_add(_STEP)
        else:
            self.state.assign((seed + 1) * 5387 % 933199)
        return seed

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data.

        Returns:
          A dict of plain data.

        Example:
          >>> tf.keras.random.SeedGenerator(7, name="mine").get_config()
          {'seed': 7, 'name': 'mine'}
        """
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """Creates a generator from the result of `get_config`.

        Args:
          config: the dict.

        Returns:
          A SeedGenerator.

        Example:
          >>> tf.keras.random.SeedGenerator.from_config({"seed": 7, "name": "mine"}).name
          'mine'
        """
        return cls(**config)


_common: SeedGenerator | None = None  # for functions without a seed


def make_default_seed() -> int:
    """A seed from Python's `random`."""
    import random  # only imported if needed

    return random.randint(1, int(1e9))


def set_random_seed(seed: int) -> None:
    """Seeds Python's `random`, `numpy.random`, `tf.random` and keras.random, to make a program reproducible.

    Weights, shuffles and dropout are then the same as Keras' with TensorFlow.

    Args:
      seed: an integer.

    Raises:
      ValueError: it is not an integer.

    Example:
      >>> tf.keras.utils.set_random_seed(1)
      >>> tf.keras.random.uniform([]).numpy().round(4)
      np.float32(0.259)
    """
    if not isinstance(seed, int):
        raise ValueError(f"Expected `seed` argument to be an integer. Received: seed={seed} (of type {type(seed)})")
    forget_common()
    import random

    random.seed(seed)
    np.random.seed(seed)
    set_seed(seed)


def forget_common() -> None:
    """Resets the global generator; the next function without a seed creates a new one."""
    global _common
    _common = None


def draw_seed(seed: Any) -> Tensor:
    """The two integers that determine the numbers of one call.

    Args:
      seed: an integer, a SeedGenerator, or None for the global generator.

    Raises:
      ValueError: it is anything else.
    """
    global _common
    if isinstance(seed, SeedGenerator):
        drawn = seed.next()
    elif isinstance(seed, int):
        drawn = as_tensor(np.array([seed, 0]))
    elif seed is None:
        if _common is None:
            _common = SeedGenerator()
        drawn = _common.next(ordered=False)
    else:
        raise ValueError(
            "Argument `seed` must be either an integer or an instance of `SeedGenerator`. "
            f"Received: seed={seed} (of type {type(seed)})"
        )
    return elementwise.floormod(drawn, _RANGE)


def _floating(dtype: Any) -> dtypes.DType:
    return dtypes.as_dtype(dtype or settings.floatx())


def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Normally distributed numbers.

    Args:
      shape: the shape of the numbers.
      mean: their mean.
      stddev: their standard deviation.
      dtype: a floating dtype, `floatx` by default.
      seed: an integer for the same numbers at each call, a SeedGenerator, or None for the global one.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: a size is negative, or mean or stddev does not broadcast.
      ValueError: the seed is neither an integer nor a SeedGenerator.
      TypeError: the dtype is not floating.

    Example:
      >>> tf.keras.random.normal([2], seed=1).numpy().round(4)
      array([ 0.1267, -0.493 ], dtype=float32)
    """
    return stateless.stateless_normal(shape, draw_seed(seed), mean, stddev, _floating(dtype))


def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Normally distributed numbers within two standard deviations of the mean.

    Args:
      shape: the shape of the numbers.
      mean: the mean of the distribution before truncation.
      stddev: its standard deviation.
      dtype: a floating dtype, `floatx` by default.
      seed: an integer for the same numbers at each call, a SeedGenerator, or None for the global one.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: a size is negative, or mean or stddev does not broadcast.
      ValueError: the seed is neither an integer nor a SeedGenerator.
      TypeError: the dtype is not floating.

    Example:
      >>> tf.keras.random.truncated_normal([2], seed=1).numpy().round(4)
      array([ 0.1267, -0.493 ], dtype=float32)
    """
    return stateless.stateless_truncated_normal(shape, draw_seed(seed), mean, stddev, _floating(dtype))


def uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Tensor:
    """Uniformly distributed numbers of [minval, maxval).

    Args:
      shape: the shape of the numbers.
      minval, maxval: the bounds.
      dtype: a floating dtype, `floatx` by default.
      seed: an integer for the same numbers at each call, a SeedGenerator, or None for the global one.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      ValueError: the dtype is not floating.

    Example:
      >>> tf.keras.random.uniform([2], seed=1).numpy().round(4)
      array([0.8785, 0.46  ], dtype=float32)
    """
    if dtype and not dtypes.as_dtype(dtype).is_floating:
        raise ValueError(f"`keras.random.uniform` requires a floating point `dtype`. Received: dtype={dtype} ")
    return uniform_of(shape, minval, maxval, _floating(dtype), seed)


def uniform_of(shape: Any, minval: Any, maxval: Any, wanted: dtypes.DType, seed: Any) -> Tensor:
    """The same as `uniform`, also for integer dtypes."""
    # Python numbers pass through float32 in Keras, so the same bounds do here.
    low, high = (apply_cast(tensor_of(bound), wanted) for bound in (minval, maxval))
    return stateless.stateless_uniform(shape, draw_seed(seed), low, high, wanted)


def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Uniformly distributed integers of [minval, maxval).

    Args:
      shape: the shape of the numbers.
      minval, maxval: the bounds.
      dtype: an integer dtype.
      seed: an integer for the same numbers at each call, a SeedGenerator, or None for the global one.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      ValueError: the dtype is not an integer dtype.

    Example:
      >>> tf.keras.random.randint([3], 0, 10, seed=1).numpy()
      array([9, 4, 0], dtype=int32)
    """
    wanted = dtypes.as_dtype(dtype)
    if not wanted.is_integer:
        raise ValueError(f"`keras.random.randint` requires an integer `dtype`. Received: dtype={dtype} ")
    drawn_as = wanted if wanted in (dtypes.int32, dtypes.int64) else dtypes.int64
    return apply_cast(stateless.stateless_uniform(shape, draw_seed(seed), minval, maxval, drawn_as), wanted)


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Tensor:
    """Classes drawn by unnormalised log-probabilities.

    Args:
      logits: a tensor of shape [rows, classes].
      num_samples: the number of samples per row.
      dtype: the dtype of the result.
      seed: an integer for the same numbers at each call, a SeedGenerator, or None for the global one.

    Returns:
      An integer tensor of shape [rows, num_samples].

    Raises:
      ValueError: the rank of logits is not 2.

    Example:
      >>> tf.keras.random.categorical([[0.0, 100.0]], 3, seed=1).numpy()
      array([[1, 1, 1]], dtype=int32)
    """
    x = tensor_of(logits)
    if x.ndim != 2:
        raise ValueError(
            f"`logits` should be a 2-D tensor with shape [batch_size, num_classes]. Received: logits={logits}"
        )
    return apply_cast(stateless.stateless_categorical(x, num_samples, draw_seed(seed)), dtypes.as_dtype(dtype))


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Tensor:
    """Sets a random fraction of elements to 0 and scales the others to keep the expected sum.

    Args:
      inputs: a floating tensor.
      rate: the fraction.
      noise_shape: the shape in which elements are drawn, which broadcasts to that of the inputs; None stands for their
        own size.
      seed: an integer for the same numbers at each call, a SeedGenerator, or None for the global one.

    Returns:
      A tensor of the shape and dtype of the inputs.

    Raises:
      ValueError: the rate is not in [0, 1), the inputs are not floating, or the seed is neither an integer nor a
        SeedGenerator.
      InvalidArgumentError: noise_shape does not broadcast to that of the inputs.

    Example:
      >>> tf.keras.random.dropout(tf.ones([4]), 0.5, seed=1).numpy()
      array([2., 0., 2., 0.], dtype=float32)
    """
    x = tensor_of(inputs)
    if rate == 1.0:
        return zeros_like(x)
    return x if rate == 0.0 else stateless_dropout(x, rate, draw_seed(seed), noise_shape=noise_shape)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Tensor:
    """Shuffles values along an axis.

    Args:
      x: a tensor.
      axis: the axis.
      seed: an integer for the same order at each call, a SeedGenerator, or None for the global one.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the axis is out of range.
      ValueError: x cannot be converted to a tensor, or the seed is neither an integer nor a SeedGenerator.

    Example:
      >>> tf.keras.random.shuffle([1, 2, 3, 4], seed=1).numpy()
      array([4, 2, 3, 1], dtype=int32)
    """
    x = tensor_of(x)
    keys = stateless.stateless_uniform([shapes.shape(x)[axis]], draw_seed(seed))
    return gather(x, argsort(keys), axis=axis)


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Gamma-distributed random numbers.

    Args:
      shape: the shape of the numbers, which ends in that of alpha.
      alpha: the distribution's shape parameter.
      dtype: a floating dtype, `floatx` by default.
      seed: an integer for the same numbers at each call, a SeedGenerator, or None for the global one.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: a size is negative, or the shape does not end in that of alpha.
      ValueError: the seed is neither an integer nor a SeedGenerator.
      TypeError: the dtype is not floating.

    Example:
      >>> tf.keras.random.gamma([2], 3.0, seed=1).numpy() > 0
      array([ True,  True])
    """
    return stateless.stateless_gamma(shape, draw_seed(seed), alpha, dtype=_floating(dtype))


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Binomial random numbers.

    Args:
      shape: the shape of the numbers.
      counts: number of trials.
      probabilities: the probability of each success.
      dtype: the dtype of the result, `floatx` by default.
      seed: an integer for the same numbers at each call, a SeedGenerator, or None for the global one.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: a size is negative, or the shape does not end in that of the parameters.
      ValueError: the seed is neither an integer nor a SeedGenerator.
      TypeError: unknown dtype.

    Example:
      >>> tf.keras.random.binomial([2], 10.0, 1.0, seed=1).numpy()
      array([10., 10.], dtype=float32)
    """
    return stateless.stateless_binomial(shape, draw_seed(seed), counts, probabilities, _floating(dtype))


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Tensor:
    """Beta-distributed random numbers, X / (X + Y) for gamma-distributed X and Y.

    Args:
      shape: the shape of the numbers, to which alpha and beta broadcast.
      alpha, beta: the distribution's parameters.
      dtype: a floating dtype, `floatx` by default.
      seed: an integer for the same numbers at each call, a SeedGenerator, or None for the global one.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: a size is negative, or a parameter does not broadcast to the shape.
      TypeError, ValueError: unknown dtype, it is not floating, or the seed is neither an integer nor a SeedGenerator.

    Example:
      >>> tf.keras.random.beta([2], 2.0, 3.0, seed=1).numpy() < 1
      array([ True,  True])
    """
    wanted, first = _floating(dtype), draw_seed(seed)
    shape = tuple(shape)
    x, y = (
        stateless.stateless_gamma(shape, drawn, apply_broadcast_to(tensor_of(parameter, wanted), shape), dtype=wanted)
        for drawn, parameter in ((first, alpha), (first + 12, beta))
    )
    return x / (x + y)
