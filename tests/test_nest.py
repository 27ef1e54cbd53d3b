"""Nested structures flatten, pack, map and compare as tf.nest does."""

import collections

import numpy as np
import pytest

import gradtape as tf
from gradtape import nest
from gradtape._src.core.tensor_shape import TensorShape
from structures import Nesting, Plain, Point

ARRAY = np.zeros(2)
SHAPE = TensorShape([1, 2])


@pytest.mark.parametrize(
    "structure, leaves",
    [
        (1, [1]),
        (None, [None]),
        ([], []),
        ([1, [2, (3,)]], [1, 2, 3]),
        ({"b": 1, "a": 2}, [2, 1]),
        (collections.OrderedDict(b=1, a=2), [2, 1]),
        ({"b": 1, "a": 2}.values(), [1, 2]),
        (Point(1, [2]), [1, 2]),
        (Nesting(1, [2, 3]), [1, 2, 3]),
        (Plain(1, 2), [Plain(1, 2)]),
        ("abc", ["abc"]),
        (["abc", b"d"], ["abc", b"d"]),
        ({1, 2}, [{1, 2}]),
        (range(3), [0, 1, 2]),
        (collections.deque([1, 2]), [1, 2]),
        (ARRAY, [ARRAY]),
        (SHAPE, [SHAPE]),
    ],
)
def test_flatten(structure, leaves):
    flat = nest.flatten(structure)
    assert all(one is other or one == other for one, other in zip(flat, leaves, strict=True))


def test_is_nested():
    assert all(map(nest.is_nested, ([], (), {}, Point(1, 2), Nesting(1, 2), range(2))))
    assert not any(map(nest.is_nested, (1, None, "s", b"s", ARRAY, {1}, Plain(1, 2), Nesting)))


@pytest.mark.parametrize(
    "structure, flat, packed",
    [
        ([1, [2]], [5, 6], [5, [6]]),
        ((1, {"b": 2, "a": 3}), [5, 6, 7], (5, {"b": 7, "a": 6})),
        (1, [5], 5),
        (Point(1, 2), (5, 6), Point(5, 6)),
        (Nesting(1, [2]), [5, 6], Nesting(5, [6])),
        (collections.OrderedDict(b=1, a=2), [5, 6], collections.OrderedDict(b=6, a=5)),
        (collections.defaultdict(int, b=1), [5], collections.defaultdict(int, b=5)),
        (range(2), [5, 6], [5, 6]),
        (collections.deque([1, 2]), [5, 6], collections.deque([5, 6])),
        ([], [], []),
    ],
)
def test_pack_sequence_as(structure, flat, packed):
    result = nest.pack_sequence_as(structure, flat)
    assert result == packed and type(result) is type(packed)
    if isinstance(result, dict):
        assert list(result) == list(packed)


@pytest.mark.parametrize(
    "act, kind, message",
    [
        (
            lambda: nest.pack_sequence_as([1, 2], [5]),
            ValueError,
            "Could not pack sequence. Structure had 2 atoms, but flat_sequence had 1 items.  "
            "Structure: [1, 2], flat_sequence: [5].",
        ),
        (
            lambda: nest.pack_sequence_as(1, [5, 6]),
            ValueError,
            "The target structure is of type `<class 'int'>`\n  1\nHowever the input is a sequence (<class 'list'>) of "
            "length 2.\n  [5, 6]\nnest cannot guarantee that it is safe to map one to the other.",
        ),
        (
            lambda: nest.pack_sequence_as([1, 2], 5),
            TypeError,
            "Attempted to pack value:\n  5\ninto a structure, but found incompatible type `<class 'int'>` instead.",
        ),
        (
            lambda: nest.pack_sequence_as({1: 1, "a": 2}, [1, 2]),
            TypeError,
            "nest only supports dicts with sortable keys.",
        ),
        (lambda: nest.map_structure(1, [1]), TypeError, "func must be callable, got: 1"),
        (lambda: nest.map_structure(abs), ValueError, "Must provide at least one structure"),
        (
            lambda: nest.map_structure(abs, [1], foo=1),
            ValueError,
            "Only valid keyword arguments are `check_types` and `expand_composites`, not: `foo`",
        ),
    ],
)
def test_refusals(act, kind, message):
    with pytest.raises(kind) as caught:
        act()
    assert str(caught.value) == message


def test_map_structure():
    assert nest.map_structure(lambda x: x + 1, [1, (2, {"a": 3})]) == [2, (3, {"a": 4})]
    assert nest.map_structure(lambda x, y: x + y, {"a": 1, "b": 2}, {"b": 10, "a": 20}) == {"a": 21, "b": 12}
    assert nest.map_structure(lambda x, y: x + y, [1, 2], (3, 4), check_types=False) == [4, 6]
    assert nest.map_structure(abs, -1) == 1
    assert nest.map_structure(abs, Nesting(-1, [-2])) == Nesting(1, [2])


@pytest.mark.parametrize(
    "one, two",
    [
        ([1, 2], [None, "s"]),
        ({"a": 1}, collections.OrderedDict(a=1)),
        (Point(1, 2), collections.namedtuple("Point", "x y")(1, 2)),
        (Nesting(1, [2]), Nesting(3, [4])),
        (Plain(1, 2), 3),
    ],
)
def test_same_structures(one, two):
    nest.assert_same_structure(one, two)


@pytest.mark.parametrize(
    "one, two, kind, reason",
    [
        (
            [1, 2],
            [3],
            ValueError,
            "The two structures don't have the same number of elements. First structure: type=list str=[1, 2]. "
            "Second structure: type=list str=[3]\nEntire first structure:\n[., .]\nEntire second structure:\n[.]",
        ),
        (
            [1, [2]],
            [1, 3],
            ValueError,
            'Substructure "type=list str=[2]" is a sequence, while substructure "type=int str=3" is not\n'
            "Entire first structure:\n[., [.]]\nEntire second structure:\n[., .]",
        ),
        (
            [1, 2],
            (3, 4),
            TypeError,
            "The two namedtuples don't have the same sequence type. "
            "First structure type=list str=[1, 2] has type list, "
            "while second structure type=tuple str=(3, 4) has type tuple\n"
            "Entire first structure:\n[., .]\nEntire second structure:\n(., .)",
        ),
        (
            {"a": 1},
            {"b": 1},
            ValueError,
            "The two dictionaries don't have the same set of keys. First structure has keys type=list str=['a'], "
            "while second structure has keys type=list str=['b']\n"
            "Entire first structure:\n{'a': .}\nEntire second structure:\n{'b': .}",
        ),
    ],
)
def test_different_structures_are_told_apart(one, two, kind, reason):
    with pytest.raises(kind) as caught:
        nest.assert_same_structure(one, two)
    assert str(caught.value) == (
        "The two structures don't have the same nested structure.\n\n"
        f"First structure: type={type(one).__name__} str={one}\n\n"
        f"Second structure: type={type(two).__name__} str={two}\n\nMore specifically: {reason}"
    )


def test_types_may_be_left_unchecked():
    nest.assert_same_structure({"a": 1, "b": 2}, [1, 2], check_types=False)
    with pytest.raises(ValueError, match="the same number of elements"):
        nest.assert_same_structure([1, 2], (1,), check_types=False)


def test_composites_are_leaves_unless_they_are_expanded():
    sparse = tf.SparseTensor([[0, 1]], [2.0], [2, 2])
    rows = tf.IndexedSlices(tf.ones((1, 2)), tf.constant([1]))
    structure = {"a": sparse, "b": [rows, 1]}
    assert [type(leaf) for leaf in nest.flatten(structure)] == [tf.SparseTensor, tf.IndexedSlices, int]
    flat = nest.flatten(structure, expand_composites=True)
    assert [np.asarray(leaf).tolist() for leaf in flat] == [[[0, 1]], [2.0], [2, 2], [[1.0, 1.0]], [1], 1]
    assert len(nest.flatten(tf.IndexedSlices(rows.values, rows.indices, tf.constant([3, 2])), True)) == 3
    packed = nest.pack_sequence_as(structure, [flat[0], flat[1] * 2, *flat[2:]], expand_composites=True)
    assert packed["a"].values.numpy() == [4.0] and packed["a"].dense_shape.numpy().tolist() == [2, 2]
    assert type(packed["b"][0]) is tf.IndexedSlices and packed["b"][0].dense_shape is None
    doubled = nest.map_structure(lambda x: x + x, rows, expand_composites=True)
    assert doubled.values.numpy().tolist() == [[2.0, 2.0]] and doubled.indices.numpy() == [2]
    with pytest.raises(ValueError, match="Structure had 6 atoms, but flat_sequence had 3 items"):
        nest.pack_sequence_as(structure, [1, 2, 3], expand_composites=True)


def test_expanded_composites_need_their_like():
    """TensorFlow compares their specifications; where it fails with an AttributeError the types are compared here."""
    sparse = tf.SparseTensor([[0, 1]], [2.0], [2, 2])
    rows = tf.IndexedSlices(tf.ones((1, 2)), tf.constant([1]))
    nest.assert_same_structure([sparse], [1])
    nest.assert_same_structure([sparse], [tf.SparseTensor([[0, 1]], [2.0], [2, 3])], expand_composites=True)
    whole = tf.SparseTensor([[0, 1]], [2], [2, 2])
    placed = tf.IndexedSlices(rows.values, rows.indices, tf.constant([3, 2]))
    for check_types in (True, False):
        for one, other in ((sparse, whole), (rows, placed), (rows, sparse)):
            with pytest.raises(ValueError, match="Incompatible CompositeTensor TypeSpecs"):
                nest.assert_same_structure([one], [other], check_types, expand_composites=True)
        with pytest.raises(ValueError, match="is a sequence, while substructure"):
            nest.assert_same_structure([1], [sparse], check_types, expand_composites=True)
        with pytest.raises(TypeError, match=r"First structure type=SparseTensor .* second structure type=list"):
            nest.assert_same_structure([sparse], [[1, 2, 3]], check_types, expand_composites=True)


def test_leaves_by_name_are_no_sequence():
    """TensorFlow raises KeyError: 0."""
    assert nest.pack_sequence_as([0, 0], {0: 1, 1: 2}) == [1, 2]
    for structure in (1, [1, 2], {"a": 1, "b": 2}):
        with pytest.raises(TypeError, match="found incompatible type `<class 'dict'>`"):
            nest.pack_sequence_as(structure, {"a": 1.0, 2: 2.0})
