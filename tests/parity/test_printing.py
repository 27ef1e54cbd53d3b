"""tf.print and tf.is_tensor give the same results."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow

import gradtape

PRINTED = """
(c(1.0),)
(c(0.1), c(1 / 3), c(1 / 3, tf.float64), c(1e10), c(1e-10), c(123456789.0))
(c(1e20), c(3.4e38), c(float("inf")), c(float("nan")), c(-float("inf")))
(c(100000.0), c(1000000.0), c(1234567.0), c(0.0001), c(0.00001))
(c(1e15, tf.float64), c(1e17, tf.float64), c(0.1 + 0.2, tf.float64))
(c([1, 2, 3]), c([1.0, 2.5]), c([True, False]), c(True))
(tf.range(6), tf.range(7), tf.range(10))
(tf.reshape(tf.range(100), (10, 10)),)
(tf.reshape(tf.range(8), (2, 2, 2)),)
(tf.reshape(tf.range(512), (8, 8, 8)),)
("abc", c(1), 2, 3.5, None, True)
("abc", [1, 2, c(3)], {"b": c(1.0), "a": "x"})
((c(1), 2), [c([1, 2]), c(3)], (c(1),))
(tf.Variable([1.0, 2.0]), np.array([1, 2, 3]), np.float32(1.5))
([], c([]), tf.zeros((0, 3)), range(3))
("{}", 5, "%s", tf.float32, tf.TensorShape([2, 3]))
()
"""


@pytest.mark.parametrize("options", [{}, {"sep": "|", "end": "!"}, {"summarize": -1}, {"summarize": 1}], ids=str)
@pytest.mark.parametrize("values", PRINTED.strip().splitlines())
def test_printed(values: str, options: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    """TensorFlow writes from C++, to file descriptors."""
    printed = []
    for tf in (tensorflow, gradtape):
        tf.print(*eval(values, {"tf": tf, "c": tf.constant, "np": np}), **options)
        sys.stderr.flush()
        printed.append(capfd.readouterr().err)
    assert printed[1] == printed[0]


def test_streams(tmp_path: Path) -> None:
    for tf, file in ((tensorflow, tmp_path / "expected"), (gradtape, tmp_path / "actual")):
        tf.print("a", tf.constant([1.0, 2.0]), output_stream=f"file://{file}")
        tf.print("b", output_stream=f"file://{file}")
    assert (tmp_path / "actual").read_text() == (tmp_path / "expected").read_text()
    stream = io.StringIO()
    gradtape.print("a", gradtape.constant(2.5), output_stream=stream)
    assert stream.getvalue() == "a 2.5\n"
    for tf in (tensorflow, gradtape):
        with pytest.raises(ValueError):
            tf.print("a", output_stream=5)
        with pytest.raises(ValueError, match="nrecognized keyword arguments"):
            tf.print("a", speed=5)


@pytest.mark.parametrize(
    "make",
    [
        lambda tf: tf.constant(1.0),
        lambda tf: tf.Variable(1.0),
        lambda tf: tf.IndexedSlices(tf.constant([1.0]), tf.constant([0])),
        lambda tf: 1.0,
        lambda tf: np.ones(2),
        lambda tf: [tf.constant(1.0)],
    ],
)
def test_is_tensor(make: Any) -> None:
    assert gradtape.is_tensor(make(gradtape)) is tensorflow.is_tensor(make(tensorflow))
