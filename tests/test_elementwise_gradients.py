"""Every elementwise function's derivatives, to second order, over generated broadcasting shapes in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import gradtape as tf
from drawing import weights
from gradtape._engine.api.api import apply_elementwise
from gradtape._src.table.elementwise import ROWS, Row

SMOOTH = [row for row in ROWS if row.domain]
STEP = 1e-5
CLEAR = 1e-2  # distance of operands from kinks

SHAPES = st.lists(st.integers(0, 3), max_size=3).map(tuple)


@st.composite
def operands(draw: Any, row: Row) -> list[np.ndarray]:
    """One array per operand, inside the row's domain and away from its kinks, of shapes that broadcast together."""
    whole = draw(SHAPES)
    seed = draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)
    arrays = []
    for low, high in row.domain:
        shape = whole[draw(st.integers(0, len(whole))) :]
        shape = tuple(1 if draw(st.booleans()) else size for size in shape)
        array = generator.uniform(low, high, shape)
        for kink in row.kinks:
            near = np.abs(array - kink) < CLEAR
            array = np.where(near, kink + 2 * CLEAR, array)
        arrays.append(array)
    if row.kinks and len(arrays) > 1 and np.any(np.abs(arrays[0] - arrays[1]) < CLEAR):
        arrays[1] = arrays[1] + 3 * CLEAR
    return arrays


def differentiable(row: Row, operand: int) -> bool:
    """Whether the row has a derivative for an operand: not if the domain is one number or the rule is None."""
    low, high = row.domain[operand]
    return low < high and row.derivatives.get(operand, "derived") is not None


def total(row: Row, tensors: list[Any]) -> Any:
    result = apply_elementwise(row.name, *tensors)
    return tf.reduce_sum(result * tf.constant(weights(result.shape, 1)))


def first(row: Row, arrays: list[np.ndarray]) -> list[Any]:
    tensors = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = total(row, tensors)
    return tape.gradient(value, tensors, unconnected_gradients="zero")


def slope(row: Row, arrays: list[np.ndarray]) -> float:
    return sum(float(np.sum(weights(g.shape, i) * g.numpy())) for i, g in enumerate(first(row, arrays)))


def second(row: Row, arrays: list[np.ndarray]) -> list[Any]:
    tensors = [tf.constant(array) for array in arrays]
    with tf.GradientTape() as outer:
        outer.watch(tensors)
        with tf.GradientTape() as inner:
            inner.watch(tensors)
            value = total(row, tensors)
        gradients = inner.gradient(value, tensors, unconnected_gradients="zero")
        again = sum(tf.reduce_sum(g * tf.constant(weights(g.shape, i))) for i, g in enumerate(gradients))
    return outer.gradient(again, tensors, unconnected_gradients="zero")


def along(function: Any, row: Row, arrays: list[np.ndarray], directions: list[np.ndarray]) -> float:
    """The central difference of a scalar function along directions of all operands at once."""
    ends = [
        function(row, [array + step * d for array, d in zip(arrays, directions, strict=True)]) for step in (STEP, -STEP)
    ]
    return (ends[0] - ends[1]) / (2 * STEP)


def dotted(gradients: list[Any], directions: list[np.ndarray]) -> float:
    return sum(float(np.sum(g.numpy() * d)) for g, d in zip(gradients, directions, strict=True))


@pytest.mark.parametrize("row", SMOOTH, ids=lambda row: row.name)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(data=st.data())
def test_derivatives(row: Row, data: Any) -> None:
    arrays = data.draw(operands(row))
    directions = [
        np.sin(np.arange(array.size) + 1.0).reshape(array.shape) * differentiable(row, i)
        for i, array in enumerate(arrays)
    ]
    value = along(lambda r, a: float(total(r, [tf.constant(x) for x in a])), row, arrays, directions)
    np.testing.assert_allclose(dotted(first(row, arrays), directions), value, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        dotted(second(row, arrays), directions), along(slope, row, arrays, directions), rtol=1e-4, atol=1e-5
    )
