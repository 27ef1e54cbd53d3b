"""NumPy's random functions, on tf.random's streams."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import as_dtype
from gradtape._src.numpy.documented import DTYPE, documented
from gradtape._src.numpy.promotion import supported
from gradtape._src.random import stateful

FLOAT64, INT64 = as_dtype("float64"), as_dtype("int64")


def _sizes(size: Any) -> list[int]:
    return [] if size is None else np.atleast_1d(held(size)).tolist()


@documented(
    "Seeds the random numbers.",
    "np.random.seed(1)",
    ">>> np.random.rand(1).shape\n  TensorShape([1])",
    "None.",
    raises=("TypeError, ValueError: seed cannot be converted to an integer.",),
)
def seed(seed: int) -> None:
    stateful.set_seed(seed)


@documented(
    "Uniform numbers of [0, 1).",
    "np.random.rand(2).shape",
    "TensorShape([2])",
    raises=("InvalidArgumentError: a size is negative or not an integer.",),
)
def rand(*size: int) -> Tensor:
    return stateful.uniform(list(size), dtype=FLOAT64)


@documented(
    "Normally distributed numbers.",
    "np.random.randn(2).shape",
    "TensorShape([2])",
    raises=("InvalidArgumentError: a size is negative or not an integer.",),
)
def randn(*size: int) -> Tensor:
    return stateful.normal(list(size), dtype=FLOAT64)


@documented(
    "Uniform numbers of [0, 1).",
    "np.random.random((2, 3)).shape",
    "TensorShape([2, 3])",
    raises=("InvalidArgumentError: a size is negative or not an integer.",),
)
def random(size: Any = None) -> Tensor:
    return stateful.uniform(_sizes(size), dtype=FLOAT64)


@documented(
    "Normally distributed numbers.",
    "np.random.standard_normal(2).shape",
    "TensorShape([2])",
    raises=("InvalidArgumentError: a size is negative or not an integer.",),
)
def standard_normal(size: Any = None) -> Tensor:
    return stateful.normal(_sizes(size), dtype=FLOAT64)


@documented(
    "Uniform numbers of [low, high).",
    "np.random.uniform(2.0, 3.0, 4).shape",
    "TensorShape([4])",
    raises=(
        "InvalidArgumentError: a size is negative or not an integer.",
        "TypeError, ValueError: low or high is not a number.",
    ),
)
def uniform(low: float = 0.0, high: float = 1.0, size: Any = None) -> Tensor:
    return stateful.uniform(_sizes(size), low, high, FLOAT64)


@documented(
    "Poisson-distributed numbers.",
    "np.random.poisson(2.0, 4).shape",
    "TensorShape([4])",
    raises=(
        "InvalidArgumentError: a size is negative or not an integer.",
        "ValueError: lam cannot be converted to a tensor.",
    ),
)
def poisson(lam: float = 1.0, size: Any = None) -> Tensor:
    return stateful.poisson(_sizes(size), lam, INT64)


@documented(
    "Integers of [low, high), or of [0, low).",
    "np.random.randint(2, size=4).shape",
    "TensorShape([4])",
    raises=(
        "InvalidArgumentError: low is not less than high, or a size is negative or not an integer.",
        "TypeError: low or high is not an integer.",
        "ValueError: dtype is bool or complex.",
        DTYPE,
    ),
)
def randint(low: int, high: int | None = None, size: Any = None, dtype: Any = int) -> Tensor:
    bounds = (0, low) if high is None else (low, high)
    return stateful.uniform(_sizes(size), *bounds, supported(dtype))
