"""Diagrams of models, by pydot and graphviz."""

from __future__ import annotations

import itertools
import os
from typing import Any

from gradtape._src.keras.functional import Functional
from gradtape._src.keras.inputs import mapped
from gradtape._src.keras.sequential import Sequential

_SHOWN = ("gif", "jpeg", "jpg", "png")  # formats that notebooks display
_UNBUILT = (
    "This model has not yet been built. Build the model first by calling `build()` or by calling the model on a batch "
    "of data."
)


def _pydot(function: str) -> Any:
    try:
        import pydot
    except ImportError:
        raise ImportError(f"You must install pydot (`pip install pydot`) for {function} to work.") from None
    return pydot


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """A model as a pydot graph: a box for each layer, an arrow for each value.

    Args:
      model: the model.
      show_shapes: whether to show the shapes of layers' inputs and outputs.
      show_dtype: whether to show the dtypes of layers' outputs.
      show_layer_names: whether to show the layers' names.
      rankdir: the direction: "TB", from top to bottom, or "LR", from left to right.
      expand_nested: whether to draw nested models as clusters.
      dpi: the resolution.
      subgraph: whether to return a cluster.
      show_layer_activations: whether to show the layers' activations.
      show_trainable: whether to show which layers are trainable.
      splines: the shape of arrows.
      kwargs: none.

    Returns:
      A pydot.Dot, or a pydot.Cluster.

    Raises:
      ValueError: the model is not built, or there are unknown arguments.
      ImportError: pydot is not installed.

    Example:
      >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
      >>> graph = tf.keras.utils.model_to_dot(model, show_layer_activations=True)
      >>> "linear" in graph.to_string()
      True
    """
    if not model.built:
        raise ValueError(_UNBUILT)
    pydot = _pydot("model_to_dot")
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments: {kwargs}")
    if subgraph:
        dot = pydot.Cluster(style="dashed", graph_name=model.name)
        dot.set("label", model.name)
        dot.set("labeljust", "l")
    else:
        dot = pydot.Dot()
        for name, value in (("rankdir", rankdir), ("concentrate", True), ("dpi", dpi), ("splines", splines)):
            dot.set(name, value)
        dot.set_node_defaults(shape="record")
    shown = {
        "names": show_layer_names,
        "activations": show_layer_activations,
        "dtypes": show_dtype,
        "shapes": show_shapes,
        "trainable": show_trainable,
    }
    for layer in _drawn(model):
        if expand_nested and isinstance(layer, Functional | Sequential):
            cluster = model_to_dot(
                *(layer, show_shapes, show_dtype, show_layer_names, rankdir, True),
                subgraph=True,
                show_layer_activations=show_layer_activations,
                show_trainable=show_trainable,
            )
            dot.add_subgraph(cluster)
            continue
        box = pydot.Node(str(id(layer)), label=_label(layer, shown))
        for name, value in (("fontname", "Helvetica"), ("border", "0"), ("margin", "0")):
            box.set(name, value)
        dot.add_node(box)
    for source, target in _arrows(model, expand_nested):
        if not dot.get_edge(str(id(source)), str(id(target))):
            dot.add_edge(pydot.Edge(str(id(source)), str(id(target)), penwidth="2"))
    return dot


def _drawn(model: Any) -> list[Any]:
    """The layers of a model; a subclassed model is a single box."""
    return list(model.layers) if isinstance(model, Functional | Sequential) else [model]


def _arrows(model: Any, expand_nested: bool) -> list[tuple[Any, Any]]:
    """Pairs of layers, one of which takes the other's output."""

    def last(layer: Any) -> Any:
        while expand_nested and isinstance(layer, Functional | Sequential):
            layer = layer.layers[-1] if isinstance(layer, Sequential) else _maker(layer.outputs[0])
        return layer

    def first(layer: Any, place: int) -> Any:
        while expand_nested and isinstance(layer, Functional | Sequential):
            layer = layer.layers[0] if isinstance(layer, Sequential) else _maker(layer.inputs[place])
        return layer

    layers = _drawn(model)
    if isinstance(model, Sequential):
        return [(last(one), first(other, 0)) for one, other in itertools.pairwise(layers)]
    found = []
    for layer in layers:
        for node in getattr(layer, "_inbound_nodes", []):
            for place, value in enumerate(node.input_tensors):
                source = _maker(value)
                if source is not None and any(source is other for other in layers):
                    found.append((last(source), first(layer, place)))
    return found


def _maker(value: Any) -> Any:
    """The layer that returned a symbolic value."""
    return value._keras_history.operation if value._keras_history is not None else None


def _label(layer: Any, shown: dict[str, bool]) -> str:
    kind = type(layer).__name__
    title = f"<b>{layer.name}</b> ({kind})" if shown["names"] else f"<b>{kind}</b>"
    cells = []
    if shown["shapes"]:
        if kind != "InputLayer":
            cells.append(_cell(f"Input shape: <b>{_of(layer, 'input', 'shape')}</b>"))
        cells.append(_cell(f"Output shape: <b>{_of(layer, 'output', 'shape')}</b>"))
    if shown["dtypes"]:
        cells.append(_cell(f"Output dtype: <b>{_of(layer, 'output', 'dtype')}</b>"))
    if shown["trainable"] and layer.weights:
        colour, word = ("forestgreen", "Trainable") if layer.trainable else ("firebrick", "Non-trainable")
        cells.append(f'<td bgcolor="{colour}"><font point-size="14" color="white"><b>{word}</b></font></td>')
    width = max(shown["dtypes"] + shown["trainable"] + 2 * shown["shapes"], 1)
    rows = [f'<td colspan="{width}" bgcolor="black"><font point-size="16" color="white">{title}</font></td>']
    activation = getattr(layer, "activation", None)
    if shown["activations"] and activation is not None:
        name = getattr(activation, "name", None) or getattr(activation, "__name__", str(activation))
        rows.append(_cell(f"Activation: <b>{name}</b>", f' colspan="{width}"'))
    if cells:
        rows.append("".join(cells))
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<<table border="0" cellborder="1" bgcolor="black" cellpadding="10">{table}</table>>'


def _cell(text: str, more: str = "") -> str:
    return f'<td bgcolor="white"{more}><font point-size="14">{text}</font></td>'


def _of(layer: Any, end: str, what: str) -> str:
    """The shapes or dtypes of a layer's inputs or outputs; ? if it is called more than once, or never."""
    try:
        found = mapped(lambda value: getattr(value, what), getattr(layer, end))
    except (ValueError, AttributeError):
        return "?"
    if isinstance(found, dict):
        return ", ".join(f"{key}: {value}" for key, value in found.items())
    return str(found)


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Writes a diagram of a model to a file.

    Args:
      model: the model.
      to_file: the file's path; its suffix determines the format, PNG by default.
      show_shapes, show_dtype, show_layer_names, rankdir: see `model_to_dot`.
      expand_nested, dpi, show_layer_activations, show_trainable, splines: likewise.
      kwargs: none.

    Returns:
      In a notebook the image, else None.

    Raises:
      ValueError: the model is not built, or there are unknown arguments.
      ImportError: pydot or graphviz is not installed.

    Example:
      >>> model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
      >>> tf.keras.utils.plot_model(model, "model.raw", show_shapes=True)  # as text, which takes no graphviz
      >>> print(open("model.raw").readline().strip())
      digraph G {
    """
    if not model.built:
        raise ValueError(_UNBUILT)
    _pydot("`plot_model`")
    dot = model_to_dot(
        *(model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi),
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
        **kwargs,
    )
    form = os.path.splitext(str(to_file))[1][1:] or "png"
    try:
        dot.write(str(to_file), format=form)
    except FileNotFoundError:
        raise ImportError(
            "You must install graphviz (see instructions at https://graphviz.gitlab.io/download/) for `plot_model` to "
            "work."
        ) from None
    if form not in _SHOWN:
        return None
    try:
        from IPython import display
    except ImportError:
        return None
    return display.Image(filename=str(to_file))  # type: ignore[no-untyped-call]
