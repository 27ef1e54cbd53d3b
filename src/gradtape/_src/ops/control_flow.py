"""Control flow and functional ops. Everything runs eagerly, so that these are Python's own loops and branches."""

from __future__ import annotations

import builtins
import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, full, view
from gradtape._engine.record.log import Unrecorded
from gradtape._engine.record.primitive import as_effect, effect_kind, fail_trace, hides_from_tapes, is_recorded
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, nest
from gradtape._src.core.errors import InvalidArgumentError, OutOfRangeError
from gradtape._src.core.execution import within_function
from gradtape._src.core.operands import TENSORS, int_of
from gradtape._src.core.typing import TensorLike
from gradtape._src.ops.arrays import stack
from gradtape._src.table.rows import ALL, call, integer, op, real

_EXTERNAL = effect_kind("external")


def _square(x: Any) -> Any:
    return x * x


# Branches


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
      pred: a bool, or a tensor without axes.
      true_fn: a function without arguments.
      false_fn: another.
      name: not used; TensorFlow names operations by it.

    Returns:
      What the function returns.

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
      default: the function that is called where no predicate holds.
      exclusive: says that at most one predicate holds, which is not checked.
      strict: not used; it is for graphs.
      name: not used; TensorFlow names operations by it.

    Returns:
      What the function returns.

    Raises:
      InvalidArgumentError: no predicate holds and there is no default.
      TypeError: a predicate is no bool tensor, or a function is not callable.
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
    """Calls the function with a given index.

    Args:
      branch_index: an integer tensor without axes.
      branch_fns: functions without arguments, or pairs of index and function, or a dict of them; indices count from 0.
      default: the function for an index that none has; None for the one with the greatest index.
      name: not used; TensorFlow names operations by it.

    Returns:
      What the function returns.

    Raises:
      TypeError: the index is no integer tensor, or a function is not callable.
      ValueError: the functions' indices leave gaps, or there are none.

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


# Loops


@op(
    "while_loop",
    dtypes=ALL,
    samples=lambda: [
        call(lambda i, x: i < 3, lambda i, x: (i + 1, x * x), (0, real(2, low=0.5, high=1.5))),
    ],
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
    """Calls body again and again while cond holds.

    Tapes see the operations as they run, so that gradients of any order go through the loop.

    Args:
      cond: a function of the loop variables that returns a bool, or a tensor without axes.
      body: a function of the loop variables that returns their next values, in the same structure.
      loop_vars: a tuple, list or nested structure of the first values.
      shape_invariants: not used; shapes may change.
      parallel_iterations: not used; steps run one after the other.
      back_prop: not used; gradients go through the loop.
      swap_memory: not used.
      maximum_iterations: the greatest number of steps; None for no limit.
      name: not used; TensorFlow names operations by it.

    Returns:
      The last values, as tensors in the structure of loop_vars.

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
    return nest.map_structure(as_tensor, loop_vars)


def _rows(elems: Any) -> builtins.tuple[list[Tensor], int]:
    """The flat tensors of a structure, and the size that their first axes share."""
    tensors = [as_tensor(value) for value in nest.flatten(elems)]
    for tensor in tensors:
        if tensor.ndim == 0:
            raise ValueError("Elements in elems must be 1+ dimensional Tensors, not scalars")
    for tensor in tensors[1:]:
        if tensor.shape[0] != tensors[0].shape[0]:
            raise ValueError(f"Dimensions {tensors[0].shape[0]} and {tensor.shape[0]} are not compatible")
    return tensors, tensors[0].shape[0]


def _stacked(results: list[Any]) -> Any:
    """A list of structures as one structure of stacked tensors."""
    columns = zip(*(nest.flatten(result) for result in results), strict=True)
    return nest.pack_sequence_as(results[0], [stack(list(column)) for column in columns])


def _written(result: Any, like: Any, kinds: list[dtypes.DType], shapes: list[Any] | None = None) -> Any:
    """A function's result as tensors, which must have the structure of `like` and these dtypes and shapes.

    Raises ValueError for another structure or shape, InvalidArgumentError for another dtype.
    """
    nest.assert_same_structure(like, result)
    tensors = [as_tensor(value, hint=kind) for value, kind in zip(nest.flatten(result), kinds, strict=True)]
    for value, kind in zip(tensors, kinds, strict=True):
        if value.dtype != kind:
            raise InvalidArgumentError(
                None, None, f"TensorArray dtype is {kind.name} but Op is trying to write dtype {value.dtype.name} "
            )
    for value, shape in zip(tensors, shapes or [], strict=False):
        if value.shape != shape:
            raise ValueError(f"Incompatible shape for value ({value.shape}), expected ({shape})")
    return nest.pack_sequence_as(like, tensors)


def _all_written(results: list[Any], like: Any, kinds: list[dtypes.DType]) -> list[Any]:
    """Results of one structure, these dtypes and the shapes of the first."""
    written: list[Any] = []
    for result in results:
        shapes = [tensor.shape for tensor in nest.flatten(written[0])] if written else None
        written.append(_written(result, like, kinds, shapes))
    return written


@op(
    "map_fn",
    dtypes=ALL,
    samples=lambda: [
        *(call(_square, real(3)), call(lambda t: t[0] * t[1], (real(3), real(3, 2)), fn_output_signature="float64")),
    ],
    edges=lambda: [call(lambda t: t * 2, integer([1, 2])), call(_square, real(0))],
    program=lambda tf, function, fn, elems, fn_output_signature=None: function(
        fn, elems, fn_output_signature=fn_output_signature and nest.flatten(elems)[0].dtype
    ),
)
def map_fn(
    fn: Callable[[Any], Any],
    elems: Any,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: str | None = None,
    fn_output_signature: Any = None,
) -> Any:
    """Calls a function on each slice along the first axis and stacks what it returns.

    Args:
      fn: a function of a slice, or of a structure of slices.
      elems: a tensor, or a nested structure of tensors of one first size.
      dtype: an old name of fn_output_signature.
      parallel_iterations: not used; slices are taken one after the other.
      back_prop: not used; gradients go through it.
      swap_memory: not used.
      infer_shape: not used; shapes are known.
      fn_output_signature: the dtype of what fn returns, or the structure of dtypes; None for those of elems.
      name: not used; TensorFlow names operations by it.

    Returns:
      The results stacked, in the structure that fn returns.

    Raises:
      TypeError: fn is not callable.
      ValueError: elems holds no tensors, or fn returns another structure.
      InvalidArgumentError: fn returns another dtype.

    Example:
      >>> tf.map_fn(lambda row: tf.reduce_sum(row), tf.constant([[1, 2], [3, 4]])).numpy()
      array([3, 7], dtype=int32)
    """
    signature = dtype if fn_output_signature is None else fn_output_signature
    if not callable(fn):
        raise TypeError(f"The provided function {fn!r} is not callable.")
    if not nest.flatten(elems):
        raise ValueError(
            "elems must be a Tensor or (possibly nested) sequence of Tensors. "
            f"Got {elems}, which does not contain any Tensors."
        )
    tensors, count = _rows(elems)
    wanted = elems if signature is None else signature
    kinds = (
        [tensor.dtype for tensor in tensors] if signature is None else [_kind(kind) for kind in nest.flatten(signature)]
    )
    if count == 0:
        return nest.pack_sequence_as(wanted, [full([0], 0, kind) for kind in kinds])
    mapped = [fn(nest.pack_sequence_as(elems, [tensor[i] for tensor in tensors])) for i in range(count)]
    return _stacked(_all_written(mapped, wanted, kinds))


def _kind(signature: Any) -> dtypes.DType:
    return dtypes.as_dtype(getattr(signature, "dtype", signature))


@op(
    "vectorized_map",
    dtypes=ALL,
    samples=lambda: [
        *(call(_square, real(3, 2)), call(lambda t: {"a": t[0] * t[1]}, (real(3), real(3, 2)))),
        call(lambda t: t[0] * t[1], (real(1, 2), real(3, 2))),
    ],
    edges=lambda: [call(lambda t: t * 2, integer([1, 2]))],
    notes="Runs fn once per element",
)
def vectorized_map(fn: Callable[[Any], Any], elems: Any, fallback_to_while_loop: bool = True, warn: bool = True) -> Any:
    """Calls a function on each slice along the first axis and stacks what it returns.

    The results are those of `map_fn`; dtypes need not be stated, and a first axis of size 1 is repeated as the others
    ask.

    Args:
      fn: a function of a slice, or of a structure of slices.
      elems: a tensor, or a nested structure of tensors.
      fallback_to_while_loop: not used.
      warn: not used.

    Returns:
      The results stacked, in the structure that fn returns. Of no slices they have the shapes and dtypes that fn makes
      of zeros.

    Raises:
      ValueError: elems holds no tensors.
      InvalidArgumentError: the first sizes differ.

    Example:
      >>> tf.vectorized_map(lambda x: x * x, tf.constant([1.0, 2.0, 3.0])).numpy()
      array([1., 4., 9.], dtype=float32)
    """
    tensors = _with_rows(elems)
    sizes = [tensor.shape[0] for tensor in tensors]
    count = max(sizes, default=0)
    for size in sizes:
        if size not in (1, count):
            message = f"Expected all first dimensions of `elems` to be equal or 1, got {sizes}"
            raise InvalidArgumentError(None, None, message)
    if not sizes:
        raise ValueError("`elems` has no tensors")
    if count == 0:
        with Unrecorded():
            made = fn(nest.pack_sequence_as(elems, [full(tensor.shape[1:], 0, tensor.dtype) for tensor in tensors]))
        return nest.map_structure(lambda value: _none_of(as_tensor(value)), made)
    results = [
        fn(
            nest.pack_sequence_as(
                elems, [tensor[i if size > 1 else 0] for tensor, size in zip(tensors, sizes, strict=True)]
            )
        )
        for i in range(count)
    ]
    return None if results[0] is None else _stacked(results)


def _none_of(tensor: Tensor) -> Tensor:
    """No tensors of this shape and dtype, stacked."""
    return full([0, *tensor.shape], 0, tensor.dtype)


def _start(
    initializer: Any, tensors: list[Tensor], elems: Any, order: list[int], backwards: bool
) -> builtins.tuple[Any, list[int]]:
    """What a fold starts with, and the elements left to fold."""
    if initializer is not None:
        return nest.map_structure(as_tensor, initializer), order
    if not order:
        negative = "Reading from negative indices (index -1) is not allowed."
        raise OutOfRangeError(None, None, negative if backwards else "Tried to read from index 0 but array size is: 0 ")
    return nest.pack_sequence_as(elems, [tensor[order[0]] for tensor in tensors]), order[1:]


def _with_rows(elems: Any) -> list[Tensor]:
    """The tensors of a structure, each of which has an axis to go along: IndexError as in TensorFlow for a scalar."""
    tensors = [as_tensor(value) for value in nest.flatten(elems)]
    if any(not tensor.ndim for tensor in tensors):
        raise IndexError("tuple index out of range")
    return tensors


def _folded(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any, backwards: bool) -> Iterator[Any]:
    """The accumulator after each step, the start itself where it is an element."""
    if not callable(fn):
        raise TypeError(f"{fn!r} is not callable")
    tensors = _with_rows(elems)
    order = list(range(tensors[0].shape[0]))
    if backwards:
        order.reverse()
    total, rest = _start(initializer, tensors, elems, order, backwards)
    if len(rest) < len(order):
        yield total
    like = total
    for i in rest:
        total = fn(total, nest.pack_sequence_as(elems, [tensor[i] for tensor in tensors]))
        nest.assert_same_structure(like, total)
        yield total
    if not order:
        yield total


@op(
    "scan",
    dtypes=ALL,
    samples=lambda: [
        *(call(lambda a, t: a * t, real(3)), call(lambda a, t: a * t + t, real(3, 2), real(2))),
        *(
            call(lambda a, t: (a[0] + t, a[1] * t), real(3), (real(), real())),
            call(lambda a, t: a * t, real(3), reverse=True),
        ),
        call(lambda a, t: a + t[0] * t[1], (real(3), real(3)), initializer=real()),
    ],
    edges=lambda: [call(lambda a, t: a + t, integer([1, 2, 3]))],
)
def scan(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: str | None = None,
) -> Any:
    """Folds the slices of elems along the first axis and stacks every intermediate result: a = fn(a, slice).

    Args:
      fn: a function of the result so far and a slice that returns the next result.
      elems: a tensor, or a nested structure of tensors of one first size.
      initializer: the first result, in the structure that fn returns; None takes the first slice.
      parallel_iterations: not used; steps run one after the other.
      back_prop: not used; gradients go through it.
      swap_memory: not used.
      infer_shape: not used; shapes are known.
      reverse: whether slices are taken from the last one back.
      name: not used; TensorFlow names operations by it.

    Returns:
      All results stacked, in the order of the slices.

    Raises:
      TypeError: fn is not callable.
      ValueError: elems holds no tensors, or fn returns another structure.

    Example:
      >>> tf.scan(lambda total, x: total + x, tf.constant([1, 2, 3, 4])).numpy()
      array([ 1,  3,  6, 10], dtype=int32)
    """
    results = list(_folded(fn, elems, initializer, reverse))
    if initializer is not None and not as_tensor(nest.flatten(elems)[0]).shape[0]:
        return nest.map_structure(_none_of, results[0])
    like = results[0] if initializer is None else nest.map_structure(as_tensor, initializer)
    firsts = nest.flatten(like)
    shapes = [tensor.shape for tensor in firsts]
    results = [_written(result, like, [tensor.dtype for tensor in firsts], shapes) for result in results]
    return _stacked(results[::-1] if reverse else results)


def _fold(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any, backwards: bool) -> Any:
    total = None
    for total in _folded(fn, elems, initializer, backwards):  # noqa: B007
        pass
    return total


@op(
    "foldl",
    dtypes=ALL,
    samples=lambda: [
        *(call(lambda a, t: a * t, real(3)), call(lambda a, t: a * 2 + t * t, real(3, 2), initializer=real(2))),
        call(lambda a, t: a + t, real(0, 2), real(2)),
    ],
    edges=lambda: [call(lambda a, t: a + t, integer([1, 2, 3]))],
)
def foldl(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Folds the slices of elems along the first axis, from the first on: a = fn(a, slice).

    Args:
      fn: a function of the result so far and a slice that returns the next result.
      elems: a tensor, or a nested structure of tensors of one first size.
      initializer: the first result; None takes the first slice.
      parallel_iterations: not used; steps run one after the other.
      back_prop: not used; gradients go through it.
      swap_memory: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      The last result.

    Raises:
      TypeError: fn is not callable.
      ValueError: elems holds no tensors.

    Example:
      >>> tf.foldl(lambda a, x: 10 * a + x, tf.constant([1, 2, 3])).numpy()
      np.int32(123)
    """
    return _fold(fn, elems, initializer, False)


@op(
    "foldr",
    dtypes=ALL,
    samples=lambda: [
        *(call(lambda a, t: a * 2 * t, real(3)), call(lambda a, t: a * 2 + t * t, real(3, 2), initializer=real(2))),
    ],
    edges=lambda: [call(lambda a, t: a * 2 + t, integer([1, 2, 3]))],
)
def foldr(
    fn: Callable[[Any, Any], Any],
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
) -> Any:
    """Folds the slices of elems along the first axis, from the last one back: a = fn(a, slice).

    Args:
      fn: a function of the result so far and a slice that returns the next result.
      elems: a tensor, or a nested structure of tensors of one first size.
      initializer: the first result; None takes the last slice.
      parallel_iterations: not used; steps run one after the other.
      back_prop: not used; gradients go through it.
      swap_memory: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      The last result.

    Raises:
      TypeError: fn is not callable.
      ValueError: elems holds no tensors.

    Example:
      >>> tf.foldr(lambda a, x: 10 * a + x, tf.constant([1, 2, 3])).numpy()
      np.int32(321)
    """
    return _fold(fn, elems, initializer, True)


# Python inside graphs, which here is Python


def py_function(func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None) -> Any:
    """Calls a Python function with tensors and checks the dtypes of what it returns; gradients go through it.

    Args:
      func: the function; None gives a decorator, whose function then takes the arguments.
      inp: a list of tensors, its arguments.
      Tout: the dtype of its result, or a list of them.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor, or a list of them.

    Raises:
      TypeError, ValueError: what it returns does not convert to Tout.

    Example:
      >>> tf.py_function(lambda x: x * 2.0, [tf.constant([1.0, 2.0])], tf.float32).numpy()
      array([2., 4.], dtype=float32)
    """

    def computed(function: Callable[..., Any], arguments: Any) -> Any:
        inputs = [as_tensor(value) for value in arguments]
        if is_recorded(*inputs):
            # Its inside belongs to the tape, and a trace cannot tell it.
            fail_trace("gradients go through tf.py_function")
        return as_effect(_EXTERNAL, _with_tensors, function, Tout, *inputs)

    return _called_or_decorated("py_function", computed, func, inp, Tout)


def numpy_function(
    func: Any = None, inp: Any = None, Tout: Any = None, stateful: bool = True, name: str | None = None
) -> Any:
    """Calls a Python function with NumPy arrays and makes tensors of what it returns; no gradient goes through it.

    Args:
      func: the function; None gives a decorator, whose function then takes the arguments.
      inp: a list of tensors, which it gets as arrays.
      Tout: the dtype of its result, or a list of them. Unlike TensorFlow, results of another dtype are converted to it.
      stateful: not used; it is called every time.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor, or a list of them.

    Raises:
      TypeError: what it returns does not convert to a tensor.

    Example:
      >>> tf.numpy_function(np.sort, [tf.constant([3.0, 1.0, 2.0])], tf.float32).numpy()
      array([1., 2., 3.], dtype=float32)
    """

    def computed(function: Callable[..., Any], arguments: Any) -> Any:
        return as_effect(_EXTERNAL, _with_arrays, function, Tout, *[as_tensor(value) for value in arguments])

    return _called_or_decorated("numpy_function", computed, func, inp, Tout)


def _called_or_decorated(name: str, computed: Callable[..., Any], func: Any, inp: Any, Tout: Any) -> Any:
    """`computed(func, inp)`, or without func a decorator of functions that are computed so when they are called."""
    if Tout is None:
        raise TypeError(
            f"Missing required argument: 'Tout'\n  If using tf.{name} as a decorator, set `Tout`\n  **by name** above "
            f"the function:\n  `@tf.{name}(Tout=tout)`"
        )
    if func is None:
        if inp is not None:
            raise TypeError(f"Don't set the `inp` argument when using tf.{name} as a decorator (`func=None`).")
        return lambda function: functools.wraps(function)(lambda *arguments: computed(function, arguments))
    if inp is None:
        raise TypeError(
            "Missing argument `inp`:\n  You must set the `inp` argument (the list of arguments to the\n  function), "
            f"unless you use `tf.{name}` as a decorator(`func=None`)."
        )
    return computed(func, inp)


def _with_tensors(func: Callable[..., Any], kinds: Any, *inputs: Tensor) -> Any:
    return _typed(func(*inputs), kinds, as_tensor)


def _with_arrays(func: Callable[..., Any], kinds: Any, *inputs: Tensor) -> Any:
    results = func(*(np.array(view(tensor)) for tensor in inputs))
    return _typed(results, kinds, lambda value, kind: as_tensor(np.asarray(value), kind))


def _typed(results: Any, kinds: Any, convert: Callable[[Any, Any], Tensor]) -> Any:
    if not isinstance(kinds, list | builtins.tuple):
        if isinstance(results, list | builtins.tuple) and len(results) == 1:
            results = results[0]
        return convert(results, dtypes.as_dtype(kinds))
    if not kinds:
        return None
    listed = results if isinstance(results, list | builtins.tuple) else [results]
    return [convert(value, dtypes.as_dtype(kind)) for value, kind in zip(listed, kinds, strict=True)]


# Order of execution, which here is the order of the program


def group(*inputs: Any, **kwargs: Any) -> None:
    """Does nothing: the operations that it is given have run already.

    Args:
      *inputs: results of operations.
      **kwargs: `name`, which is not used.

    Raises:
      ValueError: another keyword.

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
      tensors: a sequence of tensors and None, or a tensor alone.
      control_inputs: not used; operations run in the order of the program.
      name: not used; TensorFlow names operations by it.

    Returns:
      A list in which None stays None, or the tensor alone.

    Raises:
      TypeError: what is given is no sequence of tensors.

    Example:
      >>> [t.numpy() for t in tf.tuple([tf.constant(1), tf.constant(2)])]
      [np.int32(1), np.int32(2)]
    """
    if isinstance(tensors, TENSORS):
        return tensors
    return [None if value is None else as_tensor(value) for value in tensors]


@contextlib.contextmanager
def control_dependencies(control_inputs: Any) -> Iterator[None]:
    """A block like any other: operations run in the order of the program.

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
    """A block in which no tape and no accumulator records, not one that is made in it either.

    TensorFlow leaves its graphs there too, of which gradtape has none.

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
    hides_from_tapes("tf.init_scope")
    with Unrecorded(), within_function(False):
        yield
