"""Tapes and threads."""

import threading

import numpy as np

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
