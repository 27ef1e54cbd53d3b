"""Shared by the tests against TensorFlow and against Keras: tables of programs, and the comparison of results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

Program = TypeVar("Program", bound=Callable[..., Any])


def collector() -> tuple[dict[str, Callable[..., Any]], Callable[[Program], Program]]:
    """A table of programs by name, and the decorator that fills it."""
    programs: dict[str, Callable[..., Any]] = {}

    def program(function: Program) -> Program:
        assert function.__name__ not in programs
        programs[function.__name__] = function
        return function

    return programs, program


def assert_equal(actual: Any, expected: Any, rtol: float, atol: float) -> None:
    """Asserts that two results in plain terms agree."""
    if isinstance(expected, np.ndarray | np.generic | float):
        actual, expected = np.asarray(actual), np.asarray(expected)
        assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(actual, expected, rtol, atol, equal_nan=True)
        else:
            np.testing.assert_array_equal(actual, expected)
    elif isinstance(expected, Mapping):
        assert list(actual) == list(expected)
        for key, item in expected.items():
            assert_equal(actual[key], item, rtol, atol)
    elif isinstance(expected, list | tuple):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_equal(one, other, rtol, atol)
    else:
        assert actual == expected
