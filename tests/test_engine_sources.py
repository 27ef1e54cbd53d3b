"""The engine's sources use only what every compiler supports, and define each vector instruction once."""

import re
import runpy
from pathlib import Path

from cases import cases
from gradtape._engine.compute.program import CODES
from gradtape._src.table.expressions import INSTRUCTIONS

CYTHON = Path(__file__).parents[1] / "cython"
SOURCES = [
    path
    for path in sorted((CYTHON / "gradtape" / "_engine").rglob("*"))
    if path.suffix in (".pyx", ".pxd", ".pxi", ".h") and not path.name.startswith("instruction_")
]
OF_ONE_COMPILER = re.compile(
    r"__builtin_|__attribute__|__asm__|__declspec|__forceinline|__GNUC__|__clang__|_MSC_VER|[pP]ragma|__atomic_"
    r"|__typeof__|__extension__|__int128|__thread\b|__restrict|\b_?alloca\("
)


@cases(
    "path",
    [path for path in SOURCES if path.name != "compiler.h"],
    ids=lambda path: str(path.relative_to(CYTHON)),
)
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


CLASSES = re.compile(r"^cdef class (\w+)[^\n]*:\n((?:[ \t]+[^\n]*\n|[ \t]*\n)+)", re.M)
FIELDS = re.compile(
    r"^    cdef (?:readonly |public )?(list|dict|tuple|set|str|bytes|object|(?!Py_)[A-Z]\w+) (\w[\w, ]*)", re.M
)
STRUCTS = re.compile(r"^ *c(?:type)?def struct (\w+)", re.M)
ENDS = re.compile(r"^    def __dealloc__\(self\):\n((?:        [^\n]*\n|\n)+)", re.M)


def reads_what_the_collector_takes(text):
    """Fields with Python objects that a class' __dealloc__ reads: in a collected cycle they are already None."""
    found = []
    fields = {}
    structs = set(STRUCTS.findall(text))
    for name, body in CLASSES.findall(text):
        objects = [names for kind, names in FIELDS.findall(body) if kind not in structs]
        fields.setdefault(name, set()).update(one.strip() for names in objects for one in names.split(","))
    for name, body in CLASSES.findall(text):
        for end in ENDS.findall(body):
            found += [f"{name}.{field}" for field in re.findall(r"self\.(\w+)", end) if field in fields[name]]
    return found


def test_ends_read_no_objects_of_python():
    text = "\n".join(path.read_text() for path in SOURCES)
    assert len(ENDS.findall(text)) >= 8
    assert not reads_what_the_collector_takes(text)
    assert reads_what_the_collector_takes(
        "cdef class Code:\n    cdef readonly list steps\n\n    def __dealloc__(self):\n        free(self.steps)\n"
    ) == ["Code.steps"]
    assert not reads_what_the_collector_takes(
        "cdef struct Steps:\n    int* at\n\n"
        "cdef class Code:\n    cdef Steps steps\n\n    def __dealloc__(self):\n        free(self.steps.at)\n"
    )
