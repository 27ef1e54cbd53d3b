"""Products of a sparse and a dense matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_reshape, as_tensor
from gradtape._engine.ops.rows import add_rows, take_rows
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import wrong_dtype
from gradtape._src.core.steps import one_step
from gradtape._src.core.typing import TensorLike
from gradtape._src.linalg.diagonals import adjoint
from gradtape._src.ops.complex_numbers import conj
from gradtape._src.sparse.sparse_tensor import SparseTensor, sizes_of

OP = "SparseTensorDenseMatMul"


def sparse_dense_matmul(
    sp_a: SparseTensor | TensorLike,
    b: TensorLike | SparseTensor,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of a sparse and a dense matrix, or of a dense and a sparse one.

    It takes time and memory in proportion to the values that are stored, times the columns of the dense matrix.

    Args:
      sp_a: a SparseTensor of two axes; its positions may be in any order.
      b: a matrix of the same dtype. Either of the two is the sparse one.
      adjoint_a: whether the first is transposed, and conjugated, before.
      adjoint_b: whether the second is.
      name: not used; TensorFlow names operations by it.

    Returns:
      A matrix. Gradients flow to the values of the sparse one and to the dense one.

    Raises:
      TypeError: neither is sparse.
      InvalidArgumentError: one is no matrix, dtypes differ, inner sizes differ, or a place is outside of the shape.

    Example:
      >>> adjacency = tf.SparseTensor([[0, 1], [1, 0], [1, 2]], [1.0, 1.0, 1.0], dense_shape=[3, 3])
      >>> tf.sparse.sparse_dense_matmul(adjacency, [[1.0], [10.0], [100.0]]).numpy()
      array([[ 10.],
             [101.],
             [  0.]], dtype=float32)
    """
    if isinstance(b, SparseTensor):
        if isinstance(sp_a, SparseTensor):
            raise TypeError("One of the two matrices must be dense: use tf.sparse.to_dense for the smaller one.")
        # (a b)' is b' a', and the sparse one comes first.
        return adjoint(sparse_dense_matmul(b, sp_a, adjoint_a=not adjoint_b, adjoint_b=not adjoint_a))
    if not isinstance(sp_a, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    sizes, dense = sizes_of(sp_a), as_tensor(b)
    if dense.dtype is not sp_a.dtype:
        raise wrong_dtype(OP, 3, sp_a.dtype, dense.dtype)
    if dense.ndim != 2:
        raise invalid_argument(OP, "Tensor 'b' is not a matrix", "")
    if len(sizes) != 2:
        raise invalid_argument(OP, "Tensor 'a_shape' must have 2 elements", "")
    return _product(sp_a.values, sp_a.indices, adjoint(dense) if adjoint_b else dense, sizes, bool(adjoint_a))


@one_step("indices", static=("sizes",))
def _product(values: Tensor, indices: Tensor, dense: Tensor, sizes: Any, transposed: bool) -> Tensor:
    places = np.asarray(indices)
    columns, rows = (places[:, 0], places[:, 1]) if transposed else (places[:, 1], places[:, 0])
    inner, outer = sizes if transposed else reversed(sizes)
    if dense.shape[0] != inner:
        raise invalid_argument(
            OP,
            f"Cannot multiply A and B because inner dimension does not match: {inner} vs. {dense.shape[0]}.  Did you "
            f"forget a transpose?  Dimensions of A: [{outer}, {inner}).  Dimensions of B: "
            f"[{dense.shape[0]},{dense.shape[1]}]",
            "",
        )
    for word, axis, numbers, bound in (("k", 1 - transposed, columns, inner), ("m", 0 + transposed, rows, outer)):
        outside = (numbers < 0) | (numbers >= bound)
        if outside.any():
            first = int(np.argmax(outside))
            message = f"{word} ({numbers[first]}) from index[{first},{axis}] out of bounds (>={bound})"
            raise invalid_argument(OP, message, "")
    factors = conj(values) if transposed else values
    terms = take_rows(OP, dense, columns, (len(places), dense.shape[1])) * apply_reshape(factors, [-1, 1])
    return add_rows(OP, terms, rows, (outer, dense.shape[1]))
