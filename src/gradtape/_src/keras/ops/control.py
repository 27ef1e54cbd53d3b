"""Functions of keras.ops that take functions: branches, loops and gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.autodiff.custom_gradient import custom_gradient as custom_gradient, stop_gradient as stopped
from gradtape._src.core import dtypes, nest
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import control_flow, mapping
from gradtape._src.ops.joining import stack


@keras_op
def stop_gradient(variable: Any) -> Tensor:
    """Treats a value as constant in gradients.

    Args:
      variable: a tensor.

    Returns:
      A tensor of the same value.

    Raises:
      ValueError: variable cannot be converted to a tensor.

    Example:
      >>> x = tf.Variable(3.0)
      >>> with tf.GradientTape() as tape:
      ...     y = x * tf.keras.ops.stop_gradient(x)
      >>> tape.gradient(y, x).numpy()
      np.float32(3.0)
    """
    return stopped(tensor_of(variable))


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """Calls one of two functions, selected by a condition.

    Args:
      pred: the condition.
      true_fn, false_fn: the functions.

    Returns:
      The result of the called function.

    Raises:
      TypeError: true_fn is not callable.
      ValueError: pred is not a scalar, or cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.cond(True, lambda: 1, lambda: 2)
      1
    """
    return control_flow.cond(tensor_of(pred, dtypes.bool), true_fn, false_fn)


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """Calls one of several functions.

    Args:
      index: the index of the function, clamped to the valid range.
      branches: the functions.
      operands: the arguments.

    Returns:
      The function's result.

    Raises:
      IndexError: there are no branches.
      TypeError: the index is not a scalar, or the branch does not take these arguments.

    Example:
      >>> tf.keras.ops.switch(1, [lambda x: x + 1, lambda x: x * 2], tf.constant(5)).numpy()
      np.int32(10)
    """
    place = int(np.clip(int(tensor_of(index).numpy()), 0, len(branches) - 1))
    return branches[place](*operands)


def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, maximum_iterations: Any = None
) -> Any:
    """Repeatedly replaces values by a function's results while a condition holds.

    Args:
      cond: the condition, a function of the values.
      body: the function; it returns the next values.
      loop_vars: the initial values.
      maximum_iterations: the maximum number of iterations.

    Returns:
      The final values.

    Raises:
      ValueError: a condition is not a scalar, or a final value cannot be converted to a tensor.
      TypeError: a function does not take as many values.

    Example:
      >>> [int(i) for i in tf.keras.ops.while_loop(lambda i: i < 5, lambda i: (i + 2,), [tf.constant(0)])]
      [6]
    """
    is_sequence = isinstance(loop_vars, list | tuple)
    values = list(loop_vars) if is_sequence else [loop_vars]
    done = 0
    while (maximum_iterations is None or done < maximum_iterations) and bool(cond(*values)):
        found = body(*values)
        values = list(found) if isinstance(found, list | tuple) else [found]
        done += 1
    values = nest.map_structure(tensor_of, values)
    return tuple(values) if is_sequence else values[0]


def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init_val: Any) -> Any:
    """Repeatedly replaces a value by a function's result, for the numbers from lower to upper.

    Args:
      lower: the first number.
      upper: the end, excluded.
      body_fun: the function of number and value.
      init_val: the initial value.

    Returns:
      The final value.

    Raises:
      TypeError: a bound is not a number, or body_fun does not take two arguments.
      ValueError: the value cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.fori_loop(0, 4, lambda i, total: total + i, tf.constant(0)).numpy()
      np.int32(6)
    """
    value = init_val
    for number in range(int(lower), int(upper)):
        value = body_fun(number, value)
    return nest.map_structure(tensor_of, value)


def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """Applies a function to each slice of tensors along their first axis.

    Args:
      f: the function.
      xs: a tensor, or a structure of them.

    Returns:
      The stacked results.

    Raises:
      TypeError: a tensor is a scalar.
      ValueError: xs is None, or contains what cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.map(lambda x: x * x, tf.constant([1, 2, 3])).numpy()
      array([1, 4, 9], dtype=int32)
    """
    return scan(lambda carry, x: (carry, f(x)), 0, xs)[1]


def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """Applies a function to each slice of tensors along their first axis.

    Args:
      function: the function.
      elements: a tensor, or a structure of them.

    Returns:
      The stacked results.

    Raises:
      InvalidArgumentError: the first axes of elements differ in size.
      IndexError: a tensor is a scalar.
      ValueError: elements contains what cannot be converted to a tensor.

    Example:
      >>> tf.keras.ops.vectorized_map(lambda x: x * x, tf.constant([1, 2, 3])).numpy()
      array([1, 4, 9], dtype=int32)
    """
    return mapping.vectorized_map(function, elements)


def scan(
    f: Callable[[Any, Any], Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: Any = 1,
) -> Any:
    """Applies a function to a carried value and each slice of tensors, and stacks its other results.

    Args:
      f: a function of the carry and a slice; it returns the next carry and a result.
      init: the initial carry.
      xs: a tensor, or a structure of them, sliced along their first axes; None for none.
      length: the number of iterations, if there are no tensors.
      reverse: whether to start with the last slice.
      unroll: not used.

    Returns:
      The final carry, and the stacked results.

    Raises:
      ValueError: the number of iterations is not determined.

    Example:
      >>> total, sums = tf.keras.ops.scan(lambda total, x: (total + x, total + x), 0, tf.constant([1, 2, 3]))
      >>> sums.numpy()
      array([1, 3, 6], dtype=int32)
    """
    flat = [] if xs is None else [tensor_of(value) for value in nest.flatten(xs)]
    if not flat and length is None:
        raise ValueError("Got no `xs` to scan over and `length` not provided.")
    count = len(flat[0]) if flat else int(length or 0)
    value, results = init, []
    places = range(count)
    for place in reversed(places) if reverse else places:
        part = nest.pack_sequence_as(xs, [one[place] for one in flat]) if flat else None
        value, result = f(value, part)
        results.append(result)
    if reverse:
        results.reverse()
    if not results or results[0] is None:
        return value, None
    rows = zip(*(nest.flatten(result) for result in results), strict=True)
    return value, nest.pack_sequence_as(results[0], [stack(list(row)) for row in rows])
