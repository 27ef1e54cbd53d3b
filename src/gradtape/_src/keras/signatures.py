"""Signatures of layers' `call`, `build` and `compute_output_shape`."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gradtape._src.keras.inputs import is_tensor, leaves, mapped, shape_of

Result = TypeVar("Result")


class Signature:
    """The parameters of a method `call`.

    Attributes:
      names: the names of its parameters except the first, in order.
      takes_training, takes_mask: whether there are parameters with these names.
      training: the default of `training`.
    """

    def __init__(self, method: Callable[..., Any]) -> None:
        whole = inspect.signature(method)
        parameters = list(whole.parameters.values())[1:]
        self._whole = whole.replace(parameters=parameters)
        self.names = [parameter.name for parameter in parameters]
        self.takes_training, self.takes_mask = "training" in self.names, "mask" in self.names
        self._defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        self.training = self._defaults.get("training")
        self._simple = all(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Arguments by name, including defaults. TypeError if they do not match."""
        names = self.names
        if self._simple and len(args) <= len(names):
            bound = {**self._defaults, **dict(zip(names, args, strict=False)), **kwargs}
            if bound.keys() == set(names) and not kwargs.keys() & set(names[: len(args)]):
                return {name: bound[name] for name in names}
        return self._bound(args, kwargs)

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        bound = self._whole.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.arguments


def _remembered(function: Callable[[Callable[..., Any]], Result]) -> Callable[[Callable[..., Any]], Result]:
    """A function of a method, called once for each, that keeps no method alive."""
    found: weakref.WeakKeyDictionary[Callable[..., Any], Result] = weakref.WeakKeyDictionary()

    @functools.wraps(function)
    def remembered(method: Callable[..., Any]) -> Result:
        try:
            return found[method]
        except KeyError:
            result = found[method] = function(method)
            return result
        except TypeError:  # what has no weak references
            return function(method)

    return remembered


@_remembered
def signature_of(method: Callable[..., Any]) -> Signature:
    """The signature of a method `call`."""
    return Signature(method)


@_remembered
def _parameters(method: Callable[..., Any]) -> list[str]:
    kinds = (
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.KEYWORD_ONLY,
    )
    parameters = list(inspect.signature(method).parameters.values())[1:]
    return [parameter.name for parameter in parameters if parameter.kind in kinds]


def tensor_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are tensors, or structures of only tensors."""
    found = {}
    for name, value in arguments.items():
        if is_tensor(value):
            found[name] = value
        elif isinstance(value, list | tuple | dict) and value:
            parts = list(leaves(value))
            if all(part is None or is_tensor(part) for part in parts):
                found[name] = value
            elif any(map(is_tensor, parts)):
                raise ValueError(
                    "In a nested call() argument, you cannot mix tensors and non-tensors. Received invalid mixed "
                    f"argument: {name}={value}"
                )
    return found


def shapes_of(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The shapes of tensor arguments under "NAME_shape", except masks and those collected by * and **."""

    def shape(value: Any) -> Any:
        return None if value is None else shape_of(value)

    unsupported = ("mask", "args", "kwargs")
    return {f"{name}_shape": mapped(shape, value) for name, value in tensors.items() if name not in unsupported}


def shape_arguments(
    method: Callable[..., Any], shapes: dict[str, Any], arguments: Mapping[str, Any], layer: str
) -> dict[str, Any]:
    """The shapes with which `build` or `compute_output_shape` is called.

    A single parameter takes the first shape, whatever its name. ValueError if several are not named after arguments.
    """
    names = _parameters(method)
    if len(names) == 1:
        return {names[0]: next(iter(shapes.values()), None)}
    about = (
        f"For a `{method.__name__}()` method with more than one argument, all arguments should have a `_shape` suffix "
        f"and match an argument from `call()`. E.g. `{method.__name__}(self, foo_shape, bar_shape)` "
    )
    for name in names:
        if not name.endswith("_shape"):
            raise ValueError(
                f"{about} For layer '{layer}', Received `{method.__name__}()` argument `{name}`, which does not end in "
                "`_shape`."
            )
        if name.removesuffix("_shape") not in arguments:
            raise ValueError(
                f"{about} For layer '{layer}', received `{method.__name__}()` argument `{name}`, but `call()` does not "
                f"have argument `{name.removesuffix('_shape')}`."
            )
    return {name: shapes[name] for name in names if name in shapes}
