"""The array API: the names of the standard, and NumPy's values and dtypes."""

from __future__ import annotations

import numpy
import pytest

import gradtape as tf
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
    "bool",
    "int32",
    "int64",
    "uint8",
    "float32",
    "float64",
    "__array_namespace_info__",
    "__array_api_version__",
]


def test_names():
    assert {name for name in STANDARD if not hasattr(xp, name)} == {"conj", "imag", "real"}
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


@pytest.mark.parametrize("call", CALLS)
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
    assert info.dtypes(kind="integral") == {"uint8": tf.uint8, "int32": tf.int32, "int64": tf.int64}
    assert set(info.dtypes()) == {"bool", "uint8", "int32", "int64", "float32", "float64"}
    assert info.default_dtypes() == {"real floating": tf.float64, "integral": tf.int64, "indexing": tf.int64}
    assert info.devices() == [info.default_device()] and info.capabilities()["boolean indexing"]
    assert xp.asarray(1.0).dtype == info.default_dtypes()["real floating"] and xp.asarray(1).dtype == tf.int64
    with pytest.raises(ValueError, match="there is no kind 'real' of dtypes"):
        xp.isdtype(tf.float32, "real")


def standardised(x):
    """A function as libraries write them that know the standard alone."""
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
