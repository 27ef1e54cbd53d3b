"""Callbacks of models that ranks train with an optimizer that exchanges gradients, each on its own data."""

from __future__ import annotations

from typing import Any

from gradtape._src.distributed.collectives import grouped_allreduce
from gradtape._src.distributed.training import broadcast_variables
from gradtape._src.distributed.world import current
from gradtape._src.keras.callbacks.base import Callback
from gradtape._src.keras.progress import show_line


class BroadcastGlobalVariablesCallback(Callback):
    """Gives all ranks one rank's variables, of the model and of its optimizer, once the first batch has made them.

    Args:
      root_rank: the rank.
      device: not used; there is one.

    Example:
      >>> tf.distributed.init()
      >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
      >>> model.compile(tf.distributed.DistributedOptimizer(tf.optimizers.SGD(0.1)), "mse")
      >>> callback = tf.distributed.callbacks.BroadcastGlobalVariablesCallback(0)
      >>> _ = model.fit(np.ones((8, 3)), np.ones((8, 1)), verbose=0, callbacks=[callback])
    """

    def __init__(self, root_rank: int = 0, device: str = "") -> None:
        super().__init__()
        self.root_rank = root_rank
        self.broadcast_done: bool = False

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self.broadcast_done:
            self.broadcast_done = True
            broadcast_variables([*self.model.variables, *self.model.optimizer.variables], self.root_rank)


class MetricAverageCallback(Callback):
    """Averages the values of metrics over the ranks at the end of each epoch, for the callbacks that come after it.

    Args:
      device: not used; there is one.

    Example:
      >>> tf.distributed.init()
      >>> logs = {"loss": 0.5}
      >>> tf.distributed.callbacks.MetricAverageCallback().on_epoch_end(0, logs)
      >>> logs
      {'loss': 0.5}
    """

    def __init__(self, device: str = "") -> None:
        super().__init__()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs and current().size > 1:
            names = sorted(logs)
            means = grouped_allreduce([float(logs[name]) for name in names], name=f"metrics {', '.join(names)}")
            logs.update((name, float(mean)) for name, mean in zip(names, means, strict=True))


class LearningRateWarmupCallback(Callback):
    """Raises the learning rate from that of one rank to that of all, batch by batch over the first epochs.

    Goyal et al., Accurate, Large Minibatch SGD (2017).

    Args:
      initial_lr: the learning rate of all ranks, to which it rises.
      warmup_epochs: the number of warm-up epochs.
      momentum_correction: not used.
      steps_per_epoch: number of batches per epoch; that of `fit` by default.
      verbose: whether a line is shown when it has risen.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.callbacks.LearningRateWarmupCallback(0.1, warmup_epochs=3).initial_lr
      0.1
    """

    def __init__(
        self,
        initial_lr: float,
        warmup_epochs: float = 5,
        momentum_correction: bool = True,
        steps_per_epoch: int | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__()
        self.initial_lr = initial_lr
        self.warmup_epochs = warmup_epochs
        self.steps_per_epoch = steps_per_epoch
        self.verbose = verbose
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        steps = self.steps_per_epoch or self.params.get("steps")
        if not steps:
            raise ValueError(
                "The number of batches per epoch is unknown; give LearningRateWarmupCallback steps_per_epoch."
            )
        if self._epoch < self.warmup_epochs:
            passed, size = self._epoch + (batch + 1) / steps, current().size
            share = min(1.0, (passed * (size - 1) / self.warmup_epochs + 1) / size)
            self.model.optimizer.learning_rate = self.initial_lr * share

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.warmup_epochs - 1 and self.verbose:
            show_line(f"\nEpoch {epoch + 1}: finished gradual learning rate warmup to {self.initial_lr}.")
