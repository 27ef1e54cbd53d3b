"""Layers configured by their constructor's arguments, and normalization of such arguments."""

from __future__ import annotations

import functools
import inspect
import operator
import weakref
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from gradtape._src.keras import activations, constraints, initializers, regularizers
from gradtape._src.keras.constructors import name_constructor
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.layer import Layer
from gradtape._src.keras.operation import is_remembered

if TYPE_CHECKING:
    from gradtape._src.keras.variable import Variable

_FAMILIES = {
    "initializer": initializers,
    "regularizer": regularizers,
    "constraint": constraints,
    "activation": activations,
}
_LAYERS = __name__.rpartition(".")[0]


def family_of(option: str) -> Any:
    """The module that (de)serializes an option, by the suffix of its name; None for plain data."""
    return _FAMILIES.get(option.rpartition("_")[2])


class Configured(Layer):
    """A layer whose configuration is its constructor's arguments, stored as attributes of the same names.

    Attributes:
      _unwritten: arguments that are not part of the configuration.
      _order: the order of the configuration if it differs from the constructor's; `...` means all others.
      _by_example: whether each example's output depends only on that example and the weights.
    """

    _unwritten: ClassVar[tuple[str, ...]] = ()
    _order: ClassVar[tuple[Any, ...]] = (...,)
    _by_example: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if is_ours(cls):
            name_constructor(cls)

    def _take(self, **options: Any) -> None:
        """Stores options as attributes; initializers, regularizers, constraints and activations as objects."""
        for name, value in options.items():
            family = family_of(name)
            setattr(self, name, value if family is None else family.get(value))

    def _weight(self, name: str, shape: tuple[Any, ...], option: str | None = None, **more: Any) -> Variable:
        """Creates a weight with the layer's initializer, regularizer and constraint for its name."""
        option = option or name
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=getattr(self, f"{option}_initializer"),
            regularizer=getattr(self, f"{option}_regularizer", None),
            constraint=getattr(self, f"{option}_constraint", None),
            **more,
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        config = super().get_config()
        for name in options_of(type(self)):
            value, family = getattr(self, name), family_of(name)
            config[name] = value if family is None else family.serialize(value)
        return config


_options: weakref.WeakKeyDictionary[type[Configured], tuple[str, ...]] = weakref.WeakKeyDictionary()


def options_of(kind: type[Configured]) -> tuple[str, ...]:
    """The constructor's parameters; for a user's subclass, those of the built-in layer."""
    if kind not in _options:
        _options[kind] = _options_of(kind)
    return _options[kind]


def _options_of(kind: type[Configured]) -> tuple[str, ...]:
    ours = next(base for base in kind.__mro__ if is_ours(base) and "__init__" in vars(base))
    parameters = list(inspect.signature(ours.__init__).parameters.values())[1:]  # type: ignore[misc]
    names = (parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD)
    return ordered([name for name in names if name not in kind._unwritten], kind._order)


def ordered(names: Collection[str], order: tuple[Any, ...]) -> tuple[str, ...]:
    """Sorts names by an order in which `...` means all others."""
    at = order.index(...)
    others = [name for name in names if name not in order]
    return tuple(name for name in (*order[:at], *others, *order[at + 1 :]) if name in names)


def is_ours(kind: type) -> bool:
    """Whether a class is a built-in layer, not a user's subclass."""
    return kind.__module__.startswith(_LAYERS)


class Unchanging(Configured):
    """A layer whose outputs have the dtype of its inputs."""

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The shapes and dtypes of the outputs."""
        shape = self.compute_output_shape(tuple(inputs.shape))
        return KerasTensor(shape, inputs.dtype, record_history=is_remembered(inputs))


def several(value: Any, count: int, name: str, zero: bool = False) -> tuple[int, ...]:
    """Normalizes an int, or one int per axis, to a tuple of one int per axis. Raises ValueError for anything else."""
    message = f"The `{name}` argument must be a tuple of {count} integers. Received {name}={value}"
    if isinstance(value, int):
        numbers: tuple[Any, ...] = (value,) * count
    else:
        try:
            numbers = tuple(value)
        except TypeError:
            raise ValueError(message) from None
        if len(numbers) != count:
            raise ValueError(message)
        for number in numbers:
            try:
                int(number)
            except (ValueError, TypeError):
                raise ValueError(f"{message}including element {number} of type {type(number)}") from None
    wrong = {number for number in numbers if number < 0 or (number == 0 and not zero)}
    if wrong:
        limit = ">= 0" if zero else "> 0"
        raise ValueError(f"{message}, including values {wrong} that do not satisfy `value {limit}`")
    return numbers


def pairs(value: Any, rank: int, name: str) -> tuple[tuple[int, int], ...]:
    """Normalizes an int, one int per axis or one pair per axis to a tuple of one pair per axis."""
    ordinals = ("1st", "2nd", "3rd")
    if isinstance(value, int):
        return ((value, value),) * rank
    if not hasattr(value, "__len__"):
        numbers = f"a tuple of {rank} ints, one for both ends of an axis, or a tuple of {rank} tuples of 2 ints"
        raise ValueError(f"`{name}` should be either an int, {numbers}. Received: {name}={value}.")
    if len(value) != rank:
        count = "two elements" if rank == 2 else f"{rank} elements"
        raise ValueError(f"`{name}` should have {count}. Received: {name}={value}.")
    return tuple(
        several(entry, 2, f"{ordinals[place]} entry of {name}", zero=True)  # type: ignore[misc]
        for place, entry in enumerate(value)
    )


def check_rate(rate: Any, name: str = "rate") -> None:
    """Raises ValueError unless the rate is between 0 and 1."""
    if not 0 <= rate <= 1:
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected a float value between 0 and 1. "
            f"Received: {name}={rate}"
        )


def check_axes(axis: int | Sequence[int], shape: Sequence[Any]) -> None:
    """Raises ValueError if an axis is out of range."""
    for place in (axis,) if isinstance(axis, int) else axis:
        if place >= len(shape) or place < -len(shape):
            raise ValueError(f"Axis {place} is out of bounds for input shape {shape}. Received: axis={axis}")


def product(sizes: Iterable[int]) -> int:
    """The product of sizes."""
    return functools.reduce(operator.mul, sizes, 1)
