"""Eigenvalues and singular values of matrices, and what follows from them; see systems.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_elementwise,
    apply_reduce,
    apply_reshape,
    as_tensor,
    full_like,
    tensor_from,
    view,
)
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.steps import one_step
from gradtape._src.core.typing import TensorLike
from gradtape._src.linalg.contractions import matmul
from gradtape._src.linalg.diagonals import band_part, diag, diag_part, set_diag
from gradtape._src.linalg.matrices import apart, matrices, symmetrised, turned
from gradtape._src.table.rows import call, op, real, values

MAX = 2


def _column(x: Tensor) -> Tensor:
    return apply_reshape(x, (*x.shape, 1))


def _row(x: Tensor) -> Tensor:
    return apply_reshape(x, (*x.shape[:-1], 1, x.shape[-1]))


def _reciprocal(x: Tensor) -> Tensor:
    """1 / x, and 0 where x is 0: TensorFlow's, broadened so that equal values do not divide by 0."""
    return x / (x * x + 1e-20)


def _inverse_differences(x: Tensor) -> Tensor:
    """1 / (x_j - x_i), 0 on the diagonal."""
    return set_diag(_reciprocal(_row(x) - _column(x)), full_like(x, 0))


@op(
    "linalg.eigh",
    samples=lambda: [call(real(3, 3, through=apart)), call(real(2, 2, 2, through=apart)), call(real(1, 1))],
    edges=lambda: [call(real(0, 0)), call(real(0, 2, 2)), call(values([[1.0, 0.0], [0.0, 1.0]]))],
    program=lambda tf, f, x: [f(symmetrised(tf, x))[0], f(symmetrised(tf, x))[1] ** 2],
    tolerance=1e-8,
)
def eigh(tensor: TensorLike, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of symmetric matrices.

    Rule: Giles, An Extended Collection of Matrix Derivative Results for Forward and Reverse Mode Algorithmic
    Differentiation (2008), 3.1. The gradient is lower triangular; that of the vectors of equal eigenvalues is no limit.

    Args:
      tensor: a floating tensor of shape [..., n, n], of which only the lower triangles are read.
      name: not used; TensorFlow names operations by it.

    Returns:
      The eigenvalues, ascending, of shape [..., n], and the eigenvectors, in columns, of shape [..., n, n]. The sign of
      a vector is not determined.

    Raises:
      InvalidArgumentError: a matrix is not square, or holds NaN or infinity.

    Example:
      >>> values, vectors = tf.linalg.eigh([[2.0, 0.0], [0.0, 1.0]])
      >>> values.numpy(), tf.abs(vectors).numpy()
      (array([1., 2.], dtype=float32), array([[0., 1.],
             [1., 0.]], dtype=float32))
    """
    return _EIGH(matrices("SelfAdjointEigV2", tensor))


def _eigh(x: Tensor) -> tuple[Tensor, ...]:
    return tuple(tensor_from(part) for part in np.linalg.eigh(_finite(x)))


def _finite(x: Tensor) -> np.ndarray:
    array = view(x)
    if not np.isfinite(array).all():
        raise invalid_argument(
            "SelfAdjointEigV2",
            "Self-adjoint eigen decomposition was not successful. The input might not be valid.",
            "",
        )
    return array


def _lower_of_symmetric(whole: Tensor) -> Tensor:
    """The gradient of what reads the lower triangle alone, from that of the symmetric matrix."""
    return set_diag(band_part(whole + turned(whole), -1, 0), diag_part(whole))


def _eigh_vjp(call: Any, needs: Any, gw: Tensor, gv: Tensor) -> Tensor:
    w, v = call.saved
    inner = diag(gw) + _inverse_differences(w) * matmul(v, gv, transpose_a=True)
    return _lower_of_symmetric(matmul(v, matmul(inner, v, transpose_b=True)))


_EIGH = Primitive("SelfAdjointEigV2", _eigh, _eigh_vjp, saves=(-1, -2))


@op(
    "linalg.eigvalsh",
    samples=lambda: [call(real(3, 3, through=apart))],
    edges=lambda: [call(real(0, 0)), call(values([[1.0, 0.0], [0.0, 1.0]]))],
    program=lambda tf, f, x: f(symmetrised(tf, x)),
    tolerance=1e-8,
)
def eigvalsh(tensor: TensorLike, name: str | None = None) -> Tensor:
    """The eigenvalues of symmetric matrices, ascending.

    Args:
      tensor: a floating tensor of shape [..., n, n], of which only the lower triangles are read.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [..., n]. The gradient of equal ones too is right to first order.

    Raises:
      InvalidArgumentError: a matrix is not square, or holds NaN or infinity.

    Example:
      >>> tf.linalg.eigvalsh([[2.0, 1.0], [1.0, 2.0]]).numpy().round(4)
      array([1., 3.], dtype=float32)
    """
    return _EIGVALSH(matrices("SelfAdjointEigV2", tensor))


def _eigvalsh(x: Tensor) -> Tensor:
    return tensor_from(np.linalg.eigvalsh(_finite(x)))


def _eigvalsh_vjp(call: Any, needs: Any, gw: Tensor) -> Tensor:
    (x,) = call.saved
    _, v = eigh(x)
    return _lower_of_symmetric(matmul(v * _row(gw), v, transpose_b=True))


_EIGVALSH = Primitive("SelfAdjointEigV2", _eigvalsh, _eigvalsh_vjp, saves=(0,))


def _without_signs(tf: Any, f: Any, x: Any, **options: Any) -> list[Any]:
    """Singular values, and the vectors in products that a choice of signs does not change."""
    if not options.get("compute_uv", True):
        return [f(x, **options)]
    s, u, v = f(x, **options)
    least = s.shape[-1]
    both = tf.matmul(u[..., :least] * tf.expand_dims(s, -2) ** 2, v[..., :least], transpose_b=True)
    return [s, u**2, v**2, both]


@op(
    "linalg.svd",
    samples=lambda: [
        *(call(real(3, 3, through=apart)), call(real(2, 4, 2, through=apart)), call(real(2, 3, through=apart))),
        *(call(real(2, 3, through=apart), full_matrices=True), call(real(3, 2, through=apart), full_matrices=True)),
        *(call(real(3, 2, through=apart), compute_uv=False), call(real(2, 2, 3, through=apart), compute_uv=False)),
    ],
    edges=lambda: [
        *(call(real(0, 3)), call(real(0, 3), compute_uv=False), call(real(0, 2, 2)), call([[np.nan, 1.0], [1.0, 1.0]])),
        call(values([[1.0, 0.0], [0.0, 1.0]]), compute_uv=False),
    ],
    program=_without_signs,
    tolerance=1e-8,
    notes="Signs of singular vectors, which are arbitrary, may differ from TensorFlow's",
)
def svd(tensor: TensorLike, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None) -> Any:
    """Singular values s of matrices, the largest first, and vectors u and v with u diag(s) vᵀ = the matrix.

    Rules: Giles (2008), 3.2 for the values; Townsend, Differentiating the Singular Value Decomposition (2016), for the
    vectors. Those of equal values have no gradient, nor have full matrices whose sizes differ by more than 1.

    Args:
      tensor: a floating tensor of shape [..., m, n].
      full_matrices: whether u and v are square; else they have min(m, n) columns.
      compute_uv: whether u and v are wanted.
      name: not used; TensorFlow names operations by it.

    Returns:
      s, u and v with compute_uv, else s alone; NaN for a matrix with NaN. Unlike NumPy's, v is not transposed.

    Raises:
      InvalidArgumentError: the operand has less than two axes, or is of integers.
      NotImplementedError: (when differentiated) there is no gradient.

    Example:
      >>> tf.linalg.svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False).numpy().round(4)
      array([4., 3.], dtype=float32)
    """
    x = matrices("Svd", tensor, None)
    return _SVD(x, attributes=(full_matrices,)) if compute_uv else _SINGULAR_VALUES(x, attributes=(full_matrices,))


def _decomposed(x: Tensor, full_matrices: bool, compute_uv: bool) -> Any:
    array = view(x)
    valid = np.isfinite(array).all((-2, -1), keepdims=True)
    finite = np.where(valid, array, 0)
    if not compute_uv:
        return tensor_from(np.where(valid[..., 0], np.linalg.svd(finite, compute_uv=False), np.nan), x.dtype)
    parts = np.linalg.svd(finite, full_matrices)
    s = tensor_from(np.where(valid[..., 0], parts[1], np.nan), x.dtype)
    u, v = (tensor_from(np.where(valid, part, np.nan), x.dtype) for part in (parts[0], np.swapaxes(parts[2], -1, -2)))
    return s, u, v


def _singular_values_vjp(call: Any, needs: Any, gs: Tensor) -> Tensor:
    (x,) = call.saved
    _, u, v = svd(x)
    return matmul(u * _row(gs), v, transpose_b=True)


def _svd_vjp(call: Any, needs: Any, gs: Tensor, gu: Tensor, gv: Tensor) -> Tensor:
    (x, s, u, v), (full,) = call.saved, call.attributes
    rows, columns = x.shape[-2:]
    high = rows > columns
    if high:
        rows, columns, u, v, gu, gv = columns, rows, v, u, gv, gu
    if full and columns - rows > 1:
        raise NotImplementedError(
            "svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True. Received: "
            f"m={rows} and n={columns} from op input={x} with shape={x.shape}."
        )
    first, gfirst = v[..., :rows], gv[..., :rows]
    gaps = _inverse_differences(s * s)
    left, right = (gaps * matmul(a, ga, transpose_a=True) for a, ga in ((u, gu), (first, gfirst)))
    inner = diag(gs) + (left + turned(left)) * _row(s) + _column(s) * (right + turned(right))
    result = matmul(u, matmul(inner, first, transpose_b=True))
    if rows < columns:
        outside = turned(gfirst) - matmul(matmul(gfirst, first, transpose_a=True), first, transpose_b=True)
        if full:
            rest, grest = v[..., rows:], gv[..., rows:]
            outside = outside - matmul(matmul(first, grest, transpose_a=True), rest, transpose_b=True)
        result = result + matmul(u * _row(_reciprocal(s)), outside)
    return turned(result) if high else result


_SVD = Primitive("Svd", lambda x, full: _decomposed(x, full, True), _svd_vjp, saves=(0, -1, -2, -3))
_SINGULAR_VALUES = Primitive("Svd", lambda x, full: _decomposed(x, full, False), _singular_values_vjp, saves=(0,))


def _floating_matrix(a: Any) -> Tensor:
    x = as_tensor(a, hint=dtypes.float32)
    if not x.dtype.is_floating:
        raise TypeError(f"Input `a` must have `float`-like `dtype` (saw {x.dtype.name}).")
    if x.ndim < 2:
        raise ValueError(f"Input `a` must have at least 2 dimensions (saw: {x.ndim}).")
    return x


@op(
    "linalg.matrix_rank",
    orders="0",
    samples=lambda: [call(real(3, 4)), call(real(2, 3, 3)), call(real(2, 2), 9.0)],
    edges=lambda: [
        *(call(real(0, 2)), call([[1, 2], [2, 4]]), call(values([[np.nan, 2.0]])), call(values([[0.0, 0.0]]))),
        call(values([[1.0, 1.0], [1.0, 1.0]])),
    ],
)
@one_step("a", "tol")
def matrix_rank(
    a: TensorLike, tol: TensorLike | None = None, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """The number of singular values above a tolerance.

    Args:
      a: a floating tensor of shape [..., m, n].
      tol: the tolerance; None for the rounding error of max(m, n) operations relative to the largest.
      validate_args: not used; operands are always checked.
      name: not used; TensorFlow names operations by it.

    Returns:
      An int32 tensor of shape [...].

    Raises:
      TypeError: the matrices are of integers.
      ValueError: the operand has less than two axes.

    Example:
      >>> tf.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]]).numpy()
      np.int32(1)
    """
    x = _floating_matrix(a)
    s = view(svd(x, compute_uv=False))
    if tol is None:
        tol = dtypes.finfo(x.dtype).eps * max(x.shape[-2:]) * s.max(-1, keepdims=True, initial=0)
    return tensor_from(np.sum(s > view(as_tensor(tol, x.dtype)), -1, dtype=np.int32), dtypes.int32)


@op(
    "linalg.pinv",
    samples=lambda: [
        *(call(real(3, 3, through=apart)), call(real(4, 2, through=apart)), call(real(2, 2, 3, through=apart))),
        call(real(2, 2, through=lambda a: apart(a) + np.diag([0.0, 20.0])), rcond=0.5),
    ],
    edges=lambda: [call(real(0, 2)), call(values([[0.0, 0.0], [0.0, 0.0]])), call([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])],
    tolerance=1e-8,
)
def pinv(
    a: TensorLike, rcond: TensorLike | None = None, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """Moore and Penrose's inverses of matrices.

    The gradient is that of `svd`.

    Args:
      a: a floating tensor of shape [..., m, n].
      rcond: singular values of at most rcond times the largest count as 0; None for 10 max(m, n) roundings.
      validate_args: not used; operands are always checked.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [..., n, m].

    Raises:
      TypeError: the matrices are of integers.
      ValueError: the operand has less than two axes.

    Example:
      >>> tf.linalg.pinv([[2.0, 0.0], [0.0, 0.0]]).numpy().round(4)
      array([[0.5, 0. ],
             [0. , 0. ]], dtype=float32)
    """
    x = _floating_matrix(as_tensor(a))
    if rcond is None:
        rcond = 10.0 * max(x.shape[-2:]) * dtypes.finfo(x.dtype).eps
    s, u, v = svd(x)
    cutoff = as_tensor(rcond, x.dtype) * apply_reduce(MAX, s, -1, False, "Max")
    s = apply_elementwise("select", s > _column(cutoff), s, np.inf)
    return matmul(v / _row(s), u, transpose_b=True)
