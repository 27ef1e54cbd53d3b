"""Gradients of small programs against central differences in float64, over broadcasting patterns and product shapes.

Each case is differentiated once with nothing else recording and once under an outer tape, because the sweep takes
shortcuts (uniform cotangents, fused sums) only if nothing else records; both must agree.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import gradtape as tf

CASES: dict[str, tuple[Callable[..., tf.Tensor], tuple[tuple[int, ...], ...]]] = {
    "sum": (lambda x: tf.reduce_sum(x), ((3, 4),)),
    "mean-neg": (lambda x: tf.reduce_mean(-x), ((3, 4),)),
    "bcast add": (
        lambda x, y: tf.reduce_sum(x + y),
        (
            (3, 4),
            (4,),
        ),
    ),
    "bcast add2": (
        lambda x, y: tf.reduce_mean(x - y),
        (
            (3, 4),
            (3, 1),
        ),
    ),
    "bcast mul": (
        lambda x, y: tf.reduce_mean(x * y),
        (
            (3, 4),
            (1, 4),
        ),
    ),
    "scalar": (
        lambda x, y: tf.reduce_mean(x * y),
        (
            (3, 4),
            (),
        ),
    ),
    "x+x": (lambda x: tf.reduce_mean(x + x * x), ((3, 4),)),
    "matmul": (
        lambda x, y: tf.reduce_sum(tf.square(x @ y)),
        (
            (3, 4),
            (4, 2),
        ),
    ),
    "bmm": (
        lambda x, y: tf.reduce_sum(tf.square(tf.matmul(x, y))),
        (
            (2, 3, 4),
            (4, 2),
        ),
    ),
    "bmm2": (
        lambda x, y: tf.reduce_sum(tf.square(tf.matmul(x, y))),
        (
            (2, 3, 4),
            (2, 4, 2),
        ),
    ),
    "bmm3": (
        lambda x, y: tf.reduce_sum(tf.square(tf.matmul(x, y))),
        (
            (2, 1, 3, 4),
            (3, 4, 2),
        ),
    ),
    "bmm ta tb": (
        lambda x, y: tf.reduce_sum(tf.square(tf.matmul(x, y, transpose_a=True, transpose_b=True))),
        (
            (2, 4, 3),
            (2, 2, 4),
        ),
    ),
    "ta": (
        lambda x, y: tf.reduce_sum(tf.square(tf.matmul(x, y, transpose_a=True))),
        (
            (4, 3),
            (4, 2),
        ),
    ),
    "tb": (
        lambda x, y: tf.reduce_sum(tf.square(tf.matmul(x, y, transpose_b=True))),
        (
            (3, 4),
            (2, 4),
        ),
    ),
    "sum axis": (lambda x: tf.reduce_sum(tf.square(tf.reduce_sum(x, axis=1))), ((3, 4, 2),)),
    "mean axis": (lambda x: tf.reduce_sum(tf.square(tf.reduce_mean(x, axis=(0, 2)))), ((3, 4, 2),)),
    "max": (lambda x: tf.reduce_sum(tf.reduce_max(x, axis=1) ** 2), ((3, 4),)),
    "transp": (lambda x: tf.reduce_sum(tf.transpose(x, [2, 0, 1]) ** 3), ((3, 4, 2),)),
    "reshape": (lambda x: tf.reduce_sum(tf.reshape(x, [-1])[2:] * tf.reshape(x, [-1])[:-2]), ((3, 4),)),
    "mlp": (
        lambda x, w, b: tf.reduce_mean(tf.square(tf.nn.relu(x @ w + b) - 1.0)),
        (
            (5, 4),
            (4, 3),
            (3,),
        ),
    ),
    "bcast_to": (lambda x: tf.reduce_sum(tf.square(tf.broadcast_to(x, [3, 4]))), ((4,),)),
}


def central_differences(f: Callable[[np.ndarray], float], x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """The gradient of f at x, elementwise."""
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[place] += step
        below[place] -= step
        gradient[place] = (f(above) - f(below)) / (2 * step)
    return gradient


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_central_differences(name: str) -> None:
    program, shapes = CASES[name]
    rng = np.random.default_rng(0)
    points = [rng.standard_normal(shape) for shape in shapes]
    variables = [tf.Variable(point) for point in points]
    with tf.GradientTape():
        with tf.GradientTape() as recorded:
            value = program(*variables)
        watched = recorded.gradient(value, variables)
    with tf.GradientTape() as alone:
        value = program(*variables)
    gradients = alone.gradient(value, variables)
    for i, point in enumerate(points):

        def along(moved: np.ndarray, i: int = i) -> float:
            return float(program(*[tf.constant(moved if j == i else other) for j, other in enumerate(points)]))

        np.testing.assert_allclose(gradients[i], central_differences(along, point), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(gradients[i], watched[i], rtol=1e-12)
        assert gradients[i].shape == point.shape


def test_a_step_of_fixed_shapes_asks_the_system_for_nothing() -> None:
    from gradtape._engine.base.buffer import statistics

    rng = np.random.default_rng(0)
    x, y = (tf.constant(rng.standard_normal(shape).astype(np.float32)) for shape in ((32, 64), (32, 10)))
    variables = [tf.Variable(rng.standard_normal(s).astype(np.float32)) for s in ((64, 64), (64,), (64, 10), (10,))]
    optimizer = tf.optimizers.SGD(1e-6)

    def step() -> None:
        w1, b1, w2, b2 = variables
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(tf.nn.relu(x @ w1 + b1) @ w2 + b2 - y))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    step()
    step()
    before = statistics()
    for _ in range(50):
        step()
    after = statistics()
    assert after["system_allocations"] == before["system_allocations"]
    assert after["in_use"] == before["in_use"]


def test_a_matrix_used_over_and_over():
    """Each product after the first is added to the gradient as it is computed."""
    rng = np.random.default_rng(0)
    weights, states = rng.normal(size=(5, 5)), rng.normal(size=(40, 3, 5))
    w = tf.Variable(weights)
    with tf.GradientTape() as tape:
        y = tf.constant(0.0, tf.float64)
        for x in states:
            y += tf.reduce_sum(tf.square(tf.constant(x) @ w @ w))
            y += tf.reduce_sum(tf.matmul(w, tf.constant(x), transpose_b=True))
    expected = np.zeros((5, 5))
    for x in states:
        once = x @ weights
        outer = 2 * (once @ weights)
        expected += once.T @ outer + x.T @ (outer @ weights.T) + np.ones((5, 3)) @ x
    np.testing.assert_allclose(tape.gradient(y, w), expected, rtol=1e-12)


@pytest.mark.parametrize("count", [5, 40, 3000])
def test_many_variables_marked_side_by_side_and_apart(count):
    """Marks share storage with their neighbours; every third variable is read, and one source is given twice."""
    variables = [tf.Variable(float(i)) for i in range(3 * count)]
    apart = [tf.constant(float(i)) for i in range(count)]
    with tf.GradientTape() as tape:
        tape.watch(apart)
        y = tf.constant(0.0)
        for i in range(count):
            y = y + variables[3 * i] * apart[i]
    found = tape.gradient(y, [*variables, variables[0], *apart])
    for i in range(3 * count):
        assert (found[i] is None) if i % 3 else float(found[i]) == float(i // 3)
    assert float(found[3 * count]) == 0.0
    assert [float(g) for g in found[3 * count + 1 :]] == [float(3 * i) for i in range(count)]


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
@pytest.mark.parametrize(("rows", "inner"), [(4, 32), (5, 8), (16, 32), (7, 128), (9, 130), (33, 65)])
def test_a_matrix_that_comes_again_and_again_gives_the_bits_of_copies(rows, inner, dtype):
    rng = np.random.default_rng(0)
    w, v = (tf.Variable(rng.standard_normal((inner, inner)) / inner**0.5, dtype=dtype) for _ in range(2))
    x = tf.constant(rng.standard_normal((rows, inner)), dtype)

    def slopes(shared):
        with tf.GradientTape() as tape:
            tape.watch(x)
            h = x
            for _ in range(5):
                h = tf.tanh(h @ (w if shared else tf.identity(w)))
                h = h + 0.5 * tf.matmul(h, v if shared else tf.identity(v))
            y = tf.reduce_sum(h)
        return tape.gradient(y, [x, w, v])

    for again, copied in zip(slopes(True), slopes(False), strict=True):
        np.testing.assert_array_equal(again, copied)
    # What a sweep caches is not kept after it.
    before = slopes(True)[0]
    w.assign(2.0 * w)
    assert np.abs(slopes(True)[0] - before).max() > 0
