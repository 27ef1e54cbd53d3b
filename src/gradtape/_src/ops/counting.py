"""Counting: histograms, confusion matrices, distinct values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, as_tensor, tensor_from, view
from gradtape._engine.ops.rows import sums_of_rows
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError, TextOperand, invalid_argument
from gradtape._src.core.operands import (
    check_memory,
    common_tensors,
    dims_text,
    flag,
    index_array,
    index_dtype,
    int_of,
    ints_of,
    not_allowed,
    one_dtype,
    scalar_of,
)
from gradtape._src.core.steps import one_step
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.text_codes import TextCodes, coded
from gradtape._src.core.typing import DTypeLike, IntLike, TensorLike
from gradtape._src.table.rows import ALL, INTEGERS, NUMBERS, call, integer, op, values

if TYPE_CHECKING:
    from gradtape._src.ops.named_results import Unique, UniqueWithCounts


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
    arr: TensorLike,
    weights: TensorLike | None = None,
    minlength: IntLike | None = None,
    maxlength: IntLike | None = None,
    dtype: DTypeLike = dtypes.int32,
    name: str | None = None,
    axis: IntLike | None = None,
    binary_output: bool = False,
) -> Tensor:
    """Counts the occurrences of each of the integers 0, 1, 2, ...

    Args:
      arr: a tensor of non-negative integers.
      weights: a tensor of the same shape, whose sums replace counts and determine the result's dtype; None for
        counts.
      minlength: the minimum length of the result, which is padded with 0.
      maxlength: the maximum length; larger numbers are ignored.
      dtype: the dtype of counts.
      axis: None or 0 to count all elements, -1 to count each row of a matrix separately.
      binary_output: whether the result is 1 for numbers that occur, instead of counts.
      name: not used; TensorFlow names operations by it.

    Returns:
      A vector whose length is one more than the largest number, or a matrix with one such row per row.

    Raises:
      ValueError: unsupported axis, or weights together with binary_output.
      InvalidArgumentError: a number is negative, the shapes differ, or there are more than two axes with axis=-1.

    Example:
      >>> tf.math.bincount([1, 1, 3]).numpy()
      array([0, 2, 0, 1], dtype=int32)
      >>> tf.math.bincount([1, 1, 3], weights=[0.5, 0.25, 2.0]).numpy()
      array([0.  , 0.75, 0.  , 2.  ], dtype=float32)
    """
    tensor, heavy = as_tensor(arr), None if weights is None else as_tensor(weights)
    if flag(binary_output, "binary_output") and heavy is not None:
        raise ValueError("Arguments `binary_output` and `weights` are mutually exclusive. Please specify only one.")
    if tensor.dtype.is_integer:
        index_dtype("DenseBincount", tensor.dtype, "Tidx")
    rowwise = axis is not None and int_of(axis, "Bincount", "axis") == -1
    if not rowwise and axis is not None and int_of(axis, "Bincount", "axis") != 0:
        raise ValueError(f"Unsupported value for argument axis={axis}. Only 0 and -1 are currently supported.")
    array = view(tensor).astype(np.int64)
    if rowwise and array.ndim > 2:
        raise invalid_argument("DenseBincount", f"Shape must be at most rank 2 but is rank {array.ndim}", "")
    rowwise = rowwise and array.ndim == 2
    if (array < 0).any():
        found = f"Input 'in' must be non-negative! Negative input value found: {array[array < 0][0]}"
        raise invalid_argument("DenseBincount", found if rowwise else "Input arr must be non-negative!", "")
    if heavy is not None and heavy.shape != array.shape:
        raise invalid_argument(
            "DenseBincount",
            "`weights` must be the same shape as `arr` or a length-0 `Tensor`, in which case it acts as all weights "
            f"equal to 1. Received {dims_text(heavy.shape)}",
            "",
        )
    length = int(np.max(array)) + 1 if array.size else 0
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
    counts = _counted(
        flat, len(rows) * length, None if heavy is None else view(heavy).reshape(rows.shape)[kept], wanted
    )
    out = np.minimum(counts, 1) if binary_output else counts
    return tensor_from(out.reshape(len(rows), length) if rowwise else out, wanted)


def _counted(places: np.ndarray, length: int, weights: np.ndarray | None, dtype: dtypes.DType) -> np.ndarray:
    """Counts the occurrences of each index below a length, or sums weights by index, in the given order."""
    check_memory((length,), dtypes.int64)
    if weights is None:
        return np.bincount(places.reshape(-1), minlength=length).astype(dtype.as_numpy_dtype)
    heavy = tensor_from(weights.reshape(-1), dtype)
    return view(sums_of_rows(heavy, np.asarray(places, np.int64).reshape(-1), (length,)))


def _histogram_edges() -> list[Any]:
    return [
        *(call([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5), call([1, 2], [0, 5], 5, "int64")),
        call(integer([0.5, 1.0], "float64"), integer([0.0, 1.0], "float64"), 4),
    ]


@op("histogram_fixed_width", dtypes=NUMBERS, orders="0", edges=_histogram_edges)
@one_step("values", "value_range", static=("nbins",))
def histogram_fixed_width(
    values: TensorLike,
    value_range: TensorLike,
    nbins: TensorLike = 100,
    dtype: DTypeLike = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """A histogram: the number of values in each of nbins equal parts of a range.

    Args:
      values: a tensor of numbers; those outside the range are counted in the first or last part.
      value_range: the ends of the range, in the dtype of `values`.
      nbins: the number of parts.
      dtype: the dtype of counts.
      name: not used; TensorFlow names operations by it.

    Returns:
      A vector of nbins counts.

    Raises:
      InvalidArgumentError: the range is not increasing, there are no bins, or a value is NaN.

    Example:
      >>> tf.histogram_fixed_width([-2.0, 0.5, 1.0, 3.5, 9.0], [0.0, 4.0], nbins=4).numpy()
      array([2, 1, 0, 2], dtype=int32)
    """
    kernel = "HistogramFixedWidth"
    data, bounds = common_tensors([values, value_range])
    wanted = index_dtype(kernel, dtype, "dtype")
    if data.dtype not in (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64):
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
    check_memory((count,), dtypes.int64)
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
@one_step("values", "value_range", static=("nbins",))
def histogram_fixed_width_bins(
    values: TensorLike,
    value_range: TensorLike,
    nbins: TensorLike = 100,
    dtype: DTypeLike = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """The index of the bin, one of nbins equal parts of a range, of each value.

    Args:
      values: a floating tensor; values outside the range belong to the first or last part.
      value_range: the ends of the range, in the same dtype.
      nbins: the number of parts.
      dtype: not used; the result is of int32, as in TensorFlow.
      name: not used; TensorFlow names operations by it.

    Returns:
      An int32 tensor of the shape of `values`; NaN gives TensorFlow's smallest integer.

    Raises:
      InvalidArgumentError: values and range are of different dtypes or integers, or there are no bins.

    Example:
      >>> tf.histogram_fixed_width_bins([-2.0, 0.5, 1.0, 3.5, 9.0], [0.0, 4.0], nbins=4).numpy()
      array([0, 0, 1, 3, 3], dtype=int32)
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
@one_step(
    "labels", "predictions", "weights", static=("num_classes",), unless=lambda given: given.get("num_classes") is None
)
def confusion_matrix(
    labels: TensorLike,
    predictions: TensorLike,
    num_classes: IntLike | None = None,
    weights: TensorLike | None = None,
    dtype: DTypeLike = dtypes.int32,
    name: str | None = None,
) -> Tensor:
    """The confusion matrix: element [i, j] counts label i with prediction j.

    Args:
      labels: a vector of classes, which are non-negative.
      predictions: a vector of the same length.
      num_classes: the number of classes; None for the largest class plus one.
      weights: a weight for each pair, whose sums replace counts; None for 1.
      dtype: the dtype of the result.
      name: not used; TensorFlow names operations by it.

    Returns:
      A matrix of shape [num_classes, num_classes].

    Raises:
      ValueError: the weights have another shape.
      InvalidArgumentError: the lengths differ, or a class is negative or not below num_classes.

    Example:
      >>> tf.math.confusion_matrix([0, 1, 1], [0, 0, 1]).numpy()
      array([[1, 0],
             [1, 1]], dtype=int32)
    """
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
    summed = dtypes.int32 if wanted.is_bool else wanted
    counts = _counted(truth * size + guess, size * size, None if heavy is None else view(heavy), summed)
    return tensor_from(counts.reshape(size, size), wanted)


def _distinct(kernel: str, x: Any) -> tuple[Tensor, np.ndarray, np.ndarray]:
    try:
        tensor = as_tensor(x)
    except TextOperand:
        codes = TextCodes()
        distinct, places, counts = _distinct(kernel, *coded(codes, (x,)))
        return codes.text(distinct), places, counts
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
def unique(x: TensorLike, out_idx: DTypeLike = dtypes.int32, name: str | None = None) -> Unique:
    """Distinct values of a vector in the order of their first occurrence, and each element's index among them.

    Args:
      x: a vector.
      out_idx: the dtype of positions.
      name: not used; TensorFlow names operations by it.

    Returns:
      A named tuple of `y`, the distinct values, and `idx`, with x[i] = y[idx[i]].

    Raises:
      InvalidArgumentError: x is not a vector.

    Example:
      >>> y, idx = tf.unique([4, 4, 9, 4])
      >>> y.numpy(), idx.numpy()
      (array([4, 9], dtype=int32), array([0, 0, 1, 0], dtype=int32))
    """
    y, places, _ = _distinct("Unique", x)
    from gradtape._src.ops.named_results import Unique

    return Unique(y, tensor_from(places, index_dtype("Unique", out_idx, "out_idx")))


@op("unique_with_counts", dtypes=ALL, orders="0", edges=lambda: [call([1, 1, 2]), call([2.0, 1.0, 2.0], "int64")])
def unique_with_counts(x: TensorLike, out_idx: DTypeLike = dtypes.int32, name: str | None = None) -> UniqueWithCounts:
    """Distinct values of a vector, each element's index among them, and their counts.

    Args:
      x: a vector.
      out_idx: the dtype of positions and counts.
      name: not used; TensorFlow names operations by it.

    Returns:
      A named tuple of `y`, the distinct values, `idx`, with x[i] = y[idx[i]], and `count`.

    Raises:
      InvalidArgumentError: x is not a vector.

    Example:
      >>> y, idx, count = tf.unique_with_counts([4, 4, 9, 4])
      >>> y.numpy(), idx.numpy(), count.numpy()
      (array([4, 9], dtype=int32), array([0, 0, 1, 0], dtype=int32), array([3, 1], dtype=int32))
    """
    y, places, counts = _distinct("UniqueWithCounts", x)
    dtype = index_dtype("UniqueWithCounts", out_idx, "out_idx")
    from gradtape._src.ops.named_results import UniqueWithCounts

    return UniqueWithCounts(y, tensor_from(places, dtype), tensor_from(counts, dtype))


@op("unravel_index", dtypes="int32, int64", orders="0", edges=lambda: [call([7, 3], [2, 4]), call(5, [2, 4])])
def unravel_index(indices: TensorLike, dims: TensorLike, name: str | None = None) -> Tensor:
    """The coordinates of flat indices into a shape.

    Args:
      indices: an integer or a vector of them.
      dims: the shape, a vector of the same dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A matrix with one row per axis and one column per index, or a vector for a single index.

    Raises:
      InvalidArgumentError: an index is out of range, or is not a scalar or vector.

    Example:
      >>> tf.unravel_index([2, 5], dims=[3, 3]).numpy()
      array([[0, 1],
             [2, 2]], dtype=int32)
    """
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
