"""Elementwise functions of tf.nn that have options; those without any come straight from the elementwise table."""

from __future__ import annotations

from typing import Any

from gradtape import dtypes
from gradtape._ops import apply_cast, apply_elementwise, as_tensor
from gradtape._tensor import Tensor

__all__ = ["gelu", "leaky_relu", "log_poisson_loss", "silu", "swish"]


def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Tensor:
    """x Φ(x), Φ the normal distribution function, or with `approximate` its form with a hyperbolic tangent.

    Hendrycks and Gimpel, Gaussian Error Linear Units.

    Raises:
      ValueError: if the features are not floating-point numbers.
    """
    features = as_tensor(features)
    if not features.dtype.is_floating:
        raise ValueError(
            f"`features.dtype` must be a floating point tensor.Received:features.dtype={features.dtype}"
        )
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


def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """The loss whose minimum over log_input is the logarithm of the targets' Poisson rate.

    Args:
      targets: tensor of counts.
      log_input: tensor of the same shape, the logarithm of the predicted rate.
      compute_full_loss: whether to add Stirling's approximation of the logarithm of targets!, constant in log_input.
      name: not read.
    """
    return apply_elementwise("log_poisson_full_loss" if compute_full_loss else "log_poisson_loss", targets, log_input)
