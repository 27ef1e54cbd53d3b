"""Callback: methods called during training, evaluation and prediction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# When each method is called, and with what.
_OF_BATCH, _OF_EPOCH, _OF_ALL = "batch", "epoch", ""
HOOKS = {
    "on_batch_begin": (_OF_BATCH, "before each batch of training; another name of `on_train_batch_begin`"),
    "on_batch_end": (_OF_BATCH, "after each batch of training; another name of `on_train_batch_end`"),
    "on_epoch_begin": (_OF_EPOCH, "before each epoch of training"),
    "on_epoch_end": (_OF_EPOCH, "after each epoch of training and its evaluation"),
    "on_train_batch_begin": (_OF_BATCH, "before each batch of training"),
    "on_train_batch_end": (_OF_BATCH, "after each batch of training"),
    "on_test_batch_begin": (_OF_BATCH, "before each batch of an evaluation"),
    "on_test_batch_end": (_OF_BATCH, "after each batch of an evaluation"),
    "on_predict_batch_begin": (_OF_BATCH, "before each batch of a prediction"),
    "on_predict_batch_end": (_OF_BATCH, "after each batch of a prediction"),
    "on_train_begin": (_OF_ALL, "before training"),
    "on_train_end": (_OF_ALL, "after training"),
    "on_test_begin": (_OF_ALL, "before an evaluation"),
    "on_test_end": (_OF_ALL, "after an evaluation"),
    "on_predict_begin": (_OF_ALL, "before a prediction"),
    "on_predict_end": (_OF_ALL, "after a prediction"),
}


class Callback:
    """Base class of callbacks, whose methods are called during training, evaluation and prediction.

    A subclass overrides the methods for the moments that it wants to know of. `self.model` is the model, `self.params`
    a dict of "verbose", "epochs" and "steps".

    Example:
      >>> class Losses(tf.keras.callbacks.Callback):
      ...     def on_train_begin(self, logs=None):
      ...         self.seen = []
      ...
      ...     def on_epoch_end(self, epoch, logs=None):
      ...         self.seen.append(logs["loss"])
      >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
      >>> model.compile("sgd", "mse")
      >>> losses = Losses()
      >>> _ = model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=3, verbose=0, callbacks=[losses])
      >>> len(losses.seen)
      3
    """

    def __init__(self) -> None:
        self.params: Any = None
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The model."""
        return self._model

    def set_params(self, params: dict[str, Any]) -> None:
        """Sets the arguments of the model's method.

        Args:
          params: a dict of "verbose", "epochs" and "steps".

        Example:
          >>> tf.keras.callbacks.Callback().set_params({"epochs": 1})
        """
        self.params = params

    def set_model(self, model: Any) -> None:
        """Sets the model.

        Args:
          model: the model.

        Example:
          >>> tf.keras.callbacks.Callback().set_model(tf.keras.Sequential())
        """
        self._model = model


def _hook(name: str, of: str, when: str) -> Callable[..., None]:
    """A method that does nothing."""
    argument = f"  {of}: the {of}'s number, from 0.\n" if of else ""
    number = "0, " if of else ""
    text = (
        f"Called {when}.\n\nArgs:\n{argument}  logs: the values of metrics, by name.\n\nExample:\n"
        f"  >>> tf.keras.callbacks.Callback().{name}({number}{{}})\n"
    )

    def of_batch(self: Callback, batch: int, logs: dict[str, Any] | None = None) -> None: ...

    def of_epoch(self: Callback, epoch: int, logs: dict[str, Any] | None = None) -> None: ...

    def of_all(self: Callback, logs: dict[str, Any] | None = None) -> None: ...

    method: Any = {_OF_BATCH: of_batch, _OF_EPOCH: of_epoch, _OF_ALL: of_all}[of]
    method.__name__, method.__qualname__, method.__doc__ = name, f"Callback.{name}", text
    return method


for _name, (_of, _when) in HOOKS.items():
    setattr(Callback, _name, _hook(_name, _of, _when))


def _train_batch_begin(self: Any, batch: int, logs: dict[str, Any] | None = None) -> None:
    self.on_batch_begin(batch, logs=logs)


def _train_batch_end(self: Any, batch: int, logs: dict[str, Any] | None = None) -> None:
    self.on_batch_end(batch, logs=logs)


for _method in (_train_batch_begin, _train_batch_end):
    _given = getattr(Callback, f"on{_method.__name__}")
    _method.__name__, _method.__qualname__, _method.__doc__ = _given.__name__, _given.__qualname__, _given.__doc__
    setattr(Callback, _given.__name__, _method)


def path_of(filename: Any) -> str:
    """A file's name as text."""
    import os

    return os.fspath(filename)
