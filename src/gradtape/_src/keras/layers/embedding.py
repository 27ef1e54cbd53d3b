"""Embedding: rows of a weight matrix by index."""

from __future__ import annotations

import warnings
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_elementwise, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import int32, int64
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.keras.keras_tensor import is_symbolic, keras_ops
from gradtape._src.keras.layers.configured import Configured, ordered
from gradtape._src.keras.layers.dense import Shape, check_float
from gradtape._src.ops.gathering import gather


class Embedding(Configured):
    """Maps integers to rows of a weight matrix.

    Args:
      input_dim: number of rows; inputs are in [0, input_dim).
      output_dim: the length of a row.
      embeddings_initializer: initializers of the weights: an initializer, its name or its configuration.
      embeddings_regularizer: regularizers of the weights.
      embeddings_constraint: constraints applied to the weights after each optimizer step.
      mask_zero: whether inputs of 0 are padding, which layers that know masks then leave out.
      weights: the matrix to begin with, in place of an initializer's.
      quantization_config: None.
      kwargs: `name`, `trainable`, `dtype` and `activity_regularizer`, see :class:`Layer`.

    Raises:
      ValueError: sizes that are not positive ints.

    Example:
      >>> layer = tf.keras.layers.Embedding(3, 2, weights=np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]))
      >>> layer(tf.constant([[1, 2]])).numpy()
      array([[[1., 2.],
              [3., 4.]]], dtype=float32)
    """

    input_dim: int
    mask_zero: bool
    output_dim: int

    _unwritten = ("weights",)

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        quantization_config: None = None,
        **kwargs: Any,
    ) -> None:
        for name, size in (("input_dim", input_dim), ("output_dim", output_dim)):
            if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
                raise ValueError(
                    f"`{name}` must be a positive integer. Received: {name}={size} (of type {type(size).__name__})."
                )
        check_float(quantization_config)
        if kwargs.pop("input_length", None) is not None:
            warnings.warn("Argument `input_length` is deprecated. Just remove it.", stacklevel=2)
        super().__init__(**kwargs)
        self._take(
            input_dim=input_dim,
            output_dim=output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            quantization_config=quantization_config,
        )
        self.supports_masking = mask_zero
        self.autocast = False
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    @property
    def embeddings(self) -> Any:
        """The weight matrix."""
        if not self.built:
            raise AttributeError("You must build the layer before accessing `embeddings`.")
        return self._embeddings

    def build(self, input_shape: Shape | None = None) -> None:
        """Creates the matrix."""
        if self.built:
            return
        self._embeddings = self._weight("embeddings", (self.input_dim, self.output_dim))
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Computes the layer's output."""
        if inputs.dtype is not int32 and inputs.dtype is not int64:
            inputs = apply_cast(inputs, int32)
        try:
            return gather(self._embeddings, inputs)
        except InvalidArgumentError:
            # Negative numbers count from the end; those that are still out of range raise now.
            from_end = apply_elementwise("select", inputs < 0, inputs + self.input_dim, inputs)
            try:
                return gather(self._embeddings, from_end)
            except InvalidArgumentError:
                # Keras gathers from a tensor, and the error names that op.
                return gather(as_tensor(self._embeddings), from_end)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of inputs other than 0 if `mask_zero`, else None."""
        if not self.mask_zero:
            return None
        return keras_ops().not_equal(inputs, 0) if is_symbolic(inputs) else apply_elementwise("not_equal", inputs, 0)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        return (*input_shape, self.output_dim)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data, without the weights."""
        config = super().get_config()
        config.setdefault("activity_regularizer", None)
        last = ("activity_regularizer", "embeddings_constraint", "mask_zero", "quantization_config")
        return {name: config[name] for name in ordered(config, (..., *last))}
