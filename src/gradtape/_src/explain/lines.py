"""Source locations of recorded ops, and the names of their operands and results there.

While `lines` is open, an observer keeps, for each op that a tape records, the frames of the program that called it, its
operands and its results. The source is read only for explanations.
"""

from __future__ import annotations

import ast
import functools
import linecache
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, NamedTuple

from gradtape._engine.record.primitive import Primitive, node_of
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.explain.instructions import expression_of
from gradtape._src.testing.observers import observing

_REMEMBERED = 1 << 16  # recorded ops that are kept, the latest ones
_FRAMES = 6  # of the program, innermost first


class Place(NamedTuple):
    """A frame of the program at the moment of an op."""

    code: CodeType
    instruction: int
    line: int


class Remembered(NamedTuple):
    """An op seen by the observer.

    Attributes:
      places: the program's frames, innermost first.
      operands, results: the tensors.
    """

    places: tuple[Place, ...]
    operands: tuple[Tensor, ...]
    results: tuple[Tensor, ...]


_remembered: dict[int, Remembered] = {}


def remember(primitive: Primitive, operands: Sequence[Tensor], attributes: Any, results: Sequence[Tensor]) -> None:
    """An observer that keeps recorded ops, by the node of their first result."""
    node = node_of(results[0])
    if not node:
        _remember_lost(primitive, operands, results)
        return
    if len(_remembered) >= _REMEMBERED:
        del _remembered[next(iter(_remembered))]
    _remembered[node] = Remembered(_places(), tuple(operands), tuple(results))


class Lost(NamedTuple):
    """An op on recorded or lost values that no tape recorded.

    Attributes:
      kernel: the op.
      dtype: the dtype that it gave.
      floating: whether that has gradients.
      kept: its location and operands.
    """

    kernel: str
    dtype: str
    floating: bool
    kept: Remembered


_lost: list[Lost] = []
_derived: set[int] = set()  # identities of results of lost ops, which these keep alive


def _remember_lost(primitive: Primitive, operands: Sequence[Tensor], results: Sequence[Tensor]) -> None:
    if len(_lost) >= _REMEMBERED or not any(node_of(one) or id(one) in _derived for one in operands):
        return
    dtype = results[0].dtype
    kept = Remembered(_places(), tuple(operands), tuple(results))
    _lost.append(Lost(primitive.kernel, dtype.name, dtype.is_floating, kept))
    _derived.update(map(id, results))


def lost_between(nodes: set[int], ends: set[int]) -> Lost | None:
    """The first unrecorded op of a value with one of these nodes from which unrecorded ops lead to one of these
    tensors.

    Args:
      nodes: tapes' nodes of values.
      ends: identities of tensors.
    """
    leading = set(ends)
    found = None
    for lost in reversed(_lost):
        if any(id(result) in leading for result in lost.kept.results):
            leading.update(map(id, lost.kept.operands))
            if any(node_of(operand) in nodes for operand in lost.kept.operands):
                found = lost
    return found


def place_of(kept: Remembered | None) -> tuple[str, str]:
    """The location of an op, as file:line, and the line; empty if unknown."""
    if kept is None or not kept.places:
        return "", ""
    frame = kept.places[0]
    file = frame.code.co_filename
    return f"{short_file(file)}:{frame.line}", linecache.getline(file, frame.line).strip()


def short_file(file: str) -> str:
    """A file's path for display: relative to the working directory, if it is there."""
    if not file or file.startswith("<"):
        return file
    relative = os.path.relpath(file)
    return relative if not relative.startswith("..") else os.path.basename(file)


def _places() -> tuple[Place, ...]:
    """The current frames of the program."""
    found: list[Place] = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and len(found) < _FRAMES:
        if frame.f_globals.get("__name__", "").partition(".")[0] != "gradtape":
            found.append(Place(frame.f_code, frame.f_lasti, frame.f_lineno))
        frame = frame.f_back
    return tuple(found)


def remembered(node: int) -> Remembered | None:
    """The remembered op with this node."""
    return _remembered.get(node)


@contextmanager
def lines() -> Iterator[None]:
    """A context manager that collects lines and names of recorded ops, for `tape.explain` and `tape.diagnose`.

    Without it an explanation has the ops, shapes, values and derivatives, and the names of the calling function's
    variables. Within it every recorded op takes some microseconds more, and its operands are kept alive
    until the block ends.

    Returns:
      A context manager.

    Example:
      >>> x = tf.Variable(3.0, name="x")
      >>> with tf.explain.lines():
      ...     with tf.GradientTape() as tape:
      ...         y = x * x
      ...     explanation = tape.explain(y, x)
      >>> explanation.gradients[0].numpy()
      np.float32(6.0)
    """
    with observing(remember):
        try:
            yield
        finally:
            _remembered.clear()
            _lost.clear()
            _derived.clear()


class Written(NamedTuple):
    """The source code of an op.

    Attributes:
      file, line: its location.
      text: the line.
      expression: the source of the op; empty if it consists of several ops.
      result: the name of its result; empty if it has none.
      operands: the source of its operands, as far as they can be distinguished.
    """

    file: str
    line: int
    text: str
    expression: str = ""
    result: str = ""
    operands: tuple[str, ...] = ()


def written(kept: Remembered, place: int, ops: list[str]) -> Written | None:
    """Finds the source code of an op.

    Args:
      kept: what was remembered of it.
      place: its index among the ops that the same expression recorded consecutively.
      ops: those ops' names.
    """
    if not kept.places:
        return None
    frame = kept.places[0]
    file = frame.code.co_filename
    text = linecache.getline(file, frame.line).strip()
    found = Written(file, frame.line, text)
    node = expression_at(frame)
    if node is None:
        return found
    repeated = len(set(ops)) == 1 and _records_one(node, ops[0])
    alone = len(ops) == 1 or repeated
    if place == len(ops) - 1 or repeated:
        found = found._replace(result=_result_name(node, file, kept.places[1:]))
    if alone:
        found = found._replace(expression=_shown(node), operands=_operands(node))
    return found


def _records_one(node: ast.AST, op: str) -> bool:
    """Whether an expression records one op per evaluation: an operator, or the op's function."""
    if isinstance(node, ast.Call):
        function = node.func
        return op == (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", ""))
    return isinstance(node, ast.BinOp | ast.UnaryOp | ast.AugAssign)


@functools.lru_cache(maxsize=64)
def _tree(file: str, lines: int) -> ast.Module:
    """A file's syntax tree, empty if it cannot be parsed; each node knows its parent."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        tree = ast.Module([], [])
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node  # type: ignore[attr-defined]
    return tree


@functools.lru_cache(maxsize=64)
def _nodes(tree: ast.Module) -> dict[tuple[int, ...], ast.AST]:
    """Expressions and statements by their start and end."""
    # A statement that is only an expression begins and ends with it: the expression is visited later and stays.
    return {
        (node.lineno, node.end_lineno or 0, node.col_offset, node.end_col_offset or 0): node
        for node in ast.walk(tree)
        if isinstance(node, ast.expr | ast.stmt)
    }


def expression_at(place: Place) -> ast.AST | None:
    """The expression, or augmented assignment, that a frame was evaluating."""
    source = linecache.getlines(place.code.co_filename)
    tree = _tree(place.code.co_filename, len(source))
    if sys.version_info < (3, 11):
        return expression_of(tree, "".join(source), place.code, place.instruction, place.line)
    position: Any
    for number, position in enumerate(place.code.co_positions()):
        if number == place.instruction // 2:
            return None if None in position else _nodes(tree).get(position)
    return None


def _result_name(node: ast.AST, file: str, outer: tuple[Place, ...]) -> str:
    """The name that an expression's value is assigned to there or, if it is returned, by the caller."""
    parent = getattr(node, "parent", None)
    if isinstance(node, ast.AugAssign):
        return _shown(node.target)
    if isinstance(parent, ast.Assign):
        return _shown(parent.targets[0]) if _is_name(parent.targets[0]) else ""
    if isinstance(parent, ast.AnnAssign | ast.NamedExpr):
        return _shown(parent.target)
    if isinstance(parent, ast.Tuple | ast.List):
        above = getattr(parent, "parent", None)
        if isinstance(above, ast.Assign) and isinstance(above.targets[0], ast.Tuple | ast.List):
            names = above.targets[0].elts
            if len(names) == len(parent.elts):
                return _shown(names[parent.elts.index(node)])  # type: ignore[arg-type]
    if isinstance(parent, ast.Return | ast.Lambda) and outer:
        caller = expression_at(outer[0])
        if caller is not None:
            return _result_name(caller, outer[0].code.co_filename, outer[1:])
    return ""


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) or (
        isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant | ast.Name)
    )


def _operands(node: ast.AST) -> tuple[str, ...]:
    """An expression's operands in their order."""
    if isinstance(node, ast.BinOp):
        return _shown(node.left), _shown(node.right)
    if isinstance(node, ast.AugAssign):
        return _shown(node.target), _shown(node.value)
    if isinstance(node, ast.UnaryOp):
        return (_shown(node.operand),)
    if isinstance(node, ast.Call):
        given = [argument for argument in node.args if not isinstance(argument, ast.Starred)]
        method = [node.func.value] if isinstance(node.func, ast.Attribute) and not given else []
        named = [keyword.value for keyword in node.keywords if keyword.arg in ("labels", "logits", "x", "y")]
        return tuple(_shown(part) for part in (*method, *given, *named))
    if isinstance(node, ast.Subscript):
        return (_shown(node.value),)
    return ()


def _shown(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())
