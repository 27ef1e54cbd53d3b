"""Lambdas in saved models: their code as text, in Keras' format, which is only run with the user's permission."""

from __future__ import annotations

import binascii
import marshal
import types
from collections.abc import Callable
from typing import Any


def is_lambda(value: Any) -> bool:
    """Whether a value is a function without a name."""
    return isinstance(value, types.FunctionType) and value.__name__ == "<lambda>"


def written_lambda(function: Any) -> tuple[str, Any, Any]:
    """A lambda's code, default arguments and values of enclosing scopes."""
    code = binascii.b2a_base64(marshal.dumps(function.__code__)).decode("ascii")
    closure = function.__closure__
    return code, function.__defaults__, None if not closure else tuple(cell.cell_contents for cell in closure)


def read_lambda(code: str, defaults: Any = None, closure: Any = None) -> Callable[..., Any]:
    """The function from the result of `written_lambda`. Calling it runs code from the data.

    Raises:
      ValueError: it was written by another version of Python, or is damaged.
    """
    try:
        made = marshal.loads(binascii.a2b_base64(code.encode("ascii")))
        cells = None if closure is None else tuple(types.CellType(value) for value in closure)
        return types.FunctionType(
            made, {"__builtins__": __builtins__}, made.co_name, None if defaults is None else tuple(defaults), cells
        )
    except (ValueError, EOFError, TypeError, AttributeError) as error:
        raise ValueError(
            f"The code of a lambda cannot be read: {error}. It depends on the version of Python that wrote it; define "
            "a named function and register it with @keras.saving.register_keras_serializable()"
        ) from error
