"""The ops of exported functions: how a step of a trace is written and evaluated.

A row evaluates by functions that check their arguments, because a file may contain anything: shapes and positions
that compiled loops trust are never read from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import (
    apply_broadcast_to,
    apply_cast,
    apply_conjugate,
    apply_elementwise,
    apply_identity,
    apply_matmul,
    apply_reduce,
    apply_reshape,
    apply_stop_gradient,
    apply_sum_to,
    apply_transpose,
)
from gradtape._engine.compute.program import Program, named_program, table
from gradtape._engine.ops.matmul import read_sides
from gradtape._engine.ops.movement import assemble, evaluate_assembly, evaluate_parts, part, read_chunks, read_runs
from gradtape._engine.ops.reductions import read_reduction
from gradtape._engine.ops.structural import read_cast, read_permutation
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.autodiff import custom_gradient
from gradtape._src.core.dtypes import int64
from gradtape._src.core.typing import Reduction
from gradtape._src.linalg import eigenvalues, factorisations, fourier, matrix_functions, spectra, systems
from gradtape._src.nn import cross_entropies, pooling, windows
from gradtape._src.ops import (
    bitwise,
    complex_numbers,
    extremes,
    gathering,
    indexing,
    masking,
    padding,
    rearranging,
    reductions,
    scans,
    sorting,
    statistics,
)
from gradtape._src.table.elementwise import ROWS as ELEMENTWISE

_MOST = 1 << 31


class Row(NamedTuple):
    """An op of exported functions.

    Attributes:
      static: the JSON of the attributes that a primitive was evaluated with.
      evaluate: returns the result, or a tuple of them, for a tuple of operands and the JSON.
      operand_count: number of operands; None for any number.
    """

    static: Callable[..., Any]
    evaluate: Callable[..., Any]
    operand_count: int | None = 1


def _reduction(kernel: Reduction) -> Row:
    return Row(
        lambda attribute, _: read_reduction(attribute)[1:],
        lambda operands, axes, keepdims: apply_reduce(kernel, operands[0], axes, keepdims),
    )


def _checked(holds: bool) -> None:
    if not holds:
        raise ValueError("an op's attributes do not fit its operands")


def _chunks(operands: Any, outer: int, offset: int, shape: Any) -> Tensor:
    (tensor,), size = operands, math.prod(shape)
    whole = tensor.shape.num_elements()
    _checked(outer > 0 <= offset and min(shape, default=0) >= 0 and size % outer == 0 == whole % outer)
    _checked(offset + size // outer <= whole // outer or not size)
    return read_chunks(tensor, shape, outer, offset)


def _join(operands: Any, outer: int, shape: Any) -> Tensor:
    sizes = [tensor.shape.num_elements() for tensor in operands]
    _checked(outer > 0 and all(size % outer == 0 for size in sizes) and sum(sizes) == math.prod(shape))
    _checked(bool(sizes) and min(shape, default=0) >= 0 and all(one.dtype == operands[0].dtype for one in operands))
    return assemble("ConcatV2", operands, shape, outer)


def _part(operands: Any, outer: int, shapes: Any) -> Any:
    (tensor,), sizes = operands, [math.prod(shape) for shape in shapes]
    _checked(outer > 0 and all(size % outer == 0 for size in sizes) and sum(sizes) == tensor.shape.num_elements())
    _checked(bool(sizes) and all(min(shape, default=0) >= 0 for shape in shapes))
    return part("Split", tensor, list(shapes), outer)


def _window(sizes: Any, rows: Any) -> windows.Geometry:
    """A window over an image of these sizes as one of the public ops would have made it."""
    geometry = windows.Geometry(*rows)
    _checked(all(isinstance(number, int) and 0 <= number < _MOST for row in rows for number in row))
    _checked(1 <= len(sizes) <= 3 and all(len(row) == len(sizes) for row in rows))
    for size, window, places, stride, dilation, before in zip(sizes, *geometry, strict=True):
        reach = (window - 1) * dilation + 1
        _checked(min(window, stride, dilation) > 0 and before < reach and (places - 1) * stride - before < size)
    return geometry


def _floating(tensor: Tensor) -> Tensor:
    _checked(tensor.dtype.is_floating)
    return tensor


def _patches(operands: Any, rows: Any, outside: float) -> Tensor:
    (image,) = operands
    return windows.patches_of(_floating(image), _window(image.shape[1:-1], rows), outside)


def _image(operands: Any, shape: Any, rows: Any) -> Tensor:
    (patches,), geometry = operands, _window(shape[1:-1], rows)
    rows_, columns = shape[0] * math.prod(geometry.places), math.prod(geometry.window) * shape[-1]
    _checked(min(shape) >= 0 and tuple(patches.shape) == (rows_, columns))
    return windows.image_of(_floating(patches), shape, geometry)


def _pooled(primitive: Primitive) -> Row:
    def evaluate(operands: Any, rows: Any) -> Any:
        (image,) = operands
        attributes = tuple(image.shape), _window(image.shape[1:-1], rows)
        return primitive(_floating(image), attributes=attributes)

    return Row(lambda shape, geometry: [geometry], evaluate)


def _one_hot(operands: Any, axis: int, depth: int, dtype: Any, lit: bool, unlit: bool) -> Tensor:
    index, *given = operands
    _checked(len(given) == lit + unlit)
    return masking.one_hot(index, depth, given[0] if lit else None, given[-1] if unlit else None, axis, dtype)


def _place(operands: Any, op: str, axis: int, dtype: Any) -> Tensor:
    return (extremes.argmax if op == "ArgMax" else extremes.argmin)(operands[0], axis, dtype)


_FOURIER = {
    **{(1, False): fourier.fft, (1, True): fourier.ifft, (2, False): fourier.fft2d, (2, True): fourier.ifft2d},
    **{(3, False): fourier.fft3d, (3, True): fourier.ifft3d},
}
_OF_REAL = {1: fourier.rfft, 2: fourier.rfft2d, 3: fourier.rfft3d}
_TO_REAL = {1: fourier.irfft, 2: fourier.irfft2d, 3: fourier.irfft3d}


def _chosen(functions: Any, key: Any) -> Callable[..., Any]:
    _checked(key in functions)
    return functions[key]


def _all(*attributes: Any) -> Any:
    return attributes


def _through(function: Callable[..., Any], count: int | None = 1, static: Callable[..., Any] = _all) -> Row:
    """A row of a function that is called with the operands, then the JSON."""
    return Row(static, lambda operands, *attributes: function(*operands, *attributes), count)


# Compiled primitives, by name: static(attribute, shape of the result).
COMPILED = {
    "identity": _through(apply_identity, static=lambda *_: ()),
    "materialize": _through(apply_identity, static=lambda *_: ()),
    "stop_gradient": _through(apply_stop_gradient, static=lambda *_: ()),
    "conj": _through(apply_conjugate, static=lambda *_: ()),
    "reshape": _through(apply_reshape, static=lambda _, shape: [shape]),
    "broadcast_to": _through(apply_broadcast_to, static=lambda _, shape: [shape]),
    "sum_to": Row(
        lambda _, shape: [shape],
        # Sums over broadcast axes broadcast back.
        lambda operands, shape: apply_sum_to(operands[0], np.broadcast_shapes(shape, operands[0].shape) and shape),
    ),
    "transpose": _through(apply_transpose, static=lambda order, shape: [read_permutation(order, len(shape))]),
    "cast": _through(apply_cast, static=lambda codes, _: [read_cast(codes)[1]]),
    "reduce_sum": _reduction("Sum"),
    "reduce_mean": _reduction("Mean"),
    "reduce_max": _reduction("Max"),
    "reduce_min": _reduction("Min"),
    "reduce_prod": _reduction("Prod"),
    "matmul": _through(apply_matmul, 2, lambda sides, _: read_sides(sides)),
    "strided_slice": Row(lambda runs, shape: [*read_runs(runs), shape], _chunks),
}
# Primitives that join and split tensors, by the functions that evaluate them.
MOVEMENTS = {
    evaluate_assembly: ("join", Row(lambda _, outer, shape: [outer, shape], _join, None)),
    evaluate_parts: ("part", Row(lambda shapes, outer, _: [outer, shapes], _part)),
}
# Primitives in Python.
SCRIPTED = {
    rearranging._TILE: ("tile", _through(rearranging.tile, static=lambda _, counts: [counts])),
    rearranging._REVERSE: ("reverse", _through(rearranging.reverse)),
    rearranging._ROLL: ("roll", _through(rearranging.roll)),
    reductions._PROD: ("reduce_prod", _through(reductions.reduce_prod)),
    reductions._ALL: ("reduce_all", _through(reductions.reduce_all)),
    reductions._ANY: ("reduce_any", _through(reductions.reduce_any)),
    statistics._NORM: ("reduce_euclidean_norm", _through(statistics.reduce_euclidean_norm)),
    statistics._COUNT: ("count_nonzero", _through(statistics.count_nonzero)),
    extremes._GREATEST: ("argmax", Row(lambda place: ["ArgMax", place, int64], _place)),
    extremes._LEAST: ("argmax", Row(lambda place: ["ArgMin", place, int64], _place)),
    extremes._FOUND: ("argmax", Row(lambda op, find, worst, asked, place, dtype: [op, place, dtype], _place)),
    scans._CUMSUM: ("cumsum", _through(scans.cumsum)),
    scans._CUMPROD: ("cumprod", _through(scans.cumprod)),
    scans._LOGSUMEXP: ("cumulative_logsumexp", _through(scans.cumulative_logsumexp)),
    sorting._ORDER: ("order", _through(sorting._order)),
    masking._ONE_HOT: ("one_hot", Row(_all, _one_hot, None)),
    padding._PAD: (
        "pad",
        Row(
            lambda pad_widths, _: [pad_widths],
            lambda operands, pad_widths: padding.pad(operands[0], pad_widths, "CONSTANT", operands[1]),
            2,
        ),
    ),
    padding._MIRROR: ("mirror_pad", _through(padding.pad)),
    indexing._READ: (
        "getitem",
        Row(lambda key, _: [key], lambda operands, key: indexing.read(operands[0], key, "strided_slice/")),
    ),
    gathering._GATHER: ("gather", _through(gathering.gather, 2, lambda _: ())),
    gathering._TAKE: (
        "gather_along",
        Row(
            lambda _, axis, batch, *names: [axis, batch],
            lambda operands, axis, batch: gathering.gather(operands[0], operands[1], axis=axis, batch_dims=batch),
            2,
        ),
    ),
    cross_entropies._SOFTMAX: ("softmax", _through(cross_entropies.softmax)),
    cross_entropies._LOG_SOFTMAX: ("log_softmax", _through(cross_entropies.log_softmax)),
    cross_entropies._CROSS_ENTROPY: (
        "softmax_cross_entropy",
        _through(cross_entropies.softmax_cross_entropy_with_logits, 2),
    ),
    cross_entropies._SPARSE_CROSS_ENTROPY: (
        "sparse_softmax_cross_entropy",
        _through(cross_entropies.sparse_softmax_cross_entropy_with_logits, 2),
    ),
    windows._PATCHES: ("patches", Row(lambda shape, geometry, outside: [geometry, outside], _patches)),
    windows._IMAGE: ("image", Row(_all, _image)),
    pooling._LARGEST: ("max_pool", _pooled(pooling._LARGEST)),
    pooling._SUMS: ("sum_pool", _pooled(pooling._SUMS)),
    systems._INV: ("inv", _through(systems.inv)),
    systems._DET: ("det", _through(systems.det)),
    systems._SLOGDET: ("slogdet", _through(systems.slogdet)),
    systems._SOLVE: ("solve", _through(systems.solve, 2)),
    systems._TRIANGULAR: ("triangular_solve", _through(systems.triangular_solve, 2, lambda *known: known[:2])),
    factorisations._CHOLESKY: ("cholesky", _through(factorisations.cholesky)),
    factorisations._QR: ("qr", _through(factorisations.qr)),
    spectra._SVD: ("svd", _through(spectra.svd)),
    spectra._SINGULAR_VALUES: ("singular_values", _through(lambda x, full: spectra.svd(x, full, False))),
    spectra._EIGH: ("eigh", _through(spectra.eigh)),
    spectra._EIGVALSH: ("eigvalsh", _through(spectra.eigvalsh)),
    eigenvalues._EIG: ("eig", _through(eigenvalues.eig)),
    eigenvalues._EIGVALS: ("eigvals", _through(eigenvalues.eigvals)),
    fourier._FFT: ("fft", _through(lambda x, rank, inverse: _chosen(_FOURIER, (rank, inverse))(x))),
    fourier._RFFT: ("rfft", _through(lambda x, rank: _chosen(_OF_REAL, rank)(x))),
    fourier._IRFFT: ("irfft", _through(lambda x, rank, lengths: _chosen(_TO_REAL, rank)(x, lengths))),
    complex_numbers._JOIN: ("complex", _through(complex_numbers.complex, 2)),
    complex_numbers._REAL: ("real", _through(complex_numbers.real)),
    complex_numbers._IMAG: ("imag", _through(complex_numbers.imag)),
    complex_numbers._ANGLE: ("angle", _through(complex_numbers.angle)),
    complex_numbers._ABS: ("complex_abs", _through(lambda z: apply_elementwise("abs", z))),
    custom_gradient.FOREIGN: ("foreign_gradient", _through(custom_gradient.FOREIGN)),
    bitwise._AND: ("bitwise_and", _through(bitwise.bitwise_and, 2)),
    bitwise._OR: ("bitwise_or", _through(bitwise.bitwise_or, 2)),
    bitwise._XOR: ("bitwise_xor", _through(bitwise.bitwise_xor, 2)),
    bitwise._INVERT: ("invert", _through(bitwise.invert)),
    bitwise._LEFT_SHIFT: ("left_shift", _through(bitwise.left_shift, 2)),
    bitwise._RIGHT_SHIFT: ("right_shift", _through(bitwise.right_shift, 2)),
    matrix_functions._EXPM: ("expm", _through(matrix_functions.expm)),
    matrix_functions._SQRTM: ("sqrtm", _through(matrix_functions.sqrtm)),
}
_ARITIES = {row.name: len(row.arguments) for row in ELEMENTWISE}


def _elementwise(operands: Any, name: str) -> Tensor:
    _checked(_ARITIES.get(name) == len(operands))
    return apply_elementwise(name, *operands)


# By the names that files have.
ROWS: dict[str, Row] = {
    **COMPILED,
    **dict(MOVEMENTS.values()),
    **dict(SCRIPTED.values()),
    "elementwise": Row(_all, _elementwise, None),
}


def written(primitive: Any, what: str, attributes: Any) -> tuple[str, Any] | None:
    """The name of the op and the JSON of its attributes; None for an op without a row."""
    if what == "program":
        name = primitive.name
        return ("elementwise", [name]) if isinstance(primitive, Program) and _named(primitive) else None
    if what == "compiled":
        row = COMPILED.get(primitive.name)
        return None if row is None else (primitive.name, row.static(*attributes))
    found = MOVEMENTS.get(primitive.evaluate) or SCRIPTED.get(primitive)
    return None if found is None else (found[0], found[1].static(*attributes))


def _named(program: Program) -> bool:
    """Whether a program is that of the table's row of its name, by which files refer to it."""
    return program.name in table() and named_program(program.name) is program
