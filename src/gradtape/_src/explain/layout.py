"""Where the boxes of a graph stand: in layers, each below what it depends on, with few crossings and short arrows."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field

_SWEEPS = 8
_GAP, _ROW_GAP = 26.0, 46.0


@dataclass(eq=False)
class Box:
    """A node.

    Attributes:
      key: its name among the nodes.
      width, height: its size.
      x, y: its centre and its top, once it stands.
    """

    key: str
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    layer: int = 0


@dataclass
class Placed:
    """A graph whose boxes stand.

    Attributes:
      boxes: by key.
      bends: for each edge the points (x, top, bottom) that it passes between its ends, one per layer.
      width, height: of the whole.
    """

    boxes: dict[str, Box]
    bends: dict[tuple[str, str], list[tuple[float, float, float]]] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0


def place(boxes: list[Box], edges: list[tuple[str, str]]) -> Placed:
    """Places the boxes of an acyclic graph. Edges lead down."""
    known = {box.key: box for box in boxes}
    below: dict[str, list[str]] = defaultdict(list)
    above: dict[str, list[str]] = defaultdict(list)
    for start, end in edges:
        below[start].append(end)
        above[end].append(start)
    _layer(boxes, above, below)
    layers: dict[int, list[Box]] = defaultdict(list)
    for box in boxes:
        layers[box.layer].append(box)
    chains: dict[tuple[str, str], list[Box]] = {}
    neighbours: dict[int, list[tuple[Box, Box]]] = defaultdict(list)  # by the upper one's layer
    for start, end in edges:
        first, last = known[start], known[end]
        chain = [Box(f"{start}>{end}@{layer}", 2.0, 0.0, layer=layer) for layer in range(first.layer + 1, last.layer)]
        for box in chain:
            layers[box.layer].append(box)
        chains[start, end] = chain
        way = [first, *chain, last]
        for one, other in itertools.pairwise(way):
            neighbours[one.layer].append((one, other))
    ordered = [layers[layer] for layer in sorted(layers)]
    _order(ordered, neighbours)
    _stand(ordered, neighbours)
    return _finished(known, ordered, chains)


def _layer(boxes: list[Box], above: dict[str, list[str]], below: dict[str, list[str]]) -> None:
    """Each box in the layer after the last of those above it; what is below nothing, right above what it leads to."""
    known = {box.key: box for box in boxes}
    waiting = {box.key: len(above[box.key]) for box in boxes}
    ready = [box.key for box in boxes if not waiting[box.key]]
    order = []
    while ready:
        key = ready.pop(0)
        order.append(key)
        for other in below[key]:
            known[other].layer = max(known[other].layer, known[key].layer + 1)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    for key in reversed(order):
        if not above[key] and below[key]:
            known[key].layer = min(known[other].layer for other in below[key]) - 1


def _order(layers: list[list[Box]], neighbours: dict[int, list[tuple[Box, Box]]]) -> None:
    """Orders each layer by the middle of its neighbours, down and up again."""
    places = {id(box): float(i) for layer in layers for i, box in enumerate(layer)}
    up, down = _sides(neighbours)
    for sweep in range(_SWEEPS):
        side = up if sweep % 2 == 0 else down
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            middles = {id(box): _mean([places[id(other)] for other in side[id(box)]], places[id(box)]) for box in layer}
            layer.sort(key=lambda box: middles[id(box)])
            for i, box in enumerate(layer):
                places[id(box)] = float(i)


def _sides(neighbours: dict[int, list[tuple[Box, Box]]]) -> tuple[dict[int, list[Box]], dict[int, list[Box]]]:
    up: dict[int, list[Box]] = defaultdict(list)
    down: dict[int, list[Box]] = defaultdict(list)
    for pairs in neighbours.values():
        for one, other in pairs:
            up[id(other)].append(one)
            down[id(one)].append(other)
    return up, down


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _stand(layers: list[list[Box]], neighbours: dict[int, list[tuple[Box, Box]]]) -> None:
    """Gives each box its place across: near the middle of its neighbours, in order, without overlapping."""
    up, down = _sides(neighbours)
    for layer in layers:
        left = 0.0
        for box in layer:
            box.x = left + box.width / 2
            left += box.width + _GAP
        shift = left / 2
        for box in layer:
            box.x -= shift
    for sweep in range(2 * _SWEEPS):
        side = up if sweep % 2 == 0 else down
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            _settle(layer, [_mean([other.x for other in side[id(box)]], box.x) for box in layer])


def _settle(layer: list[Box], wanted: list[float]) -> None:
    """The positions nearest to what is wanted, in the layer's order: neighbours that would overlap move together."""
    groups: list[tuple[list[int], float]] = []  # members and where their first stands
    offsets = [0.0]
    for one, other in itertools.pairwise(layer):
        offsets.append(offsets[-1] + (one.width + other.width) / 2 + _GAP)
    for i in range(len(layer)):
        groups.append(([i], wanted[i] - offsets[i]))
        while len(groups) > 1 and groups[-2][1] > groups[-1][1]:
            members = groups[-2][0] + groups[-1][0]
            groups[-2:] = [(members, sum(wanted[k] - offsets[k] for k in members) / len(members))]
    for members, start in groups:
        for k in members:
            layer[k].x = start + offsets[k]


def _finished(known: dict[str, Box], layers: list[list[Box]], chains: dict[tuple[str, str], list[Box]]) -> Placed:
    everything = [box for layer in layers for box in layer]
    if not everything:
        return Placed({})
    left = min(box.x - box.width / 2 for box in everything)
    top = 0.0
    for layer in layers:
        height = max(box.height for box in layer)
        for box in layer:
            box.x -= left
            box.y = top + (height - box.height) / 2
        for box in layer:
            if box.key not in known:
                box.y, box.height = top, height
        top += height + _ROW_GAP
    bends = {edge: [(box.x, box.y, box.y + box.height) for box in chain] for edge, chain in chains.items()}
    return Placed(known, bends, max(box.x + box.width / 2 for box in everything), top - _ROW_GAP)
