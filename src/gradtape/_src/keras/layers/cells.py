"""Cells of recurrent layers, which compute one time step.

A step has two parts: the projection of the inputs, which recurrent layers compute for all steps in one matrix product,
and the update of the states from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from gradtape._engine.api.api import apply_reshape, full
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import activations, random
from gradtape._src.keras.initializers import Ones
from gradtape._src.keras.layers.configured import Configured, options_of
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.ops import elementwise
from gradtape._src.ops.creation import ones_like
from gradtape._src.ops.joining import concat, split

if TYPE_CHECKING:
    from gradtape._src.keras.variable import Variable

_OPTIONS = """kernel_initializer, recurrent_initializer, bias_initializer: initializers of the weights: objects, names
    or configurations.
  kernel_regularizer, recurrent_regularizer, bias_regularizer: regularizers of the weights.
  kernel_constraint, recurrent_constraint, bias_constraint: constraints applied to the weights after each optimizer
    step.
  dropout: the fraction of inputs to drop in training, the same at all time steps.
  recurrent_dropout: the fraction of states to drop."""


class Cell(Configured):
    """A cell with a kernel for inputs, one for states and a bias.

    Attributes:
      _gates: the kernels' width in units.
    """

    units: int
    use_bias: bool
    dropout: float
    recurrent_dropout: float
    seed: int | None

    _gates: ClassVar[int]
    state_size: int | list[int]

    def _take_arguments(self, arguments: dict[str, Any]) -> None:
        """Stores the arguments of a cell's constructor, given as its `locals()`."""
        self._take(**{name: arguments[name] for name in options_of(type(self))})
        self.dropout = min(1.0, max(0.0, self.dropout))
        self.recurrent_dropout = min(1.0, max(0.0, self.recurrent_dropout))
        if not hasattr(self, "seed_generator"):
            self.seed_generator: random.SeedGenerator = random.SeedGenerator(self.seed)
        self.output_size: int = self.units
        self._dropout_mask: Any = None
        self._recurrent_dropout_mask: Any = None

    @property
    def _apart(self) -> bool:
        """Whether each gate has a separate dropout mask."""
        return False

    def build(self, input_shape: Shape) -> None:
        """Creates both kernels and the bias."""
        wide = self.units * self._gates
        self.kernel: Variable = self._weight("kernel", (input_shape[-1], wide))
        self.recurrent_kernel: Variable = self._weight("recurrent_kernel", (self.units, wide), option="recurrent")
        self.bias: Variable | None = self._make_bias(wide) if self.use_bias else None
        self.built = True

    def _make_bias(self, wide: int) -> Variable:
        """The bias."""
        return self._weight("bias", (wide,))

    def call(self, inputs: Tensor, states: Any, training: bool | None = False) -> tuple[Tensor, Any]:
        """One time step: returns the output and the new states."""
        nested = isinstance(states, list | tuple)
        mask, recurrent = self.get_dropout_mask(inputs), None
        if self.recurrent_dropout > 0:
            recurrent = self.get_recurrent_dropout_mask(states[0] if nested else states)
        drive = self._driven(inputs, mask if training else None)
        output, after = self._advance(drive, states if nested else [states], recurrent if training else None)
        return output, after if nested else after[0]

    def _driven(self, inputs: Tensor, mask: Any) -> tuple[Tensor, ...]:
        """The projection of the inputs, of one time step or of all at once."""
        bias = self._input_bias()
        if isinstance(mask, list):
            # Each gate has a separate mask, and so a separate product.
            columns = split(self.kernel, self._gates, axis=1)
            parts = [_product(inputs * _along(one, inputs), part) for one, part in zip(mask, columns, strict=True)]
            drive = concat(parts, -1)
        else:
            drive = _product(inputs if mask is None else inputs * _along(mask, inputs), self.kernel)
        return self._parts(drive if bias is None else drive + bias)

    def _input_bias(self) -> Any:
        """The bias of the projection."""
        return self.bias

    def _parts(self, drive: Tensor) -> tuple[Tensor, ...]:
        """Splits the projection, once for all time steps."""
        return (drive,)

    def _advance(self, drive: Sequence[Tensor], states: Sequence[Any], mask: Any) -> tuple[Tensor, list[Tensor]]:
        """The output and the new states, from the projection of the inputs and the previous states."""
        raise NotImplementedError

    def get_initial_state(self, batch_size: int | None = None) -> list[Tensor]:
        """States of zeros.

        Args:
          batch_size: the number of examples.

        Returns:
          A list of tensors.

        Example:
          >>> [state.numpy().tolist() for state in tf.keras.layers.LSTMCell(2).get_initial_state(1)]
          [[[0.0, 0.0]], [[0.0, 0.0]]]
        """
        sizes = self.state_size if isinstance(self.state_size, list) else [self.state_size]
        return [full((batch_size, size), 0, dtypes.as_dtype(self.compute_dtype)) for size in sizes]

    def _drawn(self, like: Tensor, rate: float) -> Any:
        ones = ones_like(like)
        if not self._apart:
            return random.dropout(ones, rate=rate, seed=self.seed_generator)
        return [random.dropout(ones, rate=rate, seed=self.seed_generator) for _ in range(self._gates)]

    def get_dropout_mask(self, step_input: Tensor) -> Any:
        """The dropout mask of inputs, the same until it is reset.

        Args:
          step_input: inputs of a step.

        Returns:
          A tensor, a list of one for each gate, or None without dropout.

        Example:
          >>> cell = tf.keras.layers.SimpleRNNCell(2, dropout=0.5)
          >>> cell.get_dropout_mask(tf.ones([1, 3])) is cell.get_dropout_mask(tf.ones([1, 3]))
          True
        """
        if self._dropout_mask is None and self.dropout > 0:
            self._dropout_mask = self._drawn(step_input, self.dropout)
        return self._dropout_mask

    def get_recurrent_dropout_mask(self, step_input: Tensor) -> Any:
        """The dropout mask of states, the same until it is reset.

        Args:
          step_input: the state before a step.

        Returns:
          A tensor, a list of one for each gate, or None without dropout.

        Example:
          >>> tf.keras.layers.SimpleRNNCell(2).get_recurrent_dropout_mask(tf.ones([1, 2])) is None
          True
        """
        if self._recurrent_dropout_mask is None and self.recurrent_dropout > 0:
            self._recurrent_dropout_mask = self._drawn(step_input, self.recurrent_dropout)
        return self._recurrent_dropout_mask

    def reset_dropout_mask(self) -> None:
        """Discards the dropout mask of inputs: the next step draws a new one.

        Example:
          >>> cell = tf.keras.layers.SimpleRNNCell(2, dropout=0.5)
          >>> mask = cell.get_dropout_mask(tf.ones([1, 3]))
          >>> cell.reset_dropout_mask()
          >>> cell.get_dropout_mask(tf.ones([1, 3])) is mask
          False
        """
        self._dropout_mask = None

    def reset_recurrent_dropout_mask(self) -> None:
        """Discards the dropout mask of states: the next step draws a new one.

        Example:
          >>> cell = tf.keras.layers.SimpleRNNCell(2, recurrent_dropout=0.5)
          >>> mask = cell.get_recurrent_dropout_mask(tf.ones([1, 2]))
          >>> cell.reset_recurrent_dropout_mask()
          >>> cell.get_recurrent_dropout_mask(tf.ones([1, 2])) is mask
          False
        """
        self._recurrent_dropout_mask = None


def _product(inputs: Tensor, kernel: Any) -> Tensor:
    """inputs @ kernel along the last axis, as one matrix product for all time steps."""
    if inputs.ndim == 2:
        return inputs @ kernel
    batch, steps, size = tuple(inputs.shape)
    return apply_reshape(apply_reshape(inputs, (batch * steps, size)) @ kernel, (batch, steps, kernel.shape[-1]))


def _along(mask: Tensor, inputs: Tensor) -> Tensor:
    """A mask broadcast to inputs of one time step, or of all."""
    return mask if mask.ndim == inputs.ndim else apply_reshape(mask, (mask.shape[0], 1, mask.shape[1]))


# Activations without the logits that they store for losses, which do not see results of time steps.
_BARE: dict[Any, Callable[[Tensor], Tensor]] = {
    activations.sigmoid: elementwise.sigmoid,
    activations.tanh: elementwise.tanh,
    activations.relu: elementwise.relu,
}


def _bare(activation: Any) -> Callable[[Tensor], Tensor]:
    return _BARE.get(activation, activation)


def _check_units(units: int) -> None:
    if units <= 0:
        raise ValueError(f"Received an invalid value for argument `units`, expected a positive integer, got {units}.")


class SimpleRNNCell(Cell):
    activation: Any
    __doc__ = f"""One step of :class:`SimpleRNN`: h' = activation(x @ kernel + bias + h @ recurrent_kernel).

Args:
  units: the size of outputs and states.
  activation: the function, or its name; None for none.
  use_bias: whether to add a bias.
  {_OPTIONS}
  seed: an int to seed dropout, or None.
  kwargs: `name`, `trainable` and `dtype`, as :class:`Layer` takes them.

Raises:
  ValueError: units are not positive, or a name is unknown.

Example:
  >>> cell = tf.keras.layers.SimpleRNNCell(2, activation=None, kernel_initializer="ones")
  >>> output, states = cell(tf.constant([[1.0, 2.0]]), [tf.zeros([1, 2])])
  >>> output.numpy(), len(states)
  (array([[3., 3.]], dtype=float32), 1)
"""
    _gates = 1

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        _check_units(units)
        super().__init__(**kwargs)
        # Keras draws its seed before those of initializers here, and after them in other cells.
        self.seed_generator: random.SeedGenerator = random.SeedGenerator(seed)
        self._take_arguments(locals())
        self.state_size: int | list[int] = units

    def _advance(self, drive: Sequence[Tensor], states: Sequence[Any], mask: Any) -> tuple[Tensor, list[Tensor]]:
        """The output and the new states, from the projection of the inputs and the previous states."""
        before = states[0] if mask is None else states[0] * mask
        output = _bare(self.activation)(drive[0] + before @ self.recurrent_kernel)
        return output, [output]


class GRUCell(Cell):
    activation: Any
    recurrent_activation: Any
    reset_after: bool
    units: int
    __doc__ = f"""One step of :class:`GRU`: h' = z h + (1 - z) activation(...), with gates z and r.

Args:
  units: the size of outputs and states.
  activation: the function of the candidate, or its name.
  recurrent_activation: the function of the gates, or its name.
  use_bias: whether to add a bias.
  {_OPTIONS}
  reset_after: whether to apply the gate r after the product with the recurrent kernel, which then has a bias, too.
  seed: an int to seed dropout, or None.
  kwargs: `name`, `trainable` and `dtype`, as :class:`Layer` takes them.

Raises:
  ValueError: units are not positive, or a name is unknown.

Example:
  >>> cell = tf.keras.layers.GRUCell(2)
  >>> output, states = cell(tf.ones([1, 3]), cell.get_initial_state(1))
  >>> output.shape.as_list(), len(states)
  ([1, 2], 1)
"""
    _gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        _check_units(units)
        self.implementation: int = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        self._take_arguments(locals())
        self.state_size: int | list[int] = units

    @property
    def _apart(self) -> bool:
        """Whether each gate has a separate dropout mask."""
        return self.implementation == 1 or self.recurrent_dropout > 0

    def _make_bias(self, wide: int) -> Variable:
        """The bias of inputs, and one of states if `reset_after`."""
        return self._weight("bias", (2, wide) if self.reset_after else (wide,))

    def _input_bias(self) -> Any:
        """The bias of the projection."""
        return self.bias[0] if self.bias is not None and self.reset_after else self.bias

    def _parts(self, drive: Tensor) -> tuple[Tensor, ...]:
        """Splits the projection into that of the gates and of the candidate."""
        return tuple(split(drive, [2 * self.units, self.units], axis=-1))

    def _advance(self, drive: Sequence[Tensor], states: Sequence[Any], mask: Any) -> tuple[Tensor, list[Tensor]]:
        """The output and the new states, from the projection of the inputs and the previous states."""
        before, kernel, units = states[0], self.recurrent_kernel, self.units
        bias = self.bias[1] if self.bias is not None and self.reset_after else None
        sizes = [2 * units, units]
        if mask is None and self.reset_after:
            inner = before @ kernel
            of_gates, of_candidate = split(inner if bias is None else inner + bias, sizes, axis=-1)
        else:
            seen = [before] * 3 if mask is None else [before * one for one in mask]
            update, reset, candidate = split(kernel, 3, axis=1)
            of_gates = concat([seen[0] @ update, seen[1] @ reset], -1)
            if bias is not None:
                of_gates = of_gates + bias[: 2 * units]
            if self.reset_after:
                of_candidate = seen[2] @ candidate
                of_candidate = of_candidate if bias is None else of_candidate + bias[2 * units :]
        update_gate, reset_gate = split(_bare(self.recurrent_activation)(drive[0] + of_gates), 2, axis=-1)
        of_candidate = reset_gate * of_candidate if self.reset_after else (reset_gate * seen[2]) @ candidate
        proposed = _bare(self.activation)(drive[1] + of_candidate)
        output = update_gate * before + (1 - update_gate) * proposed
        return output, [output]


class LSTMCell(Cell):
    _order = ("units", "activation", "recurrent_activation", "use_bias", "unit_forget_bias", ...)
    activation: Any
    bias_constraint: Any
    bias_initializer: Any
    bias_regularizer: Any
    recurrent_activation: Any
    unit_forget_bias: bool
    units: int
    __doc__ = f"""One step of :class:`LSTM`: c' = f c + i activation(...), h' = o activation(c'), with gates i, f and o.

Args:
  units: the size of outputs and states.
  activation: the function of the candidate and of the carried state, or its name.
  recurrent_activation: the function of the gates, or its name.
  use_bias: whether to add a bias.
  unit_forget_bias: whether to initialize the bias of the gate f to ones.
  {_OPTIONS}
  seed: an int to seed dropout, or None.
  kwargs: `name`, `trainable` and `dtype`, as :class:`Layer` takes them.

Raises:
  ValueError: units are not positive, or a name is unknown.

Example:
  >>> cell = tf.keras.layers.LSTMCell(2)
  >>> output, states = cell(tf.ones([1, 3]), cell.get_initial_state(1))
  >>> output.shape.as_list(), len(states)
  ([1, 2], 2)
"""
    _gates = 4

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        _check_units(units)
        self.implementation: int = kwargs.pop("implementation", 2)
        super().__init__(**kwargs)
        self._take_arguments(locals())
        self.state_size: int | list[int] = [units, units]

    @property
    def _apart(self) -> bool:
        """Whether each gate has a separate dropout mask."""
        return self.implementation == 1 or self.recurrent_dropout > 0

    def _make_bias(self, wide: int) -> Variable:
        """The bias, initialized to ones for the gate f if `unit_forget_bias`."""

        def initializer(shape: Any, *arguments: Any, **keywords: Any) -> Tensor:
            sizes = ((self.units,), (self.units,), (2 * self.units,))
            kinds = (self.bias_initializer, Ones(), self.bias_initializer)
            return concat([kind(size, *arguments, **keywords) for kind, size in zip(kinds, sizes, strict=True)], 0)

        return self.add_weight(
            name="bias",
            shape=(wide,),
            initializer=initializer if self.unit_forget_bias else self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )

    def _advance(self, drive: Sequence[Tensor], states: Sequence[Any], mask: Any) -> tuple[Tensor, list[Tensor]]:
        """The output and the new states, from the projection of the inputs and the previous states."""
        before, carried = states[0], states[1]
        if mask is None:
            inner = before @ self.recurrent_kernel
        else:
            columns = split(self.recurrent_kernel, 4, axis=1)
            inner = concat([(before * one) @ part for one, part in zip(mask, columns, strict=True)], -1)
        enter, keep, candidate, leave = split(drive[0] + inner, 4, axis=1)
        gate, activation = _bare(self.recurrent_activation), _bare(self.activation)
        carry = gate(keep) * carried + gate(enter) * activation(candidate)
        output = gate(leave) * activation(carry)
        return output, [output, carry]
