"""Public functions do not pass on Python's or NumPy's own errors: they raise errors with their own message.

Every sampled call of the table is repeated with each argument in turn replaced by something unsuitable.
"""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradtape as tf
from cases import cases, namespace_of
from drawing import drawn, fill
from gradtape._src.table import rows as table
from gradtape._src.table.samples import Leaf, Op, Sample

ROOT = Path(__file__).parents[1]
ROWS = [row for row in table.rows() if row.tensorflow]
NUMBERS = [-99, 99, 2**40, -1, 0, 1.5, "a", [], [0, 0], [[1]], [-99], None, 2**63, True]
TENSORS = [
    *(np.float32(1), np.zeros(0, np.float32), np.zeros((2, 3, 1, 2, 1), np.float32), np.array([True]), "a", None),
    *(np.array([1, 2], np.int32), np.zeros((0, 3)), np.ones((2, 2), np.uint8)),
]


def spoilt(call: Sample) -> Iterator[Sample]:
    """The call with one argument, or one tensor in a list of them, replaced."""
    for i, argument in enumerate(call.arguments):
        for other in unsuitable(argument):
            yield call._replace(arguments=(*call.arguments[:i], other, *call.arguments[i + 1 :]))
    for key, argument in call.keywords.items():
        for other in unsuitable(argument):
            yield call._replace(keywords={**call.keywords, key: other})


def unsuitable(argument: Any) -> Iterator[Any]:
    if isinstance(argument, list | tuple) and any(isinstance(item, Leaf) for item in argument):
        yield from TENSORS
        for i in range(len(argument)):
            for other in TENSORS:
                yield [*argument[:i], other, *argument[i + 1 :]]
    elif not callable(argument):
        yield from TENSORS if isinstance(argument, Leaf) else NUMBERS


def stated(error: Exception, of_no_use: bool = True) -> bool:
    """Whether gradtape raised the error explicitly, or it is Python's TypeError for an object of the wrong type."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    path = Path(last.filename)
    if path.suffix == ".pyx":
        path = ROOT / path  # relative to the build
        if not path.exists():  # an installed package
            return True
    if isinstance(error, TypeError) and of_no_use:
        return True
    lines = linecache.getlines(str(path))[: last.lineno]
    while lines and not lines[-1].lstrip().startswith(("raise ", "return ", "if ", "for ", "with ", "def ", "cdef ")):
        lines.pop()
    return bool(lines) and lines[-1].lstrip().startswith("raise ")


@cases("row", ROWS, ids=lambda row: row.tensorflow[0], group=namespace_of)
def test_refuses_in_a_sentence_of_its_own(row: Op) -> None:
    calls = [*(row.samples() if row.samples else []), *(row.edges() if row.edges else [])]
    for call in calls[:2]:
        for other in spoilt(call):
            tensors = iter(drawn(other, "float32", "refusals"))
            arguments, keywords = fill(list(other.arguments), tensors), fill(other.keywords, tensors)
            try:
                with np.errstate(all="ignore"):
                    row.function(*arguments, **keywords)
            except Exception as error:
                if not stated(error):
                    raise AssertionError(f"{row.name}(*{arguments}, **{keywords})") from error


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "complex64", "int8", "uint16", "uint64"])
@cases("row", ROWS, ids=lambda row: row.tensorflow[0], group=namespace_of)
def test_number_types_are_taken_or_refused_in_a_sentence(row: Op, dtype: str) -> None:
    """The sampled calls with floats of another type, and their gradients."""
    for call in (row.samples() if row.samples else [])[:2]:
        tensors = iter(
            [tf.cast(array, dtype) if array.dtype.kind == "f" else array for array in drawn(call, "float32", "types")]
        )
        arguments, keywords = fill(list(call.arguments), tensors), fill(call.keywords, tensors)
        given = [leaf for leaf in tf.nest.flatten([arguments, keywords]) if isinstance(leaf, tf.Tensor)]
        try:
            with np.errstate(all="ignore"), tf.GradientTape() as tape:
                tape.watch([leaf for leaf in given if leaf.dtype.is_floating or leaf.dtype.is_complex])
                results = tf.nest.flatten(row.function(*arguments, **keywords))
                results = [result for result in results if hasattr(result, "dtype") and result.dtype.is_floating]
            if results:
                tape.gradient(results, given)
        except Exception as error:
            if not stated(error, of_no_use=False):
                raise


def test_an_axis_of_a_vector_is_no_axis() -> None:
    """TensorFlow asks NumPy whether the vector is 0, and passes on NumPy's error."""
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"expected a scalar, got shape \[2\]"):
        tf.gather([1, 2, 3], [0], axis=tf.constant([0, 1]))
