"""Random distributions, shared by stateful and stateless functions and generators.

They give TensorFlow's numbers on a CPU for the same seeds, bit for bit. Uniform numbers are equal everywhere; others to
the last bit if both libraries use the same C library's log, sine and cosine.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor, empty, tensor_from, view
from gradtape._engine.compute import random as _random
from gradtape._engine.record.primitive import effect_kind
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType, as_dtype, int64
from gradtape._src.core.errors import InvalidArgumentError, invalid_argument
from gradtape._src.core.operands import check_memory, dims_text, int_of, one_dtype
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.ops import elementwise as ops
from gradtape._src.random import philox
from gradtape._src.random.philox import Stream

Fill = Callable[..., None]
DRAWS = effect_kind("draws")


class Algorithm(enum.Enum):
    """The algorithm of random numbers; gradtape supports only Philox, which AUTO_SELECT selects too.

    Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3 (2011).

    Raises:
      ValueError: no member has the value.

    Example:
      >>> tf.random.Algorithm.PHILOX.value
      1
    """

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3


def check_algorithm(alg: Any) -> None:
    """Raises unless gradtape supports the algorithm."""
    number = alg.value if isinstance(alg, Algorithm) else alg
    if number in ("threefry", 2):
        raise InvalidArgumentError(None, None, "gradtape has no ThreeFry algorithm: use 'philox'")
    if number not in ("philox", "auto_select", 1, 3):
        raise ValueError(
            f"Argument `alg` got unsupported value {alg}. Supported values are philox for the Philox algorithm, "
            "threefry for the ThreeFry algorithm, and auto_select for auto-selection."
        )


def sizes_of(shape: Any, op: str) -> tuple[int, ...]:
    """The sizes of a shape argument."""
    if isinstance(shape, TensorShape):
        shape = shape.as_list()
    if type(shape) in (tuple, list) and all(type(size) is int and size >= 0 for size in shape):
        return tuple(shape)
    tensor = as_tensor(shape, dtypes.int32 if isinstance(shape, tuple | list) and not shape else None)
    if tensor.dtype not in (dtypes.int32, dtypes.int64):
        kind = {"float32": "float", "float64": "double"}.get(tensor.dtype.name, tensor.dtype.name)
        message = f"Value for attr 'T' of {kind} is not in the list of allowed values: int32, int64"
        raise invalid_argument(op, message, "", kernel=None)
    if tensor.ndim != 1:
        raise invalid_argument(op, f"shape must be a vector of {{int32,int64}}, got shape {list(tensor.shape)}", "")
    sizes = tuple(view(tensor).tolist())
    for size in sizes:
        if size < 0:
            raise invalid_argument(op, f"Dimension {size} must be >= 0", "")
    return sizes


def ending_in(sizes: tuple[int, ...], last: tuple[int, ...], op: str, name: str | None) -> tuple[int, ...]:
    """The sizes, which must end in the parameters' shape."""
    if sizes[len(sizes) - len(last) :] != last or len(sizes) < len(last):
        raise invalid_argument(op, "Shape passed in must end with broadcasted shape.", name)
    return sizes


def floats(fill: Fill, stream: Stream, sizes: tuple[int, ...], dtype: DType) -> Tensor:
    """Draws from the stream by one of the engine's generators."""
    if not dtype.is_floating:
        as_tensor(0.0, dtype)  # raises, as the parameters' conversion does in TensorFlow
        raise TypeError(f"Random numbers are real, not of {dtype.name}")
    if dtype.size == 2:
        if fill is _random.fill_uniform:
            return tensor_from(_halves(stream, sizes, dtype))
        return apply_cast(floats(fill, stream, sizes, dtypes.float32), dtype)
    tensor, array = empty(sizes, dtype)
    fill(array.reshape(-1), *stream)
    return tensor


def _halves(stream: Stream, sizes: tuple[int, ...], dtype: DType) -> np.ndarray:
    """Uniform numbers of [0, 1) whose fraction bits are a word's lowest: those of [1, 2), minus 1."""
    one: np.ndarray = np.ones((), dtype.as_numpy_dtype)
    behind = (1 << (10 if dtype is dtypes.float16 else 7)) - 1
    words = philox.bits(stream, math.prod(sizes)).astype(np.uint16) & behind | one.view(np.uint16)
    return (words.view(one.dtype) - one).reshape(sizes)


def affine(drawn: Tensor, mean: Any, stddev: Any) -> Tensor:
    """Standard numbers transformed to this mean and deviation."""
    if type(mean) is float and type(stddev) is float and (mean, stddev) == (0.0, 1.0):
        return drawn
    dtype = drawn.dtype
    return drawn * _parameter(stddev, dtype, "stddev") + _parameter(mean, dtype, "mean")


def between(drawn: Tensor, minval: Any, maxval: Any, dtype: DType) -> Tensor:
    """Numbers of [0, 1) scaled to [minval, maxval)."""
    if type(minval) is int and minval == 0 and maxval is None:
        return drawn
    low, high = as_tensor(minval, dtype), as_tensor(1.0 if maxval is None else maxval, dtype)
    return drawn * (high - low) + low


def _parameter(value: Any, dtype: DType, name: str) -> Tensor:
    try:
        return as_tensor(value, dtype)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def uniform_dtype(value: Any) -> DType:
    dtype = as_dtype(value)
    if not dtype.is_floating and dtype not in (dtypes.int32, dtypes.int64):
        raise ValueError(
            f"Argument `dtype` got invalid value {dtype}. Accepted dtypes are "
            "(tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int32, tf.int64)."
        )
    return dtype


def uniform_numbers(stream: Stream, shape: Any, minval: Any, maxval: Any, dtype: DType) -> Tensor:
    """Uniform numbers of a stream that does not depend on the global seed."""
    if not dtype.is_integer:
        sizes = sizes_of(shape, "StatelessRandomUniformV2")
        return between(floats(_random.fill_uniform, stream, sizes, dtype), minval, maxval, dtype)
    if maxval is None:
        return full_range(stream, sizes_of(shape, "StatelessRandomUniformFullIntV2"), dtype)
    sizes = sizes_of(shape, "StatelessRandomUniformIntV2")
    low, high = integer_bounds(minval, maxval, dtype, "StatelessRandomUniformIntV2")
    return tensor_from(philox.integers(stream, sizes, low, high, dtype.as_numpy_dtype))


def full_range(stream: Stream, sizes: tuple[int, ...], dtype: DType) -> Tensor:
    """Integers of the dtype's full range."""
    if dtype not in (dtypes.int32, dtypes.int64):
        raise InvalidArgumentError(None, None, f"Random integers are of int32 or int64, not {dtype.name}")
    return tensor_from(philox.full_integers(stream, sizes, dtype.as_numpy_dtype))


def integer_bounds(minval: Any, maxval: Any, dtype: DType, op: str) -> tuple[int, int]:
    bounds = []
    for name, value in (("minval", minval), ("maxval", maxval)):
        tensor = as_tensor(value, dtype)
        if tensor.ndim:
            raise invalid_argument(op, f"{name} must be 0-D, got shape {list(tensor.shape)}", "")
        bounds.append(int(tensor))
    low, high = bounds
    if low >= high:
        raise invalid_argument(op, f"Need minval < maxval, got {low} >= {high}", "")
    return low, high


def rated(drawn: Tensor, beta: Tensor, dtype: DType) -> Tensor:
    """Gamma numbers of rate 1 divided by the rate, and kept above 0."""
    tiny = dtypes.finfo(dtype).tiny
    return ops.maximum(drawn / beta, as_tensor(tiny, dtype))


def binomial_numbers(
    op: str, stream: Callable[[int, int], Stream], shape: Any, counts: Tensor, probs: Tensor, dtype: Any
) -> Tensor:
    """Binomial numbers of the stream that `stream` returns for this many samples and distributions."""
    one_dtype(op, (counts, probs))
    trials, chances = together(counts, probs)
    sizes = ending_in(sizes_of(shape, op), trials.shape, op, "" if op.startswith("Stateful") else None)
    samples = math.prod(sizes[: len(sizes) - trials.ndim])
    drawn = philox.binomial(stream(samples, trials.size), samples, trials, chances)
    return counts_as(drawn.reshape(sizes), as_dtype(dtype))


def highest(dtype: DType) -> float:
    """The largest count that the dtype holds, as a double."""
    return float(dtype.max)


def counts_as(counts: np.ndarray, dtype: DType) -> Tensor:
    with np.errstate(invalid="ignore"):
        return tensor_from(counts.astype(dtype.as_numpy_dtype))


def together(a: Tensor, b: Tensor) -> list[np.ndarray]:
    """Both parameters of a distribution, broadcast to their common shape."""
    try:
        return list(np.broadcast_arrays(view(a), view(b)))
    except ValueError:
        text = f"Incompatible shapes: {dims_text(a.shape)} vs. {dims_text(b.shape)}"
        raise invalid_argument("BroadcastArgs", text, "") from None


def checked_logits(logits: Any, num_samples: Any, op: str) -> tuple[Tensor, int]:
    logits, samples = as_tensor(logits), int_of(num_samples, op, "num_samples")
    if not logits.dtype.is_floating:
        raise InvalidArgumentError(None, None, f"logits must be of float32 or float64, not {logits.dtype.name}")
    if logits.ndim != 2:
        raise invalid_argument(op, f"logits should be a matrix, got shape {list(logits.shape)}", "")
    if samples < 0:
        raise invalid_argument(op, f"num_samples should be non-negative, got {samples}", "")
    if logits.shape[1] == 0:
        raise invalid_argument(op, f"num_classes should be positive, got {logits.shape[1]}", "")
    check_memory((logits.shape[0], samples), int64)
    return logits, samples
