"""Every row of the table against TensorFlow: signature, value, dtype, first and second derivative."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import tensorflow

import gradtape
from cases import cases, sample_of
from drawing import derivatives, drawn, resolve, sampled, with_dtypes
from gradtape._src.table import rows as table
from gradtape._src.table.samples import Op, Sample

ROWS = [row for row in table.rows() if row.tensorflow]
CALLS = sampled(ROWS, "samples") + sampled(ROWS, "edges")
# Single precision: the two libraries may order sums differently.
SINGLE = {"rtol": 2e-5, "atol": 2e-5}


def signature(function: Any) -> list[tuple[str, Any]]:
    """Argument names and defaults; dtypes and functions by name."""

    def shown(default: Any) -> Any:
        return default.name if hasattr(default, "as_datatype_enum") else getattr(default, "__name__", default)

    return [(p.name, shown(p.default)) for p in inspect.signature(function).parameters.values()]


@cases("row", ROWS, ids=lambda row: row.tensorflow[0])
def test_signature(row: Op) -> None:
    for name in row.tensorflow:
        assert signature(row.function) == signature(resolve(tensorflow, name))


def tensors_of(results: list[Any]) -> list[Any]:
    return [None if r is None else (getattr(getattr(r, "dtype", None), "name", None), np.asarray(r)) for r in results]


def agree(actual: list[Any], expected: list[Any], tolerance: float, what: str) -> None:
    mine, theirs = tensors_of(actual), tensors_of(expected)
    assert len(mine) == len(theirs), what
    for one, other in zip(mine, theirs, strict=True):
        if one is None or other is None:
            # TensorFlow gives None where a chain of constants ends, gradtape may give the corresponding zeros.
            assert other is None and (one is None or not np.any(one[1])), what
            continue
        assert one[0] == other[0], what
        assert one[1].shape == other[1].shape, what
        if one[1].dtype.kind == "f":
            bounds = {"rtol": tolerance, "atol": tolerance} if one[0] == "float64" else SINGLE
            np.testing.assert_allclose(one[1], other[1], **bounds, equal_nan=True, err_msg=what)
        else:
            np.testing.assert_array_equal(one[1], other[1], err_msg=what)


@cases("row,call,label,dtype", with_dtypes(CALLS, ["float32", "float64"]), group=sample_of)
def test_value_and_derivatives(row: Op, call: Sample, label: str, dtype: str) -> None:
    if dtype not in row.dtypes:
        dtype = row.dtypes.split(",")[0]
    if call.single:
        dtype = "float32"
    arrays = drawn(call, dtype if dtype.startswith("float") else "float32", label)
    actual = derivatives(gradtape, row, row.function, call, arrays, row.orders_there)
    expected = derivatives(tensorflow, row, resolve(tensorflow, row.tensorflow[0]), call, arrays, row.orders_there)
    for mine, theirs, what in zip(actual, expected, ("value", "gradient", "second derivative"), strict=True):
        agree(mine, theirs, row.tolerance, what)
