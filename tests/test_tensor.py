"""Tensors: immutable values, the ways out of them, and Python's protocols."""

import copy
import pickle

import numpy as np
import pytest

import gradtape as tf


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
