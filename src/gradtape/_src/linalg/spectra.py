"""Eigenvalues of symmetric matrices, singular values, and functions of them; see systems.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_cast,
    apply_conjugate,
    apply_elementwise,
    apply_reduce,
    as_tensor,
    tensor_from,
    view,
)
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.steps import one_step
from gradtape._src.core.typing import TensorLike
from gradtape._src.linalg.contractions import matmul
from gradtape._src.linalg.diagonals import band_part, diag, diag_part, set_diag
from gradtape._src.linalg.eigenvalues import column, finite, inverse_differences, reciprocal, row
from gradtape._src.linalg.matrices import adjoint_of, apart, matrices, real_of, symmetrised
from gradtape._src.table.rows import call, op, real, values


@op(
    "linalg.eigh",
    samples=lambda: [call(real(3, 3, through=apart)), call(real(2, 2, 2, through=apart)), call(real(1, 1))],
    edges=lambda: [call(real(0, 0)), call(real(0, 2, 2)), call(values([[1.0, 0.0], [0.0, 1.0]]))],
    program=lambda tf, f, x: [f(symmetrised(tf, x))[0], f(symmetrised(tf, x))[1] ** 2],
    tolerance=1e-8,
)
def eigh(tensor: TensorLike, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of symmetric or Hermitian matrices.

    Rule: Giles, An Extended Collection of Matrix Derivative Results for Forward and Reverse Mode Algorithmic
    Differentiation (2008), 3.1. The gradient is lower triangular; for vectors of equal eigenvalues it is not a limit.

    Args:
      tensor: a floating or complex tensor of shape [..., n, n]; only the lower triangles are read.
      name: not used; TensorFlow names operations by it.

    Returns:
      The eigenvalues, ascending, of shape [..., n], and the eigenvectors, in columns, of shape [..., n, n]. A vector is
      unique up to its sign, or a factor of absolute value 1 if complex. Both are of the matrices' dtype.

    Raises:
      InvalidArgumentError: a matrix is not square, or contains NaN or infinity.

    Example:
      >>> values, vectors = tf.linalg.eigh([[2.0, 0.0], [0.0, 1.0]])
      >>> values.numpy(), tf.abs(vectors).numpy()
      (array([1., 2.], dtype=float32), array([[0., 1.],
             [1., 0.]], dtype=float32))
    """
    return _EIGH(matrices("SelfAdjointEigV2", tensor))


def _eigh(x: Tensor) -> tuple[Tensor, ...]:
    return tuple(tensor_from(part, x.dtype) for part in np.linalg.eigh(finite(x)))


def _lower_of_symmetric(whole: Tensor) -> Tensor:
    """The gradient of a function of the lower triangle, from that of the symmetric matrix."""
    return set_diag(band_part(whole + adjoint_of(whole), -1, 0), real_of(diag_part(whole)))


def _eigh_vjp(call: Any, needs: Any, gw: Tensor, gv: Tensor) -> Tensor:
    w, v = call.saved
    inner = diag(gw) + inverse_differences(w) * matmul(v, gv, adjoint_a=True)
    return _lower_of_symmetric(matmul(v, matmul(inner, v, adjoint_b=True)))


_EIGH = Primitive("SelfAdjointEigV2", _eigh, _eigh_vjp, saves=(-1, -2), complexes=True, batch="leading")


@op(
    "linalg.eigvalsh",
    samples=lambda: [call(real(3, 3, through=apart))],
    edges=lambda: [call(real(0, 0)), call(values([[1.0, 0.0], [0.0, 1.0]]))],
    program=lambda tf, f, x: f(symmetrised(tf, x)),
    tolerance=1e-8,
)
def eigvalsh(tensor: TensorLike, name: str | None = None) -> Tensor:
    """The eigenvalues of symmetric or Hermitian matrices, ascending.

    Args:
      tensor: a floating or complex tensor of shape [..., n, n]; only the lower triangles are read.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [..., n] and the matrices' dtype. For equal values the first-order gradient is right too.

    Raises:
      InvalidArgumentError: a matrix is not square, or contains NaN or infinity.

    Example:
      >>> tf.linalg.eigvalsh([[2.0, 1.0], [1.0, 2.0]]).numpy().round(4)
      array([1., 3.], dtype=float32)
    """
    return _EIGVALSH(matrices("SelfAdjointEigV2", tensor))


def _eigvalsh(x: Tensor) -> Tensor:
    return tensor_from(np.linalg.eigvalsh(finite(x)), x.dtype)


def _eigvalsh_vjp(call: Any, needs: Any, gw: Tensor) -> Tensor:
    (x,) = call.saved
    _, v = eigh(x)
    return _lower_of_symmetric(matmul(v * row(gw), v, adjoint_b=True))


_EIGVALSH = Primitive("SelfAdjointEigV2", _eigvalsh, _eigvalsh_vjp, saves=(0,), complexes=True, batch="leading")


def _without_signs(tf: Any, f: Any, x: Any, **options: Any) -> list[Any]:
    """Singular values, and the vectors in products that do not depend on the choice of signs."""
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
    """Singular values s of matrices, the largest first, and vectors u and v with u diag(s) vᴴ = the matrix.

    Rules: Giles (2008), 3.2 for the values; Townsend, Differentiating the Singular Value Decomposition (2016), for the
    vectors. Vectors of equal values have no gradient, nor have full matrices whose sizes differ by more than 1.

    Args:
      tensor: a floating or complex tensor of shape [..., m, n].
      full_matrices: whether u and v are square; else they have min(m, n) columns.
      compute_uv: whether to compute u and v.
      name: not used; TensorFlow names operations by it.

    Returns:
      s, u and v with compute_uv, else s alone; NaN for a matrix with NaN. s is real. Unlike NumPy's, v is not
      transposed.

    Raises:
      InvalidArgumentError: the operand has fewer than two axes, or is of integers.
      NotImplementedError: (when differentiated) the gradient is not defined.

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
        return tensor_from(np.where(valid[..., 0], np.linalg.svd(finite, compute_uv=False), np.nan))
    parts = np.linalg.svd(finite, full_matrices)
    s = tensor_from(np.where(valid[..., 0], parts[1], np.nan))
    vectors = (parts[0], np.swapaxes(parts[2], -1, -2).conj())
    u, v = (tensor_from(np.where(valid, part, np.nan), x.dtype) for part in vectors)
    return s, u, v


def _singular_values_vjp(call: Any, needs: Any, gs: Tensor) -> Tensor:
    (x,) = call.saved
    _, u, v = svd(x)
    return matmul(u * row(_as(gs, x)), v, adjoint_b=True)


def _as(s: Tensor, x: Tensor) -> Tensor:
    """Converts real numbers to the dtype of others, which may be complex."""
    return s if s.dtype == x.dtype else apply_cast(s, x.dtype)


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
    gs, s = _as(gs, x), _as(s, x)
    gaps = inverse_differences(s * s)
    of_u, of_v = (matmul(a, ga, adjoint_a=True) for a, ga in ((u, gu), (first, gfirst)))
    left, right = gaps * of_u, gaps * of_v
    inner = diag(gs) + (left + adjoint_of(left)) * row(s) + column(s) * (right + adjoint_of(right))
    if x.dtype.is_complex:  # the factors of absolute value 1 of u that leave those of v unchanged
        turning = diag_part(of_v)
        inner = inner + diag((apply_conjugate(turning) - turning) * 0.5 * reciprocal(s))
    result = matmul(u, matmul(inner, first, adjoint_b=True))
    if rows < columns:
        outside = adjoint_of(gfirst) - matmul(matmul(gfirst, first, adjoint_a=True), first, adjoint_b=True)
        if full:
            rest, grest = v[..., rows:], gv[..., rows:]
            outside = outside - matmul(matmul(first, grest, adjoint_a=True), rest, adjoint_b=True)
        result = result + matmul(u * row(reciprocal(s)), outside)
    return adjoint_of(result) if high else result


_SVD = Primitive(
    "Svd", lambda x, full: _decomposed(x, full, True), _svd_vjp, saves=(0, -1, -2, -3), complexes=True, batch="leading"
)
_SINGULAR_VALUES = Primitive(
    "Svd",
    lambda x, full: _decomposed(x, full, False),
    _singular_values_vjp,
    saves=(0,),
    complexes=True,
    batch="leading",
)


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
      TypeError: the matrices are integers.
      ValueError: the operand has fewer than two axes.

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
    """Moore-Penrose pseudoinverses of matrices.

    The gradient is that of `svd`.

    Args:
      a: a floating tensor of shape [..., m, n].
      rcond: singular values of at most rcond times the largest count as 0; None for 10 max(m, n) rounding errors.
      validate_args: not used; operands are always checked.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [..., n, m].

    Raises:
      TypeError: the matrices are integers.
      ValueError: the operand has fewer than two axes.

    Example:
      >>> tf.linalg.pinv([[2.0, 0.0], [0.0, 0.0]]).numpy().round(4)
      array([[0.5, 0. ],
             [0. , 0. ]], dtype=float32)
    """
    x = _floating_matrix(as_tensor(a))
    if rcond is None:
        rcond = 10.0 * max(x.shape[-2:]) * dtypes.finfo(x.dtype).eps
    s, u, v = svd(x)
    cutoff = as_tensor(rcond, x.dtype) * apply_reduce("Max", s, -1, False)
    s = apply_elementwise("select", s > column(cutoff), s, np.inf)
    return matmul(v / row(s), u, transpose_b=True)
