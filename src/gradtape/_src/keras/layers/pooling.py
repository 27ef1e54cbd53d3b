"""Pooling layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from gradtape._engine.api.api import apply_cast, apply_elementwise, apply_reduce, apply_reshape
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.typing import Reduction
from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.layers.configured import Configured, several
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.settings import standardize_data_format
from gradtape._src.nn import pooling

_FORMATS = {
    "channels_last": {1: "NWC", 2: "NHWC", 3: "NDHWC"},
    "channels_first": {1: "NCW", 2: "NCHW", 3: "NCDHW"},
}
_KINDS = {1: "sequences", 2: "images", 3: "volumes"}
_FORMAT = """data_format: "channels_last" or "channels_first"; None for what `keras.config.image_data_format` says."""
_COMMON = "kwargs: `name` and `dtype`, as :class:`Layer` takes them."


class Pooling(Configured):
    """Pooling over windows.

    Attributes:
      rank: the number of spatial axes.
      _pool: the function.
    """

    _order = ("pool_size", "padding", ...)

    rank: ClassVar[int]
    _by_example = True
    _pool: ClassVar[Callable[..., Tensor]]

    def __init__(
        self,
        pool_size: int | Sequence[int],
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size: tuple[int, ...] = several(pool_size, self.rank, "pool_size")
        self.strides: tuple[int, ...] = several(
            pool_size if strides is None else strides, self.rank, "strides", zero=True
        )
        self.padding = padding
        self.data_format: str = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self._build_at_init()

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        layout = _FORMATS[self.data_format][self.rank]
        return type(self)._pool(inputs, self.pool_size, self.strides, self.padding.upper(), layout)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        last = self.data_format == "channels_last"
        if self.padding not in ("valid", "same"):
            raise ValueError(f"Argument `padding` must be either 'valid' or 'same'. Received: padding={self.padding}")
        places: list[int | None] = []
        sizes = input_shape[1:-1] if last else input_shape[2:]
        for size, window, stride in zip(sizes, self.pool_size, self.strides, strict=True):
            reach = window if self.padding == "valid" else 1
            places.append(None if size is None else (size - reach) // stride + 1)
            if places[-1] is not None and places[-1] <= 0:
                raise ValueError(
                    f"Computed output size would be zero or negative. Received: `inputs.shape={input_shape}`, "
                    f"`pool_size={self.pool_size}`, `strides={self.strides}`, `padding={self.padding}`."
                )
        return (input_shape[0], *places, input_shape[-1]) if last else (*input_shape[:2], *places)


class MaxPooling(Pooling):
    """Pooling with windows of size 2 by default."""

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)


def _doc(rank: int, largest: bool, example: str) -> str:
    what = "The largest" if largest else "The mean"
    return f"""{what} of each window's elements, channel by channel, in {_KINDS[rank]}.

Args:
  pool_size: the size of the window, one number or one for each spatial axis.
  strides: the steps between windows, likewise; None for the size of the window.
  padding: "valid" for windows that lie within the inputs, "same" for as many as the inputs have elements over the
    stride.
  {_FORMAT}
  name: the layer's name.
  kwargs: `dtype`, as :class:`Layer` takes it.

Raises:
  ValueError: sizes that are not positive or leave no window, or unknown words.

Example:
{example}
"""


class MaxPooling1D(MaxPooling):
    __doc__ = _doc(
        1,
        True,
        """  >>> tf.keras.layers.MaxPooling1D(2)(tf.reshape([1.0, 3.0, 2.0, 0.0], [1, 4, 1]))[0, :, 0].numpy()
  array([3., 2.], dtype=float32)""",
    )
    rank = 1
    _pool = pooling.max_pool1d


class MaxPooling2D(MaxPooling):
    __doc__ = _doc(
        2,
        True,
        """  >>> tf.keras.layers.MaxPooling2D()(tf.reshape(tf.range(16.0), [1, 4, 4, 1]))[0, :, :, 0].numpy()
  array([[ 5.,  7.],
         [13., 15.]], dtype=float32)""",
    )
    rank = 2
    _pool = pooling.max_pool2d


class MaxPooling3D(MaxPooling):
    __doc__ = _doc(
        3,
        True,
        """  >>> tf.keras.layers.MaxPooling3D(2)(tf.ones([1, 2, 4, 6, 3])).shape.as_list()
  [1, 1, 2, 3, 3]""",
    )
    rank = 3
    _pool = pooling.max_pool3d


class AveragePooling1D(Pooling):
    __doc__ = _doc(
        1,
        False,
        """  >>> tf.keras.layers.AveragePooling1D(2)(tf.reshape([1.0, 3.0, 2.0, 0.0], [1, 4, 1]))[0, :, 0].numpy()
  array([2., 1.], dtype=float32)""",
    )
    rank = 1
    _pool = pooling.avg_pool1d


class AveragePooling2D(Pooling):
    __doc__ = _doc(
        2,
        False,
        """  >>> tf.keras.layers.AveragePooling2D(2)(tf.reshape(tf.range(16.0), [1, 4, 4, 1]))[0, :, :, 0].numpy()
  array([[ 2.5,  4.5],
         [10.5, 12.5]], dtype=float32)""",
    )
    rank = 2
    _pool = pooling.avg_pool2d


class AveragePooling3D(Pooling):
    __doc__ = _doc(
        3,
        False,
        """  >>> tf.keras.layers.AveragePooling3D(2)(tf.ones([1, 2, 4, 6, 3])).shape.as_list()
  [1, 1, 2, 3, 3]""",
    )
    rank = 3
    _pool = pooling.avg_pool3d


class GlobalPooling(Configured):
    """Global pooling.

    Attributes:
      rank: the number of spatial axes.
      _reduction: TensorFlow's name of the reduction's kernel.
    """

    rank: ClassVar[int]
    _reduction: ClassVar[Reduction]

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format: str = standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)
        first = 1 if self.data_format == "channels_last" else 2
        self._axes = list(range(first, first + self.rank))
        self._build_at_init()

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        return apply_reduce(self._reduction, inputs, self._axes, self.keepdims)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        gone = (1,) * self.rank if self.keepdims else ()
        if self.data_format == "channels_last":
            return (input_shape[0], *gone, input_shape[-1])
        return (*input_shape[:2], *gone)


class GlobalMax(GlobalPooling):
    """The largest of all positions."""

    _reduction = "Max"


class GlobalMean(GlobalPooling):
    """The mean of all positions."""

    _reduction = "Mean"


def _global_doc(rank: int, largest: bool, example: str) -> str:
    what = "The largest" if largest else "The mean"
    masked = " Steps that a mask leaves out do not count." if rank == 1 and not largest else ""
    return f"""{what} of all places, channel by channel, in {_KINDS[rank]}.{masked}

Args:
  {_FORMAT}
  keepdims: whether spatial axes stay, with size 1.
  {_COMMON}

Raises:
  ValueError: another data_format.

Example:
{example}
"""


class GlobalMaxPooling1D(GlobalMax):
    __doc__ = _global_doc(
        1,
        True,
        """  >>> tf.keras.layers.GlobalMaxPooling1D()(tf.constant([[[1.0], [3.0]]])).numpy()
  array([[3.]], dtype=float32)""",
    )
    rank = 1


class GlobalMaxPooling2D(GlobalMax):
    __doc__ = _global_doc(
        2,
        True,
        """  >>> tf.keras.layers.GlobalMaxPooling2D(keepdims=True)(tf.ones([2, 3, 4, 5])).shape.as_list()
  [2, 1, 1, 5]""",
    )
    rank = 2


class GlobalMaxPooling3D(GlobalMax):
    __doc__ = _global_doc(
        3,
        True,
        """  >>> tf.keras.layers.GlobalMaxPooling3D()(tf.ones([2, 3, 4, 5, 6])).shape.as_list()
  [2, 6]""",
    )
    rank = 3


class GlobalAveragePooling1D(GlobalMean):
    __doc__ = _global_doc(
        1,
        False,
        """  >>> steps, mask = tf.constant([[[1.0], [3.0], [8.0]]]), tf.constant([[True, True, False]])
  >>> tf.keras.layers.GlobalAveragePooling1D()(steps, mask=mask).numpy()
  array([[2.]], dtype=float32)""",
    )
    rank = 1

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Computes the layer's output, ignoring masked time steps."""
        if mask is None:
            return super().call(inputs)
        batch, steps = tuple(mask.shape)
        shape = (batch, steps, 1) if self.data_format == "channels_last" else (batch, 1, steps)
        kept = apply_reshape(apply_cast(mask, inputs.dtype), shape)
        chosen = apply_elementwise("select", apply_cast(kept, "bool"), inputs, 0.0)
        sums = [apply_reduce("Sum", part, self._axes, self.keepdims) for part in (chosen, kept)]
        return sums[0] / sums[1]

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None: the time axis was reduced."""


class GlobalAveragePooling2D(GlobalMean):
    __doc__ = _global_doc(
        2,
        False,
        """  >>> tf.keras.layers.GlobalAveragePooling2D()(tf.reshape(tf.range(4.0), [1, 2, 2, 1])).numpy()
  array([[1.5]], dtype=float32)""",
    )
    rank = 2


class GlobalAveragePooling3D(GlobalMean):
    __doc__ = _global_doc(
        3,
        False,
        """  >>> tf.keras.layers.GlobalAveragePooling3D()(tf.ones([2, 3, 4, 5, 6])).shape.as_list()
  [2, 6]""",
    )
    rank = 3
