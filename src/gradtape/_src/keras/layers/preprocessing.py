"""Preprocessing layers: rescaling, discretization and category encoding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_reduce, apply_reshape, as_tensor
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import serialization, settings
from gradtape._src.keras.inputs import TENSORS
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.layers.configured import Configured
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.operation import is_remembered
from gradtape._src.ops.masking import one_hot
from gradtape._src.ops.sorting import searchsorted


class Preparing(Configured):
    """A layer that accepts arrays and nested lists of any dtype."""

    _allow_non_tensor_positional_args = True
    _convert_input_args = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Computes the layer's output."""
        if args:
            args = (self._taken(args[0]), *args[1:])
        return super().__call__(*args, **kwargs)

    def _taken(self, value: Any) -> Any:
        """Data as a tensor."""
        return value if isinstance(value, (*TENSORS, KerasTensor)) else as_tensor(value)

    def _cast(self, value: Any) -> Tensor:
        """A value as a tensor of the layer's dtype."""
        tensor, dtype = as_tensor(value), dtypes.as_dtype(self.compute_dtype)
        return tensor if tensor.dtype is dtype else apply_cast(tensor, dtype)


class Rescaling(Preparing):
    """inputs * scale + offset.

    Args:
      scale: a number, or one for each channel.
      offset: likewise.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: unknown keyword.
      InvalidArgumentError: scale or offset does not broadcast.

    Example:
      >>> tf.keras.layers.Rescaling(1 / 256, offset=-0.5)(np.array([[0, 64, 128]], np.uint8)).numpy()
      array([[-0.5 , -0.25,  0.  ]], dtype=float32)
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset
        self.supports_masking = True

    def call(self, inputs: Any) -> Tensor:
        """Computes the layer's output."""
        scale, offset = self._cast(self.scale), self._cast(self.offset)
        if scale.ndim and settings.image_data_format() == "channels_first":
            scale = apply_reshape(scale, (*tuple(scale.shape), *(1,) * (3 - scale.ndim)))
        return self._cast(inputs) * scale + offset

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        config = super().get_config()
        written = {name: serialization.serialize_keras_object(config[name]) for name in ("scale", "offset")}
        return {**config, **written}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Creates a layer from the result of `get_config`."""
        read = {
            name: serialization.deserialize_keras_object(config[name], custom_objects) for name in ("scale", "offset")
        }
        return cls(**{**config, **read})


class Discretization(Preparing):
    """Maps values to indices of bins.

    Args:
      bin_boundaries: the boundaries between bins, in order.
      num_bins: the number of bins, with equally many values each, for `adapt`.
      epsilon: how exactly they are made, a fraction of all values.
      output_mode: "int" for numbers, "one_hot", "multi_hot" or "count" as in :class:`CategoryEncoding`.
      sparse: False.
      dtype: the dtype of results that are not "int".
      name: the layer's name.

    Raises:
      ValueError: both or neither of bin_boundaries and num_bins, or another output_mode.

    Example:
      >>> tf.keras.layers.Discretization(bin_boundaries=[0.0, 1.0])(tf.constant([-5.0, 0.5, 1.0])).numpy()
      array([0, 1, 2], dtype=int32)
    """

    epsilon: float
    num_bins: int | None
    output_mode: str

    def __init__(
        self,
        bin_boundaries: Sequence[float] | None = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        check_dense(sparse)
        allowed = ("int", "one_hot", "multi_hot", "count")
        if output_mode not in allowed:
            raise ValueError(
                f"Unknown value for `output_mode` argument of {type(self).__name__}. Allowed values are: {allowed}. "
                f"Received: output_mode={output_mode}"
            )
        if num_bins is not None and num_bins < 0:
            raise ValueError(f"`num_bins` must be greater than or equal to 0. Received: `num_bins={num_bins}`")
        if num_bins is not None and bin_boundaries is not None:
            raise ValueError(
                "Both `num_bins` and `bin_boundaries` should not be set. "
                f"Received: `num_bins={num_bins}` and `bin_boundaries={bin_boundaries}`"
            )
        if num_bins is None and bin_boundaries is None:
            raise ValueError("You need to set either `num_bins` or `bin_boundaries`.")
        self._take(
            bin_boundaries=bin_boundaries,
            num_bins=num_bins,
            epsilon=epsilon,
            output_mode=output_mode,
            sparse=sparse,
        )
        self.summary: Any = np.zeros((2, 0), np.float32)

    @property
    def output_dtype(self) -> str:
        """The dtype of results."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Computes bins from data.

        Args:
          data: an array, a tensor, or an iterable of batches of these.
          steps: number of batches read; None for all.

        Raises:
          ValueError: the layer was made with boundaries.

        Example:
          >>> layer = tf.keras.layers.Discretization(num_bins=2)
          >>> layer.adapt(np.array([1.0, 2.0, 3.0, 4.0]))
          >>> layer(tf.constant([1.5, 3.5])).numpy()
          array([0, 1], dtype=int32)
        """
        if self.num_bins is None:
            raise ValueError(
                "Cannot adapt a Discretization layer that has been initialized with `bin_boundaries`, use `num_bins` "
                "instead."
            )
        self.reset_state()
        batches: Iterable[Any] = [data] if isinstance(data, (np.ndarray, *TENSORS)) else data
        for place, batch in enumerate(batches):
            if steps is not None and place >= steps:
                break
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Adds a batch to the summary of values seen.

        Args:
          data: an array or a tensor.

        Example:
          >>> layer = tf.keras.layers.Discretization(num_bins=2)
          >>> layer.update_state(np.array([1.0, 2.0, 3.0, 4.0]))
          >>> layer.summary[0]
          array([1., 2., 3., 4.], dtype=float32)
        """
        values = np.sort(np.asarray(held(data)).astype(np.float32).reshape(-1))
        step = max(values.size * self.epsilon, 1)
        chosen = values[int(step - 1) :: int(step)]
        own = np.stack([chosen, np.full_like(chosen, step)])
        merged = np.concatenate((own, self.summary), axis=1)
        self.summary = _compressed(merged[:, np.argsort(merged[0])], self.epsilon)

    def finalize_state(self) -> None:
        """Computes the boundaries from the summary.

        Example:
          >>> layer = tf.keras.layers.Discretization(num_bins=2)
          >>> layer.update_state(np.array([1.0, 2.0, 3.0, 4.0]))
          >>> layer.finalize_state()
          >>> layer.bin_boundaries
          [2.0]
        """
        if self.num_bins is not None:
            self.bin_boundaries: Sequence[float] | None = _compressed(self.summary, 1.0 / self.num_bins)[
                0, :-1
            ].tolist()

    def reset_state(self) -> None:
        """Resets the summary.

        Example:
          >>> layer = tf.keras.layers.Discretization(num_bins=2)
          >>> layer.update_state(np.array([1.0, 2.0, 3.0, 4.0]))
          >>> layer.reset_state()
          >>> layer.summary.shape
          (2, 0)
        """
        if self.num_bins is not None:
            self.summary = np.zeros((2, 0), np.float32)

    def call(self, inputs: Any) -> Tensor:
        """Computes the layer's output."""
        if self.bin_boundaries is None:
            raise ValueError(
                "You need to either pass the `bin_boundaries` argument at construction time or call `adapt(dataset)` "
                "before you can start using the `Discretization` layer."
            )
        values = self._cast(inputs)
        boundaries = as_tensor(list(self.bin_boundaries), values.dtype)
        flat = searchsorted(boundaries, apply_reshape(values, (-1,)), side="right")
        places = apply_reshape(flat, tuple(values.shape))
        if self.output_mode == "int":
            return places
        return encoded(places, self.output_mode, len(self.bin_boundaries) + 1, self.output_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        if self.output_mode == "int":
            return input_shape
        depth = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        return encoded_shape(input_shape, self.output_mode, depth)

    def compute_output_spec(self, inputs: Any) -> Any:
        """The shapes and dtypes of the outputs."""
        shape = self.compute_output_shape(tuple(inputs.shape))
        return KerasTensor(shape, self.output_dtype, record_history=is_remembered(inputs))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        config = super().get_config()
        own = {name: value for name, value in config.items() if name not in ("name", "trainable", "dtype")}
        return {**own, "name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Creates a layer from the result of `get_config`."""
        if None in (config.get("bin_boundaries"), config.get("num_bins")):
            return cls(**config)
        layer = cls(**{**config, "bin_boundaries": None})
        layer.bin_boundaries = config["bin_boundaries"]
        return layer


def _compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """A summary, values with their weights, of no more than 1 / epsilon values."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    counts = summary[1].cumsum()
    values = np.interp(shares, counts / counts[-1], summary[0])
    counts = np.interp(shares, counts / counts[-1], counts)
    return np.stack((values, counts - np.concatenate(([0], counts[:-1])))).astype(np.float32)


class CategoryEncoding(Preparing):
    """Encodes integers as one-hot, multi-hot or count vectors.

    Args:
      num_tokens: number of categories; inputs are in [0, num_tokens).
      output_mode: "one_hot" for one row for each integer, "multi_hot" for one that is 1 at all integers of an example,
        "count" for how often each one occurs.
      sparse: False.
      kwargs: `name` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: no number of categories, or another output_mode.

    Example:
      >>> tf.keras.layers.CategoryEncoding(num_tokens=4)([[0, 2, 2]]).numpy()
      array([[1., 0., 1., 0.]], dtype=float32)
      >>> tf.keras.layers.CategoryEncoding(num_tokens=4, output_mode="count")([[0, 2, 2]]).numpy()
      array([[1., 0., 2., 0.]], dtype=float32)
    """

    _unwritten = ("sparse",)

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_dense(sparse)
        output_mode = "multi_hot" if output_mode == "binary" else output_mode
        if output_mode not in ("count", "one_hot", "multi_hot"):
            raise ValueError(f"Unknown arg for output_mode: {output_mode}")
        if num_tokens is None:
            raise ValueError(
                "num_tokens must be set to use this layer. If the number of tokens is not known beforehand, use the "
                "IntegerLookup layer instead."
            )
        if num_tokens < 1:
            raise ValueError(f"`num_tokens` must be >= 1. Received: num_tokens={num_tokens}.")
        self.num_tokens = num_tokens
        self.output_mode = output_mode

    def call(self, inputs: Any, count_weights: Any = None) -> Tensor:
        """The layer's function of its inputs; `count_weights` say how much each integer counts."""
        if count_weights is not None:
            if self.output_mode != "count":
                raise ValueError(
                    "`count_weights` is not used when `output_mode` is not `'count'`. "
                    f"Received `count_weights={count_weights}`."
                )
            count_weights = self._cast(count_weights)
        return encoded(as_tensor(inputs), self.output_mode, self.num_tokens, self.compute_dtype, count_weights)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        return encoded_shape(input_shape, self.output_mode, self.num_tokens)


def check_dense(sparse: bool) -> None:
    if sparse:
        raise ValueError("This layer returns dense tensors: omit `sparse=True`, and use tf.sparse.from_dense.")


def encoded(integers: Tensor, mode: str, depth: int, dtype: str, weights: Tensor | None = None) -> Tensor:
    """Converts integers to rows of this many numbers."""
    if integers.ndim == 0:
        integers = apply_reshape(integers, (1,))
    if integers.dtype.is_floating:
        integers = apply_cast(integers, dtypes.int64)
    if mode == "one_hot" and integers.ndim > 1 and integers.shape[-1] == 1:
        integers = apply_reshape(integers, tuple(integers.shape)[:-1])
    rows = one_hot(integers, depth, dtype=dtype)
    if mode == "one_hot":
        return rows
    if weights is not None:
        rows = rows * apply_reshape(weights, (*tuple(weights.shape), 1))
    return apply_reduce("Max" if mode == "multi_hot" else "Sum", rows, 1 if integers.ndim > 1 else 0, False)


def encoded_shape(shape: Shape, mode: str, depth: int | None) -> Shape:
    """The shape of what `encoded` makes of integers of a shape."""
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape or (1,)), depth)
    return (shape[0], *shape[2:], depth) if len(shape) > 1 else (depth,)
