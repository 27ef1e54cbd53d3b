"""Sparse gradients, side by side with TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import collector, compared

PROGRAMS, program = collector()
WORDED: dict[str, str] = {}
DELIBERATE: dict[str, tuple[str, Any]] = {}


def slices(found: Any) -> Any:
    return type(found).__name__, found.values, found.indices, np.asarray(found.dense_shape), found.dtype


@program
def gather_from_a_variable(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tf.GradientTape() as tape:
        y = tf.gather(v, [2, 0, 2])
    found = tape.gradient(y, v)
    return slices(found), tf.convert_to_tensor(found), found.shape


@program
def embedding_lookup(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tf.GradientTape() as tape:
        y = tf.nn.embedding_lookup(v, tf.constant([[2, 0], [1, 2]])) ** 2.0
    return slices(tape.gradient(y, v))


@program
def embedding_lookup_with_a_norm(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tf.GradientTape() as tape:
        y = tf.nn.embedding_lookup(v, [2, 0], max_norm=3.0)
    return y, slices(tape.gradient(y, v))


@program
def embedding_lookup_in_nothing(tf):
    return tf.nn.embedding_lookup([], [0])


@program
def embedding_lookup_outside(tf):
    return tf.nn.embedding_lookup(tf.ones((2, 3)), [0, 2])


@program
def gradients_of_gathered_rows_applied(tf):
    v, w = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), tf.Variable(1.0)
    optimizer = tf.keras.optimizers.SGD(0.1, momentum=0.9)
    for _ in range(2):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.gather(v, [2, 0, 2]) ** 2.0) * w
        optimizer.apply_gradients(zip(tape.gradient(y, [v, w]), [v, w], strict=True))
    return v, w


@program
def gather_from_a_tensor(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.gather(x, [2, 0, 2])
    return tf.convert_to_tensor(tape.gradient(y, x))


@program
def gathered_and_dense_uses_add_up(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(v, [1, 1])) + tf.reduce_sum(v * v)
    found = tape.gradient(y, v)
    return type(found).__name__ == "IndexedSlices", tf.convert_to_tensor(found)


@program
def gathered_twice(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(v, [1, 1])) + tf.reduce_sum(3.0 * tf.gather(v, [0]))
    found = tape.gradient(y, v)
    return type(found).__name__, found.dense_shape, tf.convert_to_tensor(found)


@program
def gathered_along_another_axis(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.gather(v, [1, 1], axis=1)
    return tf.convert_to_tensor(tape.gradient(y, v))


@program
def second_derivative_of_a_gather(tf):
    v = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = tf.reduce_sum(tf.gather(v, [2, 0, 2]) ** 3.0)
        slope = tf.convert_to_tensor(inner.gradient(y, v))
    return slope, tf.convert_to_tensor(outer.gradient(slope, v))


@program
def indexed_slices_as_they_are_built(tf):
    s = tf.IndexedSlices(tf.constant([[1.0], [2.0], [4.0]]), tf.constant([0, 2, 0]), tf.constant([3, 1]))
    return slices(s), slices(-s), tf.convert_to_tensor(s), s.shape, str(s)


@program
def indexed_slices_without_a_dense_shape(tf):
    return tf.convert_to_tensor(tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([0])))


@program
def indexed_slices_without_a_shape(tf):
    s = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([0]))
    return s.dense_shape, s.shape, str(s)


@program
def indexed_slices_of_another_dtype(tf):
    return tf.convert_to_tensor(tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([0]), tf.constant([3, 1])), tf.int32)


@program
def indexed_slices_in_arithmetic(tf):
    s = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([0, 2]), tf.constant([3, 1]))
    return tf.reduce_sum(s), tf.ones((3, 1)) * s


@program
def indexed_slices_as_cotangents(tf):
    x = tf.constant([[1.0], [2.0], [3.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    s = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([0, 2]), tf.constant([3, 1]))
    return tape.gradient(y, x, output_gradients=s)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)
