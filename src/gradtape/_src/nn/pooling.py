"""Pooling: the maximum or the mean of each window."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reshape, as_tensor, empty, tensor_from, view
from gradtape._engine.compute.im2col import find_largest, put_at_places, spread_windows, sum_windows
from gradtape._engine.ops.rows import sums_of_rows
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import float32, float64, int32, int64
from gradtape._src.core.errors import OpError, UnimplementedError
from gradtape._src.core.operands import not_allowed
from gradtape._src.core.typing import DTypeLike, TensorLike
from gradtape._src.nn.windows import (
    FORMATS,
    Geometry,
    Kernel,
    either_strides_or_dilations,
    five,
    given,
    is_first,
    last,
    lie,
    per_axis,
)
from gradtape._src.ops.creation import zeros_like
from gradtape._src.ops.extremes import argmax
from gradtape._src.ops.gathering import take_along_last
from gradtape._src.table.rows import ALL, call, op, real, single

_KERNELS = {
    (True, 1): Kernel("MaxPool", native=False),
    (True, 2): Kernel("MaxPool", native=False),
    (True, 3): Kernel("MaxPool3D", ("SAME", "VALID"), native=False),
    (False, 1): Kernel("AvgPool", ("SAME", "VALID")),
    (False, 2): Kernel("AvgPool", ("SAME", "VALID")),
    (False, 3): Kernel("AvgPool3D", ("SAME", "VALID")),
}


def _pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    rank: int | None,
    largest: bool,
    dilations: Any = None,
) -> Tensor:
    image = as_tensor(input)
    if largest and image.dtype.is_bool:
        raise not_allowed(
            "MaxPool", image.dtype, "half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8"
        )
    if rank is None and not 3 <= image.ndim <= 5:
        raise ValueError(
            f"`input.shape.rank` must be 3, 4 or 5. Received: input.shape={image.shape} of rank {image.ndim}."
        )
    rank = image.ndim - 2 if rank is None else rank
    kernel = _KERNELS[largest, rank]
    if image.dtype.is_integer:
        if not largest:
            raise not_allowed(kernel.op, image.dtype, "half, bfloat16, float, double")
        exact = apply_cast(image, float64)
        return apply_cast(_pool(exact, ksize, strides, padding, data_format, rank, True, dilations), image.dtype)
    if image.ndim != rank + 2:
        raise kernel.error(f"Input must be {rank + 2}-dimensional", image.dtype)
    first = is_first(data_format, rank, kernel)
    image = last(image, first)
    if largest and rank < 3:
        pooled = _over_channels(image, ksize, strides, rank, kernel, first)
        if pooled is not None:
            return given(pooled, first)
    shape, geometry = tuple(image.shape), _geometry(image, ksize, strides, padding, dilations, kernel, first)
    if largest:
        pooled, _ = _LARGEST(image, attributes=(shape, geometry))
    else:
        pooled = _SUMS(image, attributes=(shape, geometry)) / _counts(shape, geometry, image.dtype)
    return given(pooled, first)


def _over_channels(image: Tensor, ksize: Any, strides: Any, rank: int, kernel: Kernel, first: bool) -> Tensor | None:
    """The maximum of each window of channels; None unless ksize has a window for them."""
    window, steps = np.asarray(held(ksize)).reshape(-1), np.asarray(held(strides)).reshape(-1)
    channels = 1 if first else rank + 1
    if window.size != rank + 2 or window[channels] == 1:
        return None
    size = int(window[channels])

    def refused(message: str) -> OpError:
        return kernel.error(message, kind=UnimplementedError)

    if window[0] != 1:
        raise refused("Pooling is not yet supported on the batch dimension.")
    if np.prod(window) != size:
        raise refused("MaxPooling supports exactly one of pooling across depth or pooling across width/height.")
    if image.shape[-1] % max(size, 1):
        raise refused("Depthwise max pooling requires the depth window to evenly divide the input depth")
    if size != steps[channels if steps.size > 1 else 0]:
        raise refused("Depthwise max pooling requires the depth window to equal the depth stride")
    groups = apply_reshape(image, (*image.shape[:-1], image.shape[-1] // size, size))
    return take_along_last(groups, argmax(groups, -1)[..., None])[..., 0]


def _geometry(
    image: Tensor, ksize: Any, strides: Any, padding: Any, dilations: Any, kernel: Kernel, first: bool
) -> Geometry:
    rank = image.ndim - 2
    window = per_axis(ksize, rank, "ksize", kernel, first)
    if min(window) < 1:
        inferred = ",".join(map(str, (1, *window, 1)))
        message = f"Sliding window ksize must be positive. The specified or inferred ksize is: {inferred}"
        raise kernel.error(message, image.dtype)
    geometry = lie(tuple(image.shape)[1:-1], window, strides, padding, dilations, kernel, first)
    if not isinstance(padding, str):
        sides = (("Top", "Bottom"), ("Left", "Right"))[-rank:]
        amounts = padding[2:] if first else padding[1:-1]
        for names, pair, size in zip(sides, amounts, window, strict=True):
            for name, amount in zip(names, pair, strict=True):
                if amount >= size:
                    message = f"{name} padding {amount} needs to be smaller than the window size {size}"
                    raise kernel.error(message, image.dtype)
    return geometry


@functools.lru_cache(64)
def _counts(shape: tuple[int, ...], geometry: Geometry, dtype: Any) -> Tensor:
    """The number of elements of each window that are inside the image, (1, positions, 1)."""
    plane = (1, *shape[1:-1], 1)
    return _SUMS(tensor_from(np.ones(plane), dtype), attributes=(plane, geometry))


def _results(shape: tuple[int, ...], geometry: Geometry) -> tuple[int, ...]:
    return (shape[0], *geometry.places, shape[-1])


def _largest(image: Tensor, shape: tuple[int, ...], geometry: Geometry) -> tuple[Tensor, Tensor]:
    """Each window's maxima and their positions in the image, where the gradient goes."""
    out, values = empty(_results(shape, geometry), image.dtype)
    where, places = empty(_results(shape, geometry), int32)
    if values.size:
        find_largest(view(image).ravel(), values.ravel(), places.ravel(), five(shape), geometry.numbers())
    return out, where


def _largest_vjp(call: Any, needs: Any, g: Tensor, _: Tensor) -> tuple[Tensor]:
    return (_PUT(g, *call.saved, attributes=call.attributes[:1]),)


# The positions depend on the image, with derivative zero: as in TensorFlow, the pooled values are therefore an operand
# of the gradients, which are zero with respect to it.


def _put(values: Tensor, places: Tensor, pooled: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Adds values at their positions in an image."""
    if values.dtype not in (float32, float64) or not values.shape.num_elements():
        return sums_of_rows(values, view(places), shape)
    out, image = empty(shape, values.dtype)
    put_at_places(view(values).ravel(), view(places).ravel(), image.ravel(), shape[0])
    return out


def _put_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor | None, None, Tensor | None]:
    return _linear_in_values(_TAKE, call, needs, g)


def _take(image: Tensor, places: Tensor, pooled: Tensor, shape: tuple[int, ...]) -> Tensor:
    return tensor_from(view(image).ravel()[view(places)], image.dtype)


def _take_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor | None, None, Tensor | None]:
    return _linear_in_values(_PUT, call, needs, g)


def _linear_in_values(
    transposed: Primitive, call: Any, needs: Any, g: Tensor
) -> tuple[Tensor | None, None, Tensor | None]:
    return (
        transposed(g, *call.saved, attributes=call.attributes) if needs[0] else None,
        None,
        zeros_like(call.saved[1]) if needs[2] else None,
    )


def _sums(image: Tensor, shape: tuple[int, ...], geometry: Geometry) -> Tensor:
    out, values = empty(_results(shape, geometry), image.dtype)
    if values.size and image.shape.num_elements():
        sum_windows(view(image).ravel(), values.ravel(), five(shape), geometry.numbers())
    return out


def _averaged(values: Tensor, shape: tuple[int, ...], geometry: Geometry) -> Tensor:
    out, image = empty(shape, values.dtype)
    image.fill(0)
    if image.size and values.shape.num_elements():
        spread_windows(view(values).ravel(), image.ravel(), five(shape), geometry.numbers())
    return out


_SPREAD: Primitive  # its vjp names _SUMS, whose vjp names it
_LARGEST = Primitive("MaxPool", _largest, _largest_vjp, saves=(-2, -1))
_TAKE = Primitive("MaxPoolGradGrad", _take, _take_vjp, saves=(1, 2), batch="pooled")
_PUT = Primitive("MaxPoolGrad", _put, _put_vjp, saves=(1, 2), batch="pooled")
_SUMS = Primitive(
    "AvgPool", _sums, lambda call, needs, g: (_SPREAD(g, attributes=call.attributes),), linear=True, batch="images"
)
_SPREAD = Primitive(
    "AvgPoolGrad",
    _averaged,
    lambda call, needs, g: (_SUMS(g, attributes=call.attributes),),
    linear=True,
    batch="images",
)


_SUMMARIES = {
    True: "The maximum of each window; the gradient flows to the first of equal elements.",
    False: "The mean of each window's elements inside the image.",
}
_EXAMPLES = {True: "array([3., 7.], dtype=float32)", False: "array([2., 5.], dtype=float32)"}
_AXES = {None: "spatial axes", 1: "width", 2: "height, width", 3: "depth, height, width"}


class Pooling(Protocol):
    """The type of `max_pool`, `avg_pool` and their variants of fixed rank, for type checkers."""

    def __call__(
        self,
        input: TensorLike,
        ksize: int | Sequence[int],
        strides: int | Sequence[int],
        padding: str,
        data_format: str | None = ...,
        name: str | None = None,
    ) -> Tensor: ...


def _pooling(largest: bool, rank: int | None) -> Pooling:
    """Pooling over this number of spatial axes; None for any."""
    name = ("max_pool" if largest else "avg_pool") + (f"{rank}d" if rank else "")
    first = FORMATS[rank][0] if rank else None

    def pooled(
        input: TensorLike,
        ksize: int | Sequence[int],
        strides: int | Sequence[int],
        padding: str,
        data_format: str | None = first,
        name: str | None = None,
    ) -> Tensor:
        return _pool(input, ksize, strides, padding, data_format, rank, largest)

    pooled.__name__ = pooled.__qualname__ = name
    shape = {None: "[1, 4, 1]", 1: "[1, 4, 1]", 2: "[1, 1, 4, 1]", 3: "[1, 1, 1, 4, 1]"}[rank]
    window = {None: "2", 1: "2", 2: "[1, 2]", 3: "[1, 1, 2]"}[rank]
    pooled.__doc__ = f"""{_SUMMARIES[largest]}

Args:
  input: a tensor of shape [batch, {_AXES[rank]}, channels].
  ksize: the sizes of the window, a number, one per spatial axis, or one per axis.
  strides: the steps between windows, likewise.
  padding: "SAME" for sizes divided by the stride, rounded up, "VALID" for windows entirely inside the images.
  data_format: the order of the axes; channels come before the spatial axes if it starts with "NC". None for channels
    last.
  name: not used; TensorFlow names operations by it.

Returns:
  A tensor of the same dtype, whose spatial sizes are the numbers of window positions.

Raises:
  InvalidArgumentError: the window does not fit, or an argument is unknown.
  ValueError: a wrong rank, or a wrong number of sizes or strides.

Example:
  >>> image = tf.reshape([1.0, 3.0, 3.0, 7.0], {shape})
  >>> tf.reshape(tf.nn.{name}(image, {window}, {window}, "VALID"), [-1]).numpy()
  {_EXAMPLES[largest]}
"""
    return op(f"nn.{name}", dtypes=ALL if largest else "float32, float64", samples=_SAMPLES[rank])(pooled)


_images = (real(2, 4, 4, 2), real(1, 5, 3, 1))
_SAMPLES: dict[int | None, Callable[[], list[Any]]] = {
    None: lambda: [
        *(call(_images[0], 2, 2, "VALID"), call(_images[1], [3, 2], [2, 1], "SAME"), call(real(1, 5, 1), 2, 1, "SAME")),
    ],
    1: lambda: [call(real(2, 6, 2), 2, 2, "VALID")],
    2: lambda: [call(_images[0], 2, 1, "SAME"), call(_images[1], [1, 2, 2, 1], 2, "VALID")],
    3: lambda: [single(real(1, 2, 3, 2, 1), 2, 1, "SAME"), single(real(1, 3, 2, 2, 2), 2, 1, "VALID")],
}

avg_pool: Pooling = _pooling(False, None)
avg_pool1d: Pooling = _pooling(False, 1)
avg_pool2d: Pooling = _pooling(False, 2)
avg_pool3d: Pooling = _pooling(False, 3)
max_pool: Pooling = _pooling(True, None)
max_pool1d: Pooling = _pooling(True, 1)
max_pool2d: Pooling = _pooling(True, 2)
max_pool3d: Pooling = _pooling(True, 3)


class MaxPoolWithArgmax(NamedTuple):
    """The result of `max_pool_with_argmax`: maxima, and their indices in the flattened image."""

    output: Tensor
    argmax: Tensor


def max_pool_with_argmax(
    input: TensorLike,
    ksize: int | Sequence[int],
    strides: int | Sequence[int],
    padding: str | Sequence[Any],
    data_format: str = "NHWC",
    output_dtype: DTypeLike = int64,
    include_batch_in_index: bool = False,
    name: str | None = None,
) -> MaxPoolWithArgmax:
    """The maximum of each window, and its position in the image.

    Args:
      input: images of shape [batch, height, width, channels].
      ksize: the sizes of the window, a number, one per spatial axis, or one per axis.
      strides: the steps between windows, likewise.
      padding: "SAME" or "VALID".
      data_format: "NHWC".
      output_dtype: the dtype of positions.
      include_batch_in_index: whether positions are indices into the whole batch.
      name: not used; TensorFlow names operations by it.

    Returns:
      A named tuple of `output`, the maxima, and `argmax`, their positions (row * width + column) * channels + channel.

    Raises:
      ValueError: unknown data_format.
      InvalidArgumentError: the window does not fit, or the operand does not have four axes.

    Example:
      >>> image = tf.reshape([1.0, 3.0, 9.0, 7.0], [1, 1, 4, 1])
      >>> output, argmax = tf.nn.max_pool_with_argmax(image, [1, 2], [1, 2], "VALID")
      >>> output[0, 0, :, 0].numpy(), argmax[0, 0, :, 0].numpy()
      (array([3., 9.], dtype=float32), array([1, 2]))
    """
    if data_format != "NHWC":
        raise ValueError(
            f"`data_format` values other  than 'NHWC' are not supported. Received: data_format={data_format}"
        )
    image, kernel = as_tensor(input), Kernel("MaxPoolWithArgmax", ("SAME", "VALID"), native=False)
    if image.dtype.is_integer:
        largest, places = max_pool_with_argmax(
            apply_cast(image, float64), ksize, strides, padding, data_format, output_dtype, include_batch_in_index
        )
        return MaxPoolWithArgmax(apply_cast(largest, image.dtype), places)
    if image.ndim != 4:
        raise kernel.error("tensor_in must be 4-dimensional", image.dtype)
    geometry = _geometry(image, ksize, strides, padding, None, kernel, False)
    shape = tuple(image.shape)
    largest, where = _LARGEST(image, attributes=(shape, geometry))
    numbers = apply_cast(where, output_dtype)
    if not include_batch_in_index:
        numbers = numbers % max(math.prod(shape[1:]), 1)
    return MaxPoolWithArgmax(largest, numbers)


@op(
    "nn.pool",
    samples=lambda: [
        *(call(_images[0], [2, 2], "AVG"), call(_images[1], [2, 2], "MAX", dilations=[2, 1])),
        *(single(real(1, 2, 5), [2], "AVG", data_format="NCW"), call(real(1, 5, 1), [2], "AVG", [2], "SAME")),
    ],
)
def pool(
    input: TensorLike,
    window_shape: Sequence[int],
    pooling_type: str,
    strides: int | Sequence[int] | None = None,
    padding: str | Sequence[Any] = "VALID",
    data_format: str | None = None,
    dilations: Sequence[int] | None = None,
    name: str | None = None,
) -> Tensor:
    """Max or average pooling over as many spatial axes as window_shape has sizes.

    Args:
      input: a tensor of shape [batch, spatial axes, channels].
      window_shape: the sizes of the window.
      pooling_type: "MAX" or "AVG".
      strides: the steps between windows; None for 1.
      padding: "SAME" or "VALID".
      data_format: the order of the axes; channels come before the spatial axes if it starts with "NC". None for
        channels last.
      dilations: the steps between elements of a window; None for 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same dtype, with one element per channel and window position.

    Raises:
      ValueError: unknown pooling_type, wrong rank, or dilations with strides greater than 1 or padding "SAME".
      InvalidArgumentError: the window does not fit.

    Example:
      >>> signal = tf.reshape([1.0, 3.0, 9.0, 7.0], [1, 4, 1])
      >>> tf.nn.pool(signal, [2], "MAX")[0, :, 0].numpy()
      array([3., 9., 9.], dtype=float32)
    """
    image, rank = as_tensor(input), len(window_shape)
    if image.ndim != rank + 2:
        raise ValueError(f"Shape {image.shape} must have rank {rank + 2}")
    either_strides_or_dilations(strides, dilations)
    if pooling_type not in ("MAX", "AVG"):
        raise ValueError(f"{rank}-D {pooling_type} pooling is not supported.")
    if padding == "SAME" and dilations is not None and max(dilations) > 1:
        raise ValueError(
            "pooling with 'SAME' padding is not implemented for `dilation_rate` > 1. "
            f"Received: padding=SAME and dilation_rate={np.asarray(held(dilations))}"
        )
    return _pool(image, window_shape, strides, padding, data_format, rank, pooling_type == "MAX", dilations)
