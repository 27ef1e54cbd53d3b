"""Activation functions."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_reduce, apply_reshape
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.serialization import Kind, deserialize_keras_object
from gradtape._src.keras.tensors import logits, tensor_of
from gradtape._src.nn import activations as nn, cross_entropies
from gradtape._src.ops import elementwise
from gradtape._src.ops.creation import range as numbers
from gradtape._src.ops.joining import split
from gradtape._src.ops.masking import where
from gradtape._src.ops.scans import cumsum
from gradtape._src.ops.sorting import sort

KIND = Kind("activation function", instantiated=False)


@KIND.enter()
def linear(x: Any) -> Any:
    """x itself.

    Args:
      x: anything.

    Returns:
      It.

    Example:
      >>> tf.keras.activations.linear(3)
      3
    """
    return x


@KIND.enter()
@keras_op
def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """x where it exceeds a threshold, clipped to max_value; below, a slope times the difference, 0 by default.

    Args:
      x: a tensor.
      negative_slope: the slope.
      max_value: the upper bound of the result.
      threshold: the threshold.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string, bool or complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.relu(tf.constant([-2.0, 1.0, 9.0])).numpy()
      array([0., 1., 9.], dtype=float32)
      >>> tf.keras.activations.relu(tf.constant([-2.0, 1.0, 9.0]), negative_slope=0.5, max_value=6.0).numpy()
      array([-1.,  1.,  6.], dtype=float32)
    """
    if negative_slope == 0.0 and max_value is None and threshold == 0.0:
        return elementwise.relu(x)
    x = tensor_of(x)
    if negative_slope != 0.0 and max_value is None and threshold == 0.0:
        return nn.leaky_relu(x, negative_slope)
    below = elementwise.relu(threshold - x) if threshold else elementwise.relu(-x)
    if threshold:
        x = where(x > threshold, x, 0)
    elif max_value == 6:
        x, max_value = elementwise.relu6(x), None
    else:
        x = elementwise.relu(x)
    if max_value is not None:
        x = elementwise.clip_by_value(x, 0, max_value)
    return x - negative_slope * below if negative_slope else x


@KIND.enter()
@keras_op
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Tensor:
    """x where it is positive, else a slope times x.

    Args:
      x: a tensor.
      negative_slope: the slope.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string, bool or complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.leaky_relu(tf.constant([-2.0, 1.0])).numpy()
      array([-0.4,  1. ], dtype=float32)
    """
    return nn.leaky_relu(x, negative_slope)


@KIND.enter()
@keras_op
def relu6(x: Any) -> Tensor:
    """Clips relu(x) to [0, 6].

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string, bool or complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.relu6(tf.constant([-2.0, 1.0, 9.0])).numpy()
      array([0., 1., 6.], dtype=float32)
    """
    return elementwise.relu6(x)


@KIND.enter()
@keras_op
def softmax(x: Any, axis: Any = -1) -> Tensor:
    """exp(x) over its sum along an axis.

    Keras' cross entropies use the argument x of this function when they are given its result, so that no precision is
    lost where probabilities underflow.

    Args:
      x: a floating tensor.
      axis: the axis; None for all of them.

    Returns:
      A tensor of the same shape and dtype, which sums to 1 along the axis.

    Raises:
      InvalidArgumentError: the axis is out of range, or x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.softmax(tf.constant([0.0, 1.0, 2.0])).numpy().round(4)
      array([0.09  , 0.2447, 0.6652], dtype=float32)
    """
    x = tensor_of(x)
    if axis is None:
        probabilities = apply_reshape(cross_entropies.softmax(apply_reshape(x, (-1,))), x.shape)
    else:
        probabilities = cross_entropies.softmax(x, axis)
    logits.put(probabilities, x)
    return probabilities


@KIND.enter()
@keras_op
def log_softmax(x: Any, axis: Any = -1) -> Tensor:
    """log(softmax(x)), accurate even where softmax underflows.

    Args:
      x: a floating tensor.
      axis: the axis; None for all of them.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the axis is out of range, or x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.log_softmax(tf.constant([0.0, 1.0, 2.0])).numpy().round(4)
      array([-2.4076, -1.4076, -0.4076], dtype=float32)
    """
    x = tensor_of(x)
    if axis is None:
        return apply_reshape(cross_entropies.log_softmax(apply_reshape(x, (-1,))), x.shape)
    return cross_entropies.log_softmax(x, axis)


@KIND.enter()
@keras_op
def sparsemax(x: Any, axis: int = -1) -> Tensor:
    """The Euclidean projection of x, along an axis, onto the probability simplex.

    Martins and Astudillo, From Softmax to Sparsemax (2016).

    Args:
      x: a floating tensor.
      axis: the axis.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the axis is out of range, or x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.sparsemax(tf.constant([0.0, 1.0, 1.5])).numpy()
      array([0.  , 0.25, 0.75], dtype=float32)
    """
    x = tensor_of(x)
    falling = sort(x, axis=axis, direction="DESCENDING")
    sums = cumsum(falling, axis=axis)
    shape = [1] * x.ndim
    shape[axis] = -1
    ranks = apply_reshape(numbers(1, x.shape[axis] + 1, dtype=x.dtype), shape)
    support = falling - (sums - 1) / ranks > 0
    count = apply_reduce("Sum", apply_cast(support, x.dtype), axis, True)
    surplus = apply_reduce("Sum", where(support, falling, 0.0), axis, True) - 1
    return elementwise.maximum(x - surplus / count, 0.0)


@KIND.enter()
@keras_op
def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """x where it is positive, else alpha * (exp(x) - 1).

    Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units (2016).

    Args:
      x: a floating tensor.
      alpha: the factor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.elu(tf.constant([-1.0, 1.0])).numpy().round(4)
      array([-0.6321,  1.    ], dtype=float32)
    """
    if alpha == 1:
        return elementwise.elu(x)
    x = tensor_of(x)
    y = elementwise.elu(x)
    return where(x > 0, y, alpha * y)


@KIND.enter()
@keras_op
def celu(x: Any, alpha: float = 1.0) -> Tensor:
    """max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1).

    Barron, Continuously Differentiable Exponential Linear Units (2017).

    Args:
      x: a floating tensor.
      alpha: the scale.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string or complex.
      TypeError: x contains integers or bools.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.celu(tf.constant([-1.0, 1.0]), alpha=2.0).numpy().round(4)
      array([-0.7869,  1.    ], dtype=float32)
    """
    x = tensor_of(x)
    return elementwise.maximum(x, 0.0) + alpha * elementwise.expm1(elementwise.minimum(x, 0.0) / alpha)


@KIND.enter()
@keras_op
def selu(x: Any) -> Tensor:
    """1.0507 times elu(x, 1.6733): mean 0 and variance 1 are preserved from layer to layer.

    Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks (2017).

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.selu(tf.constant([-1.0, 1.0])).numpy().round(4)
      array([-1.1113,  1.0507], dtype=float32)
    """
    return elementwise.selu(x)


@KIND.enter()
@keras_op
def softplus(x: Any) -> Tensor:
    """log(1 + exp(x)).

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.softplus(tf.constant([0.0])).numpy().round(4)
      array([0.6931], dtype=float32)
    """
    return elementwise.softplus(x)


@KIND.enter()
@keras_op
def softsign(x: Any) -> Tensor:
    """x / (1 + |x|).

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.softsign(tf.constant([-3.0, 1.0])).numpy()
      array([-0.75,  0.5 ], dtype=float32)
    """
    return elementwise.softsign(x)


@KIND.enter()
@keras_op
def soft_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """x moved towards 0 by a threshold; 0 where |x| is less.

    Args:
      x: a floating tensor.
      threshold: the threshold.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string or complex.
      TypeError: x contains integers or bools.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.soft_shrink(tf.constant([-2.0, 0.25, 1.0])).numpy()
      array([-1.5,  0. ,  0.5], dtype=float32)
    """
    x = tensor_of(x)
    return where(x > threshold, x - threshold, where(x < -threshold, x + threshold, 0.0))


@KIND.enter()
@keras_op
def hard_shrink(x: Any, threshold: float = 0.5) -> Tensor:
    """x where |x| exceeds a threshold, else 0.

    Args:
      x: a floating tensor.
      threshold: the threshold.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string, bool or an unsigned integer dtype.
      TypeError: x contains signed integers.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.hard_shrink(tf.constant([-2.0, 0.25, 1.0])).numpy()
      array([-2.,  0.,  1.], dtype=float32)
    """
    x = tensor_of(x)
    return where(elementwise.abs(x) > threshold, x, 0.0)


@KIND.enter()
@keras_op
def tanh_shrink(x: Any) -> Tensor:
    """x - tanh(x).

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.tanh_shrink(tf.constant([1.0])).numpy().round(4)
      array([0.2384], dtype=float32)
    """
    x = tensor_of(x)
    return x - elementwise.tanh(x)


@KIND.enter()
@keras_op
def threshold(x: Any, threshold: float, default_value: float) -> Tensor:
    """x where it exceeds a threshold, else another value.

    Args:
      x: a tensor.
      threshold: the threshold.
      default_value: the other value.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string or complex.
      TypeError: x has dtype bool.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.threshold(tf.constant([-2.0, 1.0]), 0.0, 5.0).numpy()
      array([5., 1.], dtype=float32)
    """
    x = tensor_of(x)
    return where(x > threshold, x, default_value)


@KIND.enter()
@keras_op
def sparse_plus(x: Any) -> Tensor:
    """0 below -1, x above 1, and (x + 1)**2 / 4 between.

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string or complex, or contains signed integers.
      TypeError: x has dtype bool.
      ValueError: x has an unsigned integer dtype, or cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.sparse_plus(tf.constant([-2.0, 0.0, 3.0])).numpy()
      array([0.  , 0.25, 3.  ], dtype=float32)
    """
    x = tensor_of(x)
    return where(x <= -1, 0.0, where(x < 1, elementwise.square(x + 1) / 4, x))


@KIND.enter("swish")
@keras_op
def silu(x: Any) -> Tensor:
    """x * sigmoid(x), also called swish.

    Ramachandran, Zoph and Le, Searching for Activation Functions (2017).

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.silu(tf.constant([-1.0, 1.0])).numpy().round(4)
      array([-0.2689,  0.7311], dtype=float32)
    """
    return nn.silu(x)


@KIND.enter()
@keras_op
def squareplus(x: Any, b: float = 4) -> Tensor:
    """(x + sqrt(x**2 + b)) / 2.

    Args:
      x: a floating tensor.
      b: the smoothness.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.squareplus(tf.constant([0.0, 1.5])).numpy()
      array([1., 2.], dtype=float32)
    """
    x = tensor_of(x)
    return (x + elementwise.sqrt(elementwise.square(x) + b)) / 2


@KIND.enter()
@keras_op
def gelu(x: Any, approximate: bool = False) -> Tensor:
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
      >>> tf.keras.activations.gelu(tf.constant([-1.0, 1.0])).numpy().round(4)
      array([-0.1587,  0.8413], dtype=float32)
    """
    return nn.gelu(x, approximate)


@KIND.enter()
@keras_op
def glu(x: Any, axis: int = -1) -> Tensor:
    """The first half of x along an axis times the sigmoid of the second.

    Dauphin, Fan, Auli and Grangier, Language Modeling with Gated Convolutional Networks (2017).

    Args:
      x: a floating tensor.
      axis: the axis, of even size.

    Returns:
      A tensor of half that size along the axis.

    Raises:
      ValueError: the size is odd.

    Example:
      >>> tf.keras.activations.glu(tf.constant([2.0, 0.0])).numpy()
      array([1.], dtype=float32)
    """
    x = tensor_of(x)
    if x.shape[axis] % 2:
        raise ValueError(f"axis size must be divisible by 2. Received: x.shape={x.shape} with axis={axis}")
    values, gates = split(x, 2, axis)
    return values * elementwise.sigmoid(gates)


@KIND.enter()
@keras_op
def tanh(x: Any) -> Tensor:
    """The hyperbolic tangent.

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.tanh(tf.constant([1.0])).numpy().round(4)
      array([0.7616], dtype=float32)
    """
    return elementwise.tanh(x)


@KIND.enter()
@keras_op
def hard_tanh(x: Any) -> Tensor:
    """Clips x to [-1, 1].

    Args:
      x: a tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string or complex.
      TypeError: x contains integers or bools.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.hard_tanh(tf.constant([-2.0, 0.5])).numpy()
      array([-1. ,  0.5], dtype=float32)
    """
    return elementwise.clip_by_value(tensor_of(x), -1.0, 1.0)


@KIND.enter()
@keras_op
def sigmoid(x: Any) -> Tensor:
    """1 / (1 + exp(-x)).

    Keras' binary cross entropies use the argument x of this function when they are given its result, so that no
    precision is lost where probabilities underflow.

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.sigmoid(tf.constant([0.0, 1.0])).numpy().round(4)
      array([0.5   , 0.7311], dtype=float32)
    """
    x = tensor_of(x)
    probabilities = elementwise.sigmoid(x)
    logits.put(probabilities, x)
    return probabilities


@KIND.enter()
@keras_op
def hard_sigmoid(x: Any) -> Tensor:
    """x / 6 + 0.5 clipped to [0, 1].

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.hard_sigmoid(tf.constant([-9.0, 1.5])).numpy()
      array([0.  , 0.75], dtype=float32)
    """
    return elementwise.relu6(tensor_of(x) + 3.0) / 6.0


@KIND.enter()
@keras_op
def log_sigmoid(x: Any) -> Tensor:
    """log(sigmoid(x)), accurate even where sigmoid underflows.

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.log_sigmoid(tf.constant([-100.0, 0.0])).numpy().round(4)
      array([-100.    ,   -0.6931], dtype=float32)
    """
    return elementwise.log_sigmoid(x)


@KIND.enter()
@keras_op
def sparse_sigmoid(x: Any) -> Tensor:
    """(x + 1) / 2 clipped to [0, 1].

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string or complex.
      TypeError: x contains signed integers or bools.
      ValueError: x has an unsigned integer dtype, or cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.sparse_sigmoid(tf.constant([-2.0, 0.5])).numpy()
      array([0.  , 0.75], dtype=float32)
    """
    x = tensor_of(x)
    return where(x <= -1, 0.0, where(x >= 1, 1.0, 0.5 * (x + 1)))


@KIND.enter("hard_swish")
@keras_op
def hard_silu(x: Any) -> Tensor:
    """x * hard_sigmoid(x).

    Howard et al., Searching for MobileNetV3 (2019).

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.hard_silu(tf.constant([-9.0, 1.5])).numpy()
      array([-0.   ,  1.125], dtype=float32)
    """
    x = tensor_of(x)
    return x * hard_sigmoid(x)


@KIND.enter()
@keras_op
def exponential(x: Any) -> Tensor:
    """exp(x).

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is neither floating nor complex.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.exponential(tf.constant([1.0])).numpy().round(4)
      array([2.7183], dtype=float32)
    """
    return elementwise.exp(x)


@KIND.enter()
@keras_op
def mish(x: Any) -> Tensor:
    """x * tanh(softplus(x)).

    Misra, Mish: A Self Regularized Non-Monotonic Activation Function (2019).

    Args:
      x: a floating tensor.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x is not floating.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.activations.mish(tf.constant([1.0])).numpy().round(4)
      array([0.8651], dtype=float32)
    """
    x = tensor_of(x)
    return x * elementwise.tanh(elementwise.softplus(x))


def serialize(activation: Any) -> Any:
    """Serializes an activation to plain data.

    Args:
      activation: a function, or a layer used as one.

    Returns:
      The name of a function; otherwise a dict.

    Raises:
      ValueError: it is a lambda.

    Example:
      >>> tf.keras.activations.serialize(tf.keras.activations.relu)
      'relu'
    """
    name = activation.__name__ if isinstance(activation, FunctionType) else ""
    return name if name and KIND.objects.get(name) is activation else KIND.serialize(activation)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """Creates the activation from the result of `serialize`.

    Args:
      config: the data, or a name.
      custom_objects: additional classes and functions by name, besides keras' and registered ones.

    Returns:
      A callable.

    Raises:
      TypeError: the name is unknown.

    Example:
      >>> tf.keras.activations.deserialize("relu") is tf.keras.activations.relu
      True
    """
    return KIND.deserialize(config, custom_objects)


def get(identifier: Any) -> Any:
    """The activation for an identifier.

    Args:
      identifier: a name such as "relu", a result of `serialize`, a callable, or None for `linear`.

    Returns:
      A callable.

    Raises:
      ValueError: unknown identifier.
      TypeError: the data describes an unknown function.

    Example:
      >>> tf.keras.activations.get("relu") is tf.keras.activations.relu
      True
    """
    if identifier is None:
        return linear
    found = deserialize_keras_object(identifier) if isinstance(identifier, dict) else KIND.get(identifier)
    if not callable(found):
        raise ValueError(f"Could not interpret activation function identifier: {identifier}")
    return found
