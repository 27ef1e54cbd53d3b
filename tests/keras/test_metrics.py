"""Metrics: results over batches, weights, masks, variables, configurations and errors compared with Keras'."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from beside import OURS, same
from test_losses import masked

import gradtape

# Deliberate differences from Keras; docs/compatibility.md lists them.
DELIBERATE = {
    "metrics.Metric.result": "is a value; of some metrics Keras hands out what later updates change",
    "metrics.CosineSimilarity": "its configuration has the axis",
    "metrics.Metric.merge_state": "is there, as it was in Keras 2",
}

R = np.random.default_rng(0)
TRUE, PRED = R.normal(size=(3, 6, 4)), R.normal(size=(3, 6, 4))
POSITIVE, RATES = R.uniform(0, 3, (3, 6, 4)).round(), R.uniform(0.1, 3, (3, 6, 4))
DISTRIBUTION = np.exp(PRED) / np.exp(PRED).sum(-1, keepdims=True)
CLASSES = R.integers(0, 4, (3, 6))
ONE_HOT = np.eye(4)[CLASSES]
BITS = R.integers(0, 2, (3, 6, 4)).astype(float)
# Probabilities including 0, 1 and the thresholds themselves.
PROBABILITIES = R.choice([0.0, 0.1, 0.25, 0.5, 0.5, 0.75, 0.9, 1.0], (3, 6, 4)) + R.choice([0, 1e-3], (3, 6, 4)) * 0.5
PROBABILITIES = PROBABILITIES.clip(0, 1)
RANKED = np.argsort(-PRED, -1)
WEIGHTS = R.uniform(0, 2, (3, 6))
WEIGHTS[1] = 0.0

# Arguments, then batches of true and predicted values.
CASES = {
    "Accuracy": [({}, CLASSES, R.integers(0, 4, (3, 6))), ({}, BITS, BITS[::-1])],
    "BinaryAccuracy": [({}, BITS, PROBABILITIES), ({"threshold": 0.25}, BITS[..., :1], PROBABILITIES[..., :1])],
    "CategoricalAccuracy": [({}, ONE_HOT, PRED)],
    "SparseCategoricalAccuracy": [({}, CLASSES, PRED), ({}, CLASSES[..., None], PRED)],
    "TopKCategoricalAccuracy": [({"k": 2}, ONE_HOT, PRED)],
    "SparseTopKCategoricalAccuracy": [({"k": 2}, CLASSES, PRED), ({"k": 2, "from_sorted_ids": True}, CLASSES, RANKED)],
    "MeanSquaredError": [({}, TRUE, PRED)],
    "MeanAbsoluteError": [({}, TRUE, PRED)],
    "MeanAbsolutePercentageError": [({}, TRUE, PRED)],
    "MeanSquaredLogarithmicError": [({}, POSITIVE, RATES)],
    "RootMeanSquaredError": [({}, TRUE, PRED), ({}, TRUE[..., 0], PRED[..., :1])],
    "CosineSimilarity": [({}, TRUE, PRED)],
    "LogCoshError": [({}, TRUE, PRED)],
    "Hinge": [({}, BITS, PRED)],
    "SquaredHinge": [({}, BITS, PRED)],
    "CategoricalHinge": [({}, ONE_HOT, PRED)],
    "KLDivergence": [({}, DISTRIBUTION[::-1], DISTRIBUTION)],
    "Poisson": [({}, POSITIVE, RATES)],
    "BinaryCrossentropy": [({}, BITS, PROBABILITIES), ({"from_logits": True, "label_smoothing": 0.1}, BITS, PRED)],
    "CategoricalCrossentropy": [({}, ONE_HOT, DISTRIBUTION), ({"from_logits": True}, ONE_HOT, PRED)],
    "SparseCategoricalCrossentropy": [({}, CLASSES, DISTRIBUTION), ({"from_logits": True}, CLASSES, PRED)],
    "PearsonCorrelation": [({}, TRUE, PRED), ({"axis": 0}, TRUE, PRED)],
    "ConcordanceCorrelation": [({}, TRUE, PRED)],
    "R2Score": [
        ({}, TRUE, PRED),
        ({"class_aggregation": None}, TRUE, PRED),
        ({"class_aggregation": "variance_weighted_average", "num_regressors": 2}, TRUE, PRED),
    ],
    "F1Score": [({}, ONE_HOT, PRED), ({"average": "macro", "threshold": 0.5}, BITS, PROBABILITIES)],
    "FBetaScore": [
        ({"beta": 2.0, "average": "micro"}, ONE_HOT, PRED),
        ({"beta": 0.5, "average": "weighted", "threshold": 0.25}, BITS, PROBABILITIES),
    ],
    "TruePositives": [({}, BITS, PROBABILITIES), ({"thresholds": [0.2, 0.5, 0.8]}, BITS, PROBABILITIES)],
    "TrueNegatives": [({}, BITS, PROBABILITIES), ({"thresholds": [0.0, 0.5, 1.0]}, BITS, PROBABILITIES)],
    "FalsePositives": [({}, BITS, PROBABILITIES), ({"thresholds": [0.2, 0.5, 0.8]}, BITS, PROBABILITIES)],
    "FalseNegatives": [({}, BITS, PROBABILITIES), ({"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}, BITS, PROBABILITIES)],
    "Precision": [
        ({}, BITS, PROBABILITIES),
        ({"thresholds": [0.1, 0.9]}, BITS, PROBABILITIES),
        ({"top_k": 2}, BITS, PROBABILITIES),
        ({"class_id": 1}, BITS, PROBABILITIES),
        ({"class_id": 2, "top_k": 2}, ONE_HOT, PROBABILITIES),
    ],
    "Recall": [
        ({}, BITS, PROBABILITIES),
        ({"top_k": 1}, ONE_HOT, DISTRIBUTION),
        ({"thresholds": 0.3}, BITS, PROBABILITIES),
    ],
    "SensitivityAtSpecificity": [({"specificity": 0.4}, BITS, PROBABILITIES)],
    "SpecificityAtSensitivity": [({"sensitivity": 0.4, "num_thresholds": 11}, BITS, PROBABILITIES)],
    "PrecisionAtRecall": [({"recall": 0.4, "class_id": 1}, BITS, PROBABILITIES)],
    "RecallAtPrecision": [
        ({"precision": 0.4}, BITS, PROBABILITIES),
        ({"precision": 0.4, "num_thresholds": 1}, BITS, PROBABILITIES),
    ],
    "AUC": [
        *(
            ({"curve": curve, "summation_method": method, "num_thresholds": 9}, BITS, PROBABILITIES)
            for curve in ("ROC", "PR", "PRGAIN")
            for method in ("interpolation", "minoring", "majoring")
        ),
        ({"thresholds": [0.2, 0.7, 0.3]}, BITS, PROBABILITIES),
        ({"from_logits": True}, BITS, PRED),
        ({"multi_label": True}, BITS, PROBABILITIES),
        ({"multi_label": True, "num_labels": 4, "label_weights": [1.0, 0.0, 2.0, 0.5]}, BITS, PROBABILITIES),
        ({"multi_label": True, "curve": "PR", "thresholds": [0.1, 0.6]}, BITS, PROBABILITIES),
        ({"label_weights": [1.0, 0.0, 2.0, 0.5], "num_thresholds": 5}, BITS, PROBABILITIES),
    ],
    "IoU": [
        ({"num_classes": 4, "target_class_ids": [0, 2]}, CLASSES, R.integers(0, 4, (3, 6))),
        ({"num_classes": 4, "target_class_ids": [1], "ignore_class": 0}, CLASSES, R.integers(-1, 5, (3, 6))),
        ({"num_classes": 4, "target_class_ids": [1], "sparse_y_true": False, "sparse_y_pred": False}, ONE_HOT, PRED),
    ],
    "BinaryIoU": [({}, BITS[..., 0], PROBABILITIES[..., 0]), ({"threshold": 0.2, "target_class_ids": [1]}, BITS, PRED)],
    "MeanIoU": [({"num_classes": 5}, CLASSES, R.integers(0, 4, (3, 6)))],
    "OneHotIoU": [({"num_classes": 4, "target_class_ids": [0, 2]}, ONE_HOT, PRED)],
    "OneHotMeanIoU": [({"num_classes": 4}, ONE_HOT, PRED)],
}
# Counts are integers here, whatever the dtype of results.
INTEGER = ("IoU", "BinaryIoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU")
ROWS = [(name, place) for name, rows in CASES.items() for place in range(len(rows))]


def made(keras, name, place, **more):
    options, true, pred = CASES[name][place]
    if "label_weights" in options:
        options = {**options, "label_weights": np.float32(options["label_weights"])}
    return getattr(keras.metrics, name)(**options, **more), np.float32(true) if true.dtype.kind == "f" else true, pred


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name,place", ROWS)
def test_results_over_batches(name, place, weighted):
    def program(tf, keras):
        metric, true, pred = made(keras, name, place)
        found = []
        for batch in range(3):
            weight = np.round(WEIGHTS[batch]).astype(int) if name in INTEGER else WEIGHTS[batch].astype("float32")
            if weighted and (name, np.ndim(pred[batch])) != ("BinaryIoU", 2):
                if name == "PearsonCorrelation" and place:
                    weight = weight[:4]
                metric.update_state(true[batch], np.float32(pred[batch]), sample_weight=weight)
            else:
                metric.update_state(true[batch], np.float32(pred[batch]))
            found.append(np.array(metric.result().numpy()))  # Keras returns a view that later updates change
        found.append([np.array(variable.numpy()) for variable in metric.variables])
        metric.reset_state()
        metric.update_state(true[0], np.float32(pred[0]))
        return [*found, metric.result(), [(v.name, tuple(v.shape)) for v in metric.variables], metric.dtype]

    same(program, rtol=3e-5, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in CASES if name not in INTEGER])
def test_float64(name):
    def program(tf, keras):
        metric, true, pred = made(keras, name, 0, dtype="float64")
        metric.update_state(tf.constant(true[0], "float64") if true.dtype.kind == "f" else true[0], pred[0])
        return metric.dtype, float(np.sum(np.asarray(metric.result())))

    # Where Keras uses float32 variables nevertheless, only to that precision.
    same(program, rtol=1e-5)


@pytest.mark.parametrize("name", ["MeanSquaredError", "CategoricalAccuracy", "BinaryCrossentropy", "Accuracy"])
def test_masks(name):
    def program(tf, keras):
        found = []
        for weight in (None, WEIGHTS[0].astype("float32")):
            metric, true, pred = made(keras, name, 0)
            x = tf.constant(pred[0], "float32")
            masked(tf, x, tf.constant([True, False, True, True, False, True]))
            metric.update_state(tf.constant(true[0]), x, sample_weight=weight)
            found.append(metric.result())
        return found

    same(program, rtol=1e-5)


SIMPLE = {
    "Mean": lambda k, tf: k.metrics.Mean(),
    "Sum": lambda k, tf: k.metrics.Sum(),
    "Mean float64": lambda k, tf: k.metrics.Mean(name="mine", dtype="float64"),
    "wrapper": lambda k, tf: k.metrics.MeanMetricWrapper(fn=lambda a, b: a * b, name="product"),
}


@pytest.mark.parametrize("name", SIMPLE)
def test_means_and_sums(name):
    updates = [
        *((2.5,), (np.float32(3.0),), ([1.0, 2.0],), ([[1, 2], [3, 5]],), (np.ones((2, 3, 4)),), (True,), ([],)),
        *((2.0, 3.0), ([1.0, 2.0], [0.0, 1.0]), ([[1.0, 2.0], [3.0, 4.0]], [1.0, 3.0]), ([1.0, 2.0], 0.5)),
        *(([[1.0, 2.0], [3.0, 4.0]], [[1.0], [0.0]]), ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.5, 0.0]])),
    ]

    def program(tf, keras):
        metric = SIMPLE[name](keras, tf)
        found = [metric.result()]
        for update in updates:
            arguments = [np.asarray(value, "float32") if isinstance(value, list) else value for value in update]
            if name == "wrapper":
                arguments.insert(1, np.float32(2.0))
                arguments[0] = np.float32(arguments[0])
            metric.update_state(*arguments)
            found.append(metric.result())
        tensor = tf.constant(1.5)
        found.append(metric(tensor) if name != "wrapper" else None)
        found += [metric.name, metric.dtype, [np.array(v.numpy()) for v in metric.variables]]
        metric.reset_state()
        return [*found, metric.result()]

    same(program, rtol=1e-6)


FUNCTIONS = {
    "binary_accuracy": (BITS, PROBABILITIES),
    "categorical_accuracy": (ONE_HOT, PRED),
    "sparse_categorical_accuracy": (CLASSES, PRED),
    "top_k_categorical_accuracy": (ONE_HOT, PRED),
    "sparse_top_k_categorical_accuracy": (CLASSES, PRED),
    "pearson_correlation": (TRUE, PRED),
    "concordance_correlation": (TRUE, PRED),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    true, pred = FUNCTIONS[name]
    options = {"k": 2} if "top_k" in name else {}

    def program(tf, keras):
        function = getattr(keras.metrics, name)
        return [function(tf.constant(true[0]), tf.constant(pred[0]), **options), function(true, pred, **options)]

    same(program, rtol=1e-5, atol=1e-7)


CONFIGURED = [(name, place) for name, place in ROWS if name not in ("CosineSimilarity",)]


@pytest.mark.parametrize("name,place", CONFIGURED)
def test_configurations(name, place):
    def program(tf, keras):
        metric, *_ = made(keras, name, place, name="mine")
        config = metric.get_config()
        if config.get("label_weights") is not None:
            config["label_weights"] = np.asarray(config["label_weights"]).tolist()
        again = getattr(keras.metrics, name).from_config(config)
        return config, again.get_config()["name"]

    same(program, rtol=1e-6)


OTHER = {
    "names": lambda k: [type(k.metrics.get(name)).__name__ for name in ALIASES],
    "serialize": lambda k: k.metrics.serialize(k.metrics.AUC(name="auc")),
    "round trip": lambda k: k.metrics.deserialize(k.metrics.serialize(k.metrics.Recall(0.3, name="r"))).get_config(),
    "get None": lambda k: k.metrics.get(None),
    "get unknown": lambda k: k.metrics.get("unknown"),
    "get number": lambda k: k.metrics.get(3),
    "repr": lambda k: [repr(k.metrics.Mean()), str(k.metrics.AUC(name="mine"))],
    "direction": lambda k: [
        k.metrics.AUC()._direction,
        k.metrics.Hinge()._direction,
        k.metrics.KLDivergence()._direction,
    ],
    "accuracy of integers": lambda k: np.asarray(k.metrics.binary_accuracy([[1, 0, 0]], [[1, 2, 0]])).tolist(),
    "thresholds": lambda k: k.metrics.Precision(thresholds=[0.5, 1.5]),
    "curve": lambda k: k.metrics.AUC(curve="unknown"),
    "summation": lambda k: k.metrics.AUC(summation_method="unknown"),
    "too few thresholds": lambda k: k.metrics.AUC(num_thresholds=1),
    "labels for nothing": lambda k: k.metrics.AUC(num_labels=3),
    "specificity": lambda k: k.metrics.SensitivityAtSpecificity(1.5),
    "recall": lambda k: k.metrics.PrecisionAtRecall(-0.5),
    "no thresholds": lambda k: k.metrics.RecallAtPrecision(0.5, num_thresholds=0),
    "class of a vector": lambda k: k.metrics.Recall(class_id=1)(np.zeros(3), np.zeros(3)),
    "average": lambda k: k.metrics.F1Score(average="unknown"),
    "beta": lambda k: k.metrics.FBetaScore(beta=-1.0),
    "beta of int": lambda k: k.metrics.FBetaScore(beta=1),
    "threshold": lambda k: k.metrics.F1Score(threshold=2.0),
    "threshold of int": lambda k: k.metrics.F1Score(threshold=1),
    "aggregation": lambda k: k.metrics.R2Score(class_aggregation="unknown"),
    "regressors": lambda k: k.metrics.R2Score(num_regressors=-1),
    "class out of range": lambda k: k.metrics.IoU(2, [2]),
    "stateless": lambda k: [
        *k.metrics.Mean().stateless_update_state([1.0, 1.0], [2.0, 3.0]),
        k.metrics.Mean().stateless_result([np.float32(6.0), np.float32(3.0)]),
        *k.metrics.Mean().stateless_reset_state(),
    ],
    "stateless of too many": lambda k: k.metrics.Mean().stateless_result([1.0]),
    "paths": lambda k: [v.path for v in k.metrics.Mean(name="a/b").variables],
    "nothing predicted": lambda k: [
        k.metrics.Precision()(np.zeros(3), np.zeros(3)),
        k.metrics.AUC()(np.zeros(3), np.ones(3)),
    ],
}
ALIASES = (
    *("mse", "MSE", "mae", "mape", "msle", "bce", "accuracy", "binary_accuracy", "categorical_accuracy", "auc", "AUC"),
    *("sparse_categorical_accuracy", "precision", "recall", "mean", "sum", "f1_score", "r2_score", "mean_io_u"),
    *(
        "root_mean_squared_error",
        "cosine_similarity",
        "hinge",
        "kl_divergence",
        "poisson",
        "top_k_categorical_accuracy",
    ),
    *("true_positives", "sparse_categorical_crossentropy", "mean_squared_error", "MeanIoU", "F1Score"),
)


@pytest.mark.parametrize("name", OTHER)
def test_names_and_errors(name):
    same(lambda tf, keras: OTHER[name](keras), rtol=1e-6)


@pytest.mark.parametrize("name", ["F1Score", "R2Score"])
def test_ranks(name):
    same(lambda tf, keras: getattr(keras.metrics, name)()(np.zeros(3), np.zeros(3)), message=False)


def test_adjusted_score_of_too_few_warns():
    metric = OURS.metrics.R2Score(num_regressors=5)
    metric.update_state([[1.0], [2.0]], [[1.5], [2.0]])
    with pytest.warns(UserWarning, match="More independent predictors"):
        metric.result()


def test_own_metrics():
    def program(tf, keras):
        class Range(keras.metrics.Metric):
            def __init__(self, name="range", **keywords):
                super().__init__(name=name, **keywords)
                self.low = self.add_weight(name="low", initializer="zeros")
                self.high = self.add_variable(shape=(), initializer="ones", name="high")
                self.inner = [keras.metrics.Mean(name="inner")]
                self.other = keras.metrics.Sum()

            def update_state(self, values, sample_weight=None):
                self.low.assign(tf.minimum(self.low.value, tf.reduce_min(values)))
                self.high.assign(tf.maximum(self.high.value, tf.reduce_max(values)))
                self.inner[0].update_state(values)

            def result(self):
                return {"range": self.high - self.low, "mean": self.inner[0].result()}

        metric = Range(dtype="float32")
        metric.update_state(tf.constant([3.0, -2.0]))
        found = metric.result(), [v.path for v in metric.variables], metric(tf.constant([9.0]))
        metric.reset_state()
        return found, metric.result()

    same(program, rtol=1e-6)


def test_forgotten_constructor():
    def program(tf, keras):
        class Forgetful(keras.metrics.Metric):
            def __init__(self):
                self.name = "forgetful"

        return Forgetful().add_weight()

    same(program, message=False)


def test_merged_states_are_one():
    one, other, whole = (OURS.metrics.Mean() for _ in range(3))
    one.update_state([1.0, 2.0])
    other.update_state([6.0])
    whole.update_state([1.0, 2.0, 6.0])
    one.merge_state([other])
    assert one.result().numpy() == whole.result().numpy()
    with pytest.raises(ValueError, match="not compatible"):
        one.merge_state([OURS.metrics.Sum()])


def test_axis_is_configured_too():
    assert OURS.metrics.CosineSimilarity.from_config(OURS.metrics.CosineSimilarity(axis=0).get_config()).axis == 0


def test_float_weights_of_integer_counts_warn():
    metric = OURS.metrics.MeanIoU(2)
    with pytest.warns(UserWarning, match="passing weight as `float`"):
        metric.update_state([0, 1], [1, 1], sample_weight=gradtape.constant([0.5, 1.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metric.update_state([0, 1], [1, 1], sample_weight=[1, 2])


def test_updates_are_not_differentiated():
    """A metric may be updated under a tape, without effect on the gradient."""
    v = gradtape.Variable(2.0)
    mean = OURS.metrics.Mean()
    with gradtape.GradientTape() as tape:
        loss = v * v
        mean.update_state(loss)
        again = loss + gradtape.constant(0.0)
    assert tape.gradient(again, v).numpy() == 4.0
    assert mean.result().numpy() == 4.0
