"""RNN: applies a cell to the time steps of sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_elementwise, apply_reshape, as_tensor, full, full_like
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import serialization
from gradtape._src.keras.inputs import leaves, mapped
from gradtape._src.keras.layer import Layer
from gradtape._src.keras.layers.cells import Cell
from gradtape._src.keras.layers.configured import Configured, ordered
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.signatures import signature_of
from gradtape._src.keras.variable import Variable
from gradtape._src.ops.joining import stack, unstack


class StackedRNNCells(Layer):
    """A stack of cells as one cell: each takes the output of the previous one.

    Args:
      cells: the cells.
      kwargs: `name`, `trainable` and `dtype`, see :class:`Layer`.

    Raises:
      ValueError: one of them is not a cell.

    Example:
      >>> cells = [tf.keras.layers.LSTMCell(4), tf.keras.layers.GRUCell(3)]
      >>> layer = tf.keras.layers.RNN(tf.keras.layers.StackedRNNCells(cells))
      >>> layer(tf.ones([2, 5, 6])).shape.as_list()
      [2, 3]
    """

    def __init__(self, cells: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for cell in cells:
            for name, word in (("call", "method"), ("state_size", "attribute")):
                if name not in dir(cell):
                    missing = f"without a `{name}` method" if word == "method" else f"without a `{name}`"
                    raise ValueError(f"All cells must have a `{name}` {word}. Received cell {missing}: {cell}")
        self.cells = cells

    @property
    def state_size(self) -> list[Any]:
        """The sizes of each cell's states."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The size of the last cell's output."""
        return _output_size(self.cells[-1])

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """Each cell's initial states.

        Args:
          batch_size: the number of examples.

        Returns:
          A list of a tensor or a list of tensors for each cell.

        Example:
          >>> cells = tf.keras.layers.StackedRNNCells([tf.keras.layers.LSTMCell(2), tf.keras.layers.GRUCell(3)])
          >>> [len(states) for states in cells.get_initial_state(batch_size=1)]
          [2, 1]
        """
        return [_initial_state(cell, batch_size, self.compute_dtype) for cell in self.cells]

    def build(self, input_shape: Shape) -> None:
        """Builds the cells."""
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
                cell.built = True
            input_shape = (next(leaves(input_shape)), _output_size(cell))
        self.built = True

    def call(self, inputs: Tensor, states: Sequence[Any], training: bool | None = False, **kwargs: Any) -> Any:
        """One time step: returns the last cell's output and all new states."""
        after: list[Any] = []
        for cell, before in zip(self.cells, states, strict=True):
            nested = isinstance(before, list | tuple)
            inputs, own = _step_of(cell, training)(inputs, list(before) if nested else [before], **kwargs)
            after.append(own if nested or len(own) > 1 else own[0])
        return inputs, after[0] if len(after) == 1 else after

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        cells = [serialization.serialize_keras_object(cell) for cell in self.cells]
        return {**super().get_config(), "cells": cells}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Creates a layer from the result of `get_config`."""
        config = dict(config)
        return cls([object_of(cell, custom_objects) for cell in config.pop("cells")], **config)


def object_of(config: Any, custom_objects: dict[str, Any] | None) -> Any:
    """Deserializes a configuration; other objects are returned unchanged."""
    return serialization.deserialize_keras_object(config, custom_objects) if isinstance(config, dict) else config


def _output_size(cell: Any) -> int:
    size = getattr(cell, "output_size", None)
    if size is None:
        size = cell.state_size[0] if isinstance(cell.state_size, list | tuple) else cell.state_size
    return size


def _initial_state(cell: Any, batch_size: int | None, dtype: str) -> Any:
    """A cell's initial states, zeros by default."""
    own = getattr(cell, "get_initial_state", None)
    if own is not None:
        return own(batch_size=batch_size)

    def zeros(size: int) -> Tensor:
        return full((batch_size, size), 0, dtypes.as_dtype(dtype))

    return zeros(cell.state_size) if isinstance(cell.state_size, int) else [zeros(size) for size in cell.state_size]


def _step_of(cell: Any, training: bool | None) -> Callable[..., Any]:
    """A function that calls a cell with inputs and states."""
    if isinstance(cell, Layer) and signature_of(type(cell).call).takes_training:
        return lambda inputs, states, **kwargs: cell(inputs, states, training=training, **kwargs)
    return cell if callable(cell) else cell.call


# What a configuration begins with.
_ORDER = (
    *("name", "trainable", "dtype", "return_sequences", "return_state", "go_backwards", "stateful", "unroll"),
    *("zero_output_for_mask", ...),
)


class RNN(Configured):
    """Applies a cell to the time steps of sequences, passing its states from one to the next.

    Args:
      cell: a cell, or a list of cells to be stacked. A cell has `call(inputs, states)`, which returns the output and
        the new states, and `state_size`; it may have `output_size` and `get_initial_state(batch_size)`.
      return_sequences: whether to return the outputs of all time steps instead of only the last.
      return_state: whether to return the last states, too.
      go_backwards: whether to process sequences in reverse.
      stateful: whether the final states of a batch are the initial states of the next one.
      unroll: not used; time steps are always computed one by one.
      zero_output_for_mask: whether outputs of masked time steps are 0 instead of the previous output.
      kwargs: `name`, `trainable`, `dtype` and `activity_regularizer`, see :class:`Layer`.

    Raises:
      ValueError: the cell is invalid, or the batch size differs from that of the stored states.

    Example:
      >>> class Sum:
      ...     state_size = 1
      ...     def call(self, inputs, states):
      ...         total = states[0] + inputs
      ...         return total, [total]
      >>> layer = tf.keras.layers.RNN(Sum(), return_sequences=True)
      >>> layer(tf.constant([[[1.0], [2.0], [3.0]]]))[0, :, 0].numpy()
      array([1., 3., 6.], dtype=float32)
    """

    go_backwards: bool
    return_sequences: bool
    return_state: bool
    stateful: bool
    zero_output_for_mask: bool

    _most_states: int | None = None  # how many of the initial states are read

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        if isinstance(cell, list | tuple):
            cell = StackedRNNCells(cell)
        if "call" not in dir(cell):
            raise ValueError(f"Argument `cell` should have a `call` method. Received: cell={cell}")
        size = getattr(cell, "state_size", None)
        if size is None:
            raise ValueError(
                "The RNN cell should have a `state_size` attribute (single integer or list of integers, one integer "
                f"per RNN state). Received: cell={cell}"
            )
        if not isinstance(size, list | tuple | int):
            raise ValueError("state_size must be an integer, or a list/tuple of integers (one for each state tensor).")
        super().__init__(**kwargs)
        self.cell = cell
        self._take(
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
        )
        self.supports_masking = True
        self.single_state: bool = isinstance(size, int)
        self.state_size: list[Any] = [size] if isinstance(size, int) else list(size)
        self._lasting: _Lasting | None = None

    @property
    def states(self) -> Any:
        """The state variables if the layer is stateful, else None."""
        return None if self._lasting is None else self._lasting.variables

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        """Builds the cell, and creates the state variables if the layer is stateful."""
        cell = self.cell
        if isinstance(cell, Layer) and not cell.built:
            cell.build((sequences_shape[0], *sequences_shape[2:]))
            cell.built = True
        if self.stateful:
            if self._lasting is not None:
                self.reset_state()
            elif sequences_shape[0] is None:
                raise ValueError(
                    "When using `stateful=True` in a RNN, the batch size must be static. Found dynamic batch size: "
                    f"sequence.shape={sequences_shape}"
                )
            else:
                self._lasting = _Lasting(self.get_initial_state(sequences_shape[0]), sequences_shape[0])
        self.built = True

    def get_initial_state(self, batch_size: int | None) -> list[Any]:
        """The initial states.

        Args:
          batch_size: the number of examples.

        Returns:
          A list of tensors.

        Example:
          >>> [state.shape.as_list() for state in tf.keras.layers.LSTM(2).get_initial_state(3)]
          [[3, 2], [3, 2]]
        """
        state = _initial_state(self.cell, batch_size, self.compute_dtype)
        return list(state) if isinstance(state, list | tuple) else [state]

    def reset_state(self) -> None:
        """Sets states that are kept between batches to 0.

        Example:
          >>> layer = tf.keras.layers.LSTM(2, stateful=True)
          >>> _ = layer(tf.ones([1, 3, 2]))
          >>> layer.reset_state()
          >>> layer.states[0].numpy()
          array([[0., 0.]], dtype=float32)
        """
        for variable in leaves(self.states or ()):
            variable.assign(full_like(variable.value, 0))

    def reset_states(self) -> None:
        """Sets states that are kept between batches to 0.

        Example:
          >>> layer = tf.keras.layers.LSTM(2, stateful=True)
          >>> _ = layer(tf.ones([1, 3, 2]))
          >>> layer.reset_states()
          >>> layer.states[0].numpy()
          array([[0., 0.]], dtype=float32)
        """
        self.reset_state()

    def call(
        self, sequences: Tensor, initial_state: Any = None, mask: Any = None, training: bool | None = False
    ) -> Any:
        """Computes the layer's output."""
        batch = sequences.shape[0]
        kept = self._lasting if self.stateful else None
        if kept is not None and batch != kept.batch:
            raise ValueError(
                "If an RNN is stateful, the batch size of the input sequences must be the same as the batch size of "
                f"the initial state. \n- Expected batch size: {kept.batch}\n- Received batch size: {batch}"
            )
        if initial_state is None:
            initial_state = self.get_initial_state(batch) if kept is None else kept.variables
        states = list(initial_state) if isinstance(initial_state, list | tuple) else [initial_state]
        states = mapped(as_tensor, states[: self._most_states])
        if isinstance(mask, list | tuple):
            mask = mask[0]
        self._draw_dropout(self.cell, sequences[:, 0], states)
        outputs, states = self._loop(sequences, states, mask, training)
        self._forget_dropout(self.cell)
        if kept is not None:
            for variable, state in zip(leaves(kept.variables), leaves(states), strict=True):
                variable.assign(state)
        output = stack(outputs, axis=1) if self.return_sequences else outputs[-1]
        return (output, *states) if self.return_state else output

    def _loop(
        self, sequences: Tensor, states: list[Any], mask: Any, training: bool | None
    ) -> tuple[list[Tensor], list[Any]]:
        """The outputs of all time steps in the order of computation, and the final states."""
        cell = self.cell
        if isinstance(cell, Cell) and type(cell).call is Cell.call:
            drop = cell.get_dropout_mask(sequences[:, 0]) if training and cell.dropout > 0 else None
            states_drop = cell._recurrent_dropout_mask if training else None
            steps: list[Any] = list(
                zip(*(unstack(part, axis=1) for part in cell._driven(sequences, drop)), strict=True)
            )

            def take(drive: Any, states: list[Any]) -> tuple[Tensor, list[Any]]:
                return cell._advance(drive, states, states_drop)
        else:
            steps, step = list(unstack(sequences, axis=1)), _step_of(cell, training)

            def take(drive: Any, states: list[Any]) -> tuple[Tensor, list[Any]]:
                output, after = step(drive, tuple(states))
                return output, list(after) if isinstance(after, list | tuple) else [after]

        kept = None if mask is None else unstack(mask, axis=1)
        if self.go_backwards:
            steps.reverse()
            if kept is not None:
                kept.reverse()
        outputs: list[Tensor] = []
        for place, drive in enumerate(steps):
            output, after = take(drive, states)
            count, expected = len(list(leaves(after))), len(list(leaves(states)))
            if count < expected:
                raise ValueError(f"Too few leaves for PyTreeSpec; expected: {expected}, got: {count}.")
            if kept is not None:
                zero = self.zero_output_for_mask or not outputs
                output = _chosen(kept[place], output, full_like(output, 0) if zero else outputs[-1])
                pairs = zip(leaves(after), leaves(states), strict=True)
                chosen = iter([_chosen(kept[place], new, old) for new, old in pairs])
                after = mapped(lambda _, chosen=chosen: next(chosen), after)
            states = after
            outputs.append(output)
        return outputs, states

    def _draw_dropout(self, cell: Any, inputs: Tensor, states: Any) -> None:
        """Draws the dropout masks of cells, for all time steps."""
        if isinstance(cell, Cell):
            cell.get_dropout_mask(inputs)
            cell.get_recurrent_dropout_mask(states[0] if isinstance(states, list | tuple) else states)
        elif isinstance(cell, StackedRNNCells) and any(_drops(part) for part in cell.cells):
            for part, own in zip(cell.cells, states, strict=True):
                self._draw_dropout(part, inputs, own)
                inputs, _ = _step_of(part, None)(inputs, list(own) if isinstance(own, list | tuple) else [own])

    def _forget_dropout(self, cell: Any) -> None:
        for part in cell.cells if isinstance(cell, StackedRNNCells) else (cell,):
            if isinstance(part, Cell):
                part.reset_dropout_mask()
                part.reset_recurrent_dropout_mask()

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        """The output shape, and those of the states if they are returned."""
        batch, length = sequences_shape[:2]
        size = _output_size(self.cell) if hasattr(self.cell, "output_size") else self.state_size[0]
        if not isinstance(size, int):
            raise ValueError("output_size must be an integer.")
        output = (batch, length, size) if self.return_sequences else (batch, size)
        if not self.return_state:
            return output
        sizes = [
            (batch, size) if isinstance(size, int) else [(batch, part) for part in size] for size in self.state_size
        ]
        return (output, *sizes)

    def compute_mask(self, _: Any, mask: Any = None) -> Any:
        """The mask of the outputs of all time steps; None if only the last is returned, and for states."""
        mask = next(leaves(mask))
        of_output = mask if self.return_sequences else None
        return [of_output, *(None for _ in self.state_size)] if self.return_state else of_output

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        config = {**super().get_config(), "zero_output_for_mask": self.zero_output_for_mask}
        if "cell" in config:
            config["cell"] = serialization.serialize_keras_object(self.cell)
        return {name: config[name] for name in ordered(config, _ORDER)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Creates a layer from the result of `get_config`."""
        config = dict(config)
        if "cell" in config:
            config["cell"] = object_of(config["cell"], custom_objects)
        return cls(**config)


class _Lasting:
    """The state variables of a stateful layer, which are not weights."""

    def __init__(self, states: list[Any], batch: int) -> None:
        self.batch = batch
        self.variables = mapped(lambda state: Variable(state, trainable=False, name="rnn_state"), states)


def _drops(cell: Any) -> bool:
    return isinstance(cell, Cell) and (cell.dropout > 0 or cell.recurrent_dropout > 0)


def _chosen(mask: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """New values for examples whose time step is not masked, old values for the others."""
    flags = mask if mask.dtype is dtypes.bool else apply_cast(mask, dtypes.bool)
    return apply_elementwise("select", apply_reshape(flags, (-1, *(1,) * (new.ndim - 1))), new, old)
