"""tf.data.Dataset: pipelines of steps, each a method that returns a new dataset."""

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
    """Elements, in an order, that can be iterated over again and again.

    An element is a tensor, or a tuple or dictionary of tensors, nested to any depth; text is a `StringTensor`. Static
    methods make datasets, the other methods make a dataset of what they transform. Functions that a pipeline calls are
    called with tensors, once for each element, and nothing that they do is recorded on tapes; random numbers that they
    draw are not TensorFlow's. Where a pipeline does nothing but slice, shuffle, repeat, take, skip, shard and
    concatenate, batches are gathered from the arrays at once.

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
            "Datasets are made by tf.data.Dataset.from_tensor_slices, from_generator, range and other static methods"
        )

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """What a function makes of the dataset.

        Args:
          transformation_func: a function of a dataset that returns one.

        Returns:
          A dataset.

        Raises:
          TypeError: it returns something else.

        Example:
          >>> list(tf.data.Dataset.range(5).apply(lambda dataset: dataset.take(2)).as_numpy_iterator())
          [np.int64(0), np.int64(1)]
        """
        found = transformation_func(self)
        if not isinstance(found, DatasetBase):
            raise TypeError(f"`transformation_func` must return a `tf.data.Dataset` object. Got {type(found)}.")
        return found

    def as_numpy_iterator(self) -> NumpyIterator:
        """An iterator over the elements as NumPy's values.

        Returns:
          An iterator; it raises TypeError at an element that holds a dataset.

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
        """A dataset of batches: so many elements along a new first axis.

        Args:
          batch_size: how many elements a batch has.
          drop_remainder: whether the last batch is left out if it has fewer.
          num_parallel_calls, deterministic: not used: batches are copied at the speed of memory.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. InvalidArgumentError tells of elements of different shapes.

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
        """A dataset of padded batches of elements of similar lengths.

        Args:
          element_length_func: a function of an element that gives its length, an int32 scalar.
          bucket_boundaries: lengths in increasing order; a bucket holds those from one to before the next.
          bucket_batch_sizes: the sizes of batches, one more than boundaries.
          padded_shapes, padding_values: as for `padded_batch`.
          pad_to_bucket_boundary: whether unknown sizes are padded to the bucket's last length.
          no_padding: whether elements are batched as they are.
          drop_remainder: whether batches with fewer elements are left out.
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
        """A dataset that keeps its elements in the first whole iteration, and takes them from there later.

        Args:
          filename: the path of a file to keep them in; "" for memory.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. The file is gradtape's own: TensorFlow does not read it.

        Example:
          >>> dataset = tf.data.Dataset.range(3).map(lambda x: x * x).cache()
          >>> list(dataset.as_numpy_iterator()) == list(dataset.as_numpy_iterator())
          True
        """
        return wrap(cache(self._node, path_of(filename)))

    def cardinality(self) -> Tensor:
        """The number of elements, if it is known without making them.

        Returns:
          An int64 scalar: the number, `tf.data.INFINITE_CARDINALITY` or `tf.data.UNKNOWN_CARDINALITY`.

        Example:
          >>> tf.data.Dataset.range(10).batch(3).cardinality().numpy()
          np.int64(4)
        """
        return cardinality_of(self._node)

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """A dataset of the elements, followed by those of another.

        Args:
          dataset: the other.
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
        """A dataset of pairs of a number and an element.

        Args:
          start: the first number.
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
        """A dataset of the elements of which a predicate is true.

        Args:
          predicate: a function of an element that gives a bool.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. ValueError tells of a predicate that gives something else.

        Raises:
          ValueError: the predicate cannot be called.

        Example:
          >>> list(tf.data.Dataset.range(5).filter(lambda x: x % 2 == 0).as_numpy_iterator())
          [np.int64(0), np.int64(2), np.int64(4)]
        """
        return wrap(Filter(self._node, predicate, False))

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """A dataset of the elements of the datasets that a function makes, one dataset after the other.

        Args:
          map_func: a function of an element that gives a dataset.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. TypeError tells of a function that gives something else.

        Raises:
          ValueError: the function cannot be called.

        Example:
          >>> list(tf.data.Dataset.range(4).flat_map(tf.data.Dataset.range).as_numpy_iterator())
          [np.int64(0), np.int64(0), np.int64(1), np.int64(0), np.int64(1), np.int64(2)]
        """
        return wrap(Interleave(self._node, map_func, 1, 1, None, "flat_map"))

    def get_single_element(self, name: str | None = None) -> Any:
        """The element of a dataset that has one.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          An element.

        Raises:
          InvalidArgumentError: there is none, or there are more.

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
        """A dataset of what a function makes of groups of elements with the same key.

        Args:
          key_func: a function of an element that gives its key, an int64 scalar.
          reduce_func: a function of a key and a dataset of elements that gives a dataset.
          window_size: how many elements of a key are passed to it at once.
          window_size_func: a function of a key that gives that number.
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
        """A dataset of the elements that can be made, without those that raise an exception.

        Args:
          log_warning: whether exceptions are logged.
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
        """A dataset of the elements of the datasets that a function makes, of several datasets in turn.

        Args:
          map_func: a function of an element that gives a dataset.
          cycle_length: how many datasets take turns; the number of processors if None.
          block_length: how many elements a dataset gives in its turn; 1 if None.
          num_parallel_calls: None, or a number or `tf.data.AUTOTUNE`: then each dataset's elements are made ahead by a
            thread of its own (with `AUTOTUNE` if they take long enough).
          deterministic: not used: the order is always the same.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. TypeError tells of a function that gives something else than a dataset.

        Raises:
          InvalidArgumentError: a length or the number of calls is not positive.
          ValueError: the function cannot be called.

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
        """A dataset of what a function gives for each element.

        An exception that the function raises keeps its class and traceback, and gets a note that tells the element.

        Args:
          map_func: a function of an element, whose parts are arguments of their own where it is a tuple. What it
            returns becomes tensors, a list counting as a tuple.
          num_parallel_calls: None, or how many threads call it at the same time; with `tf.data.AUTOTUNE` as many as
            there are processors, if calls take long enough.
          deterministic: whether elements keep their order where threads call, which they do unless it is False.
          synchronous, use_unbounded_threadpool: not used.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Raises:
          InvalidArgumentError: the number of calls is not positive.
          ValueError: the function cannot be called.

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
        """The options of the dataset and of those that it was made of.

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
        """A dataset of batches of elements that are padded to one shape.

        Args:
          batch_size: how many elements a batch has.
          padded_shapes: a structure of shapes, None or -1 for the largest size in a batch; so everywhere if it is None.
          padding_values: a structure of scalars, or one for all; 0, False or empty text if None.
          drop_remainder: whether the last batch is left out if it has fewer.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. DataLossError tells of an element that is larger than the shape.

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
        """A dataset whose elements a thread makes ahead.

        Args:
          buffer_size: how many; with `tf.data.AUTOTUNE` two, if they take long enough.
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
        """A dataset of batches of other sizes.

        Args:
          batch_size: the size, or a list of sizes that take turns.
          drop_remainder: whether the last batch is left out if it has fewer rows.
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
        """The last state of a function of a state and an element that gives the next state.

        Args:
          initial_state: a structure of tensors.
          reduce_func: the function.
          name: not used; TensorFlow names operations by it.

        Returns:
          A structure of tensors.

        Raises:
          TypeError: a new state differs in structure or dtype.
          InvalidArgumentError: it has more or fewer parts.

        Example:
          >>> tf.data.Dataset.range(5).reduce(np.int64(0), lambda total, x: total + x).numpy()
          np.int64(10)
        """
        return mapping.reduce(self._node, initial_state, reduce_func)

    def repeat(self, count: Any = None, name: str | None = None) -> Dataset:
        """A dataset of the elements several times over; it is iterated over anew each time.

        Args:
          count: how many times; for ever if it is None or negative.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Example:
          >>> list(tf.data.Dataset.range(2).repeat(2).as_numpy_iterator())
          [np.int64(0), np.int64(1), np.int64(0), np.int64(1)]
        """
        return wrap(Repeat(self._node, -1 if count is None else scalar(count, "count")))

    def scan(self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """A dataset of what a function of a state and an element gives, beside the next state.

        Args:
          initial_state: a structure of tensors.
          scan_func: a function of a state and an element that gives a state and an output.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. TypeError tells of a function that gives something else.

        Raises:
          ValueError: the function cannot be called.

        Example:
          >>> dataset = tf.data.Dataset.range(1, 5)
          >>> sums = dataset.scan(np.int64(0), lambda total, x: (total + x, total + x))
          >>> list(sums.as_numpy_iterator())
          [np.int64(1), np.int64(3), np.int64(6), np.int64(10)]
        """
        return wrap(Scan(self._node, initial_state, scan_func))

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> Dataset:
        """A dataset of every so-manieth element.

        Args:
          num_shards: how many such datasets there are.
          index: which of them this is, from 0.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Raises:
          InvalidArgumentError: there is no such shard.

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
        """A dataset of the elements in random order, TensorFlow's for the same seeds.

        A buffer is filled with elements; each one that is given is drawn from it, and replaced by the next.

        Args:
          buffer_size: how many elements are in the buffer; as many as there are if it is
            `tf.data.UNKNOWN_CARDINALITY`.
          seed: the shuffling's own seed.
          reshuffle_each_iteration: whether each iteration has another order.
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
        """A dataset without the first elements.

        Args:
          count: how many are left out; all if it is negative.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Example:
          >>> list(tf.data.Dataset.range(5).skip(3).as_numpy_iterator())
          [np.int64(3), np.int64(4)]
        """
        return wrap(Skip(self._node, scalar(count, "count")))

    def take(self, count: Any, name: str | None = None) -> Dataset:
        """A dataset of the first elements.

        Args:
          count: how many; all if it is negative.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset.

        Example:
          >>> list(tf.data.Dataset.range(5).take(2).as_numpy_iterator())
          [np.int64(0), np.int64(1)]
        """
        return wrap(Take(self._node, scalar(count, "count")))

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """A dataset of the elements up to the first of which a predicate is false.

        Args:
          predicate: a function of an element that gives a bool.
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. ValueError tells of a predicate that gives something else.

        Raises:
          ValueError: the predicate cannot be called.

        Example:
          >>> list(tf.data.Dataset.range(5).take_while(lambda x: x < 2).as_numpy_iterator())
          [np.int64(0), np.int64(1)]
        """
        return wrap(Filter(self._node, predicate, True))

    def unbatch(self, name: str | None = None) -> Dataset:
        """A dataset of the rows of the elements.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          A dataset. InvalidArgumentError tells of an element whose parts differ in their numbers of rows.

        Raises:
          ValueError: elements are scalars, or their parts differ in their numbers of rows.

        Example:
          >>> list(tf.data.Dataset.range(3).batch(2).unbatch().as_numpy_iterator())
          [np.int64(0), np.int64(1), np.int64(2)]
        """
        return wrap(Unbatch(self._node))

    def unique(self, name: str | None = None) -> Dataset:
        """A dataset without elements that were there before.

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
        """A dataset of datasets of so many elements.

        Args:
          size: how many elements a window has.
          shift: how many elements further the next one begins; `size` if None.
          stride: the distance of a window's elements.
          drop_remainder: whether windows with fewer elements are left out.
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
        """The dataset with options. They are kept, and change nothing.

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
