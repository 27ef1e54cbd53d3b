"""Hyperparameters: attributes with defaults, which the engine reads."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform as dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Any:
        """Tells type checkers that a class' hyperparameters are its constructor's arguments; no effect at run time."""
        return lambda kind: kind


class Hyperparameter:
    """An attribute that is also stored in the engine, at the index that its owner's class assigns to its name, if any.

    Assigning it changes the next step. The owner is a class with `_places` and `_set_number`.

    Attributes:
      default: its default value, or `required`.
      kw_only: whether it comes after all others among a constructor's arguments.
    """

    required: Any = object()

    def __init__(self, default: Any, kw_only: bool) -> None:
        self.default = default
        self.kw_only = kw_only

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        try:
            return instance.__dict__[self.name]
        except KeyError:
            raise AttributeError(f"'{type(instance).__name__}' object has no attribute '{self.name}'") from None

    def __set__(self, instance: Any, value: Any) -> None:
        place = instance._places.get(self.name)
        if place is not None:
            instance._set_number(self.name, place, value)
        instance.__dict__[self.name] = value


def hyperparameter(*, default: Any = Hyperparameter.required, kw_only: bool = False) -> Any:
    """A Hyperparameter, typed as Any for type checkers, which treat the class as a dataclass."""
    return Hyperparameter(default, kw_only)


@dataclass_transform(field_specifiers=(hyperparameter,))
class Declared:
    """Base of classes whose hyperparameters are their constructor's arguments, set up by `declare`.

    Attributes:
      _places: where the engine keeps a hyperparameter's number, by name.
      _fields: all hyperparameters by name.
      _signature: the constructor's signature.
    """

    _places: ClassVar[Mapping[str, int]]
    _fields: ClassVar[Mapping[str, Hyperparameter]]
    _signature: ClassVar[inspect.Signature]
    __signature__: ClassVar[inspect.Signature]


def fields_of(kind: type) -> dict[str, Hyperparameter]:
    """A class' hyperparameters by name, those of its bases first; a redefined one keeps its position."""
    fields: dict[str, Hyperparameter] = {}
    for base in reversed(kind.__mro__):
        fields |= {name: value for name, value in vars(base).items() if isinstance(value, Hyperparameter)}
    return fields


def declare(
    kind: type[Declared], before: tuple[inspect.Parameter, ...] = (), after: tuple[inspect.Parameter, ...] = ()
) -> None:
    """Sets `_fields` and the constructor's `_signature` from a class' hyperparameters.

    Hyperparameters come between other parameters, those with kw_only last. A constructor that the class writes out
    itself keeps its own signature.
    """
    fields = fields_of(kind)
    own = [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty if field.default is Hyperparameter.required else field.default,
        )
        for name, field in sorted(fields.items(), key=lambda item: item[1].kw_only)
    ]
    kind._fields = fields
    kind._signature = shown = inspect.Signature([*before, *own, *after])
    written = vars(kind).get("__init__")
    if written is not None:
        shown = inspect.signature(written)
        shown = shown.replace(parameters=list(shown.parameters.values())[1:])
    kind.__signature__ = shown


def bound(kind: type[Declared], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> inspect.BoundArguments:
    """Binds the arguments of a constructor. Raises TypeError, as Python does, if they do not match its signature."""
    try:
        found = kind._signature.bind(*arguments, **keywords)
    except TypeError as error:
        named = [p for p in kind._signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        needed = [p.name for p in named if p.default is p.empty]
        if len(arguments) > len(named):
            least = f"from {len(needed) + 1} to " if len(needed) < len(named) else ""
            what = f"takes {least}{len(named) + 1} positional arguments but {len(arguments) + 1} were given"
        else:
            missing = [f"'{name}'" for name in needed[len(arguments) :] if name not in keywords]
            if not missing:
                raise TypeError(f"{kind.__qualname__}.__init__() got {str(error).removeprefix('got ')}") from None
            plural = "s" if len(missing) > 1 else ""
            what = f"missing {len(missing)} required positional argument{plural}: {_listed(missing)}"
        raise TypeError(f"{kind.__qualname__}.__init__() {what}") from None
    found.apply_defaults()
    return found


def _listed(names: list[str]) -> str:
    if len(names) < 3:
        return " and ".join(names)
    return ", ".join(names[:-1]) + f", and {names[-1]}"


def explain(kind: type[Declared]) -> None:
    """Adds the base's entries to the Args of a class' docstring, in the order of its signature, and to its Raises.

    What the base's constructor raises does not concern a class that writes out its own.
    """
    if not kind.__doc__:
        return
    entries = {**_arguments(kind.__base__), **_arguments(kind)}
    order = {name: place for place, name in enumerate(kind.__signature__.parameters)}
    explained = {name: entry for name, entry in entries.items() if name in order}
    listed = dict.fromkeys(explained[name] for name in sorted(explained, key=order.__getitem__))
    inherited = [] if "__init__" in vars(kind) else _entries(kind.__base__, "Raises")
    raised = dict.fromkeys([*inherited, *_entries(kind, "Raises")])
    documented = _with_section(inspect.cleandoc(kind.__doc__), "Args", listed, before="(?:Raises|Example)")
    kind.__doc__ = _with_section(documented, "Raises", raised, before="Example")


def _with_section(documented: str, section: str, entries: Iterable[str], before: str) -> str:
    """A docstring with these entries in a section, which is put before the one that is named if there is none yet."""
    if not re.search(rf"^{section}:$", documented, re.MULTILINE):
        documented = re.sub(rf"^(?={before}:$)", f"{section}:\n\n", documented, count=1, flags=re.MULTILINE)
    text = f"{section}:\n" + "".join(entries)
    return re.sub(rf"^{section}:\n(?:  .*\n)*", lambda _: text, documented, flags=re.MULTILINE)


def _arguments(kind: type | None) -> dict[str, str]:
    """The entries of Args in a class' docstring, by each of the names that they describe."""
    entries = _entries(kind, "Args")
    return {name.strip(" *"): entry for entry in entries for name in entry.partition(":")[0].split(",")}


def _entries(kind: type | None, section: str) -> list[str]:
    """The entries of a section of a class' docstring."""
    documented = inspect.cleandoc(vars(kind).get("__doc__") or "") + "\n"
    found = re.search(rf"^{section}:\n((?:  .*\n)*)", documented, re.MULTILINE)
    return re.findall(r"^(  [*\w][*\w, ]*:.*\n(?:    .*\n)*)", found[1] if found else "", re.MULTILINE)
