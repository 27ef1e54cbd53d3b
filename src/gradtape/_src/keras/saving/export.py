"""Models as functions of their inputs, in the files of `tf.saved_model.save`."""

from __future__ import annotations

from typing import Any

from gradtape._src.core.nest import flatten, map_structure
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.function.function import Function
from gradtape._src.keras.inputs import mapped_shapes
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.saved_model.saving import DEFAULT, save
from gradtape._src.state.module import Module


def serving(model: Any, input_signature: Any, name: str | None) -> Function | None:
    """A function that calls the model, with an input_signature.

    Args:
      model: the model.
      input_signature: a list of specs, one per argument; None for the model's inputs.
      name: the name of the input of a model that has one; None for its own.

    Returns:
      The function; None if the model's inputs are unknown.
    """
    if input_signature is None:
        inputs = getattr(model, "_inputs_struct", None)
        if inputs is None and getattr(model, "inputs", None):
            inputs = model.inputs[0] if len(model.inputs) == 1 else model.inputs
        if inputs is None:
            # What a model of a class of its own was built for: its first argument, of any number of examples.
            shapes = getattr(model, "_build_shapes", None)
            if not shapes or len(shapes) != 1:
                return None
            (shape,) = shapes.values()
            inputs = mapped_shapes(lambda sizes: KerasTensor((None, *sizes[1:]), model.input_dtype), shape)
        alone = len(flatten(inputs)) == 1
        input_signature = [
            map_structure(
                lambda value: TensorSpec(value.shape, value.dtype, name if alone and name else value.name), inputs
            )
        ]
    if len(input_signature) == 1:
        return Function(lambda inputs: model(inputs), input_signature)
    return Function(lambda *args: model(*args), input_signature)


def export_model(model: Any, filepath: Any, form: str, verbose: Any, input_signature: Any, **kwargs: Any) -> None:
    """`Model.export`."""
    if form != "tf_saved_model":
        raise ValueError(
            f"Unrecognized format={form}. Supported formats are: ['tf_saved_model']; others are written by Keras, "
            "from a `.keras` file."
        )
    if kwargs:
        raise TypeError(f"export() got unexpected keyword arguments {sorted(kwargs)}: other formats are not supported.")
    if not model.built:
        raise ValueError("The model provided has not yet been built. It must be built before export.")
    function = serving(model, input_signature, None)
    if function is None:
        raise ValueError(
            "The model's inputs are unknown: pass `input_signature`, a list with a TensorSpec per argument, "
            "such as [tf.TensorSpec([None, 3])]."
        )
    exported = Module("exported")
    exported._variables, exported.serve = list(model.variables), function
    concrete = function.get_concrete_function()
    save(exported, filepath, {"serve": concrete, DEFAULT: concrete})
    if verbose or verbose is None:
        print(f"Saved artifact at '{filepath}'. Its endpoint is 'serve':\n\n{concrete!r}")
