"""Counting: histograms, confusion matrices, distinct values."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from gradtape import dtypes
from gradtape._doors import apply_cast, apply_elementwise, as_tensor, tensor_from, view
from gradtape._tensor import Tensor
from gradtape.errors import InvalidArgumentError, invalid_argument
from gradtape.operands import (
    common_tensors,
    dims_text,
    index_array,
    index_dtype,
    int_of,
    ints_of,
    not_allowed,
    one_dtype,
    room,
    scalar_of,
)
from gradtape.table import ALL, INTEGERS, NUMBERS, call, integer, op, values
from gradtape.tensor_shape import TensorShape

__all__ = [
    *("histogram_fixed_width", "histogram_fixed_width_bins", "unique", "unique_with_counts", "unravel_index"),
]


@op(
    "math.bincount",
    dtypes=INTEGERS,
    orders="0",
    edges=lambda: [
        *(
            call([1, 1, 3]),
            call([1, 1, 3], [1.0, 2.0, 0.5]),
            call([1, 1, 3], minlength=6),
            call([1, 1, 3], maxlength=2),
        ),
        *(call([[1, 1], [0, 2]], axis=-1), call([[1, 1], [0, 2]], axis=0), call([[1, 1], [0, 2]]), call(integer([]))),
        *(call([1, 1], binary_output=True), call([[1, 1], [0, 2]], axis=-1, binary_output=True)),
        *(call([1, 1], dtype="float32"), call([1, 1], dtype="int64")),
        call([[1, 1], [0, 2]], weights=[[1.0, 2.0], [3.0, 4.0]], axis=-1),
    ],
)
def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
    axis: Any = None,
    binary_output: bool = False,
) -> Tensor:
    """How often each of 0, 1, 2, ... occurs, or the sums of its weights, whose dtype the result then has.

    minlength and maxlength bound the result's length; numbers beyond are left out. With axis=-1 each row is counted by
    itself. With binary_output the result says 1 or 0 for occurring or not.
    """
    tensor, heavy = as_tensor(arr), None if weights is None else as_tensor(weights)
    if heavy is not None and binary_output:
        raise ValueError(
            "Arguments `binary_output` and `weights` are mutually exclusive. Please specify only one."
        )
    if tensor.dtype.is_integer:
        index_dtype("DenseBincount", tensor.dtype, "Tidx")
    rowwise = axis is not None and int_of(axis, "Bincount", "axis") == -1
    if not rowwise and axis is not None and int_of(axis, "Bincount", "axis") != 0:
        raise ValueError(f"Unsupported value for argument axis={axis}. Only 0 and -1 are currently supported.")
    array = view(tensor).astype(np.int64)
    if rowwise and array.ndim > 2:
        raise invalid_argument("DenseBincount", f"Shape must be at most rank 2 but is rank {array.ndim}", "")
    rowwise = rowwise and array.ndim == 2
    if array.size and array.min() < 0:
        found = f"Input 'in' must be non-negative! Negative input value found: {array[array < 0][0]}"
        raise invalid_argument("DenseBincount", found if rowwise else "Input arr must be non-negative!", "")
    if heavy is not None and heavy.shape != array.shape:
        raise invalid_argument(
            "DenseBincount",
            "`weights` must be the same shape as `arr` or a length-0 `Tensor`, in which case it acts as all weights "
            f"equal to 1. Received {dims_text(heavy.shape)}",
            "",
        )
    length = int(array.max()) + 1 if array.size else 0
    if minlength is not None:
        length = max(length, int_of(minlength, "Bincount", "Tidx"))
    if maxlength is not None:
        length = min(length, int_of(maxlength, "Bincount", "Tidx"))
    if length < 0:
        raise invalid_argument("DenseBincount", f"size ({length}) must be non-negative", "")
    wanted = dtypes.as_dtype(dtype) if heavy is None else heavy.dtype
    if wanted in (dtypes.uint8, dtypes.bool):
        raise not_allowed("DenseBincount", wanted, "int32, int64, float, double")
    rows = array if rowwise else array.reshape(1, -1)
    kept = rows < length
    flat = (np.arange(len(rows))[:, None] * length + rows)[kept]
    out = np.zeros(len(rows) * length, wanted.as_numpy_dtype)
    if binary_output:
        out[flat] = 1
    else:
        np.add.at(out, flat, 1 if heavy is None else view(heavy).reshape(rows.shape)[kept])
    return tensor_from(out.reshape(len(rows), length) if rowwise else out, wanted)


def _histogram_edges() -> list[Any]:
    return [
        *(call([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5), call([1, 2], [0, 5], 5, "int64")),
        call(integer([0.5, 1.0], "float64"), integer([0.0, 1.0], "float64"), 4),
    ]


@op("histogram_fixed_width", dtypes=NUMBERS, orders="0", edges=_histogram_edges)
def histogram_fixed_width(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """How many values fall into each of nbins equal parts of a range; those outside fall into the first or last.

    Raises:
      InvalidArgumentError: the range is no increasing pair, there are no bins, or a value is NaN.
    """
    kernel = "HistogramFixedWidth"
    data, bounds = common_tensors([values, value_range])
    wanted = index_dtype(kernel, dtype, "dtype")
    if data.dtype in (dtypes.uint8, dtypes.bool):
        raise not_allowed(kernel, data.dtype, "int32, int64, float, double")
    one_dtype(kernel, (data, bounds))
    if bounds.shape != (2,):
        raise invalid_argument(kernel, "value_range should be a vector of 2 elements.", "")
    count = scalar_of(kernel, nbins, "nbins should be a scalar.")
    array, (low, high) = view(data), view(bounds)
    if count <= 0:
        raise invalid_argument(kernel, f"nbins should be a positive number, but got '{count}'", None)
    if not low < high:
        message = f"value_range should satisfy value_range[0] < value_range[1], but got '[{low:g}, {high:g}]'"
        raise invalid_argument(kernel, message, None)
    if np.isnan(array).any():
        raise invalid_argument(kernel, "Histogram values must not contain NaN", None)
    room((count,), dtypes.int64)
    places = np.floor((np.clip(array, low, high).astype(np.float64) - low) * (count / (float(high) - float(low))))
    places = np.minimum(places, count - 1).astype(np.int64)
    return tensor_from(np.bincount(places.reshape(-1), minlength=count), wanted)


@op(
    "histogram_fixed_width_bins",
    dtypes=NUMBERS,
    orders="0",
    edges=lambda: [
        *(call([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5), call([1.0, 2.0], [0.0, 4.0], 4, "int64")),
        *(call(values([1.0, 2.0]), values([4.0, 0.0]), 4), call(values([math.nan, 2.0]), values([0.0, 4.0]), 4)),
    ],
)
def histogram_fixed_width_bins(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """Into which of nbins equal parts of a range each value falls; those outside fall into the first or last.

    int32 whatever dtype is asked, as in TensorFlow, and TensorFlow's least integer for NaN.

    Raises:
      InvalidArgumentError: values and range are of two dtypes or integers, or there are no bins.
    """
    data, bounds = common_tensors([values, value_range])
    count = scalar_of("Assert", nbins, "nbins should be a scalar.")
    if count <= 0:
        raise InvalidArgumentError(
            None,
            None,
            "Expected 'tf.Tensor(False, shape=(), dtype=bool)' to be true. Summarized data: "
            f"b'nbins tf.Tensor({count}, shape=(), dtype=int32) must > 0'",
        )
    parts = apply_cast(as_tensor(count), data.dtype)
    places = apply_elementwise("floor", parts * ((data - bounds[0]) / (bounds[1] - bounds[0])))
    return apply_cast(apply_elementwise("clip_by_value", places, 0.0, parts - 1), dtypes.int32)


@op(
    "math.confusion_matrix",
    dtypes=INTEGERS,
    orders="0",
    edges=lambda: [
        *(call([1, 2, 4], [2, 2, 4]), call([1, 2], [2, 2], num_classes=3, weights=[1.0, 2.0], dtype="float32")),
        *(call([[1], [2]], [1, 2]), call(integer([0], "int64"), integer([0], "int64"), 2)),
    ],
)
def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """How often each label (row) met each prediction (column), or the sums of those pairs' weights."""
    truth, guess = (view(apply_cast(as_tensor(part), dtypes.int64)) for part in (labels, predictions))
    if truth.ndim == guess.ndim + 1 and truth.shape[-1] == 1:
        truth = truth[..., 0]
    elif guess.ndim == truth.ndim + 1 and guess.shape[-1] == 1:
        guess = guess[..., 0]
    if truth.shape != guess.shape:
        raise invalid_argument(
            "Pack",
            f"Shapes of all inputs must match: values[0].shape = {dims_text(truth.shape)} != values[1].shape = "
            f"{dims_text(guess.shape)}",
            "stack",
            kernel="Pack_N_2",
        )
    heavy = None if weights is None else as_tensor(weights)
    if heavy is not None and heavy.shape != guess.shape:
        raise ValueError(f"Shapes {TensorShape(guess.shape)} and {heavy.shape} are incompatible")
    for name_, numbers in (("labels", truth), ("predictions", guess)):
        if numbers.size and numbers.min() < 0:
            raise InvalidArgumentError(
                None,
                None,
                f"`{name_}` contains negative values.  \nCondition x >= 0 did not hold element-wise:\nx (shape="
                f"{numbers.shape} dtype=int64) = \n{[str(n) for n in numbers.reshape(-1).tolist()]}",
            )
    most = max((int(numbers.max()) for numbers in (truth, guess) if numbers.size), default=0)
    size = most + 1 if num_classes is None else int_of(num_classes, "ScatterNd", "Tindices")
    for name_, numbers in (("labels", truth), ("predictions", guess)):
        if numbers.size and numbers.max() >= size:
            raise InvalidArgumentError(
                None,
                None,
                f"`{name_}` out of bound\nCondition x < y did not hold.\nFirst {min(numbers.size, 3)} elements of x:\n"
                f"{numbers.reshape(-1)[:3]}\nFirst 1 elements of y:\n[{size}]",
            )
    wanted = dtypes.as_dtype(dtype)
    out = np.zeros((size, size), wanted.as_numpy_dtype)
    np.add.at(out, (truth, guess), 1 if heavy is None else view(heavy).astype(out.dtype))
    return tensor_from(out)


class Unique(NamedTuple):
    """Distinct values in the order of their first occurrence, and for each element its place among them."""

    y: Tensor
    idx: Tensor


class UniqueWithCounts(NamedTuple):
    """Distinct values in the order of their first occurrence, each element's place among them, and their counts."""

    y: Tensor
    idx: Tensor
    count: Tensor


def _distinct(kernel: str, x: Any) -> tuple[Tensor, np.ndarray, np.ndarray]:
    tensor = as_tensor(x)
    array = view(tensor)
    if array.ndim != 1:
        raise invalid_argument(kernel, "unique expects a 1D vector.", None)
    _, first, inverse, counts = np.unique(
        array, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    order = np.argsort(first, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return tensor_from(array[first[order]], tensor.dtype), place[inverse], counts[order]


@op(
    "unique",
    dtypes=ALL,
    orders="0",
    edges=lambda: [
        *(call([1, 1, 2, 4, 4, 1]), call(values([math.nan, math.nan, 1.0])), call([1.0, 2.0], out_idx="int64")),
        *(call(integer([True, False, True], "bool")), call([]), call([3, 1, 2, 1])),
    ],
)
def unique(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> Unique:
    """Distinct values of a vector in the order of their first occurrence, and each element's place among them."""
    y, places, _ = _distinct("Unique", x)
    return Unique(y, tensor_from(places, index_dtype("Unique", out_idx, "out_idx")))


@op("unique_with_counts", dtypes=ALL, orders="0", edges=lambda: [call([1, 1, 2]), call([2.0, 1.0, 2.0], "int64")])
def unique_with_counts(x: Any, out_idx: Any = dtypes.int32, name: str | None = None) -> UniqueWithCounts:
    """What `unique` gives, and how often each value occurs."""
    y, places, counts = _distinct("UniqueWithCounts", x)
    dtype = index_dtype("UniqueWithCounts", out_idx, "out_idx")
    return UniqueWithCounts(y, tensor_from(places, dtype), tensor_from(counts, dtype))


@op("unravel_index", dtypes="int32, int64", orders="0", edges=lambda: [call([7, 3], [2, 4]), call(5, [2, 4])])
def unravel_index(indices: Any, dims: Any, name: str | None = None) -> Tensor:
    """The coordinates of flat indices into a shape, one row per axis."""
    tensor = as_tensor(indices, hint=dtypes.int32)
    index, sizes = index_array(tensor, "UnravelIndex", "Tidx"), ints_of(dims, "UnravelIndex", "Tidx")
    if index.ndim > 1:
        shape = dims_text(index.shape)
        raise invalid_argument("UnravelIndex", f'The indices can only be scalar or vector, got "{shape}"', "")
    try:
        coordinates = np.unravel_index(index, sizes)
    except ValueError:
        raise invalid_argument("UnravelIndex", "index is out of bound as with dims", None) from None
    return tensor_from(np.stack(coordinates) if sizes else np.zeros((0, *index.shape)), tensor.dtype)
