"""An explanation in LaTeX: the derivation as aligned equations."""

from __future__ import annotations

import numpy as np

from gradtape._src.explain.algebra import Formula
from gradtape._src.explain.explanation import Explained, Explanation, Flow
from gradtape._src.explain.notation import latex

_ROWS, _COLUMNS = 6, 6


def matrix(array: np.ndarray | None) -> str:
    """An array of up to two axes as a matrix, abbreviated if large; empty for others."""
    if array is None or array.ndim > 2:
        return ""
    if array.ndim == 0:
        return _number(array[()])
    rows = array.reshape(1, -1) if array.ndim == 1 else array
    lines = [_row(row) for row in rows[: _ROWS if rows.shape[0] > _ROWS + 1 else None]]
    if len(lines) < rows.shape[0]:
        lines.append(r"\vdots")
    return r"\begin{bmatrix} " + r" \\ ".join(lines) + r" \end{bmatrix}"


def _row(row: np.ndarray) -> str:
    shown = [_number(value) for value in row[: _COLUMNS if row.size > _COLUMNS + 1 else None]]
    return " & ".join([*shown, *([r"\cdots"] if len(shown) < row.size else [])])


def _number(value: object) -> str:
    text = str(value)
    if text in ("nan", "inf", "-inf"):
        return {"nan": r"\mathrm{NaN}", "inf": r"\infty", "-inf": r"-\infty"}[text]
    digits, _, exponent = text.partition("e")
    return f"{digits} \\cdot 10^{{{int(exponent)}}}" if exponent else digits


def render(explanation: Explanation) -> str:
    """The derivation, forward and back and the gradients, for mathematics mode of LaTeX, MathJax or KaTeX."""
    named = explanation._by_name
    lines = [
        f"{latex(named[step.result])} &= {latex(step.formula)}{_equals(step.value)}" for step in _named(explanation)
    ]
    for step in explanation.steps:
        for flow in step.flows:
            formula = explanation.formula_of(flow.operand) if flow.parts == 1 else None
            lines.append(_flow(explanation, step, flow, formula))
    for source, gradient in zip(explanation.sources, explanation.gradients, strict=True):
        formula = explanation.formula_of(source)
        flows = [flow for step in explanation.steps for flow in step.flows if flow.operand == source]
        if gradient is None or (flows and all(flow.parts == 1 for flow in flows)):
            continue
        middle = f" {latex(formula)} =" if formula is not None else ""
        name, value = explanation.derivative_name(source, "latex"), matrix(gradient.numpy())
        lines.append(f"{name} &={middle} {value}".rstrip(" ="))
    if explanation.count is not None:
        lines.append(f"n &= {explanation.count}")
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}\n"


def _named(explanation: Explanation) -> list[Explained]:
    """Steps whose result is not just their formula, first recorded first."""
    return [step for step in explanation.steps[::-1] if step.step is not None and step.step.result.named]


def _equals(value: np.ndarray | None) -> str:
    shown = matrix(value)
    return f" = {shown}" if shown else ""


def _flow(explanation: Explanation, step: Explained, flow: Flow, formula: Formula | None) -> str:
    name = explanation.derivative_name(flow.operand, "latex")
    if flow.parts > 1:
        name = rf"{name}\bigg|_{{{step.place}}}"
    rule = rf"\sum {latex(flow.rule)}" if flow.summed else latex(flow.rule)
    if formula is not None and latex(formula) != rule:
        rule = f"{rule} = {latex(formula)}"
    return f"{name} &= {rule}{_equals(flow.given)}"
