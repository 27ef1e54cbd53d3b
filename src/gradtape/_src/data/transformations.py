"""tf.data.experimental's functions of datasets for `Dataset.apply`, each of which has become a method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradtape._src.data.dataset import Dataset
from gradtape._src.data.experimental import Transformation


def bucket_by_sequence_length(
    element_length_func: Callable[..., Any],
    bucket_boundaries: Sequence[int],
    bucket_batch_sizes: Sequence[int],
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: bool = False,
) -> Transformation:
    """For `Dataset.apply`: the same as `Dataset.bucket_by_sequence_length`.

    Args:
      element_length_func: a function of an element that returns its length, an int32 scalar.
      bucket_boundaries: increasing upper bounds, exclusive, of the lengths in each bucket.
      bucket_batch_sizes: the sizes of batches, one more than boundaries.
      padded_shapes, padding_values: as for `padded_batch`.
      pad_to_bucket_boundary: whether unknown sizes are padded to the maximum length of the bucket.
      no_padding: whether to batch elements without padding.
      drop_remainder: whether to drop smaller batches.

    Returns:
      A function of a dataset.

    Raises:
      ValueError: on application, the number of batch sizes is not that of boundaries and one.
      TypeError: on application, element_length_func is not callable, or boundaries or sizes are not sequences.

    Example:
      >>> dataset = tf.data.Dataset.from_generator(lambda: [[1], [2, 3, 4], [5]], tf.int32, [None])
      >>> buckets = tf.data.experimental.bucket_by_sequence_length(lambda x: tf.size(x), [2], [2, 2])
      >>> [batch.shape for batch in dataset.apply(buckets)]
      [TensorShape([2, 1]), TensorShape([1, 3])]
    """
    options = padded_shapes, padding_values, pad_to_bucket_boundary, no_padding, drop_remainder
    return lambda dataset: dataset.bucket_by_sequence_length(
        element_length_func, bucket_boundaries, bucket_batch_sizes, *options
    )


def enumerate_dataset(start: Any = 0) -> Transformation:
    """For `Dataset.apply`: the same as `Dataset.enumerate`.

    Args:
      start: the first index.

    Returns:
      A function of a dataset.

    Raises:
      TypeError, ValueError: on application, start is not an integer.

    Example:
      >>> numbered = tf.data.Dataset.range(7, 9).apply(tf.data.experimental.enumerate_dataset())
      >>> [(int(i), int(x)) for i, x in numbered]
      [(0, 7), (1, 8)]
    """
    return lambda dataset: dataset.enumerate(start)


def group_by_window(
    key_func: Callable[..., Any],
    reduce_func: Callable[..., Any],
    window_size: Any = None,
    window_size_func: Callable[..., Any] | None = None,
) -> Transformation:
    """For `Dataset.apply`: the same as `Dataset.group_by_window`.

    Args:
      key_func: a function of an element that returns its key, an int64 scalar.
      reduce_func: a function of a key and the dataset of a group that returns a dataset.
      window_size: the number of elements in a group.
      window_size_func: a function of the key that returns that number.

    Returns:
      A function of a dataset. Both sizes, or none, raise ValueError.

    Raises:
      ValueError: on application, a function is not callable, or neither size is given, or both are.
      InvalidArgumentError: on iteration, the window size is not positive.

    Example:
      >>> pairs = tf.data.experimental.group_by_window(lambda x: x % 2, lambda key, group: group.batch(2), 2)
      >>> list(tf.data.Dataset.range(5).apply(pairs).as_numpy_iterator())
      [array([0, 2]), array([1, 3]), array([4])]
    """
    return lambda dataset: dataset.group_by_window(key_func, reduce_func, window_size, window_size_func)


def scan(initial_state: Any, scan_func: Callable[..., Any]) -> Transformation:
    """For `Dataset.apply`: the same as `Dataset.scan`.

    Args:
      initial_state: the initial state.
      scan_func: a function of the state and an element that returns the next state and an element.

    Returns:
      A function of a dataset.

    Raises:
      ValueError: on application, scan_func is not callable, or initial_state cannot be converted to tensors.
      TypeError: on application, scan_func does not return a pair.

    Example:
      >>> sums = tf.data.experimental.scan(tf.constant(0, tf.int64), lambda state, x: (state + x, state + x))
      >>> list(tf.data.Dataset.range(4).apply(sums).as_numpy_iterator())
      [np.int64(0), np.int64(1), np.int64(3), np.int64(6)]
    """
    return lambda dataset: dataset.scan(initial_state, scan_func)


def take_while(predicate: Callable[..., Any]) -> Transformation:
    """For `Dataset.apply`: the same as `Dataset.take_while`.

    Args:
      predicate: a function of an element that returns a bool.

    Returns:
      A function of a dataset.

    Raises:
      ValueError: on application, predicate is not callable, or does not return a scalar of dtype bool.

    Example:
      >>> small = tf.data.experimental.take_while(lambda x: x < 2)
      >>> list(tf.data.Dataset.range(9).apply(small).as_numpy_iterator())
      [np.int64(0), np.int64(1)]
    """
    return lambda dataset: dataset.take_while(predicate)


def parallel_interleave(
    map_func: Callable[..., Any],
    cycle_length: Any,
    block_length: Any = 1,
    sloppy: bool = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> Transformation:
    """For `Dataset.apply`: the same as `Dataset.interleave`.

    Args:
      map_func: a function of an element that returns a dataset.
      cycle_length: the number of datasets to interleave.
      block_length: the number of consecutive elements from each dataset.
      sloppy: not used; elements keep their order.
      buffer_output_elements, prefetch_input_elements: not used.

    Returns:
      A function of a dataset.

    Raises:
      ValueError: on application, map_func is not callable.
      InvalidArgumentError: on application, cycle_length or block_length is not positive.

    Example:
      >>> twice = tf.data.experimental.parallel_interleave(lambda x: tf.data.Dataset.from_tensors(x).repeat(2), 2)
      >>> [int(x) for x in tf.data.Dataset.range(2).apply(twice)]
      [0, 1, 0, 1]
    """
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


def prefetch_to_device(device: Any, buffer_size: Any = None) -> Transformation:
    """For `Dataset.apply`: the same as `Dataset.prefetch`, as there is only one device.

    Args:
      device: not used.
      buffer_size: number of elements to prefetch; None to let the library choose.

    Returns:
      A function of a dataset.

    Raises:
      TypeError, ValueError: on application, buffer_size is not an integer.
      InvalidArgumentError: on application, buffer_size is less than -1.

    Example:
      >>> len(tf.data.Dataset.range(3).apply(tf.data.experimental.prefetch_to_device("/cpu:0")))
      3
    """
    return lambda dataset: dataset.prefetch(-1 if buffer_size is None else buffer_size)


def copy_to_device(target_device: Any, source_device: Any = "/cpu:0") -> Transformation:
    """For `Dataset.apply`: no effect, as there is only one device.

    Args:
      target_device, source_device: not used.

    Returns:
      A function of a dataset.

    Example:
      >>> len(tf.data.Dataset.range(3).apply(tf.data.experimental.copy_to_device("/cpu:0")))
      3
    """
    return _same


def _same(dataset: Dataset) -> Dataset:
    return dataset
