"""Activation functions."""

from __future__ import annotations

import math

import numpy as np

from gradtape._src.table.elementwise.row import EVERYWHERE, POSITIVE, REAL, Row
from gradtape._src.table.expressions import (
    ZERO,
    Expr,
    call,
    erfc,
    expm1,
    gate,
    log1p_decay,
    logical_and,
    maximum,
    minimum,
    relu,
    select,
    sigmoid,
    square,
    tanh,
    tanh_grad,
)

SELU_SCALE = 1.0507009873554805
SELU_SCALE_ALPHA = 1.7580993408473768  # SELU_SCALE times Klambauer et al.'s alpha

# TensorFlow rounds these to single precision even for float64.
GELU_SQRT_HALF = 0.7071067690849304
GELU_CUBIC = 0.044714998453855515


def _gelu_tanh(x: Expr) -> Expr:
    return x * 0.5 * (tanh((x + square(x) * x * GELU_CUBIC) * math.sqrt(2 / math.pi)) + 1)


def _gelu_tanh_slope(x: Expr) -> Expr:
    """The derived slope where tanh is not saturated; beyond, where cubes overflow, the constant slope of each side."""
    x = minimum(maximum(x, -30), 30)
    t = tanh((x + square(x) * x * GELU_CUBIC) * math.sqrt(2 / math.pi))
    slope = (square(x) * (3 * GELU_CUBIC) + 1) * math.sqrt(2 / math.pi)
    return (x * tanh_grad(slope, t) + t + 1) * 0.5


def tail(x: Expr) -> Expr:
    """The smaller of sigmoid(x) and 1 - sigmoid(x), without cancellation. At 0 its slope is that on the right."""
    return sigmoid(minimum(-x, x))


def _bell(x: Expr) -> Expr:
    """The derivative of sigmoid(x), which computed from sigmoid(x) would lose precision near 1."""
    return tail(x) * (1 - tail(x))


ROWS = (
    Row(
        "sigmoid",
        ("x",),
        sigmoid,
        "The logistic function 1 / (1 + exp(-x)).",
        ("math.sigmoid", "sigmoid", "nn.sigmoid"),
        domain=REAL,
        complexes=True,
        slopes=("sigmoid(x) * (1 - sigmoid(x))",),
        example=("tf.sigmoid([-1.0, 0.0, 1.0]).numpy().round(4)", "array([0.2689, 0.5   , 0.7311], dtype=float32)"),
    ),
    Row(
        "log_sigmoid",
        ("x",),
        lambda x: minimum(x, 0) - log1p_decay(x),
        "The logarithm of sigmoid(x), which does not overflow.",
        ("math.log_sigmoid",),
        {0: lambda g, y, x: call("log_sigmoid_grad", g, x)},
        "the derived rule has a kink at 0",
        REAL,
        slopes=("sigmoid(-x)",),
        example=(
            "tf.math.log_sigmoid([-1.0, 0.0, 1.0]).numpy().round(4)",
            "array([-1.3133, -0.6931, -0.3133], dtype=float32)",
        ),
    ),
    Row(
        "log_sigmoid_grad",
        ("gradients", "x"),
        lambda g, x: g * sigmoid(-x),
        "g sigmoid(-x)",
        (),
        {1: lambda c, y, g, x: -(c * g * _bell(x))},
        "the derived rule cancels where x is far below 0",
    ),
    Row(
        "softplus",
        ("features",),
        lambda x: maximum(x, 0) + log1p_decay(x),
        "log(1 + exp(features)), a smooth form of relu, which does not overflow.",
        ("math.softplus", "nn.softplus"),
        {0: lambda g, y, x: call("softplus_grad", g, x)},
        "the derived rule gives 1 at 0, where the limit is 0.5",
        REAL,
        slopes=("sigmoid(features)",),
        source="Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option Pricing (2000)",
        example=("tf.nn.softplus([-1.0, 0.0, 1.0]).numpy().round(4)", "array([0.3133, 0.6931, 1.3133], dtype=float32)"),
    ),
    Row(
        "softplus_grad",
        ("gradients", "features"),
        lambda g, x: g * sigmoid(x),
        "g sigmoid(x)",
        (),
        {1: lambda c, y, g, x: c * g * _bell(x)},
        "the derived rule cancels where x is far above 0",
    ),
    Row(
        "softsign",
        ("features",),
        lambda x: x / (abs(x) + 1),
        "features / (1 + |features|), between -1 and 1.",
        ("nn.softsign", "math.softsign"),
        {0: lambda g, y, x: g / square(abs(x) + 1)},
        "the derived rule cancels where |x| is large",
        REAL,
        (0.0,),
        slopes=("1 / (1 + abs(features))**2",),
        source="Turian et al., Quadratic Features and Deep Architectures for Chunking (2009)",
        example=("tf.nn.softsign([-1.0, 0.0, 3.0]).numpy()", "array([-0.5 ,  0.  ,  0.75], dtype=float32)"),
    ),
    Row(
        "relu",
        ("features",),
        relu,
        "The features where they are positive, else 0; the gradient is 0 at 0.",
        ("nn.relu",),
        domain=REAL,
        kinks=(0.0,),
        integers=lambda a: np.maximum(a, 0),
        slopes=("where(features > 0, 1, 0)",),
        source="Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines (2010)",
        example=("tf.nn.relu([-1.0, 0.0, 3.0]).numpy()", "array([0., 0., 3.], dtype=float32)"),
    ),
    Row("relu_grad", ("gradients", "outputs"), gate, "g times 1 where y > 0, else 0"),
    Row(
        "relu6",
        ("features",),
        lambda x: minimum(maximum(x, 0), 6),
        "The features limited to the interval from 0 to 6; the gradient is 0 at its ends.",
        ("nn.relu6",),
        {0: lambda g, y, x: call("relu6_grad", g, y)},
        "reads the result, and gives 0 at 0 and 6",
        REAL,
        (0.0,),
        integers=lambda a: np.clip(a, 0, 6),
        slopes=("where(logical_and(features > 0, features < 6), 1, 0)",),
        source="Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10 (2010)",
        example=("tf.nn.relu6([-1.0, 3.0, 8.0]).numpy()", "array([0., 3., 6.], dtype=float32)"),
    ),
    Row(
        "relu6_grad",
        ("gradients", "outputs"),
        lambda g, y: g * select(logical_and(y > 0, y < 6), 1, 0),
        "g times 1 where 0 < y < 6, else 0",
        (),
        {1: lambda g, y, a, b: ZERO},
        "zeros flow where the derived rule has no gradient",
    ),
    Row(
        "leaky_relu",
        ("features", "alpha"),
        lambda x, alpha: select(x > 0, x, x * alpha),
        "The features where they are positive, else alpha times the features.",
        ("nn.leaky_relu",),
        {0: lambda g, y, x, alpha: call("leaky_relu_grad", g, x, alpha), 1: None},
        "alpha is no tensor in TensorFlow",
        (EVERYWHERE, (0.1, 0.3)),
        (0.0,),
    ),
    Row(
        "leaky_relu_grad",
        ("gradients", "features", "alpha"),
        lambda g, x, alpha: select(x > 0, g, g * alpha),
        "g where x > 0, else alpha g",
        (),
        {1: lambda g, y, a, b, c: ZERO, 2: None},
        "zeros flow where the derived rule has no gradient",
    ),
    Row(
        "elu",
        ("features",),
        lambda x: select(x < 0, expm1(x), x),
        "The features where they are positive, else exp(features) - 1.",
        ("nn.elu",),
        {0: lambda g, y, x: g * select(y < 0, y + 1, 1)},
        "reads the result",
        REAL,
        (0.0,),
        slopes=("where(features > 0, 1, exp(features))",),
        source="Clevert et al., Fast and Accurate Deep Network Learning by Exponential Linear Units (2016)",
        example=("tf.nn.elu([-1.0, 0.0, 3.0]).numpy().round(4)", "array([-0.6321,  0.    ,  3.    ], dtype=float32)"),
    ),
    Row(
        "selu",
        ("features",),
        lambda x: select(x < 0, expm1(x) * SELU_SCALE_ALPHA, x * SELU_SCALE),
        "elu scaled so that layers keep the mean of their features at 0 and the variance at 1.",
        ("nn.selu",),
        {0: lambda g, y, x: g * select(y < 0, y + SELU_SCALE_ALPHA, SELU_SCALE)},
        "reads the result",
        REAL,
        (0.0,),
        slopes=("where(features > 0, 1.0507009873554805, 1.7580993408473768 * exp(features))",),
        source="Klambauer et al., Self-Normalizing Neural Networks (2017)",
        example=("tf.nn.selu([-1.0, 0.0, 3.0]).numpy().round(4)", "array([-1.1113,  0.    ,  3.1521], dtype=float32)"),
    ),
    Row(
        "gelu",
        ("features",),
        lambda x: x * 0.5 * erfc(x * -GELU_SQRT_HALF),
        "x * Φ(x), Φ being the normal distribution function.",
        ("nn.gelu",),
        domain=REAL,
    ),
    Row(
        "gelu_tanh",
        ("features",),
        _gelu_tanh,
        "gelu with approximate=True",
        (),
        {0: lambda g, y, x: g * _gelu_tanh_slope(x)},
        "the derived rule is 0 times infinity where x**3 overflows",
        REAL,
    ),
    Row(
        "silu",
        ("features", "beta"),
        lambda x, beta: x * sigmoid(beta * x),
        "x * sigmoid(beta * x), also called swish.",
        ("nn.silu", "nn.swish"),
        domain=(EVERYWHERE, POSITIVE),
        complexes=True,
    ),
)
