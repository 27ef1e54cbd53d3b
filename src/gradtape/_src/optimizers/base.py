"""Optimizer: what every optimizer shares, from its variables and learning rate to clipping, decay and averages."""

from __future__ import annotations

import copy
import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor, full
from gradtape._engine.state.optimizers import BaseOptimizer, number_places
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.autodiff.tape import GradientTape
from gradtape._src.core import replication
from gradtape._src.core.dtypes import float32, int32, int64
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.hints import DIAGNOSE, NO_GRADIENTS, pointed
from gradtape._src.core.typing import DTypeLike, ShapeLike, TensorLike
from gradtape._src.optimizers.hyperparameters import Declared, bound, declare, hyperparameter
from gradtape._src.optimizers.options import check_options
from gradtape._src.optimizers.schedules import LearningRateSchedule, deserialize, serialize
from gradtape._src.optimizers.sparse import collected_rows
from gradtape._src.state import tracking
from gradtape._src.state.named import NamedVariable
from gradtape._src.state.variable import Variable

_names: dict[str, int] = {}


class Slot(NamedTuple):
    """A variable that an optimizer keeps for each of its trainable ones.

    Attributes:
      name: what the slot's name ends in.
      initial: its first value: a number, the name of a hyperparameter, or "variable" for the variable's own.
      when: the hyperparameter that must be positive for the slot to be in use.
      without: the axis of the variable, -1 or -2, that the slot lacks; a scalar nobody reads stands in for
        variables of fewer than two axes.
    """

    name: str
    initial: float | str = 0.0
    when: str | None = None
    without: int | None = None


class Optimizer(BaseOptimizer, Declared):
    """Base of the optimizers; its keyword arguments are theirs too.

    A subclass with a rule of the engine is a row: the rule's name, its slots, and its hyperparameters with their
    defaults; see :class:`gradtape.optimizers.Adam`. Any other subclass makes its slots in `build` with
    `add_variable_from_reference`, and updates one variable in `update_step(gradient, variable, learning_rate)`.

    Args:
      learning_rate: a float, a schedule of `tf.optimizers.schedules`, or a callable without arguments.
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
      kwargs: none but `decay`, which is ignored with a warning.

    Raises:
      ValueError: an argument out of its range, unknown, or more than one way of clipping.

    Example:
      >>> class Signs(tf.optimizers.Optimizer):
      ...     def update_step(self, gradient, variable, learning_rate):
      ...         variable.assign_sub(learning_rate * tf.sign(gradient))
      >>> w = tf.Variable([1.0, 2.0])
      >>> Signs(0.5).apply([tf.constant([3.0, -4.0])], [w])
      >>> w.numpy()
      array([0.5, 2.5], dtype=float32)
    """

    weight_decay: float | None = hyperparameter(default=None, kw_only=True)
    clipnorm: float | None = hyperparameter(default=None, kw_only=True)
    clipvalue: float | None = hyperparameter(default=None, kw_only=True)
    global_clipnorm: float | None = hyperparameter(default=None, kw_only=True)
    use_ema: bool = hyperparameter(default=False, kw_only=True)
    ema_momentum: float = hyperparameter(default=0.99, kw_only=True)
    ema_overwrite_frequency: int | None = hyperparameter(default=None, kw_only=True)
    loss_scale_factor: float | None = hyperparameter(default=None, kw_only=True)
    gradient_accumulation_steps: int | None = hyperparameter(default=None, kw_only=True)
    if TYPE_CHECKING:
        name: str = hyperparameter(default=None, kw_only=True)

    _rule = ""
    _slots: ClassVar[tuple[tuple[Slot, ...], ...]] = ()  # in the groups and order in which they are made
    _has_product = False  # whether the rule reads the product of its momenta so far
    _places: ClassVar[Mapping[str, int]] = number_places("")
    _default_rate: ClassVar[Any] = inspect.Parameter.empty

    def __init_subclass__(
        cls,
        rule: str | None = None,
        state: tuple[tuple[Slot, ...], ...] | None = None,
        learning_rate: float | None = None,
        product: bool | None = None,
    ) -> None:
        if rule is not None:
            cls._rule, cls._places = rule, number_places(rule)
        if state is not None:
            cls._slots = state
        if learning_rate is not None:
            cls._default_rate = learning_rate
        if product is not None:
            cls._has_product = product
        cls._declare()

    @classmethod
    def _declare(cls) -> None:
        named = inspect.Parameter.POSITIONAL_OR_KEYWORD
        rate = inspect.Parameter("learning_rate", named, default=cls._default_rate)
        kwargs = inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)
        declare(cls, (rate,), (inspect.Parameter("name", named, default=None), kwargs))

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        given = bound(type(self), arguments, keywords)
        values = dict(given.arguments)
        kwargs, learning_rate, name = values.pop("kwargs"), values.pop("learning_rate"), values.pop("name")
        if kwargs.pop("decay", None) is not None:
            warnings.warn("Argument `decay` is no longer supported and will be ignored.", stacklevel=2)
        if kwargs:
            raise ValueError(f"Argument(s) not recognized: {kwargs}")
        check_options(**values)
        self.name = name if name is not None else _automatic_name(type(self).__name__)
        self.built: bool = False
        self._trainable_variables: list[Variable] = []
        self._slot_variables: list[list[Variable]] = []
        self._averages: list[Variable] = []
        self._accumulators: list[Variable] = []
        self._product: Variable | None = None
        self._undecayed: list[Variable] = []
        self._undecayed_names: list[str] = []
        self._path = self.name
        self._iterations = self._own(0, "iteration", int64)
        self._variables = [self._iterations]
        if callable(learning_rate):
            self._learning_rate = learning_rate
        elif isinstance(learning_rate, float):
            self._learning_rate = self._own(learning_rate, "learning_rate", float32)
            self._variables.append(self._learning_rate)
        else:
            raise ValueError(
                "Argument `learning_rate` should be float, or an instance of LearningRateSchedule, or a callable "
                "(that takes in the current iteration value and returns the corresponding learning rate value). "
                f"Received instead: learning_rate={learning_rate}"
            )
        for field, value in values.items():
            setattr(self, field, value)
        self._check()
        self._bind()

    def _own(self, value: Any, name: str, dtype: Any) -> Variable:
        """A variable of the optimizer's own."""
        return NamedVariable(value, name, self._path, dtype)

    def _check(self) -> None:
        """Raises ValueError for hyperparameters out of their ranges."""

    def _bind(self) -> None:
        """Tells the engine what the attributes say."""
        for field in self._fields:
            setattr(self, field, self.__dict__[field])
        # Replicas' gradients are added up in `apply`.
        self._set_rule(self._rule, type(self).apply is not Optimizer.apply or replication.several)
        self._set_counter(self._iterations)
        self._bind_rate()
        self._set_variables(
            self._trainable_variables, self._slot_variables, self._averages, self._accumulators, self._product
        )

    def _bind_rate(self) -> None:
        rate = self._learning_rate
        self._set_rate(*((rate, None) if isinstance(rate, Variable) else (None, rate)))

    # Copies

    def __reduce__(self) -> tuple[Any, ...]:
        return _blank, (type(self),), self.__dict__ | {"_variables": self._variables[:]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._bind()

    def __copy__(self) -> Optimizer:
        # One with a state of its own, for the same trainable variables.
        kept = [*self._trainable_variables, *self._undecayed]
        return copy.deepcopy(self, {id(variable): variable for variable in kept})

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

    if TYPE_CHECKING:
        learning_rate: Any = hyperparameter(default=0.001)
    else:

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
                self._bind_rate()
            elif isinstance(previous, LearningRateSchedule):
                raise TypeError(
                    "This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` "
                    "constructor argument, hence its learning rate is not settable. If you need the learning rate to "
                    "be settable, you should instantiate the optimizer with a float `learning_rate` argument."
                )
            else:
                previous.assign(learning_rate)

    def build(self, variables: Iterable[Variable]) -> None:
        """Makes the optimizer's variables for these trainable ones; the first step does it otherwise.

        Args:
          variables: the variables that later steps are for.

        Example:
          >>> optimizer = tf.optimizers.Adam()
          >>> optimizer.build([tf.Variable([1.0, 2.0], name="w")])
          >>> [variable.name for variable in optimizer.variables]
          ['iteration', 'learning_rate', 'w_0_momentum', 'w_0_velocity']
        """
        if self.built:
            return
        trainable = list(variables)
        if self.use_ema:
            self._averages = self.add_optimizer_variables(trainable, "average")
        if self.gradient_accumulation_steps:
            self._accumulators = self.add_optimizer_variables(trainable, "gradient_accumulator")
        self._slot_variables = []
        for group in self._slots:
            in_use = [slot for slot in group if slot.when is None or getattr(self, slot.when) > 0]
            made: dict[Slot, list[Variable]] = {slot: [] for slot in group}
            for variable in trainable:
                for slot in in_use:
                    made[slot].append(self._add_slot(slot, variable))
            self._slot_variables += made.values()
        if self._has_product:
            dtype = trainable[0].dtype if trainable else None
            self._product = self._own(1.0, "variable", dtype)
            self._variables.append(self._product)
        self._trainable_variables = trainable
        self._bind()
        self.built = True
        tracking.attribute_added(self)

    def _trackable_children(self) -> dict[str, Any]:
        return tracking.attributes(self)

    def _add_slot(self, slot: Slot, variable: Variable) -> Variable:
        if slot.without is not None:
            shape = list(variable.shape)
            if len(shape) < 2:
                made = self._own(0, variable.name.removesuffix(":0"), int32)
                self._variables.append(made)
                return made
            del shape[slot.without]
            return self.add_variable(shape, dtype=variable.dtype, name=variable.name.removesuffix(":0"))
        initial: Any = slot.initial
        if initial == "variable":
            return self.add_variable_from_reference(variable, slot.name, lambda shape, dtype: variable.numpy())
        value = np.float32(getattr(self, initial) if isinstance(initial, str) else initial)  # as Keras' cast gives it
        return self.add_variable_from_reference(
            variable, slot.name, lambda shape, dtype: full(shape, float(value), dtype)
        )

    def add_variable(
        self,
        shape: ShapeLike,
        initializer: Any = "zeros",
        dtype: DTypeLike | None = None,
        aggregation: Any = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new variable among the optimizer's own.

        Args:
          shape: its shape.
          initializer: "zeros", "ones", or a callable from a shape and a dtype to the first value.
          dtype: its dtype, float32 unless given.
          aggregation, layout: not used; there is one device.
          name: its name.

        Returns:
          The variable, not trainable; it comes last in `variables`.

        Raises:
          ValueError: an initializer by another name.

        Example:
          >>> optimizer = tf.optimizers.SGD(0.1)
          >>> optimizer.add_variable((2,), "ones", name="scale").numpy()
          array([1., 1.], dtype=float32)
          >>> optimizer.variables[-1].name
          'scale'
        """
        dtype = float32 if dtype is None else dtype
        if isinstance(initializer, str):
            if initializer not in ("zeros", "ones"):
                raise ValueError(f"Could not interpret initializer identifier: {initializer}")
            value = full(shape, float(initializer == "ones"), dtype)
        else:
            value = initializer(shape, dtype)
        made = self._own(value, name or "variable", dtype)
        self._variables.append(made)
        return made

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A new variable of another's shape and dtype among the optimizer's own.

        Args:
          reference_variable: the other variable.
          name: what is added to its name; "var" unless given.
          initializer: as for `add_variable`.

        Returns:
          The variable, not trainable; it comes last in `variables`.

        Example:
          >>> optimizer = tf.optimizers.SGD(0.1, name="sgd")
          >>> optimizer.add_variable_from_reference(tf.Variable([1.0, 2.0], name="w"), "momentum")
          <Variable path=sgd/w_0_momentum, shape=(2,), dtype=float32, value=[0. 0.]>
        """
        owner = getattr(reference_variable, "path", reference_variable.name).replace("/", "_").replace(":", "_")
        return self.add_variable(
            reference_variable.shape, initializer, reference_variable.dtype, name=f"{owner}_{name or 'var'}"
        )

    def add_optimizer_variables(
        self, trainable_variables: Iterable[Variable], name: Any, initializer: Any = "zeros"
    ) -> Any:
        """New variables for each of some others.

        Args:
          trainable_variables: the others.
          name: what is added to their names, or several such.
          initializer: as for `add_variable`, or one per name.

        Returns:
          A list of variables, one per other; a tuple of lists where there are several names.

        Raises:
          ValueError: there are not as many initializers as names.

        Example:
          >>> w = [tf.Variable([1.0, 2.0], name="w"), tf.Variable(3.0, name="b")]
          >>> momenta, norms = tf.optimizers.SGD(0.1).add_optimizer_variables(w, ["momentum", "norm"])
          >>> [variable.name for variable in momenta + norms]
          ['w_0_momentum', 'b_0_momentum', 'w_0_norm', 'b_0_norm']
        """
        names = [name] if isinstance(name, str) else list(name)
        several = isinstance(initializer, (list, tuple))
        initializers = list(initializer) if several else [initializer] * len(names)
        if len(names) != len(initializers):
            raise ValueError(
                "The number of provided names must match the number of provided initializers.  "
                f"Received name='{name}', initializer='{initializer}'"
            )
        made: tuple[list[Variable], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for slot, ending, first in zip(made, names, initializers, strict=True):
                slot.append(self.add_variable_from_reference(variable, ending, first))
        return made[0] if isinstance(name, str) else made

    def assign(self, variable: Variable, value: TensorLike) -> None:
        """Sets a variable to a value, which is cast to its dtype.

        Args:
          variable: the variable, trainable or the optimizer's own.
          value: the value; a tensor of the variable's shape, or what becomes one.

        Raises:
          InvalidArgumentError: the value's shape is not the variable's.

        Example:
          >>> w = tf.Variable(1.0)
          >>> tf.optimizers.SGD(0.1).assign(w, tf.constant(0.25, tf.float64))
          >>> float(w)
          0.25
        """
        variable.assign(self._cast(value, variable))

    def assign_add(self, variable: Variable, value: TensorLike) -> None:
        """Adds a value, which is cast to its dtype, to a variable.

        Args:
          variable: the variable, trainable or the optimizer's own.
          value: what is added; a tensor of the variable's shape, or what becomes one.

        Raises:
          InvalidArgumentError: the value's shape is not the variable's.

        Example:
          >>> w = tf.Variable(1.0)
          >>> tf.optimizers.SGD(0.1).assign_add(w, tf.constant(0.25, tf.float64))
          >>> float(w)
          1.25
        """
        variable.assign_add(self._cast(value, variable))

    def assign_sub(self, variable: Variable, value: TensorLike) -> None:
        """Takes a value, which is cast to its dtype, off a variable.

        Args:
          variable: the variable, trainable or the optimizer's own.
          value: what is taken off; a tensor of the variable's shape, or what becomes one.

        Raises:
          InvalidArgumentError: the value's shape is not the variable's.

        Example:
          >>> w = tf.Variable(1.0)
          >>> tf.optimizers.SGD(0.1).assign_sub(w, tf.constant(0.25, tf.float64))
          >>> float(w)
          0.75
        """
        variable.assign_sub(self._cast(value, variable))

    def _cast(self, value: Any, variable: Variable) -> Tensor:
        value = as_tensor(value)
        return value if value.dtype == variable.dtype else apply_cast(value, variable.dtype)

    def _get_variable_index(self, variable: Variable) -> int | None:
        return self._place(variable)

    # Steps

    def minimize(
        self, loss: TensorLike | Callable[[], TensorLike], var_list: Any, tape: GradientTape | None = None
    ) -> Variable:
        """One step down the gradient of a loss.

        Args:
          loss: a callable without arguments, or a tensor that `tape` recorded.
          var_list: the variables, or a callable that returns them.
          tape: the tape that recorded the loss.

        Returns:
          `iterations`.

        Raises:
          ValueError: the loss is a tensor and no tape is given.

        Example:
          >>> w = tf.Variable(3.0)
          >>> optimizer = tf.optimizers.SGD(0.25)
          >>> _ = optimizer.minimize(lambda: w * w, [w])
          >>> float(w)
          1.5
        """
        if not callable(loss) and tape is None:
            raise ValueError(f"`tape` is required when a `Tensor` loss is passed. Received: loss={loss}, tape={tape}.")
        if callable(loss):
            tape = GradientTape() if tape is None else tape
            with tape:
                loss = loss()
        variables = list(var_list() if callable(var_list) else var_list)
        assert tape is not None
        return self.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """One step with gradients of these variables.

        Args:
          grads: the gradients; None for a variable that has none.
          trainable_variables: their variables, by default those that the optimizer was built with.

        Raises:
          ValueError: no variables are given or known, or there are not as many gradients, or an unknown variable.
          InvalidArgumentError: a gradient's shape is not its variable's.

        Example:
          >>> w = tf.Variable([1.0, 2.0])
          >>> tf.optimizers.SGD(0.5).apply([tf.constant([1.0, -1.0])], [w])
          >>> w.numpy()
          array([0.5, 2.5], dtype=float32)
        """
        if len(grads) == 0:
            return
        if trainable_variables is None:
            if not self.built:
                raise ValueError(
                    "When passing `grads` without `variables`, the optimizer must already be built on a list of "
                    "variables. Call `optimizer.build(trainable_variables)` first. "
                )
            if len(grads) != len(self._trainable_variables):
                raise ValueError(
                    "When passing `grads` as a list of gradient tensors, the gradients must match "
                    "`optimizer.variables` one-to-on. "
                    f"Received a list of {len(grads)} gradients, but the optimizer is tracking "
                    f"{len(self._trainable_variables)} trainable variables."
                )
            trainable_variables = self._trainable_variables
        if replication.several:
            grads = replication.summed(list(grads), list(trainable_variables))
        self._take(zip(grads, trainable_variables, strict=False))

    def _begin(self, variables: Sequence[Variable]) -> None:
        """Makes the optimizer's variables for these trainable ones unless they are there."""
        if not self.built:
            self.build(variables)
            self.built = True  # also where a subclass builds in its own way

    def _fitting(self, pairs: list[tuple[Any, Variable]]) -> list[tuple[Any, Variable]]:
        """The pairs with their gradients as tensors of the variables' dtypes, or Rows, where there are any."""
        _, variables = zip(*pairs, strict=True)
        self._begin(variables)
        if not self._trainable_variables:
            self._trainable_variables = list(variables)
            self._bind()
        for variable in variables:
            if self._place(variable) is None:
                raise ValueError(
                    f"Unknown variable: {variable}. This optimizer can only be called for the variables it was "
                    "originally built with. When working with a new set of variables, you should recreate a new "
                    "optimizer instance."
                )
        present = [(gradient, variable) for gradient, variable in pairs if gradient is not None]
        if not present:
            raise pointed(ValueError("No gradients provided for any variable."), NO_GRADIENTS)
        if len(present) < len(pairs):
            missing = [getattr(variable, "path", variable.name) for gradient, variable in pairs if gradient is None]
            warnings.warn(
                f"Gradients do not exist for variables {missing} when minimizing the loss. If using "
                "`model.compile()`, did you forget to provide a `loss` argument?" + DIAGNOSE,
                stacklevel=_frames_within(),
            )
        return [(self._fitted(gradient, variable), variable) for gradient, variable in present]

    def _fitted(self, gradient: Any, variable: Variable) -> Any:
        """The gradient as a tensor of its variable's dtype and shape, or as Rows.

        Raises InvalidArgumentError for another shape, and for a variable of integers, which a step cannot move, or of
        complex numbers, which have neither an order nor a square that is a size.
        """
        dtype = variable.dtype
        if not dtype.is_floating and not (dtype.is_complex and self._takes_complex()):
            message = (
                f"Variable '{variable.name}' is of {dtype.name}: optimizers step those of floating dtypes, and SGD "
                "without clipping those of complex numbers. Keep real and imaginary parts in variables of their own, "
                "and join them by tf.complex."
            )
            raise InvalidArgumentError(None, None, message)
        if dtype.is_complex:
            gradient = as_tensor(gradient)
        if not hasattr(gradient, "indices"):
            gradient = self._cast(gradient, variable)
            self._check_shape(gradient, variable)
            return gradient
        clips_entries = not (self.gradient_accumulation_steps or self.clipnorm or self.global_clipnorm)
        limit = self.clipvalue * (self.loss_scale_factor or 1.0) if clips_entries and self.clipvalue else None
        return collected_rows(gradient, variable, limit, self._absolute, bool(self.clipnorm or self.global_clipnorm))

    def finalize_variable_values(self, var_list: Sequence[Variable]) -> None:
        """Sets variables to their moving averages, if there are any; to be called when training ends.

        Args:
          var_list: the variables, in the order in which the optimizer was built with them.

        Example:
          >>> w = tf.Variable(1.0)
          >>> optimizer = tf.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5)
          >>> optimizer.apply([1.0], [w]); optimizer.apply([1.0], [w])
          >>> optimizer.finalize_variable_values([w])
          >>> float(w)
          -0.5
        """
        if not self.use_ema:
            return
        for variable, average in zip(var_list, self._averages, strict=False):
            variable.assign(average)

    def exclude_from_weight_decay(
        self, var_list: Sequence[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Leaves variables out of weight decay; what was excluded before is not any more.

        Args:
          var_list: variables.
          var_names: words; a variable whose name contains one is left out.

        Example:
          >>> w, bias = tf.Variable(1.0, name="w"), tf.Variable(1.0, name="bias")
          >>> optimizer = tf.optimizers.SGD(1.0, weight_decay=0.5)
          >>> optimizer.exclude_from_weight_decay(var_names=["bias"])
          >>> optimizer.apply([0.0, 0.0], [w, bias])
          >>> float(w), float(bias)
          (0.5, 1.0)
        """
        self._undecayed = list(var_list or ())
        self._undecayed_names = list(var_names or ())
        self._forget_decaying()

    def _decays(self, variable: Variable) -> bool:
        if any(other is variable for other in self._undecayed):
            return False
        return not any(re.search(word, variable.name) for word in self._undecayed_names)

    def scale_loss(self, loss: Any) -> Any:
        """The loss times loss_scale_factor, if there is one.

        Args:
          loss: a tensor, or a number.

        Returns:
          The product, a tensor of the loss' shape and dtype; the loss itself where loss_scale_factor is None.

        Example:
          >>> w = tf.Variable(3.0)
          >>> optimizer = tf.optimizers.SGD(0.25, loss_scale_factor=1024.0)
          >>> with tf.GradientTape() as tape:
          ...     loss = optimizer.scale_loss(w * w)
          >>> optimizer.apply(tape.gradient(loss, [w]), [w])
          >>> float(w)
          1.5
        """
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    # State

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets the optimizer's variables.

        Args:
          weights: values in the order of `variables`.

        Raises:
          ValueError: the optimizer has not been built, or a value has not its variable's shape.

        Example:
          >>> optimizer = tf.optimizers.SGD(0.5)
          >>> optimizer.build([tf.Variable([1.0, 2.0])])
          >>> optimizer.set_weights([np.array(7), np.array(0.25)])
          >>> int(optimizer.iterations), float(optimizer.learning_rate)
          (7, 0.25)
        """
        if not self.built:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. Please call "
                "`optimizer.build(trainable_variables)` to create the optimizer weights before calling `set_weights()`."
            )
        for variable, weight in zip(self._variables, weights, strict=False):
            if tuple(variable.shape) != tuple(weight.shape):
                raise ValueError(
                    f"Optimizer variable {variable.name} has shape {variable.shape} not compatible with provided "
                    f"weight shape {weight.shape}."
                )
            variable.assign(weight)

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Puts the values of `variables` into a mapping, under "0", "1" and so on.

        Args:
          store: a dict, or another mapping that may be written to, such as a group of an HDF5 file.

        Example:
          >>> store = {}
          >>> tf.optimizers.SGD(0.5).save_own_variables(store)
          >>> {key: float(value) for key, value in store.items()}
          {'0': 0.0, '1': 0.5}
        """
        for place, variable in enumerate(self.variables):
            store[str(place)] = variable.numpy()

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Sets `variables` to what `save_own_variables` stored; warns and leaves them where there are not as many.

        Args:
          store: what `save_own_variables` has written to.

        Raises:
          InvalidArgumentError: a value's shape is not its variable's.

        Example:
          >>> w = tf.Variable([1.0, 2.0])
          >>> one, other, store = tf.optimizers.Adam(), tf.optimizers.Adam(), {}
          >>> one.apply([tf.ones(2)], [w])
          >>> one.save_own_variables(store)
          >>> other.build([w])
          >>> other.load_own_variables(store)
          >>> int(other.iterations)
          1
        """
        if len(store.keys()) != len(self.variables):
            warnings.warn(
                f"Skipping variable loading for optimizer '{self.name}', because it has {len(self.variables)} "
                f"variables whereas the saved optimizer has {len(store.keys())} variables. ",
                stacklevel=2,
            )
            return
        for place, variable in enumerate(self.variables):
            variable.assign(store[str(place)])

    # Configuration

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an optimizer like this one, without its state.

        Returns:
          A dict from the names of the constructor's arguments to plain values; a schedule is a dict of such.

        Example:
          >>> tf.optimizers.SGD(0.5).get_config()["momentum"]
          0.0
        """
        rate: Any = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            rate = serialize(rate)
        elif isinstance(rate, Variable):
            rate = float(rate)
        # In Keras' order.
        names = ("weight_decay", "clipnorm", "global_clipnorm", "clipvalue", *self._fields)
        return {"name": self.name, "learning_rate": rate, **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Optimizer:
        """An optimizer made from what `get_config` gave.

        Args:
          config: names and values of the class's arguments.
          custom_objects: classes of schedules by name, beside those of `schedules`.

        Returns:
          An optimizer of this class that has taken no step yet.

        Raises:
          ValueError: an unknown argument or schedule, or a value out of its range.

        Example:
          >>> config = tf.optimizers.SGD(0.5, momentum=0.9).get_config()
          >>> tf.optimizers.SGD.from_config(config).momentum
          0.9
        """
        arguments = dict(config)
        if isinstance(arguments.get("learning_rate"), dict):
            arguments["learning_rate"] = deserialize(arguments["learning_rate"], custom_objects)
        return cls(**arguments)


Optimizer._declare()
Optimizer.__signature__ = Optimizer._signature


def _blank(kind: type[Optimizer]) -> Optimizer:
    return kind.__new__(kind)


def _frames_within() -> int:
    """How many frames of this module lie between a warning and the program's line that it is about."""
    depth = 1
    while sys._getframe(depth).f_code.co_filename == __file__:
        depth += 1
    return depth


def _automatic_name(kind: str) -> str:
    """The class's name in snake case, numbered from its second use on."""
    name = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", kind)).lower()
    count = _names.get(name, 0)
    _names[name] = count + 1
    return f"{name}_{count}" if count else name
