"""Random numbers from an explicit seed."""

from __future__ import annotations

import math
from typing import Any

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.compute import random as _random
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import as_dtype
from gradtape._src.core.errors import InvalidArgumentError, TextOperand, invalid_argument
from gradtape._src.core.operands import check_memory, int_of
from gradtape._src.core.steps import one_step
from gradtape._src.core.text_codes import moved
from gradtape._src.core.typing import DTypeLike, IntLike, ShapeLike, TensorLike
from gradtape._src.ops.joining import stack
from gradtape._src.random import philox
from gradtape._src.random.distributions import (
    affine,
    binomial_numbers,
    check_algorithm,
    checked_logits,
    counts_as,
    ending_in,
    floats,
    full_range,
    highest,
    rated,
    sizes_of,
    together,
    uniform_dtype,
    uniform_numbers,
)
from gradtape._src.random.philox import Stream
from gradtape._src.table.rows import call, integer, op, real, values


@op(
    "random.stateless_normal",
    samples=lambda: [call([2, 3], [1, 2], real(3), real(2, 1, low=0.5))],
    edges=lambda: [
        call([2, 3], [1, 2]),
        call([101], integer([-1, 2**40], "int64"), dtype="float64"),
        call([3], [0, 0]),
    ],
)
@one_step("seed", static=("shape",))
def stateless_normal(
    shape: ShapeLike,
    seed: TensorLike,
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DTypeLike = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:
    """Normally distributed numbers that depend only on the arguments.

    Args:
      shape: the shape of the numbers drawn, with which mean and stddev broadcast.
      seed: two integers, int32 or int64.
      mean: the mean of the distribution.
      stddev: its standard deviation.
      dtype: float32 or float64.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the broadcast shape.

    Raises:
      TypeError: unsupported dtype.
      ValueError: the algorithm is unknown.
      InvalidArgumentError: a seed of invalid shape or dtype.

    Example:
      >>> tf.random.stateless_normal([3], seed=[1, 2]).numpy().round(4)
      array([0.5441, 0.2074, 0.0736], dtype=float32)
    """
    stream, kind = _stateless(seed, alg), as_dtype(dtype)
    return affine(floats(_random.fill_normal, stream, sizes_of(shape, "StatelessRandomNormalV2"), kind), mean, stddev)


@op(
    "random.stateless_truncated_normal",
    samples=lambda: [call([2, 3], [1, 2], real(3), real(2, 1, low=0.5))],
    edges=lambda: [call([103], [1, 2]), call([101], [1, 2], dtype="float64")],
)
@one_step("seed", static=("shape",))
def stateless_truncated_normal(
    shape: ShapeLike,
    seed: TensorLike,
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DTypeLike = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:
    """Normally distributed numbers within two deviations that depend only on the arguments.

    Args:
      shape: the shape of the numbers drawn, with which mean and stddev broadcast.
      seed: two integers, int32 or int64.
      mean: the mean of the distribution.
      stddev: its standard deviation.
      dtype: float32 or float64.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the broadcast shape.

    Raises:
      TypeError: unsupported dtype.
      ValueError: the algorithm is unknown.
      InvalidArgumentError: a seed of invalid shape or dtype.

    Example:
      >>> tf.random.stateless_truncated_normal([3], seed=[1, 2]).numpy().round(4)
      array([0.5441, 0.2074, 0.0736], dtype=float32)
    """
    stream, kind = _stateless(seed, alg), as_dtype(dtype)
    sizes = sizes_of(shape, "StatelessTruncatedNormalV2")
    return affine(floats(_random.fill_truncated_normal, stream, sizes, kind), mean, stddev)


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
@one_step("seed", "minval", "maxval", static=("shape",))
def stateless_uniform(
    shape: ShapeLike,
    seed: TensorLike,
    minval: TensorLike = 0,
    maxval: TensorLike | None = None,
    dtype: DTypeLike = dtypes.float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Tensor:
    """Uniform numbers of [minval, maxval) that depend only on the arguments.

    Args:
      shape: the shape of the numbers drawn, with which float bounds broadcast.
      seed: two integers, int32 or int64.
      minval: the lower bound.
      maxval: the upper bound, 1 by default; integers are of the full range of their dtype if both bounds are
        None.
      dtype: float32, float64, int32 or int64.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the broadcast shape.

    Raises:
      ValueError: unsupported dtype, integers with one bound, or no such algorithm.
      InvalidArgumentError: integers, and maxval is not above minval; a seed of invalid shape or dtype.

    Example:
      >>> tf.random.stateless_uniform([3], seed=[1, 2], maxval=10, dtype=tf.int32).numpy()
      array([0, 9, 4], dtype=int32)
    """
    dtype = uniform_dtype(dtype)
    if dtype.is_integer and (minval is None) != (maxval is None):
        raise ValueError(
            f"For integer `dtype` argument {dtype}, argument `minval` and `maxval` must be both None or not None. "
            f"Got `minval`={minval} and `maxval`={maxval}."
        )
    return uniform_numbers(_stateless(seed, alg), shape, minval, maxval, dtype)


@op(
    "random.stateless_gamma",
    orders="0",
    notes="differentiable by beta alone",
    edges=lambda: [call([50, 4], [1, 2], values([0.3, 1.0, 2.5, 20.0])), call([3, 2], [1, 2], 2.0, [1.0, 3.0])],
)
@one_step("seed", "alpha", "beta", static=("shape",))
def stateless_gamma(
    shape: ShapeLike,
    seed: TensorLike,
    alpha: TensorLike,
    beta: TensorLike | None = None,
    dtype: DTypeLike = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Gamma-distributed numbers that depend only on the arguments.

    Args:
      shape: the shape of the result, ending in the broadcast shape of alpha and beta.
      seed: two integers, int32 or int64.
      alpha: the shape parameter; negative ones give NaN.
      beta: the rate, 1 by default.
      dtype: float32 or float64.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      TypeError: unsupported dtype.
      InvalidArgumentError: the shape does not end in theirs; a seed of invalid shape or dtype.

    Example:
      >>> tf.random.stateless_gamma([2], seed=[1, 2], alpha=3.0).numpy().round(4)
      array([4.0681, 2.9891], dtype=float32)
    """
    dtype = as_dtype(dtype)
    alpha, beta = as_tensor(alpha, dtype), as_tensor(1 if beta is None else beta, dtype)
    alphas = together(alpha, beta)[0]
    sizes = ending_in(sizes_of(shape, "StatelessRandomGammaV3"), alphas.shape, "StatelessRandomGammaV3", "")
    samples = math.prod(sizes[: len(sizes) - alphas.ndim])
    drawn = tensor_from(philox.gamma(_stateless(seed), samples, alphas).reshape(sizes), dtype)
    return rated(drawn, beta, dtype)


@op(
    "random.stateless_poisson",
    orders="0",
    dtypes="float32, float64, int32, int64",
    edges=lambda: [
        call([50, 4], [1, 2], values([0.3, 5.0, 12.5, 2000.0])),
        call([50, 2], [1, 2], values([0.3, 12.5]), dtype="float64"),
    ],
)
@one_step("seed", "lam", static=("shape",))
def stateless_poisson(
    shape: ShapeLike, seed: TensorLike, lam: TensorLike, dtype: DTypeLike = dtypes.int32, name: str | None = None
) -> Tensor:
    """Poisson-distributed counts that depend only on the arguments.

    Args:
      shape: the shape of the result, ending in the shape of lam.
      seed: two integers, int32 or int64.
      lam: the rates.
      dtype: the dtype of the counts.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      InvalidArgumentError: the shape does not end in that of lam; a seed of invalid shape or dtype.

    Example:
      >>> tf.random.stateless_poisson([4], seed=[1, 2], lam=3.0).numpy()
      array([5, 5, 4, 6], dtype=int32)
    """
    dtype = as_dtype(dtype)
    rates = as_tensor(lam)
    sizes = ending_in(sizes_of(shape, "StatelessRandomPoisson"), tuple(rates.shape), "StatelessRandomPoisson", None)
    samples = math.prod(sizes[: len(sizes) - rates.ndim])
    counts = philox.poisson(_stateless(seed), samples, view(rates), highest(dtype))
    return counts_as(counts.reshape(sizes), dtype)


@op(
    "random.stateless_binomial",
    orders="0",
    dtypes="float32, float64, int32, int64",
    edges=lambda: [
        call([50, 3], [1, 2], values([20.0, 100.0, 5000.0]), values([0.5, 0.8, 0.01])),
        *(call([7], [3, 4], 100, 0.4), call([2, 3], [5, 6], [1.0, 0.0, -2.0], 1.0, output_dtype="float64")),
    ],
)
@one_step("seed", "counts", "probs", static=("shape",))
def stateless_binomial(
    shape: ShapeLike,
    seed: TensorLike,
    counts: TensorLike,
    probs: TensorLike,
    output_dtype: DTypeLike = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """Binomial random numbers: successes in `counts` trials with probability `probs`, determined by the arguments.

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
      InvalidArgumentError: a seed of invalid shape or dtype.

    Example:
      >>> tf.random.stateless_binomial([4], seed=[1, 2], counts=10.0, probs=0.5).numpy()
      array([6, 6, 7, 7], dtype=int32)
    """
    probs = as_tensor(probs, hint=dtypes.float32)
    counts = as_tensor(counts, hint=probs.dtype)
    return binomial_numbers("StatelessRandomBinomial", lambda *_: _stateless(seed), shape, counts, probs, output_dtype)


@op(
    "random.stateless_categorical",
    orders="0",
    edges=lambda: [
        call(values([[0.1, 2.0, -1.0], [1.0, 1.0, 5.0]]), 20, [1, 2]),
        call(values([[1.0]]), 3, [1, 2], "int32"),
    ],
)
@one_step("seed", "logits", static=("num_samples",))
def stateless_categorical(
    logits: TensorLike, num_samples: IntLike, seed: TensorLike, dtype: DTypeLike = dtypes.int64, name: str | None = None
) -> Tensor:
    """Classes drawn by unnormalised log-probabilities, determined by a seed.

    Args:
      logits: [batch, classes].
      num_samples: the number of samples per row.
      seed: two integers, int32 or int64.
      dtype: the dtype of the result, int64 or int32.
      name: not used; TensorFlow names operations by it.

    Returns:
      Classes of shape [batch, num_samples].

    Raises:
      InvalidArgumentError: logits are not a floating matrix; a seed of invalid shape or dtype.

    Example:
      >>> tf.random.stateless_categorical([[0.0, 0.0, -np.inf]], 5, seed=[1, 2]).numpy()
      array([[1, 1, 0, 1, 1]])
    """
    logits, samples = checked_logits(logits, num_samples, "StatelessMultinomial")
    classes = philox.categorical(_stateless(seed), view(logits), samples)
    return tensor_from(classes.astype(as_dtype(dtype).as_numpy_dtype))


@op("random.split", orders="0", dtypes="int32, int64", edges=lambda: [call([1, 2]), call(integer([1, 2], "int64"), 3)])
@one_step("seed", static=("num",))
def split(seed: TensorLike, num: int = 2, alg: Any = "auto_select") -> Tensor:
    """Derives new seeds from one.

    Args:
      seed: two integers, int32 or int64.
      num: the number of seeds.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

    Returns:
      A tensor of shape [num, 2], of the seed's dtype.

    Raises:
      ValueError: the algorithm is unknown.
      InvalidArgumentError: a seed of invalid shape or dtype.

    Example:
      >>> tf.random.split(tf.constant([1, 2]), num=3).shape
      TensorShape([3, 2])
    """
    seed = as_tensor(seed)
    count = int_of(num, "StatelessRandomUniformFullIntV2", "Tshape")
    check_memory((count, 2), seed.dtype)
    return full_range(_stateless(seed, alg), (count, 2), seed.dtype)


@op(
    "random.fold_in",
    orders="0",
    dtypes="int32, int64",
    edges=lambda: [call([1, 2], 3), call([1, 2], integer(3, "int64"))],
)
@one_step("seed", "data")
def fold_in(seed: TensorLike, data: TensorLike, alg: Any = "auto_select") -> Tensor:
    """Derives a seed from a seed and an integer, such as the number of a step.

    Args:
      seed: two integers, int32 or int64.
      data: an integer.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.

    Returns:
      A seed of two integers, of the dtype of `data`.

    Raises:
      ValueError: the algorithm is unknown.
      InvalidArgumentError: a seed of invalid shape or dtype.

    Example:
      >>> seed = tf.random.fold_in([1, 2], 3)
      >>> tf.random.stateless_uniform([2], seed, maxval=10, dtype=tf.int32).numpy()
      array([8, 9], dtype=int32)
    """
    data = as_tensor(data)
    return stack([full_range(_stateless(seed, alg), (), data.dtype), data])


@one_step("seed")
def stateless_shuffle(value: TensorLike, seed: TensorLike, alg: Any = "auto_select", name: str | None = None) -> Tensor:
    """Shuffles the slices along the first axis, in an order determined by the seed.

    Args:
      value: a tensor of at least one axis.
      seed: two integers, int32 or int64.
      alg: "philox", "auto_select" or a member of `tf.random.Algorithm`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype, without a gradient.

    Raises:
      ValueError: the algorithm is unknown.
      InvalidArgumentError: a seed of invalid shape or dtype.

    Example:
      >>> tf.random.experimental.stateless_shuffle([1, 2, 3, 4], seed=[1, 2]).numpy()
      array([1, 4, 3, 2], dtype=int32)
    """
    try:
        value = as_tensor(value)
    except TextOperand:
        return moved(stateless_shuffle, value, seed=seed, alg=alg)
    if value.ndim == 0:
        return value
    return tensor_from(view(value)[philox.permutation(_stateless(seed, alg), value.shape[0])])


def _stateless(seed: Any, alg: Any = "auto_select") -> Stream:
    """The stream of a stateless seed."""
    check_algorithm(alg)
    seed, op = as_tensor(seed), "StatelessRandomGetKeyCounter"
    if seed.dtype not in (dtypes.int32, dtypes.int64):
        raise InvalidArgumentError(None, None, f"A stateless seed is of int32 or int64, not {seed.dtype.name}")
    if seed.shape != (2,):
        raise invalid_argument(op, f"seed must have shape [2], not {list(seed.shape)}", "")
    return philox.stateless_stream(view(seed))
