"""tf.test.TestCase compared with TensorFlow's: passing and failing tests, and programs that consist of tests."""

import io
import random
import unittest

import numpy as np
import pytest
import tensorflow
from compare import same

import gradtape

EXPRESSIONS = """
case.assertAllClose([1.0, 2.0], [1.0, 2.1])
case.assertAllClose([1.0, 2.0], tf.constant([1.0, 2.0]))
case.assertAllClose([1.0, 2.0], [1.0, 2.1], atol=0.2)
case.assertAllClose([1.0, 2.0], [1.0, 2.0, 3.0])
case.assertAllClose({"a": [1.0]}, {"a": [1.0]})
case.assertAllClose({"a": [1.0]}, {"b": [1.0]})
case.assertAllClose({"a": [1.0]}, {"a": [2.0]})
case.assertAllClose({"a": [1.0]}, [1.0])
case.assertAllClose([[1.0], [2.0, 3.0]], [[1.0], [2.0, 3.0]])
case.assertAllClose([[1.0], [2.0, 3.0]], [[1.0], [2.0, 4.0]])
case.assertAllClose([tf.constant([1.0]), (2.0,)], [[1.0], (2.0,)])
case.assertAllClose(float("nan"), float("nan"))
case.assertAllClose(tf.constant([1.0], tf.bfloat16), [1.0])
case.assertAllClose(tf.Variable(1.0), 1.0)
case.assertAllCloseAccordingToType(tf.constant([1.0], tf.float16), [1.0005])
case.assertAllCloseAccordingToType(tf.constant([1.0], tf.float32), [1.0005])
case.assertAllEqual([1, 2], [1, 3])
case.assertAllEqual(["a"], [b"a"])
case.assertAllEqual(tf.constant(["a"]), ["a"])
case.assertAllEqual([1, 2], [1, 2, 3])
case.assertAllEqual(tf.constant([float("nan")]), [float("nan")])
case.assertAllEqual([True], tf.constant([True]))
case.assertNotAllClose([1.0], [1.0])
case.assertNotAllClose([1.0], [1.1])
case.assertNotAllEqual([1.0], [1.0])
case.assertNotAllEqual([1.0], [2.0])
case.assertAllGreater([1.0, 2.0], 1.5)
case.assertAllGreater(tf.constant([1.0, 2.0]), 0.5)
case.assertAllLess([1.0, 2.0], 1.5)
case.assertAllGreaterEqual([1.0, 2.0], 1.5)
case.assertAllLessEqual([1.0, 2.0], 1.5)
case.assertAllLessEqual([1.0, 2.0], 2.0)
case.assertAllInRange([1.0, 2.0], 0, 1.5)
case.assertAllInRange([1.0, 2.0], 0, 2, open_upper_bound=True)
case.assertAllInRange([1.0, 2.0], 1, 2, open_lower_bound=True)
case.assertAllInRange(tf.constant([1.0, 2.0]), 0, 2)
case.assertAllInRange([float("nan")], 0, 2)
case.assertAllInSet([1, 2], [1])
case.assertAllInSet(tf.constant([1, 2]), {1, 2})
case.assertNear(1.0, 1.1, 0.01)
case.assertNear(1.0, 1.1, 0.2)
case.assertArrayNear([1.0], [1.1], 0.01)
case.assertArrayNear([1.0], [1.0, 2.0], 0.01)
case.assertNDArrayNear(np.ones(2), np.zeros(2), 0.01)
case.assertNDArrayNear(np.ones(2), np.ones(2), 0.01)
case.assertShapeEqual([1.0], [1.0])
case.assertShapeEqual(np.zeros(2), tf.zeros([3]))
case.assertShapeEqual(tf.zeros([2]), np.zeros(2))
case.assertDTypeEqual(tf.zeros([2]), tf.float32)
case.assertDTypeEqual(tf.zeros([2]), "int32")
case.assertDTypeEqual(np.zeros(2), np.float64)
case.assertLen([1], 2)
case.assertEmpty([1])
case.assertEmpty([])
case.assertNotEmpty([])
case.assertStartsWith("abc", "b")
case.assertStartsWith("abc", "a")
case.evaluate(tf.constant([1.0]))
case.evaluate({"a": tf.Variable(1.0), "b": [tf.constant(2), None]})
case.evaluate(lambda: tf.constant(1))
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_assertions(expression):
    def program(tf):
        return eval(expression, {"tf": tf, "np": np, "case": tf.test.TestCase()})

    same(program, message=expression.startswith(("case.assertNot", "case.assertLen")), compiles=False)


def raising(tf, pattern, error=None):
    case = tf.test.TestCase()
    with case.assertRaisesWithPredicateMatch(error, pattern) if error else case.assertRaisesOpError(pattern):
        if error is not KeyError:
            tf.linalg.inv([[1.0, 2.0], [2.0, 4.0]])


@pytest.mark.parametrize(
    ("pattern", "error"),
    [
        ("invertible", None),
        ("nonsense", None),
        (lambda error: "invertible" in str(error), Exception),
        ("anything", KeyError),
        ("anything", ValueError),
    ],
)
def test_expected_exceptions(pattern, error):
    same(lambda tf: raising(tf, pattern, error), message=False, compiles=False)


def cases(tf):
    class Squares(tf.test.TestCase):
        def setUp(self):
            super().setUp()
            self.x = tf.constant([1.0, 2.0])

        def test_value(self):
            with self.cached_session():
                self.assertAllClose(self.evaluate(tf.square(self.x)), [1.0, 4.0])

        def test_gradient(self):
            with tf.GradientTape() as tape:
                tape.watch(self.x)
                y = tf.square(self.x)
            self.assertAllEqual(tape.gradient(y, self.x), 2 * self.x)

        def test_failure(self):
            self.assertAllEqual(self.x, [1.0, 3.0])

        def test_folder(self):
            with open(self.get_temp_dir() + "/file", "w") as file:
                file.write("text")
            self.assertEqual(self.get_temp_dir(), self.get_temp_dir())

        def test_seeds(self):
            found.append((random.random(), float(np.random.uniform()), self.evaluate(tf.random.uniform([2]))))

    found = []
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Squares)
    result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    return result.testsRun, [test.id().split(".")[-1] for test, _ in result.failures + result.errors], found


def test_programs_of_tests():
    # TensorFlow has a test of its own that is skipped.
    (ran, *mine), (ran_there, *theirs) = cases(gradtape), cases(tensorflow)
    assert ran_there - ran == 1
    np.testing.assert_equal(mine, theirs)


def test_main_runs_the_tests_of_the_main_module(monkeypatch):
    monkeypatch.setattr(unittest, "main", lambda **keywords: keywords)
    assert callable(gradtape.test.main)
    gradtape.test.main(argv=["program"])


def test_processors():
    for target in ("x86_64", "nonsense"):
        same(lambda tf, target=target: tf.test.is_cpu_target_available(target), message=False, compiles=False)
