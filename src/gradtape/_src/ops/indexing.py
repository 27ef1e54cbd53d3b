"""Indexing of tensors, and the slicing ops on which it is built.

Integers, unit slices and an ellipsis are handled by the engine; the rest here. Keys have TensorFlow's
semantics: integers, slices, newaxis, an ellipsis and scalar integer tensors, or one boolean mask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_identity, as_tensor, tensor_from, view
from gradtape._engine.ops.indexing import install_indexing
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import OpError, TextOperand, invalid_argument
from gradtape._src.core.operands import dims_text, ints_of
from gradtape._src.core.steps import one_step
from gradtape._src.core.text_codes import moved
from gradtape._src.core.typing import TensorLike
from gradtape._src.ops.gathering import boolean_mask
from gradtape._src.table.rows import ALL, call, integer, op, real

newaxis = None

_slice = slice


def getitem(tensor: Tensor, key: Any) -> Tensor:
    """``tensor[key]`` by TensorFlow's rules."""
    if (
        isinstance(key, bool)
        or (isinstance(key, Tensor) and key.dtype.is_bool)
        or (isinstance(key, np.ndarray) and key.dtype == np.bool_)
    ):
        return boolean_mask(tensor, key)
    return _at(tensor, key)


def _has_varying_bounds(given: Mapping[str, Any]) -> bool:
    """Whether the result's shape depends on a tensor's value."""
    key = given["key"]
    parts = [item for item in (key if isinstance(key, list | tuple) else (key,)) if isinstance(item, _slice)]
    return any(
        isinstance(bound, Tensor | BaseVariable) for part in parts for bound in (part.start, part.stop, part.step)
    )


@one_step("key", unless=_has_varying_bounds)
def _at(tensor: Tensor, key: Any) -> Tensor:
    return read(tensor, plain_key(key), "strided_slice/")


def plain_key(key: Any) -> tuple[Any, ...]:
    """A key as a tuple of plain integers, slices, None and Ellipsis."""
    items = tuple(key) if isinstance(key, list | tuple) else (key,)
    return tuple(_plain(item) for item in items)


def _plain(item: Any) -> Any:
    """An item of a key, with integer tensors and arrays replaced by plain integers."""
    if item is None or item is Ellipsis or type(item) is int:
        return item
    if isinstance(item, _slice):
        return _slice(*(None if part is None else _index(part) for part in (item.start, item.stop, item.step)))
    return _index(item)


def _index(item: Any) -> int:
    if isinstance(item, BaseVariable):
        item = item.value()
    if isinstance(item, Tensor):
        if item.ndim == 0 and item.dtype in (dtypes.int32, dtypes.int64):
            return int(item)
    elif isinstance(item, bool):
        raise invalid_argument(
            "StridedSlice",
            "Value for attr 'Index' of bool is not in the list of allowed values: int16, int32, int64",
            "strided_slice/",
            kernel=None,
        )
    elif isinstance(item, int | np.integer) or (
        isinstance(item, np.ndarray) and item.ndim == 0 and item.dtype.kind in "iu"
    ):
        return int(item)
    raise TypeError(
        "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors are "
        f"valid indices, got {item!r}"
    )


def read(tensor: Tensor, key: tuple[Any, ...], name: str) -> Tensor:
    """The elements at a key of plain integers, slices, None and at most one ellipsis."""
    _check(tensor, key, name)
    return _READ(tensor, attributes=(key, tensor.shape))


def _check(tensor: Tensor, key: tuple[Any, ...], name: str) -> None:
    def refused(message: str) -> OpError:
        return invalid_argument("StridedSlice", message, name)

    if key.count(Ellipsis) > 1:
        raise refused("Multiple ellipses in slice spec not allowed")
    given = sum(item is not None and item is not Ellipsis for item in key)
    if tensor.ndim == 0 and given:
        raise refused("Attempting to slice scalar input.")
    if given > tensor.ndim:
        raise refused(f"Index out of range using input dim {tensor.ndim}; input has only {tensor.ndim} dims")
    axis = 0
    for place, item in enumerate(key):
        if item is Ellipsis:
            axis += tensor.ndim - given
        elif isinstance(item, _slice):
            if item.step == 0:
                raise refused(f"strides[{place}] must be non-zero")
            axis += 1
        elif item is not None:
            size = tensor.shape[axis]
            if not -size <= item < size:
                raise refused(f"slice index {item if item >= 0 else item + size} of dimension {axis} out of bounds.")
            axis += 1


def _read_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    return _WRITE(cotangent, attributes=call.attributes)


def _write(tensor: Tensor, key: Any, shape: Any) -> Tensor:
    """Zeros of a shape with the tensor at the key: the reverse of `read`."""
    array = np.zeros(shape, view(tensor).dtype)
    array[key] = view(tensor)
    return tensor_from(array)


def _write_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    return _READ(cotangent, attributes=call.attributes)


_READ = Primitive(
    "StridedSlice",
    lambda tensor, key, _: tensor_from(view(tensor)[key]),
    _read_vjp,
    linear=True,
    complexes=True,
    batch="key",
)
_WRITE = Primitive("StridedSliceGrad", _write, _write_vjp, linear=True, complexes=True, batch="key")


install_indexing(getitem)


@op(
    "slice",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(3, 4), [1, 0], [2, 2]), call(real(3, 4), [0, 1], [-1, -1]), call(real(3), [3], [0])),
        call(real(3, 4), [0, 2], [3, 1]),
    ],
    edges=lambda: [call(integer([1, 2, 3]), [1], [2]), call([1, 2, 3], integer([0], "int64"), integer([-1], "int64"))],
)
@one_step("begin", static=("size",), unless=lambda given: bool((np.asarray(held(given["size"])) < 0).any()))
def slice(input_: TensorLike, begin: TensorLike, size: TensorLike, name: str | None = None) -> Tensor:
    """A block of a tensor: `size` elements along each axis from `begin` on.

    `tensor[2:5]` is equivalent for constant bounds.

    Args:
      input_: a tensor, or a value convertible to one.
      begin: the first index along each axis.
      size: the number of elements along each axis; -1 for all remaining ones.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the dtype of `input_` and of shape `size`.

    Raises:
      InvalidArgumentError: `begin` and `size` do not have one number per axis, or the block exceeds the tensor.

    Example:
      >>> tf.slice([[1, 2, 3], [4, 5, 6]], begin=[0, 1], size=[2, -1]).numpy()
      array([[2, 3],
             [5, 6]], dtype=int32)
    """
    try:
        tensor = as_tensor(input_)
    except TextOperand:
        return moved(slice, input_, begin=begin, size=size)
    starts, sizes = ints_of(begin, "Slice", "Index"), ints_of(size, "Slice", "Index")
    if len(starts) != tensor.ndim or len(sizes) != tensor.ndim:
        raise invalid_argument(
            "Slice",
            f"Expected begin and size arguments to be 1-D tensors of size {tensor.ndim}, but got shapes "
            f"{dims_text([len(starts)])} and {dims_text([len(sizes)])} instead.",
            "",
        )
    key = []
    for axis, (start, count, length) in enumerate(zip(starts, sizes, tensor.shape, strict=True)):
        if not 0 <= start <= length:
            raise invalid_argument("Slice", f"Expected begin[{axis}] in [0, {length}], but got {start}", "")
        if count < -1 or start + count > length:
            raise invalid_argument("Slice", f"Expected size[{axis}] in [0, {length - start}], but got {count}", "")
        key.append(_slice(start, length if count == -1 else start + count))
    return tensor[tuple(key)] if key else apply_identity(tensor)


@op(
    "strided_slice",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(4, 5), [0, 4], [4, 0], [2, -2]), call(real(4), [1], [3]), call(real(4), [-1], [-5], [-1])),
        *(call(real(3, 4), [1, 9], [9, 2], begin_mask=2, end_mask=1), call(real(2, 3), [1], [0], shrink_axis_mask=1)),
        *(
            call(real(2, 3), [0, 0], [1, 1], ellipsis_mask=1, shrink_axis_mask=2),
            call(real(2), [0, 0], [1, 2], None, 0, 0, 0, 1),
        ),
    ],
    edges=lambda: [call([1, 2, 3], [0], [3], [2]), call(integer([[1, 2], [3, 4]]), [0, 1], [2, 2])],
)
def strided_slice(
    input_: TensorLike,
    begin: TensorLike,
    end: TensorLike,
    strides: TensorLike | None = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Tensor:
    """Every stride-th element from begin up to but excluding end, along the leading axes.

    Bit i of a mask concerns position i of begin, end and strides. `tensor[::2, 1]` is equivalent.

    Args:
      input_: a tensor, or a value convertible to one.
      begin: the first index along each axis; negative ones count from the end.
      end: the indices before which to stop.
      strides: the steps, which may be negative; None for ones.
      begin_mask: positions whose begin is ignored: the slice starts at the axis' first element.
      end_mask: positions whose end is ignored: the slice extends to the last element.
      ellipsis_mask: the position that stands for all remaining axes.
      new_axis_mask: positions that insert a new axis of size 1.
      shrink_axis_mask: positions whose begin is an index: the axis is dropped.
      var: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the dtype of `input_`.

    Raises:
      InvalidArgumentError: begin, end and strides differ in length, a stride is 0, or an index is out of range.

    Example:
      >>> tf.strided_slice([0, 1, 2, 3, 4, 5], [1], [5], [2]).numpy()
      array([1, 3], dtype=int32)
      >>> tf.strided_slice([[1, 2], [3, 4]], [1, 0], [2, 2], shrink_axis_mask=1).numpy()
      array([3, 4], dtype=int32)
    """
    try:
        tensor = as_tensor(input_)
    except TextOperand:
        masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
        return moved(lambda data: strided_slice(data, begin, end, strides, *masks), input_)
    starts, stops = ints_of(begin, "StridedSlice", "Index"), ints_of(end, "StridedSlice", "Index")
    steps = [1] * len(starts) if strides is None else ints_of(strides, "StridedSlice", "Index")
    if not len(starts) == len(stops) == len(steps):
        raise invalid_argument(
            "StridedSlice",
            "Expected begin, end, and strides to be 1D equal size tensors, but got shapes "
            f"{dims_text([len(starts)])}, {dims_text([len(stops)])}, and {dims_text([len(steps)])} instead.",
            name or "strided_slice/",
        )
    key: list[Any] = []
    for place, (start, stop, step) in enumerate(zip(starts, stops, steps, strict=True)):
        bit = 1 << place
        if ellipsis_mask & bit:
            key.append(Ellipsis)
        elif new_axis_mask & bit:
            key.append(None)
        elif shrink_axis_mask & bit:
            key.append(start)
        else:
            key.append(_slice(None if begin_mask & bit else start, None if end_mask & bit else stop, step))
    return read(tensor, tuple(key), name or "strided_slice/")
