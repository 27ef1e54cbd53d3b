"""Profiles: what ran, how often, where, and in which direction; and their output formats."""

from __future__ import annotations

import json
import re
import time
from xml.etree import ElementTree

import numpy as np
import pytest

import gradtape as tf

SVG = "{http://www.w3.org/2000/svg}"


def loss_of(x, w):
    return tf.reduce_sum(tf.tanh(x @ w))


def profiled():
    x, w = tf.ones((3, 4)), tf.Variable(np.full((4, 2), 0.1, "float32"))
    with tf.profiler.Profile() as profile:
        for _ in range(3):
            with tf.GradientTape() as tape:
                loss = loss_of(x, w)
            gradient = tape.gradient(loss, w)
    return profile, gradient


def test_calls_bytes_and_directions():
    profile, gradient = profiled()
    rows = {(row.op, row.backward): row for row in profile.rows()}
    assert {op for op, backward in rows if not backward} == {"MatMul", "Tanh", "Sum", "between ops"}
    assert rows["MatMul", False].calls == rows["MatMul", True].calls == rows["Tanh", False].calls == 3
    assert rows["MatMul", False].bytes == 3 * 3 * 2 * 4
    assert rows["MatMul", True].bytes == 3 * 4 * 2 * 4
    np.testing.assert_allclose(gradient, np.full((4, 2), 3 * (1 - np.tanh(0.4) ** 2)), rtol=1e-5)


def test_times_add_up():
    begin = time.perf_counter()
    profile, _ = profiled()
    wall = time.perf_counter() - begin
    assert 0 < profile.seconds <= wall
    np.testing.assert_allclose(sum(row.seconds for row in profile.rows()), profile.seconds)
    assert all(event.seconds >= 0 and event.rest >= -1e-9 for event in profile.events)
    begins = [event.begin for event in profile.events]
    assert begins == sorted(begins)


def test_lines_are_the_programs():
    profile, _ = profiled()
    names = [[name.rpartition(".")[2] for name, _, _ in event.stack[-2:]] for event in profile.events]
    forward = [name for name, event in zip(names, profile.events, strict=True) if not event.backward]
    backward = [name for name, event in zip(names, profile.events, strict=True) if event.backward]
    assert forward and all(name == ["profiled", "loss_of"] for name in forward)
    assert backward and all(name[-1] == "profiled" for name in backward)


def test_table():
    profile, _ = profiled()
    lines = profile.table().splitlines()
    assert len(lines) == len(profile.rows()) + 3
    assert lines[-2].split()[:2] == ["all", str(len(profile.events))]
    assert lines[-1] == profile.memory()
    assert str(profile) == profile.table()
    assert re.search(r"MatMul +backward +3 .*test_profiler.py:\d+", profile.table())


def test_chrome_trace(tmp_path):
    profile, _ = profiled()
    text = profile.chrome_trace(tmp_path / "trace.json")
    assert (tmp_path / "trace.json").read_text() == text
    events = json.loads(text)["traceEvents"]
    counters = [event for event in events if event["ph"] == "C"]
    assert [(event["ts"], *event["args"].values()) for event in counters] == [
        (round(when * 1e6, 3), held) for when, held in profile.held()
    ]
    events = [event for event in events if event["ph"] != "C"]
    assert len(events) == len(profile.events)
    assert {event["ph"] for event in events} == {"X"}
    assert {event["cat"] for event in events} == {"forward", "backward"}
    ends = [event["ts"] + event["dur"] for event in events]
    assert all(end <= later["ts"] + 0.01 for end, later in zip(ends, events[1:], strict=False))


def test_what_tensors_hold():
    """A chain whose results are all kept by the tape until the sweep releases them."""
    size = 1 << 20
    x = tf.Variable(tf.zeros(size // 4))

    def step():
        with tf.GradientTape() as tape:
            y = tf.tanh(tf.exp(tf.sigmoid(x)))
        return tape.gradient(y, x)

    with tf.profiler.Profile() as profile:
        gradient = step()
    forward = [event for event in profile.events if not event.backward]
    assert [event.op for event in forward] == ["Sigmoid", "Exp", "Tanh"]
    for kept, event in enumerate(forward, 1):
        assert event.bytes == size
        assert size * kept <= event.held - profile.held_before <= 1.2 * size * kept
        assert event.held <= event.peak
    assert profile.peak >= max(event.peak for event in profile.events) >= 3 * size + profile.held_before
    assert profile.peak < 6 * size + profile.held_before
    assert size <= profile.held_after - profile.held_before <= 1.2 * size  # the gradient
    del gradient
    with tf.profiler.Profile() as again:
        step()
    assert again.peak == profile.peak and again.held_after == again.held_before
    rows = {(row.op, row.backward): row for row in profile.rows()}
    assert rows["Tanh", False].peak == forward[2].peak
    times = [when for when, _ in profile.held()]
    assert times[0] == 0.0 and max(held for _, held in profile.held()) <= profile.peak
    root = ElementTree.fromstring(profile.flame_graph())
    (curve,) = [path for path in root.iter(f"{SVG}path") if path.get("class") == "memory"]
    heights = [float(found) for found in re.findall(r"V([\d.]+)h", curve.get("d"))]
    assert min(heights) == 0.0 and max(heights) <= 64.0
    assert " at most (" in profile.memory() and "test_profiler.py" in profile.memory()


def test_flame_graph():
    profile, _ = profiled()
    root = ElementTree.fromstring(profile.flame_graph())
    bars = [rect for rect in root.iter(f"{SVG}rect") if "bar" in rect.get("class", "").split() and rect.get("x")]
    kinds = {rect.get("class").split()[1] for rect in bars}
    assert kinds == {"forward", "backward", "call"}
    width = float(root.get("viewBox").split()[2])
    assert all(float(rect.get("x")) + float(rect.get("width")) <= width for rect in bars)
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert any(title.startswith("MatMul") and "3 times" in title for title in titles)
    assert profile.memory() in titles


def test_nothing_is_left_behind():
    from gradtape._src.testing import observers

    with pytest.raises(ZeroDivisionError), tf.profiler.Profile():
        assert observers._installed
        _ = 1 / 0
    assert not observers._installed


def test_recording_is_not_disturbed():
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape, tf.profiler.Profile() as profile:
        y = tf.exp(x) * x
    assert [event.op for event in profile.events] == ["Exp", "Mul"]
    assert len(tape.explain(y, x).steps) == 2
    np.testing.assert_allclose(tape.gradient(y, x), np.exp(2.0) * 3.0, rtol=1e-6)


def fused():
    w = tf.Variable(np.eye(3, dtype="float32"))

    @tf.function
    def step(x):
        h = tf.exp(-tf.tanh(x @ w) * 2.0) + 1.0
        if tf.reduce_sum(h) > 1e6:
            return h
        w.assign_add(h)
        return h * 3.0

    for _ in range(8):
        step(tf.ones((3, 3)))
    return step


def test_plans_before_and_after_fusion():
    step = fused()
    before, after = (ElementTree.fromstring(tf.explain.draw_plan(step, planned)) for planned in (False, True))
    texts = [{text.text for text in root.iter(f"{SVG}text")} for root in (before, after)]
    assert {"matmul", "tanh", "exp", "guard", "assign_add Variable", "argument", "constant"} <= texts[0]
    assert "fused" not in texts[0]
    assert {"fused", "exp(-2·tanh(a)) + 1", "matmul", "guard"} <= texts[1]
    counts = [sum(rect.get("class") == "box" for rect in root.iter(f"{SVG}rect")) for root in (before, after)]
    assert counts[1] < counts[0]


def test_plans_that_cannot_be_drawn():
    with pytest.raises(TypeError, match=r"draw_plan takes a function created by tf.function"):
        tf.explain.draw_plan(lambda x: x)
    step = tf.function(lambda x: x)
    with pytest.raises(ValueError, match="0 traced signatures"):
        tf.explain.draw_plan(step)
