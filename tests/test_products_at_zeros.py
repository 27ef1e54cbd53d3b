"""Derivatives of products with factors 0, against differences: exact ones, as products are linear in each factor."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from drawing import weights
from gradtape._engine.api.api import apply_reduce

PRODUCTS: dict[str, Callable[[Any], Any]] = {
    "reduce_prod": tf.reduce_prod,
    "reduce_prod of an axis": lambda x: tf.reduce_prod(x[None] * tf.constant([[1.0], [2.0]], x.dtype), axis=1),
    **{
        f"cumprod, {exclusive=}, {reverse=}": lambda x, e=exclusive, r=reverse: tf.math.cumprod(x, 0, e, r)
        for exclusive, reverse in itertools.product((False, True), repeat=2)
    },
    "cumprod of an axis": lambda x: tf.math.cumprod(x[:, None] * tf.ones([1, 2], x.dtype), axis=0, reverse=True),
    "segment_prod of one": lambda x: tf.math.segment_prod(x, [0, 0, 0, 0]),
    "segment_prod": lambda x: tf.math.segment_prod(x, [0, 0, 2, 2]),
    "unsorted_segment_prod": lambda x: tf.math.unsorted_segment_prod(x, [1, -1, 0, 1], 3),
    "unsorted_segment_prod of rows": lambda x: tf.math.unsorted_segment_prod(tf.reshape(x, [2, 2]), [1, 1], 2),
    "unsorted_segment_prod of a matrix": lambda x: tf.math.unsorted_segment_prod(
        tf.reshape(x, [2, 2]), [[1, 0], [1, 1]], 2
    ),
}
POINTS = ([0.0, 2.0, 3.0, -1.5], [2.0, 0.0, 3.0, 0.0], [0.0, 0.0, 3.0, 0.0], [0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 0.5])


def weighted(name: str, x: Any) -> Any:
    y = PRODUCTS[name](x)
    return tf.reduce_sum(y * tf.constant(weights(y.shape, 3)))


def difference(name: str, point: np.ndarray, places: tuple[int, ...]) -> float:
    """The derivative with respect to the factors at these positions, each once."""
    total = 0.0
    for signs in itertools.product((1, -1), repeat=len(places)):
        moved = point.copy()
        for place, sign in zip(places, signs, strict=True):
            moved[place] += sign
        total += np.prod(signs) * float(weighted(name, tf.constant(moved)))
    return total / 2 ** len(places)


@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("name", PRODUCTS)
def test_derivatives_to_third_order(name: str, point: list[float]) -> None:
    x = tf.constant(np.array(point))
    with tf.GradientTape() as outermost:
        outermost.watch(x)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = weighted(name, x)
            first = inner.gradient(y, x)
        second = outer.jacobian(first, x)
    third = outermost.jacobian(second, x)
    for order, found in enumerate((first, second, third), 1):
        for places in itertools.product(range(4), repeat=order):
            expected = difference(name, x.numpy(), places) if len(set(places)) == order else 0.0
            np.testing.assert_allclose(found.numpy()[places], expected, rtol=1e-12, atol=1e-12, err_msg=str(places))


def test_segments_do_not_mix() -> None:
    """Neither an infinity nor a NaN of one segment affects another one that contains a zero."""
    x = tf.constant([np.inf, np.nan, 0.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.math.segment_prod(x, [0, 0, 1, 1])
    np.testing.assert_array_equal(tape.gradient(y, x)[2:], [2.0, 0.0])


def test_an_infinity_beside_a_zero() -> None:
    x = tf.constant([np.inf, 0.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_prod(x)
        slope = inner.gradient(y, x)
    np.testing.assert_array_equal(slope, [0.0, np.inf])
    np.testing.assert_array_equal(outer.gradient(slope, x), [1.0, 1.0])


@pytest.mark.parametrize("prod", [tf.keras.ops.prod, tf.keras.ops.nanprod, tf.keras.backend.prod])
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_kerass_products_have_the_derivative_of_products(prod, dtype):
    x = tf.Variable([[1.0, 2.0, 3.0], [4.0, 0.0, 5.0]], dtype=dtype)
    with tf.GradientTape() as tape:
        y = prod(x, axis=1)
    np.testing.assert_array_equal(tape.gradient(y, x), [[6.0, 3.0, 2.0], [0.0, 20.0, 0.0]])


def test_the_engine_refuses_products_that_it_could_not_differentiate():
    with pytest.raises(TypeError, match="reduce_prod"):
        apply_reduce("Prod", tf.constant([1.0, 2.0]), None, False)
