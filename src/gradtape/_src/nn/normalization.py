"""Biases, moments, normalization and dropout of tf.nn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_cast,
    apply_elementwise,
    apply_matmul,
    apply_reduce,
    apply_reshape,
    apply_stop_gradient,
    as_tensor,
    full_like,
    tensor_from,
)
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import DType, float32
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import TENSORS, dims_text, not_allowed, one_dtype, reduced_axes
from gradtape._src.core.typing import Axes, ShapeLike, TensorLike
from gradtape._src.random.stateful import uniform
from gradtape._src.random.stateless import stateless_uniform
from gradtape._src.table.rows import call, integer, op, real, single


@op("nn.bias_add", samples=lambda: [call(real(2, 3), real(3)), call(real(2, 2, 3), real(3))])
def bias_add(value: TensorLike, bias: TensorLike, data_format: str | None = None, name: str | None = None) -> Tensor:
    """Adds a bias to each channel.

    Args:
      value: a tensor of at least two axes.
      bias: a vector with one element per channel.
      data_format: "N...C", such as "NHWC", for channels on the last axis, "NC..." for axis 1; None for the last.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape of `value`.

    Raises:
      ValueError: an unknown data_format.
      InvalidArgumentError: the bias is not a vector of that length, or `value` has fewer than two axes.

    Example:
      >>> tf.nn.bias_add([[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0]).numpy()
      array([[11., 22.],
             [13., 24.]], dtype=float32)
    """
    value = as_tensor(value)
    bias = bias if isinstance(bias, Tensor) else as_tensor(bias, value.dtype)
    if data_format is not None and not data_format.startswith("N"):
        raise ValueError(f"`data_format` must be of the form `N...C` or `NC...`. Received: data_format={data_format}")
    one_dtype("BiasAdd", (value, bias))
    axis = 1 if data_format is not None and data_format.startswith("NC") else value.ndim - 1
    if value.ndim < 2:
        raise invalid_argument("BiasAdd", f"Input tensor must be at least 2D: {dims_text(value.shape)}", "")
    if bias.ndim != 1:
        raise invalid_argument("BiasAdd", f"Biases must be 1D: {dims_text(bias.shape)}", "")
    if bias.shape[0] != value.shape[axis]:
        which = "last" if axis == value.ndim - 1 else "channel"
        sizes = f"{dims_text(bias.shape)} vs. {dims_text(value.shape)}"
        message = f"Must provide as many biases as the {which} dimension of the input tensor: {sizes}"
        raise invalid_argument("BiasAdd", message, "")
    return value + (bias if axis == value.ndim - 1 else apply_reshape(bias, (-1, *(1,) * (value.ndim - 2))))


@op(
    "nn.moments",
    orders="1",
    notes="The variance's gradient treats the mean as a constant, as in TensorFlow",
    samples=lambda: [
        *(call(real(2, 3), [0]), call(real(2, 3), [0, -1], keepdims=True), call(real(2, 3), 1, shift=1.0)),
        *(call(real(2, 3), None), call(real(2, 3), [])),
    ],
    edges=lambda: [call(real(0, 2), [0])],
)
def moments(
    x: TensorLike, axes: Axes, shift: TensorLike | None = None, keepdims: bool = False, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Mean and variance over axes.

    Args:
      x: a floating tensor.
      axes: the axes that are reduced.
      shift: not used.
      keepdims: whether reduced axes are kept, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      The mean and the variance, which divides by the number of elements. As in TensorFlow, the variance's gradient
      treats the mean as a constant, which is right at first order only.

    Raises:
      InvalidArgumentError: an axis is out of range.

    Example:
      >>> mean, variance = tf.nn.moments([[1.0, 2.0], [3.0, 6.0]], axes=[0])
      >>> mean.numpy(), variance.numpy()
      (array([2., 4.], dtype=float32), array([1., 4.], dtype=float32))
    """
    x = as_tensor(x)
    if x.dtype.is_floating and x.dtype.size == 2:  # squares of half-precision numbers overflow early
        mean, variance = moments(apply_cast(x, float32), axes, shift, keepdims)
        return apply_cast(mean, x.dtype), apply_cast(variance, x.dtype)
    mean = apply_reduce("Mean", x, axes, True)
    variance = apply_reduce("Mean", apply_elementwise("squared_difference", x, apply_stop_gradient(mean)), axes, True)
    return _kept(mean, axes, keepdims), _kept(variance, axes, keepdims)


def _kept(wide: Tensor, axes: Any, keepdims: bool) -> Tensor:
    """A reduced tensor, without the axes that were kept with size 1 unless `keepdims`."""
    if keepdims:
        return wide
    places = set(reduced_axes(axes, wide.ndim, "Squeeze"))
    return apply_reshape(wide, [size for place, size in enumerate(wide.shape) if place not in places])


@op(
    "nn.weighted_moments",
    samples=lambda: [
        call(real(2, 3), [0], real(2, 3, low=0.5)),
        *(call(real(2, 3), [0, 1], 1.5, keepdims=True), call(real(2, 3), [1], real(2, 1, low=0.5))),
    ],
)
def weighted_moments(
    x: TensorLike, axes: Axes, frequency_weights: TensorLike, keepdims: bool = False, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Weighted mean and variance over axes.

    Args:
      x: a floating tensor.
      axes: the axes that are reduced.
      frequency_weights: the weights, which broadcast to x.
      keepdims: whether reduced axes are kept, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      The mean and the variance.

    Raises:
      InvalidArgumentError: an axis is out of range, or the weights do not broadcast.

    Example:
      >>> mean, variance = tf.nn.weighted_moments([1.0, 4.0], axes=[0], frequency_weights=[2.0, 1.0])
      >>> mean.numpy(), variance.numpy()
      (np.float32(2.0), np.float32(2.0))
    """
    x = as_tensor(x)
    weights = as_tensor(frequency_weights, hint=x.dtype)
    weights = weights if weights.dtype == x.dtype else apply_cast(weights, x.dtype)
    total = apply_reduce("Sum", weights + full_like(x, 0), axes, True)
    mean = apply_elementwise("divide_no_nan", apply_reduce("Sum", weights * x, axes, True), total)
    squares = apply_reduce("Sum", weights * apply_elementwise("squared_difference", x, mean), axes, True)
    variance = apply_elementwise("divide_no_nan", squares, total)
    return _kept(mean, axes, keepdims), _kept(variance, axes, keepdims)


@op(
    "nn.sufficient_statistics",
    samples=lambda: [
        *(call(real(2, 3), [0]), call(real(2, 3), [0, 1], real(), keepdims=True), call(real(2, 3), [1], real(2, 1))),
    ],
)
def sufficient_statistics(
    x: TensorLike, axes: Axes, shift: TensorLike | None = None, keepdims: bool = False, name: str | None = None
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """The sufficient statistics of mean and variance over axes.

    Args:
      x: a floating tensor.
      axes: the axes that are reduced.
      shift: a value near the mean that is subtracted from x first, for accuracy; None for 0.
      keepdims: whether reduced axes are kept, with size 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      The number of elements, the sum of x - shift, the sum of its squares, and shift, None if it was not given.

    Raises:
      InvalidArgumentError: an axis is out of range.

    Example:
      >>> count, total, squares, shift = tf.nn.sufficient_statistics([1.0, 2.0, 3.0], axes=[0])
      >>> count.numpy(), total.numpy(), squares.numpy(), shift
      (np.float32(3.0), np.float32(6.0), np.float32(14.0), None)
    """
    x = as_tensor(x)
    places = reduced_axes(axes, x.ndim, "Sum")
    count = as_tensor(float(np.prod([x.shape[place] for place in places])), x.dtype)
    shift = None if shift is None else as_tensor(shift, x.dtype)
    squares = apply_elementwise("square", x) if shift is None else apply_elementwise("squared_difference", x, shift)
    shifted = x if shift is None else x - shift
    sums = [apply_reduce("Sum", summed, list(places), keepdims) for summed in (shifted, squares)]
    return count, sums[0], sums[1], shift


@op(
    "nn.normalize_moments",
    samples=lambda: [
        call(real(low=2.0, high=5.0), real(3), real(3), None),
        call(real(low=2.0, high=5.0), real(3), real(3), real(3)),
    ],
)
def normalize_moments(
    counts: TensorLike, mean_ss: TensorLike, variance_ss: TensorLike, shift: TensorLike | None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Mean and variance from the results of `sufficient_statistics`.

    Args:
      counts: the number of elements.
      mean_ss: the sum of x - shift.
      variance_ss: the sum of squares of x - shift.
      shift: the shift, or None.
      name: not used; TensorFlow names operations by it.

    Returns:
      The mean and the variance.

    Raises:
      InvalidArgumentError: the shapes do not broadcast.

    Example:
      >>> mean, variance = tf.nn.normalize_moments(4.0, 8.0, 20.0, None)
      >>> mean.numpy(), variance.numpy()
      (np.float32(2.0), np.float32(1.0))
    """
    scale = apply_elementwise("reciprocal", as_tensor(counts))
    mean = as_tensor(mean_ss) * scale
    variance = as_tensor(variance_ss) * scale - apply_elementwise("square", mean)
    return (mean if shift is None else mean + shift), variance


@op(
    "nn.batch_normalization",
    samples=lambda: [
        call(real(4, 3), real(3), real(3, low=0.5), real(3), real(3), 0.001),
        call(real(4, 3), real(3), real(3, low=0.5), None, None, 0.001),
    ],
)
def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    offset: TensorLike | None,
    scale: TensorLike | None,
    variance_epsilon: TensorLike,
    name: str | None = None,
) -> Tensor:
    """scale * (x - mean) / sqrt(variance + variance_epsilon) + offset.

    Ioffe and Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift
    (2015).

    Args:
      x: a floating tensor.
      mean: the mean, which broadcasts to x.
      variance: the variance, likewise.
      offset: the offset, likewise; None for none.
      scale: the factor, likewise; None for 1.
      variance_epsilon: a small number that keeps the root from 0.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the dtypes differ.

    Example:
      >>> tf.nn.batch_normalization([1.0, 5.0], 3.0, 3.0, offset=1.0, scale=2.0, variance_epsilon=1.0).numpy()
      array([-1.,  3.], dtype=float32)
    """
    x = as_tensor(x)
    factor = apply_elementwise("rsqrt", as_tensor(variance) + variance_epsilon)
    if scale is not None:
        factor = factor * scale
    scaled = mean * factor
    return x * factor + (-scaled if offset is None else offset - scaled)


@op(
    "nn.batch_norm_with_global_normalization",
    samples=lambda: [
        call(real(2, 2, 2, 3), real(3), real(3, low=0.5), real(3), real(3), 0.001, scaled) for scaled in (True, False)
    ],
)
def batch_norm_with_global_normalization(
    input: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    beta: TensorLike,
    gamma: TensorLike,
    variance_epsilon: TensorLike,
    scale_after_normalization: bool,
    name: str | None = None,
) -> Tensor:
    """`batch_normalization` under its former name, with beta as the offset and gamma as the scale.

    Args:
      input: a floating tensor.
      mean: the mean, which broadcasts to the input.
      variance: the variance, likewise.
      beta: the offset, likewise.
      gamma: the factor, likewise.
      variance_epsilon: a small number that keeps the root from 0.
      scale_after_normalization: whether to multiply by gamma.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of the input.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the dtypes differ.

    Example:
      >>> x, one = tf.constant([1.0, 5.0]), tf.constant(1.0)
      >>> tf.nn.batch_norm_with_global_normalization(x, 3.0 * one, 3.0 * one, one, one, 1.0, False).numpy()
      array([0., 2.], dtype=float32)
    """
    scale = gamma if scale_after_normalization else None
    return batch_normalization(input, mean, variance, beta, scale, variance_epsilon)


def _powers(norms: Tensor, beta: float) -> Tensor:
    if beta == 0.5:
        return apply_elementwise("rsqrt", norms)
    return apply_elementwise("pow", norms, as_tensor(-beta, norms.dtype))


@op(
    "nn.local_response_normalization",
    "nn.lrn",
    samples=lambda: [
        single(real(1, 2, 2, 4), 1, 1.0, 0.5, 0.75),
        single(real(2, 1, 2, 3), bias=2.0),
        single(real(1, 1, 2, 5), 0, alpha=0.1),
    ],
    orders_there="1",
    notes="float64 too",
)
def local_response_normalization(
    input: TensorLike,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
    name: str | None = None,
) -> Tensor:
    """Each value over a power of the sum of squares in neighbouring channels: x / (bias + alpha * sum)**beta.

    Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks (2012).

    Args:
      input: a floating tensor of four axes, the channels last.
      depth_radius: the number of neighbouring channels on each side.
      bias: the constant added to the sum.
      alpha: the sum's factor.
      beta: the power.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape and dtype.

    Raises:
      InvalidArgumentError: the tensor does not have four axes, its dtype is not floating, or the radius is negative.

    Example:
      >>> tf.nn.local_response_normalization([[[[3.0, 4.0]]]], 1, bias=0.0).numpy()
      array([[[[0.6, 0.8]]]], dtype=float32)
    """
    tensor = as_tensor(input)
    if not tensor.dtype.is_floating:
        raise not_allowed("LRN", tensor.dtype, "half, bfloat16, float")
    if tensor.ndim != 4:
        raise invalid_argument("LRN", "in must be 4-dimensional")
    if depth_radius < 0:
        raise invalid_argument("LRN", f"depth_radius = {depth_radius} larger than int max")
    channels = np.arange(tensor.shape[3])
    near = np.abs(channels[:, None] - channels) <= int(depth_radius)
    squares = apply_reshape(apply_elementwise("square", tensor), (-1, tensor.shape[3]))
    sums = apply_reshape(apply_matmul(squares, tensor_from(near, tensor.dtype), False, False), tuple(tensor.shape))
    return tensor * _powers(sums * alpha + bias, beta)


def _dropped(x: Any, rate: Any, noise_shape: Any, drawn: Callable[[list[int], DType], Any]) -> Tensor:
    x = as_tensor(x)
    if not x.dtype.is_floating:
        message = "`x.dtype` must be a floating point tensor as `x` will be scaled."
        raise ValueError(f"{message} Received: x_dtype={x.dtype!s}")
    if isinstance(rate, int | float):
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}")
        if rate == 0:
            return x
    elif not isinstance(rate, TENSORS):
        raise ValueError(f"`rate` must be a scalar or scalar tensor. Received: rate={rate!s}")
    else:
        rate = as_tensor(rate)
        rate.shape.assert_has_rank(0)
        if rate.dtype != x.dtype:
            raise ValueError(
                "`x.dtype` must be compatible with `rate.dtype`. "
                f"Received: x.dtype={x.dtype!s} and rate.dtype={rate.dtype!s}"
            )
    if noise_shape is None:
        noise_shape = x.shape
    elif isinstance(noise_shape, list | tuple) and len(noise_shape) == x.ndim:
        noise_shape = [x.shape[place] if size is None else size for place, size in enumerate(noise_shape)]
    scaled = x * (1 / (1 - rate))
    kept = drawn(noise_shape, x.dtype) >= rate
    return apply_elementwise("select", kept, scaled, full_like(scaled, 0))


def _seeded(tf: Any, function: Any, *arguments: Any, **keywords: Any) -> Any:
    """Calls a stateful function after set_seed, for tests."""
    tf.random.set_seed(7)
    return function(*arguments, **keywords)


@op(
    "nn.dropout",
    samples=lambda: [
        *(call(real(4, 3), 0.5), call(real(4, 3), 0.25, [4, None], seed=3), call(real(4, 3), 0.5, [1, 3])),
        *(call(real(3), 0), call(real(0, 2), 0.5)),
    ],
    program=_seeded,
)
def dropout(
    x: TensorLike,
    rate: TensorLike,
    noise_shape: ShapeLike | None = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """x with a random fraction of its elements set to 0 and the others scaled up to keep the expected sum.

    Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014).

    Args:
      x: a floating tensor.
      rate: the fraction, a number of [0, 1), or a scalar tensor of x's dtype.
      noise_shape: the shape in which elements are drawn, which broadcasts to x's; None stands for x's own size.
      seed: as for `tf.random.uniform`.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x: each element 0 or x / (1 - rate).

    Raises:
      ValueError: x is not floating, or `rate` is out of range.

    Example:
      >>> dropped = tf.nn.dropout(tf.ones([4]), rate=0.5).numpy()
      >>> set(dropped.tolist()) <= {0.0, 2.0}
      True
    """
    return _dropped(x, rate, noise_shape, lambda shape, dtype: uniform(shape, seed=seed, dtype=dtype))


@op(
    "nn.experimental.stateless_dropout",
    samples=lambda: [
        call(real(4, 3), 0.5, [1, 2]),
        call(real(4, 3), 0.25, integer([5, 6]), rng_alg="philox", noise_shape=[4, 1]),
    ],
)
def stateless_dropout(
    x: TensorLike,
    rate: TensorLike,
    seed: TensorLike,
    rng_alg: Any = None,
    noise_shape: ShapeLike | None = None,
    name: str | None = None,
) -> Tensor:
    """`dropout` with a mask determined by the seed alone.

    Args:
      x: a floating tensor.
      rate: the fraction, a number of [0, 1), or a scalar tensor of x's dtype.
      seed: two integers.
      rng_alg: the generator, "philox", "threefry" or "auto_select"; None for the last.
      noise_shape: the shape in which elements are drawn, which broadcasts to x's; None stands for x's own size.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x: each element 0 or x / (1 - rate).

    Raises:
      ValueError: x is not floating, or `rate` is out of range.

    Example:
      >>> tf.nn.experimental.stateless_dropout(tf.ones([6]), rate=0.5, seed=[1, 2]).numpy()
      array([2., 0., 2., 0., 0., 2.], dtype=float32)
    """
    alg = "auto_select" if rng_alg is None else rng_alg
    return _dropped(x, rate, noise_shape, lambda shape, dtype: stateless_uniform(shape, seed, dtype=dtype, alg=alg))


@op(
    "nn.experimental.general_dropout",
    samples=lambda: [
        call(
            real(2, 3),
            0.5,
            lambda shape, dtype: np.resize(np.linspace(0, 0.9, 6, dtype=dtype.name), [*map(int, shape)]),
        )
    ],
)
def general_dropout(
    x: TensorLike,
    rate: TensorLike,
    uniform_sampler: Callable[..., Any],
    noise_shape: ShapeLike | None = None,
    name: str | None = None,
) -> Tensor:
    """`dropout` with uniform numbers from a function of your own.

    Args:
      x: a floating tensor.
      rate: the fraction, a number of [0, 1), or a scalar tensor of x's dtype.
      uniform_sampler: a function called as uniform_sampler(shape=..., dtype=...) that returns numbers of [0, 1).
      noise_shape: the shape in which elements are drawn, which broadcasts to x's; None stands for x's own size.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x: each element 0 or x / (1 - rate).

    Raises:
      ValueError: x is not floating, or `rate` is out of range.

    Example:
      >>> def sampler(shape, dtype):
      ...     return tf.constant([0.1, 0.9, 0.6], dtype)
      >>> tf.nn.experimental.general_dropout(tf.ones([3]), rate=0.5, uniform_sampler=sampler).numpy()
      array([0., 2., 2.], dtype=float32)
    """
    return _dropped(x, rate, noise_shape, lambda shape, dtype: as_tensor(uniform_sampler(shape=shape, dtype=dtype)))
