"""Embeddings of bags of numbers: each row of a sparse tensor lists the numbers of one bag."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, apply_reshape, as_tensor, tensor_from
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.ops.clipping import embedding_lookup
from gradtape._src.ops.segments import segment_sum
from gradtape._src.sparse.rearranging import fill_empty_rows, reshape, retain
from gradtape._src.sparse.sparse_tensor import SparseTensor, checked, places_of, sizes_of

COMBINERS = ("mean", "sqrtn", "sum")


def embedding_lookup_sparse(
    params: TensorLike,
    sp_ids: SparseTensor,
    sp_weights: SparseTensor | None,
    combiner: str | None = None,
    max_norm: TensorLike | None = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """Rows of params by number, put together for each row of a sparse tensor.

    Args:
      params: a tensor or variable of at least one axis; a list of them is joined along the first axis.
      sp_ids: a SparseTensor of integers, which count along the first axis of params. No row is empty but the last.
      sp_weights: a SparseTensor of weights at the same positions, or None for ones.
      combiner: "sum" of the weighted rows, "mean", which is this divided by the sum of the weights, or "sqrtn", divided
        by the root of the sum of their squares; "mean" unless given.
      max_norm: the greatest Euclidean norm of a row; None leaves rows as they are.
      name: not used; TensorFlow names operations by it.
      allow_fast_lookup: not used.

    Returns:
      A tensor of shape [rows of sp_ids, ...] and the dtype of params. Gradients flow to params and to the weights.

    Raises:
      TypeError: sp_ids or sp_weights is no SparseTensor.
      ValueError: there is no such combiner, or the positions differ.
      InvalidArgumentError: a number is outside the first axis of params.

    Example:
      >>> table = tf.constant([[1.0], [10.0], [100.0]])
      >>> bags = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [0, 2, 1], dense_shape=[2, 2])
      >>> tf.nn.embedding_lookup_sparse(table, bags, None, combiner="sum").numpy()
      array([[101.],
             [ 10.]], dtype=float32)
    """
    combiner = "mean" if combiner is None else combiner
    if combiner not in COMBINERS:
        raise ValueError(f"combiner must be one of 'mean', 'sqrtn' or 'sum', got {combiner}")
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError(f"sp_ids must be SparseTensor, got {type(sp_ids)}")
    if sp_weights is not None and not isinstance(sp_weights, SparseTensor):
        raise TypeError(f"sp_weights must be either None or SparseTensor, got {type(sp_weights)}")
    found = embedding_lookup(params, sp_ids.values, max_norm)
    # Sums of half precision would overflow.
    rows = apply_cast(found, dtypes.float32) if found.dtype.size == 2 else found
    return apply_cast(_combined(rows, sp_ids, sp_weights, combiner), found.dtype)


def _combined(rows: Tensor, sp_ids: SparseTensor, sp_weights: SparseTensor | None, combiner: str) -> Any:
    """The rows that belong to each bag, put together."""
    ids = tensor_from(np.ascontiguousarray(places_of(sp_ids)[:, 0]))
    if sp_weights is None:
        counts = np.bincount(np.asarray(ids)).astype(np.float64)
        sums: Tensor = segment_sum(rows, ids)
        divisors = tensor_from(np.maximum(counts if combiner == "mean" else np.sqrt(counts), 1.0), rows.dtype)
        return sums if combiner == "sum" else sums / apply_reshape(divisors, (-1,) + (1,) * (rows.ndim - 1))
    if not np.array_equal(places_of(sp_weights), places_of(sp_ids)):
        raise ValueError("sp_ids and sp_weights must have the same places.")
    weights = apply_reshape(apply_cast(sp_weights.values, rows.dtype), (-1,) + (1,) * (rows.ndim - 1))
    sums = segment_sum(rows * weights, ids)
    if combiner == "sum":
        return sums
    if combiner == "mean":
        return apply_elementwise("divide_no_nan", sums, segment_sum(weights, ids))
    squares = segment_sum(apply_elementwise("square", weights), ids)
    return apply_elementwise("divide_no_nan", sums, apply_elementwise("sqrt", squares))


def safe_embedding_lookup_sparse(
    embedding_weights: TensorLike,
    sparse_ids: SparseTensor,
    sparse_weights: SparseTensor | None = None,
    combiner: str = "mean",
    default_id: IntLike | None = None,
    max_norm: TensorLike | None = None,
    name: str | None = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """`embedding_lookup_sparse` where rows may be empty, and numbers negative, which do not count.

    Args:
      embedding_weights: a tensor or variable of at least one axis; a list of them is joined along the first axis.
      sparse_ids: a SparseTensor of integers; those below 0 are left out.
      sparse_weights: a SparseTensor of weights at the same positions, or None for ones; those that are not above 0 are
        left out, but not for the combiner "sum".
      combiner: "mean", "sqrtn" or "sum", as of `embedding_lookup_sparse`.
      default_id: the number that an empty row has; unless given, empty rows give zeros.
      max_norm: the greatest Euclidean norm of a row; None leaves rows as they are.
      name: not used; TensorFlow names operations by it.
      allow_fast_lookup: not used.

    Returns:
      A tensor of shape [leading sizes of sparse_ids..., ...] and the dtype of embedding_weights.

    Raises:
      TypeError: sparse_ids or sparse_weights is no SparseTensor.
      ValueError: there is no such combiner, or there are no embedding_weights.
      InvalidArgumentError: a number is beyond the first axis of embedding_weights.

    Example:
      >>> bags = tf.SparseTensor([[0, 0], [2, 0]], [1, -5], dense_shape=[3, 1])
      >>> tf.nn.safe_embedding_lookup_sparse(tf.constant([[1.0], [10.0]]), bags).numpy()
      array([[10.],
             [ 0.],
             [ 0.]], dtype=float32)
    """
    if embedding_weights is None or (isinstance(embedding_weights, list | tuple) and not embedding_weights):
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    sizes = sizes_of(checked(sparse_ids))
    flat = [-1, sizes[-1]]
    ids = reshape(sparse_ids, flat)
    weights = None if sparse_weights is None else reshape(checked(sparse_weights), flat)
    kept = np.asarray(ids.values) >= 0
    if weights is not None and combiner != "sum":
        kept &= np.asarray(weights.values) > 0
    ids = retain(ids, kept)
    ids, empty = fill_empty_rows(ids, 0 if default_id is None else default_id)
    if weights is not None:
        weights = fill_empty_rows(retain(weights, kept), 1.0)[0]
    rows: Any = embedding_lookup_sparse(embedding_weights, ids, weights, combiner, max_norm)
    if default_id is None:
        missing = apply_reshape(empty, (-1,) + (1,) * (rows.ndim - 1))
        rows = apply_elementwise("select", missing, as_tensor(0, rows.dtype), rows)
    return apply_reshape(rows, (*sizes[:-1], *rows.shape[1:]))
