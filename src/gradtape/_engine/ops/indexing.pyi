from collections.abc import Callable
from typing import Any

def install_indexing(getitem: Callable[..., Any]) -> None: ...
