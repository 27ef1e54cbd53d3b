"""Formatting of tensors and variables; every string was printed by TensorFlow 2.21."""

import numpy as np
import pytest

from gradtape._src.core.formatting import tensor_format, tensor_repr, tensor_str, variable_repr

F4, F8, I4 = "float32", "float64", "int32"


@pytest.mark.parametrize(
    "value, dtype, shown, printed",
    [
        (36, F4, "shape=(), dtype=float32, numpy=36.0", "36.0, shape=(), dtype=float32"),
        (0.1, F4, "shape=(), dtype=float32, numpy=0.10000000149011612", "0.1, shape=(), dtype=float32"),
        (np.nan, F4, "shape=(), dtype=float32, numpy=nan", "nan, shape=(), dtype=float32"),
        (-np.inf, F4, "shape=(), dtype=float32, numpy=-inf", "-inf, shape=(), dtype=float32"),
        (1 / 3, F8, "shape=(), dtype=float64, numpy=0.3333333333333333", "0.3333333333333333, shape=(), dtype=float64"),
        (3, I4, "shape=(), dtype=int32, numpy=3", "3, shape=(), dtype=int32"),
        (True, "bool", "shape=(), dtype=bool, numpy=True", "True, shape=(), dtype=bool"),
        (
            [1, 2],
            F4,
            "shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)",
            "[1. 2.], shape=(2,), dtype=float32",
        ),
        (
            [True, False],
            "bool",
            "shape=(2,), dtype=bool, numpy=array([ True, False])",
            "[ True False], shape=(2,), dtype=bool",
        ),
        (
            [[1, 2], [3, 4]],
            F4,
            "shape=(2, 2), dtype=float32, numpy=\narray([[1., 2.],\n       [3., 4.]], dtype=float32)",
            "\n[[1. 2.]\n [3. 4.]], shape=(2, 2), dtype=float32",
        ),
        (
            np.zeros((0, 3)),
            F4,
            "shape=(0, 3), dtype=float32, numpy=array([], shape=(0, 3), dtype=float32)",
            "[], shape=(0, 3), dtype=float32",
        ),
    ],
)
def test_tensors(value, dtype, shown, printed):
    array = np.array(value, dtype)
    assert tensor_repr(array, dtype) == f"<tf.Tensor: {shown}>"
    assert tensor_str(array, dtype) == f"tf.Tensor({printed})"
    assert variable_repr(array, dtype, "w:0") == f"<tf.Variable 'w:0' {shown.replace(', dtype=', ' dtype=', 1)}>"


def test_a_long_tensor_is_summarised():
    text = tensor_str(np.arange(2000, dtype=I4), I4)
    assert text == "tf.Tensor([   0    1    2 ... 1997 1998 1999], shape=(2000,), dtype=int32)"


@pytest.mark.parametrize(
    "value, dtype, spec, text",
    [
        (36, F4, "", "36.0"),
        (1 / 3, F4, "", "0.3333333432674408"),
        (36, F4, "5.4f", "36.0000"),
        (36, F4, "5.4", " 36.0"),
        (36, F4, ">10", "      36.0"),
        (np.nan, F4, "06.2f", "000nan"),
        (3, I4, "", "3"),
        (3, I4, "d", "3"),
        (3, I4, ".2f", "3.00"),
        (True, "bool", "", "True"),
        (True, "bool", "d", "1"),
        ([1, 2], F4, "", "[1. 2.]"),
        ([[1, 2], [3, 4]], F4, "", "[[1. 2.]\n [3. 4.]]"),
    ],
)
def test_format(value, dtype, spec, text):
    assert tensor_format(np.array(value, dtype), spec) == text


def test_format_refuses_what_numpy_refuses():
    with pytest.raises(TypeError, match=r"^unsupported format string passed to numpy.ndarray.__format__$"):
        tensor_format(np.zeros(2), ".2f")
    with pytest.raises(ValueError, match=r"^Unknown format code 'd' for object of type 'float'$"):
        tensor_format(np.zeros(()), "d")
    with pytest.raises(ValueError, match=r"^Precision not allowed in integer format specifier$"):
        tensor_format(np.array(3), ".4")
