from collections.abc import Callable
from typing import Any

from gradtape._engine.function.trace import Recorder
from gradtape._engine.tensor.tensor import Tensor

MISSED: Any

class Plan:
    """The traces of one signature."""

    root: Any
    leaves: int
    resets: int
    slots: int
    recorded: bool
    failure: str | None
    def __init__(self, recorded: bool) -> None: ...
    def fail(self, reason: str) -> None: ...
    def insert(self, trace: Recorder, outputs: Any, output_slots: list[int]) -> None: ...
    def run(self, arguments: list[Tensor]) -> Any: ...

def evaluations(steps: list[Any]) -> list[Any] | None: ...
def same_evaluations(kept: list[Any], steps: list[Any]) -> bool: ...
def install_random_state(get: Callable[..., Any], put: Callable[..., Any]) -> None: ...
