"""Ops that read the values of indices or seeds, as one step of a trace: what they read is then not a guard."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from gradtape._engine.api.api import apply_stop_gradient, as_tensor, full
from gradtape._engine.diff.tape import GradientTape
from gradtape._engine.record.primitive import OutsideTrace, Primitive, is_traced, varies_in_trace
from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import nest
from gradtape._src.core.errors import OpError

Function = TypeVar("Function", bound=Callable[..., Any])


class _Operand:
    """Stands in a call's arguments for an operand."""

    def __repr__(self) -> str:
        return "operand"


_OPERAND = _Operand()


def _value(item: Any) -> Any:
    """The value of a tensor; other objects unchanged."""
    if not isinstance(item, Tensor | BaseVariable):
        return item
    array = np.array(as_tensor(item))
    return array if array.ndim else array.item()


def one_step(
    *read: str, static: tuple[str, ...] = (), unless: Callable[[Mapping[str, Any]], bool] = lambda arguments: False
) -> Callable[[Function], Function]:
    """A decorator for an op that looks at its operands' values, from which the shape of its result does not follow.

    While a function is traced, and the values read may change in a replay, the whole call is one primitive;
    at other times the op is called directly. The op is linear in what is differentiated, or its derivatives are sums of
    two at most: those of a primitive are added up within it, where eagerly they would be one by one to what is there.

    Args:
      read: the names of the arguments whose values it looks at.
      static: the names of arguments from which the shape does follow: they are read before, as guards.
      unless: whether, with these arguments, the shape follows from values all the same.
    """

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if not is_traced():
                return function(*args, **kwargs)
            try:
                bound = _signature(function).bind(*args, **kwargs).arguments
            except TypeError:
                return function(*args, **kwargs)  # which raises the error
            for name in static:
                if name in bound:
                    bound[name] = nest.map_structure(_value, bound[name])
            bound = nest.map_structure(lambda item: as_tensor(item) if isinstance(item, BaseVariable) else item, bound)
            if not any(map(_varies, nest.flatten([bound.get(name) for name in read]))) or unless(bound):
                return function(**bound)
            flat = nest.flatten(bound)
            operands = tuple([item for item in flat if isinstance(item, Tensor)])
            if any(item.dtype.is_complex or item.dtype.size == 2 for item in operands):
                return function(**bound)
            packed = nest.pack_sequence_as(bound, [_OPERAND if isinstance(item, Tensor) else item for item in flat])
            return _primitive(function, (), len(operands))(*operands, attributes=(packed,))

        return call  # type: ignore[return-value]

    return decorate


@functools.cache
def _signature(function: Callable[..., Any]) -> Any:
    import inspect  # takes long, and the first to ask for it may be this

    return inspect.signature(function)


def _varies(item: Any) -> bool:
    return isinstance(item, Tensor) and varies_in_trace(item)


@functools.lru_cache(maxsize=1024)
def _primitive(function: Callable[..., Any], derivation: tuple[int, ...], count: int) -> Primitive:
    """A function of a number of operands, or a derivative of one.

    derivation: the operands by which it is differentiated, one after the other; each puts a cotangent behind them.
    """

    def evaluate(*given: Any) -> Tensor:
        return _computed(function, derivation, [apply_stop_gradient(operand) for operand in given[:-1]], given[-1])

    def vjp(call: Any, needs: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        def with_respect_to(place: int) -> Tensor | None:
            if not _depends(function, derivation, [*call.saved], call.attributes[0], place):
                return None
            primitive = _primitive(function, (*derivation, place), count + 1)
            return primitive(*call.saved, cotangent, attributes=call.attributes)

        return tuple(with_respect_to(place) if needed else None for place, needed in enumerate(needs))

    return Primitive(function.__name__, evaluate, vjp, saves=tuple(range(count)))


_dependencies: dict[tuple[Any, ...], bool] = {}


def _depends(
    function: Callable[..., Any], derivation: tuple[int, ...], operands: list[Tensor], packed: Any, place: int
) -> bool:
    """Whether there is a gradient with respect to an operand: for numbers, not for indices."""
    key = (function, derivation, place, tuple(packed), tuple([operand.dtype for operand in operands]))
    if key not in _dependencies:
        with OutsideTrace(), GradientTape(watch_accessed_variables=False) as tape:
            examples = [full(operand.shape, float(operand.dtype.is_floating), operand.dtype) for operand in operands]
            tape.watch(examples[place])
            try:
                result = _computed(function, derivation, examples, packed)
            except OpError:
                return True
            _dependencies[key] = tape.gradient(result, examples[place]) is not None
    return _dependencies[key]


def _computed(function: Callable[..., Any], derivation: tuple[int, ...], operands: list[Tensor], packed: Any) -> Tensor:
    if not derivation:
        waiting = iter(operands)
        filled = [next(waiting) if item is _OPERAND else item for item in nest.flatten(packed)]
        return function(**nest.pack_sequence_as(packed, filled))
    *operands, cotangent = operands
    source = operands[derivation[-1]]
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(source)
        result = _computed(function, derivation[:-1], operands, packed)
    return as_tensor(tape.gradient(result, source, cotangent, "zero"))
