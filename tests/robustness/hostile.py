"""Every public function called with hostile arguments.

A row of the table gives valid calls; an argument, or an element deep in it, is replaced by something hostile:
of another type, dtype or shape, ragged, not a number, huge, negative, or an object that lies about itself, modifies its
container, raises, or collects garbage when it is accessed. Functions without a row are called with only such objects.
The outcome must be a result or one of the documented exceptions; afterwards a canary must compute correctly.
"""

from __future__ import annotations

import faulthandler
import gc
import inspect
import os
import random
import resource
import signal
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from tests.public import callables

import gradtape as tf
from gradtape._src.table.rows import rows
from gradtape._src.table.samples import Leaf, Op, Sample

from .programs import Wrong, elsewhere

ADDRESS_SPACE = 6 << 30  # bytes beyond those at the start: larger requests get a MemoryError


SECONDS = 20  # of processor time per call; endless waits end with the child's time limit


class Mischief(Exception):
    """Raised by hostile objects."""


# OverflowError and AssertionError are TensorFlow's too, for integers out of C's range and empty generators;
# OSError is for missing files, BufferError for arrays that DLPack does not support.
DOCUMENTED = (
    *(TypeError, ValueError, AttributeError, IndexError, NotImplementedError, RuntimeError, MemoryError, Mischief),
    *(OverflowError, AssertionError, OSError, BufferError, tf.errors.OpError),
)


class Liar(tuple):
    """A tuple whose length is wrong."""

    def __len__(self) -> int:
        return 3


class LyingList(list):
    def __len__(self) -> int:
        return 5

    def __getitem__(self, place: Any) -> Any:
        return 1.0


class Mutator:
    """Empties the container that holds it, however it is accessed."""

    def __init__(self, container: list[Any]) -> None:
        self.container = container

    def act(self) -> None:
        self.container.clear()

    def __index__(self) -> int:
        self.act()
        return 1

    def __len__(self) -> int:
        self.act()
        return 1

    def __getitem__(self, place: Any) -> float:
        self.act()
        if place:
            raise IndexError
        return 1.0

    def __float__(self) -> float:
        self.act()
        return 1.0


class Array(Mutator):
    """The same by the array protocol."""

    shape, dtype, ndim = (2,), np.dtype("float32"), 1

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        self.act()
        return np.ones(2, dtype or np.float32)


class Thrower:
    """Raises for every access except its class."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return Thrower
        raise Mischief(name)

    __index__ = __len__ = __array__ = __float__ = __iter__ = lambda self, *_: (_ for _ in ()).throw(Mischief)


class Faithless:
    """Claims to be convertible to a tensor, but is not."""

    def __tf_tensor__(self, dtype: Any = None, name: Any = None) -> None:
        return None


class Classless:
    """An object whose class raises."""

    @property
    def __class__(self) -> Any:  # type: ignore[override]
        elsewhere(3)
        gc.collect()
        return float


class Computing:
    """Computes, opens tapes and collects garbage when it is converted to an array."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        elsewhere(random.randrange(100))
        gc.collect(0)
        return np.ones((2,), dtype or np.float32)


class Uninitialised(tf.Variable):
    def __init__(self) -> None:
        pass


def mutated(kind: type) -> list[Any]:
    container: list[Any] = [1.0, 2.0]
    container.insert(0, kind(container))
    return container


def unaligned() -> np.ndarray:
    return np.frombuffer(bytes(8 * 4 + 1), np.uint8)[1:].view(np.float64)


HOSTILE: list[Callable[[], Any]] = [
    *(lambda: None, lambda: True, lambda: 0, lambda: -1, lambda: 2**31, lambda: -(2**63), lambda: 2**70, lambda: 1.5),
    *(lambda: float("nan"), lambda: float("-inf"), lambda: 1e300, lambda: 1j, lambda: "text", lambda: b"bytes"),
    *(list, tuple, dict, set, object, lambda: object, lambda: lambda *_: None, lambda: iter([1.0]), lambda: range(3)),
    *(lambda: [1.0, "a"], lambda: [[1.0], [1.0, 2.0]], lambda: [[], [1.0]], lambda: [None], lambda: [1.0, None]),
    *(lambda: [2**40, -(2**40)], lambda: (-1, -1), lambda: (2**40, 2**40), lambda: {"a": 1.0, 2: 2.0}),
    *(
        lambda: Liar((1.0,)),
        lambda: Liar((1,)),
        lambda: LyingList([1.0]),
        lambda: mutated(Mutator),
        lambda: mutated(Array),
    ),
    *(Thrower, Faithless, Classless, Computing, Uninitialised, lambda: [Thrower()], lambda: [Computing(), 1.0]),
    *(lambda: np.zeros(0), lambda: np.zeros((0, 3), np.float32), lambda: np.float64("nan"), lambda: np.full(3, np.nan)),
    *(lambda: np.zeros((1,) * 20), lambda: np.array(["a"]), lambda: np.array([object()]), lambda: np.ones(2, complex)),
    *(lambda: np.ones(2, np.float16), lambda: np.datetime64("2020-01-01"), lambda: np.ones(3, ">f4"), unaligned),
    *(lambda: np.arange(12.0).reshape(3, 4)[::-2, ::-1].T, lambda: np.broadcast_to(np.float32(1), (4, 2**42))),
    *(
        lambda: np.array([-(2**31), 2**31 - 1], np.int32),
        lambda: np.array([-(2**63)]),
        lambda: np.array([255], np.uint8),
    ),
    *(lambda: tf.constant(1.0), lambda: tf.constant([1, 2]), lambda: tf.constant([True]), lambda: tf.ones((2, 0, 3))),
    *(lambda: tf.ones((1,) * 8), lambda: tf.constant([1.0, 2.0], tf.float64), lambda: tf.Variable([1.0, 2.0])),
    *(lambda: tf.float32, lambda: tf.TensorShape(None), lambda: tf.TensorShape([None, 2]), tf.GradientTape),
    *(lambda: tf.IndexedSlices(tf.ones((1, 2)), [5], [3, 2]), lambda: tf.Module(), lambda: Ellipsis, lambda: slice(0)),
]


# Arguments that most functions accept, among which a hostile one is placed.
PLAUSIBLE: list[Callable[[], Any]] = [
    *(lambda: 1, lambda: 2, lambda: 3, lambda: 0.5, lambda: True, lambda: None, lambda: (2, 2), lambda: [1, 0]),
    *(lambda: "relu", lambda: "same", lambda: "mean", lambda: "float32", lambda: tf.float32, lambda: tf.reduce_sum),
    *(lambda: tf.ones(4), lambda: tf.ones((2, 4)), lambda: tf.ones((2, 5, 4)), lambda: tf.ones((2, 8, 8, 3))),
    *(lambda: tf.constant([1, 0, 2, 1]), lambda: tf.constant([[0, 1, 0, 0], [1, 0, 0, 0]]), lambda: tf.eye(3)),
    *(lambda: tf.Variable(tf.ones((2, 4))), lambda: [tf.ones((2, 4)), tf.zeros((2, 4))], lambda: np.ones((2, 4))),
]


def canary() -> None:
    """A computation with known results, to second order."""
    x = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.tanh(x) * x * x)
        gradient = tape.gradient(y, x)
        total = tf.reduce_sum(gradient)
    second = outer.gradient(total, x)
    t, v = np.tanh([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])
    first = (1 - t * t) * v * v + 2 * t * v
    expected = -2 * t * (1 - t * t) * v * v + 4 * v * (1 - t * t) + 2 * t
    if not np.allclose(gradient.numpy(), first, rtol=1e-5) or not np.allclose(second.numpy(), expected, rtol=1e-4):
        raise Wrong(f"the canary: {gradient.numpy()} {second.numpy()}")


# They write to the terminal, change global state, access the network, run as long as requested, or
# end the process.
LEFT_OUT = {
    "main",
    "enable_check_numerics",
    "set_num_threads",
    "print",
    "set_seed",
    "get_logger",
    "assert_all_finite",
    "while_loop",
    "install_as_tensorflow",
    "run_functions_eagerly",
    "load_data",
    "get_file",
    "get_word_index",
}


def methods() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The methods of tensors, variables, tapes, accumulators and optimizers, unbound."""
    for kind in (
        tf.Tensor,
        tf.Variable,
        tf.GradientTape,
        tf.autodiff.ForwardAccumulator,
        tf.optimizers.SGD,
        tf.optimizers.Adam,
    ):
        for name in sorted(dir(kind)):
            value = getattr(kind, name)
            if callable(value) and name not in (
                "__class__",
                "__init_subclass__",
                "__subclasshook__",
                "__getattribute__",
            ):
                yield f"{kind.__name__}.{name}", value


TABLE = [row for row in rows() if row.name not in LEFT_OUT]
PUBLIC = [(name, value) for name, value in callables().items() if name.split(".")[-1] not in LEFT_OUT]
FUNCTIONS = [*PUBLIC, *[(name, value) for name, value in methods() if name.split(".")[-1] not in LEFT_OUT]]


def drawn(value: Any, numbers: np.random.Generator) -> Any:
    """A sampled call's argument with arrays in place of its leaves."""
    if isinstance(value, Leaf):
        if value.values is not None:
            return tf.constant(np.array(value.values, value.dtype or (np.int32 if value.integral else np.float32)))
        array = numbers.uniform(value.low, value.high, value.shape)
        array = array if value.through is None else np.asarray(value.through(array))
        return (
            tf.Variable(array.astype(np.float32)) if numbers.random() < 0.5 else tf.constant(array.astype(np.float32))
        )
    if isinstance(value, dict):
        return {key: drawn(item, numbers) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(drawn(item, numbers) for item in value)
    return value


def spoiled(value: Any, poison: Any, chance: random.Random) -> Any:
    """The argument replaced, or an element of it."""
    if type(value) in (list, tuple) and len(value) and chance.random() < 0.5:
        place = chance.randrange(len(value))
        return type(value)([*value[:place], spoiled(value[place], poison, chance), *value[place + 1 :]])
    return poison


def by_row(
    row: Op, chance: random.Random, numbers: np.random.Generator
) -> tuple[Callable[..., Any], list[Any], dict[str, Any]]:
    calls = [*(row.samples() if row.samples else []), *(row.edges() if row.edges else [])]
    call: Sample = chance.choice(calls)
    arguments, keywords = drawn(list(call.arguments), numbers), drawn(dict(call.keywords), numbers)
    try:
        names = [*inspect.signature(row.function).parameters]
    except (TypeError, ValueError):
        names = []
    for _ in range(chance.choice([1, 1, 1, 2])):
        poison = chance.choice(HOSTILE)()
        if arguments and chance.random() < 0.7:
            place = chance.randrange(len(arguments))
            arguments[place] = spoiled(arguments[place], poison, chance)
        elif keywords and chance.random() < 0.5:
            keywords[chance.choice(sorted(keywords))] = poison
        elif names:
            name = chance.choice(names)
            if names.index(name) >= len(arguments):
                keywords[name] = poison
    return row.function, arguments, keywords


def by_signature(function: Callable[..., Any], chance: random.Random) -> tuple[list[Any], dict[str, Any]]:
    """Plausible arguments for the required parameters and some of the others, including hostile ones."""
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        return [chance.choice(HOSTILE)()], {}
    arguments: list[Any] = []
    keywords: dict[str, Any] = {}
    hostile = chance.randrange(max(len(parameters), 1))
    for place, parameter in enumerate(parameters):
        needed = parameter.default is parameter.empty
        value = chance.choice(HOSTILE if place == hostile else PLAUSIBLE)
        if parameter.kind == parameter.VAR_POSITIONAL:
            arguments += [value()] * (len(arguments) == place)
        elif parameter.kind != parameter.VAR_KEYWORD and (needed or place == hostile or chance.random() < 0.1):
            if parameter.kind != parameter.KEYWORD_ONLY and len(arguments) == place:
                arguments.append(value())
            else:
                keywords[parameter.name] = value()
    return arguments, keywords


def run(seed: int, steps: int, report: Callable[[str], None]) -> None:
    """Runs this number of hostile calls, some of them recorded and differentiated."""
    with open("/proc/self/statm") as file:
        limit = int(file.read().split()[0]) * resource.getpagesize() + ADDRESS_SPACE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    os.chdir(tempfile.mkdtemp(prefix="hostile"))  # some write to given paths
    faulthandler.register(signal.SIGPROF, chain=True)
    failures: list[str] = []
    for number in range(seed, seed + steps):
        chance, numbers = random.Random(number), np.random.default_rng(number)
        kind = chance.random()
        if kind < 0.4:
            row = chance.choice(TABLE)
            name = row.name
            function, arguments, keywords = by_row(row, chance, numbers)
        elif kind < 0.7:
            name, function = chance.choice(PUBLIC)
            arguments, keywords = by_signature(function, chance)
        else:
            name, function = chance.choice(FUNCTIONS)
            arguments = [chance.choice(HOSTILE)() for _ in range(chance.randrange(5))]
            keywords = {}
        report(f"hostile {number} {name}({len(arguments)} arguments, {', '.join(keywords)})")
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        before = tf.Variable([1.0, 2.0])
        try:
            with tf.GradientTape(persistent=True) as tape:
                result = function(*arguments, **keywords)
                if isinstance(function, type) and callable(result):
                    # A layer, a loss, a metric, an initializer.
                    arguments = [chance.choice(PLAUSIBLE if chance.random() < 0.8 else HOSTILE)() for _ in range(2)]
                    result = result(*arguments[: chance.choice([1, 1, 2])])
            if isinstance(result, tf.Tensor):
                tape.gradient(result, [before, *[item for item in arguments if isinstance(item, tf.Variable)]])
            del result
        except Wrong:
            raise
        except DOCUMENTED:
            pass
        except Exception as error:
            shown = ", ".join(
                [*map(described, arguments), *[f"{key}={described(item)}" for key, item in keywords.items()]]
            )
            failures.append(f"{number}: {name}({shown}): {type(error).__name__}: {str(error)[:200]}")
        canary()
    signal.setitimer(signal.ITIMER_PROF, 0)
    if failures:
        raise Wrong("undocumented exceptions\n" + "\n".join(failures))


def described(value: Any) -> str:
    try:
        return repr(value)[:80]
    except Exception:
        return object.__repr__(value)
