"""The limits of dtypes: integer arithmetic against Python's, saturating casts, counts beyond int32."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.api.api import empty


def quotient(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


BINARY: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "maximum": max,
    "minimum": min,
    "math.floordiv": lambda a, b: a // b,
    "math.floormod": lambda a, b: a % b,
    "truncatediv": quotient,
    "truncatemod": lambda a, b: a - quotient(a, b) * b,
    "math.squared_difference": lambda a, b: (a - b) ** 2,
}
UNSIGNED = [name for name in BINARY if name not in ("truncatemod", "math.squared_difference")]
CASES = [(name, dtype) for name in BINARY for dtype in ("int32", "int64")] + [(name, "uint8") for name in UNSIGNED]


def ends(dtype: str) -> list[int]:
    info = np.iinfo(dtype)
    low, high = int(info.min), int(info.max)
    return sorted({low, low + 1, high // 2, high - 1, high, 0, 1, 2, 3, 7, *((-1, -2, -7) if low else ())})


def wrapped(value: int, dtype: str) -> int:
    info = np.iinfo(dtype)
    return (value - int(info.min)) % 2**info.bits + int(info.min)


def found(name: str) -> Any:
    place: Any = tf
    for part in name.split("."):
        place = getattr(place, part)
    return place


@pytest.mark.parametrize("name,dtype", CASES)
def test_integers_are_exact_modulo_their_width(name: str, dtype: str) -> None:
    divides = "div" in name or "mod" in name
    pairs = [(a, b) for a, b in itertools.product(ends(dtype), repeat=2) if b or not divides]
    left, right = (tf.constant(list(column), dtype) for column in zip(*pairs, strict=True))
    expected = [wrapped(BINARY[name](a, b), dtype) for a, b in pairs]
    assert found(name)(left, right).numpy().tolist() == expected


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_means_of_integers_are_exact(dtype: str) -> None:
    for triple in itertools.combinations(ends(dtype), 3):
        total = wrapped(sum(triple), "int64")
        assert int(tf.reduce_mean(tf.constant(triple, dtype))) == quotient(total, 3), triple


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_ranges_end_at_the_ends_of_their_dtype(dtype: str) -> None:
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    for start, limit, delta in [
        (high - 3, high, 1),
        (low, low + 5, 2),
        (low, high, high // 2),
        (high, high - 5, -2),
        (low, low, 1),
    ]:
        if delta > 0 or low < 0:
            found = tf.range(*(tf.constant(value, dtype) for value in (start, limit, delta)))
            assert found.numpy().tolist() == list(range(start, limit, delta))


@pytest.mark.parametrize("source", ["float16", "float32", "float64", "int32", "int64", "uint8"])
@pytest.mark.parametrize("target", ["float16", "float32", "float64", "int32", "int64", "uint8"])
def test_saturating_casts_stay_within_the_target(source: str, target: str) -> None:
    floating = source.startswith("float")
    values = [0.5, -1.5, 3e9, -3e9, 2.0**62, -(2.0**62), 1e30, -1e30, 1e38, -1e38] if floating else ends(source)
    if source == "float64":
        values += [1e300, -1e300]
    with np.errstate(over="ignore"):
        array = np.array([*values, *((math.inf, -math.inf) if floating else ())], source)
    given = tf.constant(array)
    cast = tf.saturate_cast(given, target).numpy()
    low, high = bounds(source, target)
    for value, result in zip(array.tolist(), cast.tolist(), strict=True):
        kept = min(max(value, low), high)
        assert result == (float(np.dtype(target).type(kept)) if target.startswith("float") else int(kept)), value


def bounds(source: str, target: str) -> tuple[Any, Any]:
    """The smallest and the largest number of the target that the source has too."""
    if not target.startswith("float"):
        low, high = int(np.iinfo(target).min), int(np.iinfo(target).max)
        if not source.startswith("float"):
            return low, high
        largest = float(np.finfo(source).max)
        if largest < high:
            return max(low, -int(largest)), int(largest)
        rounded = np.dtype(source).type(high)
        return low, int(rounded if int(rounded) <= high else np.nextafter(rounded, np.dtype(source).type(0)))
    limit = min(float(np.finfo(dtype).max) for dtype in (source, target) if dtype.startswith("float"))
    return -limit, limit


def test_the_gradient_of_a_saturating_cast_is_that_of_a_clip() -> None:
    x = tf.constant([1e300, 2.0, -1e300], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.saturate_cast(x, tf.float32)
    assert tape.gradient(y, x).numpy().tolist() == [0.0, 1.0, 0.0]


def test_the_ends_of_a_range_are_themselves() -> None:
    for low, high in ((-3e38, 3e38), (0.0, math.inf), (-math.inf, 1.0)):
        spaced = tf.linspace(low, high, 5).numpy()
        assert spaced[0] == np.float32(low) and spaced[-1] == np.float32(high)


def test_more_elements_than_an_int32_counts() -> None:
    big, _ = empty((2**31,), tf.uint8)  # never touched, so it takes no memory
    with pytest.raises(tf.errors.InvalidArgumentError, match="larger than representable by 32-bit output type"):
        tf.size(big)
    assert int(tf.size(big, tf.int64)) == 2**31


def test_poisson_rates_beyond_the_dtype_end() -> None:
    assert tf.random.poisson([2], 2.0**40, tf.int32).numpy().tolist() == [2**31 - 1] * 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "shape", [(1,), (63,), (64,), (65,), (1000,), (40_000,), (32, 10), (7, 130), (3, 200, 4), (2, 3, 5)]
)
def test_places_are_the_first_ones_and_none_of_nan(shape, dtype):
    """Rows of any length, along any axis: ties, NaN and infinities are ordered too."""
    random = np.random.default_rng(0)
    drawn = random.standard_normal(shape)
    arrays = [
        drawn,
        np.round(drawn),
        np.where(random.uniform(size=shape) < 0.5, math.nan, drawn),
        random.choice([math.nan, -math.inf, math.inf, 0.0, -0.0], shape),
        random.choice([math.nan, -math.inf], shape),
        random.choice([math.nan, math.inf], shape),
    ]
    for array in arrays:
        array = array.astype(dtype)
        unknown = np.isnan(array)
        for axis in range(len(shape)):
            greatest, least = tf.argmax(array, axis).numpy(), tf.argmin(array, axis, tf.int32).numpy()
            assert (greatest.dtype, least.dtype) == (np.int64, np.int32)
            np.testing.assert_array_equal(greatest, np.argmax(np.where(unknown, -math.inf, array), axis))
            np.testing.assert_array_equal(least, np.argmin(np.where(unknown, math.inf, array), axis))
