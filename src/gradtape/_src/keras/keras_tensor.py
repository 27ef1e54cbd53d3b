"""KerasTensor: a symbolic value of a functional model, with a shape and a dtype."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

from gradtape._src.keras.naming import auto_name
from gradtape._src.keras.settings import standardize_dtype


class KerasHistory(NamedTuple):
    """The origin of a KerasTensor: the tensor_index-th result of the node_index-th call of an operation."""

    operation: Any
    node_index: int
    tensor_index: int


class KerasTensor:
    """A symbolic value, returned by `keras.Input`, and by layers and `keras.ops` for symbolic arguments.

    Args:
      shape: its shape, in which None stands for any size.
      dtype: its dtype.
      sparse, ragged: not used; tensors are dense.
      record_history: whether to record what is computed from it.
      name: its name; "keras_tensor" with a number by default.

    Raises:
      ValueError: the shape is None or has a size that is neither None nor a natural number, the dtype is unknown, or it
        is to be both sparse and ragged.

    Example:
      >>> x = tf.keras.KerasTensor((None, 3))
      >>> x.shape, x.dtype
      ((None, 3), 'float32')
    """

    __array_priority__ = 1000
    _keras_history: KerasHistory | None = None
    _keras_mask: Any = None
    _pre_serialization_keras_history: Any = None

    def __init__(
        self,
        shape: Any,
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
    ) -> None:
        if sparse and ragged:
            raise ValueError("KerasTensor cannot have `sparse=True` and `ragged=True` at the same time.")
        self._shape = standardize_shape(shape)
        self._dtype = standardize_dtype(dtype)
        self._sparse, self._ragged = bool(sparse), bool(ragged)
        self.name: str = name or (auto_name("keras_tensor") if record_history else "keras_tensor")
        self.record_history = record_history

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape, in which None means any size."""
        return self._shape

    @property
    def dtype(self) -> str:
        """The dtype's name."""
        return self._dtype

    @property
    def sparse(self) -> bool:
        """Whether it was declared as sparse."""
        return self._sparse

    @property
    def ragged(self) -> bool:
        """Whether it was declared as ragged."""
        return self._ragged

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._shape)

    def reshape(self, newshape: Any) -> Any:
        """The value reshaped.

        Args:
          newshape: the shape.

        Returns:
          A KerasTensor.

        Example:
          >>> tf.keras.Input((4,)).reshape((-1, 2, 2)).shape
          (None, 2, 2)
        """
        return keras_ops().reshape(self, newshape)

    def squeeze(self, axis: Any = None) -> Any:
        """The value without axes of size 1.

        Args:
          axis: the axes; all of size one by default.

        Returns:
          A KerasTensor.

        Example:
          >>> tf.keras.Input((4, 1)).squeeze(-1).shape
          (None, 4)
        """
        return keras_ops().squeeze(self, axis)

    def __repr__(self) -> str:
        return (
            f"<KerasTensor shape={self.shape}, dtype={self.dtype}, sparse={self.sparse}, ragged={self.ragged}, "
            f"name={self.name}>"
        )

    def __int__(self) -> int:
        raise ValueError(_NO_VALUE.format("an int"))

    def __float__(self) -> float:
        raise ValueError(_NO_VALUE.format("a float"))

    def __array__(self, *arguments: Any, **keywords: Any) -> Any:
        raise ValueError(_NO_VALUE.format("a NumPy array"))

    def __tf_tensor__(self, dtype: Any = None, name: Any = None) -> Any:
        raise ValueError(_ONLY_KERAS)

    def __iter__(self) -> Any:
        raise NotImplementedError("Iterating over a symbolic KerasTensor is not supported.")

    def __bool__(self) -> bool:
        raise TypeError("A symbolic KerasTensor cannot be used as a boolean.")


_NO_VALUE = (
    "A KerasTensor is symbolic: it's a placeholder for a shape an a dtype. It doesn't have any actual numerical value. "
    "You cannot convert it to {}."
)
_ONLY_KERAS = (
    "A KerasTensor cannot be used as input to a TensorFlow function. A KerasTensor is a symbolic placeholder for a "
    "shape and dtype, used when constructing Keras Functional models or Keras Functions. You can only use it as input "
    "to a Keras layer or a Keras operation (from the namespaces `keras.layers` and `keras.ops`). You are likely doing "
    "something like:\n\n```\nx = Input(...)\n...\ntf_fn(x)  # Invalid.\n```\n\nWhat you should do instead is wrap "
    "`tf_fn` in a layer:\n\n```\nclass MyLayer(Layer):\n    def call(self, x):\n        return tf_fn(x)\n\nx = "
    "MyLayer()(x)\n```\n"
)

# Python's operators and the corresponding functions of keras.ops.
_BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "matmul": "matmul",
    "truediv": "true_divide",
    "pow": "power",
    "floordiv": "floor_divide",
    "mod": "mod",
    "and": "logical_and",
    "or": "logical_or",
    "xor": "logical_xor",
}
_COMPARISONS = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "ne": "not_equal"}
_UNARY = {"neg": "negative", "abs": "absolute", "invert": "logical_not"}


def keras_ops() -> Any:
    """The module keras.ops, which is imported with the first functional model."""
    return importlib.import_module("gradtape.keras.ops")


def _operator(function: str, swapped: bool = False) -> Callable[..., Any]:
    if swapped:
        return lambda self, other: getattr(keras_ops(), function)(other, self)
    return lambda self, *others: getattr(keras_ops(), function)(self, *others)


for _name, _function in {**_BINARY, **_COMPARISONS, **_UNARY}.items():
    setattr(KerasTensor, f"__{_name}__", _operator(_function))
for _name, _function in _BINARY.items():
    setattr(KerasTensor, f"__r{_name}__", _operator(_function, swapped=True))
KerasTensor.__getitem__ = _operator("get_item")  # type: ignore[misc]
KerasTensor.__round__ = _operator("round")  # type: ignore[attr-defined]


def standardize_shape(shape: Any) -> tuple[int | None, ...]:
    """Converts a shape to a tuple of ints and None; ValueError if it is invalid."""
    if shape is None:
        raise ValueError("Undefined shapes are not supported.")
    if not hasattr(shape, "__iter__"):
        raise ValueError(f"Cannot convert '{shape}' to a shape.")
    sizes: list[int | None] = []
    for size in shape:
        if size is not None:
            if isinstance(size, str | float) or not hasattr(size, "__index__"):
                raise ValueError(
                    f"Cannot convert '{tuple(shape)}' to a shape. "
                    f"Found invalid dimension '{size}' of type '{type(size)}'. "
                )
            size = int(size)
            if size < 0:
                raise ValueError(f"Cannot convert '{tuple(shape)}' to a shape. Negative dimensions are not allowed.")
        sizes.append(size)
    return tuple(sizes)


def is_symbolic(value: Any) -> bool:
    """Whether a value is a KerasTensor or a structure that contains one."""
    kind = type(value)
    if kind is KerasTensor:
        return True
    if kind is list or kind is tuple:
        return any(map(is_symbolic, value))
    if kind is dict:
        return any(map(is_symbolic, value.values()))
    return isinstance(value, KerasTensor)


def is_keras_tensor(obj: Any) -> bool:
    """Whether an object is a symbolic value.

    Args:
      obj: any object.

    Returns:
      A bool.

    Example:
      >>> tf.keras.utils.is_keras_tensor(tf.keras.Input((2,)))
      True
    """
    return isinstance(obj, KerasTensor)
