"""Pooling: the largest or the mean of what a window sees."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gradtape._doors import apply_cast, apply_reduce, apply_reshape, as_tensor, empty, tensor_from, view
from gradtape._ops import record
from gradtape._tensor import Tensor
from gradtape.dtypes import float64, int64
from gradtape.errors import OpError, UnimplementedError
from gradtape.gathering import take_along_last
from gradtape.operands import not_allowed
from gradtape.table import ALL, call, op, real, single
from gradtape.windows import (
    FORMATS,
    Geometry,
    Kernel,
    either_strides_or_dilations,
    given,
    is_first,
    last,
    lie,
    patches_of,
    spread,
)

__all__ = [
    *("avg_pool", "avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool", "max_pool1d", "max_pool2d", "max_pool3d"),
    *("max_pool_with_argmax", "pool"),
]

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
    patches = _patches(image, geometry, -np.inf if largest else 0.0)
    if largest:
        pooled = _take(patches, _largest(patches))
    else:
        pooled = apply_reduce(0, patches, 1, False, "Sum") / _counts(shape, geometry, image.dtype)
    return given(apply_reshape(pooled, (shape[0], *geometry.places, shape[-1])), first)


def _over_channels(image: Tensor, ksize: Any, strides: Any, rank: int, kernel: Kernel, first: bool) -> Tensor | None:
    """The largest of each window of channels; None unless ksize has a window for them."""
    window, steps = np.asarray(ksize).reshape(-1), np.asarray(strides).reshape(-1)
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
    return take_along_last(groups, view(groups).argmax(-1)[..., None])[..., 0]


def _geometry(
    image: Tensor, ksize: Any, strides: Any, padding: Any, dilations: Any, kernel: Kernel, first: bool
) -> Geometry:
    rank = image.ndim - 2
    window = spread(ksize, rank, "ksize", kernel, first)
    if min(window) < 1:
        inferred = ",".join(map(str, (1, *window, 1)))
        message = f"Sliding window ksize must be positive. The specified or inferred ksize is: {inferred}"
        raise kernel.error(message, image.dtype)
    return lie(tuple(image.shape)[1:-1], window, strides, padding, dilations, kernel, first)


def _patches(image: Tensor, geometry: Geometry, outside: float) -> Tensor:
    """What every window sees, (windows, elements of one, channels)."""
    size = int(np.prod(geometry.window))
    return apply_reshape(patches_of(image, geometry, outside), (-1, size, image.shape[-1]))


@functools.lru_cache(64)
def _counts(shape: tuple[int, ...], geometry: Geometry, dtype: Any) -> Tensor:
    """How many of a window's elements lie inside the image, (batch · places, 1)."""
    plane = tensor_from(np.ones((1, *shape[1:-1], 1)), dtype)
    return tensor_from(np.tile(view(patches_of(plane, geometry)).sum(axis=1, keepdims=True), (shape[0], 1)), dtype)


def _largest(patches: Tensor) -> np.ndarray:
    """Which of each window's elements is its largest, the first of equals, which has the gradient."""
    return view(patches).argmax(axis=1)[:, None, :]


def _take(patches: Tensor, places: np.ndarray) -> Tensor:
    out = tensor_from(np.take_along_axis(view(patches), places, axis=1)[:, 0, :], patches.dtype)
    return record("MaxPool", _take_rule, (patches,), out, (), (places, patches.shape[1]))


def _put(values: Tensor, places: np.ndarray, size: int) -> Tensor:
    out, array = empty((values.shape[0], size, values.shape[1]), values.dtype)
    array.fill(0)
    np.put_along_axis(array, places, view(values)[:, None, :], axis=1)
    return record("MaxPoolGrad", _put_rule, (values,), out, (), (places, size))


def _take_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    return (_put(g, *call.attributes),)


def _put_rule(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    return (_take(g, call.attributes[0]),)


_WHAT = {
    True: "The largest of each window; the first of equals has the gradient",
    False: "The mean of what of each window lies inside the image",
}
_RAISES = """
    Args:
      input: (batch, spatial axes, channels), or (batch, channels, spatial axes) where data_format starts with "NC".
      ksize, strides: a number, one per spatial axis, or one per axis.
      padding: "SAME" or "VALID".

    Raises:
      InvalidArgumentError: the window does not fit, or an argument is unknown.
      ValueError: another rank, or another number of sizes or strides.
"""


def _pooling(largest: bool, rank: int | None) -> Callable[..., Tensor]:
    """Pooling over so many spatial axes; over as many as there are for None."""
    name = ("max_pool" if largest else "avg_pool") + (f"{rank}d" if rank else "")
    formats = FORMATS[rank] if rank else (None,)

    def pooled(
        input: Any,
        ksize: Any,
        strides: Any,
        padding: Any,
        data_format: str | None = formats[0],
        name: str | None = None,
    ) -> Tensor:
        return _pool(input, ksize, strides, padding, data_format, rank, largest)

    pooled.__name__ = pooled.__qualname__ = name
    axes = "all spatial axes" if rank is None else "one spatial axis" if rank == 1 else f"{rank} spatial axes"
    what = _WHAT[largest]
    pooled.__doc__ = f"Over {axes}, {what[0].lower()}{what[1:]}.\n{_RAISES}"
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

avg_pool, avg_pool1d, avg_pool2d, avg_pool3d = (_pooling(False, rank) for rank in (None, 1, 2, 3))
max_pool, max_pool1d, max_pool2d, max_pool3d = (_pooling(True, rank) for rank in (None, 1, 2, 3))


class MaxPoolWithArgmax(NamedTuple):
    """What `max_pool_with_argmax` returns: the largest, and their places in the flattened image."""

    output: Tensor
    argmax: Tensor


def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    output_dtype: Any = int64,
    include_batch_in_index: bool = False,
    name: str | None = None,
) -> MaxPoolWithArgmax:
    """The largest of each window, and where in its image it stands: (row · width + column) · channels + channel.

    With include_batch_in_index images are counted too. Raises ValueError for channels-first images.
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
    patches = _patches(image, geometry, -np.inf)
    chosen = _largest(patches)
    numbers = np.arange(float(np.prod(shape))).reshape(shape)
    if not include_batch_in_index:
        numbers %= max(np.prod(shape[1:]), 1)
    places = np.take_along_axis(view(_patches(tensor_from(numbers), geometry, -1.0)), chosen, axis=1)[:, 0, :]
    out = (shape[0], *geometry.places, shape[-1])
    return MaxPoolWithArgmax(
        apply_reshape(_take(patches, chosen), out), tensor_from(places.reshape(out).astype(np.int64), output_dtype)
    )


@op(
    "nn.pool",
    samples=lambda: [
        *(call(_images[0], [2, 2], "AVG"), call(_images[1], [2, 2], "MAX", dilations=[2, 1])),
        *(single(real(1, 2, 5), [2], "AVG", data_format="NCW"), call(real(1, 5, 1), [2], "AVG", [2], "SAME")),
    ],
)
def pool(
    input: Any,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Tensor:
    """Pooling of a kind, "MAX" or "AVG", over as many spatial axes as window_shape has sizes.

    Raises ValueError for another kind or rank, and for dilations with strides greater than 1 or padding "SAME".
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
            f"Received: padding=SAME and dilation_rate={np.asarray(dilations)}"
        )
    return _pool(image, window_shape, strides, padding, data_format, rank, pooling_type == "MAX", dilations)
