"""Nests and dataclasses of sources, targets and cotangents."""

from __future__ import annotations

import collections
import dataclasses
from typing import Any

import pytest
from programs import collector, compared

PROGRAMS, program = collector()


@program
def a_dataclass_of_sources_and_targets(tf):
    @dataclasses.dataclass
    class Layer:
        weight: Any
        scale: int

        def __tf_flatten__(self):
            return (self.scale,), (self.weight,)

        @classmethod
        def __tf_unflatten__(cls, metadata, leaves):
            return cls(leaves[0], metadata[0])

    layer = Layer(tf.Variable(3.0), 7)
    with tf.GradientTape() as tape:
        y = Layer(layer.weight * layer.weight, 1)
    result = tape.gradient(y, layer)
    return type(result).__name__, result.weight, result.scale


@program
def a_dataclass_to_watch_and_of_output_gradients(tf):
    @dataclasses.dataclass
    class Pack:
        parts: Any
        kind: str

        def __tf_flatten__(self):
            return (self.kind,), (self.parts,)

        @classmethod
        def __tf_unflatten__(cls, metadata, leaves):
            return cls(leaves[0], metadata[0])

    x, y = tf.constant(2.0), tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(Pack([x, {"y": y}], "watched"))
        p, q = x * y, x * x
    cotangents = Pack([tf.constant(5.0), (tf.constant(7.0),)], "of others")
    found = tape.gradient(Pack([p, (q,)], "targets"), Pack([x, {"y": y}], "sources"), output_gradients=cotangents)
    return found.parts, found.kind, tape.jacobian(p, Pack((x, y), "sources")).parts


@dataclasses.dataclass
class Plain:
    weight: Any
    name: str = "plain"


@program
def a_plain_dataclass_of_sources(tf):
    model = Plain(tf.Variable(3.0))
    with tf.GradientTape() as tape:
        y = model.weight * model.weight
    return tape.gradient(y, model).weight


@program
def a_plain_dataclass_to_watch(tf):
    model = Plain(tf.constant(3.0))
    with tf.GradientTape() as tape:
        tape.watch(model)
        y = model.weight * model.weight
    return tape.gradient(y, model.weight)


@program
def a_plain_dataclass_without_tensors(tf):
    with tf.GradientTape() as tape:
        tape.watch(Plain(3.0))


@program
def structures_of_every_kind(tf):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch({"a": x}.values())
        y = x * x
    kinds = [{"a": x}.values(), collections.OrderedDict(b=x, a=[x]), collections.deque([x]), (), {"a": ()}]
    return [(type(found).__name__, list(found)) for found in (tape.gradient(y, kind) for kind in kinds)]


@program
def keys_that_cannot_be_sorted(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch({"x": x, 1: x})


@program
def a_structure_of_no_tensors_to_watch(tf):
    with tf.GradientTape() as tape:
        tape.watch({"x": ["text"]})


@program
def structures_in_structures(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return tape.gradient(y, {"x": x, "rest": {"y": x}})


PLAIN = "TensorFlow refuses dataclasses that do not say how they flatten, gradtape opens them"

# Errors of the same type, with gradtape's own message.
WORDED: dict[str, str] = {}
# Deliberate differences: the reason, and gradtape's outcome, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {
    "a_plain_dataclass_of_sources": (PLAIN, 6.0),
    "a_plain_dataclass_to_watch": (PLAIN, 6.0),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
