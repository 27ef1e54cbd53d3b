"""Layers of several inputs: sums, products, extremes, joins and dot products."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_elementwise,
    apply_matmul,
    apply_reduce,
    apply_reshape,
    apply_transpose,
)
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.inputs import get_mask, set_mask
from gradtape._src.keras.keras_tensor import keras_ops
from gradtape._src.keras.layers.configured import Configured, product
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.ops.joining import concat
from gradtape._src.ops.reductions import reduce_any
from gradtape._src.ops.shapes import expand_dims

if TYPE_CHECKING:
    from typing import Protocol

    class Merged(Protocol):
        """The function of a layer that merges."""

        def __call__(self, inputs: Sequence[Any], **kwargs: Any) -> Any: ...


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple | list)


class Merge(Configured):
    """A layer of several inputs, elementwise."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Sequence[Shape]) -> None:
        """Checks the shapes. ValueError if they are not compatible."""
        if not _is_shape(input_shape[0]):
            raise ValueError(
                f"A merge layer should be called on a list of inputs. Received: input_shape={input_shape} (not a list "
                "of shapes)"
            )
        batches = {shape[0] for shape in input_shape if shape} - {None}
        if len(batches) > 1:
            raise ValueError(
                f"Cannot merge tensors with different batch sizes. Received tensors with shapes {input_shape}"
            )
        self.compute_output_shape(input_shape)
        self._ranks_differ = len(set(map(len, input_shape))) > 1
        self.built = True

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """Computes the layer's output."""
        if not isinstance(inputs, list | tuple):
            raise ValueError(
                f"A merge layer should be called on a list of inputs. Received: inputs={inputs} (not a list of tensors)"
            )
        if self._ranks_differ:
            rank = max(value.ndim for value in inputs)
            inputs = [
                apply_reshape(value, (value.shape[0], *(1,) * (rank - value.ndim), *value.shape[1:]))
                for value in inputs
            ]
        return self._merge_function(inputs)

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        """The output shape for these input shapes."""
        merged: tuple[int | None, ...] = tuple(input_shape[0][1:])
        for shape in input_shape[1:]:
            merged = _broadcast(merged, tuple(shape[1:]))
        batches = {shape[0] for shape in input_shape} - {None}
        return (next(iter(batches)) if len(batches) == 1 else None, *merged)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Where any input is not masked; None unless all of them have masks."""
        if mask is None:
            return None
        _check_masks(inputs, mask)
        if any(part is None for part in mask):
            return None
        return functools.reduce(keras_ops().logical_or, mask)


def _broadcast(one: Shape, other: Shape) -> Shape:
    """The common shape. Raises ValueError if there is none."""
    if len(one) < len(other):
        return _broadcast(other, one)
    front = len(one) - len(other)
    sizes: list[int | None] = list(one[:front])
    for size, second in zip(one[front:], other, strict=True):
        if size is None or second is None:
            sizes.append(None)
        elif 1 in (size, second) or size == second:
            sizes.append(second if size == 1 else size)
        else:
            raise ValueError(f"Inputs have incompatible shapes. Received shapes {one} and {other}")
    return tuple(sizes)


def _check_masks(inputs: Any, mask: Any) -> None:
    for name, value in (("mask", mask), ("inputs", inputs)):
        if not isinstance(value, list | tuple):
            raise ValueError(f"`{name}` should be a list. Received: {name}={value}")
    if len(mask) != len(inputs):
        raise ValueError(
            "The lists `inputs` and `mask` should have the same length. "
            f"Received: inputs={inputs} of length {len(inputs)}, and mask={mask} of length {len(mask)}"
        )


def _broadcast_mask(mask: Tensor, value: Tensor) -> Tensor:
    """A mask of steps for every element."""
    return apply_broadcast_to(expand_dims(mask, -1), tuple(value.shape))


def _extreme(op: str, inputs: Sequence[Tensor]) -> Tensor:
    """The largest or smallest of what masks leave."""
    result = mask = None
    for value in inputs:
        own = get_mask(value)
        own = None if own is None else _broadcast_mask(own, value)
        if result is None:
            result, mask = value, own
            continue
        if own is not None:
            value = apply_elementwise("select", own, value, result)
        if mask is not None:
            result = apply_elementwise("select", mask, result, value)
        mask = None if own is None or mask is None else apply_elementwise("logical_or", mask, own)
        result = apply_elementwise(op, result, value)
    if mask is not None:
        set_mask(result, reduce_any(mask, -1))
    return result  # type: ignore[return-value]


_DOC = """{what}

Inputs are a list of tensors whose shapes broadcast; those of fewer axes get axes of size 1 after that of examples.
{masked}
Args:
  kwargs: `name` and `dtype`, as :class:`Layer` takes them.

Raises:
  ValueError: inputs that are no list or do not broadcast, when the layer is called.

Example:
  >>> tf.keras.layers.{name}()([tf.constant([[1.0, 5.0]]), tf.constant([[3.0, 4.0]])]).numpy()
  array([[{result}]], dtype=float32)
"""
_MASKED = """Elements that a mask leaves out do not count.
"""


class Add(Merge):
    __doc__ = _DOC.format(what="The sum of the inputs.", name="Add", result="4., 9.", masked="")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        return sum(inputs[1:], inputs[0])


class Subtract(Merge):
    """Subtracts the second input from the first.

    Args:
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: other than two inputs, when the layer is called.

    Example:
      >>> tf.keras.layers.Subtract()([tf.constant([[1.0, 5.0]]), tf.constant([[3.0, 4.0]])]).numpy()
      array([[-2.,  1.]], dtype=float32)
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def build(self, input_shape: Sequence[Shape]) -> None:
        """Checks the shapes. ValueError unless they are two that fit each other."""
        super().build(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                f"A `Subtract` layer should be called on exactly 2 inputs. Received: input_shape={input_shape}"
            )

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        if len(inputs) != 2:
            raise ValueError(f"A `Subtract` layer should be called on exactly 2 inputs. Received: inputs={inputs}")
        return inputs[0] - inputs[1]


class Multiply(Merge):
    __doc__ = _DOC.format(what="The product of the inputs.", name="Multiply", result=" 3., 20.", masked=_MASKED)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        masks = [get_mask(value) for value in inputs]
        masked = all(mask is not None for mask in masks)
        result = merged = None
        for value, mask in zip(inputs, masks, strict=True):
            if mask is not None:
                mask = _broadcast_mask(mask, value)
                value = apply_elementwise("select", mask, value, 1.0)
                if masked:
                    merged = mask if merged is None else apply_elementwise("logical_or", merged, mask)
            result = value if result is None else result * value
        if merged is not None:
            assert result is not None
            result = apply_elementwise("select", merged, result, 0.0)
            set_mask(result, reduce_any(merged, -1))
        return result  # type: ignore[return-value]


class Average(Merge):
    __doc__ = _DOC.format(what="The mean of the inputs.", name="Average", result="2. , 4.5", masked="")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        return sum(inputs[1:], inputs[0]) / len(inputs)


class Maximum(Merge):
    __doc__ = _DOC.format(what="The maximum of the inputs.", name="Maximum", result="3., 5.", masked=_MASKED)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        return _extreme("maximum", inputs)


class Minimum(Merge):
    __doc__ = _DOC.format(what="The minimum of the inputs.", name="Minimum", result="1., 4.", masked=_MASKED)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        return _extreme("minimum", inputs)


class Concatenate(Merge):
    """The inputs one after another along an axis.

    Args:
      axis: the axis.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: inputs that are not a list or differ along other axes, when the layer is called.

    Example:
      >>> tf.keras.layers.Concatenate()([tf.constant([[1.0, 5.0]]), tf.constant([[3.0]])]).numpy()
      array([[1., 5., 3.]], dtype=float32)
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Sequence[Shape]) -> None:
        """Checks the shapes. ValueError if they differ along other axes."""
        if len(input_shape) < 1 or not _is_shape(input_shape[0]):
            raise ValueError(
                "A `Concatenate` layer should be called on a list of at least 1 input. "
                f"Received: input_shape={input_shape}"
            )
        rest = [[size for axis, size in enumerate(shape) if axis != self.axis % len(shape)] for shape in input_shape]
        sizes = [{size for size in column if size is not None} for column in zip(*rest, strict=False)]
        if len(set(map(len, rest))) > 1 or any(len(found) > 1 for found in sizes):
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis. "
                f"Received: input_shape={input_shape}"
            )
        self._ranks_differ = False
        self.built = True

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        return concat(inputs, self.axis)

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        """The output shape for these input shapes."""
        if not _is_shape(input_shape) or not _is_shape(input_shape[0]):
            raise ValueError(
                f"A `Concatenate` layer should be called on a list of inputs. Received: input_shape={input_shape}"
            )
        joined = list(input_shape[0])
        lengths = [shape[self.axis] for shape in input_shape]
        joined[self.axis] = None if None in lengths else sum(lengths)  # type: ignore[arg-type]
        return tuple(joined)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The masks one after another; None unless an input has one."""
        if mask is None:
            return None
        _check_masks(inputs, mask)
        if all(part is None for part in mask):
            return None
        parts, ops = [], keras_ops()
        for value, own in zip(inputs, mask, strict=True):
            if own is None:
                own = ops.ones_like(value, dtype="bool")
            elif own.ndim < value.ndim:
                own = ops.logical_or(ops.expand_dims(own, -1), ops.zeros_like(value, dtype="bool"))
            parts.append(own)
        return ops.any(ops.concatenate(parts, axis=self.axis), axis=-1)


class Dot(Merge):
    """The products of two inputs' vectors along an axis of each, example by example.

    Args:
      axes: the axis, or one for each input.
      normalize: whether vectors are divided by their lengths before, which gives cosines.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      TypeError: axes that are neither an int nor a list.
      ValueError: axes that are not two ints, or inputs that do not fit, when the layer is called.

    Example:
      >>> tf.keras.layers.Dot(axes=1)([tf.constant([[1.0, 5.0]]), tf.constant([[3.0, 4.0]])]).numpy()
      array([[23.]], dtype=float32)
    """

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int):
            if not isinstance(axes, list | tuple):
                raise TypeError(
                    f"Invalid type for argument `axes`: it should be a list or an int. Received: axes={axes}"
                )
            if len(axes) != 2:
                raise ValueError(
                    f"Invalid format for argument `axes`: it should contain two elements. Received: axes={axes}"
                )
            if not isinstance(axes[0], int) or not isinstance(axes[1], int):
                raise ValueError(
                    f"Invalid format for argument `axes`: list elements should be integers. Received: axes={axes}"
                )
        self.axes = axes
        self.normalize = normalize

    def _places(self, ranks: Sequence[int]) -> list[int]:
        """The axis of each input, counted from the front."""
        axes = [self.axes] * 2 if isinstance(self.axes, int) else self.axes
        return [axis % rank for axis, rank in zip(axes, ranks, strict=True)]

    def build(self, input_shape: Sequence[Shape]) -> None:
        """Checks the shapes. ValueError unless they are two that fit each other."""
        if not _is_shape(input_shape[0]) or len(input_shape) != 2:
            raise ValueError(
                f"A `Dot` layer should be called on a list of 2 inputs. Received: input_shape={input_shape}"
            )
        one, other = input_shape
        axes = self._places([len(one), len(other)])
        if one[axes[0]] != other[axes[1]]:
            raise ValueError(
                f"Incompatible input shapes: axis values {one[axes[0]]} (at axis {axes[0]}) != {other[axes[1]]} (at "
                f"axis {axes[1]}). Full input shapes: {one}, {other}"
            )
        self._ranks_differ = False
        self.built = True

    def _merge_function(self, inputs: Sequence[Tensor]) -> Tensor:
        if len(inputs) != 2:
            raise ValueError(f"A `Dot` layer should be called on exactly 2 inputs. Received: inputs={inputs}")
        axes = self._places([value.ndim for value in inputs])
        if 0 in axes:
            raise ValueError(
                "Cannot perform batch_dot over axis 0. If your inputs are not batched, add a dummy batch dimension to "
                "your inputs using keras.ops.expand_dims(x, 0)"
            )
        if self.normalize:
            inputs = [_unit(value, axis) for value, axis in zip(inputs, axes, strict=True)]
        one, other = inputs
        rows, columns = (
            [size for axis, size in enumerate(tuple(value.shape)) if axis not in (0, place)]
            for value, place in zip(inputs, axes, strict=True)
        )
        batch, length = one.shape[0], one.shape[axes[0]]
        left = apply_reshape(_moved(one, axes[0], one.ndim - 1), (batch, product(rows), length))
        right = apply_reshape(_moved(other, axes[1], 1), (batch, length, product(columns)))
        return apply_reshape(apply_matmul(left, right, False, False), (batch, *((*rows, *columns) or (1,))))

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        """The output shape for these input shapes."""
        if not _is_shape(input_shape) or len(input_shape) != 2:
            raise ValueError(
                f"A `Dot` layer should be called on a list of 2 inputs. Received: input_shape={input_shape}"
            )
        one, other = map(list, input_shape)
        axes = self._places([len(one), len(other)])
        one.pop(axes[0])
        other.pop(axes[1])
        joined = one + other[1:]
        return tuple(joined if len(joined) > 1 else [*joined, 1])

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None: the time axis was reduced."""


def _moved(value: Tensor, source: int, target: int) -> Tensor:
    """Moves an axis of a tensor."""
    if source == target:
        return value
    order = [axis for axis in range(value.ndim) if axis != source]
    order.insert(target, source)
    return apply_transpose(value, order)


def _unit(value: Tensor, axis: int) -> Tensor:
    """Vectors along an axis, normalized to length 1."""
    squares = apply_reduce("Sum", value * value, axis, True)
    return value * apply_elementwise("rsqrt", apply_elementwise("maximum", squares, 1e-14))


def _function(kind: type[Merge], result: str) -> Merged:
    name = kind.__name__.lower()

    def merged(inputs: Sequence[Any], **kwargs: Any) -> Any:
        return kind(**kwargs)(inputs)

    merged.__name__ = merged.__qualname__ = name
    merged.__doc__ = f"""{(kind.__doc__ or "").split(chr(10))[0]}

Args:
  inputs: a list of tensors or symbolic values.
  kwargs: the arguments of :class:`{kind.__name__}`.

Returns:
  A tensor or a symbolic value of the shape to which theirs broadcast.

Raises:
  ValueError: inputs that are no list or do not broadcast.

Example:
  >>> tf.keras.layers.{name}([tf.constant([[1.0, 5.0]]), tf.constant([[3.0, 4.0]])]).numpy()
  array([[{result}]], dtype=float32)
"""
    return merged


add: Final = _function(Add, "4., 9.")
subtract: Final = _function(Subtract, "-2.,  1.")
multiply: Final = _function(Multiply, " 3., 20.")
average: Final = _function(Average, "2. , 4.5")
maximum: Final = _function(Maximum, "3., 5.")
minimum: Final = _function(Minimum, "1., 4.")


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """The inputs one after another along an axis.

    Args:
      inputs: a list of tensors or symbolic values.
      axis: the axis.
      kwargs: the other arguments of :class:`Concatenate`.

    Returns:
      A tensor or a symbolic value, as long along the axis as all inputs together.

    Raises:
      ValueError: inputs that are not a list or differ along other axes.

    Example:
      >>> tf.keras.layers.concatenate([tf.constant([[1.0, 5.0]]), tf.constant([[3.0]])]).numpy()
      array([[1., 5., 3.]], dtype=float32)
    """
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Sequence[Any], axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """The products of two inputs' vectors along an axis of each, example by example.

    Args:
      inputs: a list of two tensors or symbolic values.
      axes: the axis, or one for each input.
      kwargs: the other arguments of :class:`Dot`.

    Returns:
      A tensor or a symbolic value with the first input's axes, then the second's, without those of the vectors.

    Raises:
      ValueError: inputs that do not fit.

    Example:
      >>> tf.keras.layers.dot([tf.constant([[1.0, 5.0]]), tf.constant([[3.0, 4.0]])], axes=1).numpy()
      array([[23.]], dtype=float32)
    """
    return Dot(axes=axes, **kwargs)(inputs)
