"""Models as scikit-learn's estimators, for its pipelines, searches and validation."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.diff.tape import GradientTape
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.function.decorator import function
from gradtape._src.nn.cross_entropies import softmax, sparse_softmax_cross_entropy_with_logits
from gradtape._src.ops.elementwise import FUNCTIONS
from gradtape._src.ops.reductions import reduce_mean
from gradtape._src.optimizers import rows
from gradtape._src.state.module import Module
from gradtape._src.state.variable import Variable

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    message = "estimators are scikit-learn's, which is not installed; run: pip install gradtape[sklearn]"
    raise ModuleNotFoundError(message, name="sklearn") from error


class _Perceptron(Module):
    """Dense layers with tanh between them: the default model."""

    def __init__(self, widths: list[int], generator: np.random.RandomState) -> None:
        self.layers: list[tuple[Variable, Variable]] = [
            (Variable(generator.normal(size=(before, after)) / np.sqrt(before)), Variable(np.zeros(after)))
            for before, after in itertools.pairwise(widths)
        ]

    def __call__(self, x: Tensor) -> Tensor:
        for place, (kernel, bias) in enumerate(self.layers):
            x = (FUNCTIONS["tanh"](x) if place else x) @ kernel + bias
        return x


class _Estimator(BaseEstimator):  # type: ignore[misc]
    """Base class of regressors and classifiers: a model, fitted by an optimizer to batches in random order."""

    def __init__(
        self,
        build: Callable[[int, int], Any] | None = None,
        *,
        hidden: tuple[int, ...] = (32,),
        optimizer: str = "adam",
        learning_rate: float = 0.01,
        epochs: int = 200,
        batch_size: int = 32,
        random_state: Any = None,
    ) -> None:
        self.build = build
        self.hidden = hidden
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state

    def _train(self, x: np.ndarray, y: np.ndarray, outputs: int, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        kinds = {row.__name__.lower(): row for row in rows.ROWS}
        if self.optimizer not in kinds:
            raise ValueError(f"unknown optimizer {self.optimizer!r}; known ones are {', '.join(sorted(kinds))}")
        if self.epochs < 1 or self.batch_size < 1:
            raise ValueError(f"epochs and batch_size must be at least 1, not {self.epochs} and {self.batch_size}")
        generator = check_random_state(self.random_state)
        # Columns of one scale let one learning rate do for all.
        self._offset, deviation = x.mean(0), x.std(0)
        self._scale = np.where(deviation > 0, deviation, 1.0)
        width = x.shape[1]
        if self.build is None:
            model = _Perceptron([width, *self.hidden, outputs], generator)
        else:
            model = self.build(width, outputs)
        self._dtype = "float64" if self.build is None else "float32"
        inputs = self._scaled(x)
        targets = y if y.dtype.kind == "i" else y.astype(self._dtype)
        model(tensor_from(inputs[:1]))  # models may make their variables when they are first called
        optimizer = kinds[self.optimizer](learning_rate=self.learning_rate)

        @function
        def step(batch: Tensor, expected: Tensor) -> Tensor:
            with GradientTape() as tape:
                value = reduce_mean(loss(expected, model(batch)))
            variables = list(model.trainable_variables)
            optimizer.apply_gradients(zip(tape.gradient(value, variables), variables, strict=True))
            return value

        self.model_: Any = model
        self.losses_: list[float] = []
        for _ in range(self.epochs):
            order = generator.permutation(len(inputs))
            batches = [order[begin : begin + self.batch_size] for begin in range(0, len(order), self.batch_size)]
            values = [step(tensor_from(inputs[places]), tensor_from(targets[places])) for places in batches]
            self.losses_.append(float(np.mean([view(value) for value in values])))
        self.n_iter_: int = self.epochs

    def _scaled(self, x: np.ndarray) -> np.ndarray:
        return ((x - self._offset) / self._scale).astype(self._dtype)

    def _outputs(self, x: Any) -> Tensor:
        check_is_fitted(self)
        found = validate_data(self, x, reset=False, dtype=np.float64)
        return as_tensor(self.model_(tensor_from(self._scaled(found))))


class Regressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """A regressor for scikit-learn: a model fitted by mean squared error.

    Columns of the data, and targets, are shifted and scaled to mean 0 and deviation 1 before the model sees them.

    Args:
      build: a function of the number of columns and the number of outputs that builds a model, such as a
        `tf.keras.Model` or a `tf.Module`: a callable from a float32 tensor of shape [rows, columns] to one of shape
        [rows, outputs], with `trainable_variables`. None for dense layers of widths `hidden`, in double precision.
      hidden: the widths of the layers between, where build is None.
      optimizer: the name of one of `tf.keras.optimizers`, in lower case.
      learning_rate: its learning rate.
      epochs: number of passes over the data.
      batch_size: number of rows per step.
      random_state: a seed or a NumPy RandomState, for the start of the layers and the order of the rows; models that
        build makes draw from `tf.random`.

    Attributes:
      model_: the fitted model.
      losses_: the mean loss of each epoch.
      n_features_in_: the number of columns.
      n_iter_: the number of epochs.

    Example:
      >>> x = np.linspace(-1.0, 1.0, 50)[:, None]
      >>> regressor = tf.interop.sklearn.Regressor(hidden=(8,), random_state=0).fit(x, x[:, 0] ** 2)
      >>> bool(regressor.score(x, x[:, 0] ** 2) > 0.98)
      True
    """

    def fit(self, X: Any, y: Any) -> Regressor:
        """Fits a new model.

        Args:
          X: the data, of shape [rows, columns].
          y: the targets, of shape [rows] or [rows, outputs].

        Returns:
          The regressor.

        Raises:
          ValueError: data, targets or arguments are invalid.

        Example:
          >>> x = np.array([[0.0], [1.0], [2.0]])
          >>> tf.interop.sklearn.Regressor(epochs=1).fit(x, [0.0, 1.0, 2.0]).n_features_in_
          1
        """
        x, targets = validate_data(self, X, y, multi_output=True, y_numeric=True, dtype=np.float64)
        targets = np.asarray(held(targets), np.float64)
        self._flat = targets.ndim == 1
        columns = targets.reshape(len(targets), -1)
        self._target_offset, deviation = columns.mean(0), columns.std(0)
        self._target_scale = np.where(deviation > 0, deviation, 1.0)
        scaled = (columns - self._target_offset) / self._target_scale
        self._train(x, scaled, columns.shape[1], lambda expected, found: (expected - found) ** 2)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """What the model gives for data.

        Args:
          X: of shape [rows, columns].

        Returns:
          An array of the shape of the targets that it was fitted to, with as many rows as X.

        Raises:
          ValueError: the data are invalid, or nothing was fitted yet.

        Example:
          >>> x = np.array([[0.0], [1.0], [2.0]])
          >>> tf.interop.sklearn.Regressor(epochs=1).fit(x, [0.0, 1.0, 2.0]).predict(x).shape
          (3,)
        """
        found = view(self._outputs(X)).astype(np.float64) * self._target_scale + self._target_offset
        return found[:, 0] if self._flat else found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class Classifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """A classifier for scikit-learn: a model of logits, fitted by the cross entropy of their softmax.

    Columns of the data are shifted and scaled to mean 0 and deviation 1 before the model sees them.

    Args:
      build: a function of the number of columns and the number of classes that builds a model, such as a
        `tf.keras.Model` or a `tf.Module`: a callable from a float32 tensor of shape [rows, columns] to one of shape
        [rows, classes], with `trainable_variables`. None for dense layers of widths `hidden`, in double precision.
      hidden: the widths of the layers between, where build is None.
      optimizer: the name of one of `tf.keras.optimizers`, in lower case.
      learning_rate: its learning rate.
      epochs: number of passes over the data.
      batch_size: number of rows per step.
      random_state: a seed or a NumPy RandomState, for the start of the layers and the order of the rows; models that
        build makes draw from `tf.random`.

    Attributes:
      classes_: the classes, sorted.
      model_: the fitted model.
      losses_: the mean loss of each epoch.
      n_features_in_: the number of columns.
      n_iter_: the number of epochs.

    Example:
      >>> x = np.array([[0.0], [1.0], [2.0], [3.0]])
      >>> tf.interop.sklearn.Classifier(random_state=0).fit(x, ["low", "low", "high", "high"]).predict([[0.5], [2.9]])
      array(['low', 'high'], dtype='<U4')
    """

    def fit(self, X: Any, y: Any) -> Classifier:
        """Fits a new model.

        Args:
          X: the data, of shape [rows, columns].
          y: the class of each row, numbers or strings.

        Returns:
          The classifier.

        Raises:
          ValueError: data, classes or arguments are invalid.

        Example:
          >>> tf.interop.sklearn.Classifier(epochs=1).fit([[0.0], [1.0]], ["a", "b"]).classes_
          array(['a', 'b'], dtype='<U1')
        """
        x, targets = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(targets)
        classes, places = np.unique(targets, return_inverse=True)
        self.classes_: np.ndarray = classes
        self._train(x, places.astype(np.int64), len(classes), sparse_softmax_cross_entropy_with_logits)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probabilities of the classes.

        Args:
          X: of shape [rows, columns].

        Returns:
          An array of shape [rows, classes], in the order of `classes_`.

        Raises:
          ValueError: the data are invalid, or nothing was fitted yet.

        Example:
          >>> classifier = tf.interop.sklearn.Classifier(epochs=1).fit([[0.0], [1.0]], ["a", "b"])
          >>> classifier.predict_proba([[0.5]]).sum().round(6)
          np.float64(1.0)
        """
        return view(softmax(self._outputs(X))).astype(np.float64)

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest classes.

        Args:
          X: of shape [rows, columns].

        Returns:
          An array of shape [rows] of members of `classes_`.

        Raises:
          ValueError: the data are invalid, or nothing was fitted yet.

        Example:
          >>> tf.interop.sklearn.Classifier(epochs=1).fit([[0.0], [1.0]], ["a", "b"]).predict([[0.5]]).shape
          (1,)
        """
        places = self.predict_proba(X).argmax(-1)
        return self.classes_[places]
