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


def test_what_a_gradient_in_another_thread_leaves_behind_is_nothing_to_the_next_tape():
    x = tf.constant(3.0)
    variables = [tf.Variable(float(i)) for i in range(100)]
    with tf.GradientTape() as tape:
        y = sum((v * v for v in variables), tf.constant(0.0))
    in_threads(lambda: tape.gradient(y, variables))
    del tape, y
    with tf.GradientTape() as tape:
        reads = [v * 1.0 for v in variables]
        # Node ids assigned by forward mode, where the first tape had its reads.
        with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)):
            doubled = [x * 2.0 for _ in range(40)]
            y = sum((h * h for h in doubled), tf.constant(0.0))
        z = y + variables[0]
    assert [None if g is None else float(g) for g in tape.gradient(z, variables)] == [1.0] + [None] * 99
    assert len(reads) == 100


def test_numbers_of_forward_mode_leave_another_threads_tape_alone():
    f = tf.custom_gradient(lambda x: (x * 1.0, lambda g: g))
    start, recorded, done = (threading.Event() for _ in range(3))

    def record():
        start.wait()
        x = tf.ones(3)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x
            for _ in range(300):
                y = y * 1.0
            recorded.set()
            done.wait()
        return tape.gradient(y, x)

    def number():
        x = tf.ones(2)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        tape.gradient(y, x)
        del tape, y
        start.set()
        recorded.wait()
        primals = [tf.ones(2) for _ in range(50)]
        made = [tf.autodiff.ForwardAccumulator(primal, tf.ones(2)) for primal in primals]
        done.set()
        return len(made)

    gradient, _ = in_threads(record, number)
    np.testing.assert_array_equal(gradient, np.ones(3))


def test_a_tensor_of_another_thread_can_be_watched():
    with tf.GradientTape():
        pass  # this thread's ids come first

    def make():
        x = tf.constant(3.0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        assert float(tape.gradient(y, x)) == 6
        return x

    (x,) = in_threads(make)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert float(tape.gradient(y, x)) == 6


def test_threads_that_ended_make_room_for_others():
    v = tf.Variable(3.0)

    def work():
        with tf.GradientTape() as tape:
            y = v * v
        return float(tape.gradient(y, v))

    # More than the numbering has room for at a time.
    for _ in range(9000):
        assert in_threads(work) == [6.0]


def test_a_tape_outlives_its_thread():
    def record():
        x = tf.constant(3.0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return tape, y, x

    ((tape, y, x),) = in_threads(record)
    assert float(tape.gradient(y, x)) == 6


LONG = {
    "elementwise": lambda big: tf.exp(tf.sin(big)),
    "broadcast": lambda big: big + big[:, :1],
    "reduction": lambda big: tf.reduce_max(big, 1),
    "product": lambda big: big[:500] @ big[:, :500],
    "convolution": lambda big: tf.nn.conv2d(big[None, :1000, :, None], tf.ones((3, 3, 1, 2)), 1, "SAME"),
    "cast": lambda big: tf.cast(big, tf.float64),
    "concat": lambda big: tf.concat([big, big], 1),
    "slice": lambda big: big[1:, 1:],
    "gather": lambda big: tf.gather(big, np.arange(2000)[::-1].copy()),
    "random": lambda big: tf.random.normal([2000, 1000]),
    "inverse": lambda big: tf.linalg.inv(big[:400, :400]),
}


@pytest.mark.parametrize("name", LONG)
def test_long_kernels_release_the_interpreters_lock(name):
    big = tf.constant(np.random.default_rng(0).random((2000, 2000), np.float32))
    order, started, interval = [], threading.Event(), sys.getswitchinterval()

    def work():
        started.set()
        for _ in range(100):
            LONG[name](big)
            if order:  # the other thread need not take its chance quickly
                break
        order.append("kernel")

    # No thread is forced to yield, so the other one runs first only if the kernel lets it.
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
