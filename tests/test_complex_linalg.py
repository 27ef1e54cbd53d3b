"""Complex matrices: factors, spectra and functions of them, with gradients in TensorFlow's convention."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from cases import cases
from complex_numbers import PROGRAMS, RIGHT as SIDES, SHAPES, definite, difference_quotients, drawn, weighed

L = tf.linalg
RIGHT = tf.constant(SIDES)


def slope(program: Callable[[Any], Any], z: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = weighed(program(z))
    return tape.gradient(y, z)


@cases("name, program, shape", PROGRAMS, ids=lambda case: f"{case[0]} of {case[2]}")
def test_gradients_are_difference_quotients(name: str, program: Callable[[Any, Any], Any], shape: str) -> None:
    start = drawn(*SHAPES[shape])
    z = tf.constant(start)
    run = functools.partial(program, tf)

    def norm_of_slope(z: Any) -> Any:
        gradient = slope(run, z)
        return tf.reduce_sum(tf.math.real(gradient) * 0.7 + tf.math.imag(gradient) ** 2)

    gradient = slope(run, z)
    assert gradient.dtype == tf.complex128
    expected = difference_quotients(lambda v: weighed(run(v)), start)
    np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-6, atol=1e-6)
    with tf.GradientTape() as tape:
        tape.watch(z)
        y = norm_of_slope(z)
    expected = difference_quotients(norm_of_slope, start)
    np.testing.assert_allclose(tape.gradient(y, z).numpy(), expected, rtol=1e-5, atol=1e-5)


@cases("name, program, shape", PROGRAMS, ids=lambda case: f"{case[0]} of {case[2]}")
def test_tangents_are_those_of_the_gradient(name: str, program: Callable[[Any, Any], Any], shape: str) -> None:
    z = tf.constant(drawn(*SHAPES[shape]))
    tangent = np.cos(np.arange(1.0, 1.0 + z.shape[0] * z.shape[1])).reshape(tuple(z.shape)) * (0.5 - 2j)
    with tf.autodiff.ForwardAccumulator(z, tf.constant(tangent)) as accumulator:
        y = weighed(program(tf, z))
    expected = np.sum((slope(functools.partial(program, tf), z).numpy().conj() * tangent).real)
    np.testing.assert_allclose(float(accumulator.jvp(y)), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_factors_make_the_matrix_again(dtype: str) -> None:
    rtol = 1e-5 if dtype == "complex64" else 1e-12
    z = tf.constant(np.stack([drawn(3, 3), drawn(3, 3).T * 2]), dtype)
    h = definite(tf, z)
    (q, r), (s, u, v), (e, w) = L.qr(z), L.svd(z), L.eigh(h)
    values, vectors = L.eig(z)
    made = {
        "qr": (tf.matmul(q, r), z),
        "svd": (tf.matmul(u * tf.cast(s, dtype)[:, None], v, adjoint_b=True), z),
        "eigh": (tf.matmul(w * e[:, None], w, adjoint_b=True), h),
        "eig": (tf.matmul(z, vectors), vectors * values[:, None]),
        "cholesky": (tf.matmul(L.cholesky(h), L.cholesky(h), adjoint_b=True), h),
        "lu": (L.lu_reconstruct(*L.lu(z)), z),
        "sqrtm": (tf.matmul(L.sqrtm(z), L.sqrtm(z)), z),
        "logm": (L.expm(L.logm(z)), z),
        "det": (L.slogdet(z).sign * tf.exp(L.slogdet(z).log_abs_determinant), L.det(z)),
    }
    for name, (made_again, expected) in made.items():
        assert made_again.dtype == expected.dtype == dtype, name
        np.testing.assert_allclose(made_again.numpy(), expected.numpy(), rtol=10 * rtol, atol=10 * rtol, err_msg=name)
    assert s.dtype == L.logdet(h).dtype == (tf.float32 if dtype == "complex64" else tf.float64)


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: L.pinv(RIGHT), TypeError, "float"),
    (lambda: L.matrix_rank(RIGHT), TypeError, "float"),
    (lambda: L.lstsq(RIGHT, RIGHT, 0.5), NotImplementedError, "l2_regularizer != 0"),
    (lambda: L.logm([[1.0, 2.0], [3.0, 4.0]]), tf.errors.InvalidArgumentError, "complex64, complex128"),
    (lambda: L.eig([[1, 2], [3, 4]]), tf.errors.InvalidArgumentError, "not in the list"),
    (lambda: L.eig(tf.ones([2, 2], tf.float16)), tf.errors.InvalidArgumentError, "not in the list"),
    (lambda: L.eig(RIGHT), tf.errors.InvalidArgumentError, "square"),
    (lambda: L.eigvals([[np.nan, 1.0], [0.0, 1.0]]), tf.errors.InvalidArgumentError, "not successful"),
    (lambda: L.eigh([[np.inf + 0j]]), tf.errors.InvalidArgumentError, "not successful"),
    (lambda: slope(lambda z: L.qr(z, full_matrices=True).q, RIGHT), NotImplementedError, "QrGrad"),
    (lambda: slope(lambda z: L.lstsq(z, z, fast=False), RIGHT), ValueError, "fast=False"),
    (lambda: L.global_norm([RIGHT]), tf.errors.InvalidArgumentError, "L2Loss"),
]


@pytest.mark.parametrize("refused, kind, message", REFUSED)
def test_what_has_no_value_or_gradient_says_so(refused: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        refused()
