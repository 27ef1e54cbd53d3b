"""Forward-mode differentiation."""

from __future__ import annotations

from typing import Any

from gradtape._engine.diff.forward import Accumulator


class ForwardAccumulator(Accumulator):
    """Computes Jacobian-vector products along with the computation.

    Within its block every operation on the primals, and on what depends on them, computes a tangent at once; `jvp`
    looks tangents up. Accumulators and tapes nest: outer ones see the products of inner ones, so forward over reverse
    gives Hessian-vector products. A tensor's tangent is dropped when the tensor dies. Through a custom gradient a
    tangent passes as its body computed; what the function states serves where the body's result has no tangent.

    Args:
      primals: a tensor or variable, or a nested structure of them.
      tangents: the vector, in the structure of `primals`, each tangent of its primal's shape.

    Raises:
      ValueError: a primal is listed twice; the structures differ; the block is entered while active.

    Example:
      >>> x = tf.Variable([1.0, 2.0])
      >>> with tf.autodiff.ForwardAccumulator(x, tf.constant([1.0, 0.0])) as accumulator:
      ...     y = x * x * x
      >>> accumulator.jvp(y).numpy()
      array([3., 0.], dtype=float32)
    """

    def __reduce__(self) -> Any:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")
