"""Arguments that determine shapes and axes may be tensors: compiled calls notice when their values change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from test_rows import outcome

import gradtape as tf
from cases import cases, namespace_of
from drawing import drawn, fill, flat, own_dtype, sampled
from gradtape._src.table import rows as table
from gradtape._src.table.samples import Leaf


class Place:
    """Marks an attribute that is a tensor."""


def attributes(value: Any, found: list[np.ndarray]) -> Any:
    """Arguments with Places instead of numbers and lists of integers, which are collected in a list."""
    if isinstance(value, Leaf):
        return value
    numbers = isinstance(value, list | tuple) and value and all(type(item) is int for item in value)
    if type(value) in (int, float) or numbers:
        found.append(np.asarray(value, np.float32 if type(value) is float else np.int32))
        return Place()
    if isinstance(value, dict):
        return {key: attributes(item, found) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(attributes(item, found) for item in value)
    return value


def replaced(value: Any, tensors: Iterator[Any]) -> Any:
    """Arguments with tensors in their Places."""
    if isinstance(value, Place):
        return next(tensors)
    if isinstance(value, dict):
        return {key: replaced(item, tensors) for key, item in value.items()}
    return type(value)(replaced(item, tensors) for item in value) if type(value) in (list, tuple) else value


def others(array: np.ndarray) -> list[np.ndarray]:
    """Other values of an attribute, used in turn."""
    if array.dtype == np.float32:
        return [array, array * 0.5, array]
    return [array, array[::-1] if array.ndim else array + 1, np.maximum(array - 1, 0), array]


@cases("row,call,label", sampled(table.rows(), "samples"), group=namespace_of)
def test_attributes_are_read_at_every_call(row, call, label):
    found: list[np.ndarray] = []
    arguments, keywords = attributes(list(call.arguments), found), attributes(call.keywords, found)

    def program(given: list[Any], *operands: Any) -> Any:
        remaining, places = iter(operands), iter(given)
        filled = replaced(fill(arguments, remaining), places), replaced(fill(keywords, remaining), places)
        named = {**filled[1], **own_dtype(row, list(operands))}
        if row.program is not None:
            return flat(row.program(tf, row.function, *filled[0], **named))
        return flat(row.function(*filled[0], **named))

    compiled = tf.function(program)
    operands = [tf.constant(array) for array in drawn(call, "float32", label)]
    for place in range(len(found)):
        for other in others(found[place]):
            given = [tf.constant(other if at == place else array) for at, array in enumerate(found)]
            expected = outcome(lambda *operands: program(given, *operands), operands)  # noqa: B023
            assert outcome(lambda *operands: compiled(given, *operands), operands) == expected  # noqa: B023
