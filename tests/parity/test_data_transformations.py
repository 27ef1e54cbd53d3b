"""tf.data.experimental's functions for Dataset.apply, compared with TensorFlow's."""

import pytest
from compare import same


def lists(tf):
    return tf.data.Dataset.from_generator(lambda: ([1] * n for n in (1, 3, 2, 1, 4, 2)), tf.int32, [None])


def repeated(tf):
    return lambda x: tf.data.Dataset.from_tensors(x).repeat(3)


def summed(tf):
    return tf.data.experimental.scan(tf.constant(0, tf.int64), lambda state, x: (state + x, state * x))


def algorithm(tf):
    options = tf.data.Options()
    options.autotune.autotune_algorithm = tf.data.experimental.AutotuneAlgorithm.HILL_CLIMB
    return [options.autotune.autotune_algorithm.name, *(one.name for one in tf.data.experimental.AutotuneAlgorithm)]


TRANSFORMED = {
    "enumerate": lambda tf: tf.data.Dataset.range(3).apply(tf.data.experimental.enumerate_dataset(5)),
    "windows": lambda tf: tf.data.Dataset.range(7).apply(
        tf.data.experimental.group_by_window(lambda x: x % 2, lambda key, group: group.batch(2), 2)
    ),
    "windows of sizes": lambda tf: tf.data.Dataset.range(7).apply(
        tf.data.experimental.group_by_window(lambda x: x % 2, lambda key, group: group.batch(9), None, lambda k: k + 1)
    ),
    "windows of no size": lambda tf: tf.data.Dataset.range(7).apply(
        tf.data.experimental.group_by_window(lambda x: x, lambda key, group: group)
    ),
    "windows of two sizes": lambda tf: tf.data.Dataset.range(7).apply(
        tf.data.experimental.group_by_window(lambda x: x, lambda key, group: group, 2, lambda key: 2)
    ),
    "scan": lambda tf: tf.data.Dataset.range(5).apply(summed(tf)),
    "take while": lambda tf: tf.data.Dataset.range(9).apply(tf.data.experimental.take_while(lambda x: x < 3)),
    "interleave": lambda tf: tf.data.Dataset.range(5).apply(
        tf.data.experimental.parallel_interleave(repeated(tf), 2, block_length=2)
    ),
    "prefetch": lambda tf: tf.data.Dataset.range(3).apply(tf.data.experimental.prefetch_to_device("/cpu:0")),
    "copy": lambda tf: tf.data.Dataset.range(3).apply(tf.data.experimental.copy_to_device("/cpu:0")),
    "buckets": lambda tf: lists(tf).apply(
        tf.data.experimental.bucket_by_sequence_length(lambda x: tf.size(x), [2, 4], [2, 2, 2])
    ),
}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_elements(name):
    # For two sizes TensorFlow's message says that one is required.
    same(lambda tf: list(TRANSFORMED[name](tf).as_numpy_iterator()), compiles=False, message="two" not in name)


def test_algorithm():
    same(algorithm, compiles=False)
