"""Functions to functions: what users of other differentiation libraries reach for, built on the tape.

`argnums` says which positional arguments are differentiated: an int, or a tuple of ints for a tuple of results. An
argument may be a number, an array, a tensor or a nested structure of them; whole numbers become float32. Everything
here differentiates again, under tapes, accumulators and itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradtape._doors import apply_cast, apply_identity, as_tensor
from gradtape._src.autodiff.forward import ForwardAccumulator
from gradtape._src.autodiff.tape import GradientTape
from gradtape._src.core import nest
from gradtape._src.core.dtypes import float32
from gradtape._src.core.records import opened
from gradtape._tensor import Tensor

Function = Callable[..., Any]
ArgNums = int | tuple[int, ...]


def _fresh(value: Any) -> Any:
    """The leaves as floating tensors of their own, so that one tensor given twice is two arguments."""

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
      argnums: which arguments are differentiated.
      has_aux: whether f returns something beside its value; the result is then `((value, aux), gradient)`.
    """

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        tape, value, sources = _recorded(f, argnums, args, kwargs)
        return value, tape.gradient(value[0] if has_aux else value, sources, unconnected_gradients="zero")

    return differentiated


def gradient(f: Function, argnums: ArgNums = 0) -> Function:
    """A function that returns the gradient of f, zeros where f does not depend on an argument."""

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        return value_and_gradient(f, argnums)(*args, **kwargs)[1]

    return differentiated


def jacobian(f: Function, argnums: ArgNums = 0) -> Function:
    """A function that returns f's Jacobian, of shape f's result shape + the argument's shape.

    A nested result of f gives its structure with one Jacobian, or one per argument, in each place.
    """

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        tape, value, sources = _recorded(f, argnums, args, kwargs)
        return tape._jacobians(value, sources)

    return differentiated


def hessian(f: Function, argnums: int = 0) -> Function:
    """A function that returns the second derivatives of a scalar f, of shape argument's shape twice."""
    return jacobian(gradient(f, argnums), argnums)


def hvp(f: Function, argnums: ArgNums = 0) -> Function:
    """A function of f's arguments, then a vector, that returns f's Hessian times the vector: forward over reverse.

    The vector has the structure of what argnums names.
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
    """f's value at the primals, and a function from cotangents in its structure to a tuple of gradients."""
    replaced = tuple(_fresh(primal) for primal in primals)
    with GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(replaced)
        value = f(*replaced)
    return value, lambda cotangents: tape.gradient(value, replaced, cotangents, "zero")


def jvp(f: Function, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """f's value at the primals and its derivative along the tangents, which have the primals' structure."""
    replaced = tuple(_fresh(primal) for primal in primals)
    with ForwardAccumulator(replaced, tuple(tangents)) as accumulator:
        value = f(*replaced)
    return value, accumulator.jvp(value, unconnected_gradients="zero")
