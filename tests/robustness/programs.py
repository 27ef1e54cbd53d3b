"""Random programs against the model.

A program is a sequence of steps drawn from a seed. Steps compute, watch, open, exit, reset, stop and drop tapes,
request gradients, drop values, collect garbage, and leave objects behind whose finalizers and callbacks compute and
open tapes in turn, at times that the collector and the engine choose.
"""

from __future__ import annotations

import contextlib
import gc
import random
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import gradtape as tf

from .model import Node, View

TOLERANCE = 1e-9


class Boom(Exception):
    """Raised by a rule."""


class Wrong(AssertionError):
    """gradtape and the model differ."""


class Tape:
    """A tape, and its view in the model."""

    def __init__(self, persistent: bool, watches: bool) -> None:
        self.tape = tf.GradientTape(persistent=persistent, watch_accessed_variables=watches)
        self.persistent, self.watches = persistent, watches
        self.view = View()
        self.spent = False


@tf.custom_gradient
def tripled(x: Any) -> Any:
    """Its value is x, its custom gradient 3."""
    return tf.identity(x), lambda dy: dy * 3.0


def stated(z: Any) -> Any:
    return np.real(z) + 3j * np.imag(z) if np.iscomplexobj(z) else z


UNARY: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "tanh": (tf.tanh, np.tanh),
    "sin": (tf.sin, np.sin),
    "exp": (lambda x: tf.exp(tf.tanh(x)), lambda x: np.exp(np.tanh(x))),
    "sigmoid": (lambda x: tf.sigmoid(x), lambda x: 1 / (1 + np.exp(-x))),
    "reverse": (lambda x: tf.reverse(x, [0]), lambda x: x[::-1]),
    "cumsum": (lambda x: tf.cumsum(x) / 4.0, lambda x: np.cumsum(x) / 4.0),
    "mean": (lambda x: tf.reduce_mean(x) + 0.0 * x, lambda x: np.sum(x) / len(x) + 0.0 * x),
    "matmul": (
        lambda x: tf.reshape(tf.matmul(tf.reshape(x, (1, -1)), ROTATION), (-1,)),
        lambda x: x @ np.asarray(ROTATION),
    ),
    "split": (lambda x: tf.concat(tf.split(x, [1, -1])[::-1], 0), lambda x: np.concatenate([x[1:], x[:1]])),
    "tripled": (tripled, stated),
}
BINARY: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "add": (lambda x, y: x + y, lambda x, y: x + y),
    "multiply": (lambda x, y: tf.tanh(x * y), lambda x, y: np.tanh(x * y)),
    "subtract": (lambda x, y: x - y, lambda x, y: x - y),
    "divide": (lambda x, y: x / (y * y + 1.0), lambda x, y: x / (y * y + 1.0)),
}
SIZE = 4
ROTATION = tf.constant(np.linalg.qr(np.arange(SIZE * SIZE).reshape(SIZE, SIZE) % 7.0 + np.eye(SIZE))[0])


def elsewhere(seed: int) -> None:
    """A small unrelated computation with its own tapes: right, and without side effects."""
    kind = seed % 4
    # Not trainable: it must not be watched by code that collects the variables read meanwhile.
    x = tf.Variable([1.0, 2.0 + seed % 3], trainable=False)
    if kind == 0:
        tf.sin(x)
    elif kind == 1:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(x * x)
        if tape.gradient(y, x).numpy()[0] != 2.0:
            raise Wrong("elsewhere")
    elif kind == 2:
        with tf.GradientTape(persistent=True) as outer, tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(x * x * x)
        del outer
        if inner.gradient(y, x).numpy()[0] != 3.0:
            raise Wrong("elsewhere")
    else:
        forgotten = tf.GradientTape()
        forgotten.__enter__()
        forgotten.watch(x)
        tf.tanh(x * x)


class Ghost:
    """Garbage in a cycle that computes when it is collected."""

    alive = True

    def __init__(self, seed: int, held: Any = None) -> None:
        self.me, self.seed, self.held = self, seed, held

    def __del__(self) -> None:
        if Ghost.alive:
            elsewhere(self.seed)


class Program:
    """The state of a random program, and its steps."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.variables: list[tuple[Any, Node]] = []
        self.values: list[tuple[Any, Node]] = []
        self.open: list[Tape] = []
        self.closed: list[Tape] = []
        self.stopped = 0
        self.trace: list[str] = []
        for _ in range(3):
            value = self.numbers.uniform(-1, 1, SIZE)
            self.variables.append((tf.Variable(value, trainable=self.random.random() < 0.8), Node(value)))
        self.values.append(self.constant())

    def constant(self) -> tuple[Any, Node]:
        value = self.numbers.uniform(-1, 1, SIZE)
        return tf.constant(value), Node(value)

    # The model's side

    def recording(self) -> list[Tape]:
        return [] if self.stopped else self.open

    def computed(self, result: Any, formula: Callable[..., Any], *operands: Node) -> tuple[Any, Node]:
        node = Node(np.array(result), formula, operands)
        expected = formula(*[operand.value for operand in operands])
        if not np.allclose(node.value, expected, rtol=1e-12, atol=1e-12):
            raise Wrong(f"value {node.value}, expected {expected}")
        for tape in self.recording():
            tape.view.see(node)
        return result, node

    def operand(self) -> tuple[Any, Node]:
        """A value or a variable; variables that are read are watched by open tapes."""
        if self.random.random() < 0.35:
            variable, node = self.random.choice(self.variables)
            for tape in self.recording():
                if tape.watches and variable.trainable:
                    tape.view.watch(node)
            return variable, node
        return self.random.choice(self.values[-12:])

    # Steps

    def step_unary(self) -> None:
        name = self.random.choice(sorted(UNARY))
        compute, formula = UNARY[name]
        (x, node), self.said = self.operand(), name
        self.values.append(self.computed(compute(x), formula, node))

    def step_binary(self) -> None:
        name = self.random.choice(sorted(BINARY))
        compute, formula = BINARY[name]
        (x, a), (y, b) = self.operand(), self.operand()
        self.values.append(self.computed(compute(x, y), formula, a, b))

    def step_discard(self) -> None:
        for _ in range(self.random.choice([1, 5, 40])):
            (x, _), (y, _) = self.operand(), self.operand()
            tf.tanh(x) * y

    def step_long(self) -> None:
        """Enough operations to fill pages of the log."""
        x, node = self.operand()
        count = self.random.choice([300, 700])
        for _ in range(count):
            x, node = self.computed(x * 1.0, lambda z: z * 1.0, node)
        self.values.append((x, node))

    def step_throwing(self) -> None:
        """A custom gradient whose rule raises."""

        @tf.custom_gradient
        def throwing(x: Any) -> Any:
            def rule(dy: Any) -> Any:
                raise Boom

            return tf.identity(x), rule

        x, node = self.operand()
        value, made = self.computed(throwing(x), lambda z: z, node)
        made.throws = True
        if self.random.random() < 0.5:
            self.values.append((value, made))

    def step_meddling(self) -> None:
        """A custom gradient whose rule has arbitrary side effects."""
        program = weakref.proxy(self)
        kind = self.random.choice(["reset", "enter", "collect", "elsewhere", "sweep"])

        @tf.custom_gradient
        def meddling(x: Any) -> Any:
            def rule(dy: Any) -> Any:
                program.meddle(kind)
                return [dy * 3.0]

            return tf.identity(x), rule

        x, node = self.operand()
        self.values.append(self.computed(meddling(x), stated, node))

    def meddle(self, kind: str) -> None:
        swept = self.swept
        if kind == "collect":
            gc.collect()
        elif kind == "reset" and swept in self.open and not self.stopped:
            swept.tape.reset()
            swept.view = View()
        elif kind == "enter" and swept in self.closed:
            with swept.tape:
                tf.tanh(self.variables[0][0])
        elif kind == "sweep" and swept.persistent:
            variable = tf.Variable([1.0])
            swept.tape.gradient(variable, variable)
        else:
            elsewhere(self.random.randrange(100))

    def step_enter(self) -> None:
        if len(self.open) < 5:
            tape = Tape(self.random.random() < 0.5, self.random.random() < 0.8)
            tape.tape.__enter__()
            self.open.append(tape)

    def step_again(self) -> None:
        candidates = [tape for tape in self.closed if not tape.spent]
        if candidates and len(self.open) < 5:
            tape = self.random.choice(candidates)
            tape.tape.__enter__()
            self.closed.remove(tape)
            self.open.append(tape)

    def step_leave(self) -> None:
        if self.open:
            tape = self.open.pop(self.random.choice([-1, -1, 0]))
            tape.tape.__exit__(None, None, None)
            self.closed.append(tape)
            del self.closed[:-6]

    def step_forget(self) -> None:
        """An open tape is dropped."""
        if self.open:
            self.open.pop(self.random.randrange(len(self.open)))

    def step_reset(self) -> None:
        if self.open and not self.stopped:
            tape = self.random.choice(self.open)
            tape.tape.reset()
            tape.view = View()

    def step_stop(self) -> None:
        if self.open and not self.stopped:
            tape = self.random.choice(self.open)
            others = [other for other in self.open if other is not tape]
            with tape.tape.stop_recording():
                kept, self.open = self.open, others
                try:
                    for _ in range(3):
                        self.step_binary()
                finally:
                    self.open = kept

    def step_watch(self) -> None:
        if self.open and not self.stopped:
            tape = self.random.choice(self.open)
            value, node = self.random.choice(self.values[-6:] + self.variables)
            tape.tape.watch(value)
            tape.view.watch(node)

    def step_assign(self) -> None:
        place = self.random.randrange(len(self.variables))
        variable, node = self.variables[place]
        # Gradients with respect to it remain those at the values that were read: the node stays, its reads do not.
        if any(node in tape.view.active for tape in self.open + self.closed):
            return
        value = self.numbers.uniform(-1, 1, SIZE)
        variable.assign(value)
        self.variables[place] = variable, Node(value)

    def step_gradient(self) -> None:
        tapes = [tape for tape in self.open + self.closed if not tape.spent]
        if not tapes or self.stopped:
            return
        tape = self.random.choice(tapes)
        target, target_node = self.random.choice(self.values[-8:])
        chosen = self.random.sample(self.variables + self.values[-12:], k=min(3, len(self.values)))
        pairs = [(value, node) for value, node in chosen if node is not target_node]
        view, self.swept = tape.view, tape
        throws = any(node.throws for node in view.path(target_node))
        if not tape.persistent:
            tape.spent = True
            if tape in self.open:
                self.open.remove(tape)
        try:
            found = tape.tape.gradient(target, [value for value, _ in pairs])
        except Boom:
            if not throws:
                raise Wrong("a rule threw that is not on the way") from None
            return
        if throws and any(source in view.path(target_node) for _, source in pairs):
            # The sweep ends once nothing is pending, so a rule below the last source may not have been called.
            return
        for (_, source), given in zip(pairs, found, strict=True):
            if source in view.late:
                continue  # its gradient is the use's cotangent if another tape watched it, else None
            direction = self.numbers.uniform(-1, 1, SIZE)
            expected, _ = view.derivative(target_node, source, direction)
            if (given is None) != (expected is None):
                raise Wrong(f"gradient {given}, expected {expected}")
            if given is not None and expected is not None:
                along = float(np.sum(np.array(given) * direction))
                if abs(along - expected) > TOLERANCE * max(1.0, abs(expected)):
                    raise Wrong(f"gradient {along}, expected {expected}")

    def step_jacobian(self) -> None:
        x = tf.constant(self.numbers.uniform(-1, 1, SIZE))
        name = self.random.choice(sorted(set(UNARY) - {"tripled"}))
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = UNARY[name][0](x)
        jacobian = np.array(tape.jacobian(y, x))
        direction = self.numbers.uniform(-1, 1, SIZE)
        expected = np.imag(UNARY[name][1](np.array(x) + 1e-30j * direction)) / 1e-30
        if not np.allclose(jacobian @ direction, expected, rtol=TOLERANCE, atol=TOLERANCE):
            raise Wrong(f"jacobian of {name}: {jacobian @ direction}, expected {expected}")

    def step_forward(self) -> None:
        """A forward accumulator over a separate program, under the open tapes."""
        x, v = self.numbers.uniform(-1, 1, SIZE), self.numbers.uniform(-1, 1, SIZE)
        names = [self.random.choice(sorted(set(UNARY) - {"tripled"})) for _ in range(self.random.randrange(1, 5))]
        primal = tf.constant(x)
        with tf.autodiff.ForwardAccumulator(primal, tf.constant(v)) as accumulator:
            y, z = primal, x + 1e-30j * v
            for name in names:
                y, z = UNARY[name][0](y), UNARY[name][1](z)
            if self.random.random() < 0.3:
                gc.collect()
        tangent = np.array(accumulator.jvp(y))
        if not np.allclose(tangent, np.imag(z) / 1e-30, rtol=TOLERANCE, atol=TOLERANCE):
            raise Wrong(f"jvp of {names}: {tangent}, expected {np.imag(z) / 1e-30}")

    def step_hessian(self) -> None:
        """A second derivative along a direction, by nested tapes, against differences of first ones."""
        names = [self.random.choice(["tanh", "sin", "sigmoid", "cumsum", "matmul"]) for _ in range(3)]
        x, v = self.numbers.uniform(-1, 1, SIZE), self.numbers.uniform(-1, 1, SIZE)

        def first(at: np.ndarray) -> np.ndarray:
            gradient = np.empty(SIZE)
            for place in range(SIZE):
                z = at + 1e-30j * np.eye(SIZE)[place]
                for name in names:
                    z = UNARY[name][1](z)
                gradient[place] = np.sum(np.imag(z)) / 1e-30
            return gradient

        primal = tf.Variable(x)
        with tf.GradientTape() as outer:
            with tf.GradientTape(persistent=self.random.random() < 0.5) as inner:
                y: Any = primal
                for name in names:
                    y = UNARY[name][0](y)
                if self.random.random() < 0.3:
                    inner.reset()
                    y = primal
                    for name in names:
                        y = UNARY[name][0](y)
            product = tf.reduce_sum(inner.gradient(y, primal) * tf.constant(v))
        found = np.array(outer.gradient(product, primal, unconnected_gradients="zero"))
        expected = (first(x + 1e-6 * v) - first(x - 1e-6 * v)) / 2e-6
        if not np.allclose(found, expected, rtol=1e-6, atol=1e-7):
            raise Wrong(f"second derivative of {names}: {found}, expected {expected}")

    def step_ghost(self) -> None:
        held = self.random.choice([None, self.values[-1][0], tf.GradientTape()])
        Ghost(self.random.randrange(1000), held)

    def step_callback(self) -> None:
        """A tensor with a callback at its end."""
        x, _ = self.operand()
        seed = self.random.randrange(1000)
        doomed = tf.tanh(x) * 2.0
        Program.callbacks.append(weakref.ref(doomed, lambda _: elsewhere(seed)))
        del Program.callbacks[:-50]

    callbacks: list[Any] = []  # noqa: RUF012

    def step_drop(self) -> None:
        del self.values[: len(self.values) // 2]
        self.values.append(self.constant())
        if self.random.random() < 0.3:
            self.closed.clear()

    def step_collect(self) -> None:
        gc.collect(self.random.choice([0, 1, 2]))

    def finish(self) -> None:
        while self.open:
            self.step_leave()

    STEPS = (
        *(["unary"] * 6 + ["binary"] * 6 + ["gradient"] * 4 + ["enter"] * 3 + ["leave"] * 2 + ["watch"] * 2),
        *(
            "again",
            "discard",
            "long",
            "throwing",
            "meddling",
            "forget",
            "reset",
            "stop",
            "assign",
            "jacobian",
            "forward",
        ),
        *("hessian", "ghost", "ghost", "callback", "drop", "collect"),
    )

    def step(self) -> None:
        name = self.random.choice(self.STEPS)
        self.trace.append(name)
        getattr(self, f"step_{name}")()


@contextlib.contextmanager
def interrupted(seconds: float) -> Iterator[None]:
    """A context in which a signal handler computes now and then."""
    count = [0]

    def handler(*_: Any) -> None:
        count[0] += 1
        elsewhere(count[0])

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def one(seed: int, steps: int, report: Callable[[str], None]) -> None:
    """A program of this number of steps."""
    program = Program(seed)
    try:
        for number in range(steps):
            report(f"program {seed} step {number}")
            program.step()
        program.finish()
    except Exception as error:
        error.add_note(f"program {seed}: {' '.join(program.trace)}") if hasattr(error, "add_note") else None
        raise


def run(seed: int, steps: int, report: Callable[[str], None]) -> None:
    """Runs programs of up to 60 steps each, some of them in parallel threads, up to this number of steps."""
    gc.set_threshold(random.Random(seed).choice([5, 50, 700]), 3, 3)
    done = 0
    while done < steps:
        seed += 1
        length = min(60, steps - done)
        choice = random.Random(seed).random()
        if choice < 0.15:
            failures: list[BaseException] = []

            def guarded(seed: int, length: int = length, failures: list[BaseException] = failures) -> None:
                try:
                    one(seed, length // 3 + 1, lambda _: None)
                except BaseException as error:
                    failures.append(error)

            report(f"programs {seed} and two more in threads")
            before = sys.getswitchinterval()
            sys.setswitchinterval(1e-5)
            threads = [threading.Thread(target=guarded, args=(seed * 1000 + place,)) for place in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            sys.setswitchinterval(before)
            if failures:
                raise failures[0]
        elif choice < 0.3:
            with interrupted(0.002):
                one(seed, length, report)
        else:
            one(seed, length, report)
        done += length
    Ghost.alive = random.Random(seed).random() < 0.5  # whether finalizers compute while the interpreter exits
