"""Flame graphs: the program's functions above each other, each as wide as the time that its ops took; below them the
memory of tensors over time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from gradtape._src.explain.lines import short_file

if TYPE_CHECKING:
    from gradtape._src.explain.profiler import Profile

_WIDTH, _ROW, _MARGIN, _LETTER, _LEAST = 1100.0, 19.0, 14.0, 6.7, 0.6
_TALL, _COLUMNS = 64.0, 550  # height of the memory curve

STYLE = """
.gt-{id} {{ --page: #ffffff; --ink: #1b1f24; --call: #d8dee4; --forward: #54aeff; --backward: #fb8f44;
  --memory: #8250df; }}
@media (prefers-color-scheme: dark) {{ .gt-{id} {{ --page: #0d1117; --ink: #e6edf3; --call: #30363d; --forward: #1f6feb;
  --backward: #bd561d; --memory: #a371f7; }} }}
.gt-{id} text {{ font: 11px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--ink);
  pointer-events: none; }}
.gt-{id} .page {{ fill: var(--page); }}
.gt-{id} .bar {{ stroke: var(--page); stroke-width: 1; }}
.gt-{id} .call {{ fill: var(--call); }} .gt-{id} .forward {{ fill: var(--forward); }}
.gt-{id} .backward {{ fill: var(--backward); }}
.gt-{id} .memory {{ fill: var(--memory); fill-opacity: 0.35; stroke: var(--memory); }}
"""


@dataclass
class _Flame:
    kind: str
    seconds: float = 0.0
    calls: int = 0
    above: dict[tuple[str, str], _Flame] = field(default_factory=dict)


def draw(profile: Profile) -> str:
    """The flame graph of a profile, one self-contained SVG element."""
    root = _Flame("call")
    for event in profile.events:
        way = [(f"{name} ({short_file(file)}:{line})", "call") for name, file, line in event.stack]
        flame = root
        flame.seconds += event.seconds
        for step in [*way, (event.op, "backward" if event.backward else "forward")]:
            flame = flame.above.setdefault(step, _Flame(step[1]))
            flame.seconds += event.seconds
        flame.calls += 1
    bars: list[str] = []
    deepest = _bars(root, "all", 0.0, 0, _WIDTH / root.seconds if root.seconds else 0.0, bars)
    foot = (deepest + 2) * _ROW + _MARGIN
    height = foot + _ROW + _TALL + 2 * _MARGIN
    name = hashlib.sha256("".join(bars).encode()).hexdigest()[:8]
    legend = "".join(
        f'<rect class="bar {kind}" x="{x}" y="0" width="12" height="12"/><text x="{x + 17}" y="10">{kind}</text>'
        for x, kind in ((0, "forward"), (90, "backward"), (190, "call"))
    )
    title = f"Flame graph: {len(profile.events)} ops in {root.seconds * 1e3:.3g} of {profile.seconds * 1e3:.3g} ms"
    described = "; ".join(
        f"{row.op} {'backward' if row.backward else 'forward'} {row.seconds * 1e3:.3g} ms"
        for row in profile.rows()[:20]
    )
    described = f"{profile.memory()} {described}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gt-{name}" role="img" aria-labelledby="{name}-t {name}-d" '
        f'viewBox="0 0 {_WIDTH + 2 * _MARGIN:.0f} {height:.0f}" width="{_WIDTH + 2 * _MARGIN:.0f}" '
        f'height="{height:.0f}"><title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">{escape(described)}</desc><style>{STYLE.format(id=name)}</style>'
        f'<rect class="page" width="100%" height="100%" rx="6"/><g transform="translate({_MARGIN} {_MARGIN})">'
        f'{legend}<g transform="translate(0 {_ROW})">{"".join(bars)}</g>'
        f'<g transform="translate(0 {foot:.1f})">{_memory(profile)}</g></g></svg>'
    )


def _memory(profile: Profile) -> str:
    """The memory of tensors as a curve over time, and its peak."""
    columns = [0] * _COLUMNS
    place, holding = 0, profile.held_before
    for seconds, held in profile.held():
        now = min(int(seconds / profile.seconds * _COLUMNS), _COLUMNS - 1) if profile.seconds else 0
        for between in range(place, now + 1):
            columns[between] = max(columns[between], holding)
        columns[now] = max(columns[now], held)
        place, holding = now, held
    most = max(*columns, 1)
    wide = _WIDTH / _COLUMNS
    curve = "".join(f"V{_TALL * (1 - held / most):.1f}h{wide:g}" for held in columns)
    words = profile.memory()
    letters = int(_WIDTH / _LETTER)
    shown = words if len(words) <= letters else words[: letters - 1] + "…"
    return (
        f'<g><title>{escape(words)}</title><text x="0" y="12">{escape(shown)}</text>'
        f'<path class="memory" transform="translate(0 {_ROW})" d="M0 {_TALL}{curve}V{_TALL}Z"/></g>'
    )


def _bars(flame: _Flame, name: str, left: float, depth: int, scale: float, bars: list[str]) -> int:
    """Draws a flame and those above it; returns their depth."""
    width = flame.seconds * scale
    if width < _LEAST:
        return depth
    letters = int((width - 8) / _LETTER)
    shown = "" if letters < 3 else name if len(name) <= letters else name[: letters - 1] + "…"
    calls = f", {flame.calls} times" if flame.calls else ""
    top = depth * _ROW
    label = f'<text x="{left + 4:.2f}" y="{top + 13.5:.1f}">{escape(shown)}</text>' if shown else ""
    bars.append(
        f"<g><title>{escape(name)}: {flame.seconds * 1e3:.3f} ms{calls}</title>"
        f'<rect class="bar {flame.kind}" x="{left:.2f}" y="{top:.1f}" width="{width:.2f}" height="{_ROW:.1f}"/>'
        f"{label}</g>"
    )
    deepest = depth
    for (title, _), one in flame.above.items():
        deepest = max(deepest, _bars(one, title, left, depth + 1, scale, bars))
        left += one.seconds * scale
    return deepest
