from collections.abc import Callable
from typing import Any

from gradtape._tensor import Tensor

class Primitive:
    """An op that tapes record: a pure function of tensors and static attributes, and its derivatives."""

    name: str
    kernel: str
    def __init__(
        self,
        name: str,
        evaluate: Callable[..., Any] | None,
        vjp: Callable[..., Any] | None = None,
        saves: tuple[int, ...] = (),
        linear: bool = False,
        stateful: bool = False,
    ) -> None: ...
    # A tensor or a tuple of tensors, as `evaluate` gives.
    def __call__(self, *operands: Tensor, attributes: tuple[Any, ...] = ()) -> Any: ...
    def again(self, operands: tuple[Tensor, ...], attributes: tuple[Any, ...]) -> tuple[Tensor, ...]: ...

def install_observer(observer: Callable[..., Any] | None) -> None: ...
def record_stated(
    name: str, rule: Callable[..., Any], operands: tuple[Tensor, ...], results: tuple[Tensor, ...]
) -> None: ...
def number_of(tensor: Tensor) -> int: ...
def is_recorded(*tensors: Tensor) -> bool: ...
