"""Eigenvalues and eigenvectors of square matrices, and helpers that derivatives of spectra share; see systems.py.

What only gradients need is imported when the first one is requested, to make importing gradtape faster.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_conjugate, apply_reshape, as_tensor, full_like, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import not_allowed
from gradtape._src.core.typing import TensorLike
from gradtape._src.linalg.contractions import matmul
from gradtape._src.linalg.matrices import apart, matrices, real_of
from gradtape._src.table.rows import call, op, real


def column(x: Tensor) -> Tensor:
    return apply_reshape(x, (*x.shape, 1))


def row(x: Tensor) -> Tensor:
    return apply_reshape(x, (*x.shape[:-1], 1, x.shape[-1]))


def reciprocal(x: Tensor) -> Tensor:
    """1 / x, and 0 where x is 0, as in TensorFlow, smoothed so that equal values do not divide by 0."""
    return x / (x * x + 1e-20)


def inverse_differences(x: Tensor) -> Tensor:
    """1 / (x_j - x_i), 0 on the diagonal."""
    from gradtape._src.linalg.diagonals import set_diag

    return set_diag(reciprocal(row(x) - column(x)), full_like(x, 0))


def finite(x: Tensor, op: str = "SelfAdjointEigV2", what: str = "Self-adjoint eigen") -> np.ndarray:
    array = view(x)
    if not np.isfinite(array).all():
        raise invalid_argument(op, f"{what} decomposition was not successful. The input might not be valid.", "")
    return array


def _complexes(op: str, tensor: Any) -> Tensor:
    """Square matrices of float32, float64 or complex numbers, converted to complex."""
    x = as_tensor(tensor)
    if x.dtype.is_floating and x.dtype.size < 4:
        raise not_allowed(op, x.dtype, "float, double, complex64, complex128")
    x = matrices(op, x, allowed="float, double, complex64, complex128")
    return x if x.dtype.is_complex else apply_cast(x, _COMPLEX[x.dtype])


_COMPLEX = {dtypes.float32: dtypes.complex64, dtypes.float64: dtypes.complex128}


def _in_order(tf: Any, f: Any, x: Any) -> list[Any]:
    """Values that depend neither on the order of eigenvalues nor on scale factors of eigenvectors."""
    e, v = f(x)
    shares = tf.cast(tf.abs(v) ** 2, e.dtype)
    return [
        tf.math.real(tf.reduce_sum(part, -1)) for part in (e**2, e**3, tf.linalg.matmul(shares, e[..., None])[..., 0])
    ]


@op(
    *("linalg.eig", "eig"),
    samples=lambda: [call(real(3, 3, through=apart)), call(real(2, 2, 2, through=apart)), call(real(1, 1))],
    edges=lambda: [call(real(0, 0)), call(real(0, 2, 2))],
    program=_in_order,
    tolerance=1e-8,
    dtypes="float32, float64, complex64, complex128",
)
def eig(tensor: TensorLike, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of square matrices, always complex.

    Rule: Boeddeker et al., On the Computation of Complex-valued Gradients with Application to Statistically Optimum
    Beamforming (2017), 4.

    Args:
      tensor: a tensor of float32, float64 or complex numbers, of shape [..., n, n].
      name: not used; TensorFlow names operations by it.

    Returns:
      The eigenvalues, of shape [..., n], in no particular order, and the eigenvectors, in columns of length 1, of shape
      [..., n, n]; each vector is unique up to a factor of absolute value 1. Both are complex.

    Raises:
      InvalidArgumentError: a matrix is not square, or contains NaN or infinity; in the gradient, its eigenvectors are
        linearly dependent.

    Example:
      >>> values, vectors = tf.linalg.eig([[2.0, 0.0], [0.0, 3.0]])
      >>> values.numpy()
      array([2.+0.j, 3.+0.j], dtype=complex64)
    """
    return _EIG(_complexes("Eig", tensor))


def _eig(x: Tensor) -> tuple[Tensor, ...]:
    return tuple(tensor_from(part, x.dtype) for part in np.linalg.eig(finite(x, "Eig", "Eigen")))


def _eig_vjp(call: Any, needs: Any, ge: Tensor, gv: Tensor) -> Tensor:
    from gradtape._src.linalg.diagonals import diag, diag_part

    e, v = call.saved
    along = matmul(v, gv, adjoint_a=True)
    # Columns have length 1: a cotangent's component along that change has no effect on the gradient.
    across = along - matmul(v, v * row(real_of(diag_part(along))), adjoint_a=True)
    return _through(v, diag(ge) + apply_conjugate(inverse_differences(e)) * across)


def _through(v: Tensor, inner: Tensor) -> Tensor:
    """v⁻ᴴ inner vᴴ, the gradient of a matrix from that in the basis of its eigenvectors."""
    from gradtape._src.linalg.systems import solve

    return solve(v, matmul(inner, v, adjoint_b=True), adjoint=True)


_EIG = Primitive("Eig", _eig, _eig_vjp, saves=(-1, -2), complexes=True, batch="leading")


@op(
    *("linalg.eigvals", "eigvals"),
    samples=lambda: [call(real(3, 3, through=apart)), call(real(2, 2, 2, through=apart))],
    edges=lambda: [call(real(0, 0))],
    program=lambda tf, f, x: [tf.math.real(tf.reduce_sum(f(x) ** power, -1)) for power in (2, 3)],
    tolerance=1e-8,
    dtypes="float32, float64, complex64, complex128",
)
def eigvals(tensor: TensorLike, name: str | None = None) -> Tensor:
    """The eigenvalues of square matrices, always complex.

    Args:
      tensor: a tensor of float32, float64 or complex numbers, of shape [..., n, n].
      name: not used; TensorFlow names operations by it.

    Returns:
      A complex tensor of shape [..., n], in no particular order.

    Raises:
      InvalidArgumentError: a matrix is not square, or contains NaN or infinity; in the gradient, its eigenvectors are
        linearly dependent.

    Example:
      >>> np.sort_complex(tf.linalg.eigvals(tf.constant([[2.0, 1.0], [1.0, 2.0]])).numpy().round(4))
      array([1.+0.j, 3.+0.j], dtype=complex64)
    """
    return _EIGVALS(_complexes("Eig", tensor))


def _eigvals(x: Tensor) -> Tensor:
    return tensor_from(np.linalg.eigvals(finite(x, "Eig", "Eigen")), x.dtype)


def _eigvals_vjp(call: Any, needs: Any, ge: Tensor) -> Tensor:
    from gradtape._src.linalg.diagonals import diag

    (x,) = call.saved
    _, v = _EIG(x)
    return _through(v, diag(ge))


_EIGVALS = Primitive("Eig", _eigvals, _eigvals_vjp, saves=(0,), complexes=True, batch="leading")
