"""tf.experimental.numpy is NumPy on tensors: the same values and dtypes, with derivatives."""

from __future__ import annotations

import numpy
import pytest

import gradtape as tf
from cases import cases
from drawing_numpy import ARRAYS, CALLS, function_of

np = tf.experimental.numpy
# NumPy's dtypes that tensors do not support, and their substitutes.
WIDER = {
    "int8": "int32",
    "uint64": "int64",
    "uint32": "int64",
    "int16": "int32",
    "uint16": "int32",
    "float16": "float32",
}


def same(found, expected):
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
    elif isinstance(expected, numpy.dtype):
        assert found.name == expected.name
    else:
        other = numpy.asarray(expected)
        one = found.numpy() if isinstance(found, tf.Tensor) else found
        assert numpy.asarray(one).dtype.name == WIDER.get(other.dtype.name, other.dtype.name)
        numpy.testing.assert_allclose(one, other, rtol=2e-6 if other.dtype == "float32" else 1e-12, atol=1e-12)


@pytest.mark.parametrize("given", ["arrays", "tensors"])
@cases("call", CALLS, group=function_of)
def test_as_numpy(call, given):
    with numpy.errstate(all="ignore"):
        expected = eval(call, {"np": numpy, **ARRAYS})
        operands = ARRAYS if given == "arrays" else {name: tf.constant(array) for name, array in ARRAYS.items()}
        found = eval(call, {"np": np, **operands})
    same(found, expected)


def floats(results):
    parts = results if isinstance(results, list | tuple) else [results]
    return [part for part in parts if isinstance(part, tf.Tensor) and part.dtype.is_floating]


@cases("call", [call for call in CALLS if "d" in call.split("(", 1)[1] or "v" in call], group=function_of)
def test_derivatives(call):
    """Along a direction, by tape and by differences, away from kinks."""
    generator = numpy.random.default_rng(0)
    operands = {name: array for name, array in ARRAYS.items() if array.dtype == numpy.float64}
    shifts = {name: generator.uniform(-1, 1, array.shape) for name, array in operands.items()}

    def total(step):
        moved = {name: tf.constant(array + step * shifts[name] + 0.03) for name, array in operands.items()}
        moved["p"] -= 0.03
        with tf.GradientTape() as tape:
            tape.watch(moved)
            parts = floats(eval(call, {"np": np, **ARRAYS, **moved}))
            weighted = sum(
                (tf.reduce_sum(tf.cast(part, tf.float64) ** 2) for part in parts), tf.constant(0.0, tf.float64)
            )
        return weighted, tape.gradient(weighted, moved)

    step = 1e-6
    _, slopes = total(0.0)
    slope = sum(float((slopes[name].numpy() * shifts[name]).sum()) for name in operands if slopes[name] is not None)
    expected = float(total(step)[0] - total(-step)[0]) / (2 * step)
    if not numpy.isfinite(expected):
        return
    numpy.testing.assert_allclose(slope, expected, rtol=1e-5, atol=1e-5)


def test_constants_and_random_numbers():
    assert np.pi == numpy.pi and np.newaxis is None and np.ndarray is tf.Tensor
    assert np.finfo(np.float32).eps == numpy.finfo("f").eps and np.issubdtype(np.float32, np.inexact)
    np.random.seed(3)
    first = [np.random.rand(2), np.random.randn(2), np.random.randint(5, size=3), np.random.uniform(2.0, 3.0, 2)]
    assert [part.dtype.name for part in first] == ["float64", "float64", "int64", "float64"]
    np.random.seed(3)
    again = [np.random.rand(2), np.random.randn(2), np.random.randint(5, size=3), np.random.uniform(2.0, 3.0, 2)]
    for one, other in zip(first, again, strict=True):
        numpy.testing.assert_array_equal(one, other)
    assert 2.0 <= float(first[3][0]) < 3.0 and np.random.random((2, 3)).shape == (2, 3)
    assert np.random.poisson(3.0, 5).dtype == tf.int64 and np.random.standard_normal().shape == ()


@pytest.mark.parametrize(
    "call,kind,message",
    [
        ("np.split(v, 2)", ValueError, "equal division"),
        ("np.max([])", ValueError, "zero-size array"),
        ("np.sum(d, axis=2)", ValueError, "axis 2 is out of bounds for array of dimension 2"),
        ("np.squeeze(d, 0)", ValueError, "size not equal to one"),
        ("np.where(b, d)", ValueError, "either both or neither of x and y should be given"),
        ("np.average(d, weights=v)", TypeError, "Axis must be specified"),
        ("np.meshgrid(v, indexing='a')", ValueError, "'xy' and 'ij'"),
        ("np.take(v, [0], mode='x')", ValueError, "mode is"),
    ],
)
def test_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        eval(call, {"np": np, **ARRAYS})
