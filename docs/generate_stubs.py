"""Writes the types of the elementwise functions, src/gradtape/_src/ops/elementwise.pyi, from the rows of their table.

With --print, to standard output instead.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from pathlib import Path

import gradtape
from gradtape._src.ops.elementwise import FUNCTIONS

STUB = Path(gradtape.__file__).parent / "_src" / "ops" / "elementwise.pyi"

HEAD = '''"""Types of the elementwise functions; written by docs/generate_stubs.py."""

from collections.abc import Callable
from typing import Any

from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.typing import TensorLike

FUNCTIONS: dict[str, Callable[..., Any]]

'''


def stub() -> str:
    """The text of the stub: every row's function, its operands as tensors or values convertible to tensors.

    Editors show the docstrings of stubs: those of public functions are there.
    """
    functions = []
    for name, function in FUNCTIONS.items():
        *operands, _ = inspect.signature(function).parameters
        taken = ", ".join(f"{operand}: TensorLike" for operand in operands)
        head = f"def {name}({taken}, name: str | None = None) -> Tensor:"
        if len(head) > 115:
            head = f"def {name}(\n    {taken}, name: str | None = None\n) -> Tensor:"
        doc = inspect.getdoc(function) or ""
        if "Args:" in doc:
            functions.append(f"{head}\n" + textwrap.indent(f'"""{doc}\n"""\n...\n\n', "    "))
        else:
            functions.append(f"{head} ...\n")
    return (HEAD + "".join(functions)).rstrip("\n") + "\n"


if __name__ == "__main__":
    if "--print" in sys.argv:
        print(stub(), end="")
    else:
        STUB.write_text(stub())
