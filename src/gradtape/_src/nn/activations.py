"""Elementwise functions of tf.nn with options; those without are generated from the elementwise table."""

from __future__ import annotations

from gradtape._engine.api.api import apply_cast, apply_elementwise, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.typing import TensorLike
from gradtape._src.ops.joining import concat
from gradtape._src.table.rows import call, op, real


@op("nn.crelu", samples=lambda: [call(real(2, 3)), call(real(2, 3), axis=0)])
def crelu(features: TensorLike, axis: int = -1, name: str | None = None) -> Tensor:
    """relu of the features and of their negatives, joined along an axis.

    Shang, Sohn, Almeida and Lee, Understanding and Improving Convolutional Neural Networks via Concatenated Rectified
    Linear Units (2016).

    Args:
      features: a floating tensor of at least one axis.
      axis: the axis along which they are joined.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of twice the size along the axis.

    Raises:
      InvalidArgumentError: the axis is out of range.

    Example:
      >>> tf.nn.crelu([-1.0, 2.0]).numpy()
      array([0., 2., 1., 0.], dtype=float32)
    """
    features = as_tensor(features)
    return apply_elementwise("relu", concat([features, -features], axis))


def gelu(features: TensorLike, approximate: bool = False, name: str | None = None) -> Tensor:
    """x Φ(x), where Φ is the normal distribution function.

    Hendrycks and Gimpel, Gaussian Error Linear Units (2016).

    Args:
      features: a floating tensor x.
      approximate: whether to use x / 2 * (1 + tanh(sqrt(2 / π) * (x + 0.044715 * x**3))) instead.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      ValueError: the features are not floating.

    Example:
      >>> tf.nn.gelu([-1.0, 0.0, 1.0]).numpy().round(4)
      array([-0.1587,  0.    ,  0.8413], dtype=float32)
    """
    features = as_tensor(features)
    if not features.dtype.is_floating:
        raise ValueError(f"`features.dtype` must be a floating point tensor.Received:features.dtype={features.dtype}")
    return apply_elementwise("gelu_tanh" if approximate else "gelu", features)


def leaky_relu(features: TensorLike, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """The features where they are positive, else alpha times the features.

    Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013).

    Args:
      features: a tensor of numbers; integers become float32.
      alpha: the slope where features are negative. No gradient flows to it.
      name: not used; TensorFlow names operations by it.

    Returns:
      A floating tensor of the same shape.

    Raises:
      TypeError, ValueError: the features do not convert to a tensor.

    Example:
      >>> tf.nn.leaky_relu([-1.0, 0.0, 3.0], alpha=0.5).numpy()
      array([-0.5,  0. ,  3. ], dtype=float32)
    """
    features = as_tensor(features)
    if features.dtype.is_integer:
        features = apply_cast(features, dtypes.float32)
    return apply_elementwise("leaky_relu", features, alpha)


def silu(features: TensorLike, beta: TensorLike = 1.0) -> Tensor:
    """x sigmoid(beta x), also called swish.

    Ramachandran, Zoph and Le, Searching for Activation Functions (2017).

    Args:
      features: a floating tensor x.
      beta: a number or tensor that broadcasts to it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the features are not floating.

    Example:
      >>> tf.nn.silu([-1.0, 0.0, 1.0]).numpy().round(4)
      array([-0.2689,  0.    ,  0.7311], dtype=float32)
    """
    return apply_elementwise("silu", features, beta)


swish = silu
