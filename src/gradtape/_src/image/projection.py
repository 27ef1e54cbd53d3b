"""Images seen through projective transformations: each new pixel is read where its place was before."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, apply_reshape, as_tensor, tensor_from
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.ops import elementwise as e
from gradtape._src.ops.clipping import clip_by_value
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.masking import where

_F = np.float32


def projected(images: Any, transforms: Any, interpolation: str, fill_mode: str, fill_value: float) -> Tensor:
    """A batch of images of which the pixel at (x, y) comes from ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k), k
    being c0 x + c1 y + 1.

    Args:
      images: [batch, height, width, channels].
      transforms: [batch or 1, 8]: a0, a1, a2, b0, b1, b2, c0 and c1 of each image.
      interpolation: "bilinear" or "nearest".
      fill_mode: what lies outside of an image: "constant", or its pixels by "nearest", "reflect" or "wrap".
      fill_value: the constant.

    Returns:
      A tensor of the images' shape and dtype. Images have a gradient, and so have transforms, unless the nearest
      pixels are taken.
    """
    pixels = as_tensor(images)
    count, height, width, channels = pixels.shape
    kind = pixels.dtype
    floats = pixels if kind.is_floating else apply_cast(pixels, dtypes.float32)
    flat = apply_reshape(floats, (count * height * width, channels))
    first = tensor_from(np.arange(count, dtype=np.int64).reshape(-1, 1, 1) * (height * width))
    parts = [part[:, None, None] for part in _columns(apply_cast(as_tensor(transforms), dtypes.float32))]
    a0, a1, a2, b0, b1, b2, c0, c1 = parts
    x, y = (
        tensor_from(np.arange(size, dtype=_F).reshape(shape))
        for size, shape in ((width, (1, 1, -1)), (height, (1, -1, 1)))
    )
    scale = c0 * x + c1 * y + 1.0
    behind = e.equal(scale, 0.0)
    scale = where(behind, 1.0, scale)
    column = _inside((a0 * x + a1 * y + a2) / scale, width, fill_mode)
    row = _inside((b0 * x + b1 * y + b2) / scale, height, fill_mode)

    def read(at_row: Tensor, at_column: Tensor) -> Tensor:
        """Pixels at whole positions, the constant outside."""
        there = e.logical_and(_within(at_row, height), _within(at_column, width))
        places = first + _place(at_row, height) * width + _place(at_column, width)
        return where(there[..., None], gather(flat, places), apply_cast(as_tensor(float(fill_value)), floats.dtype))

    if interpolation == "nearest":
        found = read(_rounded(row), _rounded(column))
    else:
        top, left = e.floor(row), e.floor(column)
        down, along = (apply_cast(part, floats.dtype)[..., None] for part in (row - top, column - left))
        upper = (1.0 - along) * read(top, left) + along * read(top, left + 1.0)
        lower = (1.0 - along) * read(top + 1.0, left) + along * read(top + 1.0, left + 1.0)
        found = (1.0 - down) * upper + down * lower
    found = where(behind[..., None], apply_cast(as_tensor(float(fill_value)), floats.dtype), found)
    return found if kind is found.dtype else apply_cast(found, kind)


def _columns(transforms: Tensor) -> list[Tensor]:
    return [transforms[:, place] for place in range(8)]


def _within(at: Tensor, size: int) -> Tensor:
    return apply_elementwise("logical_and", at >= 0.0, at <= float(size - 1))


def _place(at: Tensor, size: int) -> Tensor:
    return apply_cast(clip_by_value(at, 0.0, float(size - 1)), dtypes.int64)


def _rounded(at: Tensor) -> Tensor:
    """The nearest integer, halves away from zero."""
    return e.sign(at) * e.floor(e.abs(at) + 0.5)


def _whole(at: Tensor) -> Tensor:
    """Without its fraction."""
    return e.sign(at) * e.floor(e.abs(at))


def _inside(at: Tensor, size: int, fill_mode: str) -> Tensor:
    """Places along an axis, those outside of it brought back as a mode says."""
    last = float(size - 1)
    if fill_mode == "constant":
        return at
    if fill_mode == "reflect":  # dcba|abcd|dcba
        period = 2.0 * size
        before = where(at < -period, at + period * _whole(-at / period), at)
        before = where(before < -float(size), before + period, -before - 1.0)
        after = at - period * _whole(at / period)
        after = where(after >= float(size), period - after - 1.0, after)
    elif fill_mode == "wrap":  # abcd|abcd|abcd
        steps = max(last, 1.0)
        before = at + float(size) * (_whole(-at / steps) + 1.0)
        after = at - float(size) * _whole(at / steps)
    else:
        before = after = at
    return clip_by_value(where(at < 0.0, before, where(at > last, after, at)), 0.0, last)
