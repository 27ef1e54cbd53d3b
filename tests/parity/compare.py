"""Runs a program under TensorFlow and under gradtape and compares the outcomes.

A program is a function of one argument, the library, conventionally called ``tf``::

    same(lambda tf: tf.constant([1.0, 2.0]) ** 2)

Its result (tensors, variables, arrays, shapes, dtypes, numbers, text, None and nests of them), its printed output and
its exception, type and message, must be equal.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow
from tensorflow.python import pywrap_tfe

import gradtape
from agreement import assert_equal
from compiled import compiled_as_eager
from neutral import neutral

Program = Callable[[Any], Any]


@dataclasses.dataclass
class Outcome:
    """The outcome of a program: its result in plain terms, its output, and its exception if it raised."""

    result: Any
    printed: str
    exception: str = ""
    message: str = ""


def run(library: Any, program: Program) -> Outcome:
    """The outcome of ``program`` under ``library``."""
    # TensorFlow keeps the tensors of numbers by their values: 0.0 would be the -0.0 of an earlier program.
    pywrap_tfe.TFE_ClearScalarCache()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            result = plain(program(library))
        except NameError:
            raise  # the test's own mistake, which would count as an exception that both libraries agree on
        except Exception as error:
            return Outcome(None, neutral(printed.getvalue()), type(error).__name__, neutral(str(error)))
    return Outcome(result, neutral(printed.getvalue()))


def same(
    program: Program, *, rtol: float = 0.0, atol: float = 0.0, message: bool = True, compiles: bool = True
) -> Outcome:
    """Asserts that both libraries give the same outcome, and returns gradtape's, which must also be the same compiled.

    Args:
      program: the program.
      rtol, atol: tolerance of floating-point results; zero requires equal bits, NaN equal to NaN.
      message: whether the text of an exception must agree as well as its type.
      compiles: whether the program is also run within `tf.function`, with the same outcome as eagerly.
    """
    expected, actual = run(tensorflow, program), run(gradtape, program)
    assert actual.exception == expected.exception, (
        f"TensorFlow: {expected.exception or expected.result} {expected.message}\n"
        f"gradtape: {actual.exception or actual.result} {actual.message}"
    )
    if message:
        assert actual.message == expected.message
    assert actual.printed == expected.printed
    assert_equal(actual.result, expected.result, rtol, atol)
    if compiles:
        compiled_as_eager(program)
    return actual


def plain(value: Any) -> Any:
    """``value`` in terms of neither library."""
    kind = type(value).__name__
    if kind == "IndexedSlices":
        return {"values": plain(value.values), "indices": plain(value.indices)}
    if kind in ("Tensor", "EagerTensor", "StringTensor", "Variable", "ResourceVariable"):
        return ("tensor", value.dtype.name, value.numpy())
    if kind in ("DType", "TensorShape"):
        return repr(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [type(value).__name__, *(plain(item) for item in value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value
