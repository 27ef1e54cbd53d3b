"""tf.test.TestCase: unittest's, with assertions about tensors."""

from __future__ import annotations

import contextlib
import os
import random
import re
import tempfile
import unittest
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, nest
from gradtape._src.core.errors import OpError
from gradtape._src.ops.indexed_slices import IndexedSlices
from gradtape._src.random.stateful import set_seed

_SEED = 87654321


class TestCase(unittest.TestCase):
    """A `unittest.TestCase` with assertions about tensors, arrays and structures of them.

    Before each test the seeds of Python, NumPy and the library are set.

    Args:
      methodName: the method that is the test.

    Raises:
      ValueError: the class has no method of the name.
      TypeError: methodName is not text.

    Example:
      >>> class SquareTest(tf.test.TestCase):
      ...     def test_square(self):
      ...         self.assertAllClose(tf.square([1.0, 2.0]), [1.0, 4.0])
      >>> SquareTest("test_square").run().wasSuccessful()
      True
    """

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        self._folder: str | None = None

    def setUp(self) -> None:
        """Sets the seeds; a test class that overrides it must call this one.

        Example:
          >>> tf.test.TestCase().setUp()
        """
        super().setUp()
        random.seed(_SEED)
        np.random.seed(_SEED)
        set_seed(_SEED)

    def get_temp_dir(self) -> str:
        """A folder for files of this test, the same one each time, which is removed after it.

        Returns:
          Its path.

        Example:
          >>> import os
          >>> test = tf.test.TestCase()
          >>> os.path.isdir(test.get_temp_dir())
          True
          >>> test.doCleanups()
          True
        """
        if self._folder is None:
            folder = tempfile.TemporaryDirectory()
            self.addCleanup(folder.cleanup)
            self._folder = folder.name
        return os.fspath(self._folder)

    @contextlib.contextmanager
    def session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = True, force_gpu: bool = False
    ) -> Iterator[None]:
        """A context manager without effect, as there are no sessions.

        Args:
          graph, config, use_gpu, force_gpu: not used.

        Returns:
          A context.

        Example:
          >>> with tf.test.TestCase().session():
          ...     tf.square(3.0).numpy()
          np.float32(9.0)
        """
        yield

    cached_session = session

    def evaluate(self, tensors: Any) -> Any:
        """The values of tensors.

        Args:
          tensors: a tensor, a structure of tensors, or a function that returns such.

        Returns:
          The same structure of arrays.

        Example:
          >>> tf.test.TestCase().evaluate({"a": tf.constant([1, 2])})
          {'a': array([1, 2], dtype=int32)}
        """
        if callable(tensors) and not isinstance(tensors, Tensor | BaseVariable):
            tensors = tensors()
        return nest.map_structure(_value, tensors)

    def assertAllClose(self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None) -> None:
        """Fails unless all elements are near each other: |a - b| <= atol + rtol * |b|.

        Args:
          a, b: tensors, arrays, or structures of such with the same keys and positions.
          rtol: the relative tolerance.
          atol: the absolute tolerance.
          msg: a prefix of the failure's message.

        Raises:
          AssertionError: values, shapes or structures differ.

        Example:
          >>> tf.test.TestCase().assertAllClose(tf.constant([1.0, 2.0]), [1.0, 2.0000001])
        """
        self._close(a, b, lambda *_: (rtol, atol), msg, "")

    def assertAllCloseAccordingToType(
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: str | None = None,
    ) -> None:
        """`assertAllClose` with the tolerance of the less precise dtype of the two.

        Args:
          a, b: tensors, arrays, or structures of such with the same keys and positions.
          rtol, atol: for float64 and other dtypes.
          float_rtol, float_atol: for float32 and complex64.
          half_rtol, half_atol: for float16.
          bfloat16_rtol, bfloat16_atol: for bfloat16.
          msg: a prefix of the failure's message.

        Raises:
          AssertionError: values, shapes or structures differ.

        Example:
          >>> tf.test.TestCase().assertAllCloseAccordingToType(tf.constant([1.0], tf.float16), [1.0005])
        """

        def allowed(*arrays: np.ndarray) -> tuple[float, float]:
            names = {array.dtype.name for array in arrays}
            relative, absolute = rtol, atol
            for kinds, kind_rtol, kind_atol in (
                ({"float32", "complex64"}, float_rtol, float_atol),
                ({"float16"}, half_rtol, half_atol),
                ({"bfloat16"}, bfloat16_rtol, bfloat16_atol),
            ):
                if names & kinds:
                    relative, absolute = max(relative, kind_rtol), max(absolute, kind_atol)
            return relative, absolute

        self._close(a, b, allowed, msg, "")

    def _close(self, a: Any, b: Any, allowed: Any, msg: str | None, place: str) -> None:
        if isinstance(a, Mapping) or isinstance(b, Mapping):
            if not (isinstance(a, Mapping) and isinstance(b, Mapping)):
                raise ValueError(f"Can't compare dict to non-dict, a{place} vs b{place}. {msg or ''}")
            self.assertCountEqual(a, b, f"mismatched keys at {place or 'the top'}. {msg or ''}")
            for key in a:
                self._close(a[key], b[key], allowed, msg, f"{place}[{key}]")
            return
        if isinstance(a, list | tuple) and isinstance(b, list | tuple) and not _regular(a, b):
            self.assertEqual(len(a), len(b), f"Length mismatch at {place or 'the top'}. {msg or ''}")
            for number, (one, other) in enumerate(zip(a, b, strict=True)):
                self._close(one, other, allowed, msg, f"{place}[{number}]")
            return
        one, other = _array(a), _array(b)
        self.assertEqual(
            one.shape, other.shape, f"Shape mismatch: expected {one.shape}, got {other.shape}. {msg or ''}"
        )
        rtol, atol = allowed(one, other)
        wide: list[Any] = [x.astype(np.float64) if x.dtype.kind not in "iufcb" else x for x in (one, other)]
        said = f"Mismatched value: a{place} is different from b{place}. {msg or ''}"
        np.testing.assert_allclose(wide[0], wide[1], rtol=rtol, atol=atol, equal_nan=True, err_msg=said)

    def _same_shape(self, a: np.ndarray, b: np.ndarray, msg: str | None) -> None:
        self.assertEqual(a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}. {msg or ''}")

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Fails unless all elements are equal, NaN to NaN.

        Args:
          a, b: tensors, arrays, or lists of numbers or strings.
          msg: a prefix of the failure's message.

        Raises:
          AssertionError: values or shapes differ.

        Example:
          >>> tf.test.TestCase().assertAllEqual(tf.range(3), [0, 1, 2])
        """
        one, other = _array(a), _array(b)
        self.assertEqual(
            one.shape, other.shape, f"Shape mismatch: expected {one.shape}, got {other.shape}. {msg or ''}"
        )
        np.testing.assert_array_equal(_bytes(one), _bytes(other), err_msg=msg or "")

    def assertNotAllClose(self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None) -> None:
        """Fails if all elements are near each other; see `assertAllClose`.

        Args:
          a, b: tensors, arrays, or structures of such.
          rtol: the relative tolerance.
          atol: the absolute tolerance.
          msg: a suffix of the failure's message.

        Raises:
          AssertionError: they are near.

        Example:
          >>> tf.test.TestCase().assertNotAllClose([1.0], [1.1])
        """
        try:
            self.assertAllClose(a, b, rtol, atol)
        except AssertionError:
            return
        raise AssertionError(f"The two values are close at all elements. {msg or ''}")

    def assertNotAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Fails if all elements are equal.

        Args:
          a, b: tensors, arrays, or lists of numbers or strings.
          msg: a suffix of the failure's message.

        Raises:
          AssertionError: they are equal.

        Example:
          >>> tf.test.TestCase().assertNotAllEqual([1], [2])
        """
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        raise AssertionError(f"The two values are equal at all elements. {msg or ''}")

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """Fails unless all elements are greater than a number.

        Args:
          a: a tensor or array.
          comparison_target: the number.

        Raises:
          AssertionError: the least element is not greater.

        Example:
          >>> tf.test.TestCase().assertAllGreater([1.0, 2.0], 0.5)
        """
        self.assertGreater(np.min(_array(a)), comparison_target)

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """Fails unless all elements are less than a number.

        Args:
          a: a tensor or array.
          comparison_target: the number.

        Raises:
          AssertionError: the largest element is not less.

        Example:
          >>> tf.test.TestCase().assertAllLess([1.0, 2.0], 2.5)
        """
        self.assertLess(np.max(_array(a)), comparison_target)

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """Fails unless all elements are a number or greater.

        Args:
          a: a tensor or array.
          comparison_target: the number.

        Raises:
          AssertionError: the least element is less.

        Example:
          >>> tf.test.TestCase().assertAllGreaterEqual([1.0, 2.0], 1.0)
        """
        self.assertGreaterEqual(np.min(_array(a)), comparison_target)

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """Fails unless all elements are a number or less.

        Args:
          a: a tensor or array.
          comparison_target: the number.

        Raises:
          AssertionError: the largest element is greater.

        Example:
          >>> tf.test.TestCase().assertAllLessEqual([1.0, 2.0], 2.0)
        """
        self.assertLessEqual(np.max(_array(a)), comparison_target)

    def assertAllInRange(
        self,
        target: Any,
        lower_bound: Any,
        upper_bound: Any,
        open_lower_bound: bool = False,
        open_upper_bound: bool = False,
    ) -> None:
        """Fails unless all elements are between two numbers.

        Args:
          target: a tensor or array of numbers.
          lower_bound, upper_bound: the numbers.
          open_lower_bound, open_upper_bound: whether elements must not be these.

        Raises:
          AssertionError: some elements do not.

        Example:
          >>> tf.test.TestCase().assertAllInRange([0.0, 0.5], 0.0, 1.0, open_upper_bound=True)
        """
        values = _array(target)
        below = values <= lower_bound if open_lower_bound else values < lower_bound
        above = values >= upper_bound if open_upper_bound else values > upper_bound
        outside = below | above | (values != values)
        if np.any(outside):
            left, right = "(" if open_lower_bound else "[", ")" if open_upper_bound else "]"
            raise AssertionError(
                f"{np.count_nonzero(outside)} of the {values.size} element(s) are outside the range "
                f"{left}{lower_bound}, {upper_bound}{right}: {values[outside]} at {np.argwhere(outside).tolist()}"
            )

    def assertAllInSet(self, target: Any, expected_set: Any) -> None:
        """Fails unless all elements are among some values.

        Args:
          target: a tensor or array.
          expected_set: the values.

        Raises:
          AssertionError: some elements are not.

        Example:
          >>> tf.test.TestCase().assertAllInSet([0, 1, 1], {0, 1})
        """
        others = np.setdiff1d(_array(target), list(expected_set))
        if others.size:
            raise AssertionError(f"{others.size} unique element(s) are not in the set {expected_set}: {others}")

    def assertNear(self, f1: Any, f2: Any, err: Any, msg: str | None = None) -> None:
        """Fails unless two numbers are near each other.

        Args:
          f1, f2: the numbers.
          err: the maximum difference.
          msg: a suffix of the failure's message.

        Raises:
          AssertionError: they are further apart.

        Example:
          >>> tf.test.TestCase().assertNear(1.0, 1.05, 0.1)
        """
        self.assertTrue(
            f1 == f2 or abs(f1 - f2) <= err,
            f"{f1:f} != {f2:f} +/- {err:f} (difference: {abs(f1 - f2)}){f' {msg}' if msg else ''}",
        )

    def assertArrayNear(self, farray1: Any, farray2: Any, err: Any, msg: str | None = None) -> None:
        """Fails unless the numbers of two lists are near each other.

        Args:
          farray1, farray2: the lists.
          err: the maximum difference.
          msg: a suffix of the failure's message.

        Raises:
          AssertionError: some are further apart, or there are more of one.

        Example:
          >>> tf.test.TestCase().assertArrayNear([1.0, 2.0], [1.05, 2.0], 0.1)
        """
        self.assertEqual(len(farray1), len(farray2), msg=msg)
        for one, other in zip(farray1, farray2, strict=True):
            self.assertNear(float(one), float(other), err, msg=msg)

    def assertNDArrayNear(self, ndarray1: Any, ndarray2: Any, err: Any, msg: str | None = None) -> None:
        """Fails unless the distance of two arrays, the root of the sum of squares, is less than a number.

        Args:
          ndarray1, ndarray2: the arrays.
          err: the number.
          msg: a prefix of the failure's message.

        Raises:
          AssertionError: it is not.

        Example:
          >>> tf.test.TestCase().assertNDArrayNear(np.ones(2), np.ones(2), 1e-6)
        """
        self.assertTrue(np.linalg.norm(_array(ndarray1) - _array(ndarray2)) < err, msg)

    def assertShapeEqual(self, input_a: Any, input_b: Any, msg: str | None = None) -> None:
        """Fails unless two tensors or arrays have the same shape.

        Args:
          input_a, input_b: the tensors or arrays.
          msg: a prefix of the failure's message.

        Raises:
          AssertionError: the shapes differ.
          TypeError: one has none.

        Example:
          >>> tf.test.TestCase().assertShapeEqual(np.zeros([2, 3]), tf.zeros([2, 3]))
        """
        for name, value in (("input_a", input_a), ("input_b", input_b)):
            if not isinstance(value, np.ndarray | np.generic | Tensor | BaseVariable):
                raise TypeError(
                    f"{name} must be a Numpy ndarray, Numpy scalar, or a Tensor. Instead received {type(value)}"
                )
        self.assertEqual(tuple(input_a.shape), tuple(input_b.shape), msg)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """Fails unless a tensor or array has a dtype.

        Args:
          target: the tensor or array.
          expected_dtype: the dtype.

        Raises:
          AssertionError: it does not.

        Example:
          >>> tf.test.TestCase().assertDTypeEqual(tf.zeros([2]), tf.float32)
        """
        found = dtypes.as_dtype(getattr(target, "dtype", None) or _array(target).dtype)
        self.assertEqual(found, dtypes.as_dtype(expected_dtype))

    def assertLen(self, container: Any, expected_len: int, msg: str | None = None) -> None:
        """Fails unless a container has this many elements.

        Args:
          container: the container.
          expected_len: the number.
          msg: a suffix of the failure's message.

        Raises:
          AssertionError: it has another number.

        Example:
          >>> tf.test.TestCase().assertLen([1, 2], 2)
        """
        if len(container) != expected_len:
            self.fail(
                self._formatMessage(msg, f"{container!r} has length of {len(container)}, expected {expected_len}.")
            )

    def assertEmpty(self, container: Any, msg: str | None = None) -> None:
        """Fails unless a container has no elements.

        Args:
          container: the container.
          msg: a suffix of the failure's message.

        Raises:
          AssertionError: it has some.

        Example:
          >>> tf.test.TestCase().assertEmpty([])
        """
        if len(container):
            self.fail(self._formatMessage(msg, f"{container!r} has length of {len(container)}."))

    def assertNotEmpty(self, container: Any, msg: str | None = None) -> None:
        """Fails unless a container has elements.

        Args:
          container: the container.
          msg: a suffix of the failure's message.

        Raises:
          AssertionError: it has none.

        Example:
          >>> tf.test.TestCase().assertNotEmpty([1])
        """
        if not len(container):
            self.fail(self._formatMessage(msg, f"{container!r} has length of 0."))

    def assertStartsWith(self, actual: str, expected_start: str, msg: str | None = None) -> None:
        """Fails unless a string starts with another.

        Args:
          actual: the string.
          expected_start: the expected prefix.
          msg: a suffix of the failure's message.

        Raises:
          AssertionError: it does not.

        Example:
          >>> tf.test.TestCase().assertStartsWith("tensor", "ten")
        """
        if not actual.startswith(expected_start):
            self.fail(self._formatMessage(msg, f"{actual!r} does not start with {expected_start!r}"))

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(self, exception_type: Any, expected_err_re_or_predicate: Any) -> Iterator[None]:
        """A context manager that requires an exception of a type that matches a pattern or predicate.

        Args:
          exception_type: the type, or a tuple of types.
          expected_err_re_or_predicate: a regular expression, or a function of the exception that returns a bool.

        Returns:
          A context.

        Raises:
          AssertionError: the block raises nothing, or an exception that does not match.

        Example:
          >>> with tf.test.TestCase().assertRaisesWithPredicateMatch(ValueError, "rank"):
          ...     tf.TensorShape([2, 3]).with_rank(3)
        """
        try:
            yield
        except Exception as error:
            if not isinstance(error, exception_type):
                matches = None
            elif callable(expected_err_re_or_predicate):
                matches = expected_err_re_or_predicate(error)
            else:
                text = error.message if isinstance(error, OpError) else str(error)
                matches = re.search(expected_err_re_or_predicate, text)
            if not matches:
                raise AssertionError(f"Exception of type {type(error)}: {error}") from error
            return
        self.fail(f"{getattr(exception_type, '__name__', exception_type)} not raised")

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> contextlib.AbstractContextManager[None]:
        """A context manager that requires a `tf.errors.OpError`; see `assertRaisesWithPredicateMatch`.

        Args:
          expected_err_re_or_predicate: a regular expression, or a function of the exception that returns a bool.

        Returns:
          A context.

        Example:
          >>> with tf.test.TestCase().assertRaisesOpError("Incompatible shapes"):
          ...     tf.zeros([2]) + tf.zeros([3])
        """
        return self.assertRaisesWithPredicateMatch(OpError, expected_err_re_or_predicate)


def _value(leaf: Any) -> Any:
    if isinstance(leaf, IndexedSlices):
        return IndexedSlices(_value(leaf.values), _value(leaf.indices), leaf.dense_shape)
    return leaf.numpy() if hasattr(leaf, "numpy") else leaf


def _array(value: Any) -> np.ndarray:
    return np.asarray(nest.map_structure(_value, value) if isinstance(value, list | tuple) else _value(value))


def _bytes(array: np.ndarray) -> np.ndarray:
    """Converts strings to bytes, as in tensors."""
    if array.dtype.kind == "O":
        return np.array([x.encode() if isinstance(x, str) else x for x in array.ravel()], object).reshape(array.shape)
    return np.char.encode(array).astype(object) if array.dtype.kind == "U" else array


def _regular(*values: Any) -> bool:
    """Whether lists are arrays of numbers."""
    try:
        return all(_array(value).dtype.kind != "O" for value in values)
    except (ValueError, TypeError):
        return False


def main(argv: list[str] | None = None) -> None:
    """Runs the tests of the program's main module, and ends it: with status 0 if all pass.

    Args:
      argv: the program's arguments; None for its own.

    Raises:
      TypeError: argv is not a list of text.
      IndexError: argv is empty.

    Example:
      >>> callable(tf.test.main)
      True
    """
    unittest.main(argv=argv)
