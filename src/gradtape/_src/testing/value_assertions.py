"""Assertions about values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_elementwise, as_tensor, view
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.typing import TensorLike
from gradtape._src.ops.reductions import reduce_all
from gradtape._src.testing.messages import described, prefix


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
    told = f"{prefix(message)}\nCondition x {symbol} 0 did not hold element-wise{end}x ({described(x)}) = \n"
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
    data: list[Any] = [prefix(message), f"x and y not equal to tolerance rtol = {rtol!s}, atol = {atol!s}"]
    data += [f"x ({described(x)}) = ", x, f"y ({described(y)}) = ", y]
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
