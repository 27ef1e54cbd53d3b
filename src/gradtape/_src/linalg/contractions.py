"""Contractions: products summed over shared axes, all computed by the matrix product."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradtape._engine.api.api import (
    apply_cast,
    apply_conjugate,
    apply_matmul,
    apply_matvec,
    apply_reduce,
    apply_reshape,
    apply_transpose,
    as_tensor,
    view,
)
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import FailedPreconditionError, from_op, invalid_argument
from gradtape._src.core.operands import common_tensors, dims_text, ints_of, one_dtype
from gradtape._src.core.typing import DTypeLike, TensorLike
from gradtape._src.ops.rearranging import roll
from gradtape._src.table.rows import NUMBERS, call, integer, op, real

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _flag(letter: str, transpose: bool, adjoint: bool) -> bool:
    if transpose and adjoint:
        raise ValueError(
            f"Only one of `transpose_{letter}` and `adjoint_{letter}` can be True. Received "
            f"`transpose_{letter}`={transpose}, `adjoint_{letter}`={adjoint}."
        )
    return bool(transpose or adjoint)


def _matmul_samples() -> list[Any]:
    return [
        *(call(real(2, 3), real(3, 4)), call(real(3, 2), real(3, 4), transpose_a=True)),
        *(call(real(2, 3), real(4, 3), transpose_b=True), call(real(3, 2), real(4, 3), adjoint_a=True, adjoint_b=True)),
        *(call(real(2, 1, 2, 3), real(3, 3, 2)), call(real(2, 3, 2), real(2, 4)), call(real(0, 3), real(3, 2))),
        *(call(real(2, 0), real(0, 3)), call(real(2, 3, 2), real(1, 3, 2), transpose_a=True)),
    ]


@op(
    "matmul",
    "linalg.matmul",
    dtypes=NUMBERS,
    samples=_matmul_samples,
    edges=lambda: [call(integer([[1, 2]]), integer([[3], [4]]))],
)
def matmul(
    a: TensorLike,
    b: TensorLike,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: DTypeLike | None = None,
    grad_a: bool = False,
    grad_b: bool = False,
    name: str | None = None,
) -> Tensor:
    """The matrix product over the last two axes; leading axes broadcast.

    `a @ b` is the same.

    Args:
      a: a tensor of shape [..., m, k].
      b: a tensor of shape [..., k, n], of the same dtype.
      transpose_a: whether a has shape [..., k, m].
      transpose_b: whether b has shape [..., n, k].
      adjoint_a: the same as transpose_a, as numbers are real.
      adjoint_b: the same as transpose_b.
      a_is_sparse: not used.
      b_is_sparse: not used.
      output_type: the dtype of the result; None for that of the operands.
      grad_a: not used.
      grad_b: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [..., m, n].

    Raises:
      ValueError: both the transpose and the adjoint of an operand are requested.
      InvalidArgumentError: the sizes do not fit, an operand has fewer than two axes, or the dtypes differ.

    Example:
      >>> tf.matmul([[1.0, 2.0], [3.0, 4.0]], [[1.0], [10.0]]).numpy()
      array([[21.],
             [43.]], dtype=float32)
    """
    if adjoint_a or adjoint_b:
        transpose_a, transpose_b = _flag("a", transpose_a, adjoint_a), _flag("b", transpose_b, adjoint_b)
        a, b = common_tensors((a, b))
        a, b = apply_conjugate(a) if adjoint_a else a, apply_conjugate(b) if adjoint_b else b
    product = apply_matmul(a, b, transpose_a, transpose_b)
    return product if output_type is None else apply_cast(product, dtypes.as_dtype(output_type))


@op(
    "linalg.matvec",
    dtypes=NUMBERS,
    samples=lambda: [
        *(call(real(2, 3), real(3)), call(real(3, 2), real(3), transpose_a=True)),
        *(call(real(2, 1, 2, 3), real(4, 3)), call(real(3, 2), real(3), adjoint_a=True), call(real(2, 0), real(0))),
    ],
)
def matvec(
    a: TensorLike,
    b: TensorLike,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """The product of a matrix and a vector over the last axes; leading axes broadcast.

    Args:
      a: a tensor of shape [..., m, n].
      b: a tensor of shape [..., n], of the same dtype.
      transpose_a: whether a has shape [..., n, m].
      adjoint_a: the same as transpose_a, as numbers are real.
      a_is_sparse: not used.
      b_is_sparse: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [..., m].

    Raises:
      ValueError: both the transpose and the adjoint of a are requested.
      InvalidArgumentError: the sizes do not fit, or the dtypes differ.

    Example:
      >>> tf.linalg.matvec([[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0]).numpy()
      array([21., 43.], dtype=float32)
    """
    if type(a) is not Tensor or type(b) is not Tensor:
        a, b = common_tensors((a, b))
    return apply_matvec(apply_conjugate(a) if adjoint_a else a, b, _flag("a", transpose_a, adjoint_a))


@op(
    "tensordot",
    "linalg.tensordot",
    dtypes=NUMBERS,
    samples=lambda: [
        *(call(real(2, 3), real(3, 4), 1), call(real(2, 3), real(3), [[1], [0]]), call(real(2), real(3), 0)),
        *(call(real(2, 3, 4), real(4, 2, 3), axes=[[0, -1], [1, 0]]), call(real(2, 3), real(2, 3), 2)),
        *(call(real(2, 3), real(2, 4), (0, 0)), call(real(0, 2), real(2, 3), 1)),
    ],
    edges=lambda: [call(integer([1, 2]), integer([3, 4]), 1)],
)
def tensordot(
    a: TensorLike, b: TensorLike, axes: int | Sequence[Any] | Tensor | NDArray[Any], name: str | None = None
) -> Tensor:
    """Multiplies two tensors and sums over pairs of axes.

    Args:
      a: a tensor.
      b: another, of the same dtype.
      axes: a number n for the last n axes of a and the first n of b, or a pair of lists: the axes of a and those of b.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor with the axes of a, then those of b, that are not summed over.

    Raises:
      ValueError: `axes` names unequal numbers of axes, or more than there are.
      InvalidArgumentError: paired axes differ in size, or the dtypes differ.

    Example:
      >>> tf.tensordot([[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0], axes=1).numpy()
      array([21., 43.], dtype=float32)
    """
    a, b = common_tensors((a, b))
    if isinstance(axes, int):
        if axes < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {axes}.")
        for x in (a, b):
            if axes > x.ndim:
                raise ValueError(
                    f"`axes` must not be larger than the number of dimensions of tensor {x}.  Received {axes}, vs "
                    f"tensor dimensions {x.ndim}."
                )
        first, second = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        if not isinstance(axes, list | tuple):
            axes = view(as_tensor(axes, dtypes.int32))
        if len(axes) != 2:
            raise ValueError(f"`axes` must be an integer or have length 2. Received {axes}.")
        first, second = ints_of(axes[0], "GatherV2", "Tindices"), ints_of(axes[1], "GatherV2", "Tindices")
        if len(first) != len(second):
            raise ValueError(f"Different number of contraction axes `a` and `b`, {len(first)} != {len(second)}.")
        first, second = _contracted(first, a.ndim), _contracted(second, b.ndim)
    left = [i for i in range(a.ndim) if i not in first]
    right = [i for i in range(b.ndim) if i not in second]
    x, transpose_x = _matrix(a, left, first, False)
    y, transpose_y = _matrix(b, second, right, False)
    shape = [*(a.shape[i] for i in left), *(b.shape[i] for i in right)]
    return apply_reshape(apply_matmul(x, y, transpose_x, transpose_y), shape)


def _contracted(axes: list[int], rank: int) -> list[int]:
    """Axes counted from the front; IndexError for one out of range, ValueError for one that is named twice."""
    for axis in axes:
        if not -rank <= axis < rank:
            raise IndexError(f"list index out of range: axis {axis} of a tensor of rank {rank}")
    places = [axis % rank for axis in axes]
    if len(set(places)) != len(places):
        raise ValueError(f"Contraction axes must be distinct. Received {axes} for a tensor of rank {rank}.")
    return places


def _matrix(x: Tensor, rows: list[int], columns: list[int], batched: bool, batch: Any = ()) -> tuple[Tensor, bool]:
    """x as matrices with these axes, or as their transposes if that avoids moving data."""
    order, wanted = list(range(x.ndim)), [*batch, *rows, *columns]
    flipped = wanted != order and [*batch, *columns, *rows] == order
    sizes = [math.prod(x.shape[i] for i in axes) for axes in (rows, columns)]
    lead = [math.prod(x.shape[i] for i in batch)] if batched else []
    if not flipped and wanted != order:
        x = apply_transpose(x, wanted)
    return apply_reshape(x, lead + (sizes[::-1] if flipped else sizes)), flipped


def _einsum_samples() -> list[Any]:
    return [
        *(call("ij,jk->ik", real(2, 3), real(3, 4)), call("ij,jk", real(2, 3), real(3, 4))),
        *(call("bij,bkj->bik", real(2, 3, 4), real(2, 2, 4)), call("ij,kj->ki", real(2, 3), real(4, 3))),
        *(call("...ij,...jk->...ik", real(2, 1, 2, 3), real(4, 3, 2)), call("ii->i", real(3, 3))),
        *(
            call("ii", real(3, 3)),
            call("ij->", real(2, 3)),
            call("ij->ji", real(2, 3)),
            call("i,j->ij", real(2), real(3)),
        ),
        *(call("ij,ij->i", real(2, 3), real(2, 3)), call("ij,jk,kl->il", real(2, 3), real(3, 2), real(2, 4))),
        *(call("iij,jk->ik", real(2, 2, 3), real(3, 2)), call("...i->...", real(2, 3))),
        *(call("bhqd,bkhd->bhqk", real(2, 2, 3, 2), real(2, 4, 2, 2)), call("ij,k->i", real(2, 3), real(2))),
        *(
            call("i,i->", real(3), real(3)),
            call(",ij->ij", real(), real(2, 3)),
            call("ij,jk->ik", real(0, 3), real(3, 2)),
        ),
    ]


@op("einsum", "linalg.einsum", dtypes=NUMBERS, samples=_einsum_samples)
def einsum(equation: str, *inputs: TensorLike, **kwargs: Any) -> Tensor:
    """Multiplies tensors and sums over labelled axes: every label that is missing from the output is summed over.

    Args:
      equation: a letter for each axis of each operand, and after "->" those of the result, such as "ij,jk->ik". An
        ellipsis stands for axes that broadcast, and a letter that is repeated in an operand takes its diagonal. Without
        "->" the result has the letters that occur once, in alphabetical order.
      *inputs: the operands, of one dtype.
      **kwargs: `optimize` and `name`, which are not used.

    Returns:
      A tensor with the axes that the equation names.

    Raises:
      ValueError: the equation is malformed or does not fit the operands' axes.
      TypeError: an unknown keyword.
      InvalidArgumentError: axes of one letter differ in size.

    Example:
      >>> tf.einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]]).numpy()
      array([[11.]], dtype=float32)
      >>> tf.einsum("ii->i", [[1.0, 2.0], [3.0, 4.0]]).numpy()
      array([1., 4.], dtype=float32)
    """
    unknown = set(kwargs) - {"optimize", "name"}
    if unknown:
        raise TypeError(f"Invalid keyword arguments for this function: {', '.join(sorted(unknown))}.")
    if not isinstance(equation, str):
        raise TypeError(f"`equation` must be a string, not {equation!r}.")
    tensors = list(common_tensors(inputs))
    one_dtype("Einsum", tuple(tensors))
    labels, output = _resolve(equation, [tensor.ndim for tensor in tensors])
    _check(labels, tensors)
    while len(tensors) > 1:
        i, j = _next_pair(labels, tensors, output)
        others = [k for k in range(len(tensors)) if k not in (i, j)]
        wanted = [*output, *(label for k in others for label in labels[k])]
        found, result = _pair(labels[i], tensors[i], labels[j], tensors[j], wanted)
        labels, tensors = [*(labels[k] for k in others), found], [*(tensors[k] for k in others), result]
    found, result = _alone(labels[0], tensors[0], output)
    return _ordered(result, found, output)


def _resolve(equation: str, ranks: list[int]) -> tuple[list[list[str]], list[str]]:
    """The labels of each operand's axes and the output's; an ellipsis' axes are labelled "0", "1", ... from the end."""
    text = equation.replace(" ", "")
    given, arrow, out = text.partition("->")
    if not all(c.isalpha() for c in (given + out).replace("...", "").replace(",", "")) or "," in out:
        raise ValueError(f"Subscripts have incorrect format: {equation}")
    operands = given.split(",")
    if len(operands) != len(ranks):
        raise ValueError(f'Got {len(ranks)} inputs for equation "{equation}", expecting {len(operands)}')
    widest, labels = 0, []
    for place, (operand, rank) in enumerate(zip(operands, ranks, strict=True)):
        before, dots, after = operand.partition("...")
        width = rank - len(before) - len(after)
        if width < 0 or (width and not dots):
            least = "at least " if dots else ""
            raise invalid_argument(
                "Einsum",
                f"Expected input {place} to have rank {least}{len(before) + len(after)} but got: {rank}",
                "",
                kernel=f"__MklEinsum_N_{len(ranks)}",
            )
        widest = max(widest, width)
        labels.append([*before, *_ellipsis_axes(width), *after])
    if arrow:
        before, ellipsis, after = out.partition("...")
        output = [*before, *(_ellipsis_axes(widest) if ellipsis else ()), *after]
        for label in (*before, *after):
            if label not in given:
                raise ValueError(f"Output subscripts contain the label {label} not present in the input subscripts.")
    else:
        counts = Counter(given.replace("...", ""))
        ellipsis_axes = _ellipsis_axes(widest) if given.count("...") == 1 else []
        output = [*ellipsis_axes, *sorted(c for c, times in counts.items() if times == 1 and c != ",")]
    if len(set(output)) < len(output):
        raise ValueError(f"Output subscripts contain a label appearing more than once: {equation}")
    if widest and "0" not in output:
        raise invalid_argument(
            "Einsum",
            f"Output contains {widest} broadcasting dimension(s) but no ellipsis (...) was found in the output "
            "subscripts.",
            "",
            kernel=f"__MklEinsum_N_{len(ranks)}",
        )
    return labels, output


def _ellipsis_axes(width: int) -> list[str]:
    return [str(i) for i in reversed(range(width))]


def _check(labels: list[list[str]], tensors: list[Tensor]) -> None:
    """InvalidArgumentError where two axes of one label differ in size; those of an ellipsis may be 1."""
    sizes: dict[str, int] = {}
    for own, tensor in zip(labels, tensors, strict=True):
        for axis, (label, size) in enumerate(zip(own, tensor.shape, strict=True)):
            known = sizes.setdefault(label, size)
            if known != size and not (label.isdigit() and 1 in (known, size)):
                raise invalid_argument(
                    "Einsum",
                    f"Expected dimension {known} at axis {axis} of the input shaped {dims_text(tensor.shape)} but got "
                    f"dimension {size}",
                    "",
                    kernel=f"__MklEinsum_N_{len(tensors)}",
                )
            sizes[label] = max(known, size) if label.isdigit() and 0 not in (known, size) else size


def _next_pair(labels: list[list[str]], tensors: list[Tensor], output: list[str]) -> tuple[int, int]:
    """Which two operands to contract first."""
    if len(tensors) == 2:
        return 0, 1
    numbers = {label: i for i, label in enumerate(dict.fromkeys(label for own in labels for label in own))}
    arguments: list[Any] = []
    for own, tensor in zip(labels, tensors, strict=True):
        arguments += [np.broadcast_to(np.float32(0), tensor.shape), [numbers[label] for label in own]]
    wanted = [numbers[label] for label in output]
    first = np.einsum_path(*arguments, wanted, optimize="greedy")[0][1]
    return (first[0], first[1]) if len(first) == 2 else (0, 1)


def _alone(labels: list[str], x: Tensor, wanted: list[str]) -> tuple[list[str], Tensor]:
    """An operand with the diagonals of repeated labels taken, summed over the labels that the result does not have."""
    labels = list(labels)
    while len(set(labels)) < len(labels):
        label = next(label for label in labels if labels.count(label) > 1)
        i = labels.index(label)
        j = labels.index(label, i + 1)
        others = [k for k in range(len(labels)) if k not in (i, j)]
        x = diagonal(apply_transpose(x, [*others, i, j]))
        labels = [*(labels[k] for k in others), label]
    lost = [k for k, label in enumerate(labels) if label not in wanted]
    if lost:
        x = apply_reduce("Sum", x, lost, False)
        labels = [label for label in labels if label in wanted]
    return labels, x


def diagonal(x: Tensor) -> Tensor:
    """The diagonals of square matrices."""
    n = x.shape[-1]
    return apply_reshape(x, (*x.shape[:-2], n * n))[..., :: n + 1]


def _ordered(x: Tensor, labels: list[str], wanted: list[str]) -> Tensor:
    """x with its axes in this order; labels that x does not have get no axis."""
    order = [labels.index(label) for label in wanted if label in labels]
    return x if order == list(range(x.ndim)) else apply_transpose(x, order)


def _pair(p: list[str], a: Tensor, q: list[str], b: Tensor, wanted: list[str]) -> tuple[list[str], Tensor]:
    """The contraction of two operands over the labels that the result does not have, and its labels."""
    p, a = _alone(p, a, [*wanted, *q])
    q, b = _alone(q, b, [*wanted, *p])
    p, a = _unstretched(p, a, q, b)
    q, b = _unstretched(q, b, p, a)
    shared = [label for label in p if label in q]
    summed, batch = ([x for x in shared if (x in wanted) == kept] for kept in (False, True))
    left, right = [x for x in p if x not in q], [x for x in q if x not in p]
    result = [x for x in dict.fromkeys(wanted) if x in p or x in q]
    if not summed:
        return result, _aligned(a, p, result) * _aligned(b, q, result)
    if [*batch, *right, *left] == result:
        p, a, q, b, left, right = q, b, p, a, right, left
    batch = [x for x in p if x in batch]
    x, transpose_x = _matrix(a, _places(p, left), _places(p, summed), bool(batch), _places(p, batch))
    y, transpose_y = _matrix(b, _places(q, summed), _places(q, right), bool(batch), _places(q, batch))
    product = apply_matmul(x, y, transpose_x, transpose_y)
    sizes = dict(zip(q, b.shape, strict=True)) | dict(zip(p, a.shape, strict=True))
    labels = [*batch, *left, *right]
    return result, _ordered(apply_reshape(product, [sizes[label] for label in labels]), labels, result)


def _places(labels: list[str], group: list[str]) -> list[int]:
    return [labels.index(label) for label in group]


def _unstretched(p: list[str], a: Tensor, q: list[str], b: Tensor) -> tuple[list[str], Tensor]:
    """a without the axes of size 1 that broadcast against b's."""
    sizes = dict(zip(q, b.shape, strict=True))
    kept = [k for k, label in enumerate(p) if not (a.shape[k] == 1 and sizes.get(label, 1) != 1)]
    if len(kept) == len(p):
        return p, a
    return [p[k] for k in kept], apply_reshape(a, [a.shape[k] for k in kept])


def _aligned(x: Tensor, labels: list[str], wanted: list[str]) -> Tensor:
    """x in the requested order of axes, with axes of size 1 for labels that it does not have."""
    sizes = dict(zip(labels, x.shape, strict=True))
    return apply_reshape(_ordered(x, labels, wanted), [sizes.get(label, 1) for label in wanted])


@op(
    "linalg.cross",
    dtypes=NUMBERS,
    samples=lambda: [call(real(3), real(3)), call(real(2, 3), real(2, 3))],
    edges=lambda: [call(real(0, 3), real(0, 3)), call(integer([1, 2, 3]), integer([4, 5, 7]))],
)
def cross(a: TensorLike, b: TensorLike, name: str | None = None) -> Tensor:
    """The cross products of vectors of three elements, along the last axis.

    Args:
      a: a tensor of shape [..., 3].
      b: another of the same shape and dtype.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of that shape.

    Raises:
      InvalidArgumentError: the shapes differ, or are those of scalars.
      FailedPreconditionError: the size of the last axis is not three.

    Example:
      >>> tf.linalg.cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]).numpy()
      array([0., 0., 1.], dtype=float32)
    """
    a, b = common_tensors((a, b))
    if a.shape != b.shape:
        raise invalid_argument(
            "Cross", f"Both inputs must be of same shape: {dims_text(a.shape)} vs. {dims_text(b.shape)}", ""
        )
    if a.ndim < 1:
        raise invalid_argument("Cross", f"Input must be at least 1D{dims_text(a.shape)}", "")
    if a.shape[-1] != 3:
        raise from_op(FailedPreconditionError, "Cross", "Cross-products are only defined for 3-element vectors.", "")
    return roll(a, -1, -1) * roll(b, -2, -1) - roll(a, -2, -1) * roll(b, -1, -1)
