"""Long loops cut among threads: the same results, the same bits at one thread count, workers that survive a fork."""

import os

import numpy as np
import pytest

import gradtape as tf
from gradtape import _kernel_checks, _threads


@pytest.fixture
def threads():
    before = _threads.get_num_threads()
    yield _threads.set_num_threads
    _threads.set_num_threads(before)


def results() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    x = tf.constant(rng.standard_normal((1000, 1500)).astype(np.float32))
    row = tf.constant(rng.standard_normal(1500).astype(np.float32))
    weight = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = tf.tanh(x) * x * weight + row
        loss = tf.reduce_sum(y)
    gradient = tape.gradient(loss, weight)
    product = np.empty((1, 400, 300), np.float32)
    _kernel_checks.contract(product, x.numpy()[None, :400], x.numpy()[None, 500:800], False, True, "shared")
    return [product, *map(np.asarray, (y, loss, tf.reduce_sum(y, 1), tf.reduce_sum(y, 0), x < row, gradient))]


def test_threads_agree_and_repeat(threads):
    threads(1)
    alone = results()
    threads(3)
    for one, many, again in zip(alone, results(), results(), strict=True):
        np.testing.assert_allclose(one, many, rtol=1e-5)
        np.testing.assert_array_equal(many, again)


def test_workers_start_anew_in_a_forked_child(threads):
    threads(2)
    results()
    child = os.fork()
    if child == 0:
        results()
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_number_of_threads_is_at_least_one(threads):
    with pytest.raises(ValueError, match="at least 1"):
        threads(0)
    threads(5)
    assert _threads.get_num_threads() == 5
