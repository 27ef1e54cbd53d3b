"""tf.random: the same numbers from the same seeds as TensorFlow on a CPU, bit for bit.

Stateful functions follow :func:`set_seed`, stateless ones the seed they are given, and a :class:`Generator` its own
state. Uniform numbers are equal everywhere; others to the last bit where both libraries use the same C library's log,
sine and cosine.
"""

from __future__ import annotations

import enum
import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, empty, tensor_from, view
from gradtape._engine.compute import random as _random
from gradtape._engine.record.primitive import as_effect, effect_kind
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype, int64
from gradtape._src.core.errors import InvalidArgumentError, invalid_argument
from gradtape._src.core.operands import dims_text, int_of, not_allowed, one_dtype, room
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.typing import DTypeLike, IntLike, ShapeLike, TensorLike
from gradtape._src.ops import elementwise as ops
from gradtape._src.ops.arrays import stack
from gradtape._src.random import philox
from gradtape._src.random.philox import RESERVED, Stream
from gradtape._src.state.variable import Variable
from gradtape._src.table.rows import call, integer, op, real, values

Fill = Callable[..., None]
_DRAWS = effect_kind("draws")


class Algorithm(enum.Enum):
    """How numbers are made; gradtape has Philox alone, which is also what AUTO_SELECT selects.

    Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3 (2011).

    Example:
      >>> tf.random.Algorithm.PHILOX.value
      1
    """

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3


def set_seed(seed: int | None) -> None:
    """Sets the global seed: the stateful functions' numbers start anew, and are the same in every run.

    They are TensorFlow's numbers for the same seeds, on its CPU.

    Args:
      seed: an integer; None for numbers that nobody can foresee.

    Example:
      >>> tf.random.set_seed(7)
      >>> first = tf.random.normal([2])
      >>> tf.random.set_seed(7)
      >>> tf.reduce_all(first == tf.random.normal([2])).numpy()
      np.True_
    """
    as_effect(_DRAWS, philox.set_seed, seed)


def _seeded(tf: Any, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Tests call a stateful function after set_seed, once with the global seed and twice with one of its own."""
    tf.random.set_seed(7)
    return [function(*arguments, **keywords, seed=seed) for seed in (None, 5, 5)]


# Stateful functions


@op(
    "random.normal",
    samples=lambda: [call([2, 3], real(3), real(2, 1, low=0.5)), call([], real()), call([0, 2], real(2))],
    edges=lambda: [call([2, 3]), call([5], 1, 2.5)],
    program=_seeded,
)
def normal(
    shape: ShapeLike,
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DTypeLike = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers, differentiable by mean and deviation.

    Box and Muller's transform of uniform numbers.

    Args:
      shape: the shape of the numbers drawn, with which mean and stddev broadcast.
      mean: the mean of the distribution.
      stddev: its standard deviation.
      dtype: float32 or float64.
      seed: the call's own seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that all broadcast to.

    Raises:
      TypeError: another dtype.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.normal([3]).numpy().round(4)
      array([-1.1012,  1.5458,  0.3836], dtype=float32)
    """
    return _stateful_floats(_random.fill_normal, "RandomStandardNormal", shape, mean, stddev, dtype, seed)


@op(
    "random.truncated_normal",
    samples=lambda: [call([2, 3], real(3), real(2, 1, low=0.5))],
    edges=lambda: [call([50]), call([5], 1, 2.5)],
    program=_seeded,
)
def truncated_normal(
    shape: ShapeLike,
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DTypeLike = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers, drawn again while beyond two deviations.

    Args:
      shape: the shape of the numbers drawn, with which mean and stddev broadcast.
      mean: the mean of the distribution.
      stddev: its standard deviation.
      dtype: float32 or float64.
      seed: the call's own seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that all broadcast to.

    Raises:
      TypeError: another dtype.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.truncated_normal([3]).numpy().round(4)
      array([-1.1012,  1.5458,  0.3836], dtype=float32)
    """
    return _stateful_floats(_random.fill_truncated_normal, "TruncatedNormal", shape, mean, stddev, dtype, seed)


@op(
    "random.uniform",
    dtypes="float32, float64, int32, int64",
    samples=lambda: [call([2, 3], real(3), real(2, 1))],
    edges=lambda: [
        *(call([2, 3]), call([5], 1, 3), call([7], maxval=1.5), call([0])),
        *(call([9], -5, 100, dtype="int32"), call([9], -(2**40), 2**40, dtype="int64")),
    ],
    program=_seeded,
)
def uniform(
    shape: ShapeLike,
    minval: TensorLike = 0,
    maxval: TensorLike | None = None,
    dtype: DTypeLike = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Uniformly distributed numbers of [minval, maxval).

    Args:
      shape: the shape of the numbers drawn, with which float bounds broadcast.
      minval: the lower bound.
      maxval: the upper bound, 1 unless given; integers must give it, and bounds without axes.
      dtype: float32, float64, int32 or int64.
      seed: the call's own seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that all broadcast to.

    Raises:
      ValueError: another dtype, or no maxval for integers.
      InvalidArgumentError: integers, and maxval is not above minval.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.uniform([3], maxval=10, dtype=tf.int32).numpy()
      array([2, 9, 7], dtype=int32)
    """
    dtype = _uniform_dtype(dtype)
    if dtype.is_integer:
        if maxval is None:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        sizes = _sizes(shape, "RandomUniformInt")
        low, high = _integer_bounds(minval, maxval, dtype, "RandomUniformInt")
        return as_effect(_DRAWS, _draw_integers, sizes, dtype, seed, low, high)
    sizes = _sizes(shape, "RandomUniform")
    drawn = as_effect(_DRAWS, _draw_floats, _random.fill_uniform, "RandomUniform", sizes, dtype, seed)
    return _between(drawn, minval, maxval, dtype)


@op(
    "random.gamma",
    orders="0",
    notes="differentiable by beta alone",
    edges=lambda: [
        *(call([50], values([0.3, 1.0, 2.5, 20.0])), call([4], [0.5, 2.0], [[1.0], [2.0]]), call([], 0.0)),
        call([3], 2.0, dtype="float64"),
    ],
    program=_seeded,
)
def gamma(
    shape: ShapeLike,
    alpha: TensorLike,
    beta: TensorLike | None = None,
    dtype: DTypeLike = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Gamma-distributed numbers, `shape` of them for each pair of parameters, differentiable by both.

    Marsaglia and Tsang, A Simple Method for Generating Gamma Variables (2000).

    Args:
      shape: how many, before the broadcast shape of alpha and beta.
      alpha: the shape parameter; NaN comes of a negative one.
      beta: the rate, 1 unless given.
      dtype: float32 or float64.
      seed: the call's own seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [*shape, *alpha.shape].

    Raises:
      TypeError: another dtype.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.gamma([2], alpha=3.0).numpy().round(4)
      array([5.777 , 1.7188], dtype=float32)
    """
    dtype = as_dtype(dtype)
    alpha, beta = as_tensor(alpha, dtype), as_tensor(1 if beta is None else beta, dtype)
    sizes = _sizes(shape, "RandomGamma")
    return _rated(as_effect(_DRAWS, _draw_gamma, sizes, dtype, seed, alpha, beta), beta, dtype)


@op(
    "random.poisson",
    orders="0",
    dtypes="float32, float64, int32, int64",
    edges=lambda: [
        call([50], values([0.3, 5.0, 12.5, 2000.0])),
        *(call([3], 3, dtype="int32"), call([], 1e9, dtype="int64"), call([2], 0.0), call([2], float("inf"))),
    ],
    program=_seeded,
)
def poisson(
    shape: ShapeLike,
    lam: TensorLike,
    dtype: DTypeLike = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Poisson-distributed counts, `shape` of them for each rate.

    Args:
      shape: how many, before the shape of lam.
      lam: the rates.
      dtype: the dtype of the counts.
      seed: the call's own seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [*shape, *lam.shape].

    Raises:
      TypeError: another dtype.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.poisson([4], lam=3.0).numpy()
      array([0., 3., 1., 3.], dtype=float32)
    """
    dtype = as_dtype(dtype)
    rates = as_tensor(lam)
    sizes = _sizes(shape, "RandomPoissonV2")
    return as_effect(_DRAWS, _draw_poisson, sizes, dtype, seed, rates)


@op(
    "random.categorical",
    orders="0",
    edges=lambda: [
        *(
            call(values([[0.1, 2.0, -1.0], [1.0, 1.0, 5.0]]), 20),
            call(values([[1.0, float("-inf")]]), 5, dtype="int32"),
        ),
        *(call(values([[float("nan")] * 2]), 3), call(values([[float("inf"), 1.0]]), 3), call(values([[1.0]]), 0)),
    ],
    notes="TensorFlow's numbers for a batch that it does not split among threads",
    program=_seeded,
)
def categorical(
    logits: TensorLike,
    num_samples: IntLike,
    dtype: DTypeLike | None = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Classes drawn by unnormalised log-probabilities.

    Args:
      logits: [batch, classes].
      num_samples: how many for each row.
      dtype: int64 unless given, or int32.
      seed: the call's own seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      Classes of shape [batch, num_samples].

    Raises:
      InvalidArgumentError: logits that are no matrix, have no class or are no floats; a negative number of samples.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.categorical([[0.0, 0.0, -np.inf]], 5).numpy()
      array([[0, 0, 0, 1, 0]])
    """
    logits, samples = _logits(logits, num_samples, "Multinomial")
    dtype = dtypes.int64 if dtype is None else as_dtype(dtype)
    return as_effect(_DRAWS, _draw_categorical, samples, dtype, seed, logits)


@op(
    "random.shuffle",
    orders="0",
    dtypes="float32, float64, int32, int64, uint8, bool",
    edges=lambda: [
        call(integer(list(range(13)))),
        call(values([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])),
        call([1]),
        call(3),
    ],
    program=_seeded,
)
def shuffle(value: TensorLike, seed: int | None = None, name: str | None = None) -> Tensor:
    """The slices along the first axis in random order.

    Args:
      value: a tensor of at least one axis.
      seed: the call's own seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype. No gradient flows through it.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.shuffle([1, 2, 3, 4]).numpy()
      array([3, 2, 4, 1], dtype=int32)
    """
    value = as_tensor(value)
    rows = value.shape[0] if value.ndim else 1
    if rows <= 1 or 0 in value.shape:
        return value
    return as_effect(_DRAWS, _draw_shuffled, rows, seed, value)


# What draws from the global sequences


def _draw_floats(fill: Fill, op: str, sizes: tuple[int, ...], dtype: DType, seed: int | None) -> Tensor:
    return _floats(fill, _stateful(op, sizes, dtype, seed), sizes, dtype)


def _draw_integers(sizes: tuple[int, ...], dtype: DType, seed: int | None, low: int, high: int) -> Tensor:
    stream = _stateful("RandomUniformInt", sizes, dtype, seed)
    return tensor_from(philox.integers(stream, sizes, low, high, dtype.as_numpy_dtype))


def _draw_gamma(sizes: tuple[int, ...], dtype: DType, seed: int | None, alpha: Tensor, beta: Tensor) -> Tensor:
    alphas = _together(alpha, beta)[0]
    stream = _stateful("RandomGamma", (*sizes, *alphas.shape), dtype, seed)
    drawn = philox.gamma(stream, math.prod(sizes), alphas).reshape((*sizes, *alphas.shape))
    return tensor_from(drawn.astype(dtype.as_numpy_dtype))


def _draw_poisson(sizes: tuple[int, ...], dtype: DType, seed: int | None, rates: Tensor) -> Tensor:
    shape = (*sizes, *rates.shape)
    stream = _stateful("RandomPoissonV2", shape, dtype, seed, rates.dtype)
    return _counts(philox.poisson(stream, math.prod(sizes), view(rates), _highest(dtype)).reshape(shape), dtype)


def _draw_categorical(samples: int, dtype: DType, seed: int | None, logits: Tensor) -> Tensor:
    doubles = 2 * 4 * -(-samples // 4)
    stream = philox.op_stream(("Multinomial", logits.dtype, dtype), seed, logits.shape[0] * doubles * RESERVED)
    return tensor_from(philox.categorical(stream, view(logits), samples).astype(dtype.as_numpy_dtype))


def _draw_shuffled(rows: int, seed: int | None, value: Tensor) -> Tensor:
    stream = philox.op_stream(("RandomShuffle", value.dtype), seed, -(-(rows - 1) // 4))
    return tensor_from(view(value)[philox.permutation(stream, rows)])


# Stateless functions


@op(
    "random.stateless_normal",
    samples=lambda: [call([2, 3], [1, 2], real(3), real(2, 1, low=0.5))],
    edges=lambda: [
        call([2, 3], [1, 2]),
        call([101], integer([-1, 2**40], "int64"), dtype="float64"),
        call([3], [0, 0]),
    ],
)
def stateless_normal(
    shape: ShapeLike,
    seed: TensorLike,
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DTypeLike = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:
    """Normally distributed numbers that depend on nothing but the arguments.

    Args:
      shape: the shape of the numbers drawn, with which mean and stddev broadcast.
      seed: two integers, int32 or int64.
      mean: the mean of the distribution.
      stddev: its standard deviation.
      dtype: float32 or float64.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that all broadcast to.

    Raises:
      TypeError: another dtype.
      ValueError: no such algorithm.
      InvalidArgumentError: a seed of another shape or dtype.

    Example:
      >>> tf.random.stateless_normal([3], seed=[1, 2]).numpy().round(4)
      array([0.5441, 0.2074, 0.0736], dtype=float32)
    """
    stream, kind = _stateless(seed, alg), as_dtype(dtype)
    return _affine(_floats(_random.fill_normal, stream, _sizes(shape, "StatelessRandomNormalV2"), kind), mean, stddev)


@op(
    "random.stateless_truncated_normal",
    samples=lambda: [call([2, 3], [1, 2], real(3), real(2, 1, low=0.5))],
    edges=lambda: [call([103], [1, 2]), call([101], [1, 2], dtype="float64")],
)
def stateless_truncated_normal(
    shape: ShapeLike,
    seed: TensorLike,
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DTypeLike = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:
    """Normally distributed numbers within two deviations that depend on nothing but the arguments.

    Args:
      shape: the shape of the numbers drawn, with which mean and stddev broadcast.
      seed: two integers, int32 or int64.
      mean: the mean of the distribution.
      stddev: its standard deviation.
      dtype: float32 or float64.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that all broadcast to.

    Raises:
      TypeError: another dtype.
      ValueError: no such algorithm.
      InvalidArgumentError: a seed of another shape or dtype.

    Example:
      >>> tf.random.stateless_truncated_normal([3], seed=[1, 2]).numpy().round(4)
      array([0.5441, 0.2074, 0.0736], dtype=float32)
    """
    stream, kind = _stateless(seed, alg), as_dtype(dtype)
    sizes = _sizes(shape, "StatelessTruncatedNormalV2")
    return _affine(_floats(_random.fill_truncated_normal, stream, sizes, kind), mean, stddev)


@op(
    "random.stateless_uniform",
    dtypes="float32, float64, int32, int64",
    samples=lambda: [call([2, 3], [1, 2], real(3), real(2, 1))],
    edges=lambda: [
        *(call([2, 3], [1, 2]), call([5], [1, 2], 1, 3), call([5], [1, 2], maxval=1.5, dtype="float64")),
        *(call([9], [1, 2], -5, 100, dtype="int32"), call([9], [1, 2], -(2**40), 2**40, dtype="int64")),
        *(call([9], [1, 2], None, None, dtype="int32"), call([9], [1, 2], None, None, dtype="int64")),
    ],
)
def stateless_uniform(
    shape: ShapeLike,
    seed: TensorLike,
    minval: TensorLike = 0,
    maxval: TensorLike | None = None,
    dtype: DTypeLike = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:
    """Uniform numbers of [minval, maxval) that depend on nothing but the arguments.

    Args:
      shape: the shape of the numbers drawn, with which float bounds broadcast.
      seed: two integers, int32 or int64.
      minval: the lower bound.
      maxval: the upper bound, 1 unless given; integers are of the whole range of their dtype where both bounds are
        None.
      dtype: float32, float64, int32 or int64.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that all broadcast to.

    Raises:
      ValueError: another dtype, integers with one bound, or no such algorithm.
      InvalidArgumentError: integers, and maxval is not above minval; a seed of another shape or dtype.

    Example:
      >>> tf.random.stateless_uniform([3], seed=[1, 2], maxval=10, dtype=tf.int32).numpy()
      array([0, 9, 4], dtype=int32)
    """
    dtype = _uniform_dtype(dtype)
    if dtype.is_integer and (minval is None) != (maxval is None):
        raise ValueError(
            f"For integer `dtype` argument {dtype}, argument `minval` and `maxval` must be both None or not None. "
            f"Got `minval`={minval} and `maxval`={maxval}."
        )
    return _uniform(_stateless(seed, alg), shape, minval, maxval, dtype)


@op(
    "random.stateless_gamma",
    orders="0",
    notes="differentiable by beta alone",
    edges=lambda: [call([50, 4], [1, 2], values([0.3, 1.0, 2.5, 20.0])), call([3, 2], [1, 2], 2.0, [1.0, 3.0])],
)
def stateless_gamma(
    shape: ShapeLike,
    seed: TensorLike,
    alpha: TensorLike,
    beta: TensorLike | None = None,
    dtype: DTypeLike = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Gamma-distributed numbers that depend on nothing but the arguments.

    Args:
      shape: the shape of the result, ending in the broadcast shape of alpha and beta.
      seed: two integers, int32 or int64.
      alpha: the shape parameter; NaN comes of a negative one.
      beta: the rate, 1 unless given.
      dtype: float32 or float64.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      TypeError: another dtype.
      InvalidArgumentError: a shape that does not end in theirs; a seed of another shape or dtype.

    Example:
      >>> tf.random.stateless_gamma([2], seed=[1, 2], alpha=3.0).numpy().round(4)
      array([4.0681, 2.9891], dtype=float32)
    """
    dtype = as_dtype(dtype)
    alpha, beta = as_tensor(alpha, dtype), as_tensor(1 if beta is None else beta, dtype)
    alphas = _together(alpha, beta)[0]
    sizes = _ending(_sizes(shape, "StatelessRandomGammaV3"), alphas.shape, "StatelessRandomGammaV3", "")
    samples = math.prod(sizes[: len(sizes) - alphas.ndim])
    drawn = tensor_from(philox.gamma(_stateless(seed), samples, alphas).reshape(sizes), dtype)
    return _rated(drawn, beta, dtype)


@op(
    "random.stateless_poisson",
    orders="0",
    dtypes="float32, float64, int32, int64",
    edges=lambda: [
        call([50, 4], [1, 2], values([0.3, 5.0, 12.5, 2000.0])),
        call([50, 2], [1, 2], values([0.3, 12.5]), dtype="float64"),
    ],
)
def stateless_poisson(
    shape: ShapeLike, seed: TensorLike, lam: TensorLike, dtype: DTypeLike = dtypes.int32, name: str | None = None
) -> Tensor:
    """Poisson-distributed counts that depend on nothing but the arguments.

    Args:
      shape: the shape of the result, ending in the shape of lam.
      seed: two integers, int32 or int64.
      lam: the rates.
      dtype: the dtype of the counts.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      InvalidArgumentError: a shape that does not end in that of lam; a seed of another shape or dtype.

    Example:
      >>> tf.random.stateless_poisson([4], seed=[1, 2], lam=3.0).numpy()
      array([5, 5, 4, 6], dtype=int32)
    """
    dtype = as_dtype(dtype)
    rates = as_tensor(lam)
    sizes = _ending(_sizes(shape, "StatelessRandomPoisson"), tuple(rates.shape), "StatelessRandomPoisson", None)
    samples = math.prod(sizes[: len(sizes) - rates.ndim])
    counts = philox.poisson(_stateless(seed), samples, view(rates), _highest(dtype))
    return _counts(counts.reshape(sizes), dtype)


@op(
    "random.stateless_binomial",
    orders="0",
    dtypes="float32, float64, int32, int64",
    notes="Numbers are TensorFlow's where success and failure are both expected ten times or more",
    edges=lambda: [
        call([50, 3], [1, 2], values([20.0, 100.0, 5000.0]), values([0.5, 0.8, 0.01])),
        *(call([7], [3, 4], 100, 0.4), call([2, 3], [5, 6], [1.0, 0.0, -2.0], 1.0, output_dtype="float64")),
    ],
)
def stateless_binomial(
    shape: ShapeLike,
    seed: TensorLike,
    counts: TensorLike,
    probs: TensorLike,
    output_dtype: DTypeLike = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """How many of `counts` trials succeed, each with probability `probs`; depends on nothing but the arguments.

    Args:
      shape: the shape of the result, ending in the broadcast shape of counts and probs.
      seed: two integers, int32 or int64.
      counts: the numbers of trials.
      probs: the probabilities, in the same floating dtype.
      output_dtype: the dtype of the result.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      InvalidArgumentError: a seed of another shape or dtype.

    Example:
      >>> tf.random.stateless_binomial([4], seed=[1, 2], counts=10.0, probs=0.5).numpy()
      array([6, 5, 7, 6], dtype=int32)
    """
    probs = as_tensor(probs, hint=dtypes.float32)
    counts = as_tensor(counts, hint=probs.dtype)
    return _binomial("StatelessRandomBinomial", lambda *_: _stateless(seed), shape, counts, probs, output_dtype)


@op(
    "random.stateless_categorical",
    orders="0",
    edges=lambda: [
        call(values([[0.1, 2.0, -1.0], [1.0, 1.0, 5.0]]), 20, [1, 2]),
        call(values([[1.0]]), 3, [1, 2], "int32"),
    ],
)
def stateless_categorical(
    logits: TensorLike, num_samples: IntLike, seed: TensorLike, dtype: DTypeLike = dtypes.int64, name: str | None = None
) -> Tensor:
    """Classes drawn by unnormalised log-probabilities and a seed alone.

    Args:
      logits: [batch, classes].
      num_samples: how many for each row.
      seed: two integers, int32 or int64.
      dtype: the dtype of the result, int64 or int32.
      name: not used; TensorFlow names operations by it.

    Returns:
      Classes of shape [batch, num_samples].

    Raises:
      InvalidArgumentError: logits that are no matrix or no floats; a seed of another shape or dtype.

    Example:
      >>> tf.random.stateless_categorical([[0.0, 0.0, -np.inf]], 5, seed=[1, 2]).numpy()
      array([[1, 1, 0, 1, 1]])
    """
    logits, samples = _logits(logits, num_samples, "StatelessMultinomial")
    classes = philox.categorical(_stateless(seed), view(logits), samples)
    return tensor_from(classes.astype(as_dtype(dtype).as_numpy_dtype))


@op("random.split", orders="0", dtypes="int32, int64", edges=lambda: [call([1, 2]), call(integer([1, 2], "int64"), 3)])
def split(seed: TensorLike, num: int = 2, alg: Any = "auto_select") -> Tensor:
    """New seeds made of one.

    Args:
      seed: two integers, int32 or int64.
      num: how many.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

    Returns:
      A tensor of shape [num, 2], of the seed's dtype.

    Raises:
      ValueError: no such algorithm.
      InvalidArgumentError: a seed of another shape or dtype.

    Example:
      >>> tf.random.split(tf.constant([1, 2]), num=3).shape
      TensorShape([3, 2])
    """
    seed = as_tensor(seed)
    count = int_of(num, "StatelessRandomUniformFullIntV2", "Tshape")
    room((count, 2), seed.dtype)
    return _full(_stateless(seed, alg), (count, 2), seed.dtype)


@op(
    "random.fold_in",
    orders="0",
    dtypes="int32, int64",
    edges=lambda: [call([1, 2], 3), call([1, 2], integer(3, "int64"))],
)
def fold_in(seed: TensorLike, data: TensorLike, alg: Any = "auto_select") -> Tensor:
    """A seed made of a seed and one integer, such as the number of a step.

    Args:
      seed: two integers, int32 or int64.
      data: an integer.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

    Returns:
      A seed of two integers, of the dtype of `data`.

    Raises:
      ValueError: no such algorithm.
      InvalidArgumentError: a seed of another shape or dtype.

    Example:
      >>> seed = tf.random.fold_in([1, 2], 3)
      >>> tf.random.stateless_uniform([2], seed, maxval=10, dtype=tf.int32).numpy()
      array([8, 9], dtype=int32)
    """
    data = as_tensor(data)
    return stack([_full(_stateless(seed, alg), (), data.dtype), data])


def stateless_shuffle(value: TensorLike, seed: TensorLike, alg: Any = "auto_select", name: str | None = None) -> Tensor:
    """The slices along the first axis in an order that depends on the seed alone.

    Args:
      value: a tensor of at least one axis.
      seed: two integers, int32 or int64.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype. No gradient flows through it.

    Raises:
      ValueError: no such algorithm.
      InvalidArgumentError: a seed of another shape or dtype.

    Example:
      >>> tf.random.experimental.stateless_shuffle([1, 2, 3, 4], seed=[1, 2]).numpy()
      array([1, 4, 3, 2], dtype=int32)
    """
    value = as_tensor(value)
    if value.ndim == 0:
        return value
    return tensor_from(view(value)[philox.permutation(_stateless(seed, alg), value.shape[0])])


# Generators


class Generator:
    """A source of random numbers with a state of its own: a counter of two int64s and a key of one.

    Args:
      copy_from: a generator whose state and algorithm to copy; or
      state: three int64s, and
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

    Attributes:
      state: the variable that holds the state.

    Raises:
      AssertionError: neither a generator nor a state is given.
      ValueError: no such algorithm.

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
            _check_algorithm(alg)
        self._state = Variable(_state(state), name="StateVar", trainable=False)

    def _trackable_children(self) -> dict[str, Any]:
        return {"_state_var": self._state}

    @classmethod
    def from_seed(cls, seed: TensorLike, alg: Any = None) -> Generator:
        """A generator whose state is made from a seed.

        Args:
          seed: an integer of any size, or a vector of up to three.
          alg: "philox", "auto_select" or a member of `tf.random.Algorithm`; None for Philox.

        Returns:
          A Generator.

        Raises:
          ValueError: no such algorithm.

        Example:
          >>> tf.random.Generator.from_seed(1).normal([2]).numpy().round(4)
          array([ 0.4384, -0.5344], dtype=float32)
        """
        alg = Algorithm.PHILOX if alg is None else alg
        return cls(state=create_rng_state(seed, alg), alg=alg)

    @classmethod
    def from_state(cls, state: TensorLike, alg: Any) -> Generator:
        """A generator with a given state.

        Args:
          state: three int64s.
          alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

        Returns:
          A Generator.

        Raises:
          ValueError: no such algorithm.

        Example:
          >>> first = tf.random.Generator.from_seed(1)
          >>> second = tf.random.Generator.from_state(first.state, alg="philox")
          >>> (first.normal([]) == second.normal([])).numpy()
          np.True_
        """
        return cls(state=state, alg=alg)

    @classmethod
    def from_key_counter(cls, key: TensorLike, counter: TensorLike, alg: Any) -> Generator:
        """A generator with a given key and counter.

        Args:
          key: an integer.
          counter: two integers.
          alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

        Returns:
          A Generator.

        Raises:
          ValueError: no such algorithm.

        Example:
          >>> tf.random.Generator.from_key_counter(5, [0, 0], "philox").key.numpy()
          np.int64(5)
        """
        return cls(state=_key_counter(key, counter), alg=alg)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """A generator whose numbers nobody can foresee.

        Args:
          alg: "philox", "auto_select" or a member of `tf.random.Algorithm`; None for Philox.

        Returns:
          A Generator.

        Raises:
          ValueError: no such algorithm.

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
        """The key, without axes."""
        return self._state[2]

    def reset(self, state: TensorLike) -> None:
        """Sets the state.

        Args:
          state: three int64s.

        Raises:
          ValueError: another shape.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.reset([0, 0, 5])
          >>> generator.state.numpy()
          array([0, 0, 5])
        """
        self._state.assign(_state(state))

    def reset_from_seed(self, seed: TensorLike) -> None:
        """Sets the state to that of a new generator with a seed.

        Args:
          seed: as `from_seed` takes it.

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
        """Moves on as drawing numbers would.

        Args:
          delta: how many numbers.

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
        """The stream to draw so many numbers from, which the state then skips."""
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
          A tensor of the shape that all broadcast to.

        Raises:
          TypeError: another dtype.

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
        """Normally distributed numbers, drawn again while beyond two deviations.

        Args:
          shape: the shape of the numbers drawn, with which mean and stddev broadcast.
          mean: the mean of the distribution.
          stddev: its standard deviation.
          dtype: float32 or float64.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of the shape that all broadcast to.

        Raises:
          TypeError: another dtype.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.truncated_normal([3]).numpy().round(4)
          array([ 0.4384, -0.5344, -0.0771], dtype=float32)
        """
        return self._floats(_random.fill_truncated_normal, "StatelessTruncatedNormalV2", shape, mean, stddev, dtype)

    def _floats(self, fill: Fill, op: str, shape: Any, mean: Any, stddev: Any, dtype: Any) -> Tensor:
        sizes = _sizes(shape, op)
        drawn = as_effect(_DRAWS, self._draw_floats, fill, sizes, as_dtype(dtype), writes=[self._state])
        return _affine(drawn, mean, stddev)

    def _draw_floats(self, fill: Fill, sizes: tuple[int, ...], dtype: DType) -> Tensor:
        return _floats(fill, self._take(math.prod(sizes)), sizes, dtype)

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
          maxval: the upper bound, 1 unless given; integers are of the whole range of their dtype where both bounds are
            None.
          dtype: float32, float64, int32 or int64.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of the shape that all broadcast to.

        Raises:
          ValueError: another dtype, or integers with one bound.

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
        sizes = _sizes(shape, "StatelessRandomUniformV2")
        if dtype.is_integer:
            return as_effect(_DRAWS, self._draw_integers, sizes, minval, maxval, dtype, writes=[self._state])
        drawn = as_effect(_DRAWS, self._draw_floats, _random.fill_uniform, sizes, dtype, writes=[self._state])
        return _between(drawn, minval, maxval, dtype)

    def _draw_integers(self, sizes: tuple[int, ...], minval: Any, maxval: Any, dtype: DType) -> Tensor:
        return _uniform(self._take(math.prod(sizes)), sizes, minval, maxval, dtype)

    def binomial(
        self,
        shape: ShapeLike,
        counts: TensorLike,
        probs: TensorLike,
        dtype: DTypeLike = dtypes.int32,
        name: str | None = None,
    ) -> Tensor:
        """How many of `counts` trials succeed, each with probability `probs`.

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
          array([5, 7, 4, 7], dtype=int32)
        """
        counts, probs = as_tensor(counts), as_tensor(probs)
        if not counts.dtype.is_floating:
            raise not_allowed("StatefulRandomBinomial", counts.dtype, "half, float, double")
        return as_effect(_DRAWS, self._draw_binomial, shape, counts, probs, dtype, writes=[self._state])

    def _draw_binomial(self, shape: Any, counts: Tensor, probs: Tensor, dtype: Any) -> Tensor:
        return _binomial(
            "StatefulRandomBinomial",
            lambda samples, several: self._take(several * 50 * (samples + 3)),
            *(shape, counts, probs, dtype),
        )

    def uniform_full_int(self, shape: ShapeLike, dtype: DTypeLike = dtypes.int64, name: str | None = None) -> Tensor:
        """Integers of the whole range of their dtype.

        Args:
          shape: the shape of the result.
          dtype: int64 or int32. TensorFlow's default, uint64, is not here.
          name: not used; TensorFlow names operations by it.

        Returns:
          A tensor of that shape.

        Raises:
          InvalidArgumentError: another dtype.

        Example:
          >>> generator = tf.random.Generator.from_seed(1)
          >>> generator.uniform_full_int([2], dtype=tf.int32).dtype
          tf.int32
        """
        sizes = _sizes(shape, "StatelessRandomUniformFullIntV2")
        return as_effect(_DRAWS, self._draw_full, sizes, as_dtype(dtype), writes=[self._state])

    def _draw_full(self, sizes: tuple[int, ...], dtype: DType) -> Tensor:
        return _full(self._take(math.prod(sizes)), sizes, dtype)

    def make_seeds(self, count: int = 1) -> Tensor:
        """Seeds for stateless functions.

        Args:
          count: how many.

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
          count: how many.

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
    """The generator that belongs to the whole program, unforeseeable unless set.

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
    """Replaces the generator that belongs to the whole program.

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
    """The state that a seed stands for.

    Args:
      seed: an integer, whose 64-bit words are taken, lowest first, or a vector of up to three.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

    Returns:
      An int64 vector of three elements, zeros before a vector that is shorter.

    Raises:
      ValueError: no such algorithm.

    Example:
      >>> tf.random.create_rng_state(5, "philox")
      <tf.Tensor: shape=(3,), dtype=int64, numpy=array([5, 0, 0])>
    """
    _check_algorithm(alg)
    if isinstance(seed, int):
        words = [seed >> 64 * i & philox.WORD for i in range(3)]
    else:
        given = [int(part) & philox.WORD for part in np.atleast_1d(held(seed))]
        words = ([0] * (3 - len(given)) + given)[:3]
    return tensor_from(np.array(words, np.uint64).view(np.int64))


# What the functions share


def _state(state: Any) -> Tensor:
    state = as_tensor(state, dtypes.int64)
    TensorShape(state.shape).assert_is_compatible_with([3])
    return state


def _key_counter(key: Any, counter: Any) -> np.ndarray:
    return np.array([*counter, key], np.int64)


def _check_algorithm(alg: Any) -> None:
    """Raises unless the algorithm is one that gradtape has."""
    number = alg.value if isinstance(alg, Algorithm) else alg
    if number in ("threefry", 2):
        raise InvalidArgumentError(None, None, "gradtape has no ThreeFry algorithm: use 'philox'")
    if number not in ("philox", "auto_select", 1, 3):
        raise ValueError(
            f"Argument `alg` got unsupported value {alg}. Supported values are philox for the Philox algorithm, "
            "threefry for the ThreeFry algorithm, and auto_select for auto-selection."
        )


def _sizes(shape: Any, op: str) -> tuple[int, ...]:
    """The sizes that a shape argument asks for."""
    if isinstance(shape, TensorShape):
        shape = shape.as_list()
    if type(shape) in (tuple, list) and all(type(size) is int and size >= 0 for size in shape):
        return tuple(shape)
    tensor = as_tensor(shape, dtypes.int32 if isinstance(shape, tuple | list) and not shape else None)
    if tensor.dtype not in (dtypes.int32, dtypes.int64):
        kind = {"float32": "float", "float64": "double"}.get(tensor.dtype.name, tensor.dtype.name)
        message = f"Value for attr 'T' of {kind} is not in the list of allowed values: int32, int64"
        raise invalid_argument(op, message, "", kernel=None)
    if tensor.ndim != 1:
        raise invalid_argument(op, f"shape must be a vector of {{int32,int64}}, got shape {list(tensor.shape)}", "")
    sizes = tuple(view(tensor).tolist())
    for size in sizes:
        if size < 0:
            raise invalid_argument(op, f"Dimension {size} must be >= 0", "")
    return sizes


def _ending(sizes: tuple[int, ...], last: tuple[int, ...], op: str, name: str | None) -> tuple[int, ...]:
    """The sizes, which must end in the parameters' own."""
    if sizes[len(sizes) - len(last) :] != last or len(sizes) < len(last):
        raise invalid_argument(op, "Shape passed in must end with broadcasted shape.", name)
    return sizes


def _stateful(op: str, sizes: tuple[int, ...], dtype: DType, seed: int | None, *others: DType) -> Stream:
    """The stream of one call of a stateful op that draws these sizes."""
    return philox.op_stream((op, dtype, *others), seed, math.prod(sizes) * RESERVED)


def _stateless(seed: Any, alg: Any = "auto_select") -> Stream:
    """The stream of a stateless seed."""
    _check_algorithm(alg)
    seed, op = as_tensor(seed), "StatelessRandomGetKeyCounter"
    if seed.dtype not in (dtypes.int32, dtypes.int64):
        raise InvalidArgumentError(None, None, f"A stateless seed is of int32 or int64, not {seed.dtype.name}")
    if seed.shape != (2,):
        raise invalid_argument(op, f"seed must have shape [2], not {list(seed.shape)}", "")
    return philox.stateless_stream(view(seed))


def _floats(fill: Fill, stream: Stream, sizes: tuple[int, ...], dtype: DType) -> Tensor:
    """What one of the engine's generators draws from the stream."""
    if not dtype.is_floating:
        as_tensor(0.0, dtype)  # raises, as the parameters' conversion does in TensorFlow
        raise TypeError(f"Random floats are of float32 or float64, not {dtype.name}")
    tensor, array = empty(sizes, dtype)
    fill(array.reshape(-1), *stream)
    return tensor


def _stateful_floats(fill: Fill, op: str, shape: Any, mean: Any, stddev: Any, dtype: Any, seed: int | None) -> Tensor:
    dtype, sizes = as_dtype(dtype), _sizes(shape, op)
    return _affine(as_effect(_DRAWS, _draw_floats, fill, op, sizes, dtype, seed), mean, stddev)


def _affine(drawn: Tensor, mean: Any, stddev: Any) -> Tensor:
    """Standard numbers made to have this mean and deviation."""
    if type(mean) is float and type(stddev) is float and (mean, stddev) == (0.0, 1.0):
        return drawn
    dtype = drawn.dtype
    return drawn * _parameter(stddev, dtype, "stddev") + _parameter(mean, dtype, "mean")


def _between(drawn: Tensor, minval: Any, maxval: Any, dtype: DType) -> Tensor:
    """Numbers of [0, 1) stretched to [minval, maxval)."""
    if type(minval) is int and minval == 0 and maxval is None:
        return drawn
    low, high = as_tensor(minval, dtype), as_tensor(1.0 if maxval is None else maxval, dtype)
    return drawn * (high - low) + low


def _parameter(value: Any, dtype: DType, name: str) -> Tensor:
    try:
        return as_tensor(value, dtype)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _uniform_dtype(value: Any) -> DType:
    dtype = as_dtype(value)
    if dtype not in (dtypes.float32, dtypes.float64, dtypes.int32, dtypes.int64):
        raise ValueError(
            f"Argument `dtype` got invalid value {dtype}. Accepted dtypes are "
            "(tf.float32, tf.float64, tf.int32, tf.int64)."
        )
    return dtype


def _uniform(stream: Stream, shape: Any, minval: Any, maxval: Any, dtype: DType) -> Tensor:
    """Uniform numbers of a stream whose seed is not the global one's business."""
    if not dtype.is_integer:
        sizes = _sizes(shape, "StatelessRandomUniformV2")
        return _between(_floats(_random.fill_uniform, stream, sizes, dtype), minval, maxval, dtype)
    if maxval is None:
        return _full(stream, _sizes(shape, "StatelessRandomUniformFullIntV2"), dtype)
    sizes = _sizes(shape, "StatelessRandomUniformIntV2")
    low, high = _integer_bounds(minval, maxval, dtype, "StatelessRandomUniformIntV2")
    return tensor_from(philox.integers(stream, sizes, low, high, dtype.as_numpy_dtype))


def _full(stream: Stream, sizes: tuple[int, ...], dtype: DType) -> Tensor:
    """Integers of the dtype's whole range."""
    if dtype not in (dtypes.int32, dtypes.int64):
        raise InvalidArgumentError(None, None, f"Random integers are of int32 or int64, not {dtype.name}")
    return tensor_from(philox.full_integers(stream, sizes, dtype.as_numpy_dtype))


def _integer_bounds(minval: Any, maxval: Any, dtype: DType, op: str) -> tuple[int, int]:
    bounds = []
    for name, value in (("minval", minval), ("maxval", maxval)):
        tensor = as_tensor(value, dtype)
        if tensor.ndim:
            raise invalid_argument(op, f"{name} must be 0-D, got shape {list(tensor.shape)}", "")
        bounds.append(int(tensor))
    low, high = bounds
    if low >= high:
        raise invalid_argument(op, f"Need minval < maxval, got {low} >= {high}", "")
    return low, high


def _rated(drawn: Tensor, beta: Tensor, dtype: DType) -> Tensor:
    """Gamma numbers of rate 1 divided by the rate, and kept above 0."""
    tiny = np.finfo(dtype.as_numpy_dtype).tiny
    return ops.maximum(drawn / beta, as_tensor(tiny, dtype))


def _binomial(
    op: str, stream: Callable[[int, int], Stream], shape: Any, counts: Tensor, probs: Tensor, dtype: Any
) -> Tensor:
    """Binomial numbers of the stream that `stream` gives for so many samples of so many distributions."""
    one_dtype(op, (counts, probs))
    trials, chances = _together(counts, probs)
    sizes = _ending(_sizes(shape, op), trials.shape, op, "" if op.startswith("Stateful") else None)
    samples = math.prod(sizes[: len(sizes) - trials.ndim])
    drawn = philox.binomial(stream(samples, trials.size), samples, trials, chances)
    return _counts(drawn.reshape(sizes), as_dtype(dtype))


def _highest(dtype: DType) -> float:
    """The largest count that the dtype holds, as a double."""
    return float(dtype.max)


def _counts(counts: np.ndarray, dtype: DType) -> Tensor:
    with np.errstate(invalid="ignore"):
        return tensor_from(counts.astype(dtype.as_numpy_dtype))


def _together(a: Tensor, b: Tensor) -> list[np.ndarray]:
    """Both parameters of a distribution in the shape that they have together."""
    try:
        return list(np.broadcast_arrays(view(a), view(b)))
    except ValueError:
        text = f"Incompatible shapes: {dims_text(a.shape)} vs. {dims_text(b.shape)}"
        raise invalid_argument("BroadcastArgs", text, "") from None


def _logits(logits: Any, num_samples: Any, op: str) -> tuple[Tensor, int]:
    logits, samples = as_tensor(logits), int_of(num_samples, op, "num_samples")
    if not logits.dtype.is_floating:
        raise InvalidArgumentError(None, None, f"logits must be of float32 or float64, not {logits.dtype.name}")
    if logits.ndim != 2:
        raise invalid_argument(op, f"logits should be a matrix, got shape {list(logits.shape)}", "")
    if samples < 0:
        raise invalid_argument(op, f"num_samples should be non-negative, got {samples}", "")
    if logits.shape[1] == 0:
        raise invalid_argument(op, f"num_classes should be positive, got {logits.shape[1]}", "")
    room((logits.shape[0], samples), int64)
    return logits, samples
