"""DLPack between gradtape, NumPy and TensorFlow: ownership of memory."""

import numpy as np
import pytest
import tensorflow

import gradtape as tf

DTYPES = ["float32", "float64", "int32", "int64", "uint8", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3, 4)])
def test_round_trips(dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    tensor = tf.constant(array)
    for there in (
        np.from_dlpack(tensor),
        tf.experimental.dlpack.from_dlpack(array).numpy(),
        tf.experimental.dlpack.from_dlpack(tf.experimental.dlpack.to_dlpack(tensor)).numpy(),
        tensorflow.experimental.dlpack.from_dlpack(tf.experimental.dlpack.to_dlpack(tensor)).numpy(),
    ):
        np.testing.assert_array_equal(there, array, strict=True)
    if dtype != "bool":
        theirs = tensorflow.experimental.dlpack.to_dlpack(tensorflow.constant(array))
        np.testing.assert_array_equal(tf.experimental.dlpack.from_dlpack(theirs), array)


def test_a_consumer_that_can_be_told_so_shares_what_it_may_not_write():
    tensor = tf.constant(np.arange(1000.0))
    shared = np.from_dlpack(tensor)
    assert np.shares_memory(shared, np.asarray(tensor)) and not shared.flags.writeable
    with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
        shared.flags.writeable = True
    del tensor
    np.testing.assert_array_equal(shared, np.arange(1000.0))


def test_nobody_changes_what_a_tape_recorded():
    exporter = np.array([1.0, 2.0, 3.0])
    x = tf.experimental.dlpack.from_dlpack(exporter)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(x**3)
    exporter[:] = 0
    # From before version 1 of DLPack, which cannot declare read-only memory.
    assert not np.shares_memory(np.from_dlpack(Older(x)), np.asarray(x))
    variable = tensorflow.Variable(tensorflow.experimental.dlpack.from_dlpack(Older(x).__dlpack__()))
    variable.assign(tensorflow.zeros(3, tensorflow.float64))
    np.testing.assert_array_equal(tape.gradient(y, x), [3.0, 12.0, 27.0])


class Older:
    """An array as seen by a consumer that requests no version."""

    def __init__(self, tensor):
        self.tensor = tensor

    def __dlpack__(self, **options):
        return self.tensor.__dlpack__()

    def __dlpack_device__(self):
        return self.tensor.__dlpack_device__()


@pytest.mark.parametrize("size", [2, 1000])
def test_views_of_variables_are_of_their_value_then(size):
    v = tf.Variable(np.zeros(size))
    before = np.from_dlpack(v)
    v.assign(np.ones(size))
    v.assign_add(np.ones(size))
    np.testing.assert_array_equal(before, np.zeros(size))
    np.testing.assert_array_equal(np.from_dlpack(v), np.full(size, 2.0))


def test_copies_belong_to_who_asks_for_them():
    tensor = tf.constant([1.0, 2.0])
    copied = np.from_dlpack(tensor, copy=True)
    copied[:] = 0
    np.testing.assert_array_equal(tensor, [1.0, 2.0])
    with pytest.raises(BufferError, match="Tensors are immutable"):
        tensor.__dlpack__(copy=False)
    assert tensor.__dlpack_device__() == tf.Variable(1.0).__dlpack_device__() == (1, 0)


def test_what_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be a TF tensor, not Python object"):
        tf.experimental.dlpack.to_dlpack([1.0])
    with pytest.raises(tensorflow.errors.InvalidArgumentError, match="must be a TF tensor, not Python object"):
        tensorflow.experimental.dlpack.to_dlpack([1.0])
    with pytest.raises(TypeError, match="not a capsule of DLPack"):
        tf.experimental.dlpack.from_dlpack([1.0])
    capsule = tf.experimental.dlpack.to_dlpack(tf.constant([1.0]))
    tf.experimental.dlpack.from_dlpack(capsule)
    with pytest.raises((TypeError, ValueError)):
        tf.experimental.dlpack.from_dlpack(capsule)


def test_buffers():
    tensor = tf.constant(np.arange(6.0).reshape(2, 3))
    buffer = memoryview(tensor)
    assert (
        buffer.readonly
        and buffer.shape == (2, 3)
        and buffer.format == "d"
        and buffer.tolist() == tensor.numpy().tolist()
    )
    with pytest.raises(TypeError, match="read-only"):
        buffer[0, 0] = 1.0
    assert not np.asarray(tensor).flags.writeable and not np.frombuffer(tensor).flags.writeable
