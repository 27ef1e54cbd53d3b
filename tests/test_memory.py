"""What tapes hold, by the pool's own statistics, and what the cycle collector frees."""

import gc
import weakref

import numpy as np
import pytest
from gradtape._buffer import statistics

import gradtape as tf

KILOBYTES = 1024
BIG = tf.constant(np.ones(1000, np.float32))
PAGE = 512 * 4 * KILOBYTES  # what one page of the log can hold of results of this size


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
    x = tf.constant(np.ones((512, 512), np.float32))
    with tf.GradientTape() as tape:
        tape.watch(x)
        before = held()
        for _ in range(200):
            tf.tanh(x)
        assert held() - before <= 40 << 20


def test_a_long_loop_runs_in_constant_memory():
    v = tf.Variable(np.ones(1000, np.float32))
    marks = []
    for step in range(20_000):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(v * v)
        v.assign_sub(tape.gradient(y, v) * 1e-4)
        if step in (10, 19_999):
            marks.append((held(), statistics()["reserved"]))
    assert marks[0] == marks[1]


def test_a_carried_state_under_an_unrelated_outer_tape_holds_nothing():
    before = held()
    x = BIG
    with tf.GradientTape() as outer:
        outer.watch(tf.constant(1.0))
        for _ in range(10_000):
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(x * x)
            x = x - inner.gradient(y, x) * 1e-4
        assert held() - before <= 6 * PAGE


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


def test_a_cycle_through_a_tape_and_a_custom_gradients_closure_is_collected():
    class Marker:
        pass

    x = tf.constant(1.0)

    def record():
        marker, tape = Marker(), tf.GradientTape(persistent=True)
        f = tf.custom_gradient(lambda x: (x * 2.0, lambda dy: (dy, marker, tape)[0]))
        with tape:
            tape.watch(x)
            y = f(x)
        tape.gradient(y, x)
        return weakref.ref(marker), weakref.ref(tape)

    dead = record()
    with tf.GradientTape():
        pass  # the thread lets go of its last page as another tape begins
    gc.collect()
    assert [reference() for reference in dead] == [None, None]


def test_a_cycle_through_a_variable_is_collected():
    v = tf.Variable(1.0)
    v.itself = v
    with tf.GradientTape() as tape:
        v * v
    dead = weakref.ref(v)
    del v, tape
    gc.collect()
    assert dead() is None
