"""Graphs as SVG: boxes with text and arrows between them, for light and dark pages, with titles for
screen readers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from html import escape

from gradtape._src.explain.layout import Box, Placed, place

_LETTER, _LINE, _PADDING, _MARGIN = 7.3, 17.0, 10.0, 16.0
_WIDEST = 46  # letters of a line

STYLE = """
.gt-{id} {{ --page: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #8c959f; --box: #f6f8fa; --edge: #d0d7de;
  --source: #ddf4ff; --source-edge: #54aeff; --target: #fff1e5; --target-edge: #fb8f44; --gradient: #8250df;
  --fold: #f0ebff; --fold-edge: #a475f9; --bad: #ffebe9; --bad-edge: #cf222e; }}
@media (prefers-color-scheme: dark) {{ .gt-{id} {{ --page: #0d1117; --ink: #e6edf3; --soft: #9198a1; --line: #7d8590;
  --box: #161b22; --edge: #3d444d; --source: #0c2d4d; --source-edge: #388bfd; --target: #3d2411; --target-edge: #db6d28;
  --gradient: #c297ff; --fold: #271c45; --fold-edge: #8957e5; --bad: #3c1418; --bad-edge: #f85149; }} }}
.gt-{id} text {{ font: 12px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--ink);
}} .gt-{id} .page {{ fill: var(--page); }}
.gt-{id} rect.box {{ fill: var(--box); stroke: var(--edge); stroke-width: 1.2; }}
.gt-{id} .source rect.box {{ fill: var(--source); stroke: var(--source-edge); }}
.gt-{id} .target rect.box {{ fill: var(--target); stroke: var(--target-edge); }}
.gt-{id} .constant rect.box {{ stroke-dasharray: 4 3; fill: var(--page); }}
.gt-{id} .fold rect.box {{ fill: var(--fold); stroke: var(--fold-edge); stroke-dasharray: 6 2; }}
.gt-{id} .bad rect.box {{ fill: var(--bad); stroke: var(--bad-edge); }}
.gt-{id} text.title {{ font-weight: 600; }}
.gt-{id} text.soft {{ fill: var(--soft); }}
.gt-{id} text.gradient {{ fill: var(--gradient); }}
.gt-{id} text.label {{ fill: var(--gradient); font-size: 11px; stroke: var(--page); stroke-width: 4px;
  paint-order: stroke; }}
.gt-{id} path.arrow {{ fill: none; stroke: var(--line); stroke-width: 1.3; }}
.gt-{id} path.head {{ fill: var(--line); }}
"""


@dataclass
class Node:
    """A box.

    Attributes:
      key: its name among the nodes.
      lines: its lines as pairs of a class, "title", "soft", "gradient" or "", and text.
      kind: "source", "target", "constant", "fold", "bad" or "".
      title: full description, for screen readers and as a tooltip.
    """

    key: str
    lines: list[tuple[str, str]]
    kind: str = ""
    title: str = ""


@dataclass
class Drawing:
    """A graph to be drawn.

    Attributes:
      title, description: the picture's subject, in a line and in detail.
      nodes: the boxes.
      edges: arrows from one box down to another, with a label or nothing.
    """

    title: str
    description: str
    nodes: list[Node] = field(default_factory=list)
    edges: dict[tuple[str, str], str] = field(default_factory=dict)


def abridged(text: str, letters: int = _WIDEST) -> str:
    """Truncates a string to a number of letters."""
    return text if len(text) <= letters else text[: letters - 1] + "…"


def width_of(text: str) -> float:
    """An upper bound of a line's width."""
    return len(text) * _LETTER


def draw(drawing: Drawing) -> str:
    """The drawing as SVG, one self-contained element."""
    name = hashlib.sha256(repr(drawing).encode()).hexdigest()[:8]
    boxes = [
        Box(
            node.key,
            max([width_of(abridged(text)) for _, text in node.lines] + [40.0]) + 2 * _PADDING,
            len(node.lines) * _LINE + _PADDING,
        )
        for node in drawing.nodes
    ]
    placed = place(boxes, list(drawing.edges))
    arrows = [_arrow(placed, edge, label) for edge, label in drawing.edges.items()]
    labels = [shown for _, shown in arrows if shown]
    nodes = [_node(placed.boxes[node.key], node) for node in drawing.nodes]
    width, height = placed.width + 2 * _MARGIN, placed.height + 2 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gt-{name}" role="img" aria-labelledby="{name}-t {name}-d" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">'
        f'<title id="{name}-t">{escape(drawing.title)}</title><desc id="{name}-d">{escape(drawing.description)}</desc>'
        f"<style>{STYLE.format(id=name)}</style>"
        f'<rect class="page" width="100%" height="100%" rx="6"/><g transform="translate({_MARGIN} {_MARGIN})">'
        + "".join(path for path, _ in arrows)
        + "".join(nodes)
        + "".join(labels)
        + "</g></svg>"
    )


def _node(box: Box, node: Node) -> str:
    left = box.x - box.width / 2
    lines = "".join(
        f'<text class="{kind}" x="{left + _PADDING:.1f}" y="{box.y + _PADDING / 2 + (i + 0.76) * _LINE:.1f}">'
        f"{escape(abridged(text))}</text>"
        for i, (kind, text) in enumerate(node.lines)
    )
    title = escape(node.title or " ".join(text for _, text in node.lines))
    return (
        f'<g class="{node.kind or "step"}"><title>{title}</title>'
        f'<rect class="box" x="{left:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="6"/>'
        f"{lines}</g>"
    )


def _arrow(placed: Placed, edge: tuple[str, str], label: str) -> tuple[str, str]:
    """An arrow's path, and its label."""
    start, end = placed.boxes[edge[0]], placed.boxes[edge[1]]
    x, y = start.x, start.y + start.height
    path = f"M{x:.1f} {y:.1f}"
    for across, top, bottom in placed.bends.get(edge, []):
        path += _curve(x, y, across, top) + f"L{across:.1f} {bottom:.1f}"
        x, y = across, bottom
    # Arrows from far aside end on the side that they come from.
    reach = end.width / 2 - 12
    tip = min(max(x, end.x - reach), end.x + reach)
    tip = end.x + (tip - end.x) * 0.6
    path += _curve(x, y, tip, end.y - 6)
    head = f"M{tip - 4:.1f} {end.y - 7:.1f}L{tip + 4:.1f} {end.y - 7:.1f}L{tip:.1f} {end.y:.1f}Z"
    shown = ""
    if label:
        middle = (x + tip) / 2
        shown = (
            f'<text class="label" text-anchor="middle" x="{middle:.1f}" y="{(y + end.y) / 2 + 3:.1f}">'
            f"{escape(abridged(label, 24))}</text>"
        )
    return f'<path class="arrow" d="{path}"/><path class="head" d="{head}"/>', shown


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    half = (to_y - y) / 2
    return f"C{x:.1f} {y + half:.1f} {to_x:.1f} {to_y - half:.1f} {to_x:.1f} {to_y:.1f}"
