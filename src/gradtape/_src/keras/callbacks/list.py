"""CallbackList: several callbacks as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradtape._src.core import nest
from gradtape._src.keras.callbacks.base import HOOKS, Callback
from gradtape._src.keras.callbacks.logging import History, ProgbarLogger


class CallbackList(Callback):
    """Several callbacks as one; logs are passed with numbers instead of tensors.

    Args:
      callbacks: the callbacks.
      add_history: whether a History is added.
      add_progbar: whether a ProgbarLogger is added.
      model: the model.
      params: the arguments of the model's method.

    Raises:
      AttributeError: one of them is not a callback, if there is a model.

    Example:
      >>> several = tf.keras.callbacks.CallbackList([tf.keras.callbacks.TerminateOnNaN()], add_history=True)
      >>> [type(callback).__name__ for callback in several.callbacks]
      ['TerminateOnNaN', 'History']
    """

    on_test_batch_begin: Any
    on_test_batch_end: Any
    on_test_begin: Any
    on_test_end: Any

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Any] = nest.flatten(callbacks) if callbacks else []
        history = next((each for each in self.callbacks if isinstance(each, History)), None)
        if history is None and add_history:
            history = History()
            self.callbacks.append(history)
        if add_progbar and not any(isinstance(each, ProgbarLogger) for each in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        self._history = history
        if model:
            self.set_model(model)
        self.set_params(params)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        if params:
            for callback in self.callbacks:
                callback.set_params(params)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if self._history is not None:
            vars(model)["history"] = self._history
        for callback in self.callbacks:
            callback.set_model(model)

    def asks_batches(self, what: str) -> bool:
        """Whether any callback has methods for batches of "train", "test" or "predict".

        Args:
          what: one of these.

        Returns:
          A bool.

        Example:
          >>> tf.keras.callbacks.CallbackList([tf.keras.callbacks.TerminateOnNaN()]).asks_batches("train")
          True
        """
        names = [f"on_{what}_batch_begin", f"on_{what}_batch_end"]
        if what == "train":
            names += ["on_batch_begin", "on_batch_end"]
        return any(_is_written(callback, name) for callback in self.callbacks for name in names)


def _is_written(callback: Any, name: str) -> bool:
    """Whether a callback does anything at a moment."""
    if isinstance(callback, ProgbarLogger) and type(callback) is ProgbarLogger:
        # A line at the end of an epoch shows the number of batches.
        return bool(callback.verbose == 1 or callback.target is None)
    method = getattr(callback, name)
    return getattr(method, "__func__", method) is not getattr(Callback, name)


def _spread(name: str, of: str) -> Callable[..., None]:
    def with_number(self: CallbackList, number: int, logs: dict[str, Any] | None = None) -> None:
        told = pythonify_logs(logs)
        for callback in self.callbacks:
            getattr(callback, name)(number, told)

    def without(self: CallbackList, logs: dict[str, Any] | None = None) -> None:
        told = pythonify_logs(logs)
        for callback in self.callbacks:
            getattr(callback, name)(told)

    return with_number if of else without


def pythonify_logs(logs: Any) -> dict[str, Any]:
    """The logs of a step, with numbers instead of tensors, in the order of names."""
    found: dict[str, Any] = {}
    for name, value in sorted((logs or {}).items()):
        if isinstance(value, dict):
            found.update(pythonify_logs(value))
            continue
        try:
            found[name] = float(value)
        except (TypeError, ValueError):
            found[name] = value
    return found


for _name, (_of, _) in HOOKS.items():
    _method = _spread(_name, _of)
    _base = getattr(Callback, _name)
    _method.__name__, _method.__qualname__ = _name, f"CallbackList.{_name}"
    _method.__doc__, _method.__wrapped__ = _base.__doc__, _base  # type: ignore[attr-defined]
    setattr(CallbackList, _name, _method)
