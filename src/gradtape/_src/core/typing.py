"""Names for what functions take: tensors and what becomes one, dtypes, shapes. To programs that run, they are Any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Protocol, TypeVar

    import numpy as np
    from numpy.typing import NDArray

    from gradtape._engine.state.variable import BaseVariable
    from gradtape._engine.tensor.tensor import Tensor
    from gradtape._src.core.dtypes import DType
    from gradtape._src.core.tensor_shape import TensorShape

    T = TypeVar("T", covariant=True)

    class Items(Protocol[T]):
        """A list, a tuple or another sequence that is no str, whose `in` takes nothing but a str."""

        def __len__(self) -> int: ...
        def __iter__(self) -> Iterator[T]: ...
        def __getitem__(self, index: int, /) -> T: ...
        def __contains__(self, value: object, /) -> bool: ...

    class SupportsTensor(Protocol):
        """What says itself which tensor it becomes, such as IndexedSlices."""

        def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Tensor: ...

    class SupportsArray(Protocol):
        """What NumPy makes an array of, such as a column of a table."""

        def __array__(self) -> NDArray[Any]: ...

    Scalar: TypeAlias = bool | int | float | np.generic
    TensorLike: TypeAlias = (
        Tensor | BaseVariable | NDArray[Any] | Scalar | SupportsTensor | SupportsArray | Items["TensorLike"]
    )
    DTypeLike: TypeAlias = DType | str | type[Any] | np.dtype[Any]
    Dimension: TypeAlias = int | np.integer[Any] | Tensor | BaseVariable | None
    ShapeLike: TypeAlias = TensorShape | Tensor | BaseVariable | NDArray[Any] | Sequence[Dimension] | int
    IntLike: TypeAlias = int | np.integer[Any] | NDArray[Any] | Tensor | BaseVariable
    Axes: TypeAlias = IntLike | Sequence[IntLike] | None
else:
    TensorLike: TypeAlias = Any  # a tensor, a variable, or what becomes a tensor
    DTypeLike: TypeAlias = Any  # a DType, its name, NumPy's or Python's type
    ShapeLike: TypeAlias = Any  # sizes of axes
    IntLike: TypeAlias = Any  # an integer, or a tensor that holds one
    Axes: TypeAlias = Any  # one axis, several, or None for all

Reduction: TypeAlias = Literal["Sum", "Prod", "Max", "Min", "Mean"]  # TensorFlow's names of reductions' kernels
