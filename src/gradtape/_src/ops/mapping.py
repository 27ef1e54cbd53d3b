"""Mapping and folding functions over the slices of tensors."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from typing import Any

from gradtape._engine.api.api import as_tensor, full
from gradtape._engine.record.log import Unrecorded
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, nest
from gradtape._src.core.errors import InvalidArgumentError, OutOfRangeError
from gradtape._src.core.string_tensor import as_any_tensor
from gradtape._src.ops.joining import stack
from gradtape._src.table.rows import ALL, call, integer, op, real


def _square(x: Any) -> Any:
    return x * x


# Branches


def _rows(elems: Any) -> builtins.tuple[list[Tensor], int]:
    """The flat tensors of a structure, and the size that their first axes share."""
    tensors: list[Any] = [as_any_tensor(value) for value in nest.flatten(elems)]
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
    """A function's results as tensors, which must have the structure of `like` and these dtypes and shapes.

    Raises ValueError for another structure or shape, InvalidArgumentError for another dtype.
    """
    nest.assert_same_structure(like, result)
    pairs = zip(nest.flatten(result), kinds, strict=True)
    tensors: list[Any] = [
        as_any_tensor(value) if kind is dtypes.string else as_tensor(value, hint=kind) for value, kind in pairs
    ]
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
    """Results with one structure, these dtypes and the shapes of the first."""
    written: list[Any] = []
    for result in results:
        shapes = [tensor.shape for tensor in nest.flatten(written[0])] if written else None
        written.append(_written(result, like, kinds, shapes))
    return written


@op(
    "map_fn",
    dtypes=ALL,
    samples=lambda: [
        *(call(_square, real(3)), call(lambda t: t[0] * t[1], (real(3), real(3, 2)), fn_output_signature="float64"))
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
    """Calls a function on each slice along the first axis and stacks the results.

    Args:
      fn: a function of a slice, or of a structure of slices.
      elems: a tensor, or a nested structure of tensors of one first size.
      dtype: an old name of fn_output_signature.
      parallel_iterations: not used; slices are taken one after the other.
      back_prop: not used; gradients go through it.
      swap_memory: not used.
      infer_shape: not used; shapes are known.
      fn_output_signature: the dtype of fn's result, or the structure of dtypes; None for those of elems.
      name: not used; TensorFlow names operations by it.

    Returns:
      The stacked results, in the structure of fn's result.

    Raises:
      TypeError: fn is not callable.
      ValueError: elems contains no tensors, or fn returns another structure.
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
    notes="Traced on one slice; bits of products of batches may differ from a loop's",
)
def vectorized_map(fn: Callable[[Any], Any], elems: Any, fallback_to_while_loop: bool = True, warn: bool = True) -> Any:
    """Calls a function for all slices along the first axis at once, and stacks the results.

    The function is called with the first slice; its ops are then executed for all slices together, each op on a slice
    becoming one op on the batch. Tapes work inside it, as for per-example gradients, and around it.
    Random numbers are drawn for each slice. Python side effects happen once. If the function reads
    a slice's value in Python, assigns to variables or calls Python functions with effects, it is called slice by
    slice instead, as by `map_fn`. Values equal those of `map_fn` except for rounding: sums may be computed in another
    order.

    Args:
      fn: a function of a slice, or of a structure of slices.
      elems: a tensor, or a nested structure of tensors. A first axis of size 1 is broadcast to the others.
      fallback_to_while_loop: whether fn may be called slice by slice if it cannot be batched.
      warn: not used.

    Returns:
      The stacked results, in the structure of fn's result. For no slices they have the shapes and dtypes of fn's result
      for zeros.

    Raises:
      ValueError: elems contains no tensors, or fn cannot be batched and may not be called slice by
        slice.
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
    from gradtape._src.ops.batching import first_and_batch  # imported when first used

    first, batch, why = first_and_batch(fn, elems, tensors, count)
    if batch is not None:
        return batch
    if not fallback_to_while_loop:
        raise ValueError(f"No vectorization of {fn!r}, and fallback_to_while_loop=False: {why}")
    results = [first]
    for i in range(1, count):
        slices = [tensor[i if size > 1 else 0] for tensor, size in zip(tensors, sizes, strict=True)]
        results.append(fn(nest.pack_sequence_as(elems, slices)))
    return None if first is None else _stacked(results)


def _none_of(tensor: Tensor) -> Tensor:
    """Zero stacked tensors of this shape and dtype."""
    return full([0, *tensor.shape], 0, tensor.dtype)


def _start(
    initializer: Any, tensors: list[Tensor], elems: Any, order: list[int], backwards: bool
) -> builtins.tuple[Any, list[int]]:
    """The initial value of a fold, and the elements to fold."""
    if initializer is not None:
        return nest.map_structure(as_any_tensor, initializer), order
    if not order:
        negative = "Reading from negative indices (index -1) is not allowed."
        raise OutOfRangeError(None, None, negative if backwards else "Tried to read from index 0 but array size is: 0 ")
    return nest.pack_sequence_as(elems, [tensor[order[0]] for tensor in tensors]), order[1:]


def _with_rows(elems: Any) -> list[Tensor]:
    """The tensors of a structure, which must have a first axis: IndexError as in TensorFlow for a scalar."""
    tensors: list[Any] = [as_any_tensor(value) for value in nest.flatten(elems)]
    if any(not tensor.ndim for tensor in tensors):
        raise IndexError("tuple index out of range")
    return tensors


def _folded(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any, backwards: bool) -> Iterator[Any]:
    """The accumulator after each step, starting with the initial value if that is the first element."""
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
      fn: a function of the previous result and a slice that returns the next result.
      elems: a tensor, or a nested structure of tensors of one first size.
      initializer: the first result, in the structure of fn's result; None for the first slice.
      parallel_iterations: not used; steps run one after the other.
      back_prop: not used; gradients go through it.
      swap_memory: not used.
      infer_shape: not used; shapes are known.
      reverse: whether to start with the last slice.
      name: not used; TensorFlow names operations by it.

    Returns:
      All results stacked, in the order of the slices.

    Raises:
      TypeError: fn is not callable.
      ValueError: elems contains no tensors, or fn returns another structure.

    Example:
      >>> tf.scan(lambda total, x: total + x, tf.constant([1, 2, 3, 4])).numpy()
      array([ 1,  3,  6, 10], dtype=int32)
    """
    results = list(_folded(fn, elems, initializer, reverse))
    if initializer is not None and not as_any_tensor(nest.flatten(elems)[0]).shape[0]:
        return nest.map_structure(_none_of, results[0])
    like = results[0] if initializer is None else nest.map_structure(as_any_tensor, initializer)
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
      fn: a function of the previous result and a slice that returns the next result.
      elems: a tensor, or a nested structure of tensors of one first size.
      initializer: the first result; None for the first slice.
      parallel_iterations: not used; steps run one after the other.
      back_prop: not used; gradients go through it.
      swap_memory: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      The last result.

    Raises:
      TypeError: fn is not callable.
      ValueError: elems contains no tensors.

    Example:
      >>> tf.foldl(lambda a, x: 10 * a + x, tf.constant([1, 2, 3])).numpy()
      np.int32(123)
    """
    return _fold(fn, elems, initializer, False)


@op(
    "foldr",
    dtypes=ALL,
    samples=lambda: [
        *(call(lambda a, t: a * 2 * t, real(3)), call(lambda a, t: a * 2 + t * t, real(3, 2), initializer=real(2)))
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
      fn: a function of the previous result and a slice that returns the next result.
      elems: a tensor, or a nested structure of tensors of one first size.
      initializer: the first result; None for the last slice.
      parallel_iterations: not used; steps run one after the other.
      back_prop: not used; gradients go through it.
      swap_memory: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      The last result.

    Raises:
      TypeError: fn is not callable.
      ValueError: elems contains no tensors.

    Example:
      >>> tf.foldr(lambda a, x: 10 * a + x, tf.constant([1, 2, 3])).numpy()
      np.int32(321)
    """
    return _fold(fn, elems, initializer, True)
