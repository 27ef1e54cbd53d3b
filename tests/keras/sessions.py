"""Runs a program with Keras and with gradtape.keras, and compares its results, output and exceptions."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow
from beside import outcome

import gradtape
import keras
from agreement import assert_equal

Program = Callable[[Any, Any], Any]

# The terminal's width determines where tables wrap.
os.environ["COLUMNS"] = "100"

X = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
Y = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
CLASSES = np.random.default_rng(2).integers(0, 3, 50)


def neutral(text: str) -> str:
    """A text without addresses, modules and times."""
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    text = re.sub(r"\b(tensorflow|gradtape|keras)(\.\w+)+\.(\w+)", r"\3", text)
    return re.sub(r"\d+(s|ms|us)\b", r"0\1", re.sub(r"\d+(ms|us|s)/step", "0/step", text)).replace(
        "EagerTensor", "Tensor"
    )


def run(tf: Any, library: Any, program: Program) -> tuple[Any, str, str, str]:
    """A program's result, the type and text of its exception, and what it printed."""
    library.utils.clear_session()
    library.utils.set_random_seed(3)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        result, kind, text = outcome(tf, library, program)
    return result, kind, neutral(text), neutral(printed.getvalue())


def agree(program: Program, *, rtol: float = 2e-5, atol: float = 2e-6, message: bool = True) -> Any:
    """Asserts that a program returns, prints and raises the same with both, and returns its result.

    Args:
      program: a function of the tape's library and Keras.
      rtol, atol: tolerance of floating-point results.
      message: whether the text of an exception must agree as well as its type.
    """
    expected, kind, text, printed = run(tensorflow, keras, program)
    actual, our_kind, our_text, our_printed = run(gradtape, gradtape.keras, program)
    assert our_kind == kind, f"Keras: {kind} {text or expected}\ngradtape: {our_kind} {our_text or actual}"
    if message:
        assert our_text == text
    assert our_printed == printed
    assert_equal(actual, expected, rtol, atol)
    return actual


def dense(keras: Any, activation: Any = None, units: int = 3, **options: Any) -> Any:
    """A model of two layers."""
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="tanh"),
            keras.layers.Dense(units, activation=activation, **options),
        ]
    )
