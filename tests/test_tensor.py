"""Tensors: immutable values, conversions from them, and Python's protocols."""

import copy
import pickle

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.ops.rows import add_rows, take_rows


def test_numpy_is_a_writable_copy_and_asarray_a_read_only_view():
    tensor = tf.constant([1.0, 2.0, 3.0, 4.0, 5.0])
    taken = tensor.numpy()
    taken[0] = 9.0
    assert tensor[0].numpy() == 1.0
    view = np.asarray(tensor)
    assert not view.flags.writeable and np.shares_memory(view, np.asarray(tensor))
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 9.0


def test_a_view_outlives_its_tensor():
    view = np.asarray(tf.constant(np.arange(1000.0)))
    tf.constant(np.zeros(1000))
    np.testing.assert_array_equal(view, np.arange(1000.0))


def test_entering_arrays_are_copied():
    array = np.ones(5)
    tensor = tf.constant(array)
    array[:] = 7.0
    np.testing.assert_array_equal(tensor, np.ones(5))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (2, 0, 3)])
def test_the_buffer_protocol(shape, dtype):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    tensor = tf.constant(array)
    view = memoryview(tensor)
    assert view.readonly and view.shape == shape
    np.testing.assert_array_equal(np.array(view), array)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8", "bool"])
def test_copies_and_pickles(dtype):
    tensor = tf.constant(np.array([[0, 1], [2, 3]]).astype(dtype))
    for other in (copy.copy(tensor), copy.deepcopy(tensor), pickle.loads(pickle.dumps(tensor))):
        assert repr(other) == repr(tensor)


def test_strided_and_swapped_arrays():
    array = np.arange(24.0).reshape(4, 6)
    for source in (array.T, array[::2, ::-1], array.astype(">f8"), np.asfortranarray(array)):
        np.testing.assert_array_equal(tf.constant(source), source)


def strange(array: np.ndarray) -> list[np.ndarray]:
    """The same numbers as files and packed records hold them: unaligned, and in the other byte order."""
    bytes_ = np.zeros(array.nbytes + 1, np.uint8)
    between = bytes_[1:].view(array.dtype).reshape(array.shape)
    between[...] = array
    assert array.itemsize == 1 or not between.flags.aligned
    return [between, array.astype(array.dtype.newbyteorder())]


def assigned_in_part(variable: tf.Variable, array: np.ndarray) -> tf.Variable:
    variable[1 : 1 + len(array)].assign(array)
    return variable


# Every conversion from an array, given one of small integers; UBSan checks the addresses (.ci/sanitize).
WAYS_IN = {
    "constant": tf.constant,
    "another dtype": lambda array: tf.convert_to_tensor(array, tf.float32),
    "nested": lambda array: tf.constant([list(array), list(array)]),
    "variable": lambda array: tf.Variable(array),
    "assigned": lambda array: tf.Variable(np.zeros_like(array)).assign(array),
    "assigned in part": lambda array: assigned_in_part(tf.Variable(np.zeros(9, array.dtype)), array),
    "operand": lambda array: tf.ones(len(array), array.dtype.newbyteorder("=").name) + array,
    "part": lambda array: tf.constant(array)[1:5],
    "joined": lambda array: tf.concat([array[1:], array], 0),
    "rows": lambda array: tf.gather(np.arange(80.0).reshape(20, 4), tf.cast(array, tf.int64)),
}
WAYS_IN_OF_INDICES = {
    "gather": lambda index: tf.gather(tf.range(20.0), index),
    "gather_nd": lambda index: tf.gather_nd(tf.range(20.0), index[:, None]),
    "scatter_nd": lambda index: tf.scatter_nd(index[:, None], tf.ones(len(index)), [20]),
    "segments": lambda index: tf.math.unsorted_segment_sum(tf.ones(len(index)), index, 20),
    "indexed slices": lambda index: tf.convert_to_tensor(tf.IndexedSlices(tf.ones(len(index)), index, [20])),
    "sparse update": lambda index: tf.Variable(tf.zeros(20)).scatter_add(tf.IndexedSlices(tf.ones(len(index)), index)),
    "reversed": lambda index: tf.reverse_sequence(tf.ones([len(index), 20]), index, 1, batch_axis=0),
    "one_hot": lambda index: tf.one_hot(index, 20),
    "reshape": lambda index: tf.reshape(tf.range(720), index),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8"])
@pytest.mark.parametrize("way", WAYS_IN.values(), ids=WAYS_IN.keys())
def test_arrays_that_lie_strangely(way, dtype):
    array = np.arange(1, 7).astype(dtype)
    expected = way(array).numpy()
    for source in strange(array):
        found = way(source).numpy()
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize("way", WAYS_IN_OF_INDICES.values(), ids=WAYS_IN_OF_INDICES.keys())
def test_indices_that_lie_strangely(way, dtype):
    index = np.arange(1, 7).astype(dtype)
    expected = tf.convert_to_tensor(way(index)).numpy()
    for source in strange(index):
        np.testing.assert_array_equal(tf.convert_to_tensor(way(source)).numpy(), expected)


@pytest.mark.parametrize("rows", [take_rows, add_rows])
def test_rows_by_indices_that_lie_strangely(rows):
    index = np.arange(6)[::-1].copy()
    expected = rows("test", tf.range(6.0), index, (6,)).numpy()
    for source in strange(index):
        np.testing.assert_array_equal(rows("test", tf.range(6.0), source, (6,)).numpy(), expected)


BESIDE = [
    *(3, -2.5, True, np.True_, np.float32(1.5), np.float64(-0.5)),
    *(np.int64(7), np.int32(-7), np.uint8(9), np.float16(0.25)),
    *(np.arange(6).astype(kind) for kind in ("i4", "i8", "u1", "u4", "f4", "f8", ">i4", ">f8", "f2")),
    *(np.arange(12)[::2], np.arange(6.0)[::-1], np.arange(6, dtype=np.longlong), np.array(2), np.array([2.5])),
    *(np.ma.array(np.arange(6)), np.arange(6).view(np.matrix), [1, 2, 3, 4, 5, 6], (1.0,) * 6),
]


@pytest.mark.parametrize("value", BESIDE, ids=lambda value: f"{type(value).__name__} {getattr(value, 'dtype', '')}")
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
@pytest.mark.parametrize("make", [tf.constant, tf.Variable])
def test_what_stands_beside_a_floating_tensor_is_what_it_is_when_converted(value, dtype, make):
    operand = make(tf.constant([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], dtype))
    converted = tf.convert_to_tensor(value, dtype)
    for found, expected in ((operand * value, operand * converted), (tf.subtract(value, operand), converted - operand)):
        assert found.dtype == dtype
        np.testing.assert_array_equal(found.numpy(), expected.numpy())


def test_shapes_of_arrays_are_told_apart():
    for shape in [(1, 5), (4, 4), (16,), (5, 1), (0, 3), (3, 0), (2, 9, 2), (2, 3, 2), (32,), ()] * 2:
        assert tf.constant(np.zeros(shape)).shape == shape


def test_a_tensor_cannot_be_made_or_subclassed():
    with pytest.raises(TypeError):
        tf.Tensor([1.0])
    with pytest.raises(TypeError):
        type("Child", (tf.Tensor,), {})


def test_references_hash_and_tensors_do_not():
    tensor = tf.constant(1.0)
    assert {tensor.ref(): "found"}[tensor.ref()] == "found"
    assert tensor.ref().deref() is tensor
    with pytest.raises(TypeError, match=r"tensor\.ref\(\)"):
        hash(tensor)


def test_an_operator_leaves_objects_that_know_better_to_themselves():
    class Better:
        def __radd__(self, other):
            return "radd"

    assert tf.constant(1.0) + Better() == "radd"


def test_object_arrays_of_tensors_are_not_written_into():
    tensor = tf.constant([1.0, 2.0])
    np.array([tensor, tensor, None], dtype=object)[:2] + 1
    np.testing.assert_array_equal(tensor, [1.0, 2.0])
