"""`fit` gives the same bits compiled and eagerly; layers of several inputs recognize inputs seen before."""

from __future__ import annotations

import numpy as np
import pytest
from sessions import CLASSES, X, Y

import gradtape as tf

keras = tf.keras
layers = keras.layers
IMAGES = np.random.default_rng(3).normal(size=(50, 8, 8, 1)).astype("float32")
STEPS = np.random.default_rng(4).normal(size=(50, 6, 4)).astype("float32")


def dense():
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8, "tanh"),
            layers.Dropout(0.3, seed=1),
            layers.Dense(3, kernel_regularizer="l2"),
        ]
    )


def pictures():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


def steps():
    inner = [layers.LSTM(5, return_sequences=True), layers.GRU(4), layers.Dense(3)]
    return keras.Sequential([keras.Input((6, 4)), *inner])


def two_inputs():
    one, other = keras.Input((4,)), keras.Input((4,))
    shared = layers.Dense(5, activation="relu")
    merged = layers.Concatenate()([layers.Add()([shared(one), shared(other)]), layers.Multiply()([one, other])])
    return keras.Model([one, other], [layers.Dense(3)(merged), layers.Dense(1)(merged)])


def adding():
    class Adding(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = layers.Dense(3)

        def call(self, x, training=False):
            y = self.inner(x)
            self.add_loss(tf.reduce_mean(y**2) * (0.1 if training else 0.0))
            return y

    return Adding()


CLASS = keras.losses.SparseCategoricalCrossentropy
CASES = {
    "dense": (dense, (X, CLASSES), CLASS(from_logits=True), ["accuracy"]),
    "weights": (dense, (X, Y, np.linspace(0, 1, 50)), "mse", ["mae"]),
    "pictures": (pictures, (IMAGES, CLASSES), CLASS(from_logits=True), ["accuracy"]),
    "steps": (steps, (STEPS, Y), "mae", ["mse", "cosine_similarity"]),
    "several inputs and outputs": (two_inputs, ((X, X[::-1]), (Y, Y[:, :1])), ["mse", "mae"], [["mae"], ["mse"]]),
    "added losses": (adding, (X, Y), "mse", None),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_the_bits_of_a_compiled_fit_are_those_of_an_eager_one(case, optimizer):
    make, data, loss, metrics = CASES[case]
    found = []
    for eagerly in (False, True):
        keras.utils.clear_session()
        keras.utils.set_random_seed(5)
        model = make()
        model.compile(optimizer, loss, metrics=metrics, run_eagerly=eagerly)
        options = {} if len(data) < 3 else {"sample_weight": data[2]}
        # The last batch is smaller.
        history = model.fit(data[0], data[1], batch_size=16, epochs=3, verbose=0, **options)
        told = model.evaluate(data[0], data[1], batch_size=16, verbose=0)
        found.append((history.history, told, model.predict(data[0], verbose=0), model.get_weights()))
    assert found[0][:2] == found[1][:2]
    for one, other in zip(tf.nest.flatten(found[0][2:]), tf.nest.flatten(found[1][2:]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_compiled_step_is_traced_once_per_shape():
    traced = []

    class Counting(keras.Sequential):
        def train_step(self, data):
            traced.append(len(data[0]))
            return super().train_step(data)

    model = Counting([keras.Input((4,)), layers.Dense(3)])
    model.compile("sgd", "mse")
    model.fit(X, Y, batch_size=16, epochs=10, verbose=0, shuffle=False)
    assert traced == [16, 2]


def test_lists_of_known_tensors_are_called_quickly_and_others_are_looked_at():
    add, a = layers.Add(), tf.ones([2, 3])
    calls = []
    prepare = add._call_anew
    object.__setattr__(add, "_call_anew", lambda *given: calls.append(given) or prepare(*given))
    for values, expected, looked in [
        ([a, a], 2.0, 1),
        ([a, a], 2.0, 1),
        ((a, a), 2.0, 1),
        ([a, 2 * a], 3.0, 1),
        ([a, tf.ones([2, 3], tf.float64)], 2.0, 2),
        ([a, np.ones((2, 3), "float32")], 2.0, 3),
        ([a, a, a], 3.0, 4),
        ([a, a], 2.0, 5),
        ([a, a], 2.0, 5),
    ]:
        np.testing.assert_array_equal(add(values), np.full((2, 3), expected))
        assert len(calls) == looked, values
    with pytest.raises(ValueError, match="should be called on a list of inputs"):
        layers.Add()(a)


def test_lists_with_masks_are_never_called_quickly():
    concatenate, x = layers.Concatenate(axis=1), tf.constant([[[1.0], [0.0]]])
    concatenate([x, x])
    concatenate([x, x])
    masked = layers.Masking()(x)
    merged = concatenate([masked, masked])
    pooled = layers.GlobalAveragePooling1D()(merged)
    np.testing.assert_array_equal(pooled, [[1.0]])
