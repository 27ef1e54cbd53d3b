"""keras.ops' matrix functions."""

from __future__ import annotations

import builtins
from typing import Any

from gradtape._engine.api.api import apply_matmul, apply_reduce, apply_reshape, apply_transpose
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.ops.promotion import promoted
from gradtape._src.keras.tensors import floating
from gradtape._src.linalg import contractions, factorisations, norms, spectra, systems
from gradtape._src.ops import elementwise as e, joining, shapes


def _product(x: Tensor, y: Tensor, axes: Any) -> Tensor:
    return contractions.tensordot(x, y, axes)


@keras_op
def matmul(x1: Any, x2: Any) -> Tensor:
    """The matrix product over the last axis of x1 and the last but one of x2.

    Args:
      x1, x2: tensors; a vector is a row on the left, a column on the right.

    Returns:
      A tensor of their common dtype.

    Raises:
      InvalidArgumentError: the sizes do not fit, an operand is a scalar, or the dtype is string.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.matmul([[1, 2]], [[3], [4]]).numpy()
      array([[11]], dtype=int32)
    """
    x, y = promoted(x1, x2)
    left, right = x.ndim == 1, y.ndim == 1
    x = apply_reshape(x, (1, -1)) if left else x
    y = apply_reshape(y, (-1, 1)) if right else y
    product = apply_matmul(x, y, False, False)
    product = shapes.squeeze(product, -2) if left else product
    return shapes.squeeze(product, -1) if right else product


@keras_op
def dot(x1: Any, x2: Any) -> Tensor:
    """The product over the last axis of x1 and the last but one of x2, or its only one.

    Args:
      x1, x2: tensors.

    Returns:
      A tensor of their common dtype.

    Raises:
      InvalidArgumentError: the sizes do not fit, or the dtype is string.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.dot([1, 2], [3, 4]).numpy()
      np.int32(11)
    """
    x, y = promoted(x1, x2)
    if not x.ndim or not y.ndim:
        return e.multiply(x, y)
    return _product(x, y, [[-1], [-1 if y.ndim == 1 else -2]])


@keras_op
def inner(x1: Any, x2: Any) -> Tensor:
    """The inner product over the last axes.

    Args:
      x1, x2: tensors.

    Returns:
      A tensor of their common dtype.

    Raises:
      InvalidArgumentError: the sizes of the last axes differ.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.inner([1, 2], [3, 4]).numpy()
      np.int32(11)
    """
    x, y = promoted(x1, x2)
    return _product(x, y, [[-1], [-1]]) if x.ndim and y.ndim else e.multiply(x, y)


@keras_op
def vdot(x1: Any, x2: Any) -> Tensor:
    """The inner product of the flattened operands.

    Args:
      x1, x2: tensors of the same size.

    Returns:
      A scalar tensor.

    Raises:
      InvalidArgumentError: the numbers of elements differ.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.vdot([[1, 2]], [[3, 4]]).numpy()
      np.int32(11)
    """
    x, y = promoted(x1, x2)
    return apply_reduce("Sum", apply_reshape(x, (-1,)) * apply_reshape(y, (-1,)), None, False)


@keras_op
def outer(x1: Any, x2: Any) -> Tensor:
    """The products of all pairs of elements.

    Args:
      x1, x2: tensors.

    Returns:
      A matrix.

    Raises:
      InvalidArgumentError: the dtype is string.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.outer([1, 2], [3, 4]).numpy().tolist()
      [[3, 4], [6, 8]]
    """
    x, y = promoted(x1, x2)
    return e.multiply(apply_reshape(x, (-1, 1)), apply_reshape(y, (1, -1)))


@keras_op
def kron(x1: Any, x2: Any) -> Tensor:
    """The Kronecker product.

    Args:
      x1, x2: tensors; axes of size 1 are put before those of the one that has fewer.

    Returns:
      A tensor whose sizes are products of theirs.

    Raises:
      InvalidArgumentError: the dtype is string or bool.
      ValueError: an operand cannot be converted to a tensor, or the dtypes have no common one.

    Example:
      >>> tf.keras.ops.kron([[1, 2]], [[1, 1]]).numpy()
      array([[1, 1, 2, 2]], dtype=int32)
    """
    x, y = promoted(x1, x2)
    rank = max(x.ndim, y.ndim)
    outer_sizes, inner_sizes = ([1] * (rank - one.ndim) + list(one.shape) for one in (x, y))
    blocks = apply_reshape(x, [size for outer in outer_sizes for size in (outer, 1)])
    blocks = blocks * apply_reshape(y, [size for inner in inner_sizes for size in (1, inner)])
    return apply_reshape(blocks, [outer * inner for outer, inner in zip(outer_sizes, inner_sizes, strict=True)])


@keras_op
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Tensor:
    """The product summed over several axes.

    Args:
      x1, x2: tensors.
      axes: the number of last axes of x1 and first axes of x2, or a pair of lists of axes.

    Returns:
      A tensor of their common dtype.

    Raises:
      InvalidArgumentError: the sizes of the axes differ.
      ValueError: axes exceeds the number of axes, or an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.tensordot([[1, 2]], [[3], [4]], 1).numpy()
      array([[11]], dtype=int32)
    """
    first, second = promoted(x1, x2)
    return contractions.tensordot(first, second, axes)


@keras_op
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Tensor:
    """Sums of products in Einstein notation.

    Args:
      subscripts: the letters of each operand's axes, and of the result's.
      operands: tensors.
      kwargs: not used.

    Returns:
      A tensor of their common dtype.

    Raises:
      InvalidArgumentError: a size or the number of axes does not fit the subscripts.
      ValueError: the subscripts are malformed, or name another number of operands.

    Example:
      >>> tf.keras.ops.einsum("ij,j->i", [[1, 2]], [3, 4]).numpy()
      array([11], dtype=int32)
    """
    return contractions.einsum(subscripts, *promoted(*operands))


@keras_op
def cross(
    x1: Any,
    x2: Any,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Tensor:
    """The cross product of three-dimensional vectors.

    Args:
      x1, x2: tensors.
      axisa, axisb, axisc: the axes of vectors in the operands and in the result.
      axis: a single axis for all three.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the axis of an operand has not size 3.
      ValueError: the axis is out of range, or an operand cannot be converted to a tensor of the common dtype.

    Example:
      >>> tf.keras.ops.cross([1, 0, 0], [0, 1, 0]).numpy()
      array([0, 0, 1], dtype=int32)
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = promoted(x1, x2)
    x1, x2, x3 = joining.unstack(x, 3, axisa)
    y1, y2, y3 = joining.unstack(y, 3, axisb)
    return joining.stack([x2 * y3 - x3 * y2, x3 * y1 - x1 * y3, x1 * y2 - x2 * y1], axisc)


@keras_op
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The norm of vectors or matrices.

    Args:
      x: a tensor.
      ord: the order of the norm; Euclidean by default.
      axis: the axis of vectors, or two axes of matrices; None for the flattened tensor.
      keepdims: whether to keep the axes, with size 1.

    Returns:
      A tensor without these axes.

    Raises:
      InvalidArgumentError: an axis is out of range or repeated, or x has dtype string.
      ValueError: the order is unknown, or x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.norm([3.0, 4.0]).numpy()
      np.float32(5.0)
    """
    tensor = floating(x)
    if ord is None or (ord == 2 and (axis is None or isinstance(axis, int)) and (axis is not None or tensor.ndim == 1)):
        return e.sqrt(apply_reduce("Sum", e.square(tensor), axis, keepdims))
    if axis is None:
        axis = -1 if tensor.ndim == 1 else (-2, -1)
    if ord == 0:
        return apply_reduce("Sum", e.not_equal(tensor, 0) * 1.0, axis, keepdims)
    if isinstance(axis, int) and ord in (float("inf"), float("-inf")):
        return apply_reduce("Max" if ord > 0 else "Min", e.abs(tensor), axis, keepdims)
    return norms.norm(tensor, {"fro": "euclidean"}.get(ord, ord), axis, keepdims)


@keras_op
def inv(x: Any) -> Tensor:
    """The inverses of matrices.

    Args:
      x: a tensor of matrices (its last two axes).

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: a matrix is not invertible or not square, or x has fewer than two axes.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.inv([[2.0, 0.0], [0.0, 4.0]]).numpy()
      array([[0.5 , 0.  ],
             [0.  , 0.25]], dtype=float32)
    """
    return systems.inv(floating(x))


@keras_op
def det(x: Any) -> Tensor:
    """The determinants of matrices.

    Args:
      x: a tensor of matrices (its last two axes).

    Returns:
      A tensor without the last two axes.

    Raises:
      InvalidArgumentError: the matrices are not square, or x has fewer than two axes.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.det([[2.0, 0.0], [0.0, 4.0]]).numpy()
      np.float32(8.0)
    """
    return systems.det(floating(x))


@keras_op
def slogdet(x: Any) -> Any:
    """The signs of determinants and the logarithms of their absolute values.

    Args:
      x: a tensor of matrices (its last two axes).

    Returns:
      A pair of tensors without the last two axes.

    Raises:
      InvalidArgumentError: the matrices are not square, or x has fewer than two axes.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> float(tf.keras.ops.slogdet([[1.0, 0.0], [0.0, -1.0]])[0])
      -1.0
    """
    return tuple(systems.slogdet(floating(x)))


@keras_op
def logdet(x: Any) -> Tensor:
    """The logarithms of the determinants of positive definite matrices.

    Args:
      x: a tensor of matrices (its last two axes).

    Returns:
      A tensor without the last two axes.

    Raises:
      InvalidArgumentError: the matrices are not square, or x has fewer than two axes.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.logdet([[2.0, 0.0], [0.0, 0.5]]).numpy().round(4) + 0.0
      np.float32(0.0)
    """
    return factorisations.logdet(floating(x))


@keras_op
def cholesky(x: Any, upper: bool = False) -> Tensor:
    """The Cholesky factors of positive definite matrices.

    Args:
      x: a tensor of matrices (its last two axes).
      upper: whether to return upper triangular factors.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: the matrices are not square, or x has fewer than two axes.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.cholesky([[4.0, 0.0], [0.0, 9.0]]).numpy()
      array([[2., 0.],
             [0., 3.]], dtype=float32)
    """
    factor = factorisations.cholesky(floating(x))
    if not upper:
        return factor
    rank = factor.ndim
    return apply_transpose(factor, [*builtins.range(rank - 2), rank - 1, rank - 2])


@keras_op
def cholesky_inverse(x: Any, upper: bool = False) -> Tensor:
    """The inverses of matrices given by their Cholesky factors.

    Args:
      x: a tensor of the factors, matrices in its last two axes.
      upper: whether the factors are upper triangular.

    Returns:
      A tensor of the same shape.

    Raises:
      InvalidArgumentError: a matrix is not invertible, or x has fewer than two axes.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.cholesky_inverse([[2.0, 0.0], [0.0, 1.0]]).numpy()
      array([[0.25, 0.  ],
             [0.  , 1.  ]], dtype=float32)
    """
    factor = floating(x)
    return systems.inv(apply_matmul(factor, factor, upper, not upper))


@keras_op
def qr(x: Any, mode: str = "reduced") -> Any:
    """The QR decomposition: an orthogonal and an upper triangular factor.

    Args:
      x: a tensor of matrices (its last two axes).
      mode: "reduced", or "complete" for square orthogonal factors.

    Returns:
      A pair of tensors.

    Raises:
      ValueError: unknown mode.

    Example:
      >>> tf.keras.ops.qr([[2.0, 0.0], [0.0, 4.0]])[0].shape
      TensorShape([2, 2])
    """
    if mode not in {"reduced", "complete"}:
        raise ValueError(
            f"`mode` argument value not supported. Expected one of {{'reduced', 'complete'}}. Received: mode={mode}"
        )
    return tuple(factorisations.qr(floating(x), full_matrices=mode == "complete"))


@keras_op
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular value decomposition of matrices.

    Args:
      x: a tensor of matrices (its last two axes).
      full_matrices: whether u and v are square.
      compute_uv: whether to return u and v.

    Returns:
      Tensors u, s and v with u @ diag(s) @ v = x; or just s.

    Raises:
      InvalidArgumentError: x has fewer than two axes, or dtype string.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.svd([[2.0, 0.0], [0.0, 4.0]], compute_uv=False).numpy()
      array([4., 2.], dtype=float32)
    """
    found = spectra.svd(floating(x), full_matrices=full_matrices, compute_uv=compute_uv)
    if not compute_uv:
        return found
    s, u, v = found
    rank = v.ndim
    return u, s, apply_transpose(v, [*builtins.range(rank - 2), rank - 1, rank - 2])


@keras_op
def eigh(x: Any) -> Any:
    """The eigenvalues of symmetric matrices, ascending, and the eigenvectors as columns.

    Args:
      x: a tensor of matrices (its last two axes).

    Returns:
      A pair of tensors.

    Raises:
      InvalidArgumentError: the matrices are not square, or x has fewer than two axes.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.eigh([[2.0, 0.0], [0.0, 1.0]])[0].numpy()
      array([1., 2.], dtype=float32)
    """
    return tuple(spectra.eigh(floating(x)))


@keras_op
def lu_factor(x: Any) -> Any:
    """The LU decomposition of matrices: both factors in one matrix, and the row exchanges.

    Args:
      x: a tensor of square matrices (its last two axes).

    Returns:
      A pair of tensors.

    Raises:
      InvalidArgumentError: a matrix is not invertible or not square, or x has fewer than two axes.
      ValueError: x cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.lu_factor([[2.0, 0.0], [0.0, 1.0]])[1].numpy()
      array([0, 1], dtype=int32)
    """
    return tuple(factorisations.lu(floating(x)))


@keras_op
def solve(a: Any, b: Any) -> Tensor:
    """The solution x of a @ x = b.

    Args:
      a: a tensor of square matrices (its last two axes).
      b: the right-hand side.

    Returns:
      A tensor of the shape of b.

    Raises:
      InvalidArgumentError: a matrix is not invertible or not square, a has fewer than two axes, or the rows of b
        differ.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0]).numpy()
      array([1., 1.], dtype=float32)
    """
    left, right = (floating(value) for value in promoted(a, b))
    if right.ndim == left.ndim - 1:
        return apply_reshape(systems.solve(left, apply_reshape(right, [*right.shape, 1])), list(right.shape))
    return systems.solve(left, right)


@keras_op
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Tensor:
    """The solution x of a @ x = b for triangular a.

    Args:
      a: a tensor of triangular matrices (its last two axes).
      b: the right-hand side.
      lower: whether they are lower triangular.

    Returns:
      A tensor of the shape of b.

    Raises:
      InvalidArgumentError: a matrix is not square, a has fewer than two axes, or the rows of b differ.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.solve_triangular([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0]).numpy()
      array([1., 1.], dtype=float32)
    """
    left, right = (floating(value) for value in promoted(a, b))
    if right.ndim == left.ndim - 1:
        column = apply_reshape(right, [*right.shape, 1])
        return apply_reshape(systems.triangular_solve(left, column, lower=lower), list(right.shape))
    return systems.triangular_solve(left, right, lower=lower)


@keras_op
def lstsq(a: Any, b: Any, rcond: float | None = None) -> Tensor:
    """The x that minimizes |a @ x - b|.

    Args:
      a: a matrix.
      b: the right-hand side, a vector or columns.
      rcond: not used.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: the rows of a and b differ, a has fewer than two axes, or the leading axes differ.
      ValueError: an operand cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.lstsq([[1.0], [1.0]], [1.0, 3.0]).numpy().round(4)
      array([2.], dtype=float32)
    """
    left, right = (floating(value) for value in promoted(a, b))
    if right.ndim == 1:
        return shapes.squeeze(factorisations.lstsq(left, apply_reshape(right, (-1, 1)), fast=False), -1)
    return factorisations.lstsq(left, right, fast=False)


@keras_op
def pinv(x: Any, rcond: float | None = None) -> Tensor:
    """The pseudoinverses of matrices.

    Args:
      x: a tensor of matrices (its last two axes).
      rcond: singular values less than rcond times the largest count as 0.

    Returns:
      A tensor.

    Raises:
      InvalidArgumentError: x has dtype string.
      ValueError: x has fewer than two axes, or cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.pinv([[2.0, 0.0], [0.0, 4.0]]).numpy().round(4)
      array([[0.5 , 0.  ],
             [0.  , 0.25]], dtype=float32)
    """
    return spectra.pinv(floating(x), rcond)
