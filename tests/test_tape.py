"""GradientTape's guarantees about watching, recording and gradients."""

import collections
import contextlib
import logging
import pickle
import subprocess
import sys

import numpy as np
import pytest

import gradtape as tf
from gradtape._src.core.hints import DIAGNOSE, SPENT

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


def test_re_entering_after_exit_goes_on_and_while_active_raises():
    x = tf.constant(3.0)
    tape = tf.GradientTape(persistent=True)
    with tape:
        tape.watch(x)
        y = x * x
    between = y * x
    with tape:
        with pytest.raises(ValueError, match="Tape is still recording"), tape:
            pass
        z = y * x
    assert [value(tape.gradient(result, x)) for result in (y, z, between)] == [6, 27, None]


@pytest.fixture
def warnings(caplog):
    caplog.set_level(logging.WARNING, "gradtape")
    tf.get_logger().propagate = True
    return lambda: [record.getMessage() for record in caplog.records]


def test_watching_what_has_no_gradient_warns_five_times_a_line(warnings):
    with tf.GradientTape() as tape:
        for _ in range(9):
            tape.watch([tf.constant(1), tf.Variable(True)])
    assert warnings() == [
        f"The dtype of the watched tensor must be floating (e.g. tf.float32), got {dtype}{DIAGNOSE}"
        for dtype in ("tf.int32", "tf.bool", "tf.int32", "tf.bool", "tf.int32")
    ]


def test_a_gradient_inside_a_persistent_block_warns_once_a_line(warnings):
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        for _ in range(3):
            tape.gradient(y, x)
        tape.gradient(y, x)
    tape.gradient(y, x)
    assert [message.split(" is significantly")[0] for message in warnings()] == [
        "Calling GradientTape.gradient on a persistent tape inside its context"
    ] * 2


def test_integers_have_no_gradient_and_raise_no_warning_as_sources_and_targets(warnings):
    x, n = tf.constant(3.0), tf.constant(4)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * tf.cast(n, tf.float32)
        i = tf.cast(x, tf.int32)
    assert tape.gradient(y, n) is None and tape.gradient(i, x) is None
    assert value(tape.gradient([y, i], x)) == 4
    assert warnings() == []


def test_nothing_is_watched_where_no_tape_is_open():
    x = tf.constant(3.0)
    with pytest.raises(AttributeError, match="never entered"):
        tf.GradientTape().watch(x)
    tape = tf.GradientTape()
    with tape:
        pass
    tape.watch(x)
    with tape:
        y = x * x
    assert tape.gradient(y, x) is None


def test_no_tape_records_in_init_scope():
    x, v = tf.constant(3.0), tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.init_scope(), tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x * v
        z = x * y
    assert inner.gradient(y, [x, v]) == [None, None]
    assert [value(outer.gradient(result, x)) for result in (y, z)] == [None, 18]


def test_several_tapes_side_by_side_and_one_that_outlives_the_other():
    x, y = tf.constant(3.0), tf.constant(5.0)
    with tf.GradientTape() as one, tf.GradientTape() as two:
        one.watch(x)
        two.watch(y)
        z = x * y
    assert [value(g) for g in one.gradient(z, [x, y])] == [5, None]
    assert [value(g) for g in two.gradient(z, [x, y])] == [None, 3]
    with tf.GradientTape() as outer:
        outer.watch(x)
        inner = tf.GradientTape()
        inner.__enter__()
        inner.watch(x)
        z = x * x * x
    slope = inner.gradient(z, x)
    assert (value(slope), value(outer.gradient(slope, x))) == (27, None)


def test_persistent_tapes_used_many_times():
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y
    for _ in range(3):
        assert [value(tape.gradient(target, source)) for target in (y, z) for source in (x, y)] == [6, 1, 108, 18]


def test_python_control_flow():
    x = tf.constant(1.5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        while y < 100.0:
            y = y * y if y > 5.0 else y * 2.0
    # 1.5 is doubled twice, then squared until it passes 100: y = (4 x)⁴.
    assert (value(y), value(tape.gradient(y, x))) == (1296, 4 * 4**4 * 1.5**3)


def test_operands_and_cotangents_that_are_refused():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
    for kind, operands in ((AttributeError, (3.0, np.ones(2))), (TypeError, ("x", {1}, [None]))):
        for operand in operands:
            for arguments in ((operand, x), (y, operand)):
                with pytest.raises(kind, match=r"must be a tf\.Tensor or tf\.Variable"):
                    tape.gradient(*arguments)
    with pytest.raises(TypeError, match="but received None"):
        tape.gradient(None, x)
    with pytest.raises(tf.errors.InvalidArgumentError, match="of dtype float64 do not match"):
        tape.gradient(y, x, output_gradients=tf.ones(2, tf.float64))
    with pytest.raises(ValueError, match="Unknown value for unconnected_gradients: 'zeros'"):
        tape.gradient(y, x, unconnected_gradients="zeros")


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
    with pytest.raises(RuntimeError) as caught:
        tape.gradient(y, x)
    said = "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"
    assert str(caught.value) == said
    assert caught.value.__notes__ == [SPENT]


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


def test_what_a_tape_that_is_not_open_watches_is_constant_to_the_one_that_is():
    x = tf.constant(3.0)
    with tf.GradientTape() as closed:
        pass
    with tf.GradientTape() as opened:
        closed.watch(x)
        y = x * x
    assert opened.gradient(y, x) is None


def test_a_tape_that_was_alone_keeps_its_history_when_another_opens():
    x, w = tf.constant(3.0), tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        y = w * x
        with tf.GradientTape() as inner:
            z = y * y
        assert inner.gradient(z, x) is None
        loss = z * x
    assert [value(g) for g in outer.gradient(loss, [x, w])] == [108, 108]


def test_tapes_that_ended_leave_nothing_to_the_next():
    w, v = tf.Variable(2.0), tf.Variable(3.0)
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(w)
        y = w * v
    assert [value(g) for g in tape.gradient(y, [w, v])] == [3, None]
    tape.note = "attributes are its own"
    del tape
    with tf.GradientTape() as tape:
        y = w * v
    assert not hasattr(tape, "note")
    assert [value(g) for g in tape.gradient(y, [w, v])] == [3, 2]
    assert tape.watched_variables() == (w, v)
    with pytest.raises(RuntimeError):
        tape.gradient(y, w)


def test_ends_of_a_tape_are_called_as_methods_are():
    x = tf.Variable(2.0)
    tape = tf.GradientTape()
    assert tape.__enter__() is tape
    y = x * x
    assert tape.__exit__(None, None, None) is None
    assert value(tape.gradient(y, x)) == 4
    again = tf.GradientTape.__enter__(tape)
    assert again is tape
    tf.GradientTape.__exit__(tape, None, None, None)
    with contextlib.ExitStack() as stack:
        tape = stack.enter_context(tf.GradientTape())
        y = x * x
    assert value(tape.gradient(y, x)) == 4
    for wrong in (lambda: tape.__enter__(1), lambda: tape.__exit__(), lambda: tf.GradientTape.__enter__(x)):
        with pytest.raises(TypeError):
            wrong()


@pytest.mark.parametrize("stays", [False, True])
def test_a_rule_may_watch_more_on_the_tape_that_is_swept(stays):
    x, others = tf.Variable(2.0), [tf.Variable(float(i)) for i in range(100)]
    tape = tf.GradientTape(persistent=True)

    @tf.custom_gradient
    def doubled(a):
        def grad(upstream):
            tape.__enter__()
            for other in others:
                tape.watch(other)
            if not stays:
                tape.__exit__(None, None, None)
            return upstream

        return a * 2.0, grad

    with tape:
        y = doubled(x * 1.0) * x
    assert value(tape.gradient(y, x)) == 6
    if stays:
        tape.__exit__(None, None, None)


def test_a_tape_that_is_reset_in_init_scope_has_no_history():
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        with tf.init_scope():
            tape.reset()
        z = y * 3.0
        w = z * z
        tape.watch(x)
        result = x * w
    assert [value(g) for g in tape.gradient(result, [x, y, z, w])] == [729, None, None, None]


@pytest.mark.parametrize("multiply", [tf.multiply, tf.matmul], ids=["elementwise", "structural"])
def test_an_operand_that_is_watched_after_its_use_is_a_constant_of_what_used_it(multiply):
    a, b = tf.constant([[2.0, 0.0], [0.0, 2.0]]), tf.constant([[1.0, 3.0], [3.0, 1.0]])
    for _ in range(2):  # the second time, a has been watched before
        with tf.GradientTape() as tape:
            tape.watch(b)
            y = multiply(a, b)
            tape.watch(a)
            z = multiply(a, y)
        of_a, of_b, of_y = tape.gradient(z, [a, b, y])
        tape = tf.GradientTape()
        with tape:
            tape.watch([a, y])
            z = multiply(a, y)
        np.testing.assert_array_equal(of_a, tape.gradient(z, a))
        np.testing.assert_array_equal(of_b, multiply(tf.transpose(a), of_y))


LOOKING = """
import gc
import gradtape as tf

@tf.custom_gradient
def looking(x):
    def grad(g):
        for found in gc.get_objects():
            if type(found) is list:
                for _ in found:
                    pass
        return g
    return x * 1.0, grad

a, b = tf.Variable([1.0, 2.0]), tf.Variable([3.0, 4.0])
with tf.GradientTape(persistent=True) as tape:
    y = looking(a) * b
for found in tape.gradient(y, [a, b]), tape.jacobian(y, [a, b]):
    assert gc.is_tracked(found)
    print(*[tf.reduce_sum(one).numpy() for one in found])
"""


def test_the_collector_finds_no_list_that_lacks_items():
    # In a separate process: other libraries leave such lists about.
    done = subprocess.run([sys.executable, "-c", LOOKING], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["7.0", "3.0"] * 2


def test_a_list_of_sources_that_grows_meanwhile():
    v = tf.Variable([1.0, 2.0])
    sources = [v]

    class Seed:
        def __array__(self, dtype=None, copy=None):
            sources.extend([v] * 10_000)
            return np.ones(2, np.float32)

    for zero in ("none", "zero"):
        del sources[1:]
        with tf.GradientTape() as tape:
            y = v * 2.0
        (found,) = tape.gradient(y, sources, Seed(), zero)
        assert value(found) == [2, 2]


def test_a_tape_has_its_attributes_alone():
    x = tf.Variable(2.0)
    tape = tf.GradientTape()
    attributes = vars(tape)
    del tape
    with tf.GradientTape() as tape:
        y = x * x
    attributes["gradient"] = None
    assert value(tape.gradient(y, x)) == 4


def test_a_tape_whose_reverse_rule_raised_says_so():
    @tf.custom_gradient
    def failing(a):
        def grad(upstream):
            raise ValueError("no gradient")

        return a * 2.0, grad

    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = failing(x * x) * x
    with pytest.raises(ValueError, match="no gradient"):
        tape.gradient(y, x)
    with pytest.raises(tf.errors.InternalError, match="Internal state of the gradient tape is invalid"):
        tape.gradient(y, x)


def test_tapes_are_not_pickled():
    with pytest.raises(TypeError, match="cannot pickle 'GradientTape' object"):
        pickle.dumps(tf.GradientTape())


def test_many_tapes_that_nobody_asked_end_at_once():
    x = tf.Variable(2.0)
    for _ in range(20):
        with contextlib.ExitStack() as stack:
            tapes = [stack.enter_context(tf.GradientTape(persistent=i % 2 == 0)) for i in range(100)]
            y = x * x
        innermost = tapes[-1]
        del tapes, stack
        assert value(innermost.gradient(y, x)) == 4
