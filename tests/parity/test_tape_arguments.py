"""Every argument of the tape's methods: results, exceptions and their messages, one expression per line."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from programs import compared

Pair = collections.namedtuple("Pair", "first second")


def lines(text: str) -> list[tuple[str, Callable[[Any], Any]]]:
    """One program per line, an expression of tf, np and the variables of `setting`."""
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


COUNTED = "compiled methods count their arguments in words of their own"
UNENTERED = "TensorFlow fails on None, gradtape says what the tape lacks"
NAMED = "TensorFlow names an inner operation, gradtape the argument"
MISSHAPEN = "TensorFlow lets a cotangent of another shape pass where the operation broadcasts it, gradtape refuses it"

# Errors of the same type, with gradtape's own message.
WORDED: dict[str, str] = {
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
}
# Deliberate differences: the reason, and gradtape's outcome, a result or an exception's type.
DELIBERATE: dict[str, tuple[str, Any]] = {
    "t.batch_jacobian(s, m)": ("TensorFlow indexes past the end of a scalar's shape", ValueError),
    "t.gradient([p, q], x, output_gradients=[None, tf.constant(7.0)])": ("a None entry stands for ones", 38.0),
    "t.gradient([p, q], x, output_gradients=[None, None])": ("a None entry stands for ones", 8.0),
    "t.gradient([p, q], [x, v, y], output_gradients=[tf.constant(0.0), None])": (
        "a None entry stands for ones",
        [5.0, 2.0, 0.0],
    ),
    "t.gradient(r, m, output_gradients=tf.constant(2.0))": (MISSHAPEN, "InvalidArgumentError"),
    "t.gradient(d, w, output_gradients=tf.constant(2.0))": (MISSHAPEN, "InvalidArgumentError"),
}


@pytest.mark.parametrize(
    ("line", "function"),
    lines(CONTROL) + lines(GRADIENT) + lines(JACOBIAN),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_lines(line: str, function: Callable[[Any], Any]) -> None:
    compared(line, function, WORDED, DELIBERATE)


def test_differences_are_of_lines_that_exist() -> None:
    assert {*WORDED, *DELIBERATE} <= {
        line for text in (CONTROL, GRADIENT, JACOBIAN) for line in text.strip().splitlines()
    }
