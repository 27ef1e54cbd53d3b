"""`tape.diagnose` names the cause: one program per cause, with the required text of its finding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gradtape as tf


def variable(*values, **options):
    return tf.Variable(np.array(values, dtype="float32"), **options)


def not_watched(tape):
    x = tf.constant(2.0)
    with tape:
        y = x * x
    return y, x


def integer_source(tape):
    x = tf.Variable(2)
    with tape:
        y = tf.cast(x, tf.float32) * 2.0
    return y, x


def integer_target(tape):
    x = variable(1.0, 2.0)
    with tape:
        y = tf.argmax(x)
    return y, x


def not_trainable(tape):
    x = variable(1.0, trainable=False)
    with tape:
        y = x * 2.0
    return y, x


def assigned_and_not_read(tape):
    x, z = variable(1.0), variable(3.0)
    with tape:
        x.assign(2.0 * z.numpy())
        y = z * 2.0
    return y, x


def read_and_not_used(tape):
    x, z = variable(1.0), variable(3.0)
    with tape:
        unused = x * 2.0
        y = z * 2.0
    return y, x, unused


def stopped(tape):
    x, w = variable(1.0), variable(2.0)
    with tape:
        y = tf.stop_gradient(x * x) * w
    return y, x


def through_indices(tape):
    x, w = variable(1.0, 5.0), variable(2.0)
    with tape:
        unused = tf.stop_gradient(x)
        y = tf.cast(tf.argmax(x), tf.float32) * w
    return y, x, unused


def through_integers(tape):
    x, w = variable(1.0, 5.0), variable(2.0)
    with tape:
        y = tf.cast(tf.cast(x, tf.int32), tf.float32) * w
    return y, x


def rounded(tape):
    x = variable(1.5)
    with tape:
        y = tf.floor(x) * 2.0
    return y, x


def outside(tape):
    x = variable(1.5)
    with tape:
        h = x * 2.0
    y = h * h
    return y, x


def not_recorded(tape):
    x, w = variable(1.5), variable(2.0)
    with tape:
        a = x * 2.0
        with tape.stop_recording():
            h = tf.exp(a)
        y = h * w
    return y, x


def through_numpy(tape):
    x, w = variable(1.5), variable(2.0)
    with tape:
        y = tf.constant((x * 2.0).numpy()) * w
    return y, x


def dead(tape):
    x = variable([-1.0, -2.0], [-3.0, 0.0])
    with tape:
        y = tf.reduce_sum(tf.nn.relu(x))
    return y, x


def partly_dead(tape):
    x = variable([-1.0, 2.0], [-3.0, 0.0])
    with tape:
        y = tf.reduce_sum(tf.nn.relu(x))
    return y, x


def saturated(tape):
    x = variable(200.0, 300.0)
    with tape:
        y = tf.reduce_sum(tf.sigmoid(-x))
    return y, x


def times_zero(tape):
    x, w = variable([1.0, 2.0]), variable([0.0], [0.0])
    with tape:
        y = tf.reduce_sum(x @ w)
    return y, x


def not_chosen(tape):
    x = variable(1.0, 2.0)
    with tape:
        y = tf.reduce_sum(tf.maximum(x, 3.0))
    return y, x


def log_of_zero(tape):
    x = variable(0.0, 1.0)
    with tape:
        unused = tf.math.log(-1.0 * x)
        y = tf.reduce_sum(tf.math.log(x))
    return y, x, unused


def root_of_zero(tape):
    x = variable(0.0, 1.0)
    with tape:
        y = tf.reduce_sum(tf.sqrt(x))
    return y, x


def not_a_number(tape):
    x = variable(0.0)
    with tape:
        y = x / x
    return y, x


def masked_too_late(tape):
    x = variable(0.0, 1.0)
    with tape:
        y = tf.reduce_sum(tf.where(x > 0, tf.math.log(x) * x, 0.0))
    return y, x


def chain(tape, factor, activation):
    weights = [tf.Variable(np.eye(3, dtype="float32") * factor) for _ in range(14)]
    with tape:
        h = tf.ones((2, 3))
        for w in weights:
            h = activation(h @ w)
        y = tf.reduce_mean(h)
    return y, weights[0]


def explosion(tape):
    return chain(tape, 4.0, tf.identity)


def vanishing(tape):
    return chain(tape, 0.1, tf.sigmoid)


def healthy(tape):
    return chain(tape, 1.0, tf.tanh)


CASES = {
    not_watched: ("none", "a constant that the tape does not watch", "tape.watch(x)"),
    integer_source: ("none", "x is of dtype int32", "tf.cast"),
    integer_target: ("none", "y is of dtype int64", "floating"),
    not_trainable: ("none", "not trainable", "tape.watch(x)"),
    assigned_and_not_read: ("none", "was not read within the tape's context", "assigning"),
    read_and_not_used: ("none", "is used by Mul", "not used"),
    stopped: ("none", "tf.stop_gradient ends its path", "Remove it"),
    through_indices: ("none", "ArgMax returns indices", "softmax"),
    through_integers: ("none", "a cast to int32", "floating"),
    rounded: ("none", "Floor has no derivative", "custom_gradient"),
    outside: ("none", "Mul was computed where the tape does not record", "within the tape's block"),
    not_recorded: ("none", "Exp was computed where the tape does not record", "stop_recording"),
    through_numpy: ("none", "is used by Mul, whose result does not reach y", ".numpy()"),
    dead: ("zero", "dead units", "leaky_relu"),
    partly_dead: ("partly zero", "1 of 2 units of relu are dead", "leaky_relu"),
    saturated: ("zero", "sigmoid is saturated", "logits"),
    times_zero: ("zero", ", which is all zeros", "factor"),
    not_chosen: ("zero", "Maximum chose another operand", "compares"),
    log_of_zero: ("infinite", "Log gave the first infinity on the way forward, of x between 0 and 1", "1e-7"),
    root_of_zero: ("infinite", "in the backward pass, in the derivative of Sqrt", "1e-12"),
    not_a_number: ("nan", "RealDiv gave the first NaN", "divisor"),
    masked_too_late: ("nan", "Log gave the first infinity", "before the function"),
    explosion: ("exploding", "most at MatMul, by a factor of 4", "Clip"),
    vanishing: ("vanishing", "it shrinks over", "residual"),
    healthy: ("fine", "finite", ""),
}
LINES = Path(__file__).read_text().splitlines()
# The tensors that these name are not on the tape.
NAMED_BY_OBSERVERS = {stopped, through_indices, through_integers, outside, not_recorded}


@pytest.mark.parametrize("program", CASES, ids=lambda program: program.__name__)
@pytest.mark.parametrize("persistent", [False, True])
def test_the_cause_is_named(program, persistent):
    kind, sentence, remedy = CASES[program]
    tape = tf.GradientTape(persistent=persistent)
    with tf.explain.lines():
        y, x, *_ = program(tape)
        diagnosis = tape.diagnose(y, x)
    (finding,) = diagnosis.findings
    assert finding.kind == kind
    assert sentence in finding.sentence
    assert remedy in finding.remedy and bool(remedy) == bool(finding.remedy)
    assert diagnosis.healthy == (kind == "fine")
    assert finding.sentence.endswith(".") and finding.sentence in str(diagnosis)
    # Lost steps have lines; what was never recorded has none.
    assert finding.where or kind in ("none", "fine")
    if finding.where:
        file, _, line = finding.where.rpartition(":")
        assert __file__.endswith(file)
        assert finding.code == LINES[int(line) - 1].strip()
    # It was right: the unchanged tape gives this gradient.
    gradient = tape.gradient(y, x)
    told = "none" if gradient is None else "nan" if np.isnan(gradient).any() else "other"
    assert told == {"none": "none", "nan": "nan"}.get(kind, "other")


@pytest.mark.parametrize("program", CASES, ids=lambda program: program.__name__)
def test_an_ordinary_tape_says_what_it_knows(program):
    kind, sentence, _ = CASES[program]
    tape = tf.GradientTape()
    y, x, *_ = program(tape)
    (finding,) = tape.diagnose(y, x).findings
    assert finding.kind == kind
    assert (sentence in finding.sentence) or program in NAMED_BY_OBSERVERS
    assert not finding.where


def test_each_source_has_its_finding():
    a, b = variable(1.0), variable(2.0, trainable=False)
    with tf.GradientTape() as tape:
        y = a * b
    diagnosis = tape.diagnose(y, {"a": a, "b": [b]})
    assert [(finding.source, finding.kind) for finding in diagnosis.findings] == [("a", "fine"), ("b", "none")]
    assert repr(diagnosis) == "<Diagnosis: a fine, b none>"


def test_several_targets_are_looked_at_together():
    a, b, c = variable(1.0), variable(-2.0), variable(3.0)
    with tf.GradientTape() as tape:
        fit, penalty = a * a, tf.nn.relu(b)
    diagnosis = tape.diagnose({"fit": fit, "penalty": [penalty]}, [a, b, c])
    assert [(finding.source, finding.kind) for finding in diagnosis.findings] == [
        ("a", "fine"),
        ("b", "zero"),
        ("c", "none"),
    ]
    assert [value is None or float(value[0]) for value in tape.gradient([fit, penalty], [a, b, c])] == [2.0, 0.0, True]


def test_cotangents_of_targets_count():
    x = variable(1.0)
    with tf.GradientTape() as tape:
        y, z = x * 2.0, x * 3.0
    seeds = {"y": tf.constant([float("inf")]), "z": None}
    (finding,) = tape.diagnose({"y": y, "z": z}, x, output_gradients=seeds).findings
    assert finding.kind == "infinite"


def test_complex_numbers_have_gradients():
    z, stopped_at = tf.Variable(1 + 2j), tf.Variable(2 + 1j)
    with tf.GradientTape() as tape:
        y = z * tf.stop_gradient(stopped_at)
    fine, none = tape.diagnose(y, [z, stopped_at]).findings
    assert fine.kind == "fine" and "of norm 2.24" in fine.sentence
    assert none.kind == "none" and "complex" not in none.sentence


def test_refusals():
    x = variable(1.0)
    with tf.GradientTape() as tape:
        y = x * x
    with pytest.raises(TypeError, match=r"A source of GradientTape.diagnose must be a tf.Tensor or tf.Variable"):
        tape.diagnose(y, 3.0)
    for method in (tape.diagnose, tape.explain):
        with pytest.raises(ValueError, match="was given no target"):
            method([], x)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Give each target a cotangent of its own shape"):
            method([y, y], x, output_gradients=[None, tf.ones(3)])
    tape.gradient(y, x)
    for method in (tape.diagnose, tape.explain):
        with pytest.raises(RuntimeError, match="can only be used to compute one set of gradients"):
            method(y, x)
