"""The table of elementwise operations: one row each, its formula and, where needed, derivatives that override derived ones.

A row's `value` takes one expression per operand. `derivatives` maps operand positions to rules of (g, y, *operands) that
replace what the chain rule would give; `why` says for what reason. `domain` is an interval (low, high) per operand inside
which values and derivatives are finite and smooth enough for central differences; `kinks` are points in it where they are not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gradtape.expressions import (
    ZERO,
    Call,
    Expr,
    acos,
    acosh,
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
    is_finite,
    is_inf,
    is_nan,
    lgamma,
    log,
    log1p,
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


class Row(NamedTuple):
    """One elementwise operation."""

    name: str
    arguments: tuple[str, ...]
    value: Callable[..., Expr]
    doc: str
    tensorflow: tuple[str, ...] = ()
    derivatives: dict[int, Callable[..., Expr | Call | None]] = {}  # noqa: RUF012
    why: str = ""
    domain: tuple[tuple[float, float], ...] = ()
    kinks: tuple[float, ...] = ()


ROWS = (
    Row("squared_difference", ("x", "y"), lambda x, y: square(x - y), "(x - y)²", ("math.squared_difference",), domain=(EVERYWHERE, EVERYWHERE)),
    Row("add", ("x", "y"), lambda x, y: x + y, "x + y", ("math.add",), domain=(EVERYWHERE, EVERYWHERE)),
    Row("subtract", ("x", "y"), lambda x, y: x - y, "x - y", ("math.subtract",), domain=(EVERYWHERE, EVERYWHERE)),
    Row("multiply", ("x", "y"), lambda x, y: x * y, "x y", ("math.multiply",), domain=(EVERYWHERE, EVERYWHERE)),
    Row("divide", ("x", "y"), lambda x, y: x / y, "x / y", ("math.divide",), domain=(EVERYWHERE, POSITIVE)),
    Row("negative", ("x",), neg, "-x", ("math.negative",), domain=(EVERYWHERE,)),
    Row("abs", ("x",), abs, "|x|", ("math.abs",), domain=(EVERYWHERE,), kinks=(0.0,)),
    Row("sign", ("x",), sign, "-1, 0 or 1", ("math.sign",)),
    Row("exp", ("x",), exp, "e to the x", ("math.exp",), domain=(EVERYWHERE,)),
    Row("log", ("x",), log, "natural logarithm", ("math.log",), domain=(POSITIVE,)),
    Row("sqrt", ("x",), sqrt, "square root", ("math.sqrt",), domain=(POSITIVE,)),
    Row("square", ("x",), square, "x²", ("math.square",), domain=(EVERYWHERE,)),
    Row("sin", ("x",), sin, "sine", ("math.sin",), domain=(EVERYWHERE,)),
    Row("cos", ("x",), cos, "cosine", ("math.cos",), domain=(EVERYWHERE,)),
    Row("reciprocal", ("x",), recip, "1 / x", ("math.reciprocal",), domain=(POSITIVE,)),
    Row("copy", ("x",), copy, "x", domain=(EVERYWHERE,)),
    Row("pow", ("x", "y"), pow_, "x to the y", ("math.pow",), domain=(POSITIVE, EVERYWHERE)),
    Row("tanh", ("x",), tanh, "hyperbolic tangent", ("math.tanh",), domain=(EVERYWHERE,)),
    Row("sigmoid", ("x",), sigmoid, "1 / (1 + exp(-x))", ("math.sigmoid",), domain=(EVERYWHERE,)),
    Row(
        "relu", ("features",), lambda x: maximum(x, 0), "max(x, 0)", ("nn.relu",),
        {0: lambda g, y, x: call("relu_grad", g, y)}, "reads the result and gives 0 at 0", (EVERYWHERE,), (0.0,),
    ),
    Row(
        "relu_grad", ("gradients", "outputs"), lambda g, y: select(y > 0, g, 0), "g where y > 0, else 0", (),
        {1: lambda g, y, a, b: ZERO}, "zeros, not None, as TensorFlow",
    ),
    Row("maximum", ("x", "y"), maximum, "the larger", ("math.maximum",), domain=(EVERYWHERE, EVERYWHERE), kinks=(0.0,)),
    Row("minimum", ("x", "y"), minimum, "the smaller", ("math.minimum",), domain=(EVERYWHERE, EVERYWHERE), kinks=(0.0,)),
    Row("equal", ("x", "y"), eq, "x == y", ("math.equal",)),
    Row("not_equal", ("x", "y"), ne, "x != y", ("math.not_equal",)),
    Row("less", ("x", "y"), lambda x, y: x < y, "x < y", ("math.less",)),
    Row("less_equal", ("x", "y"), lambda x, y: x <= y, "x <= y", ("math.less_equal",)),
    Row("greater", ("x", "y"), lambda x, y: x > y, "x > y", ("math.greater",)),
    Row("greater_equal", ("x", "y"), lambda x, y: x >= y, "x >= y", ("math.greater_equal",)),
    Row("logical_and", ("x", "y"), logical_and, "x and y", ("math.logical_and",)),
    Row("logical_or", ("x", "y"), logical_or, "x or y", ("math.logical_or",)),
    Row("atan2", ("y", "x"), atan2, "", ("math.atan2",)),
    Row("select", ("condition", "x", "y"), select, "x where the condition holds, else y", ("where",)),
    Row(
        "softplus", ("features",), lambda x: maximum(x, 0) + log1p(exp(-abs(x))), "log(1 + exp(x))", ("math.softplus",),
        {0: lambda g, y, x: g * sigmoid(x)}, "the derived rule gives 1 at 0, the limit is 0.5", (EVERYWHERE,),
    ),
)
