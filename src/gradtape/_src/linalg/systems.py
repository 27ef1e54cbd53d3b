"""Linear systems: inverses, determinants and solutions.

The values are computed by LAPACK through NumPy. Reverse rules are Giles' (2008, An extended collection of matrix
derivative results for forward and reverse mode algorithmic differentiation), in differentiable ops.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import apply_conjugate, apply_reshape, apply_sum_to, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import OpError, invalid_argument
from gradtape._src.core.operands import common_tensors, dims_text, flag, not_allowed, one_dtype
from gradtape._src.core.typing import TensorLike
from gradtape._src.linalg.contractions import matmul
from gradtape._src.linalg.diagonals import band_part
from gradtape._src.linalg.matrices import adjoint_of, apart, matrices, real_of, turned
from gradtape._src.table.rows import call, op, real

FLOATS_FIRST = "half, float, double, complex64, complex128"


def _square_samples() -> list[Any]:
    return [call(real(*shape, through=apart)) for shape in [(3, 3), (2, 2, 2), (1, 1)]]


def _empty_edges() -> list[Any]:
    return [call(real(0, 0)), call(real(0, 2, 2))]


@op(
    "linalg.inv",
    samples=lambda: [*_square_samples(), call(real(3, 3, through=apart), adjoint=True)],
    edges=_empty_edges,
)
def inv(input: TensorLike, adjoint: bool = False, name: str | None = None) -> Tensor:
    """The inverses of matrices.

    Args:
      input: a floating or complex tensor of shape [..., n, n].
      adjoint: whether they are transposed, complex ones conjugated too.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      InvalidArgumentError: a matrix is not square or not invertible, or holds NaN.

    Example:
      >>> tf.linalg.inv([[2.0, 0.0], [0.0, 4.0]]).numpy()
      array([[0.5 , 0.  ],
             [0.  , 0.25]], dtype=float32)
    """
    x = matrices("MatrixInverse", input)
    return _INV(adjoint_of(x) if flag(adjoint, "adjoint") else x)


def _inv(x: Tensor) -> Tensor:
    with np.errstate(all="ignore"):
        try:
            array = np.linalg.inv(view(x))
        except np.linalg.LinAlgError:
            array = None
    if array is None or np.isnan(view(x)).any():
        raise invalid_argument("MatrixInverse", "Input is not invertible.", "")
    return tensor_from(array)


def _inv_vjp(call: Any, needs: Any, g: Tensor) -> Tensor:
    (y,) = call.saved
    return -matmul(y, matmul(g, y, transpose_b=True), transpose_a=True)


_INV = Primitive("MatrixInverse", _inv, _inv_vjp, saves=(-1,), holomorphic=True, batch="leading")


@op("linalg.det", samples=_square_samples, edges=_empty_edges)
def det(input: TensorLike, name: str | None = None) -> Tensor:
    """The determinants of matrices.

    Args:
      input: a floating or complex tensor of shape [..., n, n].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [...].

    Raises:
      InvalidArgumentError: a matrix is not square; in the gradient, it is not invertible.

    Example:
      >>> tf.linalg.det([[3.0, 0.0], [0.0, 2.0]]).numpy().round(4)
      np.float32(6.0)
    """
    return _DET(matrices("MatrixDeterminant", input, allowed=FLOATS_FIRST))


def _det(x: Tensor) -> Tensor:
    with np.errstate(all="ignore"):
        return _where_valid(x, np.linalg.det(view(x)))


def _where_valid(x: Tensor, results: np.ndarray) -> Tensor:
    """One result per matrix, NaN for a matrix with NaN: LAPACK treats a NaN pivot as 0."""
    return tensor_from(np.where(np.isnan(view(x)).any((-2, -1)), np.nan, results), x.dtype)


def _det_vjp(call: Any, needs: Any, g: Tensor) -> Tensor:
    x, y = call.saved
    return _INV(turned(x)) * apply_reshape(g * y, (*y.shape, 1, 1))


_DET = Primitive("MatrixDeterminant", _det, _det_vjp, saves=(0, -1), holomorphic=True, batch="leading")


class LogMatrixDeterminant(NamedTuple):
    """Signs of determinants, and logarithms of their absolute values."""

    sign: Tensor
    log_abs_determinant: Tensor


@op("linalg.slogdet", samples=_square_samples, edges=_empty_edges)
def slogdet(input: TensorLike, name: str | None = None) -> LogMatrixDeterminant:
    """The signs of the determinants of matrices, and the logarithms of their absolute values.

    The sign of a complex determinant is the determinant over its absolute value; unlike in TensorFlow, it has a
    gradient.

    Args:
      input: a floating or complex tensor of shape [..., n, n].
      name: not used; TensorFlow names operations by it.

    Returns:
      A named tuple of `sign` and `log_abs_determinant`, each of shape [...]; 0 and -inf where a matrix is not
      invertible.

    Raises:
      InvalidArgumentError: a matrix is not square.

    Example:
      >>> sign, log_abs = tf.linalg.slogdet([[-1.0, 0.0], [0.0, 1.0]])
      >>> sign.numpy(), log_abs.numpy()
      (np.float32(-1.0), np.float32(0.0))
    """
    return LogMatrixDeterminant(*_SLOGDET(matrices("LogMatrixDeterminant", input, allowed=FLOATS_FIRST)))


def _slogdet(x: Tensor) -> tuple[Tensor, ...]:
    with np.errstate(all="ignore"):
        return tuple(_where_valid(x, part) for part in np.linalg.slogdet(view(x)))


def _slogdet_vjp(call: Any, needs: Any, of_sign: Tensor, g: Tensor) -> Tensor:
    x, sign = call.saved
    if sign.dtype.is_complex:  # the complex sign is on the unit circle and varies with the determinant
        turning = apply_conjugate(of_sign) * sign
        g = real_of(g) + (turning - apply_conjugate(turning)) * -0.5
    return inv(x, adjoint=True) * apply_reshape(g, (*g.shape, 1, 1))


_SLOGDET = Primitive("LogMatrixDeterminant", _slogdet, _slogdet_vjp, saves=(0, -1), complexes=True, batch="leading")


def same_batch(op: str, matrix: Any, rhs: Any) -> tuple[Tensor, Tensor]:
    """Matrices and right-hand sides of one dtype, rank and batch, with the same number of rows."""
    a, b = common_tensors((matrix, rhs))
    one_dtype(op, (a, b))
    a = matrices(op, a, None)
    if a.ndim != b.ndim:
        raise invalid_argument(op, "All input tensors must have the same rank.", "")
    if a.shape[:-2] != b.shape[:-2]:
        raise invalid_argument(op, "All input tensors must have the same outer dimensions.", "")
    if op == "MatrixSolve" and a.shape[-1] != a.shape[-2]:
        raise invalid_argument(op, "First input (lhs) must be a square matrix.", "")
    if a.shape[-2] != b.shape[-2]:
        raise invalid_argument(op, "Input matrix and rhs are incompatible.", "")
    return a, b


@op(
    "linalg.solve",
    samples=lambda: [
        *(call(real(3, 3, through=apart), real(3, 2)), call(real(2, 2, 2, through=apart), real(2, 2, 1))),
        call(real(3, 3, through=apart), real(3, 1), adjoint=True),
    ],
    edges=lambda: [call(real(0, 0), real(0, 1)), call(real(2, 2, through=apart), real(2, 0))],
)
def solve(matrix: TensorLike, rhs: TensorLike, adjoint: bool = False, name: str | None = None) -> Tensor:
    """Solves matrix x = rhs.

    Args:
      matrix: a floating or complex tensor of shape [..., n, n].
      rhs: the right-hand sides, of shape [..., n, k], with the same leading axes.
      adjoint: whether the matrix is transposed first, a complex one conjugated too.
      name: not used; TensorFlow names operations by it.

    Returns:
      x, a tensor of shape [..., n, k].

    Raises:
      InvalidArgumentError: the matrix is not square or not invertible, or does not fit rhs.

    Example:
      >>> tf.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [[2.0], [8.0]]).numpy()
      array([[1.],
             [2.]], dtype=float32)
    """
    a, b = same_batch("MatrixSolve", matrix, rhs)
    return _SOLVE(adjoint_of(a) if flag(adjoint, "adjoint") else a, b)


def _solve(a: Tensor, b: Tensor) -> Tensor:
    with np.errstate(all="ignore"):
        try:
            array = np.linalg.solve(view(a), view(b))
        except np.linalg.LinAlgError:
            array = None
    if array is None or np.isnan(view(a)).any():
        raise invalid_argument("MatrixSolve", "Input matrix is not invertible.", "")
    return tensor_from(array)


def _solve_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor, Tensor]:
    a, x = call.saved
    b = _SOLVE(turned(a), g)
    return -matmul(b, x, transpose_b=True), b


_SOLVE = Primitive("MatrixSolve", _solve, _solve_vjp, saves=(0, -1), holomorphic=True, batch="solve")


@op(
    "linalg.triangular_solve",
    samples=lambda: [
        *(call(real(3, 3, through=apart), real(3, 2)), call(real(3, 3, through=apart), real(3, 1), adjoint=True)),
        *(call(real(2, 2, 2, through=apart), real(2, 2, 1), lower=False), call(real(1, 1, low=1.0), real(1, 2))),
        *(call(real(2, 2, 2, through=apart), real(2, 1)), call(real(2, 2, through=apart), real(3, 2, 1), False, True)),
        call(real(2, 1, 2, 2, through=apart), real(3, 2, 1)),
    ],
    edges=lambda: [call(real(0, 0), real(0, 2)), call(real(0, 2, 2), real(2, 1))],
)
def triangular_solve(
    matrix: TensorLike, rhs: TensorLike, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """Solves matrix x = rhs where the matrix is triangular.

    Args:
      matrix: a floating or complex tensor of shape [..., n, n]; the other triangle is not read.
      rhs: the right-hand sides, of shape [..., n, k]; leading axes broadcast.
      lower: whether it is the lower triangle.
      adjoint: whether the matrix is transposed first, a complex one conjugated too.
      name: not used; TensorFlow names operations by it.

    Returns:
      x, a tensor of shape [..., n, k]. A 0 on the diagonal gives infinities and NaN.

    Raises:
      InvalidArgumentError: the matrix is not square, or does not fit rhs.

    Example:
      >>> tf.linalg.triangular_solve([[2.0, 0.0], [1.0, 1.0]], [[4.0], [5.0]]).numpy()
      array([[2.],
             [3.]], dtype=float32)
    """
    kernel = "MatrixTriangularSolve"
    a, b = common_tensors((matrix, rhs))
    one_dtype(kernel, (a, b))
    if not (a.dtype.is_floating or a.dtype.is_complex):
        raise not_allowed(kernel, a.dtype, "bfloat16, double, float, half, complex64, complex128")
    for place, tensor in enumerate((a, b)):
        if tensor.ndim < 2:
            raise invalid_argument(kernel, f"In[{place}] ndims must be >= 2: {tensor.ndim}", "")
    (rows, columns), (height, _) = a.shape[-2:], b.shape[-2:]
    try:
        batch = np.broadcast_shapes(tuple(a.shape[:-2]), tuple(b.shape[:-2]))
    except ValueError:
        shapes = f"{dims_text(a.shape)} vs. {dims_text(b.shape)}"
        raise _unfit(f"and In[1] must have compatible batch dimensions: {shapes}") from None
    if rows != columns:
        raise _unfit(f"matrices in the last dimensions must be square ({columns} =/= {rows})")
    if columns != height:
        shapes = f"{dims_text(a.shape)} {dims_text(b.shape)} {int(lower)} {int(adjoint)}"
        raise _unfit(f"mismatch In[1] shape: {columns} vs. {height}: {shapes}")
    return _TRIANGULAR(a, b, attributes=(flag(lower, "lower"), flag(adjoint, "adjoint"), tuple(b.shape), batch))


def _triangular(a: Tensor, b: Tensor, lower: bool, adjoint: bool, shape: tuple[int, ...], batch: Any) -> Tensor:
    return tensor_from(_substituted(view(a), np.broadcast_to(view(b), (*batch, *shape[-2:])), lower, adjoint))


def _unfit(message: str) -> OpError:
    return invalid_argument("MatrixTriangularSolve", f"In[0] {message}", "")


def _substituted(a: np.ndarray, b: np.ndarray, lower: bool, adjoint: bool) -> np.ndarray:
    """The solution row by row: NumPy has no triangular solver, and its general one rejects singular matrices."""
    if adjoint:
        a, lower = np.swapaxes(a, -1, -2).conj(), not lower
    x = np.array(b)
    n = a.shape[-1]
    with np.errstate(all="ignore"):
        for i in range(n) if lower else reversed(range(n)):
            known = slice(0, i) if lower else slice(i + 1, n)
            x[..., i, :] -= (a[..., i : i + 1, known] @ x[..., known, :])[..., 0, :]
            x[..., i, :] /= a[..., i, i, None]
    return x


def _triangular_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor, Tensor]:
    (a, x), (lower, adjoint, shape, _) = call.saved, call.attributes
    b = triangular_solve(a, g, lower, not adjoint)
    outer = -(matmul(x, b, adjoint_b=True) if adjoint else matmul(b, x, adjoint_b=True))
    return apply_sum_to(band_part(outer, -1, 0) if lower else band_part(outer, 0, -1), a.shape), apply_sum_to(b, shape)


_TRIANGULAR = Primitive(
    "MatrixTriangularSolve", _triangular, _triangular_vjp, saves=(0, -1), complexes=True, batch="triangular"
)
