"""Pictures of compiled functions: the traced steps, and the plan."""

from __future__ import annotations

from typing import Any

from gradtape._src.explain.algebra import symbol
from gradtape._src.explain.drawing import Drawing, Node, abridged, draw
from gradtape._src.explain.formulas import spelled
from gradtape._src.explain.lines import short_file
from gradtape._src.explain.notation import text

_OPERANDS = "abcdefgh"


def draw_plan(function: Any, planned: bool = True, signature: int = 0) -> str:
    """Draws a compiled function: its steps, and the data flow between them.

    Args:
      function: a tf.function that has been called.
      planned: whether to show the plan, with fused steps and without dead ones; False: what
        was traced.
      signature: which of the function's signatures, in the order in which they were traced.

    Returns:
      SVG, one self-contained element.

    Raises:
      ValueError: the function was not traced for such a signature, or runs eagerly.
      TypeError: it is not a compiled function.

    Example:
      >>> @tf.function
      ... def scaled(x):
      ...     return tf.exp(x * 2.0) + 1.0
      >>> for _ in range(8):
      ...     y = scaled(tf.constant([1.0, 2.0]))
      >>> before, after = (tf.explain.draw_plan(scaled, planned) for planned in (False, True))
      >>> before.count('class="box"'), after.count('class="box"')
      (6, 2)
    """
    plans = getattr(function, "_plans", None)
    if plans is None:
        raise TypeError(f"draw_plan takes a function created by tf.function, got {type(function).__name__}.")
    if not 0 <= signature < len(plans):
        raise ValueError(f"{function.name} has {len(plans)} traced signatures; call it first, and select one of these.")
    plan = list(plans.values())[signature]
    if plan.failure is not None:
        raise ValueError(f"{function.name} runs eagerly: {plan.failure}")
    if plan.root is None:
        raise ValueError(
            f"{function.name} has handled an exception in every call so far, so there is nothing to replay."
        )
    title = f"{function.name}, {'as replayed' if planned else 'as traced'}"
    drawing = Drawing(title, "")
    _Drawn(drawing, "plan" if planned else "steps").node(plan.root, {})
    drawing.description = f"{len(drawing.nodes)} boxes: " + ", ".join(node.lines[0][1] for node in drawing.nodes[:60])
    return draw(drawing)


class _Drawn:
    """Draws a tree of steps.

    Args:
      drawing: the drawing to add to.
      which: "steps" as they were traced, or "plan".
    """

    def __init__(self, drawing: Drawing, which: str) -> None:
        self.drawing, self.which = drawing, which
        self.constants: set[int] = set()

    def node(self, node: Any, made: dict[int, str]) -> str:
        """Draws a run of steps and the branches behind its guard; the first box's key. made: the box of each slot."""
        begin = len(self.drawing.nodes)
        for step in getattr(node, self.which):
            if step.name == "constant":
                self.constants.update(step.result_slots)
                continue
            key = self._enter(step, made)
            self.drawing.nodes.append(_box(key, step))
            made.update(dict.fromkeys(step.result_slots, key))
        if node.guard is not None:
            key = self._enter(node.guard, made)
            file, line = node.guard.place
            place = f"{short_file(file)}:{line}" if file else "Python looks at a value"
            self.drawing.nodes.append(Node(key, [("title", "guard"), ("soft", place)], "bad", f"guard at {place}"))
            for outcome, child in node.children.items():
                first = self.node(child, dict(made))
                if first:
                    self.drawing.edges[key, first] = abridged(f"{outcome}", 16)
        steps = (one.key for one in self.drawing.nodes[begin:] if one.key[0] == "s")
        return next(steps, "")

    def _enter(self, step: Any, made: dict[int, str]) -> str:
        """A key for a step, with arrows from its operands."""
        leaves = [slot for slot in step.operand_slots if slot not in made]
        for slot in leaves:
            made[slot] = f"v{len(self.drawing.nodes)}"
            kind = "constant" if slot in self.constants else "argument"
            self.drawing.nodes.append(
                Node(made[slot], [("title", kind)], "constant" if kind == "constant" else "source")
            )
        key = f"s{len(self.drawing.nodes)}"
        for slot in step.operand_slots:
            self.drawing.edges[made[slot], key] = ""
        return key


def _box(key: str, step: Any) -> Node:
    formula = getattr(step.primitive, "expression", None)
    if formula is None:
        kind = "source" if step.name.startswith("read ") else "target" if step.name.startswith("assign") else ""
        return Node(key, [("title", abridged(step.name))], kind, step.name)
    operands = [symbol(letter) for letter in _OPERANDS[: len(step.operand_slots)]]
    written = text(spelled(formula, operands))
    fused = step.name != step.primitive.kernel and "(" in step.name
    return Node(
        key, [("title", "fused" if fused else step.name), ("soft", abridged(written))], "fold" if fused else "", written
    )
