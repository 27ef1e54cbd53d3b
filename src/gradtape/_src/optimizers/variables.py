"""The variables of optimizers: slots and other state, how they are created, assigned, stored and restored."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor, full
from gradtape._engine.state.optimizers import BaseOptimizer
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import float32, int32
from gradtape._src.core.typing import DTypeLike, ShapeLike, TensorLike
from gradtape._src.state import tracking
from gradtape._src.state.named import NamedVariable
from gradtape._src.state.variable import Variable


class Slot(NamedTuple):
    """Describes a variable that an optimizer keeps for each trainable variable.

    Attributes:
      name: the suffix of the slot's name.
      initial: its initial value: a number, the name of a hyperparameter, or "variable" for the variable's value.
      when: a hyperparameter that must be positive for the slot to be in use.
      without: the axis of the variable, -1 or -2, that the slot does not have; for variables of fewer than two axes the
        slot is an unused scalar.
    """

    name: str
    initial: float | str = 0.0
    when: str | None = None
    without: int | None = None


class OptimizerVariables(BaseOptimizer):
    """The part of an optimizer that owns its variables."""

    name: str
    built: bool
    use_ema: bool
    gradient_accumulation_steps: int | None

    _slots: ClassVar[tuple[tuple[Slot, ...], ...]] = ()  # in the groups and order in which they are created
    _has_product = False  # whether the rule uses the running product of its momenta
    _variables: list[Variable]
    _trainable_variables: list[Variable]
    _slot_variables: list[list[Variable]]
    _averages: list[Variable]
    _accumulators: list[Variable]
    _product: Variable | None
    _path: str

    def _bind(self) -> None:
        """Passes the attributes to the engine."""
        raise NotImplementedError

    def _own(self, value: Any, name: str, dtype: Any) -> Variable:
        """Creates a variable that belongs to the optimizer."""
        return NamedVariable(value, name, self._path, dtype)

    @property
    def variables(self) -> list[Variable]:
        """The optimizer's own variables: iterations, learning rate, averages, accumulators, then slots."""
        return self._variables[:]

    def build(self, variables: Iterable[Variable]) -> None:
        """Creates the optimizer's variables; otherwise the first step does so.

        Args:
          variables: the trainable variables that later steps update.

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
        value = np.float32(getattr(self, initial) if isinstance(initial, str) else initial)  # rounded as by Keras' cast
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
        """Creates a variable of the optimizer.

        Args:
          shape: its shape.
          initializer: "zeros", "ones", or a callable from a shape and a dtype to the initial value.
          dtype: its dtype, float32 by default.
          aggregation, layout: not used; there is only one device.
          name: its name.

        Returns:
          The variable, not trainable, appended to `variables`.

        Raises:
          ValueError: the initializer is unknown.

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
        """Creates a variable of the optimizer with the shape and dtype of another one.

        Args:
          reference_variable: the other variable.
          name: the suffix added to its name; "var" by default.
          initializer: as for `add_variable`.

        Returns:
          The variable, not trainable, appended to `variables`.

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
        """Creates one or more variables of the optimizer for each of several variables.

        Args:
          trainable_variables: the variables.
          name: the suffix added to their names, or several suffixes.
          initializer: as for `add_variable`, or one per name.

        Returns:
          A list with one new variable per variable; a tuple of lists if there are several names.

        Raises:
          ValueError: the numbers of initializers and names differ.

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
        """Sets a variable to a value, cast to its dtype.

        Args:
          variable: the variable, trainable or the optimizer's own.
          value: the value; a tensor of the variable's shape, or a value convertible to one.

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
        """Adds a value, cast to its dtype, to a variable.

        Args:
          variable: the variable, trainable or the optimizer's own.
          value: the value to add; a tensor of the variable's shape, or a value convertible to one.

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
        """Subtracts a value, cast to its dtype, from a variable.

        Args:
          variable: the variable, trainable or the optimizer's own.
          value: the value to subtract; a tensor of the variable's shape, or a value convertible to one.

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

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets the optimizer's variables.

        Args:
          weights: values in the order of `variables`.

        Raises:
          ValueError: the optimizer is not built, or a value does not have its variable's shape.

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
        """Stores the values of `variables` in a mapping, with the keys "0", "1" and so on.

        Args:
          store: a dict or another mutable mapping, such as a group of an HDF5 file.

        Example:
          >>> store = {}
          >>> tf.optimizers.SGD(0.5).save_own_variables(store)
          >>> {key: float(value) for key, value in store.items()}
          {'0': 0.0, '1': 0.5}
        """
        for place, variable in enumerate(self.variables):
            store[str(place)] = variable.numpy()

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Restores `variables` stored by `save_own_variables`; if their numbers differ, only warns.

        Args:
          store: the mapping that `save_own_variables` has written to.

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
