"""NumPy's products of vectors and matrices."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_reshape
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.linalg import contractions
from gradtape._src.numpy.creation import diagonal
from gradtape._src.numpy.documented import DTYPE, documented
from gradtape._src.numpy.promotion import alike
from gradtape._src.numpy.reductions import sum as _sum
from gradtape._src.numpy.shapes import expand_dims, moveaxis


@documented(
    "Products of matrices.",
    "np.matmul([[1, 2]], [[3], [4]]).numpy()",
    "array([[11]])",
    raises=("ValueError: an operand has no axes.", "InvalidArgumentError: the inner sizes differ."),
)
def matmul(x1: Any, x2: Any) -> Tensor:
    a, b = alike(x1, x2)
    if not a.ndim or not b.ndim:
        raise ValueError("matmul: an operand has no axes")
    row, column = a.ndim == 1, b.ndim == 1
    product = contractions.matmul(expand_dims(a, 0) if row else a, expand_dims(b, 1) if column else b)
    sizes = list(product.shape)
    if column:
        del sizes[-1]
    if row:
        del sizes[-1 if column else -2]
    return apply_reshape(product, sizes)


@documented(
    "Products over the last axis of a and the last but one of b.",
    "np.dot([1, 2], [3, 4]).numpy()",
    "np.int64(11)",
    raises=("InvalidArgumentError: the sizes of the summed axes differ.",),
)
def dot(a: Any, b: Any) -> Tensor:
    x, y = alike(a, b)
    if not x.ndim or not y.ndim:
        return x * y
    return contractions.tensordot(x, y, [[x.ndim - 1], [max(y.ndim - 2, 0)]])


@documented(
    "Products over the last axes.",
    "np.inner([1, 2], [3, 4]).numpy()",
    "np.int64(11)",
    raises=("InvalidArgumentError: the sizes of the summed axes differ.",),
)
def inner(a: Any, b: Any) -> Tensor:
    x, y = alike(a, b)
    return x * y if not x.ndim or not y.ndim else contractions.tensordot(x, y, [[x.ndim - 1], [y.ndim - 1]])


@documented(
    "The inner product of two flattened tensors.",
    "np.vdot([1, 2], [3, 4]).numpy()",
    "np.int64(11)",
    raises=("InvalidArgumentError: the numbers of elements differ.",),
)
def vdot(a: Any, b: Any) -> Tensor:
    x, y = (apply_reshape(part, (-1,)) for part in alike(a, b))
    return contractions.tensordot(x, y, 1)


@documented(
    "Products of all pairs of elements.",
    "np.outer([1, 2], [3, 4]).numpy()",
    "array([[3, 4],\n         [6, 8]])",
    raises=("InvalidArgumentError: both operands have dtype bool.",),
)
def outer(a: Any, b: Any) -> Tensor:
    x, y = alike(a, b)
    return apply_reshape(x, (-1, 1)) * apply_reshape(y, (1, -1))


@documented(
    "Products over pairs of axes.",
    "np.tensordot([1, 2], [3, 4], 1).numpy()",
    "np.int64(11)",
    raises=(
        "ValueError: axes is negative or larger than the number of axes, or lists of different lengths.",
        "IndexError: a listed axis is out of range.",
        "InvalidArgumentError: the sizes of the summed axes differ.",
    ),
)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Tensor:
    x, y = alike(a, b)
    return contractions.tensordot(x, y, axes)


@documented(
    "Sums of products in Einstein notation.",
    "np.einsum('i,i', [1, 2], [3, 4]).numpy()",
    "np.int64(11)",
    raises=(
        "ValueError: the subscripts are malformed, or those of another number of operands.",
        "InvalidArgumentError: the shapes of the operands do not fit the subscripts.",
    ),
)
def einsum(subscripts: str, *operands: Any) -> Tensor:
    if "->" not in subscripts:
        letters = sorted({letter for letter in subscripts if letter.isalpha() and subscripts.count(letter) == 1})
        subscripts += "->" + ("..." if "..." in subscripts else "") + "".join(letters)
    return contractions.einsum(subscripts, *alike(*operands))


@documented(
    "Kronecker products.",
    "np.kron([1, 2], [1, 10]).numpy()",
    "array([ 1, 10,  2, 20])",
    raises=("InvalidArgumentError: both operands have dtype bool.",),
)
def kron(a: Any, b: Any) -> Tensor:
    x, y = alike(a, b)
    rank = max(x.ndim, y.ndim)
    left, right = ([*[1] * (rank - part.ndim), *part.shape] for part in (x, y))
    product = apply_reshape(x, [size for n in left for size in (n, 1)]) * apply_reshape(
        y, [size for n in right for size in (1, n)]
    )
    return apply_reshape(product, [n * m for n, m in zip(left, right, strict=True)])


@documented(
    "Cross products of vectors.",
    "np.cross([1, 0, 0], [0, 1, 0]).numpy()",
    "array([0, 0, 1])",
    raises=("ValueError: axis is out of range, or its size is not 3.",),
)
def cross(a: Any, b: Any, axis: int = -1) -> Tensor:
    x, y = (moveaxis(part, axis, -1) for part in alike(a, b))
    if x.shape[-1] != 3 or y.shape[-1] != 3:
        raise ValueError("vectors have three elements")
    turned = ((1, 2), (2, 0), (0, 1))
    parts = [x[..., i] * y[..., j] - x[..., j] * y[..., i] for i, j in turned]
    from gradtape._src.numpy.shapes import stack

    return moveaxis(stack(parts, -1), -1, axis)


@documented(
    "Sums of diagonals.",
    "np.trace([[1, 2], [3, 4]]).numpy()",
    "np.int64(5)",
    raises=("ValueError: an axis is out of range, or both are the same.", DTYPE),
)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Tensor:
    return _sum(diagonal(a, offset, axis1, axis2), -1, dtype)


@documented(
    "The value of a polynomial, the highest coefficient first.",
    "np.polyval([1, 2], 3).numpy()",
    "np.int64(5)",
    raises=("IndexError: a has no axes.",),
)
def polyval(a: Any, x: Any) -> Tensor:
    coefficients, at = alike(a, x)
    value = at * 0
    for place in range(coefficients.shape[0]):
        value = value * at + coefficients[place]
    return value
