"""Typical programs, run by TensorFlow with Keras and by gradtape under their names."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import run_all

# Single-precision numbers that diverge during training.
TOLERANCE = {"rtol": 2e-3, "atol": 2e-4}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the programs come to in a process in which gradtape is TensorFlow."""
    file = tmp_path_factory.mktemp("programs") / "found"
    subprocess.run([sys.executable, "-m", "gradtape", "run", run_all.__file__, str(file)], check=True)
    return json.loads(file.read_text())


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


@pytest.mark.parametrize("name", run_all.NAMES)
def test_comes_out_as_under_tensorflow(name: str, found: dict[str, Any]) -> None:
    expected, actual = json.loads(json.dumps(run_all.outcome(name))), found[name]
    print(f"{name}: TensorFlow {expected['seconds']:.1f} s, gradtape {actual['seconds']:.1f} s")
    compare(actual["result"], expected["result"])
