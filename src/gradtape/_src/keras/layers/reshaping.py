"""Flatten, Reshape, Permute and RepeatVector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradtape._engine.api.api import apply_broadcast_to, apply_reshape, apply_transpose
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.layers.configured import Configured, Unchanging, product
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.settings import standardize_data_format


class Flatten(Unchanging):
    """Flattens each example.

    Args:
      data_format: "channels_last", or "channels_first" for inputs whose channels are put last before.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: unknown data_format.

    Example:
      >>> tf.keras.layers.Flatten()(tf.ones([2, 3, 4])).shape.as_list()
      [2, 12]
    """

    _by_example = True

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format: str = standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        rank = inputs.ndim
        if rank > 2 and self.data_format == "channels_first":
            inputs = apply_transpose(inputs, (0, *range(2, rank), 1))
        sizes = inputs.shape.as_list()
        return apply_reshape(inputs, (sizes[0], product(sizes[1:])))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        sizes = input_shape[1:]
        return (input_shape[0], None if None in sizes else product(sizes))  # type: ignore[arg-type]


class Reshape(Unchanging):
    """Reshapes each example.

    Args:
      target_shape: the shape, without the axis of examples; one -1 is worked out.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: sizes below -1, more than one -1, or a shape of another number of elements when the layer is called.

    Example:
      >>> tf.keras.layers.Reshape((2, -1))(tf.ones([5, 6])).shape.as_list()
      [5, 2, 3]
    """

    _by_example = True

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        target = tuple(target_shape)
        if any(size < -1 for size in target):
            raise ValueError(
                "Each dimension in `target_shape` must be a non-negative integer, or `-1` for a single unknown "
                f"dimension. Received: target_shape={target}."
            )
        if target.count(-1) > 1:
            raise ValueError(
                f"There must be at most one unknown dimension (-1) in `target_shape`. Received: target_shape={target}."
            )
        self.target_shape = target
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        return apply_reshape(inputs, self.compute_output_shape(tuple(inputs.shape)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        sizes, target = input_shape[1:], self.target_shape
        if None in sizes:
            return (input_shape[0], *(None if size == -1 else size for size in target))
        elements = product(sizes)  # type: ignore[arg-type]
        known = product(size for size in target if size != -1)
        if known == elements if -1 not in target else (known and elements % known == 0):
            return (input_shape[0], *(elements // known if size == -1 else size for size in target))
        reason = "unchanged"
        if -1 in target:
            reason += ", however, the input size cannot by divided by the specified dimensions in target_shape"
        raise ValueError(
            f"The total size of the tensor must be {reason}. Received: input_shape={sizes}, target_shape={target}"
        )


class Permute(Unchanging):
    """Permutes the axes of each example.

    Args:
      dims: the axes in their new order, counted from 1.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: dims are not the numbers from 1 in some order.

    Example:
      >>> tf.keras.layers.Permute((2, 1))(tf.ones([5, 2, 3])).shape.as_list()
      [5, 3, 2]
    """

    _by_example = True

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims: tuple[int, ...] = tuple(dims)
        if sorted(dims) != list(range(1, len(dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` must be "
                f"consecutive and start from 1. Received dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        return apply_transpose(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))


class RepeatVector(Configured):
    """Repeats each example's vector along a new axis.

    Args:
      n: the number of repetitions.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      TypeError: n is not an int.
      ValueError: n is not positive.

    Example:
      >>> tf.keras.layers.RepeatVector(2)(tf.constant([[1.0, 2.0]])).numpy()
      array([[[1., 2.],
              [1., 2.]]], dtype=float32)
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n: int = positive(n, "n")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        return repeated(inputs[:, None], 1, self.n)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        return (input_shape[0], self.n, input_shape[1])


def positive(value: Any, name: str) -> int:
    """The value. TypeError unless it is an int, ValueError unless it is positive."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"Expected an integer value for `{name}`, got {type(value)}.")
    if value <= 0:
        raise ValueError(f"Argument `{name}` should be a positive integer. Received: {name}={value}")
    return value


def repeated(inputs: Tensor, axis: int, count: int) -> Tensor:
    """Repeats every element along an axis."""
    shape = inputs.shape.as_list()
    front, size, back = shape[:axis], shape[axis], shape[axis + 1 :]
    wide = apply_broadcast_to(apply_reshape(inputs, (*front, size, 1, *back)), (*front, size, count, *back))
    return apply_reshape(wide, (*front, size * count, *back))
