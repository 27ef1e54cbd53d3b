"""tf.debugging's assertions and tf.test.compute_gradient: outcomes and messages as in TensorFlow."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest
import tensorflow
from compare import neutral, run, same

import gradtape

NAMES = [name for name in vars(gradtape.debugging) if re.match("assert_|is_numeric|Assert|.*able_check", name)]


@pytest.mark.parametrize("name", [*(f"debugging.{name}" for name in NAMES), "test.compute_gradient"])
def test_signature(name: str) -> None:
    place, function = name.split(".")

    def arguments(library: Any) -> list[tuple[str, Any]]:
        parameters = inspect.signature(getattr(getattr(library, place), function)).parameters.values()
        return [(parameter.name, parameter.default) for parameter in parameters]

    assert arguments(gradtape) == arguments(tensorflow)


STATEMENTS = """
debugging.assert_equal(c([1, 2]), c([1, 3]))
debugging.assert_equal(1, 2)
debugging.assert_equal(c([1, 2]), c([1, 3]), message="mm", summarize=1)
debugging.assert_equal(c(range(10)), c(range(1, 11)))
debugging.assert_equal(c(range(10)), c(range(1, 11)), summarize=-1)
debugging.assert_equal(c([1, 2]), c([1, 3, 4]))
debugging.assert_equal(c([1, 2]), c([1.0, 3.0]))
debugging.assert_equal(c([1, 2]), [1, 2])
debugging.assert_equal(c([True]), c([False]))
debugging.assert_equal(c([1.5e-10, 2]), c([1.5, 2]))
debugging.assert_equal(c([[1, 2], [3, 4]]), c([[1, 2], [3, 5]]))
debugging.assert_equal(tf.Variable([1.0]), tf.Variable([2.0]))
debugging.assert_none_equal(c([1, 2]), c([1, 3]))
debugging.assert_none_equal(c([1, 2]), c([1, 3]), message="m")
debugging.assert_none_equal(c([1, 2]), c([2, 3]))
debugging.assert_less(c([1.0, 2]), c([1.0, 3]))
debugging.assert_less([], [])
debugging.assert_less(c(3.0), c([4.0, 2]))
debugging.assert_less(1, 0, message="m")
debugging.assert_less(c([float("nan")]), 1.0)
debugging.assert_less_equal(c([1.0, 2]), c([1.0, 1]))
debugging.assert_greater(c([1.0, 2]), c([1.0, 1]))
debugging.assert_greater_equal(c([1.0, 2]), c([1.0, 4]))
debugging.assert_greater_equal(c([1.0, 4]), c([1.0, 4]))
debugging.assert_near(1.0, 1.1)
debugging.assert_near(1.0, 1.0)
debugging.assert_near(1.0, 1.0, rtol=0.0, atol=0.0)
debugging.assert_near(1.0, 1.5, atol=1)
debugging.assert_near(1.0, 1.5, rtol=c(0.25), message="m")
debugging.assert_near(c([1.0, 2, 3, 4, 5]), c([1.0, 2, 3, 4, 5.1]), message="x")
debugging.assert_near(1, 2)
debugging.assert_near(c(1.0, tf.float64), 1.0 + 1e-14)
debugging.assert_positive(c([1.0, -2, 0]))
debugging.assert_positive(c([1, 2]))
debugging.assert_positive(c(-1.0))
debugging.assert_positive(c([-1, 2, 3, 4]), summarize=2)
debugging.assert_negative(c([1.0, -2, 0]), message="m")
debugging.assert_non_negative(c([1.0, -2, 0]))
debugging.assert_non_positive(c([1.0, -2, 0]))
debugging.assert_non_positive([])
debugging.assert_rank(c([1.0, -2, 0]), 2)
debugging.assert_rank(c([1.0, -2, 0]), 2, message="m")
debugging.assert_rank(c([1.0, -2, 0]), 1)
debugging.assert_rank(c([1.0, -2, 0]), 1.5)
debugging.assert_rank(c([1.0, -2, 0]), [1])
debugging.assert_rank_at_least(c([1.0, -2, 0]), 2)
debugging.assert_rank_at_least(c([1.0, -2, 0]), 2, message="m")
debugging.assert_rank_at_least(c([1.0, -2, 0]), 0)
debugging.assert_rank_in(c([1.0, -2, 0]), (2, 3))
debugging.assert_rank_in(c([1.0, -2, 0]), (2, 3), message="m")
debugging.assert_rank_in(c([1.0, -2, 0]), (1, 3))
debugging.assert_shapes([(c([1.0, 2]), ("N",)), (c([1.0, 2, 3]), ("N",))])
debugging.assert_shapes([(c([1.0, 2]), ("N",)), (c([[1.0, 2, 3]]), ("N", "M"))])
debugging.assert_shapes([(c([1.0, 2]), ("N", "M"))])
debugging.assert_shapes([(c([1.0, 2]), (3,))])
debugging.assert_shapes([(c([1.0, 2]), (2,))])
debugging.assert_shapes([(c([1.0, 2]), None)])
debugging.assert_shapes([(c([[1.0, 2]]), ("...", 2))])
debugging.assert_shapes([(c([[1.0, 2]]), ("...", 3))])
debugging.assert_shapes([(c([[1.0, 2]]), (..., 2))])
debugging.assert_shapes([(c([[1.0, 2]]), (..., 1, 1, 2))])
debugging.assert_shapes([(c([[1.0, 2]]), (1, ...))])
debugging.assert_shapes([(c([[1.0, 2]]), ("*", 3)), (c(1.0), ())], message="m")
debugging.assert_shapes([(c([[1.0, 2]]), "NM"), (c([2.0, 3]), "M")])
debugging.assert_shapes([(c([[1.0, 2]]), (None, 2)), (c(1.0), 1)])
debugging.assert_shapes([(c([[1.0, 2]]), (".", "M")), (c([1.0, 2, 3]), "M")])
debugging.assert_shapes([(c([[1.0, 2]]), (1, 2, 3))])
debugging.assert_shapes([(1.0, (2,))])
debugging.assert_shapes([(1.0, (1,)), (2.0, ("N",)), (c([1.0]), "N")])
debugging.assert_type(c(1.0), tf.int32)
debugging.assert_type(c(1.0), tf.int32, message="m")
debugging.assert_type(1.0, tf.float32)
debugging.assert_integer(c(1.0))
debugging.assert_integer(c(1.0), message="m")
debugging.assert_integer(1)
debugging.assert_all_finite(c([1.0, float("nan")]), "msg")
debugging.assert_all_finite(c([1.0, float("inf")]), "msg")
debugging.assert_all_finite([1.0], "msg")
debugging.assert_same_float_dtype([c(1.0), c(2.0, tf.float64)])
debugging.assert_same_float_dtype([c(1.0), c(2.0)])
debugging.assert_same_float_dtype([None, c(1.0, tf.float64), None])
debugging.assert_same_float_dtype([c(1)])
debugging.assert_same_float_dtype()
debugging.assert_same_float_dtype([c(1.0)], tf.float64)
debugging.assert_same_float_dtype([], tf.int32)
debugging.assert_same_float_dtype([], tf.float64)
debugging.assert_scalar(c([1.0]))
debugging.assert_scalar(c([1.0]), message="m")
debugging.assert_scalar(1.0)
debugging.assert_proper_iterable(c([1.0]))
debugging.assert_proper_iterable(np.ones(2))
debugging.assert_proper_iterable("abc")
debugging.assert_proper_iterable([1])
debugging.assert_proper_iterable(5)
debugging.is_numeric_tensor(c(1.0))
debugging.is_numeric_tensor(c(True))
debugging.is_numeric_tensor(1.0)
debugging.is_numeric_tensor(tf.Variable(1.0))
debugging.Assert(c(False), [c([1, 2, 3, 4]), "abc"])
debugging.Assert(False, [c([1, 2, 3, 4])], summarize=2)
debugging.Assert(False, [c([1, 2, 3, 4])], summarize=-1)
debugging.Assert(True, [c([1, 2, 3, 4])])
debugging.Assert(c([True, False]), [c([1, 2, 3, 4])])
debugging.Assert(c([False]), [c([1.5]), 2, c(True)])
debugging.Assert(False, [tf.reshape(c(range(24)), (2, 3, 4))])
debugging.Assert(False, [])
debugging.Assert(False, c([1, 2]))
debugging.check_numerics(c([1.0, float("nan")]), "msg")
debugging.check_numerics(c([1.0, -float("inf"), float("nan")]), "msg")
debugging.check_numerics(1.0, "msg")
"""


@pytest.mark.parametrize("statement", STATEMENTS.strip().splitlines())
def test_assertion(statement: str) -> None:
    def program(tf: Any) -> Any:
        names = {"tf": tf, "c": tf.constant, "np": np}
        return eval(f"tf.{statement}", names)

    same(program)


@pytest.mark.parametrize("name", ["Assert", "assert_equal", "assert_greater", "assert_less", "assert_rank"])
def test_assertions_at_the_top(name: str) -> None:
    assert getattr(gradtape, name) is getattr(gradtape.debugging, name)


EXAMINED = {
    "of an op": lambda tf: tf.math.log(tf.constant([-1.0, 0, 2])),
    "of an operator": lambda tf: tf.constant(1.0) / 0.0,
    "of a product": lambda tf: tf.matmul([[1e38, 1e38]], [[1e38], [1.0]]),
    "that overflows": lambda tf: tf.exp(tf.constant([[100.0, 1.0]])),
    "of a cast": lambda tf: tf.cast(tf.constant(1e300, tf.float64), tf.float32),
    "that came in": lambda tf: tf.concat([tf.constant([float("nan"), float("-inf"), float("inf")])], 0) + 1,
    "that is passed on": lambda tf: tf.maximum(tf.reshape(tf.constant(float("nan")), [1]), 1.0),
    "of a softmax": lambda tf: tf.nn.log_softmax([float("nan"), 1.0]),
    "of none": lambda tf: tf.sqrt([1.0, 2.0]),
}


@pytest.mark.parametrize("program", EXAMINED.values(), ids=list(EXAMINED))
def test_examined_results(program: Any) -> None:
    """The message is TensorFlow's, with the lines of the program added."""

    def outcome(library: Any) -> Any:
        library.debugging.enable_check_numerics()
        try:
            return run(library, program)
        finally:
            library.debugging.disable_check_numerics()

    expected, actual = outcome(tensorflow), outcome(gradtape)
    message = re.sub(r"  at .*\n", "", actual.message)
    assert (actual.exception, message) == (expected.exception, neutral(expected.message))
    np.testing.assert_equal(actual.result, expected.result)


def test_examined_gradient() -> None:
    def program(tf: Any) -> Any:
        x = tf.constant(0.0)
        tf.debugging.enable_check_numerics()
        try:
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.sqrt(x)
            return tape.gradient(y, x)
        except tf.errors.InvalidArgumentError as error:
            return re.findall(r"!!!.*!!!|# of.*|Tensor had.*", str(error))
        finally:
            tf.debugging.disable_check_numerics()

    same(program)


GRADIENTS = {
    "two arguments": lambda tf: tf.test.compute_gradient(lambda x, y: x * y, [tf.constant([1.0, 2]), [3.0, 4]]),
    "a step of its own": lambda tf: tf.test.compute_gradient(tf.square, [tf.constant([1.0, 2])], delta=0.1),
    "double precision": lambda tf: tf.test.compute_gradient(tf.exp, [tf.constant([[1.0, 2]], tf.float64)]),
    "rows": lambda tf: tf.test.compute_gradient(lambda x: tf.gather(x, [1, 1, 0]), [[1.0, 3.0]]),
    "unconnected": lambda tf: tf.test.compute_gradient(lambda x: tf.constant(2.0), [[1.0, 3.0]]),
    "empty": lambda tf: tf.test.compute_gradient(lambda x: x, [tf.zeros((0, 2))]),
    "one tensor twice": lambda tf: tf.test.compute_gradient(lambda x, y: x * x * y, [tf.constant([1.0])] * 2),
    "no list": lambda tf: tf.test.compute_gradient(tf.square, tf.constant([1.0])),
    "integers": lambda tf: tf.test.compute_gradient(lambda x: tf.cast(x, tf.float32), [tf.constant(1)]),
    "integral results": lambda tf: tf.test.compute_gradient(lambda x: tf.cast(x, tf.int32), [tf.constant(1.0)]),
}


@pytest.mark.parametrize("program", GRADIENTS.values(), ids=list(GRADIENTS))
def test_compute_gradient(program: Any) -> None:
    same(program, rtol=1e-6, atol=1e-3)
