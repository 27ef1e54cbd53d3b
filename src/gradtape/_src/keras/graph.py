"""Graph: the calls between symbolic inputs and outputs, in topological order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from gradtape._src.core import nest
from gradtape._src.keras.inputs import call as _call, get_mask, set_mask
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.operation import Node, Operation


class Graph:
    """The calls that compute outputs from inputs.

    Attributes:
      inputs, outputs: symbolic values, flat.
      output_structure: the outputs in their original structure.
      nodes: the calls, in topological order.
      operations: the operations called, each once, in order from the inputs.
      chain: the operations if each takes only the result of the previous one; else None.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs: list[KerasTensor] = nest.flatten(inputs)
        self.outputs: list[KerasTensor] = nest.flatten(outputs)
        self.output_structure = outputs
        found, first_seen = _walk(self.inputs, self.outputs)
        node_depths: dict[Node, int] = {}
        depths: dict[Operation, int] = {}
        members = set(found)
        for node in reversed(found):
            depth = max(node_depths.get(node, 0), depths.get(node.operation, 0))
            depths[node.operation] = node_depths[node] = depth
            for parent in node.parent_nodes:
                if parent in members:
                    node_depths[parent] = max(depth + 1, node_depths.get(parent, 0))
        for value in self.inputs:
            history = value._keras_history
            if history is not None and history.operation is not None and history.operation not in depths:
                node = history.operation._inbound_nodes[history.node_index]
                if node.is_input:
                    depths[history.operation] = node_depths[node] = 0
                    first_seen[history.operation] = -1
        by_depth: dict[int, list[Operation]] = defaultdict(list)
        for operation, depth in depths.items():
            by_depth[depth].append(operation)
        self.operations: list[Operation] = []
        for depth in sorted(by_depth, reverse=True):
            self.operations += sorted(by_depth[depth], key=lambda operation: first_seen[operation])
        order: dict[int, list[Node]] = defaultdict(list)
        for node, depth in node_depths.items():
            order[depth].append(node)
        self.nodes = [node for depth in sorted(order, reverse=True) for node in order[depth]]
        self._check()
        self._plan()

    def __contains__(self, node: Node) -> bool:
        return node in self._members

    # Derived attributes refer to objects by identity, and are recomputed for copies.

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in _FOUND}

    def __getattr__(self, name: str) -> Any:
        if name not in _FOUND:
            raise AttributeError(name)
        self._plan()
        return vars(self)[name]

    def _check(self) -> None:
        known = {id(value) for value in self.inputs}
        before: list[str] = []
        for node in self.nodes:
            for value in node.input_tensors:
                if id(value) not in known:
                    raise ValueError(
                        f"Graph disconnected: cannot find parent for tensor {value} at operation '{node.operation}'. "
                        f"The following previous operations were accessed without issue: {before}"
                    )
                before.append(node.operation.name)
            known.update(id(value) for value in node.outputs)
        names = [operation.name for operation in self.operations]
        for name in names:
            if names.count(name) != 1:
                raise ValueError(
                    f'The name "{name}" is used {names.count(name)} times in the model. All operation names should be '
                    "unique."
                )

    # Running it

    def _plan(self) -> None:
        """Finds the calls to make, with the positions of their only argument and result if there is just one."""
        self._members = set(self.nodes)
        needed = self._needed()
        self._places = {id(value): place for place, value in enumerate(self.inputs)}
        steps: list[tuple[Node, int | None, int | None]] = []
        for node in self.nodes:
            if node not in needed or node.is_input or all(id(value) in self._places for value in node.outputs):
                continue
            if any(id(value) not in self._places for value in _taken(node)):
                continue
            for value in node.outputs:
                self._places.setdefault(id(value), len(self._places))
            alone = _only_argument(node)
            argument = None if alone is None else self._places[id(alone)]
            result = self._places[id(node.outputs[0])] if len(node.outputs) == 1 else None
            steps.append((node, argument, result))
        for place, value in enumerate(self.outputs):
            if id(value) not in self._places:
                path = path_of(self.output_structure, place)
                raise ValueError(f"Output with path `{path}` is not connected to `inputs`")
        self.chain = self._chain(steps)
        self._results = [self._places[id(value)] for value in self.outputs]
        self._result = None if nest.is_nested(self.output_structure) else self._results[0]
        self._steps = steps

    def _needed(self) -> set[Node]:
        """The calls that the outputs depend on: all but those of masks that the values have with them when they run."""
        wanted = {id(value) for value in self.outputs}
        needed = set()
        for node in reversed(self.nodes):
            if any(id(value) in wanted for value in node.outputs):
                needed.add(node)
                wanted.update(map(id, _taken(node)))
        return needed

    def _chain(self, steps: list[tuple[Node, int | None, int | None]]) -> list[Operation] | None:
        """The operations if each takes only the result of the previous one, else None."""
        value: int | None = 0
        for node, argument, result in steps:
            if argument != value or result is None or nest.is_nested(node.operation_outputs):
                return None
            value = result
        if len(self.inputs) != 1 or nest.is_nested(self.output_structure) or value != self._places[id(self.outputs[0])]:
            return None
        return [node.operation for node, _, _ in steps]

    def rebuilt(self, inputs: Sequence[KerasTensor], called: Callable[[Operation], Any]) -> Any:
        """The outputs, in their structure, of another graph of the same calls, including those of masks.

        Args:
            inputs: the inputs, flat.
            called: the replacement of an operation.
        """
        values: dict[int, Any] = dict(zip(map(id, self.inputs), inputs, strict=False))
        for node in self.nodes:
            if not all(id(value) in values for value in node.outputs):
                args, kwargs = node.filled(values)
                outputs = called(node.operation)(*args, **kwargs)
                values.update(zip(map(id, node.outputs), nest.flatten(outputs), strict=True))
        return nest.pack_sequence_as(self.output_structure, [values[id(value)] for value in self.outputs])

    def run(self, inputs: Sequence[Any]) -> Any:
        """Computes the outputs, in their structure, for given inputs, flat."""
        values = [*inputs, *[None] * (len(self._places) - len(self.inputs))]
        for node, argument, result in self._steps:
            operation = node.operation
            if argument is not None:
                outputs = operation(values[argument])
            else:
                args, kwargs = node.filled({identity: values[place] for identity, place in self._places.items()})
                if _call.training is not None and "training" in kwargs:
                    # Arguments of the model's call override those recorded in the graph.
                    kwargs["training"] = _call.training
                held = [(value, get_mask(value)) for value in args] if operation._takes_masks_away else ()
                outputs = operation(*args, **kwargs)
                for value, mask in held:
                    set_mask(value, mask)
            if result is not None:
                values[result] = outputs if not isinstance(outputs, list | tuple | dict) else nest.flatten(outputs)[0]
            else:
                for value, output in zip(node.outputs, nest.flatten(outputs), strict=True):
                    values[self._places[id(value)]] = output
        if self._result is not None:
            return values[self._result]
        return nest.pack_sequence_as(self.output_structure, [values[place] for place in self._results])


_FOUND = {"_members", "_places", "_steps", "_results", "_result", "chain"}


def _walk(inputs: list[KerasTensor], outputs: list[KerasTensor]) -> tuple[list[Node], dict[Operation, int]]:
    """The calls that lead to the outputs in topological order, and the operations in the order found."""
    is_input = {id(value) for value in inputs}
    finished: set[Node] = set()
    found: list[Node] = []
    first_seen: dict[Operation, int] = {}

    def node_of(value: KerasTensor) -> Node | None:
        history = value._keras_history
        if history is None or history.operation is None:
            return None
        return history.operation._inbound_nodes[history.node_index]

    for output in outputs:
        # Iterative depth-first search, as graphs may be deeper than Python's stack.
        waiting: list[tuple[KerasTensor, bool]] = [(output, False)]
        while waiting:
            value, ready = waiting.pop()
            node = node_of(value)
            if node is None or node in finished:
                continue
            if not node.is_input and id(value) in is_input:
                finished.add(node)
                continue
            if ready:
                finished.add(node)
                found.append(node)
                continue
            first_seen.setdefault(node.operation, len(first_seen))
            waiting.append((value, True))
            waiting += [(parent, False) for parent in reversed(node.input_tensors)]
    return found, first_seen


def _only_argument(node: Node) -> KerasTensor | None:
    """The symbolic value that a call takes if it takes nothing else that layers would not do without being told."""
    if len(node.args) != 1 or not isinstance(node.args[0], KerasTensor):
        return None
    for name, value in node.kwargs.items():
        default = name == "training" and value is False
        carried = name == "mask" and value is node.args[0]._keras_mask
        if not (default or carried):
            return None
    return node.args[0]


def _taken(node: Node) -> list[KerasTensor]:
    """The symbolic values that a call has to be given."""
    alone = _only_argument(node)
    return node.input_tensors if alone is None else [alone]


def path_of(structure: Any, place: int) -> str:
    """The indices and keys that lead to a leaf of a structure, joined by "."."""
    if isinstance(structure, list | tuple):
        parts = list(enumerate(structure))
    elif isinstance(structure, dict):
        parts = [(key, structure[key]) for key in sorted(structure)]
    else:
        return ""
    for key, part in parts:
        count = len(nest.flatten(part))
        if place < count:
            below = path_of(part, place)
            return f"{key}.{below}" if below else str(key)
        place -= count
    return ""
