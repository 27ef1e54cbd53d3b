"""Assertions about shapes and ranks."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.string_tensor import as_any_tensor
from gradtape._src.core.typing import IntLike, TensorLike
from gradtape._src.testing.dtype_assertions import assert_type
from gradtape._src.testing.messages import described, prefix


def _rank(rank: Any) -> int:
    rank = as_tensor(rank)
    assert_type(rank, dtypes.int32)
    if rank.ndim:
        raise ValueError("Rank must be a scalar.")
    return int(rank)


def _check_rank(x: Any, fits: Callable[[int], bool], wanted: str, message: str | None) -> None:
    x = as_any_tensor(x)
    if not fits(x.ndim):
        raise ValueError(f"{prefix(message)}Tensor  must have rank {wanted}.  Received rank {x.ndim}, shape {x.shape}")


def assert_rank(x: TensorLike, rank: IntLike, message: str | None = None, name: str | None = None) -> None:
    """Checks the number of axes.

    Args:
      x: a tensor, or a value convertible to one.
      rank: the number of axes.
      message: the prefix of the error message.
      name: not used; TensorFlow names operations by it.

    Raises:
      ValueError: it has another number.
      TypeError: the rank is not an int32.

    Example:
      >>> tf.debugging.assert_rank([[1, 2]], 2)
    """
    rank = _rank(rank)
    _check_rank(x, lambda found: found == rank, str(rank), message)


def assert_rank_at_least(x: TensorLike, rank: IntLike, message: str | None = None, name: str | None = None) -> None:
    """Checks that x has at least a number of axes.

    Args:
      x: a tensor, or a value convertible to one.
      rank: the number of axes.
      message: the prefix of the error message.
      name: not used; TensorFlow names operations by it.

    Raises:
      ValueError: it has fewer.
      TypeError: the rank is not an int32.

    Example:
      >>> tf.debugging.assert_rank_at_least([[1, 2]], 1)
    """
    rank = _rank(rank)
    _check_rank(x, lambda found: found >= rank, f"at least {rank}", message)


def assert_rank_in(
    x: TensorLike, ranks: Sequence[IntLike], message: str | None = None, name: str | None = None
) -> None:
    """Checks that the number of axes is one of several.

    Args:
      x: a tensor, or a value convertible to one.
      ranks: a sequence of numbers.
      message: the prefix of the error message.
      name: not used; TensorFlow names operations by it.

    Raises:
      ValueError: the number of axes is none of these.
      TypeError: a rank is not an int32.

    Example:
      >>> tf.debugging.assert_rank_in([[1, 2]], [1, 2])
    """
    ranks = tuple(_rank(rank) for rank in ranks)
    _check_rank(x, lambda found: found in ranks, f"in {ranks}", message)


def assert_scalar(tensor: TensorLike, message: str | None = None, name: str | None = None) -> None:
    """Checks that a tensor has no axes.

    Args:
      tensor: a tensor, or a value convertible to one.
      message: the prefix of the error message.
      name: not used; TensorFlow names operations by it.

    Raises:
      ValueError: it has some.

    Example:
      >>> tf.debugging.assert_scalar(tf.constant(1.0))
    """
    shape = as_any_tensor(tensor).shape
    if shape.rank:
        raise ValueError(f"{prefix(message)}Expected scalar shape, saw shape: {shape}.")


def assert_shapes(
    shapes: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> None:
    """Checks that tensors have given shapes.

    Args:
      shapes: pairs of a tensor and its shape, in a list or dict. A size is an integer, None or "." for any,
        or a symbol, which means the same size wherever it occurs. A leading `...` or "*" matches any number
        of axes. A shape of None allows all; a scalar tensor has size 1 along one axis, too.
      data: not used.
      summarize: not used.
      message: the prefix of the error message.
      name: not used; TensorFlow names operations by it.

    Raises:
      ValueError: a shape does not match.

    Example:
      >>> x, w = tf.zeros([8, 3]), tf.zeros([3, 5])
      >>> tf.debugging.assert_shapes([(x, ("batch", "inputs")), (w, ("inputs", 5))])
    """
    pairs = shapes.items() if isinstance(shapes, dict) else shapes
    constraints: list[tuple[Tensor, bool, tuple[Any, ...]]] = []
    for value, shape in pairs:
        if shape is None:
            continue
        tensor: Any = as_any_tensor(value)
        about = f"{prefix(message)}Tensor {described(tensor)}"
        if not hasattr(shape, "__iter__"):
            raise ValueError(
                f"{about}.  Specified shape must be an iterable.  An iterable has the attribute `__iter__` or "
                f"`__getitem__`.  Received specified shape: {shape}"
            )
        sizes = tuple(shape)
        for place, size in enumerate(sizes):
            if place and size in (..., "*"):
                raise ValueError(
                    f"{about} specified shape index {place}.  Symbol `...` or `*` for a variable number of unspecified "
                    "dimensions is only allowed as the first entry"
                )
        ends = bool(sizes) and sizes[0] in (..., "*")
        constraints.append((tensor, ends, sizes[1:] if ends else sizes))
    for tensor, ends, sizes in constraints:
        if len(sizes) > 1:
            (assert_rank_at_least if ends else assert_rank)(tensor, len(sizes), message)
        elif not ends:
            assert_rank_in(tensor, (0, 1), message)
    known: dict[Any, tuple[int, str]] = {}
    for tensor, ends, sizes in constraints:
        actual = list(tensor.shape) or [1]
        for place, size in enumerate(sizes):
            if size is None or size == ".":
                continue
            axis = place - len(sizes) if ends else place
            specified = f"Specified by tensor {described(tensor)} dimension {axis}"
            if isinstance(size, str):
                wanted, source = known.setdefault(size, (actual[axis], specified))
            else:
                wanted, source = operator.index(size), "Specified explicitly"
            if actual[axis] != wanted:
                raise ValueError(
                    f"{prefix(message)}{source}.  Tensor {described(tensor)} dimension {axis} must have size "
                    f"{wanted}.  Received size {actual[axis]}, shape {tensor.shape}"
                )
