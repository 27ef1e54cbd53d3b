"""Estimators for scikit-learn: its checks of estimators, and models in its tools."""

from __future__ import annotations

import importlib.util
import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.utils.estimator_checks import parametrize_with_checks

import gradtape as tf

ESTIMATORS = [
    tf.interop.sklearn.Regressor(epochs=60),
    tf.interop.sklearn.Classifier(epochs=60),
    tf.interop.sklearn.Classifier(hidden=(), optimizer="sgd", learning_rate=0.1, epochs=60),
]


CHECKS = parametrize_with_checks(ESTIMATORS)
ARRAYS = "check_array_api_input"  # scikit-learn skips it if SciPy was imported without SCIPY_ARRAY_API
FRAMES = {"check_regressor_data_not_an_array", "check_classifier_data_not_an_array"}  # and these without pandas
LEFT_OUT = {ARRAYS} | (FRAMES if importlib.util.find_spec("pandas") is None else set())


def name_of(check: Any) -> str:
    return getattr(check, "func", check).__name__


@pytest.mark.parametrize(
    CHECKS.args[0], [pair for pair in CHECKS.args[1] if name_of(pair[1]) not in LEFT_OUT], **CHECKS.kwargs
)
def test_scikit_learn_s_own_checks(estimator, check):
    check(estimator)


def test_arrays_of_other_namespaces():
    program = (
        "from test_interop_sklearn import ARRAYS, ESTIMATORS, name_of\n"
        "import sklearn\n"
        "from sklearn.utils.estimator_checks import estimator_checks_generator\n"
        "for estimator in ESTIMATORS:\n"
        "    checks = [c for _, c in estimator_checks_generator(estimator) if name_of(c) == ARRAYS]\n"
        # Before 1.8 scikit-learn has it only for estimators that compute with such arrays.
        "    assert len(checks) == (tuple(map(int, sklearn.__version__.split('.')[:2])) >= (1, 8))\n"
        "    for check in checks:\n"
        "        check(estimator)\n"
    )
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    subprocess.run([sys.executable, "-c", program], cwd=os.path.dirname(__file__), env=environment, check=True)


def test_iris_and_diabetes():
    classifier = tf.interop.sklearn.Classifier(epochs=60, random_state=0)
    assert cross_val_score(classifier, *load_iris(return_X_y=True), cv=3).mean() > 0.93
    regressor = tf.interop.sklearn.Regressor(hidden=(), epochs=60, random_state=0)
    x, y = load_diabetes(return_X_y=True)
    assert cross_val_score(regressor, x, y, cv=3).mean() > 0.45
    both = regressor.fit(x, np.stack([y, -y], 1)).predict(x)
    assert both.shape == (len(x), 2)
    np.testing.assert_allclose(both[:, 0], -both[:, 1], atol=15.0)


def keras_model(columns, outputs):
    tf.random.set_seed(0)
    return tf.keras.Sequential([tf.keras.layers.Dense(16, activation="relu"), tf.keras.layers.Dense(outputs)])


def test_models_of_keras_in_pipelines_and_searches():
    x = np.random.default_rng(0).uniform(-1, 1, (80, 2))
    labels = np.where(x[:, 0] * x[:, 1] > 0, "same", "other")
    search = GridSearchCV(
        make_pipeline(PolynomialFeatures(2), tf.interop.sklearn.Classifier(keras_model, epochs=40, random_state=0)),
        {"classifier__learning_rate": [1e-6, 0.02]},
        cv=2,
    )
    search.fit(x, labels)
    assert search.best_params_ == {"classifier__learning_rate": 0.02} and search.score(x, labels) > 0.9
    model = search.best_estimator_[-1].model_
    assert isinstance(model, tf.keras.Model) and len(search.best_estimator_[-1].losses_) == 40


def test_seeds_and_pickles():
    x, y = load_iris(return_X_y=True)
    fits = [tf.interop.sklearn.Classifier(epochs=3, random_state=seed).fit(x, y).predict_proba(x) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(fits[0], fits[1])
    assert not np.array_equal(fits[0], fits[2])
    fitted = tf.interop.sklearn.Classifier(epochs=3, random_state=1).fit(x, y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(x), fits[0])


def test_what_is_refused():
    x, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=r"unknown optimizer 'fast'; known ones are .*adam"):
        tf.interop.sklearn.Classifier(optimizer="fast").fit(x, y)
    with pytest.raises(ValueError, match="at least 1, not 0 and 32"):
        tf.interop.sklearn.Regressor(epochs=0).fit(x, y)
    with pytest.raises(NotFittedError):
        tf.interop.sklearn.Regressor().predict(x)


def test_without_scikit_learn_the_remedy_is_named():
    program = (
        "import sys; sys.modules['sklearn'] = sys.modules['sklearn.base'] = None\n"
        "import gradtape as tf; from gradtape._src.table.rows import rows; rows()\n"
        "try: tf.interop.sklearn.Regressor\n"
        "except ImportError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "estimators are scikit-learn's, which is not installed; run: pip install gradtape[sklearn]\n"
