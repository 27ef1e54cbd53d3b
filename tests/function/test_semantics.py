"""The semantics of `tf.function`: when it traces, how it treats arguments and results, what it rejects."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections import namedtuple

import numpy as np
import pytest

import gradtape as tf


class Counted:
    """A compiled function of any arguments, and the number of times that Python ran it."""

    def __init__(self, body=lambda *args, **kwargs: None, **options):
        self.runs = 0
        self.body = body
        self.compiled = tf.function(self._run, **options)

    def _run(self, *args, **kwargs):
        self.runs += 1
        return self.body(*args, **kwargs)


def test_python_runs_once_per_signature():
    f = Counted(lambda x: x * 2)
    for value in (1.0, 2.0, 3.0):
        assert f.compiled(tf.constant(value)).numpy() == 2 * value
    assert f.runs == 1
    f.compiled(tf.constant([1.0]))
    f.compiled(tf.constant(1))
    f.compiled(tf.constant(1.0, tf.float64))
    assert f.runs == 4
    assert f.compiled.experimental_get_tracing_count() == 4


@pytest.mark.parametrize(
    "arguments,runs",
    [
        ((1, 1, 2), 2),
        ((1, 1.0, True), 3),
        ((0.0, -0.0), 2),
        ((float("nan"), float("nan")), 1),
        (("a", "a", "b"), 2),
        ((None, None), 1),
        (((1, 2), [1, 2], (1, 2)), 2),
        (({"a": 1}, {"a": 1}, {"a": 2}), 2),
        ((np.float32(1), np.float32(2)), 1),
        ((np.zeros(2), np.ones(2), np.ones(3)), 2),
    ],
)
def test_python_values_by_equality_and_type(arguments, runs):
    f = Counted()
    for argument in arguments:
        f.compiled(argument)
    assert f.runs == runs


def test_other_objects_by_identity_and_weakly():
    class Thing:
        def __eq__(self, other):
            return True

        __hash__ = None

    f = Counted(lambda thing: thing.value, reduce_retracing=True)
    one, other = Thing(), Thing()
    one.value, other.value = 1, 2
    assert [f.compiled(thing).numpy() for thing in (one, other, one)] == [1, 2, 1]
    assert f.runs == 2
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None


def test_structures_of_arguments_and_results():
    Pair = namedtuple("Pair", "first second")

    @tf.function
    def f(pair, items, *, scale):
        return Pair(pair.first * scale, {"a": [items[0], None], "b": (pair.second,)})

    for value in (1.0, 2.0):
        result = f(Pair(tf.constant(value), tf.constant([value])), [tf.constant(3.0)], scale=tf.constant(2.0))
        assert type(result).__name__ == "Pair"
        assert result.first.numpy() == 2 * value
        assert list(result.second) == ["a", "b"]
        assert result.second["a"][0].numpy() == 3.0
        assert result.second["a"][1] is None
        assert type(result.second["b"]) is tuple
    assert f.experimental_get_tracing_count() == 1


def test_arguments_by_place_and_by_name_are_one_signature():
    f = Counted(lambda x, n=2: x * n)
    compiled = tf.function(lambda x, n=2: f._run(x, n))
    for result in (compiled(tf.constant(3)), compiled(x=tf.constant(3)), compiled(tf.constant(3), n=2)):
        assert result.numpy() == 6
    assert f.runs == 1


def test_arrays_and_numbers_become_tensors():
    f = tf.function(lambda x: (x, 1, 1.5, True, np.array([1, 2]), np.float64(3.0), 1j))
    for _ in range(2):
        results = f(np.array([1.0, 2.0], np.float32))
        assert all(isinstance(result, tf.Tensor) for result in results)
        assert [result.dtype.name for result in results] == [
            *("float32", "int32", "float32", "bool", "int64", "float64", "complex128")
        ]


def test_a_variable_that_is_returned_is_read():
    v = tf.Variable(1.0)
    f = tf.function(lambda: v)
    first = f()
    v.assign(2.0)
    assert isinstance(first, tf.Tensor)
    assert (first.numpy(), f().numpy()) == (1.0, 2.0)


def test_what_is_no_tensor_is_not_returned():
    with pytest.raises(TypeError, match="found return value of type object, which is not a Tensor or ExtensionType"):
        tf.function(object)()


@pytest.mark.parametrize(
    "call,message",
    [
        (lambda f: f(), "missing a required argument: 'x'"),
        (lambda f: f(1, 2, 3), "too many positional arguments"),
        (lambda f: f(1, z=3), "got an unexpected keyword argument 'z'"),
    ],
)
def test_arguments_that_do_not_bind(call, message):
    f = tf.function(lambda x, n=2: x)
    with pytest.raises(TypeError, match=r"Binding inputs to tf\.function failed due to") as raised:
        call(f)
    assert message in str(raised.value)
    assert "for signature: (x, n=<captured_default_value>)." in str(raised.value)


def test_what_is_not_callable_is_refused():
    with pytest.raises(TypeError, match="3 is not a callable object"):
        tf.function(3)


def test_input_signature_converts_and_refuses():
    f = tf.function(lambda x: x + 1, input_signature=[tf.TensorSpec([None], tf.float32)])
    assert [f(value).numpy().tolist() for value in ([1.0], np.array([1.0, 2.0]), tf.constant([3.0]))] == [
        [2.0],
        [2.0, 3.0],
        [4.0],
    ]
    assert f.experimental_get_tracing_count() == 1
    assert f.input_signature == (tf.TensorSpec([None], tf.float32),)
    for wrong in (tf.constant([1]), tf.constant([[1.0]])):
        with pytest.raises(TypeError, match="Can not cast TensorSpec"):
            f(wrong)
    with pytest.raises(TypeError, match="input_signature contains 1 extra type constraints"):
        tf.function(lambda x: x, input_signature=[tf.TensorSpec([]), tf.TensorSpec([])])


def test_decorator_with_arguments_on_methods_and_nested():
    class Layer(tf.Module):
        def __init__(self, scale):
            self.scale, self.runs = tf.Variable(scale), 0

        @tf.function(jit_compile=True, reduce_retracing=True)
        def __call__(self, x):
            self.runs += 1
            return self.inner(x) * self.scale

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def inner(self, x):
            return x + 1.0

    one, other = Layer(2.0), Layer(3.0)
    assert [layer(tf.constant(1.0)).numpy() for layer in (one, other, one, other)] == [4.0, 6.0, 4.0, 6.0]
    assert (one.runs, other.runs) == (1, 1)
    assert one.__call__.experimental_get_tracing_count() == 1
    assert one.inner(4).numpy() == 5.0
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None


def test_variables_are_made_in_the_first_call_only():
    made = []

    @tf.function
    def counter(x):
        if not made:
            made.append(tf.Variable(0.0))
        return made[0].assign_add(x).read_value()

    assert [counter(tf.constant(1.0)).numpy() for _ in range(4)] == [1.0, 2.0, 3.0, 4.0]
    message = "tf.function only supports singleton tf.Variables created on the first call"
    with pytest.raises(ValueError, match=message):
        tf.function(lambda: tf.Variable(1.0) * 2.0)()
    kept = []
    keeps = tf.function(lambda x: kept.append(tf.Variable(1.0)))
    keeps(tf.constant(1.0))
    with pytest.raises(ValueError, match=message):
        keeps(tf.constant(1.0))


def test_concrete_functions():
    f = tf.function(lambda x, n=2: x * n)
    concrete = f.get_concrete_function(tf.TensorSpec([None], tf.int32, name="x"), n=3)
    assert concrete(tf.constant([1, 2])).numpy().tolist() == [3, 6]
    assert concrete(x=tf.constant([1])).numpy().tolist() == [3]
    assert concrete.structured_input_signature == ((tf.TensorSpec([None], tf.int32, name="x"), 3), {})
    with pytest.raises(TypeError, match="Can not cast"):
        concrete(tf.constant([1.0]))
    with pytest.raises(TypeError, match="missing required arguments: x"):
        concrete()
    given = tf.function(lambda x: x, input_signature=[tf.TensorSpec([None])]).get_concrete_function()
    assert given([1.0]).numpy().tolist() == [1.0]


def test_printed_signatures():
    f = tf.function(lambda x, n=2: x * n)
    f(tf.constant([1.0, 2.0]))
    f(tf.constant(1), n=tf.constant(2))
    assert f.pretty_printed_concrete_signatures() == (
        "Input Parameters:\n"
        "  x (POSITIONAL_OR_KEYWORD): TensorSpec(shape=(2,), dtype=tf.float32, name=None)\n"
        "  n (POSITIONAL_OR_KEYWORD): Literal[2]\n"
        "Output Type:\n  TensorSpec(shape=(2,), dtype=tf.float32, name=None)\nCaptures:\n  None\n\n"
        "Input Parameters:\n"
        "  x (POSITIONAL_OR_KEYWORD): TensorSpec(shape=(), dtype=tf.int32, name=None)\n"
        "  n (POSITIONAL_OR_KEYWORD): TensorSpec(shape=(), dtype=tf.int32, name=None)\n"
        "Output Type:\n  TensorSpec(shape=(), dtype=tf.int32, name=None)\nCaptures:\n  None"
    )


def test_functions_run_eagerly():
    f = Counted(lambda x: x)
    assert not tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        assert tf.config.functions_run_eagerly()
        f.compiled(1)
        f.compiled(1)
    finally:
        tf.config.run_functions_eagerly(False)
    assert f.runs == 2


def test_inside_function():
    def where():
        with tf.init_scope():
            outside = tf.inside_function()
        return tf.inside_function(), outside, tf.executing_eagerly()

    assert where() == (False, False, True)
    f = tf.function(where)
    for _ in range(2):
        assert [value.numpy() for value in f()] == [True, False, False]
    assert not tf.inside_function()


def test_a_function_keeps_its_name_and_can_be_copied_and_pickled():
    f = tf.function(abs)
    assert f.python_function is abs
    assert f.name == f.__name__ == "abs"
    assert pickle.loads(pickle.dumps(f))(tf.constant(-1.0)).numpy() == 1.0
    assert copy.deepcopy(f)(tf.constant(-2.0)).numpy() == 2.0


def test_recursion_and_functions_that_call_functions():
    @tf.function
    def factorial(n):
        return tf.constant(1) if n <= 1 else n * factorial(n - 1)

    assert [factorial(n).numpy() for n in (5, 3, 5)] == [120, 6, 120]
    assert [factorial(tf.constant(n)).numpy() for n in (5, 3, 5)] == [120, 6, 120]

    inner = tf.function(lambda x: x * x)
    outer = tf.function(lambda x: inner(x) + inner(x + 1.0))
    assert [outer(tf.constant(x)).numpy() for x in (1.0, 2.0)] == [5.0, 13.0]
    assert tf.map_fn(inner, tf.constant([1.0, 2.0, 3.0])).numpy().tolist() == [1.0, 4.0, 9.0]


def test_dropped_functions_free_what_they_captured():
    class Held(tf.Variable):
        pass

    def used():
        v = Held([1.0] * 100)
        f = tf.function(lambda x: x * v)
        f(tf.constant(1.0))
        f(tf.constant(2.0))
        return weakref.ref(v)

    gone = used()
    gc.collect()
    assert gone() is None


def test_specs():
    spec = tf.TensorSpec([None, 2], tf.float32, name="x")
    assert repr(spec) == "TensorSpec(shape=(None, 2), dtype=tf.float32, name='x')"
    assert (spec.shape.as_list(), spec.dtype, spec.name) == ([None, 2], tf.float32, "x")
    assert spec == tf.TensorSpec((None, 2), "float32", "x") != tf.TensorSpec([None, 2])
    assert hash(spec) == hash(tf.TensorSpec([None, 2]))
    assert spec.is_compatible_with(tf.zeros([3, 2]))
    assert not spec.is_compatible_with(tf.zeros([3, 3]))
    assert not spec.is_compatible_with([1, 2])
    assert tf.TensorSpec([3, 2]).is_subtype_of(spec)
    assert not spec.is_subtype_of(tf.TensorSpec([3, 2]))
    common = tf.TensorSpec([3, 2]).most_specific_common_supertype([tf.TensorSpec([4, 2])])
    assert common == tf.TensorSpec([None, 2])
    assert tf.TensorSpec([1]).most_specific_common_supertype([tf.TensorSpec([], tf.int32)]) is None
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert tf.TensorSpec.from_spec(spec, name="y").name == "y"
    assert tf.type_spec_from_value(np.array([1.0])) == tf.TensorSpec([1], tf.float64)
    assert tf.type_spec_from_value(3) == tf.TensorSpec([], tf.int32)
    with pytest.raises(TypeError, match="Could not build a TypeSpec"):
        tf.type_spec_from_value(object())


def test_do_not_convert_changes_nothing():
    assert tf.autograph.experimental.do_not_convert(abs) is abs
    assert tf.autograph.experimental.do_not_convert()(abs) is abs
