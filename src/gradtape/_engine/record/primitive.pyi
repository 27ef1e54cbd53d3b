from collections.abc import Callable, Sequence
from typing import Any

from gradtape._engine.state.variable import BaseVariable
from gradtape._engine.tensor.tensor import Tensor

class Primitive:
    """An op that tapes record: a pure function of tensors and static attributes, and its derivatives."""

    name: str
    kernel: str
    linear: bool
    stateful: bool
    batch: str | None
    evaluate: Callable[..., Any] | None
    vjp: Callable[..., Any] | None
    def __init__(
        self,
        name: str,
        evaluate: Callable[..., Any] | None,
        vjp: Callable[..., Any] | None = None,
        saves: tuple[int, ...] = (),
        linear: bool = False,
        stateful: bool = False,
        varies: bool = False,
        complexes: bool = False,
        holomorphic: bool = False,
        batch: str | None = None,
    ) -> None: ...
    # A tensor or a tuple of tensors, as `evaluate` gives.
    def __call__(self, *operands: Tensor, attributes: tuple[Any, ...] = ()) -> Any: ...
    def again(self, operands: tuple[Tensor, ...], attributes: tuple[Any, ...]) -> tuple[Tensor, ...]: ...

def install_observer(observer: Callable[..., Any] | None) -> None: ...
def record_custom(
    name: str, rule: Callable[..., Any], operands: tuple[Tensor, ...], results: tuple[Tensor, ...]
) -> None: ...
def node_of(tensor: Tensor) -> int: ...
def is_recorded(*tensors: Tensor) -> bool: ...
def effect_kind(name: str) -> int: ...
def is_traced() -> bool: ...
def varies_in_trace(tensor: Tensor) -> bool: ...
def fail_trace(reason: str) -> None: ...

class OutsideTrace:
    def __enter__(self) -> None: ...
    def __exit__(self, *exception: object) -> None: ...

def hides_from_tapes(what: str) -> None: ...
def as_effect(
    kind: int, function: Callable[..., Any], *arguments: Any, writes: Sequence[BaseVariable] | None = None
) -> Any: ...
