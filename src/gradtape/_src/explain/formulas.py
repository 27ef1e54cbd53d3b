"""Formulas of ops and of their derivatives.

Rows of the elementwise table define both for elementwise ops: `value` is the formula, `slopes` are the derivatives. Any
other op has an entry here: its expression and its operands' cotangents.
"""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradtape._src.explain.algebra import COUNT, ONE, ZERO, Formula, function, number, power, product, symbol
from gradtape._src.table.elementwise import ROWS, Row
from gradtape._src.table.expressions import Expr, derivative as derived, nodes, operand

_ROWS = {row.name: row for row in ROWS}
_ARITHMETIC: dict[str, Callable[..., Formula]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "square": lambda a: a**2,
    "recip": lambda a: a**-1,
    "pow": power,
    "copy": lambda a: a,
}
# Instructions and the functions they correspond to.
_SPELLED: dict[str, Callable[..., Formula]] = {
    **_ARITHMETIC,
    "mul_no_nan": lambda a, b: a * b,
    "div_no_nan": lambda a, b: a / b,
    "tanh_grad": lambda a, b: a * (1 - b**2),
    "sigmoid_grad": lambda a, b: a * b * (1 - b),
    "gate": lambda a, b: function("where", function("greater", b, ZERO), a, ZERO),
    "select": lambda a, b, c: function("where", a, b, c),
    "rsqrt": lambda a: power(function("sqrt", a), number(-1)),
    "log1p_decay": lambda a: function("log", 1 + function("exp", -function("abs", a))),
    "rint": lambda a: function("round", a),
    **{
        code: functools.partial(function, name)
        for code, name in {
            **{"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal"},
            **{"ne": "not_equal", "and": "logical_and", "or": "logical_or", "not": "logical_not"},
        }.items()
    },
}
_OPERATORS: dict[type[ast.operator], Callable[[Formula, Formula], Formula]] = {
    **{ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b},
    **{ast.Mult: lambda a, b: a * b, ast.Div: lambda a, b: a / b},
}
_COMPARED = {
    **{ast.Gt: "greater", ast.GtE: "greater_equal", ast.Lt: "less", ast.LtE: "less_equal"},
    **{ast.Eq: "equal", ast.NotEq: "not_equal"},
}


def row_of(name: str) -> Row | None:
    """The row of an elementwise op."""
    return _ROWS.get(name)


def value_of(name: str, operands: Sequence[Formula]) -> Formula:
    """An elementwise op of formulas: expanded if it is arithmetic, else the function's name."""
    row = _ROWS[name]
    if name in ("truediv", "divide", "xdivy", "divide_no_nan"):
        return operands[0] / operands[1]
    expression = row.value(*map(operand, range(len(operands))))
    if all(node.code in _ARITHMETIC for node in nodes(expression) if node.args):
        return spelled(expression, operands)
    if name == "rsqrt":
        return power(function("sqrt", operands[0]), number(-1))
    return function(name, *operands)


def spelled(
    expression: Expr, operands: Sequence[Formula], result: Formula | None = None, given: Formula = ONE
) -> Formula:
    """An expression of the table as a formula of the operands, the result and the cotangent."""
    made: dict[Expr, Formula] = {}
    for node in nodes(expression):
        arguments = [made[argument] for argument in node.args]
        if node.code == "constant":
            made[node] = number(node.value)
        elif node.code == "operand":
            role = int(node.value)
            made[node] = operands[role] if role >= 0 else given if role == -1 else (result or symbol("result"))
        else:
            spell = _SPELLED.get(node.code)
            made[node] = spell(*arguments) if spell else function(node.code, *arguments)
    return made[expression]


def slopes_of(name: str, operands: Sequence[Formula]) -> list[Formula]:
    """The derivatives of an elementwise op by each operand, as formulas of the operands."""
    operands = list(operands)
    if name in _NAMED_SLOPES:
        return _NAMED_SLOPES[name](*operands)
    row = _ROWS[name]
    if row.slopes:
        known = dict(zip(row.arguments, operands, strict=True))
        return [_read(ast.parse(slope, mode="eval").body, known) if slope else ZERO for slope in row.slopes]
    expression = row.value(*map(operand, range(len(operands))))
    found = []
    for place in range(len(operands)):
        slope = derived(expression, place)
        found.append(ZERO if slope is None else spelled(slope, operands, function(name, *operands)))
    return found


# Used in slopes without a row of its own: the selection of a branch.
_NAMED_SLOPES: dict[str, Callable[..., list[Formula]]] = {
    "where": lambda c, a, b: [ZERO, function("where", c, ONE, ZERO), function("where", c, ZERO, ONE)],
    **dict.fromkeys(
        ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and", "logical_or"),
        lambda a, b: [ZERO, ZERO],
    ),
}


def _read(node: ast.expr, known: dict[str, Formula]) -> Formula:
    """Parses a slope to a formula."""
    if isinstance(node, ast.Constant):
        return number(node.value)
    if isinstance(node, ast.Name):
        return known[node.id] if node.id in known else symbol("π")
    if isinstance(node, ast.UnaryOp):
        return -_read(node.operand, known)
    if isinstance(node, ast.BinOp):
        a, b = _read(node.left, known), _read(node.right, known)
        if isinstance(node.op, ast.Pow):
            return function("sqrt", a) if b == number(0.5) else a**b
        return _OPERATORS[type(node.op)](a, b)
    if isinstance(node, ast.Compare):
        return function(_COMPARED[type(node.ops[0])], _read(node.left, known), _read(node.comparators[0], known))
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    arguments = [_read(argument, known) for argument in node.args]
    name = node.func.id
    return value_of(name, arguments) if name in _ROWS else function(name, *arguments)


class Rule:
    """The formulas of an op that is not elementwise.

    Attributes:
      expression: expression(op, operands) is the op as a formula.
      cotangent: cotangent(op, place, given, operands, result) is what operand `place` gets for the cotangent `given`,
        as a formula.
    """

    def __init__(
        self,
        expression: Callable[[Any, Sequence[Formula]], Formula],
        cotangent: Callable[[Any, int, Formula, Sequence[Formula], Formula], Formula],
    ) -> None:
        self.expression = expression
        self.cotangent = cotangent


def scaled(name: str, *arguments: Formula) -> Formula:
    """A linear function of its first argument, with numeric and scalar factors in front."""
    first, others = arguments[0], arguments[1:]
    factors = first.parts if first.kind == "product" else (first,)
    outside = [factor for factor in factors if _is_scalar(factor)]
    inside = [factor for factor in factors if not _is_scalar(factor)]
    kept = ONE if not inside else inside[0] if len(inside) == 1 else Formula("product", "", tuple(inside))
    return product(*outside, function(name, kept, *others))


def _is_scalar(factor: Formula) -> bool:
    return factor.kind == "number" or (factor.kind == "power" and factor.parts[0] == symbol(COUNT))


def _matmul(a: Formula, b: Formula) -> Formula:
    """a @ b with the factors of either in front."""
    first, second = scaled("matmul", a), scaled("matmul", b)

    def split(given: Formula) -> tuple[list[Formula], Formula]:
        factors = given.parts if given.kind == "product" else (given,)
        return list(factors[:-1]), factors[-1].parts[0]

    (outside, inner), (more, other) = split(first), split(second)
    return product(*outside, *more, function("matmul", inner, other))


def turned(formula: Formula) -> Formula:
    """The transpose."""
    return (
        formula.parts[0]
        if formula.kind == "function" and formula.value == "transpose"
        else function("transpose", formula)
    )


def _matmul_expression(op: Any, operands: Sequence[Formula]) -> Formula:
    a, b = operands
    return _matmul(turned(a) if op.attribute & 1 else a, turned(b) if op.attribute & 2 else b)


def _matmul_cotangent(op: Any, place: int, g: Formula, operands: Sequence[Formula], result: Formula) -> Formula:
    a, b = operands
    first, second = bool(op.attribute & 1), bool(op.attribute & 2)
    if place == 0:
        other = b if second else turned(b)
        return _matmul(turned(other), turned(g)) if first else _matmul(g, other)
    other = a if first else turned(a)
    return _matmul(turned(g), turned(other)) if second else _matmul(other, g)


def _named(name: str) -> Callable[[Any, Sequence[Formula]], Formula]:
    return lambda op, operands: function(name, *operands)


def _linear(name: str, back: str) -> Rule:
    """An op that moves elements, and the one that moves them back."""
    return Rule(_named(name), lambda op, place, g, operands, result: scaled(back, g))


def _chosen(name: str) -> Rule:
    return Rule(
        _named(name),
        lambda op, place, g, operands, result: g * function("where", function("equal", operands[0], result), ONE, ZERO),
    )


def _same(op: Any, place: int, g: Formula, operands: Sequence[Formula], result: Formula) -> Formula:
    return g


def _softmax_slope(op: Any, place: int, g: Formula, operands: Sequence[Formula], result: Formula) -> Formula:
    return result * (g - function("sum", g * result))


def _log_softmax_slope(op: Any, place: int, g: Formula, operands: Sequence[Formula], result: Formula) -> Formula:
    return g - function("softmax", operands[0]) * function("sum", g)


def _entropy_slope(op: Any, place: int, g: Formula, operands: Sequence[Formula], result: Formula) -> Formula:
    labels, logits = operands
    if place == 1:
        sparse = "Sparse" in op.kernel
        return g * (function("softmax", logits) - (function("one_hot", labels) if sparse else labels))
    return -g * function("log_softmax", logits)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("MatMul", "BatchMatMulV2"), Rule(_matmul_expression, _matmul_cotangent)),
    "Mean": Rule(_named("mean"), lambda op, place, g, operands, result: g / op.count),
    "Sum": Rule(_named("sum"), _same),
    "Max": _chosen("max"),
    "Min": _chosen("min"),
    "Prod": Rule(_named("prod"), lambda op, place, g, operands, result: g * result / operands[0]),
    **dict.fromkeys(("Identity", "Cast", "BroadcastTo"), Rule(lambda op, operands: operands[0], _same)),
    "Reshape": _linear("reshape", "reshape"),
    "Transpose": Rule(
        lambda op, operands: turned(operands[0]),
        lambda op, place, g, operands, result: scaled("transpose", g),
    ),
    "Softmax": Rule(_named("softmax"), _softmax_slope),
    "LogSoftmax": Rule(_named("log_softmax"), _log_softmax_slope),
    "SoftmaxCrossEntropyWithLogits": Rule(_named("cross_entropy"), _entropy_slope),
    "SparseSoftmaxCrossEntropyWithLogits": Rule(_named("cross_entropy"), _entropy_slope),
    "StridedSlice": _linear("slice", "placed"),
    "GatherV2": _linear("gather", "scattered"),
    "gather": _linear("gather", "scattered"),
    **dict.fromkeys(("ConcatV2", "concat"), _linear("concat", "part")),
    "Pack": _linear("stack", "row"),
    **dict.fromkeys(("Split", "split", "Unpack"), _linear("split", "joined")),
    "Pad": _linear("pad", "cropped"),
    "Tile": _linear("tile", "summed_tiles"),
    "ReverseV2": _linear("reverse", "reverse"),
    "Cumsum": _linear("cumsum", "reverse_cumsum"),
    "ExtractPatches": _linear("patches", "summed_patches"),
    "MaxPool": _linear("max_pool", "to_the_largest"),
    "AvgPool": _linear("avg_pool", "spread"),
}


def rule_of(kernel: str, name: str) -> Rule:
    """The rule of an op that is not elementwise; without an entry, one that names its reverse rule."""
    found = RULES.get(kernel) or RULES.get(name)
    if found is not None:
        return found
    title = name[:1].lower() + name[1:]
    return Rule(_named(title), lambda op, place, g, operands, result: function(f"{title}_vjp", g))


def constant_of(value: Any) -> Formula | None:
    """A scalar constant's value as a formula, if it is short enough to be read."""
    if np.iscomplexobj(value) and value.imag == 0:
        value = value.real
    text, kind = str(value), np.asarray(value).dtype.kind
    if kind == "b":
        return symbol(text)
    # Those of bfloat16 are of kind V to NumPy.
    if len(text) <= 6 and kind in "fiuV" and math.isfinite(float(value)):
        return number(value)
    return None
