"""Every row of the table gives the same bits compiled and eagerly, also on operands other than those traced."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradtape as tf
from cases import cases, namespace_of
from drawing import drawn, run, sampled
from gradtape._src.table import rows as table

ROWS = table.rows()


def bits(value: Any) -> Any:
    """A result as bits, with its dtype and shape."""
    if isinstance(value, list | tuple):
        return [bits(item) for item in value]
    if hasattr(value, "indices"):
        return [bits(value.values), bits(value.indices)]
    if hasattr(value, "dtype"):
        return value.dtype.name, tuple(value.shape), with_one_nan(np.asarray(value)).tobytes()
    return repr(value)


def with_one_nan(array: np.ndarray) -> np.ndarray:
    """Replaces NaNs by the same one: IEEE 754 leaves open which of two operands' NaNs an operation returns."""
    return np.where(np.isnan(array), array.dtype.type(np.nan), array) if array.dtype.kind == "f" else array


def outcome(function: Any, arrays: list[Any]) -> Any:
    """A call's result as bits, or its exception."""
    tf.random.set_seed(3)
    try:
        return bits(function(*arrays))
    except Exception as error:
        return type(error), str(error)


def check(row: Any, call: Any, label: str) -> None:
    def program(*arrays: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch([array for array in arrays if array.dtype.is_floating])
            results = tf.nest.flatten(run(tf, row, row.function, call, list(arrays)))
        results = [result for result in results if hasattr(result, "dtype")]
        floating = [result for result in results if result.dtype.is_floating]
        return results, tape.gradient(floating, list(arrays)) if floating and arrays else []

    compiled = tf.function(program)
    operands = [[tf.constant(array) for array in drawn(call, "float32", f"{label}{place}")] for place in range(3)]
    for arrays in [*operands, operands[0]]:
        assert outcome(compiled, arrays) == outcome(program, arrays)
    reasons = [plan.failure for plan in compiled._plans.values() if plan.failure is not None]
    assert not reasons


@cases("row,call,label", sampled(ROWS, "samples"), group=namespace_of)
def test_samples_give_the_same_bits_compiled(row, call, label):
    check(row, call, label)


@cases("row,call,label", sampled(ROWS, "edges"), group=namespace_of)
def test_edges_give_the_same_bits_compiled(row, call, label):
    check(row, call, label)
