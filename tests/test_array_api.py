"""The array API: the names of the standard, and NumPy's values and dtypes."""

from __future__ import annotations

import re

import numpy
import pytest

import gradtape as tf
from cases import cases
from drawing_numpy import ARRAYS
from test_experimental_numpy import same

xp = tf.constant(1.0).__array_namespace__(api_version="2024.12")

# https://data-apis.org/array-api/2024.12/API_specification, by sections.
STANDARD = [
    "arange",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "linspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tril",
    "triu",
    "zeros",
    "zeros_like",
    "astype",
    "broadcast_arrays",
    "broadcast_to",
    "can_cast",
    "finfo",
    "iinfo",
    "isdtype",
    "result_type",
    "abs",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_invert",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "ceil",
    "clip",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "divide",
    "equal",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "hypot",
    "imag",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "pow",
    "real",
    "reciprocal",
    "remainder",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "square",
    "sqrt",
    "subtract",
    "tan",
    "tanh",
    "trunc",
    "take",
    "take_along_axis",
    "matmul",
    "matrix_transpose",
    "tensordot",
    "vecdot",
    "concat",
    "expand_dims",
    "flip",
    "moveaxis",
    "permute_dims",
    "repeat",
    "reshape",
    "roll",
    "squeeze",
    "stack",
    "tile",
    "unstack",
    "argmax",
    "argmin",
    "count_nonzero",
    "nonzero",
    "searchsorted",
    "where",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "argsort",
    "sort",
    "cumulative_prod",
    "cumulative_sum",
    "max",
    "mean",
    "min",
    "prod",
    "std",
    "sum",
    "var",
    "all",
    "any",
    "diff",
    "e",
    "inf",
    "nan",
    "newaxis",
    "pi",
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64", "complex64", "complex128"),
    "__array_namespace_info__",
    "__array_api_version__",
]


def test_names():
    assert [name for name in STANDARD if not hasattr(xp, name)] == []
    assert tf.Variable(1.0).__array_namespace__() is xp is tf.array_api
    with pytest.raises(ValueError, match="version '1999' of the array API is not known"):
        tf.constant(1.0).__array_namespace__(api_version="1999")


CALLS = [
    *(f"xp.{name}({a})" for name in ("sin", "exp", "floor", "trunc", "sign", "signbit", "square") for a in ("d", "f")),
    *(f"xp.{name}(p)" for name in ("acos", "asin", "atanh", "atan", "asinh", "log2", "sqrt", "reciprocal")),
    *(
        f"xp.{name}(d, f)"
        for name in ("add", "atan2", "copysign", "hypot", "maximum", "less", "logaddexp", "nextafter")
    ),
    *("xp.pow(p, 2.0)", "xp.remainder(d, 0.7)", "xp.bitwise_invert(i)", "xp.bitwise_left_shift(l * l, 2)"),
    *(
        "xp.bitwise_right_shift(l, 1)",
        "xp.clip(d, 0, 1)",
        "xp.clip(d, max=0.5)",
        "xp.round(d)",
        "xp.floor_divide(i, 3)",
    ),
    *(
        "xp.permute_dims(d, (1, 0))",
        "xp.matrix_transpose(d)",
        "xp.concat([i, f], axis=1)",
        "xp.concat([d, v], axis=None)",
    ),
    *("xp.unstack(d)", "xp.unstack(d, axis=1)", "xp.vecdot(d, p)", "xp.vecdot(v, w)", "xp.cumulative_sum(v)"),
    *("xp.cumulative_sum(d, axis=1, include_initial=True)", "xp.cumulative_prod(d, axis=0)", "xp.std(d, correction=1)"),
    *("xp.var(d, axis=0, correction=0.5)", "xp.argsort(d, axis=0)", "xp.sort(d)"),
    *(
        "xp.searchsorted(v * v, w)",
        "xp.searchsorted(xp.sort(v), d, side='right')",
        "xp.searchsorted(v, w, sorter=xp.argsort(v))",
    ),
    *(
        "xp.unique_all(l)",
        "xp.unique_counts(i)",
        "xp.unique_inverse(l)",
        "xp.sort(xp.unique_values(u))",
        "xp.unique_counts(n)",
    ),
    *(
        "xp.isdtype(xp.int32, 'integral')",
        "xp.isdtype(xp.float32, ('bool', 'real floating'))",
        "xp.isdtype(xp.bool, xp.bool)",
    ),
    *(
        "xp.can_cast(xp.int32, xp.float64)",
        "xp.can_cast(xp.float64, xp.int32)",
        "xp.astype(d, xp.int32)",
        "xp.take(v, xp.asarray([2, 0]))",
    ),
    *(
        "xp.matmul(d, v)",
        "xp.mean(f)",
        "xp.sum(i)",
        "xp.expand_dims(v, axis=0)",
        "xp.linspace(0, 1, 5)",
        "xp.eye(2, 3, k=1)",
    ),
    *(
        "xp.finfo(xp.float32).bits",
        "xp.iinfo(xp.uint8).max",
        "xp.iinfo(i.dtype).min",
        "xp.tril(d, k=1)",
    ),
]


@cases("call", CALLS)
def test_as_numpy(call):
    expected = eval(call, {"xp": numpy, **ARRAYS})
    found = eval(call, {"xp": xp, **{name: tf.constant(array) for name, array in ARRAYS.items()}})
    same(found, expected)


def test_descending_order_is_stable():
    x = numpy.array([2, 3, 2, 1, 3])
    assert xp.argsort(x, descending=True).numpy().tolist() == [1, 4, 0, 2, 3]
    assert xp.sort(x, descending=True).numpy().tolist() == [3, 3, 2, 2, 1]


def test_what_it_says_of_itself():
    info = xp.__array_namespace_info__()
    assert info.dtypes(kind="unsigned integer") == {name: getattr(tf, name) for name in DTYPES if name[0] == "u"}
    assert info.dtypes() == {name: getattr(xp, name) for name in DTYPES}
    assert info.default_dtypes() == {
        **{"real floating": tf.float64, "complex floating": tf.complex128},
        **{"integral": tf.int64, "indexing": tf.int64},
    }
    assert xp.asarray(1j).dtype == tf.complex128
    deepest = info.capabilities()["max dimensions"]
    assert xp.ones([1] * deepest).ndim == deepest
    with pytest.raises((tf.errors.OpError, ValueError)):
        xp.ones([1] * (deepest + 1))
    assert info.devices() == [info.default_device()] and info.capabilities()["boolean indexing"]
    assert xp.asarray(1.0).dtype == info.default_dtypes()["real floating"] and xp.asarray(1).dtype == tf.int64
    with pytest.raises(ValueError, match="there is no kind 'real' of dtypes"):
        xp.isdtype(tf.float32, "real")


def standardised(x):
    """A function written for the array API standard."""
    space = x.__array_namespace__()
    return (x - space.mean(x, axis=0)) / space.std(x, axis=0, correction=1)


def test_programs_of_the_standard_are_differentiated():
    x = tf.constant(ARRAYS["d"])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = standardised(x)
        total = xp.sum(y**3)
    numpy.testing.assert_allclose(y, standardised(ARRAYS["d"]))
    up, down = (numpy.sum(standardised(ARRAYS["d"] + step * ARRAYS["p"]) ** 3) for step in (1e-6, -1e-6))
    slope = float((tape.gradient(total, x).numpy() * ARRAYS["p"]).sum())
    assert slope == pytest.approx((up - down) / 2e-6, abs=1e-6)


DTYPES = [dtype for dtype in STANDARD if re.fullmatch(r"bool|u?int\d+|float\d+|complex\d+", dtype)]
# By the kinds of dtypes for which the standard requires them.
BY_KIND = {
    "biufc": [
        *(f"xp.{name}(x)" for name in ("isfinite", "isinf", "isnan", "all", "any", "count_nonzero", "unique_all")),
        *("xp.unique_counts(x)", "xp.unique_inverse(x)", "xp.equal(x, y)", "xp.not_equal(x, y)", "xp.concat([x, y])"),
        *("xp.stack([x, y], axis=1)", "xp.flip(x)", "xp.roll(x, 1)", "xp.reshape(x, (3, 2))", "xp.nonzero(x)"),
        *("xp.tile(x, (2, 1))", "xp.repeat(x, 2)", "xp.moveaxis(x, 0, 1)", "xp.broadcast_to(x, (2, 2, 3))"),
        *("xp.take(x, xp.asarray([1, 0]), axis=1)", "xp.where(xp.equal(x, y), x, y)", "xp.tril(x)", "xp.unstack(x)"),
        *("xp.full_like(x, 1)", "xp.asarray(x)", "x[1, ::2]", "xp.ones((2,), dtype=dtype)", "xp.eye(2, dtype=dtype)"),
        *("xp.permute_dims(x, (1, 0))", "xp.zeros_like(x)"),
    ],
    "biu": [f"xp.bitwise_{name}" for name in ("and(x, y)", "or(x, y)", "xor(x, y)", "invert(x)")],
    "iu": ["xp.bitwise_left_shift(x, xp.abs(y))", "xp.bitwise_right_shift(x, xp.abs(y))", "xp.iinfo(dtype).max"],
    "iuf": [
        *(f"xp.{name}(x)" for name in ("ceil", "floor", "trunc", "max", "min", "argmax", "argmin", "sort", "argsort")),
        *(f"xp.{name}(x, y)" for name in ("maximum", "minimum", "less", "greater_equal")),
        *("xp.floor_divide(x, y + 9)", "xp.remainder(x, y + 9)"),
    ],
    "iufc": [
        *(
            f"xp.{name}(x)"
            for name in ("abs", "negative", "positive", "sign", "square", "round", "sum", "prod", "diff")
        ),
        *(f"xp.{name}(x, y)" for name in ("add", "subtract", "multiply", "vecdot")),
        *("xp.pow(x, xp.asarray(2, dtype=dtype))", "xp.matmul(x, xp.matrix_transpose(y))", "xp.tensordot(x, y)"),
        *("xp.cumulative_sum(x, axis=1)", "xp.cumulative_prod(x, axis=0)"),
    ],
    "fc": [
        *(f"xp.{name}(x)" for name in ("acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "exp")),
        *(f"xp.{name}(x)" for name in ("log", "log1p", "log2", "log10", "sin", "sinh", "sqrt", "tan", "tanh", "mean")),
        *("xp.reciprocal(x)", "xp.divide(x, y)", "xp.expm1(x)", "xp.finfo(dtype).bits", "float(xp.finfo(dtype).max)"),
    ],
    "f": [f"xp.{name}(x, y)" for name in ("atan2", "hypot", "copysign", "logaddexp", "nextafter")],
    "c": [f"xp.{name}(x)" for name in ("conj", "imag", "real")],
}


def drawn(dtype, seed):
    random = numpy.random.default_rng(seed)
    kind = numpy.dtype(dtype).kind
    if kind in "biu":
        return random.integers(-4 if kind == "i" else 0, 2 if kind == "b" else 6, (2, 3)).astype(dtype)
    imaginary = random.uniform(-1, 1, (2, 3)) * 1j if kind == "c" else 0
    return (random.uniform(1.1, 1.9, (2, 3)) / 2 + imaginary).astype(dtype)


def parts(found):
    return [numpy.asarray(part) for part in (found if isinstance(found, tuple) else (found,))]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_as_numpy(dtype):
    kind, (x, y) = numpy.dtype(dtype).kind, (drawn(dtype, 1), drawn(dtype, 2))
    tight = 1e-5 if dtype in ("float32", "complex64") else 1e-12
    for call in (call for kinds, calls in BY_KIND.items() if kind in kinds for call in calls):
        with numpy.errstate(all="ignore"):
            expected = eval(call, {"xp": numpy, "x": x, "y": y, "dtype": numpy.dtype(dtype)})
        found = eval(call, {"xp": xp, "x": tf.constant(x), "y": tf.constant(y), "dtype": getattr(xp, dtype)})
        for ours, theirs in zip(parts(found), parts(expected), strict=True):
            assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), call
            numpy.testing.assert_allclose(ours, theirs, rtol=tight, atol=tight, err_msg=call)


KINDS = ("bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric")


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_are_promoted_and_cast_as_numpys(dtype):
    for other in DTYPES:
        pair = numpy.dtype(dtype), numpy.dtype(other)
        assert xp.result_type(getattr(xp, dtype), getattr(xp, other)).as_numpy_dtype == numpy.result_type(*pair)
        assert xp.can_cast(getattr(xp, dtype), getattr(xp, other)) == numpy.can_cast(*pair)
        if pair[1].kind in "cb" or pair[0].kind != "c":
            cast = xp.astype(tf.constant(abs(drawn(dtype, 1))), getattr(xp, other)).numpy()
            numpy.testing.assert_allclose(cast, abs(drawn(dtype, 1)).astype(other), rtol=1e-6)
    for kind in KINDS:
        assert xp.isdtype(getattr(xp, dtype), kind) == numpy.isdtype(numpy.dtype(dtype), kind)


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16])
def test_halves_are_real_floating(dtype):
    x = tf.constant([0.5, 2.0], dtype)
    assert xp.isdtype(dtype, "real floating") and xp.isdtype(dtype, "numeric") and not xp.isdtype(dtype, "integral")
    assert (xp.finfo(dtype).bits, xp.finfo(dtype).dtype) == (16, dtype)
    assert xp.result_type(dtype, tf.float32) == tf.float32 and xp.result_type(x, 1.5) == dtype
    assert xp.can_cast(dtype, tf.float32) and not xp.can_cast(tf.float32, dtype)
    sums = (xp.add(x, 1.0), [1.5, 3.0]), (xp.sum(x), 2.5), (xp.mean(x), 1.25)
    for found, expected in ((xp.square(x), [0.25, 4.0]), *sums):
        assert found.dtype == dtype
        numpy.testing.assert_array_equal(found.numpy().astype(numpy.float32), expected)
    assert xp.astype(x, tf.int32).numpy().tolist() == [0, 2]


def test_differences_of_a_huge_order_are_none_at_once():
    assert tf.array_api.diff(tf.constant([1.0, 3.0, 6.0]), n=2**40).shape == (0,)
