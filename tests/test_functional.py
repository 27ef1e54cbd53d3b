"""The functional API."""

import numpy as np

import gradtape as tf


def cubes(x):
    return tf.reduce_sum(x**3.0)


def test_value_and_gradient_and_its_arguments():
    value, slope = tf.value_and_gradient(cubes)(tf.constant([1.0, 2.0]))
    assert float(value) == 9
    np.testing.assert_array_equal(slope, [3, 12])
    (_, extra), both = tf.value_and_gradient(lambda x, y: (x * y, "aux"), argnums=(0, 1), has_aux=True)(2, 3.0)
    assert extra == "aux" and [float(g) for g in both] == [3, 2]


def test_gradient_of_a_nest_and_of_one_tensor_given_twice():
    found = tf.gradient(lambda p: p["w"] * p["b"][0])({"w": 2.0, "b": [5.0]})
    assert (float(found["w"]), float(found["b"][0])) == (5, 2)
    x = tf.constant(3.0)
    assert float(tf.gradient(lambda a, b: a * b)(x, x)) == 3


def test_jacobian_hessian_and_hvp():
    x = tf.constant([1.0, 2.0])
    np.testing.assert_array_equal(tf.jacobian(lambda x: x * x)(x), [[2, 0], [0, 4]])
    np.testing.assert_array_equal(tf.hessian(cubes)(x), [[6, 0], [0, 12]])
    np.testing.assert_array_equal(tf.hvp(cubes)(x, tf.constant([1.0, 2.0])), [6, 24])


def test_vjp_and_jvp():
    value, back = tf.vjp(lambda x, y: x * y, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    np.testing.assert_array_equal(value, [3, 8])
    assert [np.asarray(g).tolist() for g in back(tf.constant([1.0, 10.0], tf.float64))] == [[3, 40], [1, 20]]
    value, tangent = tf.jvp(cubes, (tf.constant([1.0, 2.0]),), (tf.constant([1.0, 0.0]),))
    assert (float(value), float(tangent)) == (9, 3)


def test_they_are_differentiated_by_an_outer_tape():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.gradient(lambda z: z * z * z)(x)
    assert float(tape.gradient(y, x)) == 12
