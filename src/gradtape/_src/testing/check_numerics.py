"""Checks for NaN and infinity: in one tensor, or in every result of a program until the first one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_identity, as_tensor, tensor_from, view
from gradtape._engine.record.primitive import Primitive, node_of
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import InvalidArgumentError, from_op
from gradtape._src.core.operands import not_allowed
from gradtape._src.core.typing import TensorLike
from gradtape._src.table.rows import call, op, real
from gradtape._src.testing import observers

# Ops that only move or select elements, and so propagate NaN and infinity.
_PASSING = {
    *("BroadcastTo", "ConcatV2", "DynamicPartition", "DynamicStitch", "ExtractPatches", "GatherNd", "GatherV2"),
    *("Identity", "Maximum", "MaxPool", "MaxPoolGrad", "Minimum", "MirrorPad", "Pack", "Pad", "Reshape"),
    *("ReverseSequence", "ReverseV2", "Roll", "Split", "StridedSlice", "StridedSliceGrad", "TakeAlong"),
    *("TensorScatterUpdate", "Tile", "Transpose", "Unpack", "concat", "gather", "split"),
}
_REMEMBERED = 1 << 16  # recorded ops whose lines are kept, the latest ones


@op(
    "debugging.check_numerics",
    samples=lambda: [call(real(2, 3), "fine"), call(real(), "fine")],
    edges=lambda: [call(real(0), "empty")],
)
def check_numerics(tensor: TensorLike, message: str, name: str | None = None) -> Tensor:
    """Checks that a tensor has neither NaN nor infinity.

    Args:
      tensor: a floating tensor, or a value convertible to one.
      message: the error message.
      name: not used; TensorFlow names operations by it.

    Returns:
      The tensor.

    Raises:
      InvalidArgumentError: it has one, or is not floating.

    Example:
      >>> tf.debugging.check_numerics([1.0, 2.0], "bad loss").numpy()
      array([1., 2.], dtype=float32)
    """
    tensor = as_tensor(tensor)
    if not tensor.dtype.is_floating:
        raise not_allowed("CheckNumerics", tensor.dtype, "bfloat16, half, float, double")
    if not _FINITE(tensor):
        array = view(tensor)
        kinds = " and ".join(["Inf"] * bool(np.isinf(array).any()) + ["NaN"] * bool(np.isnan(array).any()))
        raise from_op(InvalidArgumentError, "CheckNumerics", f"{message} : Tensor had {kinds} values", name or "")
    return apply_identity(tensor)


_FINITE = Primitive("IsFinite", lambda tensor: tensor_from(np.asarray(np.isfinite(view(tensor)).all())))


class NumericsError(InvalidArgumentError):
    """The first NaN or infinity of a program that examines its results."""

    def __init__(self, examiner: Examiner, op: str, before: str, where: str, after: str) -> None:
        self._examiner, self._parts = examiner, (op, before, where, after)
        super().__init__(None, None, _sentence(op) + before + where + after)

    def __reduce__(self) -> tuple[Any, ...]:
        return InvalidArgumentError, (None, None, self.message)

    def arose_in_reverse(self, op: str, number: int) -> None:
        """Adds the differentiated op, with this number in the log."""
        self.arose_in_reverse = lambda op, number: None  # type: ignore[method-assign]  # of nested sweeps, the innermost
        judged, before, where, after = self._parts
        recorded = self._examiner.line_of(number)
        where += f'  in the gradient of op "{op}"' + (f", recorded at {recorded}" if recorded else "") + "\n"
        # A derivative has no name but its formula.
        self._message = _sentence(f"{op}Grad" if "(" in judged else judged) + before + where + after


def _sentence(op: str) -> str:
    return (
        "{{function_node __wrapped__CheckNumericsV2_device_/job:localhost/replica:0/task:0/device:CPU:0}} \n\n"
        f'!!! Detected Infinity or NaN in output 0 of eagerly-executing op "{op}" (# of outputs: 1) !!!\n'
    )


NumericsError.__name__ = NumericsError.__qualname__ = "InvalidArgumentError"


class Examiner:
    """Checks every floating result, and remembers the lines of recorded ops.

    Args:
      stack_height_limit: maximum number of the program's frames in errors.
      path_length_limit: number of trailing characters shown of paths.
    """

    def __init__(self, stack_height_limit: int, path_length_limit: int) -> None:
        self.height = stack_height_limit
        self.length = path_length_limit
        self._lines: list[tuple[int, str, int] | None] = [None] * _REMEMBERED

    def __call__(
        self, primitive: Primitive, operands: Sequence[Tensor], attributes: Any, results: Sequence[Tensor]
    ) -> None:
        for result in results:
            if result.dtype.is_floating:
                self._judge(primitive.kernel, result, node_of(result), operands)

    def _judge(self, op: str, result: Tensor, number: int, operands: Sequence[Tensor]) -> None:
        if number:
            frame = _program_frame()
            if frame is not None:
                self._lines[number % _REMEMBERED] = (number, frame.f_code.co_filename, frame.f_lineno)
        array = view(result)
        if op in _PASSING or np.isfinite(array).all():
            return
        negative, positive = int(np.isneginf(array).sum()), int(np.isposinf(array).sum())
        nans = int(np.isnan(array).sum())
        found = [(name, count) for name, count in (("-Inf", negative), ("+Inf", positive), ("NaN", nans)) if count]
        before = f"  dtype: {result.dtype!s}\n  shape: {result.shape}\n"
        before += "".join(f"  # of {'+' * (name == 'NaN')}{name} elements: {count}\n" for name, count in found)
        if len(operands) == 1:
            after = f"\n  Input tensor: {operands[0]!s}\n"
        else:
            after = f"\n  Input tensors ({len(operands)}):\n"
            after += "".join(f"         {place}: {operand!s}\n" for place, operand in enumerate(operands))
        *others, last = [name for name, _ in found]
        kinds = ", ".join(others) + ("," * (len(others) > 1) + " and " if others else "") + last
        after += f"\n : Tensor had {kinds} values [Op:CheckNumericsV2] name: "
        raise NumericsError(self, op, before, self._stack(), after)

    def _stack(self) -> str:
        """The current frames of the program, innermost first."""
        frame = _program_frame()
        lines: list[str] = []
        while frame is not None and len(lines) < self.height:
            lines.append(f"  at {self._place(frame.f_code.co_filename, frame.f_lineno)}\n")
            frame = frame.f_back
        return "".join(lines)

    def _place(self, path: str, line: int) -> str:
        import linecache

        text = linecache.getline(path, line).strip()
        return f"{path[-self.length :]}, line {line}" + (f": {text}" if text else "")

    def line_of(self, number: int) -> str | None:
        """The line that recorded the op with this number, if remembered."""
        kept = self._lines[number % _REMEMBERED]
        return self._place(*kept[1:]) if kept is not None and kept[0] == number else None


def _program_frame() -> Any:
    """The innermost frame that is not gradtape's own."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "gradtape":
        frame = frame.f_back  # type: ignore[assignment]
    return frame


_examiner: Examiner | None = None


def enable_check_numerics(stack_height_limit: int = 30, path_length_limit: int = 50) -> None:
    """Makes the first NaN or infinity that an op computes raise InvalidArgumentError.

    The message names the op, what it was given, and the line of the program; where it arose in a gradient, also the op
    that was differentiated and the line on which that was computed. Ops that only move elements, and maximum and
    minimum, pass on what they are given. Programs run more slowly meanwhile, and as before after
    `disable_check_numerics`.

    Args:
      stack_height_limit: maximum number of lines of the program in errors.
      path_length_limit: number of trailing characters shown of paths.

    Example:
      >>> tf.debugging.enable_check_numerics()
      >>> try:
      ...     tf.math.log(0.0)
      ... except tf.errors.InvalidArgumentError as error:
      ...     print("found")
      found
      >>> tf.debugging.disable_check_numerics()
    """
    global _examiner
    disable_check_numerics()
    _examiner = Examiner(stack_height_limit, path_length_limit)
    observers.install(_examiner)


def disable_check_numerics() -> None:
    """Undoes `enable_check_numerics`.

    Example:
      >>> tf.debugging.enable_check_numerics()
      >>> tf.debugging.disable_check_numerics()
      >>> tf.math.log(0.0).numpy()
      np.float32(-inf)
    """
    global _examiner
    if _examiner is not None:
        observers.remove(_examiner)
        _examiner = None
