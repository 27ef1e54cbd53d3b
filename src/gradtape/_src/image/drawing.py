"""Drawing of bounding boxes on images."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import dims_text, not_allowed
from gradtape._src.core.typing import TensorLike
from gradtape._src.ops.masking import where

_OP = "DrawBoundingBoxes"
# Yellow, blue, red, lime, purple, olive, maroon, navy, aqua and fuchsia.
_COLOURS = [
    *((1.0, 1.0, 0.0, 1.0), (0.0, 0.0, 1.0, 1.0), (1.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0), (0.5, 0.0, 0.5, 1.0)),
    *((0.5, 0.5, 0.0, 1.0), (0.5, 0.0, 0.0, 1.0), (0.0, 0.0, 0.5, 1.0), (0.0, 1.0, 1.0, 1.0), (1.0, 0.0, 1.0, 1.0)),
]


def _frame(box: np.ndarray, height: int, width: int) -> tuple[list[tuple[slice, slice]], bool]:
    """The lines of a box inside an image, as slices of it."""
    if not np.isfinite(box).all():
        return [], True
    sides = np.array([height, width, height, width]) - 1
    top, left, bottom, right = (int(place) for place in np.float32(box) * sides.astype(np.float32))
    rows = slice(max(top, 0), min(bottom, height - 1) + 1)
    columns = slice(max(left, 0), min(right, width - 1) + 1)
    empty = top > bottom or left > right or top >= height or bottom < 0 or left >= width or right < 0
    lines = [
        *([(slice(top, top + 1), columns)] if top >= 0 else []),
        *([(slice(bottom, bottom + 1), columns)] if bottom < height else []),
        *([(rows, slice(left, left + 1))] if left >= 0 else []),
        *([(rows, slice(right, right + 1))] if right < width else []),
    ]
    return lines, empty


def draw_bounding_boxes(images: TensorLike, boxes: TensorLike, colors: Any, name: str | None = None) -> Tensor:
    """Draws bounding boxes on images, a pixel wide.

    Args:
      images: of shape [batch, height, width, channels], of 1, 3 or 4 channels.
      boxes: of shape [batch, boxes, 4]: top, left, bottom and right, of an image whose sides are 1 long. What lies
        outside is not drawn.
      colors: of shape [colours, channels], used in turn; None for ten that are
        apart, or for white on grey images.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same shape and dtype.

    Raises:
      InvalidArgumentError: the images or boxes have other shapes or dtypes.

    Example:
      >>> tf.image.draw_bounding_boxes(tf.zeros([1, 3, 4, 1]), [[[0.0, 0.0, 1.0, 0.7]]], None)[0, :, :, 0].numpy()
      array([[1., 1., 1., 0.],
             [1., 0., 1., 0.],
             [1., 1., 1., 0.]], dtype=float32)
    """
    tensor = as_tensor(images)
    if tensor.dtype not in (dtypes.float32, dtypes.float16):
        raise not_allowed(_OP, tensor.dtype, "float, half")
    places = np.asarray(view(as_tensor(boxes, dtypes.float32)))
    if tensor.ndim != 4:
        raise invalid_argument(_OP, "The rank of the images should be 4")
    if places.ndim != 3:
        raise invalid_argument(_OP, "The rank of the boxes tensor should be 3")
    batch, height, width, depth = tensor.shape
    if len(places) != batch:
        raise invalid_argument(_OP, "The batch sizes should be the same")
    if depth not in (1, 3, 4):
        raise invalid_argument(_OP, "Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)")
    if places.shape[2] != 4:
        message = f"The size of the third dimension of the box must be 4. Received: {places.shape[2]}"
        raise invalid_argument(_OP, message)
    known: Any = colors
    if colors is None or not np.size(colors):
        known = _COLOURS if depth > 1 else [[1.0]]
    table = np.asarray(view(as_tensor(known, dtypes.float32)))
    if table.ndim != 2 or table.shape[1] < depth:
        message = f"colors must have equal or more channels than the image provided: {dims_text(table.shape)}"
        raise invalid_argument(f"{_OP}V2", message)
    drawn, mask = np.zeros((batch, height, width, depth)), np.zeros((batch, height, width, 1), bool)
    for image, of_image in enumerate(places):
        for number, box in enumerate(of_image):
            lines, empty = _frame(box, height, width)
            for line in () if empty else lines:
                drawn[image][line] = table[number % len(table), :depth]
                mask[image][line] = True
    return where(as_tensor(mask), tensor_from(drawn, tensor.dtype), tensor)
