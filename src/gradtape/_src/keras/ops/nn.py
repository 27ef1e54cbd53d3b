"""keras.ops' functions for neural networks, except activations and cross entropies."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gradtape._engine.api.api import apply_reduce, apply_reshape, apply_transpose
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import activations, settings
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.ops.promotion import promoted
from gradtape._src.keras.tensors import floating, tensor_of
from gradtape._src.linalg.contractions import einsum
from gradtape._src.linalg.norms import norm
from gradtape._src.nn import convolution, depthwise_convolution, normalization, pooling
from gradtape._src.nn.cross_entropies import softmax
from gradtape._src.ops import elementwise as e, rearranging
from gradtape._src.ops.clipping import l2_normalize
from gradtape._src.ops.creation import range as numbers
from gradtape._src.ops.masking import where
from gradtape._src.ops.shapes import expand_dims, squeeze


def gelu(x: Any, approximate: bool = True) -> Any:
    """x Φ(x), where Φ is the normal distribution function.

    Hendrycks and Gimpel, Gaussian Error Linear Units (2016).

    Args:
      x: a floating tensor.
      approximate: whether to use x / 2 * (1 + tanh(sqrt(2 / π) * (x + 0.044715 * x**3))) instead.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x is not floating, or cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.gelu([-1.0, 1.0]).numpy().round(4)
      array([-0.1588,  0.8412], dtype=float32)
    """
    return activations.gelu(x, approximate)


def _is_first(data_format: str | None) -> bool:
    return settings.standardize_data_format(data_format) == "channels_first"


def _last(x: Tensor) -> Tensor:
    """Channels moved from axis 1 to the end."""
    return apply_transpose(x, [0, *range(2, x.ndim), 1])


def _first(x: Tensor) -> Tensor:
    """Channels moved from the end to axis 1."""
    return apply_transpose(x, [0, x.ndim - 1, *range(1, x.ndim - 1)])


def _images(compute: Any, inputs: Any, data_format: str | None) -> Tensor:
    """Applies a function of channels-last images."""
    x = tensor_of(inputs)
    return _first(compute(_last(x))) if _is_first(data_format) else compute(x)


@keras_op
def conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Convolution over one, two or three axes.

    Args:
      inputs: images of shape [batch, sizes, channels].
      kernel: of shape [sizes, channels, outputs].
      strides: steps between windows, one number or one for each axis.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      dilation_rate: distances between the values of a window.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the channels do not fit, a window exceeds the images, a stride is 0, or the padding is
        unknown.
      ValueError: the kernel has not three to five axes, or both strides and dilation_rate exceed 1.

    Example:
      >>> tf.keras.ops.conv(tf.ones((1, 4, 1)), tf.ones((2, 1, 3))).shape
      TensorShape([1, 3, 3])
    """
    weights = tensor_of(kernel)

    def compute(x: Tensor) -> Tensor:
        return convolution.convolution(x, weights, strides, padding.upper(), None, dilation_rate)

    return _images(compute, inputs, data_format)


@keras_op
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Convolution of each channel with its own kernels, over one or two axes.

    Args:
      inputs: images of shape [batch, sizes, channels].
      kernel: of shape [sizes, channels, outputs per channel].
      strides: steps between windows, one number or one for each axis.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      dilation_rate: distances between the values of a window.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a stride is 0, or the padding is unknown.
      ValueError: the channels do not fit, or the images have more than two spatial axes.

    Example:
      >>> tf.keras.ops.depthwise_conv(tf.ones((1, 4, 4, 2)), tf.ones((2, 2, 2, 1))).shape
      TensorShape([1, 3, 3, 2])
    """
    weights = tensor_of(kernel)

    def compute(x: Tensor) -> Tensor:
        rank = x.ndim - 2
        if rank > 2:
            raise ValueError(f"`inputs` rank must be 3 (1D conv) or 4 (2D conv). Received: {x.ndim}.")
        if x.shape[-1] != weights.shape[-2]:
            raise ValueError(
                "The number of input channels must match the kernel's input channels. Received: input channels="
                f"{x.shape[-1]}, kernel input channels={weights.shape[-2]}, "
                f"data_format='{settings.standardize_data_format(data_format)}'."
            )
        steps, dilations = ([one] * rank if isinstance(one, int) else list(one) for one in (strides, dilation_rate))
        if rank == 1:  # as images of height 1
            image, window = expand_dims(x, 1), expand_dims(weights, 0)
            return squeeze(_depthwise(image, window, steps * 2, padding, [1, *dilations]), [1])
        return _depthwise(x, weights, steps, padding, dilations)

    return _images(compute, inputs, data_format)


def _depthwise(x: Tensor, weights: Tensor, steps: list[int], padding: str, dilations: list[int]) -> Tensor:
    return depthwise_convolution.depthwise_conv2d(x, weights, [1, *steps, 1], padding.upper(), dilations=dilations)


@keras_op
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Depthwise convolution followed by a pointwise one, over one or two axes.

    Args:
      inputs: images of shape [batch, sizes, channels].
      depthwise_kernel: of shape [sizes, channels, outputs per channel].
      pointwise_kernel: of shape [1 per axis, all depthwise outputs, outputs].
      strides: steps between windows, one number or one for each axis.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      dilation_rate: distances between the values of a window.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a stride is 0, the padding is unknown, or the pointwise kernel does not fit.
      ValueError: the channels of inputs and depthwise_kernel differ.

    Example:
      >>> x, depthwise, pointwise = tf.ones((1, 4, 4, 2)), tf.ones((2, 2, 2, 1)), tf.ones((1, 1, 2, 3))
      >>> tf.keras.ops.separable_conv(x, depthwise, pointwise).shape
      TensorShape([1, 3, 3, 3])
    """
    kept = depthwise_conv.__wrapped__(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv.__wrapped__(kept, pointwise_kernel, 1, "valid", data_format, 1)


@keras_op
def max_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The maximum of each window.

    Args:
      inputs: images of shape [batch, sizes, channels].
      pool_size: the windows' size, one number or one for each axis.
      strides: steps between windows; their size by default.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a size or stride is not positive, a window exceeds the image, or the padding is unknown.
      ValueError: inputs has not three to five axes, or pool_size not a number for each axis.

    Example:
      >>> tf.keras.ops.max_pool(tf.ones((1, 4, 1)), 2).shape
      TensorShape([1, 2, 1])
    """
    return _pool(pooling.max_pool, inputs, pool_size, strides, padding, data_format)


@keras_op
def average_pool(
    inputs: Any,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The mean of each window.

    Args:
      inputs: images of shape [batch, sizes, channels].
      pool_size: the windows' size, one number or one for each axis.
      strides: steps between windows; their size by default.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a size or stride is not positive, a window exceeds the image, or the padding is unknown.
      ValueError: inputs has not three to five axes, or pool_size not a number for each axis.

    Example:
      >>> tf.keras.ops.average_pool(tf.ones((1, 4, 1)), 2).shape
      TensorShape([1, 2, 1])
    """
    return _pool(pooling.avg_pool, inputs, pool_size, strides, padding, data_format)


def _pool(
    pool: Callable[..., Tensor], inputs: Any, pool_size: Any, strides: Any, padding: str, data_format: str | None
) -> Tensor:
    def compute(x: Tensor) -> Tensor:
        sizes = [pool_size] * (x.ndim - 2) if isinstance(pool_size, int) else list(pool_size)
        return pool(x, sizes, sizes if strides is None else strides, padding.upper())

    return _images(compute, inputs, data_format)


@keras_op
def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> Any:
    """The means and variances over axes.

    Args:
      x: a floating tensor.
      axes: the axes.
      keepdims: whether to keep the reduced axes, with size 1.
      synchronized: not used; there is a single process.

    Returns:
      A pair of tensors without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range, or x has dtype string or bool.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> [float(value) for value in tf.keras.ops.moments([1.0, 3.0], 0)]
      [2.0, 1.0]
    """
    return normalization.moments(tensor_of(x), [axes] if isinstance(axes, int) else axes, keepdims=keepdims)


@keras_op
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 0.001,
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset.

    Args:
      x: a floating tensor.
      mean, variance, offset, scale: vectors along an axis.
      axis: the axis.
      epsilon: a constant added to the variance.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: a vector has another size than the axis.
      IndexError: the axis is out of range.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.batch_normalization([[1.0], [3.0]], [2.0], [1.0], -1, epsilon=0.0).numpy().tolist()
      [[-1.0], [1.0]]
    """
    tensor = tensor_of(x)
    shape = [1] * tensor.ndim
    shape[axis] = -1
    parts: list[Any] = [
        None if part is None else apply_reshape(tensor_of(part), shape) for part in (mean, variance, offset, scale)
    ]
    return normalization.batch_normalization(tensor, parts[0], parts[1], parts[2], parts[3], epsilon)


@keras_op
def layer_normalization(
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    axis: Any = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Tensor:
    """Standardizes values over axes, then multiplies by gamma and adds beta.

    Args:
      x: a floating tensor.
      gamma, beta: tensors of the shape of these axes.
      axis: the axis or axes.
      epsilon: a constant added to the variance, `tf.keras.config.epsilon` by default.
      kwargs: not used.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: an axis is out of range, gamma or beta have another shape, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.layer_normalization([[1.0, 3.0]]).numpy().round(4)
      array([[-1.,  1.]], dtype=float32)
    """
    tensor = floating(x)
    axes = [axis] if isinstance(axis, int) else list(axis)
    mean, variance = normalization.moments(tensor, axes, keepdims=True)
    shape = [tensor.shape[place] if place in {one % tensor.ndim for one in axes} else 1 for place in range(tensor.ndim)]
    offset, scale = (
        None if part is None else apply_reshape(tensor_of(part, tensor.dtype), shape) for part in (beta, gamma)
    )
    epsilon = settings.epsilon() if epsilon is None else epsilon
    return normalization.batch_normalization(tensor, mean, variance, offset, scale, epsilon)


@keras_op
def rms_normalization(x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None) -> Tensor:
    """Divides values by the root mean square over axes, and multiplies by a scale.

    Args:
      x: a floating tensor.
      scale: a tensor that broadcasts; 1 by default.
      axis: the axis or axes.
      epsilon: a constant added to the mean, `tf.keras.config.epsilon` by default.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: an axis is out of range, the scale does not broadcast, or x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.rms_normalization([[3.0, 3.0]]).numpy().round(4)
      array([[1., 1.]], dtype=float32)
    """
    tensor = floating(x)
    squares = apply_reduce("Mean", e.square(tensor), axis, True)
    found = tensor * e.rsqrt(squares + (settings.epsilon() if epsilon is None else epsilon))
    return found if scale is None else found * tensor_of(scale, tensor.dtype)


@keras_op
def normalize(x: Any, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Tensor:
    """Scales vectors along an axis to length 1.

    Args:
      x: a tensor.
      axis: the axis.
      order: the order of the norm, 2 for the Euclidean one.
      epsilon: the lower bound of lengths; `tf.keras.config.epsilon` by default.

    Returns:
      A tensor of the same shape.

    Raises:
      ValueError: the order is not a positive integer.

    Example:
      >>> tf.keras.ops.normalize([[3.0, 4.0]]).numpy().round(4)
      array([[0.6, 0.8]], dtype=float32)
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"Argument `order` must be an int >= 1. Received: order={order}")
    tensor = floating(x)
    if not tensor.ndim:
        tensor = expand_dims(tensor, 0)
    smallest = settings.epsilon() if epsilon is None else epsilon
    if order == 2:
        return l2_normalize(tensor, axis, smallest**2)
    return tensor / e.maximum(norm(tensor, order, axis, True), smallest)


@keras_op
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Tensor:
    """For each query, the mean of the values weighted by the softmax of its products with the keys.

    Args:
      query: of shape [batch, positions, heads, size].
      key, value: of shape [batch, positions, heads, size]; with fewer heads, several query heads share one.
      bias: a tensor added to the products.
      mask: a bool tensor, false for keys to ignore.
      scale: factor of products; 1 / sqrt(size) by default.
      is_causal: whether keys after a query are ignored.
      flash_attention: not used.
      attn_logits_soft_cap: a soft upper bound of the products.

    Returns:
      A tensor of the shape of the queries.

    Raises:
      ValueError: invalid rank.

    Example:
      >>> x = tf.ones((1, 2, 1, 4))
      >>> tf.keras.ops.dot_product_attention(x, x, x).shape
      TensorShape([1, 2, 1, 4])
    """
    q, k, v = promoted(query, key, value)
    if q.ndim != 4:
        raise ValueError(
            "`dot_product_attention` only supports 4D inputs. "
            f"Received: query.shape={q.shape}, key.shape={k.shape}, value.shape={v.shape}."
        )
    products = einsum("btnh,bsnh->bnts", q, k) * (1.0 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if attn_logits_soft_cap is not None:
        products = attn_logits_soft_cap * e.tanh(products / attn_logits_soft_cap)
    if bias is not None:
        products = products + tensor_of(bias, products.dtype)
    kept = None if mask is None else tensor_of(mask, dtypes.bool)
    if is_causal:
        rows, columns = _counts(q.shape[1], k.shape[1])
        before = e.greater_equal(rows, columns)
        kept = before if kept is None else e.logical_and(kept, before)
    if kept is not None:
        products = where(kept, products, tensor_of(products.dtype.min * 0.7, products.dtype))
    return einsum("bnts,bsnh->btnh", softmax(products), v)


@keras_op
def psnr(x1: Any, x2: Any, max_val: Any) -> Tensor:
    """The peak signal-to-noise ratio of two images in decibels.

    Args:
      x1, x2: tensors of the same shape.
      max_val: the range of possible values.

    Returns:
      A scalar tensor.

    Raises:
      InvalidArgumentError: the shapes do not broadcast.
      ValueError: max_val is not a number, or an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.psnr([0.0, 1.0], [0.0, 0.9], 1.0).numpy().round(2)
      np.float32(23.01)
    """
    x, y = (floating(one) for one in promoted(x1, x2))
    noise = apply_reduce("Mean", e.squared_difference(x, y), None, False)
    peak = tensor_of(float(max_val), x.dtype)
    return (20.0 * e.log(peak) - 10.0 * e.log(noise)) / math.log(10.0)


@keras_op
def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Moves blocks of channels to blocks of pixels.

    Args:
      x: images.
      block_size: the blocks' height and width.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: x has not four axes, block_size is below 2, or its square does not divide the channels.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.depth_to_space(tf.ones((1, 2, 2, 4)), 2).shape
      TensorShape([1, 4, 4, 1])
    """
    return _images(lambda images: rearranging.depth_to_space(images, block_size), x, data_format)


@keras_op
def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Moves blocks of pixels to channels.

    Args:
      x: images.
      block_size: the blocks' height and width.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the same dtype.

    Raises:
      InvalidArgumentError: x has not four axes, block_size is below 2, or does not divide the height or width.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.space_to_depth(tf.ones((1, 2, 2, 4)), 2).shape
      TensorShape([1, 1, 1, 16])
    """
    return _images(lambda images: rearranging.space_to_depth(images, block_size), x, data_format)


def _counts(rows: int, columns: int) -> tuple[Tensor, Tensor]:
    """The number of each row, and of each column."""
    return expand_dims(numbers(rows), 1), expand_dims(numbers(columns), 0)
