"""Layer: the base class of layers and models."""

from __future__ import annotations

import contextlib
import functools
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, errors
from gradtape._src.keras import dtype_policy as policies, regularizers
from gradtape._src.keras.autocast import autocasting
from gradtape._src.keras.input_spec import assert_input_compatibility
from gradtape._src.keras.inputs import (
    TENSORS,
    call as _call,
    converted,
    dtype_name,
    get_mask,
    is_shape,
    is_tensor,
    leaves,
    mapped,
    mapped_shapes,
    masks,
    set_mask,
)
from gradtape._src.keras.keras_tensor import KerasTensor, is_symbolic
from gradtape._src.keras.naming import current_path
from gradtape._src.keras.operation import _OWN_CONFIGS, Node, Operation, is_remembered
from gradtape._src.keras.signatures import shape_arguments, shapes_of, signature_of, tensor_arguments
from gradtape._src.keras.state import Stateful
from gradtape._src.ops.casts import cast
from gradtape._src.ops.elementwise import divide_no_nan

_masked = masks._held

# The ways to call a layer whose input needs no preparation: with it alone, with the value of `training` in the
# enclosing call, or as a separate call, within which others are made and losses are added.
_PLAINLY, _ASKS, _WITHIN = range(3)


class Layer(Stateful):
    """A callable object with weights: the base class of all layers and models.

    A subclass creates its weights in `build(input_shape)`, called by the first call, or in its constructor, and defines
    its computation in `call(inputs)`. Variables, layers and metrics among its attributes, also in lists, tuples and
    dicts, are tracked.

    Args:
      activity_regularizer: a regularizer of the outputs.
      trainable: whether its weights are trainable.
      dtype: the dtype of its weights, to which its floating inputs are cast; or a DTypePolicy.
      autocast: whether inputs are cast.
      name: its name; by default the class' name in snake case, numbered.
      kwargs: `input_shape` or `input_dim`, with which Sequential models are built.

    Raises:
      ValueError: an argument is unknown, or trainable is not a bool.

    Example:
      >>> class Scale(tf.keras.layers.Layer):
      ...     def build(self, input_shape):
      ...         self.factor = self.add_weight(shape=input_shape[1:], initializer="ones", name="factor")
      ...
      ...     def call(self, x):
      ...         return x * self.factor
      >>> scale = Scale()
      >>> scale(tf.constant([[1.0, 2.0]])).numpy()
      array([[1., 2.]], dtype=float32)
      >>> [weight.path for weight in scale.trainable_weights]
      ['scale/factor']
    """

    _parent_path: str | None

    _adds_losses: Any
    _building: Any
    _layers: Any
    _quick_dtype: Any
    _quick_kind: Any
    _quick_shape: Any
    _quick_training: Any
    return_sequences: bool
    return_state: bool
    stateful: bool

    # Whether array arguments are converted to tensors, and whether other arguments may be positional.
    _convert_input_args = True
    _allow_non_tensor_positional_args = False
    # Whether variables and layers can no longer be added once it is built.
    _locks = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = _finishing(vars(cls)["build"])  # type: ignore[method-assign]

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        vars(self)["_initialised"] = True
        Operation.__init__(self, name=name)
        self._dtype_policy = policies.get(dtype)
        self.activity_regularizer: Callable[[Any], Any] | None = regularizers.get(activity_regularizer)
        size = kwargs.pop("input_dim", None)
        shape = (size,) if size is not None else kwargs.pop("input_shape", None)
        if shape is not None:
            warnings.warn(
                "Do not pass an `input_shape`/`input_dim` argument to a layer. When using Sequential models, prefer "
                "using an `Input(shape)` object as the first layer in the model instead.",
                stacklevel=3,
            )
            self._input_shape_arg = shape
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments passed to {type(self).__name__}: {kwargs}")
        if not isinstance(trainable, bool):
            raise ValueError(
                f"Expected `trainable` to be a boolean. Received: trainable={trainable} (of type {type(trainable)})"
            )
        self._path: str | None = None
        self._parent_path = None
        self.built: bool = False
        self.autocast = autocast
        self._input_spec: Any = None
        self.supports_jit = True
        self._trainable = trainable
        self._supports_masking = type(self).compute_mask is not Layer.compute_mask
        self._build_shapes: dict[str, Any] | None = None

    # Building

    def build(self, input_shape: Any) -> None:
        """Creates the layer's weights; to be overridden by subclasses that have any.

        Args:
          input_shape: the shape of the input; if there are several arguments, `foo_shape` for each
            argument `foo` of `call`.

        Example:
          >>> layer = tf.keras.layers.Dense(2)
          >>> layer.build((None, 3))
          >>> layer.kernel.shape
          TensorShape([3, 2])
        """
        self._check_super_called()
        if any(not layer.built for layer in self._layers):
            warnings.warn(
                f"`build()` was called on layer '{self.name}', however the layer does not have a `build()` method "
                "implemented and it looks like it has unbuilt state. This will cause the layer to be marked as built, "
                "despite not being actually built, which may cause failures down the line. Make sure to implement a "
                "proper `build()` method.",
                stacklevel=2,
            )
        self._finish_building({"input_shape": input_shape})

    def _finish_building(self, shapes: dict[str, Any]) -> None:
        if self._path is None:
            with self._scope():
                self._path = current_path()
        vars(self).update(_build_shapes=shapes, _locked=self._locks)
        self.built = True

    def _build_at_init(self) -> None:
        """Marks a layer without weights as built."""
        if type(self).build is Layer.build:
            self.built = True
            self._locked = self._locks

    def get_build_config(self) -> dict[str, Any] | None:
        """The input shapes with which the layer was built.

        Returns:
          A dict, or None.

        Example:
          >>> layer = tf.keras.layers.Dense(2)
          >>> layer.build((None, 3))
          >>> layer.get_build_config()
          {'input_shape': (None, 3)}
        """
        if self._build_shapes is None:
            return None
        if len(self._build_shapes) == 1:
            return {"input_shape": next(iter(self._build_shapes.values()))}
        return {"shapes_dict": self._build_shapes}

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the layer with the result of `get_build_config`.

        Args:
          config: the result.

        Example:
          >>> layer = tf.keras.layers.Dense(2)
          >>> layer.build_from_config({"input_shape": (None, 3)})
          >>> layer.built
          True
        """
        if config:
            if "input_shape" in config:
                self.build(config["input_shape"])
            elif "shapes_dict" in config:
                self.build(**config["shapes_dict"])

    # Inputs

    @property
    def input_spec(self) -> Any:
        """The expected inputs: an InputSpec, or a structure of them. May be set."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self._input_spec = value

    # Masks

    @property
    def supports_masking(self) -> bool:
        """Whether the layer propagates masks of its inputs. May be set."""
        return self._supports_masking

    @supports_masking.setter
    def supports_masking(self, value: bool) -> None:
        self._supports_masking = value

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the outputs.

        Args:
          inputs: the inputs.
          previous_mask: their mask.

        Returns:
          A mask: that of the inputs unless a subclass overrides it.

        Example:
          >>> tf.keras.layers.Masking().compute_mask(tf.constant([[[1.0], [0.0]]]), None).numpy()
          array([[ True, False]])
        """
        return previous_mask

    # Calls

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1:
            value = args[0]
            if not _masked and (
                value.shape._dims == self._quick_shape and value.dtype is self._quick_dtype
                if type(value) is Tensor
                else self._quick_shape is not None and self._knows(value)
            ):
                if not kwargs:
                    kind = self._quick_kind
                    if kind == _WITHIN:
                        return self._call_within(value, None)
                    try:
                        if kind == _PLAINLY or (training := _call.training) is None:
                            return self.call(value)
                        return self.call(value, training=training)
                    except Exception as error:
                        raise self._explained(error, args, kwargs) from None
                if len(kwargs) == 1 and "training" in kwargs:
                    return self._call_within(value, kwargs["training"])
        return self._call_anew(args, kwargs)

    def _knows(self, value: Any) -> bool:
        """Whether a value is a sequence of tensors with shapes and dtypes that need no preparation."""
        shapes, kinds = self._quick_shape, self._quick_dtype
        if type(value) not in (list, tuple) or type(kinds) is not tuple or len(value) != len(shapes):
            return False
        for part, shape, kind in zip(value, shapes, kinds, strict=True):
            if type(part) is not Tensor or part.shape._dims != shape or part.dtype is not kind:
                return False
        return True

    def _call_within(self, value: Any, training: bool | None) -> Any:
        """The fast path of a call: only determines `training`, and clears old losses if it is the outermost call."""
        takes_training, default = self._quick_training
        call = _call
        entry, before = call.entry, call.training
        if entry is None:
            call.entry = self
            self._clear_losses()
        if training is None:
            training = before if before is not None else default
        if training is not before:
            call.training = training
        try:
            if training is not None and takes_training:
                return self.call(value, training=training)
            return self.call(value)
        except Exception as error:
            raise self._explained(error, (value,), {"training": training} if takes_training else {}) from None
        finally:
            if entry is None:
                call.entry = None
            if training is not before:
                call.training = before

    def _call_anew(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The general path of a call; decides whether the next one with such an input can use the fast path."""
        self._check_super_called()
        original = args, kwargs
        if self._convert_input_args:
            dtype = dtypes.as_dtype(self.input_dtype) if self.autocast else None
            args = mapped(lambda value: converted(value, dtype), args)
            kwargs = mapped(lambda value: converted(value, dtype), kwargs)
        if not self._allow_non_tensor_positional_args:
            for value in leaves(args):
                if value is not None and not is_tensor(value):
                    raise ValueError(
                        "Only input tensors may be passed as positional arguments. The following argument value should "
                        f"be passed as a keyword argument: {value} (of type {type(value)})"
                    )
        signature = signature_of(type(self).call)
        told = kwargs.get("training")
        if "training" in kwargs and not signature.takes_training:
            kwargs = {name: value for name, value in kwargs.items() if name != "training"}
        arguments = signature.bind(args, kwargs)
        if signature.takes_training and told is None and len(args) > signature.names.index("training"):
            told = arguments["training"]
        tensors = tensor_arguments(arguments)
        first = next(iter(arguments.values()), None)
        assert_input_compatibility(self.input_spec, first, self.name)
        with self._scope():
            built = self._build_for(tensors, arguments, first)
            entry, before = _call.entry, _call.training
            if entry is None:
                _call.entry = self
                self._clear_losses()
            training = told if told is not None else before if before is not None else arguments.get("training")
            _call.training = training
            try:
                kwargs = dict(kwargs)
                if signature.takes_training and training is not None and len(args) <= signature.names.index("training"):
                    kwargs["training"] = training
                previous = self._take_masks(signature, arguments, tensors, kwargs, first)
                symbolic = is_symbolic(args) or is_symbolic(kwargs)
                try:
                    if symbolic:
                        outputs = self.compute_output_spec(*args, **kwargs)
                    elif self._casts_variables():
                        with autocasting(dtypes.as_dtype(self.compute_dtype)):
                            outputs = self.call(*args, **kwargs)
                    else:
                        outputs = self.call(*args, **kwargs)
                except Exception as error:
                    raise self._explained(error, args, kwargs) from None
                if not built:
                    self._finish_building(_default_shapes(tensors))
                if not self.built:
                    self.built = True
                self._regularize(outputs)
                creates = self._pass_masks(first, outputs, previous)
            finally:
                _call.entry, _call.training = entry, before
        if symbolic:
            if is_remembered(original):
                # As in Keras, the node has inherited arguments and masks only if no argument could need conversion.
                told = original[1]
                if not self._convert_input_args or (not told and self._needs_no_conversion(original[0])):
                    told = {name: value for name, value in kwargs.items() if _is_traceable(value)}
                Node(self, original[0], told, outputs)
        elif not creates:
            self._decide(signature, original, args, tensors)
        return outputs

    def _needs_no_conversion(self, args: tuple[Any, ...]) -> bool:
        return len(args) == 1 and is_tensor(args[0]) and dtype_name(args[0]) == self.input_dtype

    def _decide(self, signature: Any, original: Any, args: tuple[Any, ...], tensors: dict[str, Any]) -> None:
        """Remembers the shape and dtype of inputs that need no preparation."""
        (given, *others), (taken, *_) = (original[0] or (None,)), (args or (None,))
        if others or len(tensors) != 1 or self.activity_regularizer is not None or self._casts_variables():
            return
        state = vars(self)
        if type(given) is Tensor and given is taken:
            state["_quick_shape"], state["_quick_dtype"] = given.shape._dims, given.dtype
        elif type(given) in (list, tuple) and given and all(map(_unchanged, given, taken)):
            state["_quick_shape"] = tuple([part.shape._dims for part in given])
            state["_quick_dtype"] = tuple([part.dtype for part in given])
        else:
            return
        state["_quick_training"] = signature.takes_training, signature.training
        alone = not (self._layers or self._adds_losses)
        state["_quick_kind"] = (_ASKS if signature.takes_training else _PLAINLY) if alone else _WITHIN

    def _casts_variables(self) -> bool:
        """Whether the layer's variables and computations have different dtypes."""
        return self.autocast and self.compute_dtype != self.variable_dtype

    def _build_for(self, tensors: dict[str, Any], arguments: dict[str, Any], first: Any) -> bool:
        """Builds the layer if necessary; False if its first call has to build nested layers."""
        if self.built:
            return True
        if type(self).build is not Layer.build:
            self.build(**shape_arguments(type(self).build, shapes_of(tensors), arguments, type(self).__name__))
            assert_input_compatibility(self.input_spec, first, self.name)
            return True
        if any(not layer.built for layer in self._layers):
            return False
        self.build(next(iter(shapes_of(tensors).values()), None))
        return True

    def _take_masks(
        self, signature: Any, arguments: dict[str, Any], tensors: dict[str, Any], kwargs: dict[str, Any], first: Any
    ) -> Any:
        """Adds mask arguments that `call` accepts and was not given; returns the mask of the first argument."""
        if len(tensors) == 1:
            if signature.takes_mask and arguments["mask"] is None:
                (value,) = tensors.values()
                kwargs["mask"] = mapped(get_mask, value)
        else:
            for name, value in tensors.items():
                if f"{name}_mask" in arguments and arguments[f"{name}_mask"] is None:
                    kwargs[f"{name}_mask"] = mapped(get_mask, value)
        mask = kwargs.get("mask")
        return mask if mask is not None else mapped(get_mask, first)

    def _pass_masks(self, first: Any, outputs: Any, previous: Any) -> bool:
        """Attaches masks to the outputs; returns whether there were any."""
        masked = any(mask is not None for mask in leaves(previous))
        if not self.supports_masking:
            if masked:
                warnings.warn(
                    f"Layer '{self.name}' (of type {type(self).__name__}) was passed an input with a mask attached to "
                    "it. However, this layer does not support masking and will therefore destroy the mask information. "
                    "Downstream layers will not see the mask.",
                    stacklevel=4,
                )
            return masked
        flat = list(leaves(outputs))
        if all(get_mask(value) is not None for value in flat):
            return True
        found = self.compute_mask(first, previous)
        if found is None:
            return masked
        for value, mask in zip(flat, leaves(found), strict=False):
            if mask is not None and get_mask(value) is None:
                set_mask(value, mask)
                masked = True
        return masked

    def _regularize(self, outputs: Any) -> None:
        if self.activity_regularizer is None:
            return
        for output in leaves(outputs):
            if isinstance(output, TENSORS):
                loss = self.activity_regularizer(output)
                if output.ndim:
                    loss = divide_no_nan(loss, cast(output.shape[0], loss.dtype))
                self.add_loss(loss)

    def _explained(self, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Exception:
        """An exception raised by `call`, with the arguments of the innermost layer added to its message."""
        if hasattr(error, "_layer_is_named"):
            return error
        try:
            bound = inspect.signature(self.call).bind(*args, **kwargs).arguments
        except TypeError:
            return error
        told = []
        for parameter in inspect.signature(self.call).parameters.values():
            name = parameter.name
            told.append(f"  • {name}={mapped(_shown, bound[name]) if name in bound else parameter.default}")
        if not told:
            return error
        is_op = isinstance(error, errors.OpError)
        message = error.message if is_op else error.args[0] if error.args else ""  # type: ignore[attr-defined]
        name = f"{type(self).__name__}.call()"
        message = (
            f"Exception encountered when calling {name}.\n\n\x1b[1m{message}\x1b[0m\n\nArguments received by {name}:\n"
            + "\n".join(told)
        )
        explained: Exception
        try:
            explained = type(error)(error.node_def, error.op, message) if is_op else type(error)(message)  # type: ignore
        except TypeError:
            explained = RuntimeError(message)
        explained._layer_is_named = True  # type: ignore[attr-defined]
        return explained.with_traceback(error.__traceback__)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The layer's computation; to be overridden by subclasses.

        Args:
          args, kwargs: its inputs, and `training` and `mask` if it takes them.

        Returns:
          Tensors.

        Raises:
          NotImplementedError: always, unless a subclass overrides it.
        """
        raise NotImplementedError(f"Layer {type(self).__name__} does not have a `call` method implemented.")

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The shapes and dtypes of the outputs.

        Args:
          args, kwargs: its arguments, with symbolic values.

        Returns:
          KerasTensors in the structure of the result.

        Example:
          >>> tf.keras.layers.Dense(3).compute_output_spec(tf.keras.KerasTensor((None, 2))).shape
          (None, 3)
        """
        method = type(self).compute_output_shape
        if method is Layer.compute_output_shape:
            with self._undisturbed():
                return super().compute_output_spec(*args, **kwargs)
        signature = signature_of(type(self).call)
        if not signature.takes_training:
            kwargs.pop("training", None)
        arguments = signature.bind(args, kwargs)
        shapes = shape_arguments(method, shapes_of(tensor_arguments(arguments)), arguments, type(self).__name__)
        shape = self.compute_output_shape(**shapes)
        if isinstance(shape, list) and is_shape(shape):
            shape = tuple(shape)
        if not isinstance(shape, list | tuple | dict):
            try:
                shape = tuple(shape)
            except TypeError:
                raise ValueError(
                    f"Method `compute_output_shape()` of layer {type(self).__name__} is returning a type that cannot "
                    f"be interpreted as a shape. It should return a shape tuple. Received: {shape}"
                ) from None
        remembered = is_remembered(args, kwargs)
        return mapped_shapes(
            lambda shape: KerasTensor(shape, dtype=self.compute_dtype, record_history=remembered), shape
        )

    @contextlib.contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """A block after which existing variables and losses are restored."""
        values = [(variable, variable.read_value()) for variable in self.variables]
        losses = [(layer, list(layer._losses)) for layer in self._flatten_layers()]
        try:
            yield
        finally:
            for variable, value in values:
                variable.assign(value)
            for layer, kept in losses:
                layer._losses[:] = kept

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape of the outputs; to be overridden by subclasses that can compute it without running `call`.

        Args:
          args, kwargs: the shapes of its inputs.

        Returns:
          A shape, or a structure of them.

        Raises:
          NotImplementedError: always, unless a subclass overrides it.
        """
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `compute_output_shape` method implemented. Should implement "
            "`def compute_output_shape(self, input_shape)`."
        )

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Raises NotImplementedError: pass metrics to `compile`, or store them as attributes.

        Args:
          args, kwargs: not used.

        Raises:
          NotImplementedError: always.
        """
        raise NotImplementedError(
            "Layer `add_metric()` method is deprecated. Add your metric in `Model.compile(metrics=[...])`, or create "
            "metric trackers in init() or build() when subclassing the layer or model, then call "
            "`metric.update_state()` whenever necessary."
        )

    def get_config(self) -> dict[str, Any]:
        self._check_super_called()
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": policies.serialize(self.dtype_policy),
        }
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        if type(self).get_config in _OWN_CONFIGS:
            base = Operation.get_config(self)
            if "name" not in base:
                del config["name"]
            config = {**base, **{key: value for key, value in config.items() if key != "name"}}
        return config

    get_config.__doc__ = Operation.get_config.__doc__

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    __str__ = __repr__


_OWN_CONFIGS.add(Layer.get_config)


def _finishing(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a subclass' `build`: marks the layer as built, except in calls by an overriding `build`."""
    names = list(inspect.signature(method).parameters)[1:]

    @functools.wraps(method)
    def build(self: Layer, *args: Any, **kwargs: Any) -> None:
        if self._building:
            method(self, *args, **kwargs)
            return
        self._building = True
        try:
            with self._scope():
                self._path = current_path()
                method(self, *args, **kwargs)
        finally:
            self._building = False
        self._finish_building({**dict(zip(names, args, strict=False)), **kwargs})

    return build


def _unchanged(given: Any, taken: Any) -> bool:
    return type(given) is Tensor and given is taken


def _is_traceable(value: Any) -> bool:
    return all(part._keras_history is not None for part in leaves(value) if isinstance(part, KerasTensor))


def _default_shapes(tensors: dict[str, Any]) -> dict[str, Any]:
    return {"input_shape": next(iter(shapes_of(tensors).values()), None)}


def _shown(value: Any) -> str:
    if isinstance(value, TENSORS):
        return f"tf.Tensor(shape={value.shape}, dtype={value.dtype.name})"
    return repr(value)
