"""Which expression an instruction is of, on Python 3.10, whose code objects know lines alone.

The file is compiled again from a tree in which every node has a line of its own. Only the instructions of one line are
compared with those that run, so that a function may have been rewritten elsewhere, as test runners rewrite assertions.
"""

from __future__ import annotations

import ast
import dis
import functools
from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple

_IDLE = {dis.opmap["NOP"], dis.opmap["EXTENDED_ARG"]}


class _Numbered(NamedTuple):
    """A file whose nodes have numbers for lines: its code objects, and each number's node with the line that it has."""

    codes: list[CodeType]
    nodes: list[tuple[ast.AST, int]]


def expression_of(tree: ast.Module, source: str, code: CodeType, instruction: int, line: int) -> ast.AST | None:
    """The node of a tree of which an instruction on a line of the program is; None where that cannot be told.

    Args:
      tree: the file's.
      source: the file's text.
      code: the code object that runs.
      instruction: the instruction's place in it, in bytes.
      line: the instruction's line.
    """
    numbered = _numbered(tree, source)
    real = [offset for offset, number in _instructions(code) if number == line]
    if instruction not in real:
        return None
    opcodes = [code.co_code[offset] for offset in real]
    found = []
    for twin in numbered.codes:
        if twin.co_name == code.co_name:
            theirs = [at for at in _instructions(twin) if numbered.nodes[at[1]][1] == line]
            if [twin.co_code[offset] for offset, _ in theirs] == opcodes:
                found.append(numbered.nodes[theirs[real.index(instruction)][1]][0])
    return found[0] if len(found) == 1 else None


@functools.lru_cache(maxsize=64)
def _numbered(tree: ast.Module, source: str) -> _Numbered:
    nodes: list[tuple[ast.AST, int]] = [(tree, 0), (tree, 0)]  # modules begin at line 0 or 1
    twin = ast.parse(source)
    for node, other in zip(ast.walk(tree), ast.walk(twin), strict=True):
        if hasattr(node, "lineno"):
            other.lineno = other.end_lineno = len(nodes)  # type: ignore[attr-defined]
            nodes.append((node, node.lineno))
    for node, other in zip(ast.walk(tree), ast.walk(twin), strict=True):
        # The call of a method has the line on which its name ends.
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            other.func.end_lineno = len(nodes)  # type: ignore[attr-defined]
            nodes.append((node, node.func.end_lineno or 0))
    return _Numbered(list(_codes(compile(twin, "<numbered>", "exec", dont_inherit=True))), nodes)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _instructions(code: CodeType) -> Iterator[tuple[int, int]]:
    """The positions of what does something, in bytes, and the lines."""
    for start, end, line in code.co_lines():
        for offset in range(start, end, 2):
            if line is not None and code.co_code[offset] not in _IDLE:
                yield offset, line
