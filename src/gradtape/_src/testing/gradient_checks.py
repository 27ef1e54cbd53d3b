"""tf.test: derivatives by tape compared with finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reduce, as_tensor, tensor_from, view
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.autodiff.tape import GradientTape
from gradtape._src.core import nest
from gradtape._src.core.dtypes import float64
from gradtape._src.core.typing import TensorLike


def compute_gradient(
    f: Callable[..., Any], x: Sequence[TensorLike], delta: float | None = None
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """The Jacobians of f by each of its arguments, by reverse accumulation and by central differences.

    Args:
      f: a function of tensors to one tensor.
      x: a list or tuple of its arguments.
      delta: half the step of the differences; 1/1024 by default.

    Returns:
      Two tuples with an array per argument, a row per element of f(*x) and a column per element of the argument.

    Raises:
      ValueError: x is not a list or tuple.
      AssertionError: an argument or the result is not floating.

    Example:
      >>> by_tape, by_differences = tf.test.compute_gradient(tf.square, [tf.constant([1.0, 3.0])])
      >>> by_tape[0], by_differences[0].round(3)
      (array([[2., 0.],
             [0., 6.]], dtype=float32), array([[2., 0.],
             [0., 6.]], dtype=float32))
    """
    if not isinstance(x, list | tuple):
        raise ValueError(
            "`x` must be a list or tuple of values convertible to a Tensor (arguments to `f`), not a " + str(type(x))
        )
    delta = 1.0 / 1024 if delta is None else delta
    arguments = [as_tensor(value) for value in x]
    y = f(*arguments)
    shape, dtype = y.shape, y.dtype
    size = shape.num_elements()
    theoretical: list[Any] = []
    numeric: list[Any] = []
    for place, argument in enumerate(arguments):
        unsupported = "Cannot compute gradient for unsupported type"
        assert argument.dtype.is_floating, f"{unsupported} {argument.dtype.name} of argument {place}"
        assert dtype.is_floating, f"{unsupported} {dtype.name} of y"
        with GradientTape(persistent=True) as tape:
            tape.watch(argument)
            y = f(*arguments)
        kind = argument.dtype.as_numpy_dtype
        jacobian = tape.jacobian(y, argument, unconnected_gradients="zero")
        theoretical.append(np.asarray(jacobian, kind).reshape(size, -1 if size else argument.shape.num_elements()))
        columns = np.zeros((size, argument.shape.num_elements()), kind)
        for column, index in enumerate(np.ndindex(*argument.shape)):
            ends = _ends(lambda *moved: view(as_tensor(f(*moved))), arguments, place, index, delta)
            columns[:, column] = ((ends[0] - ends[1]) / np.asarray(2 * delta, dtype.as_numpy_dtype)).reshape(-1)
        numeric.append(columns)
    return tuple(theoretical), tuple(numeric)


def _ends(
    f: Callable[..., Any], arguments: list[Tensor], place: int, index: tuple[int, ...], delta: float
) -> list[Any]:
    """f with one element of one argument moved up and down."""
    ends = []
    for step in (delta, -delta):
        array = np.array(view(arguments[place]))
        array[index] += step
        ends.append(f(*arguments[:place], tensor_from(array), *arguments[place + 1 :]))
    return ends


def check_gradients(
    f: Callable[..., Any],
    x: Sequence[TensorLike],
    order: int = 2,
    delta: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
) -> None:
    """Compares the derivatives of f at x, up to an order, with central differences.

    Of a weighted sum of f's floating results the gradient by tape is compared with differences along every element of
    every floating argument, (g(x + δ) - g(x - δ)) / 2δ; then f is replaced by the gradient, up to the order.
    The weights are fixed and have no symmetry, so that errors do not cancel. Double precision is far more telling.

    Args:
      f: a function of tensors to a tensor or a nested structure of tensors.
      x: a list or tuple of its arguments; those that are not floating are left unchanged.
      order: the highest order of derivatives to check.
      delta: half the step of the differences for arguments below 1 in magnitude, and relative to larger ones;
        by default 1e-5 for float64 and 1/64 for float32.
      rtol, atol: relative and absolute tolerance; 1e-5 for float64, 0.02 for float32.

    Raises:
      AssertionError: they differ by more, or only one of them is finite; it names order, argument, index and both.

    Example:
      >>> tf.test.check_gradients(lambda x: tf.tanh(x) ** 3, [tf.constant([0.5, -1.0], tf.float64)])
    """
    arguments = [tensor_from(view(as_tensor(value))) for value in x]  # each its own, should one come twice
    for level in range(1, order + 1):
        slopes = _slopes(f)
        gradients = slopes(*arguments)
        floating = [place for place, argument in enumerate(arguments) if argument.dtype.is_floating]
        for place, gradient in zip(floating, gradients, strict=True):
            double = arguments[place].dtype == float64
            near = 1e-5 if double else 0.02
            for index in np.ndindex(*arguments[place].shape):
                step = (delta or (1e-5 if double else 1 / 64)) * max(1.0, abs(float(view(arguments[place])[index])))
                ends = _ends(lambda *moved: float(_total(f(*moved))), arguments, place, index, step)  # noqa: B023
                found, expected = float(view(gradient)[index]), (ends[0] - ends[1]) / (2 * step)
                allowed = (near if atol is None else atol) + (near if rtol is None else rtol) * abs(expected)
                if not abs(found - expected) <= allowed:
                    raise AssertionError(
                        f"order {level}, argument {place} at index {index}: the gradient is {found!r}, central "
                        f"differences give {expected!r}"
                    )
        f = slopes


def _slopes(f: Callable[..., Any]) -> Callable[..., list[Tensor]]:
    """The gradients of f's weighted results by its floating arguments, zeros where there are none."""

    def slopes(*arguments: Tensor) -> list[Tensor]:
        sources = [argument for argument in arguments if argument.dtype.is_floating]
        with GradientTape() as tape:
            tape.watch(sources)
            total = _total(f(*arguments))
        gradients = tape.gradient(total, sources, unconnected_gradients="zero")
        return [as_tensor(gradient) for gradient in gradients]

    return slopes


def _total(results: Any) -> Tensor:
    """The weighted sum of the floating results."""
    total: Any = as_tensor(0.0, float64)
    for salt, result in enumerate(as_tensor(leaf) for leaf in nest.flatten(results)):
        if result.dtype.is_floating:
            weights = np.cos(np.arange(result.shape.num_elements()) * 1.7 + salt).reshape(tuple(result.shape))
            term = apply_reduce("Sum", result * tensor_from(weights, result.dtype), None, False)
            total = total + apply_cast(term, float64)
    return total
