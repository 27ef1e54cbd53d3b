"""tf.debugging: assertions about values, shapes and dtypes, and the search for NaN and infinity."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_elementwise, as_tensor, view
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.string_tensor import as_any_tensor
from gradtape._src.core.typing import DTypeLike, IntLike, TensorLike
from gradtape._src.ops.reductions import reduce_all


def Assert(
    condition: TensorLike, data: Sequence[TensorLike], summarize: int | None = None, name: str | None = None
) -> None:
    """Checks that a condition holds.

    Args:
      condition: a bool, or a scalar tensor.
      data: a sequence of tensors to print in the error.
      summarize: number of elements of each to print, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: the condition does not hold.
      TypeError: data is not a sequence.

    Example:
      >>> x = tf.constant([1.0, 2.0])
      >>> tf.debugging.Assert(tf.reduce_all(x > 0.0), [x])
    """
    if not isinstance(data, list | tuple):
        raise TypeError("values must be a sequence.")
    if condition:
        return
    told = "\n".join(_summary(item, summarize) for item in data)
    raise InvalidArgumentError(None, None, f"Expected '{condition!s}' to be true. Summarized data: {told}")


def _summary(item: Any, count: int | None) -> str:
    """The first elements of an item of data on one line."""
    elements = [item.encode()] if isinstance(item, str) else view(as_tensor(item)).reshape(-1)
    shown = [str(element) for element in elements[: _limit(count)]]
    return ", ".join([*shown, "..."] if len(shown) < len(elements) else shown)


def _limit(summarize: int | None) -> int | None:
    """The number of printed elements; None for all."""
    return 3 if summarize is None else None if summarize < 0 else summarize


def _prefix(message: str | None) -> str:
    return f"{message}.  " if message else ""


# Values


def _compare(
    symbol: str, op: str, x: Any, y: Any, message: str | None, summarize: int | None, told: str | None = None
) -> None:
    """Raises unless the elementwise op holds everywhere; `told` replaces the description of the failed condition."""
    x = as_tensor(x)
    y = as_tensor(y, None if isinstance(y, Tensor | BaseVariable) else x.dtype)
    compared = apply_elementwise(op, x, y)
    if reduce_all(compared):
        return
    holds = view(compared)
    if told is not None:
        raise InvalidArgumentError(None, None, told)
    limit, xs, ys = _limit(summarize), view(x), view(y)
    lines = [message] if message else []
    lines.append(f"Condition x {symbol} y did not hold.")
    if x.shape == y.shape and x.ndim:
        places = np.argwhere(~holds)[:limit]
        lines += [f"Indices of first {len(places)} different values:", str(places)]
        lines += ["Corresponding x values:", str(xs[tuple(places.T)])]
        lines += ["Corresponding y values:", str(ys[tuple(places.T)])]
    for label, array in (("x", xs), ("y", ys)):
        first = array.reshape(-1)[:limit]
        lines += [f"First {len(first)} elements of {label}:", str(first)]
    raise InvalidArgumentError(None, None, "\n".join(lines))


def assert_equal(
    x: TensorLike, y: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None
) -> None:
    """Checks that x == y everywhere; x and y broadcast.

    Args:
      x: a tensor, or a value convertible to one.
      y: another of the same dtype.
      message: the prefix of the error message.
      summarize: number of elements in the error, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: it is not so, or the shapes do not broadcast.

    Example:
      >>> tf.debugging.assert_equal(tf.constant([1, 1]), 1)
    """
    if x is not y:
        _compare("==", "equal", x, y, message, summarize)


def assert_none_equal(
    x: TensorLike, y: TensorLike, summarize: int | None = None, message: str | None = None, name: str | None = None
) -> None:
    """Checks that x == y nowhere; x and y broadcast.

    Args:
      x: a tensor, or a value convertible to one.
      y: another of the same dtype.
      message: the prefix of the error message.
      summarize: number of elements in the error, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: it is not so, or the shapes do not broadcast.

    Example:
      >>> tf.debugging.assert_none_equal(tf.constant([1, 3]), 2)
    """
    _compare("!=", "not_equal", x, y, message, summarize)


def assert_less(
    x: TensorLike, y: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None
) -> None:
    """Checks that x < y everywhere; x and y broadcast.

    Args:
      x: a tensor, or a value convertible to one.
      y: another of the same dtype.
      message: the prefix of the error message.
      summarize: number of elements in the error, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: it is not so, or the shapes do not broadcast.

    Example:
      >>> tf.debugging.assert_less(tf.constant([1, 3]), 4)
    """
    _compare("<", "less", x, y, message, summarize)


def assert_less_equal(
    x: TensorLike, y: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None
) -> None:
    """Checks that x <= y everywhere; x and y broadcast.

    Args:
      x: a tensor, or a value convertible to one.
      y: another of the same dtype.
      message: the prefix of the error message.
      summarize: number of elements in the error, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: it is not so, or the shapes do not broadcast.

    Example:
      >>> tf.debugging.assert_less_equal(tf.constant([1, 3]), 3)
    """
    _compare("<=", "less_equal", x, y, message, summarize)


def assert_greater(
    x: TensorLike, y: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None
) -> None:
    """Checks that x > y everywhere; x and y broadcast.

    Args:
      x: a tensor, or a value convertible to one.
      y: another of the same dtype.
      message: the prefix of the error message.
      summarize: number of elements in the error, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: it is not so, or the shapes do not broadcast.

    Example:
      >>> tf.debugging.assert_greater(tf.constant([1, 3]), 0)
    """
    _compare(">", "greater", x, y, message, summarize)


def assert_greater_equal(
    x: TensorLike, y: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None
) -> None:
    """Checks that x >= y everywhere; x and y broadcast.

    Args:
      x: a tensor, or a value convertible to one.
      y: another of the same dtype.
      message: the prefix of the error message.
      summarize: number of elements in the error, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: it is not so, or the shapes do not broadcast.

    Example:
      >>> tf.debugging.assert_greater_equal(tf.constant([1, 3]), 1)
    """
    _compare(">=", "greater_equal", x, y, message, summarize)


def _signed(symbol: str, op: str, x: Any, message: str | None, summarize: int | None, end: str = ":\n") -> None:
    x = as_tensor(x)
    flat, limit = view(x).reshape(-1), _limit(summarize)
    shown = [str(element) for element in flat[:limit]] + ["..."] * (limit is not None and flat.size > limit)
    told = f"{_prefix(message)}\nCondition x {symbol} 0 did not hold element-wise{end}x ({_described(x)}) = \n"
    _compare(symbol, op, x, 0, None, None, told + str(shown if x.ndim else flat[0]))


def assert_positive(
    x: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None
) -> None:
    """Checks that x > 0 everywhere.

    Args:
      x: a tensor of numbers, or a value convertible to one.
      message: the prefix of the error message.
      summarize: number of elements in the error, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: it is not so.

    Example:
      >>> tf.debugging.assert_positive([1.0, 2.0])
    """
    _signed(">", "greater", x, message, summarize)


def assert_negative(
    x: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None
) -> None:
    """Checks that x < 0 everywhere.

    Args:
      x: a tensor of numbers, or a value convertible to one.
      message: the prefix of the error message.
      summarize: number of elements in the error, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: it is not so.

    Example:
      >>> tf.debugging.assert_negative([-1.0, -2.0])
    """
    _signed("<", "less", x, message, summarize)


def assert_non_negative(
    x: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None
) -> None:
    """Checks that x >= 0 everywhere.

    Args:
      x: a tensor of numbers, or a value convertible to one.
      message: the prefix of the error message.
      summarize: number of elements in the error, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: it is not so.

    Example:
      >>> tf.debugging.assert_non_negative([0.0, 2.0])
    """
    _signed(">=", "greater_equal", x, message, summarize)


def assert_non_positive(
    x: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None
) -> None:
    """Checks that x <= 0 everywhere.

    Args:
      x: a tensor of numbers, or a value convertible to one.
      message: the prefix of the error message.
      summarize: number of elements in the error, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: it is not so.

    Example:
      >>> tf.debugging.assert_non_positive([0.0, -2.0])
    """
    _signed("<=", "less_equal", x, message, summarize, ":")


def assert_near(
    x: TensorLike,
    y: TensorLike,
    rtol: TensorLike | None = None,
    atol: TensorLike | None = None,
    message: str | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> None:
    """Checks that |x - y| < atol + rtol * |y| everywhere; x and y broadcast.

    Args:
      x: a floating tensor, or a value convertible to one.
      y: another of the same dtype.
      rtol: the relative tolerance; None for ten times the dtype's precision.
      atol: the absolute tolerance; None for ten times the dtype's precision.
      message: the prefix of the error message.
      summarize: number of elements in the error, all if negative; None for 3.
      name: not used; TensorFlow names operations by it.

    Raises:
      InvalidArgumentError: it is not so, or the shapes do not broadcast.
      ValueError: the dtype has no precision.

    Example:
      >>> tf.debugging.assert_near(tf.constant([1.0, 2.0]), [1.0000001, 2.0])
    """
    x = as_tensor(x)
    y = as_tensor(y, x.dtype)
    precision = 10 * dtypes.finfo(x.dtype).eps
    rtol = as_tensor(precision if rtol is None else rtol, x.dtype)
    atol = as_tensor(precision if atol is None else atol, x.dtype)
    data: list[Any] = [_prefix(message), f"x and y not equal to tolerance rtol = {rtol!s}, atol = {atol!s}"]
    data += [f"x ({_described(x)}) = ", x, f"y ({_described(y)}) = ", y]
    holds = apply_elementwise("less", abs(x - y), atol + rtol * abs(y))
    Assert(reduce_all(holds), data, summarize)


def assert_all_finite(x: TensorLike, message: str, name: str | None = None) -> Tensor:
    """Checks that x has neither NaN nor infinity.

    Args:
      x: a floating tensor, or a value convertible to one.
      message: the error message.
      name: not used; TensorFlow names operations by it.

    Returns:
      x.

    Raises:
      InvalidArgumentError: it has one, or is not floating.

    Example:
      >>> tf.debugging.assert_all_finite([1.0, 2.0], "bad loss").numpy()
      array([1., 2.], dtype=float32)
    """
    from gradtape._src.testing.check_numerics import check_numerics  # imported lazily, for faster startup

    return check_numerics(x, message)


# Shapes


def _described(tensor: Tensor) -> str:
    return f"shape={tensor.shape} dtype={tensor.dtype.name}"


def _rank(rank: Any) -> int:
    rank = as_tensor(rank)
    assert_type(rank, dtypes.int32)
    if rank.ndim:
        raise ValueError("Rank must be a scalar.")
    return int(rank)


def _check_rank(x: Any, fits: Callable[[int], bool], wanted: str, message: str | None) -> None:
    x = as_any_tensor(x)
    if not fits(x.ndim):
        raise ValueError(f"{_prefix(message)}Tensor  must have rank {wanted}.  Received rank {x.ndim}, shape {x.shape}")


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
        raise ValueError(f"{_prefix(message)}Expected scalar shape, saw shape: {shape}.")


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
        about = f"{_prefix(message)}Tensor {_described(tensor)}"
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
            described = f"Specified by tensor {_described(tensor)} dimension {axis}"
            if isinstance(size, str):
                wanted, source = known.setdefault(size, (actual[axis], described))
            else:
                wanted, source = operator.index(size), "Specified explicitly"
            if actual[axis] != wanted:
                raise ValueError(
                    f"{_prefix(message)}{source}.  Tensor {_described(tensor)} dimension {axis} must have size "
                    f"{wanted}.  Received size {actual[axis]}, shape {tensor.shape}"
                )


# Dtypes and kinds


def assert_type(tensor: TensorLike, tf_type: DTypeLike, message: str | None = None, name: str | None = None) -> None:
    """Checks the dtype of a tensor.

    Args:
      tensor: a tensor, or a value convertible to one.
      tf_type: the dtype.
      message: the prefix of the error message.
      name: not used; TensorFlow names operations by it.

    Raises:
      TypeError: the dtype does not match.

    Example:
      >>> tf.debugging.assert_type(tf.constant(1.0), tf.float32)
    """
    actual, wanted = as_any_tensor(tensor).dtype, as_dtype(tf_type)
    if actual != wanted:
        raise TypeError(f"{_prefix(message)}tensor must be of type {wanted!r}; got {actual!r}")


def assert_integer(x: TensorLike, message: str | None = None, name: str | None = None) -> None:
    """Checks that x is of an integer dtype.

    Args:
      x: a tensor, or a value convertible to one.
      message: the prefix of the error message.
      name: not used; TensorFlow names operations by it.

    Raises:
      TypeError: it has another dtype.

    Example:
      >>> tf.debugging.assert_integer([1, 2])
    """
    dtype = as_tensor(x).dtype
    if not dtype.is_integer:
        raise TypeError(f'{_prefix(message)}Expected "x" to be integer type.  Found: tensor of dtype {dtype!s}')


def assert_same_float_dtype(
    tensors: Sequence[Tensor | BaseVariable | None] | None = None, dtype: DTypeLike | None = None
) -> DType:
    """The floating dtype that tensors share.

    Args:
      tensors: a sequence of tensors, in which None is skipped; None for none.
      dtype: a dtype that they must have; None for any.

    Returns:
      The DType; float32 where neither is given.

    Raises:
      ValueError: dtypes differ or are not floating.

    Example:
      >>> tf.debugging.assert_same_float_dtype([tf.constant(1.0), tf.constant([2.0])])
      tf.float32
    """
    expected = None if dtype is None else as_dtype(dtype)
    first = None
    for tensor in tensors or ():
        if tensor is None:
            continue
        if expected is None:
            expected, first = tensor.dtype, tensor
        elif tensor.dtype != expected:
            as_first = f" as {first!s}" if first is not None else ""
            raise ValueError(f"{tensor!s}, type={tensor.dtype!s}, must be of the same type ({expected!s}){as_first}.")
    expected = dtypes.float32 if expected is None else expected
    if not expected.is_floating:
        raise ValueError(f"Expected floating point type, got {expected!s}.")
    return expected


def assert_proper_iterable(values: Any) -> None:
    """Checks that a value is an iterable, but not a tensor, array or string.

    Args:
      values: any object.

    Raises:
      TypeError: it is not such an iterable.

    Example:
      >>> tf.debugging.assert_proper_iterable([tf.constant(1.0), tf.constant(2.0)])
    """
    if isinstance(values, Tensor | BaseVariable | np.ndarray | bytes | str):
        raise TypeError(f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}')
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether a value is a tensor of numbers, but not of bools, nor a variable.

    Args:
      tensor: any object.

    Returns:
      A bool.

    Example:
      >>> tf.debugging.is_numeric_tensor(tf.constant(1)), tf.debugging.is_numeric_tensor(tf.constant(True))
      (True, False)
    """
    return isinstance(tensor, Tensor) and tensor.dtype != dtypes.bool
