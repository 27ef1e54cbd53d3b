"""Every public name of Keras 3, of tf.image and of tf.data.Dataset exists, or accessing it names an alternative."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest
import tensorflow

import gradtape
import keras
from gradtape._src.core import unsupported


def modules(of):
    """A namespace's public modules, with their places in it."""
    found, waiting = [], [("", of)]
    while waiting:
        place, module = waiting.pop()
        found.append((place, module))
        for name, value in vars(module).items():
            if isinstance(value, ModuleType) and name[0] != "_" and value.__name__ == f"{module.__name__}.{name}":
                waiting.append((f"{place}.{name}".lstrip("."), value))
    return found


def public(module):
    return {name for name in dir(module) if name[0] != "_"} - {"src"}


def said(place, name):
    """The advice of accessing a missing name."""
    with pytest.raises(AttributeError) as error:
        getattr(place, name)
    return str(error.value).partition(f"{name!r}: ")[2]


@pytest.mark.parametrize("of", [keras, importlib.import_module("keras._tf_keras.keras")], ids=["keras", "tf.keras"])
def test_every_name_of_keras_is_there_or_told(of):
    untold = []
    for place, module in modules(of):
        ours = gradtape.keras
        for part in filter(None, place.split(".")):
            ours = getattr(ours, part, None)
        if ours is not None:  # else the advice is about the namespace itself
            missed = [name for name in public(module) if not hasattr(ours, name)]
            untold += [f"{place}.{name}" for name in missed if not said(ours, name).endswith(".")]
    assert untold == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(gradtape.image, tensorflow.image), (gradtape.data.Dataset.range(2), tensorflow.data.Dataset.range(2))],
    ids=["tf.image", "tf.data.Dataset"],
)
def test_every_name_is_there_or_told(ours, theirs):
    untold = [name for name in public(theirs) if not hasattr(ours, name) and not said(ours, name).endswith(".")]
    assert untold == []


def test_nothing_is_told_of_what_is_there():
    for place in unsupported.KERAS:
        at = gradtape.keras
        for part in place.split("."):
            at = getattr(at, part, None)
        assert at is None, place
