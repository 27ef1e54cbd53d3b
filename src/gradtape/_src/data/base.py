"""Base class of datasets: the last node of a pipeline, with the protocols of iterables."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.record.primitive import fail_trace
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, missing
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.tensor_spec import TypeSpec
from gradtape._src.data import structure
from gradtape._src.data.errors import refused
from gradtape._src.data.iterator import Iterator
from gradtape._src.data.node import COMES_IN, END, INFINITE, UNKNOWN, Node
from gradtape._src.data.sources import Elements


class DatasetBase:
    """The last node of a pipeline."""

    _node: Node
    _public: type  # the class of the datasets that transformations return

    def __iter__(self) -> Iterator:
        return Iterator(self._node)

    def __len__(self) -> int:
        count = self._node.cardinality()
        if count == INFINITE:
            raise TypeError("The dataset is infinite.")
        if count == UNKNOWN:
            raise TypeError("The dataset length is unknown.")
        return count

    def __bool__(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(missing.explain_of("Dataset", name), name=name, obj=self)

    def __repr__(self) -> str:
        return f"<{self._node.label} element_spec={self._node.spec}>"

    @property
    def element_spec(self) -> Any:
        """The specification of the elements: a structure of `tf.TensorSpec`.

        Functions in the pipeline are called with zeros to infer the spec of their results, or with the first element
        if they do not accept zeros.
        """
        return self._node.spec

    @property
    def _type_spec(self) -> DatasetSpec:
        """The spec of the dataset as a component of another dataset's elements."""
        return DatasetSpec(self._node.spec)

    def _encoded(self) -> list[Any]:
        """The encoded elements of a dataset that is a component of an element."""
        if not isinstance(self._node, Elements):
            raise TypeError(
                f"The state of an iterator cannot be saved while {self!r} is in a buffer: of datasets within datasets "
                "only windows and groups can be saved."
            )
        return [structure.encode(element) for element in self._node.elements]


class DatasetSpec(TypeSpec):
    """The type specification of a dataset that is a component of an element, or an argument of a function.

    Args:
      element_spec: the specification of its elements.
      dataset_shape: the shape of a tensor of datasets; only scalars are supported.

    Raises:
      TypeError: dataset_shape is not a shape.
      ValueError: dataset_shape has a negative size.

    Example:
      >>> tf.data.Dataset.range(4).window(2).element_spec
      DatasetSpec(TensorSpec(shape=(), dtype=tf.int64, name=None), TensorShape([]))
    """

    __slots__ = ("_element_spec", "_shape")

    def __init__(self, element_spec: Any, dataset_shape: Any = ()) -> None:
        self._element_spec = element_spec
        self._shape = TensorShape(dataset_shape)

    @property
    def element_spec(self) -> Any:
        """The specification of the dataset's elements."""
        return self._element_spec

    @property
    def value_type(self) -> type:
        """`tf.data.Dataset`."""
        return DatasetBase._public

    @classmethod
    def from_value(cls, value: DatasetBase) -> DatasetSpec:
        """The specification of a dataset.

        Args:
          value: a dataset.

        Returns:
          A DatasetSpec.

        Example:
          >>> tf.data.DatasetSpec.from_value(tf.data.Dataset.range(3)).element_spec
          TensorSpec(shape=(), dtype=tf.int64, name=None)
        """
        return cls(value.element_spec)

    def decoded(self, elements: list[Any]) -> Any:
        """The dataset of encoded elements.

        Args:
          elements: encoded elements.

        Returns:
          A dataset.

        Example:
          >>> spec = tf.data.DatasetSpec(tf.TensorSpec([], tf.int64))
          >>> list(spec.decoded([[1], [2]]).as_numpy_iterator())
          [np.int64(1), np.int64(2)]
        """
        decoded = [structure.decode(self._element_spec, arrays) for arrays in elements]
        return wrap(Elements(decoded, "_VariantDataset", lambda: self._element_spec))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatasetSpec) and self._element_spec == other._element_spec

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"DatasetSpec({self._element_spec}, {self._shape!r})"


def wrap(node: Node) -> Any:
    """The dataset of a node."""
    dataset: Any = object.__new__(DatasetBase._public)
    dataset._node = node
    return dataset


def scalar(value: Any, name: str) -> int:
    """Converts a number, or an int64 scalar tensor, to an int."""
    if type(value) is int:
        return value
    if isinstance(value, BaseVariable):
        value = value.value()
    if isinstance(value, Tensor):
        if value.dtype is not dtypes.int64:
            raise ValueError(
                f"{name}: Tensor conversion requested dtype int64 for Tensor with dtype {value.dtype.name}: {value!r}"
            )
        return int(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "iu":
        return int(value)
    raise TypeError(f"Cannot convert {value!r} to EagerTensor of dtype int64")


def cardinality_of(node: Node) -> Tensor:
    return as_tensor(node.cardinality(), dtypes.int64)


def only_element(node: Node, op: str = "DatasetToSingleElement") -> Any:
    """The only element of a dataset."""
    fail_trace(COMES_IN)
    cursor = node.cursor()
    element = cursor.next()
    kernel = f"{op}_output_types_{node.components}"
    if element is END:
        raise refused(op, "Dataset was empty.", kernel)
    if cursor.next() is not END:
        raise refused(op, "Dataset had more than one element.", kernel)
    return element
