"""The types of values that can be converted to tensors, for annotations and checks."""

from __future__ import annotations

from typing import Any, Union

import numpy as np

from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor

_TYPES: Any = (Tensor, BaseVariable, int, float, bool, str, bytes, complex, tuple, list, np.ndarray, np.generic)
TensorLike: Any = Union[_TYPES]  # noqa: UP007
