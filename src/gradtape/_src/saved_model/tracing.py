"""Functions as lists of ops: traced at enough sizes to determine how they depend on these, and written as JSON."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradtape._engine.api.api import tensor_from, view
from gradtape._engine.function.trace import Recorder
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import execution
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.function.function import ConcreteFunction, Function
from gradtape._src.function.signature import key_of, with_tensors
from gradtape._src.function.structures import in_order, leaves, mapped
from gradtape._src.function.types import PLAIN
from gradtape._src.saved_model import ops
from gradtape._src.saved_model.statics import DifferError, Either, encoded, encoded_spec, merged

# Sizes of unknown axes at which functions are traced, those of the first axis being as small as batches may be.
_BATCHES, _OTHERS = (3, 5, 7), (24, 40, 56)
_MOST_UNKNOWN = 3  # axes: there are twice as many traces for each
_SMALL = 64  # elements of constants of integers that may depend on sizes


class ExportError(ValueError):
    """A function that cannot be written, and why."""


class _FailedCall(ExportError):
    """A call raised an exception for these sizes, after some steps that read variables of these sizes."""

    steps: int
    sizes: set[int]


def concrete_record(
    concrete: ConcreteFunction, nodes: Mapping[int, int], constants: dict[str, np.ndarray]
) -> dict[str, Any]:
    """Converts a function of one signature to JSON.

    Args:
      concrete: the function.
      nodes: numbers of the variables that the file has, by id.
      constants: by name, to which the function's are added.

    Raises:
      ExportError: it cannot be written; the message gives the reason and a remedy.
    """
    arguments = concrete._args, concrete._kwargs
    specs = [leaf for leaf in leaves(arguments) if isinstance(leaf, TensorSpec)]
    for spec in specs:
        if spec.shape.rank is None:
            raise ExportError(f"{concrete.name} cannot be exported: {spec} says not even how many axes there are.")
    axes = sorted({axis for spec in specs for axis, size in enumerate(spec.shape) if size is None})
    if len(axes) > _MOST_UNKNOWN:
        raise ExportError(
            f"{concrete.name} cannot be exported: the sizes of axes {axes} are unknown, and at most "
            f"{_MOST_UNKNOWN} may be; use more specific TensorSpecs."
        )
    forced: dict[int, int] = {}  # unknown sizes that are determined by variables
    while True:
        axes = [axis for axis in axes if axis not in forced]
        chosen = [_OTHERS if axis else _BATCHES for axis in axes]
        points = [dict(zip(axes, sizes, strict=True)) for sizes in itertools.product(*[sizes[:2] for sizes in chosen])]
        points += [dict(zip(axes, [sizes[2] for sizes in chosen], strict=True))] * bool(axes)
        try:
            traces = [_Trace(concrete, forced | point, nodes, constants).record for point in points]
            break
        except _FailedCall as error:
            further = _further(concrete, axes, forced | points[0], error, nodes)
            if not further:
                raise
            forced |= further
    try:
        body = merged(traces, points)
    except DifferError as error:
        raise ExportError(
            f"{concrete.name} cannot be exported for unknown sizes: its steps depend on the sizes "
            f"({error}). Use TensorSpecs with known sizes."
        ) from None
    return {
        "arguments": _Arguments(arguments).node,
        "sizes": axes,
        "least": _least(concrete, axes, forced, traces, points, nodes, constants),
        **body,
    }


def _further(concrete: Any, axes: list[int], sizes: Any, error: _FailedCall, nodes: Any) -> dict[int, int]:
    """A variable's size for one of the axes with which a call gets further, or none."""
    for axis in reversed(axes):
        for size in sorted(error.sizes):
            try:
                _Trace(concrete, {**sizes, axis: size}, nodes, {})
                return {axis: size}
            except _FailedCall as other:
                if other.steps > error.steps:
                    return {axis: size}
    return {}


def _least(concrete: Any, axes: Any, forced: Any, traces: Any, points: Any, nodes: Any, constants: Any) -> int:
    """2 if the function behaves differently for unknown sizes of 1, else 0."""
    if not axes:
        return 0
    ones = dict.fromkeys(axes, 1)
    try:
        merged([*traces, _Trace(concrete, forced | ones, nodes, constants).record], [*points, ones])
    except (DifferError, ExportError):
        return 2
    return 0


class _Arguments:
    """The arguments of a signature as JSON, with tensors by position."""

    def __init__(self, arguments: Any) -> None:
        self._count = 0
        self.node = self._encoded(arguments)

    def _encoded(self, value: Any) -> Any:
        if isinstance(value, TensorSpec):
            self._count += 1
            return {"spec": encoded_spec(value), "slot": self._count - 1}
        return structure(value, self._encoded)


def structure(value: Any, inner: Callable[[Any], Any]) -> Any:
    """Converts a Python structure to JSON. Raises ExportError for other objects."""
    if isinstance(value, list | tuple):
        return {"list" if isinstance(value, list) else "tuple": [inner(item) for item in value]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": [[key, inner(value[key])] for key in in_order(value)]}
    if type(value) in PLAIN and not isinstance(value, bytes | complex):
        return {"value": encoded(value)}
    raise ExportError(
        f"{type(value).__name__} objects cannot be written: arguments and results of exported functions are tensors, "
        "numbers, texts, None, and lists, tuples and dicts of them."
    )


class _Trace:
    """The trace of a function at one point of the unknown sizes."""

    def __init__(
        self, concrete: ConcreteFunction, sizes: Mapping[int, int], nodes: Mapping[int, int], constants: dict[str, Any]
    ) -> None:
        self._name = concrete.name
        self._nodes = nodes
        self._constants = constants
        self._slots: dict[int, int] = {}  # by the trace's own
        self._steps: list[Any] = []
        function = concrete._function
        recorder, result = self._run(function, _given((concrete._args, concrete._kwargs), sizes))
        recorder.close()
        if recorder.failure is not None:
            raise self._refused(recorder.failure, recorder)
        found = self._results(recorder, result)
        for slot in range(len(recorder.arguments)):
            self._slots[slot] = slot
        self._count = len(recorder.arguments)
        for step in _needed(recorder.steps, {slot for slot, _ in found}):
            self._add(step)
        places = iter(found)
        node = self._result(result, places)
        self.record = {"steps": self._steps, "result": node}

    def _run(self, function: Function, given: Any) -> tuple[Recorder, Any]:
        for _ in range(2):  # the first time it may make variables
            recorder = Recorder(True, None)
            tensors: list[Tensor] = []
            key_of(given, tensors)
            twins = recorder.begin(tensors)
            if twins is False:
                raise ExportError(
                    "functions cannot be exported within a tf.function, or while evaluations are observed"
                )
            try:
                args, kwargs = with_tensors(given, iter(twins))
                with execution.within_function(), execution.within_export():
                    result = function._as_result(function._python(*args, **kwargs))
                found = [recorder.outputs(leaf)[1] for leaf in leaves(result) if isinstance(leaf, Tensor)]
            except Exception as error:
                shapes = ", ".join(str(list(tensor.shape)) for tensor in tensors)
                failed = _FailedCall(
                    f"{self._name} cannot be exported: called with tensors of shapes {shapes} it raises "
                    f"{type(error).__name__}: {error}. Use TensorSpecs with valid shapes."
                )
                read = [step.held for step in recorder.steps if step.what == "read"]
                failed.steps, failed.sizes = len(recorder.steps), {size for variable in read for size in variable.shape}
                raise failed from error
            finally:
                recorder.end()
            if not recorder.created:
                break
        self._found = found
        return recorder, result

    def _refused(self, why: str, recorder: Recorder) -> ExportError:
        file, line = recorder.steps[-1].place if recorder.steps else (None, 0)
        place = f" (near {file}, line {line})" if file else ""
        return ExportError(
            f"{self._name} cannot be exported: {why}{place}. Exported functions must give the same results for the "
            "same tensors, without Python."
        )

    def _results(self, recorder: Recorder, result: Any) -> list[tuple[int, Tensor]]:
        tensors = [leaf for leaf in leaves(result) if isinstance(leaf, Tensor)]
        return [(slots[0], tensor) for slots, tensor in zip(self._found, tensors, strict=True)]

    def _result(self, value: Any, places: Any) -> Any:
        if isinstance(value, Tensor):
            slot, tensor = next(places)
            return {"slot": self._slots[slot], "spec": encoded_spec(TensorSpec(tensor.shape, tensor.dtype))}
        return structure(value, lambda item: self._result(item, places))

    def _add(self, step: Any) -> None:
        operands = [self._slots[slot] for slot in step.operand_slots]
        if step.what == "constant":
            record = {"op": "constant", **self._constant(step.held)}
        elif step.what == "read":
            record = {"op": "read", "variable": self._variable(step)}
        elif step.what == "assign":
            record = {"op": step.name.split(" ")[0], "variable": self._variable(step)}
        elif step.what == "guard":
            raise self._unwritable(
                step, "Python looks at a tensor's value", "Use tf.where, which evaluates both branches"
            )
        elif step.what == "draws":
            raise self._unwritable(
                step, "it draws random numbers", "Pass them as an argument, or leave them to the program that loads it"
            )
        elif step.what == "effect":
            raise self._unwritable(
                step, f"{step.name} does more than return tensors", "Leave it to the program that loads the function"
            )
        else:
            record = self._evaluation(step)
        self._steps.append({**record, "operands": operands, "results": len(step.result_slots)})
        for slot in step.result_slots:
            self._slots[slot] = self._count
            self._count += 1

    def _evaluation(self, step: Any) -> dict[str, Any]:
        if step.primitive.varies:
            raise self._unwritable(
                step, f"the shape of what {step.name} gives depends on values", "Use tf.where or a mask instead"
            )
        try:
            found = ops.written(step.primitive, step.what, step.static)
            if found is not None:
                return {"op": found[0], "static": encoded(list(found[1]))}
        except DifferError as error:
            raise self._unwritable(step, f"{step.name}: {error}", "Use another op") from None
        raise self._unwritable(
            step, f"{step.name} is not an op of the file format", "Compute it in the program that loads the function"
        )

    def _constant(self, tensor: Tensor) -> dict[str, Any]:
        array = view(tensor)
        kind = {"dtype": tensor.dtype.name, "shape": encoded(tensor.shape)}
        ways = Either()
        if array.size <= _SMALL and array.dtype.kind in "iu":  # a shape perhaps, whose numbers depend on sizes
            ways["values"] = encoded(array.reshape(-1).tolist())
        if array.size and array.dtype.kind in "biuf" and (array == array.reshape(-1)[0]).all():
            ways["full"] = encoded(array.reshape(-1)[0].item())
        if not ways:
            held = np.array(array)
            ways["name"] = hashlib.sha256(f"{kind}".encode() + held.tobytes()).hexdigest()[:24]
            self._constants[ways["name"]] = held
        return {**kind, "value": ways}

    def _variable(self, step: Any) -> int:
        variable: BaseVariable = step.held
        if id(variable) in self._nodes:
            return self._nodes[id(variable)]
        raise AssertionError(
            f"{self._name} uses {variable!r}, which is not reachable from the object that is saved: make it an "
            "attribute of the object, or of one of its children."
        )

    def _unwritable(self, step: Any, why: str, remedy: str) -> ExportError:
        file, line = step.place
        place = f" ({file}, line {line})" if file else ""
        return ExportError(f"{self._name} cannot be exported: {why}{place}. {remedy}.")


def _needed(steps: list[Any], wanted: set[int]) -> list[Any]:
    """The steps that the requested slots depend on, and those with side effects."""
    kept = []
    for step in reversed(steps):
        if step.what in ("assign", "draws", "effect", "guard") or not wanted.isdisjoint(step.result_slots):
            wanted.update(step.operand_slots)
            kept.append(step)
    return kept[::-1]


def _given(value: Any, sizes: Mapping[int, int]) -> Any:
    """Replaces specs by tensors: zeros, and identities for matrices, so that they can be inverted."""

    def example(leaf: Any) -> Any:
        if not isinstance(leaf, TensorSpec):
            return leaf
        shape = [sizes[axis] if size is None else size for axis, size in enumerate(leaf.shape)]
        if len(shape) < 2 or not (leaf.dtype.is_floating or leaf.dtype.is_complex):
            return tensor_from(np.zeros(shape), leaf.dtype)
        return tensor_from(np.broadcast_to(np.eye(shape[-2], shape[-1]), shape), leaf.dtype)

    return mapped(example, value)
