"""Evaluates a function of one slice on a batch of slices: traced once, and each step evaluated by its batch rule.

A slot of the trace is batched if it depends on the slices, and then has an additional leading axis; all others are
unchanged. A primitive without a rule is evaluated slice by slice. If Python read a
batched value, or the function had effects other than drawing random numbers, there is no batch, and the caller takes
the slices one after the other; the result of the first one is already computed.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import CodeType
from typing import Any

from gradtape._engine.api.api import apply_broadcast_to, as_tensor
from gradtape._engine.function.plan import MISSED, Plan, evaluations, same_evaluations
from gradtape._engine.function.trace import Recorder, SliceRecorder, is_recording
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import nest
from gradtape._src.ops.batch_rules import evaluate_batch
from gradtape._src.ops.joining import stack

EVALUATIONS = ("program", "compiled", "scripted")  # kinds of steps that evaluate a primitive

Planned = tuple[Any, str, tuple[int, ...], tuple[int, ...]]  # a step, its kind, and the slots of operands and results


class Unvectorizable(Exception):
    """The reason why a function cannot be batched."""


def first_and_batch(fn: Callable[[Any], Any], elems: Any, tensors: list[Tensor], count: int) -> tuple[Any, Any, str]:
    """A function's result for the first slice, and for all of them, None with the reason if it cannot be batched.

    tensors: the flat tensors of elems, of first size `count`, or 1 for one that all slices share.
    """
    recorder = SliceRecorder(any(is_recording()))
    given = recorder.begin([tensor[0] for tensor in tensors])
    if given is False:
        return fn(nest.pack_sequence_as(elems, [tensor[0] for tensor in tensors])), None, "another thread is traced"
    first, outputs = _recorded(recorder, lambda: fn(nest.pack_sequence_as(elems, given)))
    try:
        if first is None:
            raise Unvectorizable("the function returns nothing")
        code = getattr(fn, "__code__", None)
        return first, nest.pack_sequence_as(first, _of_all(code, recorder, tensors, count, outputs)), ""
    except Unvectorizable as why:
        recorder.give_up(f"vectorized_map computes slices one by one: {why}")
        return first, None, str(why)


def together(fn: Callable[[list[Tensor]], list[Tensor]], tensors: list[Tensor], count: int) -> list[Tensor] | None:
    """The stacked results of a pure function of tensors for their slices; None if it cannot be batched."""
    recorder = SliceRecorder(any(is_recording()))
    given = recorder.begin([tensor[0] for tensor in tensors])
    if given is False:
        return None
    _, outputs = _recorded(recorder, lambda: fn(given))
    try:
        return _of_all(None, recorder, tensors, count, outputs)
    except Unvectorizable:
        return None


def _recorded(recorder: SliceRecorder, fn: Callable[[], Any]) -> tuple[Any, list[int]]:
    """Calls a function under a recorder, which is already active; returns its result and the slots of its tensors."""
    try:
        first = fn()
        _, slots = recorder.outputs([] if first is None else [as_tensor(value) for value in nest.flatten(first)])
    finally:
        recorder.end()
    recorder.close()
    return first, slots


def _values(recorder: SliceRecorder, tensors: list[Tensor], count: int) -> list[Any]:
    """A tensor per slot: operands, constants and the values of variables; None for those not yet computed."""
    values: list[Any] = [None] * recorder.slot_count
    for slot, tensor in enumerate(tensors):
        values[slot] = tensor if tensor.shape[0] == count else tensor[0]
    for slot, tensor in recorder.constants.items():
        values[slot] = tensor
    for step in recorder.steps:
        if step.what == "read":
            values[step.result_slots[0]] = step.held.value()
    return values


class Batch:
    """The steps of a function of one slice, to be executed for all. Raises Unvectorizable if that is not possible."""

    def __init__(self, recorder: SliceRecorder, tensors: list[Tensor], count: int, outputs: list[int]) -> None:
        if recorder.failure is not None:
            raise Unvectorizable(recorder.failure)
        self.count, self.outputs = count, outputs
        self.batched = [tensor.shape[0] == count for tensor in tensors]
        self.batched += [False] * (recorder.slot_count - len(tensors))
        done = [(step, step.what, step.operand_slots, step.result_slots) for step in recorder.steps]
        _mark_batched(recorder, done, self.batched)
        live = _live(done, outputs)
        self.steps = [
            step
            for step in done
            if step[1] in ("guard", "draws") or (step[1] in EVALUATIONS and not live.isdisjoint(step[3]))
        ]

    def evaluate(self, recorder: Any, values: list[Any]) -> list[Tensor]:
        """The outputs, stacked; recorder: the source of the first slice's random numbers, if it draws any."""
        batched, count = self.batched, self.count
        for step, what, places, given in self.steps:
            if what == "guard":
                values[places[0]].numpy()  # tells a trace of an outer function that a value was read
            elif what == "draws":
                _draw(recorder, step, values, batched, count)
            else:
                operands, which = [values[slot] for slot in places], [batched[slot] for slot in places]
                if True in which:
                    results = evaluate_batch(step.primitive, count, operands, which, step.static)
                else:
                    results = step.primitive.again(tuple(operands), step.static)
                for slot, value in zip(given, results, strict=True):
                    values[slot] = value
        return [
            values[slot] if batched[slot] else apply_broadcast_to(values[slot], (count, *values[slot].shape))
            for slot in self.outputs
        ]


class CachedBatch:
    """A cached batch, and from the second time on the plan that replays it.

    Every call runs the function for the first slice and compares its steps: so any Python state that it reads
    may change from call to call. Constants and the values of variables are operands of the plan; splats, which
    cannot be operands outside the engine, are constants.
    """

    def __init__(self, batch: Batch, steps: list[Any]) -> None:
        self.batch, self.steps = batch, steps
        self.splats = {step.result_slots[0] for step in steps if step.what == "constant" and step.held is not None}
        self.plan: Plan | None = None

    def evaluate(self, values: list[Any]) -> list[Tensor]:
        """The outputs, stacked; values: from `_values`."""
        slots = [slot for slot, value in enumerate(values) if value is not None and slot not in self.splats]
        tensors = [values[slot] for slot in slots]
        if self.plan is None:
            return self._planned(slots, tensors, values)
        found = self.plan.run(tensors)
        return self.batch.evaluate(None, values) if found is MISSED else found

    def _planned(self, slots: list[int], tensors: list[Tensor], values: list[Any]) -> list[Tensor]:
        """The same, and creates the plan."""
        recorder = Recorder(False)
        given = recorder.begin(tensors)
        if given is False:
            return self.batch.evaluate(None, values)
        try:
            for slot, tensor in zip(slots, given, strict=True):
                values[slot] = tensor
            results = self.batch.evaluate(None, values)
            outputs, places = recorder.outputs(results)
        finally:
            recorder.end()
        recorder.close()
        self.plan = Plan(False)
        if recorder.failure is None:
            self.plan.insert(recorder, outputs, places)
        return results


MOST_CACHED = 8  # batches per function
_cache: weakref.WeakKeyDictionary[CodeType, dict[Any, CachedBatch]] = weakref.WeakKeyDictionary()


def _of_all(
    code: CodeType | None, recorder: SliceRecorder, tensors: list[Tensor], count: int, outputs: list[int]
) -> list[Tensor]:
    """The stacked outputs, by a batch that is cached for this code, if steps are the same and it is not observed."""
    if code is None or recorder.failure is not None or not recorder.is_alone():
        return Batch(recorder, tensors, count, outputs).evaluate(recorder, _values(recorder, tensors, count))
    batches = _cache.setdefault(code, {})
    key = (count, tuple(recorder.arguments), tuple(tensor.shape[0] for tensor in tensors), tuple(outputs))
    cached = batches.get(key)
    if cached is not None and same_evaluations(cached.steps, recorder.steps):
        return cached.evaluate(_values(recorder, tensors, count))
    batch, steps = Batch(recorder, tensors, count, outputs), evaluations(recorder.steps)
    if steps is not None:
        if len(batches) == MOST_CACHED:
            batches.clear()
        batches[key] = CachedBatch(batch, steps)
    return batch.evaluate(recorder, _values(recorder, tensors, count))


def _mark_batched(recorder: SliceRecorder, steps: list[Planned], batched: list[bool]) -> None:
    """Marks the slots that depend on batched ones; raises Unvectorizable if slices cannot be batched."""
    for step, what, places, given in steps:
        depends = what == "draws"
        for slot in places:
            depends = depends or batched[slot]
        if what in EVALUATIONS:
            if depends and step.primitive.varies:
                raise Unvectorizable(f"the shape of {step.primitive.name} depends on values")
        elif what == "guard" and depends:
            raise Unvectorizable("Python reads a value that differs from slice to slice")
        elif what in ("assign", "effect") or (what == "draws" and not given):  # set_seed draws nothing
            raise Unvectorizable(f"{step.name} is done once per slice")
        for slot in given:
            if depends and recorder.is_full(slot):
                raise Unvectorizable("a tensor has as many axes as there can be")
            batched[slot] = depends


def _live(steps: list[Planned], outputs: list[int]) -> set[int]:
    """The slots on which outputs or effects depend."""
    live = set(outputs)
    for _, what, places, given in reversed(steps):
        if what in ("guard", "draws") or not live.isdisjoint(given):
            live.update(places)
    return live


def _draw(recorder: SliceRecorder, step: Any, values: list[Any], batched: list[bool], count: int) -> None:
    """Random numbers for each slice; those of the first slice are already drawn."""
    first = [recorder.drawn(slot) for slot in step.result_slots]
    drawn = [] if any(one is None for one in first) else [first]
    for i in range(len(drawn), count):
        given = list(values)
        for slot in step.operand_slots:
            given[slot] = values[slot][i] if batched[slot] else values[slot]
        drawn.append(nest.flatten(step.call_effect(given)))
    for slot, *column in zip(step.result_slots, *drawn, strict=False):
        values[slot] = stack(column)
