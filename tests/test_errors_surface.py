"""Invalid input: every error is an exception of TensorFlow's type that names what is wrong."""

import itertools
import re
import subprocess
import sys

import numpy as np
import pytest

import gradtape as tf

InvalidArgument = tf.errors.InvalidArgumentError


@pytest.mark.parametrize(
    ("program", "kind", "said"),
    [
        (lambda: tf.constant([1.0, 2.0]) + tf.constant([1.0, 2.0, 3.0]), InvalidArgument, r"\[2\] vs\. \[3\].*AddV2"),
        (lambda: tf.constant([[1.0, 2.0]]) @ tf.constant([[1.0, 2.0]]), InvalidArgument, r"\[1,2\].*\[1,2\].*MatMul"),
        (lambda: tf.constant([1.0]) @ tf.constant([1.0]), InvalidArgument, "ndims must be >= 2"),
        (lambda: tf.reshape([1, 2, 3], [2, 2]), InvalidArgument, "3 values"),
        (
            lambda: tf.constant(1.0) + tf.constant(1.0, tf.float64),
            InvalidArgument,
            "float tensor but is a double.*AddV2",
        ),
        (lambda: tf.constant(1.0) * tf.constant(1), InvalidArgument, "float tensor but is a int32.*Mul"),
        (lambda: tf.constant(1.0) / tf.constant(1), TypeError, "same dtype.*float32.*int32"),
        (lambda: tf.exp([1, 2]), InvalidArgument, "int32.*tf.cast.*Exp"),
        (lambda: -tf.constant(True), InvalidArgument, "bool.*Neg"),
        (lambda: tf.constant(1.0, "qint8"), TypeError, "qint8.*float32, float64, float16, bfloat16, complex64"),
        (lambda: tf.constant(1j, tf.float32), TypeError, "1j.*dtype float.*tf.math.real"),
        (lambda: tf.sort(tf.constant([1j])), InvalidArgument, "complex128.*not in the list"),
        (lambda: tf.constant([[1, 2], [3]]), ValueError, "non-rectangular"),
        (lambda: tf.constant([1, "a"]), ValueError, "mixed types"),
        (lambda: tf.constant([1, None]), ValueError, "mixed types"),
        (lambda: tf.constant({}), ValueError, "unsupported type.*dict"),
        (lambda: tf.constant(1.5, tf.int32), TypeError, "1.5.*int32.*tf.cast"),
        (lambda: tf.constant(2**70), ValueError, "out-of-range integer"),
        (lambda: tf.constant(1e300), ValueError, "out of range.*float64"),
        (lambda: tf.zeros([2**40, 2**40]), tf.errors.ResourceExhaustedError, "too large"),
        (lambda: tf.zeros([2**44]), tf.errors.ResourceExhaustedError, "bytes"),
        (lambda: tf.zeros([2, -1]), InvalidArgument, ">= 0"),
        (lambda: tf.zeros(None), ValueError, "None"),
        (lambda: tf.zeros("a"), TypeError, "'a'"),
        (lambda: tf.constant(1.0)[0], InvalidArgument, "scalar"),
        (lambda: tf.constant([1.0])[3], InvalidArgument, "out of bounds"),
        (lambda: tf.constant([1.0])["a"], TypeError, "'a'"),
        (lambda: tf.constant(7) // 0, InvalidArgument, "division by zero"),
        (lambda: tf.constant(2) ** -1, InvalidArgument, "negative integer powers"),
        (lambda: tf.Variable(1.0).assign([1.0, 2.0]), ValueError, r"\(\).*\(2,\)"),
        (lambda: tf.Variable(1.0).assign_sub([1.0, 2.0]), InvalidArgument, r"\[\].*\[2\]"),
        (lambda: tf.Variable(), ValueError, "initial_value"),
        (lambda: len(tf.constant(1.0)), TypeError, "len"),
        (lambda: float(tf.constant([1.0, 2.0])), TypeError, "scalar"),
    ],
)
def test_refusals(program, kind, said):
    with pytest.raises(kind) as error:
        program()
    assert re.search(said, str(error.value), re.DOTALL), str(error.value)


@pytest.mark.parametrize("what", [1.0, "x", np.ones(2)], ids=repr)
def test_targets_and_sources_of_the_wrong_kind(what):
    x = tf.Variable(1.0)
    for target, source in ((what, x), (x * 2.0, what)):
        with tf.GradientTape() as tape:
            x * 1.0
        with pytest.raises((TypeError, ValueError, AttributeError)):
            tape.gradient(target, source)


def test_watching_what_is_no_tensor():
    with tf.GradientTape() as tape, pytest.raises(ValueError, match=r"not tf\.Tensor"):
        tape.watch(3.0)


def test_any_operands_give_a_value_or_a_refusal():
    """Every pair of a wide set of operands with every operator: only TensorFlow's types of exceptions."""
    import operator as o

    generator = np.random.default_rng(0)
    arrays = [generator.normal(size=shape) for shape in [(), (0,), (1,), (3,), (2, 3), (2, 0), (1, 3, 1)]]
    operands = [1, 2.5, True, None, "x", float("inf"), 2**70, [1, [2]], object()]
    operands += [array.astype(dtype) for array in arrays for dtype in ("float32", "int32", "bool")]
    tensors = [
        tf.constant(array.astype(dtype))
        for array in arrays
        for dtype in ("float32", "float64", "int64", "uint8", "bool")
    ]
    operators = (o.add, o.sub, o.mul, o.truediv, o.floordiv, o.mod, o.matmul, o.lt, o.eq, o.and_, o.pow)
    values = refusals = 0
    for operator, left, right in itertools.product(operators, tensors, operands):
        for a, b in ((left, right), (right, left)):
            try:
                with np.errstate(all="ignore"):
                    repr(operator(a, b))
                values += 1
            except (TypeError, ValueError, tf.errors.OpError):
                refusals += 1
    assert min(values, refusals) > 9000  # both results and errors occur


def test_functions_of_the_table_know_the_builtins():
    """C code that imports within a call, as NumPy's does once to format a dtype, needs them in the caller's globals."""
    program = "import numpy as np, gradtape as tf\ntf.logical_and(np.datetime64('2020-01-01'), True)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "ValueError: Failed to convert a NumPy array to a Tensor" in ended.stderr
    assert all("__builtins__" in getattr(tf.math, name).__globals__ for name in ("logical_and", "polygamma"))


def test_a_config_without_a_class_is_refused():
    for config in ({}, None, {"class_name": "nobody"}):
        with pytest.raises(ValueError, match="Could not interpret optimizer identifier"):
            tf.optimizers.deserialize(config)
    for config in ({}, None, {"config": {}}):
        with pytest.raises(ValueError, match="Unknown `config` as a `dict`, config="):
            tf.optimizers.schedules.deserialize(config)
    for config in ({}, {"a": 1.0}, {"class_name": 3}, {"class_name": None, "config": 1}):
        for name in ("activations", "constraints", "initializers", "losses", "metrics", "optimizers", "regularizers"):
            with pytest.raises((ValueError, TypeError), match=r"identifier|[Uu]nknown|config"):
                getattr(tf.keras, name).get(config)
