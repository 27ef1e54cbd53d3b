"""Models in checkpoints: saved, restored immediately or when built, and exchanged with Keras on TensorFlow."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow

import gradtape

pytestmark = pytest.mark.usefixtures("kept_kernels")

X = np.random.default_rng(0).normal(size=(6, 3, 4)).astype("float32")


def sequential(tf):
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            tf.keras.Input((3, 4)),
            layers.Conv1D(3, 2, activation="relu"),
            layers.BatchNormalization(),
            layers.LSTM(3),
            layers.Dropout(0.5),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    return model


def functional(tf):
    layers = tf.keras.layers
    first = tf.keras.Input((3, 4))
    inner = layers.Dense(4)(first)
    model = tf.keras.Model(first, layers.Dense(1)(layers.GRU(2)(layers.Add()([first, inner]))))
    model.compile(tf.keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    return model


def subclassed(tf):
    class Net(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.embed = tf.keras.layers.Dense(3)
            self.head = tf.keras.layers.Dense(1)

        def call(self, x):
            return self.head(tf.reduce_mean(self.embed(x), 1))

    model = Net()
    model.compile("rmsprop", "mse")
    return model


def trained(tf, make, seed):
    tf.keras.utils.set_random_seed(seed)
    model = make(tf)
    for half in (X[:3], X[3:]):
        model.train_on_batch(half, half[:, 0, :1])
    return model


@functools.cache
def writing(tf, make):
    """A model for all tests that only save it."""
    return trained(tf, make, 1)


MODELS = {make.__name__: make for make in (sequential, functional, subclassed)}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    "writer,reader",
    [(tensorflow, gradtape), (gradtape, tensorflow), (gradtape, gradtape)],
    ids=["read", "written", "own"],
)
def test_models_go_both_ways(tmp_path, name, writer, reader):
    wrote = writing(writer, MODELS[name])
    path = writer.train.Checkpoint(model=wrote).save(str(tmp_path / "m"))
    read = trained(reader, MODELS[name], 2)
    reader.train.Checkpoint(model=read).restore(path).assert_consumed()
    np.testing.assert_allclose(read.predict_on_batch(X), wrote.predict_on_batch(X), rtol=1e-4, atol=1e-6)
    for one, other in zip(read.optimizer.variables, wrote.optimizer.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


@pytest.mark.parametrize("name", MODELS)
def test_variables_have_the_same_names_in_the_file(tmp_path, name):
    names = []
    for tf in (tensorflow, gradtape):
        model = writing(tf, MODELS[name])
        assert model.non_trainable_weights is not None and model.count_params()
        path = tf.train.Checkpoint(model=model).save(str(tmp_path / tf.__name__))
        names.append(tf.train.list_variables(path))
    assert names[1] == names[0]


def test_a_model_restored_before_it_is_built(tmp_path):
    wrote = writing(gradtape, subclassed)
    path = gradtape.train.Checkpoint(wrote).write(tmp_path / "m")
    model = subclassed(gradtape)
    status = gradtape.train.Checkpoint(model).read(path)
    np.testing.assert_array_equal(model(X).numpy(), wrote(X).numpy())
    model.optimizer.build(model.trainable_variables)
    status.assert_consumed()


def test_layers_in_lists_are_saved_which_tensorflow_forgets(tmp_path):
    class Net(gradtape.keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = [gradtape.keras.layers.Dense(2), gradtape.keras.layers.Dense(1)]

        def call(self, x):
            for part in self.parts:
                x = part(x)
            return x

    one, other = Net(), Net()
    one(X), other(X)
    path = gradtape.train.Checkpoint(one).save(tmp_path / "m")
    gradtape.train.Checkpoint(other).restore(path).assert_consumed()
    np.testing.assert_array_equal(one(X).numpy(), other(X).numpy())


def test_a_variable_of_another_shape_is_told_by_its_path(tmp_path):
    texts = []
    for tf in (tensorflow, gradtape):
        model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
        tf.train.Checkpoint(model=model).write(str(tmp_path / "c"))
        other = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(2, name="wide")], name="other")
        with pytest.raises(ValueError) as caught:
            tf.train.Checkpoint(model=other).restore(str(tmp_path / "c"))
        texts.append(str(caught.value))
    assert texts[0] == texts[1]
    assert "other/wide/kernel:0" in texts[0]
