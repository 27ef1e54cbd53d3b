"""Branches, loops and the order of execution. Everything runs eagerly, so these are Python's own."""

from __future__ import annotations

import builtins
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.record.log import Unrecorded
from gradtape._engine.record.primitive import OutsideTrace, effect_kind, fail_trace
from gradtape._src.core import dtypes, nest
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.execution import within_function
from gradtape._src.core.operands import TENSORS, int_of
from gradtape._src.core.string_tensor import as_any_tensor
from gradtape._src.core.typing import TensorLike
from gradtape._src.table.rows import ALL, call, integer, op, real

_EXTERNAL = effect_kind("external")


@op(
    "cond",
    dtypes=ALL,
    samples=lambda: [call(real(3), sign) for sign in (1.0, -1.0)],
    notes="Runs the chosen branch alone",
    program=lambda tf, function, x, sign: function(sign * x[0] > 0, lambda: x * x, lambda: [x[0], tf.exp(x)]),
)
def cond(
    pred: TensorLike,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """Calls one of two functions: true_fn if pred holds, else false_fn.

    Args:
      pred: a bool, or a scalar tensor.
      true_fn: a function without arguments.
      false_fn: another.
      name: not used; TensorFlow names operations by it.

    Returns:
      The function's result.

    Raises:
      TypeError: a function is missing or not callable.
      ValueError: pred is None.

    Example:
      >>> x = tf.constant(3.0)
      >>> tf.cond(x > 2.0, lambda: x * 10.0, lambda: x).numpy()
      np.float32(30.0)
    """
    for argument, function_ in (("true_fn", true_fn), ("false_fn", false_fn)):
        if function_ is None:
            raise TypeError(f"cond(): '{argument}' argument required")
    if not callable(true_fn):
        raise TypeError("'true_fn' must be callable.")
    if not callable(false_fn):
        raise TypeError("'false_fn' must be callable.")
    return true_fn() if (as_tensor(pred) if pred is None else pred) else false_fn()


@op(
    "case",
    dtypes=ALL,
    samples=lambda: [call(real(3), chosen) for chosen in range(3)],
    program=lambda tf, function, x, chosen: function(
        [(tf.equal(chosen, 0), lambda: x * x), (tf.equal(chosen, 1), lambda: tf.exp(x))], default=lambda: tf.sin(x) * x
    ),
    notes="Runs the chosen branch alone",
)
def case(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str = "case",
) -> Any:
    """Calls the first function whose predicate holds, or default.

    Args:
      pred_fn_pairs: pairs of a bool tensor and a function without arguments, or a dict of them.
      default: the function that is called if no predicate holds.
      exclusive: asserts that at most one predicate holds, which is not checked.
      strict: not used; it concerns graphs.
      name: not used; TensorFlow names operations by it.

    Returns:
      The function's result.

    Raises:
      InvalidArgumentError: no predicate holds and there is no default.
      TypeError: a predicate is not a bool tensor, or a function is not callable.
      ValueError: there are no pairs.

    Example:
      >>> x = tf.constant(2.0)
      >>> tf.case([(x > 3.0, lambda: "large"), (x > 1.0, lambda: "medium")], default=lambda: "small")
      'medium'
    """
    if not isinstance(pred_fn_pairs, list | builtins.tuple | dict):
        raise TypeError(f"'pred_fn_pairs' must be a list, tuple, or dict. Received: {type(pred_fn_pairs)}")
    if type(pred_fn_pairs) is dict and not exclusive:
        raise ValueError(
            "Unordered dictionaries are not supported for the 'pred_fn_pairs' argument when `exclusive=False` and "
            "eager mode is enabled."
        )
    pairs = list(pred_fn_pairs.items()) if isinstance(pred_fn_pairs, dict) else list(pred_fn_pairs)
    for pair in pairs:
        if not isinstance(pair, builtins.tuple) or len(pair) != 2:
            raise TypeError(f"Each entry in 'pred_fn_pairs' must be a 2-tuple. Received {pair}.")
        if not isinstance(pair[0], TENSORS):
            raise TypeError(f"pred must be a Tensor, got: {pair[0]}")
        if pair[0].dtype != dtypes.bool:
            raise TypeError(f"pred must be a boolean tensor, got one of {pair[0].dtype.name}")
        if not callable(pair[1]):
            raise TypeError(f"fn for pred {pair[0]} must be callable.")
    if not pairs:
        raise ValueError("not enough values to unpack (expected 2, got 0)")
    if default is not None and not callable(default):
        raise TypeError("'false_fn' must be callable.")
    for pred, function_ in pairs:
        if pred:
            return function_()
    if default is None:
        last = pairs[-1][0]
        raise InvalidArgumentError(
            None,
            None,
            f"Expected '{last!s}' to be true. Summarized data: b'Input error: None of conditions evaluated as True:'\n"
            + "\n".join(str(bool(pred)) for pred, _ in pairs),
        )
    return default()


@op(
    "switch_case",
    dtypes=ALL,
    samples=lambda: [call(real(3), chosen) for chosen in (0, 1, 5)],
    program=lambda tf, function, x, chosen: function(
        tf.constant(chosen), {1: lambda: x * x, 0: lambda: tf.exp(x)}, default=lambda: tf.sin(x) * x
    ),
    notes="Runs the chosen branch alone",
)
def switch_case(
    branch_index: TensorLike, branch_fns: Any, default: Callable[[], Any] | None = None, name: str = "switch_case"
) -> Any:
    """Calls the function at a given index.

    Args:
      branch_index: an integer scalar tensor.
      branch_fns: functions without arguments, or pairs of index and function, or a dict of them; indices count from 0.
      default: the function for an index that is missing; None for the one with the largest index.
      name: not used; TensorFlow names operations by it.

    Returns:
      The function's result.

    Raises:
      TypeError: the index is not an integer tensor, or a function is not callable.
      ValueError: the functions' indices are not consecutive, or there are none.

    Example:
      >>> tf.switch_case(tf.constant(1), [lambda: "zero", lambda: "one"])
      'one'
    """
    if not isinstance(branch_index, TENSORS):
        raise TypeError(f"'branch_index' must be a Tensor, got {type(branch_index)}")
    if not branch_index.dtype.is_integer:
        raise TypeError(f"'branch_index' must be an integer Tensor, got {branch_index.dtype!s}")
    if not isinstance(branch_fns, list | builtins.tuple | dict):
        raise TypeError("'branch_fns' must be a list, tuple, or dict")
    if not branch_fns:
        raise ValueError("Must provide at least one item in 'branch_fns'")
    if not isinstance(branch_fns, dict) and not all(callable(item) for item in branch_fns):
        for item in branch_fns:
            if not isinstance(item, builtins.tuple) or len(item) != 2:
                raise TypeError(f"Each entry in 'branch_fns' must be a 2-tuple. Received {item}.")
        branch_fns = dict(branch_fns)
    if isinstance(branch_fns, dict):
        for key in branch_fns:
            if not isinstance(key, int):
                raise TypeError(f"key must be a Python `int`, got {type(key)}")
        functions = dict(branch_fns)
    else:
        functions = dict(enumerate(branch_fns))
    if sorted(functions) != list(range(len(functions))):
        listed = ",".join(map(str, sorted(functions)))
        raise ValueError(
            f"branch indices (keys) must form contiguous range of [0 to {len(functions)}) but found {{{listed}}}"
        )
    for function_ in functions.values():
        if not callable(function_):
            raise TypeError(f"Each entry in branch_fns must be callable: {function_}")
    if branch_index.shape.rank:
        raise InvalidArgumentError(None, None, f"'branch_index' must be a scalar, not of shape {branch_index.shape}")
    chosen = functions.get(int(branch_index))
    if chosen is None:
        chosen = default if default is not None else functions[len(functions) - 1]
    return chosen()


@op(
    "while_loop",
    dtypes=ALL,
    samples=lambda: [call(lambda i, x: i < 3, lambda i, x: (i + 1, x * x), (0, real(2, low=0.5, high=1.5)))],
    edges=lambda: [
        call(lambda i: i < 9, lambda i: [i + 2], [integer(0)]),
        call(lambda i: i < 9, lambda i: [i + 2], [integer(0)], maximum_iterations=2),
    ],
)
def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: Any = None,
    name: str | None = None,
) -> Any:
    """Calls body repeatedly while cond holds.

    Tapes see the operations as they run, so that gradients of any order go through the loop.

    Args:
      cond: a function of the loop variables that returns a bool, or a scalar tensor.
      body: a function of the loop variables that returns their next values, in the same structure.
      loop_vars: a tuple, list or nested structure of the initial values.
      shape_invariants: not used; shapes may change.
      parallel_iterations: not used; steps run one after the other.
      back_prop: not used; gradients go through the loop.
      swap_memory: not used.
      maximum_iterations: the largest number of steps; None for no limit.
      name: not used; TensorFlow names operations by it.

    Returns:
      The final values, as tensors in the structure of loop_vars.

    Raises:
      TypeError: cond or body is not callable.
      ValueError: there are no loop_vars, or body returns another structure.

    Example:
      >>> i, total = tf.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + i), (tf.constant(0), tf.constant(0)))
      >>> i.numpy(), total.numpy()
      (np.int32(5), np.int32(10))
    """
    if not callable(cond):
        raise TypeError("'cond' must be callable.")
    if not callable(body):
        raise TypeError("'body' must be callable.")
    if loop_vars.size == 0 if isinstance(loop_vars, np.ndarray) else not loop_vars:
        raise ValueError("'loop_vars' must be provided.")
    limit = None
    if maximum_iterations is not None:
        most = as_tensor(maximum_iterations)
        if most.ndim:
            raise ValueError(f"'maximum_iterations' must be a scalar. Received shape: {most.shape}")
        limit = int_of(most, "Less", "T")
    start = list(loop_vars)
    done = 0
    while (limit is None or done < limit) and cond(*loop_vars):
        loop_vars = body(*loop_vars)
        nest.assert_same_structure(start, list(loop_vars))
        done += 1
    return nest.map_structure(as_any_tensor, loop_vars)


def group(*inputs: Any, **kwargs: Any) -> None:
    """Does nothing: its operations have already run.

    Args:
      *inputs: results of operations.
      **kwargs: `name`, which is not used.

    Raises:
      ValueError: unknown keyword.

    Example:
      >>> v = tf.Variable(1.0)
      >>> tf.group(v.assign_add(1.0), v.assign_add(2.0))
      >>> v.numpy()
      np.float32(4.0)
    """
    unknown = set(kwargs) - {"name"}
    if unknown:
        raise ValueError(f"Unknown keyword arguments: {', '.join(sorted(unknown))}")


def no_op(name: str | None = None) -> None:
    """Does nothing.

    Args:
      name: not used; TensorFlow names operations by it.

    Example:
      >>> tf.no_op()
    """


def tuple(tensors: Any, control_inputs: Any = None, name: str | None = None) -> Any:
    """The tensors as a list, all of which have been computed.

    Args:
      tensors: a sequence of tensors and None, or a single tensor.
      control_inputs: not used; operations run in the order of the program.
      name: not used; TensorFlow names operations by it.

    Returns:
      A list in which None is kept, or the tensor.

    Raises:
      TypeError: the argument is not a sequence of tensors.

    Example:
      >>> [t.numpy() for t in tf.tuple([tf.constant(1), tf.constant(2)])]
      [np.int32(1), np.int32(2)]
    """
    if isinstance(tensors, TENSORS):
        return tensors
    return [None if value is None else as_any_tensor(value) for value in tensors]


@contextlib.contextmanager
def control_dependencies(control_inputs: Any) -> Iterator[None]:
    """A context without effect: operations run in the order of the program.

    Args:
      control_inputs: not used.

    Returns:
      A context manager.

    Example:
      >>> with tf.control_dependencies([tf.constant(1)]):
      ...     print(tf.constant(2).numpy())
      2
    """
    yield


@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """A context in which no tape and no accumulator records, including those created in it.

    In a function decorated with `tf.function` it runs while the function is traced, and is not replayed: variables may
    be created in it at any time, and its results are constants for the function.

    Returns:
      A context manager.

    Example:
      >>> x = tf.Variable(3.0)
      >>> with tf.GradientTape() as tape:
      ...     with tf.init_scope():
      ...         y = x * x
      >>> print(tape.gradient(y, x))
      None
    """
    with OutsideTrace(), Unrecorded(), within_function(False):
        yield


def timestamp(name: str | None = None) -> Any:
    """Seconds since January 1, 1970.

    Args:
      name: not used; TensorFlow names operations by it.

    Returns:
      A scalar of float64.

    Example:
      >>> bool(tf.timestamp() > 1e9)
      True
    """
    fail_trace("it asks for the time")
    return as_tensor(time.time(), dtypes.float64)
