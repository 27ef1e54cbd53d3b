"""Masks in layers, compared with Keras: where they start, and what propagates, merges or drops them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import tensorflow

import gradtape
import gradtape.keras.layers as ours
import keras

pytest.register_assert_rewrite("layer_parity")

from layer_parity import close, weights_for  # noqa: E402

pytestmark = pytest.mark.usefixtures("kept_kernels")

DELIBERATE = {
    "layers.MultiHeadAttention": "heeds a `query_mask` that it is given; masks of its operands stay in functional "
    "models, as Keras' symbolic ones do",
}

WORDS = np.array([[1, 2, 0], [3, 0, 0]], "int32")
TABLE = np.random.default_rng(0).normal(size=(5, 4))
STEPS = np.random.default_rng(1).normal(size=(2, 3, 4)).astype("float32")
STEPS[0, 1] = STEPS[1, 2] = 0.0


def embedded(layers, tf, words=WORDS):
    return layers.Embedding(5, 4, mask_zero=True, weights=TABLE)(tf.constant(words))


def masked(layers, tf):
    return layers.Masking()(tf.constant(STEPS))


def two(layers, tf):
    return [embedded(layers, tf), embedded(layers, tf, WORDS[::-1].copy())]


def weighted(layer, inputs):
    """The layer's results with weights passed to both libraries."""
    layer(inputs)
    layer.set_weights(weights_for(layer))
    return layer(inputs)


PROGRAMS = {
    "embedding": embedded,
    "masking": masked,
    "dense": lambda layers, tf: weighted(layers.Dense(3), embedded(layers, tf)),
    "activation": lambda layers, tf: layers.ReLU()(masked(layers, tf)),
    "dropout": lambda layers, tf: layers.Dropout(0.5)(masked(layers, tf)),
    "batch normalization": lambda layers, tf: layers.BatchNormalization()(masked(layers, tf), training=True),
    "layer normalization": lambda layers, tf: layers.LayerNormalization()(embedded(layers, tf)),
    "softmax": lambda layers, tf: layers.Softmax()(tf.constant(STEPS), mask=tf.constant(STEPS > 0)),
    "lstm": lambda layers, tf: weighted(layers.LSTM(3), embedded(layers, tf)),
    "lstm of masked steps": lambda layers, tf: weighted(layers.LSTM(3, return_sequences=True), masked(layers, tf)),
    "gru twice": lambda layers, tf: weighted(
        layers.GRU(2), weighted(layers.GRU(3, return_sequences=True), embedded(layers, tf))
    ),
    "both ways": lambda layers, tf: weighted(
        layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True)), embedded(layers, tf)
    ),
    "over time": lambda layers, tf: weighted(layers.TimeDistributed(layers.Dense(2)), embedded(layers, tf)),
    "mean": lambda layers, tf: layers.GlobalAveragePooling1D()(embedded(layers, tf)),
    "mean of channels first": lambda layers, tf: layers.GlobalAveragePooling1D(data_format="channels_first")(
        tf.constant(STEPS), mask=tf.constant([[True, True, False, True], [True, False, False, True]])
    ),
    "largest": lambda layers, tf: layers.GlobalMaxPooling1D()(embedded(layers, tf)),
    "flatten": lambda layers, tf: layers.Flatten()(embedded(layers, tf)),
    "attention": lambda layers, tf: layers.Attention()(two(layers, tf)),
    **{
        name: lambda layers, tf, name=name: getattr(layers, name)()(two(layers, tf))
        for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
    },
    "one mask to multiply": lambda layers, tf: layers.Multiply()([embedded(layers, tf), tf.constant(STEPS)]),
    "one mask to join": lambda layers, tf: layers.Concatenate()([embedded(layers, tf), tf.constant(STEPS)]),
    "join steps": lambda layers, tf: layers.Concatenate(axis=1)(two(layers, tf)),
    "function": lambda layers, tf: layers.Lambda(lambda x: x * 2, mask=lambda x, mask: mask)(embedded(layers, tf)),
    "function of the mask": lambda layers, tf: layers.Lambda(lambda x, mask: x if mask is None else x * 0)(
        embedded(layers, tf)
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_masks(name):
    results = []
    for layers, tf in ((ours, gradtape), (keras.layers, tensorflow)):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            output = PROGRAMS[name](layers, tf)
        mask = mask_of(output, layers)
        results.append((output, None if mask is None else np.asarray(mask), len(told) > 0))
    (mine, my_mask, warned), (theirs, their_mask, they_warned) = results
    close(mine, theirs, "float32", name)
    assert (my_mask is None) == (their_mask is None)
    if my_mask is not None:
        np.testing.assert_array_equal(my_mask, their_mask)
    assert warned == they_warned


def attended(layers, tf, **options):
    """Which values have masks before and after attention, within a layer and around it, and the number of warnings."""
    seen = []

    def has_mask(value):
        return getattr(value, "_keras_mask", None) is not None

    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.attention, self.add, self.norm = (
                layers.MultiHeadAttention(2, 3),
                layers.Add(),
                layers.LayerNormalization(),
            )

        def call(self, x, context):
            before = has_mask(x), has_mask(context)
            y = self.attention(x, context, **options)
            added = self.norm(self.add([x, y]))
            seen.append((before, has_mask(x), has_mask(context), has_mask(y), has_mask(added)))
            return added

    one, other = (tf.identity(value) for value in two(layers, tf))
    block = Block()
    block(one, other)
    block.set_weights(weights_for(block))
    seen.clear()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        one, other = two(layers, tf)
        result = block(block(one, other), other)
    return seen, has_mask(result), sum(isinstance(warning.message, UserWarning) for warning in told), np.asarray(result)


@pytest.mark.parametrize("options", [{}, {"use_causal_mask": True}], ids=["all", "causal"])
def test_attention_takes_masks_away(options):
    mine, theirs = attended(ours, gradtape, **options), attended(keras.layers, tensorflow, **options)
    assert mine[:3] == theirs[:3]
    close(mine[3], theirs[3], "float32", "attention")


def test_attention_leaves_masks_in_functional_models():
    words = ours.Input((3,), dtype="int32")
    x = ours.Embedding(5, 4, mask_zero=True)(words)
    y = ours.MultiHeadAttention(2, 3)(x, x)
    model = gradtape.keras.Model(words, [x, y, ours.GlobalAveragePooling1D()(y)])
    embeddings, attention, mean = model(WORDS)
    np.testing.assert_array_equal(embeddings._keras_mask, WORDS != 0)
    counted = (WORDS != 0)[..., None]
    np.testing.assert_allclose(mean, (attention * counted).numpy().sum(1) / counted.sum(1), rtol=1e-5)


def test_the_mask_is_an_attribute_of_tensors():
    for layers, tf in ((ours, gradtape), (keras.layers, tensorflow)):
        value = embedded(layers, tf)
        np.testing.assert_array_equal(value._keras_mask, WORDS != 0)
        del value._keras_mask
        assert mask_of(value, layers) is None
        with pytest.raises(AttributeError, match="EagerTensor' object has no attribute '_keras_mask'"):
            del value._keras_mask
        with pytest.raises(AttributeError, match="EagerTensor' object has no attribute '_keras_mask'"):
            _ = value._keras_mask
        value._keras_mask = tf.constant(WORDS == 1)
        np.testing.assert_array_equal(mask_of(value, layers), WORDS == 1)


def mask_of(output, layers):
    """The mask attached to an output, as passed to a layer that accepts one."""
    seen = []

    class Asking(layers.Layer):
        def call(self, inputs, mask=None):
            seen.append(mask)
            return inputs

    Asking()(output)
    return seen[0]


@pytest.mark.parametrize("name", ["embedding", "masking", "Add", "Concatenate", "Multiply"])
def test_symbolic_masks(name):
    said = []
    for layers in (ours, keras.layers):
        words = layers.Input((3,), dtype="int32")
        embed = layers.Embedding(5, 4, mask_zero=True)
        if name == "embedding":
            output = embed(words)
        elif name == "masking":
            output = layers.Masking()(layers.Input((3, 4)))
        else:
            output = getattr(layers, name)()([embed(words), embed(words)])
        said.append((tuple(output._keras_mask.shape), output._keras_mask.dtype))
    assert said[0] == said[1]


def of_words(*steps):
    """A functional model of masked words through some steps, each a function of the layers and a value."""

    def made(layers, model):
        words = layers.Input((3,), dtype="int32")
        value = layers.Embedding(5, 4, mask_zero=True)(words)
        for step in steps:
            value = step(layers, value)
        return model(words, value)

    return made


MODELS = {
    "lstm": of_words(lambda layers, x: layers.LSTM(3)(x)),
    "training": of_words(lambda layers, x: layers.LSTM(3)(x, training=True)),
    "two": of_words(
        lambda layers, x: layers.LSTM(3, return_sequences=True)(x),
        lambda layers, x: layers.Dropout(0.1)(x),
        lambda layers, x: layers.GRU(2)(x),
    ),
    "mean": of_words(lambda layers, x: layers.GlobalAveragePooling1D()(x), lambda layers, x: layers.Dense(2)(x)),
    "dropped": of_words(lambda layers, x: layers.Flatten()(x), lambda layers, x: layers.Dense(2)(x)),
    "attention": of_words(
        lambda layers, x: layers.Attention()([x, x]), lambda layers, x: layers.GlobalAveragePooling1D()(x)
    ),
    "heads": of_words(lambda layers, x: layers.MultiHeadAttention(2, 3)(x, x), lambda layers, x: layers.LSTM(3)(x)),
    "sum": of_words(
        lambda layers, x: layers.Add()([x, layers.Dense(4)(x), x]), lambda layers, x: layers.LayerNormalization()(x)
    ),
    "joined": of_words(
        lambda layers, x: layers.Concatenate()([x, layers.Dense(4)(x)]), lambda layers, x: layers.LSTM(3)(x)
    ),
    "masked steps": of_words(lambda layers, x: layers.Masking()(x), lambda layers, x: layers.LSTM(3)(x)),
}


@pytest.mark.parametrize("name", MODELS)
def test_masks_are_calls_of_functional_models(name):
    """As in Keras, also after the model was written and read or cloned; and they change no values."""
    told = []
    for layers, library in ((ours, gradtape.keras), (keras.layers, keras)):
        library.utils.clear_session()
        model = MODELS[name](layers, library.Model)
        model.set_weights(weights_for(model))
        read, clone = library.Model.from_config(model.get_config()), library.models.clone_model(model)
        outputs = []
        for one in (model, read, clone):
            one.set_weights(model.get_weights())
            outputs.append(np.asarray(one(WORDS)))
        told.append(([plain_config(one.get_config()) for one in (model, read, clone)], outputs))
    (mine, my_outputs), (theirs, their_outputs) = told
    assert mine == theirs
    close(my_outputs, their_outputs, "float32", name)


def plain_config(config):
    """The calls of every operation by name."""
    return [(layer["name"], layer["class_name"], repr(layer["inbound_nodes"])) for layer in config["layers"]]


def test_masks_that_values_carry_are_computed_once():
    """Calls of masks are kept with the model, but not run: layers compute them anyway."""
    model = MODELS["lstm"](ours, gradtape.keras.Model)
    assert [operation.name.rstrip("_0123456789") for operation in model.operations].count("not_equal") == 1
    assert [type(operation).__name__ for operation in model._graph.chain] == ["Embedding", "LSTM"]
