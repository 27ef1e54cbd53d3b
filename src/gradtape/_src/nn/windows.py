"""Windows over images: their positions, the patches under them, and patches added back to an image.

Extracting patches and adding them back are each other's vjp. Images are channels-last here; `last` and `given`
transpose others. For one or two dimensions the missing axes have size 1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import apply_transpose, empty, view
from gradtape._engine.compute.im2col import gather, scatter
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import float32
from gradtape._src.core.errors import OpError, UnimplementedError, from_op, invalid_argument
from gradtape._src.core.operands import ints_of

FORMATS: tuple[tuple[str, ...], ...] = ((), ("NWC", "NCW", "NHWC", "NCHW"), ("NHWC", "NCHW"), ("NDHWC", "NCDHW"))


class Kernel(NamedTuple):
    """The TensorFlow op that an error names."""

    op: str
    paddings: tuple[str, ...] = ("SAME", "VALID", "EXPLICIT")
    native: bool = True  # whether TensorFlow's single-precision kernels have another name
    whole: bool = False  # whether int32 is supported too

    def error(self, message: str, dtype: Any = float32, kind: Any = None) -> OpError:
        """An error of the running op, InvalidArgumentError unless another class is given."""
        kernel = f"__MklNative{self.op}" if self.native and dtype == float32 else ""
        if kind is not None:
            return from_op(kind, self.op, message, "", kernel=kernel)
        return invalid_argument(self.op, message, "", kernel=kernel)

    def choice(self, attribute: str, value: str, allowed: tuple[str, ...]) -> OpError:
        """The error for a string that is not one of those allowed."""
        words = ", ".join(f'"{word}"' for word in allowed)
        message = f"Value for attr '{attribute}' of \"{value}\" is not in the list of allowed values: {words}"
        return invalid_argument(self.op, message, "", kernel=None)


class Geometry(NamedTuple):
    """A window over an image: size, number of positions, stride, dilation and leading padding, each by spatial axis."""

    window: tuple[int, ...]
    places: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]

    def numbers(self) -> np.ndarray:
        """The 15 numbers of the compiled gather, with the missing axes first."""
        fill = (1, 1, 1, 1, 0)
        rows = [(missing,) * (3 - len(row)) + row for row, missing in zip(self, fill, strict=True)]
        return np.array(rows, np.intp).ravel()


def is_first(data_format: str | None, rank: int, kernel: Kernel) -> bool:
    """Whether channels come before the spatial axes. Raises InvalidArgumentError for an unknown format."""
    if data_format is None:
        return False
    if data_format not in FORMATS[rank]:
        raise kernel.choice("data_format", data_format, FORMATS[rank][-2:])
    return data_format.startswith("NC")


def last(image: Tensor, first: bool) -> Tensor:
    """An image with its channels last."""
    return apply_transpose(image, (0, *range(2, image.ndim), 1)) if first else image


def given(image: Tensor, first: bool) -> Tensor:
    """An image with its channels in their original place."""
    return apply_transpose(image, (0, image.ndim - 1, *range(1, image.ndim - 1))) if first else image


def per_axis(value: Any, rank: int, name: str, kernel: Kernel, first: bool = False) -> tuple[int, ...]:
    """One number per spatial axis, from a single one, one each, or one for every axis of the image.

    Raises ValueError for a wrong count and UnimplementedError for numbers other than 1 along batch and channels.
    """
    if value is None:
        return (1,) * rank
    numbers = ints_of(value, kernel.op, name)
    if len(numbers) > rank + 2:
        raise ValueError(f"{name} should be of length 1, {rank} or {rank + 2}. Received one of length {len(numbers)}")
    if any(not -(2**31) <= number < 2**31 for number in numbers):
        raise kernel.error(f"{name} must contain 32-bit numbers, not {value}")
    if len(numbers) == 1:
        return tuple(numbers * rank)
    if len(numbers) == rank + 2:
        numbers = [numbers[0], *numbers[2:], numbers[1]] if first else numbers
        if numbers[0] != 1 or numbers[-1] != 1:
            verb = f"does not yet support {name} in the batch and depth dimensions."
            raise kernel.error(f"Current implementation {verb}", kind=UnimplementedError)
        numbers = numbers[1:-1]
    if len(numbers) != rank:
        raise ValueError(
            f"{name} should be of length 1, {rank} or {rank + 2}. Received: {name}={value} of length {len(numbers)}"
        )
    return tuple(numbers)


def lie(
    sizes: tuple[int, ...],
    window: tuple[int, ...],
    strides: Any,
    padding: Any,
    dilations: Any,
    kernel: Kernel,
    first: bool = False,
) -> Geometry:
    """The geometry of a window over an image of these spatial sizes.

    Raises InvalidArgumentError if it does not fit, a stride is not positive, or padding is unknown; TypeError if
    amounts of padding are given and the op does not support them.
    """
    rank = len(sizes)
    strides = per_axis(strides, rank, "strides", kernel, first)
    dilations = per_axis(dilations, rank, "dilations", kernel, first)
    for name, numbers in (("Stride", strides), ("Dilation rate", dilations)):
        if min(numbers) < 1:
            raise kernel.error(f"{name} must be > 0, but got {min(numbers)}")
    reach = [(size - 1) * dilation + 1 for size, dilation in zip(window, dilations, strict=True)]
    if padding == "SAME":
        places = [-(-size // stride) for size, stride in zip(sizes, strides, strict=True)]
        needed = [
            max((place - 1) * stride + extent - size, 0)
            for place, stride, extent, size in zip(places, strides, reach, sizes, strict=True)
        ]
        return Geometry(window, tuple(places), strides, dilations, tuple(total // 2 for total in needed))
    amounts = _amounts(padding, rank, kernel, first)
    places = []
    for size, (low, high), extent, stride in zip(sizes, amounts, reach, strides, strict=True):
        places.append((size + low + high - extent) // stride + 1)
        if places[-1] < 0 or size + low + high < extent:
            raise kernel.error(
                f"Computed output size would be negative: {(size + low + high - extent) // stride + 1} [input_size: "
                f"{size + low + high}, effective_filter_size: {extent}, stride: {stride}]"
            )
    return Geometry(window, tuple(places), strides, dilations, tuple(low for low, _ in amounts))


def _amounts(padding: Any, rank: int, kernel: Kernel, first: bool) -> list[tuple[int, int]]:
    """Padding before and after each spatial axis."""
    if padding == "VALID":
        return [(0, 0)] * rank
    if isinstance(padding, str):
        raise kernel.choice("padding", padding, kernel.paddings)
    if "EXPLICIT" not in kernel.paddings:
        raise TypeError(f"Expected string for argument 'padding' not {padding}.")
    for place, pair in enumerate(padding):
        if len(pair) != 2:
            raise ValueError(
                "When `padding` is a list, each element of `padding` must be a list/tuple of size 2. Received: "
                f"padding={padding} with element at index {place} of size {len(pair)}"
            )
    if len(padding) != rank + 2:
        raise ValueError(
            f"When `padding` is a list, it must be of size {rank + 2}. Received: padding={padding} of size "
            f"{len(padding)}"
        )
    amounts = [(int(low), int(high)) for low, high in padding]
    return amounts[2:] if first else amounts[1:-1]


def either_strides_or_dilations(strides: Any, dilations: Any) -> None:
    """Raises ValueError if both are greater than 1, or one is not a number."""
    counts = [np.atleast_1d(1 if value is None else held(value)) for value in (strides, dilations)]
    for name, count in zip(("strides", "dilations"), counts, strict=True):
        if count.dtype.kind not in "iufb":
            raise ValueError(
                f"{name} should be of length 1, as many as there are axes, or two more. Received: {name}={count}"
            )
    if all((count > 1).any() for count in counts):
        raise ValueError(
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
            f"Received: strides={counts[0]} and dilation_rate={counts[1]}"
        )


def five(shape: tuple[int, ...]) -> np.ndarray:
    """An image's shape with three spatial axes."""
    return np.array((shape[0], *(1,) * (5 - len(shape)), *shape[1:]), np.intp)


def patches_of(image: Tensor, geometry: Geometry, outside: float = 0.0) -> Tensor:
    """The patch under each window, (batch · positions, window · channels)."""
    return _PATCHES(image, attributes=(tuple(image.shape), geometry, outside))


def image_of(patches: Tensor, shape: tuple[int, ...], geometry: Geometry) -> Tensor:
    """The image of this shape that is the sum of the patches."""
    return _IMAGE(patches, attributes=(shape, geometry))


def _patches(image: Tensor, _: Any, geometry: Geometry, outside: float) -> Tensor:
    shape = tuple(image.shape)
    batch, channels = shape[0], shape[-1]
    out, array = empty((batch * int(np.prod(geometry.places)), int(np.prod(geometry.window)) * channels), image.dtype)
    if array.size:
        if image.shape.num_elements():
            gather(view(image).ravel(), array.ravel(), five(shape), geometry.numbers(), outside)
        else:
            array.fill(outside)
    return out


def _image(patches: Tensor, shape: tuple[int, ...], geometry: Geometry) -> Tensor:
    out, array = empty(shape, patches.dtype)
    array.fill(0)
    if array.size and patches.shape.num_elements():
        scatter(view(patches).ravel(), array.ravel(), five(shape), geometry.numbers())
    return out


def _patches_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    return (image_of(g, *call.attributes[:2]),)


def _image_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    return (patches_of(g, call.attributes[1]),)


_PATCHES = Primitive("ExtractPatches", _patches, _patches_vjp, batch="images")
_IMAGE = Primitive("PatchesToImage", _image, _image_vjp, linear=True, batch="images")
