"""The memory of tapes, by the pool's statistics, and what the cycle collector frees."""

import collections
import gc
import subprocess
import sys
import types
import weakref
from pathlib import Path

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.base.buffer import statistics

KILOBYTES = 1024
BIG = tf.constant(np.ones(1000, np.float32))
PAGE = 512 * 4 * KILOBYTES  # the capacity of one page of the log for results of this size


def held():
    return statistics()["in_use"]


def test_a_tapes_intermediates_are_gone_when_gradient_returns():
    before = held()
    with tf.GradientTape() as tape:
        tape.watch(BIG)
        y = BIG
        for _ in range(50):
            y = tf.tanh(y)
    assert held() - before > 40 * 4 * KILOBYTES
    found = tape.gradient(y, BIG)
    assert held() - before <= 3 * 5 * KILOBYTES
    del found, y


def test_a_persistent_tapes_intermediates_are_gone_when_it_is_deleted():
    before = held()
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(BIG)
        y = tf.tanh(tf.tanh(BIG))
    tape.gradient(y, BIG)
    del tape, y
    assert held() == before


def test_a_tape_keeps_only_what_reverse_rules_read():
    before = held()
    with tf.GradientTape() as tape:
        tape.watch(BIG)
        y = BIG
        for _ in range(50):
            y = y + 1.0
    assert held() - before <= 3 * 5 * KILOBYTES
    tape.gradient(y, BIG)


def test_twenty_thousand_discarded_results_hold_nothing():
    before = held()
    with tf.GradientTape() as tape:
        tape.watch(BIG)
        for _ in range(20_000):
            tf.tanh(BIG)
        assert held() - before <= PAGE * 1.2


@pytest.mark.parametrize("watching", [False, True])
def test_inner_tapes_under_an_unrelated_outer_one_hold_nothing(watching):
    before, kept = held(), []
    with tf.GradientTape() as outer:
        if watching:
            outer.watch(tf.constant(1.0))
        for _ in range(3000):
            with tf.GradientTape() as inner:
                inner.watch(BIG)
                y = tf.reduce_sum(tf.tanh(BIG) * BIG)
            inner.gradient(y, BIG)
            kept.append(y)
        assert held() - before <= PAGE * 1.2


def test_gradients_inside_a_persistent_block_hold_nothing():
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(BIG)
        y = tf.tanh(BIG) * BIG
        before = held()
        for _ in range(2000):
            tape.gradient(y, BIG)
        assert held() - before <= PAGE * 1.2


def test_large_discarded_results_go_before_a_page_is_full():
    large = tf.zeros([64 << 20], tf.uint8), tf.zeros([64 << 20], tf.uint8)
    del large  # a process that once held much frees no later
    x = tf.constant(np.ones((512, 512), np.float32))
    with tf.GradientTape() as tape:
        tape.watch(x)
        before = held()
        for _ in range(200):
            tf.tanh(x)
        assert held() - before <= 40 << 20


STEPS = 200_000
SMALL = tf.constant([1.0, 2.0, 3.0])


def training():
    v = tf.Variable(2.0)
    while True:
        with tf.GradientTape() as tape:
            y = v * v
        v.assign_sub(tape.gradient(y, v) * 1e-6)
        yield


def training_with_adam():
    v, adam = tf.Variable([1.0, 2.0]), tf.optimizers.Adam(1e-3)
    while True:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(v * v)
        adam.apply_gradients([(tape.gradient(y, v), v)])
        yield


def training_on_gathered_rows():
    v = tf.Variable(np.ones((5, 2), np.float32))
    while True:
        with tf.GradientTape() as tape:
            y = tf.gather(v, [0, 3, 0])
        v.scatter_sub(tape.gradient(y, v))
        yield


def discarding():
    with tf.GradientTape() as tape:
        tape.watch(SMALL)
        while True:
            tf.tanh(SMALL)
            yield


def watching_and_discarding():
    with tf.GradientTape() as tape:
        while True:
            x = tf.constant(1.0)
            tape.watch(x)
            x * x
            yield


def reading_an_assigned_variable():
    v = tf.Variable(1.0)
    with tf.GradientTape():
        while True:
            v.assign(2.0)
            v * v
            yield


def inner_tapes(watching):
    with tf.GradientTape() as outer:
        outer.watch(SMALL if watching else tf.constant(1.0))
        while True:
            with tf.GradientTape() as tape:
                tape.watch(SMALL)
                y = SMALL * SMALL
            tape.gradient(y, SMALL)
            yield


def inner_tapes_while_stopped():
    y = SMALL
    with tf.GradientTape() as outer:
        outer.watch(SMALL)
        while True:
            y = -y
            with outer.stop_recording():
                with tf.GradientTape() as tape:
                    tape.watch(SMALL)
                    z = SMALL * SMALL
                tape.gradient(z, SMALL)
            yield


def gradients_inside_a_persistent_block():
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(SMALL)
        y = tf.tanh(SMALL) * SMALL
        while True:
            tape.gradient(y, SMALL)
            yield


def a_tape_entered_again_and_again():
    tape = tf.GradientTape(persistent=True)
    while True:
        with tape:
            tape.watch(SMALL)
            SMALL * SMALL
        yield


def resets():
    with tf.GradientTape() as tape:
        while True:
            tape.watch(SMALL)
            SMALL * SMALL
            tape.reset()
            yield


def custom_gradients():
    f = tf.custom_gradient(lambda x: (x * 2.0, lambda dy: dy * 3.0))
    while True:
        with tf.GradientTape() as tape:
            tape.watch(SMALL)
            y = f(SMALL)
        tape.gradient(y, SMALL)
        yield


def jacobians():
    while True:
        with tf.GradientTape() as tape:
            tape.watch(SMALL)
            y = SMALL * SMALL
        tape.jacobian(y, SMALL)
        yield


def tangents():
    with tf.autodiff.ForwardAccumulator(SMALL, SMALL) as accumulator:
        while True:
            accumulator.jvp(SMALL * SMALL)
            yield


LOOPS = {
    "training": (training(), STEPS),
    "training with Adam": (training_with_adam(), STEPS // 2),
    "training on gathered rows": (training_on_gathered_rows(), STEPS // 10),
    "discarded results": (discarding(), STEPS),
    "watched and discarded": (watching_and_discarding(), STEPS),
    "an assigned variable": (reading_an_assigned_variable(), STEPS),
    "inner tapes under an unrelated one": (inner_tapes(False), STEPS),
    "inner tapes under a related one": (inner_tapes(True), STEPS // 2),
    "gradients inside a persistent block": (gradients_inside_a_persistent_block(), STEPS // 4),
    "a tape entered again": (a_tape_entered_again_and_again(), STEPS),
    "resets": (resets(), STEPS),
    "custom gradients": (custom_gradients(), STEPS // 4),
    "jacobians": (jacobians(), STEPS // 4),
    "tangents": (tangents(), STEPS // 4),
}


def run_loop(name):
    """The pool's blocks and slabs, and the interpreter's allocations, must be as after the first thousands of steps."""
    loop, steps = LOOPS[name]
    marks = []
    for step, _ in zip(range(steps + 1), loop, strict=False):
        if step in (4000, steps):
            gc.collect()
            marks.append((held(), statistics()["reserved"], sys.getallocatedblocks()))
    loop.close()
    assert marks[1][:2] == marks[0][:2]
    assert abs(marks[1][2] - marks[0][2]) < 200


@pytest.mark.parametrize("name", LOOPS)
def test_many_steps_run_in_constant_memory(name):
    # In a separate process, where nothing else allocates.
    program = f"import test_memory; test_memory.run_loop({name!r})"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parent)


def test_what_is_left_on_a_tape_between_pauses_takes_room_for_itself_only():
    loop = inner_tapes_while_stopped()
    marks = []
    for step, _ in zip(range(20_001), loop, strict=False):
        if step in (4000, 20_000):
            marks.append(sys.getallocatedblocks())
    loop.close()
    assert marks[1] - marks[0] < 1000


PEAK = """
import resource
import gradtape as tf
v = tf.Variable([2.0] * {size})
for step in range({steps}):
    with tf.GradientTape() as tape:
        y = {expression}
    v.assign_sub(tape.gradient(y, v) * 1e-6)
    if step == 1000:
        early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / early)
"""


@pytest.mark.parametrize(
    ("expression", "size", "steps"),
    [("tf.tanh(v * v)", 1, 100_001), ("tf.add_n(tf.unstack(v * v))", 64, 10_001)],
    ids=["results", "further outputs"],
)
def test_the_process_does_not_grow(expression, size, steps):
    program = PEAK.format(expression=expression, size=size, steps=steps)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.02


@pytest.mark.parametrize("earlier", [0, 100], ids=["first", "after a long log"])
def test_a_carried_state_under_an_unrelated_outer_tape_holds_nothing(earlier):
    with tf.GradientTape() as tape:
        tape.watch(ONE)
        kept = [ONE * ONE for _ in range(512 * earlier)]
    del tape, kept
    before = held()
    x = BIG
    most = 0
    with tf.GradientTape() as outer:
        outer.watch(tf.constant(1.0))
        for _ in range(10_000):
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(x * x)
            x = x - inner.gradient(y, x) * 1e-4
            most = max(most, held())
        assert most - before <= 6 * PAGE


@pytest.mark.parametrize(
    "f",
    [
        lambda x: tf.linalg.eigh(x),
        lambda x: tf.linalg.eigh(x)[1],
        lambda x: tf.linalg.qr(x),
        lambda x: tf.unstack(tf.tanh(x)),
        tf.custom_gradient(lambda x: ((tf.cast(x, tf.int32), tf.tanh(x)), lambda of_int, dy: dy)),
    ],
    ids=["eigh", "eigenvectors", "qr", "unstack", "an integer output first"],
)
def test_discarded_results_of_several_outputs_hold_nothing(f):
    x = tf.constant(np.eye(16, dtype=np.float32) + 0.1)
    with tf.GradientTape() as tape:
        tape.watch(x)
        before = held()
        for _ in range(3000):
            f(x)
        assert held() - before <= 512 * 16 * 16 * 4 * 2


def test_outputs_live_as_long_as_the_reverse_rule_that_reads_them():
    x = tf.constant(np.diag(np.arange(1.0, 9.0)) + 0.1)

    def derivatives(discarded):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(tf.linalg.eigh(x)[0] ** 3.0)
                for _ in range(discarded):
                    tf.tanh(x)
            slope = inner.gradient(y, x)
            for _ in range(discarded):
                tf.tanh(x)
            z = tf.reduce_sum(slope * slope)
        return np.asarray([slope, outer.gradient(z, x)])

    np.testing.assert_array_equal(derivatives(2000), derivatives(0))


def test_entries_that_another_tape_needs_survive_the_collection():
    x = tf.constant(1.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        y = x * 3.0
        for _ in range(2000):
            with tf.GradientTape() as inner:
                inner.watch(x)
                z = y * x * x
            inner.gradient(z, x)
            x * 2.0
        total = z * y
    assert float(outer.gradient(total, x)) == 36


def test_tangents_die_with_their_primals():
    before = held()
    with tf.autodiff.ForwardAccumulator(BIG, BIG) as acc:
        x = BIG
        for _ in range(1000):
            x = tf.tanh(x)
        assert held() - before <= 8 * 4 * KILOBYTES
    assert acc.jvp(x) is not None


class Marker:
    """An object that holds others and is held by them."""


ONE = tf.constant(1.0)


def custom(marker):
    """A function whose custom gradient holds the marker."""
    return tf.custom_gradient(lambda x: (x * 2.0, lambda dy: (dy, marker)[0]))


def a_persistent_tape():
    marker = Marker()
    with tf.GradientTape(persistent=True) as marker.tape:
        marker.tape.watch(ONE)
        y = custom(marker)(ONE)
    marker.tape.gradient(y, ONE)
    return marker, marker.tape


def a_tape_that_nobody_asked():
    marker = Marker()
    with tf.GradientTape() as marker.tape:
        marker.tape.watch(ONE)
        marker.y = custom(marker)(ONE)
    return marker, marker.tape


def nested_tapes():
    marker = Marker()
    with tf.GradientTape(persistent=True) as marker.outer:
        marker.outer.watch(ONE)
        with tf.GradientTape() as marker.inner:
            marker.inner.watch(ONE)
            y = custom(marker)(ONE)
        marker.inner.gradient(y, ONE)
    return marker, marker.outer, marker.inner


def a_tape_that_paused():
    marker = Marker()
    with tf.GradientTape(persistent=True) as marker.tape:
        marker.tape.watch(ONE)
        y = custom(marker)(ONE)
        with marker.tape.stop_recording():
            custom(marker)(ONE)
        marker.y = custom(marker)(y)
    return marker, marker.tape


def a_gradient_that_raised():
    marker = Marker()
    with tf.GradientTape() as marker.tape:
        marker.tape.watch(ONE)
        y = tf.custom_gradient(lambda x: (x * 2.0, lambda dy: marker.absent))(ONE)
    with pytest.raises(AttributeError):
        marker.tape.gradient(y, ONE)
    return marker, marker.tape


def a_variable():
    variable = tf.Variable(1.0)
    variable.itself = variable
    with tf.GradientTape() as variable.tape:
        variable * variable
    return variable, variable.tape


def a_layer():
    layer = Marker()
    layer.variable = tf.Variable(1.0)
    layer.call = tf.custom_gradient(lambda x: (x * layer.variable, lambda dy, variables: (dy, [dy])))
    with tf.GradientTape() as tape:
        y = layer.call(ONE)
    tape.gradient(y, layer.variable)
    return layer, layer.variable, tape


def a_recomputed_function():
    marker = Marker()
    marker.f = tf.recompute_grad(lambda x: (x * x, marker)[0])
    with tf.GradientTape(persistent=True) as marker.tape:
        marker.tape.watch(ONE)
        marker.y = marker.f(ONE)
    return marker, marker.tape


def an_accumulator():
    marker = Marker()
    with tf.autodiff.ForwardAccumulator(ONE, ONE) as marker.accumulator:
        marker.y = custom(marker)(ONE)
    return marker, marker.accumulator


def an_optimizer():
    variable, marker = tf.Variable(1.0), Marker()
    marker.optimizer, variable.marker = tf.optimizers.Adam(), marker
    marker.optimizer.apply_gradients([(ONE, variable)])
    return variable, marker


CYCLES = (
    *(a_persistent_tape, a_tape_that_nobody_asked, nested_tapes, a_tape_that_paused, a_gradient_that_raised),
    *(a_variable, a_layer, a_recomputed_function, an_accumulator, an_optimizer),
)


@pytest.mark.parametrize("make", CYCLES, ids=lambda make: make.__name__.replace("_", " "))
@pytest.mark.parametrize("frozen", [False, True], ids=["", "after gc.freeze"])
def test_a_cycle_is_collected(make, frozen):
    """Through tapes, custom gradients and variables: immediately, not when another tape starts."""
    if frozen:
        with tf.GradientTape() as tape:
            tape.attribute = tf.Variable(1.0) * 1.0
        del tape  # and its storage, which later ones reuse
        gc.freeze()
    dead = [weakref.ref(one) for one in make()]
    gc.collect()
    assert [reference() for reference in dead] == [None] * len(dead)


POOL = """
import numpy as np
import gradtape as tf
from gradtape._engine.base.buffer import statistics

def use(sizes):
    held = [tf.zeros(size) for size in sizes]
    return statistics()["reserved"]

before = statistics()["reserved"]
assert use([2_000_000] * 4) - before >= 32_000_000
assert statistics()["reserved"] - before <= 4 << 20, "nothing is held, so no more than a little is kept"
for _ in range(8):
    use([2_000_000] * 4)
calls = statistics()["system_allocations"]
use([2_000_000] * 4)
assert statistics()["system_allocations"] == calls, "what is wanted again and again is kept in the end"
"""


STEADY = """
import gradtape as tf
from gradtape._engine.base.buffer import statistics

parameter = tf.zeros([100_000])                    # held all the time, as a model's are

def step():
    held = [tf.zeros([1_200_000 + 300_000 * i]) for i in range(4)]
    while held:
        held.pop()
        tf.zeros([900_000 + 200_000 * len(held)])     # of classes of their own, so more is kept than is held at once

for _ in range(8):
    step()
calls, peak = statistics()["system_allocations"], statistics()["peak"]
for _ in range(3):
    step()
assert statistics()["system_allocations"] == calls, "what every step wants is kept"
assert peak < 1 << 25 < statistics()["reserved"], "so the pool has to learn it"
for size in range(1_000_000, 3_000_000, 50_000):      # never the same again
    tf.zeros([size])
assert statistics()["reserved"] <= 3 * statistics()["peak"], "within bounds"
"""


def test_memory_that_every_step_wants_again_is_kept_beside_what_is_held_within_bounds():
    subprocess.run([sys.executable, "-c", STEADY], check=True)


def test_memory_that_nobody_uses_goes_back_to_the_system_unless_it_is_wanted_again():
    subprocess.run([sys.executable, "-c", POOL], check=True)


def test_a_variable_takes_over_the_storage_of_its_initial_value_and_writes_into_storage_of_its_own():
    initial = tf.ones([1000])
    before = statistics()["in_use"]
    variable = tf.Variable(initial)
    assert statistics()["in_use"] == before
    variable.assign_add(tf.ones([1000]))
    np.testing.assert_array_equal(initial, np.ones(1000))
    np.testing.assert_array_equal(variable, np.full(1000, 2.0))


HUGE = """
import gradtape as tf

held = [tf.zeros([size]) for size in range(8, 40_000, 97)]
del held
for exponent in range(44, 60):
    try:
        tf.zeros([2**exponent])
        raise AssertionError(exponent)
    except tf.errors.ResourceExhaustedError:
        pass
held = [tf.zeros([size]) + 1.0 for size in range(8, 40_000, 97)]
assert all(float(tf.reduce_max(tensor)) == 1.0 for tensor in held)
"""


def test_asking_for_more_than_there_is_leaves_the_pool_as_it_was():
    subprocess.run([sys.executable, "-c", HUGE], check=True)


def saved_and_loaded(kind, path):
    x, y = np.ones((8, 4), np.float32), np.ones((8, 1), np.float32)
    inputs = tf.keras.Input((4,))
    hidden = tf.keras.layers.Dropout(0.1)(tf.keras.layers.BatchNormalization()(tf.keras.layers.Dense(3)(inputs)))
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(hidden))
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, y, verbose=0)
    if kind == "model":
        model.save(path / "a.keras")
        tf.keras.models.load_model(path / "a.keras").fit(x, y, verbose=0)
    elif kind == "weights":
        model.save_weights(path / "a.weights.h5")
        model.load_weights(path / "a.weights.h5")
    elif kind == "checkpoint":
        written = tf.train.Checkpoint(model=model, optimizer=model.optimizer).save(str(path / "a"))
        tf.train.Checkpoint(model=model).restore(written).expect_partial()
    elif kind == "manager":
        manager = tf.train.CheckpointManager(tf.train.Checkpoint(model=model), str(path / "b"), 2)
        manager.save()
        manager.restore_or_initialize()
    else:
        model.export(str(path / "c"), verbose=False)
        tf.saved_model.load(str(path / "c")).serve(x)


def counted():
    """Living instances of our classes, functions and modules."""
    gc.collect()
    kinds = collections.Counter(type(thing) for thing in gc.get_objects())
    plain = (types.FunctionType, types.ModuleType, type)
    return {kind: count for kind, count in kinds.items() if kind in plain or "gradtape" in str(kind.__module__)}


@pytest.mark.parametrize("kind", ["model", "weights", "checkpoint", "manager", "export"])
def test_what_was_saved_and_loaded_ends_with_its_last_reference(tmp_path, kind):
    for _ in range(3):  # created once, and kept
        saved_and_loaded(kind, tmp_path)
    before = counted()
    for _ in range(3):
        saved_and_loaded(kind, tmp_path)
    assert counted() == before


def test_classes_of_layers_end_with_their_last_reference():
    def layer():
        class Doubled(tf.keras.layers.Dense):
            pass

        Doubled(2).get_config()
        return weakref.ref(Doubled)

    made = layer()
    gc.collect()
    assert made() is None


def test_layers_of_local_classes_are_freed():
    """Signatures of their methods are remembered, the methods are not, nor what these refer to."""

    class Held:
        pass

    def make():
        held = Held()

        class Sum(tf.keras.layers.Layer):
            def build(self, one_shape, other_shape):
                assert held

            def call(self, one, other):
                assert held
                return one + other

            def compute_output_shape(self, one_shape, other_shape):
                return one_shape

        one = tf.keras.Input((3,))
        tf.keras.Model(one, Sum()(one, one))(tf.ones([2, 3]))
        return weakref.ref(held), weakref.ref(Sum)

    dead = make()
    gc.collect()
    assert [reference() for reference in dead] == [None, None]
