"""Trainer: what models can do to be fitted, evaluated and asked for predictions."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast
from gradtape._src.autodiff.tape import GradientTape
from gradtape._src.core import dtypes, nest
from gradtape._src.keras import settings
from gradtape._src.keras.callbacks.list import CallbackList, pythonify_logs
from gradtape._src.keras.compiling import CompileLoss, CompileMetrics
from gradtape._src.keras.data import (
    Batches,
    as_batch,
    class_weight_to_sample_weights,
    source_of,
    train_validation_split,
    unpack_x_y_sample_weight,
)
from gradtape._src.keras.inputs import TENSORS, leaves, mapped
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.metrics.reductions import Mean
from gradtape._src.keras.serialization import deserialize_keras_object, serialize_keras_object
from gradtape._src.keras.signatures import signature_of
from gradtape._src.ops.reductions import add_n, reduce_sum
from gradtape._src.optimizers import rows as optimizers
from gradtape._src.optimizers.base import Optimizer


class Trainer:
    """What models can do to be fitted, evaluated and asked for predictions."""

    def __init__(self) -> None:
        vars(self).update(
            compiled=False,
            loss=None,
            optimizer=None,
            stop_training=False,
            stop_evaluating=False,
            stop_predicting=False,
            steps_per_execution=1,
            run_eagerly=False,
            jit_compile=False,
            train_function=None,
            test_function=None,
            predict_function=None,
            _initial_epoch=None,
            _compile_loss=None,
            _compile_metrics=None,
            _loss_tracker=None,
            _compile_config=None,
        )

    # Compiling

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Says how the model is trained.

        Args:
          optimizer: an optimizer, its name, or its configuration.
          loss: a loss, its name or a function of targets and outputs; for several outputs a list of them, or a dict by
            the outputs' names.
          loss_weights: what losses are multiplied by before they are added up, in the structure of `loss`.
          metrics: a list of metrics, their names or functions; for several outputs a list or a dict of such.
          weighted_metrics: metrics that are given the weights of examples.
          run_eagerly: whether a step runs op by op in Python.
          steps_per_execution: how many steps are made between calls of callbacks.
          jit_compile, auto_scale_loss: not used.

        Raises:
          ValueError: unknown names, or metrics that are no list or dict.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("adam", loss="mse", metrics=["mae"])
          >>> model.optimizer.name[:4]
          'adam'
        """
        optimizer = optimizers.get(optimizer)
        names = getattr(self, "output_names", None)
        vars(self).update(
            optimizer=optimizer,
            loss=loss,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=bool(jit_compile) and jit_compile != "auto",
            stop_training=False,
            compiled=True,
            train_function=None,
            test_function=None,
            predict_function=None,
            _loss_tracker=Mean(name="loss"),
            _compile_loss=None if loss is None else CompileLoss(loss, loss_weights, names),
            _compile_metrics=None
            if metrics is None and weighted_metrics is None
            else CompileMetrics(metrics, weighted_metrics, names),
            _compile_config={
                "optimizer": optimizer,
                "loss": loss,
                "loss_weights": loss_weights,
                "metrics": metrics,
                "weighted_metrics": weighted_metrics,
                "run_eagerly": run_eagerly,
                "steps_per_execution": steps_per_execution,
                "jit_compile": False if jit_compile == "auto" else jit_compile,
            },
        )

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile` was called with, as plain data.

        Returns:
          A dict.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> model.get_compile_config()["loss"]
          'mse'
        """
        if not self.compiled or self._compile_config is None:
            return {}
        return serialize_keras_object(self._compile_config)  # type: ignore[no-any-return]

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles the model as `get_compile_config` tells.

        Args:
          config: what it returned.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile_from_config({"optimizer": "sgd", "loss": "mse"})
          >>> model.compiled
          True
        """
        if type(self).compile is not Trainer.compile:
            warnings.warn(
                "`compile()` was not called as part of model loading because the model's `compile()` method is custom. "
                "All subclassed Models that have `compile()` overridden should also override `get_compile_config()` "
                "and `compile_from_config(config)`. Alternatively, you can call `compile()` manually after loading.",
                stacklevel=2,
            )
            return
        self.compile(**deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def _assert_compiled(self) -> None:
        if not self.compiled:
            raise ValueError("You must call `compile()` before using the model.")

    # Metrics

    @property
    def metrics(self) -> list[Any]:
        """The mean of the loss, the metrics that were given to `compile`, and those among the attributes of layers."""
        found: list[Any] = []
        if self.compiled:
            found += [metric for metric in (self._loss_tracker, self._compile_metrics) if metric is not None]
            if self._compile_loss is not None:
                found += self._compile_loss.metrics
        found += self._metrics
        for layer in self._layers_within():
            if layer._metrics and not isinstance(layer, Trainer):
                found += layer._metrics
        return found

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Starts `metrics` anew.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> model.reset_metrics()
        """
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Any]:
        """The present values of `metrics`.

        Returns:
          A dict by names.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> list(model.get_metrics_result())
          ['loss']
        """
        found: dict[str, Any] = {}
        for metric in self.metrics:
            result = metric.result()
            if isinstance(result, dict):
                found.update(result)
            else:
                found[metric.name] = result
        return found

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Shows the outputs of a batch to the metrics that were given to `compile`. May be overridden.

        Args:
          x: the inputs.
          y: the targets.
          y_pred: the outputs.
          sample_weight: the weights of examples.

        Returns:
          The values of all metrics, a dict by names.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse", metrics=["mae"])
          >>> float(model.compute_metrics(None, tf.zeros([2, 1]), tf.ones([2, 1]))["mae"])
          1.0
        """
        if self._compile_metrics is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    # A step

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The loss of a batch, with `losses` added. May be overridden.

        Args:
          x: the inputs.
          y: the targets.
          y_pred: the outputs.
          sample_weight: the weights of examples.
          training: whether this is training.

        Returns:
          A tensor without axes.

        Raises:
          ValueError: no loss was given to `compile` and none was added.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> float(model.compute_loss(None, tf.zeros([2, 1]), tf.fill([2, 1], 3.0)))
          9.0
        """
        found = []
        if self._compile_loss is not None:
            loss = self._compile_loss(y, y_pred, sample_weight)
            if loss is not None:
                found.append(loss)
        for loss in self.losses:
            if not loss.dtype.is_floating:
                loss = apply_cast(loss, dtypes.as_dtype(settings.floatx()))
            found.append(reduce_sum(loss) if loss.ndim else loss)
        if not found:
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`.")
        return found[0] if len(found) == 1 else add_n(found)

    def _loss_of(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        method = type(self).compute_loss
        if method is Trainer.compute_loss or "training" in inspect.signature(method).parameters:
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)

    def _called(self, x: Any, training: bool) -> Any:
        return self(x, training=training) if signature_of(type(self).call).takes_training else self(x)  # type: ignore

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of training. May be overridden.

        Args:
          data: a batch.

        Returns:
          What callbacks are told, a dict by names.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> list(model.train_step((tf.ones([2, 3]), tf.ones([2, 1]))))
          ['loss']
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self._called(x, True)
            loss = self._loss_of(x, y, y_pred, sample_weight, True)
            self._loss_tracker.update_state(loss, sample_weight=_examples(x))
            if self.optimizer is not None and self.optimizer.loss_scale_factor is not None:
                loss = self.optimizer.scale_loss(loss)
        weights = self.trainable_weights
        if weights:
            self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        else:
            warnings.warn("The model does not have any trainable weights.", stacklevel=2)
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """One step of evaluation. May be overridden.

        Args:
          data: a batch.

        Returns:
          What callbacks are told, a dict by names.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> list(model.test_step((tf.ones([2, 3]), tf.ones([2, 1]))))
          ['loss']
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._called(x, False)
        loss = self._loss_of(x, y, y_pred, sample_weight, False)
        self._loss_tracker.update_state(loss, sample_weight=_examples(x))
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for a batch. May be overridden.

        Args:
          data: a batch.

        Returns:
          Tensors.

        Example:
          >>> tf.keras.Sequential([tf.keras.layers.Dense(1)]).predict_step(tf.ones([2, 3])).shape
          TensorShape([2, 1])
        """
        x, _, _ = unpack_x_y_sample_weight(data)
        return self._called(x, False)

    # Loops

    def _compiled_step(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The step as a compiled function, unless the model runs eagerly."""
        if self.run_eagerly:
            return step
        return importlib.import_module("gradtape").function(step, reduce_retracing=True)  # type: ignore[no-any-return]

    def make_train_function(self, force: bool = False) -> Callable[[Any], Any]:
        """The compiled `train_step`.

        Args:
          force: whether it is made anew.

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
          force: whether it is made anew.

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
          force: whether it is made anew.

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
        """Trains the model for some epochs.

        Args:
          x: the inputs: arrays or tensors; or a dataset, a generator or an iterable of batches, which hold targets and
            weights too.
          y: the targets, for arrays.
          batch_size: how many examples there are in a batch, 32 unless given, for arrays.
          epochs: the number of the last epoch.
          verbose: 1 shows a bar for each epoch, 2 a line, 0 nothing; "auto" is 1.
          callbacks: a list of callbacks.
          validation_split: the fraction of the arrays, at their end, that is not trained with but evaluated.
          validation_data: what is evaluated after each epoch: a tuple of arrays, or batches.
          shuffle: whether arrays are trained with in random order.
          class_weight: weights of examples by their classes.
          sample_weight: weights of examples, for arrays.
          initial_epoch: the number of epochs that are over.
          steps_per_epoch: how many batches make an epoch.
          validation_steps, validation_batch_size: the same for what is evaluated.
          validation_freq: every how many epochs that is done, or a list of epochs.

        Returns:
          A History, whose `history` holds the values of metrics by epoch.

        Raises:
          ValueError: the model is not compiled, or arguments do not go together.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> history = model.fit(np.ones((8, 3)), np.ones((8, 1)), epochs=2, verbose=0)
          >>> len(history.history["loss"])
          2
        """
        self._assert_compiled()
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = train_validation_split((x, y, sample_weight), validation_split)
        of_validation: Any = None
        if validation_data is not None:
            of_validation = unpack_x_y_sample_weight(validation_data)
        batches = Batches(
            source_of(x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight),
            steps_per_epoch,
            self.steps_per_execution,
        )
        told = self._callbacks(callbacks, verbose, epochs, batches, history=True)
        vars(self)["stop_training"] = False
        step = self.make_train_function()
        told.on_train_begin()
        logs: Any = {}
        training_logs = None
        validation: Batches | None = None
        asks = told.asks_batches("train")
        for epoch in range(self._initial_epoch or initial_epoch, epochs):
            self.reset_metrics()
            told.on_epoch_begin(epoch)
            for first, last, group in batches.epoch():
                if not self.built:
                    self._build_for_batches(group[0], batches.batch_size)
                if asks:
                    told.on_train_batch_begin(first)
                for data in group:
                    logs = step(data)
                if asks:
                    told.on_train_batch_end(last, logs)
                if self.stop_training:
                    break
            epoch_logs = dict(self._results_or(logs))
            if of_validation is not None and _is_due(epoch, validation_freq):
                if validation is None:
                    size = validation_batch_size or batch_size
                    source = source_of(*of_validation, size, validation_steps, False, None)
                    validation = Batches(source, validation_steps, self.steps_per_execution)
                values = self._evaluate(validation, told)
                epoch_logs.update({f"val_{name}": value for name, value in values.items()})
            told.on_epoch_end(epoch, epoch_logs)
            training_logs = epoch_logs
            if self.stop_training:
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
        """The loss and the metrics of some data.

        Args:
          x: the inputs, as `fit` takes them.
          y: the targets, for arrays.
          batch_size: how many examples there are in a batch, 32 unless given, for arrays.
          verbose: 1 shows a bar, 2 a line, 0 nothing; "auto" is 1.
          sample_weight: weights of examples, for arrays.
          steps: how many batches are taken.
          callbacks: a list of callbacks.
          return_dict: whether the result is a dict by names.

        Returns:
          The loss, a list of it and the metrics, or a dict.

        Raises:
          ValueError: the model is not compiled, or arguments do not go together.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1, kernel_initializer="zeros")])
          >>> model.compile("sgd", "mse")
          >>> model.evaluate(np.ones((8, 3)), np.full((8, 1), 2.0), verbose=0)
          4.0
        """
        self._assert_compiled()
        source = source_of(x, y, sample_weight, batch_size, steps, False, None)
        batches = Batches(source, steps, self.steps_per_execution)
        logs = self._evaluate(batches, self._callbacks(callbacks, verbose, 1, batches))
        return logs if return_dict else self._in_order(logs)

    def _evaluate(self, batches: Batches, told: CallbackList) -> dict[str, Any]:
        vars(self)["stop_evaluating"] = False
        step = self.make_test_function()
        told.on_test_begin()
        logs: Any = {}
        self.reset_metrics()
        asks = told.asks_batches("test")
        for first, last, group in batches.epoch():
            if not self.built:
                self._build_for_batches(group[0], batches.batch_size)
            if asks:
                told.on_test_batch_begin(first)
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
        """The outputs for some data.

        Args:
          x: the inputs, as `fit` takes them.
          batch_size: how many examples there are in a batch, 32 unless given, for arrays.
          verbose: 1 shows a bar, 2 a line, 0 nothing; "auto" is 1.
          steps: how many batches are taken.
          callbacks: a list of callbacks.

        Returns:
          Arrays in the structure of the outputs.

        Raises:
          ValueError: there is no batch, or an unknown kind of data.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(2)])
          >>> model.predict(np.ones((5, 3)), verbose=0).shape
          (5, 2)
        """
        batches = Batches(source_of(x, None, None, batch_size, steps, False, None), steps, self.steps_per_execution)
        told = self._callbacks(callbacks, verbose, 1, batches)
        vars(self)["stop_predicting"] = False
        step = self.make_predict_function()
        told.on_predict_begin()
        found: list[Any] = []
        for first, last, group in batches.epoch():
            if not self.built:
                self._build_for_batches(group[0], batches.batch_size)
            told.on_predict_batch_begin(first)
            outputs = [step(data) for data in group]
            found += outputs
            told.on_predict_batch_end(last, {"outputs": outputs[-1]})
            if self.stop_predicting:
                break
        told.on_predict_end()
        if not found:
            raise ValueError("There is no batch to predict for: the data is empty.")
        return nest.map_structure(
            lambda *parts: (
                np.concatenate([np.asarray(part) for part in parts])
                if getattr(parts[0], "ndim", 0)
                else np.stack([np.asarray(part) for part in parts])
            ),
            *found,
        )

    def _build_for_batches(self, data: Any, batch_size: int | None) -> None:
        """Builds the model for batches like one, of any number of examples where that varies."""
        if self.run_eagerly:
            return
        x, _, _ = unpack_x_y_sample_weight(data)
        if not all(isinstance(value, TENSORS) and value.ndim for value in leaves(x)):
            return
        inputs = mapped(lambda value: KerasTensor((batch_size, *value.shape[1:]), value.dtype, record_history=False), x)
        # A call that needs values builds the model when it is made.
        with contextlib.suppress(Exception):
            self(inputs)  # type: ignore[operator]

    def _callbacks(self, callbacks: Any, verbose: Any, epochs: int, batches: Batches, history: bool = False) -> Any:
        if isinstance(callbacks, CallbackList):
            return callbacks
        return CallbackList(
            callbacks,
            add_history=history,
            add_progbar=verbose != 0,
            model=self,
            verbose=verbose,
            epochs=epochs,
            steps=batches.num_batches,
        )

    # Single batches

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Trains with one batch.

        Args:
          x: the inputs.
          y: the targets.
          sample_weight: the weights of examples.
          class_weight: weights of examples by their classes.
          return_dict: whether the result is a dict by names.

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
        """The loss and the metrics of one batch.

        Args:
          x: the inputs.
          y: the targets.
          sample_weight: the weights of examples.
          return_dict: whether the result is a dict by names.

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
        self.reset_metrics()
        logs = pythonify_logs(step(as_batch((x, y, sample_weight))))
        return logs if return_dict else self._in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch.

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
        """The values of metrics where a step told of the same, and what it told otherwise."""
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


def _examples(x: Any) -> int:
    """How many examples there are in a batch of inputs."""
    if isinstance(x, TENSORS):
        return int(x.shape[0])
    return int(next(value for value in nest.flatten(x) if value is not None).shape[0])


def _is_due(epoch: int, frequency: Any) -> bool:
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    if isinstance(frequency, list):
        return epoch + 1 in frequency
    raise ValueError(
        f"Expected `validation_freq` to be a list or int. Received: validation_freq={frequency} of the type "
        f"{type(frequency)}."
    )
