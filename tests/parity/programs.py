"""Programs that must have the same outcome in both libraries, and lists of those that do not.

A module of programs collects them::

    PROGRAMS, program = collector()

    @program
    def addition(tf):
        return tf.constant(1.0) + 2.0

and compares each with `compared`. Its `WORDED` lists errors of the same type with gradtape's own
message; its `DELIBERATE` the deliberate differences: the reason, and gradtape's outcome, a result or
an exception's type. docs/generate_compatibility.py reads these modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow
from compare import Program, run, same

import gradtape
from agreement import assert_equal, collector as collector
from compiled import compiled_as_eager


def call(tf: Any, f: Any, *values: Any, order: int = 1) -> Any:
    """f at these values, the gradients, and with order 2 the gradient of the first gradient's sum."""
    inputs = [tf.constant(value) for value in values]
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(inputs)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            result = f(*inputs)
        slopes = tape.gradient(result, inputs)
    return (result, slopes, outer.gradient(slopes[0], inputs)) if order == 2 else (result, slopes)


def compared(
    name: str,
    function: Program,
    worded: Mapping[str, str],
    deliberate: Mapping[str, tuple[str, Any]],
    compiles: bool = True,
) -> None:
    """Runs one program under both libraries and compares according to the lists."""
    if name not in deliberate:
        same(function, rtol=1e-6, message=name not in worded, compiles=compiles)
        return
    expected = deliberate[name][1]
    if compiles:
        compiled_as_eager(function)
    theirs, mine = run(tensorflow, function), run(gradtape, function)
    assert (mine.exception, mine.message, str(mine.result)) != (theirs.exception, theirs.message, str(theirs.result))
    if isinstance(expected, type | str):
        assert mine.exception == getattr(expected, "__name__", expected)
    else:
        assert not mine.exception
        assert_equal(numbers(mine.result), expected, 1e-6, 0.0)


def numbers(result: Any) -> Any:
    """A result's tensors as plain numbers, in lists."""
    if isinstance(result, tuple):
        return np.asarray(result[2]).tolist()
    return [numbers(item) for item in result[1:]] if isinstance(result, list) else result
