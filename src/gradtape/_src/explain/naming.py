"""Names of the values between target and sources, and formulas of each in terms of earlier ones."""

from __future__ import annotations

import functools
import itertools
import operator
import sys
from types import FrameType
from typing import Any

import numpy as np

from gradtape._engine.record.primitive import node_of
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.explain.algebra import COUNT, ONE, Formula, number, size, symbol
from gradtape._src.explain.formulas import constant_of, row_of, rule_of, value_of
from gradtape._src.explain.lines import written
from gradtape._src.explain.notation import text
from gradtape._src.explain.steps import Graph, Step, Value

_LONGEST, _WIDEST = 9, 26  # parts and letters of a formula that stands for a value that has no name
_LARGEST = 1 << 16  # elements of arrays that are looked for among the program's
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def calling_frame() -> FrameType | None:
    """The innermost frame that is not gradtape's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "gradtape":
        frame = frame.f_back
    return frame


class Names:
    """Gives each value a name and a formula.

    Args:
      graph: the values; their names are written into them.
      frame: where the program asks: its variables' names are known without lines.
    """

    def __init__(self, graph: Graph, frame: FrameType | None) -> None:
        self.graph = graph
        self.formulas: dict[Value, Formula] = {}
        self._taken: set[str] = set()
        self._counted: int | None = None
        self._seen = _names_in(frame)
        forward = graph.steps[::-1]
        self._read_lines(forward)
        for step in forward:
            for place, operand in enumerate(step.operands):
                if operand not in self.formulas:
                    self._name_leaf(operand, step, place)
            step.count = self._count(step)
            self._name_results(step)
        for place, source in enumerate(graph.sources):
            if source not in self.formulas:
                self._name_leaf(source, None, place)
        for place, target in enumerate(graph.targets):
            if target not in self.formulas:
                self._name_leaf(target, None, place)
        if graph.target not in self.formulas:
            self._name_sum(graph.target, graph.targets)

    @property
    def counted(self) -> int | None:
        """What n stands for, the number of elements that a mean is over; None where nothing is."""
        return self._counted

    def formula_of(self, step: Step) -> Formula:
        """The step's op as a formula of its operands."""
        return expression(step, [self.formulas[operand] for operand in step.operands])

    def _read_lines(self, forward: list[Step]) -> None:
        def key(step: Step) -> Any:
            return step.remembered.places[:1] if step.remembered is not None else None

        for place, steps in itertools.groupby(forward, key):
            together = list(steps)
            if place is None:
                continue
            for step in together:
                assert step.remembered is not None
                step.written = written(step.remembered, together.index(step), [other.name for other in together])

    def _unique(self, name: str) -> str:
        found, place = name, 1
        while found in self._taken:
            place += 1
            found = name + str(place).translate(_SUBSCRIPTS)
        self._taken.add(found)
        return found

    def _name_leaf(self, value: Value, step: Step | None, place: int) -> None:
        said = ""
        if step is not None and step.written is not None and len(step.written.operands) == len(step.operands):
            said = step.written.operands[place]
        name = self._seen.of(value) or (said if _is_short(said) else "")
        array = value.array
        if not value.node and array is not None and array.size == 1 and not name.isidentifier():
            constant = constant_of(array.reshape(-1)[0])
            if constant is not None:
                value.name, self.formulas[value] = text(constant), constant
                return
        if value.variable is not None and (not name or name in self._taken):
            path = str(getattr(value.variable, "path", None) or value.variable.name).partition(":")[0]
            # Where a loop gives one name to many, those that the program gave them tell them apart.
            name = name if name and path == "Variable" else ".".join(path.split("/")[-2:])
        if not name and value.maker is not None and self._name_made(value):
            return
        if not name:
            name = "x" if value.node else "c"
        known = next((other for other in self.formulas if other.name == name and _same(other, value)), None)
        if known is not None:
            value.name, value.named, self.formulas[value] = known.name, True, self.formulas[known]
            return
        value.name, value.named = self._unique(name), True
        self.formulas[value] = symbol(value.name)

    def _name_made(self, value: Value, depth: int = 3) -> bool:
        """A value that steps made which lead to no source is called by its formula, where that is short."""
        step = value.maker
        if value in self.formulas:
            return True
        if step is None or depth == 0 or len(step.results) > 1:
            return False
        for place, operand in enumerate(step.operands):
            if operand not in self.formulas and not self._name_made(operand, depth - 1):
                if operand.maker is not None:
                    return False
                self._name_leaf(operand, step, place)
        formula = self.formula_of(step)
        if size(formula) > _LONGEST or len(text(formula)) > _WIDEST:
            return False
        value.name, self.formulas[value] = text(formula), formula
        return True

    def _name_results(self, step: Step) -> None:
        for place, result in enumerate(step.results):
            if result in self.formulas:
                continue
            name = self._seen.of(result)
            if not name and step.written is not None and place == 0:
                name = step.written.result
            if not name and result.target:
                name = "target"
            formula = self.formula_of(step)
            if name:
                result.name, result.named = self._unique(name), True
                formula = symbol(result.name)
            elif size(formula) > _LONGEST or len(text(formula)) > _WIDEST or len(step.results) > 1:
                result.name = self._unique(f"v{1 + sum(other.name.startswith('v') for other in self.formulas)}")
                formula = symbol(result.name)
            else:
                result.name = text(formula)
            self.formulas[result] = formula

    def _name_sum(self, whole: Value, targets: list[Value]) -> None:
        """Several targets are differentiated as their sum."""
        formula = functools.reduce(operator.add, (self.formulas[target] for target in targets))
        if len(text(formula)) > _WIDEST:
            formula = symbol(self._unique("targets"))
        whole.name, self.formulas[whole] = text(formula), formula

    def _count(self, step: Step) -> Formula:
        """How many elements a mean is over: n, or a number where n stands for another one already."""
        if step.kernel != "Mean" or step.operands[0].shape is None or step.result.shape is None:
            return ONE
        count = int(np.prod(step.operands[0].shape)) // max(int(np.prod(step.result.shape)), 1)
        if count == 1:
            return ONE
        if self._counted is None and COUNT not in self._taken:
            self._counted = count
            self._taken.add(COUNT)
        return symbol(COUNT) if count == self._counted else number(count)


def expression(step: Step, operands: list[Formula]) -> Formula:
    """A step's op as a formula of its operands' formulas."""
    if step.elementwise and row_of(step.name) is not None:
        return value_of(step.name, operands)
    return rule_of(step.kernel, step.name).expression(step, operands)


def _is_short(text: str) -> bool:
    return 0 < len(text) <= 16 and "(" not in text and "[[" not in text


def _same(one: Value, other: Value) -> bool:
    a, b = one.array, other.array
    return not one.node and not other.node and a is not None and b is not None and np.array_equal(a, b)


class _Seen:
    """The names of a frame's tensors and variables."""

    def __init__(self, named: list[tuple[str, Any]]) -> None:
        self._nodes: dict[int, str] = {}
        self._objects: dict[int, str] = {}
        self._arrays: list[tuple[str, np.ndarray]] = []
        for name, item in named:
            if isinstance(item, Tensor):
                self._objects.setdefault(id(item), name)
                if node_of(item):
                    self._nodes.setdefault(node_of(item), name)
            elif isinstance(item, BaseVariable):
                self._objects.setdefault(id(item), name)
            else:
                array = _array(item)
                if array is not None:
                    self._arrays.append((name, array))

    def of(self, value: Value) -> str:
        """The value's name in the frame, or nothing."""
        if value.variable is not None:
            return self._objects.get(id(value.variable), "")
        found = self._nodes.get(value.node, "") or self._objects.get(id(value.tensor), "")
        if found or value.node or value.array is None or not value.array.shape:
            return found
        known = value.array
        for name, array in self._arrays:
            if array.shape == known.shape and np.array_equal(array.astype(known.dtype), known):
                return name
        return ""


def _array(item: Any) -> np.ndarray | None:
    """An array or nested list of numbers that the program made a constant of."""
    if isinstance(item, np.ndarray):
        found = item
    elif isinstance(item, list) and 0 < len(item) <= 64:
        try:
            found = np.asarray(item)
        except ValueError:
            return None
    else:
        return None
    return found if found.dtype.kind in "fiub" and found.size <= _LARGEST else None


def _names_in(frame: FrameType | None) -> _Seen:
    if frame is None:
        return _Seen([])
    found = [*frame.f_locals.items()]
    if frame.f_globals is not frame.f_locals:
        found += frame.f_globals.items()
    return _Seen([(name, item) for name, item in found if not name.startswith("_")])
