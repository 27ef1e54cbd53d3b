"""Random programs: operations of training steps, drawn from a seed and run on any operands."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import gradtape as tf

UNARY = (tf.tanh, tf.sin, tf.square, tf.nn.relu, tf.sigmoid, tf.abs, tf.negative, tf.exp, tf.nn.softplus, tf.sqrt)
BINARY = (tf.add, tf.subtract, tf.multiply, tf.maximum, tf.minimum, tf.divide)
SHAPES = ((3, 4), (3, 1), (4,), ())
OPTIMIZERS = ("SGD", "Adam", "RMSprop", "Adagrad", "Ftrl", "Nadam")


class State:
    """The state of a program besides its operands, always created in the same way."""

    def __init__(self, seed: int) -> None:
        draw = np.random.default_rng(seed)
        self.variables = [
            tf.Variable(draw.uniform(0.2, 1.0, shape).astype(np.float32), name=f"v{place}")
            for place, shape in enumerate([(3, 4), (4,), (), (4, 4)])
        ]
        self.counter = tf.Variable(0, trainable=False)
        kinds = random.Random(seed)
        options: dict[str, Any] = kinds.choice(({}, {}, {"clipnorm": 0.5}, {"weight_decay": 0.01}, {"use_ema": True}))
        rate: Any = kinds.choice((0.05, 0.05, tf.optimizers.schedules.ExponentialDecay(0.1, 3, 0.7)))
        self.optimizer = getattr(tf.optimizers, kinds.choice(OPTIMIZERS))(rate, **options)
        self.optimizer.build(self.variables)
        self.generator = tf.random.Generator.from_seed(seed)
        tf.random.set_seed(seed)

    def values(self) -> list[bytes]:
        """All values as bits."""
        held = [*self.variables, self.counter, *self.optimizer.variables, self.generator.state]
        return [np.asarray(variable).tobytes() for variable in held] + [tf.random.uniform([2]).numpy().tobytes()]


def program(seed: int) -> Callable[[State, Any, Any], Any]:
    """A program of a state and two operands of shapes (3, 4) and (): the same for the same seed."""
    drawn = random.Random(seed)
    lines = [drawn.choice(LINES)(drawn) for _ in range(drawn.randint(4, 14))]

    def run(state: State, x: Any, s: Any) -> Any:
        pool = [x, s, *state.variables[:3]]
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([x, s])
            for line in lines:
                line(state, pool, tape)
            loss = tf.add_n([tf.reduce_mean(value) for value in pool[-3:]])
        gradients = tape.gradient(loss, [x, s, *state.variables])
        return pool[-4:], loss, gradients

    return run


Line = Callable[[State, list[Any], Any], None]


def unary(drawn: random.Random) -> Line:
    function, place = drawn.choice(UNARY), drawn.random()
    return lambda state, pool, tape: pool.append(function(chosen(pool, place)))


def binary(drawn: random.Random) -> Line:
    function, first, second = drawn.choice(BINARY), drawn.random(), drawn.random()
    return lambda state, pool, tape: pool.append(function(chosen(pool, first), chosen(pool, second)))


def reduction(drawn: random.Random) -> Line:
    function = drawn.choice((tf.reduce_sum, tf.reduce_mean, tf.reduce_max, tf.reduce_logsumexp))
    place, axis = drawn.random(), drawn.choice((None, -1, 0))
    return lambda state, pool, tape: pool.append(
        function(tf.broadcast_to(chosen(pool, place), (3, 4)), axis=axis, keepdims=axis == -1)
        if axis != 0
        else function(tf.broadcast_to(chosen(pool, place), (3, 4)), axis=0)
    )


def product(drawn: random.Random) -> Line:
    place = drawn.random()
    return lambda state, pool, tape: pool.append(
        tf.matmul(tf.broadcast_to(chosen(pool, place), (3, 4)), state.variables[3])
    )


def movement(drawn: random.Random) -> Line:
    place = drawn.random()
    function = drawn.choice(
        (
            lambda a: tf.transpose(tf.reshape(a, (4, 3))),
            lambda a: tf.concat([a[:1], a[1:]], 0),
            lambda a: tf.stack(tf.unstack(a)),
            lambda a: tf.gather(a, [2, 0, 1]),
            lambda a: tf.where(a > 0.5, a, 0.25 * a),
            lambda a: tf.cast(tf.cast(a, tf.float64), tf.float32),
            lambda a: tf.stop_gradient(a) * a,
            lambda a: tf.cumsum(a, axis=1),
            lambda a: tf.nn.softmax(a),
            lambda a: tf.one_hot(tf.argmax(a, axis=1), 4) * a,
        )
    )
    return lambda state, pool, tape: pool.append(function(tf.broadcast_to(chosen(pool, place), (3, 4))))


def assignment(drawn: random.Random) -> Line:
    place, which, how = drawn.random(), drawn.choice((0, 1, 2)), drawn.choice(("assign", "assign_add", "assign_sub"))

    def line(state: State, pool: list[Any], tape: Any) -> None:
        variable = state.variables[which]
        value = tf.broadcast_to(chosen(pool, place), (3, 4))
        while value.ndim > variable.ndim:
            value = tf.reduce_mean(value, axis=0)
        getattr(variable, how)(0.1 * value)
        state.counter.assign_add(1)

    return line


def part(drawn: random.Random) -> Line:
    row = drawn.randrange(3)

    def line(state: State, pool: list[Any], tape: Any) -> None:
        state.variables[0][row].assign(state.variables[1] * 0.5)

    return line


def step(drawn: random.Random) -> Line:
    """A step of the optimizer with the gradient of the last result."""

    def line(state: State, pool: list[Any], tape: Any) -> None:
        with tape.stop_recording():
            gradients = tape.gradient(tf.reduce_sum(pool[-1]), state.variables)
        pairs = [(g, v) for g, v in zip(gradients, state.variables, strict=True) if g is not None]
        if pairs:
            state.optimizer.apply_gradients(pairs)

    return line


def decision(drawn: random.Random) -> Line:
    """Python control flow that depends on values."""
    place, limit = drawn.random(), drawn.uniform(0.2, 1.5)
    kind = drawn.choice(("if", "while", "float", "range", "int", "cond", "while_loop"))

    def line(state: State, pool: list[Any], tape: Any) -> None:
        value = tf.reduce_mean(chosen(pool, place))
        if kind == "if":
            pool.append(value * 2.0 if value < limit else tf.sin(value))
        elif kind == "while":
            total = tf.abs(value)
            for _ in range(4):
                if total > limit:
                    break
                total = total * 1.5 + 0.1
            pool.append(total)
        elif kind == "float":
            pool.append(
                value * round(float(tf.clip_by_value(value, -3.0, 3.0))) if np.isfinite(float(value)) else value
            )
        elif kind == "range":
            total = value
            for index in tf.range(state.counter % 3):
                total = total + tf.cast(index, tf.float32) * value
            pool.append(total)
        elif kind == "int":
            pool.append(value + int(state.counter % 2))
        elif kind == "cond":
            pool.append(tf.cond(value < limit, lambda: value * 3.0, lambda: tf.cos(value)))
        else:
            _, total = tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t * 1.1), (state.counter % 3, value))
            pool.append(total)

    return line


def draw(drawn: random.Random) -> Line:
    kind = drawn.choice(("normal", "seeded", "generator", "dropout", "uniform"))

    def line(state: State, pool: list[Any], tape: Any) -> None:
        if kind == "normal":
            pool.append(tf.random.normal((3, 4), stddev=0.1))
        elif kind == "seeded":
            pool.append(tf.random.uniform((3, 4), seed=5))
        elif kind == "generator":
            pool.append(state.generator.normal((4,)))
        elif kind == "uniform":
            pool.append(tf.cast(tf.random.uniform((4,), maxval=5, dtype=tf.int32), tf.float32))
        else:
            pool.append(tf.nn.dropout(tf.broadcast_to(pool[-1], (3, 4)), 0.3))

    return line


def inner_gradient(drawn: random.Random) -> Line:
    """A gradient that the outer tape differentiates again."""
    place = drawn.random()

    def line(state: State, pool: list[Any], tape: Any) -> None:
        value = tf.broadcast_to(chosen(pool, place), (3, 4))
        with tf.GradientTape() as inner:
            inner.watch(value)
            result = tf.reduce_sum(tf.tanh(value) * value)
        pool.append(inner.gradient(result, value))

    return line


def check(drawn: random.Random) -> Line:
    """An assertion that fails for some operands."""
    place, limit = drawn.random(), drawn.uniform(1.0, 30.0)
    return lambda state, pool, tape: tf.debugging.assert_less(tf.reduce_max(chosen(pool, place)), limit)


LINES = (unary, unary, binary, binary, reduction, product, movement, movement, assignment, part, step, decision, draw)
LINES += (inner_gradient, check)


def chosen(pool: list[Any], place: float) -> Any:
    """A value of the pool, preferably a late one."""
    return pool[int(len(pool) * place**0.5)]
