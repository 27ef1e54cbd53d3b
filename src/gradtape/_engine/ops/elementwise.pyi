from collections.abc import Callable
from typing import Any

def install_composition(name: str, function: Callable[..., Any]) -> None: ...
