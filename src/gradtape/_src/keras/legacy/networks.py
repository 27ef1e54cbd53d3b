"""Functions of tf.keras.backend for programs written for Keras 2: activations, losses, random numbers."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_cast, apply_reshape, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import activations, entropies, settings
from gradtape._src.keras.legacy.defaults import drawn, floatx_or
from gradtape._src.keras.legacy.shapes import temporal_padding
from gradtape._src.keras.losses import probabilistic
from gradtape._src.keras.ops import nn as ops
from gradtape._src.keras.tensors import logits, tensor_of
from gradtape._src.linalg.contractions import matmul, tensordot
from gradtape._src.nn.cross_entropies import softmax as softmaxed
from gradtape._src.nn.normalization import batch_normalization as normalized_batch, dropout as dropped
from gradtape._src.ops import elementwise as e, masking, sorting
from gradtape._src.ops.clipping import l2_normalize as normalized
from gradtape._src.random import stateful


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = None,
    seed: int | None = None,
) -> Tensor:
    """Normally distributed numbers.

    Args:
      shape: their shape.
      mean: their mean.
      stddev: their standard deviation.
      dtype: their dtype, `floatx` by default.
      seed: as for `tf.random.uniform`; drawn by `numpy.random` by default.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a size is negative or not an integer, or mean or stddev does not broadcast.
      TypeError: unknown or integer dtype.

    Example:
      >>> tf.keras.backend.random_normal((2,)).shape
      TensorShape([2])
    """
    return stateful.normal(shape, mean, stddev, floatx_or(dtype), drawn(seed))


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = None,
    seed: int | None = None,
) -> Tensor:
    """Normally distributed numbers within two standard deviations of the mean.

    Args:
      shape: their shape.
      mean: the mean.
      stddev: the standard deviation.
      dtype: their dtype, `floatx` by default.
      seed: as for `tf.random.uniform`; drawn by `numpy.random` by default.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a size is negative or not an integer, or mean or stddev does not broadcast.
      TypeError: unknown or integer dtype.

    Example:
      >>> tf.keras.backend.truncated_normal((2,)).shape
      TensorShape([2])
    """
    return stateful.truncated_normal(shape, mean, stddev, floatx_or(dtype), drawn(seed))


def random_uniform(
    shape: Any,
    minval: Any = 0.0,
    maxval: Any = 1.0,
    dtype: Any = None,
    seed: int | None = None,
) -> Tensor:
    """Uniformly distributed numbers of [minval, maxval).

    Args:
      shape: their shape.
      minval, maxval: the bounds.
      dtype: their dtype, `floatx` by default.
      seed: as for `tf.random.uniform`; drawn by `numpy.random` by default.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a size is negative or not an integer, or minval is not below maxval for integers.
      TypeError: unknown dtype.

    Example:
      >>> tf.keras.backend.random_uniform((2,)).shape
      TensorShape([2])
    """
    return stateful.uniform(shape, minval, maxval, floatx_or(dtype), drawn(seed))


def random_bernoulli(shape: Any, p: float = 0.0, dtype: Any = None, seed: int | None = None) -> Tensor:
    """1 with a probability, else 0.

    Args:
      shape: the shape.
      p: the probability.
      dtype: the dtype, `floatx` by default.
      seed: as for `tf.random.uniform`; drawn by `numpy.random` by default.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: a size is negative, or p does not broadcast.
      ValueError: the dtype is not floating.
      TypeError: unknown dtype.

    Example:
      >>> tf.keras.backend.random_bernoulli((2,), 1.0).numpy()
      array([1., 1.], dtype=float32)
    """
    wanted = floatx_or(dtype)
    return apply_cast(stateful.uniform(shape, dtype=wanted, seed=drawn(seed)) <= p, wanted)


def dot(x: Any, y: Any) -> Tensor:
    """The product over the last axis of x and the last but one of y.

    Args:
      x, y: tensors.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the sizes of these axes or the dtypes differ, or a vector meets a vector or matrix.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.dot(tf.ones((2, 3)), tf.ones((3, 4))).shape
      TensorShape([2, 4])
    """
    left, right = as_tensor(x), as_tensor(y)
    if left.ndim <= 2 and right.ndim <= 2:
        return matmul(left, right)
    return tensordot(left, right, [[-1], [right.ndim - 2]])


def l2_normalize(x: Any, axis: Any = None) -> Tensor:
    """Scales vectors along an axis to length 1.

    Args:
      x: a tensor.
      axis: the axis.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: the axis is out of range.
      TypeError: x holds integers.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.l2_normalize(tf.constant([3.0, 4.0]), 0).numpy().round(4)
      array([0.6, 0.8], dtype=float32)
    """
    return normalized(x, axis)


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """x where it exceeds a threshold, clipped to max_value; below, a slope times the difference.

    Args:
      x: a tensor.
      alpha: the slope.
      max_value: the upper bound of the result.
      threshold: the threshold.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x holds bools, complex numbers or text.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.relu(tf.constant([-1.0, 2.0])).numpy()
      array([0., 2.], dtype=float32)
    """
    return activations.relu(x, alpha, max_value, threshold)


def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """x where it is positive, else alpha * (exp(x) - 1).

    Args:
      x: a tensor.
      alpha: the factor.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x is not floating.
      ValueError: x or alpha cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.elu(tf.constant([2.0])).numpy()
      array([2.], dtype=float32)
    """
    return activations.elu(x, alpha)


def softmax(x: Any, axis: Any = -1) -> Tensor:
    """exp(x) over its sum along an axis.

    Args:
      x: a tensor of at least two axes.
      axis: the axis.

    Returns:
      A tensor of the same shape.

    Raises:
      ValueError: x is a vector.

    Example:
      >>> tf.keras.backend.softmax(tf.constant([[0.0, 0.0]])).numpy()
      array([[0.5, 0.5]], dtype=float32)
    """
    tensor = as_tensor(x)
    if tensor.ndim <= 1:
        raise ValueError(f"Cannot apply softmax to a tensor that is 1D. Received input: {x}")
    found = softmaxed(tensor, axis)
    logits.put(found, tensor)
    return found


def dropout(x: Any, level: float, noise_shape: Any = None, seed: int | None = None) -> Tensor:
    """Sets a random fraction of x's values to 0 and scales the others up.

    Args:
      x: a tensor.
      level: the fraction.
      noise_shape: the shape in which values are drawn.
      seed: as for `tf.random.uniform`; drawn by `numpy.random` by default.

    Returns:
      A tensor of the same shape.

    Raises:
      ValueError: the level is not in [0, 1), or x is not floating.
      InvalidArgumentError: noise_shape does not broadcast to the shape of x.

    Example:
      >>> tf.keras.backend.dropout(tf.ones((2,)), 0.5).shape
      TensorShape([2])
    """
    return dropped(x, level, noise_shape, drawn(seed))


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """Cross entropy of true and predicted probabilities, elementwise.

    Args:
      target: the true probabilities.
      output: the predicted ones, or their logits.
      from_logits: whether these are logits.

    Returns:
      A tensor of the same shape.

    Raises:
      ValueError: the shapes differ.
      InvalidArgumentError: the dtypes differ.
      TypeError: the probabilities are integers.

    Example:
      >>> tf.keras.backend.binary_crossentropy([1.0], [0.5]).numpy().round(4)
      array([0.6931], dtype=float32)
    """
    return entropies.binary_crossentropy(target, output, from_logits)


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Cross entropy of two distributions over classes.

    Args:
      target: the true distributions.
      output: the predicted ones, or their logits.
      from_logits: whether these are logits.
      axis: the axis of classes.

    Returns:
      A tensor without that axis.

    Raises:
      ValueError: the shapes differ or have no axes.
      InvalidArgumentError: the axis is out of range.

    Example:
      >>> tf.keras.backend.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).numpy().round(4)
      array([0.6931], dtype=float32)
    """
    return entropies.categorical_crossentropy(target, output, from_logits, axis)


def sparse_categorical_crossentropy(
    target: Any,
    output: Any,
    from_logits: bool = False,
    axis: int = -1,
    ignore_class: int | None = None,
) -> Tensor:
    """Cross entropy of true classes and predicted distributions over classes.

    Args:
      target: the indices of the true classes.
      output: the predicted distributions, or their logits.
      from_logits: whether these are logits.
      axis: the axis of classes.
      ignore_class: a class to ignore.

    Returns:
      A tensor of the targets' shape.

    Raises:
      ValueError: the shapes differ but for the axis of classes, or that is not the last.
      InvalidArgumentError: a class is out of range.

    Example:
      >>> tf.keras.backend.sparse_categorical_crossentropy([1], [[0.5, 0.5]]).numpy().round(4)
      array([0.6931], dtype=float32)
    """
    return probabilistic.sparse_categorical_crossentropy(target, output, from_logits, ignore_class, axis)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Selects one of two values by a condition, elementwise if the condition has axes.

    Args:
      condition: a bool tensor.
      then_expression, else_expression: tensors, or functions that return them.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the dtypes differ.
      ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.switch(tf.constant([True, False]), tf.constant([1, 2]), tf.constant([3, 4])).numpy()
      array([1, 4], dtype=int32)
    """
    chosen = tensor_of(condition, dtypes.bool)
    if not chosen.ndim:
        found = then_expression if bool(chosen) else else_expression
        return found() if callable(found) else found
    one, other = (value() if callable(value) else value for value in (then_expression, else_expression))
    rank = as_tensor(one).ndim
    if chosen.ndim > 1:
        chosen = apply_reshape(chosen, [*chosen.shape, *[1] * (rank - chosen.ndim)])
    return masking.where(chosen, one, other)


def in_top_k(predictions: Any, targets: Any, k: int) -> Tensor:
    """Whether the predictions of the target classes are among the k largest.

    Args:
      predictions: a tensor of shape [examples, classes].
      targets: class indices.
      k: the number of largest predictions.

    Returns:
      A bool vector.

    Raises:
      InvalidArgumentError: predictions is not a floating matrix, or targets not a vector of integers, one per row.
      ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.in_top_k([[0.2, 0.8]], [1], 1).numpy()
      array([ True])
    """
    return sorting.in_top_k(targets, predictions, k)


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Tensor:
    """Adds a vector along the channels.

    Args:
      x: a tensor.
      bias: the vector.
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: the sizes or dtypes differ.
      ValueError: unknown data_format, or a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.bias_add(tf.zeros((1, 2)), tf.constant([1.0, 2.0])).numpy()
      array([[1., 2.]], dtype=float32)
    """
    tensor, vector = as_tensor(x), as_tensor(bias)
    if settings.standardize_data_format(data_format) == "channels_first" and vector.ndim == 1:
        vector = apply_reshape(vector, [-1] + [1] * (tensor.ndim - 2))
    return tensor + vector


def conv1d(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Tensor:
    """Convolution over one axis.

    Args:
      x: a tensor.
      kernel: of shape [sizes, channels, outputs].
      strides: steps between windows.
      padding: "valid", "same" or "causal".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      dilation_rate: distances between the values of a window.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: unknown padding, a stride is 0, or the shapes or dtypes do not fit.
      ValueError: unknown data_format, wrong number of strides, or strides with dilation.

    Example:
      >>> tf.keras.backend.conv1d(tf.ones((1, 4, 1)), tf.ones((2, 1, 3))).shape
      TensorShape([1, 3, 3])
    """
    if padding == "causal":
        x = temporal_padding(x, (dilation_rate * (kernel.shape[0] - 1), 0))
        padding = "valid"
    return ops.conv.__wrapped__(x, kernel, strides, padding, data_format, dilation_rate)


def conv2d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """Convolution over two axes.

    Args:
      x: a tensor.
      kernel: of shape [sizes, channels, outputs].
      strides: steps between windows.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      dilation_rate: distances between the values of a window.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: unknown padding, a stride is 0, or the shapes or dtypes do not fit.
      ValueError: unknown data_format, wrong number of strides, or strides with dilation.

    Example:
      >>> tf.keras.backend.conv2d(tf.ones((1, 4, 4, 1)), tf.ones((2, 2, 1, 3))).shape
      TensorShape([1, 3, 3, 3])
    """
    return ops.conv.__wrapped__(x, kernel, strides, padding, data_format, dilation_rate)


def conv3d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1, 1),
) -> Tensor:
    """Convolution over three axes.

    Args:
      x: a tensor.
      kernel: of shape [sizes, channels, outputs].
      strides: steps between windows.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      dilation_rate: distances between the values of a window.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: unknown padding, a stride is 0, or the shapes or dtypes do not fit.
      ValueError: unknown data_format, wrong number of strides, or strides with dilation.

    Example:
      >>> tf.keras.backend.conv3d(tf.ones((1, 4, 4, 4, 1)), tf.ones((2, 2, 2, 1, 3))).shape
      TensorShape([1, 3, 3, 3, 3])
    """
    return ops.conv.__wrapped__(x, kernel, strides, padding, data_format, dilation_rate)


def depthwise_conv2d(
    x: Any,
    depthwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Tensor:
    """Convolution of each channel with its own kernels.

    Args:
      x: a tensor.
      depthwise_kernel: of shape [height, width, channels, outputs per channel].
      strides: steps between windows.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      dilation_rate: distances between the values of a window.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: unknown padding, a stride is 0, or the shapes or dtypes do not fit.
      ValueError: unknown data_format, wrong number of strides, or the numbers of channels differ.

    Example:
      >>> tf.keras.backend.depthwise_conv2d(tf.ones((1, 4, 4, 2)), tf.ones((2, 2, 2, 1))).shape
      TensorShape([1, 3, 3, 2])
    """
    return ops.depthwise_conv.__wrapped__(x, depthwise_kernel, strides, padding, data_format, dilation_rate)


def pool2d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor:
    """The maximum, or the mean, of each window.

    Args:
      x: a tensor.
      pool_size: the windows' size.
      strides: steps between windows.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      pool_mode: "max" or "avg".

    Returns:
      A tensor.

    Raises:
      ValueError: unknown mode or data_format.

    Example:
      >>> tf.keras.backend.pool2d(tf.ones((1, 4, 4, 1)), (2, 2)).shape
      TensorShape([1, 3, 3, 1])
    """
    if pool_mode not in ("max", "avg"):
        raise ValueError(f"Invalid pooling mode: {pool_mode}")
    pool = ops.max_pool if pool_mode == "max" else ops.average_pool
    return pool.__wrapped__(x, pool_size, strides, padding, data_format)


def pool3d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor:
    """The maximum, or the mean, of each window.

    Args:
      x: a tensor.
      pool_size: the windows' size.
      strides: steps between windows.
      padding: "valid" or "same".
      data_format: "channels_last" or "channels_first"; by default `tf.keras.config.image_data_format()`.
      pool_mode: "max" or "avg".

    Returns:
      A tensor.

    Raises:
      ValueError: unknown mode or data_format.

    Example:
      >>> tf.keras.backend.pool3d(tf.ones((1, 4, 4, 4, 1)), (2, 2, 2)).shape
      TensorShape([1, 3, 3, 3, 1])
    """
    if pool_mode not in ("max", "avg"):
        raise ValueError(f"Invalid pooling mode: {pool_mode}")
    pool = ops.max_pool if pool_mode == "max" else ops.average_pool
    return pool.__wrapped__(x, pool_size, strides, padding, data_format)


def batch_normalization(
    x: Any,
    mean: Any,
    var: Any,
    beta: Any,
    gamma: Any,
    axis: int = -1,
    epsilon: float = 0.001,
) -> Tensor:
    """(x - mean) / sqrt(var + epsilon) * gamma + beta.

    Args:
      x: a tensor.
      mean, var, beta, gamma: tensors that broadcast.
      axis: not used.
      epsilon: a constant added to the variance.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the dtypes differ.
      ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.batch_normalization(tf.constant([3.0]), 1.0, 4.0, 0.0, 1.0, epsilon=0.0).numpy()
      array([1.], dtype=float32)
    """
    return normalized_batch(as_tensor(x), mean, var, beta, gamma, epsilon)


def binary_focal_crossentropy(
    target: Any,
    output: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Tensor:
    """Binary cross entropy times (1 - the probability of the true value)**gamma, elementwise.

    Args:
      target: the true probabilities.
      output: the predicted ones, or their logits.
      apply_class_balancing: whether positives are weighted by alpha, negatives by 1 - alpha.
      alpha: that weight.
      gamma: the exponent.
      from_logits: whether predictions are logits.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the dtypes differ.
      ValueError: the numbers of axes differ, or a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.binary_focal_crossentropy(tf.constant([1.0]), tf.constant([0.5])).numpy().round(4)
      array([0.1733], dtype=float32)
    """
    true, found = as_tensor(target), as_tensor(output)
    p = e.sigmoid(found) if from_logits else found
    right = true * p + (1 - true) * (1 - p)
    loss = e.pow(1.0 - right, gamma) * binary_crossentropy(true, found, from_logits)
    return (true * alpha + (1 - true) * (1 - alpha)) * loss if apply_class_balancing else loss


def categorical_focal_crossentropy(
    target: Any,
    output: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> Tensor:
    """alpha times the cross entropy of distributions, with each class weighted by (1 - its probability)**gamma.

    Args:
      target: the true distributions.
      output: the predicted ones, or their logits.
      alpha: the weight, or one per class.
      gamma: the exponent.
      from_logits: whether predictions are logits.
      axis: the axis of classes.

    Returns:
      A tensor without that axis.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the axis is out of range.
      TypeError, ValueError: a value cannot be converted to a tensor.

    Example:
      >>> tf.keras.backend.categorical_focal_crossentropy([[0.0, 1.0]], [[0.25, 0.75]]).numpy().round(4)
      array([0.0045], dtype=float32)
    """
    return probabilistic.categorical_focal_crossentropy(target, output, alpha, gamma, from_logits, 0.0, axis)
