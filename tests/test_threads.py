"""Tapes and threads."""

import sys
import threading

import numpy as np
import pytest

import gradtape as tf


def in_threads(*functions):
    results, errors = {}, []

    def run(place, function):
        try:
            results[place] = function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=item) for item in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    return [results[place] for place in range(len(functions))]


def test_a_tape_belongs_to_its_thread():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        (y,) = in_threads(lambda: x * x)
    assert tape.gradient(y, x) is None


def test_threads_record_independently():
    def work():
        v, total = tf.Variable(np.ones(50, np.float32)), 0.0
        for _ in range(300):
            with tf.GradientTape() as tape:
                y = tf.reduce_sum(v * v * 2.0)
            total += float(tf.reduce_sum(tape.gradient(y, v)))
        return total

    assert in_threads(work, work, work) == [300 * 200.0] * 3


def test_gradients_asked_for_from_another_thread():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    (found,) = in_threads(lambda: tape.gradient(y, x))
    assert float(found) == 6


def test_a_tape_outlives_its_thread():
    def record():
        x = tf.constant(3.0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return tape, y, x

    ((tape, y, x),) = in_threads(record)
    assert float(tape.gradient(y, x)) == 6


BIG = tf.constant(np.random.default_rng(0).random((4000, 4000), np.float32))
LONG = {
    "elementwise": lambda: tf.exp(tf.sin(BIG)),
    "broadcast": lambda: BIG + BIG[:, :1],
    "reduction": lambda: tf.reduce_max(BIG, 1),
    "product": lambda: BIG[:1000] @ BIG[:, :1000],
    "convolution": lambda: tf.nn.conv2d(tf.reshape(BIG[:1000], [1, 2000, 2000, 1]), tf.ones((3, 3, 1, 4)), 1, "SAME"),
    "cast": lambda: tf.cast(BIG, tf.float64),
    "concat": lambda: tf.concat([BIG, BIG], 1),
    "slice": lambda: BIG[1:, 1:],
    "gather": lambda: tf.gather(BIG, np.arange(4000)[::-1].copy()),
    "random": lambda: tf.random.normal([2000, 2000]),
    "inverse": lambda: tf.linalg.inv(BIG[:400, :400]),
}


@pytest.mark.parametrize("name", LONG)
def test_long_kernels_release_the_interpreters_lock(name):
    order, started, interval = [], threading.Event(), sys.getswitchinterval()

    def work():
        started.set()
        for _ in range(5):
            LONG[name]()
        order.append("kernel")

    # No thread is made to give way, so that the other one runs first only if the kernel lets it.
    sys.setswitchinterval(1000.0)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        order.append("other thread")
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert order == ["other thread", "kernel"]
