"""An explanation as text for a terminal."""

from __future__ import annotations

import shutil
import textwrap

import numpy as np

from gradtape._src.explain.algebra import Formula
from gradtape._src.explain.explanation import Explained, Explanation, Flow
from gradtape._src.explain.lines import short_file
from gradtape._src.explain.notation import text
from gradtape._src.explain.numbers import shape, shown

_NARROWEST = 40


def columns(width: int | None) -> int:
    """The width in columns; that of the terminal if None, COLUMNS or 80 without one."""
    return max(_NARROWEST, width or shutil.get_terminal_size((80, 24)).columns)


def render(explanation: Explanation, width: int | None = None) -> str:
    """The text.

    Args:
      explanation: what to show.
      width: the width in columns; that of the terminal if None.
    """
    width = columns(width)
    names = [explanation.derivative_name(source) for source in explanation.sources]
    count = len(explanation.steps)
    title = f"{', '.join(names)}: {count} step{'s' * (count != 1)} from {explanation.target} back"
    lines = _wrapped(title, width, 2, 0)
    for step in explanation.steps:
        lines += ["", *_step(explanation, step, width)]
    lines += ["", "Gradients"]
    for name, formula, gradient in zip(names, explanation.formulas, explanation.gradients, strict=True):
        if gradient is None:
            lines += _wrapped(
                f"{name} = None: {explanation.target} does not depend on it; tape.diagnose says why", width
            )
            continue
        dims = shape(tuple(gradient.shape))
        if formula and formula != name:
            lines += _wrapped(f"{name} = {formula}", width)
            lines += _wrapped(f"{' ' * len(name)} = {shown(gradient.numpy())}   ({dims})", width, len(name) + 3)
        else:
            lines += _wrapped(f"{name} = {shown(gradient.numpy())}   ({dims})", width, len(name) + 3)
    if explanation.count is not None:
        lines += _wrapped(f"n = {explanation.count}", width)
    return "\n".join(lines)


def _step(explanation: Explanation, step: Explained, width: int) -> list[str]:
    lines = _wrapped(f"{step.place}. {step.title}   [{step.op}, {shape(step.shape)}]", width, 3, 0)
    if step.file:
        lines += _wrapped(f"{short_file(step.file)}:{step.line}   {step.code}", width, 7, 5)
    if step.value is not None:
        lines += _labelled("value", shown(step.value), width)
    lines += _labelled("arrives", f"{explanation.derivative_name(step.result)} = {shown(step.arrives)}", width)
    for flow in step.flows:
        lines += _flow(explanation, step, flow, width)
    return lines


def _flow(explanation: Explanation, step: Explained, flow: Flow, width: int) -> list[str]:
    lines = []
    if flow.slope is not None:
        lines += _labelled(
            "local", f"{explanation.local_name(step, flow)} = {with_numbers(flow.slope, flow.slope_numbers)}", width
        )
    name = explanation.derivative_name(flow.operand)
    if flow.parts > 1:
        name = f"towards {name}"
    note = f", summed to {shape(flow.shape)} as {flow.operand} was broadcast" if flow.summed else ""
    lines += _labelled("leaves", f"{name} = {with_numbers(flow.rule, flow.given, note)}", width)
    if flow.parts > 1 and flow.total is not None:
        whole = explanation.derivative_name(flow.operand)
        lines += _labelled("adds up", f"{whole} = {shown(flow.total)}, the sum of {flow.parts} contributions", width)
    return lines


def with_numbers(formula: Formula, numbers: np.ndarray | None, note: str = "") -> str:
    """A formula and its values; only the values if the formula is a number."""
    if numbers is None or (formula.kind == "number" and numbers.size == 1):
        return text(formula) + note
    return f"{text(formula)}{note} = {shown(numbers)}"


def _labelled(label: str, content: str, width: int) -> list[str]:
    return _wrapped(f"{label:<8} {content}", width, 14, 5)


def _wrapped(content: str, width: int, indent: int = 4, first: int = 2) -> list[str]:
    return textwrap.wrap(
        content, width, initial_indent=" " * first, subsequent_indent=" " * indent, break_on_hyphens=False
    ) or [""]
