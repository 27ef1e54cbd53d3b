"""Triangular and orthogonal factors of matrices, and what is solved by them; see systems.py."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradtape import dtypes
from gradtape._doors import apply_broadcast_to, apply_elementwise, apply_reduce, as_tensor, full_like, tensor_from, view
from gradtape._ops import record
from gradtape._tensor import Tensor
from gradtape.arrays import concat
from gradtape.contractions import matmul
from gradtape.creation import eye
from gradtape.diagonals import band_part, diag_part, set_diag
from gradtape.errors import invalid_argument
from gradtape.gathering import gather
from gradtape.matrices import apart, matrices, positive, symmetrised, turned
from gradtape.sorting import invert_permutation
from gradtape.systems import same_batch, triangular_solve
from gradtape.table import call, integer, op, real, values

SUM = 0


def identity_like(x: Tensor) -> Tensor:
    """The identity of the matrices' size."""
    return eye(x.shape[-1], dtype=x.dtype)


@op(
    "linalg.cholesky",
    samples=lambda: [call(real(3, 3, through=positive)), call(real(2, 2, 2, through=positive))],
    edges=lambda: [
        *(call(real(0, 0)), call(values([[1.0, 2.0], [2.0, 1.0]])), call(values([[np.nan, 1.0], [1.0, 2.0]]))),
        call(values([[[4.0, 1.0], [1.0, 3.0]], [[-1.0, 0.0], [0.0, 1.0]]])),
    ],
    # TensorFlow leaves the upper triangle undefined where a matrix has no factor.
    program=lambda tf, f, x: tf.linalg.band_part(f(symmetrised(tf, x)), -1, 0),
)
def cholesky(input: Any, name: str | None = None) -> Tensor:
    """The lower triangular L with L Lᵀ the matrix, which is symmetric and positive definite; NaN where it is not.

    Only the lower triangle is read; the gradient is symmetric. Rule: Murray (2016), Differentiation of the Cholesky
    decomposition.
    """
    x = matrices("Cholesky", input)
    array = view(x)
    try:
        result = np.linalg.cholesky(array)
    except np.linalg.LinAlgError:
        result = np.full(array.shape, np.nan, array.dtype)
        for place in np.ndindex(array.shape[:-2]):
            try:
                result[place] = np.linalg.cholesky(array[place])
            except np.linalg.LinAlgError:
                continue
    out = tensor_from(np.where(np.tri(array.shape[-1], dtype=bool), result, result.dtype.type(0)))
    return record("Cholesky", _cholesky_rule, (x,), out, (out,), None)


def _cholesky_rule(call: Any, needs: Any, g: Tensor) -> Tensor:
    (lower,) = call.saved
    inner = band_part(matmul(lower, g, transpose_a=True), -1, 0)
    inner = set_diag(inner, diag_part(inner) * 0.5)
    inverse = triangular_solve(lower, identity_like(lower))
    whole = matmul(inverse, matmul(inner, inverse), transpose_a=True)
    return (whole + turned(whole)) * 0.5


@op(
    "linalg.cholesky_solve",
    samples=lambda: [
        *(call(real(3, 3, through=apart), real(3, 2)), call(real(2, 2, through=apart), real(3, 2, 1))),
        call(real(0, 0), real(0, 2)),
    ],
)
def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """x where L Lᵀ x = rhs, given the Cholesky factor L; batches broadcast."""
    return triangular_solve(chol, triangular_solve(chol, rhs), adjoint=True)


@op(
    "linalg.logdet",
    samples=lambda: [call(real(3, 3, through=positive)), call(real(2, 2, 2, through=positive))],
    edges=lambda: [call(real(0, 0)), call(values([[1.0, 2.0], [2.0, 1.0]]))],
    program=lambda tf, f, x: f(symmetrised(tf, x)),
)
def logdet(matrix: Any, name: str | None = None) -> Tensor:
    """The logarithms of the determinants of symmetric positive definite matrices; NaN of others."""
    return apply_reduce(SUM, apply_elementwise("log", diag_part(cholesky(matrix))), -1, False, "Sum") * 2.0


class Lu(NamedTuple):
    """Both triangles in one matrix, the lower one without its diagonal of ones, and the permutation."""

    lu: Tensor
    p: Tensor


def _lu_samples() -> list[Any]:
    return [call(real(3, 3, through=apart)), call(real(2, 2, 2, through=apart)), call(real(1, 1, low=1.0))]


@op(
    "linalg.lu",
    samples=_lu_samples,
    edges=lambda: [
        *(call(real(0, 0)), call(real(0, 2, 2)), call(real(2, 0, 0)), call(values([[1.0, 2.0], [3.0, 4.0]]), "int64")),
        call(values([[1.0, 1.0, 2.0], [-1.0, 2.0, 5.0], [0.5, 3.0, 1.0]])),
    ],
    orders_there="0",
    notes="TensorFlow has no gradient",
)
def lu(input: Any, output_idx_type: Any = dtypes.int32, name: str | None = None) -> Lu:
    """Triangles L, its diagonal ones, and U with L U = the rows of the matrix in the order p; pivots are the largest.

    Rule: de Hoog, Anderssen and Lukas (2011), Differentiation of matrix functionals using triangular factorization.

    Raises:
      InvalidArgumentError: a matrix is not square or not invertible.
    """
    x = matrices("Lu", input, operand="Input tensor")
    n = x.shape[-1]
    array = np.array(view(x)).reshape(-1, n, n) if n else np.zeros((0, 0, 0))
    order = np.tile(np.arange(n), (len(array), 1))
    every = np.arange(len(array))
    with np.errstate(all="ignore"):
        for k in range(n):
            pivot = k + np.argmax(np.abs(array[:, k:, k]), axis=1)
            for rows in (array, order):
                rows[every, k], rows[every, pivot] = rows[every, pivot], rows[every, k].copy()
            if (array[:, k, k] == 0).any():
                raise invalid_argument("Lu", "Input is not invertible.", "")
            array[:, k + 1 :, k] /= array[:, k, k, None]
            array[:, k + 1 :, k + 1 :] -= array[:, k + 1 :, k, None] * array[:, k, None, k + 1 :]
    out, p = tensor_from(array.reshape(x.shape), x.dtype), tensor_from(order.reshape(x.shape[:-1]), output_idx_type)
    return Lu(record("Lu", _lu_rule, (x,), out, (out, p), None), p)


def _triangles(packed: Tensor) -> tuple[Tensor, Tensor]:
    ones = full_like(diag_part(packed), 1)
    return set_diag(band_part(packed, -1, 0), ones), band_part(packed, 0, -1)


def _lu_rule(call: Any, needs: Any, g: Tensor) -> Tensor:
    packed, p = call.saved
    lower, upper = _triangles(packed)
    below = matmul(lower, g - band_part(g, 0, -1), transpose_a=True)
    above = matmul(band_part(g, 0, -1), upper, transpose_b=True)
    inner = below - band_part(below, 0, -1) + band_part(above, 0, -1)
    left = triangular_solve(lower, inner, adjoint=True)
    return _restored(turned(triangular_solve(upper, turned(left), lower=False)), p)


def _restored(rows: Tensor, p: Tensor) -> Tensor:
    """The rows that lu put in the order p, in their first one."""
    if p.ndim == 1:
        return gather(rows, invert_permutation(p))
    return gather(rows, tensor_from(np.argsort(view(p), -1)), batch_dims=p.ndim - 1)


def _packed(lower_upper: Any, perm: Any) -> tuple[Tensor, Tensor]:
    packed, p = as_tensor(lower_upper, hint=dtypes.float32), as_tensor(perm, hint=dtypes.int32)
    if packed.ndim < 2:
        raise ValueError("Input `lower_upper` must have at least 2 dimensions.")
    if packed.ndim != p.ndim + 1:
        raise ValueError("`rank(lower_upper)` must equal `rank(perm) + 1`")
    if packed.shape[-1] != packed.shape[-2]:
        raise ValueError("`lower_upper` must be square.")
    return packed, p


@op(
    "linalg.lu_reconstruct",
    samples=lambda: [call(real(3, 3), [2, 0, 1]), call(real(2, 2, 2), [[0, 1], [1, 0]]), call(real(0, 0), integer([]))],
)
def lu_reconstruct(lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None) -> Tensor:
    """The matrices of which lu gave these factors. ValueError where the shapes cannot be lu's."""
    packed, p = _packed(lower_upper, perm)
    return _restored(matmul(*_triangles(packed)), p)


@op(
    "linalg.lu_solve",
    samples=lambda: [
        *(call(real(3, 3, through=apart), [2, 0, 1], real(3, 2)), call(real(1, 1, low=1.0), [0], real(1, 1))),
        call(real(2, 2, 2, through=apart), [[0, 1], [1, 0]], real(2, 1)),
        call(real(2, 2, through=apart), [1, 0], real(3, 2, 1)),
    ],
)
def lu_solve(lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: str | None = None) -> Tensor:
    """x where the matrix of which lu gave these factors times x is rhs. ValueError where shapes do not fit."""
    packed, p = _packed(lower_upper, perm)
    b = as_tensor(rhs, hint=packed.dtype)
    if b.ndim < 2:
        raise ValueError("Input `rhs` must have at least 2 dimensions.")
    if packed.shape[-1] != b.shape[-2]:
        raise ValueError("`lower_upper.shape[-1]` must equal `rhs.shape[-1]`.")
    batch = np.broadcast_shapes(b.shape[:-2], p.shape[:-1])
    rows = np.broadcast_to(view(p), (*batch, p.shape[-1]))
    b = gather(apply_broadcast_to(b, (*batch, *b.shape[-2:])), rows, batch_dims=len(batch))
    return triangular_solve(packed, triangular_solve(_triangles(packed)[0], b), lower=False)


@op(
    "linalg.lu_matrix_inverse",
    samples=lambda: [call(real(3, 3, through=apart), [2, 0, 1]), call(real(2, 2, 2, through=apart), [[0, 1], [1, 0]])],
)
def lu_matrix_inverse(lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None) -> Tensor:
    """The inverses of the matrices of which lu gave these factors. ValueError where the shapes cannot be lu's."""
    packed, p = _packed(lower_upper, perm)
    return lu_solve(packed, p, identity_like(packed))


@op(
    "linalg.lstsq",
    samples=lambda: [
        *(call(real(4, 2, through=apart), real(4, 1)), call(real(2, 3, through=apart), real(2, 2))),
        *(call(real(3, 2, through=apart), real(3, 1), 0.5), call(real(2, 3, 2, through=apart), real(2, 3, 1))),
        call(real(2, 3, through=apart), real(2, 2), l2_regularizer=0.25),
    ],
    edges=lambda: [
        *(call(real(0, 2), real(0, 1)), call(values([[0.0, 0.0], [0.0, 0.0]]), values([[1.0], [2.0]]))),
        call([[1.0, 1.0], [1.0, 1.0]], [[1.0], [2.0]], fast=False),
        call([[1.0, 2.0, 3.0], [1.0, 0.0, 1.0]], [[1.0], [2.0]], 0.5, False),
    ],
    notes="As TensorFlow's, fast=False has no gradient",
    tolerance=1e-9,
)
def lstsq(matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None) -> Tensor:
    """x where |matrix x - rhs|² + l2_regularizer |x|² is least, the shortest such x.

    By Cholesky's factor of the normal equations, NaN where the matrix has not full rank; if not fast, by singular
    values, without a regularizer and a gradient.

    Raises:
      InvalidArgumentError: the matrix does not fit rhs.
      ValueError: a gradient is asked for although fast is False.
    """
    if not fast:
        a, b = same_batch("MatrixSolveLs", matrix, rhs)
        array = view(a)
        inverse = np.linalg.pinv(array, rtol=np.finfo(array.dtype).eps * max(array.shape[-2:]))
        return record("MatrixSolveLs", _no_rule, (a, b), tensor_from(inverse @ view(b)), (), None)
    a = as_tensor(matrix)
    if a.ndim < 2:
        raise invalid_argument("MatrixSolveLs", f"Input tensor 0 must have rank >= 2, got {a.ndim}", "")
    high = a.shape[-2] >= a.shape[-1]
    gram = matmul(a, a, transpose_a=high, transpose_b=not high)
    if isinstance(l2_regularizer, Tensor) or l2_regularizer != 0:
        gram = gram + identity_like(gram) * as_tensor(l2_regularizer, a.dtype)
    factor = cholesky(gram)
    if high:
        return cholesky_solve(factor, matmul(a, rhs, transpose_a=True))
    return matmul(a, cholesky_solve(factor, rhs), transpose_a=True)


def _no_rule(call: Any, needs: Any, g: Tensor) -> Any:
    raise ValueError("Gradient not defined for fast=False")


class Qr(NamedTuple):
    """Orthonormal and upper triangular factors."""

    q: Tensor
    r: Tensor


@op(
    "linalg.qr",
    samples=lambda: [
        *(call(real(3, 3, through=apart)), call(real(2, 4, 2, through=apart)), call(real(2, 4, through=apart))),
        *(call(real(2, 2, 3, through=apart)), call(real(2, 3, through=apart), full_matrices=True)),
    ],
    edges=lambda: [call(real(0, 2)), call(real(0, 2, 2)), call([[1.0], [2.0], [2.0]], True)],
    tolerance=1e-8,
)
def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> Qr:
    """Q with orthonormal columns and upper triangular R with Q R the matrix; a square Q if full_matrices.

    Rule: Roberts and Roberts (2020), QR and LQ decomposition matrix backpropagation algorithms for square, wide, and
    deep matrices. A full Q of a matrix higher than wide has no gradient: NotImplementedError.
    """
    x = matrices("Qr", input, None)
    q, r = (tensor_from(part) for part in np.linalg.qr(view(x), "complete" if full_matrices else "reduced"))
    return Qr(*record("Qr", _qr_rule, (x,), (q, r), (x, q, r), None))


def _qr_rule(call: Any, needs: Any, gq: Tensor, gr: Tensor) -> Tensor:
    x, q, r = call.saved
    rows, columns = r.shape[-2:]
    if rows > columns:
        raise NotImplementedError(
            "QrGrad not implemented when nrows > ncols and full_matrices is true. Received r.shape="
            f"{r.shape} with nrows={rows}and ncols={columns}."
        )
    if rows == columns:
        return _qr_square_rule(q, r, gq, gr)
    beyond = gr[..., rows:]
    square = _qr_square_rule(q, r[..., :rows], gq + matmul(x[..., rows:], beyond, transpose_b=True), gr[..., :rows])
    return concat([square, matmul(q, beyond)], -1)


def _qr_square_rule(q: Tensor, r: Tensor, gq: Tensor, gr: Tensor) -> Tensor:
    inner = matmul(r, gr, transpose_b=True) - matmul(gq, q, transpose_a=True)
    low = band_part(inner, -1, 0)
    whole = gq + matmul(q, set_diag(low + turned(low), diag_part(inner)))
    return turned(triangular_solve(r, turned(whole), lower=False))
