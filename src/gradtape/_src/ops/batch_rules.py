"""Batch rules: how a primitive is evaluated on operands of which some have an axis of slices in front.

A rule is called as rule(primitive, count, operands, batched, given): `batched` says per operand whether it has the
axis, of size `count`; `given` are the attributes of one slice, as `Primitive.again` takes them, for a compiled
primitive its number and its result's shape. It gives all results with the axis, or None where it does not know how.
`COMPILED` and `SCRIPTED` name the rule of each primitive; what they do not name is evaluated slice by slice. A rule is
made of recorded functions, so that tapes see through it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_elementwise,
    apply_matmul,
    apply_reshape,
    apply_sum_to,
    as_tensor,
)
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.ops.joining import stack

Rule = Callable[[Primitive, int, list[Tensor], list[bool], Any], "Sequence[Tensor] | None"]

OUTER_BITS = 31  # of the number of a primitive that copies runs: how many, and above them the place of the first
MEAN = 10  # in a reduction's number: the kind in four bits, a flag, and from bit 8 the axes' mask


def evaluate_batch(
    primitive: Primitive, count: int, operands: list[Tensor], batched: list[bool], given: Any
) -> Sequence[Tensor]:
    """The results of a primitive with the axis of slices in front."""
    rule = rule_of(primitive)
    results = None if rule is None else rule(primitive, count, operands, batched, given)
    return _slice_by_slice(primitive, count, operands, batched, given) if results is None else results


def _slice_by_slice(
    primitive: Primitive, count: int, operands: list[Tensor], batched: list[bool], given: Any
) -> list[Tensor]:
    results = []
    for i in range(count):
        slices = (operand[i] if has else operand for operand, has in zip(operands, batched, strict=True))
        results.append(primitive.again(tuple(slices), given))
    return [stack(list(column)) for column in zip(*results, strict=True)]


# Axes


def _aligned(operands: list[Tensor], batched: list[bool], rank: int = 0) -> list[Tensor]:
    """Operands whose slices broadcast: those of fewer axes get axes of size 1 behind that of slices."""
    ranks = [tensor.ndim - has for tensor, has in zip(operands, batched, strict=True)]
    rank = max(rank, *ranks)
    aligned = list(operands)
    for place, own in enumerate(ranks):
        if batched[place] and own < rank:
            count, *shape = operands[place].shape
            aligned[place] = apply_reshape(operands[place], (count, *(1,) * (rank - own), *shape))
    return aligned


def _all_batched(count: int, operands: list[Tensor], batched: list[bool]) -> list[Tensor]:
    return [
        tensor if has else apply_broadcast_to(tensor, (count, *tensor.shape))
        for tensor, has in zip(operands, batched, strict=True)
    ]


def _over(count: int, tensor: Tensor, shape: Any) -> Tensor:
    """A batch of slices broadcast to a shape."""
    return apply_broadcast_to(_aligned([tensor], [True], len(shape))[0], (count, *shape))


def _summed(count: int, tensor: Tensor, shape: Any) -> Tensor:
    """A batch of slices summed to the shape from which each was broadcast."""
    wide = (count, *(1,) * (tensor.ndim - 1 - len(shape)), *shape)
    return apply_reshape(apply_sum_to(tensor, wide), (count, *shape))


# Rules of compiled primitives, and of those that the engine makes


def elementwise(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return primitive.again(tuple(_aligned(operands, batched)), given)


def _same_number(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """Of primitives that ask for nothing but the result's shape."""
    return primitive.again(tuple(operands), (given[0], (count, *given[1])))


def _kept(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return operands


def _runs(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    number, shape = given
    outer, offset = number & ((1 << OUTER_BITS) - 1), number >> OUTER_BITS
    return primitive.again(tuple(operands), (offset << OUTER_BITS | outer * count, (count, *shape)))


def _broadcast(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return (_over(count, operands[0], given[1]),)


def _sum_to(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return (_summed(count, operands[0], given[1]),)


def _transpose(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    packed = 0
    for i in range(operands[0].ndim - 1):
        packed |= ((given[0] >> 4 * i & 15) + 1) << 4 * (i + 1)
    return primitive.again(tuple(operands), (packed, (count, *given[1])))


def _reduce(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    number, shape = given
    return primitive.again(tuple(operands), ((number >> 8) << 9 | number & 255, (count, *shape)))


def _even(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """A slice's only value everywhere, for a mean divided by how many elements it was made of."""
    number, shape = given
    value = apply_reshape(operands[0], (count,))
    if number & 15 == MEAN:
        elements = 1.0
        for axis, size in enumerate(shape):
            elements *= size if number >> 8 + axis & 1 else 1
        value = apply_elementwise("divide", value, as_tensor(elements, value.dtype))
    return (_over(count, value, shape),)


def _added(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return (apply_elementwise("add", *_aligned(operands, batched)),)


def _matmul(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    a, b = operands
    left, right = given[0] & 1, given[0] >> 1 & 1
    if not batched[1] and b.ndim == 2 and a.ndim == 3 and not left:
        # One matrix serves all slices: their rows are rows of one product.
        rows = apply_matmul(apply_reshape(a, (-1, a.shape[2])), b, False, bool(right)) if a.shape[2] else None
        return rows if rows is None else (apply_reshape(rows, (*a.shape[:2], rows.shape[1])),)
    a, b = _aligned(operands, batched)
    return (apply_matmul(a, b, bool(left), bool(right)),)


def _added_product(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    number = given[0] | given[1] << 1
    product = _matmul(None, count, operands[:2], batched[:2], (number, ())) if any(batched[:2]) else None
    if product is None:
        product = (apply_matmul(operands[0], operands[1], bool(given[0]), bool(given[1])),)
    return (apply_elementwise("add", operands[2], product[0]),)


def _everywhere(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """A program whose operands are one value each, everywhere in a shape."""
    (value,) = primitive.evaluate.args[0].again(tuple(_aligned(operands, batched)), None)
    return (_over(count, value, given[0]),)


def _total(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """The same summed to a second shape."""
    over, shape = given
    (wide,) = _everywhere(primitive, count, operands, batched, (over,))
    return (_summed(count, wide, shape),)


def _assembled(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    shapes, outer, shape = given
    wide = [(count, *one) for one in shapes]
    operands = _all_batched(count, operands, batched)
    return primitive.again(tuple(operands), (wide, outer * count, (count, *shape)))


# Rules of primitives in Python


def leading(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """Of primitives that take any axes in front of those that they work on, alike for all operands."""
    return primitive.again(tuple(_all_batched(count, operands, batched)), given)


def _triangular(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    lower, adjoint, _, batch = given
    a, b = _aligned(_all_batched(count, operands, batched), [True, True])
    return primitive.again((a, b), (lower, adjoint, tuple(b.shape), (count, *batch)))


def _axis_first(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """Of primitives whose first attribute is an axis."""
    axis, *others = given
    operands = _all_batched(count, operands, batched)
    return primitive.again(tuple(operands), (axis + 1 if axis >= 0 else axis, *others))


def _axes_first(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """Of primitives whose first attribute are axes; None means all."""
    axes, *others = given
    axes = range(operands[0].ndim - 1) if axes is None else axes
    axes = (axes,) if isinstance(axes, int) else axes
    return primitive.again(tuple(operands), (tuple(axis + 1 if axis >= 0 else axis for axis in axes), *others))


def _one_hot(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    return None if any(batched[1:]) else _axis_first(primitive, count, operands, batched, given)


def _gather_rows(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """Rows of one tensor for all slices are rows of it; those of a tensor per slice are taken along its second axis."""
    if not batched[0]:
        return primitive.again(tuple(operands), given)
    from gradtape._src.ops.gathering import _taken  # which is not read before somebody gathers

    return (_taken(operands[0], operands[1], 1, int(batched[1])),)


def _take(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    shape, axis, batch, *others = given
    if batch and not all(batched):
        operands, batched = _all_batched(count, operands, batched), [True, True]
    if not batched[0]:
        return primitive.again(tuple(operands), given) if axis == 0 else None
    return primitive.again(tuple(operands), ((count, *shape), axis + 1, batch + batched[1], *others))


def _give(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    shape, axis, batch, *others = given
    operands = _all_batched(count, operands, batched)
    return primitive.again(tuple(operands), ((count, *shape), axis + 1, batch + 1, *others))


def _merged(tensor: Tensor) -> Tensor:
    return apply_reshape(tensor, (tensor.shape[0] * tensor.shape[1], *tensor.shape[2:]))


def _images(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    """Of primitives whose first axis is a batch already, whose first attribute is the image's shape."""
    shape, *others = given
    results = primitive.again(tuple(_merged(tensor) for tensor in operands), ((count * shape[0], *shape[1:]), *others))
    return [apply_reshape(one, (count, one.shape[0] // count, *one.shape[1:])) for one in results]


def _key(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    key, shape = given
    return primitive.again(tuple(operands), ((slice(None), *key), (count, *shape)))


def _pad(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    spread, sizes = given
    return None if any(batched[1:]) else primitive.again(tuple(operands), ([(0, 0), *spread], (count, *sizes)))


def _mirror(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    spread, mode = given
    return primitive.again(tuple(operands), ([(0, 0), *spread], mode)) if spread else operands


def _tile(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    _, counts = given
    return primitive.again(tuple(operands), (operands[0].shape, [1, *counts]))


def _roll(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    shifts, places = given
    return primitive.again(tuple(operands), (shifts, [place + 1 if place >= 0 else place for place in places]))


def _places(primitive: Any, count: int, operands: list[Tensor], batched: list[bool], given: Any) -> Any:
    *others, place, dtype = given
    return primitive.again(tuple(operands), (*others, place + 1, dtype))


COMPILED: dict[str, Rule] = {
    **dict.fromkeys(["identity", "stop_gradient", "reshape", "cast", "conj"], _same_number),
    **dict.fromkeys(["strided_slice", "strided_slice_grad"], _runs),
    **dict.fromkeys(["reduce_sum", "reduce_mean", "reduce_max", "reduce_min"], _reduce),
    **{"materialize": _kept, "broadcast_to": _broadcast, "sum_to": _sum_to, "transpose": _transpose, "even": _even},
    **{"add": _added, "matmul": _matmul},
}
"""The rules of compiled primitives, by their names."""

SCRIPTED: dict[str, Rule] = {
    "_engine.ops.movement.evaluate_assembly": _assembled,
    "_engine.ops.movement.evaluate_parts": _assembled,
    "_engine.ops.elementwise_vjp.evaluate_everywhere": _everywhere,
    "_engine.ops.elementwise_vjp.evaluate_total": _total,
    "_engine.ops.matmul.evaluate_added_product": _added_product,
    **dict.fromkeys(
        [
            *("_src.ops.gamma_functions._IGAMMA", "_src.ops.gamma_functions._IGAMMAC"),
            *("_src.ops.gamma_functions._BETAINC", "_src.ops.complex_numbers._JOIN"),
            *("_src.ops.complex_numbers._REAL", "_src.ops.complex_numbers._IMAG"),
            *("_src.ops.complex_numbers._ANGLE", "_src.ops.complex_numbers._ABS"),
            *("_src.ops.special_functions._DAWSN", "_src.ops.special_functions._EXPINT"),
            *("_src.ops.special_functions._FRESNEL_SIN", "_src.ops.special_functions._FRESNEL_COS"),
            *("_src.ops.special_functions._SPENCE", "_src.ops.special_functions._BESSEL"),
        ],
        elementwise,
    ),
    **dict.fromkeys(
        [
            *("_src.nn.cross_entropies._SPARSE_CROSS_ENTROPY", "_src.nn.cross_entropies._SURPLUS"),
            *("_src.linalg.factorisations._CHOLESKY", "_src.linalg.factorisations._LU"),
            *("_src.linalg.factorisations._QR", "_src.linalg.spectra._EIGH", "_src.linalg.spectra._EIGVALSH"),
            *("_src.linalg.spectra._SVD", "_src.linalg.spectra._SINGULAR_VALUES"),
            *("_src.linalg.systems._INV", "_src.linalg.systems._DET", "_src.linalg.systems._SLOGDET"),
            *("_src.linalg.fourier._IRFFT", "_src.linalg.systems._SOLVE"),
            *("_src.linalg.fourier._FFT", "_src.linalg.fourier._RFFT"),
        ],
        leading,
    ),
    **dict.fromkeys(
        [
            *("_src.nn.cross_entropies._SOFTMAX", "_src.nn.cross_entropies._LOG_SOFTMAX"),
            *("_src.nn.cross_entropies._CROSS_ENTROPY", "_src.ops.sorting._ORDER"),
            *("_src.ops.scans._CUMSUM", "_src.ops.scans._CUMPROD"),
            *("_src.ops.scans._LOGSUMEXP", "_src.ops.scans._WEIGHTED"),
        ],
        _axis_first,
    ),
    **dict.fromkeys(
        [
            *("_src.ops.reductions._PROD", "_src.ops.reductions._ALL", "_src.ops.reductions._ANY"),
            *("_src.ops.reductions._NORM", "_src.ops.reductions._COUNT", "_src.ops.rearranging._REVERSE"),
        ],
        _axes_first,
    ),
    **dict.fromkeys(
        [
            *("_src.nn.windows._PATCHES", "_src.nn.windows._IMAGE"),
            *("_src.nn.pooling._SUMS", "_src.nn.pooling._SPREAD"),
        ],
        _images,
    ),
    **dict.fromkeys(["_src.ops.indexing._READ", "_src.ops.indexing._WRITE"], _key),
    **dict.fromkeys(["_src.ops.padding._MIRROR", "_src.ops.padding._FOLD"], _mirror),
    "_src.linalg.systems._TRIANGULAR": _triangular,
    "_src.ops.gathering._GATHER": _gather_rows,
    "_src.ops.gathering._TAKE": _take,
    "_src.ops.gathering._GIVE": _give,
    "_src.ops.masking._ONE_HOT": _one_hot,
    "_src.ops.padding._PAD": _pad,
    "_src.ops.rearranging._TILE": _tile,
    "_src.ops.rearranging._ROLL": _roll,
    "_src.ops.reductions._FOUND": _places,
}
"""The rules of primitives in Python, or of what evaluates several, by where these stand."""

_found: dict[Primitive, Rule | None] = {}


def rule_of(primitive: Primitive) -> Rule | None:
    """The batch rule of a primitive; None where it has none."""
    if type(primitive) is not Primitive:  # a program
        return elementwise
    if primitive.evaluate is None:
        return COMPILED.get(primitive.name)
    rule = _found.get(primitive)
    if rule is None and primitive not in _found:
        rule = _found[primitive] = _stated(primitive)
    return rule


def _stated(primitive: Primitive) -> Rule | None:
    """The rule of a primitive's row: its module was read, or nobody could have called it."""
    wanted = primitive, primitive.evaluate, getattr(primitive.evaluate, "func", None)
    for name, rule in SCRIPTED.items():
        module, _, attribute = name.rpartition(".")
        loaded = sys.modules.get(f"gradtape.{module}")
        if loaded is not None and any(getattr(loaded, attribute, None) is one for one in wanted if one is not None):
            return rule
    return None
