"""Diagrams of models: the boxes and arrows that Keras draws."""

from __future__ import annotations

import re
import shutil
import sys

import pydot
import pytest

import gradtape
import keras


def sequential(k):
    return k.Sequential(
        [k.Input((4,)), k.layers.Dense(3, activation="relu", name="one"), k.layers.Dense(2, name="two")]
    )


def functional(k):
    x = k.Input((4,), name="in")
    a, b = k.layers.Dense(3, name="a")(x), k.layers.Dense(3, activation="tanh", name="b")(x)
    y = k.layers.Dense(1, name="out")(k.layers.Add(name="sum")([a, b]))
    return k.Model(x, y, name="whole")


def nested(k):
    x = k.Input((4,), name="outer")
    return k.Model(x, k.layers.Dense(1, name="last")(functional(k)(x)), name="nested")


def drawn(dot):
    """Labels of boxes, and arrows between them; also in clusters."""
    boxes, arrows = {}, []

    def collect(graph):
        for node in graph.get_nodes():
            if node.get_label():
                boxes[node.get_name().strip('"')] = re.sub(r"input_layer\w*", "input_layer", node.get_label())
        for edge in graph.get_edges():
            arrows.append((edge.get_source(), edge.get_destination()))
        for part in graph.get_subgraphs():
            collect(part)

    collect(dot)
    return sorted(boxes.values()), sorted((boxes[str(a)], boxes[str(b)]) for a, b in arrows)


OPTIONS = (
    {},
    {"show_shapes": True, "show_dtype": True},
    {"show_layer_names": False, "show_layer_activations": True},
    {"show_trainable": True, "show_shapes": True, "show_layer_activations": True},
)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("make", [sequential, functional, nested], ids=lambda make: make.__name__)
def test_boxes_and_arrows(make, options):
    boxes, arrows = drawn(gradtape.keras.utils.model_to_dot(make(gradtape.keras), **options))
    expected_boxes, expected_arrows = drawn(keras.utils.model_to_dot(make(keras), **options))
    assert boxes == expected_boxes
    assert arrows == expected_arrows


def test_nested_models_are_clusters():
    dot = gradtape.keras.utils.model_to_dot(nested(gradtape.keras), expand_nested=True)
    expected = keras.utils.model_to_dot(nested(keras), expand_nested=True)
    assert drawn(dot) == drawn(expected)
    assert len(dot.get_subgraphs()) == 1


def test_refusals(monkeypatch):
    unbuilt = gradtape.keras.Sequential([gradtape.keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="not yet been built"):
        gradtape.keras.utils.model_to_dot(unbuilt)
    with pytest.raises(ValueError, match="not yet been built"):
        gradtape.keras.utils.plot_model(unbuilt)
    with pytest.raises(ValueError, match="Unrecognized keyword"):
        gradtape.keras.utils.model_to_dot(sequential(gradtape.keras), layers=3)
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(ImportError, match="pip install pydot"):
        gradtape.keras.utils.plot_model(sequential(gradtape.keras))


def test_files(tmp_path):
    """If graphviz is installed a file is written, else the error says what to install."""
    path = tmp_path / "model.png"
    if shutil.which("dot"):
        gradtape.keras.utils.plot_model(sequential(gradtape.keras), path)
        assert path.read_bytes()[1:4] == b"PNG"
    else:
        with pytest.raises(ImportError, match="install graphviz"):
            gradtape.keras.utils.plot_model(sequential(gradtape.keras), path)
    assert isinstance(gradtape.keras.utils.model_to_dot(sequential(gradtape.keras)), pydot.Dot)
