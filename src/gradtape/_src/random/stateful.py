"""Random numbers from the global seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.compute import random as _random
from gradtape._engine.record.primitive import as_effect
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.errors import TextOperand
from gradtape._src.core.text_codes import moved
from gradtape._src.core.typing import DTypeLike, IntLike, ShapeLike, TensorLike
from gradtape._src.random import philox
from gradtape._src.random.distributions import (
    DRAWS,
    Fill,
    affine,
    between,
    checked_logits,
    counts_as,
    floats,
    highest,
    integer_bounds,
    rated,
    sizes_of,
    together,
    uniform_dtype,
)
from gradtape._src.random.philox import RESERVED, Stream
from gradtape._src.table.rows import call, integer, op, real, values


def set_seed(seed: int | None) -> None:
    """Sets the global seed and restarts the stateful functions' sequences, which are the same in every run.

    They are TensorFlow's numbers for the same seeds, on its CPU.

    Args:
      seed: an integer; None for a seed from the operating system.

    Raises:
      TypeError, ValueError: seed is not a number.

    Example:
      >>> tf.random.set_seed(7)
      >>> first = tf.random.normal([2])
      >>> tf.random.set_seed(7)
      >>> tf.reduce_all(first == tf.random.normal([2])).numpy()
      np.True_
    """
    as_effect(DRAWS, philox.set_seed, seed)


def _seeded(tf: Any, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Calls a stateful function after set_seed, once with the global seed and twice with its own, for tests."""
    tf.random.set_seed(7)
    return [function(*arguments, **keywords, seed=seed) for seed in (None, 5, 5)]


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

    By the Box-Muller transform of uniform numbers.

    Args:
      shape: the shape of the numbers drawn, with which mean and stddev broadcast.
      mean: the mean of the distribution.
      stddev: its standard deviation.
      dtype: float32 or float64.
      seed: the op's seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the broadcast shape.

    Raises:
      TypeError: unsupported dtype.

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
    """Normally distributed numbers, redrawn if beyond two standard deviations.

    Args:
      shape: the shape of the numbers drawn, with which mean and stddev broadcast.
      mean: the mean of the distribution.
      stddev: its standard deviation.
      dtype: float32 or float64.
      seed: the op's seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the broadcast shape.

    Raises:
      TypeError: unsupported dtype.

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
      maxval: the upper bound, 1 by default; required for integers, whose bounds must be scalars.
      dtype: float32, float64, int32 or int64.
      seed: the op's seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the broadcast shape.

    Raises:
      ValueError: unsupported dtype, or no maxval for integers.
      InvalidArgumentError: integers, and maxval is not above minval.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.uniform([3], maxval=10, dtype=tf.int32).numpy()
      array([2, 9, 7], dtype=int32)
    """
    dtype = uniform_dtype(dtype)
    if dtype.is_integer:
        if maxval is None:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        sizes = sizes_of(shape, "RandomUniformInt")
        low, high = integer_bounds(minval, maxval, dtype, "RandomUniformInt")
        return as_effect(DRAWS, _draw_integers, sizes, dtype, seed, low, high)
    sizes = sizes_of(shape, "RandomUniform")
    drawn = as_effect(DRAWS, _draw_floats, _random.fill_uniform, "RandomUniform", sizes, dtype, seed)
    return between(drawn, minval, maxval, dtype)


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
      shape: the leading shape, before the broadcast shape of alpha and beta.
      alpha: the shape parameter; negative ones give NaN.
      beta: the rate, 1 by default.
      dtype: float32 or float64.
      seed: the op's seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [*shape, *alpha.shape].

    Raises:
      TypeError: unsupported dtype.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.gamma([2], alpha=3.0).numpy().round(4)
      array([5.777 , 1.7188], dtype=float32)
    """
    dtype = as_dtype(dtype)
    alpha, beta = as_tensor(alpha, dtype), as_tensor(1 if beta is None else beta, dtype)
    sizes = sizes_of(shape, "RandomGamma")
    return rated(as_effect(DRAWS, _draw_gamma, sizes, dtype, seed, alpha, beta), beta, dtype)


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
      shape: the leading shape, before that of lam.
      lam: the rates.
      dtype: the dtype of the counts.
      seed: the op's seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [*shape, *lam.shape].

    Raises:
      TypeError: unsupported dtype.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.poisson([4], lam=3.0).numpy()
      array([0., 3., 1., 3.], dtype=float32)
    """
    dtype = as_dtype(dtype)
    rates = as_tensor(lam)
    sizes = sizes_of(shape, "RandomPoissonV2")
    return as_effect(DRAWS, _draw_poisson, sizes, dtype, seed, rates)


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
    """Draws classes by unnormalised log-probabilities.

    Args:
      logits: [batch, classes].
      num_samples: the number of samples per row.
      dtype: int64 (the default) or int32.
      seed: the op's seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      Classes of shape [batch, num_samples].

    Raises:
      InvalidArgumentError: logits are not a floating matrix or have no classes; a negative number of samples.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.categorical([[0.0, 0.0, -np.inf]], 5).numpy()
      array([[0, 0, 0, 1, 0]])
    """
    logits, samples = checked_logits(logits, num_samples, "Multinomial")
    dtype = dtypes.int64 if dtype is None else as_dtype(dtype)
    return as_effect(DRAWS, _draw_categorical, samples, dtype, seed, logits)


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
    """Shuffles the slices along the first axis.

    Args:
      value: a tensor of at least one axis.
      seed: the op's seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype, without a gradient.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> tf.random.set_seed(1)
      >>> tf.random.shuffle([1, 2, 3, 4]).numpy()
      array([3, 2, 4, 1], dtype=int32)
    """
    try:
        value = as_tensor(value)
    except TextOperand:
        return moved(shuffle, value, seed=seed)
    rows = value.shape[0] if value.ndim else 1
    if rows <= 1 or 0 in value.shape:
        return value
    return as_effect(DRAWS, _draw_shuffled, rows, seed, value)


# Functions that draw from the global sequences


def _draw_floats(fill: Fill, op: str, sizes: tuple[int, ...], dtype: DType, seed: int | None) -> Tensor:
    return floats(fill, _stateful(op, sizes, dtype, seed), sizes, dtype)


def _draw_integers(sizes: tuple[int, ...], dtype: DType, seed: int | None, low: int, high: int) -> Tensor:
    stream = _stateful("RandomUniformInt", sizes, dtype, seed)
    return tensor_from(philox.integers(stream, sizes, low, high, dtype.as_numpy_dtype))


def _draw_gamma(sizes: tuple[int, ...], dtype: DType, seed: int | None, alpha: Tensor, beta: Tensor) -> Tensor:
    alphas = together(alpha, beta)[0]
    stream = _stateful("RandomGamma", (*sizes, *alphas.shape), dtype, seed)
    drawn = philox.gamma(stream, math.prod(sizes), alphas).reshape((*sizes, *alphas.shape))
    return tensor_from(drawn.astype(dtype.as_numpy_dtype))


def _draw_poisson(sizes: tuple[int, ...], dtype: DType, seed: int | None, rates: Tensor) -> Tensor:
    shape = (*sizes, *rates.shape)
    stream = _stateful("RandomPoissonV2", shape, dtype, seed, rates.dtype)
    return counts_as(philox.poisson(stream, math.prod(sizes), view(rates), highest(dtype)).reshape(shape), dtype)


def _draw_categorical(samples: int, dtype: DType, seed: int | None, logits: Tensor) -> Tensor:
    doubles = 2 * 4 * -(-samples // 4)
    stream = philox.op_stream(("Multinomial", logits.dtype, dtype), seed, logits.shape[0] * doubles * RESERVED)
    return tensor_from(philox.categorical(stream, view(logits), samples).astype(dtype.as_numpy_dtype))


def _draw_shuffled(rows: int, seed: int | None, value: Tensor) -> Tensor:
    stream = philox.op_stream(("RandomShuffle", value.dtype), seed, -(-(rows - 1) // 4))
    return tensor_from(view(value)[philox.permutation(stream, rows)])


def _stateful(op: str, sizes: tuple[int, ...], dtype: DType, seed: int | None, *others: DType) -> Stream:
    """The stream of one call of a stateful op that draws numbers of these sizes."""
    return philox.op_stream((op, dtype, *others), seed, math.prod(sizes) * RESERVED)


def _stateful_floats(fill: Fill, op: str, shape: Any, mean: Any, stddev: Any, dtype: Any, seed: int | None) -> Tensor:
    dtype, sizes = as_dtype(dtype), sizes_of(shape, op)
    return affine(as_effect(DRAWS, _draw_floats, fill, op, sizes, dtype, seed), mean, stddev)
