"""Triangular and orthogonal factors of matrices, and solvers that use them; see systems.py."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_elementwise,
    apply_reduce,
    as_tensor,
    full_like,
    tensor_from,
    view,
)
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.typing import DTypeLike, TensorLike
from gradtape._src.linalg.contractions import matmul
from gradtape._src.linalg.diagonals import band_part, diag_part, set_diag
from gradtape._src.linalg.matrices import adjoint_of, apart, matrices, positive, real_of, symmetrised
from gradtape._src.linalg.systems import same_batch, triangular_solve
from gradtape._src.ops.complex_numbers import real
from gradtape._src.ops.creation import eye
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.joining import concat
from gradtape._src.ops.sorting import invert_permutation
from gradtape._src.table.rows import call, integer, op, real as sample, values


def identity_like(x: Tensor) -> Tensor:
    """Identity matrices of the same size."""
    return eye(x.shape[-1], dtype=x.dtype)


@op(
    "linalg.cholesky",
    samples=lambda: [call(sample(3, 3, through=positive)), call(sample(2, 2, 2, through=positive))],
    edges=lambda: [
        *(call(sample(0, 0)), call(values([[1.0, 2.0], [2.0, 1.0]])), call(values([[np.nan, 1.0], [1.0, 2.0]]))),
        call(values([[[4.0, 1.0], [1.0, 3.0]], [[-1.0, 0.0], [0.0, 1.0]]])),
    ],
    # In TensorFlow the upper triangle is undefined where a matrix has no factor.
    program=lambda tf, f, x: tf.linalg.band_part(f(symmetrised(tf, x)), -1, 0),
)
def cholesky(input: TensorLike, name: str | None = None) -> Tensor:
    """The lower triangular L with L Lᴴ = the matrix, which is symmetric or Hermitian and positive definite.

    Rule: Murray, Differentiation of the Cholesky Decomposition (2016).

    Args:
      input: a floating or complex tensor of shape [..., n, n]; only the lower triangles are read.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape; NaN where a matrix is not positive definite. The gradient is symmetric or Hermitian.

    Raises:
      InvalidArgumentError: the matrices are not square, or are integers.

    Example:
      >>> tf.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]]).numpy()
      array([[2., 0.],
             [1., 2.]], dtype=float32)
    """
    return _CHOLESKY(matrices("Cholesky", input))


def _cholesky(x: Tensor) -> Tensor:
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
    return tensor_from(np.where(np.tri(array.shape[-1], dtype=bool), result, result.dtype.type(0)))


def _cholesky_vjp(call: Any, needs: Any, g: Tensor) -> Tensor:
    (lower,) = call.saved
    inner = band_part(matmul(lower, g, adjoint_a=True), -1, 0)
    inner = set_diag(inner, diag_part(inner) * 0.5)
    inverse = triangular_solve(lower, identity_like(lower))
    whole = matmul(inverse, matmul(inner, inverse), adjoint_a=True)
    return (whole + adjoint_of(whole)) * 0.5


_CHOLESKY = Primitive("Cholesky", _cholesky, _cholesky_vjp, saves=(-1,), complexes=True, batch="leading")


@op(
    "linalg.cholesky_solve",
    samples=lambda: [
        *(call(sample(3, 3, through=apart), sample(3, 2)), call(sample(2, 2, through=apart), sample(3, 2, 1))),
        call(sample(0, 0), sample(0, 2)),
    ],
)
def cholesky_solve(chol: TensorLike, rhs: TensorLike, name: str | None = None) -> Tensor:
    """Solves A x = rhs, given the Cholesky factor of A.

    Args:
      chol: the factor L of A = L Lᵀ, of shape [..., n, n].
      rhs: the right-hand sides, of shape [..., n, k].
      name: not used; TensorFlow names operations by it.

    Returns:
      x, a tensor of shape [..., n, k]; leading axes broadcast.

    Raises:
      InvalidArgumentError: the shapes do not fit, or the dtypes differ.

    Example:
      >>> chol = tf.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]])
      >>> tf.linalg.cholesky_solve(chol, [[6.0], [7.0]]).numpy().round(4)
      array([[1.],
             [1.]], dtype=float32)
    """
    return triangular_solve(chol, triangular_solve(chol, rhs), adjoint=True)


@op(
    "linalg.logdet",
    samples=lambda: [call(sample(3, 3, through=positive)), call(sample(2, 2, 2, through=positive))],
    edges=lambda: [call(sample(0, 0)), call(values([[1.0, 2.0], [2.0, 1.0]]))],
    program=lambda tf, f, x: f(symmetrised(tf, x)),
)
def logdet(matrix: TensorLike, name: str | None = None) -> Tensor:
    """The logarithms of the determinants of symmetric or Hermitian positive definite matrices.

    Args:
      matrix: a floating or complex tensor of shape [..., n, n].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [...], real for complex matrices too; NaN where a matrix is not positive definite.

    Raises:
      InvalidArgumentError: the matrices are not square, or are integers.

    Example:
      >>> tf.linalg.logdet([[4.0, 0.0], [0.0, 9.0]]).numpy().round(4)
      np.float32(3.5835)
    """
    return apply_reduce("Sum", apply_elementwise("log", real(diag_part(cholesky(matrix)))), -1, False) * 2.0


class Lu(NamedTuple):
    """Both triangles in one matrix, the lower one without its diagonal of ones, and the permutation."""

    lu: Tensor
    p: Tensor


def _lu_samples() -> list[Any]:
    return [call(sample(3, 3, through=apart)), call(sample(2, 2, 2, through=apart)), call(sample(1, 1, low=1.0))]


@op(
    "linalg.lu",
    samples=_lu_samples,
    edges=lambda: [
        *(
            call(sample(0, 0)),
            call(sample(0, 2, 2)),
            call(sample(2, 0, 0)),
            call(values([[1.0, 2.0], [3.0, 4.0]]), "int64"),
        ),
        call(values([[1.0, 1.0, 2.0], [-1.0, 2.0, 5.0], [0.5, 3.0, 1.0]])),
    ],
    orders_there="0",
    notes="TensorFlow has no gradient",
)
def lu(input: TensorLike, output_idx_type: DTypeLike = dtypes.int32, name: str | None = None) -> Lu:
    """Factors matrices into triangles: L U = the matrix with its rows in the order p, by partial pivoting.

    Rule: de Hoog, Anderssen and Lukas, Differentiation of Matrix Functionals Using Triangular Factorization (2011).

    Args:
      input: a floating or complex tensor of shape [..., n, n].
      output_idx_type: the dtype of the permutation.
      name: not used; TensorFlow names operations by it.

    Returns:
      A named tuple of `lu`, with L below the diagonal, without its ones, and U on and above the diagonal, and `p`.

    Raises:
      InvalidArgumentError: a matrix is not square or not invertible.

    Example:
      >>> lu, p = tf.linalg.lu([[1.0, 2.0], [4.0, 6.0]])
      >>> lu.numpy(), p.numpy()
      (array([[4.  , 6.  ],
             [0.25, 0.5 ]], dtype=float32), array([1, 0], dtype=int32))
    """
    return Lu(*_LU(matrices("Lu", input, operand="Input tensor"), attributes=(output_idx_type,)))


def _lu(x: Tensor, index: Any) -> tuple[Tensor, Tensor]:
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
    return tensor_from(array.reshape(x.shape), x.dtype), tensor_from(order.reshape(x.shape[:-1]), index)


def _triangles(packed: Tensor) -> tuple[Tensor, Tensor]:
    ones = full_like(diag_part(packed), 1)
    return set_diag(band_part(packed, -1, 0), ones), band_part(packed, 0, -1)


def _lu_vjp(call: Any, needs: Any, g: Tensor, _: Tensor) -> Tensor:
    packed, p = call.saved
    lower, upper = _triangles(packed)
    below = matmul(lower, g - band_part(g, 0, -1), adjoint_a=True)
    above = matmul(band_part(g, 0, -1), upper, adjoint_b=True)
    inner = below - band_part(below, 0, -1) + band_part(above, 0, -1)
    left = triangular_solve(lower, inner, adjoint=True)
    return _restored(adjoint_of(triangular_solve(upper, adjoint_of(left), lower=False)), p)


_LU = Primitive("Lu", _lu, _lu_vjp, saves=(-1, -2), complexes=True, batch="leading")


def _restored(rows: Tensor, p: Tensor) -> Tensor:
    """Undoes the permutation p of `lu`'s rows."""
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
    samples=lambda: [
        call(sample(3, 3), [2, 0, 1]),
        call(sample(2, 2, 2), [[0, 1], [1, 0]]),
        call(sample(0, 0), integer([])),
    ],
)
def lu_reconstruct(
    lower_upper: TensorLike, perm: TensorLike, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The matrices that `lu` factored into these.

    Args:
      lower_upper: the factors, of shape [..., n, n].
      perm: the permutations, of shape [..., n].
      validate_args: not used; shapes are always checked, permutations never.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [..., n, n].

    Raises:
      ValueError: the shapes cannot be those of `lu`.

    Example:
      >>> tf.linalg.lu_reconstruct(*tf.linalg.lu([[1.0, 2.0], [4.0, 6.0]])).numpy()
      array([[1., 2.],
             [4., 6.]], dtype=float32)
    """
    packed, p = _packed(lower_upper, perm)
    return _restored(matmul(*_triangles(packed)), p)


@op(
    "linalg.lu_solve",
    samples=lambda: [
        *(call(sample(3, 3, through=apart), [2, 0, 1], sample(3, 2)), call(sample(1, 1, low=1.0), [0], sample(1, 1))),
        call(sample(2, 2, 2, through=apart), [[0, 1], [1, 0]], sample(2, 1)),
        call(sample(2, 2, through=apart), [1, 0], sample(3, 2, 1)),
    ],
)
def lu_solve(
    lower_upper: TensorLike, perm: TensorLike, rhs: TensorLike, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """Solves A x = rhs, given the factors of A from `lu`.

    Args:
      lower_upper: the factors, of shape [..., n, n].
      perm: the permutations, of shape [..., n].
      rhs: the right-hand sides, of shape [..., n, k].
      validate_args: not used; shapes are always checked, permutations never.
      name: not used; TensorFlow names operations by it.

    Returns:
      x, a tensor of shape [..., n, k].

    Raises:
      ValueError: the shapes do not fit.

    Example:
      >>> lu, p = tf.linalg.lu([[1.0, 2.0], [4.0, 6.0]])
      >>> tf.linalg.lu_solve(lu, p, [[5.0], [16.0]]).numpy().round(4)
      array([[1.],
             [2.]], dtype=float32)
    """
    packed, p = _packed(lower_upper, perm)
    b = as_tensor(rhs, hint=packed.dtype)
    if b.ndim < 2:
        raise ValueError("Input `rhs` must have at least 2 dimensions.")
    if packed.shape[-1] != b.shape[-2]:
        raise ValueError("`lower_upper.shape[-1]` must equal `rhs.shape[-1]`.")
    batch = np.broadcast_shapes(tuple(b.shape[:-2]), tuple(p.shape[:-1]))
    rows = np.broadcast_to(view(p), (*batch, p.shape[-1]))
    b = gather(apply_broadcast_to(b, (*batch, *b.shape[-2:])), rows, batch_dims=len(batch))
    return triangular_solve(packed, triangular_solve(_triangles(packed)[0], b), lower=False)


@op(
    "linalg.lu_matrix_inverse",
    samples=lambda: [
        call(sample(3, 3, through=apart), [2, 0, 1]),
        call(sample(2, 2, 2, through=apart), [[0, 1], [1, 0]]),
    ],
)
def lu_matrix_inverse(
    lower_upper: TensorLike, perm: TensorLike, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The inverses of the matrices that `lu` factored into these.

    Args:
      lower_upper: the factors, of shape [..., n, n].
      perm: the permutations, of shape [..., n].
      validate_args: not used; shapes are always checked, permutations never.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [..., n, n].

    Raises:
      ValueError: the shapes cannot be those of `lu`.

    Example:
      >>> tf.linalg.lu_matrix_inverse(*tf.linalg.lu([[2.0, 0.0], [0.0, 4.0]])).numpy()
      array([[0.5 , 0.  ],
             [0.  , 0.25]], dtype=float32)
    """
    packed, p = _packed(lower_upper, perm)
    return lu_solve(packed, p, identity_like(packed))


@op(
    "linalg.lstsq",
    samples=lambda: [
        *(call(sample(4, 2, through=apart), sample(4, 1)), call(sample(2, 3, through=apart), sample(2, 2))),
        *(call(sample(3, 2, through=apart), sample(3, 1), 0.5), call(sample(2, 3, 2, through=apart), sample(2, 3, 1))),
        call(sample(2, 3, through=apart), sample(2, 2), l2_regularizer=0.25),
    ],
    edges=lambda: [
        *(call(sample(0, 2), sample(0, 1)), call(values([[0.0, 0.0], [0.0, 0.0]]), values([[1.0], [2.0]]))),
        call([[1.0, 1.0], [1.0, 1.0]], [[1.0], [2.0]], fast=False),
        call([[1.0, 2.0, 3.0], [1.0, 0.0, 1.0]], [[1.0], [2.0]], 0.5, False),
    ],
    notes="As TensorFlow's, fast=False has no gradient",
    tolerance=1e-9,
)
def lstsq(
    matrix: TensorLike, rhs: TensorLike, l2_regularizer: TensorLike = 0.0, fast: bool = True, name: str | None = None
) -> Tensor:
    """The x that minimizes |matrix x - rhs|² + l2_regularizer |x|²; the shortest if there are several.

    Args:
      matrix: a floating or complex tensor of shape [..., m, n].
      rhs: the right-hand sides, of shape [..., m, k].
      l2_regularizer: the weight of the penalty on x, a non-negative number.
      fast: whether to use the Cholesky factor of the normal equations, which gives NaN if a matrix is rank-deficient;
        else singular values are used, without regularizer or gradient.
      name: not used; TensorFlow names operations by it.

    Returns:
      x, a tensor of shape [..., n, k].

    Raises:
      InvalidArgumentError: the matrix does not fit rhs.
      NotImplementedError: a regularizer of a complex matrix.
      ValueError: a gradient is requested although fast is False.

    Example:
      >>> tf.linalg.lstsq([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [[1.0], [3.0], [5.0]]).numpy().round(4)
      array([[1.],
             [2.]], dtype=float32)
    """
    if not fast:
        return _SOLVE_LS(*same_batch("MatrixSolveLs", matrix, rhs))
    a = as_tensor(matrix)
    if a.ndim < 2:
        raise invalid_argument("MatrixSolveLs", f"Input tensor 0 must have rank >= 2, got {a.ndim}", "")
    high = a.shape[-2] >= a.shape[-1]
    gram = matmul(a, a, adjoint_a=high, adjoint_b=not high)
    if isinstance(l2_regularizer, Tensor) or l2_regularizer != 0:
        if a.dtype.is_complex:
            reason = "l2_regularizer != 0 due to poor accuracy."
            raise NotImplementedError(f"matrix_solve_ls is currently disabled for {a.dtype.name} and {reason}")
        gram = gram + identity_like(gram) * as_tensor(l2_regularizer, a.dtype)
    factor = cholesky(gram)
    if high:
        return cholesky_solve(factor, matmul(a, rhs, adjoint_a=True))
    return matmul(a, cholesky_solve(factor, rhs), adjoint_a=True)


def _solve_ls(a: Tensor, b: Tensor) -> Tensor:
    array = view(a)
    return tensor_from(np.linalg.pinv(array, rtol=np.finfo(array.dtype).eps * max(array.shape[-2:])) @ view(b))


def _no_vjp(call: Any, needs: Any, g: Tensor) -> Any:
    raise ValueError("Gradient not defined for fast=False")


_SOLVE_LS = Primitive("MatrixSolveLs", _solve_ls, _no_vjp, complexes=True, batch="leading")


class Qr(NamedTuple):
    """Orthonormal and upper triangular factors."""

    q: Tensor
    r: Tensor


@op(
    "linalg.qr",
    samples=lambda: [
        *(call(sample(3, 3, through=apart)), call(sample(2, 4, 2, through=apart)), call(sample(2, 4, through=apart))),
        *(call(sample(2, 2, 3, through=apart)), call(sample(2, 3, through=apart), full_matrices=True)),
    ],
    edges=lambda: [call(sample(0, 2)), call(sample(0, 2, 2)), call([[1.0], [2.0], [2.0]], True)],
    tolerance=1e-8,
)
def qr(input: TensorLike, full_matrices: bool = False, name: str | None = None) -> Qr:
    """Factors matrices into Q, whose columns are orthonormal, and an upper triangular R: Q R = the matrix.

    Rule: Roberts and Roberts, QR and LQ Decomposition Matrix Backpropagation Algorithms for Square, Wide, and Deep
    Matrices (2020); of complex ones the diagonal of R is kept real. A full Q of a matrix higher than wide has no
    gradient.

    Args:
      input: a floating or complex tensor of shape [..., m, n].
      full_matrices: whether Q is square, [..., m, m]; else it has min(m, n) columns.
      name: not used; TensorFlow names operations by it.

    Returns:
      A named tuple of `q` and `r`.

    Raises:
      InvalidArgumentError: the operand has fewer than two axes, or is of integers.
      NotImplementedError: (when differentiated) there is no gradient.

    Example:
      >>> q, r = tf.linalg.qr([[3.0, 1.0], [4.0, 2.0]])
      >>> (q @ r).numpy().round(4)
      array([[3., 1.],
             [4., 2.]], dtype=float32)
    """
    return Qr(*_QR(matrices("Qr", input, None), attributes=(full_matrices,)))


def _qr(x: Tensor, full_matrices: bool) -> tuple[Tensor, ...]:
    return tuple(tensor_from(part) for part in np.linalg.qr(view(x), "complete" if full_matrices else "reduced"))


def _qr_vjp(call: Any, needs: Any, gq: Tensor, gr: Tensor) -> Tensor:
    x, q, r = call.saved
    rows, columns = r.shape[-2:]
    if rows > columns:
        raise NotImplementedError(
            "QrGrad not implemented when nrows > ncols and full_matrices is true. Received r.shape="
            f"{r.shape} with nrows={rows}and ncols={columns}."
        )
    if rows == columns:
        return _qr_square_vjp(q, r, gq, gr)
    beyond = gr[..., rows:]
    square = _qr_square_vjp(q, r[..., :rows], gq + matmul(x[..., rows:], beyond, adjoint_b=True), gr[..., :rows])
    return concat([square, matmul(q, beyond)], -1)


_QR = Primitive("Qr", _qr, _qr_vjp, saves=(0, -1, -2), complexes=True, batch="leading")


def _qr_square_vjp(q: Tensor, r: Tensor, gq: Tensor, gr: Tensor) -> Tensor:
    inner = matmul(r, gr, adjoint_b=True) - matmul(gq, q, adjoint_a=True)
    low = band_part(inner, -1, 0)
    whole = gq + matmul(q, set_diag(low + adjoint_of(low), real_of(diag_part(inner))))
    return adjoint_of(triangular_solve(r, adjoint_of(whole), lower=False))
