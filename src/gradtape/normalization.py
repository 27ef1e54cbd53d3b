"""Biases, moments, normalization and dropout of tf.nn."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._ops import (
    apply_elementwise,
    apply_reduce,
    apply_reshape,
    apply_stop_gradient,
    as_tensor,
    full_like,
    view,
)
from gradtape._tensor import Tensor
from gradtape.random import uniform
from gradtape.table import call, op, real

__all__ = ["batch_normalization", "bias_add", "dropout", "moments"]


@op("nn.bias_add", samples=lambda: [call(real(2, 3), real(3)), call(real(2, 2, 3), real(3))])
def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Tensor:
    """value plus a bias along its last axis, or along axis 1 where data_format starts with "NC".

    Raises ValueError for an unknown data_format or a bias that is no vector of that axis' length.
    """
    value = as_tensor(value)
    bias = as_tensor(bias, value.dtype)
    if data_format is not None and not data_format.startswith("N"):
        raise ValueError(f"`data_format` must be of the form `N...C` or `NC...`. Received: data_format={data_format}.")
    axis = 1 if data_format is not None and data_format.startswith("NC") else value.ndim - 1
    if bias.ndim != 1 or value.ndim < 2 or bias.shape[0] != value.shape[axis]:
        raise ValueError(
            f"bias_add: the bias must be a vector of the length of axis {axis}. Received: value of shape "
            f"{value.shape} and "
            f"bias of shape {bias.shape}."
        )
    return value + (bias if axis == value.ndim - 1 else apply_reshape(bias, (-1, *(1,) * (value.ndim - 2))))


def moments(
    x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Mean and variance over axes. `shift` is accepted as TensorFlow accepts it, and has no part in the result.

    The variance's gradient takes the mean as a constant, as TensorFlow's does: right at first order, not beyond.
    """
    x = as_tensor(x)
    mean = apply_reduce(10, x, axes, True, "Mean")
    variance = apply_reduce(
        10, apply_elementwise("squared_difference", x, apply_stop_gradient(mean)), axes, True, "Mean"
    )
    if keepdims:
        return mean, variance
    kept = view(mean).squeeze(axis=tuple(np.atleast_1d(axes).tolist())).shape
    return apply_reshape(mean, kept), apply_reshape(variance, kept)


@op(
    "nn.batch_normalization",
    samples=lambda: [
        call(real(4, 3), real(3), real(3, low=0.5), real(3), real(3), 0.001),
        call(real(4, 3), real(3), real(3, low=0.5), None, None, 0.001),
    ],
)
def batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: Any, name: str | None = None
) -> Tensor:
    """scale (x - mean) / sqrt(variance + variance_epsilon) + offset; scale and offset may be None (Ioffe, Szegedy
    2015)."""
    x = as_tensor(x)
    factor = apply_elementwise("rsqrt", as_tensor(variance) + variance_epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor if offset is None else offset - mean * factor
    return x * factor + shift


def dropout(
    x: Any, rate: Any, noise_shape: Any = None, seed: int | None = None, name: str | None = None
) -> Tensor:
    """x with a fraction `rate` of its elements set to 0 at random, the others scaled so that the expected sum stays.

    noise_shape: the shape in which elements are drawn, which broadcasts to x's. Raises ValueError for a rate
    outside [0, 1).
    """
    x = as_tensor(x)
    if isinstance(rate, (int, float)) and not 0 <= rate < 1:
        raise ValueError(f"`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}")
    if isinstance(rate, (int, float)) and rate == 0:
        return x
    drawn = uniform(x.shape if noise_shape is None else noise_shape, seed=seed, dtype=x.dtype)
    scaled = x / (1 - rate)
    return apply_elementwise("select", drawn >= rate, scaled, full_like(scaled, 0))
