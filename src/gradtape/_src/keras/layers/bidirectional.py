"""Bidirectional: a recurrent layer applied in both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import serialization
from gradtape._src.keras.inputs import leaves
from gradtape._src.keras.layer import Layer
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.layers.rnn import object_of
from gradtape._src.keras.signatures import signature_of
from gradtape._src.ops.joining import concat
from gradtape._src.ops.rearranging import reverse


class Bidirectional(Layer):
    """Applies a recurrent layer forwards and another one backwards, and merges their outputs.

    Args:
      layer: the recurrent layer, which is copied.
      merge_mode: how outputs are merged: "concat", "sum", "ave", "mul", or None for both.
      weights: the weights of both to begin with, those of the first before those of the second.
      backward_layer: the layer that goes backwards; a copy of the first by default.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: something that is not a layer, another merge_mode, or two layers that do not match.

    Example:
      >>> layer = tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(4, return_sequences=True))
      >>> layer(tf.ones([2, 5, 3])).shape.as_list()
      [2, 5, 8]
    """

    forward_layer: Any
    backward_layer: Any

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Layer | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Please initialize `Bidirectional` layer with a `keras.layers.Layer` instance. Received: {layer}"
            )
        if backward_layer is not None and not isinstance(backward_layer, Layer):
            raise ValueError(f"`backward_layer` need to be a `keras.layers.Layer` instance. Received: {backward_layer}")
        if merge_mode not in ("sum", "mul", "ave", "concat", None):
            raise ValueError(
                f"Invalid merge mode. Received: {merge_mode}. Merge mode should be one of "
                '{"sum", "mul", "ave", "concat", None}'
            )
        super().__init__(**kwargs)
        self.forward_layer = _copied(layer, "forward_")
        self.backward_layer = backward_layer or _copied(layer, "backward_", go_backwards=True)
        self._check()
        for part in (self.forward_layer, self.backward_layer):
            if getattr(part, "zero_output_for_mask", None) is not None:
                part.zero_output_for_mask = part.return_sequences
        self.merge_mode = merge_mode
        self._begin = weights
        self.stateful: bool = layer.stateful
        self.return_sequences: bool = layer.return_sequences
        self.return_state: bool = layer.return_state
        self.supports_masking = True
        self.input_spec = layer.input_spec

    def _check(self) -> None:
        one, other = self.forward_layer, self.backward_layer
        if one.go_backwards == other.go_backwards:
            raise ValueError(
                "Forward layer and backward layer should have different `go_backwards` value. Received: "
                f"forward_layer.go_backwards {one.go_backwards}, backward_layer.go_backwards={other.go_backwards}"
            )
        for name in ("stateful", "return_sequences", "return_state"):
            values = [getattr(part, name) for part in (one, other)]
            if values[0] != values[1]:
                raise ValueError(
                    f'Forward layer and backward layer are expected to have the same value for attribute "{name}", got '
                    f'"{values[0]}" for forward layer and "{values[1]}" for backward layer'
                )

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        """Builds both layers."""
        for part in (self.forward_layer, self.backward_layer):
            if not part.built:
                part.build(sequences_shape)
                part.built = True
        if self._begin:
            half = len(self._begin) // 2
            self.forward_layer.set_weights(self._begin[:half])
            self.backward_layer.set_weights(self._begin[half:])
        self.built = True

    def call(self, sequences: Tensor, initial_state: Any = None, mask: Any = None, training: bool | None = None) -> Any:
        """Computes the layer's output."""
        halves: list[Any] = [None, None]
        if initial_state is not None:
            half = len(initial_state) // 2
            halves = [initial_state[:half], initial_state[half:]]
        results = []
        for part, state in zip((self.forward_layer, self.backward_layer), halves, strict=True):
            keywords = {}
            if signature_of(type(part).call).takes_training:
                keywords["training"] = training
            if signature_of(type(part).call).takes_mask:
                keywords["mask"] = mask
            results.append(part(sequences, initial_state=state, **keywords))
        states: tuple[Any, ...] = ()
        if self.return_state:
            states = (*results[0][1:], *results[1][1:])
            results = [result[0] for result in results]
        if self.return_sequences:
            results[1] = reverse(results[1], [1])
        one, other = results
        if self.merge_mode is None:
            return (one, other, *states)
        merged = _MERGES[self.merge_mode](one, other)
        return (merged, *states) if self.return_state else merged

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        """The output shape, and those of the states if they are returned."""
        output = self.forward_layer.compute_output_shape(sequences_shape)
        states: tuple[Any, ...] = ()
        if self.return_state:
            output, states = output[0], tuple(output[1:])
        if self.merge_mode is None:
            return (output, output, *states, *states)
        if self.merge_mode == "concat":
            output = (*output[:-1], output[-1] * 2)
        return (output, *states, *states) if self.return_state else output

    def compute_mask(self, _: Any, mask: Any = None) -> Any:
        """The mask of the outputs of all time steps; None if only the last is returned, and for states."""
        mask = next(leaves(mask))
        own = mask if self.return_sequences else None
        outputs = (own, own) if self.merge_mode is None else own
        if not self.return_state:
            return outputs
        count = len(self.forward_layer.state_size) + len(self.backward_layer.state_size)
        return (*((own, own) if self.merge_mode is None else (own,)), *(None,) * count)

    @property
    def states(self) -> Any:
        """The state variables of both layers if they are stateful, else None."""
        both = (self.forward_layer.states, self.backward_layer.states)
        return (*both[0], *both[1]) if all(both) else None

    def reset_state(self) -> None:
        """Sets states that are kept between batches to 0.

        Raises:
          AttributeError: the layer keeps none.

        Example:
          >>> layer = tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(2, stateful=True))
          >>> _ = layer(tf.ones([1, 3, 2]))
          >>> layer.reset_state()
          >>> layer.states[0].numpy()
          array([[0., 0.]], dtype=float32)
        """
        if not self.stateful:
            raise AttributeError("Layer must be stateful.")
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self) -> None:
        """Sets states that are kept between batches to 0.

        Raises:
          AttributeError: the layer keeps none.

        Example:
          >>> layer = tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(2, stateful=True))
          >>> _ = layer(tf.ones([1, 3, 2]))
          >>> layer.reset_states()
          >>> layer.states[0].numpy()
          array([[0., 0.]], dtype=float32)
        """
        self.reset_state()

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        parts = {"layer": self.forward_layer, "backward_layer": self.backward_layer}
        written = {name: serialization.serialize_keras_object(part) for name, part in parts.items()}
        return {**super().get_config(), "merge_mode": self.merge_mode, **written}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Creates a layer from the result of `get_config`."""
        parts: dict[str, Any] = {
            name: object_of(config[name], custom_objects) for name in ("layer", "backward_layer") if name in config
        }
        return cls(**{**config, **parts})


_MERGES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "concat": lambda one, other: concat([one, other], -1),
    "sum": lambda one, other: one + other,
    "ave": lambda one, other: (one + other) / 2,
    "mul": lambda one, other: one * other,
}


def _copied(layer: Layer, prefix: str, **changes: Any) -> Any:
    """A copy of a layer whose name has a prefix."""
    data = serialization.serialize_keras_object(layer)
    changes["name"] = prefix + layer.name.removeprefix(prefix)
    return serialization.deserialize_keras_object({**data, "config": {**data["config"], **changes}})
