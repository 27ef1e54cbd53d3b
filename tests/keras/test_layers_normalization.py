"""Normalization layers, compared with Keras in everything that both return."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow

import gradtape
import gradtape.keras.layers as ours
import keras

pytest.register_assert_rewrite("layer_parity")

from layer_parity import case, close, compare, each  # noqa: E402

pytestmark = pytest.mark.usefixtures("kept_kernels")

SPACES = ((ours, gradtape), (keras.layers, tensorflow))
CASES = [
    case("BatchNormalization", (6, 3)),
    case("BatchNormalization", (6, 4, 3), momentum=0.5, epsilon=0.1),
    case("BatchNormalization", (4, 3, 2, 5), axis=1),
    case("BatchNormalization", (4, 3, 2, 5), axis=2, center=False),
    case("BatchNormalization", (6, 3), scale=False, beta_regularizer="l2", moving_variance_initializer="zeros"),
    case("BatchNormalization", (6, 3), renorm=True, renorm_clipping={"rmin": 0.5, "rmax": 2.0, "dmax": 0.5}),
    case("BatchNormalization", (6, 3), renorm=True, center=False),
    case("BatchNormalization", (6, 3), trainable=False),
    case("LayerNormalization", (4, 3)),
    case("LayerNormalization", (4, 2, 3), axis=[1, 2], epsilon=0.1),
    case("LayerNormalization", (4, 2, 3), axis=1),
    case("LayerNormalization", (4, 3), center=False),
    case("LayerNormalization", (4, 3), scale=False, gamma_constraint="non_neg"),
    case("GroupNormalization", (4, 6), groups=3),
    case("GroupNormalization", (4, 3, 5, 6), groups=2, epsilon=0.1),
    case("GroupNormalization", (4, 6, 3), groups=2, axis=1),
    case("GroupNormalization", (4, 3, 6), groups=-1, center=False),
    case("RMSNormalization", (4, 3)),
    case("RMSNormalization", (4, 2, 3), axis=[1, 2]),
    case("UnitNormalization", (4, 3)),
    case("UnitNormalization", (4, 2, 3), axis=[1, 2]),
    case("SpectralNormalization", (4, 3), layer=lambda layers, dtype: layers.Dense(5, dtype=dtype)),
    case(
        "SpectralNormalization",
        (2, 5, 5, 3),
        layer=lambda layers, dtype: layers.Conv2D(4, 2, dtype=dtype, name="inner"),
        power_iterations=3,
    ),
]


@pytest.mark.parametrize(("case", "dtype"), each(CASES))
def test_layer(case, dtype):
    compare(case, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batches_are_normalized_without_what_masks_leave_out(dtype):
    generator = np.random.default_rng(0)
    values, mask = generator.normal(size=(3, 4, 2)).astype(dtype), generator.integers(0, 2, (3, 4)).astype(bool)
    mask[:, 0] = True
    results = []
    for tf, layers in ((gradtape, ours), (tensorflow, keras.layers)):
        layer = layers.BatchNormalization(dtype=dtype, momentum=0.5)
        outputs = layer(tf.constant(values), training=True, mask=tf.constant(mask))
        results.append([outputs, *layer.get_weights()])
    close(*results, dtype, "masked batch")


@pytest.mark.parametrize("training", [False, True])
def test_statistics_move_as_keras_moves_them(training):
    generator = np.random.default_rng(1)
    mine, theirs = ours.BatchNormalization(momentum=0.8), keras.layers.BatchNormalization(momentum=0.8)
    for _ in range(5):
        batch = generator.normal(2.0, 3.0, (8, 3)).astype("float32")
        pair = [layer(batch, training=training) for layer in (mine, theirs)]
        close(*pair, "float32", "outputs")
    close(mine.get_weights(), theirs.get_weights(), "float32", "weights")


@pytest.mark.parametrize(
    ("kind", "inputs"),
    # Keras truncates the results of LayerNormalization to integers for integer inputs.
    [("LayerNormalization", "float64"), ("GroupNormalization", "float64"), ("GroupNormalization", "int32")],
)
def test_inputs_are_normalized_in_their_own_precision(kind, inputs):
    values = np.random.default_rng(0).normal(1000.0, 3.0, (4, 32)).astype(inputs)
    results = [getattr(layers, kind)(dtype="float32")(tf.constant(values)) for layers, tf in SPACES]
    close(*results, "float32", "mixed precision")
