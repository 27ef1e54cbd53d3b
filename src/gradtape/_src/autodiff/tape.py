"""GradientTape: the methods written in Python."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gradtape._engine.api.api import apply_identity, apply_reshape, apply_transpose, as_tensor, full
from gradtape._engine.diff.tape import GradientTape as GradientTape, method, zero_wanted
from gradtape._engine.ops.joining import concat
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import nest
from gradtape._src.core.records import opened


class UnconnectedGradients(enum.Enum):
    """The gradient if the target does not depend on the source: NONE for None, ZERO for zeros.

    Raises:
      ValueError: no member has the value.

    Example:
      >>> x, y = tf.Variable(1.0), tf.Variable(2.0)
      >>> with tf.GradientTape() as tape:
      ...     z = x * x
      >>> tape.gradient(z, y, unconnected_gradients=tf.UnconnectedGradients.ZERO).numpy()
      np.float32(0.0)
    """

    NONE = "none"
    ZERO = "zero"


@method
@contextmanager
def stop_recording(self: GradientTape) -> Iterator[None]:
    """A context in which this tape records nothing; values computed there are constants.

    Returns:
      A context manager.

    Raises:
      ValueError: the tape is not recording.
      RuntimeError: it was never entered, or its gradients were computed already.

    Example:
      >>> x = tf.Variable(3.0)
      >>> with tf.GradientTape() as tape:
      ...     y = x * x
      ...     with tape.stop_recording():
      ...         y_squared = y * y
      >>> tape.gradient(y, x).numpy()
      np.float32(6.0)
    """
    if self._spent:
        raise RuntimeError("Trying to stop recording a tape which is not recording.")
    if not self._recording:
        raise ValueError("Tape is not recording.")
    self._pause()
    try:
        yield
    finally:
        self._resume()


@method
def jacobian(
    self: GradientTape,
    target: Tensor | BaseVariable,
    sources: Any,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
    parallel_iterations: int | None = None,
    experimental_use_pfor: bool = True,
) -> Any:
    """The derivative of every element of target with respect to sources.

    Nothing is traced or compiled. The elements of target are swept together, as many as stay in cache; a reverse
    rule that is written in Python is run for each of them. An outer tape sees it all.

    Args:
      target: a tensor.
      sources: tensors or variables, or a nested structure of them.
      unconnected_gradients: None or zeros where target does not depend on a source.
      parallel_iterations: None or a number above 1, from 1 on without experimental_use_pfor; changes nothing.
      experimental_use_pfor: changes nothing, but False asks for a persistent tape.

    Returns:
      In sources' structure, tensors of shape target.shape + source.shape.

    Raises:
      RuntimeError: a non-persistent tape has given its gradients already, or experimental_use_pfor is False on one.
      ValueError, TypeError: an option has none of its values.

    Example:
      >>> x = tf.Variable([1.0, 2.0])
      >>> with tf.GradientTape() as tape:
      ...     y = x * x
      >>> tape.jacobian(y, x).numpy()
      array([[2., 0.],
             [0., 4.]], dtype=float32)
    """
    self._check_has_gradients("to compute")
    if type(target) is not Tensor:
        _ = target.shape  # what has none is refused here, as TensorFlow does
    zero = self._options("jacobian", unconnected_gradients, parallel_iterations, experimental_use_pfor)
    alone = type(sources) is Tensor or isinstance(sources, BaseVariable)
    sources = sources if alone else opened(sources)
    flat = [sources] if alone else nest.flatten(sources)
    target = self._readable(target, flat)
    self._check_usable("rows")
    results = self._full_jacobians(target, flat, zero)
    if not self._persistent:
        self._release()
    return results[0] if alone else nest.pack_sequence_as(sources, results)


@method
def batch_jacobian(
    self: GradientTape,
    target: Tensor | BaseVariable,
    source: Tensor | BaseVariable,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
    parallel_iterations: int | None = None,
    experimental_use_pfor: bool = True,
) -> Tensor:
    """The Jacobian of every example; target[i] must not depend on other examples than source[i].

    Args:
      target: a tensor of shape (batch, y1, ..., yn).
      source: a tensor or variable of shape (batch, x1, ..., xm).
      unconnected_gradients, parallel_iterations, experimental_use_pfor: as of `jacobian`.

    Returns:
      A tensor of shape (batch, y1, ..., yn, x1, ..., xm); zeros where target does not depend on source.

    Raises:
      ValueError: the first axes differ, or an operand has less than two.
      RuntimeError: as `jacobian`.

    Example:
      >>> x = tf.Variable([[1.0], [2.0]])
      >>> with tf.GradientTape() as tape:
      ...     y = x * x
      >>> tape.batch_jacobian(y, x).numpy().tolist()
      [[[2.0]], [[4.0]]]
    """
    self._check_has_gradients("tocompute")
    if not (
        target.shape.with_rank_at_least(2) and source.shape.with_rank_at_least(2) and target.shape[0] == source.shape[0]
    ):
        raise ValueError(
            f"Need first dimension of target shape ({target.shape}) and source shape ({source.shape}) to match."
        )
    self._options("batch_jacobian", unconnected_gradients, parallel_iterations, experimental_use_pfor)
    batch, *inner = target.shape
    columns = target.shape.num_elements() // batch
    target = self._readable(target, [source])
    self._check_usable("rows")
    shape = (batch, *inner, *source.shape[1:])
    parts = self._jacobian_rows(target, [source], batch)[0] if target.dtype.is_floating and 0 not in shape else None
    if not self._persistent:
        self._release()
    if not parts:
        return full(shape, 0, target.dtype)
    by_column = apply_reshape(_joined(parts), (columns, batch, -1))
    return apply_reshape(apply_transpose(by_column, (1, 0, 2)), shape)


@method
def _jacobians(self: GradientTape, values: Any, sources: Any) -> Any:
    """The Jacobians of every leaf of `values`, each in sources' structure; zeros where unconnected."""
    sources = opened(sources)
    flat = nest.flatten(sources)

    def leaf(value: Any) -> Any:
        return nest.pack_sequence_as(sources, self._full_jacobians(as_tensor(value), flat, True))

    return nest.map_structure(leaf, opened(values))


@method
def _readable(self: GradientTape, target: Any, sources: list[Any]) -> Tensor:
    """Converts a target to a tensor that is not one of the sources, recorded on this tape."""
    if not isinstance(target, BaseVariable) and not any(source is target for source in sources):
        return as_tensor(target)
    recording = self._recording
    if not recording:
        self._resume()
    try:
        return apply_identity(as_tensor(target))
    finally:
        if not recording:
            self._pause()


@method
def _check_has_gradients(self: GradientTape, words: str) -> None:
    if self._spent:
        raise RuntimeError(
            f"A non-persistent GradientTape can only be used {words} one set of gradients (or jacobians)"
        )


@method
def _options(self: GradientTape, what: str, unconnected: Any, parallel_iterations: Any, vectorized: bool) -> bool:
    """Validates the options of a Jacobian; returns whether unconnected ones are zeros."""
    if vectorized and parallel_iterations is None and unconnected is UnconnectedGradients.NONE:
        return False
    if vectorized:
        try:
            if parallel_iterations is not None and parallel_iterations < 1:
                raise ValueError(
                    "Argument `parallel_iterations` must be None or a positive integer. "
                    f"Received: {parallel_iterations}."
                )
            if parallel_iterations == 1:
                raise ValueError("Found `parallel_iterations == 1`. Use `for_loop` instead.")
            return zero_wanted(unconnected)
        except ValueError as error:
            raise ValueError(
                f"Encountered an exception while vectorizing the {what} computation. "
                "Vectorization can be disabled by setting experimental_use_pfor to False."
            ) from error
    if not self._persistent:
        spaces = "with  " if what == "jacobian" else " with "
        raise RuntimeError(
            f"GradientTape must be created with persistent=True to compute the {what} with eager execution enabled "
            f"and {spaces}experimental_use_pfor set to False."
        )
    if parallel_iterations is not None and parallel_iterations < 1:
        raise TypeError("'parallel_iterations' must be a positive integer.")
    return zero_wanted(unconnected)


def _joined(parts: list[Tensor]) -> Tensor:
    """Concatenates tensors along the first axis."""
    return parts[0] if len(parts) == 1 else concat(parts, 0)


@method
def explain(self: GradientTape, target: Any, sources: Any, output_gradients: Any = None) -> Any:
    """Explains the gradient of target: every step from it back to the sources, with formulas and numbers.

    The tape is not changed, and can compute gradients afterwards. Lines of the program are known of what was recorded
    within `tf.explain.lines()`.

    Args:
      target: a tensor or variable, or a nested structure of them, which is differentiated as their sum.
      sources: tensors or variables, or a nested structure of them.
      output_gradients: the cotangents that targets start with, in target's structure; ones where None.

    Returns:
      An `Explanation`, which prints as text, converts to Markdown, LaTeX, SVG and HTML, and checks itself.

    Raises:
      RuntimeError: the tape has given its gradients and is not persistent, or never recorded.
      TypeError: a target or source is neither a tensor nor a variable.
      ValueError: there is no target or no source.
      InvalidArgumentError: a cotangent has another shape or dtype than its target.

    Example:
      >>> x = tf.Variable(3.0)
      >>> with tf.GradientTape() as tape:
      ...     y = tf.sin(x) ** 2
      >>> print(tape.explain(y, x).formulas[0])
      2·sin(x)·cos(x)
    """
    from importlib import import_module

    explaining = import_module("gradtape._src.explain.explanation")
    naming = import_module("gradtape._src.explain.naming")
    return explaining.explain(self, target, sources, output_gradients, naming.calling_frame())


@method
def diagnose(self: GradientTape, target: Any, sources: Any, output_gradients: Any = None) -> Any:
    """Diagnoses why gradients are None, zero, NaN, infinite, huge or tiny, and suggests a remedy.

    The tape is not changed, and can compute gradients afterwards. Lines of the program, and ops that no tape records,
    are known of what was computed within `tf.explain.lines()`.

    Args:
      target: a tensor or variable, or a nested structure of them, which are examined together.
      sources: tensors or variables, or a nested structure of them.
      output_gradients: the cotangents that targets start with, in target's structure; ones where None.

    Returns:
      A `Diagnosis`: `findings`, at least one for each source, each with a sentence and a remedy; `healthy`.

    Raises:
      RuntimeError: the tape has given its gradients and is not persistent, or never recorded.
      TypeError: a target or source is neither a tensor nor a variable.
      ValueError: there is no target or no source.
      InvalidArgumentError: a cotangent has another shape or dtype than its target.

    Example:
      >>> x = tf.constant(3.0)
      >>> with tf.GradientTape() as tape:
      ...     y = x * x
      >>> print(tape.diagnose(y, x))
      x: its gradient is None: x is a constant that the tape does not watch.
          Call tape.watch(x) at the start of the block; variables are watched by themselves.
    """
    from importlib import import_module

    diagnosing = import_module("gradtape._src.explain.diagnosis")
    naming = import_module("gradtape._src.explain.naming")
    return diagnosing.diagnose(self, target, sources, output_gradients, naming.calling_frame())
