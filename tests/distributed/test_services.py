"""Services on one machine: threads that answer while another trains, and processes that are forked or spawned."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import gradtape as tf

ANSWERS, STEPS = 200, 300


def test_threads_answer_while_another_trains():
    """Every answer uses the weights between two steps: all elements of a weight are equal then."""
    w = tf.Variable(tf.ones([64, 64]))
    optimizer = tf.optimizers.SGD(1e-3, momentum=0.5)
    x = tf.ones([4, 64])
    answer = tf.function(lambda x: (x @ w, tf.reduce_sum(w)))

    @tf.function
    def train():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(x @ w))
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])

    begun = threading.Barrier(4)

    def serve(eager: bool) -> int:
        begun.wait()
        different = set()
        for _ in range(ANSWERS):
            y = x @ w if eager else answer(x)[0]
            assert np.unique(y.numpy()).size == 1
            different.add(float(y[0, 0]))
        return len(different)

    def learn() -> None:
        begun.wait()
        for _ in range(STEPS):
            train()

    with ThreadPoolExecutor(4) as pool:
        learning = pool.submit(learn)
        served = [pool.submit(serve, eager) for eager in (True, False, True)]
        learning.result()
        assert all(one.result() >= 1 for one in served)
    assert int(optimizer.iterations) == STEPS


def test_a_model_answers_in_threads_as_in_one():
    model = tf.keras.Sequential([tf.keras.layers.Dense(16, activation="relu"), tf.keras.layers.Dense(2)])
    inputs = [np.random.default_rng(seed).standard_normal((8, 5)).astype("float32") for seed in range(20)]
    wanted = [model(one).numpy() for one in inputs]
    with ThreadPoolExecutor(4) as pool:
        for found, value in zip(pool.map(model.predict_on_batch, inputs * 3), wanted * 3, strict=True):
            np.testing.assert_allclose(found, value, rtol=1e-6)


def computed(seed: int) -> bytes:
    """Long loops, which threads share, a product, and a gradient."""
    rng = np.random.default_rng(seed)
    x = tf.Variable(rng.standard_normal((400, 400)).astype("float32"))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.tanh(x @ x) * tf.exp(-x * x))
    return tape.gradient(y, x).numpy().tobytes()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_compute_as_their_parent(method):
    threads = tf.config.threading.get_num_threads()
    tf.config.threading.set_num_threads(2)
    try:
        wanted = [computed(seed) for seed in range(3)]
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(
            2, mp_context=context, initializer=tf.config.threading.set_num_threads, initargs=(2,)
        ) as pool:
            assert list(pool.map(computed, range(3))) == wanted
    finally:
        tf.config.threading.set_num_threads(threads)


def loss_of_member(task: tuple[int, float]) -> float:
    """A small model, trained: the unit of a sweep or an ensemble."""
    seed, rate = task
    rng = np.random.default_rng(0)
    x = rng.standard_normal((32, 3)).astype("float32")
    y = x.sum(1, keepdims=True)
    w = tf.Variable(np.random.default_rng(seed).standard_normal((3, 1)).astype("float32"))
    for _ in range(20):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(x @ w - y))
        w.assign_sub(rate * tape.gradient(loss, w))
    return float(loss)


TASKS = [(seed, rate) for seed in range(3) for rate in (0.1, 0.3)]


def test_a_sweep_over_processes():
    wanted = [loss_of_member(task) for task in TASKS]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(loss_of_member, TASKS)) == wanted


def mlp(weights, x):
    w1, b1, w2, b2 = weights
    return tf.tanh(x @ w1 + b1) @ w2 + b2


def members(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [rng.standard_normal((count, *shape)).astype("float32") * 0.3 for shape in ((4, 16), (16,), (16, 1), (1,))]


def test_an_ensemble_is_a_batch_axis():
    """Models along the first axis of their weights, trained together, get the same weights as when trained alone."""
    x = np.random.default_rng(3).standard_normal((32, 4)).astype("float32")
    y = x.sum(1, keepdims=True)

    def step(weights, optimizer, predict):
        with tf.GradientTape() as tape:
            error = tf.square(predict(weights) - y)
            loss = tf.reduce_sum(tf.reduce_mean(error, axis=[-2, -1]))
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

    together, optimizer = [tf.Variable(value) for value in members(10)], tf.optimizers.Adam(0.01)
    for _ in range(5):
        step(together, optimizer, lambda all_weights: tf.vectorized_map(lambda one: mlp(one, x), tuple(all_weights)))
    for member in range(10):
        alone, own = [tf.Variable(value[member]) for value in members(10)], tf.optimizers.Adam(0.01)
        for _ in range(5):
            step(alone, own, lambda weights: mlp(weights, x))
        for variable, all_of in zip(alone, together, strict=True):
            np.testing.assert_allclose(variable.numpy(), all_of[member].numpy(), rtol=1e-4, atol=1e-6)
