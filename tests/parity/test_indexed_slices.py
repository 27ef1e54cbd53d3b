"""Sparse gradients, compared with TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from programs import collector, compared

PROGRAMS, program = collector()
NAMED = "TensorFlow names an attribute, gradtape the argument"
WORDED = {"indexed_slices_itself_as_a_source": NAMED, "indexed_slices_as_a_target": NAMED}
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


def rows(tf: Any, indices: Any = (0, 2)) -> Any:
    return tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant(indices), tf.constant([3, 1]))


@program
def indexed_slices_of_python_and_numpy_data(tf):
    lists = tf.IndexedSlices([[1.0]], [0], [3, 1])
    arrays = tf.IndexedSlices(tf.constant([[1.0]]), np.array([0]), np.array([3, 1]))
    return type(lists.values).__name__, tf.convert_to_tensor(lists), tf.convert_to_tensor(arrays)


@program
def indexed_slices_with_indices_twice_negative_or_outside(tf):
    found = [tf.convert_to_tensor(rows(tf, indices)) for indices in ((1, 1), (1, -1))]
    try:
        tf.convert_to_tensor(rows(tf, (1, 5)))
    except tf.errors.InvalidArgumentError as error:
        return found, "segment_ids[1] = 5 is out of range [0, 3)" in str(error)


REFUSALS = {
    "length": len,
    "first_row": lambda s: s[0],
    "conversion_to_numpy": lambda s: s.numpy(),
    "square": lambda s: s * s + 1.0,
}


@program
def what_indexed_slices_are_not(tf):
    found = []
    for refused in REFUSALS.values():
        try:
            found.append(refused(rows(tf)))
        except Exception as error:
            found.append((type(error).__name__, str(error)))
    return found, hasattr(rows(tf), "op"), hasattr(rows(tf), "graph"), hasattr(rows(tf), "name")


@program
def indexed_slices_with_numbers_and_each_other(tf):
    s = rows(tf)
    return s + tf.ones((3, 1)), tf.ones((3, 1)) + s, s * 2.0, 2.0 * s, s - s, tf.square(s), tf.norm(s), tf.add_n([s, s])


@program
def functions_that_keep_indexed_slices(tf):
    s = rows(tf, (1, 1))
    kept = [tf.stop_gradient(s), tf.identity(s), tf.cast(s, tf.float64), tf.math.scalar_mul(2.0, s)]
    return [slices(one) for one in kept]


@program
def indexed_slices_clipped(tf):
    s = rows(tf, (1, 1))
    clipped, norm = tf.clip_by_global_norm([s, tf.ones(2), None], 1.0)
    return slices(clipped[0]), clipped[1:], norm, tf.linalg.global_norm([s]), slices(tf.clip_by_norm(s, 1.0))


@program
def indexed_slices_as_a_source(tf):
    s = rows(tf)
    with tf.GradientTape() as tape:
        tape.watch(s)
        y = tf.reduce_sum(s.values**2.0)
    return tape.gradient(y, s.values)


@program
def indexed_slices_itself_as_a_source(tf):
    s = rows(tf)
    with tf.GradientTape() as tape:
        tape.watch(s)
    return tape.gradient(s.values, s)


@program
def indexed_slices_as_a_target(tf):
    with tf.GradientTape() as tape:
        pass
    return tape.gradient(rows(tf), tf.constant(1.0))


@program
def indexed_slices_made_dense_on_the_tape(tf):
    x = tf.constant([[1.0], [2.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.convert_to_tensor(tf.IndexedSlices(x * 2.0, tf.constant([0, 2]), tf.constant([3, 1]))) ** 2.0
    return y, tape.gradient(y, x)


LOOKUPS = {
    "nested indices": lambda tf, w: tf.gather(w, [[0, 1], [2, 2]]),
    "one index": lambda tf, w: tf.gather(w, 1),
    "long indices": lambda tf, w: tf.gather(w, tf.constant([1, 1], tf.int64)),
    "a batch of indices": lambda tf, w: tf.gather(w, [[0], [1], [0]], batch_dims=1, axis=1),
    "gather_nd": lambda tf, w: tf.gather_nd(w, [[0], [2]]),
    "gather_nd of nested indices": lambda tf, w: tf.gather_nd(w, [[[0]], [[2]]]),
    "gather_nd of elements": lambda tf, w: tf.gather_nd(w, [[0, 1], [2, 0]]),
    "a row": lambda tf, w: w[1],
    "sparse_read": lambda tf, w: w.sparse_read([1, 2]),
    "its value": lambda tf, w: tf.gather(w.value(), [1, 2]),
    "its identity": lambda tf, w: tf.gather(tf.identity(w), [1, 2]),
    "its double": lambda tf, w: tf.gather(w * 2.0, [1, 2]),
    "rows and all": lambda tf, w: tf.reduce_sum(tf.gather(w, [0, 1])) + tf.reduce_sum(w),
    "a list of one": lambda tf, w: tf.nn.embedding_lookup([w], [0, 1]),
    "no index": lambda tf, w: tf.gather(w, tf.zeros([0], tf.int32)),
    "a mask": lambda tf, w: tf.boolean_mask(w, [True, False, True]),
    "nothing of it": lambda tf, w: tf.constant(1.0),
}


@program
def what_is_sparse_and_what_is_not(tf):
    found = {}
    for name, lookup in LOOKUPS.items():
        w = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        with tf.GradientTape() as tape:
            y = lookup(tf, w)
        slope = tape.gradient(y, w, unconnected_gradients="zero")
        found[name] = slices(slope) if isinstance(slope, tf.IndexedSlices) else slope
    return found


@program
def gather_outside_a_variable(tf):
    return tf.gather(tf.Variable([1.0, 2.0]), [2])


@program
def sparse_gradients_of_gradients(tf):
    w = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = tf.reduce_sum(tf.gather(w, [0, 0]) ** 3.0)
        slope = inner.gradient(y, w)
        z = tf.reduce_sum(slope.values)
    return slices(slope), slices(outer.gradient(z, w))


@program
def sparse_output_gradients(tf):
    w = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.gather(w, [0, 1])
    return slices(tape.gradient(y, w, output_gradients=tf.constant([[1.0, 2.0], [3.0, 4.0]])))


@program
def indexed_slices_applied(tf):
    found = []
    for optimizer in (tf.keras.optimizers.SGD(0.5), tf.keras.optimizers.Adam(0.5), tf.keras.optimizers.Adagrad(0.5)):
        v = tf.Variable([[1.0], [2.0], [3.0]])
        optimizer.apply_gradients([(rows(tf, (1, 1)), v)])
        found.append(v)
    v = tf.Variable([[1.0], [2.0], [3.0]])
    v.scatter_sub(rows(tf))
    v.assign_sub(rows(tf))
    return found, v


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


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
