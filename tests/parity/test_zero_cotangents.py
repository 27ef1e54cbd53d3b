"""Where TensorFlow passes a cotangent of zeros on as zeros, so does gradtape: every op, at singular points too."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow
from test_elementwise import INTEGERS, NAMED, ORDERS, PARAMETERS, PREDICATES, arity, path

import gradtape
from cases import cases, sample_of
from drawing import differentiable, drawn, leaves, resolve, run, sampled, weights
from gradtape._src.table import rows as table
from gradtape._src.table.elementwise import Row
from gradtape._src.table.samples import Op, Sample

INF, NAN = np.inf, np.nan
GRIDS = {
    1: (-INF, -2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 89.0, 1e30, INF, NAN),
    2: (-INF, -1.0, -0.5, -0.0, 0.0, 1.0, 2.0, 1e30, INF, NAN),
    3: (-1.0, -0.0, 0.0, 1.0, 2.0, INF),
}
# The scales of the first cotangent and of the second one; where 0, zeros must be passed on.
SCALES = {0.0: (0.0, 1.0), 1.0: (0.0,)}

Function = Callable[[Any, list[Any]], list[Any]]


def cotangents(tf: Any, results: list[Any], salt: int, scale: float) -> list[Any]:
    return [tf.constant(scale * weights(result.shape, salt + k), result.dtype) for k, result in enumerate(results)]


def derivatives(
    tf: Any,
    function: Function,
    arrays: list[np.ndarray],
    floats: list[bool],
    orders: int,
    asked: dict[str, list[int]] | None = None,
) -> dict[str, dict[int, np.ndarray | None]]:
    """For each pair of scales the operands' cotangents, then their derivatives by the operands and the cotangents.

    The function is recorded once. What is not requested, by scales and position, is not computed; by default all is.
    """

    def places(scales: str, count: int) -> list[int]:
        return list(range(count)) if asked is None else asked.get(scales, [])

    def arrays_of(places: list[int], gradients: list[Any]) -> dict[int, np.ndarray | None]:
        dense = [g if g is None else tf.convert_to_tensor(g) for g in gradients]
        return {place: g if g is None else g.numpy() for place, g in zip(places, dense, strict=True)}

    tensors = [tf.constant(array) for array in arrays]
    sources = [tensor for tensor, floating in zip(tensors, floats, strict=True) if floating]
    found: dict[str, dict[int, np.ndarray | None]] = {}
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(sources)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(sources)
            results = function(tf, tensors)
        results = [tf.convert_to_tensor(r) for r in results if hasattr(r, "dtype") and r.dtype.is_floating]
        if not sources or not results:
            return {}
        for scale in list(SCALES)[:orders]:
            given = cotangents(tf, results, 0, scale)
            every = [*sources, *given]
            second = {o: places(f"{scale}, {o}", len(every)) for o in SCALES[scale]} if orders == 2 else {}
            if not any(second.values()):
                chosen = places(f"{scale}", len(sources))
                with outer.stop_recording():
                    first = inner.gradient(results, [sources[k] for k in chosen], given)
                    found[f"{scale}"] = arrays_of(chosen, first)
                continue
            outer.watch(given)
            first = [g if g is None else tf.convert_to_tensor(g) for g in inner.gradient(results, sources, given)]
            with outer.stop_recording():
                found[f"{scale}"] = arrays_of(list(range(len(sources))), first)
                targets = [g for g in first if g is not None]
                for other, chosen in second.items() if targets else ():
                    weighted = cotangents(tf, targets, 5, other)
                    again = outer.gradient(targets, [every[k] for k in chosen], weighted)
                    found[f"{scale}, {other}"] = arrays_of(chosen, again)
    return found


def check(function: Function, arrays: list[np.ndarray], floats: list[bool], orders: int) -> None:
    """TensorFlow is only run for what is not 0 here, as the rest cannot differ from its zeros."""
    try:
        mine = derivatives(gradtape, function, arrays, floats, orders)
    except gradtape.errors.OpError:
        derivatives(tensorflow, function, arrays, floats, orders)  # raises as well
        raise
    asked = {
        scales: [place for place, other in found.items() if other is not None and other.any()]
        for scales, found in mine.items()
    }
    theirs = derivatives(tensorflow, function, arrays, floats, orders, asked)
    for scales, chosen in asked.items():
        for place in chosen:
            one, other = theirs[scales][place], mine[scales][place]
            if one is not None:
                passed = np.logical_and(one == 0, other != 0)
                assert not passed.any(), f"{scales}: {other[passed]} at {np.argwhere(passed)} of {arrays}"


ELEMENTWISE = [row for row in NAMED if not row.name.startswith(PREDICATES) and ORDERS.get(row.name, 2)]

# Where TensorFlow's derivative is 0 and the true one is not.
LEFT_OUT = {
    "bessel_i0e": lambda x: x == 1e30,
    "bessel_i1e": lambda x: x == 1e30,
    "weighted_cross_entropy_with_logits": lambda labels, logits, weight: (logits == 0) | np.isinf(weight),
}


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_elementwise(row: Row) -> None:
    grid = np.array(list(itertools.product(GRIDS[arity(row)], repeat=arity(row)))).T
    if row.name in LEFT_OUT:
        grid = grid[:, ~LEFT_OUT[row.name](*grid)]
    if row.name in INTEGERS:
        grid[0] = np.minimum(np.round(np.abs(np.nan_to_num(grid[0]))), 4)
    condition = row.name == "select"

    def function(tf: Any, tensors: list[Any]) -> list[Any]:
        first = [tensors[0] > 0] if condition else tensors[:1]
        return [path(tf, row.tensorflow[0])(*first, *tensors[1:], *PARAMETERS.get(row.name, ()))]

    floats = [not (condition and k == 0) for k in range(len(grid))]
    check(function, list(grid), floats, ORDERS.get(row.name, 2))


def singular(call: Sample, label: str, ones: bool) -> Iterator[list[np.ndarray]]:
    """The call's arrays as drawn, and with their floats as zeros, ones and small integers; none of these twice."""
    arrays, seen = drawn(call, "float64", label), set()
    for change in (np.positive, np.zeros_like, *([np.ones_like] if ones else []), np.trunc):
        changed = [change(a) if differentiable(leaf) else a for a, leaf in zip(arrays, leaves(call), strict=True)]
        bits = tuple(array.tobytes() for array in changed)
        if bits not in seen:
            seen.add(bits)
            yield changed


TABLE = [row for row in table.rows() if row.tensorflow and "0" not in (row.orders, row.orders_there)]
# For ones its gradients are differences of equal probabilities, which either may round to 0 or near it.
ROUNDED = ("sampled_softmax_loss",)

# Matrix decompositions that are not unique: rounding decides what is 0.
AMBIGUOUS = ("qr", "svd", "eigh", "eigvalsh", "sqrtm", "pinv")
# TensorFlow's derivative at and after a factor 0 is 0, the true one is not; see tests/test_products_at_zeros.py.
PRODUCTS = ("cumprod",)


@cases(
    "row,call,label",
    sampled([row for row in TABLE if row.name not in (*AMBIGUOUS, *PRODUCTS)], "samples"),
    group=sample_of,
)
def test_table(row: Op, call: Sample, label: str) -> None:
    def function(tf: Any, tensors: list[Any]) -> list[Any]:
        named = row.function if tf is gradtape else resolve(tf, row.tensorflow[0])
        return run(tf, row, named, call, tensors)

    floats = [differentiable(leaf) for leaf in leaves(call)]
    orders, checked = 1 if "1" in (row.orders, row.orders_there) else 2, 0
    for arrays in singular(call, label, row.name not in ROUNDED):
        try:
            check(function, arrays, floats, orders)
        except tensorflow.errors.OpError:
            continue  # TensorFlow has no kernel, or no inverse
        checked += 1
    # Nor has it kernels for channels-first images, and for volumes and CTC in float64.
    assert checked or call.single or "conv" in row.name or "pool" in row.name or "ctc" in row.name, (
        "TensorFlow computes none of them"
    )
