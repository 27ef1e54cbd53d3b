"""TensorBoard: metrics, weights and the model's configuration in event files."""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from typing import Any

import numpy as np

from gradtape._src.core import replication
from gradtape._src.io import summary
from gradtape._src.io.events import PluginData, SummaryMetadata
from gradtape._src.keras.callbacks.base import Callback, path_of
from gradtape._src.keras.settings import image_data_format


class TensorBoard(Callback):
    """Writes what TensorBoard shows: metrics of epochs and batches, histograms of weights, the model's configuration.

    Args:
      log_dir: the folder; training writes to its folder "train", evaluation to "validation".
      histogram_freq: the number of epochs between histograms of the weights; 0: never.
      write_graph: whether the configuration of a functional or sequential model is written.
      write_images: whether weights are also written as images, where histograms are.
      write_steps_per_second: whether to write the number of steps per second.
      update_freq: "epoch", "batch", or the number of batches between writes of metrics.
      profile_batch: 0; there is no profiler.
      embeddings_freq, embeddings_metadata: 0 and None; embeddings are not written.

    Raises:
      ValueError: batches that are to be profiled, or embeddings that are to be written.

    Example:
      >>> import os, tempfile
      >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
      >>> model.compile("sgd", "mse")
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     board = tf.keras.callbacks.TensorBoard(folder, histogram_freq=1)
      ...     _ = model.fit(np.ones((8, 3)), np.ones((8, 1)), verbose=0, callbacks=[board])
      ...     os.listdir(folder)
      ['train']
    """

    def __init__(
        self,
        log_dir: Any = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        if profile_batch:
            raise ValueError(
                f"TensorBoard's profiler is not supported: leave profile_batch at 0, and use cProfile. Received: "
                f"profile_batch={profile_batch}"
            )
        if embeddings_freq or embeddings_metadata:
            raise ValueError(
                "Embeddings are not written for TensorBoard's projector: save them with ModelCheckpoint. Received: "
                f"embeddings_freq={embeddings_freq}, embeddings_metadata={embeddings_metadata}"
            )
        self.log_dir: str = path_of(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._train_batches = self._test_batches = 0
        self._writers: dict[str, Any] = {}
        self._scopes: list[contextlib.ExitStack] = []

    def set_model(self, model: Any) -> None:
        self._model = model
        self._writers = {}
        if self.write_graph and type(model).__name__ in ("Functional", "Sequential"):
            with self._writer("train").as_default():
                _write_configuration(model)

    def _writer(self, folder: str) -> Any:
        if folder not in self._writers:
            path = os.path.join(self.log_dir, folder)
            chief = replication.is_chief()
            self._writers[folder] = summary.create_file_writer(path) if chief else summary.create_noop_writer()
        return self._writers[folder]

    def _enter(self, folder: str, step: int) -> None:
        """Makes the writer that of summaries that the model and this callback write at a step."""
        if self.update_freq != "epoch":
            scope = contextlib.ExitStack()
            scope.enter_context(self._writer(folder).as_default(step))
            scope.enter_context(summary.record_if(step % self.update_freq == 0))
            self._scopes.append(scope)

    def _leave(self) -> None:
        if self.update_freq != "epoch":
            self._scopes.pop().close()

    def on_train_begin(self, logs: Any = None) -> None:
        self._train_batches = 0
        self._enter("train", 0)

    def on_train_end(self, logs: Any = None) -> None:
        self._leave()
        for writer in self._writers.values():
            writer.close()

    def on_test_begin(self, logs: Any = None) -> None:
        self._enter("validation", self._test_batches)

    def on_test_end(self, logs: Any = None) -> None:
        if self.model.optimizer is not None:
            step = int(self.model.optimizer.iterations)
            with self._writer("validation").as_default():
                for name, value in (logs or {}).items():
                    summary.scalar(f"evaluation_{name}_vs_iterations", value, step=step)
        self._leave()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._train_batches += 1
        if self.update_freq != "epoch":
            self._leave()
            self._enter("train", self._train_batches)
        if self.write_steps_per_second:
            self._batch_began = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.write_steps_per_second:
            rate = 1.0 / max(time.monotonic() - self._batch_began, 1e-9)
            summary.scalar("batch_steps_per_second", rate, step=self._train_batches)
        if isinstance(logs, dict):
            for name, value in logs.items():
                summary.scalar(f"batch_{name}", value, step=self._train_batches)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._test_batches += 1
        if self.update_freq != "epoch":
            self._leave()
            self._enter("validation", self._test_batches)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.write_steps_per_second:
            self._epoch_began = time.monotonic(), int(self.model.optimizer.iterations)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs:
            told = {name: value for name, value in logs.items() if not name.startswith("val_")}
            optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
            if optimizer is not None:
                told["learning_rate"] = float(optimizer.learning_rate)
            if self.write_steps_per_second:
                began, before = self._epoch_began
                passed = max(time.monotonic() - began, 1e-9)
                told["steps_per_second"] = (int(self.model.optimizer.iterations) - before) / passed
            with self._writer("train").as_default():
                for name, value in told.items():
                    summary.scalar(f"epoch_{name}", value, step=epoch)
            judged = {name[4:]: value for name, value in logs.items() if name.startswith("val_")}
            if judged:
                with self._writer("validation").as_default():
                    for name, value in judged.items():
                        summary.scalar(f"epoch_{name}", value, step=epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)

    def _write_weights(self, epoch: int) -> None:
        writer = self._writer("train")
        with writer.as_default():
            for layer in self.model.layers:
                for weight in layer.weights:
                    name = weight.path.replace(":", "_")
                    summary.histogram(f"{name}/histogram", weight, step=epoch)
                    picture = _picture(weight.numpy()) if self.write_images else None
                    if picture is not None:
                        summary.image(f"{name}/image", picture, step=epoch)
            writer.flush()


def _picture(weight: np.ndarray) -> np.ndarray | None:
    """A weight as pictures of one to four channels; None for one that has no such form."""
    value = np.squeeze(weight)
    if value.ndim == 1:
        value = value.reshape(1, -1, 1, 1)
    elif value.ndim == 2:
        value = value.T if value.shape[0] > value.shape[1] else value
        value = value[None, :, :, None]
    elif value.ndim == 3:
        value = value.transpose(2, 0, 1) if image_data_format() == "channels_last" else value
        value = value[..., None]
    return value if value.ndim == 4 and value.shape[-1] in (1, 3, 4) else None


def _write_configuration(model: Any) -> None:
    """Writes a model's configuration, which TensorBoard draws."""
    try:
        told = model.to_json()
    except Exception as error:  # what cannot be drawn can be trained
        warnings.warn(f"Model failed to serialize as JSON. Ignoring... {error}", stacklevel=4)
        return
    plugin = PluginData(plugin_name="graph_keras_model", content=b"1")
    summary.write("keras", told, step=0, metadata=SummaryMetadata(plugin_data=plugin))
