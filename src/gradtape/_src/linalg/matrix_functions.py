"""Exponentials, logarithms and square roots of matrices; see systems.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_reshape, as_tensor, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.operands import not_allowed
from gradtape._src.core.typing import TensorLike
from gradtape._src.linalg.matrices import apart, matrices, turned
from gradtape._src.ops.creation import eye
from gradtape._src.ops.joining import concat
from gradtape._src.table.rows import call, op, real, values

NAN, INF = np.nan, np.inf


@op(
    "linalg.expm",
    samples=lambda: [call(real(3, 3)), call(real(2, 2, 2)), call(real(1, 1))],
    edges=lambda: [
        *(call(real(0, 0)), call(real(0, 2, 2)), call([[NAN, 1.0], [1.0, 1.0]]), call([[INF, 1.0], [1.0, 1.0]])),
        *(call(values([[[3.0, 0.5], [0.0, 1.0]], [[0.0, 0.2], [0.1, 0.0]]])), call([[0.0, 1.0], [0.0, 0.0]])),
    ],
    tolerance=1e-8,
)
def expm(input: TensorLike, name: str | None = None) -> Tensor:
    """The exponentials of matrices: the sum of the matrix' powers over factorials.

    By Padé's approximant of order (13, 13), scaling and squaring (Higham 2005). Rule: the derivative is a block of the
    exponential of a matrix of blocks; Al-Mohy and Higham, Computing the Fréchet Derivative of the Matrix Exponential
    (2009).

    Args:
      input: a floating or complex tensor of shape [..., n, n].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape; NaN everywhere if one matrix is not finite.

    Raises:
      ValueError: the matrices are integers.
      InvalidArgumentError: they are not square.

    Example:
      >>> tf.linalg.expm([[0.0, 1.0], [0.0, 0.0]]).numpy().round(4)
      array([[1., 1.],
             [0., 1.]], dtype=float32)
    """
    x = as_tensor(input)
    if not (x.dtype.is_floating or x.dtype.is_complex):
        raise ValueError(f"tf.linalg.expm does not support matrices of type {x.dtype}")
    return _EXPM(matrices("MatrixExponential", x))


def _expm(x: Tensor) -> Tensor:
    with np.errstate(all="ignore"):
        return tensor_from(_exponential(_wide(view(x))).astype(x.dtype.as_numpy_dtype))


def _wide(a: np.ndarray) -> np.ndarray:
    return a.astype(np.complex128 if a.dtype.kind == "c" else np.float64)


def _exponential(a: np.ndarray) -> np.ndarray:
    size = np.abs(a).sum(-2).max(-1, initial=0.0)[..., None, None]
    if not np.isfinite(size).all():
        return np.full(a.shape, np.nan)
    order = 13
    halvings = np.ceil(np.log2(np.maximum(size / 5.0, 1.0)))
    a = a / 2.0**halvings
    term = np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    above = below = term
    weight = 1.0
    for k in range(1, order + 1):
        weight *= (order - k + 1) / ((2 * order - k + 1) * k)
        term = term @ a
        above, below = above + weight * term, below + (-1) ** k * weight * term
    result = np.linalg.solve(below, above)
    for k in range(int(halvings.max(initial=0.0))):
        result = np.where(k < halvings, result @ result, result)
    return result


def _expm_vjp(call: Any, needs: Any, g: Tensor) -> Tensor:
    return _by_blocks(expm, call.saved[0], g)


def _by_blocks(function: Callable[[Tensor], Tensor], x: Tensor, g: Tensor) -> Tensor:
    """The cotangent of a power series' operand: the upper right block of the function of [[xᵀ, g], [0, xᵀ]]."""
    n, a = x.shape[-1], turned(x)
    blocks = concat([concat([a, g], -1), concat([g * 0.0, a], -1)], -2)
    return function(blocks)[..., :n, n:]


_EXPM = Primitive("MatrixExponential", _expm, _expm_vjp, saves=(0,), holomorphic=True, batch="leading")


@op(
    *("linalg.sqrtm", "matrix_square_root"),
    samples=lambda: [
        *(call(real(3, 3, through=apart)), call(real(2, 2, 2, through=apart)), call(real(1, 1, low=1.0))),
        call(real(2, 2, through=lambda a: a * 0.1 + [[1.0, 1.0], [-1.0, 1.0]])),
    ],
    edges=lambda: [
        *(call(real(0, 0)), call([[1.0, 1.0], [1.0, 1.0]]), call([[0.0, 0.0], [0.0, 0.0]]), call([[-1.0]])),
        *(call([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]), call([[NAN, 1.0], [1.0, 1.0]])),
        *(call(values([[1.0, 1.0], [0.0, 1.0]])), call([[-4.0, 1.0], [2.0, -3.0]])),
    ],
    tolerance=1e-8,
)
def sqrtm(input: TensorLike, name: str | None = None) -> Tensor:
    """The principal square roots of matrices: R with R R = the matrix, whose eigenvalues have positive real parts.

    By Schur's form: Björck and Hammarling, A Schur Method for the Square Root of a Matrix (1983). Rule: Sylvester's
    equation Rᵀ X + X Rᵀ = cotangent; Higham, Functions of Matrices (2008), 6.1.

    Args:
      input: a floating or complex tensor of shape [..., n, n].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape; NaN where a real matrix has a negative eigenvalue, or the root does not exist.

    Raises:
      InvalidArgumentError: a matrix is not square; in the gradient, its root has two eigenvalues that sum to 0.

    Example:
      >>> tf.linalg.sqrtm([[4.0, 0.0], [0.0, 9.0]]).numpy().round(4)
      array([[2., 0.],
             [0., 3.]], dtype=float32)
    """
    return _SQRTM(matrices("MatrixSquareRoot", input))


matrix_square_root = sqrtm


def _sqrtm(x: Tensor) -> Tensor:
    return _of_each(_root, x)


def _of_each(function: Callable[[np.ndarray], np.ndarray], x: Tensor) -> Tensor:
    array = view(x)
    found = np.empty(array.shape, array.dtype)
    with np.errstate(all="ignore"):
        for place in np.ndindex(array.shape[:-2]):
            found[place] = function(_wide(array[place]))
    return tensor_from(found, x.dtype)


def _root(a: np.ndarray) -> np.ndarray:
    if not np.isfinite(a).all():
        return np.full(a.shape, np.nan)
    if a.dtype.kind != "c":
        values = np.linalg.eigvals(a)
        if ((values.imag == 0) & (values.real < -1e-14 * np.abs(values).max(initial=0.0))).any():
            return np.full(a.shape, np.nan)
    q, t = _schur(a)
    root = q @ _root_of_triangle(t) @ q.conj().T
    return root if a.dtype.kind == "c" else root.real


def _root_of_triangle(t: np.ndarray) -> np.ndarray:
    """The principal root of an upper triangular matrix, which is upper triangular too."""
    r = np.diag(np.sqrt(np.diag(t)))
    for j in range(len(t)):
        for i in reversed(range(j)):
            r[i, j] = (t[i, j] - r[i, i + 1 : j] @ r[i + 1 : j, j]) / (r[i, i] + r[j, j])
    return r


def _schur(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unitary q and upper triangular t with a = q t qᴴ, which NumPy does not provide.

    Orthonormalized eigenvectors are Schur vectors; where they are nearly dependent only the first of them are accurate,
    at least one, and the rest is recomputed.
    """
    n = len(a)
    q, t = np.eye(n, dtype=complex), a.astype(complex)
    small = 1e-15 * n * np.linalg.norm(a)
    done = 0
    while done < n - 1:
        turn = np.linalg.qr(np.linalg.eig(t[done:, done:])[1])[0]
        q[:, done:] = q[:, done:] @ turn
        t[:, done:] = t[:, done:] @ turn
        t[done:] = turn.conj().T @ t[done:]
        bad = np.abs(np.tril(t[done:, done:], -1)).max(0) > small
        done += max(int(np.argmax(bad)), 1) if bad.any() else n
    return q, np.triu(t)


def _sqrtm_vjp(call: Any, needs: Any, g: Tensor) -> Tensor:
    (root,) = call.saved
    n, batch = root.shape[-1], root.shape[:-2]
    one, r = eye(n, dtype=root.dtype), turned(root)
    left = apply_reshape(r, (*batch, n, 1, n, 1)) * apply_reshape(one, (1, n, 1, n))
    right = apply_reshape(one, (n, 1, n, 1)) * apply_reshape(root, (*batch, 1, n, 1, n))
    sums = apply_reshape(left + right, (*batch, n * n, n * n))
    from gradtape._src.linalg.systems import solve  # imported lazily, for faster startup

    return apply_reshape(solve(sums, apply_reshape(g, (*batch, n * n, 1))), root.shape)


_SQRTM = Primitive("MatrixSquareRoot", _sqrtm, _sqrtm_vjp, saves=(-1,), holomorphic=True, batch="leading")


def _logarithm_program(tf: Any, f: Any, x: Any) -> list[Any]:
    """A real function of a real operand, computed by a complex one."""
    found = f(tf.complex(x, tf.sin(x) * 0.25))
    return [tf.math.real(found), tf.math.imag(found)]


@op(
    "linalg.logm",
    samples=lambda: [
        *(call(real(3, 3, through=apart)), call(real(2, 2, 2, through=apart)), call(real(1, 1, low=1.0))),
    ],
    program=_logarithm_program,
    tolerance=1e-8,
    orders_there="0",
    dtypes="complex64, complex128",
    notes="TensorFlow has no gradient",
)
def logm(input: TensorLike, name: str | None = None) -> Tensor:
    """The principal logarithms of complex matrices: L with expm(L) = the matrix, the imaginary parts of whose
    eigenvalues are in (-π, π].

    By Schur's form, with repeated square roots until it is near the identity, then quadrature; Higham, Functions of
    Matrices (2008), 11. Rule: as for `expm`, by a block matrix.

    Args:
      input: a complex tensor of shape [..., n, n].
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape; NaN where a matrix is not invertible or not finite.

    Raises:
      InvalidArgumentError: the matrices are not complex, or not square.

    Example:
      >>> tf.linalg.logm(tf.constant([[1.0, 1.0], [0.0, 1.0]], tf.complex64)).numpy().round(4)
      array([[0.+0.j, 1.+0.j],
             [0.+0.j, 0.+0.j]], dtype=complex64)
    """
    x = as_tensor(input)
    if not x.dtype.is_complex:
        raise not_allowed("MatrixLogarithm", x.dtype, "complex64, complex128")
    return _LOGM(matrices("MatrixLogarithm", x))


def _logm(x: Tensor) -> Tensor:
    return _of_each(_logarithm, x)


def _logarithm(a: np.ndarray) -> np.ndarray:
    if not np.isfinite(a).all():
        return np.full(a.shape, np.nan)
    q, t = _schur(a)
    if (np.diag(t) == 0).any():
        return np.full(a.shape, np.nan)
    one, roots = np.eye(len(a)), 0
    while np.abs(t - one).sum(0).max(initial=0.0) > 0.25:
        t, roots = _root_of_triangle(t), roots + 1
    nodes, weights = np.polynomial.legendre.leggauss(10)
    found = np.zeros_like(t)
    # log(1 + y) is the integral of y / (1 + s y) over s in [0, 1].
    for node, weight in zip(nodes / 2 + 0.5, weights / 2, strict=True):
        found += weight * np.linalg.solve(one + node * (t - one), t - one)
    return q @ (found * 2.0**roots) @ q.conj().T


def _logm_vjp(call: Any, needs: Any, g: Tensor) -> Tensor:
    return _by_blocks(logm, call.saved[0], g)


_LOGM = Primitive("MatrixLogarithm", _logm, _logm_vjp, saves=(0,), holomorphic=True, batch="leading")
