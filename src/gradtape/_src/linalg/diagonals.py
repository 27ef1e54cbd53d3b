"""Diagonals and bands of matrices: extracting, replacing and building them, by gathering elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_conjugate,
    apply_elementwise,
    apply_reduce,
    apply_reshape,
    apply_transpose,
    as_tensor,
    full_like,
)
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import common_tensors, dims_text, int_of, ints_of, scalar_of
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.joining import concat
from gradtape._src.table.rows import NUMBERS, call, op, real

_ALIGNMENTS = ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT")


def _at_least_two(op: str, x: Tensor, name: str) -> None:
    if x.ndim < 2:
        raise invalid_argument(op, f"input must be at least 2-dim, received shape: {dims_text(x.shape)}", name)


def _band(op: str, k: Any, rows: int, columns: int) -> tuple[int, int]:
    """The lowest and the highest diagonal of a band, which must overlap matrices of this size."""
    low, high = _bounds(op, k)
    for name, bound, mark in (("lower", low, "." if op == "MatrixDiagPartV3" else ""), ("upper", high, "")):
        if bound and not -rows < bound < columns:
            raise invalid_argument(
                op, f"{name}_diag_index is out of bound: {bound}{mark} It must be between -{rows} and {columns}", None
            )
    return low, high


def _bounds(op: str, k: Any) -> tuple[int, int]:
    """The two numbers of k, the lower one first."""
    bounds = ints_of(k, op, "k", "int32")
    if len(bounds) not in (1, 2):
        raise invalid_argument(
            op, f"diag_index must have only one or two elements, received {len(bounds)} elements.", None
        )
    if bounds[0] > bounds[-1]:
        raise invalid_argument(
            op, f"lower_diag_index must not be larger than upper_diag_index: {bounds[0]} > {bounds[-1]}", None
        )
    return bounds[0], bounds[-1]


def _places(op: str, rows: int, columns: int, low: int, high: int, align: str) -> np.ndarray:
    """Flat positions of the diagonals' elements in the matrix: (diagonals, longest), -1 for padding."""
    if align not in _ALIGNMENTS:
        allowed = ", ".join(f'"{name}"' for name in _ALIGNMENTS)
        message = f"Value for attr 'align' of \"{align}\" is not in the list of allowed values: {allowed}"
        raise invalid_argument(op, message, "", kernel=None)
    longest = max(min(rows + min(high, 0), columns - max(low, 0)), 0)
    above, below = (word == "LEFT" for word in align.split("_"))
    places = np.full((high - low + 1, longest), -1)
    for line, k in enumerate(range(high, low - 1, -1)):
        length = max(min(rows + min(k, 0), columns - max(k, 0)), 0)
        start = 0 if (k >= 0 and above) or (k <= 0 and below) else longest - length
        places[line, start : start + length] = max(-k, 0) * columns + max(k, 0) + np.arange(length) * (columns + 1)
    return places


def _flat(x: Tensor, axes: int) -> Tensor:
    """x with its last axes merged."""
    lead = x.shape[: x.ndim - axes]
    return apply_reshape(x, (*lead, math.prod(x.shape[x.ndim - axes :])))


def _padded(x: Tensor, value: Any) -> Tensor:
    """x with one more element after its last axis."""
    last = as_tensor(value, hint=x.dtype)
    return concat([x, full_like(x[..., :1], 0) + last if x.shape[-1] else x], -1)


@op(
    "linalg.diag_part",
    dtypes=NUMBERS,
    samples=lambda: [
        *(call(real(3, 3)), call(real(2, 3, 4), k=1), call(real(4, 3), k=-2), call(real(3, 4), k=(-1, 2))),
        *(call(real(2, 3, 3), k=(-1, 1), padding_value=7.0, align="LEFT_LEFT"), call(real(3, 2), k=(0, 1))),
    ],
)
def diag_part(
    input: TensorLike,
    name: str = "diag_part",
    k: TensorLike = 0,
    padding_value: TensorLike = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """The k-th diagonals of matrices, or several of them, padded to one length.

    Args:
      input: a tensor of shape [..., rows, columns].
      name: not used.
      k: the diagonal, 0 for the main one, positive above and negative below it, or a pair (low, high) for those
        between.
      padding_value: the value that pads shorter diagonals.
      align: how superdiagonals and subdiagonals are aligned: "RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT" or "RIGHT_RIGHT".

    Returns:
      A tensor of shape [..., length], or for a pair [..., high - low + 1, length], from high to low.

    Raises:
      InvalidArgumentError: the operand has fewer than two axes.
      ValueError: unknown `align`.

    Example:
      >>> tf.linalg.diag_part([[1, 2], [3, 4]]).numpy()
      array([1, 4], dtype=int32)
      >>> tf.linalg.diag_part([[1, 2], [3, 4]], k=(-1, 0)).numpy()
      array([[1, 4],
             [3, 0]], dtype=int32)
    """
    x = as_tensor(input)
    _at_least_two("MatrixDiagPartV3", x, name)
    rows, columns = x.shape[-2:]
    low, high = _band("MatrixDiagPartV3", k, rows, columns)
    places = _places("MatrixDiagPartV3", rows, columns, low, high, align)
    flat = _flat(x, 2)
    if (places < 0).any():
        flat = _padded(flat, padding_value)
        places = np.where(places < 0, rows * columns, places)
    return gather(flat, places[0] if low == high else places, axis=-1)


@op(
    "linalg.diag",
    dtypes=NUMBERS,
    samples=lambda: [
        *(call(real(3)), call(real(2, 3)), call(real(2), k=1), call(real(2, 3), k=-1, num_rows=5)),
        *(call(real(2), num_rows=2, num_cols=3, padding_value=9.0), call(real(3, 3), k=(-1, 1))),
    ],
)
def diag(
    diagonal: TensorLike,
    name: str = "diag",
    k: TensorLike = 0,
    num_rows: IntLike = -1,
    num_cols: IntLike = -1,
    padding_value: TensorLike = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """Matrices with given diagonals.

    Args:
      diagonal: a tensor of shape [..., length], or for several diagonals [..., diagonals, length].
      name: not used.
      k: the diagonal, 0 for the main one, positive above and negative below it, or a pair (low, high) for those
        between.
      num_rows: the number of rows; -1 for as few as hold the diagonals.
      num_cols: the number of columns; -1 for as few as hold the diagonals.
      padding_value: the value of all other elements.
      align: how superdiagonals and subdiagonals are aligned: "RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT" or "RIGHT_RIGHT".

    Returns:
      A tensor of shape [..., rows, columns].

    Raises:
      InvalidArgumentError: the operand has no axes, or the diagonals do not fit.
      ValueError: unknown `align`.

    Example:
      >>> tf.linalg.diag([1, 2]).numpy()
      array([[1, 0],
             [0, 2]], dtype=int32)
      >>> tf.linalg.diag([1], k=1).numpy()
      array([[0, 1],
             [0, 0]], dtype=int32)
    """
    x, (low, high) = as_tensor(diagonal), _bounds("MatrixDiagV3", k)
    if x.ndim < 1:
        raise invalid_argument("MatrixDiagV3", "diagonal must be at least 1-dim, received shape: []", name)
    longest = x.shape[-1]
    rows, columns = int_of(num_rows, "MatrixDiagV3", "num_rows"), int_of(num_cols, "MatrixDiagV3", "num_cols")
    least = longest - min(high, 0), longest + max(low, 0)
    if high > low and (x.ndim < 2 or x.shape[-2] != high - low + 1):
        raise invalid_argument(
            "MatrixDiagV3",
            "The number of diagonals provided in the input does not match the lower_diag_index and upper_diag_index "
            "range.",
            None,
        )
    if rows == columns == -1:
        rows = columns = max(least)
    rows, columns = (least[0] if rows == -1 else rows), (least[1] if columns == -1 else columns)
    for name, given, needed in (("rows", rows, least[0]), ("columns", columns, least[1])):
        if given < needed:
            raise invalid_argument("MatrixDiagV3", f"The number of {name} is too small.", None)
    if rows != least[0] and columns != least[1]:
        raise invalid_argument(
            "MatrixDiagV3",
            "The number of rows or columns is not consistent with the specified d_lower, d_upper, and diagonal.",
            None,
        )
    places = _places("MatrixDiagV3", rows, columns, low, high, align)
    x = _flat(x, 1 if low == high else 2)
    picks = np.full(rows * columns, x.shape[-1])
    picks[places[places >= 0]] = np.arange(places.size).reshape(places.shape)[places >= 0]
    return gather(_padded(x, padding_value), picks.reshape(rows, columns), axis=-1)


@op(
    "linalg.set_diag",
    dtypes=NUMBERS,
    samples=lambda: [
        *(call(real(3, 3), real(3)), call(real(2, 3, 4), real(2, 3), k=1), call(real(3, 3), real(3, 3), k=(-1, 1))),
        call(real(4, 3), real(2), k=-2),
    ],
)
def set_diag(
    input: TensorLike, diagonal: TensorLike, name: str = "set_diag", k: TensorLike = 0, align: str = "RIGHT_LEFT"
) -> Tensor:
    """Matrices with diagonals replaced.

    Args:
      input: a tensor of shape [..., rows, columns].
      diagonal: the new diagonals, in the layout of `diag_part`.
      name: not used.
      k: the diagonal, 0 for the main one, positive above and negative below it, or a pair (low, high) for those
        between.
      align: how superdiagonals and subdiagonals are aligned: "RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT" or "RIGHT_RIGHT".

    Returns:
      A tensor of the shape of `input`.

    Raises:
      InvalidArgumentError: the shapes do not match.
      ValueError: unknown `align`.

    Example:
      >>> tf.linalg.set_diag([[1, 2], [3, 4]], [8, 9]).numpy()
      array([[8, 2],
             [3, 9]], dtype=int32)
    """
    x, d = common_tensors((input, diagonal))
    _at_least_two("MatrixSetDiagV3", x, name)
    rows, columns = x.shape[-2:]
    low, high = _band("MatrixSetDiagV3", k, rows, columns)
    places = _places("MatrixSetDiagV3", rows, columns, low, high, align)
    expected = (*x.shape[:-2], *(places.shape[1:] if low == high else places.shape))
    if tuple(d.shape) != expected:
        raise invalid_argument(
            "MatrixSetDiagV3",
            "Either first dimensions of diagonal don't match input.shape[:-2], or diagonal.shape[:-1] is not equal to "
            f"the longests diagonal in range [lower_diag_index:upper_diag_index].\nInput shape: {dims_text(x.shape)}\n"
            f"Diagonal shape: {dims_text(d.shape)}\nExpected diagonal shape: {dims_text(expected)}",
            name,
        )
    picks = np.arange(rows * columns)
    picks[places[places >= 0]] = rows * columns + np.arange(places.size).reshape(places.shape)[places >= 0]
    both = concat([_flat(x, 2), _flat(d, 1 if low == high else 2)], -1)
    return gather(both, picks.reshape(rows, columns), axis=-1)


@op(
    "linalg.band_part",
    dtypes=NUMBERS,
    samples=lambda: [
        *(call(real(3, 4), 1, 0), call(real(2, 3, 3), -1, 0), call(real(4, 3), 0, -1), call(real(3, 3), 0, 0)),
        call(real(0, 3), -1, -1),
    ],
)
def band_part(input: TensorLike, num_lower: IntLike, num_upper: IntLike, name: str | None = None) -> Tensor:
    """Matrices with the elements outside a band around the main diagonal set to 0.

    Args:
      input: a tensor of shape [..., rows, columns].
      num_lower: how many diagonals below the main one are kept; negative keeps all.
      num_upper: how many above it are kept; negative keeps all.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the operand has fewer than two axes.

    Example:
      >>> tf.linalg.band_part([[1, 2], [3, 4]], 0, -1).numpy()
      array([[1, 2],
             [0, 4]], dtype=int32)
    """
    x = as_tensor(input)
    _at_least_two("MatrixBandPart", x, "")
    rows, columns = x.shape[-2:]
    lower, upper = (
        scalar_of("MatrixBandPart", count, f"{name} must be scalar, got shape {{shape}}", "Tindex")
        for name, count in (("num_lower", num_lower), ("num_upper", num_upper))
    )
    for name, count, most, what in (("num_lower", lower, rows, "rows"), ("num_upper", upper, columns, "columns")):
        if count > most:
            raise invalid_argument(
                "MatrixBandPart",
                f"{name} must be negative or less or equal to number of {what} ({most}) got: {count}",
                "",
            )
    k = np.arange(columns) - np.arange(rows)[:, None]
    kept = ((k >= -lower) | (lower < 0)) & ((k <= upper) | (upper < 0))
    return apply_elementwise("select", as_tensor(kept), x, full_like(x, 0))


@op("linalg.trace", dtypes=NUMBERS, samples=lambda: [call(real(3, 3)), call(real(2, 3, 2))])
def trace(x: TensorLike, name: str | None = None) -> Tensor:
    """The sum of the main diagonal of each matrix.

    Args:
      x: a tensor of shape [..., rows, columns].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [...].

    Raises:
      InvalidArgumentError: the operand has fewer than two axes.

    Example:
      >>> tf.linalg.trace([[1, 2], [3, 4]]).numpy()
      np.int32(5)
    """
    return apply_reduce("Sum", diag_part(x), -1, False)


@op("linalg.tensor_diag", dtypes=NUMBERS, samples=lambda: [call(real(3)), call(real(2, 3))])
def tensor_diag(diagonal: TensorLike, name: str | None = None) -> Tensor:
    """A tensor of twice the rank, with the given values where the first half of its indices equals the second.

    Args:
      diagonal: a tensor of shape [n1, ..., nk].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [n1, ..., nk, n1, ..., nk], 0 elsewhere.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> tf.linalg.tensor_diag([1, 2]).numpy()
      array([[1, 0],
             [0, 2]], dtype=int32)
    """
    x = as_tensor(diagonal)
    if not x.ndim:
        raise invalid_argument("Diag", "Input must be at least rank 1, got 0", "")
    return apply_reshape(diag(apply_reshape(x, [-1])), (*x.shape, *x.shape))


@op("linalg.tensor_diag_part", dtypes=NUMBERS, samples=lambda: [call(real(3, 3)), call(real(2, 3, 2, 3))])
def tensor_diag_part(input: TensorLike, name: str | None = None) -> Tensor:
    """The values of a tensor where the first half of the indices equals the second: the inverse of tensor_diag.

    Args:
      input: a tensor of shape [n1, ..., nk, n1, ..., nk].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [n1, ..., nk].

    Raises:
      InvalidArgumentError: the shape is not of that form.

    Example:
      >>> tf.linalg.tensor_diag_part([[1, 2], [3, 4]]).numpy()
      array([1, 4], dtype=int32)
    """
    x = as_tensor(input)
    if x.ndim % 2 or not x.ndim:
        raise invalid_argument(
            "DiagPart", f"The rank of the tensor should be even and positive, got shape {dims_text(x.shape)}", ""
        )
    half = x.ndim // 2
    for i in range(half):
        if x.shape[i] != x.shape[half + i]:
            raise invalid_argument(
                "DiagPart", f"Invalid shape {dims_text(x.shape)}: dimensions {i} and {half + i} do not match.", ""
            )
    n = math.prod(x.shape[:half])
    return apply_reshape(diag_part(apply_reshape(x, (n, n))), x.shape[:half])


def _turned(x: Any) -> Tensor:
    x = as_tensor(x)
    if x.ndim < 2:
        raise ValueError(
            f"Argument `a` should be a (batch) matrix with rank >= 2.  Received `a` = {x} with shape: {x.shape}"
        )
    return apply_transpose(x, [*range(x.ndim - 2), x.ndim - 1, x.ndim - 2])


@op("linalg.matrix_transpose", dtypes=NUMBERS, samples=lambda: [call(real(2, 3)), call(real(2, 3, 4))])
def matrix_transpose(a: TensorLike, name: str = "matrix_transpose", conjugate: bool = False) -> Tensor:
    """Exchanges the last two axes.

    Args:
      a: a tensor of shape [..., m, n].
      name: not used.
      conjugate: whether complex numbers are conjugated too.

    Returns:
      A tensor of shape [..., n, m].

    Raises:
      ValueError: the operand has fewer than two axes.

    Example:
      >>> tf.linalg.matrix_transpose([[1, 2], [3, 4]]).numpy()
      array([[1, 3],
             [2, 4]], dtype=int32)
    """
    return apply_conjugate(_turned(a)) if conjugate else _turned(a)


@op("linalg.adjoint", dtypes=NUMBERS, samples=lambda: [call(real(2, 3)), call(real(2, 3, 4))])
def adjoint(matrix: TensorLike, name: str | None = None) -> Tensor:
    """Exchanges the last two axes, and conjugates complex numbers.

    Args:
      matrix: a tensor of shape [..., m, n].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [..., n, m].

    Raises:
      ValueError: the operand has fewer than two axes.

    Example:
      >>> tf.linalg.adjoint([[1, 2], [3, 4]]).numpy()
      array([[1, 3],
             [2, 4]], dtype=int32)
    """
    return apply_conjugate(_turned(matrix))
