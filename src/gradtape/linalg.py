"""tf.linalg: inverses, factorisations and norms of matrices.

Forwards are LAPACK's through NumPy. Reverse rules are Giles' (2008, An extended collection of matrix derivative results
for forward and reverse mode algorithmic differentiation) where a docstring names no other, and consist of operations
that differentiate again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape import dtypes
from gradtape._ops import apply_elementwise, apply_reduce, apply_reshape, as_tensor, record, tensor_from, view
from gradtape._tensor import Tensor
from gradtape.arrays import roll
from gradtape.clipping import global_norm, l2_normalize
from gradtape.contractions import einsum, matmul, matvec, tensordot
from gradtape.creation import eye
from gradtape.diagonals import (
    adjoint,
    band_part,
    diag,
    diag_part,
    matrix_transpose,
    set_diag,
    tensor_diag,
    tensor_diag_part,
    trace,
)
from gradtape.errors import FailedPreconditionError, from_op, invalid_argument
from gradtape.factorisations import (
    cholesky_solve,
    eigh,
    eigvalsh,
    expm,
    matrix_rank,
    qr,
    solve,
    symmetrised,
    triangular_solve,
)
from gradtape.factorisations import matrices as _matrices
from gradtape.operands import common_tensors
from gradtape.table import NUMBERS, call, op, real

__all__ = ["norm"]

SUM, MAX = 0, 2


def _invertible(array: np.ndarray) -> np.ndarray:
    """A matrix well away from singular ones, its eigenvalues apart."""
    return array * 0.3 + np.eye(*array.shape[-2:]) * np.arange(1.0, 1.0 + array.shape[-1])


def _positive(array: np.ndarray) -> np.ndarray:
    """A symmetric positive definite matrix, its eigenvalues apart."""
    return _invertible(array @ np.swapaxes(array, -1, -2) * 0.3)


def _square_samples() -> list[Any]:
    return [call(real(*shape, through=_invertible)) for shape in [(3, 3), (2, 2, 2), (1, 1)]]


@op("linalg.inv", samples=lambda: [*_square_samples(), call(real(3, 3, through=_invertible), adjoint=True)])
def inv(input: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """The inverses of matrices, transposed where adjoint.

    Raises:
      InvalidArgumentError: one is not square or not invertible.
    """
    x = _matrices("MatrixInverse", input)
    if adjoint:
        x = matrix_transpose(x)
    try:
        out = tensor_from(np.linalg.inv(view(x)))
    except np.linalg.LinAlgError:
        raise invalid_argument("MatrixInverse", "Input is not invertible.", "") from None
    return record("MatrixInverse", _inv_rule, (x,), out, (out,), None)


def _inv_rule(call: Any, needs: Any, g: Tensor) -> Tensor:
    (y,) = call.saved
    return -matmul(y, matmul(g, y, transpose_b=True), transpose_a=True)


@op("linalg.det", samples=_square_samples)
def det(input: Any, name: str | None = None) -> Tensor:
    """The determinants of matrices."""
    x = _matrices("MatrixDeterminant", input)
    out = tensor_from(np.linalg.det(view(x)), x.dtype)
    return record("MatrixDeterminant", _det_rule, (x,), out, (x, out), None)


def _det_rule(call: Any, needs: Any, g: Tensor) -> Tensor:
    x, y = call.saved
    return inv(x, adjoint=True) * apply_reshape(g * y, (*y.shape, 1, 1))


@op("linalg.slogdet", samples=_square_samples, program=lambda tf, f, x: list(f(x)))
def slogdet(input: Any, name: str | None = None) -> Any:
    """The signs of the determinants of matrices and the logarithms of their absolute values."""
    x = _matrices("LogMatrixDeterminant", input)
    sign, logarithm = (tensor_from(part, x.dtype) for part in np.linalg.slogdet(view(x)))
    return sign, record("LogMatrixDeterminant", _slogdet_rule, (x,), logarithm, (x,), None)


def _slogdet_rule(call: Any, needs: Any, g: Tensor) -> Tensor:
    (x,) = call.saved
    return inv(x, adjoint=True) * apply_reshape(g, (*g.shape, 1, 1))


@op(
    "linalg.logdet",
    samples=lambda: [call(real(3, 3, through=_positive)), call(real(2, 2, 2, through=_positive))],
    program=lambda tf, f, x: f(symmetrised(tf, x)),
)
def logdet(matrix: Any, name: str | None = None) -> Tensor:
    """The logarithms of the determinants of symmetric positive definite matrices."""
    return apply_reduce(SUM, apply_elementwise("log", diag_part(cholesky(matrix))), -1, False, "Sum") * 2.0


@op(
    "linalg.cholesky",
    samples=lambda: [call(real(3, 3, through=_positive)), call(real(2, 2, 2, through=_positive))],
    program=lambda tf, f, x: f(symmetrised(tf, x)),
)
def cholesky(input: Any, name: str | None = None) -> Tensor:
    """The lower triangular L with L Lᵀ the matrix, which is symmetric and positive definite; NaN where it is not.

    Only the lower triangle is read; the gradient is symmetric. Rule: Murray (2016), Differentiation of the Cholesky
    decomposition.
    """
    x = _matrices("Cholesky", input)
    array = view(x)
    try:
        result = np.linalg.cholesky(array)
    except np.linalg.LinAlgError:
        result = np.empty(array.shape, array.dtype)
        for place in np.ndindex(array.shape[:-2]):
            try:
                result[place] = np.linalg.cholesky(array[place])
            except np.linalg.LinAlgError:
                result[place] = np.where(np.tri(array.shape[-1], dtype=bool), np.nan, 0)
    out = tensor_from(result)
    return record("Cholesky", _cholesky_rule, (x,), out, (out,), None)


def _cholesky_rule(call: Any, needs: Any, g: Tensor) -> Tensor:
    (lower,) = call.saved
    inner = band_part(matmul(lower, g, transpose_a=True), -1, 0)
    inner = set_diag(inner, diag_part(inner) * 0.5)
    inverse = inv(lower)
    whole = matmul(inverse, matmul(inner, inverse), transpose_a=True)
    return (whole + matrix_transpose(whole)) * 0.5


@op(
    "norm",
    "linalg.norm",
    samples=lambda: [
        *(call(real(3)), call(real(2, 3)), call(real(2, 3), 1), call(real(2, 3), np.inf, axis=-1)),
        *(call(real(2, 3), 3, axis=0, keepdims=True), call(real(2, 3, 2), "fro", axis=[0, 2])),
        *(call(real(2, 3), 1, axis=[0, 1]), call(real(2, 3), np.inf, axis=(-2, -1)), call(real(2, 3), 2.5)),
    ],
)
def norm(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool | None = None, name: str | None = None
) -> Tensor:
    """The norm of all elements, of vectors along an axis, or of matrices on two axes.

    Raises:
      ValueError: there is no such norm.
    """
    matrices = isinstance(axis, tuple | list) and len(axis) == 2
    if isinstance(axis, tuple | list) and len(axis) not in (1, 2):
        raise ValueError("'axis' must be None, an integer, or a tuple of 2 unique integers")
    if matrices:
        known: list[Any] = ["euclidean", "fro", 1, 2, np.inf]
        if ord not in known:
            raise ValueError(f"'ord' must be a supported matrix norm in {known}, got {ord}")
    elif ord not in ("euclidean", "fro", 1, 2, np.inf) and (isinstance(ord, str) or not ord > 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
    x, kept = as_tensor(tensor), bool(keepdims)
    if ord in ("euclidean", "fro") or (ord == 2 and not matrices):
        return apply_elementwise("sqrt", apply_reduce(SUM, x * x, axis, kept, "Sum"))
    size = apply_elementwise("abs", x)
    if matrices:
        rows, columns = (place % x.ndim for place in axis)
        if ord == 2:
            raise NotImplementedError("tf.norm of matrices takes the orders 'euclidean', 1 and inf")
        summed, greatest = (rows, columns) if ord == 1 else (columns, rows)
        result = apply_reduce(MAX, apply_reduce(SUM, size, summed, True, "Sum"), greatest, True, "Max")
        return result if kept else apply_reduce(SUM, result, [rows, columns], False, "Sum")
    if ord == np.inf:
        return apply_reduce(MAX, size, axis, kept, "Max")
    if ord == 1:
        return apply_reduce(SUM, size, axis, kept, "Sum")
    return apply_reduce(SUM, size**ord, axis, kept, "Sum") ** (1.0 / ord)


@op(
    "linalg.normalize",
    samples=lambda: [call(real(3)), call(real(2, 3), axis=-1), call(real(2, 3), 1, axis=0)],
)
def normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The tensor divided by its norm, and the norm, its axes kept."""
    x = as_tensor(tensor)
    size = norm(x, ord, axis, True)
    return x / size, size


@op("linalg.cross", dtypes=NUMBERS, samples=lambda: [call(real(3), real(3)), call(real(2, 3), real(2, 3))])
def cross(a: Any, b: Any, name: str | None = None) -> Tensor:
    """The cross products of vectors of three elements."""
    a, b = common_tensors((a, b))
    if a.ndim < 1 or a.shape[-1] != 3:
        raise from_op(FailedPreconditionError, "Cross", "Cross-products are only defined for 3-element vectors.", "")
    return roll(a, -1, -1) * roll(b, -2, -1) - roll(a, -2, -1) * roll(b, -1, -1)
