"""SwapEMAWeights: evaluation and prediction with the moving averages of the weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradtape._src.keras.callbacks.base import Callback


class SwapEMAWeights(Callback):
    """Replaces weights by the optimizer's moving averages for evaluation and prediction, and restores them afterwards.

    Args:
      swap_on_epoch: whether they are also in place between epochs, where other callbacks save them; the last epoch
        leaves them there for good.

    Raises:
      ValueError: in `fit`, the optimizer has no averages; make it with `use_ema=True`.

    Example:
      >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(1)])
      >>> model.compile(tf.keras.optimizers.SGD(use_ema=True), "mse")
      >>> x, y = np.ones((8, 3)), np.ones((8, 1))
      >>> swap = tf.keras.callbacks.SwapEMAWeights(swap_on_epoch=True)
      >>> _ = model.fit(x, y, epochs=3, verbose=0, callbacks=[swap])
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._swapped = False

    def _pairs(self) -> Iterator[tuple[Any, Any]]:
        optimizer = self.model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        if not (optimizer.use_ema and optimizer.built):
            raise ValueError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. Received: "
                f"use_ema={optimizer.use_ema}"
            )
        return zip(optimizer._trainable_variables, optimizer._averages, strict=True)

    def _swap(self, averages: bool) -> None:
        if self._swapped is averages:
            return
        for variable, average in self._pairs():
            value = variable.numpy()
            variable.assign(average)
            average.assign(value)
        self._swapped = averages

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.swap_on_epoch:
            self._swap(False)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.swap_on_epoch and not self._swapped:
            self._swap(True)
            if epoch == self.params["epochs"] - 1:
                for variable, average in self._pairs():
                    average.assign(variable)

    def on_test_begin(self, logs: Any = None) -> None:
        self._swap(True)

    def on_test_end(self, logs: Any = None) -> None:
        self._swap(False)

    def on_predict_begin(self, logs: Any = None) -> None:
        self._swap(True)

    def on_predict_end(self, logs: Any = None) -> None:
        self._swap(False)
