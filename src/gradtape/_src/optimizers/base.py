"""Optimizer: the base class, with variables, learning rate, clipping, decay, averages and serialization."""

from __future__ import annotations

import copy
import inspect
import re
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from gradtape._engine.api.api import as_tensor
from gradtape._engine.state.optimizers import number_places
from gradtape._src.autodiff.tape import GradientTape
from gradtape._src.core import replication
from gradtape._src.core.dtypes import float32, int64
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.hints import DIAGNOSE, NO_GRADIENTS, pointed
from gradtape._src.core.typing import TensorLike
from gradtape._src.optimizers.hyperparameters import Declared, bound, declare, hyperparameter
from gradtape._src.optimizers.options import check_options
from gradtape._src.optimizers.schedules import LearningRateSchedule, deserialize, serialize
from gradtape._src.optimizers.sparse import collected_rows
from gradtape._src.optimizers.variables import OptimizerVariables, Slot
from gradtape._src.state.variable import Variable

_names: dict[str, int] = {}


class Optimizer(OptimizerVariables, Declared):
    """Base class of the optimizers, which all have its keyword arguments.

    A subclass that uses a rule of the engine declares the rule's name, its slots, and its hyperparameters with their
    defaults; see :class:`gradtape.optimizers.Adam`. Any other subclass creates its slots in `build` with
    `add_variable_from_reference`, and updates one variable in `update_step(gradient, variable, learning_rate)`.

    Args:
      learning_rate: a float, a schedule of `tf.optimizers.schedules`, or a callable without arguments.
      weight_decay: before each step, every variable is reduced by this fraction of itself times the learning rate.
      clipnorm: maximum norm of each gradient; larger ones are scaled down to it.
      clipvalue: maximum absolute value of a gradient's elements.
      global_clipnorm: maximum norm of all gradients together.
      use_ema: whether to keep a moving average of every variable.
      ema_momentum: the weight of the previous average in each step.
      ema_overwrite_frequency: number of steps after which variables are overwritten by their averages; None: only
        `finalize_variable_values` does so.
      loss_scale_factor: the factor by which the loss was multiplied; gradients are divided by it.
      gradient_accumulation_steps: number of gradients that are averaged for one step.
      name: the optimizer's name, by default derived from its class.
      kwargs: only `decay`, which is ignored with a warning.

    Raises:
      ValueError: an argument is invalid or unknown, or more than one way of clipping is given.

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

    def _check(self) -> None:
        """Raises ValueError for invalid hyperparameters."""

    def _bind(self) -> None:
        """Passes the attributes to the engine."""
        for field in self._fields:
            setattr(self, field, self.__dict__[field])
        # Replicas' gradients are summed in `apply`.
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
        # A copy with its own state, for the same trainable variables.
        kept = [*self._trainable_variables, *self._undecayed]
        return copy.deepcopy(self, {id(variable): variable for variable in kept})

    # Variables

    @property
    def iterations(self) -> Any:
        """The number of steps so far, a variable that may be assigned; accumulated gradients count once."""
        if self.gradient_accumulation_steps:
            return self._iterations // self.gradient_accumulation_steps
        return self._iterations

    if TYPE_CHECKING:
        learning_rate: Any = hyperparameter(default=0.001)
    else:

        @property
        def learning_rate(self) -> Any:
            """The learning rate: a variable, or the current value of the schedule or callable. Assigning a number sets
            the variable."""
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

    # Steps

    def minimize(
        self, loss: TensorLike | Callable[[], TensorLike], var_list: Any, tape: GradientTape | None = None
    ) -> Variable:
        """Minimizes a loss by one step.

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
        """Takes one step with the given gradients.

        Args:
          grads: the gradients; None for a variable that has none.
          trainable_variables: their variables, by default those that the optimizer was built with.

        Raises:
          ValueError: no variables are given or known, their number is not that of the gradients, or one is unknown.
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
        self._take(zip(self._exchanged(grads, trainable_variables), trainable_variables, strict=False))

    def _exchanged(self, grads: Sequence[Any], variables: Sequence[Any]) -> Any:
        """The gradients of all replicas, with which a step is taken; None if there is no step yet."""
        return replication.summed(list(grads), list(variables)) if replication.several else grads

    def _begin(self, variables: Sequence[Variable]) -> None:
        """Builds the optimizer for these trainable variables if it is not built yet."""
        if not self.built:
            self.build(variables)
            self.built = True  # also if a subclass overrides `build`

    def _fitting(self, pairs: list[tuple[Any, Variable]]) -> list[tuple[Any, Variable]]:
        """The pairs that have gradients, converted to tensors of the variables' dtypes, or to Rows."""
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
        """Converts a gradient to a tensor of its variable's dtype and shape, or to Rows.

        Raises InvalidArgumentError for a wrong shape, for integer variables, and for complex ones unless the rule
        supports them.
        """
        dtype = variable.dtype
        if not dtype.is_floating and not (dtype.is_complex and self._takes_complex()):
            message = (
                f"Variable '{variable.name}' is of {dtype.name}: optimizers support floating dtypes, and SGD "
                "without clipping complex ones. Keep real and imaginary parts in separate variables, "
                "and combine them by tf.complex."
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
        """Overwrites variables with their moving averages, if there are any; to be called at the end of training.

        Args:
          var_list: the variables, in the order of `build`.

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
        """Excludes variables from weight decay. Replaces earlier exclusions.

        Args:
          var_list: variables.
          var_names: patterns; variables whose names contain one are excluded.

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
          The product, a tensor of the loss' shape and dtype; the loss itself if loss_scale_factor is None.

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

    # Configuration

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, without the optimizer's state.

        Returns:
          A dict from argument names to plain values; a schedule is a nested dict.

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
        """Creates an optimizer from the result of `get_config`.

        Args:
          config: names and values of the class's arguments.
          custom_objects: additional classes of schedules by name.

        Returns:
          A new optimizer of this class.

        Raises:
          ValueError: an argument or schedule is unknown, or a value invalid.

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
    """The number of frames of this module between a warning and the user's line that it refers to."""
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
