"""NumPy's elementwise functions: one row each, with the promotion of operands and the computation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, tensor_from, view
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import as_dtype
from gradtape._src.numpy.documented import SHAPES, documented
from gradtape._src.numpy.promotion import alike, floating
from gradtape._src.ops import bitwise
from gradtape._src.ops.elementwise import FUNCTIONS

BOOL = as_dtype("bool")


class _Row(NamedTuple):
    """A function of one or two operands.

    Attributes:
      name: NumPy's.
      promoted: converts the operands to tensors.
      compute: computes the result from these.
      doc: a sentence.
      at: the operands of the example.
      result: its output.
    """

    name: str
    promoted: Callable[..., tuple[Tensor, ...]]
    compute: Callable[..., Tensor]
    doc: str
    at: str
    result: str


def _logical(*values: Any) -> tuple[Tensor, ...]:
    return tuple(apply_cast(tensor, BOOL) if tensor.dtype != BOOL else tensor for tensor in alike(*values))


def _numbers(*values: Any) -> tuple[Tensor, ...]:
    """Converts operands to tensors; bools become int32, as arithmetic is not defined for bools."""
    tensors = alike(*values)
    return tuple(apply_cast(tensor, as_dtype("int32")) for tensor in tensors) if tensors[0].dtype == BOOL else tensors


def _kept(name: str) -> Callable[..., Tensor]:
    """A function that returns integers unchanged."""
    return lambda x: FUNCTIONS[name](x) if x.dtype.is_floating else x


def _by(name: str) -> Callable[..., Tensor]:
    return FUNCTIONS[name]


def _with_bools(name: str, of_bools: str) -> Callable[..., Tensor]:
    """A function with a separate definition for bools."""
    return lambda x, y: FUNCTIONS[of_bools if x.dtype == BOOL else name](x, y)


def _computed(function: Callable[..., Any]) -> Callable[..., Tensor]:
    """A function computed by NumPy for integers and bools."""
    return lambda *operands: tensor_from(np.asarray(function(*map(view, operands))), operands[0].dtype)


def _bits(of_bools: str, of_integers: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda *operands: FUNCTIONS[of_bools](*operands) if operands[0].dtype == BOOL else of_integers(*operands)


def _cbrt(x: Tensor) -> Tensor:
    return FUNCTIONS["sign"](x) * FUNCTIONS["pow"](FUNCTIONS["abs"](x), 1 / 3)


def _logaddexp(x: Tensor, y: Tensor) -> Tensor:
    return FUNCTIONS["maximum"](x, y) + FUNCTIONS["log1p"](FUNCTIONS["exp"](-FUNCTIONS["abs"](x - y)))


def _hypot(x: Tensor, y: Tensor) -> Tensor:
    """Avoids overflow of the squares."""
    larger = FUNCTIONS["maximum"](FUNCTIONS["abs"](x), FUNCTIONS["abs"](y))
    scale = _chosen(larger > 0, larger, 1.0)
    return scale * FUNCTIONS["sqrt"]((x / scale) ** 2 + (y / scale) ** 2)


def _sinc(x: Tensor) -> Tensor:
    angle = _chosen(FUNCTIONS["equal"](x, 0), 1.0, x) * math.pi
    return _chosen(FUNCTIONS["equal"](x, 0), 1.0, FUNCTIONS["sin"](angle) / angle)


def _chosen(condition: Any, x: Any, y: Any) -> Tensor:
    return apply_elementwise("select", condition, x, y)


def _heaviside(x: Tensor, y: Tensor) -> Tensor:
    return _chosen(x < 0, 0.0, _chosen(x > 0, 1.0, _chosen(FUNCTIONS["equal"](x, 0), y, x)))


def _truncated(x: Tensor) -> Tensor:
    return _chosen(x < 0, FUNCTIONS["ceil"](x), FUNCTIONS["floor"](x)) if x.dtype.is_floating else x


def _reciprocal(x: Tensor) -> Tensor:
    return _computed(np.reciprocal)(x) if x.dtype.is_integer else 1.0 / x


def _signed(name: str, of_unsigned: Callable[..., Any]) -> Callable[..., Tensor]:
    """A function that TensorFlow does not define for unsigned integers."""
    return lambda *operands: (_computed(of_unsigned) if operands[0].dtype.is_unsigned else FUNCTIONS[name])(*operands)


def _abs(x: Tensor) -> Tensor:
    return x if x.dtype.is_bool or x.dtype.is_unsigned else FUNCTIONS["abs"](x)


def _logaddexp2(x: Tensor, y: Tensor) -> Tensor:
    return _logaddexp(x * math.log(2), y * math.log(2)) * (1 / math.log(2))


def _doubles(*values: Any) -> tuple[Tensor, ...]:
    return floating(*values, np.float64(0))[:-1]


def _signbit(x: Tensor) -> Tensor:
    return tensor_from(np.asarray(np.signbit(view(x))), BOOL)


def _log_by(base: float) -> Callable[[Tensor], Tensor]:
    return lambda x: FUNCTIONS["log"](x) * (1 / math.log(base))


def _looked_at(name: str, of_complex: Callable[..., Any]) -> Callable[..., Tensor]:
    """A predicate that TensorFlow does not define for complex numbers."""
    return lambda x: tensor_from(np.asarray(of_complex(view(x)))) if x.dtype.is_complex else FUNCTIONS[name](x)


def _infinite(sign: float) -> Callable[[Tensor], Tensor]:
    return lambda x: FUNCTIONS["equal"](x, sign * math.inf)


_ROWS = (
    _Row("abs", alike, _abs, "Absolute values.", "[-1.5, 2.0]", "[1.5, 2. ]"),
    _Row("negative", alike, _signed("negative", np.negative), "Negated elements.", "[1, -2]", "[-1,  2]"),
    _Row("positive", alike, lambda x: x, "Elements unchanged.", "[1, -2]", "[ 1, -2]"),
    _Row("sign", alike, _signed("sign", np.sign), "-1, 0 or 1 by sign.", "[-3, 0, 2]", "[-1,  0,  1]"),
    _Row("square", _numbers, _by("square"), "Squares.", "[2, -3]", "[4, 9]"),
    _Row("reciprocal", alike, _reciprocal, "1 / x.", "[2.0, 4.0]", "[0.5 , 0.25]"),
    _Row("ceil", alike, _kept("ceil"), "Elements rounded up.", "[1.2, -1.2]", "[ 2., -1.]"),
    _Row("floor", alike, _kept("floor"), "Elements rounded down.", "[1.2, -1.2]", "[ 1., -2.]"),
    _Row("fix", alike, _truncated, "Elements rounded towards 0.", "[1.7, -1.7]", "[ 1., -1.]"),
    _Row("fabs", floating, _by("abs"), "Absolute values, as floats.", "[-1, 2]", "[1., 2.]"),
    _Row("arccos", floating, _by("acos"), "Inverse cosines.", "[1.0]", "[0.]"),
    _Row("arccosh", floating, _by("acosh"), "Inverse hyperbolic cosines.", "[1.0]", "[0.]"),
    _Row("arcsin", floating, _by("asin"), "Inverse sines.", "[0.0]", "[0.]"),
    _Row("arcsinh", floating, _by("asinh"), "Inverse hyperbolic sines.", "[0.0]", "[0.]"),
    _Row("arctan", floating, _by("atan"), "Inverse tangents.", "[0.0]", "[0.]"),
    _Row("arctanh", floating, _by("atanh"), "Inverse hyperbolic tangents.", "[0.0]", "[0.]"),
    _Row("cos", floating, _by("cos"), "Cosines.", "[0]", "[1.]"),
    _Row("cosh", floating, _by("cosh"), "Hyperbolic cosines.", "[0]", "[1.]"),
    _Row("exp", floating, _by("exp"), "Exponentials.", "[0]", "[1.]"),
    _Row("expm1", floating, _by("expm1"), "Accurate exp(x) - 1.", "[0]", "[0.]"),
    _Row("log", floating, _by("log"), "Natural logarithms.", "[1]", "[0.]"),
    _Row("log1p", floating, _by("log1p"), "Accurate log(1 + x).", "[0]", "[0.]"),
    _Row("sin", floating, _by("sin"), "Sines.", "[0]", "[0.]"),
    _Row("sinh", floating, _by("sinh"), "Hyperbolic sines.", "[0]", "[0.]"),
    _Row("sqrt", floating, _by("sqrt"), "Square roots.", "[4, 9]", "[2., 3.]"),
    _Row("tan", floating, _by("tan"), "Tangents.", "[0]", "[0.]"),
    _Row("tanh", floating, _by("tanh"), "Hyperbolic tangents.", "[0]", "[0.]"),
    _Row("cbrt", floating, _cbrt, "Cube roots.", "[0]", "[0.]"),
    _Row("exp2", floating, lambda x: _by("exp")(x * math.log(2.0)), "Powers of 2.", "[0]", "[1.]"),
    _Row("log2", floating, _log_by(2.0), "Logarithms to base 2.", "[1, 2]", "[0., 1.]"),
    _Row("log10", floating, _log_by(10.0), "Logarithms to base 10.", "[1]", "[0.]"),
    _Row("deg2rad", floating, lambda x: x * (math.pi / 180), "Converts degrees to radians.", "[0]", "[0.]"),
    _Row("rad2deg", floating, lambda x: x * (180 / math.pi), "Converts radians to degrees.", "[0]", "[0.]"),
    _Row("sinc", floating, _sinc, "sin(pi x) / (pi x).", "[0]", "[1.]"),
    _Row("isfinite", floating, _looked_at("is_finite", np.isfinite), "Whether they are finite.", "[1.0]", "[ True]"),
    _Row("isinf", floating, _looked_at("is_inf", np.isinf), "Whether elements are infinite.", "[1.0]", "[False]"),
    _Row("isnan", floating, _looked_at("is_nan", np.isnan), "Whether elements are NaN.", "[1.0]", "[False]"),
    _Row("isneginf", floating, _infinite(-1.0), "Whether elements are minus infinity.", "[1.0]", "[False]"),
    _Row("isposinf", floating, _infinite(1.0), "Whether elements are infinity.", "[1.0]", "[False]"),
    _Row("signbit", alike, _signbit, "Whether signs are negative.", "[-1.0, 1.0]", "[ True, False]"),
    _Row("logical_not", _logical, _by("logical_not"), "Whether elements are 0.", "[0, 2]", "[ True, False]"),
    _Row("bitwise_not", alike, _bits("logical_not", bitwise.invert), "Inverted bits.", "[0, 5]", "[-1, -6]"),
)  # fmt: skip

_BINARY = (
    _Row("add", alike, _with_bools("add", "logical_or"), "Sums.", "[1, 2], 0.5", "[1.5, 2.5]"),
    _Row("subtract", alike, _by("subtract"), "Differences.", "[1, 2], 1", "[0, 1]"),
    _Row("multiply", alike, _with_bools("multiply", "logical_and"), "Products.", "[1, 2], 3", "[3, 6]"),
    _Row("divide", floating, _by("divide"), "Quotients.", "[1, 2], 2", "[0.5, 1. ]"),
    _Row("floor_divide", _numbers, _by("floordiv"), "Quotients, rounded down.", "[5, -5], 2", "[ 2, -3]"),
    _Row("mod", _numbers, _by("floormod"), "Remainders, with the divisor's sign.", "[5, -5], 3", "[2, 1]"),
    _Row("power", _numbers, _signed("pow", np.power), "Powers.", "[2, 3], 2", "[4, 9]"),
    _Row("float_power", _doubles, _by("pow"), "Powers, in double precision.", "2, [3]", "[8.]"),
    _Row("maximum", alike, _with_bools("maximum", "logical_or"), "Elementwise maxima.", "[1, 5], 3", "[3, 5]"),
    _Row("minimum", alike, _with_bools("minimum", "logical_and"), "Elementwise minima.", "[1, 5], 3", "[1, 3]"),
    _Row("arctan2", floating, _by("atan2"), "Angles of points (x2, x1).", "[0.0], 1.0", "[0.]"),
    _Row("hypot", floating, _hypot, "sqrt(x1**2 + x2**2).", "[3], 4", "[5.]"),
    _Row("logaddexp", floating, _logaddexp, "log(exp(x1) + exp(x2)).", "[0.0], -1000.0", "[0.]"),
    _Row("logaddexp2", floating, _logaddexp2, "log2(2**x1 + 2**x2).", "[1.0], 1.0", "[2.]"),
    _Row("heaviside", floating, _heaviside, "0 if x1 < 0, 1 if x1 > 0, else x2.", "[-1, 0, 1], 0.5", "[0. , 0.5, 1. ]"),
    _Row("nextafter", floating, _by("nextafter"), "The next numbers after x1 towards x2.", "[1.0], 1.0", "[1.]"),
    _Row("equal", alike, _by("equal"), "Whether x1 == x2.", "[1, 2], 2", "[False,  True]"),
    _Row("not_equal", alike, _by("not_equal"), "Whether x1 != x2.", "[1, 2], 2", "[ True, False]"),
    _Row("greater", _numbers, _by("greater"), "Whether x1 > x2.", "[1, 3], 2", "[False,  True]"),
    _Row("greater_equal", _numbers, _by("greater_equal"), "Whether x1 >= x2.", "[1, 2], 2", "[False,  True]"),
    _Row("less", _numbers, _by("less"), "Whether x1 < x2.", "[1, 3], 2", "[ True, False]"),
    _Row("less_equal", _numbers, _by("less_equal"), "Whether x1 <= x2.", "[2, 3], 2", "[ True, False]"),
    _Row("logical_and", _logical, _by("logical_and"), "Whether neither is 0.", "[0, 2], 1", "[False,  True]"),
    _Row("logical_or", _logical, _by("logical_or"), "Whether either is not 0.", "[0, 2], 0", "[False,  True]"),
    _Row("logical_xor", _logical, _by("logical_xor"), "Whether exactly one is not 0.", "[0, 2], 1", "[ True, False]"),
    _Row("bitwise_and", alike, _bits("logical_and", bitwise.bitwise_and), "Bitwise AND.", "[12, 7], 10", "[8, 2]"),
    _Row("bitwise_or", alike, _bits("logical_or", bitwise.bitwise_or), "Bitwise OR.", "[12], 10", "[14]"),
    _Row("bitwise_xor", alike, _bits("logical_xor", bitwise.bitwise_xor), "Bitwise XOR.", "[12], 10", "[6]"),
    _Row("gcd", _numbers, _computed(np.gcd), "Greatest common divisors.", "[4, 9], 6", "[2, 3]"),
    _Row("lcm", _numbers, _computed(np.lcm), "Least common multiples.", "[4, 9], 6", "[12, 18]"),
)  # fmt: skip


_COMPLEX = ("InvalidArgumentError: an operand is complex, or the shapes do not broadcast.",)
_DIVIDED = ("InvalidArgumentError: an operand is complex, an integer is divided by 0, or the shapes do not broadcast.",)
_WHOLE = ("InvalidArgumentError: an operand is not integers or bools, or the shapes do not broadcast.",)
_BY_NUMPY = ("TypeError: an operand is not integers or bools.", "ValueError: the shapes do not broadcast.")
_BINARY_COMPLEX = ("arctan2", "greater", "greater_equal", "heaviside", "less", "less_equal", "logaddexp", "logaddexp2")
# What functions raise, where it is not only that operands do not convert or broadcast.
_RAISES = {
    **dict.fromkeys(("negative", "sign"), ("InvalidArgumentError: x has dtype bool.",)),
    "reciprocal": ("TypeError: x has dtype bool.",),
    "signbit": ("TypeError: x is complex.",),
    "cbrt": ("InvalidArgumentError: x is complex.",),
    "bitwise_not": ("InvalidArgumentError: x is not integers or bools.",),
    **dict.fromkeys((*_BINARY_COMPLEX, "maximum", "minimum"), _COMPLEX),
    **dict.fromkeys(("floor_divide", "mod"), _DIVIDED),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor"), _WHOLE),
    **dict.fromkeys(("gcd", "lcm"), _BY_NUMPY),
    "hypot": ("TypeError: an operand is complex.", SHAPES),
    "nextafter": ("InvalidArgumentError: the dtype is not float32 or float64, or the shapes do not broadcast.",),
    "power": ("InvalidArgumentError: an integer has a negative power, or the shapes do not broadcast.",),
    "subtract": ("InvalidArgumentError: both operands have dtype bool, or the shapes do not broadcast.",),
}


def _function(row: _Row, binary: bool) -> Callable[..., Tensor]:
    if binary:

        def function(x1: Any, x2: Any) -> Tensor:
            return row.compute(*row.promoted(x1, x2))
    else:

        def function(x: Any) -> Tensor:  # type: ignore[misc]
            return row.compute(*row.promoted(x))

    function.__name__ = function.__qualname__ = row.name
    call = f"np.{row.name}({row.at}).numpy()"
    dtype = ", dtype=int32" if row.result.endswith("i32") else ""
    shown = f"array({row.result}{dtype})"
    raises = _RAISES.get(row.name, (SHAPES,) if binary else ())
    return documented(row.doc, call, shown, "A tensor of the shape that operands broadcast to.", raises)(function)


NUMPY = {row.name: _function(row, binary) for rows, binary in ((_ROWS, False), (_BINARY, True)) for row in rows}
globals().update(NUMPY)

if TYPE_CHECKING:

    def __getattr__(name: str) -> Callable[..., Tensor]: ...
