"""Ops that only move, compare or count elements, on text: through numbers that stand for it.

Such an op does the same whatever its elements are. Where it meets text a TextOperand is raised, by which numbers are
never held up; it is then called again on int64 tensors in which equal strings have equal numbers, and what it moved is
read back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import tensor_from, view
from gradtape._engine.record.primitive import fail_trace
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import nest
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.string_tensor import StringTensor, holds_text


class TextCodes:
    """A number for every text; 0 for the empty one, which ops that fill up with zeros then fill up with."""

    def __init__(self) -> None:
        self._codes = {b"": 0}

    def of(self, value: Any) -> Any:
        """The numbers of an operand of text, or of a sequence of operands.

        Raises:
          TypeError, InvalidArgumentError: it holds numbers; ValueError: lists are not rectangular.
        """
        if isinstance(value, list | tuple):
            try:
                value = StringTensor(value)
            except (TypeError, ValueError):  # operands of several shapes, or one that is refused below
                return [self.of(item) for item in value]
        if type(value) is Tensor:
            message = f"An input was expected to be a string tensor but is a {value.dtype.name} tensor"
            raise InvalidArgumentError(None, None, message)
        if not holds_text(value):
            raise TypeError(f"Cannot convert {value!r} to EagerTensor of dtype string")
        array = np.asarray(StringTensor(value), object)
        codes = self._codes
        numbers = [codes.setdefault(text, len(codes)) for text in array.reshape(-1).tolist()]
        return tensor_from(np.array(numbers, np.int64).reshape(array.shape))

    def text(self, result: Any) -> Any:
        """Results with the strings of their numbers."""
        texts = np.array([*self._codes, None], object)[:-1]  # None keeps NumPy from making an array of bytes
        return nest.map_structure(lambda numbers: StringTensor.of_bytes(texts[view(numbers)]), result)


def moved(function: Callable[..., Any], *operands: Any, **options: Any) -> Any:
    """What an op that moves elements gives for operands of text, each a tensor or a sequence of them; None is none.

    To be called while its TextOperand is handled, which goes on where none of the operands is text.
    """
    codes = TextCodes()
    return codes.text(function(*coded(codes, operands), **options))


def compared(function: Callable[..., Any], *operands: Any, **options: Any) -> Any:
    """The same of an op whose results are no text: shapes, counts, whether elements are equal."""
    return function(*coded(TextCodes(), operands), **options)


def coded(codes: TextCodes, operands: tuple[Any, ...]) -> list[Any]:
    """Operands with numbers for text; the TextOperand that is handled goes on where there is none."""
    if not any(map(holds_text, operands)):
        raise
    fail_trace("it computes with text")
    return [None if operand is None else codes.of(operand) for operand in operands]
