"""tf.Module: the variables and modules among an object's attributes."""

import pytest

import gradtape as tf


class Dense(tf.Module):
    def __init__(self, inputs, outputs, name=None):
        super().__init__(name)
        self.w = tf.Variable(tf.ones([inputs, outputs]), name="w")
        self.b = tf.Variable(tf.zeros([outputs]), name="b")
        self.calls = tf.Variable(0, trainable=False)

    @tf.Module.with_name_scope
    def __call__(self, x):
        return x @ self.w + self.b


class TwoLayers(tf.Module):
    def __init__(self):
        super().__init__()
        self.layers = [Dense(2, 3), Dense(3, 1, "last")]
        self.again = self.layers[0]
        self.parts = {"scale": tf.Variable(2.0), "offset": (tf.Variable(1.0), "text", None)}

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x * self.parts["scale"]


def test_variables_come_by_attribute_then_by_submodule_each_once():
    model = TwoLayers()
    first, last = model.layers
    offset, scale = model.parts["offset"][0], model.parts["scale"]
    wanted = [offset, scale, first.b, first.calls, first.w, last.b, last.calls, last.w]
    assert [id(v) for v in model.variables] == [id(v) for v in wanted]
    assert [id(v) for v in model.non_trainable_variables] == [id(first.calls), id(last.calls)]
    assert len(model.trainable_variables) == 6
    assert model.submodules == (first, last)


def test_names():
    assert TwoLayers().name == "two_layers"
    assert Dense(1, 1, "last").name == "last"
    with pytest.raises(ValueError, match="'not good' is not a valid module name"):
        Dense(1, 1, "not good")


def test_training_a_module():
    model = TwoLayers()
    optimizer = tf.optimizers.SGD(0.01)
    losses = []
    for _ in range(20):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(tf.constant([[1.0, 2.0]])) - 1.0))
        trained = model.trainable_variables
        gradients = tape.gradient(loss, trained)
        optimizer.apply_gradients([(g, v) for g, v in zip(gradients, trained, strict=True) if g is not None])
        losses.append(float(loss))
    assert losses[-1] < losses[0] / 100
