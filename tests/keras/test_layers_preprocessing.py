"""Preprocessing layers, compared with Keras in everything that both return."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow

import gradtape
import gradtape.keras.layers as ours
import keras

pytest.register_assert_rewrite("layer_parity")

from layer_parity import Case, case, close, compare, each, plain  # noqa: E402

CASES = [
    case("Rescaling", (4, 3), scale=0.5, offset=1.0),
    case("Rescaling", (4, 3), scale=[0.5, 1.0, 2.0], offset=[0.0, 1.0, 2.0]),
    Case("Rescaling", {"scale": 0.25}, [(4, 3)], integers=9),
    case("Normalization", (4, 3), mean=1.0, variance=4.0),
    case("Normalization", (4, 3), mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 0.0], invert=True),
    case("Normalization", (4, 3, 2), axis=None, mean=1.0, variance=4.0),
    case("Normalization", (4, 3, 2), axis=(1, 2), mean=np.ones((3, 2)).tolist(), variance=np.ones((3, 2)).tolist()),
    case("Discretization", (4, 3), bin_boundaries=[-1.0, 0.0, 0.5])._replace(differentiable=False),
    *(
        case("Discretization", shape, bin_boundaries=[-1.0, 0.0], output_mode=mode)._replace(differentiable=False)
        for mode, shape in (("one_hot", (4, 1)), ("one_hot", (4, 3)), ("multi_hot", (4, 3)), ("count", (4, 3)))
    ),
    *(
        Case("CategoryEncoding", {"num_tokens": 5, "output_mode": mode}, [shape], integers=5)
        for mode, shape in (("one_hot", (4, 1)), ("one_hot", (4,)), ("multi_hot", (4, 3)), ("count", (4, 3)))
    ),
]


@pytest.mark.parametrize(("case", "dtype"), each(CASES))
def test_layer(case, dtype):
    compare(case, dtype)


DATA = np.random.default_rng(0).normal(3.0, 2.0, (50, 4, 3)).astype("float32")


@pytest.mark.parametrize("axis", [-1, None, 1, (1, 2)])
@pytest.mark.parametrize("data", ["array", "tensor", "batches"])
def test_normalization_adapts(axis, data):
    results = []
    for layers, tf in ((ours, gradtape), (keras.layers, tensorflow)):
        layer = layers.Normalization(axis=axis)
        layer.adapt({"array": DATA, "tensor": tf.constant(DATA), "batches": [DATA[:20], DATA[20:]]}[data])
        results.append([layer(tf.constant(DATA)), *layer.get_weights()])
        assert [weight.name for weight in layer.weights] == ["mean", "variance", "count"]
    close(*[[np.asarray(part, np.float32) for part in arrays] for arrays in results], "float32", "adapted")


@pytest.mark.parametrize("bins", [2, 5])
@pytest.mark.parametrize("epsilon", [0.01, 0.1])
def test_discretization_adapts(bins, epsilon):
    results = []
    for layers, tf in ((ours, gradtape), (keras.layers, tensorflow)):
        layer = layers.Discretization(num_bins=bins, epsilon=epsilon)
        layer.adapt(DATA[:, :, 0])
        results.append([layer(tf.constant(DATA[:, :, 1])), np.asarray(layer.bin_boundaries)])
        again = type(layer).from_config(layer.get_config())
        assert plain(again.get_config()) == plain(layer.get_config())
    close(*results, "float64", "adapted")


def test_counts_are_weighted():
    results = []
    for layers, tf in ((ours, gradtape), (keras.layers, tensorflow)):
        layer = layers.CategoryEncoding(num_tokens=4, output_mode="count")
        results.append(layer(tf.constant([[0, 2, 2], [1, 1, 3]]), count_weights=tf.constant([[0.5, 1.0, 2.0]] * 2)))
    close(*results, "float32", "weighted")


@pytest.mark.parametrize(
    "make",
    [
        lambda layers: layers.Normalization(mean=1.0),
        lambda layers: layers.Normalization(mean=[1.0], variance=[1.0, 2.0]),
        lambda layers: layers.Normalization(axis=None, mean=[1.0], variance=[1.0]),
        lambda layers: layers.Normalization(axis=3).build((2, 3)),
        lambda layers: layers.Normalization(axis=1).build((2, None)),
        lambda layers: layers.Normalization().adapt([]),
        lambda layers: layers.Normalization().adapt(["a"]),
        lambda layers: layers.Discretization(),
        lambda layers: layers.Discretization(num_bins=-1),
        lambda layers: layers.Discretization(num_bins=2, bin_boundaries=[1.0]),
        lambda layers: layers.Discretization(num_bins=2, output_mode="other"),
        lambda layers: layers.Discretization(bin_boundaries=[1.0]).adapt(np.ones(3)),
        lambda layers: layers.CategoryEncoding(),
        lambda layers: layers.CategoryEncoding(num_tokens=0),
        lambda layers: layers.CategoryEncoding(num_tokens=3, output_mode="other"),
    ],
)
def test_errors(make):
    said = []
    for layers in (ours, keras.layers):
        with pytest.raises((ValueError, TypeError)) as raised:
            make(layers)
        said.append((type(raised.value), str(raised.value)))
    assert said[0] == said[1]
