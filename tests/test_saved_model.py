"""Saved models: writing and loading, op by op, errors, and damaged or malicious files."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import gradtape as tf
from gradtape._src.saved_model import ops, statics
from gradtape._src.saved_model.saving import MODEL, PREFIX
from gradtape._src.train.bundle import BundleReader, write_bundle

GRID = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75], [-0.5, 1.0, 3.0]], np.float32)
OPEN = tf.TensorSpec([None, 3])
IMAGES = tf.TensorSpec([None, 6, 6, 2])


def loaded_of(folder, function, specs, **held):
    """A module with one function, saved and loaded."""
    module = tf.Module()
    for name, value in held.items():
        setattr(module, name, value)
    module.f = tf.function(function, input_signature=specs)
    tf.saved_model.save(module, str(folder))
    return tf.saved_model.load(str(folder))


# Every op of the format, in a function that evaluates it: writing and reading gives the same bits.
FUNCTIONS = {
    "elementwise": (lambda x: tf.where(x > 0, tf.exp(x), tf.sin(x) * 2.0), [OPEN]),
    "identity": (lambda x: tf.identity(x), [OPEN]),
    "stop_gradient": (lambda x: x * tf.stop_gradient(x), [OPEN]),
    "conj": (lambda x: tf.math.conj(x), [tf.TensorSpec([None, 3], tf.complex64)]),
    "reshape": (lambda x: tf.reshape(x, [-1, 1]), [OPEN]),
    "broadcast_to": (lambda x: tf.broadcast_to(x, [2, tf.shape(x)[0], 3]), [OPEN]),
    "transpose": (lambda x: tf.transpose(x), [OPEN]),
    "cast": (lambda x: tf.cast(tf.cast(x, tf.float64), tf.float32), [OPEN]),
    "reduce_sum": (lambda x: tf.reduce_sum(x, 0), [OPEN]),
    "reduce_mean": (lambda x: tf.reduce_mean(x), [OPEN]),
    "reduce_max": (lambda x: tf.reduce_max(x, 1, keepdims=True), [OPEN]),
    "reduce_min": (lambda x: tf.reduce_min(x, 1), [OPEN]),
    "matmul": (lambda x: tf.matmul(x, x, transpose_b=True), [OPEN]),
    "strided_slice": (lambda x: x[:, 1:], [OPEN]),
    "join": (lambda x: tf.concat([x, tf.stack([x, 2 * x], 1)[:, 0]], 1), [OPEN]),
    "part": (lambda x: tf.unstack(x, axis=1), [OPEN]),
    "tile": (lambda x: tf.tile(x, [2, 1]), [OPEN]),
    "reverse": (lambda x: tf.reverse(x, [0]), [OPEN]),
    "roll": (lambda x: tf.roll(x, 1, 0), [OPEN]),
    "reduce_prod": (lambda x: tf.reduce_prod(x, 1), [OPEN]),
    "reduce_all": (lambda x: tf.reduce_all(x > 0, 1), [OPEN]),
    "reduce_any": (lambda x: tf.reduce_any(x > 0), [OPEN]),
    "reduce_euclidean_norm": (lambda x: tf.math.reduce_euclidean_norm(x, 1), [OPEN]),
    "count_nonzero": (lambda x: tf.math.count_nonzero(x > 0, 1), [OPEN]),
    "argmax": (lambda x: (tf.argmax(x, 1), tf.argmin(x, 1, tf.int32)), [OPEN]),
    "cumsum": (lambda x: tf.cumsum(x, 1, exclusive=True), [OPEN]),
    "cumprod": (lambda x: tf.math.cumprod(x, 0, reverse=True), [OPEN]),
    "cumulative_logsumexp": (lambda x: tf.math.cumulative_logsumexp(x, 1), [OPEN]),
    "order": (lambda x: tf.argsort(x, 1), [OPEN]),
    "one_hot": (lambda x: tf.one_hot(x, 4, 2.0, 1.0), [tf.TensorSpec([None], tf.int32)]),
    "pad": (lambda x: tf.pad(x, [[0, 0], [1, 2]], constant_values=3.0), [OPEN]),
    "mirror_pad": (lambda x: tf.pad(x, [[0, 0], [1, 1]], "REFLECT"), [OPEN]),
    "getitem": (lambda x: x[:, ::-2], [OPEN]),
    "gather": (lambda x: tf.gather(x, [0]), [OPEN]),
    "gather_along": (lambda x: tf.gather(x, [2, 0], axis=1), [OPEN]),
    "softmax": (lambda x: tf.nn.softmax(x), [OPEN]),
    "log_softmax": (lambda x: tf.nn.log_softmax(x), [OPEN]),
    "softmax_cross_entropy": (
        lambda x: tf.nn.softmax_cross_entropy_with_logits(tf.ones_like(x) / 3.0, x),
        [OPEN],
    ),
    "sparse_softmax_cross_entropy": (
        lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(tf.zeros([tf.shape(x)[0]], tf.int32), x),
        [OPEN],
    ),
    "patches": (lambda x: tf.nn.conv2d(x, tf.ones([3, 3, 2, 2]), 2, "SAME"), [IMAGES]),
    "image": (lambda x: tf.nn.conv2d_transpose(x, tf.ones([2, 2, 1, 2]), [tf.shape(x)[0], 12, 12, 1], 2), [IMAGES]),
    "max_pool": (lambda x: tf.nn.max_pool2d(x, 2, 2, "SAME"), [IMAGES]),
    "sum_pool": (lambda x: tf.nn.avg_pool2d(x, 3, 2, "SAME"), [IMAGES]),
    "inv": (lambda x: tf.linalg.inv(x + tf.eye(3)), [tf.TensorSpec([3, 3])]),
    "det": (lambda x: tf.linalg.det(x + tf.eye(3)), [tf.TensorSpec([3, 3])]),
    "slogdet": (lambda x: tf.linalg.slogdet(x + tf.eye(3))[1], [tf.TensorSpec([3, 3])]),
    "solve": (lambda x: tf.linalg.solve(x + 5 * tf.eye(3), x), [tf.TensorSpec([3, 3])]),
    "triangular_solve": (lambda x: tf.linalg.triangular_solve(x + 5 * tf.eye(3), x), [tf.TensorSpec([3, 3])]),
    "cholesky": (lambda x: tf.linalg.cholesky(x @ tf.transpose(x) + tf.eye(3)), [tf.TensorSpec([3, 3])]),
    "qr": (lambda x: tf.linalg.qr(x + 5 * tf.eye(3)), [tf.TensorSpec([3, 3])]),
    "svd": (lambda x: tf.linalg.svd(x + tf.linalg.diag([1.0, 5.0, 9.0]))[0], [tf.TensorSpec([3, 3])]),
    "singular_values": (lambda x: tf.linalg.svd(x, compute_uv=False), [tf.TensorSpec([3, 3])]),
    "eigh": (lambda x: tf.linalg.eigh(x + tf.linalg.diag([1.0, 5.0, 9.0]))[0], [tf.TensorSpec([3, 3])]),
    "eigvalsh": (lambda x: tf.linalg.eigvalsh(x), [tf.TensorSpec([3, 3])]),
    "eig": (lambda x: tf.abs(tf.linalg.eig(x + tf.linalg.diag([1.0, 5.0, 9.0]))[0]), [tf.TensorSpec([3, 3])]),
    "eigvals": (lambda x: tf.linalg.eigvals(x), [tf.TensorSpec([3, 3])]),
    "fft": (lambda x: tf.signal.ifft2d(tf.signal.fft(tf.cast(x, tf.complex64))), [OPEN]),
    "rfft": (lambda x: tf.abs(tf.signal.rfft(x)), [OPEN]),
    "irfft": (lambda x: tf.signal.irfft(tf.signal.rfft(x, [4]), [3]), [OPEN]),
    "complex": (lambda x: tf.complex(x, x), [OPEN]),
    "real": (lambda x: tf.math.real(tf.complex(x, x * x)), [OPEN]),
    "imag": (lambda x: tf.math.imag(tf.complex(x, x * x)), [OPEN]),
    "angle": (lambda x: tf.math.angle(tf.complex(x, x * x)), [OPEN]),
    "complex_abs": (lambda x: tf.abs(tf.complex(x, x * x)), [OPEN]),
    "bitwise_and": (lambda x: tf.bitwise.bitwise_and(x, 6), [tf.TensorSpec([None], tf.int32)]),
    "bitwise_or": (lambda x: tf.bitwise.bitwise_or(x, [[1], [8]]), [tf.TensorSpec([None], tf.int32)]),
    "bitwise_xor": (lambda x: tf.bitwise.bitwise_xor(x, 5), [tf.TensorSpec([None], tf.uint8)]),
    "invert": (lambda x: tf.bitwise.invert(x), [tf.TensorSpec([None], tf.int64)]),
    "left_shift": (lambda x: tf.bitwise.left_shift(x, 3), [tf.TensorSpec([None], tf.int32)]),
    "right_shift": (lambda x: tf.bitwise.right_shift(x, 1), [tf.TensorSpec([None], tf.int32)]),
    "expm": (lambda x: tf.linalg.expm(x), [tf.TensorSpec([3, 3])]),
    "sqrtm": (lambda x: tf.linalg.sqrtm(x @ tf.transpose(x) + tf.eye(3)), [tf.TensorSpec([3, 3])]),
}
# No public function is certain to evaluate these: broadcasting inside of sweeps does.
INNER = {"sum_to", "materialize", "foreign_gradient"}  # the last has its own test


def test_every_op_of_the_table_is_tried():
    assert FUNCTIONS.keys() | INNER == ops.ROWS.keys()


def argument(spec, size):
    shape = [size if length is None else length for length in spec.shape]
    values = np.resize(GRID, shape)
    return tf.constant(np.abs(values) if spec.dtype.is_integer else values, spec.dtype)


def with_gradient(function, x):
    """The results, and the gradient of their sum."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
        results = tf.nest.flatten(y)
        targets = [result for result in results if result.dtype.is_floating]
    gradient = tape.gradient(targets, x) if targets else None
    return [one.numpy() for one in results], None if gradient is None else tf.convert_to_tensor(gradient).numpy()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_loaded_functions_give_the_same_bits_and_gradients(tmp_path, name):
    function, specs = FUNCTIONS[name]
    loaded = loaded_of(tmp_path, function, specs)
    body = loaded.f.bodies[0]
    assert name in {step["op"] for step in body._steps}
    for size in (1, 2, 9):
        x = argument(specs[0], size)
        expected, gradient = with_gradient(function, x)
        for _ in range(3):  # traced, replayed, fused
            results, found = with_gradient(loaded.f, x)
            for one, other in zip(expected, results, strict=True):
                np.testing.assert_array_equal(one, other, strict=True)
            assert (gradient is None) == (found is None)
            if gradient is not None:
                np.testing.assert_array_equal(gradient, found, strict=True)


class Counter(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable([[1.0], [2.0], [3.0]], name="w")
        self.bias = tf.Variable(0.5, trainable=False, name="bias")
        self.calls = tf.Variable(0, dtype=tf.int64)
        self.parts = [tf.Variable(True), {"a": (tf.Variable(2.0, dtype=tf.float64),)}]
        self.below = tf.Module()
        self.below.same = self.w
        self.below.up = self

    @tf.function(input_signature=[OPEN])
    def __call__(self, x):
        self.calls.assign_add(1)
        return x @ self.w + self.bias

    @tf.function
    def scaled(self, x, by=2.0, *, flags=(True, None)):
        return {"x": [x * by], "none": None} if flags[0] else x


def test_objects_variables_and_functions(tmp_path):
    module = Counter()
    module.scaled(tf.constant([1.0]))
    module.scaled(tf.constant(2.0), 3.0, flags=(False, None))
    tf.saved_model.save(module, tmp_path)
    assert module.calls.numpy() == 0  # though it was traced
    loaded = tf.saved_model.load(tmp_path)
    assert loaded.below.same is loaded.w and loaded.below.up is loaded
    assert [(v.name, v.dtype, v.trainable) for v in loaded.variables] == [
        (v.name, v.dtype, v.trainable) for v in module.variables
    ]
    assert isinstance(loaded.parts[1]["a"], tuple) and loaded.parts[1]["a"][0].numpy() == 2.0
    x = tf.constant(GRID)
    np.testing.assert_array_equal(loaded(x), module(x))
    loaded(GRID.tolist())
    assert loaded.calls.numpy() == 2
    assert loaded.scaled(tf.constant([1.0]))["x"][0].numpy() == 2.0 and loaded.scaled([4.0])["none"] is None
    assert loaded.scaled(tf.constant(2.0), 3.0, flags=(False, None)).numpy() == 2.0
    loaded.w.assign(2 * loaded.w)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(loaded(x))
    np.testing.assert_array_equal(tape.gradient(loss, loaded.w), GRID.sum(0)[:, None])
    # A loaded model is saved like any other object, and a checkpoint of its variables is read by names.
    assert list(loaded.signatures) == ["serving_default"]
    restored = Counter()
    tf.train.Checkpoint(restored).restore(str(tmp_path / PREFIX)).expect_partial()
    np.testing.assert_array_equal(restored.w, module.w)


def test_functions_are_repeated_without_python(tmp_path):
    loaded = loaded_of(tmp_path, lambda x: tf.nn.relu(x) + 1.0, [OPEN])
    loaded.f(GRID)
    assert loaded.f.bodies[0]._function.experimental_get_tracing_count() == 1
    loaded.f(GRID + 1)
    assert loaded.f.bodies[0]._function.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("dtype", ["int32", "float32"])
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean"])
def test_reductions_are_loaded_as_what_they_were(tmp_path, name, dtype):
    """Of every kind, over axes of every kind: a product of integers is compiled, one of floats is not."""

    def function(x):
        reduce = getattr(tf, f"reduce_{name}")
        return reduce(x), reduce(x, 1), reduce(x, [0, -1], keepdims=True)

    loaded = loaded_of(tmp_path, function, [tf.TensorSpec([2, 3, 2], dtype)])
    x = tf.cast(tf.reshape(tf.range(2, 14), [2, 3, 2]), dtype)
    for _ in range(3):  # traced, replayed, fused
        for one, other in zip(function(x), loaded.f(x), strict=True):
            np.testing.assert_array_equal(one, other, strict=True)


def test_several_sizes_and_constants(tmp_path):
    big = np.arange(300, dtype=np.float32).reshape(100, 3)

    def function(x, y):
        sizes = tf.shape(x)
        return tf.reshape(x, [sizes[0] * sizes[1], 3]) @ tf.transpose(big) + tf.zeros([1, 100]), tf.reduce_sum(y, 1)

    specs = [tf.TensorSpec([None, None, 3], name="a"), tf.TensorSpec([None, None], tf.float64)]
    loaded = loaded_of(tmp_path, function, specs)
    for first, second in ((1, 4), (2, 2), (5, 1)):
        x, y = tf.ones([first, second, 3]), tf.ones([first, second], tf.float64)
        for one, other in zip(function(x, y), loaded.f(x, y), strict=True):
            np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="axis 0 has 2 elements in one argument and 3 in another"):
        loaded.f(tf.ones([2, 2, 3]), tf.ones([3, 2], tf.float64))
    squeezing = loaded_of(tmp_path / "ones", lambda x: tf.squeeze(x), [tf.TensorSpec([None, 3])])
    assert squeezing.f(GRID).shape == (3, 3)
    with pytest.raises(ValueError, match="for any sizes but 1"):
        squeezing.f(GRID[:1])


def test_signatures(tmp_path):
    module = tf.Module()
    module.v = tf.Variable(2.0)
    module.f = tf.function(lambda x, y=1.0: {"sum": x + y, "scaled": module.v * x})
    concrete = module.f.get_concrete_function(tf.TensorSpec([2], name="points"), tf.TensorSpec([]))
    tf.saved_model.save(module, tmp_path, {"one": concrete})
    one = tf.saved_model.load(tmp_path).signatures["one"]
    assert one.structured_input_signature == (
        (),
        {"points": tf.TensorSpec([2], name="points"), "y": tf.TensorSpec([], name="y")},
    )
    assert one.structured_outputs == {name: tf.TensorSpec([2], name=name) for name in ("scaled", "sum")}
    found = one(points=tf.constant([1.0, 2.0]), y=tf.constant(3.0))
    assert found["sum"].numpy().tolist() == [4.0, 5.0] and found["scaled"].numpy().tolist() == [2.0, 4.0]
    with pytest.raises(TypeError, match="missing required arguments: y"):
        one(points=[1.0, 2.0])
    with pytest.raises(TypeError, match="unexpected keyword arguments: z"):
        one(points=[1.0, 2.0], y=1.0, z=1.0)
    with pytest.raises(TypeError, match="takes 0 positional arguments"):
        one([1.0, 2.0], 1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Can not cast"):
        one(points=tf.constant([1, 2]), y=1.0)
    nested = tf.function(lambda x: [[x]], input_signature=[OPEN])
    with pytest.raises(ValueError, match="non-flat result"):
        tf.saved_model.save(module, tmp_path, nested)


def refused(tmp_path, function, specs, **held):
    with pytest.raises(ValueError) as caught:
        loaded_of(tmp_path, function, specs, **held)
    assert not os.path.exists(tmp_path / PREFIX)
    return str(caught.value)


def test_what_cannot_be_written_is_refused(tmp_path):
    this = os.path.basename(__file__)

    def guard(x):
        return x if tf.reduce_sum(x) > 0 else -x

    message = refused(tmp_path, guard, [tf.TensorSpec([3])])
    assert "Python looks at a tensor's value" in message and this in message and "tf.where" in message
    assert "random" in refused(tmp_path, lambda x: x + tf.random.normal([3]), [tf.TensorSpec([3])]).lower()
    assert "print" in refused(tmp_path, lambda x: tf.print(x), [tf.TensorSpec([3])])
    assert "depends on values" in refused(tmp_path, lambda x: tf.where(x > 0), [tf.TensorSpec([3])])
    assert "not an op of the file format" in refused(tmp_path, lambda x: tf.linalg.lu(x)[0], [tf.TensorSpec([3, 3])])
    assert "not an op of the file format" in refused(
        tmp_path, lambda x: tf.math.segment_sum(x, [0, 0, 1]), [tf.TensorSpec([3])]
    )
    assert "other sizes" in refused(tmp_path, lambda x: tf.add_n(tf.unstack(x, num=len(x))), [OPEN])
    assert "how many axes" in refused(tmp_path, lambda x: x, [tf.TensorSpec(None)])
    assert "raises" in refused(tmp_path, lambda x: tf.reshape(x, [2]), [OPEN])
    assert "objects cannot be written" in refused(tmp_path, lambda x: tf.IndexedSlices(x, [0]), [OPEN])
    loose = tf.Variable(1.0)
    with pytest.raises(AssertionError, match="not reachable"):
        loaded_of(tmp_path, lambda x: x * loose, [OPEN])
    for obj in (3, [tf.Variable(1.0)], object()):
        with pytest.raises(ValueError, match="Expected an object of type `Trackable`"):
            tf.saved_model.save(obj, tmp_path)
    with pytest.raises(ValueError, match="for which to generate a signature, but got 3"):
        tf.saved_model.save(tf.Module(), tmp_path, 3)
    with pytest.raises(ValueError, match="with 0 signatures"):
        tf.saved_model.save(tf.Module(), tmp_path, tf.function(lambda x: x))


def test_gradients_that_programs_state_are_refused_where_there_is_no_program(tmp_path):
    @tf.custom_gradient
    def clipped(x):
        return x * 1.0, lambda g: tf.clip_by_value(g, -1.0, 1.0)

    straight = tf.grad_pass_through(tf.round)
    module = tf.Module()
    module.factor = tf.Variable(3.0)
    module.f = tf.function(lambda x: (10.0 * clipped(x) * module.factor, straight(x)), input_signature=[OPEN])
    module.g = tf.function(lambda x: tf.stop_gradient(clipped(x)) * x, input_signature=[OPEN])
    tf.saved_model.save(module, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    x = tf.constant(GRID)
    for one, other in zip(module.f(x), loaded.f(x), strict=True):
        np.testing.assert_array_equal(one, other)
    for _ in range(3):  # traced, replayed, fused
        for place in (0, 1):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = loaded.f(x)[place]
            with pytest.raises(tf.errors.UnimplementedError, match=r"stated by the program(.|\n)*tf\.custom_gradient"):
                tape.gradient(y, x)
    with tf.GradientTape() as tape:  # there is a gradient with respect to values after the custom gradient
        y = loaded.f(x)[0]
    assert tape.gradient(y, loaded.factor).numpy() == pytest.approx(10.0 * GRID.sum())
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = loaded.g(x)
    np.testing.assert_array_equal(tape.gradient(y, x), x)
    # Functions that are compiled and not exported keep the custom gradient.
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = module.f(x)[0]
    np.testing.assert_array_equal(tape.gradient(y, x), tf.ones_like(x))


def test_matrices_that_are_inverted_are_traced_with_some_that_can_be(tmp_path):
    loaded = loaded_of(tmp_path, lambda x: tf.linalg.solve(tf.linalg.inv(x), x), [tf.TensorSpec([3, 3])])
    np.testing.assert_allclose(loaded.f(GRID), GRID @ GRID, atol=1e-5)


def test_sizes_that_variables_leave_no_choice(tmp_path):
    """TensorFlow writes [None, None] for a function that only takes rows of the size of its variables."""
    module = tf.Module()
    module.mean, module.w = tf.Variable(GRID[0]), tf.Variable(np.ones([3, 4], np.float32))
    module.v = tf.Variable(np.full([4, 2], 0.5, np.float32))
    module.rows = tf.function(
        lambda x: tf.matmul(tf.matmul(x - module.mean, module.w), module.v), [tf.TensorSpec([None, None])]
    )
    module.columns = tf.function(lambda x: tf.matmul(module.w, x), [tf.TensorSpec([None, None])])
    tf.saved_model.save(module, tmp_path / "m")
    loaded = tf.saved_model.load(tmp_path / "m")
    for count in (1, 2, 9):
        x = np.resize(GRID, [count, 3])
        np.testing.assert_array_equal(loaded.rows(x), module.rows(x))
        y = np.resize(GRID, [4, count])
        np.testing.assert_array_equal(loaded.columns(y), module.columns(y))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Incompatible shapes"):
        loaded.rows(np.ones([2, 5], np.float32))
    module.none = tf.function(lambda x: tf.matmul(module.w, tf.concat([x, x], 1)) + x, [tf.TensorSpec([None, None])])
    with pytest.raises(ValueError, match=r"called with tensors of shapes \[\d, 24\] it raises InvalidArg"):
        tf.saved_model.save(module, tmp_path / "n")


def test_calls_that_do_not_fit(tmp_path):
    module = Counter()
    module.scaled(tf.constant([1.0]))
    module.never = tf.function(lambda x: x)
    tf.saved_model.save(module, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    with pytest.raises(TypeError, match=r"Binding inputs to tf\.function failed due to `Can not cast"):
        loaded(tf.ones([2, 4]))
    with pytest.raises(ValueError, match=r"Could not find matching concrete function(.|\n)*1 option\(s\)"):
        loaded.scaled(tf.ones([2]))
    with pytest.raises(ValueError, match="Found zero restored functions"):
        loaded.never(1.0)


def test_an_old_model_stays_where_a_new_one_is_refused(tmp_path):
    loaded_of(tmp_path, lambda x: x + 1.0, [OPEN])
    before = {name.name: name.read_bytes() for name in (tmp_path / "variables").iterdir()}
    with pytest.raises(ValueError):
        loaded_of(tmp_path, lambda x: tf.print(x), [OPEN])
    assert {name.name: name.read_bytes() for name in (tmp_path / "variables").iterdir()} == before
    assert loaded_of(tmp_path, lambda x: x + 2.0, [OPEN]).f(GRID).numpy()[0, 0] == 2.5
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ValueError, match="SavedModel of TensorFlow's, which is not overwritten"):
        tf.saved_model.save(tf.Module(), tmp_path)


CHILD = """
import os, sys
import gradtape as tf

path, calls = sys.argv[1], int(sys.argv[2])
module = tf.Module()
module.factor = tf.Variable(2.0)
module.f = tf.function(lambda x: module.factor * x - 2.0, input_signature=[tf.TensorSpec([])])

def hook(event, arguments):
    global calls
    if event in ("open", "os.rename", "os.remove") and path in str(arguments[0]):
        calls -= 1
        if calls == 0:
            os._exit(9)
sys.addaudithook(hook)
tf.saved_model.save(module, path)
os._exit(0)
"""


def test_a_process_that_is_killed_at_any_write_leaves_the_old_model_or_the_new_one(tmp_path):
    seen = set()
    for calls in range(1, 10):
        factor = tf.Variable(1.0)
        loaded_of(tmp_path, lambda x: factor * x - 1.0, [tf.TensorSpec([])], factor=factor)  # noqa: B023
        ended = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path), str(calls)])
        loaded = tf.saved_model.load(tmp_path)
        found = (loaded.factor.numpy(), loaded.f(10.0).numpy())
        assert found in ((1.0, 9.0), (2.0, 18.0)), calls
        if ended.returncode == 0:
            assert found == (2.0, 18.0)
            assert len([name for name in os.listdir(tmp_path / "variables") if "tempstate" not in name]) == 2
            seen.add("whole")
            break
        assert ended.returncode == 9
        seen.add(found)
    assert seen == {(1.0, 9.0), (2.0, 18.0), "whole"}


# Damaged and malicious files


def test_damaged_files_are_refused(tmp_path):
    tf.saved_model.save(Counter(), tmp_path)
    assert tf.saved_model.contains_saved_model(tmp_path)
    for file in sorted((tmp_path / "variables").iterdir()):
        whole = file.read_bytes()
        for length in range(0, len(whole), 17):
            file.write_bytes(whole[:length])
            with pytest.raises(tf.errors.DataLossError):
                tf.saved_model.load(tmp_path)
        for place in range(0, len(whole), 13):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
            try:
                loaded = tf.saved_model.load(tmp_path)
            except (tf.errors.DataLossError, tf.errors.UnimplementedError, OSError):
                continue
            assert loaded(GRID).numpy().tolist() == [[5.0], [0.25], [11.0]]  # bytes that are not read
        file.write_bytes(whole)
    tf.saved_model.load(tmp_path)
    with pytest.raises(OSError, match="SavedModel file does not exist"):
        tf.saved_model.load(tmp_path / "nowhere")
    assert not tf.saved_model.contains_saved_model(tmp_path / "nowhere")


def rewritten(folder, change):
    """The model with its JSON changed, with valid checksums."""
    prefix = str(folder / PREFIX)
    reader = BundleReader(prefix)
    tensors = {name: reader.read(name) for name in reader.entries}
    model = json.loads(tensors[MODEL])
    tensors[MODEL] = change(model) or json.dumps(model).encode()
    write_bundle(prefix, tensors)


def nodes_of(node, path=()):
    """The paths to every value of a JSON tree."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    yield path
    for key, value in items:
        yield from nodes_of(value, (*path, key))


HOSTILE = (
    None,
    True,
    -1,
    10**30,
    1e308,
    "../../etc/passwd",
    "__class__",
    [],
    {},
    [[]],
    {"sizes": [[1, [0] * 9]]},
    {"float": "x"},
)


def test_no_value_in_the_json_does_more_than_raise(tmp_path):
    class Small(tf.Module):
        def __init__(self):
            super().__init__()
            self.held = [tf.Variable([[1.0], [2.0], [3.0]]), (tf.Variable(1.0),)]

        @tf.function(input_signature=[OPEN])
        def f(self, x):
            parts = tf.concat([x[:, 1:], tf.zeros([tf.shape(x)[0], 1])], 1)
            return {"y": parts @ self.held[0] + self.held[1][0]}

    tf.saved_model.save(Small(), tmp_path)
    reader = BundleReader(str(tmp_path / PREFIX))
    original = json.loads(reader.read(MODEL))
    kept = {name: reader.read(name) for name in reader.entries}
    allowed = (tf.errors.OpError, OSError, ValueError, TypeError, IndexError, MemoryError, OverflowError)
    for place, path in enumerate(nodes_of(original)):
        for value in HOSTILE[place % 3 :: 3]:
            model = json.loads(json.dumps(original))
            node = model
            for key in path[:-1]:
                node = node[key]
            if path:
                node[path[-1]] = value
            else:
                model = value
            write_bundle(str(tmp_path / PREFIX), {**kept, MODEL: json.dumps(model).encode()})
            try:
                loaded = tf.saved_model.load(tmp_path)
            except (tf.errors.DataLossError, tf.errors.UnimplementedError, OSError):
                continue
            try:
                function = vars(loaded).get("f")
                if function is not None:
                    with tf.GradientTape() as tape:
                        tape.watch(x := tf.constant(GRID))
                        y = function(x)
                    tape.gradient(y, x)
            except allowed:
                pass


def test_hostile_models(tmp_path):
    def hostile(change):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        loaded_of(folder, lambda x: x[:, 1:] + 1.0, [OPEN], w=tf.Variable(1.0))
        rewritten(folder, change)
        return folder

    def step(model):
        return next(one for one in model["functions"][0]["bodies"][0]["steps"] if one["op"] == "strided_slice")

    with pytest.raises(tf.errors.DataLossError):
        tf.saved_model.load(hostile(lambda model: b"[" * 100_000))
    with pytest.raises(tf.errors.UnimplementedError, match="later gradtape, in version 2"):
        tf.saved_model.load(hostile(lambda model: model.update(version=2)))
    with pytest.raises(tf.errors.DataLossError, match="no op 'system'"):
        tf.saved_model.load(hostile(lambda model: step(model).update(op="system")))
    with pytest.raises(tf.errors.DataLossError):
        tf.saved_model.load(hostile(lambda model: model["objects"][1].update(key="../../secret")))
    loop = {"kind": "tuple", "children": {"0": 1}}
    with pytest.raises(tf.errors.DataLossError):
        tf.saved_model.load(hostile(lambda model: model["objects"].__setitem__(1, loop)))
    for static in ([1, 1 << 40, [2]], [0, 0, [1]], [-1, -1, [4]], [1, 0, [1 << 50]], [3, 1, [3, -2]]):
        loaded = tf.saved_model.load(hostile(lambda model, static=static: step(model).update(static=static)))
        with pytest.raises(ValueError, match="do not fit"):
            loaded.f(GRID)
    hooks = {"__class__": 1, "__dict__": 1, "__del__": 1, "_held": 1}
    loaded = tf.saved_model.load(hostile(lambda model: model["objects"][0]["children"].update(hooks)))
    assert type(loaded).__name__ == "Restored"


def test_polynomials_of_sizes():
    points = [{0: 3, 1: 24}, {0: 3, 1: 40}, {0: 5, 1: 24}, {0: 5, 1: 40}, {0: 7, 1: 56}]
    node = statics.merged([[4 * p[0] * p[1] - p[1] + 2, "a"] for p in points], points)
    assert statics.decoded(node, {0: 11, 1: 13}) == (4 * 11 * 13 - 13 + 2, "a")
    for other in (lambda n, m: n * n, lambda n, m: m // 16, lambda n, m: str(n)):
        with pytest.raises(statics.DifferError):
            statics.merged([other(p[0], p[1]) for p in points], points)


# Keras


def test_exported_models(tmp_path, capsys):
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            tf.keras.Input((8, 8, 1)),
            layers.Conv2D(3, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(2, "softmax"),
        ]
    )
    model.export(tmp_path / "a")
    assert "endpoint is 'serve'" in capsys.readouterr().out
    tf.saved_model.save(model, tmp_path / "b")
    exported, saved = tf.saved_model.load(tmp_path / "a"), tf.saved_model.load(tmp_path / "b")
    assert [v.numpy().tolist() for v in exported.variables] == [v.numpy().tolist() for v in model.variables]
    for size in (1, 4):
        x = tf.random.stateless_normal([size, 8, 8, 1], [1, size])
        np.testing.assert_array_equal(exported.serve(x), model(x))
        np.testing.assert_array_equal(saved.signatures["serving_default"](inputs=x)["output_0"], model(x))
    subclassed = type("Own", (tf.keras.Model,), {"call": lambda self, x: 2 * x})()
    with pytest.raises(ValueError, match="not yet been built"):
        tf.keras.Sequential([layers.Dense(1)]).export(tmp_path / "c")
    subclassed.built = True
    with pytest.raises(ValueError, match="pass `input_signature`"):
        subclassed.export(tmp_path / "c")
    subclassed.export(tmp_path / "c", verbose=False, input_signature=[tf.TensorSpec([None, 2])])
    assert tf.saved_model.load(tmp_path / "c").serve([[1.0, 2.0]]).numpy().tolist() == [[2.0, 4.0]]
    with pytest.raises(ValueError, match="Unrecognized format=onnx"):
        model.export(tmp_path / "c", format="onnx")


def test_models_of_classes_are_exported_for_what_they_were_built_with(tmp_path, capsys):
    class Net(tf.keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = tf.keras.layers.Dense(2)

        def call(self, x, training=None):
            return self.layer(x["a"]) + x["b"] if isinstance(x, dict) else self.layer(x)

    for inputs in (GRID, {"a": GRID, "b": np.ones([3, 2], np.float32)}):
        model = Net()
        expected = model(inputs)
        model.export(tmp_path / "e")
        loaded = tf.saved_model.load(tmp_path / "e")
        np.testing.assert_array_equal(loaded.serve(inputs), expected)
        one = tf.nest.map_structure(lambda value: tf.constant(value[:1]), inputs)
        np.testing.assert_allclose(loaded.serve(one), expected[:1], rtol=1e-6)
        tf.saved_model.save(model, tmp_path / "s")
        assert list(tf.saved_model.load(tmp_path / "s").signatures) == ["serving_default"]
