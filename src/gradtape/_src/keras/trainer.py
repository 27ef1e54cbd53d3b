"""Trainer: fitting, evaluating and predicting with models."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import nest, replication
from gradtape._src.keras.callbacks.list import CallbackList, pythonify_logs
from gradtape._src.keras.compiling import CompileMetrics
from gradtape._src.keras.data import (
    Batches,
    as_batch,
    class_weight_to_sample_weights,
    source_of,
    train_validation_split,
    unpack_x_y_sample_weight,
)
from gradtape._src.keras.distribution import Alone, distribution_of
from gradtape._src.keras.inputs import TENSORS, leaves, mapped
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.steps import Steps
from gradtape._src.optimizers.base import Optimizer


def _is_tensor(value: Any) -> bool:
    return type(value) is Tensor


class Trainer(Steps):
    """Fitting, evaluating and predicting with models."""

    _initial_epoch: Any
    _strategy: Any
    built: bool
    history: Any
    optimizer: Any
    run_eagerly: Any
    steps_per_execution: Any
    stop_evaluating: Any
    stop_predicting: Any
    stop_training: Any
    trainable_weights: Any

    @property
    def distribute_strategy(self) -> Any:
        """The strategy in whose scope the model was compiled, or the current one."""
        from gradtape._src.distributed.strategy import get_strategy  # read when first used

        return self._strategy or get_strategy()

    # Loops

    def _compiled_step(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The step, compiled unless the model runs eagerly."""
        if self.run_eagerly:
            return step
        function = importlib.import_module("gradtape").function

        def several(*data: Any) -> Any:
            return step(data)

        several.__name__ = getattr(step, "__name__", "step")
        one, each = function(step, reduce_retracing=True), function(several, reduce_retracing=True)

        def compiled(data: Any) -> Any:
            # Calls with only tensors are recognized without inspecting structures.
            if type(data) is tuple and all(map(_is_tensor, data)):
                return each(*data)
            return one(data)

        def explain_plan() -> str:
            """The plans of the step, for calls with only tensors and for those with structures."""
            return "\n".join(part.explain_plan() for part in (each, one) if part.experimental_get_tracing_count())

        compiled.explain_plan = explain_plan  # type: ignore[attr-defined]
        return compiled

    def make_train_function(self, force: bool = False) -> Callable[[Any], Any]:
        """The compiled `train_step`.

        Args:
          force: whether to create it again.

        Returns:
          A function of a batch.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> callable(model.make_train_function())
          True
        """
        return self._step_function("train", force)

    def make_test_function(self, force: bool = False) -> Callable[[Any], Any]:
        """The compiled `test_step`.

        Args:
          force: whether to create it again.

        Returns:
          A function of a batch.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> callable(model.make_test_function())
          True
        """
        return self._step_function("test", force)

    def make_predict_function(self, force: bool = False) -> Callable[[Any], Any]:
        """The compiled `predict_step`.

        Args:
          force: whether to create it again.

        Returns:
          A function of a batch.

        Example:
          >>> callable(tf.keras.Sequential([tf.keras.layers.Dense(1)]).make_predict_function())
          True
        """
        return self._step_function("predict", force)

    def _step_function(self, what: str, force: bool) -> Any:
        name = f"{what}_function"
        if vars(self)[name] is None or force:
            vars(self)[name] = self._compiled_step(getattr(self, f"{what}_step"))
        return vars(self)[name]

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> Any:
        """Trains the model for a number of epochs.

        Args:
          x: the inputs: arrays or tensors; or a dataset, a generator or an iterable of batches, which contain targets
            and weights, too.
          y: the targets, for arrays.
          batch_size: the number of examples in a batch, 32 by default, for arrays.
          epochs: the number of the last epoch.
          verbose: 1 shows a bar for each epoch, 2 a line, 0 nothing; "auto" is 1.
          callbacks: a list of callbacks.
          validation_split: the fraction of the arrays, at their end, used for validation instead of training.
          validation_data: data to evaluate after each epoch: a tuple of arrays, or batches.
          shuffle: whether to shuffle arrays.
          class_weight: weights of examples by their classes.
          sample_weight: weights of examples, for arrays.
          initial_epoch: the number of epochs already completed.
          steps_per_epoch: the number of batches in an epoch.
          validation_steps, validation_batch_size: the same for validation.
          validation_freq: the number of epochs between validations, or a list of epochs.

        Returns:
          A History, whose `history` contains the values of metrics by epoch.

        Raises:
          ValueError: the model is not compiled, or arguments are inconsistent.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> history = model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=2, verbose=0)
          >>> len(history.history["loss"])
          2
        """
        self._assert_compiled()
        replica = distribution_of(self._strategy)
        with replica.scope():
            return self._fit(
                replica,
                *(x, y, batch_size, epochs, verbose, callbacks, validation_split, validation_data, shuffle),
                *(class_weight, sample_weight, initial_epoch, steps_per_epoch, validation_steps),
                *(validation_batch_size, validation_freq),
            )

    def _fit(
        self,
        replica: Alone,
        x: Any,
        y: Any,
        batch_size: int | None,
        epochs: int,
        verbose: Any,
        callbacks: Any,
        validation_split: float,
        validation_data: Any,
        shuffle: Any,
        class_weight: dict[int, float] | None,
        sample_weight: Any,
        initial_epoch: int,
        steps_per_epoch: int | None,
        validation_steps: int | None,
        validation_batch_size: int | None,
        validation_freq: Any,
    ) -> Any:
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = train_validation_split((x, y, sample_weight), validation_split)
        of_validation: tuple[Any, Any, Any] | None = None
        if validation_data is not None:
            of_validation = unpack_x_y_sample_weight(validation_data)
        batches = Batches(
            source_of(x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight),
            steps_per_epoch,
            self.steps_per_execution,
        )
        batches.begin_anew()
        told = self._callbacks(callbacks, verbose, epochs, batches, history=True)
        vars(self)["stop_training"] = False
        told.on_train_begin()
        replica.begin(self)  # after callbacks, which may restore variables
        step = replica.stepping(self, self.make_train_function(), batches.of_replica)
        logs: Any = {}
        training_logs = None
        validation: Batches | None = None
        asks, unbuilt = told.asks_batches("train"), self._is_unbuilt()
        for epoch in range(self._initial_epoch or initial_epoch, epochs):
            self.reset_metrics()
            told.on_epoch_begin(epoch)
            for first, last, group in batches.epoch():
                if group and unbuilt:
                    self._build_for_batches(group[0], batches.batch_size)
                    unbuilt = False
                if asks:
                    told.on_train_batch_begin(first)
                if not group:
                    continue
                for data in group:
                    logs = step(data)
                if asks:
                    told.on_train_batch_end(last, logs)
                if replica.ended(self, asks):
                    break
            replica.settle(self)
            epoch_logs = dict(self._results_or(logs))
            if of_validation is not None and _is_due(epoch, validation_freq):
                if validation is None:
                    size = validation_batch_size or batch_size
                    source = source_of(*of_validation, size, validation_steps, False, None)
                    validation = Batches(source, validation_steps, self.steps_per_execution)
                values = self._evaluate(validation, told, replica)
                epoch_logs.update({f"val_{name}": value for name, value in values.items()})
            told.on_epoch_end(epoch, epoch_logs)
            training_logs = epoch_logs
            if replica.ended(self, True):
                break
        if isinstance(self.optimizer, Optimizer) and epochs > 0:
            self.optimizer.finalize_variable_values(self.trainable_weights)
        told.on_train_end(logs=training_logs)
        return self.history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Computes the loss and the metrics on a data set.

        Args:
          x: the inputs, as for `fit`.
          y: the targets, for arrays.
          batch_size: number of examples in a batch, 32 by default, for arrays.
          verbose: 1 shows a bar, 2 a line, 0 nothing; "auto" is 1.
          sample_weight: weights of examples, for arrays.
          steps: number of batches to use.
          callbacks: a list of callbacks.
          return_dict: whether to return a dict by name.

        Returns:
          The loss, a list of it and the metrics, or a dict.

        Raises:
          ValueError: the model is not compiled, or arguments are inconsistent.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
          >>> model.compile("sgd", "mse")
          >>> model.evaluate(np.ones((8, 3)), np.full((8, 1), 2.0), verbose=0)
          4.0
        """
        self._assert_compiled()
        replica = distribution_of(self._strategy)
        with replica.scope():
            source = source_of(x, y, sample_weight, batch_size, steps, False, None)
            batches = Batches(source, steps, self.steps_per_execution)
            logs = self._evaluate(batches, self._callbacks(callbacks, verbose, 1, batches), replica)
        return logs if return_dict else self._in_order(logs)

    def _evaluate(self, batches: Batches, told: CallbackList, replica: Alone) -> dict[str, Any]:
        vars(self)["stop_evaluating"] = False
        step = replica.stepping(self, self.make_test_function(), batches.of_replica)
        told.on_test_begin()
        logs: Any = {}
        self.reset_metrics()
        batches.begin_anew()
        asks, unbuilt = told.asks_batches("test"), self._is_unbuilt()
        for first, last, group in batches.epoch():
            if group and unbuilt:
                self._build_for_batches(group[0], batches.batch_size)
                unbuilt = False
            if asks:
                told.on_test_batch_begin(first)
            if not group:
                continue
            for data in group:
                logs = step(data)
            if asks:
                told.on_test_batch_end(last, logs)
            if self.stop_evaluating:
                break
        values = pythonify_logs(self._results_or(logs))
        told.on_test_end(values)
        return values

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Computes the outputs for a data set.

        Args:
          x: the inputs, as for `fit`.
          batch_size: number of examples in a batch, 32 by default, for arrays.
          verbose: 1 shows a bar, 2 a line, 0 nothing; "auto" is 1.
          steps: number of batches to use.
          callbacks: a list of callbacks.

        Returns:
          Arrays in the structure of the outputs.

        Raises:
          ValueError: there are no batches, or x has an unsupported type.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(2)])
          >>> model.predict(np.ones((5, 3)), verbose=0).shape
          (5, 2)
        """
        replica = distribution_of(self._strategy)
        with replica.scope():
            return self._predict(replica, x, batch_size, verbose, steps, callbacks)

    def _predict(
        self, replica: Alone, x: Any, batch_size: int | None, verbose: Any, steps: int | None, callbacks: Any
    ) -> Any:
        batches = Batches(source_of(x, None, None, batch_size, steps, False, None), steps, self.steps_per_execution)
        told = self._callbacks(callbacks, verbose, 1, batches)
        vars(self)["stop_predicting"] = False
        step = replica.predicting(self.make_predict_function(), batches.of_replica)
        told.on_predict_begin()
        asks, unbuilt, found = told.asks_batches("predict"), self._is_unbuilt(), list[Any]()
        for first, last, group in batches.epoch():
            if group and unbuilt:
                self._build_for_batches(group[0], batches.batch_size)
                unbuilt = False
            if asks:
                told.on_predict_batch_begin(first)
            if not group:
                continue
            outputs = [step(data) for data in group]
            found += outputs
            if asks:
                told.on_predict_batch_end(last, {"outputs": outputs[0] if len(outputs) == 1 else _joined(outputs)})
            if self.stop_predicting:
                break
        told.on_predict_end()
        if not found:
            raise ValueError("There is no batch to predict: the data is empty.")
        return _joined(found)

    def _is_unbuilt(self) -> bool:
        """Whether the model or a nested layer is not built; a model without `build` is marked as built early."""
        return not self.built or not all(layer.built for layer in self._layers_within())

    def _build_for_batches(self, data: Any, batch_size: int | None) -> None:
        """Builds the model for batches like the given one, of any size if that varies."""
        if self.run_eagerly:
            return
        x, _, _ = unpack_x_y_sample_weight(data)
        if not all(isinstance(value, TENSORS) and value.ndim for value in leaves(x)):
            return
        inputs = mapped(lambda value: KerasTensor((batch_size, *value.shape[1:]), value.dtype, record_history=False), x)
        # If the call depends on values, the model is built by the first call.
        with contextlib.suppress(Exception):
            self(inputs)  # type: ignore[operator]

    def _callbacks(self, callbacks: Any, verbose: Any, epochs: int, batches: Batches, history: bool = False) -> Any:
        if isinstance(callbacks, CallbackList):
            return callbacks
        return CallbackList(
            callbacks,
            add_history=history,
            add_progbar=verbose != 0 and replication.is_chief(),
            model=self,
            verbose=verbose,
            epochs=epochs,
            steps=batches.num_batches,
        )

    # Single batches

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Trains on one batch.

        Args:
          x: the inputs.
          y: the targets.
          sample_weight: the weights of examples.
          class_weight: weights of examples by their classes.
          return_dict: whether to return a dict by name.

        Returns:
          The loss, a list of it and the metrics, or a dict.

        Raises:
          ValueError: the model is not compiled, or both kinds of weights are given.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
          >>> model.compile("sgd", "mse")
          >>> float(model.train_on_batch(np.ones((8, 3)), np.full((8, 1), 2.0)))
          4.0
        """
        self._assert_compiled()
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError(
                    "Arguments `sample_weight` and `class_weight` cannot be specified at the same time. Received: "
                    f"sample_weight={sample_weight}, class_weight={class_weight}"
                )
            sample_weight = class_weight_to_sample_weights(y, class_weight)
        return self._on_batch(self.make_train_function(), x, y, sample_weight, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Computes the loss and the metrics on one batch.

        Args:
          x: the inputs.
          y: the targets.
          sample_weight: the weights of examples.
          return_dict: whether to return a dict by name.

        Returns:
          The loss, a list of it and the metrics, or a dict.

        Raises:
          ValueError: the model is not compiled.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
          >>> model.compile("sgd", "mse")
          >>> float(model.test_on_batch(np.ones((8, 3)), np.full((8, 1), 2.0)))
          4.0
        """
        self._assert_compiled()
        return self._on_batch(self.make_test_function(), x, y, sample_weight, return_dict)

    def _on_batch(self, step: Any, x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
        replica = distribution_of(self._strategy)
        self.reset_metrics()
        with replica.scope():
            logs = replica.stepping(self, step, False)(as_batch((x, y, sample_weight)))
            logs = pythonify_logs(replica.results(self, logs))
        return logs if return_dict else self._in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """Computes the outputs for one batch.

        Args:
          x: the inputs.

        Returns:
          Arrays in the structure of the outputs.

        Example:
          >>> tf.keras.Sequential([tf.keras.layers.Dense(2)]).predict_on_batch(np.ones((5, 3))).shape
          (5, 2)
        """
        outputs = self.make_predict_function()(as_batch((x,)))
        return mapped(lambda value: np.array(value) if isinstance(value, TENSORS) else value, outputs)

    # Logs

    def _results_or(self, logs: Any) -> Any:
        """The values of the metrics if a step returned the same names, else the step's result."""
        try:
            values = self.get_metrics_result()
        except ValueError:
            return logs
        return values if isinstance(logs, dict) and set(logs) == set(values) else logs

    def _in_order(self, logs: dict[str, Any]) -> Any:
        names: list[str] = []
        for metric in self.metrics:
            inner = [each.name for each in metric.metrics] if isinstance(metric, CompileMetrics) else [metric.name]
            names += inner
        results = [logs[name] for name in names if name in logs]
        results += [logs[name] for name in sorted(logs) if name not in names]
        return results[0] if len(results) == 1 else results


def _joined(outputs: list[Any]) -> Any:
    """Concatenates the outputs of several batches, as arrays."""
    return nest.map_structure(
        lambda *parts: (
            np.concatenate([np.asarray(part) for part in parts])
            if getattr(parts[0], "ndim", 0)
            else np.stack([np.asarray(part) for part in parts])
        ),
        *outputs,
    )


def _is_due(epoch: int, frequency: Any) -> bool:
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    if isinstance(frequency, list):
        return epoch + 1 in frequency
    raise ValueError(
        f"Expected `validation_freq` to be a list or int. Received: validation_freq={frequency} of the type "
        f"{type(frequency)}."
    )
