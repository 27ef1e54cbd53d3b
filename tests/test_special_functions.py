"""tf.math.special against mpmath: values, derivatives up to the third, and the documented derivatives."""

from __future__ import annotations

import math
import re

import mpmath
import numpy as np
import pytest

import gradtape as tf

REFERENCES = {
    "bessel_j0": lambda x: mpmath.besselj(0, x),
    "bessel_j1": lambda x: mpmath.besselj(1, x),
    "bessel_y0": lambda x: mpmath.bessely(0, x),
    "bessel_y1": lambda x: mpmath.bessely(1, x),
    "bessel_k0": lambda x: mpmath.besselk(0, x),
    "bessel_k0e": lambda x: mpmath.exp(x) * mpmath.besselk(0, x),
    "bessel_k1": lambda x: mpmath.besselk(1, x),
    "bessel_k1e": lambda x: mpmath.exp(x) * mpmath.besselk(1, x),
    "dawsn": lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-(x**2)) * mpmath.erfi(x),
    "expint": mpmath.ei,
    "fresnel_cos": mpmath.fresnelc,
    "fresnel_sin": mpmath.fresnels,
    "spence": lambda x: mpmath.re(mpmath.polylog(2, 1 - x)),
}
EVERYWHERE = {"bessel_j0", "bessel_j1", "dawsn", "fresnel_cos", "fresnel_sin"}
POSITIVE = [0.05, 0.5, 0.999, 1.0, 1.001, 1.7, 3.0, 9.0]


def points(name):
    return POSITIVE + ([-4.0, -0.3, 0.0] if name in EVERYWHERE else [-2.0] if name == "expint" else [])


def derivatives(name, x, orders):
    """The function and its derivatives, elementwise."""
    function, found = getattr(tf.math.special, name), []
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        found.append(function(x))
        for _ in range(orders):
            found.append(tape.gradient(found[-1], x))
    return found


@pytest.mark.parametrize("name", REFERENCES)
def test_values_and_derivatives_to_third_order(name):
    places = points(name)
    found = derivatives(name, tf.constant(places, tf.float64), 3)
    with mpmath.workdps(20):
        for order, values in enumerate(found):
            expected = [
                float(mpmath.re(mpmath.diff(REFERENCES[name], x, order) if order else REFERENCES[name](x)))
                for x in map(mpmath.mpf, places)
            ]
            np.testing.assert_allclose(values, expected, rtol=1e-10, atol=1e-11, err_msg=str(order))


@pytest.mark.parametrize("name", REFERENCES)
def test_stated_derivatives_are_what_the_tape_gives(name):
    x = tf.constant([0.3, 1.5, 2.5], tf.float64)
    formula = re.search(r"Derivative: (.*)\.\n", getattr(tf.math.special, name).__doc__).group(1).replace("²", "**2")
    stated = eval(formula, {**vars(tf.math), **vars(tf.math.special), "pi": math.pi, "x": x})
    np.testing.assert_allclose(derivatives(name, x, 1)[1], stated, rtol=1e-9)


def test_spence_at_its_end_and_integers():
    x = tf.constant([0.0, 1.0], tf.float64)
    np.testing.assert_allclose(tf.math.special.spence(x), [math.pi**2 / 6, 0.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="int32 is not in the list of allowed values"):
        tf.math.special.dawsn([1, 2])
