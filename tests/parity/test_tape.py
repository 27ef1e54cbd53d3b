"""Every promise of GradientTape, side by side with TensorFlow: results, warnings, exceptions and their messages."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from programs import collector, compared

Pair = collections.namedtuple("Pair", "first second")
PROGRAMS, program = collector()


def lines(text: str) -> list[tuple[str, Callable[[Any], Any]]]:
    """One program a line, an expression over tf, np and what `setting` gives."""
    return [
        (line, lambda tf, line=line: eval(line, {"tf": tf, "np": np, "Pair": Pair, **setting(tf)}))
        for line in text.strip().splitlines()
    ]


def setting(tf: Any) -> dict[str, Any]:
    """x and y watched tensors, v and w variables, k an integer constant, m a matrix, and a persistent tape t with
    p = x * y, q = x * v, s = sum of m², r = row sums of m², c = m[:, 0:1] * m per example, z unconnected."""
    x, y, z = tf.constant(2.0), tf.constant(3.0), tf.constant(7.0)
    m = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    v, w, k = tf.Variable(5.0), tf.Variable([1.0, 2.0]), tf.constant(2)
    with tf.GradientTape(persistent=True) as t:
        t.watch([x, y, z, m])
        p, q = x * y, x * v
        r = tf.reduce_sum(m * m, axis=1)
        s = tf.reduce_sum(r)
        c = m[:, 0:1] * m
        d = w * x
        o = w.assign_add([1.0, 1.0]) * 2.0
    with tf.GradientTape() as once:
        once.watch(x)
        e = x * x
    return locals()


GRADIENT = """
t.gradient(p, x)
t.gradient(p, [x, y])
t.gradient(p, (x, y))
t.gradient(p, {"b": x, "a": y})
t.gradient(p, Pair(x, [y, {"v": v}]))
t.gradient(p, [x, x, y])
t.gradient(p, [])
t.gradient([], x)
t.gradient([p, q], x)
t.gradient((p, q), [x, v])
t.gradient({"one": p, "two": q}, [x, y, v])
t.gradient(Pair(p, [q]), v)
t.gradient([p, p], x)
t.gradient(x, x)
t.gradient(v, v)
t.gradient([x, p], x)
t.gradient(z, x)
t.gradient(x, y)
t.gradient(p, z)
t.gradient(p, z, unconnected_gradients="zero")
t.gradient(p, z, unconnected_gradients="none")
t.gradient(p, z, unconnected_gradients=tf.UnconnectedGradients.ZERO)
t.gradient(p, z, unconnected_gradients=tf.UnconnectedGradients.NONE)
t.gradient(p, [x, v], unconnected_gradients="zero")
t.gradient(p, w, unconnected_gradients="zero")
t.gradient(p, z, unconnected_gradients="zeros")
t.gradient(p, z, unconnected_gradients=None)
t.gradient(p, z, unconnected_gradients=0)
t.gradient(None, x)
t.gradient(p, None)
t.gradient([None], x)
t.gradient(p, [None])
t.gradient(3.0, x)
t.gradient(3, x)
t.gradient(np.float32(3), x)
t.gradient("p", x)
t.gradient(p, 3.0)
t.gradient(p, [x, 3.0])
t.gradient(p, {1})
t.gradient([p, 3], x)
t.gradient(p, np.ones(2))
t.gradient(p, "x")
t.gradient(k, x)
t.gradient(p, k)
t.gradient(p, [x, k])
t.gradient(k, k)
t.gradient(k, x, unconnected_gradients="zero")
t.gradient(p, x, output_gradients=tf.constant(5.0))
t.gradient(p, x, output_gradients=5.0)
t.gradient(p, x, output_gradients=np.float32(5))
t.gradient(p, x, output_gradients=[5.0])
t.gradient([p, q], x, output_gradients=[tf.constant(5.0), tf.constant(7.0)])
t.gradient([p, q], x, output_gradients=[None, tf.constant(7.0)])
t.gradient([p, q], x, output_gradients=[None, None])
t.gradient([p, q], x, output_gradients=None)
t.gradient([p, q], [x, v, y], output_gradients=[tf.constant(0.0), None])
t.gradient({"b": p, "a": q}, x, output_gradients={"b": tf.constant(1.0), "a": tf.constant(10.0)})
t.gradient(r, m, output_gradients=tf.constant([1.0, 2.0, 3.0]))
t.gradient(r, m, output_gradients=np.array([1.0, 2.0, 3.0], np.float32))
t.gradient(r, m, output_gradients=[tf.constant([1.0, 2.0, 3.0])])
t.gradient(r, m, output_gradients=tf.constant([1.0, 2.0]))
t.gradient(r, m, output_gradients=[1.0, 2.0, 3.0])
t.gradient([p, q], x, output_gradients=[tf.constant(5.0)])
t.gradient(p, x, output_gradients=tf.constant(5))
t.gradient(p, x, output_gradients=tf.constant(5.0, tf.float64))
t.gradient(p, x, output_gradients=np.float64(5))
t.gradient(p, x, output_gradients=v)
t.gradient([p, q], x, output_gradients=[tf.constant(5.0), tf.constant(7.0), tf.constant(9.0)])
t.gradient(s, m, output_gradients=tf.constant([1.0, 2.0]))
t.gradient(r, r, output_gradients=tf.constant([1.0, 2.0, 3.0]))
t.gradient(r, m, output_gradients=tf.constant(2.0))
t.gradient(d, w, output_gradients=tf.constant(2.0))
t.gradient(m, m, output_gradients=m)
t.gradient([r, s], m)
t.gradient(c, m)
t.gradient(s, r)
t.gradient(s, [r, m])
t.gradient(d, w)
t.gradient(o, w)
t.gradient(d, [x, w, v])
t.gradient(p, w)
t.gradient(v, w)
t.gradient(target=p, sources=x)
t.gradient(p)
t.gradient()
t.gradient(p, x, None, "none", 3)
once.gradient(e, x)
once.gradient(p, x)
[once.gradient(e, x), once.gradient(e, x)]
[once.gradient(p, x), once.jacobian(e, x)]
[once.jacobian(e, x), once.gradient(e, x)]
[once.batch_jacobian(c, m), once.batch_jacobian(c, m)]
tf.GradientTape().gradient(p, x)
tf.GradientTape(persistent=True).gradient(p, x)
tf.GradientTape(True, False).watched_variables()
tf.GradientTape(True, False, 3)
tf.GradientTape(persist=True)
tf.autodiff.GradientTape is tf.GradientTape
tf.UnconnectedGradients("zero").value
tf.UnconnectedGradients("zeros")
[item.name for item in tf.UnconnectedGradients]
"""

JACOBIAN = """
t.jacobian(p, x)
t.jacobian(r, m)
t.jacobian(m, m)
t.jacobian(c, m)
t.jacobian(r, [m, x])
t.jacobian(r, {"m": m, "x": (x, y)})
t.jacobian(r, x)
t.jacobian(r, x, unconnected_gradients="zero")
t.jacobian(r, [x, w, m], unconnected_gradients=tf.UnconnectedGradients.ZERO)
t.jacobian(r, x, unconnected_gradients="zeros")
t.jacobian(r, x, unconnected_gradients="zeros", experimental_use_pfor=False)
t.jacobian(r, m, unconnected_gradients=None, experimental_use_pfor=False)
t.jacobian(r, m, parallel_iterations=1)
t.jacobian(r, m, parallel_iterations=2)
t.jacobian(r, m, parallel_iterations=0)
t.jacobian(r, m, parallel_iterations=-1, experimental_use_pfor=False)
t.jacobian(r, m, parallel_iterations="x")
t.jacobian(r, m, parallel_iterations="x", experimental_use_pfor=False)
t.batch_jacobian(c, m, parallel_iterations=1)
t.batch_jacobian(c, m, parallel_iterations=0, experimental_use_pfor=False)
t.batch_jacobian(c, m, unconnected_gradients="zeros", experimental_use_pfor=False)
t.jacobian(d, w)
t.jacobian(d, [w, x])
t.jacobian(o, w)
t.jacobian(w, w)
t.jacobian(v, v)
t.jacobian(r, m, experimental_use_pfor=False)
t.jacobian(r, m, parallel_iterations=1, experimental_use_pfor=False)
t.jacobian(r, [x, m], unconnected_gradients="zero", experimental_use_pfor=False)
once.jacobian(e, x)
once.jacobian(e, x, experimental_use_pfor=False)
[once.jacobian(e, x), once.jacobian(e, x)]
[once.gradient(e, x), once.jacobian(e, x, experimental_use_pfor=False)]
t.jacobian([r, s], m)
t.jacobian(None, m)
t.jacobian(3.0, m)
t.jacobian(r, 3.0)
t.jacobian(r, None)
t.jacobian(r, "m")
t.jacobian(r, np.ones(2))
t.jacobian(np.ones(2), m)
t.jacobian([], m)
t.jacobian(r, [])
t.jacobian(k, m, unconnected_gradients="zero")
t.jacobian(r, [k, m], unconnected_gradients="zero")
tf.GradientTape(True).jacobian(r, m)
t.jacobian(r)
tf.GradientTape().jacobian(p, x)
t.batch_jacobian(c, m)
t.batch_jacobian(m, m)
t.batch_jacobian(c, c)
t.batch_jacobian(c, m, experimental_use_pfor=False)
t.batch_jacobian(c, m, parallel_iterations=2, experimental_use_pfor=False)
t.batch_jacobian(c, tf.ones((3, 4)))
t.batch_jacobian(c, tf.ones((3, 4)), unconnected_gradients="zero")
t.batch_jacobian(c, tf.ones((3, 4)), unconnected_gradients="zeros")
t.batch_jacobian(c, tf.ones((2, 4)))
t.batch_jacobian(r, m)
t.batch_jacobian(c, r)
t.batch_jacobian(s, m)
t.batch_jacobian(c, x)
t.batch_jacobian(c, [m])
t.batch_jacobian(3.0, m)
t.batch_jacobian(tf.ones((3, 2), tf.float64), m)
t.batch_jacobian(tf.cast(c, tf.int32), m)
t.batch_jacobian(c, tf.cast(m, tf.int32))
t.batch_jacobian(target=c, source=m)
t.batch_jacobian(tf.ones((3, 0)), m)
t.batch_jacobian(c)
once.batch_jacobian(c, m)
once.batch_jacobian(c, m, experimental_use_pfor=False)
tf.GradientTape().batch_jacobian(c, m)
"""

CONTROL = """
t.watch(3.0)
t.watch([x, 3.0])
t.watch("x")
t.watch(None)
t.watch(np.ones(2))
t.watch([])
t.watch({"a": x, "b": (y, [z])})
t.watch(k)
t.watch(tf.constant(True))
t.watch(tf.Variable(3))
t.watch(x, y)
t.watch()
[u is a for u, a in zip(t.watched_variables(), (v, w))]
len(t.watched_variables())
type(t.watched_variables()).__name__
once.watched_variables()
tf.GradientTape().watched_variables()
tf.GradientTape().reset()
tf.GradientTape().stop_recording().__enter__()
once.stop_recording().__enter__()
tf.GradientTape().watch(x)
tf.GradientTape().__exit__(None, None, None)
once.__enter__().__exit__(None, None, None)
once.__exit__(None, None, None)
"""


@pytest.mark.parametrize(
    ("line", "function"),
    lines(CONTROL) + lines(GRADIENT) + lines(JACOBIAN),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_lines(line: str, function: Callable[[Any], Any]) -> None:
    compared(line, function, WORDED, DELIBERATE)


@program
def watched_variables_in_order_of_use(tf):
    a, b, c = (tf.Variable(float(i), name=n) for i, n in enumerate("abc"))
    hidden = tf.Variable(9.0, trainable=False)
    with tf.GradientTape() as tape:
        result = b * a * hidden
        inside = [v.numpy() for v in tape.watched_variables()]
        tape.watch(c)
        tape.watch(hidden)
    before = [v.numpy() for v in tape.watched_variables()]
    tape.gradient(result, a)
    return inside, before, [v.numpy() for v in tape.watched_variables()]


@program
def watched_variables_after_reset(tf):
    a, b = tf.Variable(1.0), tf.Variable(2.0)
    with tf.GradientTape() as tape:
        a * 1.0
        tape.reset()
        b * 1.0
        found = [v.numpy() for v in tape.watched_variables()]
    return found, [v.numpy() for v in tape.watched_variables()]


@program
def watched_variables_of_a_tape_that_watches_none(tf):
    a, b = tf.Variable(1.0), tf.Variable(2.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        result = a * b
        tape.watch(b)
        later = a * b
    return [v.numpy() for v in tape.watched_variables()], tape.gradient([result, later], [a, b])


@program
def untrainable_variables_are_constants_until_watched(tf):
    a = tf.Variable(3.0, trainable=False)
    with tf.GradientTape(persistent=True) as tape:
        first = a * a
        tape.watch(a)
        second = a * a
    return tape.gradient(first, a), tape.gradient(second, a), len(tape.watched_variables())


@program
def watching_twice(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        tape.watch([x, x])
        y = x * x
    return tape.gradient(y, x)


@program
def watching_after_use(tf):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x * x
        tape.watch(x)
        z = y * x
    return tape.gradient(y, x), tape.gradient(z, x)


@program
def watching_an_intermediate(tf):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        tape.watch(y)
        z = y * y
    return tape.gradient(z, [x, y]), tape.gradient(z, y), tape.gradient(z, x)


@program
def watching_after_the_block_is_heard_under_an_open_tape_only(tf):
    x, v = tf.constant(3.0), tf.Variable(2.0)

    def watched(around):
        tape = tf.GradientTape(watch_accessed_variables=False)
        with tape:
            pass
        with around():
            tape.watch([x, v])
        with tape:
            y = x * x * v
        return tape.gradient(y, [x, v]), len(tape.watched_variables())

    around = contextlib.nullcontext, tf.GradientTape, lambda: tf.autodiff.ForwardAccumulator(x, tf.constant(1.0))
    return [watched(one) for one in around]


@program
def watching_while_stopped(tf):
    x, v = tf.constant(3.0), tf.Variable(2.0)

    def watched(around):
        with around(), tf.GradientTape(watch_accessed_variables=False) as tape:
            with tape.stop_recording():
                tape.watch([x, v])
            y = x * x * v
        return tape.gradient(y, [x, v]), len(tape.watched_variables())

    return watched(contextlib.nullcontext), watched(tf.GradientTape)


@program
def watching_from_another_thread(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        thread = threading.Thread(target=tape.watch, args=(x,))
        thread.start()
        thread.join()
        y = x * x
    return tape.gradient(y, x)


@program
def a_tape_opened_in_init_scope(tf):
    x, v = tf.constant(3.0), tf.Variable(2.0)
    with tf.init_scope(), tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x * v
    return tape.gradient(y, [x, v]), tape.watched_variables()


@program
def a_tape_around_init_scope(tf):
    x, v = tf.constant(3.0), tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        with tf.init_scope():
            tape.watch(v)
            y = x * x * v
            with tape.stop_recording():
                pass
            with tf.init_scope():
                pass
            z = x * x
        inside = len(tape.watched_variables())
        w = x * z * v
    return [tape.gradient(r, [x, v]) for r in (y, z, w)], inside, len(tape.watched_variables())


@program
def a_tape_that_is_open_across_the_end_of_init_scope(tf):
    x, v, tape = tf.constant(3.0), tf.Variable(2.0), tf.GradientTape(persistent=True)
    with tf.init_scope():
        tape.__enter__()
        tape.watch(x)
        y = x * v
    z = y * v * x
    tape.__exit__(None, None, None)
    return tape.gradient(y, [x, v]), tape.gradient(z, [x, v])


@program
def a_tape_that_ends_or_starts_anew_in_init_scope(tf):
    x = tf.constant(3.0)
    found = []
    for act in (lambda tape: tape.__exit__(None, None, None), lambda tape: tape.reset()):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            with tf.init_scope():
                act(tape)
                tape.watch(x)
                y = x * x
            z = x * x * x
        found.append((tape.gradient(y, x), tape.gradient(z, x)))
    return found


@program
def gradients_asked_for_in_init_scope(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x * x
        with tf.init_scope():
            slope = tape.gradient(y, x)
        z = slope * x
    return slope, outer.gradient(z, x)


@program
def accumulators_and_init_scope(tf):
    x = tf.constant(3.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as outer:
        with tf.init_scope():
            y = x * x
            with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as inner:
                z = x * x
        w = x * x
    return outer.jvp([y, z, w]), inner.jvp(z)


@program
def stop_recording(tf):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as outer, tf.GradientTape(persistent=True) as tape:
        outer.watch(x)
        tape.watch(x)
        y = x * x
        with tape.stop_recording():
            s = x * x * x
        z = y * s
    return [t.gradient(r, [x, y, s]) for t in (outer, tape) for r in (y, s, z)]


@program
def stop_recording_twice(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        with tape.stop_recording(), tape.stop_recording():
            x * x
        y = x * x
    return tape.gradient(y, x)


@program
def stop_recording_with_an_exception(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        with contextlib.suppress(KeyError), tape.stop_recording():
            raise KeyError
        y = x * x
    return tape.gradient(y, x)


@program
def stop_recording_after_the_block(tf):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    with tape.stop_recording():
        z = y * x
    return tape.gradient(y, x), tape.gradient(z, x)


@program
def gradient_while_stopped(tf):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x * x
        with tape.stop_recording():
            slope = tape.gradient(y, x)
    return slope, tape.gradient(slope, x)


@program
def gradient_of_a_tape_that_gives_one_while_stopped(tf):
    x, v = tf.constant(3.0), tf.Variable(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x * v
        with tape.stop_recording():
            slope = tape.gradient(y, x)
        z = x * x * v
    return slope, tape.gradient(z, [x, v])


@program
def stopped_tapes_nested(tf):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(x)
            with outer.stop_recording():
                y = x * x
                with inner.stop_recording():
                    z = y * x
                w = z * y
            u = w * x
    return [tape.gradient(result, x) for tape in (outer, inner) for result in (y, z, w, u)]


@program
def stopping_a_tape_that_is_stopped(tf):
    with tf.GradientTape() as tape, tape.stop_recording(), tape.stop_recording():
        pass


@program
def exits_and_what_they_return(tf):
    x, tape = tf.constant(3.0), tf.GradientTape()
    entered = tape.__enter__() is tape
    tape.watch(x)
    y = x * x
    left = [tape.__exit__(None, None, None), tape.__exit__(None, None, None)]
    return entered, left, tape.gradient(y, x)


@program
def gradients_after_a_refusal(tf):
    x, found = tf.constant(3.0), []
    for arguments in ({"unconnected_gradients": "zeros"}, {"target": None}):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        with contextlib.suppress(ValueError, TypeError):
            tape.gradient(**{"target": y, "sources": x, **arguments})
        found.append(tape.gradient(y, x))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    with contextlib.suppress(RuntimeError):
        tape.jacobian(y, x, experimental_use_pfor=False)
    return found, tape.jacobian(y, x)


@program
def a_class_that_inherits_from_the_tape(tf):
    class Doubling(tf.GradientTape):
        def __init__(self, factor):
            super().__init__(persistent=True)
            self.factor = factor

        def gradient(self, *args, **kwargs):
            return super().gradient(*args, **kwargs) * self.factor

    x = tf.constant(3.0)
    with Doubling(2.0) as tape:
        tape.watch(x)
        tape.note = "of its own"
        y = x * x
    return tape.gradient(y, x), tape.note


@program
def what_a_tape_offers(tf):
    tape = tf.GradientTape()
    return [name for name in dir(tape) if not name.startswith("_")], tape == tape, len({tape, tape})


@program
def watched_variables_of_a_tape_used_twice(tf):
    a, b = tf.Variable(1.0), tf.Variable(2.0)
    tape = tf.GradientTape()
    with tape:
        y = a * b
    counts = [len(tape.watched_variables())]
    tape.gradient(y, a)
    counts.append(len(tape.watched_variables()))
    with tape:
        z = b * 1.0
        counts.append(len(tape.watched_variables()))
    return counts, tape.gradient(z, [a, b]), [v.numpy() for v in tape.watched_variables()]


@program
def reset_forgets_what_was_watched(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        tape.reset()
        y = x * x
    return tape.gradient(y, x)


@program
def reset_goes_on_recording(tf):
    x, v = tf.constant(3.0), tf.Variable(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        old = x * v
        tape.reset()
        tape.watch(x)
        y = old * x * v
    return tape.gradient(y, [x, v])


@program
def reset_of_an_outer_tape(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x
            outer.reset()
        z = x * x
    return inner.gradient(y, x), outer.gradient(z, x)


@program
def re_entering_after_exit(tf):
    x = tf.constant(3.0)
    tape = tf.GradientTape()
    with tape:
        tape.watch(x)
        y = x * x
    with tape:
        z = x * x * x
    return tape.gradient([y, z], x)


@program
def re_entering_a_persistent_tape(tf):
    x = tf.constant(3.0)
    tape = tf.GradientTape(persistent=True)
    with tape:
        tape.watch(x)
        y = x * x
    between = y * x
    with tape:
        z = y * x
    return [tape.gradient(r, x) for r in (y, z, between)]


@program
def what_only_an_outer_tape_recorded_is_a_leaf_to_the_inner_one(tf):
    x, v = tf.constant(3.0), tf.Variable(2.0)
    with tf.GradientTape(persistent=True):
        with tf.GradientTape(persistent=True) as inner:
            y = v * x
            with inner.stop_recording():
                stopped = y * y
            inner.watch(stopped)
            z = stopped * x
        after = z * z
        inner.watch(after)
    first, second = inner.gradient([y, stopped], v), inner.gradient(z, [stopped, v])
    return first, second, inner.gradient([after, z], [v, stopped, after])


@program
def watching_a_constant_after_it_was_used(tf):
    x, c = tf.Variable(3.0), tf.constant(2.0)
    with tf.GradientTape() as tape:
        y = x * c
        tape.watch(c)
        z = y * c
    return tape.gradient(z, [x, c])


@program
def re_entering_after_gradient(tf):
    x = tf.constant(3.0)
    tape = tf.GradientTape()
    with tape:
        tape.watch(x)
        y = x * x
    first = tape.gradient(y, x)
    with tape:
        tape.watch(x)
        z = x * x * x
    return first, tape.gradient(z, x)


@program
def re_entering_while_active(tf):
    with tf.GradientTape() as tape, tape:
        pass


@program
def what_was_computed_outside_is_a_constant(tf):
    x = tf.constant(3.0)
    before = x * x
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = before * x
    after = y * x
    return tape.gradient(y, x), tape.gradient(after, x), tape.gradient(y, before), tape.gradient(after, y)


@program
def gradient_inside_the_block(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        slope = tape.gradient(y, x)
        y * x
    return slope


@program
def watching_after_a_gradient_inside_the_block(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        slope = tape.gradient(y, x)
        tape.watch(x)
        z = x * x
    return slope, tape.gradient(z, x)


@program
def gradient_inside_a_persistent_block(tf):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x * x
        slope = tape.gradient(y, x)
        z = slope * y
    return tape.gradient(slope, x), tape.gradient(z, x)


@program
def two_tapes_side_by_side(tf):
    x, y = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape() as one, tf.GradientTape() as two:
        one.watch(x)
        two.watch(y)
        z = x * y
    return one.gradient(z, [x, y]), two.gradient(z, [x, y])


@program
def tapes_that_exit_in_any_order(tf):
    x = tf.constant(3.0)
    first, second = tf.GradientTape(), tf.GradientTape()
    first.__enter__()
    first.watch(x)
    y = x * x
    second.__enter__()
    second.watch(y)
    z = y * x
    first.__exit__(None, None, None)
    w = z * y
    second.__exit__(None, None, None)
    return first.gradient(w, x), second.gradient(w, [y, x])


@program
def an_inner_tape_that_outlives_the_outer(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        inner = tf.GradientTape()
        inner.__enter__()
        inner.watch(x)
        y = x * x * x
    slope = inner.gradient(y, x)
    inner.__exit__(None, None, None)
    return slope, outer.gradient(slope, x)


@program
def an_exception_in_the_block(tf):
    x = tf.constant(3.0)
    try:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
            raise KeyError("stop")
    except KeyError as error:
        slope = tape.gradient(y, x)
        with tf.GradientTape() as other:
            other.watch(x)
            z = x * x
        return str(error), slope, other.gradient(z, x)


@program
def a_failing_operation_in_the_block(tf):
    x = tf.constant([3.0, 4.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        with contextlib.suppress(Exception):
            x + tf.constant([1.0, 2.0, 3.0])
        y = x * x
    return tape.gradient(y, x)


@program
def persistent_tapes_many_times_then_deleted(tf):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    found = [tape.gradient(r, s) for r in (y, z) for s in (x, y, z) for _ in range(2)]
    del tape
    gc.collect()
    return found


@program
def a_dataclass_of_sources_and_targets(tf):
    @dataclasses.dataclass
    class Layer:
        weight: Any
        scale: int

        def __tf_flatten__(self):
            return (self.scale,), (self.weight,)

        @classmethod
        def __tf_unflatten__(cls, metadata, leaves):
            return cls(leaves[0], metadata[0])

    layer = Layer(tf.Variable(3.0), 7)
    with tf.GradientTape() as tape:
        y = Layer(layer.weight * layer.weight, 1)
    result = tape.gradient(y, layer)
    return type(result).__name__, result.weight, result.scale


@program
def a_dataclass_to_watch_and_of_output_gradients(tf):
    @dataclasses.dataclass
    class Pack:
        parts: Any
        kind: str

        def __tf_flatten__(self):
            return (self.kind,), (self.parts,)

        @classmethod
        def __tf_unflatten__(cls, metadata, leaves):
            return cls(leaves[0], metadata[0])

    x, y = tf.constant(2.0), tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(Pack([x, {"y": y}], "watched"))
        p, q = x * y, x * x
    cotangents = Pack([tf.constant(5.0), (tf.constant(7.0),)], "of others")
    found = tape.gradient(Pack([p, (q,)], "targets"), Pack([x, {"y": y}], "sources"), output_gradients=cotangents)
    return found.parts, found.kind, tape.jacobian(p, Pack((x, y), "sources")).parts


@dataclasses.dataclass
class Plain:
    weight: Any
    name: str = "plain"


@program
def a_plain_dataclass_of_sources(tf):
    model = Plain(tf.Variable(3.0))
    with tf.GradientTape() as tape:
        y = model.weight * model.weight
    return tape.gradient(y, model).weight


@program
def a_plain_dataclass_to_watch(tf):
    model = Plain(tf.constant(3.0))
    with tf.GradientTape() as tape:
        tape.watch(model)
        y = model.weight * model.weight
    return tape.gradient(y, model.weight)


@program
def a_plain_dataclass_without_tensors(tf):
    with tf.GradientTape() as tape:
        tape.watch(Plain(3.0))


@program
def structures_of_every_kind(tf):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch({"a": x}.values())
        y = x * x
    kinds = [{"a": x}.values(), collections.OrderedDict(b=x, a=[x]), collections.deque([x]), (), {"a": ()}]
    return [(type(found).__name__, list(found)) for found in (tape.gradient(y, kind) for kind in kinds)]


@program
def keys_that_cannot_be_sorted(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch({"x": x, 1: x})


@program
def a_structure_of_no_tensors_to_watch(tf):
    with tf.GradientTape() as tape:
        tape.watch({"x": ["text"]})


@program
def structures_in_structures(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return tape.gradient(y, {"x": x, "rest": {"y": x}})


@program
def an_unwatched_target_that_is_a_source(tf):
    x, y = tf.constant(3.0), tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        pass
    return tape.gradient(x, x), tape.gradient([y, y], y), tape.gradient(y, y, output_gradients=tf.constant([5.0, 6.0]))


@program
def variables_assigned_inside(tf):
    v = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        y = v * v
        v.assign(5.0)
        z = v * v
        u = v.assign_add(y)
        w = u * v
    return [tape.gradient(r, v) for r in (y, z, u, w)], v


@program
def variables_assigned_after(tf):
    v = tf.Variable([3.0, 4.0])
    with tf.GradientTape(persistent=True) as tape:
        y = v * v * v
    v.assign([10.0, 20.0])
    first = tape.gradient(y, v)
    v.assign_sub([1.0, 1.0])
    return first, tape.gradient(y, v), tape.gradient(v, v)


@program
def a_value_read_before_the_block(tf):
    v = tf.Variable(3.0)
    early = v.value()
    converted = tf.convert_to_tensor(v)
    with tf.GradientTape(persistent=True) as tape:
        y, z, u = early * early, converted * v, v.value() * v.read_value()
    return [tape.gradient(r, v) for r in (y, z, u)], tape.gradient(u, early)


@program
def a_value_read_inside_the_block_as_a_source(tf):
    v = tf.Variable(3.0)
    with tf.GradientTape(persistent=True) as tape:
        value = tf.convert_to_tensor(v)
        y = value * value
    return tape.gradient(y, v), tape.gradient(y, value)


@program
def a_variable_as_a_target(tf):
    v = tf.Variable([3.0, 4.0])
    with tf.GradientTape(persistent=True) as tape:
        v * 2.0
    return tape.gradient(v, v), tape.jacobian(v, v)


@program
def an_unread_variable_as_a_target(tf):
    v, x = tf.Variable(3.0), tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        v.assign(x * x)
    return tape.gradient(v, x), tape.gradient(v, v)


@program
def integers_through_the_tape(tf):
    x, n = tf.constant(3.0), tf.constant(4)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, n])
        y = x * tf.cast(n, tf.float32)
        z = tf.cast(tf.cast(x, tf.int32), tf.float32) * x
        i = n * n
    return tape.gradient(y, [x, n]), tape.gradient(z, x), tape.gradient(i, n), tape.gradient(tf.cast(x, tf.int32), x)


@program
def python_control_flow(tf):
    x = tf.constant(1.5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        while y < 100.0:
            y = y * y if y > 3.0 else y * 2.0
    return y, tape.gradient(y, x)


@program
def gradients_asked_for_from_another_thread(tf):
    x, found = tf.constant(3.0), []
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    thread = threading.Thread(target=lambda: found.append(tape.gradient(y, x)))
    thread.start()
    thread.join()
    return found


@program
def another_thread_does_not_record(tf):
    x, found = tf.constant(3.0), []
    with tf.GradientTape() as tape:
        tape.watch(x)
        thread = threading.Thread(target=lambda: found.append(x * x))
        thread.start()
        thread.join()
        y = found[0] * x
    return tape.gradient(y, x)


@program
def every_thread_has_its_own_tapes(tf):
    def work(k, found):
        x = tf.constant(float(k))
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        found[k] = tape.gradient(y, x)

    found: dict[int, Any] = dict.fromkeys(range(4))
    threads = [threading.Thread(target=work, args=(k, found)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@program
def a_tape_entered_in_another_thread(tf):
    x, found = tf.constant(3.0), []
    tape = tf.GradientTape(persistent=True)
    with tape:
        tape.watch(x)
        y = x * x

    def work():
        try:
            with tape:
                found.append(y * x)
        except RuntimeError as error:
            found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if isinstance(found[0], Exception):
        raise found[0]
    return tape.gradient(found[0], x)


@program
def a_gradient_asked_for_from_another_thread_inside_the_block(tf):
    x, found = tf.constant(3.0), []
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        thread = threading.Thread(target=lambda: found.append(tape.gradient(y, x)))
        thread.start()
        thread.join()
        z = y * x
    return found, tape.gradient(z, x)


@program
def second_order(tf):
    x = tf.constant([3.0, -2.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
        slope = inner.gradient(y, x)
    return slope, outer.gradient(slope, x)


@program
def fifth_order(tf):
    def derivative(f):
        def slope(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = f(x)
            return tape.gradient(y, x)

        return slope

    f = lambda x: x**6.0  # noqa: E731
    found = []
    for _ in range(5):
        f = derivative(f)
        found.append(f(tf.constant(2.0, tf.float64)))
    return found


@program
def an_inner_watch_leaves_the_outer_tape_both_paths(tf):
    v = tf.Variable(3.0)
    with tf.GradientTape() as outer:
        x = v * 2.0
        a = x * x
        with tf.GradientTape() as inner:
            inner.watch(x)
            b = x * x * x
        slope = inner.gradient(b, x)
        total = a + slope
    return slope, outer.gradient(total, v)


@program
def gradient_penalty(tf):
    w, x = tf.Variable([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[0.5, -1.0]])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum((x @ w) ** 2.0)
        slope = inner.gradient(y, x)
        penalty = (tf.sqrt(tf.reduce_sum(slope**2.0)) - 1.0) ** 2.0
    return outer.gradient(penalty, [w, x])


@program
def hessian_by_jacobian_of_gradient(tf):
    x = tf.constant([1.0, 2.0, 3.0], tf.float64)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(x * x * x) * x[0]
        slope = inner.gradient(y, x)
    return outer.jacobian(slope, x)


@program
def jacobian_of_higher_rank(tf):
    x = tf.constant(np.arange(6.0).reshape(1, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.transpose(x, (2, 0, 1)) ** 2.0
    found = tape.jacobian(y, x)
    return found.shape, found


@program
def jacobian_of_a_target_that_is_a_source(tf):
    x, w = tf.constant([1.0, 2.0]), tf.Variable([3.0, 4.0], trainable=False)
    with tf.GradientTape(persistent=True) as tape:
        w * 1.0
    unwatched = tape.jacobian(x, x), tape.jacobian(w, w)
    with tape:
        tape.watch([x, w])
    return unwatched, tape.jacobian(x, x), tape.jacobian(w, w), tape.jacobian([1.0, 2.0] * x, x)


@program
def jacobian_of_another_dtype(tf):
    x = tf.constant([[1.0, 2.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.cast(x, tf.float64) * 2.0
    return tape.jacobian(y, x), tape.batch_jacobian(y, x)


@program
def jacobian_of_gathered_rows(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.gather(v, [1, 0, 1]) ** 2.0
    return tape.jacobian(y, v)


@program
def jacobian_through_stated_gradients(tf):
    functions = [
        tf.custom_gradient(lambda a: (a * a, lambda g: g * 10.0)),
        tf.recompute_grad(lambda a: a * a),
        lambda a: tf.stop_gradient(a) * a,
    ]
    found = []
    for f in functions:
        x = tf.constant([1.0, 2.0])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        found.append(tape.jacobian(y, x))
    return found


@program
def jacobians_of_jacobians(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as outermost:
        outermost.watch(x)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = x**4.0
            first = tape.jacobian(y, x)
        second = outer.jacobian(first, x)
    return outermost.jacobian(second, x)


@program
def jacobian_under_an_accumulator(tf):
    x = tf.constant([1.0, 2.0])
    with tf.autodiff.ForwardAccumulator(x, tf.ones(2)) as acc:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x**3.0
        found = tape.jacobian(y, x)
    return found, acc.jvp(found)


@program
def jacobian_of_an_integer_target(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(x, tf.int32)
    return tape.jacobian(y, x)


@program
def jacobian_of_an_unconnected_empty_target(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
    return tape.jacobian(tf.zeros([0]), x)


@program
def jacobian_of_an_empty_target(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x[:0] * 2.0
    return tape.jacobian(y, x)


@program
def batch_jacobian_of_higher_rank(tf):
    x = tf.constant(np.arange(12.0).reshape(2, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x[:, :, :2] ** 2.0 * x[:, :, 2:]
    return tape.batch_jacobian(y, x)


@program
def batch_jacobian_of_a_variable(tf):
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = v * v
    return tape.batch_jacobian(y, v)


@program
def batch_jacobian_of_an_empty_batch(tf):
    x = tf.zeros((0, 2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return tape.batch_jacobian(y, x)


@program
def jacobian_inside_a_recording_tape(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        return tape.jacobian(y, x)


@program
def jacobian_inside_a_persistent_recording_tape(tf):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x * x
        first = tape.jacobian(y, x)
    return first, tape.gradient(first, x)


@program
def batch_jacobian_differentiated_again(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x * x
        first = tape.batch_jacobian(y, x)
    return first, outer.batch_jacobian(first, x)


COUNTED = "compiled methods count their arguments in words of their own"
UNENTERED = "TensorFlow fails on None, gradtape says what the tape lacks"
NAMED = "TensorFlow names an inner operation, gradtape the argument"

# Refusals of the same type, with a sentence of gradtape's own.
WORDED = {
    "t.watch(x, y)": COUNTED,
    "t.watch()": COUNTED,
    "t.gradient(p)": COUNTED,
    "t.gradient()": COUNTED,
    't.gradient(p, x, None, "none", 3)': COUNTED,
    "tf.GradientTape(True, False, 3)": COUNTED,
    "tf.GradientTape(persist=True)": COUNTED,
    "t.gradient(p, None)": NAMED,
    "t.gradient([None], x)": NAMED,
    "t.gradient(p, [None])": NAMED,
    't.gradient("p", x)': NAMED,
    't.gradient(p, "x")': NAMED,
    "t.gradient(p, {1})": NAMED,
    "t.gradient(3.0, x)": NAMED,
    "t.gradient(3, x)": NAMED,
    "t.gradient(np.float32(3), x)": NAMED,
    "t.gradient([p, 3], x)": NAMED,
    "t.gradient(p, 3.0)": NAMED,
    "t.gradient(p, [x, 3.0])": NAMED,
    "t.gradient(p, np.ones(2))": NAMED,
    "t.gradient(r, m, output_gradients=tf.constant([1.0, 2.0]))": NAMED,
    "t.gradient(r, m, output_gradients=[1.0, 2.0, 3.0])": NAMED,
    "t.gradient(s, m, output_gradients=tf.constant([1.0, 2.0]))": NAMED,
    "t.gradient(p, x, output_gradients=tf.constant(5))": NAMED,
    "t.gradient(p, x, output_gradients=tf.constant(5.0, tf.float64))": NAMED,
    "t.gradient(p, x, output_gradients=np.float64(5))": NAMED,
    "t.jacobian(r, None)": NAMED,
    "t.jacobian(r, 3.0)": NAMED,
    't.jacobian(r, "m")': NAMED,
    "t.jacobian(r, np.ones(2))": NAMED,
    't.jacobian(r, m, parallel_iterations="x")': "TensorFlow shows the code that it traced",
    "tf.GradientTape().watch(x)": UNENTERED,
    "watching_after_a_gradient_inside_the_block": UNENTERED,
}

PLAIN = "TensorFlow refuses dataclasses that do not say how they flatten, gradtape opens them"
MISSHAPEN = "TensorFlow lets a cotangent of another shape pass where the operation broadcasts it, gradtape refuses it"

# What comes out differently on purpose: why, and what gradtape gives, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {
    "a_plain_dataclass_of_sources": (PLAIN, 6.0),
    "a_plain_dataclass_to_watch": (PLAIN, 6.0),
    "t.batch_jacobian(s, m)": ("TensorFlow indexes past the end of a scalar's shape", ValueError),
    "t.gradient([p, q], x, output_gradients=[None, tf.constant(7.0)])": ("a None entry stands for ones", 38.0),
    "t.gradient([p, q], x, output_gradients=[None, None])": ("a None entry stands for ones", 8.0),
    "t.gradient([p, q], [x, v, y], output_gradients=[tf.constant(0.0), None])": (
        "a None entry stands for ones",
        [5.0, 2.0, 0.0],
    ),
    "t.gradient(r, m, output_gradients=tf.constant(2.0))": (MISSHAPEN, "InvalidArgumentError"),
    "t.gradient(d, w, output_gradients=tf.constant(2.0))": (MISSHAPEN, "InvalidArgumentError"),
    "a_tape_entered_in_another_thread": ("a tape belongs to the thread that first entered it", RuntimeError),
    "watching_a_constant_after_it_was_used": ("what was computed before a watch does not depend on it", [4.0, 6.0]),
    "jacobian_of_an_unconnected_empty_target": ("nothing is asked of an empty target but its shape", []),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_differences_are_of_programs_that_exist() -> None:
    known = {*PROGRAMS, *(line for text in (CONTROL, GRADIENT, JACOBIAN) for line in text.strip().splitlines())}
    assert {*WORDED, *DELIBERATE} <= known


# Counts of what has been logged are the process's, so both libraries get a new one.
WARNINGS = """
import importlib, logging, sys
tf = importlib.import_module(sys.argv[1])
class Printer(logging.Handler):
    def emit(self, record):
        print(record.levelname, record.getMessage().replace("tensorflow", "gradtape"))
logger = tf.get_logger()
assert logger is logging.getLogger(sys.argv[1])
logger.handlers[:], logger.propagate = [Printer()], False
k, x, n = tf.constant(2), tf.constant([[2.0]]), tf.Variable(3)
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    print("watching")
    tape.watch(k)
    tape.watch([k, n, tf.constant(True)])
    for _ in range(7):
        tape.watch(n)
    y, i = x * x, tf.cast(x, tf.int32)
    print("gradients inside")
    for _ in range(3):
        tape.gradient(y, x)
    tape.gradient(y, x)
    print("jacobians inside")
    tape.jacobian(y, x)
    tape.batch_jacobian(y, x)
    tape.jacobian(y, x, experimental_use_pfor=False)
    print("one line, two warnings")
    for _ in range(3):
        tape.watch(k), tape.gradient(y, x)
print("sources and targets")
found = [tape.gradient(y, k), tape.gradient(i, x), tape.gradient([i, y], [x, n])]
found += [tape.jacobian(i, x), tape.jacobian(y, k)]
logger.setLevel(1)
found += [tape.gradient(y, k), tape.gradient([i, y], [x, n])]
logger.setLevel(logging.WARNING)
print(tf.nest.flatten(found))
print("primals")
for _ in range(4):
    tf.autodiff.ForwardAccumulator(k, tf.constant(1))
    tf.autodiff.ForwardAccumulator([x, n], [x, tf.constant(1)])
"""

# What a program that configures nothing is told, and where.
UNCONFIGURED = """
import importlib, sys
tf = importlib.import_module(sys.argv[1])
with tf.GradientTape() as tape:
    tape.watch(tf.constant(2))
tf.get_logger().setLevel("ERROR")
with tf.GradientTape() as tape:
    tape.watch(tf.constant(2))
print("end", file=sys.stderr)
"""


@pytest.mark.parametrize("program", [WARNINGS, UNCONFIGURED], ids=["heard", "unconfigured"])
def test_warnings(program: str) -> None:
    def said(library: str) -> tuple[str, list[str]]:
        command = [sys.executable, "-c", program, library]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
        named = done.stderr.replace("tensorflow", "gradtape").splitlines()
        return done.stdout, [line for line in named if line == "end" or line.startswith("WARNING:gradtape")]

    expected = said("tensorflow")
    assert said("gradtape") == expected
    assert expected[0] or expected[1] == [
        "WARNING:gradtape:The dtype of the watched tensor must be floating (e.g. tf.float32), got tf.int32",
        "end",
    ]
