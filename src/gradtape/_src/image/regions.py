"""Boxes of images: cropping with resizing, and non-maximum suppression."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_elementwise, apply_reshape, as_tensor, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import OutOfRangeError, invalid_argument
from gradtape._src.image.checks import size_pair
from gradtape._src.ops.clipping import clip_by_value
from gradtape._src.ops.gathering import gather


def crop_and_resize(
    image: Any,
    boxes: Any,
    box_indices: Any,
    crop_size: Any,
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
    name: str | None = None,
) -> Tensor:
    """Crops images to boxes and resizes these to the same size.

    Images have a gradient, and so have boxes, unless the nearest pixels are taken.

    Args:
      image: a batch of images, [batch, height, width, channels].
      boxes: [boxes, 4]: y1, x1, y2 and x2 of each, where 0 and 1 are the centres of the first and the last pixels. A
        box whose second corner comes first is mirrored.
      box_indices: the image of each box.
      crop_size: the new height and width.
      method: "bilinear" or "nearest".
      extrapolation_value: value outside of the images.
      name: not used; TensorFlow names operations by it.

    Returns:
      A float32 tensor of shape [boxes, height, width, channels].

    Raises:
      InvalidArgumentError: a shape does not fit, or the method is invalid.
      OutOfRangeError: a box index is out of range.

    Example:
      >>> image = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
      >>> tf.image.crop_and_resize(image, [[0.0, 0.0, 0.5, 1.0]], [0], [2, 2])[0, :, :, 0].numpy()
      array([[0., 2.],
             [3., 5.]], dtype=float32)
    """
    kernel = "CropAndResize"
    pixels, corners = as_tensor(image), as_tensor(boxes, hint=dtypes.float32)
    owners = as_tensor(box_indices, hint=dtypes.int32)
    if pixels.ndim != 4:
        raise invalid_argument(kernel, f"input image must be 4-D[{pixels.ndim}]", "")
    if corners.ndim != 2 or corners.shape[1] != 4:
        raise invalid_argument(kernel, f"boxes must be 2-D with 4 columns, not of shape {list(corners.shape)}", "")
    if tuple(owners.shape) != (corners.shape[0],):
        raise invalid_argument(kernel, f"box_index has incompatible shape {list(owners.shape)}", "")
    if method not in ("bilinear", "nearest"):
        raise invalid_argument(kernel, f"method must be 'bilinear' or 'nearest', not {method!r}", "")
    sizes = size_pair(crop_size)
    if min(sizes) <= 0:
        raise invalid_argument(kernel, "crop dimensions must be positive", "")
    count, height, width, channels = pixels.shape
    indices = view(owners)
    if len(indices) and not (indices.min() >= 0 and indices.max() < count):
        raise OutOfRangeError(None, None, f"box_index has values outside [0, {count})")
    flat = apply_reshape(apply_cast(pixels, dtypes.float32), (count * height * width, channels))
    first = apply_reshape(apply_cast(owners, dtypes.int64), (-1, 1, 1)) * (height * width)
    y, inside_y = _places(corners[:, 0], corners[:, 2], height, sizes[0])
    x, inside_x = _places(corners[:, 1], corners[:, 3], width, sizes[1])

    def taken(row: Tensor, column: Tensor) -> Tensor:
        return gather(flat, first + row[:, :, None] * width + column[:, None, :])

    if method == "nearest":
        found = taken(*(_pixel(apply_elementwise("floor", at + 0.5), size) for at, size in ((y, height), (x, width))))
    else:
        (top, bottom, down), (left, right, along) = _between(y, height), _between(x, width)
        down, along = down[:, :, None, None], along[:, None, :, None]
        upper = taken(top, left) + (taken(top, right) - taken(top, left)) * along
        lower = taken(bottom, left) + (taken(bottom, right) - taken(bottom, left)) * along
        found = upper + (lower - upper) * down
    inside = apply_elementwise("logical_and", inside_y[:, :, None], inside_x[:, None, :])
    return apply_elementwise("select", inside[..., None], found, float(extrapolation_value))


def _places(start: Tensor, end: Tensor, size: int, new: int) -> tuple[Tensor, Tensor]:
    """Coordinates of new pixels between a box's ends, in pixels of the image, and whether they are within it."""
    if new > 1:
        steps = tensor_from(np.arange(new, dtype=np.float32))
        at = start[:, None] * float(size - 1) + steps * ((end - start) * float(size - 1) / float(new - 1))[:, None]
    else:
        at = ((start + end) * 0.5 * float(size - 1))[:, None]
    return at, apply_elementwise("logical_and", at >= 0.0, at <= float(size - 1))


def _pixel(at: Tensor, size: int) -> Tensor:
    return apply_cast(clip_by_value(at, 0.0, float(size - 1)), dtypes.int64)


def _between(at: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """The pixels before and after a position, and its distance from the first."""
    below = apply_elementwise("floor", at)
    return _pixel(below, size), _pixel(apply_elementwise("ceil", at), size), at - below


def _overlap(boxes: np.ndarray) -> np.ndarray:
    """The intersection over union of every two boxes; 0 if one is empty."""
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    area = np.prod(high - low, 1)
    shared = np.minimum(high[:, None], high[None]) - np.maximum(low[:, None], low[None])
    common = np.prod(np.maximum(shared, 0), 2)
    union = area[:, None] + area[None] - common
    empty = (area <= 0)[:, None] | (area <= 0)[None]
    return np.where(empty, 0, common / np.where(empty, 1, union)).astype(np.float32)


def _chosen(
    overlaps: Tensor, scores: Tensor, most: int, threshold: float, least: float, sigma: float
) -> tuple[Tensor, Tensor]:
    places, found = _choice(view(overlaps), view(scores).astype(np.float32), most, threshold, least, sigma)
    return tensor_from(np.array(places, np.int32)), tensor_from(np.array(found, np.float32), scores.dtype)


def _choice(
    shared: np.ndarray, given: np.ndarray, most: int, threshold: float, least: float, sigma: float
) -> tuple[list[int], list[np.float32]]:
    """The positions and scores of the best boxes, none of which overlaps too much with a better one."""
    scale = np.float32(-0.5 / sigma) if sigma > 0 else np.float32(0)
    waiting = [(-score, place, 0) for place, score in enumerate(given) if score > least]
    heapq.heapify(waiting)
    places: list[int] = []
    found: list[np.float32] = []
    while waiting and len(places) < most:
        score, place, seen = heapq.heappop(waiting)
        before = score = -score
        suppressed = False
        for other in reversed(places[seen:]):
            overlap = shared[place, other]
            if overlap > threshold and sigma <= 0:
                suppressed = True
                break
            if sigma > 0:
                score *= np.exp(scale * overlap * overlap) if overlap <= threshold else np.float32(0)
            if score <= least:
                break
        if suppressed:
            continue
        if score == before:
            places.append(place)
            found.append(score)
        elif score > least:
            heapq.heappush(waiting, (-score, place, len(places)))
    return places, found


_SUPPRESSION = Primitive("NonMaxSuppressionV5", _chosen, varies=True)


def _suppressed(overlaps: Tensor, scores: Any, most: Any, threshold: Any, least: Any, sigma: Any) -> Any:
    kernel = "NonMaxSuppressionV5"
    given = as_tensor(scores, hint=dtypes.float32)
    if tuple(given.shape) != (overlaps.shape[0],):
        raise invalid_argument(kernel, f"scores has incompatible shape {list(given.shape)}", "")
    if not 0 <= threshold <= 1:
        raise invalid_argument(kernel, "iou_threshold must be in [0, 1]", "")
    attributes = (int(most), float(threshold), float(least), float(sigma))
    return _SUPPRESSION(overlaps, given, attributes=attributes)


_OVERLAPS = Primitive("BoxOverlaps", lambda boxes: tensor_from(_overlap(view(boxes))))


def _overlaps_of(boxes: Any) -> Tensor:
    corners = as_tensor(boxes, hint=dtypes.float32)
    if corners.ndim != 2 or corners.shape[1] != 4:
        raise invalid_argument("NonMaxSuppressionV5", f"boxes must have 4 columns, not shape {list(corners.shape)}", "")
    return _OVERLAPS(corners)


def non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """Selects the boxes with the best scores, omitting those that overlap with a better one.

    Args:
      boxes: [boxes, 4], of two corners each: y1, x1, y2 and x2.
      scores: [boxes].
      max_output_size: maximum number of selected boxes.
      iou_threshold: maximum intersection over union of two selected boxes, in [0, 1].
      score_threshold: boxes with at most this score are omitted.
      name: not used; TensorFlow names operations by it.

    Returns:
      The indices of the selected boxes, best first: an int32 vector. It has no gradient.

    Raises:
      InvalidArgumentError: a shape does not fit, or iou_threshold is not in [0, 1].

    Example:
      >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0]]
      >>> tf.image.non_max_suppression(boxes, [0.8, 0.9, 0.5], 3).numpy()
      array([1, 2], dtype=int32)
    """
    return _suppressed(_overlaps_of(boxes), scores, max_output_size, iou_threshold, score_threshold, 0.0)[0]


def non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Non-maximum suppression that also returns scores, and may lower scores of overlapping boxes (soft-NMS) instead.

    Source: Bodla et al. 2017, https://arxiv.org/abs/1704.04503.

    Args:
      boxes, scores, max_output_size, iou_threshold, score_threshold: as for `non_max_suppression`.
      soft_nms_sigma: scores are multiplied by exp(-overlap² / (2 sigma)); 0: overlapping boxes are omitted.
      name: not used; TensorFlow names operations by it.

    Returns:
      The indices of the selected boxes, an int32 vector, and their scores, a vector of the scores' dtype.

    Raises:
      InvalidArgumentError: a shape does not fit, or iou_threshold is not in [0, 1].

    Example:
      >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.5, 1.0, 1.5]]
      >>> places, scores = tf.image.non_max_suppression_with_scores(boxes, [0.8, 0.9], 2, 1.0, soft_nms_sigma=0.5)
      >>> places.numpy(), scores.numpy().round(4)
      (array([1, 0], dtype=int32), array([0.9   , 0.7159], dtype=float32))
    """
    return _suppressed(_overlaps_of(boxes), scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma)


def non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: str | None = None,
) -> Tensor:
    """Selects the boxes with the best scores that do not overlap with better ones.

    Args:
      overlaps: [n, n], the overlap of each pair of boxes.
      scores: [n].
      max_output_size: maximum number of selected boxes.
      overlap_threshold: maximum overlap of two selected boxes, in [0, 1].
      score_threshold: boxes with at most this score are omitted.
      name: not used; TensorFlow names operations by it.

    Returns:
      The indices of the selected boxes, best first: an int32 vector. It has no gradient.

    Raises:
      InvalidArgumentError: a shape does not fit, or overlap_threshold is not in [0, 1].

    Example:
      >>> tf.image.non_max_suppression_overlaps([[1.0, 0.75], [0.75, 1.0]], [0.8, 0.9], 2).numpy()
      array([1], dtype=int32)
    """
    shared = as_tensor(overlaps, hint=dtypes.float32)
    if shared.ndim != 2 or shared.shape[0] != shared.shape[1]:
        raise invalid_argument("NonMaxSuppressionWithOverlaps", "overlaps must be square", "")
    return _suppressed(shared, scores, max_output_size, overlap_threshold, score_threshold, 0.0)[0]


def _chosen_of_batch(
    boxes: Tensor, scores: Tensor, most: int, threshold: float, least: float, in_order: bool, turned: bool, padded: bool
) -> tuple[Tensor, Tensor]:
    given = view(scores)
    leading, number = given.shape[:-1], given.shape[-1]
    above = given > least
    corners = np.where(above[..., None], view(boxes), 0).astype(np.float32)
    if turned and corners.size:
        # The first box decides for all which corner comes first.
        y1, x1, y2, x2 = corners.reshape(-1, 4)[0]
        (top, bottom), (left, right) = (0, 2) if y1 <= y2 else (2, 0), (1, 3) if x1 <= x2 else (3, 1)
        corners = corners[..., [top, left, bottom, right]]
    places, counts = np.zeros((*leading, most), np.int32), np.zeros(leading, np.int32)
    for image in np.ndindex(leading):
        order = np.arange(number) if in_order else np.argsort(-given[image], kind="stable")
        found = order[_left(corners[image][order], threshold)][:most]
        counts[image] = len(found)
        places[image][: len(found)] = found
    return tensor_from(places if padded else places[: counts[()]]), tensor_from(counts)


def _left(boxes: np.ndarray, threshold: float) -> np.ndarray:
    """The mask of selected boxes, in the order of scores; boxes without a positive coordinate are never selected."""
    low, high = boxes[:, :2], boxes[:, 2:]
    area = np.prod(high - low, 1)
    shared = np.minimum(high[:, None], high[None]) - np.maximum(low[:, None], low[None])
    common = np.prod(np.maximum(shared, 0), 2)
    overlaps = common / (area[:, None] + area[None] - common + np.float32(1e-8)) >= np.float32(threshold)
    left = np.ones(len(boxes), bool)
    if threshold > 0:  # at 0 nothing is suppressed
        for place in range(len(boxes)):
            if left[place]:
                left[place + 1 :] &= ~overlaps[place, place + 1 :]
    return left & (boxes > 0).any(1)


_PADDED = Primitive("NonMaxSuppressionPadded", _chosen_of_batch)
_UNPADDED = Primitive("NonMaxSuppressionPadded", _chosen_of_batch, varies=True)


def non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: str | None = None,
    sorted_input: bool = False,
    canonicalized_coordinates: bool = False,
    tile_size: int = 512,
) -> tuple[Tensor, Tensor]:
    """Selects the best boxes of every image of a batch, omitting those that overlap with a better one.

    Unlike `non_max_suppression` it omits boxes whose overlap equals `iou_threshold`, and boxes without a
    positive coordinate.

    Args:
      boxes: [..., boxes, 4], of two corners each: y1, x1, y2 and x2. Their order is determined by the first
        box, and is the same for all.
      scores: [..., boxes].
      max_output_size, score_threshold: as for `non_max_suppression`.
      iou_threshold: intersection over union from which on a box is omitted.
      pad_to_max_output_size: whether the results are padded with zeros to the same number for each image; needed
        for batches.
      name: not used; TensorFlow names operations by it.
      sorted_input: whether boxes are sorted by score.
      canonicalized_coordinates: whether the second corners are the greater ones.
      tile_size: not used.

    Returns:
      The indices of the selected boxes, best first, [..., max_output_size] or fewer, and their number,
      both int32. They have no gradient.

    Raises:
      ValueError: a batch without pad_to_max_output_size.
      InvalidArgumentError: a shape does not fit.

    Example:
      >>> boxes = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0]]
      >>> found, count = tf.image.non_max_suppression_padded(boxes, [0.8, 0.9, 0.5], 4, pad_to_max_output_size=True)
      >>> found.numpy(), count.numpy()
      (array([1, 2, 0, 0], dtype=int32), np.int32(2))
    """
    corners, given = as_tensor(boxes, hint=dtypes.float32), as_tensor(scores, hint=dtypes.float32)
    if not pad_to_max_output_size and corners.ndim > 2:
        raise ValueError(f"'pad_to_max_output_size' (value {pad_to_max_output_size}) must be True for batched input")
    if corners.ndim < 2 or corners.shape[-1] != 4 or tuple(given.shape) != tuple(corners.shape)[:-1]:
        message = f"boxes of shape {list(corners.shape)} do not fit scores of shape {list(given.shape)}"
        raise invalid_argument("NonMaxSuppressionPadded", message, "")
    thresholds = float(iou_threshold), float(score_threshold)
    flags = bool(sorted_input), not canonicalized_coordinates, bool(pad_to_max_output_size)
    chosen = _PADDED if pad_to_max_output_size else _UNPADDED
    return chosen(corners, given, attributes=(int(max_output_size), *thresholds, *flags))


def _combined_choice(
    boxes: Tensor, scores: Tensor, most: int, total: int, threshold: float, least: float, clip: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    corners, given = view(boxes), view(scores)
    count, _, classes = given.shape
    found = [np.zeros((count, total, *more), np.float32) for more in ((4,), (), ())]
    counts = np.zeros(count, np.int32)
    for image in range(count):
        chosen = []
        for kind in range(classes):
            own = corners[image, :, kind if corners.shape[2] > 1 else 0]
            places, best = _choice(_overlap(own), given[image, :, kind], most, threshold, least, 0.0)
            chosen += [(own[place], score, kind) for place, score in zip(places, best, strict=True)]
        chosen.sort(key=lambda one: -one[1])
        counts[image] = min(len(chosen), total)
        for place, parts in enumerate(chosen[:total]):
            for array, part in zip(found, parts, strict=True):
                array[image, place] = part
    if clip:
        found[0] = found[0].clip(0, 1)
    return tensor_from(found[0]), tensor_from(found[1]), tensor_from(found[2]), tensor_from(counts)


_COMBINED = Primitive("CombinedNonMaxSuppression", _combined_choice)


def combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Selects the best boxes of all classes of every image, omitting those that overlap with better ones.

    Args:
      boxes: [batch, boxes, classes, 4], of two corners each: y1, x1, y2 and x2; one class applies to all.
      scores: [batch, boxes, classes].
      max_output_size_per_class: maximum number of boxes per class.
      max_total_size: maximum number of all boxes.
      iou_threshold: maximum intersection over union of two selected boxes, in [0, 1].
      score_threshold: boxes with at most this score are omitted.
      pad_per_class: whether results have at most `max_output_size_per_class` rows per class, instead of always
        `max_total_size` in all.
      clip_boxes: whether to clip corners to [0, 1].
      name: not used; TensorFlow names operations by it.

    Returns:
      Boxes [batch, results, 4], scores and classes [batch, results], all float32 and padded with zeros, and
      the number of results of each image, int32. They have no gradient.

    Raises:
      InvalidArgumentError: a shape does not fit, a size is not positive, or iou_threshold is not in [0, 1].

    Example:
      >>> boxes = tf.constant([[[[0.0, 0.0, 1.0, 1.0]], [[0.0, 0.1, 1.0, 1.1]]]])
      >>> found = tf.image.combined_non_max_suppression(boxes, tf.constant([[[0.8, 0.1], [0.9, 0.2]]]), 2, 3)
      >>> [part.numpy().tolist() for part in found[2:]]
      [[[0.0, 1.0, 0.0]], [2]]
    """
    kernel = "CombinedNonMaxSuppression"
    corners, given = as_tensor(boxes, hint=dtypes.float32), as_tensor(scores, hint=dtypes.float32)
    most, total = int(max_output_size_per_class), int(max_total_size)
    if corners.ndim != 4 or corners.shape[3] != 4:
        raise invalid_argument(kernel, f"boxes must be 4-D with 4 columns, not of shape {list(corners.shape)}", "")
    if given.ndim != 3 or tuple(given.shape)[:2] != tuple(corners.shape)[:2]:
        raise invalid_argument(kernel, f"scores has incompatible shape {list(given.shape)}", "")
    if corners.shape[2] not in (1, given.shape[2]):
        message = f"third dimension of boxes must be either 1 or the number of classes, not {corners.shape[2]}"
        raise invalid_argument(kernel, message, "")
    if most <= 0 or total <= 0:
        raise invalid_argument(kernel, "max_size_per_class and max_total_size must be positive", "")
    if not 0 <= iou_threshold <= 1:
        raise invalid_argument(kernel, "iou_threshold must be in [0, 1]", "")
    if pad_per_class:
        total = min(total, most * given.shape[2])
    attributes = (most, total, float(iou_threshold), float(score_threshold), bool(clip_boxes))
    return _COMBINED(corners, given, attributes=attributes)
