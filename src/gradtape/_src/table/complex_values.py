"""Formulas of the elementwise table on complex numbers: their instructions as NumPy functions.

Programs do not run on complex numbers. These are the instructions whose formulas hold in the complex plane, and those
that their derivatives need; each row declares whether its formula holds there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._src.table.expressions import Expr


def _mul_no_nan(a: Any, b: Any) -> Any:
    return np.where(b == 0, 0, a * b)


def _div_no_nan(a: Any, b: Any) -> Any:
    return np.where(b == 0, 0, a / np.where(b == 0, 1, b))


def _sign(a: Any) -> Any:
    return _div_no_nan(a, np.abs(a))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "copy": np.positive,
    "neg": np.negative,
    "sign": _sign,
    "recip": lambda a: 1 / a,
    "square": np.square,
    "sqrt": np.sqrt,
    "rsqrt": lambda a: 1 / np.sqrt(a),
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "mul_no_nan": _mul_no_nan,
    "div_no_nan": _div_no_nan,
    "tanh_grad": lambda a, b: a * (1 - b * b),
    "sigmoid_grad": lambda a, b: a * b * (1 - b),
    "eq": np.equal,
    "ne": np.not_equal,
    # Formulas apply it to the argument of a logarithm, where complex numbers other than 0 are valid.
    "gt": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "select": np.where,
}


def evaluate(root: Expr, arrays: list[np.ndarray]) -> np.ndarray:
    """A formula's value on arrays, which broadcast.

    Raises:
      ValueError: they do not.
      NotImplementedError: the formula has an instruction that is not defined for complex numbers.
    """
    values: dict[int, Any] = {}

    def value_of(node: Expr) -> Any:
        if node.order not in values:
            if node.code == "operand":
                value: Any = arrays[int(node.value)]
            elif node.code == "constant":
                value = node.value
            elif node.code in FUNCTIONS:
                value = FUNCTIONS[node.code](*[value_of(argument) for argument in node.args])
            else:
                raise NotImplementedError(f"{node.code!r} has no value for complex numbers: {root!r}.")
            values[node.order] = value
        return values[node.order]

    return np.broadcast_to(value_of(root), np.broadcast_shapes(*[array.shape for array in arrays]))
