"""Compiling a model, and one step of its training, evaluation or prediction."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

from gradtape._engine.api.api import apply_cast
from gradtape._src.autodiff.tape import GradientTape
from gradtape._src.core import dtypes, nest, replication
from gradtape._src.keras import settings
from gradtape._src.keras.compiling import CompileLoss, CompileMetrics
from gradtape._src.keras.data import unpack_x_y_sample_weight
from gradtape._src.keras.inputs import TENSORS
from gradtape._src.keras.metrics.reductions import Mean
from gradtape._src.keras.serialization import deserialize_keras_object, serialize_keras_object
from gradtape._src.keras.signatures import signature_of
from gradtape._src.ops.combinations import add_n
from gradtape._src.ops.reductions import reduce_sum
from gradtape._src.optimizers import serialization as optimizers
from gradtape._src.optimizers.loss_scale import LossScaleOptimizer


class Steps:
    """Compiling a model, and single steps."""

    _compile_config: Any
    _compile_loss: Any
    _compile_metrics: Any
    _layers_within: Any
    _loss_tracker: Any
    _metrics: Any
    built: bool
    compiled: Any
    dtype_policy: Any
    losses: Any
    optimizer: Any
    trainable_variables: Any
    trainable_weights: Any

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
            _strategy=None,
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
        """Configures training.

        Args:
          optimizer: an optimizer, its name, or its configuration.
          loss: a loss, its name or a function of targets and outputs; for several outputs a list of them, or a dict by
            the outputs' names.
          loss_weights: factors of the losses in their sum, in the structure of `loss`.
          metrics: a list of metrics, their names or functions; for several outputs a list or a dict of such.
          weighted_metrics: metrics that take the weights of examples into account.
          run_eagerly: whether to run steps without compiling them.
          steps_per_execution: the number of steps between calls of callbacks.
          jit_compile: not used.
          auto_scale_loss: whether to wrap the optimizer in a `LossScaleOptimizer` for the policy "mixed_float16".

        Raises:
          ValueError: a name is unknown, or metrics are not a list or dict.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("adam", loss="mse", metrics=["mae"])
          >>> model.optimizer.name[:4]
          'adam'
        """
        if jit_compile and jit_compile != "auto" and run_eagerly:
            jit_compile = False
            warnings.warn(
                "If `run_eagerly` is True, then `jit_compile` cannot also be True. Disabling `jit_compile`.",
                stacklevel=2,
            )
        optimizer = optimizers.get(optimizer)
        scaled = optimizer is None or isinstance(optimizer, LossScaleOptimizer)
        if auto_scale_loss and not scaled and self.dtype_policy.name == "mixed_float16":
            optimizer = LossScaleOptimizer(optimizer, name="loss_scale_optimizer")
        names = getattr(self, "output_names", None)
        vars(self).update(
            optimizer=optimizer,
            loss=loss,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=bool(jit_compile) and jit_compile != "auto",
            stop_training=False,
            compiled=True,
            _strategy=replication.current(),
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
        """The arguments of `compile`, as plain data.

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
        return serialize_keras_object(self._compile_config)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles the model with the result of `get_compile_config`.

        Args:
          config: the result.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile_from_config({"optimizer": "sgd", "loss": "mse"})
          >>> model.compiled
          True
        """
        if type(self).compile is not Steps.compile:
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
        """The mean loss, the metrics passed to `compile`, and those among attributes of layers."""
        found: list[Any] = []
        if self.compiled:
            found += [metric for metric in (self._loss_tracker, self._compile_metrics) if metric is not None]
            if self._compile_loss is not None:
                found += self._compile_loss.metrics
        found += self._metrics
        for layer in self._layers_within():
            if layer._metrics and not isinstance(layer, Steps):
                found += layer._metrics
        return found

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Resets `metrics`.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> model.reset_metrics()
        """
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Any]:
        """The current values of `metrics`.

        Returns:
          A dict by name.

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
        """Updates the metrics passed to `compile` with the outputs of a batch. May be overridden.

        Args:
          x: the inputs.
          y: the targets.
          y_pred: the outputs.
          sample_weight: the weights of examples.

        Returns:
          The values of all metrics, a dict by name.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse", metrics=["mae"])
          >>> float(model.compute_metrics(None, tf.zeros([2, 1]), tf.ones([2, 1]))["mae"])
          1.0
        """
        if self._compile_metrics is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    # Methods used by training loops written for earlier versions of Keras

    @property
    def compiled_metrics(self) -> Any:
        """Deprecated: has `update_state(y, y_pred, sample_weight=None)`, which updates `metrics`."""
        return _CompiledMetrics(self)

    def compiled_loss(self, y: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None) -> Any:
        """Deprecated: use `compute_loss`.

        Args:
          y: the targets.
          y_pred: the outputs.
          sample_weight: the weights of examples.
          regularization_losses: not used; `losses` are added.

        Returns:
          A scalar tensor.

        Example:
          >>> model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
          >>> model.compile("sgd", "mse")
          >>> float(model.compiled_loss(tf.zeros([2, 1]), tf.fill([2, 1], 3.0)))
          9.0
        """
        warnings.warn(
            "`model.compiled_loss()` is deprecated. Instead, use `model.compute_loss(x, y, y_pred, sample_weight, "
            "training)`.",
            stacklevel=2,
        )
        return self.compute_loss(None, y, y_pred, sample_weight)

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
          A scalar tensor.

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
        if method is Steps.compute_loss or "training" in inspect.signature(method).parameters:
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)
        return self.compute_loss(x, y, y_pred, sample_weight)

    def _called(self, x: Any, training: bool) -> Any:
        return self(x, training=training) if signature_of(type(self).call).takes_training else self(x)  # type: ignore

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of training. May be overridden.

        Args:
          data: a batch.

        Returns:
          The logs for callbacks, a dict by name.

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
            if replication.several:
                loss = replication.shared(loss)
            if self.optimizer is not None:
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
          The logs for callbacks, a dict by name.

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


class _CompiledMetrics:
    """The object returned by `compiled_metrics`."""

    def __init__(self, model: Steps) -> None:
        self._model = model

    def update_state(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        warnings.warn(
            "`model.compiled_metrics()` is deprecated. Instead, use e.g.:\n```\nfor metric in self.metrics:\n"
            "    metric.update_state(y, y_pred)\n```\n",
            stacklevel=2,
        )
        for metric in self._model.metrics:
            if isinstance(metric, Mean):
                metric.update_state(y_pred, sample_weight=sample_weight)
            else:
                metric.update_state(y, y_pred, sample_weight=sample_weight)


def _examples(x: Any) -> int:
    """The number of examples in a batch of inputs."""
    if isinstance(x, TENSORS):
        return int(x.shape[0])
    return int(next(value for value in nest.flatten(x) if value is not None).shape[0])
