"""Formulas are correct: each is evaluated, and compared with the tape's gradient."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

import gradtape as tf
from cases import cases
from gradtape._src.explain.algebra import derivative, function, number, symbol
from gradtape._src.explain.formulas import slopes_of
from gradtape._src.explain.notation import latex, text
from gradtape._src.table.elementwise import ROWS

PLAIN = {
    "where": np.where,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "trigamma": lambda x: special.polygamma(1, x),
    "matmul": np.matmul,
    "transpose": np.transpose,
    "sum": np.sum,
    "softmax": lambda x: special.softmax(x, axis=-1),
    "reshape": lambda x: x,
}


def evaluate(formula, values):
    """A formula's value, in float64."""
    parts = [evaluate(part, values) for part in formula.parts]
    if formula.kind == "number":
        return np.float64(formula.value)
    if formula.kind == "symbol":
        return values[formula.value]
    if formula.kind == "sum":
        return sum(parts[1:], parts[0])
    if formula.kind == "product":
        return _times(parts)
    if formula.kind == "power":
        return parts[0] ** parts[1]
    name = formula.value
    if name in PLAIN:
        return PLAIN[name](*parts)
    return np.asarray(TABLE[name](*[tf.constant(part, tf.float64) for part in parts]))


def _times(parts):
    result = parts[0]
    for part in parts[1:]:
        result = result * part
    return result


def by_name(name):
    from gradtape._engine.api.api import apply_elementwise

    return lambda *operands: apply_elementwise(name, *operands)


TABLE = {row.name: by_name(row.name) for row in ROWS}
SMOOTH = [row for row in ROWS if row.domain]


@cases("row", SMOOTH, ids=lambda row: row.name)
def test_rows_in_one_formula(row):
    values = [np.linspace(low, high, 7)[1:-1] + (high - low) / 100 for low, high in row.domain]  # off the kinks
    names = ["u", "v", "w"][: len(values)]
    sources = [tf.Variable(value, name=name) for value, name in zip(values, names, strict=True)]
    with tf.GradientTape() as tape:
        y = TABLE[row.name](*sources)
    explanation = tape.explain(y, sources)
    gradients = tape.gradient(y, sources)
    known = dict(zip(explanation.sources, values, strict=True)) | {"π": np.pi, "y": np.asarray(y)}
    for source, gradient in zip(explanation.sources, gradients, strict=True):
        formula = explanation.formula_of(source)
        if gradient is None:
            assert formula is None
            continue
        assert formula is not None, source
        np.testing.assert_allclose(evaluate(formula, known) * np.ones(5), gradient, rtol=1e-6, atol=1e-9)
        assert text(formula) and latex(formula).count("{") == latex(formula).count("}")
    for step in explanation.steps:
        for flow, gradient in zip(step.flows, [g for g in gradients if g is not None], strict=True):
            np.testing.assert_allclose(flow.slope_numbers, gradient, rtol=1e-9)


x, y = symbol("x"), symbol("y")


@pytest.mark.parametrize(
    "formula,expected",
    [
        (x * x * x, "x³"),
        (x + x + 1 - x - 1, "x"),
        (2 * x * y / x, "2·y"),
        (-(x - y), "-(x - y)"),
        (-x + y, "y - x"),
        (x / (y * 2), "x/(2·y)"),
        (1 / x, "1/x"),
        (x**-2, "1/x²"),
        (-1 / x**2, "-1/x²"),
        (0.5 * x, "0.5·x"),
        (x / 3, "x/3"),
        (-2 * x * (x - y), "-2·x·(x - y)"),
        ((x + 1) ** 2 / 2, "0.5·(x + 1)²"),
        (x ** (y + 1), "x^(y + 1)"),
        (function("sqrt", x + y), "√(x + y)"),
        (1 - function("tanh", x) ** 2, "1 - tanh(x)²"),
        (function("matmul", x, function("transpose", y)), "x @ yᵀ"),
        (function("abs", -3 * x), "|-3·x|"),
        (number(0.1) + number(0.2), "0.3"),
        (x * 0, "0"),
        (x - x, "0"),
        (x**0.5, "x^0.5"),
    ],
)
def test_as_a_person_writes(formula, expected):
    assert text(formula) == expected


@pytest.mark.parametrize(
    "formula,expected",
    [
        (x**3 + 2 * x, "3·x² + 2"),
        (x * function("sin", x), "sin(x) + x·cos(x)"),
        (function("exp", 2 * x), "2·exp(2·x)"),
        (1 / x, "-1/x²"),
        (function("log", x**2 + 1), "2·x/(x² + 1)"),
        (function("sigmoid", x * y), "y·sigmoid(y·x)·(1 - sigmoid(y·x))"),
        (number(7), "0"),
        (y, "0"),
    ],
)
def test_derivatives_of_formulas(formula, expected):
    found = derivative(formula, "x", lambda name, arguments: slopes_of(name, arguments))
    assert text(found).replace("x·y", "y·x") == expected


def test_a_chain_is_one_formula():
    w = tf.Variable([0.3, 0.8])
    with tf.GradientTape() as tape:
        z = tf.exp(-(w**2)) * 3.0 * w
    explanation = tape.explain(z, w)
    assert explanation.formulas == ["3·exp(-w²) - 6·w²·exp(-w²)"]
    np.testing.assert_allclose(
        evaluate(explanation.formula_of("w"), {"w": w.numpy().astype(float)}), tape.gradient(z, w), rtol=1e-6
    )
