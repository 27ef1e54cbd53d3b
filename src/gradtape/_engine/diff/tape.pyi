from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Literal, TypeAlias, TypeVar, overload

from typing_extensions import Self

from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.autodiff.tape import UnconnectedGradients
from gradtape._src.core.typing import TensorLike

K = TypeVar("K")
F = TypeVar("F", bound=Callable[..., Any])
Source: TypeAlias = Tensor | BaseVariable
Unconnected: TypeAlias = UnconnectedGradients | Literal["none", "zero"]

class GradientTape:
    """Records operations for automatic differentiation."""

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...
    def watch(self, tensor: Any) -> None: ...
    def watched_variables(self) -> tuple[BaseVariable, ...]: ...
    def reset(self) -> None: ...
    def stop_recording(self) -> AbstractContextManager[None]: ...

    # A gradient is a Tensor, IndexedSlices of rows that were gathered, or None where target does not depend on it.
    @overload
    def gradient(
        self, target: Any, sources: Source, output_gradients: Any = None, unconnected_gradients: Unconnected = ...
    ) -> Tensor | Any: ...
    @overload
    def gradient(
        self, target: Any, sources: list[Any], output_gradients: Any = None, unconnected_gradients: Unconnected = ...
    ) -> list[Any]: ...
    @overload
    def gradient(
        self,
        target: Any,
        sources: tuple[Any, ...],
        output_gradients: Any = None,
        unconnected_gradients: Unconnected = ...,
    ) -> tuple[Any, ...]: ...
    @overload
    def gradient(
        self,
        target: Any,
        sources: Mapping[K, Any],
        output_gradients: Any = None,
        unconnected_gradients: Unconnected = ...,
    ) -> dict[K, Any]: ...
    @overload
    def jacobian(
        self,
        target: TensorLike,
        sources: Source,
        unconnected_gradients: Unconnected = ...,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Tensor | Any: ...
    @overload
    def jacobian(
        self,
        target: TensorLike,
        sources: list[Any],
        unconnected_gradients: Unconnected = ...,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> list[Any]: ...
    @overload
    def jacobian(
        self,
        target: TensorLike,
        sources: tuple[Any, ...] | Mapping[Any, Any],
        unconnected_gradients: Unconnected = ...,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any: ...
    def batch_jacobian(
        self,
        target: TensorLike,
        source: Source,
        unconnected_gradients: Unconnected = ...,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Tensor: ...
    @property
    def _recording(self) -> bool: ...
    @property
    def _spent(self) -> bool: ...
    @property
    def _persistent(self) -> bool: ...
    def _pause(self) -> None: ...
    def _resume(self) -> None: ...
    def _release(self) -> None: ...
    def _check_usable(self, place: str | None = None) -> None: ...
    def _check_has_gradients(self, words: str) -> None: ...
    def _rows(self, target: Tensor, sources: list[Any], batch: int = 1) -> Any: ...
    def _stacked(self, target: Tensor, sources: list[Any], zero: bool) -> list[Any]: ...
    def _jacobians(self, values: Any, sources: Any) -> Any: ...
    def _readable(self, target: Any, sources: list[Any]) -> Tensor: ...
    def _options(self, what: str, unconnected: Any, parallel_iterations: Any, vectorized: bool) -> bool: ...

def method(function: F, /) -> F: ...
def is_zero_unconnected(unconnected_gradients: Any, /) -> bool: ...
def zero_wanted(unconnected_gradients: Any, /) -> bool: ...
