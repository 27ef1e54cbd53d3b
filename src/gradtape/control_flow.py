"""Control flow and functional ops. Everything runs eagerly, so that these are Python's own loops and branches."""

from __future__ import annotations

import builtins
import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradtape import dtypes, nest
from gradtape._doors import as_tensor, full, view
from gradtape._log import Unrecorded
from gradtape._tensor import Tensor
from gradtape._variable import BaseVariable
from gradtape.arrays import stack
from gradtape.errors import InvalidArgumentError, OutOfRangeError
from gradtape.operands import TENSORS, int_of
from gradtape.table import ALL, call, integer, op, real

__all__ = [
    *("case", "cond", "control_dependencies", "device", "executing_eagerly", "foldl", "foldr", "function", "group"),
    *("init_scope", "map_fn", "no_op", "numpy_function", "py_function", "scan", "switch_case", "tuple"),
    *("vectorized_map", "while_loop"),
]

_tuple = builtins.tuple


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
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """true_fn() if pred holds, else false_fn(). TypeError unless both are callable, ValueError for a pred of None."""
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
    """The result of the first function whose predicate holds, or of default.

    Raises InvalidArgumentError where none holds and there is no default; TypeError for predicates that are no boolean
    tensors and functions that are none; ValueError for no pairs, and for a dict without an order of its own.
    """
    if not isinstance(pred_fn_pairs, list | _tuple | dict):
        raise TypeError(f"'pred_fn_pairs' must be a list, tuple, or dict. Received: {type(pred_fn_pairs)}")
    if type(pred_fn_pairs) is dict and not exclusive:
        raise ValueError(
            "Unordered dictionaries are not supported for the 'pred_fn_pairs' argument when `exclusive=False` and "
            "eager mode is enabled."
        )
    pairs = list(pred_fn_pairs.items()) if isinstance(pred_fn_pairs, dict) else list(pred_fn_pairs)
    for pair in pairs:
        if not isinstance(pair, _tuple) or len(pair) != 2:
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
    branch_index: Any, branch_fns: Any, default: Callable[[], Any] | None = None, name: str = "switch_case"
) -> Any:
    """The result of the function with this index; of default, or the last one, where there is none.

    branch_fns: functions, or pairs of index and function, or a dict of them. Raises TypeError unless the index is an
    integer tensor and the functions are some, ValueError where their indices leave gaps.
    """
    if not isinstance(branch_index, TENSORS):
        raise TypeError(f"'branch_index' must be a Tensor, got {type(branch_index)}")
    if not branch_index.dtype.is_integer:
        raise TypeError(f"'branch_index' must be an integer Tensor, got {branch_index.dtype!s}")
    if not isinstance(branch_fns, list | _tuple | dict):
        raise TypeError("'branch_fns' must be a list, tuple, or dict")
    if not branch_fns:
        raise ValueError("Must provide at least one item in 'branch_fns'")
    if not isinstance(branch_fns, dict) and not all(callable(item) for item in branch_fns):
        for item in branch_fns:
            if not isinstance(item, _tuple) or len(item) != 2:
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
    """body(*loop_vars) again and again while cond(*loop_vars) holds, at most maximum_iterations times.

    Returns the last loop_vars as tensors. Raises TypeError unless cond and body are callable, ValueError for no
    loop_vars or a body that returns another structure.
    """
    if not callable(cond):
        raise TypeError("'cond' must be callable.")
    if not callable(body):
        raise TypeError("'body' must be callable.")
    if loop_vars.size == 0 if isinstance(loop_vars, np.ndarray) else not loop_vars:
        raise ValueError("'loop_vars' must be provided.")
    limit = None if maximum_iterations is None else as_tensor(maximum_iterations)
    if limit is not None and limit.ndim:
        raise ValueError(f"'maximum_iterations' must be a scalar. Received shape: {limit.shape}")
    limit = None if limit is None else int_of(limit, "Less", "T")
    start = list(loop_vars)
    done = 0
    while (limit is None or done < limit) and cond(*loop_vars):
        loop_vars = body(*loop_vars)
        nest.assert_same_structure(start, list(loop_vars))
        done += 1
    return nest.map_structure(as_tensor, loop_vars)


def _rows(elems: Any) -> tuple[list[Tensor], int]:
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
    """fn of each slice of elems along the first axis, the results stacked.

    fn_output_signature (or dtype) gives the structure and dtypes of fn's results where they are not those of elems.
    Raises ValueError where structures differ, InvalidArgumentError where dtypes do.
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
    """fn of each slice of elems along the first axis, the results stacked. A first axis of size 1 is repeated.

    Of no slices the results have the shapes and dtypes that fn makes of zeros. Raises InvalidArgumentError for first
    axes of other sizes, ValueError for no elems.
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
) -> tuple[Any, list[int]]:
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
    """a = fn(a, elem) over the slices of elems, every a stacked; a starts as initializer, or the first slice."""
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
    """The last a of a = fn(a, elem) over the slices of elems; a starts as initializer, or the first slice."""
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
    """The last a of a = fn(a, elem) over the slices of elems from the last one back."""
    return _fold(fn, elems, initializer, True)


# Python inside graphs, which here is Python


class Function:
    """A function decorated by `function`: it runs eagerly, every time."""

    def __init__(self, python_function: Callable[..., Any], input_signature: Any = None) -> None:
        functools.update_wrapper(self, python_function)
        self.python_function = python_function
        self.input_signature = input_signature

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args = _tuple(_argument(value) for value in args)
        result = self.python_function(*args, **{key: _argument(value) for key, value in kwargs.items()})
        return nest.map_structure(_result, result)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Function:
        """The function itself: there is nothing to specialise."""
        return self


def _argument(value: Any) -> Any:
    return as_tensor(value) if isinstance(value, np.ndarray) else value


def _result(value: Any) -> Any:
    return as_tensor(value) if isinstance(value, bool | int | float | np.ndarray | np.generic | BaseVariable) else value


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: Any = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Any:
    """A decorator that changes nothing: the function runs eagerly on every call, Python side effects included.

    NumPy arrays among its arguments and numbers among its results become tensors, as in TensorFlow; every other
    argument is accepted for programs written with it.
    """
    if func is None:
        return lambda inner: Function(inner, input_signature)
    return Function(func, input_signature)


def py_function(func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None) -> Any:
    """func(*inp) with tensors, checked to give tensors of the dtypes Tout; differentiable.

    Without func it is a decorator, whose function then takes the arguments: `@tf.py_function(Tout=tf.float32)`.
    """

    def computed(function: Callable[..., Any], arguments: Any) -> Any:
        results = function(*(as_tensor(value) for value in arguments))
        return _typed(results, Tout, lambda value, kind: as_tensor(value, kind))

    return _called_or_decorated("py_function", computed, func, inp, Tout)


def numpy_function(
    func: Any = None, inp: Any = None, Tout: Any = None, stateful: bool = True, name: str | None = None
) -> Any:
    """func(*inp) with NumPy arrays, its results as tensors of the dtypes Tout; a constant to every tape.

    Without func it is a decorator, as `py_function` is.
    """

    def computed(function: Callable[..., Any], arguments: Any) -> Any:
        results = function(*(np.array(view(as_tensor(value))) for value in arguments))
        return _typed(results, Tout, lambda value, kind: as_tensor(np.asarray(value), kind))

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


def _typed(results: Any, kinds: Any, convert: Callable[[Any, Any], Tensor]) -> Any:
    if not isinstance(kinds, list | _tuple):
        if isinstance(results, list | _tuple) and len(results) == 1:
            results = results[0]
        return convert(results, dtypes.as_dtype(kinds))
    if not kinds:
        return None
    listed = results if isinstance(results, list | _tuple) else [results]
    return [convert(value, dtypes.as_dtype(kind)) for value, kind in zip(listed, kinds, strict=True)]


# Order of execution, which here is the order of the program


def group(*inputs: Any, **kwargs: Any) -> None:
    """Nothing: the operations given have run already."""
    unknown = set(kwargs) - {"name"}
    if unknown:
        raise ValueError(f"Unknown keyword arguments: {', '.join(sorted(unknown))}")


def no_op(name: str | None = None) -> None:
    """Nothing."""


def tuple(tensors: Any, control_inputs: Any = None, name: str | None = None) -> Any:
    """The tensors as a list, in which None stays None; a tensor alone as it is."""
    if isinstance(tensors, TENSORS):
        return tensors
    return [None if value is None else as_tensor(value) for value in tensors]


@contextlib.contextmanager
def control_dependencies(control_inputs: Any) -> Iterator[None]:
    """A block like any other: operations run in the order of the program."""
    yield


@contextlib.contextmanager
def init_scope() -> Iterator[None]:
    """A block in which no tape and no accumulator records, not one that is made in it either; there are no graphs."""
    with Unrecorded():
        yield


@contextlib.contextmanager
def device(device_name: Any) -> Iterator[None]:
    """A block like any other: there is one device."""
    yield


def executing_eagerly() -> bool:
    """True."""
    return True
