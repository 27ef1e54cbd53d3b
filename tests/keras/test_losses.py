"""Losses: values, gradients, weights, masks, reductions, configurations and errors compared with Keras'."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from beside import OURS, same

import gradtape

# Deliberate differences from Keras; docs/compatibility.md lists them.
DELIBERATE = {
    "losses.CosineSimilarity": "has a gradient at vectors of length 0, and its configuration has the axis",
    "losses.Huber": "its configuration has delta",
    "losses.SparseCategoricalCrossentropy": "classes stay integers; Keras makes them float32 first",
}

R = np.random.default_rng(0)
TRUE, PRED = R.normal(size=(5, 4)), R.normal(size=(5, 4))
POSITIVE, RATES = R.uniform(0, 3, (5, 4)).round(), R.uniform(0.1, 3, (5, 4))
DISTRIBUTION = np.exp(PRED) / np.exp(PRED).sum(-1, keepdims=True)
ONE_HOT = np.eye(4)[[0, 3, 1, 1, 2]]
CLASSES = np.array([0, 3, 1, 1, 2])
BITS = R.integers(0, 2, (5, 4)).astype(float)
PROBABILITIES = R.uniform(0.05, 0.95, (5, 4))
UNIT = PRED / np.linalg.norm(PRED, axis=-1, keepdims=True)
# Zeros, ones, equal values and others at the bounds of logarithms' arguments.
HARD = np.array([[0, 1, 1, 0], [0.5, 0.5, 0, 1e-9], [1, 0, 0, 0], [0.2, 0.8, 1, 1e-3], [1, 1, 1, 1]])

CASES = {
    "MeanSquaredError": [({}, TRUE, PRED), ({}, HARD, HARD), ({}, TRUE[:, 0], PRED[:, :1])],
    "MeanAbsoluteError": [({}, TRUE, PRED), ({}, TRUE[:, 0], PRED[:, :1])],
    "MeanAbsolutePercentageError": [({}, TRUE, PRED), ({}, HARD, PRED)],
    "MeanSquaredLogarithmicError": [({}, POSITIVE, RATES), ({}, TRUE, PRED)],
    "CosineSimilarity": [({}, TRUE, PRED), ({"axis": 0}, TRUE, PRED)],
    "Huber": [({}, TRUE, PRED), ({"delta": 0.3}, TRUE, PRED)],
    "LogCosh": [({}, TRUE, PRED), ({}, TRUE * 30, PRED)],
    "Hinge": [({}, TRUE, PRED), ({}, BITS, PRED), ({}, 2 * BITS - 1, PRED)],
    "SquaredHinge": [({}, TRUE, PRED), ({}, BITS, PRED)],
    "CategoricalHinge": [({}, ONE_HOT, PRED)],
    "KLDivergence": [({}, DISTRIBUTION[::-1], DISTRIBUTION), ({}, HARD, DISTRIBUTION), ({}, ONE_HOT, HARD)],
    "Poisson": [({}, POSITIVE, RATES)],
    "BinaryCrossentropy": [
        ({}, BITS, PROBABILITIES),
        ({}, BITS, HARD),
        ({"from_logits": True}, BITS, 9 * PRED),
        ({"label_smoothing": 0.1}, BITS, PROBABILITIES),
        ({"from_logits": True, "label_smoothing": 0.1, "axis": 0}, BITS, PRED),
    ],
    "BinaryFocalCrossentropy": [
        ({}, BITS, PROBABILITIES),
        ({"from_logits": True, "gamma": 3.0}, BITS, PRED),
        ({"apply_class_balancing": True, "alpha": 0.6, "label_smoothing": 0.1}, BITS, PROBABILITIES),
    ],
    "CategoricalCrossentropy": [
        ({}, ONE_HOT, DISTRIBUTION),
        ({}, ONE_HOT, PROBABILITIES),
        ({}, ONE_HOT, HARD),
        ({"from_logits": True}, ONE_HOT, 9 * PRED),
        ({"label_smoothing": 0.2, "from_logits": True}, ONE_HOT, PRED),
        ({"axis": 0}, ONE_HOT, PROBABILITIES),
        ({"axis": 0, "from_logits": True}, ONE_HOT, PRED),
    ],
    "CategoricalFocalCrossentropy": [
        ({}, ONE_HOT, DISTRIBUTION),
        ({"alpha": [0.1, 0.2, 0.3, 0.4], "gamma": 1.5}, ONE_HOT, PROBABILITIES),
        ({"from_logits": True, "label_smoothing": 0.1}, ONE_HOT, PRED),
    ],
    "SparseCategoricalCrossentropy": [
        ({}, CLASSES, DISTRIBUTION),
        ({}, CLASSES, HARD),
        ({}, CLASSES[:, None], PROBABILITIES),
        ({"from_logits": True}, CLASSES, 9 * PRED),
        ({"from_logits": True, "ignore_class": 1}, CLASSES, PRED),
        ({"ignore_class": 1}, CLASSES, DISTRIBUTION),
        ({"ignore_class": -1, "from_logits": True}, np.array([0, -1, 2, -1, 3]), PRED),
    ],
    "CategoricalGeneralizedCrossEntropy": [({}, CLASSES, DISTRIBUTION), ({"q": 0.9}, CLASSES, DISTRIBUTION)],
    "Dice": [({}, BITS, PROBABILITIES), ({"axis": -1}, BITS, PROBABILITIES), ({"axis": (0, 1)}, BITS, PROBABILITIES)],
    "Tversky": [({}, BITS, PROBABILITIES), ({"alpha": 0.2, "beta": 0.7, "axis": -1}, BITS, PROBABILITIES)],
    "Circle": [({}, CLASSES % 2, UNIT), ({"gamma": 10.0, "margin": 0.1, "remove_diagonal": False}, CLASSES % 3, UNIT)],
    "CTC": [({}, np.array([[1, 2, 0], [3, 3, 1], [2, 0, 0]]), R.normal(size=(3, 7, 4)))],
}
ROWS = [(name, place) for name, rows in CASES.items() for place in range(len(rows))]
ALIASES = (
    *("mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "bce", "BCE", "kld", "KLD", "huber", "log_cosh"),
    *("hinge", "dice", "tversky", "ctc"),
)
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "none", None, "mean_with_sample_weight")
WEIGHTS = (None, 2.5, np.array([1.0, 0.0, 0.5, 2.0, 0.0]), np.array([[1.0], [0.0], [0.5], [2.0], [0.0]]), np.zeros(5))
CLOSE = {"float32": (2e-5, 2e-6), "float64": (1e-6, 1e-7)}  # constants pass through float32 in Keras


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name,place", ROWS)
def test_values_and_gradients(name, place, dtype):
    options, true, pred = CASES[name][place]

    def program(tf, keras):
        v = tf.Variable(pred, dtype=dtype)
        y_true = tf.constant(true) if true.dtype.kind == "i" else tf.constant(true, dtype)
        with tf.GradientTape() as tape:
            loss = getattr(keras.losses, name)(dtype=dtype, **options)(y_true, v * 1.0)
        return loss, tape.gradient(loss, v)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same(program, rtol=CLOSE[dtype][0], atol=CLOSE[dtype][1] if name != "CTC" else 1e-5)


@pytest.mark.parametrize("name", [name for name in CASES if name != "CTC"])
def test_reductions_and_weights(name):
    options, true, pred = CASES[name][0]

    def program(tf, keras):
        found = []
        for reduction in REDUCTIONS:
            loss = getattr(keras.losses, name)(reduction=reduction, **options)
            for weight in WEIGHTS if name not in ("Dice", "Tversky") else WEIGHTS[:2]:
                if name == "CosineSimilarity" or weight is None or np.ndim(weight) < 2:
                    found.append(loss(true, pred.astype("float32"), sample_weight=weight))
        return found

    same(program, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", [name for name in CASES if name != "CTC"])
def test_masks(name):
    options, true, pred = CASES[name][0]

    def program(tf, keras):
        found = []
        for mask in ([True, False, True, True, False], [False] * 5):
            for reduction in REDUCTIONS:
                for weight in (None, WEIGHTS[2]):
                    x = tf.constant(pred, "float32")
                    masked(tf, x, tf.constant(mask))
                    loss = getattr(keras.losses, name)(reduction=reduction, **options)
                    found.append(loss(true, x, sample_weight=weight))
        return found

    if name not in ("Dice", "Tversky"):
        same(program, rtol=2e-5, atol=2e-6)


def masked(tf, x, mask):
    """Attaches a mask as layers do."""
    if tf is gradtape:
        from gradtape._src.keras.inputs import set_mask

        set_mask(x, mask)
    else:
        x._keras_mask = mask


@pytest.mark.parametrize(
    "activation,loss,true",
    [
        ("softmax", "SparseCategoricalCrossentropy", CLASSES),
        ("softmax", "CategoricalCrossentropy", ONE_HOT),
        ("sigmoid", "BinaryCrossentropy", BITS),
    ],
)
def test_probabilities_of_activations_lose_nothing(activation, loss, true):
    """Where probabilities underflow, the loss and its gradient are those of the logits."""

    def program(tf, keras):
        v = tf.Variable(60 * PRED, dtype="float32")
        with tf.GradientTape() as tape:
            value = getattr(keras.losses, loss)()(true, getattr(keras.activations, activation)(v))
        return value, tape.gradient(value, v)

    same(program, rtol=1e-5, atol=1e-7)


def test_logits_that_are_none_warn():
    with pytest.warns(UserWarning, match="received `from_logits=True`"):
        probabilities = OURS.activations.softmax(gradtape.constant(PRED, "float32"))
        OURS.losses.CategoricalCrossentropy(from_logits=True)(ONE_HOT, probabilities)


FUNCTIONS = {
    **{"mean_squared_error": (TRUE, PRED), "mse": (TRUE, PRED), "mae": (TRUE, PRED), "mape": (TRUE, PRED)},
    **{"msle": (POSITIVE, RATES), "cosine_similarity": (TRUE, PRED), "huber": (TRUE, PRED), "log_cosh": (TRUE, PRED)},
    **{"hinge": (BITS, PRED), "squared_hinge": (BITS, PRED), "categorical_hinge": (ONE_HOT, PRED)},
    **{"kl_divergence": (DISTRIBUTION[::-1], DISTRIBUTION), "kld": (DISTRIBUTION, PROBABILITIES), "bce": (BITS, PRED)},
    **{"poisson": (POSITIVE, RATES), "binary_crossentropy": (BITS, PROBABILITIES), "dice": (BITS, PROBABILITIES)},
    **{"binary_focal_crossentropy": (BITS, PROBABILITIES), "categorical_crossentropy": (ONE_HOT, DISTRIBUTION)},
    **{"categorical_focal_crossentropy": (ONE_HOT, DISTRIBUTION), "tversky": (BITS, PROBABILITIES)},
    **{"sparse_categorical_crossentropy": (CLASSES, DISTRIBUTION), "circle": (CLASSES, UNIT)},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name, dtype):
    true, pred = FUNCTIONS[name]

    def program(tf, keras):
        y_true = true if true.dtype.kind == "i" else tf.constant(true, dtype)
        return keras.losses.get(name)(y_true, tf.constant(pred, dtype))

    same(program, rtol=CLOSE[dtype][0], atol=CLOSE[dtype][1])


@pytest.mark.parametrize("name", ["mse", "mae", "log_cosh", "poisson", "kl_divergence", "categorical_crossentropy"])
def test_functions_of_lists_and_integers(name):
    same(lambda tf, keras: keras.losses.get(name)([[0, 1], [1, 0]], [[0.25, 0.75], [0.5, 0.5]]), rtol=1e-5)


OTHER = {
    "configs": lambda k: {
        name: getattr(k.losses, name)(**CASES[name][-1][0]).get_config()
        for name in CASES
        if name not in ("Huber", "CosineSimilarity")
    },
    "names": lambda k: [k.losses.get(name).__name__ for name in ALIASES],
    "class names": lambda k: [type(k.losses.get(name)).__name__ for name in list(CASES)[:16]],
    "serialize": lambda k: k.losses.serialize(k.losses.BinaryCrossentropy(True, 0.1)),
    "round trip": lambda k: [
        k.losses.deserialize(k.losses.serialize(getattr(k.losses, name)(**CASES[name][-1][0]))).get_config()
        for name in CASES
        if name not in ("Huber", "CosineSimilarity", "CategoricalGeneralizedCrossEntropy")
    ],
    "attributes": lambda k: [k.losses.BinaryCrossentropy(True, 0.1).label_smoothing, k.losses.Tversky(0.3).alpha],
    "dtype": lambda k: [k.losses.MeanSquaredError().dtype, k.losses.MeanSquaredError(dtype="float64").dtype],
    "get None": lambda k: k.losses.get(None),
    "get unknown": lambda k: k.losses.get("unknown"),
    "get number": lambda k: k.losses.get(3),
    "q": lambda k: k.losses.CategoricalGeneralizedCrossEntropy(q=1.0),
    "axis that is a bool": lambda k: k.losses.categorical_crossentropy(ONE_HOT, DISTRIBUTION, axis=True),
    "sparse axis": lambda k: k.losses.SparseCategoricalCrossentropy(axis=0)(CLASSES, DISTRIBUTION),
    "ctc of vectors": lambda k: k.losses.CTC()(np.zeros(3), np.zeros((3, 4, 2))),
    "ctc of matrices": lambda k: k.losses.CTC()(np.zeros((3, 4)), np.zeros((3, 4))),
    "empty": lambda k: [k.losses.MeanSquaredError()(np.zeros((0, 3)), np.zeros((0, 3)))],
    "lists": lambda k: k.losses.MeanSquaredError()([[0.0, 1.0], [1, 2]], [[1, 1], [0, 1]]),
    "vectors": lambda k: k.losses.MeanSquaredError()([0.0, 1.0], [1.0, 1.0]),
    "integers": lambda k: k.losses.MeanAbsoluteError()(np.array([[0, 1]]), np.array([[2, 5]])),
    "numpy float64": lambda k: k.losses.MeanAbsoluteError()(TRUE, PRED),
}


@pytest.mark.parametrize("name", OTHER)
def test_names_configurations_and_errors(name):
    same(lambda tf, keras: OTHER[name](keras), rtol=1e-6)


@pytest.mark.parametrize(
    "program",
    [
        lambda k: k.losses.CategoricalCrossentropy()(ONE_HOT, DISTRIBUTION[:, :3]),
        lambda k: k.losses.BinaryCrossentropy()(BITS[:, :3], PROBABILITIES),
        lambda k: k.losses.SparseCategoricalCrossentropy()(CLASSES[:3], DISTRIBUTION),
        lambda k: k.losses.SparseCategoricalCrossentropy()(ONE_HOT, DISTRIBUTION),
        lambda k: k.losses.MeanSquaredError(reduction="unknown"),
    ],
)
def test_errors_by_type(program):
    same(lambda tf, keras: program(keras), message=False)


def test_what_configurations_of_keras_forget():
    """delta and axis are arguments like others."""
    assert OURS.losses.Huber.from_config(OURS.losses.Huber(3.0).get_config()).delta == 3.0
    assert OURS.losses.CosineSimilarity.from_config(OURS.losses.CosineSimilarity(axis=0).get_config()).axis == 0


def test_names_of_reductions():
    import tensorflow

    ours, theirs = OURS.losses.Reduction, tensorflow.keras.losses.Reduction
    assert ours.all() == theirs.all()
    assert [getattr(ours, name) for name in ("AUTO", "NONE", "SUM", "SUM_OVER_BATCH_SIZE")] == list(theirs.all())
    for reductions in (ours, theirs):
        with pytest.raises(ValueError, match="Invalid Reduction Key: mode"):
            reductions.validate("mode")
    assert OURS.losses.MeanSquaredError(reduction=ours.NONE)(TRUE, PRED).shape == (5,)


def test_own_losses():
    def program(tf, keras):
        class Weighted(keras.losses.Loss):
            def __init__(self, factor, **keywords):
                super().__init__(**keywords)
                self.factor = factor

            def call(self, y_true, y_pred):
                return self.factor * tf.reduce_mean(tf.abs(y_true["a"] - y_pred["a"]), -1)

        loss = Weighted(3.0)
        true, pred = {"a": np.float32(TRUE)}, {"a": np.float32(PRED)}
        return loss(true, pred), loss(true, pred, sample_weight=WEIGHTS[2]), loss.name, Weighted(1.0, name="mine").name

    same(program, rtol=1e-6)


def test_zero_vectors_have_finite_cosine_gradients():
    v = gradtape.Variable(np.zeros((2, 3)))
    with gradtape.GradientTape() as tape:
        loss = OURS.losses.CosineSimilarity(dtype="float64")(np.ones((2, 3)), v)
    assert loss.numpy() == 0.0
    assert np.isfinite(tape.gradient(loss, v).numpy()).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ctc_against_every_path(dtype):
    """The probability of labels is the sum over all paths that produce them."""
    import itertools

    frames, classes = 4, 3
    logits = R.normal(size=(1, frames, classes))
    logp = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    for labels in ([1], [1, 2], [2, 2], [1, 2, 1], []):
        likelihood = 0.0
        for path in itertools.product(range(classes), repeat=frames):
            uttered = [c for c, _ in itertools.groupby(path) if c]
            if uttered == labels:
                likelihood += np.exp(sum(logp[0, frame, c] for frame, c in enumerate(path)))
        true = np.array([labels + [0] * (4 - len(labels))])
        found = OURS.losses.ctc(true, gradtape.constant(logits, dtype)).numpy()[0]
        np.testing.assert_allclose(found, -np.log(likelihood), rtol=1e-5 if dtype == "float32" else 1e-12)
    assert OURS.losses.ctc(np.array([[1, 1, 1, 0]]), gradtape.constant(logits, dtype)).numpy()[0] == np.inf
