"""The summary table of a model."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Sequence
from typing import Any

from gradtape._src.core import nest
from gradtape._src.keras.inputs import mapped_shapes
from gradtape._src.keras.layer import Layer
from gradtape._src.keras.state import count_params


def summary(
    model: Any, line_length: int | None, positions: Any, expand_nested: bool, show_trainable: bool, layer_range: Any
) -> str:
    """The whole text."""
    graph = getattr(model, "_graph", None)
    layers = model.layers if graph is None else graph.operations
    connected = graph is not None and not _is_chain(model, graph)
    if connected:
        longest, ends = 108, positions or [0.3, 0.56, 0.74, 1.0]
        header, alignment = ["Layer (type)", "Output Shape", "Param #", "Connected to"], "<<><"
    else:
        longest, ends = 88, positions or [0.45, 0.80, 1.0]
        header, alignment = ["Layer (type)", "Output Shape", "Param #"], "<<>"
    if show_trainable:
        longest += 12
        ends = [end * 0.90 for end in ends] + [1.0]
        header, alignment = [*header, "Trainable"], alignment + "^"
    screen = shutil.get_terminal_size().columns
    length = line_length or min(longest, screen - 4)
    rows: list[list[str]] = []

    def add(layer: Any, level: int) -> None:
        prefix = "   " * level + "└ " if level else ""
        fields = [f"{prefix}{layer.name} ({type(layer).__name__})", _output_shape(layer), _parameters(layer)]
        if connected:
            fields.append(_connections(layer, graph))
        if show_trainable:
            fields.append(("Y" if layer.trainable else "N") if getattr(layer, "weights", None) else "-")
        rows.append(fields)
        if expand_nested:
            for inner in getattr(layer, "layers", ()):
                add(inner, level + 1)

    first, last = _bounds(layers, layer_range)
    for layer in layers[first:last]:
        add(layer, 0)
    lines = [f'Model: "{model.name}"', *_table(header, rows, _widths(ends, length), alignment)]
    groups = {"Trainable": model.trainable_weights, "Non-trainable": model.non_trainable_weights}
    optimizer = getattr(model, "optimizer", None)
    if model.compiled and optimizer is not None and optimizer.built:
        groups["Optimizer"] = optimizer.variables
    everything = [weight for weights in groups.values() for weight in weights]
    counts = {
        "Total": (sum(count_params(weights) for weights in groups.values()), _size(everything, groups.values())),
        **{name: (count_params(weights), _bytes(weights)) for name, weights in groups.items()},
    }
    lines += [f" {name} params: {count:,} ({_readable(size)})" for name, (count, size) in counts.items()]
    return "".join(f"{line[:screen]}\n" for line in lines)


def _is_chain(model: Any, graph: Any) -> bool:
    """Whether each call takes only the result of the previous one."""
    depths: dict[int, int] = {}
    for node in reversed(graph.nodes):
        depth = max(
            (depths[id(other)] + 1 for other in graph.nodes if id(other) in depths and node in other.parent_nodes),
            default=0,
        )
        depths[id(node)] = depth
    alone = len(set(depths.values())) == len(graph.nodes)
    single = all(len(node.input_tensors) <= 1 for node in graph.nodes)
    calls = [sum(node in graph for node in layer._inbound_nodes) for layer in model.layers]
    return alone and single and max(calls, default=0) <= 1


def _output_shape(layer: Any) -> str:
    if layer._inbound_nodes:
        shapes: Any = [_shown(value.shape) for value in layer._inbound_nodes[-1].outputs]
    elif getattr(layer, "_build_shapes", None):
        try:
            if hasattr(layer, "output_shape"):
                shapes = _shown(layer.output_shape)
            else:
                shapes = mapped_shapes(_shown, layer.compute_output_shape(**layer._build_shapes))
        except (NotImplementedError, TypeError):
            return "?"
    else:
        return "?"
    flat = nest.flatten(shapes)
    return str(flat[0]) if len(flat) == 1 else str(shapes).replace("'", "")


def _shown(shape: Sequence[int | None]) -> str:
    return f"({', '.join(map(str, shape))})"


def _parameters(layer: Any) -> str:
    if not isinstance(layer, Layer):
        return "0"
    return f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"


def _connections(layer: Any, graph: Any) -> str:
    found = []
    for node in layer._inbound_nodes:
        if node in graph:
            for value in node.input_tensors:
                operation, index, place = value._keras_history
                found.append(f"{operation.name}[{index}][{place}]")
    return ", ".join(found) or "-"


def _bounds(layers: Sequence[Any], layer_range: Any) -> tuple[int, int]:
    if layer_range is None:
        return 0, len(layers)
    if len(layer_range) != 2:
        raise ValueError(
            f"layer_range must be a list or tuple of length 2. Received: layer_range = {layer_range} of length "
            f"{len(layer_range)}"
        )
    if not all(isinstance(name, str) for name in layer_range):
        raise ValueError(f"layer_range should contain string type only. Received: {layer_range}")
    lower, upper = ([place for place, layer in enumerate(layers) if re.match(name, layer.name)] for name in layer_range)
    if not lower or not upper:
        raise ValueError(f"Passed layer_names do not match the layer names in the model. Received: {layer_range}")
    if min(lower) > max(upper):
        return min(upper), max(lower) + 1
    return min(lower), max(upper) + 1


def _bytes(weights: Sequence[Any]) -> float:
    return sum(math.prod(weight.shape) * weight.dtype.size for weight in {id(w): w for w in weights}.values())


def _size(everything: list[Any], groups: Any) -> float:
    return sum(map(_bytes, groups))


def _readable(size: float) -> str:
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"


# The table


def _widths(ends: Sequence[float], length: int) -> list[int]:
    """Column widths with a blank on both sides, which add up to the line length, including the rules between them."""
    widths, current = [], 0
    for end in ends:
        width = int(end * length) - current
        if width < 4:
            raise ValueError("Insufficient console width to print summary.")
        widths.append(width + 2)
        current += width
    excess = sum(widths) - (length - len(widths) - 1)
    for place in range(len(widths)):
        share = round(excess / (len(widths) - place))
        widths[place] -= share
        excess -= share
    return widths


def _table(header: list[str], rows: list[list[str]], widths: list[int], alignment: str) -> list[str]:
    def rule(left: str, line: str, between: str, right: str) -> str:
        return left + between.join(line * width for width in widths) + right

    def row(fields: list[str], edge: str) -> list[str]:
        cells = [_wrapped(field, width - 2) for field, width in zip(fields, widths, strict=True)]
        lines = []
        for place in range(max(map(len, cells))):
            parts = [
                f" {(cell[place] if place < len(cell) else ''):{align}{width - 2}} "
                for cell, width, align in zip(cells, widths, alignment, strict=True)
            ]
            lines.append(edge + edge.join(parts) + edge)
        return lines

    lines = [rule("┏", "━", "┳", "┓"), *row(header, "┃"), rule("┡", "━", "╇", "┩")]
    for place, fields in enumerate(rows):
        if place:
            lines.append(rule("├", "─", "┼", "┤"))
        lines += row(fields, "│")
    lines.append(rule("└", "─", "┴", "┘"))
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most the given width, broken at blanks; a longer word ends in an ellipsis."""
    lines = [""]
    for word in re.findall(r"\s*\S+\s*", text):
        if lines[-1] and len(lines[-1]) + len(word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    lines = [line.rstrip() for line in lines]
    return [line if len(line) <= width else line[: width - 1] + "…" for line in lines]
