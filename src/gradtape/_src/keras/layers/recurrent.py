"""Recurrent layers: SimpleRNN, GRU and LSTM."""

from __future__ import annotations

from typing import Any, ClassVar

from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.layers.cells import Cell, GRUCell, LSTMCell, SimpleRNNCell
from gradtape._src.keras.layers.configured import options_of
from gradtape._src.keras.layers.rnn import RNN


class Recurrent(RNN):
    """Base of recurrent layers that create their cell, whose options are also the layer's.

    Attributes:
      _kind: the class of the cell.
    """

    _kind: ClassVar[type[Cell]]
    _unwritten = ("use_cudnn",)

    def __init__(self, arguments: dict[str, Any]) -> None:
        """Makes the cell and the layer from a subclass's constructor's arguments, given as its `locals()`."""
        kwargs = arguments["kwargs"]
        options = {name: kwargs[name] for name in ("dtype", "trainable") if name in kwargs}
        if "implementation" in kwargs:
            options["implementation"] = kwargs.pop("implementation")
        options.update({name: arguments[name] for name in options_of(self._kind)})
        super().__init__(
            self._kind(**options, name=_NAMES[self._kind]), **{name: arguments[name] for name in _OWN}, **kwargs
        )
        self.input_spec = InputSpec(ndim=3)


_OWN = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "activity_regularizer")
_NAMES = {SimpleRNNCell: "simple_rnn_cell", GRUCell: "gru_cell", LSTMCell: "lstm_cell"}
_DOC = """{what}

Args:
  units: the size of outputs and states.
  activation: the function {of}, or its name.
{gates}  use_bias: whether to add a bias.
  kernel_initializer, recurrent_initializer, bias_initializer: initializers of the weights: objects, names or
    configurations.
{forget}  kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: regularizers of the weights
    and of the outputs.
  kernel_constraint, recurrent_constraint, bias_constraint: constraints applied to the weights after each optimizer
    step.
  dropout: the fraction of inputs to drop in training, the same at all time steps.
  recurrent_dropout: the fraction of states to drop.
  seed: an int to seed dropout, or None.
  return_sequences: whether to return the outputs of all time steps instead of only the last.
  return_state: whether to return the last states, too.
  go_backwards: whether to process sequences in reverse.
  stateful: whether the final states of a batch are the initial states of the next one.
  unroll: not used; time steps are always computed one by one.
{more}  kwargs: `name`, `trainable`, `dtype` and `zero_output_for_mask`.

Raises:
  ValueError: units are not positive, a name is unknown, or inputs have a wrong rank.

Example:
  >>> layer = tf.keras.layers.{name}(4, return_sequences=True)
  >>> layer(tf.ones([2, 5, 3])).shape.as_list()
  [2, 5, 4]
  >>> [weight.shape.as_list() for weight in layer.weights]
  {weights}
"""
_GATES = "  recurrent_activation: the function of the gates, or its name.\n"
_RESET = """  reset_after: whether to apply the gate r after the product with the recurrent kernel, which then has a
    bias, too.
"""
_FUSED = "  use_cudnn: not used.\n"


class SimpleRNN(Recurrent):
    __doc__ = _DOC.format(
        what="h' = activation(x @ kernel + bias + h @ recurrent_kernel) at each step.",
        of="of the sum",
        gates="",
        forget="",
        more="",
        name="SimpleRNN",
        weights="[[3, 4], [4, 4], [4]]",
    )
    _kind = SimpleRNNCell

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals())


class GRU(Recurrent):
    _most_states = 1  # Keras reads the first and no others
    _order = (..., "reset_after", "seed")
    __doc__ = _DOC.format(
        what="h' = z h + (1 - z) activation(...) at each step, with gates z and r.\n\n"
        "Cho et al., Learning Phrase Representations using RNN Encoder-Decoder (2014).",
        of="of the candidate",
        gates=_GATES,
        forget="",
        more=_RESET + _FUSED,
        name="GRU",
        weights="[[3, 12], [4, 12], [2, 12]]",
    )
    _kind = GRUCell

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        _check_fused(use_cudnn)
        super().__init__(locals())
        self.use_cudnn = use_cudnn


class LSTM(Recurrent):
    __doc__ = _DOC.format(
        what="c' = f c + i activation(...), h' = o activation(c') at each step, with gates i, f and o.\n\n"
        "Hochreiter and Schmidhuber, Long Short-Term Memory (1997).",
        of="of the candidate and of the carried state",
        gates=_GATES,
        forget="  unit_forget_bias: whether to initialize the bias of the gate f to ones.\n",
        more=_FUSED,
        name="LSTM",
        weights="[[3, 16], [4, 16], [16]]",
    )
    _kind = LSTMCell

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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        _check_fused(use_cudnn)
        super().__init__(locals())
        self.use_cudnn = use_cudnn


def _check_fused(use_cudnn: Any) -> None:
    if use_cudnn not in ("auto", True, False):
        raise ValueError(
            "Invalid valid received for argument `use_cudnn`. Expected one of {'auto', True, False}. "
            f"Received: use_cudnn={use_cudnn}"
        )
    if use_cudnn is True:
        raise ValueError(
            "use_cudnn=True was specified, but cuDNN is not supported for this layer configuration with this backend. "
            "Pass use_cudnn='auto' to fallback to a non-cuDNN implementation."
        )


def _of_cell(name: str) -> property:
    return property(lambda self: getattr(self.cell, name), doc=f"The cell's `{name}`.")


for _kind in (SimpleRNN, GRU, LSTM):
    for _name in options_of(_kind._kind):
        setattr(_kind, _name, _of_cell(_name))
