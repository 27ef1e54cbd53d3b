"""Typical programs, run by TensorFlow with Keras and by gradtape under their names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in ("run_all", "test_programs", "conftest"))
# Single-precision numbers that diverge during training.
TOLERANCE = {"rtol": 2e-3, "atol": 2e-4}


def outcomes(command: list[str], file: Path) -> dict[str, Any]:
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, *command, str(HERE / "run_all.py"), str(file)], check=True, env=environment)
    return json.loads(file.read_text())


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    folder = tmp_path_factory.mktemp("programs")
    return outcomes([], folder / "tensorflow"), outcomes(["-m", "gradtape", "run"], folder / "gradtape")


def compare(actual: Any, expected: Any) -> None:
    assert type(actual) is type(expected)
    if isinstance(expected, dict):
        assert list(actual) == list(expected)
        for key, value in expected.items():
            compare(actual[key], value)
    elif isinstance(expected, list):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            compare(one, other)
    elif isinstance(expected, float):
        np.testing.assert_allclose(actual, expected, **TOLERANCE)
    else:
        assert actual == expected


@pytest.mark.parametrize("name", NAMES)
def test_comes_out_as_under_tensorflow(name: str, both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    expected, actual = both[0][name], both[1][name]
    print(f"{name}: TensorFlow {expected['seconds']:.1f} s, gradtape {actual['seconds']:.1f} s")
    compare(actual["result"], expected["result"])
