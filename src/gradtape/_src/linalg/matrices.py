"""Helpers of the functions of matrices: checking operands, transposing, and the matrices that tests draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_conjugate, apply_transpose, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import not_allowed
from gradtape._src.ops.complex_numbers import real

ALLOWED = "double, float, half, complex64, complex128"


def matrices(
    op: str,
    x: Any,
    square: str | None = "Input matrix must be square.",
    allowed: str = ALLOWED,
    operand: str = "Input tensor 0",
) -> Tensor:
    """A floating or complex tensor of matrices, which must be square if `square`.

    Raises:
      InvalidArgumentError: it has an integer dtype, fewer than two axes, or is not square. `allowed`, `operand` and
        `square` are part of the messages.
    """
    tensor = as_tensor(x)
    if not (tensor.dtype.is_floating or tensor.dtype.is_complex):
        raise not_allowed(op, tensor.dtype, allowed)
    if tensor.ndim < 2:
        raise invalid_argument(op, f"{operand} must have rank >= 2, got {tensor.ndim}", "")
    if square is not None and tensor.shape[-1] != tensor.shape[-2]:
        raise invalid_argument(op, square, "")
    return tensor


def turned(x: Tensor) -> Tensor:
    """Transposes the matrices."""
    return apply_transpose(x, [*range(x.ndim - 2), x.ndim - 1, x.ndim - 2])


def adjoint_of(x: Tensor) -> Tensor:
    """Conjugate transposes of the matrices."""
    return apply_conjugate(turned(x))


def real_of(x: Tensor) -> Tensor:
    """The real parts of complex numbers, in their dtype; real ones unchanged."""
    return apply_cast(real(x), x.dtype) if x.dtype.is_complex else x


def apart(array: np.ndarray) -> np.ndarray:
    """A matrix far from singular, with distinct eigenvalues and singular values."""
    rows, columns = array.shape[-2:]
    return array * 0.3 + np.eye(rows, columns) * np.arange(1.0, 1.0 + columns)


def positive(array: np.ndarray) -> np.ndarray:
    """A positive definite matrix with distinct eigenvalues."""
    return apart(array @ np.swapaxes(array, -1, -2) * 0.3)


def symmetrised(tf: Any, x: Any) -> Any:
    """The symmetric part of matrices, computed by either library."""
    return (x + tf.linalg.matrix_transpose(x)) / 2
