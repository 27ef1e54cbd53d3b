"""A reference for tapes' gradients: values in NumPy, derivatives by a complex step.

A value is a node of a growing graph. Each tape has its own view of it: which nodes depend on something it
watches, and through which operands. The derivative with respect to a source is found by computing the target again
with the source moved by an imaginary step; operations that the tape did not see are constant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

STEP = 1e-30


class Node:
    """A value: a variable's content (`formula` None), or a function of other nodes at that time."""

    def __init__(self, value: np.ndarray, formula: Callable[..., Any] | None = None, operands: tuple[Node, ...] = ()):
        self.value = value
        self.formula = formula
        self.operands = operands
        self.throws = False

    def __repr__(self) -> str:
        return f"Node({self.value})"


class View:
    """What one tape has seen since it was created or reset."""

    def __init__(self) -> None:
        self.watched: set[Node] = set()
        self.active: set[Node] = set()
        self.seen: dict[Node, tuple[bool, ...]] = {}
        self.passed: set[Node] = set()  # operands that it did not watch
        self.late: set[Node] = set()  # those among them that were watched afterwards

    def watch(self, node: Node) -> None:
        if node in self.passed and node not in self.active:
            self.late.add(node)
        self.watched.add(node)
        self.active.add(node)

    def see(self, node: Node) -> None:
        """Called for every operation that the tape records."""
        known = tuple(operand in self.active for operand in node.operands)
        if any(known):
            self.active.add(node)
            self.seen[node] = known
            self.passed.update(operand for operand, is_known in zip(node.operands, known, strict=True) if not is_known)

    def moved(self, target: Node, source: Node, step: np.ndarray) -> tuple[Any, set[Node]]:
        """The target with the source moved by a step, and the nodes on the way between them."""
        found: dict[Node, Any] = {source: source.value + step}
        between: set[Node] = set()

        def visit(node: Node) -> Any:
            stack = [node]
            while stack:
                top = stack[-1]
                if top in found:
                    stack.pop()
                    continue
                known = self.seen.get(top)
                if known is None:
                    found[top] = top.value
                    continue
                missing = [
                    operand
                    for operand, is_known in zip(top.operands, known, strict=True)
                    if is_known and operand not in found
                ]
                if missing:
                    stack.extend(missing)
                    continue
                given = [
                    found[operand] if is_known else operand.value
                    for operand, is_known in zip(top.operands, known, strict=True)
                ]
                through = [
                    is_known and (operand is source or operand in between)
                    for operand, is_known in zip(top.operands, known, strict=True)
                ]
                if any(through):
                    between.add(top)
                    found[top] = top.formula(*given)  # type: ignore[misc]
                else:
                    found[top] = top.value
            return found[node]

        return visit(target), between

    def derivative(self, target: Node, source: Node, direction: np.ndarray) -> tuple[float | None, set[Node]]:
        """Of the sum of the target along a direction of the source; None if it does not depend on it."""
        value, between = self.moved(target, source, 1j * STEP * direction)
        if target not in between:
            return None, between
        return float(np.sum(np.imag(value))) / STEP, between

    def path(self, target: Node) -> set[Node]:
        """The nodes that the sweep from a target visits."""
        reached, stack = set(), [target] if target in self.active else []
        while stack:
            node = stack.pop()
            if node in reached:
                continue
            reached.add(node)
            for operand, known in zip(node.operands, self.seen.get(node, ()), strict=False):
                if known:
                    stack.append(operand)
        return reached
