"""Saved models: the same program saves and loads with TensorFlow and with gradtape, with the same results."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow

import gradtape

POINTS = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], np.float32)


def program(tf, folder):
    class Model(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]], name="w")
            self.calls = tf.Variable(0, trainable=False, name="calls")
            self.held = [tf.Variable(1.0), {"a": (tf.Variable(2.0),)}]

        @tf.function(input_signature=[tf.TensorSpec([None, 3], name="points")])
        def __call__(self, x):
            self.calls.assign_add(1)
            return tf.nn.softmax(tf.nn.relu(x @ self.w) + self.held[0])

        @tf.function
        def scaled(self, x, by=2.0):
            return x * by, {"x": x}

        @tf.function
        def never(self, x):
            return x

    model = Model()
    model.scaled(tf.ones([2]))
    tf.saved_model.save(model, str(folder))
    return model, tf.saved_model.load(str(folder))


def told(function):
    try:
        return function()
    except Exception as error:  # the exceptions are compared
        return type(error).__name__, str(error).split("\n")[0][:60]


def test_programs_agree(tmp_path):
    found = []
    for tf in (tensorflow, gradtape):
        model, loaded = program(tf, tmp_path / tf.__name__)
        with tf.GradientTape() as tape:
            y = loaded(tf.constant(POINTS))
            loss = tf.reduce_sum(y * y)
        serve = loaded.signatures["serving_default"]
        results = serve(points=tf.constant(POINTS))
        found.append(
            {
                "values": [y, tape.gradient(loss, loaded.w), results["output_0"], loaded([[1.0, 2.0, 3.0]])],
                "calls": (int(model.calls), int(loaded.calls)),
                "variable": (loaded.w.name, loaded.w.trainable, loaded.calls.trainable, loaded.w.shape.as_list()),
                "held": [float(loaded.held[0]), float(loaded.held[1]["a"][0])],
                "signatures": list(loaded.signatures),
                "inputs": str(serve.structured_input_signature),
                "outputs": {name: str(spec.shape) for name, spec in serve.structured_outputs.items()},
                "scaled": [one.numpy().tolist() for one in tf.nest.flatten(loaded.scaled(tf.ones([2])))],
                "callable": callable(loaded),
                "shape": told(lambda loaded=loaded, tf=tf: loaded(tf.ones([2, 4]))),
                "dtype": told(lambda loaded=loaded, tf=tf: loaded(tf.ones([2, 3], tf.int32))),
                "missing": told(lambda loaded=loaded: loaded()),
                "other": told(lambda loaded=loaded, tf=tf: loaded.scaled(tf.ones([3]))),
                "default": told(lambda loaded=loaded, tf=tf: loaded.scaled(tf.ones([2]), 3.0)),
                "never": told(lambda loaded=loaded, tf=tf: loaded.never(tf.ones([2])))[0],
                "name": told(lambda serve=serve: serve(x=1.0))[0],
                "kind": told(lambda serve=serve, tf=tf: serve(points=tf.ones([1, 3], tf.int32)))[0],
                "contains": [tf.saved_model.contains_saved_model(str(tmp_path / name)) for name in (tf.__name__, "no")],
                "nowhere": told(lambda tf=tf: tf.saved_model.load("/nowhere"))[0],
                "object": told(lambda tf=tf: tf.saved_model.save(3, str(tmp_path / "other")))[0],
                "signature": told(lambda tf=tf: tf.saved_model.save(tf.Module(), str(tmp_path / "other"), 3)),
                "plain": callable(saved_plain(tf, tmp_path / f"{tf.__name__}_plain")),
                "untracked": told(lambda tf=tf: untracked(tf, tmp_path / "other"))[0],
            }
        )
    theirs, ours = found
    for one, other in zip(theirs.pop("values"), ours.pop("values"), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
    assert theirs == ours


def saved_plain(tf, folder):
    module = tf.Module()
    module.v = tf.Variable(1.0)
    tf.saved_model.save(module, str(folder))
    return tf.saved_model.load(str(folder))


def untracked(tf, folder):
    loose = tf.Variable(1.0)
    module = tf.Module()
    module.f = tf.function(lambda x: x * loose, input_signature=[tf.TensorSpec([])])
    tf.saved_model.save(module, str(folder))


def test_models_of_keras_agree(tmp_path):
    found = []
    for tf in (tensorflow, gradtape):
        inputs = tf.keras.Input((3,), name="points")
        model = tf.keras.Model(inputs, tf.keras.layers.Dense(2, "tanh", kernel_initializer="ones")(inputs))
        model.export(str(tmp_path / tf.__name__), verbose=False)
        loaded = tf.saved_model.load(str(tmp_path / tf.__name__))
        results = loaded.signatures["serve"](points=tf.constant(POINTS))
        found.append(
            (
                sorted(loaded.signatures),
                str(loaded.signatures["serving_default"].structured_input_signature),
                [v.shape.as_list() for v in loaded.variables],
                np.round(loaded.serve(POINTS), 5).tolist(),
                {name: np.round(value, 5).tolist() for name, value in results.items()},
            )
        )
    assert found[0] == found[1]


def test_models_of_tensorflow_are_refused_and_their_variables_read(tmp_path):
    model, _ = program(tensorflow, tmp_path)
    assert gradtape.saved_model.contains_saved_model(tmp_path)
    with pytest.raises(gradtape.errors.UnimplementedError, match="variables can be read"):
        gradtape.saved_model.load(tmp_path)
    with pytest.raises(ValueError, match="not overwritten"):
        gradtape.saved_model.save(gradtape.Module(), tmp_path)
    again = gradtape.Module()
    again.w = gradtape.Variable(gradtape.zeros([3, 2]))
    gradtape.train.Checkpoint(again).restore(str(tmp_path / "variables" / "variables")).expect_partial()
    np.testing.assert_array_equal(again.w, model.w)


def test_variables_of_ours_are_read_by_tensorflow(tmp_path):
    model, _ = program(gradtape, tmp_path)
    again = tensorflow.Module()
    again.w = tensorflow.Variable(tensorflow.zeros([3, 2]))
    tensorflow.train.Checkpoint(again).restore(str(tmp_path / "variables" / "variables")).expect_partial()
    np.testing.assert_array_equal(again.w, model.w)
