"""A function of one slice evaluated on a batch of slices: traced once, and each step evaluated by its batch rule.

A slot of the trace is batched where it depends on the slices, and has then an axis in front of those that the function
saw; all others stay as they are. A primitive without a rule is evaluated slice by slice. Where Python looked at a
batched value, or anything but drawing random numbers was done beside computing, there is no batch, and the caller takes
the slices one after the other; the first one's result is there already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradtape._engine.api.api import apply_broadcast_to, as_tensor
from gradtape._engine.function.trace import SliceRecorder, is_recording
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import nest
from gradtape._src.ops.batch_rules import evaluate_batch
from gradtape._src.ops.joining import stack

EVALUATIONS = ("program", "compiled", "scripted")  # kinds of steps that evaluate a primitive

Planned = tuple[Any, str, tuple[int, ...], tuple[int, ...]]  # a step, its kind, and the slots of operands and results


class Unvectorizable(Exception):
    """Why a function has no batch."""


def first_and_batch(fn: Callable[[Any], Any], elems: Any, tensors: list[Tensor], count: int) -> tuple[Any, Any, str]:
    """A function of the first slice; of all of them, None where it has no batch, and why it has none.

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
        return first, nest.pack_sequence_as(first, _evaluate(recorder, tensors, count, outputs)), ""
    except Unvectorizable as why:
        recorder.give_up(f"vectorized_map takes one slice after the other: {why}")
        return first, None, str(why)


def together(fn: Callable[[list[Tensor]], list[Tensor]], tensors: list[Tensor], count: int) -> list[Tensor] | None:
    """What a pure function of tensors gives of their slices, stacked; None where it has no batch."""
    recorder = SliceRecorder(any(is_recording()))
    given = recorder.begin([tensor[0] for tensor in tensors])
    if given is False:
        return None
    _, outputs = _recorded(recorder, lambda: fn(given))
    try:
        return _evaluate(recorder, tensors, count, outputs)
    except Unvectorizable:
        return None


def _recorded(recorder: SliceRecorder, fn: Callable[[], Any]) -> tuple[Any, list[int]]:
    """What a function returns that a recorder, which has begun, looks at; the slots of its tensors."""
    try:
        first = fn()
        _, slots = recorder.outputs([] if first is None else [as_tensor(value) for value in nest.flatten(first)])
    finally:
        recorder.end()
    recorder.close()
    return first, slots


def _evaluate(recorder: SliceRecorder, tensors: list[Tensor], count: int, outputs: list[int]) -> list[Tensor]:
    """The outputs, stacked."""
    if recorder.failure is not None:
        raise Unvectorizable(recorder.failure)
    batched = [False] * recorder.slot_count
    values: list[Any] = [None] * recorder.slot_count
    for slot, tensor in enumerate(tensors):
        batched[slot] = tensor.shape[0] == count
        values[slot] = tensor if batched[slot] else tensor[0]
    for slot, tensor in recorder.constants.items():
        values[slot] = tensor
    steps = [(step, step.what, step.operand_slots, step.result_slots) for step in recorder.steps]
    _spread(recorder, steps, batched)
    live = _live(steps, outputs)
    for step, what, places, given in steps:
        if what == "guard":
            values[places[0]].numpy()  # a function around this one is told that a value was read
        elif what == "read":
            values[given[0]] = step.held.value()
        elif what == "draws":
            _draw(recorder, step, values, batched, count)
        elif what in EVALUATIONS and not live.isdisjoint(given):
            operands, which = [values[slot] for slot in places], [batched[slot] for slot in places]
            if not any(which):
                results = step.primitive.again(tuple(operands), step.static)
            else:
                results = evaluate_batch(step.primitive, count, operands, which, step.static)
            for slot, value in zip(given, results, strict=True):
                values[slot] = value
    return [
        values[slot] if batched[slot] else apply_broadcast_to(values[slot], (count, *values[slot].shape))
        for slot in outputs
    ]


def _spread(recorder: SliceRecorder, steps: list[Planned], batched: list[bool]) -> None:
    """Marks the slots that depend on batched ones; raises Unvectorizable where slices cannot go together."""
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
    """The slots on which something that is done depends."""
    live = set(outputs)
    for _, what, places, given in reversed(steps):
        if what in ("guard", "draws") or not live.isdisjoint(given):
            live.update(places)
    return live


def _draw(recorder: SliceRecorder, step: Any, values: list[Any], batched: list[bool], count: int) -> None:
    """Random numbers of each slice's own; the first slice has them already."""
    first = [recorder.drawn(slot) for slot in step.result_slots]
    drawn = [] if any(one is None for one in first) else [first]
    for i in range(len(drawn), count):
        given = list(values)
        for slot in step.operand_slots:
            given[slot] = values[slot][i] if batched[slot] else values[slot]
        drawn.append(nest.flatten(step.call_effect(given)))
    for slot, *column in zip(step.result_slots, *drawn, strict=False):
        values[slot] = stack(column)
