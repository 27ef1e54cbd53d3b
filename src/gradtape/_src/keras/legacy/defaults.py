"""Defaults of the functions of Keras 2's backend."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras import settings


def numbers_of(x: Any) -> Tensor:
    """Converts bools to `floatx`."""
    tensor = as_tensor(x)
    return apply_cast(tensor, floatx_or(None)) if tensor.dtype is dtypes.bool else tensor


def floatx_or(dtype: Any) -> dtypes.DType:
    """A dtype, `floatx` for None."""
    return dtypes.as_dtype(settings.floatx() if dtype is None else dtype)


def drawn(seed: int | None) -> int:
    """A seed; for None one drawn from `numpy.random`."""
    return np.random.randint(10**7) if seed is None else seed
