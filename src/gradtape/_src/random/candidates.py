"""Samplers of classes for sampled losses, with expected counts.

They give TensorFlow's numbers for the same seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from, view
from gradtape._engine.record.primitive import as_effect, effect_kind
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import check_memory, int_attribute
from gradtape._src.core.typing import TensorLike
from gradtape._src.random import philox
from gradtape._src.table.rows import call, integer, op

_DRAWS = effect_kind("draws")
_BLOCKS = 512  # of the stream, reserved for each class


class Candidates(NamedTuple):
    """The result of a sampler, passed to sampled losses as `sampled_values`.

    Attributes:
      sampled_candidates: the classes, int64 of shape [num_sampled].
      true_expected_count: expected count of each true class among them, float32 of the shape of true_classes.
      sampled_expected_count: expected counts of the sampled classes, float32 of shape [num_sampled].
    """

    sampled_candidates: Tensor
    true_expected_count: Tensor
    sampled_expected_count: Tensor


class _Distribution(NamedTuple):
    """The distribution of sampled classes.

    Attributes:
      kernel: TensorFlow's op.
      draw: an infinite iterator of classes drawn from a stream.
      probability: the probabilities of classes, float32.
    """

    kernel: str
    draw: Callable[[philox.Stream, int], Iterator[int]]
    probability: Callable[[np.ndarray, int], np.ndarray]


def _words(stream: philox.Stream) -> Iterator[int]:
    while True:
        yield from philox.bits(stream, 256).tolist()
        stream = stream.skip(64)


def _log_uniform(stream: philox.Stream, high: int) -> Iterator[int]:
    words, reach = _words(stream), np.log1p(high)
    for first in words:
        # The 52 bits of a double between 0 and 1.
        fraction = ((first & 0xFFFFF) << 32 | next(words)) / 2**52
        yield (int(np.exp(fraction * reach)) - 1) % high


def _uniform(stream: philox.Stream, high: int) -> Iterator[int]:
    words = _words(stream)
    # The lowest numbers are redrawn if they would make some remainders more likely.
    least = 0 if high & (high - 1) == 0 else (2**64 - 1) % high + 1
    for first in words:
        number = first | next(words) << 32
        if number >= least:
            yield number % high


_LOG_UNIFORM = _Distribution(
    "LogUniformCandidateSampler",
    _log_uniform,
    lambda classes, high: (np.log((classes + 2.0) / (classes + 1.0)) / np.log1p(high)).astype(np.float32),
)
_UNIFORM = _Distribution(
    "UniformCandidateSampler", _uniform, lambda classes, high: np.full(classes.shape, 1.0 / high, np.float32)
)


def _expected(probability: np.ndarray, sampled: int, tries: int) -> Tensor:
    if tries == sampled:
        return tensor_from(probability * np.float32(sampled), dtypes.float32)
    return tensor_from(-np.expm1(np.float32(tries) * np.log1p(-probability)), dtypes.float32)


def _true(kernel: str, true_classes: Any, num_true: int, high: int | None) -> np.ndarray:
    classes = view(as_tensor(true_classes, dtypes.int64) if not isinstance(true_classes, Tensor) else true_classes)
    if classes.ndim != 2:
        raise invalid_argument(kernel, "true_classes must be a matrix", None)
    if classes.shape[1] != num_true:
        message = f"true_classes must have num_true columns, expected: {classes.shape[1]} was: {num_true}"
        raise invalid_argument(kernel, message, None)
    outside: Any = [] if high is None else classes[(classes < 0) | (classes >= high)]
    if len(outside):
        raise invalid_argument(kernel, f"`true_candidate` out of range [0, {high}), received {outside[0]}", None)
    return classes


def _check(kernel: str, **attributes: int) -> None:
    for attribute, number in attributes.items():
        if number < 1:
            message = f"Value for attr '{attribute}' of {number} must be at least minimum 1"
            raise invalid_argument(kernel, message, None, kernel=None)
    check_memory((attributes["num_sampled"],), dtypes.int64)


def _sampled(
    distribution: _Distribution, true_classes: Any, num_true: int, num_sampled: int, unique: bool, high: int, seed: Any
) -> Candidates:
    kernel = distribution.kernel
    num_true, num_sampled = int_attribute(num_true, "num_true"), int_attribute(num_sampled, "num_sampled")
    high = int_attribute(high, "range_max")
    _check(kernel, num_true=num_true, num_sampled=num_sampled, range_max=high)
    classes = _true(kernel, true_classes, num_true, high)
    if unique and num_sampled > high:
        raise invalid_argument(kernel, "Sampler's range is too small.", None)
    return as_effect(_DRAWS, _drawn, distribution, classes, num_sampled, bool(unique), high, seed)


def _drawn(
    distribution: _Distribution, classes: np.ndarray, num_sampled: int, unique: bool, high: int, seed: int | None
) -> Candidates:
    kept = (distribution.kernel, classes.shape[1], num_sampled, unique, high)
    stream = philox.op_stream(kept, seed, _BLOCKS * num_sampled)
    found: list[int] = []
    known: set[int] = set()
    tries = 0
    if num_sampled:
        for tries, candidate in enumerate(distribution.draw(stream, high), 1):  # noqa: B007
            if not unique or candidate not in known:
                known.add(candidate)
                found.append(candidate)
                if len(found) == num_sampled:
                    break
    sampled = np.array(found, np.int64)
    return Candidates(
        tensor_from(sampled, dtypes.int64),
        _expected(distribution.probability(classes, high), num_sampled, tries),
        _expected(distribution.probability(sampled, high), num_sampled, tries),
    )


def _seeded(tf: Any, function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a sampler after set_seed, once with the global seed and twice with its own, for tests."""
    tf.random.set_seed(7)
    return [part for seed in (None, 5, 5) for part in function(*arguments, seed=seed)]


def _edges() -> list[Any]:
    one, two = integer([[3], [1]], "int64"), integer([[3, 0], [1, 7]], "int64")
    return [
        *(call(one, 1, 6, True, 9), call(one, 1, 6, False, 9), call(two, 2, 20, False, 16), call(one, 1, 4, True, 4)),
        call(two, 2, 30, True, 1000),
    ]


@op("random.log_uniform_candidate_sampler", dtypes="int64", orders="0", edges=_edges, program=_seeded)
def log_uniform_candidate_sampler(
    true_classes: TensorLike,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """Draws classes from a log-uniform distribution, such as that of words sorted by frequency.

    The class k has probability (log(k + 2) - log(k + 1)) / log(range_max + 1).

    Args:
      true_classes: the true classes of examples, int64 of shape [batch, num_true].
      num_true: number of true classes per example.
      num_sampled: number of classes drawn.
      unique: whether to draw without replacement.
      range_max: the number of classes.
      seed: the op's seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      The classes, int64 of shape [num_sampled], and the expected counts of true and sampled classes among
      them, float32 of shapes [batch, num_true] and [num_sampled].

    Raises:
      InvalidArgumentError: a number is less than 1, true_classes has an invalid shape or has an invalid class, or there
        are too few classes.
      ResourceExhaustedError: there is not enough memory for the classes.

    Example:
      >>> tf.random.set_seed(7)
      >>> classes, _, _ = tf.random.log_uniform_candidate_sampler([[3], [1]], 1, 6, True, 9)
      >>> classes.numpy()
      array([3, 0, 1, 6, 4, 8])
    """
    return _sampled(_LOG_UNIFORM, true_classes, num_true, num_sampled, unique, range_max, seed)


@op("random.uniform_candidate_sampler", dtypes="int64", orders="0", edges=_edges, program=_seeded)
def uniform_candidate_sampler(
    true_classes: TensorLike,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """Draws classes with equal probabilities.

    Args:
      true_classes: the true classes of examples, int64 of shape [batch, num_true].
      num_true: number of true classes per example.
      num_sampled: number of classes drawn.
      unique: whether to draw without replacement.
      range_max: the number of classes.
      seed: the op's seed; repeated calls with it give the next numbers, until `set_seed`.
      name: not used; TensorFlow names operations by it.

    Returns:
      The classes, int64 of shape [num_sampled], and the expected counts of true and sampled classes among
      them, float32 of shapes [batch, num_true] and [num_sampled].

    Raises:
      InvalidArgumentError: a number is less than 1, true_classes has an invalid shape or has an invalid class, or there
        are too few classes.
      ResourceExhaustedError: there is not enough memory for the classes.

    Example:
      >>> tf.random.set_seed(7)
      >>> classes, _, expected = tf.random.uniform_candidate_sampler([[3], [1]], 1, 3, False, 9)
      >>> classes.numpy(), expected.numpy().round(4)
      (array([2, 4, 3]), array([0.3333, 0.3333, 0.3333], dtype=float32))
    """
    return _sampled(_UNIFORM, true_classes, num_true, num_sampled, unique, range_max, seed)


@op(
    *("random.all_candidate_sampler", "nn.all_candidate_sampler"),
    dtypes="int64",
    orders="0",
    edges=lambda: [call(integer([[3], [1]], "int64"), 1, 4, True), call(integer([[2, 0]], "int64"), 2, 5, False)],
)
def all_candidate_sampler(
    true_classes: TensorLike,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """Returns every class once, to test sampled losses without randomness.

    Args:
      true_classes: the true classes of examples, int64 of shape [batch, num_true].
      num_true: number of true classes per example.
      num_sampled: the number of classes.
      unique: not used.
      seed: not used.
      name: not used; TensorFlow names operations by it.

    Returns:
      The classes, int64 of shape [num_sampled], and ones of shapes [batch, num_true] and [num_sampled].

    Raises:
      InvalidArgumentError: a number is less than 1, or true_classes has an invalid shape.
      ResourceExhaustedError: there is not enough memory for the classes.

    Example:
      >>> tf.random.all_candidate_sampler([[3], [1]], 1, 4, True)[0].numpy()
      array([0, 1, 2, 3])
    """
    num_true, num_sampled = int_attribute(num_true, "num_true"), int_attribute(num_sampled, "num_sampled")
    _check("AllCandidateSampler", num_true=num_true, num_sampled=num_sampled)
    classes = _true("AllCandidateSampler", true_classes, num_true, None)
    return Candidates(
        tensor_from(np.arange(num_sampled), dtypes.int64),
        tensor_from(np.ones(classes.shape), dtypes.float32),
        tensor_from(np.ones(num_sampled), dtypes.float32),
    )
