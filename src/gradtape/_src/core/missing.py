"""Error messages for names that gradtape does not have."""

from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import Any

# Modules whose names programs look up at every step. Python finds a module's name where it was the last
# time, in a tenth of the time, but only in modules that have no ``__getattr__``: these leave the word to Python, which
# proposes the nearest name when the AttributeError ends the program, and to ``python -m gradtape NAME``.
_QUICK = {"gradtape", "gradtape.linalg", "gradtape.math", "gradtape.nn", "gradtape.random"}


def explain_in(namespace: dict[str, Any]) -> None:
    """Gives the public modules of a namespace, and theirs, a ``__getattr__`` that raises `explain`'s hint, except
    the quick ones."""
    for name, value in namespace.items():
        if name[0] != "_" and type(value) is ModuleType:
            if value.__name__ not in _QUICK:
                value.__getattr__ = functools.partial(_raise, value)  # type: ignore[method-assign]
            modules = {key: own for key, own in vars(value).items() if type(own) is ModuleType}
            explain_in({key: own for key, own in modules.items() if own.__name__.startswith(f"{value.__name__}.")})


def _raise(module: ModuleType, name: str) -> Any:
    raise AttributeError(explain(module, name), name=name, obj=module)


def describe(dotted: str) -> str:
    """One sentence about a name such as tf.nn.relu: what it is, or the hint of `explain`."""
    place: Any = sys.modules["gradtape"]
    for part in dotted.removeprefix("tf.").split("."):
        if not hasattr(place, part):
            return explain(place, part) if isinstance(place, ModuleType) else f"{place!r} has no attribute {part!r}"
        place = getattr(place, part)
    about = (getattr(place, "__doc__", None) or "").strip().split("\n\n")[0]
    return f"tf.{dotted.removeprefix('tf.')}: {' '.join(about.split())}"


def explain_of(kind: str, name: str) -> str:
    """The sentence about an attribute that objects of a kind do not have."""
    from gradtape._src.core import unsupported

    instead = unsupported.of_tensorflow(f"{kind}.{name}")
    return f"{kind!r} object has no attribute {name!r}" + (f": {instead}." if instead else "")


def explain(module: ModuleType, name: str) -> str:
    """One sentence about a missing name, and what comes nearest to it."""
    message = f"module {module.__name__!r} has no attribute {name!r}"
    if name.startswith("__"):
        return message
    from gradtape._src.core import unsupported

    whole = f"{module.__name__}.{name}".removeprefix("gradtape.")
    if whole.startswith(("keras.", "optimizers.")):
        instead = unsupported.of_keras(whole.removeprefix("keras."))
    elif whole.startswith("compat.v1."):
        name = whole.removeprefix("compat.v1.")
        known: Any = sys.modules["gradtape"]
        for part in name.split("."):
            known = getattr(known, part, None)
        instead = f"use tf.{name}" if known is not None else unsupported.of_tensorflow(name)
        instead = instead or "write it in names of TensorFlow 2, which are those of tf"
    else:
        instead = unsupported.of_tensorflow(whole)
    if instead:
        return f"{message}: {instead}."
    import difflib

    shown = "tf" + module.__name__.removeprefix("gradtape")
    folded = {known.lower(): known for known in vars(module) if not known.startswith("_")}
    near = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return f"{message}; the nearest name that gradtape has is {shown}.{folded[near[0]]}." if near else message
