"""Dataclasses as sources, targets, cotangents and primals: those that define how they flatten, and plain ones."""

import dataclasses
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from structures import Nesting


@dataclasses.dataclass
class Layer:
    weight: Any
    bias: Any = None
    name: str = "layer"
    rate: float = 0.5


@dataclasses.dataclass(frozen=True, slots=True)
class Model:
    layers: tuple[Layer, ...]
    scale: Any
    steps: int = 3


@pytest.fixture
def model():
    layers = Layer(tf.Variable(2.0), tf.constant(3.0), "first"), Layer(tf.constant(5.0))
    return Model(layers, tf.constant(7.0))


def value(model):
    first, second = model.layers
    return first.weight * first.bias * second.weight * model.scale


def numbers(model):
    layers = [[None if x is None else float(x) for x in (layer.weight, layer.bias)] for layer in model.layers]
    return layers, float(model.scale)


EXPECTED = [[105.0, 70.0], [42.0, None]], 30.0


def test_gradient_by_a_plain_dataclass_has_its_structure(model):
    with tf.GradientTape() as tape:
        tape.watch(model)
        y = value(model)
    found = tape.gradient(y, model)
    assert type(found) is Model and numbers(found) == EXPECTED
    assert (found.steps, found.layers[0].name, found.layers[1].rate) == (3, "first", 0.5)
    assert float(model.scale) == 7


def test_jacobian_by_a_plain_dataclass(model):
    with tf.GradientTape() as tape:
        tape.watch(model)
        y = tf.stack([value(model), model.scale])
    found = tape.jacobian(y, {"model": model}, unconnected_gradients="zero")["model"]
    np.testing.assert_array_equal(found.scale, [30, 1])
    np.testing.assert_array_equal(found.layers[0].bias, [70, 0])


def test_a_plain_dataclass_of_targets_and_output_gradients():
    x = tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        target = [Layer(x * x, x * 3.0), {"rest": Layer(None, x * 5.0)}]
    assert float(tape.gradient(target, x)) == 4 + 3 + 5
    one, ten = tf.constant(1.0), tf.constant(10.0)
    assert float(tape.gradient(target, x, [Layer(ten, one), {"rest": Layer(None, ten)}])) == 40 + 3 + 50
    assert float(tape.gradient(target, x, [Layer(None, ten), {"rest": Layer(None, None)}])) == 4 + 30 + 5


def test_forward_accumulation_of_plain_dataclasses(model):
    ones = Model((Layer(tf.constant(1.0), tf.constant(0.0)), Layer(tf.constant(0.0))), tf.constant(1.0))
    with tf.autodiff.ForwardAccumulator(model, ones) as accumulator:
        y = Layer(value(model), value(model) * 2.0, "tangent")
    found = accumulator.jvp(y)
    assert (float(found.weight), float(found.bias), found.name) == (135, 270, "tangent")


def test_functional_forms_take_plain_dataclasses(model):
    assert numbers(tf.gradient(value)(model)) == EXPECTED
    found = tf.value_and_gradient(lambda p: p.weight * p.rate)(Layer(np.float32(3.0)))
    assert (float(found[0]), float(found[1].weight), found[1].rate) == (1.5, 0.5, 0.5)
    _, back = tf.vjp(lambda p: Layer(p.weight * 2.0, p.bias * 3.0), Layer(tf.constant(1.0), tf.constant(1.0)))
    (found,) = back(Layer(tf.constant(10.0), tf.constant(100.0)))
    assert (float(found.weight), float(found.bias)) == (20, 300)
    hessian = tf.hessian(lambda p: p.weight**3.0)(Layer(tf.constant(2.0)))
    assert float(hessian.weight.weight) == 12


def test_a_dataclass_that_says_how_it_flattens_flattens_so():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(Nesting(x, [x]))
        y = x * x
    found = tape.gradient(Nesting(y, [y]), Nesting(x, [x]))
    assert type(found) is Nesting and float(found.a) == 12


def test_a_dataclass_that_holds_no_tensor_is_no_structure():
    with tf.GradientTape() as tape, pytest.raises(ValueError, match=r"of type 'Layer', not tf\.Tensor"):
        tape.watch(Layer(3.0, "x"))
    with pytest.raises(TypeError, match=r"must be a tf\.Tensor or tf\.Variable"):
        tape.gradient(tf.constant(1.0), Layer(3.0))
