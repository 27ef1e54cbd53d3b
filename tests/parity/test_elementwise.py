"""Every row of the elementwise table against TensorFlow on a grid of edges: value, first and second derivatives."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
import pytest
from compare import same

from cases import cases
from gradtape._src.table.elementwise import ROWS, Row

INF, NAN = np.inf, np.nan
GRIDS = {
    1: (-INF, -100, -20, -3, -2.5, -2, -1.5, -1, -0.5, -1e-3, -0.0, 0, 1e-3, 0.3, 0.5, 0.999, 1, 1.5, 2, 2.5, 3, 6, 7,
        20, 100, INF, NAN),
    2: (-INF, -3, -2.5, -1, -0.5, -0.0, 0, 0.5, 1, 2, 2.5, 3, 20, INF, NAN),
    3: (-2, -1, -0.5, -0.0, 0, 0.5, 1, 2, NAN),
}  # fmt: skip

# Operands that are parameters: TensorFlow takes them as numbers, or their gradient has another shape.
PARAMETERS = {"leaky_relu": (0.25,), "silu": (1.5,)}

# Rows whose first operand is a small integer.
INTEGERS = ("polygamma", "zeta")

# Orders for which TensorFlow itself has derivatives.
ORDERS = {"truncatemod": 0, "softsign": 1}

# Where TensorFlow's result is an artefact of its formula and gradtape's is the limit, or NaN: (name, least order) ->
# the points left out, as a function of the operands.
LEFT_OUT = {
    ("erf", 0): np.isinf,  # NaN in double precision
    ("digamma", 1): np.isneginf,
    ("digamma", 2): lambda x: x == 0,
    ("atan2", 1): lambda y, x: np.isinf(y) | np.isinf(x),  # NaN where the derivative is 0
    ("xdivy", 2): lambda x, y: (y == 0) | np.isnan(y),  # NaN even where x is 0
    # At 0 it gives 1 where the series gives 1/2; NaN where the value overflows.
    ("bessel_i0", 2): lambda x: (x == 0) | (abs(x) == 100),
    ("bessel_i1", 1): lambda x: (x == 0) | (abs(x) == 100),
    ("bessel_i1", 2): lambda x: abs(x) < 0.01,  # a difference that cancels
    ("bessel_i1e", 2): lambda x: x == 0,  # NaN
    ("weighted_cross_entropy_with_logits", 1): lambda labels, logits, weight: logits == 0,  # of the wrong sign
    ("zeta", 0): lambda x, q: q < 0,  # outside gradtape's domain
    ("polygamma", 0): lambda a, x: x < 0,
}


def path(tf: Any, name: str) -> Any:
    return functools.reduce(getattr, name.split("."), tf)


def operands(row: Row, dtype: type, order: int) -> list[np.ndarray]:
    """The row's grid; second derivatives are compared at finite points, where no infinities cancel."""
    parameters = PARAMETERS.get(row.name, ())
    grid = np.array(list(itertools.product(GRIDS[len(row.arguments) - len(parameters)], repeat=arity(row)))).T
    if row.name in INTEGERS:
        grid[0] = np.round(np.abs(np.nan_to_num(grid[0], posinf=4, neginf=4)))
    keep = ~np.isinf(grid).any(axis=0) if order == 2 else np.ones(grid.shape[1], bool)
    for (name, least), points in LEFT_OUT.items():
        if name == row.name and order >= least:
            keep &= ~points(*grid)
    if row.name.startswith("logical"):
        return list(grid[:, keep] > 0)
    return list(grid[:, keep].astype(dtype))


def arity(row: Row) -> int:
    return len(row.arguments) - len(PARAMETERS.get(row.name, ()))


def derivatives(tf: Any, row: Row, arrays: list[np.ndarray], order: int) -> Any:
    """The value, the first or the second derivatives, None where an operand is unconnected."""
    function = path(tf, row.tensorflow[0])
    tensors = [tf.constant(array) for array in arrays]
    if row.name == "select":
        tensors[0] = tensors[0] > 0
    floats = tensors[row.name == "select" :]
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(floats)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(floats)
            value = function(*tensors, *PARAMETERS.get(row.name, ()))
        if order == 0:
            return value
        first = [inner.gradient(value, x) for x in floats]
    if order == 1:
        return first
    return [g if g is None else outer.gradient(g, x) for g in first for x in floats]


NAMED = [row for row in ROWS if row.tensorflow]
PREDICATES = ("logical", "is_", "equal", "not_equal", "less", "greater")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", NAMED, ids=[row.name for row in NAMED])
def test_values_and_derivatives_on_the_edge_grid(row: Row, dtype: type) -> None:
    rtol, atol = (2e-4, 2e-6) if dtype == np.float32 else (1e-7, 1e-10)
    orders = 0 if row.name.startswith(PREDICATES) else ORDERS.get(row.name, 2)
    for order in range(orders + 1):
        arrays = operands(row, dtype, order)
        same(functools.partial(derivatives, row=row, arrays=arrays, order=order), rtol=rtol, atol=atol)


INTEGERS_AND_BOOLS = {
    "int32": ([-7, 0, 3], [2, 3, 1]),
    "int64": ([-7, 0, 3], [2, 3, 1]),
    "uint8": ([7, 0, 3], [2, 3, 1]),
    "bool": ([True, False, True], [True, True, False]),
}

# TensorFlow raises too, with errors that describe its implementation or a missing kernel.
REFUSED_IN_PASSING = ("reciprocal", "erfcinv", "weighted_cross_entropy")


@pytest.mark.parametrize("row", NAMED, ids=[row.name for row in NAMED])
@cases("dtype", INTEGERS_AND_BOOLS)
def test_integers_and_bools(row: Row, dtype: str) -> None:
    """The values of functions that support them, and the error types of those that do not."""
    first, second = INTEGERS_AND_BOOLS[dtype]

    def program(tf: Any) -> Any:
        tensors = [tf.constant(part, dtype) for part in (first, second, second)][: arity(row)]
        if row.name == "select":
            tensors[0] = tensors[0] != tensors[1]
        try:
            return path(tf, row.tensorflow[0])(*tensors)
        except Exception:
            if row.name.startswith(REFUSED_IN_PASSING):
                return "refused"
            raise

    same(program, rtol=1e-6, message=False)


MIXED = {
    "divide": lambda tf: tf.divide(tf.constant([1]), 2.5),
    "divide by doubles": lambda tf: tf.divide(tf.constant([1.0]), tf.constant([1.0], tf.float64)),
    "divide_no_nan": lambda tf: tf.math.divide_no_nan(tf.constant([1]), tf.constant([2.0])),
    "logical_and": lambda tf: tf.logical_and(tf.constant([1.0]), tf.constant([2.0])),
    "logical_and of doubles": lambda tf: tf.logical_and(tf.constant([True]), tf.constant([2.0], tf.float64)),
    "logical_not": lambda tf: tf.logical_not(tf.constant([1])),
    "logical_xor": lambda tf: tf.math.logical_xor(tf.constant([1]), tf.constant([2])),
    "maximum": lambda tf: tf.maximum(tf.constant([1]), tf.constant([2.0])),
    "shapes": lambda tf: tf.math.logical_xor(tf.constant([True, False]), tf.constant([True, False, True])),
}


@pytest.mark.parametrize("name", MIXED)
def test_mixed_operands_are_refused(name: str) -> None:
    assert same(MIXED[name]).exception


@pytest.mark.parametrize("function", ["maximum", "subtract", "multiply", "math.floordiv", "math.squared_difference"])
def test_a_fraction_is_no_operand_of_integers(function: str) -> None:
    assert same(lambda tf: path(tf, function)(tf.constant([7, 2]), 2.5), message=False).exception == "TypeError"


OPTIONS = {
    "gelu": lambda tf, x: tf.nn.gelu(x, approximate=True),
    "leaky_relu": lambda tf, x: tf.nn.leaky_relu(x),
    "leaky_relu of alpha": lambda tf, x: tf.nn.leaky_relu(x, alpha=0.25),
    "leaky_relu of integers": lambda tf, x: tf.nn.leaky_relu([1, -2]) + x[0],
    "silu": lambda tf, x: tf.nn.silu(x),
    "swish": lambda tf, x: tf.nn.swish(x, beta=2.0),
    "log_poisson_loss": lambda tf, x: tf.nn.log_poisson_loss(tf.square(x), x, compute_full_loss=True),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options(name: str) -> None:
    def program(tf: Any) -> Any:
        x = tf.constant([-2.5, -0.5, 0.5, 1.5, 3.0])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = OPTIONS[name](tf, x)
        return y, tape.gradient(y, x)

    same(program, rtol=2e-5, atol=1e-6)


def test_gelu_of_integers_is_refused() -> None:
    same(lambda tf: tf.nn.gelu([1, 2]))
