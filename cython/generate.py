"""Generates the engine's sources for vector instructions: their codes, their loops, and the table of loops.

Instructions are defined in src/gradtape/_src/table/expressions.py. setup.py runs this before it compiles.
"""

import re
import runpy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TABLE = HERE.parent / "src/gradtape/_src/table/expressions.py"
NOTE = "# Written by cython/generate.py.\n"

ELEMENTWISE = """
cdef void {name}_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = {near}
"""

# Tests for whole blocks whether the near formula is valid for all elements, so that its loop can be vectorised.
ON_CIRCLES = """
cdef void {name}_loop(real* out, const real* a, const real* b, const real* c, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i, start, stop
    for start in range(0, n, 512):
        stop = min(start + 512, n)
        if in_reduction_range(a + start, stop - start):
            for i in range(start, stop):
                out[i] = {near}
        else:
            for i in range(start, stop):
                out[i] = {far}
"""


def elements(arithmetic: str) -> str:
    """Replaces a, b and c with a[i], b[i] and c[i]."""
    return re.sub(r"\b([abc])\b", r"\1[i]", arithmetic)


def codes(instructions: Mapping[str, Any]) -> Iterator[str]:
    yield "cdef enum Code:\n"
    for name in [*instructions, "code_count"]:
        yield f"    {name.upper()}\n"


def loops(instructions: Mapping[str, Any]) -> Iterator[str]:
    for name, row in instructions.items():
        loop = ON_CIRCLES if row.far else ELEMENTWISE
        yield loop.format(name=name, near=elements(row.arithmetic), far=elements(row.far))
    yield "\n"
    for name in instructions:
        yield f"enter({name.upper()}, {name}_loop[float], {name}_loop[double])\n"


def write() -> None:
    """Writes the generated files, except for those that have not changed, so that nothing is recompiled."""
    instructions = runpy.run_path(str(TABLE))["INSTRUCTIONS"]
    for file, part in ("base/instruction_codes.pxi", codes), ("kernels/instruction_loops.pxi", loops):
        path, text = HERE / "gradtape/_engine" / file, NOTE + "".join(part(instructions))
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


if __name__ == "__main__":
    write()
