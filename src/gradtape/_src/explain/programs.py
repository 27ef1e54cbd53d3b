"""Runs programs and explains their gradients: the first one of each line."""

from __future__ import annotations

import linecache
import runpy
import sys
import textwrap
from html import escape
from typing import Any

from gradtape._engine.diff.tape import GradientTape, method
from gradtape._src.explain.as_text import columns
from gradtape._src.explain.diagnosis import diagnose
from gradtape._src.explain.explanation import Explanation, explain
from gradtape._src.explain.lines import lines, short_file
from gradtape._src.explain.naming import calling_frame
from gradtape._src.function.function import run_functions_eagerly

FORMS = ("text", "markdown", "latex", "html")


class Explained:
    """The gradients that a program requested.

    Attributes:
      found: by file and line of the call an explanation and additions of a diagnosis, or the reason for its absence.
    """

    def __init__(self) -> None:
        self.found: dict[tuple[str, int], tuple[Explanation | None, str]] = {}
        self._looking = False  # explaining uses other tapes

    def look(self, tape: GradientTape, target: Any, sources: Any, output_gradients: Any) -> None:
        """Explains a gradient that is about to be computed, unless its line was explained before."""
        frame = calling_frame()
        if self._looking or frame is None or tape._spent or (frame.f_code.co_filename, frame.f_lineno) in self.found:
            return
        place = frame.f_code.co_filename, frame.f_lineno
        self._looking = True
        try:
            explanation = explain(tape, target, sources, output_gradients, frame)
            diagnosis = diagnose(tape, target, sources, output_gradients, frame)
        finally:
            self._looking = False
        self.found[place] = explanation, "" if diagnosis.healthy else str(diagnosis)

    def shown(self, form: str, width: int | None = None) -> str:
        """All explanations in one of the formats."""
        parts = [self._one(form, width, *place, *found) for place, found in self.found.items()]
        if not parts:
            parts = ["The program computed no gradient with a GradientTape."]
        if form != "html":
            return "\n\n".join(parts)
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="color-scheme" content="light dark"><title>Gradients, explained</title>'
            "<style>body { margin: 0 auto; max-width: 70rem; font: 15px/1.5 system-ui, sans-serif; }</style>"
            f"</head><body><main>{''.join(parts)}</main></body></html>\n"
        )

    def _one(
        self, form: str, width: int | None, file: str, line: int, explanation: Explanation | None, more: str
    ) -> str:
        title = f"{short_file(file)}:{line}   {linecache.getline(file, line).strip()}"
        if form == "html":
            body = f"<pre>{escape(more)}</pre>" if more else ""
            return f"<h2>{escape(title)}</h2>" + (explanation._repr_html_() if explanation else "") + body
        if form == "markdown":
            body = "" if explanation is None else explanation.markdown().replace("\n## ", "\n### ")
            return f"# `{title}`\n\n{body}" + (f"\n```\n{more}\n```\n" if more else "")
        if form == "latex":
            return f"% {title}\n" + ("" if explanation is None else explanation.latex())
        body = "" if explanation is None else explanation.text(width)
        width = columns(width)
        said = [wrapped for text in more.splitlines() for wrapped in _wrapped(text, width)]
        return "\n".join([*_wrapped(title, width), "=" * min(len(title), width), body, *said])


def _wrapped(line: str, width: int) -> list[str]:
    """Wraps a line between words, with further indentation."""
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line.strip(), width, initial_indent=indent, subsequent_indent=f"{indent}    ", break_on_hyphens=False
    )


def run(program: str, form: str = "text", width: int | None = None) -> str:
    """Runs a program as `__main__`; returns its gradients' explanations.

    From then on every tape of this process is observed, and compiled functions run as Python.
    """
    explained = Explained()
    plain = GradientTape.gradient

    def gradient(
        self: GradientTape,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = "none",
    ) -> Any:
        explained.look(self, target, sources, output_gradients)
        return plain(self, target, sources, output_gradients, unconnected_gradients)

    method(gradient)
    run_functions_eagerly(True)
    with lines():
        try:
            runpy.run_path(program, run_name="__main__")
        finally:
            sys.stdout.flush()
        return explained.shown(form, width)
