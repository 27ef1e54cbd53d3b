"""What programs see of `tf.function`, and TensorArray."""

from __future__ import annotations

import numpy as np
import pytest
from programs import collector, compared

PROGRAMS, program = collector()


def counted(tf, body, **options):
    """A function that counts how often Python runs it."""
    runs = []

    def run(*args, **kwargs):
        runs.append(1)
        return body(*args, **kwargs)

    return tf.function(run, **options), runs


@program
def results_become_tensors(tf):
    f = tf.function(lambda x: (x, 1, [1.5, True], {"a": None, "b": np.array([1, 2])}))
    return f(tf.constant(2.0)), f(np.float64(3.0))


@program
def python_runs_once_per_shape_and_dtype(tf):
    f, runs = counted(tf, lambda x: x * 2)
    results = [f(tf.constant(value)) for value in (1.0, 2.0, [1.0], [3.0], 1, [[1]])]
    return results, len(runs), f.experimental_get_tracing_count()


@program
def python_runs_once_per_value_and_array_shape(tf):
    f, runs = counted(tf, lambda x, n: x * n)
    results = [f(np.ones(size, np.float32), n) for size, n in ((2, 1), (2, 1), (2, 2), (3, 2), (2, 2))]
    return results, len(runs)


@program
def arguments_that_do_not_bind(tf):
    f = tf.function(lambda x, n=2: x * n)
    found = []
    for args, kwargs in (((), {}), ((1, 2, 3), {}), ((1,), {"z": 3})):
        try:
            f(*args, **kwargs)
        except TypeError as error:
            found.append(str(error).partition("Received")[0])
    return found


@program
def what_is_no_tensor(tf):
    try:
        tf.function(lambda: object())()
    except TypeError as error:
        return str(error).partition("in compilation")[0], str(error).partition("found")[2]


@program
def input_signatures(tf):
    f, _ = counted(tf, lambda x: x + 1, input_signature=[tf.TensorSpec([None], tf.float32)])
    results = [f(value) for value in ([1.0], np.array([1.0, 2.0]), tf.constant([3.0]))]
    for wrong in (tf.constant([1]), tf.constant([[1.0]])):
        try:
            f(wrong)
        except TypeError as error:
            results.append(str(error).partition("Received")[0])
    return results, f.experimental_get_tracing_count(), repr(f.input_signature)


@program
def variables_in_functions(tf):
    v, made = tf.Variable(1.0), []

    @tf.function
    def f(x):
        if not made:
            made.append(tf.Variable(10.0))
        made[0].assign_add(x)
        v.assign(v * 2.0)
        return made[0] + v

    results = [f(tf.constant(x)) for x in (1.0, 2.0, 3.0)]
    return results, made[0].numpy(), v.numpy()


@program
def variables_of_every_call(tf):
    try:
        tf.function(lambda: tf.Variable(1.0) * 2.0)()
    except ValueError as error:
        return str(error).partition("tf.function only")[2].strip()


@program
def training_steps(tf):
    w, optimizer = tf.Variable([[0.5], [0.25]]), tf.optimizers.Adam(0.1)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.matmul(x, w) - y) ** 2)
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])
        return loss

    x = tf.constant([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])
    return [step(x, x[:, :1]) for _ in range(5)], w.numpy(), optimizer.iterations.numpy()


@program
def gradients_through_calls(tf):
    w, results = tf.Variable([1.0, 2.0]), []
    f = tf.function(lambda x: tf.reduce_sum(x * w * x * x))
    for value in (0.5, 1.5):
        x = tf.constant([value, -value])
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = f(x)
            slope, of_w = tape.gradient(y, [x, w])
        results.append((y, slope, of_w, outer.gradient(slope, x)))
    return results


@program
def control_flow_over_tensors(tf):
    @tf.function
    def collatz(n):
        steps = tf.constant(0)
        while n > 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
        return steps

    @tf.function
    def total(n):
        result = tf.constant(0)
        for i in tf.range(n):
            result += i * i
        return result

    return [collatz(tf.constant(n)) for n in (6, 7, 6, 1)], [total(tf.constant(n)) for n in (3, 0, 5, 3)]


@program
def methods_have_traces_of_their_own(tf):
    class Layer(tf.Module):
        def __init__(self, scale):
            super().__init__()
            self.scale, self.runs = tf.Variable(scale), 0

        @tf.function
        def __call__(self, x):
            self.runs += 1
            return x * self.scale

    one, other = Layer(2.0), Layer(3.0)
    results = [layer(tf.constant(x)) for x in (1.0, 2.0) for layer in (one, other)]
    return results, one.runs, other.runs, one.__call__.experimental_get_tracing_count()


@program
def concrete_functions(tf):
    f = tf.function(lambda x, n=2: x * n)
    concrete = f.get_concrete_function(tf.TensorSpec([None], tf.int32, name="x"))
    return concrete(tf.constant([1, 2])), concrete(tf.constant([1])), repr(concrete.structured_input_signature)


@program
def printed_signatures(tf):
    f = tf.function(lambda x, n=2: x * n)
    f(tf.constant([1.0, 2.0]))
    f(tf.constant(1), n=3)
    return f.pretty_printed_concrete_signatures()


@program
def variables_among_the_arguments(tf):
    x, count = tf.Variable([1.0, 2.0]), tf.Variable(3.0, trainable=False)

    @tf.function
    def f(x, others, *more):
        others["count"].assign_add(1.0)
        return tf.reduce_sum(x * others["x"]) + others["count"]

    results = [f(x, {"count": count, "x": x}, (x, [count])) for _ in range(3)]
    x.assign([3.0, 4.0])
    results.append(f(x, {"count": count, "x": x}, (x, [count])))
    return results, count.read_value(), f.experimental_get_tracing_count(), f.pretty_printed_concrete_signatures()


@program
def any_number_of_arguments(tf):
    @tf.function
    def f(x, scale=3, *more, k=2, **others):
        return x * scale + sum(more) + k + sum(others.values())

    results = [f(tf.constant(1)), f(tf.constant(1), 2, 3, z=4, k=9, a=2), f(tf.constant(1), 2, 3, a=2, k=9, z=4)]
    concrete = f.get_concrete_function(tf.TensorSpec([], tf.int32), 2, tf.TensorSpec([], tf.int32), z=4, a=5)
    results.append(concrete(tf.constant(6), tf.constant(7)))
    return results, f.experimental_get_tracing_count(), f.pretty_printed_concrete_signatures()


@program
def specs(tf):
    spec = tf.TensorSpec([None, 2], tf.float32, name="x")
    return (
        repr(spec),
        spec.is_compatible_with(tf.zeros([3, 2])),
        spec.is_compatible_with(tf.zeros([2])),
        repr(tf.TensorSpec.from_tensor(tf.constant([1, 2]))),
        repr(tf.type_spec_from_value(tf.constant(1.0))),
        repr(spec.most_specific_common_supertype([tf.TensorSpec([3, 2])])),
        repr(tf.TensorSpec([4, 2]).most_specific_common_supertype([tf.TensorSpec([3, 2])])),
        spec == tf.TensorSpec([None, 2], tf.float32, name="x"),
    )


@program
def where_a_program_is(tf):
    f = tf.function(lambda: (tf.inside_function(), tf.executing_eagerly()))
    return tf.inside_function(), f(), tf.executing_eagerly()


@program
def assertions_in_functions(tf):
    @tf.function
    def f(x):
        tf.debugging.assert_positive(x, message="positive")
        return tf.sqrt(x)

    found = [f(tf.constant(4.0)), f(tf.constant(9.0))]
    try:
        f(tf.constant(-1.0))
    except tf.errors.InvalidArgumentError as error:
        found.append("positive" in str(error))
    return found


@program
def tensor_arrays(tf):
    array = tf.TensorArray(tf.float32, size=3, clear_after_read=False)
    array = array.write(0, 1.0).write(2, tf.constant(3.0))
    grown = tf.TensorArray(tf.int32, size=0, dynamic_size=True).write(2, [1, 2])
    rows = tf.TensorArray(tf.float32, size=2).unstack([[1.0, 2.0], [3.0, 4.0]])
    pieces = tf.TensorArray(tf.float32, size=2, infer_shape=False).split([1.0, 2.0, 3.0], [1, 2])
    spread = tf.TensorArray(tf.float32, size=3).scatter([2, 0], [[1.0], [2.0]])
    return (
        *(array.read(0), array.read(1), array.stack(), array.size(), array.gather([2, 0]), array.dtype),
        *(grown.stack(), grown.size(), rows.concat(), rows.gather([1]), rows.stack(), pieces.concat(), pieces.read(1)),
        *(spread.stack(), tf.TensorArray(tf.float32, size=0, element_shape=[2]).stack()),
    )


@program
def tensor_arrays_refuse(tf):
    array = tf.TensorArray(tf.float32, size=2).unstack([1.0, 2.0])
    array.read(0)
    found = []
    for wrong in (
        *(lambda: array.read(0), lambda: array.read(5), lambda: array.write(5, 1.0), lambda: array.write(-1, 1.0)),
        *(
            lambda: array.write(0, tf.constant(1)),
            lambda: tf.TensorArray(tf.float32),
        ),
        lambda: tf.TensorArray(tf.float32, size=2).unstack([1.0, 2.0, 3.0]),
    ):
        try:
            wrong()
        except (tf.errors.OpError, ValueError) as error:
            found.append((type(error).__name__, str(error)))
    return found


@program
def tensor_arrays_are_differentiated(tf):
    x = tf.Variable([1.0, 2.0, 3.0])

    @tf.function
    def total():
        array = tf.TensorArray(tf.float32, size=3)
        for i in range(3):
            array = array.write(i, x[i] ** 2)
        return tf.reduce_sum(array.stack())

    with tf.GradientTape() as tape:
        y = total()
    return y, tape.gradient(y, x)


WORDED: dict[str, str] = {}
DELIBERATE: dict[str, str] = {}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)
