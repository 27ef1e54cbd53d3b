"""Tests against Keras need it and TensorFlow; if they are missing or old these are not collected, which is reported.

TensorFlow's functions run eagerly in them: tracing what Keras compiles for each model takes most of the time of a short
fit. Tests marked `traced` are about fitting itself, or about what only exists traced.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from references import without_keras

pytest.register_assert_rewrite("beside")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

HINDRANCE = without_keras()

collect_ignore_glob = ["test_*.py"] if HINDRANCE else []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "traced: TensorFlow's functions are traced, as they are for users")
    # It warns that those of tf.data are traced nevertheless.
    config.addinivalue_line("filterwarnings", "ignore:Even though the `tf.config.experimental_run_functions_eagerly`")


@pytest.fixture(autouse=True)
def functions(request: pytest.FixtureRequest) -> Iterator[None]:
    import tensorflow

    tensorflow.config.run_functions_eagerly(request.node.get_closest_marker("traced") is None)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.fixture
def kept_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that clear sessions and set seeds: TensorFlow does not make its kernels anew each time.

    Not for such as draw by kernels that have a state, which seeds start again: tf.random's, but not keras.random's.
    """
    from tensorflow.python import pywrap_tfe

    monkeypatch.setattr(pywrap_tfe, "TFE_ContextClearCaches", lambda context: None)


DATASETS: dict[Any, Any] = {}


@pytest.fixture
def kept_datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of short fits: Keras makes the batches of equal arrays, in their own order, once.

    It traces functions for each dataset, and TensorFlow prepares them for each epoch, which takes longer than the steps
    on small arrays.
    """
    import numpy as np
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

    import keras

    make = ArrayDataAdapter.get_tf_dataset

    def kept(adapter: Any) -> Any:
        arrays = keras.tree.flatten(adapter._inputs)
        if adapter._shuffle or not all(type(array) is np.ndarray and not array.dtype.hasobject for array in arrays):
            return make(adapter)
        structure = repr(keras.tree.map_structure(lambda array: (array.dtype.str, array.shape), adapter._inputs))
        key = adapter._batch_size, keras.config.floatx(), structure, *(array.tobytes() for array in arrays)
        if key not in DATASETS:
            DATASETS[key] = make(adapter).cache()
        return DATASETS[key]

    monkeypatch.setattr(ArrayDataAdapter, "get_tf_dataset", kept)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if HINDRANCE:
        terminalreporter.write_line(f"tests/keras: not run, {HINDRANCE}")
