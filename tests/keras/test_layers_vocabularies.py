"""Layers with vocabularies: numbers, vocabularies, configurations and errors compared with Keras'."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow

import gradtape
import gradtape.keras.layers as ours
import keras

# Deliberate differences from Keras; docs/compatibility.md lists them.
DELIBERATE = {
    "layers.TextVectorization": "takes text eagerly, in a map of datasets and before models, not within them; like "
    "StringLookup it has one number for unknown words, and gives no sparse or ragged tensors",
}

SIDES = ((ours, gradtape), (keras.layers, tensorflow))
TEXTS = ["The cat sat on the mat.", "The dog, too: THE dog!", "", "a cat's [life]", "über cat"]
WORDS = [["a", "b", "c"], ["b", "", "é"], ["b", "c", "z"]]
WHOLE = np.array([[5, 7, 7], [9, -2, 5], [7, 0, 11]])


def both(program):
    """The results of both libraries, or their errors."""
    found = []
    for layers, tf in SIDES:
        try:
            found.append(program(layers, tf))
        except (ValueError, TypeError) as error:
            found.append((type(error), str(error)))
    return found


def assert_same(program):
    one, other = both(program)
    assert type(one) is type(other), f"{one}\n{other}"
    if isinstance(one, tuple):
        assert one == other
        return
    for mine, theirs in zip(one, other, strict=True):
        if isinstance(mine, list | int):
            assert mine == theirs
        else:
            assert mine.dtype.name == theirs.dtype.name
            assert mine.shape == theirs.shape
            if mine.dtype.name == "string":
                assert mine.numpy().tolist() == theirs.numpy().tolist()
            else:
                np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-6)


MODES = [
    {},
    {"mask_token": "b"},
    {"output_mode": "multi_hot"},
    {"output_mode": "count", "mask_token": ""},
    {"output_mode": "tf_idf"},
    {"output_mode": "tf-idf", "max_tokens": 9, "pad_to_max_tokens": True},
    {"output_mode": "binary", "max_tokens": 4},
    {"max_tokens": 3, "oov_token": "?"},
]


@pytest.mark.parametrize("options", MODES, ids=str)
def test_words_learnt(options):
    def program(layers, tf):
        layer = layers.StringLookup(**options)
        layer.adapt(WORDS)
        numbers = layer(tf.constant(WORDS))
        again = layer(tf.constant(WORDS[0]))
        return [numbers, again, layer.get_vocabulary(), layer.get_vocabulary(False), layer.vocabulary_size()]

    assert_same(program)


@pytest.mark.parametrize("options", MODES, ids=str)
def test_integers_learnt(options):
    numbers = {"mask_token": {"b": 7, "": 0}, "oov_token": {"?": -2}}
    told = {key: numbers[key][value] if key in numbers else value for key, value in options.items()}

    def program(layers, tf):
        layer = layers.IntegerLookup(**told)
        layer.adapt(WHOLE)
        found = layer(tf.constant(WHOLE + (WHOLE == 9)))
        vocabulary = [int(value) for value in layer.get_vocabulary()]
        return [found, layer(tf.constant(WHOLE[0])), vocabulary, layer.vocabulary_size()]

    assert_same(program)


GIVEN = [
    lambda layers, tf: [layers.StringLookup(vocabulary=["x", "a"])(tf.constant(WORDS))],
    lambda layers, tf: [layers.StringLookup(vocabulary=["[UNK]", "x", "a"])(tf.constant(WORDS))],
    lambda layers, tf: [layers.StringLookup(vocabulary=["x", "a"], mask_token="b")(tf.constant(WORDS))],
    lambda layers, tf: [layers.StringLookup(vocabulary=["x", "a"], invert=True)(tf.constant([[0, 1], [2, 9]]))],
    lambda layers, tf: [
        layers.StringLookup(vocabulary=["x", "a"], mask_token="", invert=True)(tf.constant([[0, 1], [2, 9]]))
    ],
    lambda layers, tf: [layers.StringLookup(vocabulary=list("abcz"), output_mode="one_hot")(tf.constant(["a", "q"]))],
    lambda layers, tf: [
        layers.StringLookup(vocabulary=["x", "a"], output_mode="tf_idf", idf_weights=[0.5, 2.0])(tf.constant(WORDS))
    ],
    lambda layers, tf: [layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(tf.constant(["a", "a"]))],
    lambda layers, tf: [layers.IntegerLookup(vocabulary=[7, 5])(tf.constant(WHOLE))],
    lambda layers, tf: [layers.IntegerLookup(vocabulary=[7, 5], num_oov_indices=3)(tf.constant(WHOLE))],
    lambda layers, tf: [layers.IntegerLookup(vocabulary=[7, 5], mask_token=0)(tf.constant(WHOLE))],
    lambda layers, tf: [layers.IntegerLookup(vocabulary=[7, 5], invert=True)(tf.constant([[0, 1], [2, 9]]))],
    lambda layers, tf: [layers.IntegerLookup(vocabulary=[7, 5], output_mode="multi_hot")(tf.constant(WHOLE))],
    # Errors.
    lambda layers, tf: [layers.IntegerLookup(vocabulary=[])],
    lambda layers, tf: [layers.StringLookup(vocabulary=[])],
    lambda layers, tf: [layers.StringLookup(vocabulary=["a", "b"], max_tokens=2)],
    lambda layers, tf: [layers.StringLookup(max_tokens=1)],
    lambda layers, tf: [layers.StringLookup(pad_to_max_tokens=True)],
    lambda layers, tf: [layers.StringLookup(num_oov_indices=-1)],
    lambda layers, tf: [layers.StringLookup(invert=True, output_mode="count")],
    lambda layers, tf: [layers.StringLookup(idf_weights=[1.0])],
    lambda layers, tf: [layers.StringLookup(vocabulary=["a"], output_mode="tf_idf")],
    lambda layers, tf: [layers.StringLookup(vocabulary=["a"], output_mode="tf_idf", idf_weights=[1.0, 2.0])],
    lambda layers, tf: [layers.StringLookup(vocabulary="/nowhere/words.txt")],
    lambda layers, tf: [layers.StringLookup(vocabulary=["a"], name="words").adapt(["b"])],
]


@pytest.mark.parametrize("place", range(len(GIVEN)))
def test_vocabularies_given(place):
    keras.config.enable_unsafe_deserialization()
    assert_same(GIVEN[place])


VECTORS = [
    {},
    {"output_sequence_length": 4},
    {"output_sequence_length": 9, "max_tokens": 5},
    {"standardize": None},
    {"standardize": "lower"},
    {"standardize": "strip_punctuation", "split": "character"},
    {"ngrams": 2},
    {"ngrams": (2, 3)},
    {"output_mode": "multi_hot"},
    {"output_mode": "count", "ngrams": 2},
    {"output_mode": "tf_idf"},
    {"output_mode": "multi_hot", "max_tokens": 30, "pad_to_max_tokens": True},
]


@pytest.mark.parametrize("options", VECTORS, ids=str)
def test_texts(options):
    def program(layers, tf):
        layer = layers.TextVectorization(**options)
        layer.adapt(TEXTS)
        found = [layer(tf.constant(TEXTS)), layer(tf.constant([["The unseen cat!"], ["dog"]]))]
        return [*found, layer.get_vocabulary(), layer.get_vocabulary(False), layer.vocabulary_size()]

    assert_same(program)


def test_texts_of_datasets():
    def program(layers, tf):
        layer = layers.TextVectorization(output_sequence_length=5)
        layer.adapt(tf.data.Dataset.from_tensor_slices(TEXTS).batch(2))
        data = tf.data.Dataset.from_tensor_slices((TEXTS, np.arange(5))).batch(2)
        return [part for batch in data.map(lambda text, label: (layer(text), label)) for part in batch]

    assert_same(program)


def test_words_that_are_split_already():
    def program(layers, tf):
        layer = layers.TextVectorization(split=None, output_mode="count")
        layer.adapt(WORDS)
        return [layer(tf.constant(WORDS)), layer.get_vocabulary()]

    assert_same(program)


WRONG = [
    {"output_mode": "count", "output_sequence_length": 3},
    {"ngrams": "2"},
    {"max_tokens": 1},
]


@pytest.mark.parametrize("options", WRONG, ids=str)
def test_texts_refused(options):
    assert_same(lambda layers, tf: [layers.TextVectorization(**options)])


@pytest.mark.parametrize("options", [{"standardize": "upper"}, {"split": "lines"}, {"output_mode": "words"}])
def test_choices_refused(options):
    (kind, _), (keras_kind, _) = both(lambda layers, tf: [layers.TextVectorization(**options)])
    assert kind is keras_kind


def test_what_is_out_of_the_vocabulary():
    for layer, value in ((ours.StringLookup, ["a", "q"]), (ours.IntegerLookup, [1, 2])):
        with pytest.raises(ValueError, match="found OOV values"):
            layer(vocabulary=value[:1], num_oov_indices=0)(value)


def test_what_is_not_there():
    with pytest.raises(ValueError, match=r"repeated terms are: \['a'\]"):
        ours.StringLookup(vocabulary=["a", "b", "a"])
    with pytest.raises(ValueError, match="num_oov_indices=1"):
        ours.StringLookup(num_oov_indices=2)
    with pytest.raises(ValueError, match="leave out `ragged=True`"):
        ours.TextVectorization(ragged=True)
    with pytest.raises(TypeError, match=r"`map` of the tf\.data\.Dataset"):
        ours.TextVectorization()(gradtape.keras.Input((1,)))


@pytest.mark.parametrize("options", [{}, {"ngrams": (1, 2), "max_tokens": 20, "output_sequence_length": 3}])
def test_configurations(options):
    configs = []
    for layers, _ in SIDES:
        layer = layers.TextVectorization(**options, name="words")
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
        configs.append({key: value for key, value in layer.get_config().items() if key not in ("dtype", "trainable")})
    assert configs[0] == configs[1]


def test_integers_in_models(tmp_path):
    """A model with a vocabulary trains compiled, and is restored from its file."""
    layer = ours.IntegerLookup(mask_token=0)
    layer.adapt(WHOLE)
    size = layer.vocabulary_size()
    model = gradtape.keras.Sequential(
        [gradtape.keras.Input((3,), dtype="int64"), layer, ours.Embedding(size, 4), ours.Flatten(), ours.Dense(1)]
    )
    model.compile("sgd", "mse")
    model.fit(WHOLE, np.ones((3, 1)), epochs=3, verbose=0)
    model.save(tmp_path / "model.keras")
    again = gradtape.keras.models.load_model(tmp_path / "model.keras")
    assert again.layers[0].get_vocabulary() == layer.get_vocabulary()
    np.testing.assert_array_equal(again(WHOLE + 1), model(WHOLE + 1))


@pytest.mark.parametrize("name", ["StringLookup", "TextVectorization"])
def test_a_layer_without_a_vocabulary_says_so(name):
    for tf in (tensorflow, gradtape):
        layer = getattr(tf.keras.layers, name)()
        with pytest.raises(tf.errors.FailedPreconditionError, match="Table not initialized"):
            layer(tf.constant(["a"]))
