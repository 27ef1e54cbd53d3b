"""An explanation as a picture: a box per step, the sources at the top, the target at the bottom."""

from __future__ import annotations

from collections.abc import Sequence

from gradtape._src.explain.drawing import Drawing, Node, draw
from gradtape._src.explain.explanation import Explained, Explanation
from gradtape._src.explain.lines import short_file
from gradtape._src.explain.notation import text
from gradtape._src.explain.numbers import shape, shown
from gradtape._src.explain.steps import Value

MANY = 24  # number of steps from which on neighbours are folded by default


def groups_of(steps: Sequence[Explained]) -> list[list[Explained]]:
    """Groups of steps: those that one line of the program recorded consecutively or, if lines are not known,
    runs in which each step's result goes only into the next."""
    found: list[list[Explained]] = []
    for step in steps:
        if found and _belong(found[-1], step):
            found[-1].append(step)
        else:
            found.append([step])
    return found


def _belong(group: list[Explained], earlier: Explained) -> bool:
    later, last = group[-1], group[0]
    assert last.step is not None and later.step is not None and earlier.step is not None
    if later.file or earlier.file:
        # A repeated expression is another iteration of a loop.
        place = _place(earlier)
        again = place == _place(last) and any(_place(step) != place for step in group)
        return (later.file, later.line) == (earlier.file, earlier.line) and not again
    if len(group) == MANY:
        return False
    into = {one.position for value in earlier.step.results for one, _, _ in value.contributions}
    return into == {later.step.position}


def _place(step: Explained) -> object:
    """The expression that recorded a step."""
    assert step.step is not None
    return None if step.step.remembered is None else step.step.remembered.places[:1]


def render(explanation: Explanation, fold: bool | None = None) -> str:
    """The picture.

    Args:
      explanation: what to show.
      fold: whether steps of one line are one box; None: if there are many.
    """
    folding = len(explanation.steps) > MANY if fold is None else fold
    groups = groups_of(explanation.steps) if folding else [[step] for step in explanation.steps]
    names = ", ".join(explanation.derivative_name(source) for source in explanation.sources)
    drawing = Drawing(
        f"How {names} come{'s' if len(explanation.sources) == 1 else ''} about",
        f"{len(explanation.steps)} steps from {', '.join(explanation.sources)} to {explanation.target}. "
        + ". ".join(step.title for step in explanation.steps[::-1][:40]),
    )
    owner = {value: f"s{group[0].place}" for group in groups for step in group for value in _results(step)}
    leaves: dict[Value, str] = {}
    for group in groups[::-1]:
        key = f"s{group[0].place}"
        for step in group[::-1]:
            assert step.step is not None
            for operand in step.step.operands:
                if operand in owner:
                    if owner[operand] != key:
                        _join(drawing, owner[operand], key, step, operand, folding)
                elif operand.source or not (folding or _is_plain_number(operand)):
                    if operand not in leaves:
                        leaves[operand] = f"v{len(leaves)}"
                        drawing.nodes.append(_leaf(explanation, leaves[operand], operand))
                    _join(drawing, leaves[operand], key, step, operand, folding)
        drawing.nodes.append(_box(explanation, key, group))
    return draw(drawing)


def _results(step: Explained) -> list[Value]:
    assert step.step is not None
    return step.step.results


def _is_plain_number(value: Value) -> bool:
    """Whether a constant's name is its value."""
    return not value.node and not value.named


def _join(drawing: Drawing, start: str, end: str, step: Explained, operand: Value, folding: bool) -> None:
    flow = next((flow for flow in step.flows if flow.operand == operand.name), None)
    label = ""
    if flow is not None and flow.slope is not None and not folding:
        label = f"×({text(flow.slope)})" if flow.slope.kind == "sum" else f"×{text(flow.slope)}"
    drawing.edges[start, end] = label if label != "×1" else ""


def _leaf(explanation: Explanation, key: str, value: Value) -> Node:
    dims = shape(value.shape or ())
    lines = [("title", value.name), ("soft", f"{dims}: {shown(value.array, 4, 4)}")]
    if value.cotangent is not None and value.node:
        gradient = shown(value.cotangent.numpy(), 4, 4)
        lines.append(("gradient", f"{explanation.derivative_name(value.name)} = {gradient}"))
    kind = "source" if value.source else "constant"
    return Node(
        key, lines, kind, f"{'source' if value.source else 'constant'}: " + "; ".join(text for _, text in lines)
    )


def _box(explanation: Explanation, key: str, group: list[Explained]) -> Node:
    last = group[0]
    if len(group) > 1:
        title = last.code or f"{last.result} after {len(group)} steps"
        lines = [("title", title), ("soft", f"{len(group)} steps: {', '.join(step.op for step in group[::-1])}")]
    else:
        lines = [("title", last.title), ("soft", f"{shape(last.shape)}: {shown(last.value, 4, 4)}")]
    arrives = f"{explanation.derivative_name(last.result)} = {shown(last.arrives, 4, 4)}"
    lines.append(("gradient", arrives))
    where = f" ({short_file(last.file)}:{last.line})" if last.file else ""
    kind = "target" if any(value.target for value in _results(last)) else "fold" if len(group) > 1 else ""
    return Node(key, lines, kind, "; ".join(step.title for step in group[::-1]) + f"; {arrives}{where}")
