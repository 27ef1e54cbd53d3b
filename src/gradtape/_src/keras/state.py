"""The state of layers: variables, layers and metrics among their attributes, losses, names and dtypes."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.keras import constraints, dtype_policy as policies, initializers, regularizers
from gradtape._src.keras.inputs import TENSORS, leaves
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.metrics.base import Metric
from gradtape._src.keras.naming import current_path, name_scope
from gradtape._src.keras.operation import Operation
from gradtape._src.keras.random import SeedGenerator
from gradtape._src.keras.settings import standardize_dtype
from gradtape._src.keras.structure import changed, kept
from gradtape._src.keras.tracking import TrackedDict, TrackedList, TrackedSet
from gradtape._src.keras.variable import Variable
from gradtape._src.state import tracking as checkpointed

# Attributes that determine how a layer is called.
_DECISIVE = {"activity_regularizer", "autocast", "built", "call", "compute_mask", "input_spec", "supports_masking"}
_PLAIN = {bool, int, float, str, type(None), Tensor}
# Attributes that list objects held elsewhere.
_BOOKKEEPING = {"_trainable_variables", "_non_trainable_variables", "_layers", "_metrics", "_seed_generators", "_walks"}


def _holds_state(value: Any) -> bool:
    """Whether a value has state to save in a checkpoint."""
    if isinstance(value, list | tuple | dict):
        return any(_holds_state(part) for part in (value.values() if isinstance(value, dict) else value))
    return checkpointed.is_trackable(value)


class Stateful(Operation):
    """Base class of layers: an object with variables and other stateful objects among its attributes."""

    _parent_path: str | None

    _adds_losses: Any
    _initialised: Any
    _layers: Any
    _locked: Any
    _losses: Any
    _metrics: Any
    _non_trainable_variables: Any
    _path: Any
    _seed_generators: Any
    _trainable_variables: Any
    built: bool

    @classmethod
    def _state(cls) -> dict[str, Any]:
        # Subclasses may set attributes before they call this constructor.
        return {
            **super()._state(),
            "_trainable_variables": [],
            "_non_trainable_variables": [],
            "_layers": [],
            "_metrics": [],
            "_seed_generators": [],
            "_losses": [],
            "_initialised": False,
            "_locked": False,
            "_building": False,
            "_adds_losses": False,
            "_walks": {},
            "_quick_shape": None,
            "_quick_dtype": None,
            "_quick_kind": 0,
            "_quick_training": (False, None),
        }

    # Attributes

    def __setattr__(self, name: str, value: Any) -> None:
        if type(value) not in _PLAIN:
            value = self._track(value)
        if name in _DECISIVE:
            vars(self)["_quick_shape"] = None
        object.__setattr__(self, name, value)
        checkpointed.attribute_added(self)

    def _trackable_children(self) -> dict[str, Any]:
        """The children in checkpoints: stateful attributes, except seeds and metrics, as in Keras."""
        return {name: value for name, value in vars(self).items() if name not in _BOOKKEEPING and _holds_state(value)}

    def __delattr__(self, name: str) -> None:
        value = getattr(self, name)
        for store in (self._trainable_variables, self._non_trainable_variables, self._layers, self._metrics):
            store[:] = [other for other in store if other is not value]
        changed()
        object.__delattr__(self, name)

    def _track(self, value: Any) -> Any:
        """Tracks a stateful value; returns the value to store as the attribute."""
        kind = type(value)
        if isinstance(value, Variable):
            self._track_variable(value)
        elif kind is list:
            return TrackedList(value, self._track)
        elif kind is dict:
            return TrackedDict(value, self._track)
        elif kind is set:
            return TrackedSet(value, self._track)
        elif kind is tuple:
            return tuple([self._track(part) for part in value])
        elif isinstance(value, tuple) and hasattr(value, "_fields"):
            return kind(*[self._track(part) for part in value])
        elif isinstance(value, Stateful):
            self._store(self._layers, value)
        elif isinstance(value, Metric):
            _add_once(self._metrics, value)
        elif isinstance(value, SeedGenerator):
            _add_once(self._seed_generators, value)
        return value

    def _store(self, store: list[Any], value: Any) -> None:
        if self._locked and not any(other is value for other in store):
            raise ValueError(
                "You cannot add new elements of state (variables or sub-layers) to a layer that is already built. All "
                "state must be created in the `__init__()` method or in the `build()` method."
            )
        _add_once(store, value)
        vars(self)["_quick_shape"] = None

    def _track_variable(self, variable: Variable) -> None:
        other = self._trainable_variables if not variable.trainable else self._non_trainable_variables
        if any(kept is variable for kept in other):
            return
        self._store(self._trainable_variables if variable.trainable else self._non_trainable_variables, variable)
        if not getattr(self, "_trainable", True):
            variable.trainable = False

    def _check_super_called(self) -> None:
        if not self._initialised:
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call `super().__init__()` as the first statement in "
                "the `__init__()` method. Go add it!"
            )

    # Weights

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str | None = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """Creates a weight.

        Args:
          shape: its shape; that of a scalar by default.
          initializer: an initializer, its name or configuration, or a callable from a shape and a dtype;
            by default "glorot_uniform" for floats and "zeros" for others.
          dtype: its dtype; the layer's by default.
          trainable: whether it is trainable.
          autocast: whether it is read in the layer's compute dtype.
          aggregation, overwrite_with_gradient: not used.
          regularizer: a regularizer, whose penalty is added to `losses`.
          constraint: a constraint, applied after each step of an optimizer.
          name: its name; "variable" with a number by default.

        Returns:
          A Variable.

        Raises:
          ValueError: the shape contains None, or a name is unknown.

        Example:
          >>> class Bias(tf.keras.layers.Layer):
          ...     def __init__(self):
          ...         super().__init__()
          ...         self.bias = self.add_weight(shape=(2,), initializer="zeros", name="bias")
          >>> Bias().weights[0].numpy()
          array([0., 0.], dtype=float32)
        """
        self._check_super_called()
        if isinstance(shape, str):
            raise ValueError(
                f"`name` must be passed as a keyword argument. Received: add_weight('{shape}', ...). "
                f"Use: add_weight(shape=..., name='{shape}')."
            )
        dtype = self.variable_dtype if dtype is None else standardize_dtype(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if "float" in dtype else "zeros"
        with name_scope(self.name, self, self._parent_path):
            variable = Variable(
                initializers.get(initializer),
                shape=() if shape is None else shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast and self.compute_dtype != self.variable_dtype,
                aggregation=aggregation,
                name=name,
            )
        if regularizer is not None:
            variable.regularizer = regularizers.get(regularizer)
        if constraint is not None:
            variable.constraint = constraints.get(constraint)
        self._track_variable(variable)
        return variable

    add_variable = add_weight

    @property
    def trainable(self) -> bool:
        """Whether its weights are trainable; setting it also sets that of its layers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: Any) -> None:
        value = bool(value)
        self._trainable = value
        changed()
        for variable in self._trainable_variables:
            variable.trainable = value
        for layer in self._layers:
            layer.trainable = value

    @property
    @kept
    def variables(self) -> list[Variable]:
        """Its weights, the states of its seed generators, then those of its layers."""
        found = _once([*self._trainable_variables, *self._non_trainable_variables])
        found += [generator.state for generator in self._seed_generators]
        seen = {id(variable) for variable in found}
        for layer in self._layers:
            for variable in layer.variables:
                if id(variable) not in seen:
                    seen.add(id(variable))
                    found.append(variable)
        return found

    @property
    @kept
    def trainable_variables(self) -> list[Variable]:
        """The trainable variables among `variables`."""
        return [variable for variable in self.variables if variable.trainable] if self.trainable else []

    @property
    @kept
    def non_trainable_variables(self) -> list[Variable]:
        """The `variables` that are not trainable."""
        if not self.trainable:
            return self.variables
        return [variable for variable in self.variables if not variable.trainable]

    @property
    @kept
    def weights(self) -> list[Variable]:
        """Its trainable weights, its other weights, then those of its layers; without states of seed generators."""
        found = [*self._trainable_variables, *self._non_trainable_variables]
        for layer in self._layers:
            found += layer.weights
        return _once(found)

    @property
    @kept
    def trainable_weights(self) -> list[Variable]:
        """The trainable weights among `weights`."""
        return [weight for weight in self.weights if weight.trainable] if self.trainable else []

    @property
    @kept
    def non_trainable_weights(self) -> list[Variable]:
        """The `weights` that are not trainable."""
        return [weight for weight in self.weights if not weight.trainable] if self.trainable else self.weights

    @property
    def metrics(self) -> list[Any]:
        """Its metrics and those of its layers."""
        found = list(self._metrics)
        for layer in self._layers:
            found += layer.metrics
        return found

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of `metrics`."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def get_weights(self) -> list[Any]:
        """The values of `weights`.

        Returns:
          A list of arrays.

        Example:
          >>> layer = tf.keras.layers.Dense(2)
          >>> layer.build((None, 3))
          >>> [value.shape for value in layer.get_weights()]
          [(3, 2), (2,)]
        """
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets the values of `weights`.

        Args:
          weights: arrays in the order of `weights`.

        Raises:
          ValueError: the number of arrays or a shape does not match.

        Example:
          >>> layer = tf.keras.layers.Dense(1)
          >>> layer.build((None, 2))
          >>> layer.set_weights([np.ones((2, 1)), np.zeros(1)])
          >>> layer(tf.constant([[1.0, 2.0]])).numpy()
          array([[3.]], dtype=float32)
        """
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(
                f"You called `set_weights(weights)` on layer '{self.name}' with a weight list of length "
                f"{len(weights)}, but the layer was expecting {len(own)} weights."
            )
        for weight, value in zip(own, weights, strict=True):
            if tuple(weight.shape) != tuple(value.shape):
                raise ValueError(
                    f"Layer {self.name} weight shape {weight.shape} is not compatible with provided weight shape "
                    f"{value.shape}."
                )
            weight.assign(value)

    def count_params(self) -> int:
        """The number of parameters.

        Returns:
          An int.

        Raises:
          ValueError: the layer is not built.

        Example:
          >>> layer = tf.keras.layers.Dense(2)
          >>> layer.build((None, 3))
          >>> layer.count_params()
          8
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer '{self.name}', but the layer isn't built. You can build it "
                "manually via: `layer.build(input_shape)`."
            )
        return count_params(self.weights)

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Stores its own variables, not those of its layers, in a mapping with the keys "0", "1" and so on.

        Args:
          store: the mapping.

        Example:
          >>> layer, store = tf.keras.layers.Dense(2), {}
          >>> layer.build((None, 3))
          >>> layer.save_own_variables(store)
          >>> sorted(store)
          ['0', '1']
        """
        for place, variable in enumerate([*self._trainable_variables, *self._non_trainable_variables]):
            store[str(place)] = variable

    def load_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Restores its own variables as stored by `save_own_variables`.

        Args:
          store: the mapping.

        Raises:
          ValueError: the number of variables does not match.

        Example:
          >>> one, other, store = tf.keras.layers.Dense(2), tf.keras.layers.Dense(2), {}
          >>> one.build((None, 3)); other.build((None, 3))
          >>> one.save_own_variables(store)
          >>> other.load_own_variables(store)
          >>> bool(tf.reduce_all(one.kernel == other.kernel))
          True
        """
        own = [*self._trainable_variables, *self._non_trainable_variables]
        if len(store.keys()) != len(own):
            if not own and not self.built:
                raise ValueError(
                    f"Layer '{self.name}' was never built and thus it doesn't have any variables. However the weights "
                    f"file lists {len(store.keys())} variables for this layer. Build it first: call it, or "
                    "`build(input_shape)`."
                )
            raise ValueError(
                f"Layer '{self.name}' expected {len(own)} variables, but received {len(store.keys())} variables during "
                f"loading. Expected: {[variable.name for variable in own]}"
            )
        for place, variable in enumerate(own):
            variable.assign(store[str(place)])

    # Losses

    @property
    def losses(self) -> list[Any]:
        """The losses added by `add_loss` in the last call, including its layers', and regularization losses."""
        found = [loss for layer in self._that_add_losses() for loss in layer._losses]
        for weight in self._regularized():
            found.append(weight.regularizer(weight))
        return found

    @kept
    def _regularized(self) -> list[Variable]:
        return [weight for weight in self.trainable_weights if weight.regularizer is not None]

    @kept
    def _layers_within(self) -> list[Any]:
        return self._flatten_layers(include_self=False)

    def add_loss(self, loss: Any) -> None:
        """Adds to `losses`, from within `call`.

        Args:
          loss: a scalar tensor, or a list of them.

        Raises:
          ValueError: it is not a tensor.

        Example:
          >>> class Small(tf.keras.layers.Layer):
          ...     def call(self, x):
          ...         self.add_loss(tf.reduce_sum(x**2))
          ...         return x
          >>> layer = Small()
          >>> _ = layer(tf.constant([[1.0, 2.0]]))
          >>> layer.losses[0].numpy()
          np.float32(5.0)
        """
        added = list(leaves(loss))
        for value in added:
            if not isinstance(value, (KerasTensor, *TENSORS)):
                raise ValueError(
                    "`add_loss()` can only be called from inside `build()` or `call()`, on a tensor input. Received "
                    f"invalid value: {value}"
                )
        if not self._adds_losses:
            vars(self).update(_adds_losses=True, _quick_shape=None)
            changed()
        self._losses.extend(value for value in added if not isinstance(value, KerasTensor))

    def _clear_losses(self) -> None:
        for layer in self._that_add_losses():
            layer._losses.clear()

    @kept
    def _that_add_losses(self) -> list[Any]:
        return [layer for layer in self._flatten_layers() if layer._adds_losses]

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Any]:
        """All nested layers, each once, in Keras' order."""
        found: list[Any] = [self] if include_self else []
        seen: set[int] = set()
        waiting = list(self._layers)
        while waiting:
            layer = waiting.pop(0)
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            found.append(layer)
            if recursive:
                waiting[:0] = layer._layers[::-1]
        return found

    # Dtypes

    @property
    def dtype_policy(self) -> policies.DTypePolicy:
        """The policy for the dtypes of computations and weights. May be set."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self._dtype_policy = policies.get(value)
        vars(self)["_quick_shape"] = None

    @property
    def dtype(self) -> str:
        """The dtype of its weights, by name."""
        return self._dtype_policy.variable_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of its weights, by name."""
        return self._dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype of computations, by name."""
        return self._dtype_policy.compute_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype to which floating inputs are cast, by name."""
        return self.compute_dtype

    # Names

    @property
    def path(self) -> str | None:
        """Its name, prefixed by those of the enclosing layers; None before it is built."""
        return self._path

    def _scope(self) -> name_scope:
        if self._parent_path is None:
            self._parent_path = current_path()
        return name_scope(self.name, self, self._parent_path)


def _add_once(store: list[Any], value: Any) -> None:
    if not any(other is value for other in store):
        store.append(value)
        changed()


def _once(values: list[Any]) -> list[Any]:
    """The values without duplicates."""
    return list({id(value): value for value in values}.values())


def count_params(weights: Sequence[Any]) -> int:
    """The total number of elements of weights."""
    return sum(int(weight.shape.num_elements()) for weight in weights)
