"""Input: the symbolic inputs of functional models."""

from __future__ import annotations

import warnings
from typing import Any

from gradtape._src.keras.keras_tensor import KerasTensor, standardize_shape
from gradtape._src.keras.layer import Layer
from gradtape._src.keras.operation import Node
from gradtape._src.keras.settings import standardize_dtype


class InputLayer(Layer):
    """The layer that represents an input of a model, created by `keras.Input`.

    Args:
      shape: the shape of one example.
      batch_size: the number of examples, if it is fixed.
      dtype: the dtype; `floatx` by default.
      sparse, ragged: False; tensors are dense.
      batch_shape: the shape including the number of examples.
      input_tensor: a symbolic value to use instead of a new one.
      optional: whether None is accepted.
      name: its name; "input_layer" with a number by default.
      kwargs: `input_shape` and `batch_input_shape`, earlier names of `shape` and `batch_shape`.

    Raises:
      ValueError: no shape, or two of them.

    Example:
      >>> tf.keras.layers.InputLayer((3,)).batch_shape
      (None, 3)
    """

    _inbound_nodes: Any

    _home = "keras.layers"

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: KerasTensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name)
        if "input_shape" in kwargs:
            warnings.warn("Argument `input_shape` is deprecated. Use `shape` instead.", stacklevel=2)
            shape = kwargs["input_shape"]
        batch_shape = kwargs.get("batch_input_shape", batch_shape)
        if sparse or ragged:
            raise ValueError("Tensors are dense: omit `sparse` and `ragged`, and pad ragged data.")
        if input_tensor is not None:
            if not isinstance(input_tensor, KerasTensor):
                raise ValueError(
                    f"Argument `input_tensor` must be a KerasTensor. Received invalid type: "
                    f"input_tensor={input_tensor} (of type {type(input_tensor)})"
                )
            given = {
                "batch_size": batch_size is None or input_tensor.shape[:1] == (batch_size,),
                "shape": shape is None or tuple(shape) == input_tensor.shape[1:],
                "batch_shape": batch_shape is None or tuple(batch_shape) == input_tensor.shape,
                "dtype": dtype is None or standardize_dtype(dtype) == input_tensor.dtype,
            }
            for argument, fits in given.items():
                if not fits:
                    raise ValueError(
                        "When providing the `input_tensor` argument, you cannot provide an incompatible "
                        f"`{argument}` argument."
                    )
            batch_shape, dtype = input_tensor.shape, input_tensor.dtype
        else:
            if shape is not None and batch_shape is not None:
                raise ValueError("You cannot pass both `shape` and `batch_shape` at the same time.")
            if batch_size is not None and batch_shape is not None:
                raise ValueError("You cannot pass both `batch_size` and `batch_shape` at the same time.")
            if shape is None and batch_shape is None:
                raise ValueError("You must pass a `shape` argument.")
            if shape is not None:
                batch_shape = (batch_size, *standardize_shape(shape))
        self._batch_shape = standardize_shape(batch_shape)
        self._dtype = standardize_dtype(dtype)
        self.sparse: bool = False
        self.ragged: bool = False
        self.optional = optional
        if input_tensor is None:
            input_tensor = KerasTensor(self._batch_shape, self._dtype, name=name)
        Node(self, (), {}, input_tensor)
        self.built = True

    def call(self) -> None:
        """No computation: models use their inputs instead."""

    @property
    def batch_shape(self) -> tuple[int | None, ...]:
        """The shape including the number of examples."""
        return self._batch_shape

    @property
    def dtype(self) -> str:
        """The dtype, by name."""
        return self._dtype

    def get_config(self) -> dict[str, Any]:
        """The arguments that create an equal input.

        Returns:
          A dict of plain data.

        Example:
          >>> tf.keras.layers.InputLayer((3,), name="x").get_config()["batch_shape"]
          (None, 3)
        """
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self.optional,
        }


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: KerasTensor | None = None,
    optional: bool = False,
) -> KerasTensor:
    """A symbolic input of a functional model.

    Args:
      shape: the shape of one example, in which None stands for any size.
      batch_size: the number of examples, if it is fixed.
      dtype: the dtype; `floatx` by default.
      sparse, ragged: False; tensors are dense.
      batch_shape: the shape including the number of examples.
      name: its name; "input_layer" with a number by default.
      tensor: a symbolic value to use instead of a new one.
      optional: whether None is accepted.

    Returns:
      A KerasTensor.

    Raises:
      ValueError: no shape, or two of them.

    Example:
      >>> x = tf.keras.Input((3,))
      >>> model = tf.keras.Model(x, tf.keras.layers.Dense(2)(x))
      >>> model.output_shape
      (None, 2)
    """
    layer = InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name)
    return layer._inbound_nodes[0].outputs[0]
