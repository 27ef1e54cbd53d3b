"""Sparse tensors in compiled functions, their derivatives in float64, their copies, and their cost."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import gradtape as tf
from gradtape._src.ops.elementwise import FUNCTIONS
from gradtape._src.table.elementwise import ROWS

PLACES = [[0, 1], [0, 3], [1, 0], [2, 2], [2, 3]]
DENSE = np.arange(1.0, 13.0).reshape(3, 4)
DIFFERENTIATED = {
    "to_dense": lambda m: tf.sparse.to_dense(m) * DENSE,
    "product": lambda m: tf.sparse.sparse_dense_matmul(m, tf.constant(DENSE.T)) ** 2,
    "adjoint_product": lambda m: tf.sparse.sparse_dense_matmul(m, tf.constant(DENSE), adjoint_a=True) ** 2,
    "product_from_the_left": lambda m: tf.sparse.sparse_dense_matmul(tf.constant(DENSE.T), m) ** 2,
    "softmax": lambda m: tf.sparse.to_dense(tf.sparse.softmax(m)) * DENSE,
    "reduce_sum": lambda m: tf.sparse.reduce_sum(m, 1) ** 2,
    "reduce_max": lambda m: tf.sparse.reduce_max(m, 1) ** 2,
    "add": lambda m: tf.sparse.add(m, tf.sparse.transpose(tf.sparse.reshape(m, [4, 3]))).values ** 2,
    "times_dense": lambda m: (m * DENSE).values ** 2,
    "by_dense": lambda m: (m / DENSE).values ** 2,
    "concat": lambda m: tf.sparse.concat(1, [m, m * 2.0]).values ** 2,
    "maximum": lambda m: tf.sparse.maximum(m, m.with_values(m.values[::-1])).values ** 2,
    "filled": lambda m: tf.sparse.fill_empty_rows(tf.sparse.transpose(m), 3.0)[0].values ** 2,
}


@pytest.mark.parametrize("name", DIFFERENTIATED)
def test_derivatives_are_right(name):
    values = tf.constant([0.5, -1.5, 2.0, 0.25, 1.75], tf.float64)

    def function(x):
        return DIFFERENTIATED[name](tf.SparseTensor(PLACES, x, [3, 4]))

    theory, numeric = tf.test.compute_gradient(function, [values])
    np.testing.assert_allclose(theory[0], numeric[0], rtol=1e-6, atol=1e-7)

    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(function(x))
        return tape.gradient(y, x)

    theory, numeric = tf.test.compute_gradient(slope, [values])
    np.testing.assert_allclose(theory[0], numeric[0], rtol=1e-5, atol=1e-6)


def test_a_function_is_traced_once_whatever_the_places():
    @tf.function
    def step(m, w):
        with tf.GradientTape() as tape:
            tape.watch(w)
            y = tf.reduce_sum(tf.sparse.sparse_dense_matmul(m, w) ** 2) + tf.reduce_sum(tf.sparse.to_dense(m))
            y += tf.reduce_sum(tf.sparse.softmax(m).values * m.values) + tf.reduce_sum((m * w[0, 0]).values)
        return y, tape.gradient(y, w)

    generator = np.random.default_rng(0)
    w = tf.constant(generator.normal(size=(6, 2)), tf.float32)
    for _ in range(20):
        places = np.sort(generator.choice(30, size=9, replace=False))
        m = tf.SparseTensor(
            np.stack(np.unravel_index(places, (5, 6)), 1), tf.constant(generator.normal(size=9), tf.float32), [5, 6]
        )
        compiled, eager = step(m, w), step.python_function(m, w)
        for found, expected in zip(compiled, eager, strict=True):
            np.testing.assert_array_equal(found, expected)
    assert step.experimental_get_tracing_count() == 1


def test_a_place_outside_is_refused_in_a_compiled_function_too():
    @tf.function
    def product(m):
        return tf.sparse.sparse_dense_matmul(m, tf.ones([2, 1]))

    assert product(tf.SparseTensor([[0, 1]], [1.0], [3, 2])).shape == (3, 1)
    for _ in range(2):
        with pytest.raises(tf.errors.InvalidArgumentError, match="out of bounds"):
            product(tf.SparseTensor([[0, 7]], [1.0], [3, 2]))


def test_copies_and_pickles():
    m = tf.SparseTensor(PLACES, tf.constant([1.0, 2.0, 3.0, 4.0, 5.0]), [3, 4])
    for other in (copy.copy(m), copy.deepcopy(m), pickle.loads(pickle.dumps(m))):
        np.testing.assert_array_equal(tf.sparse.to_dense(other), tf.sparse.to_dense(m))
    spec = tf.type_spec_from_value(m)
    assert pickle.loads(pickle.dumps(spec)) == spec == tf.SparseTensorSpec([3, 4], tf.float32)


def test_it_never_becomes_dense_by_itself():
    huge = tf.SparseTensor([[0, 10**9], [10**9, 0]], [1.0, 2.0], [2 * 10**9, 2 * 10**9])
    assert tf.sparse.reduce_sum(huge).numpy() == 3.0
    assert tf.sparse.transpose(huge).values.numpy().tolist() == [2.0, 1.0]
    assert tf.sparse.add(huge, huge * 2.0).values.numpy().tolist() == [3.0, 6.0]
    assert tf.sparse.concat(0, [huge, huge]).shape == (4 * 10**9, 2 * 10**9)
    with pytest.raises(tf.errors.ResourceExhaustedError):
        tf.sparse.to_dense(huge)


def test_functions_that_are_0_at_0_take_sparse_tensors():
    functions = [FUNCTIONS[row.name] for row in ROWS if row.sparse]
    assert len(functions) == 13
    values = tf.Variable([0.25, -0.5])
    for function in functions:
        assert float(function(0.0)) == 0.0
        with tf.GradientTape(persistent=True) as tape:
            sparse = function(tf.SparseTensor([[0, 1], [2, 0]], values, [3, 2]))
            dense = function(values)
        assert isinstance(sparse, tf.SparseTensor) and sparse.shape == [3, 2]
        np.testing.assert_array_equal(sparse.values, dense)
        np.testing.assert_array_equal(tape.gradient(sparse.values, values), tape.gradient(dense, values))
    with pytest.raises(ValueError, match="unsupported type"):
        tf.cos(tf.SparseTensor([[0, 1]], [1.0], [2, 2]))
