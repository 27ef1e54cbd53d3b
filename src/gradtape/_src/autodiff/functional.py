"""Function transformations, as in JAX, built on the tape.

`argnums` says which positional arguments are differentiated: an int, or a tuple of ints for a tuple of results. An
argument may be a number, an array, a tensor or a nested structure of them; integers become float32. Everything
here differentiates again, under tapes, accumulators and itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradtape._engine.api.api import apply_cast, apply_identity, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.autodiff.forward import ForwardAccumulator
from gradtape._src.autodiff.tape import GradientTape
from gradtape._src.core import nest
from gradtape._src.core.dtypes import float32
from gradtape._src.core.records import opened

Function = Callable[..., Any]
ArgNums = int | tuple[int, ...]


def _fresh(value: Any) -> Any:
    """Copies of the leaves as floating tensors, so that one tensor given twice is two arguments."""

    def leaf(item: Any) -> Tensor:
        tensor = as_tensor(item)
        return apply_identity(tensor if tensor.dtype.is_floating else apply_cast(tensor, float32))

    return nest.map_structure(leaf, opened(value))


def _recorded(f: Function, argnums: ArgNums, args: tuple[Any, ...], kwargs: Any) -> tuple[GradientTape, Any, Any]:
    """f under a tape: the tape, f's result, and the differentiated arguments as argnums names them."""
    replaced = list(args)
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for place in chosen:
        replaced[place] = _fresh(args[place])
    sources = [replaced[place] for place in chosen]
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(sources)
        value = f(*replaced, **kwargs)
    return tape, value, sources[0] if isinstance(argnums, int) else tuple(sources)


def value_and_gradient(f: Function, argnums: ArgNums = 0, has_aux: bool = False) -> Function:
    """A function that returns f's value and its gradient.

    Args:
      f: returns a scalar tensor, or `(scalar, anything)` with has_aux; a larger tensor is summed.
      argnums: which arguments are differentiated, a number or a tuple of them.
      has_aux: whether f returns something beside its value; the result is then `((value, aux), gradient)`.

    Returns:
      A function of f's arguments, which returns the value and a gradient in the structure of what argnums names: zeros
      where f does not depend on it.

    Raises:
      IndexError: (when called) f has no such argument.
      AttributeError, TypeError: (when called) f returns no tensor.

    Example:
      >>> value, gradient = tf.value_and_gradient(lambda x: tf.reduce_sum(x * x))(tf.constant([1.0, 3.0]))
      >>> value.numpy(), gradient.numpy()
      (np.float32(10.0), array([2., 6.], dtype=float32))
    """

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        tape, value, sources = _recorded(f, argnums, args, kwargs)
        return value, tape.gradient(value[0] if has_aux else value, sources, unconnected_gradients="zero")

    return differentiated


def gradient(f: Function, argnums: ArgNums = 0) -> Function:
    """A function that returns the gradient of f, zeros where f does not depend on an argument.

    Args:
      f: returns a scalar tensor; a larger one is summed.
      argnums: which arguments are differentiated, a number or a tuple of them.

    Returns:
      A function of f's arguments, which returns a gradient in the structure of what argnums names.

    Raises:
      IndexError: (when called) f has no such argument.
      AttributeError, TypeError: (when called) f returns no tensor.

    Example:
      >>> tf.gradient(lambda x: x**3)(tf.constant(2.0)).numpy()
      np.float32(12.0)
      >>> slope = tf.gradient(lambda x, y: x * y, argnums=(0, 1))
      >>> [g.numpy() for g in slope(tf.constant(2.0), tf.constant(5.0))]
      [np.float32(5.0), np.float32(2.0)]
    """

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        return value_and_gradient(f, argnums)(*args, **kwargs)[1]

    return differentiated


def jacobian(f: Function, argnums: ArgNums = 0) -> Function:
    """A function that returns f's Jacobian, of shape f's result shape + the argument's shape.

    Args:
      f: returns a tensor, or a nested structure of them.
      argnums: which arguments are differentiated, a number or a tuple of them.

    Returns:
      A function of f's arguments. A nested result of f gives its structure with one Jacobian, or one per argument, in
      each place.

    Raises:
      IndexError: (when called) f has no such argument.
      AttributeError, TypeError: (when called) f returns no tensor.

    Example:
      >>> tf.jacobian(lambda x: x * x)(tf.constant([1.0, 2.0, 3.0])).numpy()
      array([[2., 0., 0.],
             [0., 4., 0.],
             [0., 0., 6.]], dtype=float32)
    """

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        tape, value, sources = _recorded(f, argnums, args, kwargs)
        return tape._jacobians(value, sources)

    return differentiated


def hessian(f: Function, argnums: int = 0) -> Function:
    """A function that returns the second derivatives of a scalar f, of shape argument's shape twice.

    Args:
      f: returns a scalar tensor.
      argnums: which argument is differentiated.

    Returns:
      A function of f's arguments.

    Raises:
      IndexError: (when called) f has no such argument.
      AttributeError, TypeError: (when called) f returns no tensor.

    Example:
      >>> tf.hessian(lambda x: x[0] * x[0] * x[1])(tf.constant([2.0, 3.0])).numpy()
      array([[6., 4.],
             [4., 0.]], dtype=float32)
    """
    return jacobian(gradient(f, argnums), argnums)


def hvp(f: Function, argnums: ArgNums = 0) -> Function:
    """A function that returns Hessian-vector products of f, forward-over-reverse, without forming the Hessian.

    Args:
      f: returns a scalar tensor.
      argnums: which arguments are differentiated, a number or a tuple of them.

    Returns:
      A function of f's arguments, then of the vector, in the structure of what argnums names.

    Raises:
      IndexError: (when called) f has no such argument.
      InvalidArgumentError: (when called) the vector has another shape than what argnums names.

    Example:
      >>> product = tf.hvp(lambda x: x[0] * x[0] * x[1])
      >>> product(tf.constant([2.0, 3.0]), tf.constant([1.0, 0.0])).numpy()
      array([6., 4.], dtype=float32)
    """

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        *replaced, vector = args
        chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for place in chosen:
            replaced[place] = _fresh(replaced[place])
        primals = tuple(replaced[place] for place in chosen)
        vectors = (vector,) if isinstance(argnums, int) else tuple(vector)
        with ForwardAccumulator(primals, vectors) as accumulator:
            slope = gradient(f, argnums)(*replaced, **kwargs)
        return accumulator.jvp(slope, unconnected_gradients="zero")

    return differentiated


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """f's value at the primals, and a function from cotangents to gradients: reverse mode.

    Args:
      f: returns a tensor, or a nested structure of them.
      *primals: its arguments.

    Returns:
      The value, and a function of a cotangent in its structure that returns a tuple of gradients, one for each primal.

    Raises:
      InvalidArgumentError: (when the function is called) a cotangent has another shape than the value.

    Example:
      >>> value, pullback = tf.vjp(lambda x: x * x, tf.constant([1.0, 2.0]))
      >>> [g.numpy() for g in pullback(tf.constant([1.0, 10.0]))]
      [array([ 2., 40.], dtype=float32)]
    """
    replaced = tuple(_fresh(primal) for primal in primals)
    with GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(replaced)
        value = f(*replaced)
    return value, lambda cotangents: tape.gradient(value, replaced, cotangents, "zero")


def jvp(f: Function, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """f's value at the primals and its derivative along tangents: forward mode.

    Args:
      f: returns a tensor, or a nested structure of them.
      primals: a tuple of its arguments.
      tangents: the direction, in the structure of `primals`.

    Returns:
      The value and its derivative, both in the structure that f returns.

    Raises:
      ValueError: the structures of primals and tangents differ.
      InvalidArgumentError: a tangent has another shape than its primal.

    Example:
      >>> value, slope = tf.jvp(lambda x: x * x, (tf.constant([1.0, 2.0]),), (tf.constant([1.0, 0.5]),))
      >>> value.numpy(), slope.numpy()
      (array([1., 4.], dtype=float32), array([2., 2.], dtype=float32))
    """
    replaced = tuple(_fresh(primal) for primal in primals)
    with ForwardAccumulator(replaced, tuple(tangents)) as accumulator:
        value = f(*replaced)
    return value, accumulator.jvp(value, unconnected_gradients="zero")
