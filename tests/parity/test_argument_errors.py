"""Arguments of unsupported kinds: the exception has TensorFlow's type, and nothing is computed.

Strings are left out: TensorFlow has tensors of them where gradtape raises TypeError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow
from compare import run

import gradtape
from cases import cases

FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "reshape": lambda tf, v: tf.reshape(tf.ones(2), v),
    "transpose": lambda tf, v: tf.transpose(tf.ones(2), v),
    "broadcast_to": lambda tf, v: tf.broadcast_to(tf.ones(2), v),
    "expand_dims": lambda tf, v: tf.expand_dims(tf.ones(2), v),
    "roll": lambda tf, v: tf.roll(tf.ones(2), v, 0),
    "roll's axis": lambda tf, v: tf.roll(tf.ones(2), 1, v),
    "gather": lambda tf, v: tf.gather(tf.ones(2), v),
    "gather's axis": lambda tf, v: tf.gather(tf.ones(2), [0], axis=v),
    "gather_nd": lambda tf, v: tf.gather_nd(tf.ones(2), v),
    "reduce_sum": lambda tf, v: tf.reduce_sum(tf.ones(2), v),
    "reduce_max": lambda tf, v: tf.reduce_max(tf.ones(2), v),
    "fill": lambda tf, v: tf.fill(v, 1.0),
    "cumsum": lambda tf, v: tf.cumsum(tf.ones(2), v),
    "segment_sum": lambda tf, v: tf.math.segment_sum(tf.ones(1), v),
    "unsorted_segment_sum": lambda tf, v: tf.math.unsorted_segment_sum(tf.ones(1), v, 2),
    "top_k": lambda tf, v: tf.math.top_k(tf.ones(2), v),
    "repeat's axis": lambda tf, v: tf.repeat(tf.ones(2), 2, v),
    "band_part": lambda tf, v: tf.linalg.band_part(tf.ones((2, 2)), v, 0),
    "linspace": lambda tf, v: tf.linspace(0.0, 1.0, v),
    "stack's axis": lambda tf, v: tf.stack([tf.ones(2)], axis=v),
    "unstack's num": lambda tf, v: tf.unstack(tf.ones(2), v),
    "batch_dims": lambda tf, v: tf.gather(tf.ones((2, 2)), [[0]], batch_dims=v),
    "seq_axis": lambda tf, v: tf.reverse_sequence(tf.ones((1, 2)), [1], seq_axis=v),
    "one_hot's axis": lambda tf, v: tf.one_hot([0], 2, axis=v),
    "block_size": lambda tf, v: tf.nn.space_to_depth(tf.ones((1, 2, 2, 1)), v),
    "exclusive": lambda tf, v: tf.cumsum(tf.ones(2), exclusive=v),
    "reverse": lambda tf, v: tf.math.cumprod(tf.ones(2), reverse=v),
    "adjoint": lambda tf, v: tf.linalg.inv(tf.eye(2), adjoint=v),
    "solve's adjoint": lambda tf, v: tf.linalg.solve(tf.eye(2), tf.ones((2, 1)), adjoint=v),
    "lower": lambda tf, v: tf.linalg.triangular_solve(tf.eye(2), tf.ones((2, 1)), lower=v),
    "keepdims": lambda tf, v: tf.reduce_prod([[1.0, 2.0]], 1, keepdims=v),
    "keepdims of bools": lambda tf, v: tf.reduce_any([[True, False]], 1, keepdims=v),
    "seed": lambda tf, v: tf.nn.dropout(tf.ones(3), 0.5, seed=v),
    "binary_output": lambda tf, v: tf.math.bincount([1], binary_output=v),
}
VALUES: dict[str, Callable[[Any], Any]] = {
    "a float": lambda tf: 1.5,
    "NaN": lambda tf: float("nan"),
    "a list of a float": lambda tf: [1.5],
    "a tensor of a float": lambda tf: tf.constant(1.5),
    "an array of a float": lambda tf: np.array([1.5]),
    "True": lambda tf: True,
    "a list of a bool": lambda tf: [True],
    "nothing": lambda tf: [],
    "a matrix": lambda tf: [[0, 1]],
    "an integer": lambda tf: 1,
    "a dict": lambda tf: {"a": 1},
    "an object": lambda tf: object(),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@cases("value", VALUES)
def test_is_refused_as_tensorflow_does(function: str, value: str) -> None:
    expected, found = (run(tf, lambda tf: FUNCTIONS[function](tf, VALUES[value](tf))) for tf in (tensorflow, gradtape))
    assert found.exception == expected.exception, (expected, found)
