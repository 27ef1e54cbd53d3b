"""Model: a layer with training, saving and summary."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

from gradtape._src.keras.inputs import is_shape, mapped_shapes
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.layer import Layer
from gradtape._src.keras.operation import inferred
from gradtape._src.keras.serialization import deserialize_keras_object, serialize_keras_object
from gradtape._src.keras.trainer import Trainer


class Model(Trainer, Layer):
    """A layer that can be trained, saved and summarized.

    Called with symbolic values, `Model(inputs, outputs)`, it is the functional model of the layers between
    them. A subclass creates its layers in its constructor and calls them in `call`.

    Args:
      args, kwargs: `inputs`, `outputs` and `name`, or the arguments of :class:`Layer`.

    Raises:
      ValueError: inputs or outputs are not symbolic values, or are not connected.

    Example:
      >>> class Two(tf.keras.Model):
      ...     def __init__(self):
      ...         super().__init__()
      ...         self.first = tf.keras.layers.Dense(4, activation="relu")
      ...         self.last = tf.keras.layers.Dense(1)
      ...
      ...     def call(self, x):
      ...         return self.last(self.first(x))
      >>> model = Two()
      >>> model(tf.ones([2, 3])).shape
      TensorShape([2, 1])
      >>> [layer.name for layer in model.layers] == [model.first.name, model.last.name]
      True
    """

    _home = "keras"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _is_functional(args, kwargs):
            from gradtape._src.keras.functional import Functional

            return Functional.__new__(Functional, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Trainer.__init__(self)
        if _is_functional(args, kwargs):
            from gradtape._src.keras.functional import Functional

            _make_functional(type(self), Functional)
            Functional.__init__(self, *args, **kwargs)  # type: ignore[arg-type]
        else:
            Layer.__init__(self, *args, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The model's computation; to be overridden by subclasses.

        Args:
          args, kwargs: its inputs, and `training` and `mask` if it takes them.

        Returns:
          Tensors.

        Raises:
          NotImplementedError: always, unless a subclass overrides it.
        """
        raise NotImplementedError(f"Model {type(self).__name__} does not have a `call()` method implemented.")

    @property
    def layers(self) -> list[Any]:
        """The model's layers, without nested layers."""
        return list(self._flatten_layers(include_self=False, recursive=False))

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError("`Model.layers` attribute is reserved and should not be used. Please use another name.")

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """A layer by name or index.

        Args:
          name: the name.
          index: the index in `layers`.

        Returns:
          A layer.

        Raises:
          ValueError: the layer does not exist, or not exactly one of the arguments is given.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(2, name="first")])
          >>> model.get_layer("first") is model.get_layer(index=0)
          True
        """
        if index is not None and name is not None:
            raise ValueError(f"Provide only a layer name or a layer index. Received: index={index}, name={name}.")
        layers = self.layers
        if index is not None:
            if len(layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has {len(layers)} layers."
                )
            return layers[index]
        if name is None:
            raise ValueError("Provide either a layer name or layer index at `get_layer`.")
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No such layer: {name}. Existing layers are: {[layer.name for layer in layers]}.")

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Prints a table of the layers, their output shapes and numbers of parameters.

        Args:
          line_length: the width of lines; at most the terminal's by default.
          positions: where columns end, as fractions of it.
          print_fn: a function called with the text instead of printing it.
          expand_nested: whether to list the layers of nested models.
          show_trainable: whether to show which layers are trainable.
          layer_range: regular expressions for the names of the first and the last listed layer.

        Raises:
          ValueError: lines are too short.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2, name="only")], name="small")
          >>> model.summary(print_fn=lambda text: print(text.splitlines()[0]))
          Model: "small"
        """
        from gradtape._src.keras.summary import summary

        text = summary(self, line_length, positions, expand_nested, show_trainable, layer_range)
        if print_fn is None:
            print(text, end="")
        else:
            print_fn(text)

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Saves the model to a `.keras` file, like `keras.models.save_model`.

        Args:
          filepath: a path that ends in ".keras", or a file.
          overwrite: whether to overwrite an existing file without asking.
          zipped, kwargs: see `keras.models.save_model`.

        Raises:
          ValueError: wrong suffix, or unknown arguments.
          ImportError: h5py is not installed.

        Example:
          >>> import io
          >>> file = io.BytesIO()
          >>> tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)]).save(file)
          >>> tf.keras.models.load_model(file).count_params()
          8
        """
        from gradtape._src.keras.saving.files import save_model

        save_model(self, filepath, overwrite, zipped, **kwargs)

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: Any = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Exports the model's computation and variables for `tf.saved_model.load`, without its layers.

        Args:
          filepath: a folder, which is created.
          format: "tf_saved_model"; the files have gradtape's own format, see `tf.saved_model.save`.
          verbose: whether to print a line; None for yes.
          input_signature: a list of TensorSpecs, one per argument of a call; None for the model's inputs.
          kwargs: none; Keras' are about other formats.

        Raises:
          ValueError: the model is not built, its inputs are unknown, it cannot be exported, or an unknown format.

        Example:
          >>> import tempfile
          >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     model.export(folder, verbose=False)
          ...     loaded = tf.saved_model.load(folder)
          >>> loaded.serve(tf.ones([4, 3])).shape
          TensorShape([4, 2])
        """
        from gradtape._src.keras.saving.export import export_model

        export_model(self, filepath, format, verbose, input_signature, **kwargs)

    def _default_save_signature(self) -> Any:
        """The model's call, for the signature in `tf.saved_model.save`; None if its inputs are unknown."""
        from gradtape._src.keras.saving.export import serving

        return serving(self, None, "inputs")

    def save_weights(self, filepath: Any, overwrite: bool = True, max_shard_size: Any = None) -> None:
        """Saves the weights and the optimizer's state to a `.weights.h5` file, which Keras can read.

        Args:
          filepath: a path that ends in ".weights.h5".
          overwrite: whether to overwrite an existing file without asking.
          max_shard_size: None; weights are written in one file.

        Raises:
          ValueError: wrong suffix, or the model is not built.
          ImportError: h5py is not installed.

        Example:
          >>> import os, tempfile
          >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     model.save_weights(os.path.join(folder, "a.weights.h5"))
          ...     os.listdir(folder)
          ['a.weights.h5']
        """
        from gradtape._src.keras.saving.files import save_weights

        save_weights(self, filepath, overwrite, max_shard_size)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Loads the weights, and the optimizer's state if present, from a file written by gradtape or Keras.

        Args:
          filepath: the path of a `.weights.h5` or `.keras` file.
          skip_mismatch: whether to warn about layers that do not fit, and leave them unchanged.
          kwargs: `objects_to_skip`, layers that are left unchanged, with a `.weights.h5` file.

        Raises:
          ValueError: an unsupported file, the model is not built, or a layer's weights do not fit.
          OSError: the file does not exist, or is damaged.
          ImportError: h5py is not installed.

        Example:
          >>> import os, tempfile
          >>> def make():
          ...     return tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
          >>> one, other = make(), make()
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     one.save_weights(os.path.join(folder, "a.weights.h5"))
          ...     other.load_weights(os.path.join(folder, "a.weights.h5"))
          >>> bool(tf.reduce_all(one.weights[0] == other.weights[0]))
          True
        """
        from gradtape._src.keras.saving.files import load_weights

        load_weights(self, filepath, skip_mismatch, **kwargs)

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the model with the result of `get_build_config`; warns if that is not sufficient.

        Args:
          config: the result.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(2)])
          >>> model.build_from_config({"input_shape": (None, 3)})
          >>> model.built
          True
        """
        if not config:
            return
        shapes = config.get("shapes_dict", {"input_shape": config.get("input_shape")})
        try:
            if type(self).build is not Layer.build:
                self.build(**shapes) if "shapes_dict" in config else self.build(config["input_shape"])
            else:
                values = [mapped_shapes(KerasTensor, shape) for shape in shapes.values()]
                named = dict(zip([name.removesuffix("_shape") for name in shapes], values, strict=True))
                if any(not is_shape(shape) for shape in shapes.values()) and "shapes_dict" in config:
                    raise ValueError("nested shapes")
                with self._scope(), self._undisturbed():
                    inferred(self.call, **named) if "shapes_dict" in config else inferred(self.call, *values)
        except Exception:
            warnings.warn(
                f"Model '{self.name}' had a build config, but the model cannot be built automatically in "
                "`build_from_config(config)`. You should implement `def build_from_config(self, config)`, and you "
                "might also want to implement the method that generates the config at saving time, "
                "`def get_build_config(self)`. The method `build_from_config()` is meant to create the state of the "
                "model (i.e. its variables) upon deserialization.",
                stacklevel=2,
            )
        vars(self)["_build_shapes"] = shapes

    def to_json(self, **kwargs: Any) -> str:
        """The model's configuration as JSON.

        Args:
          kwargs: what json.dumps takes.

        Returns:
          A str for `keras.models.model_from_json`.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
          >>> tf.keras.models.model_from_json(model.to_json()).output_shape
          (None, 2)
        """
        import json

        return json.dumps(serialize_keras_object(self), **kwargs)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Creates a model from the result of `get_config`.

        Args:
          config: a functional model's, or the constructor's arguments.
          custom_objects: additional classes and functions by name.

        Returns:
          A model.

        Raises:
          TypeError: the constructor does not accept these arguments.

        Example:
          >>> x = tf.keras.Input((3,))
          >>> model = tf.keras.Model(x, tf.keras.layers.Dense(2)(x))
          >>> tf.keras.Model.from_config(model.get_config()).output_shape
          (None, 2)
        """
        from gradtape._src.keras.functional import Functional, functional_from_config

        spec = inspect.getfullargspec(cls.__init__)
        functional = inspect.getfullargspec(Functional.__init__).args[1:]
        revivable = cls in (Functional, Model) or spec.args[1:] == functional
        if {"name", "layers", "input_layers", "output_layers"} <= config.keys() and (
            revivable or (spec.varargs == "args" and spec.varkw == "kwargs")
        ):
            return functional_from_config(cls, config, custom_objects)
        try:
            return cls(**config)
        except TypeError as error:
            raise TypeError(
                "Unable to revive model from config. When overriding the `get_config()` method, make sure that the "
                f"returned config contains all items used as arguments in the  constructor to {cls}, which is the "
                "default behavior. You can override this default behavior by defining a `from_config(cls, config)` "
                f"class method to specify how to create an instance of {cls.__name__} from its config.\n\n"
                f"Received config={config}\n\nError encountered during deserialization: {error}"
            ) from error


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """Creates a model from the result of `to_json`, without the values of its weights.

    Args:
      json_string: the JSON.
      custom_objects: additional classes and functions by name.

    Returns:
      A model.

    Raises:
      ValueError: json_string is not JSON.
      TypeError: it is not a str, or a class is unknown.

    Example:
      >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
      >>> tf.keras.models.model_from_json(model.to_json()).count_params()
      8
    """
    import json

    return deserialize_keras_object(json.loads(json_string), custom_objects=custom_objects)


def _is_functional(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return len(args) == 2 or (len(args) == 1 and "outputs" in kwargs) or ("inputs" in kwargs and "outputs" in kwargs)


def _make_functional(kind: type, functional: type) -> Any:
    """The class with Model among its bases replaced by Functional."""
    if kind is Model:
        return functional
    if kind is object or kind is functional or not issubclass(kind, Model):
        return kind
    kind.__bases__ = tuple(_make_functional(base, functional) for base in kind.__bases__)
    return kind
