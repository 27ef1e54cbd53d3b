"""Every dtype against TensorFlow: what supports it, and with which results."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow

import gradtape
from cases import cases

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "bfloat16"]
COMPLEX = ["complex64", "complex128"]
ALL = [*INTEGERS, *FLOATS, *COMPLEX]

# Except where TensorFlow computes in half precision what gradtape rounds once, or sums in another order.
PRECISION = {
    "float16": 2e-3,
    "bfloat16": 1.6e-2,
    "float32": 1e-6,
    "complex64": 1e-5,
    "complex128": 1e-12,
    "float64": 1e-12,
}


def a(tf: Any, dtype: str) -> Any:
    return tf.cast(tf.constant([[1, 5, 3], [7, 2, 6]]), dtype)


def b(tf: Any, dtype: str) -> Any:
    return tf.cast(tf.constant([[2, 3, 3], [4, 1, 5]]), dtype)


def compare(result: Any, truth: Any, what: str) -> None:
    assert result.dtype.name == truth.dtype.name, what
    assert tuple(result.shape) == tuple(truth.shape), what
    name = result.dtype.name
    mine, theirs = np.asarray(result), truth.numpy()
    if name in PRECISION:
        wide = np.complex128 if np.iscomplexobj(theirs) else np.float64
        tolerance = PRECISION[name]
        np.testing.assert_allclose(mine.astype(wide), theirs.astype(wide), rtol=tolerance, atol=tolerance, err_msg=what)
    else:
        np.testing.assert_array_equal(mine, theirs, err_msg=what)


CASES: dict[str, Callable[[Any, str], Any]] = {
    "add": lambda tf, d: a(tf, d) + b(tf, d),
    "add number": lambda tf, d: a(tf, d) + 2,
    "number minus": lambda tf, d: 9 - a(tf, d),
    "subtract": lambda tf, d: a(tf, d) - b(tf, d),
    "multiply": lambda tf, d: a(tf, d) * b(tf, d),
    "divide": lambda tf, d: a(tf, d) / b(tf, d),
    "floor divide": lambda tf, d: a(tf, d) // b(tf, d),
    "remainder": lambda tf, d: a(tf, d) % b(tf, d),
    "power": lambda tf, d: a(tf, d) ** tf.cast(2, d),
    "negative": lambda tf, d: -a(tf, d),
    "abs": lambda tf, d: abs(b(tf, d) - a(tf, d)),
    "invert": lambda tf, d: ~a(tf, d),
    "and": lambda tf, d: a(tf, d) & b(tf, d),
    "or": lambda tf, d: a(tf, d) | b(tf, d),
    "xor": lambda tf, d: a(tf, d) ^ b(tf, d),
    "less": lambda tf, d: a(tf, d) < b(tf, d),
    "greater_equal": lambda tf, d: a(tf, d) >= b(tf, d),
    "equal": lambda tf, d: a(tf, d) == b(tf, d),
    "not_equal": lambda tf, d: a(tf, d) != b(tf, d),
    "maximum": lambda tf, d: tf.maximum(a(tf, d), b(tf, d)),
    "minimum": lambda tf, d: tf.minimum(a(tf, d), b(tf, d)),
    "clip_by_value": lambda tf, d: tf.clip_by_value(a(tf, d), tf.cast(2, d), tf.cast(4, d)),
    "square": lambda tf, d: tf.square(b(tf, d)),
    "squared_difference": lambda tf, d: tf.math.squared_difference(a(tf, d), b(tf, d)),
    "sign": lambda tf, d: tf.sign(a(tf, d)),
    "round": lambda tf, d: tf.round(a(tf, d)),
    "relu": lambda tf, d: tf.nn.relu(a(tf, d)),
    "sqrt": lambda tf, d: tf.sqrt(a(tf, d)),
    "exp": lambda tf, d: tf.exp(b(tf, d)),
    "log": lambda tf, d: tf.math.log(a(tf, d)),
    "sigmoid": lambda tf, d: tf.sigmoid(a(tf, d)),
    "tanh": lambda tf, d: tf.tanh(a(tf, d)),
    "sin": lambda tf, d: tf.sin(a(tf, d)),
    "floor": lambda tf, d: tf.floor(a(tf, d)),
    "is_finite": lambda tf, d: tf.math.is_finite(a(tf, d)),
    "truncatediv": lambda tf, d: tf.truncatediv(a(tf, d), b(tf, d)),
    "select": lambda tf, d: tf.where(a(tf, d) == b(tf, d), a(tf, d), b(tf, d)),
    "reduce_sum": lambda tf, d: tf.reduce_sum(a(tf, d)),
    "reduce_sum of rows": lambda tf, d: tf.reduce_sum(a(tf, d), 0, keepdims=True),
    "reduce_mean": lambda tf, d: tf.reduce_mean(a(tf, d), 1),
    "reduce_prod": lambda tf, d: tf.reduce_prod(b(tf, d), 0),
    "reduce_max": lambda tf, d: tf.reduce_max(a(tf, d), 0),
    "reduce_min": lambda tf, d: tf.reduce_min(a(tf, d)),
    "argmax": lambda tf, d: tf.argmax(a(tf, d), 1),
    "argmin": lambda tf, d: tf.argmin(a(tf, d), 0),
    "cumsum": lambda tf, d: tf.cumsum(a(tf, d), 1),
    "sort": lambda tf, d: tf.sort(a(tf, d)),
    "top_k": lambda tf, d: tf.math.top_k(a(tf, d), 2)[0],
    "count_nonzero": lambda tf, d: tf.math.count_nonzero(a(tf, d)),
    "matmul": lambda tf, d: tf.matmul(a(tf, d), b(tf, d), transpose_b=True),
    "index": lambda tf, d: a(tf, d)[1, 1:],
    "reversed": lambda tf, d: a(tf, d)[:, ::-1],
    "gather": lambda tf, d: tf.gather(a(tf, d), [1, 0, 1]),
    "gather of columns": lambda tf, d: tf.gather(a(tf, d), [2, 0], axis=1),
    "gather_nd": lambda tf, d: tf.gather_nd(a(tf, d), [[1, 0], [0, 2]]),
    "boolean_mask": lambda tf, d: tf.boolean_mask(a(tf, d), [True, False]),
    "concat": lambda tf, d: tf.concat([a(tf, d), b(tf, d)], 1),
    "stack": lambda tf, d: tf.stack([a(tf, d), b(tf, d)], 1),
    "split": lambda tf, d: tf.split(a(tf, d), 3, 1)[1],
    "unstack": lambda tf, d: tf.unstack(a(tf, d))[1],
    "pad": lambda tf, d: tf.pad(a(tf, d), [[1, 0], [0, 1]]),
    "pad reflected": lambda tf, d: tf.pad(a(tf, d), [[1, 0], [0, 1]], "REFLECT"),
    "roll": lambda tf, d: tf.roll(a(tf, d), 1, 1),
    "reverse": lambda tf, d: tf.reverse(a(tf, d), [0]),
    "transpose": lambda tf, d: tf.transpose(a(tf, d)),
    "reshape": lambda tf, d: tf.reshape(a(tf, d), [-1]),
    "broadcast_to": lambda tf, d: tf.broadcast_to(a(tf, d), [2, 2, 3]),
    "broadcast one": lambda tf, d: tf.broadcast_to(a(tf, d)[0, 1], [2, 2]),
    "fill": lambda tf, d: tf.fill([2, 3], tf.cast(3, d)),
    "ones": lambda tf, d: tf.ones([2, 12], d),
    "zeros": lambda tf, d: tf.zeros([2], d),
    "ones_like": lambda tf, d: tf.ones_like(a(tf, d)),
    "eye": lambda tf, d: tf.eye(3, dtype=d),
    "one_hot": lambda tf, d: tf.one_hot([1, 2], 3, dtype=d),
    "diag": lambda tf, d: tf.linalg.diag(a(tf, d)[0]),
    "band_part": lambda tf, d: tf.linalg.band_part(a(tf, d), 0, 0),
    "scatter_nd": lambda tf, d: tf.scatter_nd([[0], [2], [2]], a(tf, d)[0], [4]),
    "tensor_scatter_nd_update": lambda tf, d: tf.tensor_scatter_nd_update(a(tf, d)[0], [[1]], a(tf, d)[1, :1]),
    "tensor_scatter_nd_add": lambda tf, d: tf.tensor_scatter_nd_add(a(tf, d)[0], [[1]], a(tf, d)[1, :1]),
    "segment_sum": lambda tf, d: tf.math.segment_sum(a(tf, d), [0, 0]),
    "unsorted_segment_sum": lambda tf, d: tf.math.unsorted_segment_sum(a(tf, d), [1, 1], 3),
    "add_n": lambda tf, d: tf.add_n([a(tf, d), b(tf, d), a(tf, d)]),
    "linspace": lambda tf, d: tf.linspace(tf.cast(0, d), tf.cast(6, d), 4),
    "variable": lambda tf, d: tf.Variable(a(tf, d)).assign_add(b(tf, d)).read_value(),
    "variable less": lambda tf, d: tf.Variable(a(tf, d)).assign_sub(b(tf, d)).read_value(),
    "softmax": lambda tf, d: tf.nn.softmax(a(tf, d)),
    "cast to float32": lambda tf, d: tf.cast(a(tf, d), tf.float32),
    "cast to float16": lambda tf, d: tf.cast(a(tf, d), tf.float16),
    "cast to bfloat16": lambda tf, d: tf.cast(a(tf, d) + a(tf, d), tf.bfloat16),
    "cast to complex": lambda tf, d: tf.cast(a(tf, d), tf.complex64),
    "cast to int8": lambda tf, d: tf.cast(a(tf, d), tf.int8),
    "cast to uint32": lambda tf, d: tf.cast(a(tf, d), tf.uint32),
    "cast to bool": lambda tf, d: tf.cast(a(tf, d) - tf.cast(1, d), tf.bool),
    "constant": lambda tf, d: tf.constant([[1, 2], [3, 4]], d),
    "constant of zero axes": lambda tf, d: tf.constant(7, d),
    "constant of arrays": lambda tf, d: tf.constant(np.arange(4.0), d),
    "zeros_like": lambda tf, d: tf.zeros_like(a(tf, d)),
    "range": lambda tf, d: tf.range(tf.cast(2, d), tf.cast(9, d), tf.cast(3, d)),
    "empty sum": lambda tf, d: tf.reduce_sum(tf.zeros([0, 3], d), 0),
}


MORE = {("matmul", "int8"), ("matmul", "int16")}  # supported by gradtape, not by TensorFlow


def outcome(tf: Any, case: Callable[[Any, str], Any], dtype: str) -> Any:
    try:
        return case(tf, dtype)
    except Exception as error:
        return error


@pytest.mark.parametrize("name", CASES)
@cases("dtype", ALL)
def test_ops_take_and_give_what_tensorflows_do(name: str, dtype: str) -> None:
    truth, result = outcome(tensorflow, CASES[name], dtype), outcome(gradtape, CASES[name], dtype)
    if not isinstance(truth, Exception):
        if isinstance(result, Exception):
            raise result
        compare(result, truth, name)
    elif (name, dtype) in MORE:
        assert not isinstance(result, Exception)
    elif isinstance(truth, tensorflow.errors.OpError | TypeError | ValueError):
        # If only the CPU kernel is missing in TensorFlow, gradtape computes or raises as for other dtypes.
        if isinstance(truth, tensorflow.errors.NotFoundError | tensorflow.errors.UnimplementedError):
            assert not isinstance(result, Exception) or isinstance(result, gradtape.errors.OpError | TypeError), name
        else:
            assert type(result).__name__ == type(truth).__name__, f"{name}: {truth!r}; {result!r}"


@pytest.mark.parametrize("dtype", ALL)
def test_text_numpy_and_pickles(dtype: str) -> None:
    import pickle

    for value in ([[1, 5, 3], [7, 2, 6]], 3, []):
        mine, theirs = gradtape.constant(value, dtype), tensorflow.constant(value, dtype)
        assert repr(mine) == repr(theirs) and str(mine) == str(theirs)
        assert repr(gradtape.Variable(mine)) == repr(tensorflow.Variable(theirs))
        assert mine.numpy().dtype == theirs.numpy().dtype and np.array_equal(mine.numpy(), theirs.numpy())
        again = gradtape.constant(mine.numpy())
        assert again.dtype == mine.dtype and np.array_equal(again.numpy(), mine.numpy())
        restored = pickle.loads(pickle.dumps(mine))
        assert restored.dtype == mine.dtype and np.array_equal(restored.numpy(), mine.numpy())
        if dtype != "bfloat16":
            assert np.array_equal(np.asarray(memoryview(mine)), mine.numpy())


@pytest.mark.parametrize("dtype", ALL)
def test_dtypes_say_the_same(dtype: str) -> None:
    mine, theirs = gradtape.as_dtype(dtype), tensorflow.as_dtype(dtype)
    for name in (
        *(
            "name",
            "as_numpy_dtype",
            "as_datatype_enum",
            "size",
            "is_floating",
            "is_integer",
            "is_unsigned",
            "is_complex",
        ),
        *("is_bool", "is_numeric", "is_numpy_compatible"),
    ):
        assert getattr(mine, name) == getattr(theirs, name), name
    assert mine.real_dtype.name == theirs.real_dtype.name
    if dtype not in COMPLEX:
        assert mine.min == theirs.min and mine.max == theirs.max
    assert gradtape.as_dtype(theirs.as_numpy_dtype) is mine is gradtape.as_dtype(np.dtype(theirs.as_numpy_dtype))


EDGES = [
    0,
    1,
    -1,
    127,
    128,
    -128,
    -129,
    255,
    256,
    32767,
    32768,
    65535,
    65536,
    2**31,
    -(2**31) - 1,
    2**32,
    2**63 - 1,
    2**63,
]


@pytest.mark.parametrize("value", [*EDGES, 1.5, "1", True, [1, 2**40], [1, 2.5]])
@cases("dtype", INTEGERS)
def test_constants_that_fit_and_that_do_not(dtype: str, value: Any) -> None:
    """TensorFlow cuts off the high bits of numbers out of range; gradtape raises."""
    result = outcome(gradtape, lambda tf, d: tf.constant(value, d), dtype)
    largest = max(value) if isinstance(value, list) else value
    if type(largest) is int and not np.iinfo(dtype).min <= largest <= np.iinfo(dtype).max:
        assert type(result) is ValueError and "out-of-range integer" in str(result)
        return
    truth = outcome(tensorflow, lambda tf, d: tf.constant(value, d), dtype)
    if isinstance(truth, Exception):
        assert type(result) is type(truth), f"{truth!r}; {result!r}"
    else:
        compare(result, truth, f"{value!r}")


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_sums_beyond_the_end_wrap(operation: Callable[[Any, Any], Any], dtype: str) -> None:
    limits = np.iinfo(dtype)
    values = np.array([limits.max, limits.min, 3], dtype)
    result = operation(gradtape.constant(values), gradtape.constant(values[::-1].copy()))
    truth = operation(tensorflow.constant(values), tensorflow.constant(values[::-1].copy()))
    compare(result, truth, operation.__name__)
    compare(
        gradtape.reduce_sum(gradtape.constant(values)), tensorflow.reduce_sum(tensorflow.constant(values)), "reduce_sum"
    )


def test_dtypes_do_not_mix() -> None:
    for one in ALL:
        for other in ALL:
            if one != other:
                with pytest.raises(gradtape.errors.InvalidArgumentError, match="was expected to be a"):
                    gradtape.constant(1, one) + gradtape.constant(1, other)


def drawn_numbers(tf: Any, dtype: Any) -> list[Any]:
    tf.random.set_seed(5)
    generator = tf.random.Generator.from_seed(3)
    return [
        *(getattr(tf.random, f"stateless_{kind}")([7], [1, 2], dtype=dtype) for kind in ("normal", "uniform")),
        *(
            tf.random.stateless_truncated_normal([7], [1, 2], 1.5, 0.5, dtype),
            tf.random.truncated_normal([2, 3], dtype=dtype),
        ),
        *(tf.random.uniform([5], -2, 3, dtype), tf.random.normal([5], 1.5, 2.5, dtype)),
        *(generator.uniform([3], dtype=dtype), generator.normal([3], dtype=dtype), generator.uniform([2])),
    ]


@pytest.mark.parametrize("dtype", FLOATS)
def test_random_numbers_in_half_precision_are_the_same(dtype: str) -> None:
    for result, truth in zip(drawn_numbers(gradtape, dtype), drawn_numbers(tensorflow, dtype), strict=True):
        assert result.dtype.name == truth.dtype.name
        assert result.numpy().tobytes() == truth.numpy().tobytes()


@pytest.mark.parametrize("dtype", FLOATS)
def test_means_over_windows_in_half_precision(dtype: str) -> None:
    image = np.arange(50, dtype=np.float32).reshape(1, 5, 5, 2) / 8
    for padding in ("VALID", "SAME"):
        result = gradtape.nn.avg_pool2d(gradtape.cast(image, dtype), 2, 2, padding)
        truth = tensorflow.nn.avg_pool2d(image, 2, 2, padding)
        assert result.dtype.name == dtype
        np.testing.assert_allclose(result.numpy().astype(np.float32), truth.numpy(), rtol=PRECISION[dtype])
