"""The engine's data movement against NumPy: indexing, joining, splitting, rows by index."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import gradtape as tf
from gradtape._engine.ops.rows import add_rows, distinct_numbers, take_rows

DTYPES = ["float32", "float64", "int32", "int64", "uint8", "bool"]
SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def counted(shape: tuple[int, ...], dtype: str = "float64") -> np.ndarray:
    """An array of different values."""
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    return (array % 2 if dtype == "bool" else array).astype(dtype)


@st.composite
def keys(draw: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A key of integers, slices, newaxes and at most one ellipsis."""
    key: list[Any] = []
    for size in shape[: draw(st.integers(0, len(shape)))]:
        if draw(st.booleans()) and draw(st.booleans()):
            key.append(None)
        if draw(st.booleans()):
            key.append(draw(st.integers(-size, size - 1)))
        else:
            bound = st.one_of(st.none(), st.integers(-size - 1, size + 1))
            key.append(slice(draw(bound), draw(bound), draw(st.sampled_from([None, 1, 1, 2, -1]))))
    if draw(st.booleans()):
        # An ellipsis stands for the remaining axes, so it may follow any part whose meaning it does not change.
        key.append(Ellipsis)
    return tuple(key)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data(), shape=SHAPES, dtype=st.sampled_from(DTYPES))
def test_indexing(data: Any, shape: tuple[int, ...], dtype: str) -> None:
    array, key = counted(shape, dtype), data.draw(keys(shape))
    found = tf.constant(array)[key]
    assert found.dtype.name == dtype
    np.testing.assert_array_equal(found, array[key], strict=True)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.data(), shape=SHAPES)
def test_gradients_of_indexing(data: Any, shape: tuple[int, ...]) -> None:
    array, key = counted(shape), data.draw(keys(shape))
    x = tf.constant(array)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x[key] ** 3.0
        first = inner.gradient(y, x)
    chosen = np.zeros(shape)
    chosen[key] = 1
    np.testing.assert_allclose(first, 3 * array**2 * chosen)
    np.testing.assert_allclose(outer.gradient(first, x), 6 * array * chosen)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data(), shape=SHAPES, dtype=st.sampled_from(DTYPES))
def test_concat_split_stack_unstack(data: Any, shape: tuple[int, ...], dtype: str) -> None:
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    sizes = data.draw(st.lists(st.integers(0, 3), min_size=2, max_size=4))
    whole = list(shape)
    whole[axis] = sum(sizes)
    array = counted(tuple(whole), dtype)
    parts = tf.split(tf.constant(array), sizes, axis)
    for part, expected in zip(parts, np.split(array, np.cumsum(sizes)[:-1], axis), strict=True):
        np.testing.assert_array_equal(part, expected, strict=True)
    np.testing.assert_array_equal(tf.concat(parts, axis), array, strict=True)
    array = counted(shape, dtype)
    slices = tf.unstack(tf.constant(array), axis=axis)
    np.testing.assert_array_equal(tf.stack(slices, axis % len(shape)), array, strict=True)
    np.testing.assert_array_equal(tf.stack(slices), np.moveaxis(array, axis, 0), strict=True)


@pytest.mark.parametrize("dtype", DTYPES[:5])
@pytest.mark.parametrize("run", [1, 2, 5])
def test_rows(dtype: str, run: int) -> None:
    array = counted((6, run), dtype)
    index = np.array([[5, 0, -1], [0, 3, 3]])
    taken = np.where(index[..., None] >= 0, array[index], 0).astype(dtype)
    np.testing.assert_array_equal(take_rows("rows", tf.constant(array), index, (2, 3, run)), taken, strict=True)
    added = np.zeros((6, run), dtype)
    np.add.at(added, index[index >= 0], taken[index >= 0])
    np.testing.assert_array_equal(add_rows("rows", tf.constant(taken), index, (6, run)), added, strict=True)


@pytest.mark.parametrize("count", [0, 1, 2, 300, 5000])
@pytest.mark.parametrize("most", [1, 256, 257, 70_000, 2**40, 2**63 - 1])
def test_distinct_numbers_and_where_they_are(count, most):
    numbers = np.random.default_rng(0).integers(0, most, count)
    numbers[: count // 2] = np.minimum(numbers[: count // 2], 7)
    if count:
        numbers[-1] = most - 1
    for index in (numbers, numbers[::-1]):
        for found, expected in zip(distinct_numbers(index), np.unique(index, return_inverse=True), strict=True):
            np.testing.assert_array_equal(found, expected, strict=True)


def test_strided_indices_are_read_in_order() -> None:
    index = np.arange(12)[::-3]
    np.testing.assert_array_equal(take_rows("rows", tf.constant(np.arange(12.0)), index, (4,)), index.astype(float))


def test_rows_outside_are_refused() -> None:
    x = tf.constant(np.zeros((3, 2)))
    with pytest.raises(IndexError, match="row 3 of 3"):
        take_rows("rows", x, np.array([0, 3]), (2, 2))
    with pytest.raises(IndexError, match="row 9 of 3"):
        add_rows("rows", x, np.array([0, 9, 1]), (3, 2))


def test_parts_without_cotangents_count_as_zeros() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        first, _, last = tf.unstack(x)
        y = first * last
    np.testing.assert_array_equal(tape.gradient(y, x), [[5, 6], [0, 0], [1, 2]])
