"""The table of elementwise operations: one row each, its formula and derivatives that override derived ones.

A row's `value` takes one expression per operand. `derivatives` maps operand positions to rules of (g, y, *operands)
that replace what the chain rule would give, and `why` says for what reason. `domain` is an interval (low, high) per
operand inside which values and derivatives are smooth enough for central differences; `kinks` are points in it where
an operand, or the difference of two, is not. `kernel` is TensorFlow's name in messages, where it is not the row's in
CamelCase. Programs run in float32 and float64, half precision by way of float32. `integers` computes integers and bools
with NumPy, as they carry data and indices, not gradients; `bools` and `unsigned` say whether it takes those.
`complexes` says whether the formula holds of complex numbers too, where it is then a holomorphic function; `lacks` are
dtypes that TensorFlow does not take although they are of a kind that it takes.

For readers, `doc` says what the function gives, `slopes` are its derivatives by each operand as formulas of tf.math's
functions, empty where there is none, `source` is where it is defined, and `example` is a call and its result. Rows of
public functions have all that applies; tests evaluate the slopes and run the examples.
"""

# Annotations are evaluated: of text, named tuples would compile each as the module is imported.

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType
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
    tanh_grad,
    trunc,
)

EVERYWHERE = (-3.0, 3.0)
POSITIVE = (0.4, 4.0)
UNIT = (-0.9, 0.9)
REAL = (EVERYWHERE,)
HALVES = ("float16", "bfloat16")
SIGNED = ("int8", "int16", "int32", "int64")
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
    complexes: bool = False
    lacks: tuple[str, ...] = ()
    slopes: tuple[str, ...] = ()
    source: str = ""
    example: tuple[str, str] = ("", "")

    @property
    def dtypes(self) -> str:
        """What it takes, for the documentation."""
        if self.name.startswith("logical"):
            return "bool"
        kinds = [name for name in ("float32", "float64", *HALVES) if name not in self.lacks]
        kinds += ["complex"] * self.complexes + ["bool"] * self.bools
        if self.integers:
            signed = [name for name in SIGNED if name not in self.lacks]
            kinds += ["integers" if self.unsigned else "signed integers"] if len(signed) == len(SIGNED) else signed
        return ", ".join(kinds)

    @property
    def takes(self) -> tuple[DType, ...]:
        """The dtypes that it takes, logical functions bools alone."""
        return self._taken[0]

    @property
    def allowed(self) -> str:
        """What messages list as taken."""
        return self._taken[1]

    @property
    def _taken(self) -> tuple[tuple[DType, ...], str]:
        integers = self.integers is not None and not (self.bools and self.name.startswith("logical"))
        return _taken(integers, self.unsigned, self.bools, self.complexes, self.lacks)

    @property
    def docstring(self) -> str:
        """The public function's. Importing makes them all, so it joins what the row states and what rows share."""
        if not self.example[0]:
            return self.doc
        if not self.slopes:
            notes = "No gradient flows through it."
        elif len(self.slopes) == 1:
            notes = f"Derivative: {self.slopes[0]}."
        else:
            pairs = zip(self.arguments, self.slopes, strict=True)
            notes = "\n".join([f"Derivative by {operand}: {slope or 'none'}." for operand, slope in pairs])
        if self.source:
            notes += f"\nDefinition: {self.source}."
        usage = _usage(self.arguments, self.dtypes, self.doc.startswith("Whether"))
        return f"{self.doc}\n\n{notes}\n\n{usage}\n\nExample:\n  >>> {self.example[0]}\n  {self.example[1]}\n"


@functools.cache
def _taken(
    integers: bool, unsigned: bool, bools: bool, complexes: bool, lacks: tuple[str, ...]
) -> tuple[tuple[DType, ...], str]:
    """The dtypes of these kinds, and how messages list them. Importing asks of every row, and a few rows differ."""

    def has(dtype: DType) -> bool:
        if dtype.name in lacks:
            return False
        if dtype.is_bool:
            return bools
        if dtype.is_integer:
            return integers and (unsigned or not dtype.is_unsigned)
        return complexes if dtype.is_complex else True

    words = {"float32": "float", "float64": "double", "float16": "half"}
    takes = tuple([dtype for dtype in dtypes.DTYPES if has(dtype)])
    return takes, ", ".join([words.get(dtype.name, dtype.name) for dtype in takes])


@functools.cache
def _usage(arguments: tuple[str, ...], dtypes: str, says_whether: bool) -> str:
    """How a function of these operands is called, in the words of docstrings."""
    first, *others = arguments
    shape = f"the shape that {' and '.join(arguments)} broadcast to" if others else f"the shape of {first}"
    result = f"A bool tensor of {shape}" if says_whether else f"A tensor of {shape}, of the same dtype"
    operands = "".join([f"\n  {other}: the same, in the dtype of {first}." for other in others])
    alike = ", the dtypes differ, or the shapes do not broadcast" if others else ""
    return f"""Args:
  {first}: a tensor, or what converts to one, of dtype {dtypes}.{operands}
  name: not used; TensorFlow names operations by it.

Returns:
  {result}.

Raises:
  InvalidArgumentError: an operand has another dtype{alike}.
  TypeError, ValueError: an operand does not convert to a tensor."""


def _truncated_quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a - np.fmod(a, b)) // b


def _where_nonzero(x: Expr, value: Expr, otherwise: float) -> Expr:
    """`value` where x is not 0. Guarding arguments instead of results keeps derivatives of every order finite there."""
    return select(eq(x, 0), otherwise, value)


def _gelu_tanh(x: Expr) -> Expr:
    return x * 0.5 * (tanh((x + square(x) * x * GELU_CUBIC) * math.sqrt(2 / math.pi)) + 1)


def _gelu_tanh_slope(x: Expr) -> Expr:
    """As derived where tanh has not come to its end at 1; beyond, where cubes overflow, it stays what it is there."""
    x = minimum(maximum(x, -30), 30)
    t = tanh((x + square(x) * x * GELU_CUBIC) * math.sqrt(2 / math.pi))
    slope = (square(x) * (3 * GELU_CUBIC) + 1) * math.sqrt(2 / math.pi)
    return (x * tanh_grad(slope, t) + t + 1) * 0.5


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
    Row(
        "add",
        ("x", "y"),
        add,
        "Adds x and y.",
        ("math.add", "add"),
        domain=REALS,
        kernel="AddV2",
        integers=np.add,
        complexes=True,
        slopes=("1", "1"),
        example=("tf.add([1, 2, 3], 10).numpy()", "array([11, 12, 13], dtype=int32)"),
    ),
    Row(
        "subtract",
        ("x", "y"),
        sub,
        "Subtracts y from x.",
        ("math.subtract", "subtract"),
        domain=REALS,
        kernel="Sub",
        integers=np.subtract,
        complexes=True,
        slopes=("1", "-1"),
        example=("tf.subtract([1, 2, 3], 10).numpy()", "array([-9, -8, -7], dtype=int32)"),
    ),
    Row(
        "multiply",
        ("x", "y"),
        mul,
        "Multiplies x by y.",
        ("math.multiply", "multiply"),
        domain=REALS,
        kernel="Mul",
        integers=np.multiply,
        complexes=True,
        slopes=("y", "x"),
        example=("tf.multiply([1, 2, 3], 10).numpy()", "array([10, 20, 30], dtype=int32)"),
    ),
    Row(
        "divide",
        ("x", "y"),
        div,
        "Divides x by y; integers give float64.",
        ("math.divide", "math.truediv", "divide", "truediv"),
        domain=(EVERYWHERE, POSITIVE),
        kernel="RealDiv",
        complexes=True,
        slopes=("1 / y", "-x / y**2"),
        example=("tf.divide([1.0, 2.0, 3.0], 4.0).numpy()", "array([0.25, 0.5 , 0.75], dtype=float32)"),
    ),
    Row(
        "negative",
        ("x",),
        neg,
        "Negates x.",
        ("math.negative", "negative"),
        domain=REAL,
        kernel="Neg",
        integers=np.negative,
        unsigned=False,
        complexes=True,
        slopes=("-1",),
        example=("tf.negative([1, -2]).numpy()", "array([-1,  2], dtype=int32)"),
    ),
    Row(
        "floordiv",
        ("x", "y"),
        lambda x, y: floor(x / y),
        "The largest integer not above x / y.",
        ("math.floordiv",),
        kernel="FloorDiv",
        integers=np.floor_divide,
        example=("tf.math.floordiv([7, -7], 2).numpy()", "array([ 3, -4], dtype=int32)"),
    ),
    Row(
        "floormod",
        ("x", "y"),
        floor_mod,
        "The remainder x - y * floor(x / y), which has the sign of y.",
        ("math.floormod", "math.mod"),
        domain=((0.1, 0.9), (1.0, 3.0)),
        kernel="FloorMod",
        integers=np.remainder,
        slopes=("1", "-floor(x / y)"),
        example=("tf.math.floormod([7, -7], 3).numpy()", "array([1, 2], dtype=int32)"),
    ),
    Row(
        "truncatediv",
        ("x", "y"),
        lambda x, y: trunc(x / y),
        "The quotient x / y rounded towards 0.",
        ("truncatediv",),
        kernel="TruncateDiv",
        integers=_truncated_quotient,
        example=("tf.truncatediv([7, -7], 2).numpy()", "array([ 3, -3], dtype=int32)"),
    ),
    Row(
        "truncatemod",
        ("x", "y"),
        fmod,
        "The remainder of x / y rounded towards 0, which has the sign of x.",
        ("truncatemod",),
        domain=((0.1, 0.9), (1.0, 3.0)),
        kernel="TruncateMod",
        integers=np.fmod,
        unsigned=False,
        lacks=(*HALVES, "int8", "int16"),
        slopes=("1", "-truncatediv(x, y)"),
        example=("tf.truncatemod([7, -7], 3).numpy()", "array([ 1, -1], dtype=int32)"),
    ),
    Row(
        "squared_difference",
        ("x", "y"),
        lambda x, y: square(x - y),
        "The square of the difference, (x - y)**2.",
        ("math.squared_difference",),
        domain=REALS,
        integers=lambda a, b: np.square(a - b),
        unsigned=False,
        complexes=True,
        lacks=("int8", "int16"),
        slopes=("2 * (x - y)", "2 * (y - x)"),
        example=("tf.math.squared_difference([1.0, 5.0], 3.0).numpy()", "array([4., 4.], dtype=float32)"),
    ),
    Row(
        "multiply_no_nan",
        ("x", "y"),
        mul_no_nan,
        "Multiplies x by y; 0 where y is 0, even if x is infinite or NaN.",
        ("math.multiply_no_nan",),
        domain=(EVERYWHERE, POSITIVE),
        kernel="MulNoNan",
        complexes=True,
        slopes=("y", "x"),
        example=("tf.math.multiply_no_nan([2.0, np.inf], [3.0, 0.0]).numpy()", "array([6., 0.], dtype=float32)"),
    ),
    Row(
        "divide_no_nan",
        ("x", "y"),
        div_no_nan,
        "Divides x by y; 0 where y is 0.",
        ("math.divide_no_nan",),
        domain=(EVERYWHERE, POSITIVE),
        kernel="DivNoNan",
        complexes=True,
        slopes=("1 / y", "-x / y**2"),
        example=("tf.math.divide_no_nan([1.0, 1.0], [4.0, 0.0]).numpy()", "array([0.25, 0.  ], dtype=float32)"),
    ),
    Row(
        "reciprocal_no_nan",
        ("x",),
        lambda x: div_no_nan(1, x),
        "The reciprocal 1 / x; 0 where x is 0.",
        ("math.reciprocal_no_nan",),
        domain=(POSITIVE,),
        complexes=True,
        slopes=("-1 / x**2",),
        example=("tf.math.reciprocal_no_nan([4.0, 0.0]).numpy()", "array([0.25, 0.  ], dtype=float32)"),
    ),
    Row(
        "reciprocal",
        ("x",),
        recip,
        "The reciprocal 1 / x; infinite where x is 0.",
        ("math.reciprocal",),
        domain=(POSITIVE,),
        complexes=True,
        slopes=("-1 / x**2",),
        example=("tf.math.reciprocal([4.0, -0.5]).numpy()", "array([ 0.25, -2.  ], dtype=float32)"),
    ),
    Row(
        "maximum",
        ("x", "y"),
        maximum,
        "The larger of x and y; NaN where either is, and at ties x has the gradient.",
        ("math.maximum", "maximum"),
        domain=REALS,
        kinks=(0.0,),
        integers=np.maximum,
        slopes=("where(x >= y, 1, 0)", "where(x >= y, 0, 1)"),
        example=("tf.maximum([1.0, 5.0], 3.0).numpy()", "array([3., 5.], dtype=float32)"),
    ),
    Row(
        "minimum",
        ("x", "y"),
        minimum,
        "The smaller of x and y; NaN where either is, and at ties x has the gradient.",
        ("math.minimum", "minimum"),
        domain=REALS,
        kinks=(0.0,),
        integers=np.minimum,
        slopes=("where(x <= y, 1, 0)", "where(x <= y, 0, 1)"),
        example=("tf.minimum([1.0, 5.0], 3.0).numpy()", "array([1., 3.], dtype=float32)"),
    ),
    Row(
        "clip_by_value",
        ("t", "clip_value_min", "clip_value_max"),
        lambda t, low, high: maximum(minimum(t, high), low),
        "t limited to the interval from clip_value_min to clip_value_max.",
        ("clip_by_value",),
        domain=(EVERYWHERE, (-2.0, -1.0), (1.0, 2.0)),
        kinks=(0.0,),
        integers=lambda a, low, high: np.maximum(np.minimum(a, high), low),
    ),
    Row(
        "nextafter",
        ("x1", "x2"),
        nextafter,
        "The next number that its dtype holds after x1 in the direction of x2.",
        ("math.nextafter",),
        lacks=HALVES,
        slopes=("1", "0"),
        example=("tf.math.nextafter(tf.constant(1.0, tf.float64), 2.0).numpy() - 1 == 2.0**-52", "np.True_"),
    ),
    Row("identity", ("input",), copy, "x", domain=REAL, integers=np.positive, bools=True, complexes=True),
    # Rounding and signs
    Row(
        "abs",
        ("x",),
        abs,
        "The absolute value of x; its gradient is 0 at 0.",
        ("math.abs", "abs"),
        domain=REAL,
        kinks=(0.0,),
        integers=np.abs,
        unsigned=False,
        complexes=True,
        slopes=("sign(x)",),
        example=("tf.abs([-1.5, 2.0]).numpy()", "array([1.5, 2. ], dtype=float32)"),
    ),
    Row(
        "sign",
        ("x",),
        sign,
        "The sign of x: -1, 0 or 1, and NaN where x is; its gradient is 0.",
        ("math.sign", "sign"),
        domain=REAL,
        kinks=(0.0,),
        integers=np.sign,
        unsigned=False,
        complexes=True,
        slopes=("0",),
        example=("tf.sign([-2.5, 0.0, 7.0]).numpy()", "array([-1.,  0.,  1.], dtype=float32)"),
    ),
    Row(
        "floor",
        ("x",),
        floor,
        "The largest integer not above x, as a floating-point number.",
        ("math.floor", "floor"),
        example=("tf.floor([1.7, -1.2]).numpy()", "array([ 1., -2.], dtype=float32)"),
    ),
    Row(
        "ceil",
        ("x",),
        ceil,
        "The smallest integer not below x, as a floating-point number.",
        ("math.ceil",),
        example=("tf.math.ceil([1.2, -1.7]).numpy()", "array([ 2., -1.], dtype=float32)"),
    ),
    Row(
        "round",
        ("x",),
        rint,
        "The nearest integer to x; halves go to the even one.",
        ("math.round", "math.rint", "round"),
        integers=np.positive,
        example=("tf.round([0.5, 1.5, 2.6]).numpy()", "array([0., 2., 3.], dtype=float32)"),
    ),
    Row("trunc", ("x",), trunc, "Rounded towards 0"),
    # Powers, exponentials and logarithms
    Row(
        "square",
        ("x",),
        square,
        "The square of x.",
        ("math.square", "square"),
        domain=REAL,
        integers=np.square,
        complexes=True,
        slopes=("2 * x",),
        example=("tf.square([1, -2, 3]).numpy()", "array([1, 4, 9], dtype=int32)"),
    ),
    Row(
        "sqrt",
        ("x",),
        sqrt,
        "The square root of x; NaN where x is negative.",
        ("math.sqrt", "sqrt"),
        domain=(POSITIVE,),
        complexes=True,
        slopes=("1 / (2 * sqrt(x))",),
        example=("tf.sqrt([0.25, 4.0]).numpy()", "array([0.5, 2. ], dtype=float32)"),
    ),
    Row(
        "rsqrt",
        ("x",),
        rsqrt,
        "The reciprocal square root, 1 / sqrt(x); infinite at 0 and NaN where x is negative.",
        ("math.rsqrt",),
        domain=(POSITIVE,),
        complexes=True,
        slopes=("-1 / (2 * x * sqrt(x))",),
        example=("tf.math.rsqrt([0.25, 4.0]).numpy()", "array([2. , 0.5], dtype=float32)"),
    ),
    Row(
        "pow",
        ("x", "y"),
        pow_,
        "x to the power y; NaN where x is negative and y no integer.",
        ("math.pow", "pow"),
        domain=(POSITIVE, EVERYWHERE),
        integers=np.power,
        unsigned=False,
        complexes=True,
        slopes=("y * x**(y - 1)", "x**y * log(x)"),
        example=("tf.pow([2, 3], [3, 2]).numpy()", "array([8, 9], dtype=int32)"),
    ),
    Row(
        "exp",
        ("x",),
        exp,
        "The exponential function, e to the power x.",
        ("math.exp", "exp"),
        domain=REAL,
        complexes=True,
        slopes=("exp(x)",),
        source="DLMF 4.2.19",
        example=("tf.exp([0.0, 1.0]).numpy().round(4)", "array([1.    , 2.7183], dtype=float32)"),
    ),
    Row(
        "expm1",
        ("x",),
        expm1,
        "exp(x) - 1, without the rounding error of that difference near 0.",
        ("math.expm1",),
        domain=REAL,
        complexes=True,
        slopes=("exp(x)",),
        example=("tf.math.expm1([0.0, 1.0]).numpy().round(4)", "array([0.    , 1.7183], dtype=float32)"),
    ),
    Row(
        "log",
        ("x",),
        log,
        "The natural logarithm of x; -inf at 0 and NaN where x is negative.",
        ("math.log",),
        {0: lambda g, y, x: call("log_grad", g, x)},
        "a cotangent of zeros stays one in higher orders",
        (POSITIVE,),
        complexes=True,
        slopes=("1 / x",),
        source="DLMF 4.2.2",
        example=("tf.math.log([1.0, 10.0]).numpy().round(4)", "array([0.    , 2.3026], dtype=float32)"),
    ),
    Row(
        "log_grad",
        ("gradients", "x"),
        div,
        "g / x",
        (),
        {1: lambda g, y, a, x: -mul_no_nan(recip(x), mul_no_nan(recip(x), g * a))},
        "0 where g is, as in TensorFlow",
        complexes=True,
    ),
    Row(
        "log1p",
        ("x",),
        log1p,
        "log(1 + x), without the rounding error of that sum near 0; NaN where x is below -1.",
        ("math.log1p",),
        domain=((-0.5, 3.0),),
        complexes=True,
        slopes=("1 / (1 + x)",),
        example=("tf.math.log1p([0.0, 1.0]).numpy().round(4)", "array([0.    , 0.6931], dtype=float32)"),
    ),
    Row(
        "xlogy",
        ("x", "y"),
        lambda x, y: x * log(_where_nonzero(x, y, 1)),
        "x * log(y); 0 where x is 0, whatever y is.",
        ("math.xlogy",),
        domain=POSITIVES,
        complexes=True,
        slopes=("log(y)", "x / y"),
        example=("tf.math.xlogy([0.0, 2.0], [0.0, 3.0]).numpy().round(4)", "array([0.    , 2.1972], dtype=float32)"),
    ),
    Row(
        "xlog1py",
        ("x", "y"),
        lambda x, y: x * log1p(_where_nonzero(x, y, 0)),
        "x * log(1 + y); 0 where x is 0, whatever y is.",
        ("math.xlog1py",),
        domain=POSITIVES,
        complexes=True,
        slopes=("log1p(y)", "x / (1 + y)"),
        example=("tf.math.xlog1py([0.0, 2.0], [-1.0, 3.0]).numpy().round(4)", "array([0.    , 2.7726], dtype=float32)"),
    ),
    Row(
        "xdivy",
        ("x", "y"),
        lambda x, y: _where_nonzero(x, x, 0) / _where_nonzero(x, y, 1),
        "x / y; 0 where x is 0, whatever y is.",
        ("math.xdivy",),
        domain=POSITIVES,
        complexes=True,
        slopes=("1 / y", "-x / y**2"),
        example=("tf.math.xdivy([0.0, 1.0], [0.0, 4.0]).numpy()", "array([0.  , 0.25], dtype=float32)"),
    ),
    # Trigonometric and hyperbolic functions and their inverses
    Row(
        "sin",
        ("x",),
        sin,
        "The sine of x, an angle in radians.",
        ("math.sin", "sin"),
        domain=REAL,
        complexes=True,
        slopes=("cos(x)",),
        source="DLMF 4.14.1",
        example=("tf.sin([0.0, 0.5, 1.0]).numpy().round(4)", "array([0.    , 0.4794, 0.8415], dtype=float32)"),
    ),
    Row(
        "cos",
        ("x",),
        cos,
        "The cosine of x, an angle in radians.",
        ("math.cos", "cos"),
        domain=REAL,
        complexes=True,
        slopes=("-sin(x)",),
        source="DLMF 4.14.2",
        example=("tf.cos([0.0, 0.5, 1.0]).numpy().round(4)", "array([1.    , 0.8776, 0.5403], dtype=float32)"),
    ),
    Row(
        "tan",
        ("x",),
        tan,
        "The tangent of x, an angle in radians.",
        ("math.tan", "tan"),
        domain=((-1.2, 1.2),),
        complexes=True,
        slopes=("1 + tan(x)**2",),
        source="DLMF 4.14.4",
        example=("tf.tan([0.0, 0.5, 1.0]).numpy().round(4)", "array([0.    , 0.5463, 1.5574], dtype=float32)"),
    ),
    Row(
        "asin",
        ("x",),
        asin,
        "The angle in radians, between -π/2 and π/2, whose sine is x; NaN where |x| > 1.",
        ("math.asin", "asin"),
        domain=(UNIT,),
        complexes=True,
        slopes=("1 / sqrt(1 - x**2)",),
        source="DLMF 4.23.1",
        example=("tf.asin([0.0, 0.5, 1.0]).numpy().round(4)", "array([0.    , 0.5236, 1.5708], dtype=float32)"),
    ),
    Row(
        "acos",
        ("x",),
        acos,
        "The angle in radians, between 0 and π, whose cosine is x; NaN where |x| > 1.",
        ("math.acos", "acos"),
        domain=(UNIT,),
        complexes=True,
        slopes=("-1 / sqrt(1 - x**2)",),
        source="DLMF 4.23.2",
        example=("tf.acos([0.0, 0.5, 1.0]).numpy().round(4)", "array([1.5708, 1.0472, 0.    ], dtype=float32)"),
    ),
    Row(
        "atan",
        ("x",),
        atan,
        "The angle in radians, between -π/2 and π/2, whose tangent is x.",
        ("math.atan", "atan"),
        domain=REAL,
        complexes=True,
        slopes=("1 / (1 + x**2)",),
        source="DLMF 4.23.3",
        example=("tf.atan([0.0, 0.5, 1.0]).numpy().round(4)", "array([0.    , 0.4636, 0.7854], dtype=float32)"),
    ),
    Row(
        "atan2",
        ("y", "x"),
        atan2,
        "The angle in radians, between -π and π, from the positive x axis to the point (x, y).",
        ("math.atan2", "atan2"),
        domain=(POSITIVE, EVERYWHERE),
        slopes=("x / (x**2 + y**2)", "-y / (x**2 + y**2)"),
        example=(
            "tf.atan2([0.0, 1.0, 1.0], [1.0, 1.0, 0.0]).numpy().round(4)",
            "array([0.    , 0.7854, 1.5708], dtype=float32)",
        ),
    ),
    Row(
        "sinh",
        ("x",),
        sinh,
        "The hyperbolic sine of x.",
        ("math.sinh", "sinh"),
        domain=REAL,
        complexes=True,
        slopes=("cosh(x)",),
        source="DLMF 4.28.1",
        example=("tf.sinh([0.0, 0.5, 1.0]).numpy().round(4)", "array([0.    , 0.5211, 1.1752], dtype=float32)"),
    ),
    Row(
        "cosh",
        ("x",),
        cosh,
        "The hyperbolic cosine of x.",
        ("math.cosh", "cosh"),
        domain=REAL,
        complexes=True,
        slopes=("sinh(x)",),
        source="DLMF 4.28.2",
        example=("tf.cosh([0.0, 0.5, 1.0]).numpy().round(4)", "array([1.    , 1.1276, 1.5431], dtype=float32)"),
    ),
    Row(
        "tanh",
        ("x",),
        tanh,
        "The hyperbolic tangent of x, between -1 and 1.",
        ("math.tanh", "tanh", "nn.tanh"),
        domain=REAL,
        complexes=True,
        slopes=("1 - tanh(x)**2",),
        source="DLMF 4.28.4",
        example=("tf.tanh([0.0, 0.5, 1.0]).numpy().round(4)", "array([0.    , 0.4621, 0.7616], dtype=float32)"),
    ),
    Row(
        "asinh",
        ("x",),
        asinh,
        "The number whose hyperbolic sine is x.",
        ("math.asinh", "asinh"),
        domain=REAL,
        complexes=True,
        slopes=("1 / sqrt(1 + x**2)",),
        source="DLMF 4.37.1",
        example=("tf.asinh([0.0, 0.5, 1.0]).numpy().round(4)", "array([0.    , 0.4812, 0.8814], dtype=float32)"),
    ),
    Row(
        "acosh",
        ("x",),
        acosh,
        "The number, not negative, whose hyperbolic cosine is x; NaN where x is below 1.",
        ("math.acosh", "acosh"),
        domain=((1.4, 4.0),),
        complexes=True,
        slopes=("1 / sqrt(x**2 - 1)",),
        source="DLMF 4.37.2",
        example=("tf.acosh([1.0, 1.5, 2.0]).numpy().round(4)", "array([0.    , 0.9624, 1.317 ], dtype=float32)"),
    ),
    Row(
        "atanh",
        ("x",),
        atanh,
        "The number whose hyperbolic tangent is x; infinite where |x| is 1 and NaN where it is more.",
        ("math.atanh", "atanh"),
        domain=(UNIT,),
        complexes=True,
        slopes=("1 / (1 - x**2)",),
        source="DLMF 4.37.3",
        example=("tf.atanh([0.0, 0.5, -0.5]).numpy().round(4)", "array([ 0.    ,  0.5493, -0.5493], dtype=float32)"),
    ),
    # Special functions
    Row(
        "erf",
        ("x",),
        erf,
        "The error function, 2 / sqrt(π) times the integral of exp(-t**2) from 0 to x.",
        ("math.erf",),
        domain=REAL,
        slopes=("2 * exp(-x**2) / pi**0.5",),
        source="DLMF 7.2.1",
        example=("tf.math.erf([0.0, 0.5, 1.0]).numpy().round(4)", "array([0.    , 0.5205, 0.8427], dtype=float32)"),
    ),
    Row(
        "erfc",
        ("x",),
        erfc,
        "The complementary error function, 1 - erf(x), without that difference's rounding error.",
        ("math.erfc",),
        domain=REAL,
        slopes=("-2 * exp(-x**2) / pi**0.5",),
        source="DLMF 7.2.2",
        example=("tf.math.erfc([0.0, 0.5, 1.0]).numpy().round(4)", "array([1.    , 0.4795, 0.1573], dtype=float32)"),
    ),
    Row(
        "lgamma",
        ("x",),
        lgamma,
        "The natural logarithm of |Γ(x)|; infinite at 0 and the negative integers.",
        ("math.lgamma",),
        domain=(POSITIVE,),
        lacks=("bfloat16",),
        slopes=("digamma(x)",),
        source="DLMF 5.2.1",
        example=("tf.math.lgamma([1.0, 3.0, 5.5]).numpy().round(4)", "array([0.    , 0.6931, 3.9578], dtype=float32)"),
    ),
    Row(
        "digamma",
        ("x",),
        digamma,
        "The digamma function ψ(x) = Γ'(x) / Γ(x); NaN at the negative integers.",
        ("math.digamma",),
        domain=(POSITIVE,),
        lacks=("bfloat16",),
        slopes=("polygamma(1, x)",),
        source="DLMF 5.2.2",
        example=(
            "tf.math.digamma([0.5, 1.0, 2.0]).numpy().round(4)",
            "array([-1.9635, -0.5772,  0.4228], dtype=float32)",
        ),
    ),
    Row(
        "polygamma",
        ("a", "x"),
        lambda a, x: apply("polygamma", a, x),
        "The derivative of order a of the digamma function at x, for integers a ≥ 0 and x > -3.",
        ("math.polygamma",),
        domain=((2.0, 2.0), POSITIVE),
        lacks=HALVES,
        slopes=("", "polygamma(a + 1, x)"),
        source="DLMF 5.15.1",
        example=("tf.math.polygamma(1.0, [0.5, 1.0]).numpy().round(4)", "array([4.9348, 1.6449], dtype=float32)"),
    ),
    Row(
        "zeta",
        ("x", "q"),
        lambda x, q: apply("zeta", x, q),
        "Hurwitz' zeta function, the sum of 1 / (k + q)**x over k = 0, 1, ..., for x > 1 and q > -3.",
        ("math.zeta",),
        domain=((2.5, 2.5), POSITIVE),
        lacks=HALVES,
        slopes=("", "-x * zeta(x + 1, q)"),
        source="DLMF 25.11.1",
        example=("tf.math.zeta([2.0, 4.0], 1.0).numpy().round(4)", "array([1.6449, 1.0823], dtype=float32)"),
    ),
    Row(
        "erfinv",
        ("x",),
        lambda x: apply("erfinv", x),
        "The number whose error function is x; infinite where |x| is 1 and NaN where it is more.",
        ("math.erfinv",),
        domain=(UNIT,),
        lacks=HALVES,
        slopes=("pi**0.5 / 2 * exp(erfinv(x)**2)",),
        source="DLMF 7.17.1",
        example=("tf.math.erfinv([0.0, 0.5]).numpy().round(4)", "array([0.    , 0.4769], dtype=float32)"),
    ),
    Row(
        "erfcinv",
        ("x",),
        lambda x: apply("erfcinv", x),
        "The number whose complementary error function is x; NaN where x is below 0 or above 2.",
        ("math.erfcinv",),
        domain=((0.1, 1.9),),
        lacks=HALVES,
        slopes=("-pi**0.5 / 2 * exp(erfcinv(x)**2)",),
        source="DLMF 7.17.1",
        example=("tf.math.erfcinv([0.5, 1.0]).numpy().round(4)", "array([0.4769, 0.    ], dtype=float32)"),
    ),
    Row(
        "ndtri",
        ("x",),
        lambda x: apply("ndtri", x),
        "The quantile of the standard normal distribution: the number below which it has probability x.",
        ("math.ndtri",),
        domain=((0.1, 0.9),),
        lacks=HALVES,
        slopes=("(2 * pi)**0.5 * exp(ndtri(x)**2 / 2)",),
        example=("tf.math.ndtri([0.025, 0.975]).numpy().round(4)", "array([-1.96,  1.96], dtype=float32)"),
    ),
    Row(
        "bessel_i0e",
        ("x",),
        lambda x: apply("ive", 0, x),
        "The modified Bessel function of order 0, scaled: exp(-|x|) * I0(x).",
        ("math.bessel_i0e",),
        domain=REAL,
        kinks=(0.0,),
        lacks=("bfloat16",),
        slopes=("bessel_i1e(x) - sign(x) * bessel_i0e(x)",),
        source="DLMF 10.25.2",
        example=("tf.math.bessel_i0e([0.0, 1.0]).numpy().round(4)", "array([1.    , 0.4658], dtype=float32)"),
    ),
    Row(
        "bessel_i1e",
        ("x",),
        lambda x: apply("ive", 1, x),
        "The modified Bessel function of order 1, scaled: exp(-|x|) * I1(x).",
        ("math.bessel_i1e",),
        domain=REAL,
        kinks=(0.0,),
        lacks=("bfloat16",),
        slopes=("bessel_i0e(x) - (sign(x) + 1 / x) * bessel_i1e(x)",),
        source="DLMF 10.25.2",
        example=("tf.math.bessel_i1e([0.0, 1.0]).numpy().round(4)", "array([0.    , 0.2079], dtype=float32)"),
    ),
    Row(
        "bessel_i0",
        ("x",),
        lambda x: apply("iv", 0, x),
        "The modified Bessel function of the first kind of order 0.",
        ("math.bessel_i0",),
        domain=REAL,
        lacks=("bfloat16",),
        slopes=("bessel_i1(x)",),
        source="DLMF 10.25.2",
        example=("tf.math.bessel_i0([0.0, 1.0]).numpy().round(4)", "array([1.    , 1.2661], dtype=float32)"),
    ),
    Row(
        "bessel_i1",
        ("x",),
        lambda x: apply("iv", 1, x),
        "The modified Bessel function of the first kind of order 1.",
        ("math.bessel_i1",),
        domain=REAL,
        lacks=("bfloat16",),
        slopes=("bessel_i0(x) - bessel_i1(x) / x",),
        source="DLMF 10.25.2",
        example=("tf.math.bessel_i1([0.0, 1.0]).numpy().round(4)", "array([0.    , 0.5652], dtype=float32)"),
    ),
    # Comparisons and logic
    Row(
        "equal",
        ("x", "y"),
        eq,
        "Whether x == y.",
        ("math.equal", "equal"),
        integers=np.equal,
        bools=True,
        complexes=True,
        example=("tf.equal([1, 2, 3], 2).numpy()", "array([False,  True, False])"),
    ),
    Row(
        "not_equal",
        ("x", "y"),
        ne,
        "Whether x != y.",
        ("math.not_equal", "not_equal"),
        integers=np.not_equal,
        bools=True,
        complexes=True,
        example=("tf.not_equal([1, 2, 3], 2).numpy()", "array([ True, False,  True])"),
    ),
    Row(
        "less",
        ("x", "y"),
        lambda x, y: x < y,
        "Whether x < y.",
        ("math.less", "less"),
        integers=np.less,
        example=("tf.less([1, 2, 3], 2).numpy()", "array([ True, False, False])"),
    ),
    Row(
        "less_equal",
        ("x", "y"),
        lambda x, y: x <= y,
        "Whether x <= y.",
        ("math.less_equal", "less_equal"),
        integers=np.less_equal,
        example=("tf.less_equal([1, 2, 3], 2).numpy()", "array([ True,  True, False])"),
    ),
    Row(
        "greater",
        ("x", "y"),
        lambda x, y: x > y,
        "Whether x > y.",
        ("math.greater", "greater"),
        integers=np.greater,
        example=("tf.greater([1, 2, 3], 2).numpy()", "array([False, False,  True])"),
    ),
    Row(
        "greater_equal",
        ("x", "y"),
        lambda x, y: x >= y,
        "Whether x >= y.",
        ("math.greater_equal", "greater_equal"),
        integers=np.greater_equal,
        example=("tf.greater_equal([1, 2, 3], 2).numpy()", "array([False,  True,  True])"),
    ),
    Row(
        "logical_and",
        ("x", "y"),
        logical_and,
        "Whether x and y both hold.",
        ("math.logical_and", "logical_and"),
        integers=np.logical_and,
        bools=True,
        example=("tf.logical_and([True, True], [True, False]).numpy()", "array([ True, False])"),
    ),
    Row(
        "logical_or",
        ("x", "y"),
        logical_or,
        "Whether x, y or both hold.",
        ("math.logical_or", "logical_or"),
        integers=np.logical_or,
        bools=True,
        example=("tf.logical_or([True, False], [False, False]).numpy()", "array([ True, False])"),
    ),
    Row(
        "logical_xor",
        ("x", "y"),
        lambda x, y: ne(logical_not(x), logical_not(y)),
        "Whether exactly one of x and y holds.",
        ("math.logical_xor",),
        kernel="LogicalOr",
        integers=np.logical_xor,
        bools=True,
        example=("tf.math.logical_xor([True, True], [True, False]).numpy()", "array([False,  True])"),
    ),
    Row(
        "logical_not",
        ("x",),
        logical_not,
        "Whether x does not hold.",
        ("math.logical_not", "logical_not"),
        integers=np.logical_not,
        bools=True,
        example=("tf.logical_not([True, False]).numpy()", "array([False,  True])"),
    ),
    Row(
        "is_nan",
        ("x",),
        is_nan,
        "Whether x is NaN.",
        ("math.is_nan",),
        example=("tf.math.is_nan([1.0, np.nan, np.inf]).numpy()", "array([False,  True, False])"),
    ),
    Row(
        "is_inf",
        ("x",),
        is_inf,
        "Whether x is infinite, of either sign.",
        ("math.is_inf",),
        example=("tf.math.is_inf([1.0, np.nan, -np.inf]).numpy()", "array([False, False,  True])"),
    ),
    Row(
        "is_finite",
        ("x",),
        is_finite,
        "Whether x is neither infinite nor NaN.",
        ("math.is_finite",),
        example=("tf.math.is_finite([1.0, np.nan, np.inf]).numpy()", "array([ True, False, False])"),
    ),
    Row(
        "select",
        ("condition", "x", "y"),
        select,
        "x where the condition holds, else y",
        kernel="SelectV2",
        integers=np.where,
        bools=True,
        complexes=True,
    ),
    # Activations
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
        "The features where they are positive, else alpha times them.",
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
    # Losses
    Row(
        "sigmoid_cross_entropy_with_logits",
        ("labels", "logits"),
        _sigmoid_cross_entropy,
        "Cross entropy of labels and sigmoid(logits).",
        ("nn.sigmoid_cross_entropy_with_logits",),
        {1: lambda g, y, labels, z: g * select(z < 0, _tail(z) - labels, 1 - labels - _tail(z))},
        "the derived rule has a kink at 0",
        ((0.0, 1.0), EVERYWHERE),
    ),
    Row(
        "weighted_cross_entropy_with_logits",
        ("labels", "logits", "pos_weight"),
        _weighted_cross_entropy,
        "Cross entropy of labels and sigmoid(logits), positive labels weighted.",
        ("nn.weighted_cross_entropy_with_logits",),
        {1: lambda g, y, labels, z, weight: g * ((1 - labels) * sigmoid(z) - labels * weight * sigmoid(-z))},
        "the derived rule has a kink at 0, and cancels far out",
        ((0.1, 0.9), EVERYWHERE, POSITIVE),
    ),
    Row(
        "log_poisson_loss",
        ("targets", "log_input"),
        lambda targets, z: exp(z) - z * targets,
        "Negative log likelihood of Poisson distributed targets, but for a constant.",
        ("nn.log_poisson_loss",),
        domain=(POSITIVE, EVERYWHERE),
        complexes=True,
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
