"""A section of the report: a table, and the targets that it decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Verdict:
    """A target, the measurement, and whether it is reached (None: not measured)."""

    subject: str
    target: str
    measured: str
    reached: bool | None


@dataclass(frozen=True)
class Section:
    """A titled table followed by remarks."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str] = ()
    verdicts: Sequence[Verdict] = field(default_factory=list)

    def markdown(self) -> str:
        """The section as text."""
        parts = [f"## {self.title}", table(self.header, self.rows), *self.remarks]
        return "\n\n".join(part for part in parts if part)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that is also aligned as plain text: first column left, the others right."""
    if not rows:
        return ""
    lines = [[cell.replace("|", "\\|") for cell in line] for line in (header, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]

    def text(cells: Sequence[str]) -> str:
        first, *rest = (
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join([first, *rest]) + " |"

    ruler = "| " + " | ".join("-" * w if i == 0 else "-" * (w - 1) + ":" for i, w in enumerate(widths)) + " |"
    return "\n".join([text(lines[0]), ruler, *map(text, lines[1:])])


def duration(seconds: float) -> str:
    """A time with three significant figures and its unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}" if seconds < 999.5 * scale else f"{seconds / scale:.0f} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
