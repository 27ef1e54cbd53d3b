"""BackupAndRestore: resumes interrupted training."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

from gradtape._src.core import replication
from gradtape._src.core.replacing import replacing
from gradtape._src.keras.callbacks.base import Callback, path_of


class BackupAndRestore(Callback):
    """Saves weights, the optimizer's state and the epoch, from which a later `fit` resumes.

    Files are whole at any time; training that is killed between the two of a save does one epoch again.

    Args:
      backup_dir: a folder for nothing else.
      save_freq: "epoch", or the number of batches between saves.
      double_checkpoint: whether the last save but one is kept too, for when the last cannot be read.
      delete_checkpoint: whether the folder is removed when training has ended.

    Raises:
      ValueError: no folder, or another `save_freq`; in `fit`, the model is not built.

    Example:
      >>> import tempfile
      >>> class Interrupt(tf.keras.callbacks.Callback):
      ...     def on_epoch_begin(self, epoch, logs=None):
      ...         if epoch == 2:
      ...             raise KeyboardInterrupt
      >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
      >>> model.compile("sgd", "mse")
      >>> x, y = np.ones((8, 3)), np.ones((8, 1))
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     backup = tf.keras.callbacks.BackupAndRestore(folder + "/backup")
      ...     try:
      ...         _ = model.fit(x, y, epochs=5, verbose=0, callbacks=[backup, Interrupt()])
      ...     except KeyboardInterrupt:
      ...         history = model.fit(x, y, epochs=5, verbose=0, callbacks=[backup])
      >>> history.epoch
      [2, 3, 4]
    """

    def __init__(
        self,
        backup_dir: Any,
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._unsaved_batches = self._last_batch = self._epoch = 0
        if not backup_dir:
            raise ValueError("Empty `backup_dir` argument passed")
        self.backup_dir: str = path_of(backup_dir)
        self._weights = os.path.join(self.backup_dir, "latest.weights.h5")
        self._place = os.path.join(self.backup_dir, "training_metadata.json")
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                f"Invalid value for argument `save_freq`. Received: save_freq={save_freq}. Expected either 'epoch' or "
                "an integer value."
            )

    def on_train_begin(self, logs: Any = None) -> None:
        try:
            self._load()
        except (OSError, ValueError):
            if not (os.path.exists(f"{self._weights}.bkp") and self.model.built):
                raise
            for path in (self._weights, self._place):
                if os.path.exists(f"{path}.bkp"):
                    _copy(f"{path}.bkp", path)
                elif os.path.exists(path):
                    os.remove(path)
            self._load()

    def _load(self) -> None:
        if not self.model.built:
            raise ValueError(
                "To use the BackupAndRestore callback, you model must be built before you call `fit()`. Model "
                f"{self.model} is unbuilt. You can build it beforehand by calling it on a batch of data."
            )
        optimizer = self.model.optimizer
        if replication.alike(os.path.exists(self._weights)):
            if optimizer is not None and not optimizer.built:
                optimizer.build(self.model.trainable_variables)
            if replication.is_chief():
                self.model.load_weights(self._weights)  # whose values all replicas get as training begins
        epoch = None
        if replication.is_chief() and os.path.exists(self._place):
            with open(self._place, encoding="utf-8") as file:
                epoch = int(json.load(file)["epoch"])
        epoch = replication.alike(epoch)
        if epoch is not None:
            self.model._initial_epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._epoch, self._last_batch = epoch + 1, 0
        if self.save_freq == "epoch":
            self._save()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch":
            return
        self._unsaved_batches += batch + 1 if batch <= self._last_batch else batch - self._last_batch
        self._last_batch = batch
        if self._unsaved_batches >= self.save_freq:
            self._unsaved_batches = 0
            self._save()

    def _save(self) -> None:
        if not replication.is_chief():
            return
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint:
            for path in (self._weights, self._place):
                if os.path.exists(path):
                    _copy(path, f"{path}.bkp")
        self.model.save_weights(self._weights, overwrite=True)
        with replacing(self._place) as file:
            file.write(json.dumps({"epoch": self._epoch, "batch": self._last_batch}).encode())

    def on_train_end(self, logs: Any = None) -> None:
        if self.delete_checkpoint and replication.is_chief() and os.path.exists(self.backup_dir):
            shutil.rmtree(self.backup_dir)


def _copy(path: str, to: str) -> None:
    with open(path, "rb") as source, replacing(to) as target:
        shutil.copyfileobj(source, target)
