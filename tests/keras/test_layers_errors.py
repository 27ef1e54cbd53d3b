"""Errors of layers and their messages, compared with Keras'."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow

import gradtape
import gradtape.keras.layers as ours
import gradtape.keras.utils as our_utils
import keras

ARGUMENTS = {
    "Dense units": lambda layers: layers.Dense(0),
    "Dense units of another type": lambda layers: layers.Dense("3"),
    "unknown argument": lambda layers: layers.Dense(3, colour="red"),
    "unknown activation": lambda layers: layers.Dense(3, activation="nothing"),
    "unknown initializer": lambda layers: layers.Dense(3, kernel_initializer="nothing"),
    "Embedding input_dim": lambda layers: layers.Embedding(0, 3),
    "Embedding output_dim": lambda layers: layers.Embedding(3, True),
    "Conv filters": lambda layers: layers.Conv2D(0, 3),
    "Conv kernel of another rank": lambda layers: layers.Conv2D(2, (3, 3, 3)),
    "Conv kernel of text": lambda layers: layers.Conv2D(2, ("a", "b")),
    "Conv kernel of 0": lambda layers: layers.Conv2D(2, 0),
    "Conv kernel of nothing": lambda layers: layers.Conv1D(2, None),
    "Conv groups": lambda layers: layers.Conv2D(3, 3, groups=2),
    "Conv groups of 0": lambda layers: layers.Conv2D(3, 3, groups=0),
    "Conv strides and dilations": lambda layers: layers.Conv2D(3, 3, strides=2, dilation_rate=2),
    "ConvTranspose output_padding": lambda layers: layers.Conv1DTranspose(3, 3, output_padding=1),
    "ConvTranspose strides and dilations": lambda layers: layers.Conv1DTranspose(3, 3, strides=2, dilation_rate=2),
    "DepthwiseConv multiplier": lambda layers: layers.DepthwiseConv2D(3, depth_multiplier=0),
    "SeparableConv filters": lambda layers: layers.SeparableConv1D(-1, 3),
    "pool_size": lambda layers: layers.MaxPooling2D((2, 2, 2)),
    "pool_size of 0": lambda layers: layers.AveragePooling1D(0),
    "ReLU max_value": lambda layers: layers.ReLU(max_value=-1),
    "ReLU negative_slope": lambda layers: layers.ReLU(negative_slope=None),
    "ReLU threshold": lambda layers: layers.ReLU(threshold=-1.0),
    "LeakyReLU": lambda layers: layers.LeakyReLU(-0.1),
    "Dropout rate": lambda layers: layers.Dropout(1.5),
    "Dropout noise_shape of text": lambda layers: layers.Dropout(0.5, noise_shape="ab"),
    "Dropout noise_shape of a number": lambda layers: layers.Dropout(0.5, noise_shape=3),
    "Dropout noise_shape of floats": lambda layers: layers.Dropout(0.5, noise_shape=(1.5,)),
    "Dropout noise_shape of 0": lambda layers: layers.Dropout(0.5, noise_shape=(0, 1)),
    "AlphaDropout rate": lambda layers: layers.AlphaDropout(-0.5),
    "GaussianNoise stddev": lambda layers: layers.GaussianNoise(-0.5),
    "GaussianDropout rate": lambda layers: layers.GaussianDropout(-0.5),
    "Permute dims": lambda layers: layers.Permute((0, 1)),
    "RepeatVector n": lambda layers: layers.RepeatVector(0),
    "RepeatVector n of another type": lambda layers: layers.RepeatVector(1.5),
    "UpSampling1D size": lambda layers: layers.UpSampling1D(0),
    "UpSampling1D size of another type": lambda layers: layers.UpSampling1D((2,)),
    "UpSampling2D size": lambda layers: layers.UpSampling2D((2, 2, 2)),
    "Cropping1D": lambda layers: layers.Cropping1D((1, 2, 3)),
    "Cropping2D negative": lambda layers: layers.Cropping2D(-1),
    "Cropping2D of three": lambda layers: layers.Cropping2D((1, 2, 3)),
    "Cropping2D of a pair of three": lambda layers: layers.Cropping2D(((1, 2, 3), (1, 2))),
    "ZeroPadding1D": lambda layers: layers.ZeroPadding1D((1, -2)),
    "ZeroPadding2D of three": lambda layers: layers.ZeroPadding2D((1, 2, 3)),
    "BatchNormalization keys": lambda layers: layers.BatchNormalization(renorm=True, renorm_clipping={"a": 1}),
    "LayerNormalization axis": lambda layers: layers.LayerNormalization(axis="last"),
    "UnitNormalization axis": lambda layers: layers.UnitNormalization(axis="last"),
    "GroupNormalization groups": lambda layers: layers.GroupNormalization(groups=0),
    "GroupNormalization too many": lambda layers: layers.GroupNormalization(groups=8).build((2, 4)),
    "GroupNormalization no divisor": lambda layers: layers.GroupNormalization(groups=3).build((2, 4)),
    "SpectralNormalization": lambda layers: layers.SpectralNormalization(layers.Dense(3), power_iterations=0),
    "SpectralNormalization of nothing": lambda layers: layers.SpectralNormalization(layers.ReLU()).build((2, 3)),
    "Dot axes": lambda layers: layers.Dot("a"),
    "Dot three axes": lambda layers: layers.Dot((1, 2, 3)),
    "Dot axes of floats": lambda layers: layers.Dot((1, 2.0)),
    "Attention score_mode": lambda layers: layers.Attention(score_mode="sum"),
    "heads": lambda layers: layers.MultiHeadAttention(0, 3),
    "key_dim": lambda layers: layers.MultiHeadAttention(2, 0),
    "value_dim": lambda layers: layers.MultiHeadAttention(2, 3, value_dim=0),
    "attention_axes": lambda layers: layers.MultiHeadAttention(2, 3, attention_axes=2.0),
    "sliding_window": lambda layers: layers.MultiHeadAttention(2, 3, sliding_window=0),
    "groups of heads": lambda layers: layers.GroupQueryAttention(2, 3, 2),
    "units of cells": lambda layers: layers.LSTMCell(0),
    "no cell": lambda layers: layers.RNN(3),
    "use_cudnn": lambda layers: layers.LSTM(3, use_cudnn="never"),
    "merge_mode": lambda layers: layers.Bidirectional(layers.LSTM(3), merge_mode="most"),
    "the same direction twice": lambda layers: layers.Bidirectional(layers.LSTM(3), backward_layer=layers.LSTM(3)),
    "other sequences backwards": lambda layers: layers.Bidirectional(
        layers.LSTM(3), backward_layer=layers.LSTM(3, go_backwards=True, return_sequences=True)
    ),
    "no step": lambda layers: layers.TimeDistributed(layers.Dense(3)).build((2, 3)),
    "no layer over time": lambda layers: layers.TimeDistributed(3),
    "no layer both ways": lambda layers: layers.Bidirectional(3),
    "no layer inside": lambda layers: layers.Wrapper(3),
    "kernel before it is built": lambda layers: layers.Dense(3).kernel,
    "embeddings before they are built": lambda layers: layers.Embedding(3, 2).embeddings,
    "no equation": lambda layers: layers.EinsumDense("ab", 3).build((2, 3)),
    "letter of nothing": lambda layers: layers.EinsumDense("ab,bc->ad", 3).build((2, 3)),
    "weight of nothing": lambda layers: layers.EinsumDense("ab,bd->ac", 3).build((2, 3)),
    "bias of nothing": lambda layers: layers.EinsumDense("ab,bc->ac", 3, bias_axes="d").build((2, 3)),
    "sizes that differ": lambda layers: layers.EinsumDense("abc,cd->abd", (5, 3)).build((2, 4, 3)),
    "window too large": lambda layers: layers.Conv1D(2, 3).build((None, 2, 1)),
    "image too small": lambda layers: layers.Conv2D(2, 3, dilation_rate=2).build((None, 4, 5, 1)),
    "interpolation of UpSampling": lambda layers: layers.UpSampling2D(interpolation="some")(np.ones((1, 2, 2, 1))),
    "rank of Conv": lambda layers: layers.Conv2D(2, 3).build((None, 2, 1)),
    "channels of groups": lambda layers: layers.Conv1D(2, 1, groups=2).build((None, 2, 3)),
    "batches that differ": lambda layers: layers.Add().build([(2, 3), (4, 3)]),
    "shapes that differ": lambda layers: layers.Add().build([(2, 3), (2, 4)]),
    "no shapes": lambda layers: layers.Add().build((2, 3)),
    "three to subtract": lambda layers: layers.Subtract().build([(2, 3)] * 3),
    "shapes to join": lambda layers: layers.Concatenate().build([(2, 3), (3, 3)]),
    "ranks to join": lambda layers: layers.Concatenate().build([(2, 3), (2, 3, 1)]),
    "lengths of vectors": lambda layers: layers.Dot(1).build([(2, 3), (2, 4)]),
    "nothing left of a sequence": lambda layers: layers.Cropping1D((1, 2)).compute_output_shape((2, 3, 1)),
    "nothing left of an image": lambda layers: layers.Cropping2D(2).compute_output_shape((2, 4, 5, 1)),
    "elements of a shape": lambda layers: layers.Reshape((2, 3)).compute_output_shape((4, 5)),
    "elements of an open shape": lambda layers: layers.Reshape((2, -1)).compute_output_shape((4, 5)),
    "sizes of a shape": lambda layers: layers.Reshape((-2, 3)),
    "two open sizes": lambda layers: layers.Reshape((-1, -1)),
    "axis of a shape": lambda layers: layers.BatchNormalization(axis=3).compute_output_shape((2, 3)),
    "places of keys": lambda layers: layers.MultiHeadAttention(2, 3).compute_output_shape(
        (2, 3, 4), (2, 5, 4), (2, 6, 4)
    ),
}
# Keras' message contains a set, whose order differs between runs, arrays, or a longer explanation.
LOOSELY = {
    "Conv padding": lambda layers: layers.Conv2D(2, 3, padding="some"),
    "data_format": lambda layers: layers.Conv2D(2, 3, data_format="none"),
    "Cropping2D of text": lambda layers: layers.Cropping2D(1.5),
    "pool too large": lambda layers: layers.MaxPooling1D(3).compute_output_shape((None, 2, 1)),
    "stateful without a batch": lambda layers: layers.LSTM(2, stateful=True).build((None, 3, 2)),
}
INPUTS = {
    "rank of Dense": lambda layers, tf: layers.Dense(3)(tf.ones([2])),
    "size of Dense": lambda layers, tf: [(layer := layers.Dense(3))(tf.ones([2, 3])), layer(tf.ones([2, 4]))],
    "rank of Flatten": lambda layers, tf: layers.Flatten()(tf.ones([])),
    "rank of LSTM": lambda layers, tf: layers.LSTM(3)(tf.ones([2, 3])),
    "rank of MaxPooling2D": lambda layers, tf: layers.MaxPooling2D()(tf.ones([2, 3, 4])),
    "rank of GlobalAveragePooling1D": lambda layers, tf: layers.GlobalAveragePooling1D()(tf.ones([2, 3])),
    "rank of RepeatVector": lambda layers, tf: layers.RepeatVector(2)(tf.ones([2, 3, 4])),
    "rank of Permute": lambda layers, tf: layers.Permute((2, 1))(tf.ones([2, 3])),
    "rank of UpSampling2D": lambda layers, tf: layers.UpSampling2D()(tf.ones([2, 3])),
    "channels of Conv2D": lambda layers, tf: [
        (layer := layers.Conv2D(3, 2))(tf.ones([2, 4, 4, 3])),
        layer(tf.ones([2, 4, 4, 1])),
    ],
    "channels of BatchNormalization": lambda layers, tf: [
        (layer := layers.BatchNormalization())(tf.ones([2, 3])),
        layer(tf.ones([2, 4])),
    ],
    "one input to add": lambda layers, tf: layers.Add()(tf.ones([2, 3])),
    "no list to attend": lambda layers, tf: layers.Attention()(tf.ones([2, 3, 4])),
    "one to attend": lambda layers, tf: layers.Attention()([tf.ones([2, 3, 4])]),
    "no data": lambda layers, tf: layers.Discretization(num_bins=3)(tf.ones([2, 3])),
}


def said(call, *spaces):
    """The type and the text of an error, without addresses and numbers of names."""
    with pytest.raises(Exception) as raised:
        call(*spaces)
    text = re.sub(r"(_\d+\b)|( at 0x\w+)|(built=\w+)|\x1b\[\dm", "", str(raised.value))
    # The shape of a TensorFlow tensor and its module are written in TensorFlow's way.
    return type(raised.value).__name__, text.replace("keras.src.", "").replace("gradtape._src.keras.", "")


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments(name):
    assert said(ARGUMENTS[name], ours) == said(ARGUMENTS[name], keras.layers)


@pytest.mark.parametrize("name", LOOSELY)
def test_arguments_loosely(name):
    mine, theirs = said(LOOSELY[name], ours), said(LOOSELY[name], keras.layers)
    assert mine[0] == theirs[0]
    assert mine[1].split(".")[0][:25] == theirs[1].split(".")[0][:25]


def test_text():
    def call(layers, tf):
        return layers.ELU()(tf.constant([["a"]]))

    assert said(call, ours, gradtape)[0] == said(call, keras.layers, tensorflow)[0] == "InvalidArgumentError"


@pytest.mark.parametrize("name", INPUTS)
def test_inputs(name):
    our_utils.clear_session()
    keras.utils.clear_session()
    assert said(INPUTS[name], ours, gradtape) == said(INPUTS[name], keras.layers, tensorflow)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ours.Dense(3, quantization_config={"a": 1}), "not quantized here"),
        (lambda: ours.LSTM(3, use_cudnn=True), "cuDNN is not supported"),
        (lambda: ours.MultiHeadAttention(2, 3, flash_attention=True), "Flash attention is not supported"),
        (lambda: ours.CategoryEncoding(3, sparse=True), "returns dense tensors"),
        (lambda: ours.deserialize(ours.Dense(1).get_config()), "not a `keras.layers.Layer`"),
    ],
)
def test_what_is_not_there_says_so(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# Keras' constructors have other names here: bases of merging layers and of optimizers.
OTHERWISE = {"Merge", "BaseOptimizer"}


@pytest.mark.parametrize("space", ["layers", "metrics", "losses", "initializers", "optimizers", "callbacks"])
def test_errors_of_arguments_name_what_was_called(space):
    def named(thing, arguments, keywords):
        try:
            thing(*arguments, **keywords)
        except TypeError as error:
            found = re.match(r"([\w.]+)\(\)", str(error))
            return found and found[1]
        except Exception:
            return None

    compared = 0
    theirs, ours = getattr(keras, space), getattr(gradtape.keras, space)
    for name in sorted({*dir(theirs)} & {*dir(ours)}):
        one, other = getattr(theirs, name), getattr(ours, name)
        if name.startswith("_") or not callable(one):
            continue
        for arguments, keywords in (((), {}), ((), {"colour": "red"}), (range(40), {})):
            expected = named(one, arguments, keywords)
            if expected and expected.partition(".")[0] not in OTHERWISE:
                compared += 1
                assert named(other, arguments, keywords) == expected, (name, arguments, keywords)
    assert compared > 10


STATES = {
    f"{kind} of {count}": (kind, count)
    for kind, own in {"LSTM": 2, "GRU": 1, "SimpleRNN": 1}.items()
    for count in (own - 1, own + 1)
}


def outcome(layers, tf, program):
    """The type and text of a program's exception, or what it returns."""
    try:
        return np.asarray(program(layers, tf)).tolist()
    except Exception as error:
        return type(error).__name__, str(error)


@pytest.mark.parametrize("name", STATES)
def test_initial_states_of_another_number(name):
    kind, count = STATES[name]

    def program(layers, tf):
        layer = getattr(layers, kind)(3, kernel_initializer="ones", recurrent_initializer="ones")
        return layer(tf.ones([2, 4, 3]), initial_state=[tf.ones([2, 3])] * count).shape

    def in_rnn(layers, tf):
        cell = getattr(layers, f"{kind}Cell")(3)
        return layers.RNN(cell)(tf.ones([2, 4, 3]), initial_state=[tf.ones([2, 3])] * count).shape

    # Keras' message of too few states for a cell in RNN is the cell's own.
    for each in (program, in_rnn) if count > len(getattr(ours, f"{kind}Cell")(3).get_initial_state(1)) else (program,):
        assert outcome(ours, gradtape, each) == outcome(keras.layers, tensorflow, each)


@pytest.mark.parametrize("index", [5, -4])
def test_indices_that_embeddings_do_not_have(index):
    def program(layers, tf):
        return layers.Embedding(3, 2)(tf.constant([[1, index]]))

    (mine, text), (theirs, expected) = outcome(ours, gradtape, program), outcome(keras.layers, tensorflow, program)
    assert mine == theirs and text.replace(" name: ", "") == expected


INTEGRAL = {
    "Dense": lambda layers, tf: layers.Dense(2, dtype="int32")(tf.constant([[0.9, -0.9, 0.0]])),
    "Dense of int": lambda layers, tf: layers.Dense(2, dtype="int32")(tf.constant([[0, 0, 0]])),
    "Dense of ones": lambda layers, tf: layers.Dense(2, dtype="int32", kernel_initializer="ones")(tf.constant([[1.9]])),
    "Conv1D": lambda layers, tf: layers.Conv1D(2, 2, dtype="int32", kernel_initializer="ones")(tf.ones([1, 3, 2])),
    "Embedding": lambda layers, tf: layers.Embedding(3, 2, dtype="int32", embeddings_initializer="ones")(
        tf.constant([1, 2])
    ),
}


@pytest.mark.parametrize("name", INTEGRAL)
def test_layers_of_integers(name):
    our_utils.set_random_seed(3)
    keras.utils.set_random_seed(3)
    mine, theirs = INTEGRAL[name](ours, gradtape), INTEGRAL[name](keras.layers, tensorflow)
    assert mine.dtype.name == theirs.dtype.name
    np.testing.assert_array_equal(mine, theirs)
