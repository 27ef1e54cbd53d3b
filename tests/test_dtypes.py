"""Element types: names, conversions, bounds and comparison."""

import copy
import pickle

import numpy as np
import pytest

import gradtape
from gradtape._src.core import dtypes

NAMES = ["float32", "float64", "int32", "int64", "uint8", "bool"]


# In the engine's order: floating, complex, integers, bool.
BY_CODE = [
    *("float32", "float64", "float16", "bfloat16", "complex64", "complex128"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"),
]


@pytest.mark.parametrize("code, name", list(enumerate(BY_CODE)))
def test_each_type_describes_itself(code, name):
    dtype = getattr(dtypes, name)
    numpy_dtype = np.dtype(dtype.as_numpy_dtype)
    assert dtype is dtypes.DTYPES[code]
    assert (dtype.code, dtype.name, dtype.size) == (code, name, numpy_dtype.itemsize)
    assert dtype.as_numpy_dtype is numpy_dtype.type
    kinds = (dtype.is_floating, dtype.is_complex, dtype.is_integer, dtype.is_bool)
    assert kinds == (code < 4, 4 <= code < 6, 6 <= code < 14, code == 14)
    assert repr(dtype) == f"tf.{name}"
    assert str(dtype) == f"<dtype: '{name}'>"
    assert pickle.loads(pickle.dumps(dtype)) is dtype
    assert copy.deepcopy(dtype) is dtype


@pytest.mark.parametrize(
    "value, name",
    [
        *[(name, name) for name in NAMES],
        *[(np.dtype(name), name) for name in NAMES],
        *[(np.dtype(name).type, name) for name in NAMES],
        ("float", "float32"),
        ("double", "float64"),
        (float, "float32"),
        (bool, "bool"),
        (1, "float32"),
        (9, "int64"),
        (np.dtype(">f4"), "float32"),
        (np.longlong, "int64"),
        (np.zeros(2), "float64"),
    ],
)
def test_as_dtype_accepts_what_names_a_type(value, name):
    assert dtypes.as_dtype(value) is getattr(dtypes, name)
    assert getattr(dtypes, name) == value
    assert hash(getattr(dtypes, name)) == hash(dtypes.as_dtype(value))


@pytest.mark.parametrize("value", ["int", "f4", "<f4", "", int, str, None, 3.5, -1, [1], (1, 2), np.longdouble])
def test_as_dtype_refuses_what_names_none(value):
    with pytest.raises(TypeError) as caught:
        dtypes.as_dtype(value)
    assert str(caught.value) == f"Cannot convert the argument `type_value`: {value!r} to a TensorFlow DType."
    assert dtypes.float32 != value


@pytest.mark.parametrize(
    "value, name",
    [
        ("resource", "resource"),
        ("qint8", "qint8"),
    ],
)
def test_a_type_that_only_tensorflow_has_is_named_with_the_remedy(value, name):
    with pytest.raises(TypeError) as caught:
        dtypes.as_dtype(value)
    assert str(caught.value) == (
        f"gradtape has no dtype '{name}': the supported dtypes are float32, float64, float16, bfloat16, complex64, "
        "complex128, int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool."
    )
    assert dtypes.float32 != value


@pytest.mark.parametrize("value", ["string", np.str_, np.array(["a"]), np.dtype("S3"), np.object_, object, 7])
def test_text_is_a_type_that_ops_do_not_take(value):
    assert dtypes.as_dtype(value) is dtypes.string
    assert (repr(dtypes.string), str(dtypes.string), dtypes.string.size) == ("tf.string", "<dtype: 'string'>", 0)
    assert not dtypes.string.is_numeric
    assert dtypes.float32 != value
    assert gradtape.zeros([2], value).numpy().tolist() == [b"", b""]
    with pytest.raises(TypeError, match=r"^Tensors of dtype string are made by tf\.constant"):
        gradtape.ones([2], value)


def test_bounds():
    assert dtypes.float32.max == np.finfo("f4").max and type(dtypes.float32.max) is np.float32
    assert dtypes.float64.min == np.finfo("f8").min
    assert (dtypes.int32.min, dtypes.int32.max) == (-(2**31), 2**31 - 1)
    assert dtypes.uint8.limits == (0, 255)
    assert dtypes.int64.limits == (0, 2**63 - 1)
    assert dtypes.float32.limits == (0, 1)
    assert dtypes.bool.limits == (0, True)
    with pytest.raises(TypeError, match=r"^Cannot find minimum value of <dtype: 'bool'> with type <dtype: 'bool'>.$"):
        _ = dtypes.bool.min


def test_a_type_does_not_change():
    with pytest.raises(AttributeError, match=r"^property 'name' of 'DType' object has no setter$"):
        dtypes.float32.name = "other"
