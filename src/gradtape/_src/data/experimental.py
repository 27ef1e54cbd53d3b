"""tf.data.experimental: the functions that programs use, most of which have become methods of datasets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.data import structure
from gradtape._src.data.base import cardinality_of, only_element, scalar, wrap
from gradtape._src.data.caching import AssertCardinality
from gradtape._src.data.dataset import Dataset
from gradtape._src.data.functions import component_of
from gradtape._src.data.sources import Elements

Transformation = Callable[[Dataset], Dataset]


def assert_cardinality(expected_cardinality: Any) -> Transformation:
    """For `Dataset.apply`: declares the number of elements, which is checked.

    Args:
      expected_cardinality: the number, or `tf.data.INFINITE_CARDINALITY`.

    Returns:
      A function of a dataset. A different number of elements raises FailedPreconditionError.

    Raises:
      TypeError, ValueError: expected_cardinality is not an integer.
      FailedPreconditionError: on iteration, the number of elements is another.

    Example:
      >>> dataset = tf.data.Dataset.range(5).filter(lambda x: x > 1)
      >>> len(dataset.apply(tf.data.experimental.assert_cardinality(3)))
      3
    """
    count = scalar(expected_cardinality, "expected_cardinality")
    return lambda dataset: wrap(AssertCardinality(dataset._node, count))


def cardinality(dataset: Dataset) -> Tensor:
    """The number of elements; see `Dataset.cardinality`.

    Args:
      dataset: a dataset.

    Returns:
      An int64 scalar.

    Raises:
      AttributeError: dataset is not a dataset.

    Example:
      >>> tf.data.experimental.cardinality(tf.data.Dataset.range(3)).numpy()
      np.int64(3)
    """
    return cardinality_of(dataset._node)


def get_single_element(dataset: Dataset) -> Any:
    """The only element of a dataset.

    Args:
      dataset: a dataset.

    Returns:
      An element.

    Raises:
      InvalidArgumentError: there is not exactly one element.

    Example:
      >>> tf.data.experimental.get_single_element(tf.data.Dataset.range(1)).numpy()
      np.int64(0)
    """
    return only_element(dataset._node)


def get_structure(dataset_or_iterator: Any) -> Any:
    """The specification of the elements of a dataset or iterator.

    Args:
      dataset_or_iterator: a dataset or iterator.

    Returns:
      A structure of `tf.TensorSpec`.

    Raises:
      TypeError: the argument is neither.

    Example:
      >>> tf.data.experimental.get_structure(tf.data.Dataset.range(3))
      TensorSpec(shape=(), dtype=tf.int64, name=None)
    """
    try:
        return dataset_or_iterator.element_spec
    except AttributeError:
        raise TypeError(
            "Invalid `dataset_or_iterator`. `dataset_or_iterator` must be a `tf.data.Dataset` or tf.data.Iterator "
            f"object, but got {type(dataset_or_iterator)}."
        ) from None


def get_next_as_optional(iterator: Any) -> Any:
    """An iterator's next element as an optional.

    Args:
      iterator: an iterator over a dataset.

    Returns:
      An object with `has_value` and `get_value`.

    Raises:
      AttributeError: iterator is not an iterator over a dataset.

    Example:
      >>> tf.data.experimental.get_next_as_optional(iter(tf.data.Dataset.range(3))).get_value().numpy()
      np.int64(0)
    """
    return iterator.get_next_as_optional()


def from_list(elements: Any, name: str | None = None) -> Dataset:
    """A dataset of the elements of a list.

    Args:
      elements: a list of elements of one structure.
      name: not used; TensorFlow names operations by it.

    Returns:
      A dataset.

    Raises:
      ValueError: the list is empty.
      TypeError: elements differ in structure or dtype.

    Example:
      >>> list(tf.data.experimental.from_list([(1, "a"), (2, "b")]).as_numpy_iterator())
      [(np.int32(1), b'a'), (np.int32(2), b'b')]
    """
    if not elements:
        raise ValueError(
            "Invalid `elements`. `elements` should not be empty. If you want an empty dataset, use "
            "`tf.data.Dataset.range(0)`."
        )
    made = [structure.element_of(element, component_of) for element in elements]
    spec = structure.element_spec_of(made[0])
    for element in made[1:]:
        other = structure.element_spec_of(element)
        if not structure.same_structure(spec, other):
            raise TypeError(f"Invalid `elements`. The elements {made[0]} and {element} differ in structure.")
        try:
            spec = structure.relaxed(spec, other)
        except ValueError:
            raise TypeError(f"Invalid `elements`. The elements {made[0]} and {element} differ in dtype.") from None
    return wrap(Elements(made, "_ListDataset", lambda: spec))


def unbatch() -> Transformation:
    """For `Dataset.apply`: the same as `Dataset.unbatch`.

    Returns:
      A function of a dataset.

    Raises:
      ValueError: on application, a component is a scalar, or their first sizes differ.

    Example:
      >>> len(list(tf.data.Dataset.range(3).batch(2).apply(tf.data.experimental.unbatch())))
      3
    """
    return lambda dataset: dataset.unbatch()


def unique() -> Transformation:
    """For `Dataset.apply`: the same as `Dataset.unique`.

    Returns:
      A function of a dataset.

    Raises:
      TypeError: on application, the elements are not of dtype int32, int64 or string.

    Example:
      >>> len(list(tf.data.Dataset.range(3).apply(tf.data.experimental.unique())))
      3
    """
    return lambda dataset: dataset.unique()


def ignore_errors(log_warning: bool = False) -> Transformation:
    """For `Dataset.apply`: the same as `Dataset.ignore_errors`.

    Args:
      log_warning: whether to log exceptions.

    Returns:
      A function of a dataset.

    Example:
      >>> len(list(tf.data.Dataset.range(3).apply(tf.data.experimental.ignore_errors())))
      3
    """
    return lambda dataset: dataset.ignore_errors(log_warning)


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: int | None = None) -> Transformation:
    """For `Dataset.apply`: `Dataset.shuffle`, then `Dataset.repeat`.

    Args:
      buffer_size: the number of elements in the buffer.
      count: the number of times; forever if it is None or negative.
      seed: the op-level seed.

    Returns:
      A function of a dataset.

    Raises:
      TypeError, ValueError: on application, buffer_size, count or seed is not an integer.
      InvalidArgumentError: on application, buffer_size is not positive.

    Example:
      >>> len(list(tf.data.Dataset.range(3).apply(tf.data.experimental.shuffle_and_repeat(3, 2))))
      6
    """
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


def map_and_batch(
    map_func: Callable[..., Any],
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: bool = False,
    num_parallel_calls: Any = None,
) -> Transformation:
    """For `Dataset.apply`: `Dataset.map`, then `Dataset.batch`.

    Args:
      map_func: a function of an element.
      batch_size: the number of elements in a batch.
      num_parallel_batches: the number of batches that threads compute at the same time; not with `num_parallel_calls`.
      drop_remainder: whether to drop the last batch if it is smaller.
      num_parallel_calls: the number of threads that call the function.

    Returns:
      A function of a dataset.

    Raises:
      ValueError: both `num_parallel_batches` and `num_parallel_calls` are given.

    Example:
      >>> doubled = tf.data.experimental.map_and_batch(lambda x: 2 * x, 2)
      >>> list(tf.data.Dataset.range(3).apply(doubled).as_numpy_iterator())
      [array([0, 2]), array([4])]
    """
    if num_parallel_batches is not None and num_parallel_calls is not None:
        raise ValueError(
            "`map_and_batch` allows only one of `num_parallel_batches` and `num_parallel_calls` to be set."
        )
    size = scalar(batch_size, "batch_size")
    calls = num_parallel_calls if num_parallel_batches is None else num_parallel_batches * size
    return lambda dataset: dataset.map(map_func, calls).batch(size, drop_remainder)


def Counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64) -> Dataset:
    """An infinite dataset of equally spaced numbers; the same as `Dataset.counter`.

    Args:
      start: the first number.
      step: the step.
      dtype: the numbers' dtype.

    Returns:
      A dataset of scalars.

    Raises:
      TypeError: dtype is unknown, or does not hold start or step.
      ValueError: start or step cannot be converted to a tensor.

    Example:
      >>> list(tf.data.experimental.Counter().take(2).as_numpy_iterator())
      [np.int64(0), np.int64(1)]
    """
    return Dataset.counter(start, step, dtype)
