"""Sums of several arrays in one pass have the bits of NumPy's sums, one call after the other."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.base.sums import add_up
from gradtape._src.distributed.compression import Compression, bits_of
from gradtape._src.distributed.folding import Fold
from gradtape._src.distributed.reduction import Average, Reduction, Sum

DTYPES = [
    *("float32", "float64", "float16", "bfloat16", "complex64", "complex128"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
]
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -3e-42, 3e38, 6e-8, 65504.0, 1e-310, 1e308]


def arrays(dtype: tf.DType, count: int, size: int) -> list[np.ndarray]:
    """Arrays of all kinds of numbers of the dtype: sums wrap or overflow, are subnormal, infinite, NaN."""
    found = []
    for place in range(count):
        rng = np.random.default_rng([place, size])
        kind = np.dtype(dtype.as_numpy_dtype)
        if dtype.is_integer:
            limits = np.iinfo(kind)
            found.append(rng.integers(limits.min, limits.max, size, kind, endpoint=True))
            continue
        array = rng.standard_normal(size) * 10.0 ** rng.integers(-6, 6, size)
        special = rng.random(size) < 0.2
        array[special] = rng.choice(SPECIAL, special.sum())
        with np.errstate(all="ignore"):
            array = array + 1j * array[::-1] if dtype.is_complex else array
            found.append(array.astype(kind))
    return found


def same(found: np.ndarray, wanted: np.ndarray) -> None:
    """The same bits, except for those of NaNs."""
    np.testing.assert_array_equal(found != found, wanted != wanted)
    numbers = wanted == wanted
    assert found[numbers].tobytes() == wanted[numbers].tobytes()


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("name", DTYPES)
def test_sums_and_means_have_numpy_s_bits(name, count):
    dtype = tf.as_dtype(name)
    for op, size in ((op, size) for op in (Sum, Average) for size in (0, 1, 7, 64, 1000, 4099)):
        if dtype.is_complex and op is Average:
            continue
        divisor = count if op is Average else 1
        combine = functools.partial(Compression.none.apply, op.function)
        fold = Fold(combine, functools.partial(Reduction(op).refine, size=count), dtype.code, divisor)
        values = arrays(dtype, count, size)
        wanted = np.empty_like(values[0])
        with np.errstate(all="ignore"):
            fold.by_numpy(values, [wanted])
        before = [array.copy() for array in values]
        found = [np.empty_like(wanted) for _ in range(count)]
        fold(values, found)
        for array in found:
            same(array, wanted)
        for array, kept in zip(values, before, strict=True):
            assert array.tobytes() == kept.tobytes()
        # At addresses that are not multiples of a cache line, and over operands.
        spaces = [np.empty(size + 1, wanted.dtype)[1:] for _ in range(count)]
        for space, array in zip(spaces, values, strict=True):
            space[...] = array
        fold(spaces, spaces[::-1])
        for array in spaces:
            same(array, wanted)


def test_what_cannot_be_added_up_is_refused():
    one, other = np.ones(4, np.float32), np.ones(4, np.float32)
    code = tf.float32.code
    add_up(code, [one, other], [one])
    assert one.tolist() == [2.0] * 4
    frozen = np.ones(4, np.float32)
    frozen.flags.writeable = False
    for arguments in (
        (code, [one], [other]),
        (code, [one, other], []),
        (code, [one, other[1:]], [one]),
        (code, [one, other], [one[1:]]),
        (code, [one, other], [one], 0),
        (tf.complex64.code, [one, other], [one], 2),
        (tf.bool.code, [one, other], [one]),
        (-1, [one, other], [one]),
        (99, [one, other], [one]),
        (code, [np.ones(3, np.uint8)] * 2, [np.ones(3, np.uint8)]),
        (code, [np.ones(9, np.uint8)[1:]] * 2, [one[:2]]),
        (code, [one] * 65, [other]),
        (code, [one, other], [frozen]),
        (code, [one, np.ones(8, np.float32)[::2]], [one]),
    ):
        with pytest.raises(ValueError):
            add_up(*arguments)
    with pytest.raises(TypeError):
        add_up(code, [one, 1.0], [one])
    assert one.tolist() == [2.0] * 4 and bits_of(one) is one
