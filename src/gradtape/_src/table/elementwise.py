"""The table of elementwise operations: one row each, its formula and derivatives that override derived ones.

A row's `value` takes one expression per operand. `derivatives` maps operand positions to rules of (g, y, *operands)
that replace what the chain rule would give, and `why` says for what reason. `domain` is an interval (low, high) per
operand inside which values and derivatives are smooth enough for central differences; `kinks` are points in it where
an operand, or the difference of two, is not. `kernel` is TensorFlow's name in messages, where it is not the row's in
CamelCase. `integers` computes integers and bools with NumPy, as they carry data and indices, not gradients; `bools` and
`unsigned` say whether it takes those.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gradtape._src.table.expressions import (
    ZERO,
    Call,
    Expr,
    acos,
    acosh,
    add,
    apply,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    call,
    ceil,
    copy,
    cos,
    cosh,
    digamma,
    div,
    div_no_nan,
    eq,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    floor_mod,
    fmod,
    gate,
    is_finite,
    is_inf,
    is_nan,
    lgamma,
    log,
    log1p,
    log1p_decay,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    mul,
    mul_no_nan,
    ne,
    neg,
    nextafter,
    pow_,
    recip,
    relu,
    rint,
    rsqrt,
    select,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    sub,
    tan,
    tanh,
    trunc,
)

EVERYWHERE = (-3.0, 3.0)
POSITIVE = (0.4, 4.0)
UNIT = (-0.9, 0.9)
REAL = (EVERYWHERE,)
REALS = (EVERYWHERE, EVERYWHERE)
POSITIVES = (POSITIVE, POSITIVE)

SELU_SCALE = 1.0507009873554805
SELU_SCALE_ALPHA = 1.7580993408473768  # SELU_SCALE times Klambauer et al.'s alpha

# TensorFlow rounds these to single precision even for float64.
GELU_SQRT_HALF = 0.7071067690849304
GELU_CUBIC = 0.044714998453855515


class Row(NamedTuple):
    """One elementwise operation."""

    name: str
    arguments: tuple[str, ...]
    value: Callable[..., Expr]
    doc: str
    tensorflow: tuple[str, ...] = ()
    derivatives: dict[int, Callable[..., Expr | Call] | None] = {}  # noqa: RUF012
    why: str = ""
    domain: tuple[tuple[float, float], ...] = ()
    kinks: tuple[float, ...] = ()
    kernel: str = ""
    integers: Callable[..., np.ndarray] | None = None
    bools: bool = False
    unsigned: bool = True

    @property
    def dtypes(self) -> str:
        """What it takes, for the documentation."""
        if self.name.startswith("logical"):
            return "bool"
        return "float32, float64" + (", integers" if self.integers else "") + (", bool" if self.bools else "")


def _truncated_quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))).astype(a.dtype)


def _where_nonzero(x: Expr, value: Expr, otherwise: float) -> Expr:
    """`value` where x is not 0. Guarding arguments instead of results keeps derivatives of every order finite there."""
    return select(eq(x, 0), otherwise, value)


def _gelu_tanh(x: Expr) -> Expr:
    return x * 0.5 * (tanh((x + square(x) * x * GELU_CUBIC) * math.sqrt(2 / math.pi)) + 1)


def _stirling(targets: Expr) -> Expr:
    series = targets * log(targets) - targets + log(targets * (2 * math.pi)) * 0.5
    return select(logical_and(targets >= 0, targets <= 1), 0, series)


def _tail(x: Expr) -> Expr:
    """The smaller of sigmoid(x) and 1 - sigmoid(x), without the difference. At 0 its slope is that on the right."""
    return sigmoid(minimum(-x, x))


def _bell(x: Expr) -> Expr:
    """The derivative of sigmoid(x); a rule that reads sigmoid(x) loses it where that is nearly 1."""
    return _tail(x) * (1 - _tail(x))


def _sigmoid_cross_entropy(labels: Expr, logits: Expr) -> Expr:
    return maximum(logits, 0) - logits * labels + log1p_decay(logits)


def _weighted_cross_entropy(labels: Expr, logits: Expr, pos_weight: Expr) -> Expr:
    weight = (pos_weight - 1) * labels + 1
    return (1 - labels) * logits + weight * (log1p_decay(logits) + maximum(0, -logits))


ROWS = (
    # Arithmetic
    Row("add", ("x", "y"), add, "x + y", ("math.add", "add"), domain=REALS, kernel="AddV2", integers=np.add),
    Row(
        "subtract",
        ("x", "y"),
        sub,
        "x - y",
        ("math.subtract", "subtract"),
        domain=REALS,
        kernel="Sub",
        integers=np.subtract,
    ),
    Row(
        "multiply",
        ("x", "y"),
        mul,
        "x y",
        ("math.multiply", "multiply"),
        domain=REALS,
        kernel="Mul",
        integers=np.multiply,
    ),
    Row(
        "divide",
        ("x", "y"),
        div,
        "x / y",
        ("math.divide", "math.truediv", "divide", "truediv"),
        domain=(EVERYWHERE, POSITIVE),
        kernel="RealDiv",
    ),
    Row(
        "negative",
        ("x",),
        neg,
        "-x",
        ("math.negative", "negative"),
        domain=REAL,
        kernel="Neg",
        integers=np.negative,
        unsigned=False,
    ),
    Row(
        "floordiv",
        ("x", "y"),
        lambda x, y: floor(x / y),
        "The largest integer not above x / y",
        ("math.floordiv",),
        kernel="FloorDiv",
        integers=np.floor_divide,
    ),
    Row(
        "floormod",
        ("x", "y"),
        floor_mod,
        "x - y floor(x / y), with the sign of y",
        ("math.floormod", "math.mod"),
        domain=((0.1, 0.9), (1.0, 3.0)),
        kernel="FloorMod",
        integers=np.remainder,
    ),
    Row(
        "truncatediv",
        ("x", "y"),
        lambda x, y: trunc(x / y),
        "x / y rounded towards 0",
        ("truncatediv",),
        kernel="TruncateDiv",
        integers=_truncated_quotient,
    ),
    Row(
        "truncatemod",
        ("x", "y"),
        fmod,
        "Remainder of x / y rounded towards 0, with the sign of x",
        ("truncatemod",),
        domain=((0.1, 0.9), (1.0, 3.0)),
        kernel="TruncateMod",
        integers=np.fmod,
        unsigned=False,
    ),
    Row(
        "squared_difference",
        ("x", "y"),
        lambda x, y: square(x - y),
        "(x - y)²",
        ("math.squared_difference",),
        domain=REALS,
        integers=lambda a, b: np.square(a - b),
        unsigned=False,
    ),
    Row(
        "multiply_no_nan",
        ("x", "y"),
        mul_no_nan,
        "x y, and 0 where y is 0 whatever x is",
        ("math.multiply_no_nan",),
        domain=(EVERYWHERE, POSITIVE),
        kernel="MulNoNan",
    ),
    Row(
        "divide_no_nan",
        ("x", "y"),
        div_no_nan,
        "x / y, and 0 where y is 0",
        ("math.divide_no_nan",),
        domain=(EVERYWHERE, POSITIVE),
        kernel="DivNoNan",
    ),
    Row(
        "reciprocal_no_nan",
        ("x",),
        lambda x: div_no_nan(1, x),
        "1 / x, and 0 where x is 0",
        ("math.reciprocal_no_nan",),
        domain=(POSITIVE,),
    ),
    Row("reciprocal", ("x",), recip, "1 / x", ("math.reciprocal",), domain=(POSITIVE,)),
    Row(
        "maximum",
        ("x", "y"),
        maximum,
        "The larger; at ties x has the gradient",
        ("math.maximum", "maximum"),
        domain=REALS,
        kinks=(0.0,),
        integers=np.maximum,
    ),
    Row(
        "minimum",
        ("x", "y"),
        minimum,
        "The smaller; at ties x has the gradient",
        ("math.minimum", "minimum"),
        domain=REALS,
        kinks=(0.0,),
        integers=np.minimum,
    ),
    Row(
        "clip_by_value",
        ("t", "clip_value_min", "clip_value_max"),
        lambda t, low, high: maximum(minimum(t, high), low),
        "t within bounds",
        ("clip_by_value",),
        domain=(EVERYWHERE, (-2.0, -1.0), (1.0, 2.0)),
        kinks=(0.0,),
        integers=lambda a, low, high: np.maximum(np.minimum(a, high), low),
    ),
    Row("nextafter", ("x1", "x2"), nextafter, "The next number after x1 towards x2", ("math.nextafter",)),
    Row("identity", ("input",), copy, "x", domain=REAL, integers=np.positive, bools=True),
    # Rounding and signs
    Row(
        "abs",
        ("x",),
        abs,
        "|x|; gradient 0 at 0",
        ("math.abs", "abs"),
        domain=REAL,
        kinks=(0.0,),
        integers=np.abs,
        unsigned=False,
    ),
    Row(
        "sign",
        ("x",),
        sign,
        "-1, 0 or 1",
        ("math.sign", "sign"),
        domain=REAL,
        kinks=(0.0,),
        integers=np.sign,
        unsigned=False,
    ),
    Row("floor", ("x",), floor, "Rounded down", ("math.floor", "floor")),
    Row("ceil", ("x",), ceil, "Rounded up", ("math.ceil",)),
    Row(
        "round",
        ("x",),
        rint,
        "Rounded to the nearest integer, halves to the even one",
        ("math.round", "math.rint", "round"),
        integers=np.positive,
    ),
    Row("trunc", ("x",), trunc, "Rounded towards 0"),
    # Powers, exponentials and logarithms
    Row("square", ("x",), square, "x²", ("math.square", "square"), domain=REAL, integers=np.square),
    Row("sqrt", ("x",), sqrt, "Square root", ("math.sqrt", "sqrt"), domain=(POSITIVE,)),
    Row("rsqrt", ("x",), rsqrt, "1 / sqrt(x)", ("math.rsqrt",), domain=(POSITIVE,)),
    Row(
        "pow",
        ("x", "y"),
        pow_,
        "x to the power y",
        ("math.pow", "pow"),
        domain=(POSITIVE, EVERYWHERE),
        integers=np.power,
        unsigned=False,
    ),
    Row("exp", ("x",), exp, "e to the power x", ("math.exp", "exp"), domain=REAL),
    Row("expm1", ("x",), expm1, "exp(x) - 1, exact near 0", ("math.expm1",), domain=REAL),
    Row(
        "log",
        ("x",),
        log,
        "Natural logarithm",
        ("math.log",),
        {0: lambda g, y, x: call("log_grad", g, x)},
        "a cotangent of zeros stays one in higher orders",
        (POSITIVE,),
    ),
    Row(
        "log_grad",
        ("gradients", "x"),
        div,
        "g / x",
        (),
        {1: lambda g, y, a, x: -mul_no_nan(recip(x), mul_no_nan(recip(x), g * a))},
        "0 where g is, as in TensorFlow",
    ),
    Row("log1p", ("x",), log1p, "log(1 + x), exact near 0", ("math.log1p",), domain=((-0.5, 3.0),)),
    Row(
        "xlogy",
        ("x", "y"),
        lambda x, y: x * log(_where_nonzero(x, y, 1)),
        "x log(y), and 0 where x is 0",
        ("math.xlogy",),
        domain=POSITIVES,
    ),
    Row(
        "xlog1py",
        ("x", "y"),
        lambda x, y: x * log1p(_where_nonzero(x, y, 0)),
        "x log(1 + y), and 0 where x is 0",
        ("math.xlog1py",),
        domain=POSITIVES,
    ),
    Row(
        "xdivy",
        ("x", "y"),
        lambda x, y: _where_nonzero(x, x, 0) / _where_nonzero(x, y, 1),
        "x / y, and 0 where x is 0",
        ("math.xdivy",),
        domain=POSITIVES,
    ),
    # Trigonometric and hyperbolic functions and their inverses
    Row("sin", ("x",), sin, "Sine", ("math.sin", "sin"), domain=REAL),
    Row("cos", ("x",), cos, "Cosine", ("math.cos", "cos"), domain=REAL),
    Row("tan", ("x",), tan, "Tangent", ("math.tan", "tan"), domain=((-1.2, 1.2),)),
    Row("asin", ("x",), asin, "Inverse sine", ("math.asin", "asin"), domain=(UNIT,)),
    Row("acos", ("x",), acos, "Inverse cosine", ("math.acos", "acos"), domain=(UNIT,)),
    Row("atan", ("x",), atan, "Inverse tangent", ("math.atan", "atan"), domain=REAL),
    Row("atan2", ("y", "x"), atan2, "Angle of (x, y)", ("math.atan2", "atan2"), domain=(POSITIVE, EVERYWHERE)),
    Row("sinh", ("x",), sinh, "Hyperbolic sine", ("math.sinh", "sinh"), domain=REAL),
    Row("cosh", ("x",), cosh, "Hyperbolic cosine", ("math.cosh", "cosh"), domain=REAL),
    Row("tanh", ("x",), tanh, "Hyperbolic tangent", ("math.tanh", "tanh", "nn.tanh"), domain=REAL),
    Row("asinh", ("x",), asinh, "Inverse hyperbolic sine", ("math.asinh", "asinh"), domain=REAL),
    Row("acosh", ("x",), acosh, "Inverse hyperbolic cosine", ("math.acosh", "acosh"), domain=((1.4, 4.0),)),
    Row("atanh", ("x",), atanh, "Inverse hyperbolic tangent", ("math.atanh", "atanh"), domain=(UNIT,)),
    # Special functions
    Row("erf", ("x",), erf, "Error function", ("math.erf",), domain=REAL),
    Row("erfc", ("x",), erfc, "1 - erf(x)", ("math.erfc",), domain=REAL),
    Row("lgamma", ("x",), lgamma, "Logarithm of |Γ(x)|", ("math.lgamma",), domain=(POSITIVE,)),
    Row("digamma", ("x",), digamma, "Derivative of lgamma", ("math.digamma",), domain=(POSITIVE,)),
    Row(
        "polygamma",
        ("a", "x"),
        lambda a, x: apply("polygamma", a, x),
        "The a-th derivative of digamma, x > -3",
        ("math.polygamma",),
        domain=((2.0, 2.0), POSITIVE),
    ),
    Row(
        "zeta",
        ("x", "q"),
        lambda x, q: apply("zeta", x, q),
        "Hurwitz' zeta: sum of (q + k)^-x, q > -3",
        ("math.zeta",),
        domain=((2.5, 2.5), POSITIVE),
    ),
    Row("erfinv", ("x",), lambda x: apply("erfinv", x), "Inverse of erf", ("math.erfinv",), domain=(UNIT,)),
    Row("erfcinv", ("x",), lambda x: apply("erfcinv", x), "Inverse of erfc", ("math.erfcinv",), domain=((0.1, 1.9),)),
    Row(
        "ndtri",
        ("x",),
        lambda x: apply("ndtri", x),
        "Quantile of the normal distribution",
        ("math.ndtri",),
        domain=((0.1, 0.9),),
    ),
    Row(
        "bessel_i0e",
        ("x",),
        lambda x: apply("ive", 0, x),
        "exp(-|x|) I0(x)",
        ("math.bessel_i0e",),
        domain=REAL,
        kinks=(0.0,),
    ),
    Row(
        "bessel_i1e",
        ("x",),
        lambda x: apply("ive", 1, x),
        "exp(-|x|) I1(x)",
        ("math.bessel_i1e",),
        domain=REAL,
        kinks=(0.0,),
    ),
    Row(
        "bessel_i0",
        ("x",),
        lambda x: apply("iv", 0, x),
        "Modified Bessel function of order 0",
        ("math.bessel_i0",),
        domain=REAL,
    ),
    Row(
        "bessel_i1",
        ("x",),
        lambda x: apply("iv", 1, x),
        "Modified Bessel function of order 1",
        ("math.bessel_i1",),
        domain=REAL,
    ),
    # Comparisons and logic
    Row("equal", ("x", "y"), eq, "x == y", ("math.equal", "equal"), integers=np.equal, bools=True),
    Row("not_equal", ("x", "y"), ne, "x != y", ("math.not_equal", "not_equal"), integers=np.not_equal, bools=True),
    Row("less", ("x", "y"), lambda x, y: x < y, "x < y", ("math.less", "less"), integers=np.less),
    Row(
        "less_equal",
        ("x", "y"),
        lambda x, y: x <= y,
        "x <= y",
        ("math.less_equal", "less_equal"),
        integers=np.less_equal,
    ),
    Row("greater", ("x", "y"), lambda x, y: x > y, "x > y", ("math.greater", "greater"), integers=np.greater),
    Row(
        "greater_equal",
        ("x", "y"),
        lambda x, y: x >= y,
        "x >= y",
        ("math.greater_equal", "greater_equal"),
        integers=np.greater_equal,
    ),
    Row(
        "logical_and",
        ("x", "y"),
        logical_and,
        "x and y",
        ("math.logical_and", "logical_and"),
        integers=np.logical_and,
        bools=True,
    ),
    Row(
        "logical_or",
        ("x", "y"),
        logical_or,
        "x or y",
        ("math.logical_or", "logical_or"),
        integers=np.logical_or,
        bools=True,
    ),
    Row(
        "logical_xor",
        ("x", "y"),
        lambda x, y: ne(logical_not(x), logical_not(y)),
        "Either x or y",
        ("math.logical_xor",),
        kernel="LogicalOr",
        integers=np.logical_xor,
        bools=True,
    ),
    Row(
        "logical_not",
        ("x",),
        logical_not,
        "not x",
        ("math.logical_not", "logical_not"),
        integers=np.logical_not,
        bools=True,
    ),
    Row("is_nan", ("x",), is_nan, "Is x not a number?", ("math.is_nan",)),
    Row("is_inf", ("x",), is_inf, "Is x infinite?", ("math.is_inf",)),
    Row("is_finite", ("x",), is_finite, "Is x neither infinite nor NaN?", ("math.is_finite",)),
    Row(
        "select",
        ("condition", "x", "y"),
        select,
        "x where the condition holds, else y",
        kernel="SelectV2",
        integers=np.where,
        bools=True,
    ),
    # Activations
    Row("sigmoid", ("x",), sigmoid, "1 / (1 + exp(-x))", ("math.sigmoid", "sigmoid", "nn.sigmoid"), domain=REAL),
    Row(
        "log_sigmoid",
        ("x",),
        lambda x: minimum(x, 0) - log1p_decay(x),
        "log(sigmoid(x))",
        ("math.log_sigmoid",),
        {0: lambda g, y, x: call("log_sigmoid_grad", g, x)},
        "the derived rule has a kink at 0",
        REAL,
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
        "log(1 + exp(x))",
        ("math.softplus", "nn.softplus"),
        {0: lambda g, y, x: call("softplus_grad", g, x)},
        "the derived rule gives 1 at 0, where the limit is 0.5",
        REAL,
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
        "x / (1 + |x|)",
        ("nn.softsign", "math.softsign"),
        {0: lambda g, y, x: g / square(abs(x) + 1)},
        "the derived rule cancels where |x| is large",
        REAL,
        (0.0,),
    ),
    Row(
        "relu",
        ("features",),
        relu,
        "max(x, 0); gradient 0 at 0",
        ("nn.relu",),
        domain=REAL,
        kinks=(0.0,),
        integers=lambda a: np.maximum(a, 0),
    ),
    Row("relu_grad", ("gradients", "outputs"), gate, "g times 1 where y > 0, else 0"),
    Row(
        "relu6",
        ("features",),
        lambda x: minimum(maximum(x, 0), 6),
        "x between 0 and 6",
        ("nn.relu6",),
        {0: lambda g, y, x: call("relu6_grad", g, y)},
        "reads the result, and gives 0 at 0 and 6",
        REAL,
        (0.0,),
        integers=lambda a: np.clip(a, 0, 6),
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
        "x where x > 0, else alpha x",
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
        "x where x > 0, else exp(x) - 1",
        ("nn.elu",),
        {0: lambda g, y, x: g * select(y < 0, y + 1, 1)},
        "reads the result",
        REAL,
        (0.0,),
    ),
    Row(
        "selu",
        ("features",),
        lambda x: select(x < 0, expm1(x) * SELU_SCALE_ALPHA, x * SELU_SCALE),
        "elu scaled so that variances keep",
        ("nn.selu",),
        {0: lambda g, y, x: g * select(y < 0, y + SELU_SCALE_ALPHA, SELU_SCALE)},
        "reads the result",
        REAL,
        (0.0,),
    ),
    Row("gelu", ("features",), lambda x: x * 0.5 * erfc(x * -GELU_SQRT_HALF), "x Φ(x)", ("nn.gelu",), domain=REAL),
    Row("gelu_tanh", ("features",), _gelu_tanh, "gelu with approximate=True", (), domain=REAL),
    Row(
        "silu",
        ("features", "beta"),
        lambda x, beta: x * sigmoid(beta * x),
        "x sigmoid(beta x)",
        ("nn.silu", "nn.swish"),
        domain=(EVERYWHERE, POSITIVE),
    ),
    # Losses
    Row(
        "sigmoid_cross_entropy_with_logits",
        ("labels", "logits"),
        _sigmoid_cross_entropy,
        "Cross entropy of labels and sigmoid(logits)",
        ("nn.sigmoid_cross_entropy_with_logits",),
        {1: lambda g, y, labels, z: g * select(z < 0, _tail(z) - labels, 1 - labels - _tail(z))},
        "the derived rule has a kink at 0",
        ((0.0, 1.0), EVERYWHERE),
    ),
    Row(
        "weighted_cross_entropy_with_logits",
        ("labels", "logits", "pos_weight"),
        _weighted_cross_entropy,
        "The same with positive labels weighted",
        ("nn.weighted_cross_entropy_with_logits",),
        {1: lambda g, y, labels, z, weight: g * ((1 - labels) * sigmoid(z) - labels * weight * sigmoid(-z))},
        "the derived rule has a kink at 0, and cancels far out",
        ((0.1, 0.9), EVERYWHERE, POSITIVE),
    ),
    Row(
        "log_poisson_loss",
        ("targets", "log_input"),
        lambda targets, z: exp(z) - z * targets,
        "Negative log likelihood of targets but for a constant",
        ("nn.log_poisson_loss",),
        domain=(POSITIVE, EVERYWHERE),
    ),
    Row(
        "log_poisson_full_loss",
        ("targets", "log_input"),
        lambda targets, z: exp(z) - z * targets + _stirling(targets),
        "log_poisson_loss with compute_full_loss=True",
        (),
        domain=((1.1, 3.0), EVERYWHERE),
    ),
)
