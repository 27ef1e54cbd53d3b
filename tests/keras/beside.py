"""Runs a program with Keras on TensorFlow and with gradtape, and compares the outcomes.

A program is a function of two arguments, the tape's library and Keras::

    same(lambda tf, keras: keras.losses.mse(tf.zeros([2, 3]), tf.ones([2, 3])))
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import tensorflow

import gradtape
import keras
from agreement import assert_equal

SPACES = (
    *("activations", "backend", "constraints", "initializers", "losses", "metrics", "ops", "random", "regularizers"),
    "utils",
)
OURS = SimpleNamespace(
    **{at: importlib.import_module(f"gradtape.keras.{at}") for at in SPACES if find_spec(f"gradtape.keras.{at}")}
)

Program = Callable[[Any, Any], Any]


def outcome(tf: Any, library: Any, program: Program) -> tuple[Any, str, str]:
    """A program's result in plain terms, or the type and text of its exception."""
    try:
        return plain(program(tf, library)), "", ""
    except (NameError, AssertionError):
        raise  # the test's own mistake
    except Exception as error:
        return None, type(error).__name__, str(error)


def same(program: Program, *, rtol: float = 0.0, atol: float = 0.0, message: bool = True) -> Any:
    """Asserts that the results are equal, and returns one.

    Args:
      program: the program.
      rtol, atol: tolerance of floating-point results; zero requires equal bits, NaN equal to NaN.
      message: whether the text of an exception must agree as well as its type.
    """
    expected, kind, text = outcome(tensorflow, keras, program)
    actual, our_kind, our_text = outcome(gradtape, OURS, program)
    assert our_kind == kind, f"Keras: {kind} {text or expected}\ngradtape: {our_kind} {our_text or actual}"
    if message:
        assert our_text == text
    assert_equal(actual, expected, rtol, atol)
    return actual


def plain(value: Any) -> Any:
    """A value in terms of neither library."""
    if hasattr(value, "numpy") and hasattr(value, "dtype"):
        return value.numpy()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
