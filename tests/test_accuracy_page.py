"""docs/accuracy.md lists every function that is not exact, and its error bounds hold."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gradtape._engine.kernels.dispatch import isa
from gradtape._src.table.elementwise import ROWS

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS))

import generate_accuracy as accuracy  # noqa: E402

# Rounded once, or exact.
EXACT = {
    *("add", "subtract", "multiply", "divide", "negative", "floormod", "truncatemod", "multiply_no_nan"),
    *("divide_no_nan", "reciprocal_no_nan", "maximum", "minimum", "clip_by_value", "identity", "abs", "sign", "square"),
    *("relu", "relu6", "leaky_relu"),
}


def listed() -> dict[str, list[float]]:
    """The errors that the page lists, in float32 and float64."""
    found = {}
    for text in (DOCS / "accuracy.md").read_text().splitlines():
        cells = [cell.strip() for cell in text.strip("|").split("|")]
        if len(cells) == 6 and cells[0].strip("`") in accuracy.REFERENCES:
            found[cells[0].strip("`")] = [float(cells[2]), float(cells[4])]
    return found


def test_every_function_is_listed_or_exact() -> None:
    differentiable = {row.name for row in ROWS if row.domain}
    assert differentiable == EXACT | accuracy.REFERENCES.keys()
    assert listed().keys() == accuracy.REFERENCES.keys()


@pytest.mark.parametrize("name", accuracy.REFERENCES)
def test_errors_are_as_listed(name: str) -> None:
    """At other points, and perhaps with other kernels, than those of the page."""
    for dtype, error in zip(("float32", "float64"), listed()[name], strict=True):
        assert accuracy.worst(name, dtype, 100)[0] <= 2 * error + 1


def test_sums_are_the_command_s() -> None:
    """Those without BLAS, with the page's kernels; others sum in another order, which the next test bounds."""
    text = (DOCS / "accuracy.md").read_text()
    assert accuracy.SUMS in text
    if f"Kernels: {isa()}." in text:
        assert [row for row in accuracy.lines_of_sums() if "`matmul`" not in row and row not in text] == []


def test_sums_stay_within_their_numbers_epsilon() -> None:
    for dtype in ("float32", "float64"):
        for name, errors in accuracy.sums(dtype, False):
            bound = 2.0 if name.startswith("reduce") else 1000.0
            assert max(errors) <= bound, (dtype, name)
