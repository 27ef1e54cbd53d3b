"""Losses and metrics of several outputs compared with Keras: their structures, order, names and errors."""

from __future__ import annotations

from typing import Any

import pytest
from sessions import CLASSES, X, Y, agree, dense

pytestmark = pytest.mark.usefixtures("kept_kernels", "kept_datasets")

FIRST, SECOND, THIRD = Y, Y[:, :2] * 2.0, Y[:, 1:]

OUTPUTS = {
    "list": lambda a, b, c: [a, b, c],
    "tuple": lambda a, b, c: (a, b, c),
    "dict": lambda a, b, c: {"second": b, "first": a, "third": c},
    "dict of other keys": lambda a, b, c: {"z": a, "k": b, "a": c},
    "dict of lists": lambda a, b, c: {"pair": [a, b], "alone": c},
    "list of lists": lambda a, b, c: [[a, b], c],
}

COMPILED: dict[str, dict[str, Any]] = {
    "one loss": {"loss": "mse"},
    "one loss, one metric": {"loss": "mse", "metrics": ["mae"]},
    "a list": {"loss": ["mse", "mae", "mse"]},
    "a list with weights": {"loss": ["mse", "mae", "mse"], "loss_weights": [0.5, 2.0, 1.0]},
    "one loss, a weight for each": {"loss": "mse", "loss_weights": [0.5, 2.0, 1.0]},
    "a list with None": {"loss": ["mse", None, "mae"], "metrics": ["mae", "mse", None]},
    "by names": {
        "loss": {"third": "mse", "first": "mae", "second": "mse"},
        "loss_weights": {"second": 0.1, "third": 2.0, "first": 0.5},
        "metrics": {"second": "mae", "first": ["mse"]},
    },
    "some by names": {"loss": {"third": "mse", "first": "mae"}},
    "by keys": {"loss": {"z": "mse", "a": "mae"}, "metrics": {"k": "mae"}},
    "nested lists": {"loss": [["mse", "mae"], "mae"], "metrics": [["mae", "mse"], "mae"]},
    "a list in a dict": {"loss": {"pair": ["mse", "mae"], "alone": "mae"}, "metrics": {"pair": ["mae", None]}},
    "two lists of metrics": {
        "loss": "mse",
        "metrics": [["mae", "mse"], ["mse"], ["mae"]],
        "weighted_metrics": [["mae"], [], []],
    },
    "too few": {"loss": ["mse", "mse"]},
    "an unknown key": {"loss": {"first": "mse", "none": "mae"}},
}


def fitted(keras: Any, outputs: Any, y: Any, **compiled: Any) -> Any:
    inputs = keras.Input((4,))
    sizes = {"first": 3, "second": 2, "third": 2}
    layers = [keras.layers.Dense(size, kernel_initializer="ones", name=name)(inputs) for name, size in sizes.items()]
    model = keras.Model(inputs, outputs(*layers))
    model.compile("sgd", run_eagerly=True, **compiled)
    history = model.fit(X, y, batch_size=25, shuffle=False, verbose=0).history
    return list(history.items()), model.evaluate(X, y, batch_size=50, verbose=0), model.metrics_names


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("compiled", COMPILED)
@pytest.mark.parametrize("outputs", OUTPUTS)
def test_structures(outputs, compiled):
    made = OUTPUTS[outputs]
    y = made(FIRST, SECOND, THIRD)
    agree(lambda tf, keras: fitted(keras, made, y, **COMPILED[compiled]))


def test_targets_by_names_of_a_list():
    y = {"second": SECOND, "third": THIRD, "first": FIRST}
    agree(lambda tf, keras: fitted(keras, OUTPUTS["list"], y, **COMPILED["by names"]))


@pytest.mark.traced
@pytest.mark.parametrize(
    "data",
    [
        (X, None),
        ("text", Y),
        (X.tolist(), Y),
        (X.tolist(), CLASSES.tolist()),
        (X.astype(object), Y),
        (X, Y.astype(object)),
    ],
    ids=["no targets", "text", "a list", "lists", "objects", "targets that are objects"],
)
def test_data_that_is_none(data):
    def program(tf, keras):
        model = dense(keras)
        model.compile("sgd", "mse")
        model.fit(*data, verbose=0)

    agree(program)
