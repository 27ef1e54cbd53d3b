"""Names for what functions take: tensors and whatever becomes one, dtypes, shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gradtape._src.core.dtypes import DType
    from gradtape._src.core.tensor_shape import TensorShape
    from gradtape._tensor import Tensor
    from gradtape._variable import BaseVariable

    TensorLike: TypeAlias = (
        Tensor | BaseVariable | NDArray[Any] | np.generic | bool | int | float | Sequence["TensorLike"]
    )
    DTypeLike: TypeAlias = DType | str | type | np.dtype[Any]
    ShapeLike: TypeAlias = TensorShape | Tensor | NDArray[Any] | Sequence[int | Tensor | None] | int
