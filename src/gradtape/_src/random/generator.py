"""Generators of random numbers, with explicit state."""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.compute import random as _random
from gradtape._engine.record.primitive import as_effect
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.operands import not_allowed
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.typing import DTypeLike, ShapeLike, TensorLike
from gradtape._src.random import philox
from gradtape._src.random.distributions import (
    DRAWS,
    Algorithm,
    Fill,
    affine,
    between,
    binomial_numbers,
    check_algorithm,
    floats,
    full_range,
    sizes_of,
    uniform_numbers,
)
from gradtape._src.random.philox import RESERVED, Stream
from gradtape._src.state.variable import Variable


class Generator:
    """A generator of random numbers, whose state is a counter of two int64s and a key of one.

    Args:
      copy_from: a generator whose state and algorithm to copy; or
      state: three int64s, and
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

    Attributes:
      state: the variable that holds the state.

    Raises:
      AssertionError: neither a generator nor a state is given.
      ValueError: the algorithm is unknown.

    Example:
      >>> generator = tf.random.Generator.from_seed(1)
      >>> generator.uniform([3], maxval=10, dtype=tf.int32).numpy()
      array([4, 9, 3], dtype=int32)
    """

    def __init__(self, copy_from: Generator | None = None, state: TensorLike | None = None, alg: Any = None) -> None:
        if copy_from is not None:
            assert (alg or state) is None
            state = copy_from.state
        else:
            assert alg is not None and state is not None
            check_algorithm(alg)
        self._state = Variable(_state(state), name="StateVar", trainable=False)

    def _trackable_children(self) -> dict[str, Any]:
        return {"_state_var": self._state}

    @classmethod
    def from_seed(cls, seed: TensorLike, alg: Any = None) -> Generator:
        """A generator seeded by a number.

        Args:
          seed: an integer of any size, or a vector of up to three.
          alg: "philox", "auto_select" or a member of `tf.random.Algorithm`; None for Philox.

        Returns:
          A Generator.

        Raises:
          ValueError: the algorithm is unknown.

        Example:
          >>> tf.random.Generator.from_seed(1).normal([2]).numpy().round(4)
          array([ 0.4384, -0.5344], dtype=float32)
        """
        alg = Algorithm.PHILOX if alg is None else alg
        return cls(state=create_rng_state(seed, alg), alg=alg)

    @classmethod
    def from_state(cls, state: TensorLike, alg: Any) -> Generator:
        """A generator with the given state.

        Args:
          state: three int64s.
          alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

        Returns:
          A Generator.

        Raises:
          ValueError: the algorithm is unknown.

        Example:
          >>> first = tf.random.Generator.from_seed(1)
          >>> second = tf.random.Generator.from_state(first.state, alg="philox")
          >>> (first.normal([]) == second.normal([])).numpy()
          np.True_
        """
        return cls(state=state, alg=alg)

    @classmethod
    def from_key_counter(cls, key: TensorLike, counter: TensorLike, alg: Any) -> Generator:
        """A generator with the given key and counter.

        Args:
          key: an integer.
          counter: two integers.
          alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

        Returns:
          A Generator.

        Raises:
          ValueError: the algorithm is unknown.

        Example:
          >>> tf.random.Generator.from_key_counter(5, [0, 0], "philox").key.numpy()
          np.int64(5)
        """
        return cls(state=_key_counter(key, counter), alg=alg)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """A generator with an unpredictable state.

        Args:
          alg: "philox", "auto_select" or a member of `tf.random.Algorithm`; None for Philox.

        Returns:
          A Generator.

        Raises:
          ValueError: the algorithm is unknown.

        Example:
          >>> tf.random.Generator.from_non_deterministic_state().normal([2]).shape
          TensorShape([2])
        """
        state = np.frombuffer(os.urandom(24), np.int64)
        return cls(state=state, alg=Algorithm.PHILOX if alg is None else alg)

    @property
    def state(self) -> Variable:
        """The variable that holds the state, three int64s."""
        return self._state

    @property
    def algorithm(self) -> int:
        """1, the number of Philox."""
        return Algorithm.PHILOX.value

    @property
    def key(self) -> Tensor:
        """The key, a scalar."""
        return self._state[2]

    def reset(self, state: TensorLike) -> None:
        """Sets the state.

        Args:
          state: three int64s.

        Raises:
          ValueError: the shape does not match.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.reset([0, 0, 5])
          >>> generator.state.numpy()
          array([0, 0, 5])
        """
        self._state.assign(_state(state))

    def reset_from_seed(self, seed: TensorLike) -> None:
        """Resets the state from a seed.

        Args:
          seed: as for `from_seed`.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.reset_from_seed(2)
          >>> (generator.normal([]) == tf.random.Generator.from_seed(2).normal([])).numpy()
          np.True_
        """
        self.reset(create_rng_state(seed, Algorithm.PHILOX))

    def reset_from_key_counter(self, key: TensorLike, counter: TensorLike) -> None:
        """Sets the key and the counter.

        Args:
          key: an integer.
          counter: two integers.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.reset_from_key_counter(5, [0, 0])
          >>> generator.key.numpy()
          np.int64(5)
        """
        self.reset(_key_counter(key, counter))

    def skip(self, delta: int | Tensor | Variable) -> Tensor:
        """Advances the state as drawing numbers would.

        Args:
          delta: the number of skipped numbers.

        Returns:
          The state before.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> before = generator.skip(256)
          >>> before.shape
          TensorShape([3])
        """
        before = self._state.value()
        self._take(int(delta))
        return before

    def _take(self, numbers: int) -> Stream:
        """A stream of this many numbers; advances the state past them."""
        low, high, key = self._state.numpy().view(np.uint64).tolist()
        stream = Stream(key, low, high)
        after = stream.skip(numbers * RESERVED & philox.WORD)
        self._state.assign(np.array([after.low, after.high, key], np.uint64).view(np.int64))
        return stream

    def normal(
        self,
        shape: ShapeLike,
        mean: TensorLike = 0.0,
        stddev: TensorLike = 1.0,
        dtype: DTypeLike = dtypes.float32,
        name: str | None = None,
    ) -> Tensor:
        """Normally distributed numbers, differentiable by mean and deviation.

        Args:
          shape: the shape of the numbers drawn, with which mean and stddev broadcast.
          mean: the mean of the distribution.
          stddev: its standard deviation.
          dtype: float32 or float64.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of the broadcast shape.

        Raises:
          TypeError: unsupported dtype.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.normal([3]).numpy().round(4)
          array([ 0.4384, -0.5344, -0.0771], dtype=float32)
        """
        return self._floats(_random.fill_normal, "StatelessRandomNormalV2", shape, mean, stddev, dtype)

    def truncated_normal(
        self,
        shape: ShapeLike,
        mean: TensorLike = 0.0,
        stddev: TensorLike = 1.0,
        dtype: DTypeLike = dtypes.float32,
        name: str | None = None,
    ) -> Tensor:
        """Normally distributed numbers, redrawn if beyond two standard deviations.

        Args:
          shape: the shape of the numbers drawn, with which mean and stddev broadcast.
          mean: the mean of the distribution.
          stddev: its standard deviation.
          dtype: float32 or float64.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of the broadcast shape.

        Raises:
          TypeError: unsupported dtype.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.truncated_normal([3]).numpy().round(4)
          array([ 0.4384, -0.5344, -0.0771], dtype=float32)
        """
        return self._floats(_random.fill_truncated_normal, "StatelessTruncatedNormalV2", shape, mean, stddev, dtype)

    def _floats(self, fill: Fill, op: str, shape: Any, mean: Any, stddev: Any, dtype: Any) -> Tensor:
        sizes = sizes_of(shape, op)
        drawn = as_effect(DRAWS, self._draw_floats, fill, sizes, as_dtype(dtype), writes=[self._state])
        return affine(drawn, mean, stddev)

    def _draw_floats(self, fill: Fill, sizes: tuple[int, ...], dtype: DType) -> Tensor:
        return floats(fill, self._take(math.prod(sizes)), sizes, dtype)

    def uniform(
        self,
        shape: ShapeLike,
        minval: TensorLike = 0,
        maxval: TensorLike | None = None,
        dtype: DTypeLike = dtypes.float32,
        name: str | None = None,
    ) -> Tensor:
        """Uniform numbers of [minval, maxval).

        Args:
          shape: the shape of the numbers drawn, with which float bounds broadcast.
          minval: the lower bound.
          maxval: the upper bound, 1 by default; integers are of the full range of their dtype if both bounds are
            None.
          dtype: float32, float64, int32 or int64.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of the broadcast shape.

        Raises:
          ValueError: unsupported dtype, or integers with one bound.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.uniform([3], maxval=10, dtype=tf.int32).numpy()
          array([4, 9, 3], dtype=int32)
        """
        dtype = as_dtype(dtype)
        if dtype.is_integer and (minval is None) != (maxval is None):
            raise ValueError(
                f"For integer dtype {dtype}, minval and maxval must be both `None` or both non-`None`; "
                f"got minval={minval} and maxval={maxval}"
            )
        sizes = sizes_of(shape, "StatelessRandomUniformV2")
        if dtype.is_integer:
            return as_effect(DRAWS, self._draw_integers, sizes, minval, maxval, dtype, writes=[self._state])
        drawn = as_effect(DRAWS, self._draw_floats, _random.fill_uniform, sizes, dtype, writes=[self._state])
        return between(drawn, minval, maxval, dtype)

    def _draw_integers(self, sizes: tuple[int, ...], minval: Any, maxval: Any, dtype: DType) -> Tensor:
        return uniform_numbers(self._take(math.prod(sizes)), sizes, minval, maxval, dtype)

    def binomial(
        self,
        shape: ShapeLike,
        counts: TensorLike,
        probs: TensorLike,
        dtype: DTypeLike = dtypes.int32,
        name: str | None = None,
    ) -> Tensor:
        """Binomial random numbers: successes in `counts` trials with probability `probs`.

        Args:
          shape: the shape of the result, to whose end counts and probs broadcast.
          counts: the numbers of trials.
          probs: the probabilities, in the same floating dtype.
          dtype: the dtype of the result.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of that shape.

        Raises:
          InvalidArgumentError: counts or probs are not floating.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.binomial([4], counts=10.0, probs=0.5).numpy()
          array([5, 5, 7, 3], dtype=int32)
        """
        counts, probs = as_tensor(counts), as_tensor(probs)
        if not counts.dtype.is_floating:
            raise not_allowed("StatefulRandomBinomial", counts.dtype, "half, float, double")
        return as_effect(DRAWS, self._draw_binomial, shape, counts, probs, dtype, writes=[self._state])

    def _draw_binomial(self, shape: Any, counts: Tensor, probs: Tensor, dtype: Any) -> Tensor:
        return binomial_numbers(
            "StatefulRandomBinomial",
            lambda samples, several: self._take(several * 50 * (samples + 3)),
            *(shape, counts, probs, dtype),
        )

    def uniform_full_int(self, shape: ShapeLike, dtype: DTypeLike = dtypes.int64, name: str | None = None) -> Tensor:
        """Integers of the full range of their dtype.

        Args:
          shape: the shape of the result.
          dtype: int64 or int32. TensorFlow's default, uint64, is not supported.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of that shape.

        Raises:
          InvalidArgumentError: unsupported dtype.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.uniform_full_int([2], dtype=tf.int32).dtype
          tf.int32
        """
        sizes = sizes_of(shape, "StatelessRandomUniformFullIntV2")
        return as_effect(DRAWS, self._draw_full, sizes, as_dtype(dtype), writes=[self._state])

    def _draw_full(self, sizes: tuple[int, ...], dtype: DType) -> Tensor:
        return full_range(self._take(math.prod(sizes)), sizes, dtype)

    def make_seeds(self, count: int = 1) -> Tensor:
        """Seeds for stateless functions.

        Args:
          count: their number.

        Returns:
          An int64 tensor of shape [2, count]: one in each column.

        Raises:
          InvalidArgumentError: count is negative.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.make_seeds(3).shape
          TensorShape([2, 3])
        """
        keys = self.uniform_full_int([count])
        return tensor_from(np.stack([view(keys), np.zeros(count, np.int64)]))

    def split(self, count: int = 1) -> list[Generator]:
        """Generators that are independent of this one and of each other.

        Args:
          count: their number.

        Returns:
          A list of generators.

        Raises:
          InvalidArgumentError: count is negative.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> len(generator.split(2))
          2
        """
        keys = self.uniform_full_int([count]).numpy()
        return [Generator(state=[0, 0, key], alg=Algorithm.PHILOX) for key in keys]


_global_generator: Generator | None = None


def get_global_generator() -> Generator:
    """The global generator, seeded unpredictably unless set.

    Returns:
      A Generator.

    Example:
      >>> tf.random.get_global_generator().normal([2]).shape
      TensorShape([2])
    """
    global _global_generator
    if _global_generator is None:
        _global_generator = Generator.from_non_deterministic_state()
    return _global_generator


def set_global_generator(generator: Generator) -> None:
    """Replaces the global generator.

    Args:
      generator: a Generator.

    Example:
      >>> tf.random.set_global_generator(tf.random.Generator.from_seed(1))
      >>> tf.random.get_global_generator().uniform([3], maxval=10, dtype=tf.int32).numpy()
      array([4, 9, 3], dtype=int32)
    """
    global _global_generator
    _global_generator = generator


def create_rng_state(seed: TensorLike, alg: Any) -> Tensor:
    """The state for a seed.

    Args:
      seed: an integer, whose 64-bit words are taken, lowest first, or a vector of up to three.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

    Returns:
      An int64 vector of three elements, padded with leading zeros.

    Raises:
      ValueError: the algorithm is unknown.

    Example:
      >>> tf.random.create_rng_state(5, "philox")
      <tf.Tensor: shape=(3,), dtype=int64, numpy=array([5, 0, 0])>
    """
    check_algorithm(alg)
    if isinstance(seed, int):
        words = [seed >> 64 * i & philox.WORD for i in range(3)]
    else:
        given = [int(part) & philox.WORD for part in np.atleast_1d(held(seed))]
        words = ([0] * (3 - len(given)) + given)[:3]
    return tensor_from(np.array(words, np.uint64).view(np.int64))


def _state(state: Any) -> Tensor:
    state = as_tensor(state, dtypes.int64)
    TensorShape(state.shape).assert_is_compatible_with([3])
    return state


def _key_counter(key: Any, counter: Any) -> np.ndarray:
    return np.array([*counter, key], np.int64)
