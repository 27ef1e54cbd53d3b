from types import TracebackType
from typing import Any, overload

from typing_extensions import Self

from gradtape._engine.diff.tape import Source, Unconnected
from gradtape._engine.tensor.tensor import Tensor

class Accumulator:
    """The compiled part of ForwardAccumulator."""

    def __init__(self, primals: Any, tangents: Any) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...
    @overload
    def jvp(self, primals: Source, unconnected_gradients: Unconnected = ...) -> Tensor | Any: ...
    @overload
    def jvp(self, primals: Any, unconnected_gradients: Unconnected = ...) -> Any: ...

def carry_tangents(bodies: list[Tensor], outputs: tuple[Tensor, ...], /) -> None: ...
