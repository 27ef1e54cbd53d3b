"""Elementwise functions of tf.nn that have options; those without any come straight from the elementwise table."""

from __future__ import annotations

from typing import Any

from gradtape._doors import apply_cast, apply_elementwise, as_tensor
from gradtape._src.core import dtypes
from gradtape._src.ops.arrays import concat
from gradtape._src.table.rows import call, op, real
from gradtape._tensor import Tensor


@op("nn.crelu", samples=lambda: [call(real(2, 3)), call(real(2, 3), axis=0)])
def crelu(features: Any, axis: int = -1, name: str | None = None) -> Tensor:
    """relu of the features and of their negatives, joined along an axis.

    Shang, Sohn, Almeida and Lee, Understanding and Improving Convolutional Neural Networks via Concatenated Rectified
    Linear Units.
    """
    features = as_tensor(features)
    return apply_elementwise("relu", concat([features, -features], axis))


def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Tensor:
    """x Φ(x), Φ the normal distribution function, or with `approximate` its form with a hyperbolic tangent.

    Hendrycks and Gimpel, Gaussian Error Linear Units.

    Raises:
      ValueError: if the features are not floating-point numbers.
    """
    features = as_tensor(features)
    if not features.dtype.is_floating:
        raise ValueError(f"`features.dtype` must be a floating point tensor.Received:features.dtype={features.dtype}")
    return apply_elementwise("gelu_tanh" if approximate else "gelu", features)


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """The features where they are positive, else alpha times them. There is no gradient with respect to alpha."""
    features = as_tensor(features)
    if features.dtype.is_integer:
        features = apply_cast(features, dtypes.float32)
    return apply_elementwise("leaky_relu", features, alpha)


def silu(features: Any, beta: Any = 1.0) -> Tensor:
    """x sigmoid(beta x), also called swish."""
    return apply_elementwise("silu", features, beta)


swish = silu
