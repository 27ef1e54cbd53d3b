"""Functions of tf.keras.backend that programs written for Keras 2 use: activations, losses, random numbers."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_cast, apply_reshape, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import activations, entropies, settings
from gradtape._src.keras.legacy.defaults import drawn, floatx_or
from gradtape._src.keras.losses import probabilistic
from gradtape._src.keras.tensors import logits, tensor_of
from gradtape._src.linalg.contractions import matmul, tensordot
from gradtape._src.nn.cross_entropies import softmax as softmaxed
from gradtape._src.nn.normalization import dropout as dropped
from gradtape._src.ops import arrays, sorting
from gradtape._src.ops.clipping import l2_normalize as normalized
from gradtape._src.random import sampling


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
      dtype: their dtype, `floatx` unless given.
      seed: as `tf.random.uniform` takes it; drawn by `numpy.random` unless given.

    Returns:
      A tensor.

    Example:
      >>> tf.keras.backend.random_normal((2,)).shape
      TensorShape([2])
    """
    return sampling.normal(shape, mean, stddev, floatx_or(dtype), drawn(seed))


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = None,
    seed: int | None = None,
) -> Tensor:
    """Normally distributed numbers no further than two deviations from the mean.

    Args:
      shape: their shape.
      mean: the mean.
      stddev: the standard deviation.
      dtype: their dtype, `floatx` unless given.
      seed: as `tf.random.uniform` takes it; drawn by `numpy.random` unless given.

    Returns:
      A tensor.

    Example:
      >>> tf.keras.backend.truncated_normal((2,)).shape
      TensorShape([2])
    """
    return sampling.truncated_normal(shape, mean, stddev, floatx_or(dtype), drawn(seed))


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
      dtype: their dtype, `floatx` unless given.
      seed: as `tf.random.uniform` takes it; drawn by `numpy.random` unless given.

    Returns:
      A tensor.

    Example:
      >>> tf.keras.backend.random_uniform((2,)).shape
      TensorShape([2])
    """
    return sampling.uniform(shape, minval, maxval, floatx_or(dtype), drawn(seed))


def random_bernoulli(shape: Any, p: float = 0.0, dtype: Any = None, seed: int | None = None) -> Tensor:
    """1 with a probability, else 0.

    Args:
      shape: the shape.
      p: the probability.
      dtype: the dtype, `floatx` unless given.
      seed: as `tf.random.uniform` takes it; drawn by `numpy.random` unless given.

    Returns:
      A tensor.

    Example:
      >>> tf.keras.backend.random_bernoulli((2,), 1.0).numpy()
      array([1., 1.], dtype=float32)
    """
    wanted = floatx_or(dtype)
    return apply_cast(sampling.uniform(shape, dtype=wanted, seed=drawn(seed)) <= p, wanted)


def dot(x: Any, y: Any) -> Tensor:
    """The product over the last axis of the one and the last but one of the other.

    Args:
      x, y: tensors.

    Returns:
      A tensor.

    Example:
      >>> tf.keras.backend.dot(tf.ones((2, 3)), tf.ones((3, 4))).shape
      TensorShape([2, 4])
    """
    left, right = as_tensor(x), as_tensor(y)
    if left.ndim <= 2 and right.ndim <= 2:
        return matmul(left, right)
    return tensordot(left, right, [[-1], [right.ndim - 2]])


def l2_normalize(x: Any, axis: Any = None) -> Tensor:
    """Vectors along an axis scaled to length 1.

    Args:
      x: a tensor.
      axis: the axis.

    Returns:
      A tensor of the same shape.

    Example:
      >>> tf.keras.backend.l2_normalize(tf.constant([3.0, 4.0]), 0).numpy().round(4)
      array([0.6, 0.8], dtype=float32)
    """
    return normalized(x, axis)


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """x where it exceeds a threshold, at most so much; below, a slope times the difference.

    Args:
      x: a tensor.
      alpha: the slope.
      max_value: what values are cut to.
      threshold: the threshold.

    Returns:
      A tensor of the same shape.

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
      ValueError: it is a vector.

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
    """x with a fraction of its values set to 0 at random, the others scaled up.

    Args:
      x: a tensor.
      level: the fraction.
      noise_shape: the shape in which values are drawn.
      seed: as `tf.random.uniform` takes it; drawn by `numpy.random` unless given.

    Returns:
      A tensor of the same shape.

    Example:
      >>> tf.keras.backend.dropout(tf.ones((2,)), 0.5).shape
      TensorShape([2])
    """
    return dropped(x, level, noise_shape, drawn(seed))


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Tensor:
    """Cross entropy of true and predicted probabilities of a yes, element by element.

    Args:
      target: the true probabilities.
      output: the predicted ones, or their logits.
      from_logits: whether these are logits.

    Returns:
      A tensor of the same shape.

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
      target: the numbers of the true classes.
      output: the predicted distributions, or their logits.
      from_logits: whether these are logits.
      axis: the axis of classes.
      ignore_class: a class whose examples do not count.

    Returns:
      A tensor of the targets' shape.

    Example:
      >>> tf.keras.backend.sparse_categorical_crossentropy([1], [[0.5, 0.5]]).numpy().round(4)
      array([0.6931], dtype=float32)
    """
    return probabilistic.sparse_categorical_crossentropy(target, output, from_logits, ignore_class, axis)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two values, as a condition says; where it has axes, of each element.

    Args:
      condition: a bool tensor.
      then_expression, else_expression: tensors, or functions that return them.

    Returns:
      A tensor.

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
    return arrays.where(chosen, one, other)


def in_top_k(predictions: Any, targets: Any, k: int) -> Tensor:
    """Whether the predictions of the target classes are among the k greatest.

    Args:
      predictions: a tensor of shape [examples, classes].
      targets: numbers of classes.
      k: how many count.

    Returns:
      A bool vector.

    Example:
      >>> tf.keras.backend.in_top_k([[0.2, 0.8]], [1], 1).numpy()
      array([ True])
    """
    return sorting.in_top_k(targets, predictions, k)


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Tensor:
    """x plus a vector along its channels.

    Args:
      x: a tensor.
      bias: the vector.
      data_format: "channels_last" or "channels_first"; that of `tf.keras.config.image_data_format` unless given.

    Returns:
      A tensor of the same shape.

    Example:
      >>> tf.keras.backend.bias_add(tf.zeros((1, 2)), tf.constant([1.0, 2.0])).numpy()
      array([[1., 2.]], dtype=float32)
    """
    tensor, vector = as_tensor(x), as_tensor(bias)
    if (data_format or settings.image_data_format()) == "channels_first" and vector.ndim == 1:
        vector = apply_reshape(vector, [-1] + [1] * (tensor.ndim - 2))
    return tensor + vector
