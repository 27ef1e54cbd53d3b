"""The recorded steps from a target back to its sources, with their cotangents."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_broadcast_to, as_tensor, full, view
from gradtape._engine.diff.inspection import checked_seed, cotangents, entries, kinds, node_of_variable, value_read
from gradtape._engine.diff.tape import GradientTape
from gradtape._engine.record.primitive import Primitive, node_of
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.explain.algebra import ONE, Formula
from gradtape._src.explain.lines import Remembered, Written, remembered

_KINDS = kinds()


@dataclass(eq=False)
class Value:
    """A value of the graph: a source, a constant or a result.

    Attributes:
      node: the tape's node of it; 0 of a constant.
      tensor: the tensor, None if the tape did not keep it and it cannot be recomputed.
      name: the program's name for it, or a formula.
      named: whether the program named it.
      variable: the variable whose value it is.
      source, target: whether it is one of the sources, of the targets, requested.
      leads: whether it is a source or depends on one.
      cotangent: its accumulated cotangent; None if there is none.
      contributions: contributions as (step, operand's index, cotangent), without the initial cotangent of a target.
      maker: the step whose result it is.
    """

    node: int
    tensor: Tensor | None = None
    name: str = ""
    named: bool = False
    variable: BaseVariable | None = None
    source: bool = False
    target: bool = False
    leads: bool = False
    cotangent: Tensor | None = None
    contributions: list[tuple[Step, int, Tensor]] = field(default_factory=list)
    maker: Step | None = None
    shape: tuple[int, ...] | None = None

    @property
    def array(self) -> np.ndarray | None:
        """The value as an array."""
        return None if self.tensor is None else view(self.tensor)


@dataclass(eq=False)
class Step:
    """One recorded op.

    Attributes:
      position: its position on the tape.
      primitive: the op.
      attribute: its static attributes.
      operands, results: its values.
      given: the cotangents that its reverse rule gave its operands, None where none flows.
      remembered: what the observer recorded about it.
      written: its source code.
      kept: those results that the reverse rule reads.
      count: number of elements of a mean, as a formula.
      passed: whether the sweep visited it.
    """

    position: int
    primitive: Primitive
    attribute: Any
    operands: list[Value]
    results: list[Value]
    shapes: tuple[Any, ...]
    given: list[Tensor | None] = field(default_factory=list)
    remembered: Remembered | None = None
    written: Written | None = None
    kept: tuple[Tensor | None, ...] = ()
    count: Formula = ONE
    passed: bool = False

    @property
    def kernel(self) -> str:
        """The op's name in messages."""
        return self.primitive.kernel

    @property
    def name(self) -> str:
        """The op's own name."""
        return self.primitive.name

    @property
    def result(self) -> Value:
        """Its first result."""
        return self.results[0]

    @property
    def stated(self) -> bool:
        """Whether the program defines its derivative, so that its evaluation is unknown."""
        return self.primitive.vjp is not None and self.primitive.evaluate is None

    @property
    def elementwise(self) -> bool:
        """Whether it is a row of the elementwise table."""
        return hasattr(self.primitive, "expression")


@dataclass(eq=False)
class Graph:
    """The recorded graph between targets and watched values.

    Attributes:
      target: the target's value; for several a value without a node, their sum.
      targets: the targets' values, in the order requested.
      sources: the sources' values, in the order requested.
      steps: the steps between both, the last recorded first.
      others: recorded steps that no target depends on, or that lead to no source.
      values: every value by its node.
      variables: the variables that the tape watches by their node.
      owner: a read's position leads to its variable's node, a further output's to its call's position.
      positions: all that the tape holds.
    """

    target: Value
    targets: list[Value]
    sources: list[Value]
    steps: list[Step]
    others: list[Step]
    values: dict[int, Value]
    variables: dict[int, BaseVariable]
    owner: dict[int, int]
    positions: set[int]


def node_on(tape: GradientTape, item: Tensor | BaseVariable) -> int:
    """A tape's node of a tensor or variable."""
    return node_of(item) if isinstance(item, Tensor) else node_of_variable(item)


def read(
    tape: GradientTape,
    targets: Sequence[Tensor | BaseVariable],
    sources: Sequence[Tensor | BaseVariable],
    seeds: Sequence[Any] = (),
) -> Graph:
    """Reads the graph of targets from a tape, with cotangents between their sum and the sources.

    `seeds` are the initial cotangents of targets, as for `gradient`; None for ones.
    """
    recording = tape._recording
    if recording:
        tape._pause()
    try:
        return _read(tape, targets, sources, seeds)
    finally:
        if recording:
            tape._resume()


def _read(tape: GradientTape, targets: Sequence[Any], sources: Sequence[Any], seeds: Sequence[Any]) -> Graph:
    watched = {node_of_variable(variable): variable for variable in tape.watched_variables()}
    for item in (*targets, *sources):
        if isinstance(item, BaseVariable):
            watched[node_of_variable(item)] = item
    values: dict[int, Value] = {}
    owner: dict[int, int] = {}  # a read's position -> its variable's node; a further output's -> its call's
    steps: dict[int, Step] = {}

    def value(node: int) -> Value:
        node = owner.get(node, node) if node in reads else node
        if node not in values:
            values[node] = Value(node)
        return values[node]

    reads: set[int] = set()
    for position, kind, primitive, nodes, shapes, operands, results, attribute, _active in entries(tape):
        if kind == _KINDS["read"]:
            reads.add(position)
            owner[position] = nodes[0]
            found = value(position)
            found.variable = watched.get(nodes[0])
            if found.variable is not None and found.tensor is None:
                found.tensor = value_read(found.variable, position)
        elif kind == _KINDS["output"]:
            owner[position] = nodes[0]
            maker, place = steps[nodes[0]], nodes[1]
            maker.results[place] = value(position)
            maker.results[place].maker = maker
            maker.results[place].tensor = maker.results[place].tensor or maker.kept[place]
        elif kind != _KINDS["mark"]:
            step = Step(
                position,
                primitive,
                attribute,
                [value(node) if node else Value(0, tensor) for node, tensor in zip(nodes, operands, strict=True)],
                [Value(0) for _ in results],
                shapes,
                remembered=remembered(position),
            )
            for operand, tensor in zip(step.operands, operands, strict=True):
                operand.tensor = operand.tensor if tensor is None else tensor
            step.results[0] = value(position)
            step.results[0].maker = step
            step.kept = results
            step.results[0].tensor = step.results[0].tensor or results[0]
            if step.remembered is not None:
                for operand, tensor in zip(step.operands, step.remembered.operands, strict=False):
                    operand.tensor = tensor
                for result, tensor in zip(step.results, step.remembered.results, strict=False):
                    result.tensor = tensor
            steps[position] = step
    for item in (*targets, *sources):
        if isinstance(item, Tensor) and node_of(item):
            value(node_of(item)).tensor = item
    goals = []
    for place, item in enumerate(targets):
        goal = value(node_on(tape, item)) if node_on(tape, item) else Value(0)
        goal.tensor = as_tensor(item) if goal.tensor is None else goal.tensor
        goal.target = True
        _start(goal, seeds[place] if place < len(seeds) else None)
        goals.append(goal)
    asked = []
    for item in sources:
        node = node_on(tape, item)
        found = value(node) if node else Value(0, as_tensor(item))
        found.source = found.leads = True
        if isinstance(item, BaseVariable):
            found.variable = item
        asked.append(found)
    passed = _sweep(tape, goals, steps, owner)
    for step in passed:
        step.passed = True
    kept: list[Step] = []
    for step in reversed(passed):
        if any(operand.leads for operand in step.operands if operand.node):
            for result in step.results:
                result.leads = True
            kept.append(step)
    chosen = kept[::-1]
    positions = {step.position for step in chosen}
    _shape(chosen, goals)
    _compute_again(sorted(chosen, key=lambda step: step.position))
    others = [step for step in steps.values() if step.position not in positions]
    goal = goals[0] if len(goals) == 1 else Value(0)
    return Graph(goal, goals, asked, chosen, others, values, watched, owner, {*steps, *owner})


def _start(goal: Value, given: Any) -> None:
    """Adds the initial cotangent of a target: ones by default."""
    assert goal.tensor is not None
    seed = full(goal.tensor.shape, 1, goal.tensor.dtype) if given is None else checked_seed(goal.tensor, given)
    goal.cotangent = seed if goal.cotangent is None else goal.cotangent + seed


def _sweep(tape: GradientTape, goals: list[Value], steps: dict[int, Step], owner: dict[int, int]) -> list[Step]:
    """Computes every value's cotangent, in the order of a tape's sweep; returns the visited steps."""
    passed: list[Step] = []
    waiting: list[int] = []
    queued: set[int] = set()

    def visit(node: int) -> None:
        position = owner.get(node, node)
        if position in steps and position not in queued:
            queued.add(position)
            heapq.heappush(waiting, -position)

    for goal in goals:
        visit(goal.node)
    while waiting:
        step = steps[-heapq.heappop(waiting)]
        given = []
        for result in step.results:
            if result.cotangent is None:
                known = result.tensor
                if known is None:
                    known = _results_again(step)[step.results.index(result)]
                given.append(full(known.shape, 0, known.dtype))
            else:
                given.append(result.cotangent)
        found_all = cotangents(tape, step.position, given)
        step.given = [_dense(found, step, operand) for found, operand in zip(found_all, step.operands, strict=True)]
        passed.append(step)
        for place, found in enumerate(step.given):
            operand = step.operands[place]
            if found is None or not operand.node:
                continue
            operand.contributions.append((step, place, found))
            operand.cotangent = found if operand.cotangent is None else operand.cotangent + found
            visit(operand.node)
    return passed


def _dense(found: Any, step: Step, operand: Value) -> Tensor | None:
    """A cotangent as a tensor: rows of a gathered variable at their indices, one that a program states of its operand's
    shape and dtype."""
    if found is None:
        return None
    if step.stated and operand.tensor is not None:
        return apply_broadcast_to(as_tensor(found, dtype=operand.tensor.dtype), operand.tensor.shape)
    return as_tensor(found)


def _shape(steps: list[Step], goals: list[Value]) -> None:
    """Shapes of all values; entries only have those that differ from the result's."""
    for step in steps:
        for result in step.results:
            known = result.cotangent if result.tensor is None else result.tensor
            result.shape = None if known is None else tuple(known.shape)
        for operand, shape, given in zip(step.operands, step.shapes, step.given, strict=True):
            known = operand.tensor if operand.tensor is not None else given
            if known is not None:
                operand.shape = tuple(known.shape)
            elif operand.shape is None:
                operand.shape = tuple(shape) if shape is not None else step.result.shape if step.elementwise else None
    for goal in goals:
        goal.shape = tuple(goal.tensor.shape) if goal.tensor is not None else goal.shape


def attributes_of(step: Step) -> Any:
    """Attributes for `Primitive.again`."""
    if isinstance(step.attribute, tuple):
        return step.attribute
    return step.attribute, TensorShape(step.result.shape)


def _results_again(step: Step) -> tuple[Tensor, ...]:
    operands = tuple(operand.tensor for operand in step.operands)
    if None in operands:
        raise ValueError(f"The tape did not keep the operands of {step.kernel}, which has several results.")
    return step.primitive.again(operands, attributes_of(step))  # type: ignore[arg-type]


def _compute_again(steps: list[Step]) -> None:
    """Recomputes values that the tape did not keep, if their operands are known."""
    for step in steps:
        if (
            step.result.tensor is None
            and not step.stated
            and all(operand.tensor is not None for operand in step.operands)
        ):
            for result, tensor in zip(step.results, _results_again(step), strict=True):
                result.tensor = tensor
