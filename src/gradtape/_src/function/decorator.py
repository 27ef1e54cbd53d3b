"""tf.function. The compiler is imported when a program first uses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: Any = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Any:
    """Compiles a function: it is traced once per signature, and then replayed in a loop without Python.

    The first call runs the function eagerly and records what it does: operations, reads and assignments of variables,
    optimizer steps, gradients. Later calls replay that, with the same bits as eager execution. Python side effects
    happen only while tracing. Where Python reads a value (`if loss < best:`), replays compare it, and another outcome
    is traced as a new branch. What cannot be replayed runs eagerly; `explain_plan()` says what and why.

    The signature consists of the structure of the arguments, dtypes and shapes of tensors, Python values, and the
    identity of other objects. NumPy arrays among the arguments, and numbers among the results, are converted to
    tensors. The function must not modify lists and mappings among its arguments. TensorArrays are passed as copies.

    Args:
      func: the function; without it a decorator is returned.
      input_signature: TensorSpecs of the arguments, which are converted to their dtypes and must match their shapes.
      autograph: not used; Python control flow is traced as it executes.
      jit_compile: not used; every function is compiled.
      reduce_retracing: whether a second shape generalizes the signature where they differ. The function is still traced
        once for every shape.
      experimental_implements: not used.
      experimental_autograph_options: not used.
      experimental_attributes: not used.
      experimental_relax_shapes: the same as `reduce_retracing`.
      experimental_compile: not used.
      experimental_follow_type_hints: not used.

    Returns:
      A Function of the same arguments, or a decorator.

    Raises:
      TypeError: func is not callable; in calls, arguments do not match.
      ValueError: in calls, variables are created after the first call, or arguments are modified.

    Example:
      >>> w = tf.Variable(1.0)
      >>> @tf.function
      ... def step(x):
      ...     with tf.GradientTape() as tape:
      ...         loss = (w * x - 6.0) ** 2
      ...     w.assign_sub(0.1 * tape.gradient(loss, w))
      ...     return loss
      >>> for _ in range(3):
      ...     print(step(tf.constant(2.0)).numpy().round(3))
      16.0
      0.64
      0.026
    """
    from gradtape._src.function.function import Function

    relaxes = bool(reduce_retracing or experimental_relax_shapes)
    if func is None:
        return lambda inner: Function(inner, input_signature, relaxes)
    return Function(func, input_signature, relaxes)
