"""What GradientTape promises about watching, recording and gradients."""

import collections

import numpy as np
import pytest

import gradtape as tf

Pair = collections.namedtuple("Pair", "first second")


def value(tensor):
    return None if tensor is None else np.asarray(tensor).tolist()


def test_watch_of_nested_structures():
    x, y, z = (tf.constant(float(i)) for i in (1, 2, 3))
    with tf.GradientTape() as tape:
        tape.watch({"a": x, "b": [y, (z,)]})
        result = x * y * z
    assert [value(g) for g in tape.gradient(result, [x, y, z])] == [6, 3, 2]


def test_watch_of_something_that_is_no_tensor_raises_value_error():
    with tf.GradientTape() as tape, pytest.raises(ValueError, match=r"not tf\.Tensor or tf\.Variable"):
        tape.watch(3.0)


def test_watched_variables_as_they_were_made_before_and_after_gradient_and_reset():
    a, b, c = (tf.Variable(float(i)) for i in (1, 2, 3))
    with tf.GradientTape() as tape:
        result = b * a
        assert [v is w for v, w in zip(tape.watched_variables(), (a, b), strict=True)] == [True, True]
    tape.gradient(result, a)
    assert len(tape.watched_variables()) == 2
    with tf.GradientTape() as tape:
        a * b
        tape.reset()
        c * 1.0
    assert [v is c for v in tape.watched_variables()] == [True]


def test_trainable_variables_are_watched_by_themselves_unless_told_otherwise():
    v, fixed = tf.Variable(2.0), tf.Variable(3.0, trainable=False)
    with tf.GradientTape() as tape:
        y = v * fixed
    assert [value(g) for g in tape.gradient(y, [v, fixed])] == [3, None]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(fixed)
        y = v * fixed
    assert [value(g) for g in tape.gradient(y, [v, fixed])] == [None, 2]


def test_what_is_computed_while_stopped_is_constant_to_that_tape_and_history_to_others():
    x = tf.constant(3.0)
    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        outer.watch(x)
        inner.watch(x)
        y = x * x
        with inner.stop_recording():
            z = y * x
        w = z * x
    assert value(inner.gradient(w, x)) == 27
    assert value(outer.gradient(w, x)) == 108


def test_reset_forgets_and_goes_on():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        tape.reset()
        tape.watch(x)
        z = y + x * 2.0
    assert value(tape.gradient(z, x)) == 2


def test_re_entering_after_exit_forgets_and_while_active_raises():
    x = tf.constant(3.0)
    tape = tf.GradientTape(persistent=True)
    with tape:
        tape.watch(x)
        y = x * x
    assert value(tape.gradient(y, x)) == 6
    with tape:
        with pytest.raises(ValueError, match="Tape is still recording"), tape:
            pass
        tape.watch(x)
        y = x * x * x
    assert value(tape.gradient(y, x)) == 27


def test_gradient_inside_the_block():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x * x
        first = tape.gradient(y, x)
    assert value(tape.gradient(first, x)) == 18


def test_tapes_that_exit_in_any_order():
    x = tf.constant(3.0)
    first, second = tf.GradientTape(), tf.GradientTape()
    first.__enter__()
    second.__enter__()
    first.watch(x)
    second.watch(x)
    y = x * x
    first.__exit__(None, None, None)
    z = y * x
    second.__exit__(None, None, None)
    assert value(second.gradient(z, x)) == 27
    assert value(first.gradient(y, x)) == 6


def test_a_mark_in_an_inner_tape_leaves_the_outer_tape_both_paths():
    v = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(v)
        x = v * 2.0
        a = x * x
        with tf.GradientTape() as inner:
            inner.watch(x)
            b = x * x
        total = a + b
    assert value(inner.gradient(b, x)) == 8
    assert value(outer.gradient(total, v)) == 32


def test_an_exception_in_the_block_leaves_everything_usable():
    x = tf.constant(3.0)
    with pytest.raises(ZeroDivisionError), tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        1 / 0  # noqa: B018
    assert value(tape.gradient(y, x)) == 6


def test_sources_and_targets_of_every_structure():
    x, y = tf.constant(3.0), tf.constant(4.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, y])
        a, b = x * y, x * x
    assert value(tape.gradient(Pair(a, b), {"x": x})["x"]) == 10
    found = tape.gradient((a, [b]), Pair(x, y))
    assert isinstance(found, Pair) and [value(g) for g in found] == [10, 3]
    assert [value(g) for g in tape.gradient(a, [x, x])] == [4, 4]
    assert value(tape.gradient(a, a)) == 1


def test_a_target_that_is_an_unwatched_source_gets_ones():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        pass
    assert value(tape.gradient(x, x)) == [1, 1]


def test_output_gradients_with_none_entries_and_a_shape_mismatch():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        a, b = x * 2.0, x * 3.0
    assert value(tape.gradient([a, b], x, output_gradients=[None, tf.constant([1.0, 10.0])])) == [5, 32]
    with pytest.raises(tf.errors.InvalidArgumentError):
        tape.gradient(a, x, output_gradients=tf.constant([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("zero", ["zero", tf.UnconnectedGradients.ZERO])
@pytest.mark.parametrize("none", ["none", tf.UnconnectedGradients.NONE])
def test_unconnected_gradients_as_enum_and_string(zero, none):
    x, y = tf.constant([1.0, 2.0]), tf.constant(1.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        z = y * 2.0
    assert tape.gradient(z, x, unconnected_gradients=none) is None
    assert value(tape.gradient(z, x, unconnected_gradients=zero)) == [0, 0]


def test_a_second_gradient_of_a_non_persistent_tape_raises():
    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="can only be used to compute one set of gradients"):
        tape.gradient(y, x)


def test_a_variable_assigned_inside_and_after_the_block():
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * v
        v.assign(10.0)
        z = y + v * 3.0
    v.assign(100.0)
    assert value(tape.gradient(z, v)) == 7


def test_a_value_read_before_the_block_is_a_constant_in_it():
    v = tf.Variable(2.0)
    old = v.value()
    with tf.GradientTape() as tape:
        y = old * v
    assert value(tape.gradient(y, v)) == 2
    with tf.GradientTape() as tape:
        y = old * 2.0
    assert tape.gradient(y, v) is None


def test_reset_and_stop_recording_refuse_a_tape_that_does_not_record():
    tape = tf.GradientTape()
    with pytest.raises(RuntimeError, match="not recording"), tape.stop_recording():
        pass
    with tape:
        tape.watch(tf.constant(1.0))
    for refused in (tape.reset, tape.stop_recording().__enter__):
        with pytest.raises(ValueError, match="not recording"):
            refused()


def test_targets_without_an_output_gradient_have_ones():
    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        targets = [3.0 * x, 5.0 * x, 7.0 * x]
    assert value(tape.gradient(targets, x, [tf.constant(10.0)])) == 42
