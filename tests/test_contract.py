"""Products: direct kernels and BLAS, all transposes, batches, edges."""

import functools
import itertools

import numpy as np
import pytest

from cases import cases
from gradtape._engine.kernels import checks

SHAPES = [
    (1, 1, 1),
    (2, 3, 4),
    (32, 64, 64),
    (32, 10, 64),
    (128, 128, 784),
    (16, 32, 32),
    (1, 300, 500),
    (300, 1, 500),
    (500, 300, 1),
    (1, 1, 5000),
    (200, 210, 190),
    (3, 500, 400),
    (65, 257, 33),
    (800, 130, 260),
]

LAYOUTS = list(itertools.product([False, True], [False, True], [np.float32, np.float64]))  # of both operands


def multiply(a, b, transpose_a, transpose_b, batch=1, how="chosen"):
    """The product by the engine, of matrices in the given memory layout."""
    c = np.full((batch, a.shape[2 if transpose_a else 1], b.shape[1 if transpose_b else 2]), 7, a.dtype)
    checks.contract(c, a, b, transpose_a, transpose_b, how)
    return c


@functools.cache
def case(m, n, k, dtype, batch=(1, 1)):
    """Operands and the references of their product: the same for every transpose and implementation."""
    random = np.random.default_rng(4)
    a, b = random.normal(size=(batch[0], m, k)).astype(dtype), random.normal(size=(batch[1], k, n)).astype(dtype)
    return a, b, references(a, b)


def references(a, b):
    """The exact product, BLAS', and the tolerance relative to either: a few units in the last place."""
    bound = 4 * np.finfo(a.dtype).eps * (np.abs(a) @ np.abs(b)) + np.finfo(a.dtype).tiny
    return a.astype(np.longdouble) @ b.astype(np.longdouble), a @ b, bound


def check(got, exact, by_blas, bound):
    """Near the exact product, or BLAS', whose own sums may be less accurate."""
    assert ((np.abs(got - exact) <= bound) | (np.abs(got - by_blas) <= bound)).all()


def laid(x, transposed):
    """The matrices of a batch in their memory layout."""
    return np.ascontiguousarray(x.transpose(0, 2, 1)) if transposed else x


@pytest.mark.parametrize("m, n, k", SHAPES)
@pytest.mark.parametrize("how", ["chosen", "direct", "blocked", "shared direct", "shared blocked", "blas"])
@cases("transpose_a, transpose_b, dtype", LAYOUTS)
def test_products(how, m, n, k, transpose_a, transpose_b, dtype):
    a, b, expected = case(m, n, k, dtype)
    check(multiply(laid(a, transpose_a), laid(b, transpose_b), transpose_a, transpose_b, how=how), *expected)


@pytest.mark.parametrize("m, n, k", [(2, 3, 4), (64, 64, 64), (130, 120, 110), (1, 70, 60), (40, 1, 300)])
@pytest.mark.parametrize("batch", [(5, 5), (1, 5), (5, 1)])
@cases("transpose_a, transpose_b, dtype", LAYOUTS)
def test_batches_and_repeated_operands(m, n, k, transpose_a, transpose_b, dtype, batch):
    a, b, expected = case(m, n, k, dtype, batch)
    check(multiply(laid(a, transpose_a), laid(b, transpose_b), transpose_a, transpose_b, batch=5), *expected)


def test_products_with_an_empty_axis():
    zeros = multiply(np.ones((2, 3, 0)), np.ones((2, 0, 4)), False, False, batch=2)
    np.testing.assert_array_equal(zeros, np.zeros((2, 3, 4)))
    assert multiply(np.ones((1, 0, 3)), np.ones((1, 3, 4)), False, False).size == 0
    assert multiply(np.ones((1, 4, 3)), np.ones((1, 3, 0)), False, False).size == 0


@pytest.mark.parametrize("size", [8, 300])
def test_a_matrix_times_its_own_transpose(size):
    a = np.random.default_rng(0).normal(size=(1, size, size + 5))
    check(multiply(a, a, False, True), *references(a, a.transpose(0, 2, 1)))


@pytest.mark.parametrize("size", [8, 300])
def test_nan_and_infinity_reach_only_their_row(size):
    a, b = np.ones((1, size, size)), np.ones((1, size, size))
    a[0, 1, 2], a[0, 3, 4] = np.nan, np.inf
    c = multiply(a, b, False, False)[0]
    assert np.isnan(c[1]).all() and np.isinf(c[3]).all() and np.isfinite(np.delete(c, [1, 3], 0)).all()
