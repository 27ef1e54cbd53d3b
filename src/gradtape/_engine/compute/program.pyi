from typing import Any

from gradtape._engine.record.primitive import Primitive

class Program(Primitive):
    """A compiled elementwise function."""

def table() -> dict[str, Any]: ...
def named_program(name: str) -> Program: ...
