"""keras.ops' elementwise functions, generated from rows: a name, an implementation, and a dtype rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import apply_cast, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras.functions import KerasOp, keras_op
from gradtape._src.keras.ops.promotion import promoted, wanted
from gradtape._src.keras.tensors import floating, tensor_of
from gradtape._src.ops import complex_numbers, elementwise as e
from gradtape._src.ops.casts import saturate_cast as cut
from gradtape._src.ops.creation import ones_like
from gradtape._src.ops.masking import where as chosen_of


class Unary(NamedTuple):
    """A function of one operand.

    rule: "float" converts integers to floating dtypes, "exact" int64 to float64, "keep" keeps dtypes, "whole" returns
    integers unchanged, "is" is a predicate of numbers, "bool" takes bools. refused: the dtypes that it does not take.
    """

    name: str
    compute: Callable[[Any], Tensor]
    rule: str
    sentence: str
    numpy: str | None = ""
    sample: str = "[0.25, 0.5]"
    refused: str = "string"


def _square(x: Tensor) -> Tensor:
    return e.square(apply_cast(x, dtypes.int32) if x.dtype is dtypes.bool else x)


_SIGNBIT = Primitive("Signbit", lambda x: tensor_from(np.asarray(np.signbit(view(x)))), batch="elementwise")


def _signbit(x: Tensor) -> Tensor:
    return _SIGNBIT(apply_cast(x, dtypes.int32) if x.dtype is dtypes.bool else x)


def _isreal(x: Tensor) -> Tensor:
    return e.equal(complex_numbers.imag(x), 0) if x.dtype.is_complex else ones_like(x, dtypes.bool)


def _angle(x: Tensor) -> Tensor:
    return complex_numbers.angle(x if x.dtype.is_complex else floating(x))


def _sinc(x: Tensor) -> Tensor:
    angle = math.pi * chosen_of(e.equal(x, 0), e.multiply(x, 0) + 1e-20, x)
    return chosen_of(e.equal(x, 0), 1.0, e.sin(angle) / angle)


def _absolute(x: Tensor) -> Tensor:
    return x if x.dtype is dtypes.bool else e.abs(x)


_UNARY = (
    Unary("abs", _absolute, "keep", "The absolute value", refused="string or an unsigned integer dtype"),
    Unary("absolute", _absolute, "keep", "The absolute value", refused="string or an unsigned integer dtype"),
    Unary("fabs", e.abs, "float", "The absolute value"),
    Unary("negative", e.negative, "keep", "The negated value", refused="string, bool or an unsigned integer dtype"),
    Unary(
        "sign",
        e.sign,
        "keep",
        "-1, 0 or 1 for negative, zero or positive values",
        refused="string, bool or an unsigned integer dtype",
    ),
    Unary("square", _square, "keep", "The square"),
    Unary("sqrt", e.sqrt, "float", "The square root"),
    Unary("rsqrt", e.rsqrt, "float", "The reciprocal square root", None),
    Unary("cbrt", lambda x: e.sign(x) * e.pow(e.abs(x), 1.0 / 3.0), "exact", "The cube root"),
    Unary("reciprocal", e.reciprocal, "float", "The reciprocal"),
    Unary("exp", e.exp, "float", "The exponential function"),
    Unary("exp2", lambda x: e.exp(x * math.log(2.0)), "float", "2 to the power of the value"),
    Unary("expm1", e.expm1, "float", "exp(x) - 1, accurate near 0"),
    Unary("log", e.log, "float", "The natural logarithm"),
    Unary("log1p", e.log1p, "float", "log(1 + x), accurate near 0"),
    Unary("log2", lambda x: e.log(x) / math.log(2.0), "float", "The logarithm to base 2"),
    Unary("log10", lambda x: e.log(x) / math.log(10.0), "float", "The logarithm to base 10"),
    Unary("sin", e.sin, "float", "The sine"),
    Unary("cos", e.cos, "float", "The cosine"),
    Unary("tan", e.tan, "float", "The tangent"),
    Unary("arcsin", e.asin, "float", "The inverse sine"),
    Unary("arccos", e.acos, "float", "The inverse cosine"),
    Unary("arctan", e.atan, "float", "The inverse tangent"),
    Unary("sinh", e.sinh, "float", "The hyperbolic sine"),
    Unary("cosh", e.cosh, "float", "The hyperbolic cosine"),
    Unary("arcsinh", e.asinh, "float", "The inverse hyperbolic sine"),
    Unary("arccosh", e.acosh, "float", "The inverse hyperbolic cosine", sample="[1.5, 2.0]"),
    Unary("arctanh", e.atanh, "float", "The inverse hyperbolic tangent"),
    Unary("sinc", _sinc, "float", "sin(pi x) / (pi x), 1 at 0"),
    Unary("deg2rad", lambda x: x * (math.pi / 180.0), "exact", "Converts degrees to radians"),
    Unary("rad2deg", lambda x: x * (180.0 / math.pi), "exact", "Converts radians to degrees"),
    Unary("erf", e.erf, "float", "The error function", None),
    Unary("erfc", e.erfc, "float", "1 minus the error function", None),
    Unary(
        "erfinv", e.erfinv, "float", "The inverse of the error function", None, refused="string, float16 or bfloat16"
    ),
    Unary("i0", e.bessel_i0, "exact", "The modified Bessel function of order 0", refused="string or bfloat16"),
    Unary("floor", e.floor, "float", "The largest integer not above the value"),
    Unary("ceil", e.ceil, "float", "The smallest integer not below the value"),
    Unary("trunc", e.trunc, "whole", "The value truncated to an integer"),
    Unary("isnan", e.is_nan, "is", "Whether the value is NaN"),
    Unary("isinf", e.is_inf, "is", "Whether the value is infinite"),
    Unary("isfinite", e.is_finite, "is", "Whether the value is neither infinite nor NaN"),
    Unary("isposinf", lambda x: e.equal(x, float("inf")), "is", "Whether the value is positive and infinite"),
    Unary("isneginf", lambda x: e.equal(x, float("-inf")), "is", "Whether the value is negative and infinite"),
    Unary("isreal", _isreal, "keep", "Whether the value has no imaginary part"),
    Unary("signbit", _signbit, "keep", "Whether the value has a minus sign", refused="string or complex"),
    Unary("angle", _angle, "keep", "The argument of complex numbers"),
    Unary("logical_not", e.logical_not, "bool", "Whether the value is false", sample="[True, False]"),
)


def _unary(row: Unary) -> Callable[[Any], Tensor]:
    compute, rule = row.compute, row.rule

    def function(x: Any) -> Tensor:
        tensor = floating(x) if rule in ("float", "is") else tensor_of(x)
        if rule == "exact" and not tensor.dtype.is_floating:
            tensor = apply_cast(tensor, dtypes.float64 if tensor.dtype is dtypes.int64 else wanted(None))
        if rule == "bool":
            tensor = tensor_of(tensor, dtypes.bool)
        elif rule == "whole" and not tensor.dtype.is_floating:
            return tensor
        return compute(tensor)

    result = "A bool tensor" if rule in ("is", "bool") else "A tensor"
    raised = f"InvalidArgumentError: x has dtype {row.refused}.\n  ValueError: x cannot be converted to a tensor."
    return _described(function, row, "x: a tensor.", f"{result} of the same shape.", raised)


def _example(row: Any, arguments: str = "") -> str:
    called = f"tf.keras.ops.{row.name}({arguments or row.sample})"
    if row.numpy is None:
        return f"{called}.shape\n  TensorShape([2])"
    return f"np.allclose({called}, np.{row.numpy or row.name}({arguments or row.sample}), 1e-4)\n  True"


def _described(function: Any, row: Any, arguments: str, returns: str, raised: str) -> Any:
    """The function under its name, with its documentation, for tensors and symbolic values."""
    function.__name__ = function.__qualname__ = row.name
    about = f"{row.sentence}, elementwise.\n\nArgs:\n  {arguments}\n\nReturns:\n  {returns}\n\nRaises:\n  {raised}"
    function.__doc__ = f"{about}\n\nExample:\n  >>> {_example(row)}\n"
    return keras_op(function)


class Binary(NamedTuple):
    """A function of two operands.

    rule: "keep" uses the operands' common dtype, "strong" too, but Python numbers count as tensors, "float"
    converts integers to floating dtypes, "exact" int64 to float64, "bool" takes bools. refused: the common dtypes
    that it does not take.
    """

    name: str
    compute: Callable[[Any, Any], Tensor]
    rule: str
    sentence: str
    numpy: str | None = ""
    sample: str = "[1.5, 2.0], [2.0, 0.5]"
    refused: str = "string"


def _product(x: Tensor, y: Tensor) -> Tensor:
    return e.logical_and(x, y) if x.dtype is dtypes.bool else e.multiply(x, y)


def _sum(x: Tensor, y: Tensor) -> Tensor:
    return e.logical_or(x, y) if x.dtype is dtypes.bool else e.add(x, y)


def _greatest(x: Tensor, y: Tensor) -> Tensor:
    return e.logical_or(x, y) if x.dtype is dtypes.bool else e.maximum(x, y)


def _least(x: Tensor, y: Tensor) -> Tensor:
    return e.logical_and(x, y) if x.dtype is dtypes.bool else e.minimum(x, y)


def _numbers(compute: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """The function with bools taken as 0 and 1, and small integers computed in larger dtypes."""

    def of_numbers(x: Tensor, y: Tensor) -> Tensor:
        small = x.dtype is dtypes.uint8
        if small or x.dtype is dtypes.bool:
            x, y = apply_cast(x, dtypes.int32), apply_cast(y, dtypes.int32)
        found = compute(x, y)
        return apply_cast(found, dtypes.uint8) if small and found.dtype is dtypes.int32 else found

    return of_numbers


def _logaddexp(x: Tensor, y: Tensor) -> Tensor:
    return e.maximum(x, y) + e.softplus(-e.abs(x - y))


_BINARY = (
    Binary("add", _sum, "keep", "The sum"),
    Binary("subtract", e.subtract, "keep", "The difference", refused="string or bool"),
    Binary("multiply", _product, "keep", "The product"),
    Binary("divide", e.divide, "float", "The quotient"),
    Binary("true_divide", e.divide, "float", "The quotient"),
    Binary("divide_no_nan", e.divide_no_nan, "float", "The quotient, 0 where the divisor is 0", None),
    Binary("floor_divide", _numbers(e.floordiv), "keep", "The quotient, rounded down", refused="string or complex"),
    Binary(
        "mod", _numbers(e.floormod), "strong", "The remainder, with the divisor's sign", refused="string or complex"
    ),
    Binary(
        "fmod",
        _numbers(e.truncatemod),
        "strong",
        "The remainder, with the dividend's sign",
        refused="string, complex or half-precision",
    ),
    Binary("power", _numbers(e.pow), "keep", "x1 to the power of x2", refused="string, uint16, uint32 or uint64"),
    Binary("maximum", _greatest, "keep", "The maximum", refused="string or complex"),
    Binary("minimum", _least, "keep", "The minimum", refused="string or complex"),
    Binary("arctan2", e.atan2, "float", "The angle of the point (x2, x1)"),
    Binary("hypot", lambda x, y: e.sqrt(e.square(x) + e.square(y)), "exact", "The hypotenuse, sqrt(x1**2 + x2**2)"),
    Binary("logaddexp", _logaddexp, "float", "The logarithm of the sum of the exponentials"),
    Binary(
        "nextafter",
        e.nextafter,
        "float",
        "The next representable number after x1 towards x2",
        refused="string, float16 or bfloat16",
    ),
    Binary("equal", e.equal, "keep", "Whether x1 == x2"),
    Binary("not_equal", e.not_equal, "keep", "Whether x1 != x2"),
    Binary("less", _numbers(e.less), "keep", "Whether x1 < x2", refused="string or complex"),
    Binary("less_equal", _numbers(e.less_equal), "keep", "Whether x1 <= x2", refused="string or complex"),
    Binary("greater", _numbers(e.greater), "keep", "Whether x1 > x2", refused="string or complex"),
    Binary("greater_equal", _numbers(e.greater_equal), "keep", "Whether x1 >= x2", refused="string or complex"),
    Binary("logical_and", e.logical_and, "bool", "Whether both are true", sample="[True, False], [True, True]"),
    Binary("logical_or", e.logical_or, "bool", "Whether either is true", sample="[True, False], [True, True]"),
    Binary("logical_xor", e.logical_xor, "bool", "Whether exactly one is true", sample="[True, False], [True, True]"),
)


def _binary(row: Binary) -> Callable[[Any, Any], Tensor]:
    compute, rule = row.compute, row.rule

    def function(x1: Any, x2: Any) -> Tensor:
        x, y = promoted(tensor_of(x1), tensor_of(x2)) if rule == "strong" else promoted(x1, x2)
        if rule in ("float", "exact") and not x.dtype.is_floating:
            dtype = dtypes.float64 if rule == "exact" and x.dtype is dtypes.int64 else wanted(None)
            x, y = apply_cast(x, dtype), apply_cast(y, dtype)
        elif rule == "bool" and x.dtype is not dtypes.bool:
            x, y = tensor_of(x, dtypes.bool), tensor_of(y, dtypes.bool)
        return compute(x, y)

    raised = (
        f"InvalidArgumentError: the shapes do not broadcast, or the common dtype is {row.refused}.\n"
        "  ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one."
    )
    return _described(function, row, "x1, x2: tensors.", "A tensor of the operands' common shape.", raised)


FUNCTIONS = {
    **{row.name: _unary(row) for row in _UNARY},
    **{row.name: _binary(row) for row in _BINARY},
}
globals().update(FUNCTIONS)

if TYPE_CHECKING:

    def __getattr__(name: str) -> KerasOp[...]:
        """The functions generated from rows."""


@keras_op
def clip(x: Any, x_min: Any, x_max: Any) -> Tensor:
    """Clips values to [x_min, x_max].

    Args:
      x: a tensor.
      x_min, x_max: the bounds.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: a bound does not broadcast to x, or x has dtype string or complex.
      ValueError: x or a bound cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.clip([-1.0, 0.5, 2.0], 0.0, 1.0).numpy()
      array([0. , 0.5, 1. ], dtype=float32)
    """
    tensor = tensor_of(x)
    if tensor.dtype is dtypes.bool:
        tensor = apply_cast(tensor, dtypes.int32)
    low, high = tensor_of(x_min, tensor.dtype), tensor_of(x_max, tensor.dtype)
    return e.maximum(e.minimum(tensor, high), low)


@keras_op
def round(x: Any, decimals: int = 0) -> Tensor:
    """Rounds values to a number of decimals, ties to even.

    Args:
      x: a tensor.
      decimals: the number of decimals; negative ones count before the point.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string.
      TypeError: decimals is not a number.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.round([0.5, 1.5, 2.25], 0).numpy()
      array([0., 2., 2.], dtype=float32)
    """
    tensor = tensor_of(x)
    exact = floating(tensor)
    scale = 10.0**decimals
    return apply_cast(e.round(exact * scale) / scale if decimals else e.round(exact), tensor.dtype)


@keras_op
def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Replaces NaN and infinite values.

    Args:
      x: a tensor.
      nan: replacement for NaN.
      posinf: replacement for infinity; the largest number of the dtype by default.
      neginf: replacement for minus infinity; the lowest number of the dtype by default.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: x has dtype string.
      TypeError: a replacement is not a number.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.nan_to_num([float("nan"), 1.0, float("inf")], posinf=9.0).numpy()
      array([0., 1., 9.], dtype=float32)
    """
    tensor = tensor_of(x)
    if not tensor.dtype.is_floating:
        return tensor
    most = tensor.dtype.max
    tensor = chosen_of(e.is_nan(tensor), tensor_of(nan, tensor.dtype), tensor)
    tensor = chosen_of(e.equal(tensor, math.inf), tensor_of(most if posinf is None else posinf, tensor.dtype), tensor)
    return chosen_of(e.equal(tensor, -math.inf), tensor_of(-most if neginf is None else neginf, tensor.dtype), tensor)


@keras_op
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether values are equal within a tolerance, elementwise.

    Args:
      x1, x2: tensors.
      rtol: the relative tolerance, a factor of x2.
      atol: the absolute tolerance.
      equal_nan: whether NaN equals NaN.

    Returns:
      A bool tensor of their common shape.

    Raises:
      InvalidArgumentError: the shapes do not broadcast, or the common dtype is string.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.isclose([1.0, 2.0], [1.0, 2.1]).numpy()
      array([ True, False])
    """
    x, y = (floating(value) for value in promoted(x1, x2))
    close = e.less_equal(e.abs(x - y), atol + rtol * e.abs(y))
    found = chosen_of(e.logical_and(e.is_finite(x), e.is_finite(y)), close, e.equal(x, y))
    return e.logical_or(found, e.logical_and(e.is_nan(x), e.is_nan(y))) if equal_nan else found


@keras_op
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """Selects values of one tensor where a condition is true, of another where it is false.

    Args:
      condition: a bool tensor.
      x1, x2: the tensors; if neither is given, the positions where the condition is true are returned.

    Returns:
      A tensor of their common shape.

    Raises:
      ValueError: only one of them is given.

    Example:
      >>> tf.keras.ops.where([True, False], [1.0, 2.0], 0.0).numpy()
      array([1., 0.], dtype=float32)
    """
    chosen = tensor_of(condition, dtypes.bool)
    if x1 is None and x2 is None:
        return nonzero(chosen)
    if x1 is None or x2 is None:
        raise ValueError("`x1` and `x2` either both should be `None` or both should have non-None value.")
    first, second = promoted(x1, x2)
    return chosen_of(chosen, first, second)


@keras_op
def nonzero(x: Any) -> Any:
    """The positions of values that are not 0.

    Args:
      x: a tensor.

    Returns:
      An int32 vector per axis: the positions along it.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> [places.numpy().tolist() for places in tf.keras.ops.nonzero([[1, 0], [0, 2]])]
      [[0, 1], [0, 1]]
    """
    return tuple(tensor_of(places, dtypes.int32) for places in tensor_of(x).numpy().nonzero())


@keras_op
def saturate_cast(x: Any, dtype: Any) -> Tensor:
    """Converts values to another dtype, clamping them to its range.

    Args:
      x: a tensor.
      dtype: the dtype.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x cannot be converted to a tensor, or the dtype is unknown.

    Example:
      >>> tf.keras.ops.saturate_cast([-5.0, 300.0], "uint8").numpy()
      array([  0, 255], dtype=uint8)
    """
    return cut(tensor_of(x), wanted(dtype))
