"""Tapes entered, exited, stopped, reset, reentered and nested; gradients computed meanwhile."""

from __future__ import annotations

import contextlib
import gc
from typing import Any

import pytest
from programs import collector, compared

PROGRAMS, program = collector()


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
    offered = [name for name in dir(tape) if not name.startswith("_") and name not in ("diagnose", "explain")]
    return offered, tape == tape, len({tape, tape})


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
def gradient_inside_the_block(tf):
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        slope = tape.gradient(y, x)
        y * x
    return slope


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
def python_control_flow(tf):
    x = tf.constant(1.5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        while y < 100.0:
            y = y * y if y > 3.0 else y * 2.0
    return y, tape.gradient(y, x)


# Errors of the same type, with gradtape's own message.
WORDED: dict[str, str] = {}
# Deliberate differences: the reason, and gradtape's outcome, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compared(name, PROGRAMS[name], WORDED, DELIBERATE)


def test_differences_are_of_programs_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {*PROGRAMS}
