"""An explanation in Markdown."""

from __future__ import annotations

from gradtape._src.explain.explanation import Explained, Explanation
from gradtape._src.explain.lines import short_file
from gradtape._src.explain.notation import text
from gradtape._src.explain.numbers import shape, shown


def render(explanation: Explanation) -> str:
    """The Markdown: a heading and a table per step, and the gradients at the end."""
    names = [explanation.derivative_name(source) for source in explanation.sources]
    parts = [f"## {', '.join(names)}"]
    for step in explanation.steps:
        parts.append(_step(explanation, step))
    rows = ["### Gradients", "", "| | formula | value | shape |", "| --- | --- | --- | --- |"]
    for name, formula, gradient in zip(names, explanation.formulas, explanation.gradients, strict=True):
        if gradient is None:
            rows.append(f"| {_code(name)} | | None: {explanation.target} does not depend on it | |")
        else:
            value, dims = shown(gradient.numpy()), shape(tuple(gradient.shape))
            rows.append(f"| {_code(name)} | {_code(formula) if formula else ''} | {_code(value)} | {dims} |")
    parts.append("\n".join(rows))
    if explanation.count is not None:
        parts.append(f"n = {explanation.count}")
    return "\n\n".join(parts) + "\n"


def _step(explanation: Explanation, step: Explained) -> str:
    lines = [f"### {step.place}. {_code(step.title)}", ""]
    if step.file:
        lines += [f"{_code(step.code)} at {short_file(step.file)}:{step.line}", ""]
    lines += ["| | | |", "| --- | --- | --- |"]
    if step.value is not None:
        lines.append(_row("value", f"{_code(step.result)} ({shape(step.shape)})", _code(shown(step.value))))
    lines.append(_row("arrives", _code(explanation.derivative_name(step.result)), _code(shown(step.arrives))))
    for flow in step.flows:
        if flow.slope is not None:
            numbers = shown(flow.slope_numbers)
            local = f"{explanation.local_name(step, flow)} = {text(flow.slope)}"
            lines.append(_row("local", _code(local), _code(numbers) if numbers != "?" else ""))
        name = explanation.derivative_name(flow.operand)
        note = f", summed to {shape(flow.shape)}" if flow.summed else ""
        towards = "towards " if flow.parts > 1 else ""
        lines.append(_row("leaves", f"{towards}{_code(f'{name} = {text(flow.rule)}')}{note}", _code(shown(flow.given))))
        if flow.parts > 1 and flow.total is not None:
            lines.append(_row("adds up", f"{_code(name)}, {flow.parts} contributions", _code(shown(flow.total))))
    return "\n".join(lines)


def _code(content: str) -> str:
    """Inline code, also within a table."""
    content = content.replace("|", "\\|")
    fence = "``" if "`" in content else "`"
    return f"{fence}{content}{fence}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
