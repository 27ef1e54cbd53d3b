"""Optimizer: what every optimizer shares, from its variables and learning rate to clipping, decay and averages."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradtape._doors import apply_cast, as_tensor, empty, full, tensor_from, view
from gradtape._src.autodiff.tape import GradientTape
from gradtape._src.core.dtypes import float32, int64
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.optimizers.schedules import LearningRateSchedule, deserialize, serialize
from gradtape._src.state.variable import Variable
from gradtape._tensor import Tensor
from gradtape._update import BaseOptimizer

_names: dict[str, int] = {}


class Hyperparameter:
    """An attribute whose number the compiled rule reads at its place; assigning it changes the next step."""

    def __init__(self, place: int) -> None:
        self.place = place

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type) -> Any:
        return self if optimizer is None else optimizer.__dict__[self.name]

    def __set__(self, optimizer: Any, value: Any) -> None:
        optimizer.__dict__[self.name] = value
        optimizer._set_hyperparameter(self.place, value)


class Rows(NamedTuple):
    """A gradient that is zero but for some rows.

    Attributes:
      values: the rows, those of one index added up.
      places: their indices (int64), each once.
      squares: where an index came more than once, the sums of the entries' squares (of their magnitudes for Adamax):
        Keras squares entry by entry.
      norm: the Euclidean norm of all entries.
    """

    values: Tensor
    places: np.ndarray
    squares: Tensor | None
    norm: float

    def dense(self, rows: Tensor | None, variable: Variable) -> Tensor | None:
        """Some rows at their places among zeros."""
        if rows is None:
            return None
        tensor, array = empty(variable.shape, variable.dtype)
        array.fill(0)
        array[self.places] = view(rows)
        return tensor


class Optimizer(BaseOptimizer):
    """Base of the optimizers; its keyword arguments are theirs too.

    Args:
      learning_rate: a float, a LearningRateSchedule, or a callable without arguments.
      weight_decay: each step first takes this fraction, times the learning rate, off every variable.
      clipnorm: largest norm of each gradient; larger ones are scaled down to it.
      clipvalue: largest absolute value of a gradient's elements.
      global_clipnorm: largest norm of all gradients together.
      use_ema: whether to keep a moving average of every variable.
      ema_momentum: how much of the average stays at each step.
      ema_overwrite_frequency: after so many steps the variables are set to their averages; None: only
        `finalize_variable_values` does.
      loss_scale_factor: what the loss was multiplied by; gradients are divided by it.
      gradient_accumulation_steps: so many gradients are averaged for one step.
      name: the optimizer's name, after its class unless given.

    Raises:
      ValueError: an argument out of its range, unknown, or more than one way of clipping.
    """

    _rule = ""
    _slots: tuple[tuple[str, ...], ...] = ()  # names of slot variables, in the groups and order in which they are made
    _absolute = False  # whether the rule reads |g| where others read g²
    _sparse = False  # whether rows without gradient stay as they are, so that IndexedSlices need touch no others

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("decay", None) is not None:
            warnings.warn("Argument `decay` is no longer supported and will be ignored.", stacklevel=3)
        if kwargs:
            raise ValueError(f"Argument(s) not recognized: {kwargs}")
        if gradient_accumulation_steps and not gradient_accumulation_steps >= 2:
            raise ValueError(
                "`gradient_accumulation_steps` must be an integer >= 2. "
                f"Received: gradient_accumulation_steps={gradient_accumulation_steps}"
            )
        if use_ema:
            if ema_momentum > 1 or ema_momentum < 0:
                raise ValueError(f"`ema_momentum` must be in the range [0, 1]. Received: ema_momentum={ema_momentum}")
            if ema_overwrite_frequency and not (
                isinstance(ema_overwrite_frequency, int) and ema_overwrite_frequency >= 1
            ):
                raise ValueError(
                    "`ema_overwrite_frequency` must be an integer >= 1 or None. "
                    f"Received: ema_overwrite_frequency={ema_overwrite_frequency}"
                )
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. "
                f"Received: clipnorm={clipnorm}, clipvalue={clipvalue}, global_clipnorm={global_clipnorm}"
            )
        self.name = name if name is not None else _automatic_name(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.built = False
        self._trainable_variables: list[Variable] = []
        self._averages: list[Variable] = []
        self._accumulators: list[Variable] = []
        self._undecayed: set[int] = set()
        self._undecayed_names: re.Pattern[str] | None = None
        self._iterations = Variable(0, trainable=False, name="iteration", dtype=int64)
        self._variables = [self._iterations]
        self._set_rule(self._rule)
        self._set_counter(self._iterations)
        if callable(learning_rate):
            self._learning_rate = learning_rate
        elif isinstance(learning_rate, float):
            self._learning_rate = Variable(learning_rate, trainable=False, name="learning_rate", dtype=float32)
            self._variables.append(self._learning_rate)
            self._set_rate(self._learning_rate)
        else:
            raise ValueError(
                "Argument `learning_rate` should be float, or an instance of LearningRateSchedule, or a callable "
                "(that takes in the current iteration value and returns the corresponding learning rate value). "
                f"Received instead: learning_rate={learning_rate}"
            )

    # Variables

    @property
    def iterations(self) -> Any:
        """The number of steps so far: a variable, which may be assigned; accumulated gradients count once."""
        if self.gradient_accumulation_steps:
            return self._iterations // self.gradient_accumulation_steps
        return self._iterations

    @property
    def variables(self) -> list[Variable]:
        """The optimizer's own variables: iterations, learning rate, averages, accumulators, then slots."""
        return self._variables[:]

    @property
    def learning_rate(self) -> Any:
        """The learning rate: a variable, or what the schedule or callable gives now. Assigning a number sets the
        variable."""
        if isinstance(self._learning_rate, Variable):
            return self._learning_rate
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(self._iterations)
        return self._learning_rate()

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        previous = self._learning_rate
        if callable(learning_rate):
            if isinstance(previous, Variable):
                self._variables = [variable for variable in self._variables if variable is not previous]
            self._learning_rate = learning_rate
            self._set_rate(None)
        elif isinstance(previous, LearningRateSchedule):
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` constructor "
                "argument, "
                "hence its learning rate is not settable. If you need the learning rate to be settable, you should "
                "instantiate the optimizer with a float `learning_rate` argument."
            )
        else:
            previous.assign(learning_rate)

    def build(self, variables: Iterable[Variable]) -> None:
        """Makes the optimizer's variables for these trainable ones; the first step does it otherwise."""
        if self.built:
            return
        trainable = list(variables)
        if self.use_ema:
            self._averages = self._add_slots(trainable, ("average",))[0]
        if self.gradient_accumulation_steps:
            self._accumulators = self._add_slots(trainable, ("gradient_accumulator",))[0]
        slots: list[list[Variable] | None] = []
        for group in self._slots:
            slots += self._add_slots(trainable, group) if self._has_slots(group) else [None] * len(group)
        self._set_variables(trainable, slots)
        self._trainable_variables = trainable
        self._prepared = not (
            self.weight_decay is not None
            or self.clipnorm
            or self.clipvalue
            or self.global_clipnorm
            or self.use_ema
            or self.loss_scale_factor is not None
            or self.gradient_accumulation_steps
            or any(variable.constraint is not None for variable in trainable)
        )
        self.built = True

    def _has_slots(self, group: tuple[str, ...]) -> bool:
        return True

    def _initial_value(self, slot: str) -> float:
        return 0.0

    def _add_slots(self, trainable: Sequence[Variable], names: tuple[str, ...]) -> list[list[Variable]]:
        """New variables for every trainable one, a list per name."""
        made: list[list[Variable]] = [[] for _ in names]
        for variable in trainable:
            for slot, name in zip(made, names, strict=True):
                initial = float(np.float32(self._initial_value(name)))  # as Keras' cast gives it, for float64 too
                value = full(variable.shape, initial, variable.dtype)
                owner = variable.name.replace("/", "_").replace(":", "_")
                slot.append(Variable(value, trainable=False, name=f"{owner}_{name}"))
                self._variables.append(slot[-1])
        return made

    # Steps

    def minimize(self, loss: Any, var_list: Any, tape: GradientTape | None = None) -> Variable:
        """One step down the gradient of a loss.

        Args:
          loss: a callable without arguments, or a tensor that `tape` recorded.
          var_list: the variables, or a callable that returns them.
          tape: the tape that recorded the loss.

        Returns:
          `iterations`.

        Raises:
          ValueError: the loss is a tensor and no tape is given.
        """
        if not callable(loss) and tape is None:
            raise ValueError("`tape` is required when a `Tensor` loss is passed. "
                             f"Received: loss={loss}, tape={tape}.")
        if callable(loss):
            tape = GradientTape() if tape is None else tape
            with tape:
                loss = loss()
        variables = list(var_list() if callable(var_list) else var_list)
        assert tape is not None
        return self.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """One step with gradients of these variables, by default of those the optimizer was built with."""
        if len(grads) == 0:
            return
        if trainable_variables is None:
            if not self.built:
                raise ValueError(
                    "When passing `grads` without `variables`, the optimizer must already be built on a list of "
                    "variables. "
                    "Call `optimizer.build(trainable_variables)` first. "
                )
            if len(grads) != len(self._trainable_variables):
                raise ValueError(
                    "When passing `grads` as a list of gradient tensors, the gradients must match "
                    "`optimizer.variables` "
                    f"one-to-on. Received a list of {len(grads)} gradients, but the optimizer is tracking "
                    f"{len(self._trainable_variables)} trainable variables."
                )
            trainable_variables = self._trainable_variables
        self.apply_gradients(zip(grads, trainable_variables, strict=False))

    def _step(self, pairs: list[tuple[Any, Variable]]) -> None:
        """A step that is more than its rule, or the first one."""
        _, variables = zip(*pairs, strict=True)
        if not self.built:
            self.build(variables)
        for variable in variables:
            if self._place(variable) is None:
                raise ValueError(
                    f"Unknown variable: {variable}. This optimizer can only be called for the variables it was "
                    f"originally "
                    "built with. When working with a new set of variables, you should recreate a new optimizer "
                    "instance."
                )
        present = [(gradient, variable) for gradient, variable in pairs if gradient is not None]
        if not present:
            raise ValueError("No gradients provided for any variable.")
        if len(present) < len(pairs):
            missing = [variable.name for gradient, variable in pairs if gradient is None]
            warnings.warn(
                f"Gradients do not exist for variables {missing} when minimizing the loss. If using "
                f"`model.compile()`, did "
                "you forget to provide a `loss` argument?",
                stacklevel=2,
            )
        checked = [(self._checked(gradient, variable), variable) for gradient, variable in present]
        if not self.gradient_accumulation_steps:
            self._apply(checked, 1 / self.loss_scale_factor if self.loss_scale_factor is not None else 1.0)
        else:
            self._accumulate(checked)
        self._average()
        for _, variable in checked:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        self._count_step()

    def _checked(self, gradient: Any, variable: Variable) -> Any:
        """The gradient as a tensor of its variable's dtype and shape, or as Rows where no other rows change.

        Raises InvalidArgumentError for another shape, and for a variable of integers, which a step cannot move.
        """
        if not variable.dtype.is_floating:
            message = f"Variable '{variable.name}' is of {variable.dtype.name}: optimizers step floating ones."
            raise InvalidArgumentError(None, None, message)
        if not hasattr(gradient, "indices"):
            gradient = as_tensor(gradient)
            if gradient.dtype != variable.dtype:
                gradient = apply_cast(gradient, variable.dtype)
            self._check_shape(gradient, variable)
            return gradient
        if self.gradient_accumulation_steps:
            rows = _collect(gradient, variable)
            return rows.dense(rows.values, variable)
        if self.clipnorm or self.global_clipnorm or not self.clipvalue:
            return _collect(gradient, variable, absolute=self._absolute)
        return _collect(gradient, variable, self.clipvalue * (self.loss_scale_factor or 1.0), self._absolute)

    def _apply(self, pairs: list[tuple[Any, Variable]], scale: float) -> None:
        """Clips, decays and updates."""
        rate = float(self.learning_rate)
        step = int(self.iterations) + 1
        self._advance(step)
        scales = [scale] * len(pairs)
        limit = -1.0
        if self.clipnorm and self.clipnorm > 0:
            norms = [scale * _norm([gradient]) for gradient, _ in pairs]
            scales = [scale * self.clipnorm / max(norm, self.clipnorm) for norm in norms]
        elif self.global_clipnorm and self.global_clipnorm > 0:
            norm = scale * _norm([gradient for gradient, _ in pairs])
            scales = [scale * self.global_clipnorm / max(norm, self.global_clipnorm) + (norm - norm)] * len(pairs)
            # Keras adds the entries of an index up as it scales them.
            pairs = [(g._replace(squares=None) if isinstance(g, Rows) else g, variable) for g, variable in pairs]
        elif self.clipvalue and self.clipvalue > 0:
            limit = self.clipvalue
        for (gradient, variable), factor in zip(pairs, scales, strict=True):
            decay = self.weight_decay if self.weight_decay is not None and self._decays(variable) else 0.0
            if not isinstance(gradient, Rows):
                self._update(variable, gradient, rate, step, decay, factor, limit)
            elif self._sparse:
                if decay:
                    variable.assign_sub(variable * (decay * rate))
                values, places, squares, _ = gradient
                self._update_rows(variable, values, places, rate, step, factor, -1.0, squares)
            else:
                values, squares = (gradient.dense(rows, variable) for rows in (gradient.values, gradient.squares))
                self._update(variable, values, rate, step, decay, factor, -1.0, squares)

    def _accumulate(self, pairs: list[tuple[Any, Variable]]) -> None:
        """Adds to the accumulators; with the last gradient of a round, takes the step of their mean."""
        steps = self.gradient_accumulation_steps
        assert steps
        held = [self._accumulators[self._place(variable)] for _, variable in pairs]
        if (int(self._iterations) + 1) % steps:
            for accumulator, (gradient, _) in zip(held, pairs, strict=True):
                accumulator.assign_add(gradient)
            return
        means = [
            (accumulator + gradient) / steps for accumulator, (gradient, _) in zip(held, pairs, strict=True)
        ]
        self._apply([(mean, variable) for mean, (_, variable) in zip(means, pairs, strict=True)], 1.0)
        for accumulator in self._accumulators:
            accumulator.assign(full(accumulator.shape, 0, accumulator.dtype))

    def _average(self) -> None:
        """Takes the variables' values into their moving averages, and those into the variables when it is time."""
        if not self.use_ema:
            return
        step = int(self.iterations)
        momentum = self.ema_momentum if step else 0.0
        for variable, average in zip(self._trainable_variables, self._averages, strict=True):
            average.assign(average * momentum + variable * (1 - momentum))
        if self.ema_overwrite_frequency and (step + 1) % self.ema_overwrite_frequency == 0:
            self.finalize_variable_values(self._trainable_variables)

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Sets the variables to their moving averages, if there are any; to be called when training ends."""
        if not self.use_ema:
            return
        for variable, average in zip(var_list, self._averages, strict=False):
            variable.assign(average)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leaves variables out of weight decay: those listed, and those whose name contains one of the words."""
        self._undecayed = {id(variable) for variable in var_list or ()}
        self._undecayed_names = re.compile("|".join(set(var_names))) if var_names else None

    def _decays(self, variable: Variable) -> bool:
        pattern = self._undecayed_names
        return id(variable) not in self._undecayed and not (pattern is not None and pattern.search(variable.name))

    def scale_loss(self, loss: Any) -> Any:
        """The loss times loss_scale_factor, if there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets the optimizer's variables, in the order of `variables`."""
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. Please call "
                "`optimizer.build(trainable_variables)` to create the optimizer weights before calling `set_weights()`."
            )
        for variable, weight in zip(self._variables, weights, strict=False):
            variable.assign(weight)

    # Configuration

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an optimizer like this one, without its state."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            learning_rate = serialize(self._learning_rate)
        elif isinstance(self._learning_rate, Variable):
            learning_rate = float(self._learning_rate)
        else:
            learning_rate = self._learning_rate
        names = (
            "weight_decay",
            "clipnorm",
            "global_clipnorm",
            "clipvalue",
            "use_ema",
            "ema_momentum",
            "ema_overwrite_frequency",
            "loss_scale_factor",
            "gradient_accumulation_steps",
            *self._configured,
        )
        return {"name": self.name, "learning_rate": learning_rate, **{name: getattr(self, name) for name in names}}

    _configured: tuple[str, ...] = ()  # further arguments of the class

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Optimizer:
        """An optimizer made from what `get_config` gave."""
        arguments = dict(config)
        if isinstance(arguments.get("learning_rate"), dict):
            arguments["learning_rate"] = deserialize(arguments["learning_rate"], custom_objects)
        return cls(**arguments)


def _automatic_name(kind: str) -> str:
    """The class's name in snake case, numbered from its second use on."""
    name = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", kind)).lower()
    count = _names.get(name, 0)
    _names[name] = count + 1
    return f"{name}_{count}" if count else name


def _collect(slices: Any, variable: Variable, limit: float | None = None, absolute: bool = False) -> Rows:
    """IndexedSlices with their entries clipped to ±limit and those of one index added up, of the variable's dtype.

    Raises InvalidArgumentError for rows that the variable does not have or of another shape.
    """
    values, indices = view(as_tensor(slices.values)), view(as_tensor(slices.indices)).ravel()
    shape = tuple(variable.shape)
    if not shape or values.shape != (len(indices), *shape[1:]):
        raise InvalidArgumentError(
            None,
            None,
            f"The gradient of variable '{variable.name}' has {len(indices)} rows given as values of shape "
            f"{list(values.shape)}, the variable has shape {list(shape)}. A row must have its variable's shape but the "
            "first axis.",
        )
    if indices.size and not (indices.min() >= 0 and indices.max() < shape[0]):
        wrong = indices[(indices < 0) | (indices >= shape[0])][0]
        message = f"The gradient of variable '{variable.name}' has the index {wrong}, which is not in [0, {shape[0]})."
        raise InvalidArgumentError(None, None, message)
    values = values if limit is None else np.clip(values, -limit, limit)
    norm = float(np.sqrt(np.vdot(values, values)))
    places, owner = np.unique(indices.astype(np.int64), return_inverse=True)

    def added(entries: np.ndarray) -> Tensor:
        sums = np.zeros((len(places), *shape[1:]), entries.dtype)
        np.add.at(sums, owner, entries)
        return tensor_from(sums, variable.dtype)

    if len(places) < len(indices):
        return Rows(added(values), places, added(np.abs(values) if absolute else values * values), norm)
    ordered = np.empty_like(values)
    ordered[owner] = values
    return Rows(tensor_from(ordered, variable.dtype), places, None, norm)


def _norm(gradients: Sequence[Any]) -> float:
    """Euclidean norm of gradients together."""
    norms = [g.norm if isinstance(g, Rows) else np.linalg.norm(view(g).ravel()) for g in gradients]
    return float(np.sqrt(sum(norm * norm for norm in norms)))
