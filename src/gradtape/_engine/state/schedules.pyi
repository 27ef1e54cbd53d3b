from collections.abc import Mapping
from typing import Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.typing import TensorLike

class BaseSchedule:
    """The compiled part of a schedule: a formula over the step."""

    def _set_number(self, name: str, place: int, value: Any) -> None: ...
    def __call__(self, step: TensorLike) -> Tensor: ...

def number_places(formula: str) -> Mapping[str, int]: ...
