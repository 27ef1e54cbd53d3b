"""Attention compared with Keras in everything that both return."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow

import gradtape
import gradtape.keras.layers as ours
import gradtape.keras.utils as our_utils
import keras

pytest.register_assert_rewrite("layer_parity")

from layer_parity import Case, case, close, compare, each, weights_for  # noqa: E402

pytestmark = pytest.mark.usefixtures("kept_kernels")

CASES = [
    case("Attention", (2, 3, 4), (2, 5, 4)),
    case("Attention", (2, 3, 4), (2, 5, 6), (2, 5, 4), use_scale=True),
    case("Attention", (2, 3, 4), (2, 5, 4), score_mode="concat"),
    case("Attention", (2, 3, 4), (2, 5, 4), score_mode="concat", use_scale=True),
    Case("Attention", {}, [(2, 4, 3), (2, 4, 3)], {"use_causal_mask": True}),
    Case("Attention", {}, [(2, 4, 3), (2, 4, 3)], {"return_attention_scores": True}),
    case("AdditiveAttention", (2, 3, 4), (2, 5, 4)),
    case("AdditiveAttention", (2, 3, 4), (2, 5, 4), use_scale=False),
]


@pytest.mark.parametrize(("case", "dtype"), each(CASES))
def test_layer(case, dtype):
    compare(case, dtype)


QUERY, VALUE, KEY = (np.random.default_rng(seed).normal(size=(2, 4, 6)) for seed in range(3))
VALUE, KEY = np.concatenate([VALUE, VALUE[:, :1]], 1), np.concatenate([KEY, KEY[:, :1]], 1)
MASKS = {
    "query_mask": np.array([[1, 1, 0, 1], [1, 1, 1, 0]], bool),
    "value_mask": np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 1]], bool),
    "key_mask": np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 0]], bool),
    "attention_mask": np.random.default_rng(7).integers(0, 2, (2, 4, 5)).astype(bool),
}
# Sizes with exact roots: TensorFlow computes their inverses in single precision.
HEADS = [
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 4}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 4, "value_dim": 5, "output_shape": 7, "use_bias": False}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 4, "sliding_window": 2, "use_gate": True}),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 4, "kernel_regularizer": "l2", "attention_axes": [1]}),
    ("GroupQueryAttention", {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 2}),
    ("GroupQueryAttention", {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 1, "use_bias": False}),
    ("GroupQueryAttention", {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 2, "use_gate": True}),
]


@functools.cache
def pair(place, dtype):
    """A layer of each library, built with the same weights; no call changes it, so that one serves for all."""
    kind, options = HEADS[place]
    found = []
    for layers, tf in ((ours, gradtape), (keras.layers, tensorflow)):
        layer = getattr(layers, kind)(**options, dtype=dtype)
        layer(*(tf.constant(value.astype(dtype)) for value in (QUERY, VALUE, KEY)))
        found.append((layer, tf))
    for layer, _ in found:
        layer.set_weights(weights_for(found[1][0]))
    (mine, _), (theirs, _) = found
    assert [weight.path.replace(mine.name, "") for weight in mine.weights] == [
        weight.path.replace(theirs.name, "") for weight in theirs.weights
    ]
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "call",
    [
        {},
        {"return_attention_scores": True},
        {"use_causal_mask": True},
        {"use_causal_mask": True, "return_attention_scores": True},
        {"attention_mask": True},
        {"attention_mask": True, "return_attention_scores": True, "use_causal_mask": True},
        {"value_mask": True, "key_mask": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", range(len(HEADS)), ids=lambda place: str(HEADS[place]))
def test_heads(place, call, dtype):
    results = []
    for layer, tf in pair(place, dtype):
        inputs = [tf.constant(value.astype(dtype)) for value in (QUERY, VALUE, KEY)]
        keywords = {name: tf.constant(MASKS[name]) if name in MASKS else value for name, value in call.items()}
        weights = [weight if tf is gradtape else weight.value for weight in layer.trainable_weights]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(*inputs, **keywords)
            loss = tf.reduce_sum((outputs[0] if isinstance(outputs, tuple) else outputs) ** 2)
        gradients = tape.gradient(loss, [*inputs, *weights], unconnected_gradients="zero")
        results.append([outputs, [tf.convert_to_tensor(gradient) for gradient in gradients]])
    close(*results, dtype, "heads")


@pytest.mark.parametrize("place", range(len(HEADS)), ids=lambda place: str(HEADS[place]))
def test_configurations_and_shapes(place):
    (mine, _), (theirs, _) = pair(place, "float32")
    shapes = [value.shape for value in (QUERY, VALUE, KEY)]
    assert tuple(mine.compute_output_shape(*shapes)) == tuple(theirs.compute_output_shape(*shapes))
    config, expected = mine.get_config(), theirs.get_config()
    for told in (config, expected):
        told.pop("name")
        told["attention_axes"] = list(told.get("attention_axes") or ())
    assert config == expected
    again = type(mine).from_config(mine.get_config())
    assert again.get_config() == mine.get_config()


@pytest.mark.parametrize("name", ["head_dim", "num_query_heads", "num_key_value_heads"])
@pytest.mark.parametrize(("size", "kind"), [(0, ValueError), (-2, ValueError), (1.5, TypeError), ("2", TypeError)])
def test_sizes_of_groups_are_positive_integers(name, size, kind):
    sizes = {"head_dim": np.int64(4), "num_query_heads": np.int32(2), "num_key_value_heads": 1}
    assert ours.GroupQueryAttention(**sizes).get_config()["num_query_heads"] == 2
    with pytest.raises(kind, match="integer"):
        ours.GroupQueryAttention(**{**sizes, name: size})


def test_attention_over_several_axes():
    query, value = (np.random.default_rng(seed).normal(size=(2, 3, 4, 5)) for seed in range(2))
    results = []
    for layers, tf in ((ours, gradtape), (keras.layers, tensorflow)):
        layer = layers.MultiHeadAttention(2, 4, attention_axes=(1, 2), dtype="float64")
        layer(tf.constant(query), tf.constant(value))
        layer.set_weights(weights_for(layer))
        results.append(layer(tf.constant(query), tf.constant(value), return_attention_scores=True))
    close(*results, "float64", "two axes")


@pytest.mark.parametrize("kind", ["MultiHeadAttention", "GroupQueryAttention", "Attention"])
def test_dropout_draws_as_keras_does(kind):
    options = {
        "MultiHeadAttention": {"num_heads": 2, "key_dim": 4},
        "GroupQueryAttention": {"head_dim": 4, "num_query_heads": 2, "num_key_value_heads": 1},
        "Attention": {},
    }[kind]
    results = []
    for layers, tf, utils in ((ours, gradtape, our_utils), (keras.layers, tensorflow, keras.utils)):
        utils.set_random_seed(3)
        layer = getattr(layers, kind)(**options, dropout=0.4, dtype="float64")
        inputs = [tf.constant(QUERY), tf.constant(VALUE)]
        results.append([layer(inputs, training=True) if kind == "Attention" else layer(*inputs, training=True)])
    close(*results, "float64", "dropout")


def test_masks_of_attention():
    results = []
    for layers, tf in ((ours, gradtape), (keras.layers, tensorflow)):
        layer = layers.Attention()
        masks = [tf.constant(MASKS["query_mask"]), tf.constant(MASKS["value_mask"])]
        inputs = [tf.constant(value, tf.float32) for value in (QUERY, VALUE)]
        outputs = [layer(inputs, mask=masks, use_causal_mask=causal) for causal in (False, True)]
        results.append([*outputs, layer.compute_mask(inputs, masks)])
    close(*results, "float32", "masks")


def test_masks_reach_heads_from_embeddings():
    results = []
    for layers, tf in ((ours, gradtape), (keras.layers, tensorflow)):
        embedding = layers.Embedding(5, 6, mask_zero=True, weights=np.random.default_rng(0).normal(size=(5, 6)))
        layer = layers.MultiHeadAttention(2, 3)
        x = embedding(tf.constant([[1, 2, 0], [3, 0, 0]]))
        layer(x, x)
        layer.set_weights(weights_for(layer))
        x = embedding(tf.constant([[1, 2, 0], [3, 0, 0]]))
        results.append(layer(x, x))
    close(*results, "float32", "embedded")
