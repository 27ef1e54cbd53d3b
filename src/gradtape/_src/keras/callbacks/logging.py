"""Callbacks that record, print or write logs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from gradtape._src.core import replication
from gradtape._src.keras.callbacks.base import Callback, path_of
from gradtape._src.keras.progress import Progbar, show_line


class History(Callback):
    """Records the values of metrics by epoch; returned by `fit`.

    Attributes:
      history: lists of values, by name.
      epoch: the numbers of the epochs.

    Example:
      >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
      >>> model.compile("sgd", "mse")
      >>> history = model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=2, verbose=0)
      >>> history.epoch, list(history.history)
      ([0, 1], ['loss'])
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        vars(self.model)["history"] = self


class ProgbarLogger(Callback):
    """Shows a progress bar or a line for each epoch; added by `fit` unless `verbose` is 0.

    Example:
      >>> tf.keras.callbacks.ProgbarLogger().epochs
      1
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen: int = 0
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose: Any = 1
        self.epochs: int = 1
        self._within_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        self.verbose = 1 if params["verbose"] == "auto" else params["verbose"]
        self.epochs, self.target = params["epochs"], params["steps"]

    def on_train_begin(self, logs: Any = None) -> None:
        self._within_fit = True

    def on_test_begin(self, logs: Any = None) -> None:
        if not self._within_fit:
            self._start()

    def on_predict_begin(self, logs: Any = None) -> None:
        self._start()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._start()
        if self.verbose and self.epochs > 1:
            show_line(f"Epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._update(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self._within_fit:
            self._update(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self._update(batch, None)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._finish(logs)

    def on_test_end(self, logs: Any = None) -> None:
        if not self._within_fit:
            self._finish(logs)

    def on_predict_end(self, logs: Any = None) -> None:
        self._finish(logs)

    def _start(self) -> None:
        self.seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose, unit_name="step", stateless_metrics=())

    def _update(self, batch: int, logs: Any) -> None:
        if self.progbar is None:
            self._start()
        self.seen = batch + 1
        if self.verbose == 1:
            self.progbar.update(self.seen, list((logs or {}).items()), finalize=False)  # type: ignore[union-attr]

    def _finish(self, logs: Any) -> None:
        if self.progbar is None:
            self._start()
        assert self.progbar is not None
        if self.target is None:
            self.target = self.seen
            self.progbar.target = self.target
        self.progbar.update(self.target, list((logs or {}).items()), finalize=True)


class CSVLogger(Callback):
    """Writes the values of metrics to a file, a line for each epoch.

    Args:
      filename: the file.
      separator: what stands between values.
      append: whether to append to an existing file.

    Raises:
      TypeError: filename is not a path.
      FileNotFoundError: its folder does not exist when training begins.

    Example:
      >>> import tempfile, os
      >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
      >>> model.compile("sgd", "mse")
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     file = os.path.join(folder, "log.csv")
      ...     logger = tf.keras.callbacks.CSVLogger(file)
      ...     _ = model.fit(np.ones((8, 3)), np.ones((8, 1)), verbose=0, callbacks=[logger])
      ...     print(open(file).readline().strip())
      epoch,loss,val_loss
    """

    def __init__(self, filename: Any, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename: str = path_of(filename)
        self.sep = separator
        self.append = append
        self.writer: Any = None
        self.keys: list[str] | None = None
        self.append_header: bool = True
        self.csv_file: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        if self.append and os.path.exists(self.filename):
            with open(self.filename) as file:
                self.append_header = not file.readline()
        self._close()
        name = self.filename if replication.is_chief() else os.devnull
        self.csv_file = open(name, "a" if self.append else "w", newline="")  # noqa: SIM115 (closed at the end)
        self.writer = self.keys = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if self.keys and not any(key.startswith("val_") for key in self.keys):
                # An epoch without evaluation may be followed by one with it.
                self.keys += [f"val_{key}" for key in self.keys]
        if self.writer is None:
            import csv

            names = ["epoch", *self.keys]
            self.writer = csv.DictWriter(self.csv_file, names, delimiter=self.sep)
            if self.append_header:
                self.writer.writeheader()
        self.writer.writerow({"epoch": epoch, **{key: _cell(logs.get(key, "NA")) for key in self.keys}})
        self.csv_file.flush()

    def on_train_end(self, logs: Any = None) -> None:
        self._close()
        self.writer = None

    def _close(self) -> None:
        if self.csv_file is not None and not self.csv_file.closed:
            self.csv_file.close()


def _cell(value: Any) -> Any:
    if isinstance(value, Iterable) and not isinstance(value, str) and getattr(value, "ndim", 1) != 0:
        return f'"[{", ".join(map(str, value))}]"'
    return value


class LambdaCallback(Callback):
    """A callback composed of functions.

    Args:
      on_epoch_begin, on_epoch_end: functions of the epoch's number and the values of metrics.
      on_train_begin, on_train_end: functions of the values of metrics.
      on_train_batch_begin, on_train_batch_end: functions of the batch's number and the values of metrics.
      kwargs: functions for other moments.

    Raises:
      TypeError: what is given for an event is not callable, when it occurs.

    Example:
      >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
      >>> model.compile("sgd", "mse")
      >>> tell = tf.keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print("epoch", epoch))
      >>> _ = model.fit(np.ones((8, 3)), np.ones((8, 1)), verbose=0, callbacks=[tell])
      epoch 0
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        vars(self).update(kwargs)
        vars(self).update({name: function for name, function in given.items() if function is not None})


class TerminateOnNaN(Callback):
    """Stops training if the loss is NaN or infinite.

    Args:
      raise_error: whether RuntimeError is raised, in place of ending as `fit` ends.

    Raises:
      RuntimeError: the loss is NaN or infinite, and raise_error is true.

    Example:
      >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
      >>> model.compile("sgd", "mse")
      >>> x, y = np.ones((8, 3)), np.full((8, 1), np.nan)
      >>> history = model.fit(x, y, epochs=3, verbose=0, callbacks=[tf.keras.callbacks.TerminateOnNaN()])
      Batch 0: Invalid loss, terminating training
      >>> len(history.epoch)
      1
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or np.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. Terminating training immediately."
            )
        show_line(f"Batch {batch}: Invalid loss, terminating training", of_each=True)
        self.model.stop_training = True
