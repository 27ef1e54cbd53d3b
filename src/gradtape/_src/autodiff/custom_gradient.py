"""Custom gradients."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from gradtape._engine.api.api import apply_identity, apply_stop_gradient, as_tensor, tensor_from, view
from gradtape._engine.diff.forward import carry_tangents
from gradtape._engine.record.log import Unrecorded
from gradtape._engine.record.primitive import Primitive, hides_from_tapes, is_recorded, record_custom
from gradtape._engine.state.variable import VariableWatcher
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.autodiff.tape import GradientTape
from gradtape._src.core import execution, nest
from gradtape._src.core.errors import TextOperand, UnimplementedError
from gradtape._src.core.text_codes import moved
from gradtape._src.ops.indexed_slices import values_of, with_values


def stop_gradient(input: Any, name: str | None = None) -> Any:
    """The value as a constant: no gradient flows through it.

    Args:
      input: a tensor, a value convertible to one, or IndexedSlices.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the same value, or IndexedSlices.

    Raises:
      TypeError, ValueError: the operand does not convert to a tensor.

    Example:
      >>> x = tf.Variable(3.0)
      >>> with tf.GradientTape() as tape:
      ...     y = x * tf.stop_gradient(x)
      >>> tape.gradient(y, x).numpy()
      np.float32(3.0)
    """
    try:
        return with_values(input, apply_stop_gradient(values_of(input)))
    except TextOperand:
        return moved(stop_gradient, input)


class _Differentiated:
    """A function or method with a custom gradient."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        bound = self._function.__get__(instance, owner)
        return self if bound is self._function else _Differentiated(bound)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with VariableWatcher() as watcher:
            result, grad_fn = self._function(*args, **kwargs)
        arguments = nest.flatten(args)
        given = {id(item) for item in (*arguments, *nest.flatten(kwargs))}
        variables = [variable for variable in watcher.found if id(variable) not in given]
        if not callable(grad_fn):
            raise TypeError("unsupported callable")
        if variables and not _takes_variables(grad_fn):
            raise TypeError(
                "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function uses variables: "
                f"{variables}"
            )
        # String arguments are kept; they have no gradient.
        inputs = tuple([as_tensor(0 if isinstance(value, str) else value) for value in (*arguments, *variables)])
        recorded = is_recorded(*inputs)
        # The body's entries stay recorded, too: second derivatives flow through tensors that grad_fn captured.
        fresh = apply_stop_gradient if recorded else FOREIGN if execution.exporting() else apply_identity
        bodies = [as_tensor(value) for value in nest.flatten(result)]
        outputs = tuple([fresh(body) for body in bodies])
        if recorded and outputs:
            rule = _stated_vjp(grad_fn, len(arguments), variables)
            record_custom(getattr(self._function, "__name__", "custom_gradient"), rule, inputs, outputs)
            # Forward mode differentiates the body; the custom gradient is used where the body has no tangents.
            carry_tangents(bodies, outputs)
        return nest.pack_sequence_as(result, list(outputs))


def _no_vjp(call: Any, needs: Any, cotangent: Tensor) -> Any:
    raise UnimplementedError(
        None,
        None,
        "the gradient was stated by the program that exported the function, with tf.custom_gradient, and files have no "
        "programs: differentiate the original function, or export it without the statement",
    )


# A saved custom gradient: the same value, whose gradient raises.
FOREIGN = Primitive("custom_gradient", lambda x: tensor_from(view(x), x.dtype), _no_vjp, complexes=True)


def _takes_variables(grad_fn: Callable[..., Any]) -> bool:
    import inspect  # takes long, and the first to ask for it may be this

    try:
        signature = inspect.signature(grad_fn)
    except (TypeError, ValueError):
        return False
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return any(
        parameter.kind is inspect.Parameter.VAR_KEYWORD or (parameter.name == "variables" and parameter.kind in named)
        for parameter in signature.parameters.values()
    )


def _stated_vjp(grad_fn: Callable[..., Any], count: int, variables: list[Any]) -> Callable[..., Any]:
    """The vjp of a call with `count` arguments that read `variables`."""

    def rule(call: Any, needs: Any, *cotangents: Tensor) -> Any:
        if variables:
            stated, of_variables = grad_fn(*cotangents, variables=list(variables))
            if len(of_variables) != len(variables):
                raise ValueError("Must return gradient for each variable from @custom_gradient grad_fn.")
        else:
            stated, of_variables = grad_fn(*cotangents), []
        flat = nest.flatten(stated)
        if len(flat) != count:
            raise ValueError(
                f"custom_gradient function expected to return {count} gradients, but returned {len(flat)} instead."
            )
        return flat + of_variables

    return rule


def custom_gradient(f: Callable[..., Any] | None = None) -> Any:
    """Decorator for a function that defines its gradient, for numerical stability or to change it on purpose.

    `f(*args, **kwargs)` returns `(result, grad_fn)`. `result` is a tensor or nested structure of them;
    `grad_fn(*cotangents)` takes one cotangent per output tensor and returns one gradient, or None, per tensor in
    `args`. Tensors among `kwargs` get no gradient. Where `f` reads trainable variables that are no arguments,
    `grad_fn` takes `variables=`, a list of them, and returns `(gradients, variable_gradients)`. `grad_fn` is
    differentiated again for second derivatives. `ForwardAccumulator` differentiates f's body.

    Args:
      f: the function; without it a decorator is returned.

    Returns:
      A function that takes f's arguments and returns its `result`.

    Raises:
      TypeError: f reads variables and grad_fn has no argument `variables`.
      ValueError: (when differentiated) the number of gradients is not the number of arguments, or of variables.

    Example:
      >>> @tf.custom_gradient
      ... def clipped(x):
      ...     return x, lambda g: tf.clip_by_value(g, -1.0, 1.0)
      >>> x = tf.Variable(2.0)
      >>> with tf.GradientTape() as tape:
      ...     y = 10.0 * clipped(x)
      >>> tape.gradient(y, x).numpy()
      np.float32(1.0)
    """
    if f is None:
        return custom_gradient
    return _Differentiated(f)


def recompute_grad(f: Callable[..., Any]) -> Any:
    """Wraps f so that tapes store only its arguments; the backward pass recomputes f (gradient checkpointing).

    The memory of f's intermediates is free between the forward and the reverse pass. Variables that f reads get their
    gradients, and derivatives of any order go through the repeated computation. Chen, Xu, Zhang and Guestrin, Training
    Deep Nets with Sublinear Memory Cost (2016).

    Args:
      f: a function of tensors.

    Returns:
      A function of the same arguments, whose `__wrapped__` is f.

    Raises:
      TypeError: f is not callable; the result raises it when it is called.

    Example:
      >>> block = tf.recompute_grad(lambda x: tf.square(tf.square(x)))
      >>> x = tf.Variable(2.0)
      >>> with tf.GradientTape() as tape:
      ...     y = block(x)
      >>> tape.gradient(y, x).numpy()
      np.float32(32.0)
    """

    def forgetful(*args: Any, **kwargs: Any) -> tuple[Any, Callable[..., Any]]:
        hides_from_tapes("tf.recompute_grad")
        with Unrecorded():
            result = f(*args, **kwargs)

        def again(*cotangents: Tensor, variables: Any = ()) -> Any:
            with GradientTape() as tape:
                inputs = nest.map_structure(apply_identity, args)
                tape.watch(inputs)
                tape.watch(list(variables))
                repeated = f(*inputs, **kwargs)
            flat = nest.flatten(inputs)
            gradients = tape.gradient(repeated, [*flat, *variables], cotangents, "zero")
            return (gradients[: len(flat)], gradients[len(flat) :]) if variables else gradients

        return result, again

    return functools.update_wrapper(_Differentiated(forgetful), f)


def grad_pass_through(f: Callable[..., Any]) -> Any:
    """Wraps f so that its gradient is that of the identity; variables that f uses get none.

    Args:
      f: a function of tensors whose result has the shape of its argument.

    Returns:
      A function of the same arguments.

    Raises:
      TypeError: f is not callable; the result raises it when it is called.

    Example:
      >>> x = tf.Variable(1.4)
      >>> with tf.GradientTape() as tape:
      ...     y = 3.0 * tf.grad_pass_through(tf.round)(x)
      >>> y.numpy(), tape.gradient(y, x).numpy()
      (np.float32(3.0), np.float32(3.0))
    """

    def passing(*args: Any, **kwargs: Any) -> tuple[Any, Callable[..., Any]]:
        def grad(*cotangents: Tensor, variables: Any = ()) -> Any:
            return (cotangents, [None] * len(variables)) if variables else cotangents

        return f(*args, **kwargs), grad

    return functools.update_wrapper(_Differentiated(passing), f)
