"""Callbacks that monitor a metric: early stopping, checkpoints, learning rates."""

from __future__ import annotations

import operator
import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._src.core import replication
from gradtape._src.keras.callbacks.base import Callback, path_of
from gradtape._src.keras.compiling import CompileMetrics
from gradtape._src.keras.progress import show_line


class MonitorCallback(Callback):
    """Base of callbacks that monitor a metric.

    Args:
      monitor: the metric's name, with the prefix "val_" for its value in validation.
      mode: "min", "max", or "auto" to infer it from the metric.
      baseline: the value that is to be better than, at first.
      min_delta: by how much a better value differs at least.

    Raises:
      TypeError: min_delta is not a number.

    Example:
      >>> tf.keras.callbacks.MonitorCallback("val_loss").monitor
      'val_loss'
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: Any = None, min_delta: float = 0
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode.", stacklevel=3)
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best: float | None = baseline
        self.min_delta: float = abs(min_delta)
        self.monitor_op: Callable[[Any, Any], Any] | None = None

    def _set_monitor_op(self) -> None:
        if self.mode != "auto":
            self.monitor_op = operator.lt if self.mode == "min" else operator.gt
        else:
            name = self.monitor.removeprefix("val_")
            if name == "loss":
                self.monitor_op = operator.lt
            for metric in getattr(self.model, "metrics", ()):
                for each in metric.metrics if isinstance(metric, CompileMetrics) else ():
                    if each.name == name and hasattr(each, "_direction"):
                        self.monitor_op = operator.gt if each._direction == "up" else operator.lt
            if self.monitor_op is None:
                raise ValueError(
                    f"{type(self).__name__} callback received monitor={self.monitor}, but Keras isn't able to "
                    "automatically determine whether that metric should be maximized or minimized. Pass `mode='max'` "
                    "in order to monitor based on the highest metric value, or pass `mode='min'` in order to use the "
                    "lowest value."
                )
        if self.monitor_op is operator.lt:
            self.min_delta *= -1

    def _is_improvement(self, value: Any, reference: Any) -> Any:
        if reference is None:
            return True
        assert self.monitor_op is not None
        return self.monitor_op(value - self.min_delta, reference)


class EarlyStopping(MonitorCallback):
    """Stops training when a metric has not improved for some epochs.

    Args:
      monitor: the metric's name.
      min_delta: by how much a better value differs at least.
      patience: the number of epochs without improvement after which to stop.
      verbose: 1 prints messages.
      mode: "min", "max", or "auto" to infer it from the metric.
      baseline: the value that it must be better than.
      restore_best_weights: whether weights are set back to those of the best epoch.
      start_from_epoch: the number of initial epochs that are ignored.

    Raises:
      ValueError: mode is "auto" and whether the monitored value should fall is unknown, at the end of an epoch.
      TypeError: min_delta is not a number.

    Example:
      >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
      >>> model.compile(tf.keras.optimizers.SGD(10.0), "mse")
      >>> stopping = tf.keras.callbacks.EarlyStopping("loss", patience=2)
      >>> history = model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=9, verbose=0, callbacks=[stopping])
      >>> len(history.epoch)
      3
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: Any = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.wait: int = 0
        self.stopped_epoch: int = 0
        self.best_epoch: int = 0
        self.best_weights: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best: float | None = None
        self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.monitor_op is None:
            self._set_monitor_op()
        logs = logs or {}
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"Early stopping conditioned on metric `{self.monitor}` which is not available. Available metrics are: "
                f"{','.join(logs)}",
                stacklevel=2,
            )
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            show_line(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                show_line(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class ReduceLROnPlateau(MonitorCallback):
    """Reduces the learning rate when a metric has not improved for some epochs.

    Args:
      monitor: the metric's name.
      factor: the factor of the learning rate.
      patience: the number of epochs without improvement after which the rate is reduced.
      verbose: 1 prints messages.
      mode: "min", "max", or "auto" to infer it from the metric.
      min_delta: by how much a better value differs at least.
      cooldown: the number of epochs that are ignored after a reduction.
      min_lr: the lowest learning rate.
      kwargs: not used.

    Raises:
      ValueError: the factor is no less than 1.

    Example:
      >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
      >>> model.compile(tf.keras.optimizers.SGD(8.0), "mse")
      >>> lower = tf.keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1)
      >>> history = model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=3, verbose=0, callbacks=[lower])
      >>> history.history["learning_rate"]
      [8.0, 8.0, 4.0]
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau does not support a factor >= 1.0. Received factor={factor}")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.cooldown_counter: int = 0
        self.wait: int = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self.best: float | None = None
        self.cooldown_counter = self.wait = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.monitor_op is None:
            self._set_monitor_op()
        logs = {} if logs is None else logs
        rate = float(self.model.optimizer.learning_rate)
        logs["learning_rate"] = rate
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(
                f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not available. Available "
                f"metrics are: {','.join(logs)}.",
                stacklevel=2,
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best, self.wait = current, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and rate > np.float32(self.min_lr):
                rate = max(rate * self.factor, self.min_lr)
                self.model.optimizer.learning_rate = rate
                if self.verbose > 0:
                    show_line(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")
                self.cooldown_counter, self.wait = self.cooldown, 0

    def in_cooldown(self) -> bool:
        """Whether it is in the cooldown period.

        Returns:
          A bool.

        Example:
          >>> tf.keras.callbacks.ReduceLROnPlateau().in_cooldown()
          False
        """
        return self.cooldown_counter > 0


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch.

    Args:
      schedule: a function of the epoch's number and the learning rate, or of the former alone, to a float.
      verbose: 1 prints messages.

    Raises:
      ValueError: it returned no float.

    Example:
      >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
      >>> model.compile(tf.keras.optimizers.SGD(1.0), "mse")
      >>> halve = tf.keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
      >>> history = model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=2, verbose=0, callbacks=[halve])
      >>> history.history["learning_rate"]
      [0.5, 0.25]
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        optimizer = self.model.optimizer
        if not hasattr(optimizer, "learning_rate"):
            raise ValueError('Optimizer must have a "learning_rate" attribute.')
        try:
            rate = self.schedule(epoch, float(optimizer.learning_rate))
        except TypeError:
            rate = self.schedule(epoch)
        if not isinstance(rate, (float, np.float32, np.float64)):
            raise ValueError(f"The output of the `schedule` function should be a float. Got: {rate}")
        optimizer.learning_rate = float(rate)
        if self.verbose > 0:
            show_line(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after each epoch or a number of batches.

    Args:
      filepath: the file, in which "{epoch}" and "{val_loss}" and their like are filled in: "....weights.h5" where only
        weights are saved, "....keras" otherwise.
      monitor: the metric's name.
      verbose: 1 prints messages.
      save_best_only: whether the model is saved only if the metric is better than before.
      save_weights_only: whether weights alone are saved.
      mode: "min", "max", or "auto" to infer it from the metric.
      save_freq: "epoch", or the number of batches between saves.
      initial_value_threshold: the value that the metric must be better than at first.

    Raises:
      ValueError: the file's name ends otherwise, or an unknown `save_freq`.

    Example:
      >>> tf.keras.callbacks.ModelCheckpoint("{epoch:02d}.keras").save_freq
      'epoch'
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: Any = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath: str = path_of(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._unsaved_batches = 0
        self._last_batch: int | None = None
        self._epoch = 0
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f"Unrecognized save_freq: {save_freq}. Expected save_freq are 'epoch' or integer values")
        if save_weights_only and not self.filepath.endswith(".weights.h5"):
            raise ValueError(
                "When using `save_weights_only=True` in `ModelCheckpoint`, the filepath provided must end in "
                f"`.weights.h5` (Keras weights format). Received: filepath={self.filepath}"
            )
        if not save_weights_only and not self.filepath.endswith((".keras", ".h5")):
            raise ValueError(
                f"The filepath provided must end in `.keras` (Keras model format). Received: filepath={self.filepath}"
            )

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch":
            return
        last = -1 if self._last_batch is None or batch <= self._last_batch else self._last_batch
        self._unsaved_batches += batch - last
        self._last_batch = batch
        if self._unsaved_batches >= self.save_freq:
            self._unsaved_batches = 0
            self._save(self._epoch, batch, logs or {})

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.monitor_op is None:
            self._set_monitor_op()
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: dict[str, Any]) -> None:
        more = {} if batch is None or "batch" in logs else {"batch": batch + 1}
        try:
            path = self.filepath.format(epoch=epoch + 1, **more, **logs)
        except KeyError as error:
            raise KeyError(f'Failed to format this callback filepath: "{self.filepath}". Reason: {error}') from error
        if not self._is_due(epoch, logs, path) or not replication.is_chief():
            return
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        try:
            (self.model.save_weights if self.save_weights_only else self.model.save)(path, overwrite=True)
        except IsADirectoryError:
            raise OSError(
                "Please specify a non-directory filepath for ModelCheckpoint. Filepath used is an existing directory: "
                f"{path}"
            ) from None
        if self.verbose > 0:
            show_line(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _is_due(self, epoch: int, logs: dict[str, Any], path: str) -> bool:
        start = f"\nEpoch {epoch + 1}: "
        if not self.save_best_only:
            if self.verbose > 0:
                show_line(f"{start}saving model to {path}")
            return True
        current = logs.get(self.monitor)
        if current is None:
            warnings.warn(f"Can save best model only with {self.monitor} available.", stacklevel=4)
            return True
        if self.monitor_op is None:
            self._set_monitor_op()
        before = "None" if self.best is None else f"{self.best:.5f}"
        if self._is_improvement(current, self.best):
            if self.verbose > 0:
                show_line(f"{start}{self.monitor} improved from {before} to {current:.5f}, saving model to {path}")
            self.best = current
            return True
        if self.verbose > 0:
            show_line(f"{start}{self.monitor} did not improve from {before}")
        return False
