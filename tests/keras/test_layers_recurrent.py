"""Recurrent layers and their cells, compared with Keras in everything that both return."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow

import gradtape
import gradtape.keras.layers as ours
import gradtape.keras.utils as our_utils
import keras

pytest.register_assert_rewrite("layer_parity")

from layer_parity import PRECISION, case, close, compare, each, made, weights_for  # noqa: E402

pytestmark = pytest.mark.usefixtures("kept_kernels")


def cell(kind, units, **more):
    """A cell of either library."""
    return lambda layers, dtype: getattr(layers, kind)(units, dtype=dtype, **more)


def stacked(layers, dtype):
    """Stacked cells."""
    return layers.StackedRNNCells([layers.LSTMCell(4, dtype=dtype), layers.GRUCell(3, dtype=dtype)], dtype=dtype)


def listed(layers, dtype):
    """A list of cells."""
    return [layers.SimpleRNNCell(4, dtype=dtype), layers.LSTMCell(2, dtype=dtype)]


SHAPE = (3, 3, 2)
KINDS = ("SimpleRNN", "GRU", "LSTM")
CASES = [
    *(case(kind, SHAPE, units=4) for kind in KINDS),
    *(case(kind, SHAPE, units=4, return_sequences=True, return_state=True) for kind in KINDS),
    *(case(kind, SHAPE, units=4, go_backwards=True, return_sequences=True, use_bias=False) for kind in KINDS),
    *(case(kind, SHAPE, units=4, activation="relu", recurrent_initializer="glorot_normal") for kind in KINDS),
    *(case(kind, SHAPE, units=4, stateful=True, kernel_regularizer="l2") for kind in KINDS),
    *(case(kind, SHAPE, units=4, unroll=True, bias_constraint="non_neg") for kind in KINDS),
    case("GRU", SHAPE, units=4, reset_after=False),
    case("GRU", SHAPE, units=4, reset_after=False, use_bias=False, recurrent_activation="hard_sigmoid"),
    case("LSTM", SHAPE, units=4, unit_forget_bias=False, recurrent_activation="hard_sigmoid"),
    case("RNN", SHAPE, cell=cell("LSTMCell", 4)),
    case("RNN", SHAPE, cell=cell("GRUCell", 4), return_sequences=True, return_state=True),
    case("RNN", SHAPE, cell=cell("SimpleRNNCell", 4), go_backwards=True),
    case("RNN", SHAPE, cell=stacked),
    case("RNN", SHAPE, cell=stacked, return_sequences=True),
    case("RNN", SHAPE, cell=listed),
    *(
        case("Bidirectional", SHAPE, layer=cell(kind, 4, return_sequences=True), merge_mode=mode)
        for kind, mode in (("LSTM", "concat"), ("GRU", "sum"), ("SimpleRNN", "mul"), ("LSTM", "ave"), ("GRU", None))
    ),
    case("Bidirectional", SHAPE, layer=cell("LSTM", 4)),
    case("Bidirectional", SHAPE, layer=cell("LSTM", 4, return_sequences=True, return_state=True)),
    case("Bidirectional", SHAPE, layer=cell("GRU", 4), backward_layer=cell("GRU", 3, go_backwards=True)),
    case("TimeDistributed", SHAPE, layer=cell("Dense", 4, activation="relu")),
    case("TimeDistributed", (2, 3, 5, 5, 2), layer=cell("Conv2D", 4, kernel_size=2)),
    case("TimeDistributed", (2, 3, 4, 2), layer=lambda layers, dtype: layers.Flatten(dtype=dtype)),
]


@pytest.mark.parametrize(("case", "dtype"), each(CASES))
def test_layer(case, dtype):
    compare(case, dtype)


def both(build, dtype="float64"):
    """A layer of each library with the same weights, built for sequences."""
    mine, theirs = build(ours), build(keras.layers)
    for layer, tf in ((mine, gradtape), (theirs, tensorflow)):
        layer(tf.zeros(SHAPE, dtype))
    start = weights_for(theirs)
    mine.set_weights(start)
    theirs.set_weights(start)
    return ((mine, gradtape), (theirs, tensorflow))


SEQUENCES = np.random.default_rng(0).normal(size=(3, 4, 2))
MASK = np.array([[1, 0, 1, 0], [1, 1, 1, 1], [0, 1, 0, 0]], bool)


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"zero_output_for_mask": True}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_masked_steps_keep_states(kind, options, sequences):
    results = []
    for layer, tf in both(
        lambda layers: getattr(layers, kind)(
            4, dtype="float64", return_sequences=sequences, return_state=True, **options
        )
    ):
        x = tf.constant(SEQUENCES)
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, mask=tf.constant(MASK))
            loss = sum(tf.reduce_sum(part**2) for part in outputs)
        results.append([*outputs, tape.gradient(loss, x)])
    close(*results, "float64", "masked")


@pytest.mark.parametrize("kind", KINDS)
def test_bidirectional_with_masks(kind):
    results = []
    for layer, tf in both(
        lambda layers: layers.Bidirectional(
            getattr(layers, kind)(3, dtype="float64", return_sequences=True), dtype="float64"
        )
    ):
        results.append(layer(tf.constant(SEQUENCES), mask=tf.constant(MASK)))
    close(*results, "float64", "masked")


@pytest.mark.parametrize(("kind", "count"), [("SimpleRNN", 1), ("GRU", 1), ("LSTM", 2)])
def test_initial_states(kind, count):
    states = np.random.default_rng(1).normal(size=(count, 3, 4))
    results = []
    for layer, tf in both(lambda layers: getattr(layers, kind)(4, dtype="float64", return_state=True)):
        results.append(layer(tf.constant(SEQUENCES), initial_state=[tf.constant(state) for state in states]))
    close(*results, "float64", "initial states")


@pytest.mark.parametrize("kind", KINDS)
def test_states_are_kept_until_they_are_reset(kind):
    results = []
    for layer, tf in both(lambda layers: getattr(layers, kind)(4, dtype="float64", stateful=True)):
        x = tf.constant(SEQUENCES)
        layer.reset_state()
        found = [layer(x), layer(x)]
        layer.reset_state()
        results.append([*found, layer(x)])
        assert len(layer.weights) == 3
    close(*results, "float64", "kept states")


@pytest.mark.parametrize(
    "options", [{"dropout": 0.4}, {"recurrent_dropout": 0.4}, {"dropout": 0.3, "recurrent_dropout": 0.4}]
)
@pytest.mark.parametrize("kind", KINDS)
def test_dropout_draws_as_keras_does(kind, options):
    results = []
    for layers, tf, utils in ((ours, gradtape, our_utils), (keras.layers, tensorflow, keras.utils)):
        utils.set_random_seed(4)
        layer = getattr(layers, kind)(4, dtype="float64", return_sequences=True, **options)
        x = tf.constant(SEQUENCES)
        results.append([layer(x), layer(x, training=True), layer(x, training=True), layer(x)])
    close(*results, "float64", "dropout")


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("SimpleRNNCell", {}),
        ("GRUCell", {"reset_after": False}),
        ("GRUCell", {"use_bias": False}),
        ("LSTMCell", {"unit_forget_bias": False}),
        ("LSTMCell", {"recurrent_dropout": 0.2}),
    ],
)
def test_cells(kind, options, dtype):
    x = np.random.default_rng(2).normal(size=(3, 2)).astype(dtype)
    results = []
    for layers, tf in ((ours, gradtape), (keras.layers, tensorflow)):
        layer = made(layers, case(kind, units=4, seed=1, **options), dtype)
        states = layer.get_initial_state(batch_size=3)
        layer(tf.constant(x), states)
        layer.set_weights(weights_for(layer))
        output, states = layer(tf.constant(x), states, training=True)
        results.append([output, *states, *layer(tf.constant(x), states)[1]])
        assert layer.get_config()["units"] == 4
    close(*results, dtype, "cell")


def test_cells_of_programs_need_no_base_class():
    class Sum:
        state_size = 2

        def call(self, inputs, states):
            total = states[0] + inputs
            return total, [total]

    layer = ours.RNN(Sum(), return_sequences=True, return_state=True)
    outputs, state = layer(gradtape.constant(SEQUENCES, gradtape.float32))
    np.testing.assert_allclose(outputs, SEQUENCES.cumsum(1), rtol=1e-5)
    np.testing.assert_array_equal(state, outputs[:, -1])


@pytest.mark.parametrize(
    "call",
    [
        lambda layers, tf: layers.RNN(3),
        lambda layers, tf: layers.LSTM(0),
        lambda layers, tf: layers.GRU(-1),
        lambda layers, tf: layers.SimpleRNN(0),
        lambda layers, tf: layers.LSTM(3, use_cudnn="never"),
        lambda layers, tf: layers.LSTM(3)(tf.ones([2, 3])),
        lambda layers, tf: layers.Bidirectional(layers.LSTM(3), merge_mode="most"),
        lambda layers, tf: layers.Bidirectional(layers.LSTM(3), backward_layer=layers.LSTM(3)),
        lambda layers, tf: layers.Bidirectional(
            layers.LSTM(3), backward_layer=layers.LSTM(3, go_backwards=True, return_sequences=True)
        ),
        lambda layers, tf: layers.TimeDistributed(layers.Dense(3)).build((2, 3)),
    ],
)
def test_errors(call):
    said = []
    for layers, tf in ((ours, gradtape), (keras.layers, tensorflow)):
        for at in (layers.LSTM, layers.GRU):
            assert at
        if layers is ours:
            our_utils.clear_session() if hasattr(our_utils, "clear_session") else None
        with pytest.raises(Exception) as raised:
            call(layers, tf)
        said.append((type(raised.value).__name__, str(raised.value)))
    assert said[0][0] == said[1][0]
