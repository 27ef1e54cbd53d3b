"""Recurrent layers: a cell applied to the steps of sequences, one after another."""

from __future__ import annotations

from typing import Any, ClassVar

from gradtape._src.keras.input_spec import InputSpec
from gradtape._src.keras.layers.cells import Cell, GRUCell, LSTMCell, SimpleRNNCell
from gradtape._src.keras.layers.configured import options_of
from gradtape._src.keras.layers.rnn import RNN


class Recurrent(RNN):
    """A recurrent layer with a cell of its own, whose options it has.

    Attributes:
      _kind: the cell's class.
    """

    _kind: ClassVar[type[Cell]]
    _unwritten = ("use_cudnn",)

    def __init__(
        self,
        cell: dict[str, Any],
        return_sequences: bool,
        return_state: bool,
        go_backwards: bool,
        stateful: bool,
        unroll: bool,
        **kwargs: Any,
    ) -> None:
        common: dict[str, Any] = {name: kwargs[name] for name in ("dtype", "trainable") if name in kwargs}
        if "implementation" in kwargs:
            common["implementation"] = kwargs.pop("implementation")
        made = self._kind(**cell, **common, name=_NAMES[self._kind])
        super().__init__(made, return_sequences, return_state, go_backwards, stateful, unroll, **kwargs)
        self.input_spec = InputSpec(ndim=3)


_NAMES = {SimpleRNNCell: "simple_rnn_cell", GRUCell: "gru_cell", LSTMCell: "lstm_cell"}
_DOC = """{what}

Args:
  units: the size of results and states.
  activation: the function {of}, or its name.
{gates}  use_bias: whether a bias is added.
  kernel_initializer, recurrent_initializer, bias_initializer: how weights begin: an initializer, its name or its
    configuration.
{forget}  kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: what is added to the loss
    for weights and for results.
  kernel_constraint, recurrent_constraint, bias_constraint: what weights are put through after each step of an
    optimizer.
  dropout: the fraction of inputs that is dropped in training, the same at all steps.
  recurrent_dropout: the fraction of states, likewise.
  seed: an int from which the numbers drawn follow.
  return_sequences: whether the outputs of all steps are returned, in place of the last one's.
  return_state: whether the last states are returned besides.
  go_backwards: whether steps are taken from the last to the first.
  stateful: whether the next batch begins with the states at which the last one ended.
  unroll: not used; steps are always taken one by one.
{more}  kwargs: `name`, `trainable`, `dtype` and `zero_output_for_mask`.

Raises:
  ValueError: units that are not positive, unknown names, or inputs of another rank.

Example:
  >>> layer = tf.keras.layers.{name}(4, return_sequences=True)
  >>> layer(tf.ones([2, 5, 3])).shape.as_list()
  [2, 5, 4]
  >>> [weight.shape.as_list() for weight in layer.weights]
  {weights}
"""
_GATES = "  recurrent_activation: the function of the gates, or its name.\n"
_RESET = """  reset_after: whether the gate r is applied after the product with the kernel of states, which then has a
    bias too.
"""
_FUSED = "  use_cudnn: not used; there are no kernels of another vendor.\n"


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
        cell = {
            "units": units,
            "activation": activation,
            "use_bias": use_bias,
            "kernel_initializer": kernel_initializer,
            "recurrent_initializer": recurrent_initializer,
            "bias_initializer": bias_initializer,
            "kernel_regularizer": kernel_regularizer,
            "recurrent_regularizer": recurrent_regularizer,
            "bias_regularizer": bias_regularizer,
            "kernel_constraint": kernel_constraint,
            "recurrent_constraint": recurrent_constraint,
            "bias_constraint": bias_constraint,
            "dropout": dropout,
            "recurrent_dropout": recurrent_dropout,
            "seed": seed,
        }
        flags = (return_sequences, return_state, go_backwards, stateful, unroll)
        super().__init__(cell, *flags, activity_regularizer=activity_regularizer, **kwargs)


class GRU(Recurrent):
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
        cell = {
            "units": units,
            "activation": activation,
            "recurrent_activation": recurrent_activation,
            "use_bias": use_bias,
            "kernel_initializer": kernel_initializer,
            "recurrent_initializer": recurrent_initializer,
            "bias_initializer": bias_initializer,
            "kernel_regularizer": kernel_regularizer,
            "recurrent_regularizer": recurrent_regularizer,
            "bias_regularizer": bias_regularizer,
            "kernel_constraint": kernel_constraint,
            "recurrent_constraint": recurrent_constraint,
            "bias_constraint": bias_constraint,
            "dropout": dropout,
            "recurrent_dropout": recurrent_dropout,
            "reset_after": reset_after,
            "seed": seed,
        }
        flags = (return_sequences, return_state, go_backwards, stateful, unroll)
        super().__init__(cell, *flags, activity_regularizer=activity_regularizer, **kwargs)
        self.use_cudnn = use_cudnn


class LSTM(Recurrent):
    __doc__ = _DOC.format(
        what="c' = f c + i activation(...), h' = o activation(c') at each step, with gates i, f and o.\n\n"
        "Hochreiter and Schmidhuber, Long Short-Term Memory (1997).",
        of="of the candidate and of the carried state",
        gates=_GATES,
        forget="  unit_forget_bias: whether the bias of the gate f begins as ones.\n",
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
        cell = {
            "units": units,
            "activation": activation,
            "recurrent_activation": recurrent_activation,
            "use_bias": use_bias,
            "kernel_initializer": kernel_initializer,
            "recurrent_initializer": recurrent_initializer,
            "bias_initializer": bias_initializer,
            "unit_forget_bias": unit_forget_bias,
            "kernel_regularizer": kernel_regularizer,
            "recurrent_regularizer": recurrent_regularizer,
            "bias_regularizer": bias_regularizer,
            "kernel_constraint": kernel_constraint,
            "recurrent_constraint": recurrent_constraint,
            "bias_constraint": bias_constraint,
            "dropout": dropout,
            "recurrent_dropout": recurrent_dropout,
            "seed": seed,
        }
        flags = (return_sequences, return_state, go_backwards, stateful, unroll)
        super().__init__(cell, *flags, activity_regularizer=activity_regularizer, **kwargs)
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
