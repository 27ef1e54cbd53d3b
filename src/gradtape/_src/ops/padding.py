"""Padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, empty, full, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import TextOperand, invalid_argument
from gradtape._src.core.operands import dims_text, index_array
from gradtape._src.core.text_codes import moved
from gradtape._src.core.typing import TensorLike
from gradtape._src.table.rows import ALL, call, integer, op, real


@op(
    "pad",
    dtypes=ALL,
    samples=lambda: [
        *(call(real(3), [[1, 2]]), call(real(2, 3), [[0, 1], [2, 0]], constant_values=1.5), call(real(0), [[1, 1]])),
        *(call(real(3), [[1, 2]], "REFLECT"), call(real(3), [[1, 3]], "symmetric")),
        *(call(real(2, 3), [[1, 1], [0, 2]], mode="REFLECT"), call(real(2, 3), [[2, 1], [0, 3]], mode="SYMMETRIC")),
    ],
    edges=lambda: [call([1, 2, 3], [[1, 2]], constant_values=7), call(integer([[1, 2]]), [[0, 0], [1, 1]], "REFLECT")],
)
def pad(
    tensor: TensorLike,
    paddings: TensorLike,
    mode: str = "CONSTANT",
    constant_values: TensorLike = 0,
    name: str | None = None,
) -> Tensor:
    """Pads a tensor along each of its axes.

    Args:
      tensor: a tensor, or a value convertible to one.
      paddings: a pair for each axis: the number of positions added before and after.
      mode: "CONSTANT" fills them with constant_values, "REFLECT" with the mirror image without the border
        element, and "SYMMETRIC" with the mirror image that includes it; case does not matter.
      constant_values: the fill value of "CONSTANT".
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same dtype.

    Raises:
      ValueError: an unknown mode.
      InvalidArgumentError: there is not one pair per axis, a number is negative, or exceeds the mirrored axis.

    Example:
      >>> tf.pad([1, 2, 3], [[1, 2]]).numpy()
      array([0, 1, 2, 3, 0, 0], dtype=int32)
      >>> tf.pad([1, 2, 3], [[1, 2]], mode="REFLECT").numpy()
      array([2, 1, 2, 3, 2, 1], dtype=int32)
    """
    try:
        data = as_tensor(tensor)
    except TextOperand:
        fill = b"" if isinstance(constant_values, int) and not constant_values else constant_values
        return moved(lambda data, fill: pad(data, paddings, mode, fill), tensor, fill)
    mode = mode.upper()
    if mode not in ("CONSTANT", "REFLECT", "SYMMETRIC"):
        raise ValueError(
            'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". Received '
            f"`mode` = {mode}"
        )
    # TensorFlow pads with zeros by default, and bools support only False.
    plain = isinstance(constant_values, int | float) and not constant_values
    kernel = "MirrorPad" if mode != "CONSTANT" else "Pad" if plain else "PadV2"
    sizes, widths = tuple(data.shape), index_array(paddings, kernel, "Tpaddings")
    if widths.shape[1:] != (2,):
        raise invalid_argument(kernel, f"paddings must be a matrix with 2 columns: {dims_text(widths.shape)}", None)
    if len(widths) != len(sizes):
        raise invalid_argument(
            kernel,
            f"The first dimension of paddings must be the rank of inputs{dims_text(widths.shape)} {dims_text(sizes)}",
            None,
        )
    pad_widths: list[tuple[int, int]] = []
    for size, (before, behind) in zip(sizes, widths.tolist(), strict=True):
        if before < 0 or behind < 0:
            raise invalid_argument(kernel, f"Paddings must be non-negative: {before} {behind}", None)
        if mode == "REFLECT" and max(before, behind) >= size:
            raise invalid_argument(
                kernel, f"paddings must be less than the dimension size: {before}, {behind} not less than {size}", None
            )
        if mode == "SYMMETRIC" and max(before, behind) > size:
            raise invalid_argument(
                kernel,
                f"paddings must be no greater than the dimension size: {before}, {behind} greater than {size}",
                None,
            )
        pad_widths.append((before, behind))
    if mode != "CONSTANT":
        return _MIRROR(data, attributes=(pad_widths, mode))
    fill = full((), 0, data.dtype) if plain else as_tensor(constant_values, data.dtype)
    if fill.ndim:
        raise invalid_argument(kernel, f"constant_values must be a scalar. Found: {dims_text(fill.shape)}", None)
    return _PAD(data, fill, attributes=(pad_widths, sizes))


def _pad(data: Tensor, fill: Tensor, pad_widths: list[tuple[int, int]], _: Any) -> Tensor:
    sizes = data.shape
    out, array = empty([size + sum(pair) for size, pair in zip(sizes, pad_widths, strict=True)], data.dtype)
    array[...] = view(fill)
    array[tuple(slice(before, before + size) for (before, _), size in zip(pad_widths, sizes, strict=True))] = view(data)
    return out


def _pad_vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[Tensor, None]:
    pad_widths, sizes = call.attributes
    return cotangent[
        tuple(slice(before, before + size) for (before, _), size in zip(pad_widths, sizes, strict=True))
    ], None


def _mirror(tensor: Tensor, pad_widths: list[tuple[int, int]], mode: str) -> Tensor:
    return tensor_from(np.pad(view(tensor), pad_widths, mode.lower()) if pad_widths else view(tensor))  # type: ignore[call-overload]


def _mirror_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    return _FOLD(cotangent, attributes=call.attributes)


def _fold(tensor: Tensor, pad_widths: list[tuple[int, int]], mode: str) -> Tensor:
    """Adds the borders back onto the elements that they mirror: the reverse of `_mirror`."""
    array = np.array(view(tensor))
    skipped = 1 if mode == "REFLECT" else 0
    for axis, (before, behind) in enumerate(pad_widths):
        lines = np.moveaxis(array, axis, 0)
        inner = lines[before : len(lines) - behind].copy()
        inner[skipped : before + skipped] += lines[:before][::-1]
        end = len(inner) - skipped
        inner[end - behind : end] += lines[len(lines) - behind :][::-1]
        array = np.moveaxis(inner, 0, axis)
    return tensor_from(array)


def _fold_vjp(call: Any, needs: Any, cotangent: Tensor) -> Tensor:
    return _MIRROR(cotangent, attributes=call.attributes)


_PAD = Primitive("Pad", _pad, _pad_vjp, complexes=True, batch="pad")
_MIRROR = Primitive("MirrorPad", _mirror, _mirror_vjp, linear=True, complexes=True, batch="mirror")
_FOLD = Primitive("MirrorPadGrad", _fold, _fold_vjp, linear=True, complexes=True, batch="mirror")
