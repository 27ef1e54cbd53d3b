"""Base of losses and metrics that wrap a function, with its arguments as attributes and in configurations."""

from __future__ import annotations

from typing import Any, TypeVar

from gradtape._src.keras.serialization import deserialize_keras_object, serialize_keras_object

Wrapper = TypeVar("Wrapper", bound="FunctionWrapper")


class FunctionWrapper:
    """A mix-in that holds a function of true and predicted values, and its keyword arguments."""

    def _wrap(self, fn: Any, arguments: dict[str, Any]) -> None:
        self._fn = fn
        self._fn_kwargs = arguments
        # It is called with tensors, never with symbolic values.
        self._computed = fn.__wrapped__ if hasattr(fn, "_operation") else fn

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments except the dtype, and the function's keyword arguments."""
        config = super().get_config()  # type: ignore[misc]  # of the loss or metric
        # A class for a single function, such as Huber, is identified by its name.
        if FunctionWrapper in type(self).__bases__:
            config["fn"] = serialize_keras_object(self._fn)
        return {**config, **serialize_keras_object(self._fn_kwargs)}

    @classmethod
    def from_config(cls: type[Wrapper], config: dict[str, Any]) -> Wrapper:
        """Creates one from the result of `get_config`."""
        return cls(**(deserialize_keras_object(config) if "fn" in config else config))

    def __getattr__(self, name: str) -> Any:
        # The function's keyword arguments are attributes too: from_logits, label_smoothing and so on.
        arguments = self.__dict__.get("_fn_kwargs", {})
        if name in arguments:
            return arguments[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
