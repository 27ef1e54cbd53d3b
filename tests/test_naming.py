"""Name scopes prefix variables' names; operators defer to the other operand; open shapes; decorators."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import gradtape as tf


def test_scopes_nest_and_end() -> None:
    with tf.name_scope("a") as outer, tf.name_scope("b") as inner:
        v = tf.Variable(1.0, name="w")
        with tf.name_scope("c/") as alone, tf.name_scope("d") as below:
            u = tf.Variable(1.0)
        with tf.name_scope("") as none:
            w = tf.Variable(1.0)
    assert (outer, inner, alone, below, none) == ("a/", "a/b/", "c/", "c/d/", "")
    assert (v.name, u.name, w.name) == ("a/b/w:0", "c/d/Variable:0", "Variable:0")
    assert tf.Variable(1.0).name == "Variable:0"


def test_a_scope_ends_with_an_error_and_is_its_threads_own() -> None:
    names = []
    with pytest.raises(KeyError), tf.name_scope("a"):
        other = threading.Thread(target=lambda: names.append(tf.Variable(1.0).name))
        other.start()
        other.join()
        raise KeyError
    assert names == [tf.Variable(1.0).name] == ["Variable:0"]


@pytest.mark.parametrize("name", [None, 3])
def test_a_scope_is_named_by_text(name: Any) -> None:
    with pytest.raises(ValueError, match="name for name_scope must be a string"):
        tf.name_scope(name)


def test_the_scope_of_a_module() -> None:
    class Layer(tf.Module):
        @tf.Module.with_name_scope
        def build(self) -> None:
            self.weight = tf.Variable(1.0, name="weight")

    with tf.name_scope("model"):
        layer = Layer(name="first")
    layer.build()
    assert (layer.name, layer.name_scope.name, layer.weight.name) == ("first", "model/first/", "model/first/weight:0")


@pytest.mark.parametrize("left", [tf.constant([[1.0]]), tf.Variable([[1.0]])], ids=["tensor", "variable"])
def test_operators_ask_the_other_operand(left: Any) -> None:
    class Other:
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(name)

    operators = {
        "+": "radd", "-": "rsub", "*": "rmul", "/": "rtruediv", "//": "rfloordiv", "%": "rmod", "**": "rpow",
        "@": "rmatmul", "&": "rand", "|": "ror", "^": "rxor",
    }  # fmt: skip
    for reflected in operators.values():
        setattr(Other, f"__{reflected}__", lambda self, other, reflected=reflected: reflected)
    for sign, reflected in operators.items():
        assert eval(f"left {sign} other", {"left": left, "other": Other()}) == reflected
        with pytest.raises((TypeError, ValueError)):
            eval(f"left {sign} other", {"left": left, "other": object()})


def test_a_modulus_is_refused() -> None:
    for arguments in ((tf.constant(2), 3, 5), (tf.Variable(2), 3, 5), (2, tf.constant(3), 5)):
        with pytest.raises(TypeError, match="unsupported operand type"):
            pow(*arguments)


def test_gradients_of_a_variable_whose_shape_is_open() -> None:
    v = tf.Variable([1.0, 2.0], shape=tf.TensorShape([None]))
    for value in ([3.0], [4.0] * 40, [5.0, 6.0, 7.0]):
        held = v.value()
        before = held.numpy()
        assert v.assign(value).shape == tf.TensorShape([None])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(v * v)
        np.testing.assert_array_equal(tape.gradient(loss, v), 2 * np.array(value))
        np.testing.assert_array_equal(held, before)
    with pytest.raises(ValueError, match=r"The variable shape \(None,\), and the assigned value shape \(1, 1\)"):
        v.assign([[1.0]])


def test_functions_as_decorators() -> None:
    @tf.py_function(Tout=tf.float32)
    def double(x: Any) -> Any:
        return 2 * x

    @tf.numpy_function(Tout=[tf.float32])
    def halve(x: Any) -> Any:
        return x / 2

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = double(x)
    assert float(tape.gradient(y, x)) == 2.0 and double.__name__ == "double"
    assert float(halve(x)[0]) == 1.5


def test_the_largest_over_channels_has_the_gradient() -> None:
    x = tf.constant([[[[1.0, 3.0, 4.0, 2.0]]]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.max_pool2d(x, [1, 1, 1, 2], [1, 1, 1, 2], "VALID")
    np.testing.assert_array_equal(tape.gradient(y, x), [[[[0.0, 1.0, 1.0, 0.0]]]])


def test_coordinates_outside_are_left_out() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        read = tf.gather_nd(x, [[0, 1], [0, 7], [-1, 0]], bad_indices_policy="IGNORE")
        put = tf.scatter_nd([[1], [9]], x, [2, 2], bad_indices_policy="IGNORE")
    np.testing.assert_array_equal(read, [2.0, 0.0, 0.0])
    np.testing.assert_array_equal(tape.gradient(read, x), [[0.0, 1.0], [0.0, 0.0]])
    np.testing.assert_array_equal(put, [[0.0, 0.0], [1.0, 2.0]])
    np.testing.assert_array_equal(tape.gradient(put, x), [[1.0, 1.0], [0.0, 0.0]])


def test_stitching_refuses_two_dtypes() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"input #3.* a double tensor but is a float"):
        tf.dynamic_stitch([[0], [1]], [tf.constant([1.0], tf.float64), tf.constant([1.0])])
