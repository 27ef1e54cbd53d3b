"""Loss scaling: a wrapper around another optimizer, for gradients that would underflow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradtape._engine.api.api import apply_cast, apply_elementwise, as_tensor, full
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import replication
from gradtape._src.core.dtypes import float32, int64
from gradtape._src.ops.indexed_slices import IndexedSlices
from gradtape._src.ops.reductions import reduce_all
from gradtape._src.optimizers.base import Optimizer
from gradtape._src.optimizers.hyperparameters import explain
from gradtape._src.state.variable import Variable


class LossScaleOptimizer(Optimizer):
    """Wraps another optimizer, and scales the loss so that gradients do not underflow.

    The scale is halved, and the step skipped, if a gradient is not finite; it is doubled after dynamic_growth_steps
    steps in a row with finite gradients. Pass the loss to `scale_loss` before computing its gradients.

    Source: Micikevicius et al. 2018, https://arxiv.org/abs/1710.03740.

    Args:
      inner_optimizer: the optimizer that takes the steps.
      initial_scale: the initial scale.
      dynamic_growth_steps: the number of steps after which the scale is doubled.
      kwargs: none but `dynamic`, which must be true, and options of other optimizers at their defaults.

    Raises:
      ValueError: an unknown argument.

    Example:
      >>> w = tf.Variable(1.0)
      >>> optimizer = tf.optimizers.LossScaleOptimizer(tf.optimizers.SGD(0.5), initial_scale=1024.0)
      >>> with tf.GradientTape() as tape:
      ...     loss = optimizer.scale_loss(w * w)
      >>> optimizer.apply(tape.gradient(loss, [w]), [w])
      >>> float(w)
      0.0
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not kwargs.pop("dynamic", True):
            raise ValueError(
                "LossScaleOptimizer no longer supports `dynamic=False`. Instead, simply set `loss_scale_factor` "
                "directly on the `inner_optimizer`."
            )
        for option, field in self._fields.items():
            value = kwargs.pop(option, field.default)
            if value != field.default:
                raise ValueError(
                    f"LossScaleOptimizer does not support `{option}`. Instead, set `{option}` on the `inner_optimizer`."
                )
        if kwargs:
            raise ValueError(f"LossScaleOptimizer does not support arguments: `{'`, `'.join(kwargs)}`.")
        super().__init__(0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        inner_optimizer.loss_scale_factor = None  # else gradients would be scaled twice

    def build(self, variables: Iterable[Variable]) -> None:
        if self.built:
            return
        trainable = list(variables)
        self.step_counter: Variable = self.add_variable((), dtype=int64, name="step_counter")
        self.dynamic_scale: Variable = self.add_variable((), self._first_scale, float32, name="dynamic_scale")
        self.inner_optimizer._path = f"{self.name}/{self.inner_optimizer.name}"
        self.inner_optimizer.build(trainable)
        super().build(trainable)

    def _first_scale(self, shape: Any, dtype: Any) -> Tensor:
        return full(shape, self.initial_scale, dtype)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        if not self.built:
            self.build(trainable_variables or ())
        variables = self._trainable_variables if trainable_variables is None else trainable_variables
        # Before they are looked at: all ranks have to take the step, or none.
        found = self.inner_optimizer._exchanged(grads, variables)
        if found is None:
            return
        scale = self.dynamic_scale.read_value()
        if not all(_is_finite(gradient) for gradient in found if gradient is not None):
            self.step_counter.assign(0)
            self.dynamic_scale.assign(scale * 0.5)
            return
        with replication.Exchanged():
            self.inner_optimizer.apply([_divided(gradient, scale) for gradient in found], trainable_variables)
        if self.step_counter >= self.dynamic_growth_steps - 1:
            self.step_counter.assign(0)
            self.dynamic_scale.assign(scale * 2.0)
        else:
            self.step_counter.assign_add(1)

    @property
    def variables(self) -> list[Variable]:
        """Its own variables, then the inner optimizer's."""
        return self._variables + self.inner_optimizer.variables

    @property
    def iterations(self) -> Any:
        """The inner optimizer's `iterations`."""
        return self.inner_optimizer.iterations

    if not TYPE_CHECKING:

        @property
        def learning_rate(self) -> Any:
            """The inner optimizer's learning rate."""
            return self.inner_optimizer.learning_rate

        @learning_rate.setter
        def learning_rate(self, learning_rate: Any) -> None:
            self.inner_optimizer.learning_rate = learning_rate

    def scale_loss(self, loss: Any) -> Any:
        """The loss times the current scale.

        Args:
          loss: a tensor, or a number.

        Returns:
          The product, a tensor of the loss' shape and dtype.

        Example:
          >>> optimizer = tf.optimizers.LossScaleOptimizer(tf.optimizers.SGD(0.5), initial_scale=1024.0)
          >>> float(optimizer.scale_loss(tf.constant(2.0)))
          2048.0
        """
        return loss * (self.dynamic_scale.read_value() if self.built else self.initial_scale)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        from gradtape._src.optimizers.serialization import serialize  # which imports this class

        return {
            "name": self.name,
            "inner_optimizer": serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> LossScaleOptimizer:
        from gradtape._src.optimizers.serialization import deserialize

        arguments = dict(config)
        inner = deserialize(arguments.pop("inner_optimizer"), custom_objects)
        return cls(inner, **arguments)


def _is_finite(gradient: Any) -> bool:
    return bool(reduce_all(apply_elementwise("is_finite", as_tensor(getattr(gradient, "values", gradient)))))


def _divided(gradient: Any, scale: Tensor) -> Any:
    """A gradient divided by a scale, in its own dtype."""
    if gradient is None:
        return None
    if hasattr(gradient, "indices"):
        return IndexedSlices(_divided(gradient.values, scale), gradient.indices, gradient.dense_shape)
    gradient = as_tensor(gradient)
    return gradient / apply_cast(scale, gradient.dtype)


explain(LossScaleOptimizer)
