"""InputSpec: the expected shapes and dtypes of a layer's inputs."""

from __future__ import annotations

from typing import Any

from gradtape._src.core import nest
from gradtape._src.keras.inputs import dtype_name, shape_of
from gradtape._src.keras.keras_tensor import standardize_shape
from gradtape._src.keras.settings import standardize_dtype


class InputSpec:
    """The expected properties of a layer's input.

    Args:
      dtype: its dtype.
      shape: its shape, in which None stands for any size.
      ndim: its number of axes.
      max_ndim, min_ndim: bounds of the number of axes.
      axes: sizes by axis.
      allow_last_axis_squeeze: whether a last axis of size one may be missing or added.
      name: its key, if inputs are a dict.
      optional: whether None is accepted.

    Raises:
      TypeError: axes that are not ints, or exceed the number of axes.

    Example:
      >>> tf.keras.InputSpec(min_ndim=2, axes={-1: 3})
      InputSpec(min_ndim=2, axes={-1: 3})
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype: str | None = standardize_dtype(dtype) if dtype is not None else None
        self.shape: tuple[int | None, ...] | None = standardize_shape(shape) if shape is not None else None
        self.ndim: int | None = len(self.shape) if self.shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.name = name
        self.optional = optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes: dict[int, int | None] = {int(axis): size for axis, size in (axes or {}).items()}
        except (ValueError, TypeError):
            raise TypeError(f"Argument `axes` must be a dict with integer keys. Received: axes={axes}") from None
        if self.axes and (self.ndim is not None or self.max_ndim is not None):
            most = (self.ndim or self.max_ndim or 0) - 1
            highest = max(self.axes)
            if highest > most:
                raise ValueError(f"Axis {highest} is greater than the maximum allowed value: {most}")

    def __repr__(self) -> str:
        told = {
            "dtype": str(self.dtype) if self.dtype else None,
            "shape": str(self.shape) if self.shape else None,
            "ndim": self.ndim,
            "max_ndim": self.max_ndim,
            "min_ndim": self.min_ndim,
            "axes": self.axes,
        }
        return f"InputSpec({', '.join(f'{name}={value}' for name, value in told.items() if value)})"

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments.

        Returns:
          A dict of plain data.

        Example:
          >>> tf.keras.InputSpec(ndim=2).get_config()["ndim"]
          2
        """
        return {
            "dtype": self.dtype,
            "shape": self.shape,
            "ndim": self.ndim,
            "max_ndim": self.max_ndim,
            "min_ndim": self.min_ndim,
            "axes": self.axes,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """Creates a spec from the result of `get_config`.

        Args:
          config: the constructor's arguments.

        Returns:
          An InputSpec.

        Example:
          >>> tf.keras.InputSpec.from_config({"ndim": 2})
          InputSpec(ndim=2)
        """
        return cls(**config)

    def _check(self, value: Any, place: int, layer: str) -> None:
        """Raises ValueError if an input does not match."""
        if value is None and self.optional:
            return
        if not hasattr(value, "shape"):
            raise ValueError(
                f"Inputs to a layer should be tensors. Got '{value}' (of type {type(value)}) as input for layer "
                f"'{layer}'."
            )
        shape = shape_of(value)
        about = f"Input {place} with name '{self.name}' of layer '{layer}' is incompatible with the layer: "
        ndim = len(shape)
        if self.ndim is not None and not self.allow_last_axis_squeeze and ndim != self.ndim:
            raise ValueError(f"{about}expected ndim={self.ndim}, found ndim={ndim}. Full shape received: {shape}")
        if self.max_ndim is not None and ndim > self.max_ndim:
            raise ValueError(f"{about}expected max_ndim={self.max_ndim}, found ndim={ndim}")
        if self.min_ndim is not None and ndim < self.min_ndim:
            raise ValueError(
                f"{about}expected min_ndim={self.min_ndim}, found ndim={ndim}. Full shape received: {shape}"
            )
        if self.dtype is not None and dtype_name(value) != self.dtype:
            raise ValueError(f"{about}expected dtype={self.dtype}, found dtype={dtype_name(value)}")
        for axis, size in self.axes.items():
            if size is not None and shape[axis] not in (size, None):
                raise ValueError(
                    f"{about}expected axis {axis} of input shape to have value {size}, but received input with shape "
                    f"{shape}"
                )
        if self.shape is not None:
            wanted = self.shape
            if self.allow_last_axis_squeeze:
                shape = shape[:-1] if shape and shape[-1] == 1 else shape
                wanted = wanted[:-1] if wanted and wanted[-1] == 1 else wanted
            for expected, size in zip(wanted, shape, strict=False):
                if expected is not None and size is not None and expected != size:
                    raise ValueError(f"{about}expected shape={self.shape}, found shape={shape}")


def assert_input_compatibility(input_spec: Any, inputs: Any, layer_name: str) -> None:
    """Raises ValueError if inputs do not match the specs of a layer.

    Args:
      input_spec: an InputSpec, or a structure of them, or None.
      inputs: tensors or symbolic values.
      layer_name: the layer's name in messages.
    """
    if not input_spec:
        return
    specs = nest.flatten(input_spec)
    if isinstance(inputs, dict):
        names = [spec.name for spec in specs]
        if all(names):
            for name in names:
                if name not in inputs:
                    raise ValueError(
                        f'Missing data for input "{name}". You passed a data dictionary with keys '
                        f"{list(inputs.keys())}. Expected the following keys: {names}"
                    )
            inputs = [inputs[name] for name in names]
    flat = nest.flatten(inputs)
    if len(flat) != len(specs):
        names = [spec.name for spec in specs if spec is not None]
        if len(names) == len(specs) and all(names):
            example = ", ".join(f"'{name}': ..." for name in names)
            raise ValueError(
                f'Layer "{layer_name}" expects {len(specs)} named input(s) with keys {names}, but it received '
                f"{len(flat)} input tensors. Pass inputs as a dict, e.g. `layer({{{example}}})`."
            )
        raise ValueError(
            f'Layer "{layer_name}" expects {len(specs)} input(s), but it received {len(flat)} input tensors. '
            f"Inputs received: {flat}"
        )
    for place, (value, spec) in enumerate(zip(flat, specs, strict=True)):
        if spec is not None:
            spec._check(value, place, layer_name)
