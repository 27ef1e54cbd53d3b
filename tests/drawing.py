"""Draws the arguments of the table's sampled calls, and runs them."""

from __future__ import annotations

import functools
import inspect
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from gradtape._src.table.rows import ANY
from gradtape._src.table.samples import Leaf, Op, Sample

Drawn = dict[int, np.ndarray]


def leaves(value: Any) -> Iterator[Leaf]:
    """The leaves of a call's arguments, in order."""
    if isinstance(value, Sample):
        yield from leaves([*value.arguments, *value.keywords.values()])
    elif isinstance(value, Leaf):
        yield value
    elif isinstance(value, dict):
        yield from leaves(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)


def draw(leaf: Leaf, dtype: str, generator: np.random.Generator) -> np.ndarray:
    """An array for a leaf: random, of the test's dtype, or the leaf's own values."""
    if leaf.values is not None:
        return np.array(leaf.values, leaf.dtype or (np.int32 if leaf.integral else dtype))
    array = generator.uniform(leaf.low, leaf.high, leaf.shape)
    if leaf.through is not None:
        array = np.asarray(leaf.through(array))
    return array.astype(dtype)


def differentiable(leaf: Leaf) -> bool:
    return not leaf.integral


def drawn(call: Sample, dtype: str, seed: str) -> list[np.ndarray]:
    """One array per leaf, the same ones for the same seed."""
    generator = np.random.default_rng(zlib.crc32(seed.encode()))
    return [draw(leaf, dtype, generator) for leaf in leaves(call)]


def resized(value: Any, sizes: dict[int, int]) -> Any:
    """The arguments with other sizes of axes in drawn leaves: equal sizes stay equal."""
    if isinstance(value, Leaf):
        return value if value.values is not None else value._replace(shape=tuple(sizes[n] for n in value.shape))
    if isinstance(value, Sample):
        return Sample(resized(value.arguments, sizes), resized(value.keywords, sizes))
    if isinstance(value, dict):
        return {key: resized(item, sizes) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(resized(item, sizes) for item in value)
    return value


def fill(value: Any, tensors: Iterator[Any]) -> Any:
    """The arguments with a tensor in place of each leaf."""
    if isinstance(value, Leaf):
        return next(tensors)
    if isinstance(value, dict):
        return {key: fill(item, tensors) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(fill(item, tensors) for item in value)
    return value


def run(library: Any, row: Op, function: Callable[..., Any], call: Sample, tensors: list[Any]) -> list[Any]:
    """The call's tensors of results, flat."""
    remaining = iter(tensors)
    arguments, keywords = fill(list(call.arguments), remaining), fill(call.keywords, remaining)
    keywords = {**keywords, **own_dtype(row, tensors)}
    if row.program is not None:
        result = row.program(library, function, *arguments, **keywords)
    else:
        result = function(*arguments, **keywords)
    return flat(result)


@functools.cache
def takes_dtype(function: Callable[..., Any]) -> bool:
    """Whether a function gives float32 unless told otherwise."""
    parameter = inspect.signature(function).parameters.get("dtype")
    return parameter is not None and parameter.default == "float32"


def own_dtype(row: Op, tensors: list[Any]) -> dict[str, Any]:
    """The dtype to request from a function that gives float32 by default: that of its floating operands."""
    floating = [tensor.dtype for tensor in tensors if tensor.dtype.is_floating]
    return {"dtype": floating[0]} if floating and takes_dtype(row.function) else {}


def flat(result: Any) -> list[Any]:
    """The leaves of a nest of results, dicts in the order of their keys."""
    if isinstance(result, dict):
        return [leaf for key in sorted(result) for leaf in flat(result[key])]
    if isinstance(result, list | tuple):
        return [leaf for item in result for leaf in flat(item)]
    return [result]


def resolve(library: Any, name: str) -> Any:
    """The function that a library has under a dotted name."""
    for part in name.split("."):
        library = getattr(library, part)
    return library


def weights(shape: Any, salt: int) -> np.ndarray:
    """Fixed asymmetric cotangents, so that no terms of a derivative cancel."""
    return drawn_weights(tuple(shape), salt)


@functools.cache
def drawn_weights(shape: tuple[int, ...], salt: int) -> np.ndarray:
    found = np.cos(np.arange(np.prod(shape, dtype=int)) * 1.7 + salt).reshape(shape)
    found.flags.writeable = False
    return found


def scalar(library: Any, results: list[Any]) -> Any:
    """A weighted sum of the floating results."""
    total = None
    for salt, result in enumerate(results):
        if hasattr(result, "dtype") and result.dtype.is_floating:
            term = library.reduce_sum(result * library.constant(weights(result.shape, salt), result.dtype))
            total = term if total is None else total + library.cast(term, total.dtype)
    return total


def derivatives(
    library: Any, row: Op, function: Callable[..., Any], call: Sample, arrays: list[np.ndarray], highest: str = ANY
) -> tuple[list[Any], list[Any], list[Any]]:
    """Results, the gradient of their weighted sum, and the gradient of the gradient's, by nested tapes.

    Gradients are with respect to every differentiable leaf; None where there is none. They end with the
    `highest` order.
    """
    tensors = [library.constant(array) for array in arrays]
    sources = [t for t, leaf in zip(tensors, leaves(call), strict=True) if differentiable(leaf)]
    if not sources or "0" in (row.orders, highest):
        return run(library, row, function, call, tensors), [], []
    with library.GradientTape() as outer:
        outer.watch(sources)
        with library.GradientTape() as inner:
            inner.watch(sources)
            results = run(library, row, function, call, tensors)
            total = scalar(library, results)
        first = inner.gradient(total, sources) if total is not None else [None] * len(sources)
        first = [None if g is None else library.convert_to_tensor(g) for g in first]
        if highest == "1":
            return results, first, []
        again = scalar(library, [g for g in first if g is not None])
    second = [None] * len(sources)
    if again is not None:
        second = [None if g is None else library.convert_to_tensor(g) for g in outer.gradient(again, sources)]
    return results, first, second


def sampled(rows: list[Op], kind: str) -> list[Any]:
    """Every sampled call of the table as parameters (row, call, label)."""
    found = []
    for row in rows:
        calls = getattr(row, kind)
        for i, call in enumerate(calls() if calls is not None else []):
            label = f"{row.tensorflow[0] if row.tensorflow else row.name}-{kind}-{i}"
            found.append(pytest.param(row, call, label, id=label))
    return found


def with_dtypes(calls: list[Any], dtypes: list[str]) -> list[Any]:
    """Every sampled call with every dtype, as parameters (row, call, label, dtype)."""
    return [pytest.param(*call.values, dtype, id=f"{call.id}-{dtype}") for call in calls for dtype in dtypes]
