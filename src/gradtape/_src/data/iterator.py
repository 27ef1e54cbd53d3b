"""Iterators over datasets."""

from __future__ import annotations

import threading
from typing import Any

from gradtape._engine.api.api import as_tensor
from gradtape._engine.record.primitive import fail_trace
from gradtape._src.core.errors import InvalidArgumentError, OutOfRangeError
from gradtape._src.data import structure
from gradtape._src.data.errors import at_next
from gradtape._src.data.node import COMES_IN, END, Node, State


class Iterator:
    """An iterator over a dataset. It is thread-safe.

    Args:
      node: the node of a pipeline; programs call `iter(dataset)`.

    Raises:
      AttributeError: node is not the node of a dataset.

    Example:
      >>> iterator = iter(tf.data.Dataset.range(3))
      >>> [int(element) for element in iterator]
      [0, 1, 2]
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._cursor = node.cursor()
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        element = self._advance()
        if element is END:
            raise StopIteration
        return element

    def _advance(self) -> Any:
        fail_trace(COMES_IN)
        with self._lock:
            return self._cursor.next()

    def next(self) -> Any:
        """The next element.

        Returns:
          An element.

        Raises:
          StopIteration: there are no more.

        Example:
          >>> iter(tf.data.Dataset.range(3)).next().numpy()
          np.int64(0)
        """
        return self.__next__()

    def get_next(self) -> Any:
        """The next element.

        Returns:
          An element.

        Raises:
          OutOfRangeError: there are no more.

        Example:
          >>> iter(tf.data.Dataset.range(3)).get_next().numpy()
          np.int64(0)
        """
        element = self._advance()
        if element is END:
            raise at_next(OutOfRangeError, "End of sequence", self._node.components)
        return element

    def get_next_as_optional(self) -> Optional:
        """The next element as an optional.

        Returns:
          A `tf.experimental.Optional`.

        Example:
          >>> iter(tf.data.Dataset.range(0)).get_next_as_optional().has_value().numpy()
          np.False_
        """
        return Optional(self._advance(), self._node)

    @property
    def element_spec(self) -> Any:
        """The specification of the elements: a structure of `tf.TensorSpec`."""
        return self._node.spec

    def state_dict(self) -> State:
        """The state of the iteration, to resume it later, possibly in another process.

        It includes shuffle buffers, prefetched elements, seeds and positions, but not the arrays that a
        dataset was created from. A generator is restarted, and the values that it had yielded are skipped.

        Returns:
          A dict of numbers, strings, NumPy arrays, and lists and dicts of them.

        Example:
          >>> dataset = tf.data.Dataset.range(10).shuffle(4, seed=1)
          >>> one, two = iter(dataset), iter(dataset)
          >>> _ = next(one), next(one)
          >>> two.load_state_dict(one.state_dict())
          >>> [int(element) for element in two] == [int(element) for element in one]
          True
        """
        with self._lock:
            return self._cursor.save()

    def load_state_dict(self, state: State) -> None:
        """Resumes from the state of an iteration over the same pipeline.

        Args:
          state: a result of `state_dict`.

        Raises:
          RuntimeError: threads of this iterator are already computing elements.

        Example:
          >>> one, two = iter(tf.data.Dataset.range(3)), iter(tf.data.Dataset.range(3))
          >>> _ = next(one)
          >>> two.load_state_dict(one.state_dict())
          >>> next(two).numpy()
          np.int64(1)
        """
        with self._lock:
            self._cursor.load(state)


class NumpyIterator:
    """An iterator that returns NumPy arrays instead of tensors.

    Args:
      iterator: an iterator over a dataset; programs call `dataset.as_numpy_iterator()`.

    Example:
      >>> list(tf.data.Dataset.range(3).as_numpy_iterator())
      [np.int64(0), np.int64(1), np.int64(2)]
    """

    def __init__(self, iterator: Iterator) -> None:
        self._iterator = iterator

    def __iter__(self) -> NumpyIterator:
        return self

    def __next__(self) -> Any:
        return structure.map_leaves(_to_numpy, next(self._iterator))

    def next(self) -> Any:
        """The next element.

        Returns:
          An element of NumPy values.

        Raises:
          StopIteration: there are no more.

        Example:
          >>> tf.data.Dataset.range(3).as_numpy_iterator().next()
          np.int64(0)
        """
        return self.__next__()

    def __repr__(self) -> str:
        return f"NumpyIterator(iterator={self._iterator!r})"


def _to_numpy(component: Any) -> Any:
    if not hasattr(component, "numpy") and component is not None:
        raise TypeError(
            "`tf.data.Dataset.as_numpy_iterator()` is not supported for datasets that produce values of type "
            f"{type(component)}"
        )
    return structure.to_numpy(component)


class Optional:
    """An optional element.

    Args:
      element: the element.
      node: the node of the pipeline that returned it.

    Example:
      >>> found = iter(tf.data.Dataset.range(3)).get_next_as_optional()
      >>> found.has_value().numpy(), found.get_value().numpy()
      (np.True_, np.int64(0))
    """

    def __init__(self, element: Any, node: Node) -> None:
        self._element, self._node = element, node

    def has_value(self, name: str | None = None) -> Any:
        """Whether there is an element.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          A bool tensor.

        Example:
          >>> iter(tf.data.Dataset.range(3)).get_next_as_optional().has_value().numpy()
          np.True_
        """
        return as_tensor(self._element is not END)

    def get_value(self, name: str | None = None) -> Any:
        """The element.

        Args:
          name: not used; TensorFlow names operations by it.

        Returns:
          An element.

        Raises:
          InvalidArgumentError: there is none.

        Example:
          >>> iter(tf.data.Dataset.range(3)).get_next_as_optional().get_value().numpy()
          np.int64(0)
        """
        if self._element is END:
            message = "The given optional does not have a value."
            raise InvalidArgumentError(None, None, message)
        return self._element

    @property
    def element_spec(self) -> Any:
        """The specification of the element."""
        return self._node.spec
