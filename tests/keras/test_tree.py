"""keras.tree compared with Keras': results, orders and errors."""

from __future__ import annotations

import collections

import pytest

import gradtape
import keras

Pair = collections.namedtuple("Pair", "x y")
NESTED = {"b": [1, (2, None)], "a": Pair(3, [4]), "c": {}}

DEEPER = {"a": [1], "b": [2, [3]]}


def replaced(tree, value):
    """The replacement of a value: ten times an int, None for [4], otherwise the value itself."""
    return value * 10 if isinstance(value, int) else tree.MAP_TO_NONE if value == [4] else None


CASES = {
    "nested": lambda t: [t.is_nested(value) for value in (None, 1, "a", [], {}, (), NESTED)],
    "flatten": lambda t: [t.flatten(value) for value in (NESTED, None, 1, [])],
    "paths": lambda t: [t.flatten_with_path(value) for value in (NESTED, 1)],
    "map": lambda t: t.map_structure(lambda x: (x,), NESTED),
    "map of two": lambda t: t.map_structure(lambda x, y: (x, y), NESTED, NESTED),
    "map but None": lambda t: t.map_structure(lambda x: x + 1, NESTED, none_is_leaf=False),
    "map up to": lambda t: t.map_structure_up_to(
        {"a": 0, "b": [0, 0]}, lambda x, y: (x, y), *[{"a": [1], "b": [2, [3]]}] * 2
    ),
    "map of a leaf": lambda t: t.map_structure(lambda x: x + 1, 1),
    "pack": lambda t: t.pack_sequence_as(NESTED, list("vwxyz")),
    "tuples": lambda t: t.lists_to_tuples(NESTED),
    "shapes": lambda t: t.map_shape_structure(len, {"a": (1, None), "b": [(2,), [3, 4]], "c": ()}),
    "traverse": lambda t: t.traverse(
        lambda x: x * 10 if isinstance(x, int) else t.MAP_TO_NONE if x == [4] else None, NESTED
    ),
    "same": lambda t: [t.assert_same_structure(NESTED, NESTED), t.assert_same_paths([1, 2], (1, 2))],
    "not the same": lambda t: t.assert_same_structure([1, 2], [1, [2]]),
    "another type": lambda t: t.assert_same_structure([1, 2], (1, 2)),
    "another length": lambda t: t.map_structure(lambda x, y: x, [1], [1, 2]),
    "another depth": lambda t: t.map_structure(lambda x, y: x, [1], [[1]]),
    "other paths": lambda t: t.assert_same_paths([1, 2], [1, [2]]),
    "nothing": lambda t: t.map_structure(len),
    "too few": lambda t: t.pack_sequence_as([1, 2], [1]),
    "too many": lambda t: t.pack_sequence_as([1, 2], [1, 2, 3]),
    "no dict": lambda t: t.assert_same_structure({"a": 1}, (1,)),
    "other keys": lambda t: t.assert_same_structure({"a": 1, "b": 2}, {"c": 3}),
    "a key too few": lambda t: t.map_structure(lambda x, y: x, {"a": 1, "b": 2}, {"a": 3}),
    "a key too many": lambda t: t.map_structure_up_to({"a": 1}, lambda x: x, {"a": 3, "b": 4}),
    "a leaf": lambda t: t.assert_same_structure([1], 1),
    "shallower": lambda t: t.map_structure_up_to([[1]], lambda x: x, [1]),
}


@pytest.mark.parametrize("name", CASES)
def test_as_keras_has_it(name):
    found = []
    for tree in (gradtape.keras.tree, keras.tree):
        try:
            found.append(CASES[name](tree))
        except Exception as error:
            found.append((type(error), str(error)))
    assert found[0] == found[1]
    assert str(found[0]) == str(found[1])


@pytest.mark.parametrize("top_down", [True, False])
def test_order_of_a_walk(top_down):
    found = []
    for tree in (gradtape.keras.tree, keras.tree):
        seen = []
        tree.traverse(lambda x, seen=seen: seen.append(x), NESTED, top_down=top_down)
        found.append(seen)
    assert found[0] == found[1]


def test_errors_in_words_of_their_own():
    kinds = []
    for tree in (gradtape.keras.tree, keras.tree):
        with pytest.raises(TypeError) as caught:
            tree.map_structure(3, [1])
        kinds.append(type(caught.value))
    assert kinds[0] is kinds[1]
