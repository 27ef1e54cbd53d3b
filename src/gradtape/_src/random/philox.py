"""Streams of random numbers and the rules by which seeds choose them; everything here is NumPy arrays.

The numbers themselves are made by the engine's ``compute.random``. A call without a seed of its own takes the next seed
of the global one; a call with one continues, on each repetition, where the same call left off since ``set_seed``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradtape._engine.compute import random as _random
from gradtape._src.core.operands import int_attribute

if TYPE_CHECKING:
    import random

RESERVED = 256  # blocks that most ops set aside for each of their outputs
DEFAULT_GLOBAL_SEED = 87654321  # pairs with an op's own seed when set_seed was never called
_MAX_SEED = 2**31 - 1
WORD = 2**64 - 1


class Stream(NamedTuple):
    """A Philox stream: its 64-bit key and the low and high half of its 128-bit counter of four-word blocks."""

    key: int
    low: int
    high: int

    def skip(self, blocks: int) -> Stream:
        counter = self.low + (self.high << 64) + blocks
        return Stream(self.key, counter & WORD, counter >> 64 & WORD)


def fresh_stream() -> Stream:
    """A stream that cannot be predicted."""
    words = os.urandom(16)
    return Stream(int.from_bytes(words[:8], "little"), 0, int.from_bytes(words[8:], "little"))


def stateless_stream(seed: Sequence[int] | np.ndarray) -> Stream:
    """The stream of a stateless seed, a pair of integers, scrambled so that neighbouring seeds are unrelated."""
    low, high = (int(part) & WORD for part in seed)
    words = np.empty(4, np.uint32)
    _random.fill_bits(words, 0x02461E293EC8F720, low, high)
    key, counter = words.view(np.uint64).tolist()
    return Stream(key, 0, counter)


class _Global:
    """The global seed, the seeds it hands out, and where calls with a seed of their own have got to."""

    seed: int | None = None
    handed: random.Random
    streams: dict[tuple[Any, ...], Stream]


_global = _Global()
_global.streams = {}


def set_seed(seed: int | None) -> None:
    """Starts every sequence again from ``seed``; None forgets the global seed."""
    from random import Random

    _global.seed = None if seed is None else int(seed)
    _global.handed = Random(_global.seed)
    _global.streams.clear()


def state() -> Any:
    """Where the global sequences stand, to be given to `restore`."""
    handed = getattr(_global, "handed", None)
    return _global.seed, None if handed is None else handed.getstate(), dict(_global.streams)


def restore(kept: Any) -> None:
    """Has the global sequences go on where they stood."""
    _global.seed, handed, streams = kept
    if handed is not None:
        _global.handed.setstate(handed)
    _global.streams.clear()
    _global.streams.update(streams)


def op_seeds(seed: int | None) -> tuple[int, int]:
    """The seeds of something with a seed of its own or without: a stream's key, the high half of its counter."""
    if seed is None and _global.seed is None:
        stream = fresh_stream()
        return stream.key, stream.high
    first = (DEFAULT_GLOBAL_SEED if _global.seed is None else _global.seed) % _MAX_SEED
    second = (_global.handed.randint(0, _MAX_SEED) if seed is None else int_attribute(seed, "seed")) % _MAX_SEED
    # Both zero would ask TensorFlow's kernels for an unforeseeable seed.
    return (first, second) if (first, second) != (0, 0) else (0, _MAX_SEED)


def op_stream(op: tuple[Any, ...], seed: int | None, blocks: int) -> Stream:
    """The stream for one call of a stateful op.

    Args:
      op: what makes the call the same as another: the op's name and dtypes.
      seed: the call's own seed, or None.
      blocks: how many blocks the call may use, which the next call with this seed skips.
    """
    first, second = op_seeds(seed)
    stream = Stream(first, 0, second)
    if seed is None:
        return stream
    key = (*op, first, second)
    stream = _global.streams.get(key, stream)
    _global.streams[key] = stream.skip(blocks)
    return stream


def graph_stream(op: int) -> Stream:
    """The stream of the op of a number in a graph that TensorFlow runs again each time: the same one each time."""
    if _global.seed is None:
        return fresh_stream()
    first = _global.seed % _MAX_SEED
    return Stream(first, 0, op if first or op else _MAX_SEED)


def bits(stream: Stream, words: int) -> np.ndarray:
    """The stream's first words, as uint32."""
    out = np.empty(words, np.uint32)
    _random.fill_bits(out, *stream)
    return out


def full_integers(stream: Stream, shape: Sequence[int], dtype: Any) -> np.ndarray:
    """Integers of the dtype's whole range."""
    dtype = np.dtype(dtype)
    return bits(stream, math.prod(shape) * dtype.itemsize // 4).view(dtype).reshape(shape)


def integers(stream: Stream, shape: Sequence[int], low: int, high: int, dtype: Any) -> np.ndarray:
    """Integers of [low, high), by remainder, so not exactly uniform unless the range divides a power of two."""
    unsigned = np.dtype(dtype).str.replace("i", "u")
    drawn = full_integers(stream, shape, unsigned) % np.array(high - low, unsigned)
    with np.errstate(over="ignore"):
        return (drawn + np.array(low, dtype).view(unsigned)).view(dtype)


def gamma(stream: Stream, samples: int, alpha: np.ndarray) -> np.ndarray:
    """Gamma(alpha, 1) in float64, of shape [samples, *alpha.shape]."""
    out = np.empty((samples, alpha.size))
    _random.fill_gamma(out, np.ascontiguousarray(alpha, np.float64).ravel(), *stream)
    return out.reshape(samples, *alpha.shape)


def poisson(stream: Stream, samples: int, rate: np.ndarray, highest: float) -> np.ndarray:
    """Poisson(rate) in float64, of shape [samples, *rate.shape], none above ``highest``."""
    out = np.empty((samples, rate.size))
    _random.fill_poisson(out, np.ascontiguousarray(rate, np.float64).ravel(), highest, *stream)
    return out.reshape(samples, *rate.shape)


def binomial(stream: Stream, samples: int, counts: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """Binomial(counts, probs) in float64, of shape [samples, *counts.shape]; both arguments of one shape and dtype."""
    out = np.empty((samples, counts.size))
    rarer = np.minimum(probs, 1 - probs)  # the rarer outcome is counted
    tries, chances = (np.ascontiguousarray(array, np.float64).ravel() for array in (counts, rarer))
    with np.errstate(invalid="ignore"):
        many = np.ascontiguousarray(counts * rarer >= 10, np.uint8).ravel()
    _random.fill_binomial(out, tries, chances, many, *stream)
    out = out.reshape(samples, *counts.shape)
    return np.where(probs > 0.5, np.maximum(counts, 0).astype(np.float64) - out, out)


def categorical(stream: Stream, logits: np.ndarray, samples: int) -> np.ndarray:
    """Classes of shape [rows, samples], int64, drawn by the unnormalised log-probabilities of [rows, classes]."""
    out = np.empty((logits.shape[0], samples), np.int64)
    if out.size:
        finite = np.isfinite(logits)
        largest = np.max(logits, axis=1, initial=-np.inf, where=finite, keepdims=True)
        with np.errstate(over="ignore", invalid="ignore"):
            weights = np.where(finite, np.exp(logits.astype(np.float64) - largest.astype(np.float64)), 0.0)
        _random.fill_categorical(out, np.cumsum(weights, axis=1), *stream)
    return out


def permutation(stream: Stream, size: int) -> np.ndarray:
    """0..size-1 in random order, int64."""
    out = np.empty(size, np.int64)
    _random.fill_permutation(out, *stream)
    return out
