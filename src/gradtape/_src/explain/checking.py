"""Every step of an explanation, recomputed by central differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradtape._engine.api.api import tensor_from, view
from gradtape._engine.record.log import Unrecorded
from gradtape._src.explain.steps import Step, attributes_of

if TYPE_CHECKING:
    from gradtape._src.explain.explanation import Explanation

_DIRECTIONS = 16  # number of directions for operands of more elements
_STEP = 1e-5
_WIDE = {"f": np.float64, "V": np.float64, "c": np.complex128}  # bfloat16 is of kind V to NumPy


@dataclass(frozen=True)
class Checked:
    """The result of checking one operand of a step.

    Attributes:
      place: the step's number.
      result, operand: names.
      error: largest deviation from central differences, relative to the largest of these; NaN if there is
        nothing to compare with.
      reason: why it was not compared; empty if it was.
    """

    place: int
    result: str
    operand: str
    error: float
    reason: str = ""


@dataclass(frozen=True)
class Check:
    """The result of checking an explanation by central differences.

    Attributes:
      steps: the result for each step and operand.
      tolerance: the maximum error.
    """

    steps: tuple[Checked, ...]
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether every step that could be compared is within the tolerance."""
        return all(step.reason or step.error <= self.tolerance for step in self.steps)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        lines = [f"{'step':>4}  {'error':>9}  of"]
        for step in self.steps:
            error = step.reason or f"{step.error:9.1e}"
            mark = "" if step.reason or step.error <= self.tolerance else "   <- differs"
            lines.append(f"{step.place:4}  {error:>9}  {step.result} by {step.operand}{mark}")
        return "\n".join(lines)


def check(explanation: Explanation, tolerance: float) -> Check:
    """Compares the cotangents of every step's operands with central differences of its op, in 64 bits."""
    found: list[Checked] = []
    with Unrecorded():
        for shown in explanation.steps:
            step = shown.step
            assert step is not None
            for place, given in enumerate(step.given):
                operand = step.operands[place]
                if given is None or not operand.node or not operand.leads:
                    continue
                error, reason = _error(step, place, view(given))
                found.append(Checked(shown.place, shown.result, operand.name, error, reason))
    return Check(tuple(found), tolerance)


def _error(step: Step, place: int, given: np.ndarray) -> tuple[float, str]:
    arrays = [operand.array for operand in step.operands if operand.array is not None]
    if len(arrays) < len(step.operands):
        return float("nan"), "the tape did not keep an operand"
    if step.stated:
        return float("nan"), "the program states its derivative"
    if step.kernel == "Cast":
        return float("nan"), "it rounds to its dtype"
    wide = [array.astype(_WIDE.get(array.dtype.kind, array.dtype)) for array in arrays]
    cotangents = [None if result.cotangent is None else _wide(view(result.cotangent)).conj() for result in step.results]

    def along(direction: np.ndarray, distance: float) -> float:
        moved = list(wide)
        moved[place] = wide[place] + direction * distance
        found = step.primitive.again(tuple(tensor_from(array) for array in moved), attributes_of(step))
        pairs = zip(found, cotangents, strict=True)
        return float(sum(np.sum(view(result) * g).real for result, g in pairs if g is not None))

    results = [result.array for result in step.results]
    shape = wide[place].shape
    random = np.random.default_rng(0)
    if given.size <= _DIRECTIONS:
        directions = list(np.eye(given.size).reshape(given.size, *shape))
    else:
        directions = [random.normal(size=shape) / np.sqrt(given.size) for _ in range(_DIRECTIONS)]
    if given.dtype.kind == "c":  # the gradient's imaginary part is along the operand's
        directions += [1j * direction for direction in directions]
    distance = _STEP * max(1.0, float(np.max(np.abs(wide[place]), initial=0.0)))
    worst, largest = 0.0, 0.0
    try:
        for direction in directions:
            expected = (along(direction, distance) - along(direction, -distance)) / (2 * distance)
            actual = float(np.sum(_wide(given).conj() * direction).real)
            worst = max(worst, abs(expected - actual))
            largest = max(largest, abs(expected), abs(actual))
    except Exception as error:  # ops that refuse float64 cannot be compared
        return float("nan"), f"not evaluated in float64: {type(error).__name__}"
    if not np.isfinite(worst):
        return float("nan"), "not finite"
    # After cancellation of large terms the rounding of the op's dtype remains.
    rounding = max(4 * _spacing(_dtype(step, place)) * _largest(cotangents) * max(1.0, _largest(results)), 0.0)
    return max(worst - rounding, 0.0) / largest if largest else 0.0, ""


def _wide(array: np.ndarray) -> np.ndarray:
    """Converts an array to the widest dtype of its kind."""
    return array.astype(_WIDE[array.dtype.kind])


def _spacing(dtype: np.dtype) -> float:
    """The distance from 1 to the next larger number of a dtype."""
    return 2.0**-7 if dtype.kind == "V" else float(np.finfo(dtype).eps)


def _dtype(step: Step, place: int) -> np.dtype:
    """The dtype in which a step's rule computed an operand's cotangent."""
    given = step.given[place]
    assert given is not None
    return view(given).dtype


def _largest(arrays: Sequence[np.ndarray | None]) -> float:
    """The largest magnitude of all elements."""
    return max(float(np.max(np.abs(array), initial=0.0)) for array in arrays if array is not None)
