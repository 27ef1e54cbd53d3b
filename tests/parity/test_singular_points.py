"""Derivatives at singular points: where TensorFlow's are wrong, gradtape's are right."""

from __future__ import annotations

from typing import Any

import pytest
from programs import collector, compared

PROGRAMS, program = collector()
WORDED: dict[str, str] = {}
TERMS = "TensorFlow's second derivative misses terms where factors are 0"
CANCELS = "TensorFlow takes a difference that cancels"
DELIBERATE: dict[str, tuple[str, Any]] = {
    "hessian_of_a_product_of_a_zero": (TERMS, [5.0, 3.0, 2.0]),
    "hessian_of_a_segments_product_of_two_zeros": (TERMS, [2.0, 0.0, 2.0]),
    "hessian_of_an_unsorted_segments_product_of_a_zero": (TERMS, [5.0, 3.0, 2.0]),
    "gradient_of_running_products_of_a_zero": (
        "TensorFlow's gradient is 0 at a factor of 0 and behind it",
        [1.0, 8.0, 0.0],
    ),
    "gradient_of_weighted_cross_entropy_at_0": (
        "TensorFlow gives the derivative of one side, of the wrong sign",
        [0.5, -1.5],
    ),
    "second_derivative_of_bessel_i1": (CANCELS, 3.75e-9),
    "second_derivative_of_a_square_root_without_a_cotangent": ("TensorFlow divides 0 by 0", 0.0),
}


def second(tf: Any, function: Any, x: Any) -> Any:
    """The Hessian times ones."""
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = function(x)
        slope = inner.gradient(y, x)
    return outer.gradient(slope, x)


def first(tf: Any, function: Any, x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x)


@program
def hessian_of_a_product_of_a_zero(tf):
    return second(tf, tf.reduce_prod, tf.constant([0.0, 2.0, 3.0]))


@program
def hessian_of_a_segments_product_of_two_zeros(tf):
    return second(tf, lambda x: tf.math.segment_prod(x, [0, 0, 0]), tf.constant([0.0, 2.0, 0.0]))


@program
def hessian_of_an_unsorted_segments_product_of_a_zero(tf):
    return second(tf, lambda x: tf.math.unsorted_segment_prod(x, [0, 0, 0], 1), tf.constant([0.0, 2.0, 3.0]))


@program
def gradient_of_products_of_a_zero(tf):
    x = tf.constant([0.0, 2.0, 3.0])
    functions = (
        tf.reduce_prod,
        lambda x: tf.math.segment_prod(x, [0, 0, 1]),
        lambda x: tf.math.unsorted_segment_prod(x, [1, 1, 0], 2),
    )
    return [first(tf, function, x) for function in functions]


@program
def gradient_of_running_products_of_a_zero(tf):
    return first(tf, tf.math.cumprod, tf.constant([2.0, 0.0, 3.0]))


@program
def gradient_of_weighted_cross_entropy_at_0(tf):
    labels, weight = tf.constant([0.0, 1.0]), tf.constant(3.0)
    loss = tf.nn.weighted_cross_entropy_with_logits
    return first(tf, lambda x: loss(labels, x, weight), tf.constant([0.0, 0.0]))


@program
def second_derivative_of_bessel_i1(tf):
    return second(tf, tf.math.bessel_i1, tf.constant(1e-8, tf.float64))


@program
def second_derivative_of_a_square_root_without_a_cotangent(tf):
    x, cotangent = tf.constant(0.0), tf.constant(0.0)
    with tf.GradientTape() as outer:
        outer.watch(cotangent)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.sqrt(x)
        slope = inner.gradient(y, x, cotangent)
    return outer.gradient(slope, cotangent, tf.constant(0.0))


@program
def masked_square_roots(tf):
    return first(tf, lambda x: tf.sqrt(x)[1], tf.constant([0.0, 4.0]))


@program
def deviation_of_equal_numbers(tf):
    return first(tf, tf.math.reduce_std, tf.constant([2.0, 2.0]))


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)
