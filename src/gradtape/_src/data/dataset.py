"""tf.data.Dataset: pipelines of transformations, each a method that returns a new dataset."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.data import mapping, structure
from gradtape._src.data.base import DatasetBase, cardinality_of, only_element, scalar, wrap
from gradtape._src.data.batching import Batch, PaddedBatch, Rebatch, Unbatch
from gradtape._src.data.caching import Prefetch, Unique, cache
from gradtape._src.data.constructors import Constructors
from gradtape._src.data.interleaving import Interleave, Zip
from gradtape._src.data.iterator import Iterator, NumpyIterator
from gradtape._src.data.mapping import AUTOTUNE, Filter, IgnoreErrors, Map, Scan
from gradtape._src.data.options import Options
from gradtape._src.data.selection import Concatenate, Passed, Repeat, Shard, Skip, Take
from gradtape._src.data.shuffling import Shuffle
from gradtape._src.data.sources import Counter
from gradtape._src.data.windows import Group, Window
from gradtape._src.io.files import path_of


class Dataset(Constructors):
    """A sequence of elements that can be iterated over repeatedly.

    An element is a tensor, or a tuple or dictionary of tensors, nested to any depth; strings are `StringTensor`s.
    Static methods create datasets, the other methods transform one into another. Functions passed to a pipeline are
    called with tensors, once for each element, and are not recorded on tapes; random numbers that they draw differ from
    TensorFlow's. If a pipeline only slices, shuffles, repeats, takes, skips, shards and concatenates, whole batches are
    gathered from the arrays in one step.

    Raises:
      TypeError: it is called; the static methods make datasets.

    Example:
      >>> dataset = tf.data.Dataset.from_tensor_slices([1, 2, 3, 4, 5]).map(lambda x: x * x).batch(2)
      >>> for batch in dataset:
      ...     print(batch.numpy())
      [1 4]
      [ 9 16]
      [25]
    """

    def __init__(self) -> None:
        raise TypeError(
            "Datasets are created by tf.data.Dataset.from_tensor_slices, from_generator, range and other static methods"
        )

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """Applies a function to the dataset.

        Args:
          transformation_func: a function from a dataset to a dataset.

        Returns:
          A dataset.

        Raises:
          TypeError: the function returns something else.

        Example:
          >>> list(tf.data.Dataset.range(5).apply(lambda dataset: dataset.take(2)).as_numpy_iterator())
          [np.int64(0), np.int64(1)]
        """
        found = transformation_func(self)
        if not isinstance(found, DatasetBase):
            raise TypeError(f"`transformation_func` must return a `tf.data.Dataset` object. Got {type(found)}.")
        return found

    def as_numpy_iterator(self) -> NumpyIterator:
        """An iterator over the elements as NumPy arrays.

        Returns:
          An iterator; it raises TypeError for an element that contains a dataset.

        Example:
          >>> list(tf.data.Dataset.range(2).as_numpy_iterator())
          [np.int64(0), np.int64(1)]
        """
        return NumpyIterator(Iterator(self._node))

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Combines consecutive elements into batches, along a new first axis.

        Args:
          batch_size: number of elements per batch.
          drop_remainder: whether to drop the last batch if it is smaller.
          num_parallel_calls, deterministic: not used, as batching is limited by memory bandwidth.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. Iterating over it raises InvalidArgumentError if shapes of elements differ.

        Raises:
          InvalidArgumentError: the size is not positive.

        Example:
          >>> list(tf.data.Dataset.range(5).batch(2).as_numpy_iterator())
          [array([0, 1]), array([2, 3]), array([4])]
        """
        return wrap(Batch(self._node, scalar(batch_size, "batch_size"), drop_remainder, num_parallel_calls is not None))

    def bucket_by_sequence_length(
        self,
        element_length_func: Callable[..., Any],
        bucket_boundaries: Sequence[int],
        bucket_batch_sizes: Sequence[int],
        padded_shapes: Any = None,
        padding_values: Any = None,
        pad_to_bucket_boundary: bool = False,
        no_padding: bool = False,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Groups elements of similar lengths into padded batches.

        Args:
          element_length_func: a function of an element that returns its length, an int32 scalar.
          bucket_boundaries: increasing upper bounds, exclusive, of the lengths in each bucket.
          bucket_batch_sizes: the batch size of each bucket, one more than boundaries.
          padded_shapes, padding_values: as for `padded_batch`.
          pad_to_bucket_boundary: whether unknown sizes are padded to the maximum length of the bucket.
          no_padding: whether to batch elements without padding.
          drop_remainder: whether to drop smaller batches.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Raises:
          ValueError: the number of batch sizes is not that of buckets.

        Example:
          >>> dataset = tf.data.Dataset.range(1, 5).map(tf.range)
          >>> buckets = dataset.bucket_by_sequence_length(lambda x: tf.size(x), [3], [2, 2])
          >>> [batch.shape.as_list() for batch in buckets]
          [[2, 2], [2, 4]]
        """
        if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
            raise ValueError(
                "`len(bucket_batch_sizes)` must equal `len(bucket_boundaries) + 1` but "
                f"`len(bucket_batch_sizes)={len(bucket_batch_sizes)}` and "
                f"`len(bucket_boundaries)={len(bucket_boundaries)}`."
            )
        boundaries = [int(boundary) for boundary in bucket_boundaries]

        def bucket_of(*element: Any) -> Any:
            length = int(element_length_func(*element))
            return as_tensor(sum(boundary <= length for boundary in boundaries), dtypes.int64)

        def size_of(bucket: Any) -> int:
            return int(bucket_batch_sizes[int(bucket)])

        def batched(bucket: Any, dataset: Dataset) -> Dataset:
            size = size_of(bucket)
            if no_padding:
                return dataset.batch(size, drop_remainder)
            shapes: Any = padded_shapes
            if pad_to_bucket_boundary:
                if int(bucket) == len(boundaries):
                    raise ValueError(
                        "When pad_to_bucket_boundary=True, elements must have length < max(bucket_boundaries)."
                    )
                shapes = structure.map_leaves(
                    lambda leaf: [boundaries[int(bucket)] - 1 if size is None else size for size in leaf.shape],
                    self.element_spec,
                )
            return dataset.padded_batch(size, shapes, padding_values, drop_remainder)

        return self.group_by_window(bucket_of, batched, window_size_func=size_of)

    def cache(self, filename: Any = "", name: str | None = None) -> Dataset:
        """Caches the elements in the first complete iteration.

        Args:
          filename: the path of a cache file; "" for memory.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. The format of the file is gradtape's own.

        Example:
          >>> dataset = tf.data.Dataset.range(3).map(lambda x: x * x).cache()
          >>> list(dataset.as_numpy_iterator()) == list(dataset.as_numpy_iterator())
          True
        """
        return wrap(cache(self._node, path_of(filename)))

    def cardinality(self) -> Tensor:
        """The number of elements, if it is known without iterating.

        Returns:
          An int64 scalar: the number, `tf.data.INFINITE_CARDINALITY` or `tf.data.UNKNOWN_CARDINALITY`.

        Example:
          >>> tf.data.Dataset.range(10).batch(3).cardinality().numpy()
          np.int64(4)
        """
        return cardinality_of(self._node)

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """Appends the elements of another dataset.

        Args:
          dataset: the other dataset.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Raises:
          TypeError: their elements differ in structure or dtype.

        Example:
          >>> list(tf.data.Dataset.range(2).concatenate(tf.data.Dataset.range(5, 6)).as_numpy_iterator())
          [np.int64(0), np.int64(1), np.int64(5)]
        """
        return wrap(Concatenate(self._node, dataset._node))

    def enumerate(self, start: Any = 0, name: str | None = None) -> Dataset:
        """Pairs each element with its index.

        Args:
          start: the first index.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Example:
          >>> list(tf.data.Dataset.range(5, 7).enumerate().as_numpy_iterator())
          [(np.int64(0), np.int64(5)), (np.int64(1), np.int64(6))]
        """
        numbers = Counter(scalar(start, "start"), 1, dtypes.int64)
        return wrap(Zip((0, 0), (numbers, self._node)))

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """Keeps only elements that satisfy a predicate.

        Args:
          predicate: a function of an element that returns a bool.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. Iterating over it raises ValueError if the predicate returns something else.

        Raises:
          ValueError: the predicate is not callable.

        Example:
          >>> list(tf.data.Dataset.range(5).filter(lambda x: x % 2 == 0).as_numpy_iterator())
          [np.int64(0), np.int64(2), np.int64(4)]
        """
        return wrap(Filter(self._node, predicate, False))

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """Maps each element to a dataset, and concatenates these datasets.

        Args:
          map_func: a function of an element that returns a dataset.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. Iterating over it raises TypeError if the function returns something else.

        Raises:
          ValueError: the function is not callable.

        Example:
          >>> list(tf.data.Dataset.range(4).flat_map(tf.data.Dataset.range).as_numpy_iterator())
          [np.int64(0), np.int64(0), np.int64(1), np.int64(0), np.int64(1), np.int64(2)]
        """
        return wrap(Interleave(self._node, map_func, 1, 1, None, "flat_map"))

    def get_single_element(self, name: str | None = None) -> Any:
        """The only element of a dataset.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          An element.

        Raises:
          InvalidArgumentError: there is not exactly one element.

        Example:
          >>> tf.data.Dataset.range(4).batch(4).get_single_element().numpy()
          array([0, 1, 2, 3])
        """
        return only_element(self._node)

    def group_by_window(
        self,
        key_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        window_size: Any = None,
        window_size_func: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Groups elements by key, and applies a function to each group.

        Args:
          key_func: a function of an element that returns its key, an int64 scalar.
          reduce_func: a function of a key and a dataset of elements that returns a dataset.
          window_size: the number of elements in a group.
          window_size_func: a function of a key that returns that number.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Raises:
          ValueError: neither or both of `window_size` and `window_size_func` are given.

        Example:
          >>> dataset = tf.data.Dataset.range(6)
          >>> groups = dataset.group_by_window(lambda x: x % 2, lambda key, group: group.batch(3), window_size=3)
          >>> list(groups.as_numpy_iterator())
          [array([0, 2, 4]), array([1, 3, 5])]
        """
        if (window_size is None) == (window_size_func is None):
            raise ValueError(
                "Either the `window_size` argument or the `window_size_func` argument must be specified."
                if window_size is None
                else "The `window_size` argument and the `window_size_func` argument cannot both be specified."
            )
        size = window_size_func or (lambda key: scalar(window_size, "window_size"))
        return wrap(Group(self._node, key_func, reduce_func, size, wrap))

    def ignore_errors(self, log_warning: bool = False, name: str | None = None) -> Dataset:
        """Skips elements that raise an exception.

        Args:
          log_warning: whether to log the exceptions.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Example:
          >>> dataset = tf.data.Dataset.range(-1, 2).map(lambda x: 6 // int(x))
          >>> list(dataset.ignore_errors().as_numpy_iterator())
          [np.int32(-6), np.int32(6)]
        """
        return wrap(IgnoreErrors(self._node, log_warning))

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = None,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Maps each element to a dataset, and interleaves the elements of several of these datasets.

        Args:
          map_func: a function of an element that returns a dataset.
          cycle_length: the number of datasets to interleave; the number of processors if None.
          block_length: the number of consecutive elements from each dataset; 1 if None.
          num_parallel_calls: if not None, each dataset is prefetched by its own thread (with `tf.data.AUTOTUNE` if its
            elements take long enough).
          deterministic: not used; the order is always the same.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. Iterating over it raises TypeError if the function returns something else.

        Raises:
          InvalidArgumentError: a length or the number of calls is not positive.
          ValueError: the function is not callable.

        Example:
          >>> dataset = tf.data.Dataset.range(2).interleave(lambda x: tf.data.Dataset.from_tensors(x).repeat(2), 2)
          >>> list(dataset.as_numpy_iterator())
          [np.int64(0), np.int64(1), np.int64(0), np.int64(1)]
        """
        cycle = AUTOTUNE if cycle_length is None else scalar(cycle_length, "cycle_length")
        block = 1 if block_length is None else scalar(block_length, "block_length")
        parallel = None if num_parallel_calls is None else scalar(num_parallel_calls, "num_parallel_calls")
        return wrap(Interleave(self._node, map_func, cycle, block, parallel, "interleave"))

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        synchronous: bool | None = None,
        use_unbounded_threadpool: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Applies a function to each element.

        An exception raised by the function keeps its class and traceback, and gets a note that names the element.

        Args:
          map_func: a function of an element; if that is a tuple, its components are separate arguments. The result is
            converted to tensors; a list counts as a tuple.
          num_parallel_calls: the number of threads that call the function, or None; with `tf.data.AUTOTUNE` one per
            processor if calls take long enough.
          deterministic: whether threads preserve the order of elements, which they do unless it is False.
          synchronous, use_unbounded_threadpool: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Raises:
          InvalidArgumentError: the number of calls is not positive.
          ValueError: the function is not callable.

        Example:
          >>> list(tf.data.Dataset.range(3).map(lambda x: x + 1).as_numpy_iterator())
          [np.int64(1), np.int64(2), np.int64(3)]
        """
        parallel = None if num_parallel_calls is None else scalar(num_parallel_calls, "num_parallel_calls")
        if parallel is None and deterministic is not None:
            warnings.warn(
                "The `deterministic` argument has no effect unless the `num_parallel_calls` argument is specified.",
                stacklevel=2,
            )
        return wrap(Map(self._node, map_func, parallel, deterministic is not False))

    def options(self) -> Options:
        """The merged options of the dataset and its inputs.

        Returns:
          A `tf.data.Options`.

        Example:
          >>> tf.data.Dataset.range(3).options().deterministic is None
          True
        """
        found = Options()
        waiting = [self._node]
        while waiting:
            node = waiting.pop()
            given = getattr(node, "options", None)
            if given is not None:
                found = given.merge(found)
            waiting.extend(node.inputs)
        return found

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Pads consecutive elements to one shape and combines them into batches.

        Args:
          batch_size: number of elements per batch.
          padded_shapes: a structure of shapes, in which None or -1 means the largest size in the batch; None for all.
          padding_values: a structure of scalars, or one for all; 0, False or an empty string if None.
          drop_remainder: whether to drop the last batch if it is smaller.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. Iterating over it raises DataLossError if an element is larger than the shape.

        Raises:
          ValueError: a rank is unknown, or a shape does not fit the elements'.
          TypeError: structures or dtypes differ.
          InvalidArgumentError: the size is not positive.

        Example:
          >>> dataset = tf.data.Dataset.range(1, 4).map(tf.range).padded_batch(3)
          >>> next(iter(dataset)).numpy()
          array([[0, 0, 0],
                 [0, 1, 0],
                 [0, 1, 2]])
        """
        size = scalar(batch_size, "batch_size")
        return wrap(PaddedBatch(self._node, size, padded_shapes, padding_values, drop_remainder))

    def prefetch(self, buffer_size: Any, name: str | None = None) -> Dataset:
        """Computes elements ahead of time in a thread.

        Args:
          buffer_size: the number of elements; with `tf.data.AUTOTUNE` two if they take long enough.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. The thread ends with the iterator.

        Raises:
          InvalidArgumentError: the number is negative.

        Example:
          >>> list(tf.data.Dataset.range(2).prefetch(1).as_numpy_iterator())
          [np.int64(0), np.int64(1)]
        """
        return wrap(Prefetch(self._node, scalar(buffer_size, "buffer_size")))

    def rebatch(self, batch_size: Any, drop_remainder: bool = False, name: str | None = None) -> Dataset:
        """Changes the batch size.

        Args:
          batch_size: the size, or a list of sizes to cycle through.
          drop_remainder: whether to drop the last batch if it is smaller.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Raises:
          ValueError: the elements are scalars.

        Example:
          >>> list(tf.data.Dataset.range(5).batch(2).rebatch(3).as_numpy_iterator())
          [array([0, 1, 2]), array([3, 4])]
        """
        given = batch_size.numpy() if isinstance(batch_size, Tensor) else batch_size
        sizes = [scalar(size, "batch_size") for size in given] if hasattr(given, "__iter__") else [int(given)]
        return wrap(Rebatch(self._node, sizes, drop_remainder))

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None) -> Any:
        """Reduces the dataset to a single value.

        Args:
          initial_state: a structure of tensors.
          reduce_func: a function of a state and an element that returns the next state.
          name: not used; TensorFlow names operations by it.

        Returns:
          A structure of tensors.

        Raises:
          TypeError: a new state differs in structure or dtype.
          InvalidArgumentError: the number of parts differs.

        Example:
          >>> tf.data.Dataset.range(5).reduce(np.int64(0), lambda total, x: total + x).numpy()
          np.int64(10)
        """
        return mapping.reduce(self._node, initial_state, reduce_func)

    def repeat(self, count: Any = None, name: str | None = None) -> Dataset:
        """Repeats the dataset, iterating over it again each time.

        Args:
          count: the number of times; forever if None or negative.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Example:
          >>> list(tf.data.Dataset.range(2).repeat(2).as_numpy_iterator())
          [np.int64(0), np.int64(1), np.int64(0), np.int64(1)]
        """
        return wrap(Repeat(self._node, -1 if count is None else scalar(count, "count")))

    def scan(self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """Applies a function with a state to each element.

        Args:
          initial_state: a structure of tensors.
          scan_func: a function of a state and an element that returns a state and an output.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. Iterating over it raises TypeError if the function returns something else.

        Raises:
          ValueError: the function is not callable.

        Example:
          >>> dataset = tf.data.Dataset.range(1, 5)
          >>> sums = dataset.scan(np.int64(0), lambda total, x: (total + x, total + x))
          >>> list(sums.as_numpy_iterator())
          [np.int64(1), np.int64(3), np.int64(6), np.int64(10)]
        """
        return wrap(Scan(self._node, initial_state, scan_func))

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> Dataset:
        """Keeps every num_shards-th element.

        Args:
          num_shards: the number of shards.
          index: the index of this shard, from 0.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Raises:
          InvalidArgumentError: the shard is out of range.

        Example:
          >>> list(tf.data.Dataset.range(7).shard(3, 1).as_numpy_iterator())
          [np.int64(1), np.int64(4)]
        """
        return wrap(Shard(self._node, scalar(num_shards, "num_shards"), scalar(index, "index")))

    def shuffle(
        self,
        buffer_size: Any,
        seed: int | None = None,
        reshuffle_each_iteration: bool | None = True,
        name: str | None = None,
    ) -> Dataset:
        """Shuffles the elements, in the same order as TensorFlow for the same seeds.

        Elements are drawn at random from a buffer, and replaced by the next one.

        Args:
          buffer_size: the number of elements in the buffer; all if it is `tf.data.UNKNOWN_CARDINALITY`.
          seed: the op-level seed.
          reshuffle_each_iteration: whether each iteration has a different order.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Raises:
          InvalidArgumentError: the size is 0 or -1.

        Example:
          >>> sorted(tf.data.Dataset.range(3).shuffle(3).as_numpy_iterator())
          [np.int64(0), np.int64(1), np.int64(2)]
        """
        own = None if seed is None else int(seed)
        fresh = True if reshuffle_each_iteration is None else reshuffle_each_iteration
        return wrap(Shuffle(self._node, scalar(buffer_size, "buffer_size"), own, fresh))

    def skip(self, count: Any, name: str | None = None) -> Dataset:
        """Skips the first elements.

        Args:
          count: the number of elements; all if it is negative.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Example:
          >>> list(tf.data.Dataset.range(5).skip(3).as_numpy_iterator())
          [np.int64(3), np.int64(4)]
        """
        return wrap(Skip(self._node, scalar(count, "count")))

    def take(self, count: Any, name: str | None = None) -> Dataset:
        """Takes the first elements.

        Args:
          count: the number of elements; all if it is negative.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Example:
          >>> list(tf.data.Dataset.range(5).take(2).as_numpy_iterator())
          [np.int64(0), np.int64(1)]
        """
        return wrap(Take(self._node, scalar(count, "count")))

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """Takes elements as long as they satisfy a predicate.

        Args:
          predicate: a function of an element that returns a bool.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. Iterating over it raises ValueError if the predicate returns something else.

        Raises:
          ValueError: the predicate is not callable.

        Example:
          >>> list(tf.data.Dataset.range(5).take_while(lambda x: x < 2).as_numpy_iterator())
          [np.int64(0), np.int64(1)]
        """
        return wrap(Filter(self._node, predicate, True))

    def unbatch(self, name: str | None = None) -> Dataset:
        """Splits batches into their rows.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. Iterating over it raises InvalidArgumentError if the components of an element differ in size.

        Raises:
          ValueError: elements are scalars, or their parts differ in their numbers of rows.

        Example:
          >>> list(tf.data.Dataset.range(3).batch(2).unbatch().as_numpy_iterator())
          [np.int64(0), np.int64(1), np.int64(2)]
        """
        return wrap(Unbatch(self._node))

    def unique(self, name: str | None = None) -> Dataset:
        """Removes duplicate elements.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Raises:
          TypeError: the elements are not of int32, int64 or string.

        Example:
          >>> list(tf.data.Dataset.from_tensor_slices([1, 2, 1, 3]).unique().as_numpy_iterator())
          [np.int32(1), np.int32(2), np.int32(3)]
        """
        return wrap(Unique(self._node))

    def window(
        self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: bool = False, name: str | None = None
    ) -> Dataset:
        """Splits the dataset into windows, each of which is a dataset.

        Args:
          size: the number of elements in a window.
          shift: the distance between the starts of windows; `size` if None.
          stride: the distance between a window's elements.
          drop_remainder: whether to drop smaller windows.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset, whose elements are datasets, one for each component, in the structure of an element.

        Raises:
          InvalidArgumentError: a number is not positive.

        Example:
          >>> windows = tf.data.Dataset.range(5).window(3, shift=1, drop_remainder=True)
          >>> list(windows.flat_map(lambda window: window.batch(3)).as_numpy_iterator())
          [array([0, 1, 2]), array([1, 2, 3]), array([2, 3, 4])]
        """
        count = scalar(size, "size")
        step = count if shift is None else scalar(shift, "shift")
        return wrap(Window(self._node, count, step, scalar(stride, "stride"), drop_remainder, wrap))

    def with_options(self, options: Options, name: str | None = None) -> Dataset:
        """Sets options. They are stored, but have no effect.

        Args:
          options: a `tf.data.Options`.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Example:
          >>> options = tf.data.Options()
          >>> options.deterministic = True
          >>> tf.data.Dataset.range(3).with_options(options).options().deterministic
          True
        """
        node = Passed(self._node, "_OptionsDataset")
        node.options = options  # type: ignore[attr-defined]
        return wrap(node)


DatasetBase._public = Dataset
