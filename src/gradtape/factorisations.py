"""Triangular systems, spectra, orthogonal factors and exponentials of matrices; see linalg.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape import dtypes
from gradtape._ops import apply_elementwise, apply_reshape, apply_transpose, as_tensor, record, tensor_from, view
from gradtape._tensor import Tensor
from gradtape.arrays import concat
from gradtape.contractions import matmul
from gradtape.diagonals import band_part, diag, diag_part, set_diag
from gradtape.errors import invalid_argument
from gradtape.operands import common_tensors, not_allowed
from gradtape.table import call, op, real


def matrices(op: str, x: Any, square: str | None = "Input matrix must be square.") -> Tensor:
    """A floating tensor of matrices, square ones where `square` says so."""
    tensor = as_tensor(x)
    if not tensor.dtype.is_floating:
        raise not_allowed(op, tensor.dtype, "double, float, half, complex64, complex128")
    if tensor.ndim < 2:
        raise invalid_argument(op, f"Input tensor 0 must have rank >= 2, got {tensor.ndim}", "")
    if square is not None and tensor.shape[-1] != tensor.shape[-2]:
        raise invalid_argument(op, square, "")
    return tensor


def turned(x: Tensor) -> Tensor:
    """The matrices' transposes."""
    return apply_transpose(x, [*range(x.ndim - 2), x.ndim - 1, x.ndim - 2])


def _apart(array: np.ndarray) -> np.ndarray:
    """A matrix whose eigenvalues and singular values are apart."""
    rows, columns = array.shape[-2:]
    return array * 0.3 + np.eye(rows, columns) * np.arange(1.0, 1.0 + columns)


def symmetrised(tf: Any, x: Any) -> Any:
    """The symmetric part of matrices, by either library."""
    return (x + tf.linalg.matrix_transpose(x)) / 2


@op(
    "linalg.solve",
    samples=lambda: [
        *(call(real(3, 3, through=_apart), real(3, 2)), call(real(2, 2, 2, through=_apart), real(2, 2, 1))),
        call(real(3, 3, through=_apart), real(3, 1), adjoint=True),
    ],
)
def solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> Tensor:
    """x where matrix x = rhs, or where the transposed matrix does so if adjoint.

    Raises:
      InvalidArgumentError: the matrix is not square or not invertible, or does not fit rhs.
    """
    a, b = common_tensors((matrix, rhs))
    if a.ndim != b.ndim:
        raise invalid_argument("MatrixSolve", "All input tensors must have the same rank.", "")
    a = matrices("MatrixSolve", a, "First input (lhs) must be a square matrix.")
    if a.shape[-1] != b.shape[-2]:
        raise invalid_argument("MatrixSolve", "Input matrix and rhs are incompatible.", "")
    if adjoint:
        a = turned(a)
    try:
        out = tensor_from(np.linalg.solve(view(a), view(b)))
    except np.linalg.LinAlgError:
        raise invalid_argument("MatrixSolve", "Input matrix is not invertible.", "") from None
    return record("MatrixSolve", _solve_rule, (a, b), out, (a, out), None)


def _solve_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor, Tensor]:
    a, x = call.saved
    b = solve(a, g, adjoint=True)
    return -matmul(b, x, transpose_b=True), b


def _column(x: Tensor) -> Tensor:
    return apply_reshape(x, (*x.shape, 1))


def _row(x: Tensor) -> Tensor:
    return apply_reshape(x, (*x.shape[:-1], 1, x.shape[-1]))


def _inverse_differences(x: Tensor) -> Tensor:
    """1 / (x_j - x_i), 0 on the diagonal."""
    differences = _row(x) - _column(x)
    n = x.shape[-1]
    return apply_elementwise("divide_no_nan", as_tensor(1.0 - np.eye(n), x.dtype), differences)


@op(
    "linalg.eigh",
    samples=lambda: [call(real(3, 3, through=_apart)), call(real(2, 2, 2, through=_apart))],
    program=lambda tf, f, x: [f(symmetrised(tf, x))[0], f(symmetrised(tf, x))[1] ** 2],
    tolerance=1e-8,
)
def eigh(tensor: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Eigenvalues, ascending, and eigenvectors, in columns, of symmetric matrices, whose lower triangles are read.

    Rule: Giles (2008), 3.1. The gradient is lower triangular.
    """
    x = matrices("SelfAdjointEigV2", tensor)
    w, v = (tensor_from(part) for part in np.linalg.eigh(view(x)))
    return tuple(record("SelfAdjointEigV2", _eigh_rule, (x,), (w, v), (w, v), None))


def _eigh_rule(call: Any, needs: Any, gw: Tensor | None, gv: Tensor | None) -> Tensor:
    w, v = call.saved
    inner = None if gw is None else diag(gw)
    if gv is not None:
        turn = _inverse_differences(w) * matmul(v, gv, transpose_a=True)
        inner = turn if inner is None else inner + turn
    whole = matmul(v, matmul(inner, v, transpose_b=True))
    return set_diag(band_part(whole + turned(whole), -1, 0), diag_part(whole))


@op(
    "linalg.eigvalsh",
    samples=lambda: [call(real(3, 3, through=_apart))],
    program=lambda tf, f, x: f(symmetrised(tf, x)),
    tolerance=1e-8,
)
def eigvalsh(tensor: Any, name: str | None = None) -> Tensor:
    """The eigenvalues of symmetric matrices, ascending."""
    return eigh(tensor)[0]


@op(
    "linalg.qr",
    samples=lambda: [call(real(3, 3, through=_apart)), call(real(2, 4, 2, through=_apart))],
    tolerance=1e-8,
    program=lambda tf, f, x: list(f(x)),
)
def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Q with orthonormal columns and upper triangular R with Q R the matrix.

    Rule: Seeger et al. (2017), Auto-differentiating linear algebra; for matrices at least as high as wide, Q thin.
    """
    x = matrices("Qr", input, None)
    q, r = (tensor_from(part) for part in np.linalg.qr(view(x), "complete" if full_matrices else "reduced"))
    return tuple(record("Qr", _qr_rule, (x,), (q, r), (q, r), None))


def _qr_rule(call: Any, needs: Any, gq: Tensor | None, gr: Tensor | None) -> Tensor:
    q, r = call.saved
    if r.shape[-1] != r.shape[-2]:
        raise NotImplementedError("QrGrad needs a matrix at least as high as wide, and a thin Q")
    inner = None if gr is None else matmul(r, gr, transpose_b=True)
    if gq is not None:
        part = matmul(gq, q, transpose_a=True)
        inner = -part if inner is None else inner - part
    low = band_part(inner, -1, 0)
    whole = matmul(q, set_diag(low + turned(low), diag_part(inner)))
    whole = whole if gq is None else whole + gq
    return turned(solve(r, turned(whole)))


@op("linalg.expm", samples=lambda: [call(real(3, 3)), call(real(2, 2, 2))], tolerance=1e-8)
def expm(input: Any, name: str | None = None) -> Tensor:
    """The exponentials of matrices, by Padé's approximant of order (13, 13), scaling and squaring (Higham 2005).

    Rule: the derivative is a block of the exponential of a matrix of blocks; Al-Mohy and Higham (2009), Computing the
    Fréchet derivative of the matrix exponential.
    """
    x = matrices("MatrixExponential", input)
    out = tensor_from(_exponential(view(x).astype(np.float64)), x.dtype)
    return record("MatrixExponential", _expm_rule, (x,), out, (x,), None)


def _exponential(a: np.ndarray) -> np.ndarray:
    n, order = a.shape[-1], 13
    size = float(np.abs(a).sum(-2).max(initial=0.0))
    halvings = max(0, int(np.ceil(np.log2(size / 5.0)))) if np.isfinite(size) and size > 5.0 else 0
    a = a / 2.0**halvings
    term = np.broadcast_to(np.eye(n), a.shape)
    above = below = term
    weight = 1.0
    for k in range(1, order + 1):
        weight *= (order - k + 1) / ((2 * order - k + 1) * k)
        term = term @ a
        above, below = above + weight * term, below + (-1) ** k * weight * term
    result = np.linalg.solve(below, above)
    for _ in range(halvings):
        result = result @ result
    return result


def _expm_rule(call: Any, needs: Any, g: Tensor) -> Tensor:
    (x,) = call.saved
    n, a = x.shape[-1], turned(x)
    blocks = concat([concat([a, g], -1), concat([g * 0.0, a], -1)], -2)
    return expm(blocks)[..., :n, n:]


@op(
    "linalg.triangular_solve",
    samples=lambda: [
        *(
            call(real(3, 3, through=_apart), real(3, 2)),
            call(real(2, 2, 2, through=_apart), real(2, 2, 1), lower=False),
        ),
        call(real(3, 3, through=_apart), real(3, 1), adjoint=True),
    ],
)
def triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """x where the triangle of matrix, transposed where adjoint, times x is rhs; the other triangle is not read."""
    a, b = common_tensors((matrix, rhs))
    a = matrices("MatrixTriangularSolve", a, None)
    rows, columns = a.shape[-2:]
    if rows != columns:
        raise invalid_argument(
            "MatrixTriangularSolve",
            f"In[0] matrices in the last dimensions must be square ({columns} =/= {rows})",
            "",
        )
    return solve(band_part(a, -1, 0) if lower else band_part(a, 0, -1), b, adjoint=adjoint)


@op("linalg.cholesky_solve", samples=lambda: [call(real(3, 3, through=_apart), real(3, 2))])
def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """x where L Lᵀ x = rhs, given the Cholesky factor L."""
    return triangular_solve(chol, triangular_solve(chol, rhs), adjoint=True)


@op("linalg.matrix_rank", orders="0", samples=lambda: [call(real(3, 4)), call(real(2, 3, 3)), call(real(2, 2), 9.0)])
def matrix_rank(a: Any, tol: Any = None, validate_args: bool = False, name: str | None = None) -> Tensor:
    """How many singular values of matrices are above tol; by default, above rounding relative to the greatest."""
    x = as_tensor(a)
    if x.ndim < 2:
        raise ValueError(f"Input `a` must have at least 2 dimensions (saw: {x.ndim}).")
    s = np.linalg.svd(view(x), compute_uv=False)
    if tol is None:
        tol = np.finfo(s.dtype).eps * max(x.shape[-2:]) * s.max(-1, keepdims=True, initial=0)
    return tensor_from(np.sum(s > np.asarray(tol), -1, dtype=np.int32), dtypes.int32)
