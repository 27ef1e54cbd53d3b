"""Layers that draw random numbers: equal to Keras' with the same seeds, including those from the global one."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow

import gradtape
import gradtape.keras.layers as ours
import gradtape.keras.utils as our_utils
import keras

pytest.register_assert_rewrite("layer_parity")

from layer_parity import PRECISION, Case, case, close, compare, made  # noqa: E402

CASES = [
    case("Dropout", (6, 5), rate=0.4),
    case("Dropout", (6, 5), rate=0.0),
    case("Dropout", (6, 5), rate=1.0),
    case("Dropout", (6, 5, 2), rate=0.4, noise_shape=(None, 1, None)),
    case("AlphaDropout", (6, 5), rate=0.3),
    case("AlphaDropout", (6, 5, 2), rate=0.3, noise_shape=(None, 1, 2)),
    case("GaussianDropout", (6, 5), rate=0.3),
    case("GaussianNoise", (6, 5), stddev=0.3),
    case("SpatialDropout1D", (4, 3, 5), rate=0.4),
    case("SpatialDropout2D", (4, 3, 2, 5), rate=0.4),
    case("SpatialDropout2D", (4, 5, 3, 2), rate=0.4, data_format="channels_first"),
    case("SpatialDropout3D", (4, 3, 2, 2, 5), rate=0.4),
    case("SpatialDropout3D", (4, 5, 3, 2, 2), rate=0.4, data_format="channels_first"),
]
LABELS = [case.label for case in CASES]


def drawn(case: Case, dtype: str, seed: int | None) -> list[list[np.ndarray]]:
    """The results of three calls in training in both libraries."""
    values = np.random.default_rng(0).normal(size=case.shapes[0]).astype(dtype)
    results = []
    for layers, tf, utils in ((ours, gradtape, our_utils), (keras.layers, tensorflow, keras.utils)):
        utils.set_random_seed(11)
        arguments = {**case.arguments, **({} if seed is None else {"seed": seed})}
        layer = made(layers, case._replace(arguments=arguments), dtype)
        results.append([layer(tf.constant(values), training=True) for _ in range(3)])
    return results


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("case", CASES, ids=LABELS)
def test_the_same_elements_are_disturbed(case, seed, dtype):
    close(*drawn(case, dtype, seed), dtype, "in training")


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("case", CASES, ids=LABELS)
def test_nothing_happens_outside_of_training(case, dtype):
    compare(case._replace(trains=False), dtype)


def test_gradients_flow_where_elements_stay():
    layer = ours.Dropout(0.5, seed=1)
    x = gradtape.ones([20])
    with gradtape.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    np.testing.assert_array_equal(tape.gradient(y, x), y)


def test_training_is_what_the_call_around_says():
    class Block(ours.Layer):
        def __init__(self):
            super().__init__()
            self.dropout = ours.Dropout(1.0)

        def call(self, x):
            return self.dropout(x)

    block = Block()
    assert block(gradtape.ones([3]), training=True).numpy().tolist() == [0.0] * 3
    assert block(gradtape.ones([3]), training=False).numpy().tolist() == [1.0] * 3
    assert block(gradtape.ones([3])).numpy().tolist() == [1.0] * 3
