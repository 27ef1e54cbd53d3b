"""Long loops divided among threads: the same results, bitwise equal sums, workers that survive a fork."""

import os
import time

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.base.threads import get_num_threads, set_num_threads
from gradtape._engine.kernels import checks


@pytest.fixture
def threads():
    before = get_num_threads()
    yield set_num_threads
    set_num_threads(before)


def products() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((800, 1500)).astype(np.float32)
    product = np.empty((1, 400, 300), np.float32)
    deep = np.empty((1, 40, 30), np.float32)
    checks.contract(product, x[None, :400], x[None, 500:800], False, True, "shared blocked")
    checks.contract(deep, x[None, :40], x[None, 500:530], False, True, "shared direct")
    return [product, deep]


def sums(dtype: type) -> list[tf.Tensor]:
    """Sums of runs, columns, rows and strided elements, in gradients and in compiled functions."""
    rng = np.random.default_rng(0)
    shapes = [(1003, 1501), (1501,), (3, 150_001)]
    x, row, wide = (tf.constant(rng.standard_normal(shape).astype(dtype)) for shape in shapes)
    weight, rows = tf.Variable(tf.cast(2.0, dtype)), tf.Variable(row)
    with tf.GradientTape(persistent=True) as tape:
        y = tf.tanh(x) * x * weight + rows
        losses = [
            tf.reduce_sum(y),
            tf.reduce_mean(tf.exp(weight * wide * 0.1)),
            tf.reduce_sum(tf.transpose(x) * weight * tf.transpose(y)),
        ]
    fused = tf.function(lambda value: tf.reduce_sum(tf.tanh(value) * value))
    traced, repeated = fused(x), fused(x)
    gradients = [tape.gradient(loss, weight) for loss in losses] + [tape.gradient(losses[0], rows)]
    axes = [reduce(x, axis) for reduce in (tf.reduce_sum, tf.reduce_logsumexp) for axis in (None, 0, 1)]
    return [y, x < row, traced, repeated, tf.linalg.global_norm([x, wide]), *losses, *gradients, *axes]


def test_threads_agree_and_repeat(threads):
    threads(1)
    alone = products()
    threads(3)
    for one, many, again in zip(alone, products(), products(), strict=True):
        np.testing.assert_allclose(one, many, rtol=1e-5)
        np.testing.assert_array_equal(many, again)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_have_the_same_bits_with_any_number_of_threads(threads, dtype):
    threads(1)
    alone = [value.numpy() for value in sums(dtype)]
    for count in (2, 3, 64):
        threads(count)
        for one, many in zip(alone, sums(dtype), strict=True):
            np.testing.assert_array_equal(one, many)


def test_cuts_between_elements_change_no_bit(threads):
    """Whether such a loop is divided may depend on what the other threads are doing."""
    x = tf.constant(np.random.default_rng(0).standard_normal(1_000_003).astype(np.float32))
    variable = tf.Variable(x)
    found = []
    for count in (1, 3):
        threads(count)
        variable.assign(x)
        variable.assign_sub(x * 0.1)
        found.append([value.numpy() for value in (tf.tanh(x), tf.math.softplus(x) * x, variable)])
    for alone, cut in zip(*found, strict=True):
        np.testing.assert_array_equal(alone, cut)


@pytest.mark.parametrize("how", ["direct", "blocked"])
@pytest.mark.parametrize("transposes", [(False, False), (False, True), (True, False), (True, True)])
@pytest.mark.parametrize(
    "m, n, k",
    [(100, 10, 70), (129, 200, 33), (61, 513, 100), (500, 64, 64), (331, 10, 70), (577, 10, 444), (200, 3, 600)],
)
def test_cut_products_have_the_same_bits(threads, m, n, k, transposes, how):
    rng = np.random.default_rng(0)
    a = rng.standard_normal((1, k, m) if transposes[0] else (1, m, k)).astype(np.float32)
    b = rng.standard_normal((1, n, k) if transposes[1] else (1, k, n)).astype(np.float32)
    alone, cut = np.empty((2, 1, m, n), np.float32)
    threads(3)
    checks.contract(alone, a, b, *transposes, how)
    checks.contract(cut, a, b, *transposes, f"shared {how}")
    np.testing.assert_array_equal(alone, cut)


@pytest.mark.parametrize("m, n, k", [(4, 600, 500), (2, 1100, 300), (5, 600, 500), (61, 513, 30), (513, 4, 300)])
def test_spinning_threads_do_not_change_a_product(threads, m, n, k):
    rng = np.random.default_rng(0)
    a, b = (tf.constant(rng.standard_normal(shape).astype(np.float32)) for shape in ((m, k), (k, n)))
    long = tf.ones(1 << 20)
    threads(2)
    found = set()
    for _ in range(20):
        time.sleep(0.002)  # spinning threads fall asleep
        found.add(tf.matmul(a, b).numpy().tobytes())
        for _ in range(10):
            long * long + long
        found.add(tf.matmul(a, b).numpy().tobytes())
    assert len(found) == 1


def test_workers_start_anew_in_a_forked_child(threads):
    threads(2)
    products()
    child = os.fork()
    if child == 0:
        products()
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_number_of_threads_is_at_least_one(threads):
    with pytest.raises(ValueError, match="at least 1"):
        threads(0)
    threads(5)
    assert get_num_threads() == 5
