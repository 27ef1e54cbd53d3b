"""The engine's sources keep to what every compiler knows, and say each vector instruction once."""

import re
import runpy
from pathlib import Path

import pytest

from gradtape._engine.compute.program import CODES
from gradtape._src.table.expressions import INSTRUCTIONS

CYTHON = Path(__file__).parents[1] / "cython"
SOURCES = [
    path
    for path in sorted((CYTHON / "gradtape" / "_engine").rglob("*"))
    if path.suffix in (".pyx", ".pxd", ".pxi", ".h") and not path.name.startswith("instruction_")
]
OF_ONE_COMPILER = re.compile(
    r"__builtin_|__attribute__|__asm__|__declspec|__GNUC__|__clang__|_MSC_VER|pragma GCC|__atomic_"
)


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name != "compiler.h"], ids=lambda path: path.name)
def test_only_one_header_asks_for_the_compiler(path):
    found = [line for line in path.read_text().splitlines() if OF_ONE_COMPILER.search(line)]
    assert not found


def test_the_header_is_looked_through():
    assert OF_ONE_COMPILER.search((CYTHON / "gradtape" / "_engine" / "base" / "compiler.h").read_text())


def test_codes_and_loops_are_those_of_the_table():
    generate = runpy.run_path(str(CYTHON / "generate.py"))
    codes = "".join(generate["codes"](INSTRUCTIONS)).split()
    loops = "".join(generate["loops"](INSTRUCTIONS))
    assert codes == ["cdef", "enum", "Code:", *(name.upper() for name in INSTRUCTIONS), "CODE_COUNT"]
    assert list(CODES.items()) == [(name, code) for code, name in enumerate(INSTRUCTIONS)]
    for name in INSTRUCTIONS:
        assert f"cdef void {name}_loop(" in loops
        assert f"enter({name.upper()}, {name}_loop[float], {name}_loop[double])" in loops


def test_arithmetic_is_of_elements():
    elements = runpy.run_path(str(CYTHON / "generate.py"))["elements"]
    assert elements("select_(a, b, c)") == "select_(a[i], b[i], c[i])"
    assert elements("fabs_(a) + abacus") == "fabs_(a[i]) + abacus"
