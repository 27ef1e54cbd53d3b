"""Replays match eager execution: state, branches, exceptions, threads; the rest runs eagerly."""

from __future__ import annotations

import functools
import gc
import sys
import threading
import time
import weakref

import numpy as np
import pytest

import gradtape as tf


class Compiled:
    """A compiled function, and the number of times that Python ran it."""

    def __init__(self, body, **options):
        self.runs = 0

        def run(*args):
            self.runs += 1
            return body(*args)

        self.function = tf.function(run, **options)

    def __call__(self, *args):
        return self.function(*args)

    @property
    def failures(self):
        return [plan.failure for plan in self.function._plans.values() if plan.failure is not None]


def test_first_steps_of_optimizers_in_branches_that_are_taken_later():
    """TensorFlow traces branches before they are taken: so it applies gradients accumulated in variables."""

    def history(compiles):
        w, v = tf.Variable([0.5, 0.25]), tf.Variable([2.0])
        one, two = tf.optimizers.Adam(0.1), tf.optimizers.SGD(0.1, momentum=0.5)

        def step(i):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(w**2) * tf.reduce_sum(v**2)
            of_w, of_v = tape.gradient(loss, [w, v])
            tf.cond(i % 3 == 2, lambda: one.apply_gradients([(of_w, w)]), lambda: None)
            if i % 2 == 1:
                two.apply_gradients([(of_v, v)])
            return loss

        step = Compiled(step) if compiles else step
        found = [step(tf.constant(i)).numpy() for i in range(9)]
        assert not compiles or (step.runs <= 4 and not step.failures)
        return [*found, w.numpy().tobytes(), v.numpy().tobytes(), int(one.iterations), int(two.iterations)]

    assert history(True) == history(False)


def test_a_training_step_follows_state_that_changes_between_calls():
    def history(compiles):
        w, optimizer = tf.Variable([[0.5], [0.25]]), tf.optimizers.Adam(0.1)
        optimizer.build([w])

        def step(x, y):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((tf.matmul(x, w) - y) ** 2)
            optimizer.apply_gradients([(tape.gradient(loss, w), w)])
            return loss

        step = Compiled(step) if compiles else step
        draw, found = np.random.default_rng(0), []
        for count in range(8):
            x = tf.constant(draw.normal(size=(5, 2)), tf.float32)
            found.append(step(x, x[:, :1]).numpy())
            found.append(w.numpy().tobytes())
            if count == 3:
                optimizer.learning_rate = 0.01
                w.assign_add([[1.0], [1.0]])
        assert optimizer.iterations.numpy() == 8
        if compiles:
            assert step.runs == 1
        return found

    assert history(True) == history(False)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_gradients_of_every_order_inside(order):
    def derivative(f, n):
        if n == 0:
            return f

        def slope(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = derivative(f, n - 1)(x)
            return tape.gradient(y, x)

        return slope

    f = Compiled(derivative(lambda x: tf.sin(x) * x**3, order))
    for value in (0.3, 0.7, 1.1):
        x = tf.constant(value)
        assert f(x).numpy() == derivative(lambda x: tf.sin(x) * x**3, order)(x).numpy()
    assert f.runs == 1


def test_gradients_through_a_call_and_their_own_gradients():
    w = tf.Variable([1.0, 2.0])
    f = Compiled(lambda x: tf.reduce_sum(tf.tanh(x * w) * x))
    for value in (0.5, 1.5):
        x = tf.constant([value, -value])
        found = []
        for function in (f, f.function.python_function):
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = function(x)
                slopes = tape.gradient(y, [x, w])
            found.append([np.asarray(part).tobytes() for part in [*slopes, outer.gradient(slopes[0], x)]])
        assert found[0] == found[1]
    assert not f.failures


def test_jacobians_and_forward_accumulators_inside():
    @Compiled
    def both(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.sin(x) * x
        with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as accumulator:
            z = tf.tanh(x)
        return tape.jacobian(y, x), accumulator.jvp(z)

    for values in ([1.0, 2.0], [0.5, -0.5]):
        x = tf.constant(values)
        for one, other in zip(both(x), both.function.python_function(x), strict=True):
            assert one.numpy().tobytes() == other.numpy().tobytes()
    assert not both.failures


def test_a_forward_accumulator_around_a_call():
    f = Compiled(lambda x: tf.sin(x) * x)
    for value in (1.0, 2.0):
        x = tf.constant(value)
        with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as accumulator:
            y = f(x)
        np.testing.assert_allclose(accumulator.jvp(y), np.cos(value) * value + np.sin(value), rtol=1e-6)


def test_values_that_python_reads_lead_to_branches():
    best = tf.Variable(np.inf)

    @Compiled
    def keep(loss):
        if loss < best:
            best.assign(loss)
            return loss
        return best.read_value()

    assert [keep(tf.constant(value)).numpy() for value in (3.0, 5.0, 1.0, 2.0, 0.5)] == [3.0, 3.0, 1.0, 1.0, 0.5]
    assert best.numpy() == 0.5
    assert keep.runs == 2
    assert not keep.failures


@pytest.mark.parametrize(
    "read",
    [
        lambda x: float(x),
        lambda x: int(x),
        lambda x: x.numpy(),
        lambda x: np.asarray(x).item(),
        lambda x: memoryview(x).tolist(),
        lambda x: float(f"{x:.3f}"),
        lambda x: float(str(x).split("(")[1].split(",")[0]),
        lambda x: 1.0 if x else 0.0,
        lambda x: [1, 2, 3, 4][tf.cast(x, tf.int32)],
        lambda x: next(iter(tf.reshape(x, [1]))).numpy(),
    ],
)
def test_every_way_to_read_a_value_is_seen(read):
    f = Compiled(lambda x: x * 0.0 + read(x))
    for value in (1.0, 2.0, 1.0, 2.0, 3.0):
        assert f(tf.constant(value)).numpy() == np.float32(read(tf.constant(value)))
    assert f.runs <= 3


def test_loops_over_values():
    @Compiled
    def power(x, n):
        total = tf.ones_like(x)
        for _ in tf.range(n):
            total = total * x
        while tf.abs(total) > 100.0:
            total = total / 10.0
        return total

    for value, n in ((2.0, 3), (3.0, 3), (2.0, 10), (2.0, 3), (5.0, 10)):
        x, n = tf.constant(value), tf.constant(n)
        assert power(x, n).numpy() == power.function.python_function(x, n).numpy()


def test_what_was_written_before_a_guard_is_taken_back_where_it_leads_off():
    v, log = tf.Variable(0.0), []

    @Compiled
    def f(x):
        log.append(v.numpy().item())
        v.assign_add(x)
        if v.read_value() > 10.0:
            v.assign(0.0)
        return v.read_value()

    assert [f(tf.constant(x)).numpy() for x in (4.0, 4.0, 4.0, 1.0, 20.0)] == [4.0, 8.0, 0.0, 1.0, 0.0]


def test_random_numbers_before_a_guard_are_drawn_once():
    def f(x):
        drawn = tf.random.uniform([])
        return drawn if x > 0.0 else -drawn

    found = []
    for function in (Compiled(f), f):
        tf.random.set_seed(1)
        found.append([function(tf.constant(x)).numpy() for x in (1.0, 2.0, -1.0, 1.0, -2.0)])
    assert found[0] == found[1]


def test_after_too_many_branches_the_function_runs_eagerly():
    f = Compiled(lambda x: float(x) * 2.0)
    for value in range(100):
        assert f(tf.constant(float(value))).numpy() == 2.0 * value
    assert "values that Python reads have led it" in f.failures[0]
    assert "runs eagerly" in f.function.explain_plan()


def test_large_values_that_python_reads_are_not_compared():
    f = Compiled(lambda x: x.numpy().sum())
    for value in (1.0, 2.0):
        assert f(tf.fill([1000], value)).numpy() == 1000 * value
    assert "reads the values of a tensor of 1000 elements" in f.failures[0]


def test_assertions_raise_what_they_raise_eagerly():
    v = tf.Variable(0.0)

    @Compiled
    def f(x):
        v.assign_add(1.0)
        tf.debugging.assert_positive(x, message="must be positive")
        v.assign_add(1.0)
        return tf.sqrt(x)

    assert f(tf.constant(4.0)).numpy() == f(tf.constant(4.0)).numpy() == 2.0
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be positive"):
        f(tf.constant(-4.0))
    assert v.numpy() == 5.0


def test_exceptions_leave_variables_as_eager_execution_does():
    v = tf.Variable(0.0)

    @Compiled
    def f(x):
        v.assign_add(1.0)
        inverse = tf.linalg.inv(x)
        v.assign_add(1.0)
        return inverse

    regular, singular = tf.constant([[2.0, 0.0], [0.0, 2.0]]), tf.zeros([2, 2])
    f(regular)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not invertible") as raised:
        f(singular)
    assert v.numpy() == 3.0
    assert "traced at" in "".join(raised.value.__notes__)
    assert __file__ in "".join(raised.value.__notes__)
    f(regular)
    assert v.numpy() == 5.0
    assert f.runs == 1


def test_prints_happen_at_every_call_and_in_order(capsys):
    v = tf.Variable(1)

    @Compiled
    def f(x):
        tf.print("x", x, v, output_stream=sys.stdout)
        v.assign_add(1)
        tf.print("then", v, output_stream=sys.stdout)
        return x

    for x in (5, 6):
        f(tf.constant(x))
    assert capsys.readouterr().out == "x 5 1\nthen 2\nx 6 2\nthen 3\n"
    assert f.runs == 1


def test_python_functions_are_called_at_every_call():
    seen = []

    @Compiled
    def shows(x):
        tf.py_function(lambda t: seen.append(float(t)), [x], [])
        return x * 2.0

    assert [shows(tf.constant(x)).numpy() for x in (1.0, 2.0)] == [2.0, 4.0]
    assert (seen, shows.runs) == ([1.0, 2.0], 1)

    @Compiled
    def gives(x):
        y = tf.py_function(lambda t: seen.append(float(t)) or t * 2.0, [x], tf.float32)
        return y + tf.numpy_function(lambda a: np.float32(a + 1), [x], tf.float32)

    assert [gives(tf.constant(x)).numpy() for x in (3.0, 4.0)] == [10.0, 13.0]
    assert seen == [1.0, 2.0, 3.0, 4.0]
    assert "gives tensors whose shapes nobody knows" in gives.failures[0]


def test_gradients_through_py_function():
    f = Compiled(lambda x: gradient_of(lambda x: tf.py_function(lambda t: t * t, [x], tf.float32), x))

    def gradient_of(function, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, x)

    assert [f(tf.constant(x)).numpy() for x in (1.0, 2.0, 3.0)] == [2.0, 4.0, 6.0]


def test_sparse_gradients_reach_the_optimizer():
    def history(compiles):
        table, optimizer = tf.Variable(tf.reshape(tf.range(12.0), [6, 2])), tf.optimizers.Adam(0.1)
        optimizer.build([table])

        def step(rows):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.nn.embedding_lookup(table, rows) ** 2)
            optimizer.apply_gradients([(tape.gradient(loss, table), table)])
            return loss

        step = Compiled(step) if compiles else step
        found = [(step(tf.constant(rows)).numpy(), table.numpy().tobytes()) for rows in ([0, 1], [5, 5], [3, 0])]
        assert not compiles or step.runs == 1
        return found

    assert history(True) == history(False)


def test_custom_gradients_and_stopped_ones():
    @tf.custom_gradient
    def clipped(x):
        return x * 1.0, lambda g: tf.clip_by_value(g, -1.0, 1.0)

    def body(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = 10.0 * clipped(x) + tf.stop_gradient(x) * x
        return tape.gradient(y, x)

    f = Compiled(body)
    assert [f(tf.constant(x)).numpy() for x in (1.0, 2.0)] == [2.0, 3.0]
    assert f.runs == 1
    around = Compiled(clipped)
    for x in (1.0, 2.0):
        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = 10.0 * around(x)
        assert tape.gradient(y, x).numpy() == 1.0


def test_a_tape_of_the_caller_is_not_repeated_without_it():
    x = tf.constant(3.0)
    tapes = []

    @Compiled
    def f(x):
        return tapes[-1].gradient(x * 1.0 if False else tapes[-1].y, tapes[-1].x)

    class Held:
        pass

    for value in (1.0, 2.0):
        with tf.GradientTape() as tape:
            held = Held()
            held.x = tf.constant(value)
            tape.watch(held.x)
            held.y = held.x * held.x
        held.gradient = tape.gradient
        tapes.append(held)
        assert f(x).numpy() == 2 * value


def test_an_argument_that_is_also_captured_stays_what_was_captured():
    x = tf.constant(2.0)
    f = tf.function(lambda a: a * x)
    assert [f(x).numpy(), f(tf.constant(3.0)).numpy(), f(tf.constant(4.0)).numpy()] == [4.0, 6.0, 8.0]


def test_threads_share_a_function():
    v, failures = tf.Variable(0), []
    f = tf.function(lambda x: v.assign_add(1) and tf.reduce_sum(x * x))

    @tf.function
    def g(x):
        return tf.reduce_sum(tf.tanh(x) * x)

    def work(seed):
        for count in range(200):
            x = tf.fill([seed + 1], float(count))
            if g(x).numpy() != g.python_function(x).numpy():
                failures.append((seed, count))
            f(tf.constant(1.0))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_threads_that_call_at_once_trace_once():
    runs, results, barrier = [], [], threading.Barrier(4)

    @tf.function
    def f(x):
        runs.append(1)
        for _ in range(200):
            x = x + 1.0
        return x

    def work():
        barrier.wait()
        results.append(f(tf.constant(1.0)).numpy())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (results, len(runs)) == ([201.0] * 4, 1)


def test_functions_of_all_kinds_can_be_compiled():
    class Scale:
        def __init__(self, by):
            self.by = tf.Variable(by)

        def __call__(self, x):
            return x * self.by

        def method(self, x):
            return x * self.by

        @classmethod
        @tf.function
        def of_class(cls, x):
            return x * 2.0

        @staticmethod
        @tf.function
        def static(x):
            return x * 2.0

        @property
        @tf.function
        def doubled(self):
            return self.by * 2.0

        @tf.function
        def generator(self, x):
            return sum(x * n for n in (1.0, 1.0))

    scale, x = Scale(2.0), tf.constant(3.0)
    compiled = tf.function(scale), tf.function(scale.method), tf.function(functools.partial(tf.multiply, 2.0))
    for _ in range(3):
        results = [f(x).numpy() for f in (*compiled, scale.of_class, scale.static, scale.generator)]
        assert (results, scale.doubled.numpy()) == ([6.0] * 6, 4.0)
    squared = tf.function(lambda x: x * x)
    assert [y.numpy() for y in tf.data.Dataset.range(4).map(squared)] == [0, 1, 4, 9]
    assert tf.vectorized_map(squared, tf.constant([1.0, 2.0])).numpy().tolist() == [1.0, 4.0]


def test_memory_is_constant_over_a_million_calls():
    w = tf.Variable(tf.ones([8, 8]))

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.tanh(tf.matmul(x, w)))
        w.assign_sub(0.01 * tape.gradient(loss, w))
        return loss

    x = tf.ones([4, 8])
    for _ in range(10):
        step(x)
    gc.collect()
    before = len(gc.get_objects()), sys.getallocatedblocks()
    for _ in range(1_000_000):
        step(x)
    gc.collect()
    after = len(gc.get_objects()), sys.getallocatedblocks()
    assert after[0] - before[0] < 20
    assert after[1] - before[1] < 200


def test_a_plan_that_the_collector_ends_gives_back_its_shapes():
    """A cycle through a function: its plan's steps are released before the plan is."""
    told = []
    hook, sys.unraisablehook = sys.unraisablehook, told.append
    try:

        @tf.function
        def parts(x):
            first, second = tf.split(x, 2)
            return first * second + 1.0

        for _ in range(4):
            parts(tf.ones([6]))
        parts.itself = parts
        gone = weakref.ref(parts)
        del parts
        gc.collect()
    finally:
        sys.unraisablehook = hook
    assert gone() is None
    assert not told


def test_what_is_dead_or_known_is_not_computed_again():
    @tf.function
    def f(x):
        tf.exp(x)
        scale = tf.sqrt(tf.constant(4.0)) * 2.0
        return tf.tanh(x) + tf.tanh(x) * scale

    x = tf.constant([1.0, 2.0])
    assert f(x).numpy().tobytes() == f(x).numpy().tobytes() == f.python_function(x).numpy().tobytes()
    (plan,) = f._plans.values()
    assert sorted(step.name for step in plan.root.plan if step.name != "constant") in (
        ["add", "multiply", "tanh"],
        ["add(tanh(x0), mul(tanh(x0), x1))"],
    )
    assert "steps traced" in f.explain_plan()


def test_checked_numerics_are_judged_in_functions():
    f = Compiled(lambda x: tf.math.log(x))
    f(tf.constant(1.0))
    tf.debugging.enable_check_numerics()
    try:
        with pytest.raises(tf.errors.InvalidArgumentError, match="Detected Infinity or NaN"):
            f(tf.constant(0.0))
    finally:
        tf.debugging.disable_check_numerics()
    assert f(tf.constant(0.0)).numpy() == -np.inf


def test_threads_may_meet_a_new_branch_at_once():
    """A replay stays with its initial plan: a branch that another thread adds uses what the old one drops."""
    positive = tf.constant(np.full(200_000, 0.5, np.float32))
    for stagger in range(20):

        @tf.function
        def function(x):
            unused_at_first = tf.sin(x * 2.0)
            y = x
            for _ in range(30):  # long enough that other threads run meanwhile
                y = tf.exp(-y)
            return y if tf.reduce_sum(x) > 0 else unused_at_first + y

        function(positive)
        function(positive)
        barrier, found = threading.Barrier(3), [None] * 3

        def call(place, function=function, barrier=barrier, found=found, stagger=stagger):
            barrier.wait()
            time.sleep(0.0003 * place * (stagger % 10))
            found[place] = function(-positive)

        callers = [threading.Thread(target=call, args=(place,)) for place in range(3)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        expected = function.python_function(-positive)
        for result in found:
            np.testing.assert_array_equal(result, expected)
