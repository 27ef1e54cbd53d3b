"""dtypes, shapes, nests, errors and strings, compared with TensorFlow."""

import collections
import itertools

import numpy as np
import pytest
import tensorflow
from compare import same

from cases import cases
from gradtape._src.core import formatting
from structures import Nesting, Plain, Point

NAMES = ["float32", "float64", "int32", "int64", "uint8", "bool"]
DTYPE_KEYS = [
    *NAMES,
    *[np.dtype(name) for name in NAMES],
    *[np.dtype(name).type for name in NAMES],
    *("float", "double", "int", "f4", "<f4", "?", "", "foo", float, bool, int, str, bytes, None, list),
    *(1, 2, 3, 4, 9, 10, -1, 3.5, True, np.float32(1), np.uint8(3), np.array(1.0), [1], (1, 2), {}, np.longdouble),
    *(np.dtype(">f4"), np.intc, np.longlong, np.dtype("i4,f4"), complex),
]


@pytest.mark.parametrize("key", DTYPE_KEYS, ids=repr)
def test_dtype_conversion(key):
    same(lambda tf: tf.as_dtype(key))
    same(lambda tf: [getattr(tf, name) == key for name in NAMES])


@pytest.mark.parametrize(
    "key",
    ["half", "float16", "bfloat16", "string", np.float16, np.int8, np.int16, np.str_, object, np.complex64],
    ids=str,
)
def test_other_types_are_equal_to_none_of_these(key):
    same(lambda tf: [getattr(tf, name) == key for name in NAMES])


@pytest.mark.parametrize(
    "attribute",
    [
        *("name", "size", "as_numpy_dtype", "as_datatype_enum", "base_dtype", "real_dtype", "min", "max", "limits"),
        *("is_floating", "is_integer", "is_bool", "is_complex", "is_unsigned", "is_quantized", "is_numeric"),
        "is_numpy_compatible",
    ],
)
@cases("name", NAMES)
def test_dtype_attributes(name, attribute):
    same(lambda tf: getattr(getattr(tf, name), attribute))
    same(lambda tf: (repr(getattr(tf, name)), str(getattr(tf, name)), hash(getattr(tf, name))))


SHAPES = [(), (3,), (3, 2), (0, 3), [None, 2], None, 3]
SHAPE_PROGRAMS = {
    "repr": lambda S, s: repr(S(s)),
    "str": lambda S, s: str(S(s)),
    "percent": lambda S, s: "%s" % S(s),  # noqa: UP031
    "len": lambda S, s: len(S(s)),
    "list": lambda S, s: list(S(s)),
    "bool": lambda S, s: bool(S(s)),
    "rank": lambda S, s: (S(s).rank, S(s).ndims),
    "as_list": lambda S, s: S(s).as_list(),
    "num_elements": lambda S, s: S(s).num_elements(),
    "fully": lambda S, s: S(s).is_fully_defined(),
    "assert_fully": lambda S, s: S(s).assert_is_fully_defined(),
    "first": lambda S, s: S(s)[0],
    "slices": lambda S, s: (S(s)[:1], S(s)[1:], S(s)[1:-1], S(s)[:2]),
    "backwards": lambda S, s: S(s)[::-1],
    "hash": lambda S, s: S(s) if s is None else hash(S(s)),
    "numpy": lambda S, s: np.zeros(S(s)),
    "text index": lambda S, s: S(s)["a"] if s is not None else None,
    "format": lambda S, s: format(S(s), ">10"),
}
PAIR_PROGRAMS = {
    "eq": lambda S, s, o: (S(s) == o, S(s) != o),
    "shape eq": lambda S, s, o: S(s) == S(o),
    "add": lambda S, s, o: S(s) + o,
    "radd": lambda S, s, o: o + S(s),
    "concatenate": lambda S, s, o: S(s).concatenate(o),
    "compatible": lambda S, s, o: S(s).is_compatible_with(o),
    "assert compatible": lambda S, s, o: S(s).assert_is_compatible_with(o),
    "subtype": lambda S, s, o: S(s).is_subtype_of(S(o)),
    "merge": lambda S, s, o: S(s).merge_with(o),
    "common": lambda S, s, o: S(s).most_specific_compatible_shape(S(o)),
    "same rank": lambda S, s, o: S(s).assert_same_rank(o),
}


@pytest.mark.parametrize("program", SHAPE_PROGRAMS)
@cases("shape", SHAPES)
def test_shape(program, shape):
    same(lambda tf: SHAPE_PROGRAMS[program](tf.TensorShape, shape))


@pytest.mark.parametrize("program", PAIR_PROGRAMS)
@cases("shape,other", itertools.product(SHAPES, [*SHAPES, [2, 2]]))
def test_pair_of_shapes(program, shape, other):
    same(lambda tf: PAIR_PROGRAMS[program](tf.TensorShape, shape, other))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("method", ["with_rank", "with_rank_at_least", "with_rank_at_most", "assert_has_rank"])
@pytest.mark.parametrize("rank", [1, 2])
def test_shape_ranks(shape, method, rank):
    same(lambda tf: getattr(tf.TensorShape(shape), method)(rank))


@pytest.mark.parametrize(
    "dims",
    ["ab", "", b"ab", [3.0], [3.5], [-1], -1, 3.0, [3, [2]], ["3"], [3j], np.array([2, 3]), {}, [2**40]],
    ids=repr,
)
def test_shape_construction(dims):
    same(lambda tf: tf.TensorShape(dims))


@pytest.mark.parametrize("other", ["ab", 5, 3, (3.0, 2), object, None, np.array([3, 2]), 2.0], ids=repr)
def test_shape_equality_with_other_things(other):
    same(lambda tf: (tf.TensorShape([3, 2]) == other, tf.TensorShape([3]) == other))


Other = collections.namedtuple("Other", "x y")
Namesake = collections.namedtuple("Point", "x y")


class MyList(list):
    pass


STRUCTURES = [
    *(1, None, "ab", [], (), {}, [1, 2], (1, 2), [1], [[1], 2], [1, [2]], [[1], [2]], [[1, 2], 3], {1, 2}),
    *({"a": 1}, {"b": 1, "a": 2}, {"b": (1,), "a": [2]}, {"a": {"b": 1}}),
    *(Point(1, 2), Other(1, 2), Namesake(1, 2), Point(1, [2]), Plain(1, 2), Nesting(1, 2), Nesting(1, [2])),
    *(MyList([1, 2]), range(2), collections.OrderedDict(b=1, a=2), collections.defaultdict(int, b=1, a=2)),
    *({"b": 1, "a": 2}.values(), {"b": 1, "a": 2}.keys()),
]


@pytest.mark.parametrize("one", STRUCTURES, ids=str)
def test_nest(one):
    same(lambda tf: (tf.nest.is_nested(one), tf.nest.flatten(one)))
    same(lambda tf: tf.nest.map_structure(lambda leaf: [leaf], one))
    for flat in ([5], [5, 6], (5, 6, 7), 5, "ab", []):
        same(lambda tf, flat=flat: tf.nest.pack_sequence_as(one, flat))
    for other in STRUCTURES:
        for check_types in (True, False):
            same(lambda tf, other=other, ct=check_types: tf.nest.assert_same_structure(one, other, check_types=ct))


def test_unsortable_keys():
    same(lambda tf: tf.nest.flatten({1: 1, "a": 2}))
    same(lambda tf: tf.nest.map_structure(abs, {1: 1, "a": 2}))
    same(lambda tf: tf.nest.pack_sequence_as({1: 1, "a": 2}, [1, 2]))


def test_map_structure_of_several():
    same(lambda tf: tf.nest.map_structure(lambda *leaves: leaves, [1, {"a": 2}], [3, {"a": 4}], [5, {"a": 6}]))
    same(lambda tf: tf.nest.map_structure(lambda x, y: x, [1, 2], [1, 2], [1]))
    same(lambda tf: tf.nest.map_structure(1, [1]))
    same(lambda tf: tf.nest.map_structure(abs))
    same(lambda tf: tf.nest.map_structure(abs, [1], foo=1))


@pytest.mark.parametrize("name", [name for name in dir(tensorflow.errors) if name[0] != "_"])
def test_errors(name):
    if name == "OperatorNotAllowedInGraphError":
        return  # graphs only
    if name.isupper():
        same(lambda tf: getattr(tf.errors, name))
        return
    code = [3] if name == "OpError" else []

    def program(tf):
        error = getattr(tf.errors, name)(None, None, "what happened", *code)
        return str(error), repr(error), error.message, error.error_code, error.args, error.op, error.node_def

    same(program)

    def raising(tf):
        raise getattr(tf.errors, name)(None, None, "what happened", *code)

    same(raising)


VALUES = {
    "scalar": 36.0,
    "third": 1 / 3,
    "tenth": 0.1,
    "nan": np.nan,
    "-inf": -np.inf,
    "-0": -0.0,
    "huge": 1e20,
    "tiny": 1.5e-7,
    "one": 1,
    "vector": [1.0, 2.5],
    "mixed": [1e-10, 1.0, 1e10],
    "special": [[1 / 3, np.nan], [np.inf, -0.0]],
    "matrix": [[1, 2], [3, 4]],
    "cube": np.ones((2, 2, 2)),
    "long": np.arange(60),
    "longer": np.arange(2000),
    "wide": np.zeros((100, 100)),
    "empty": np.zeros((0, 3)),
    "none": [],
    "deep": np.zeros((2, 0, 3)),
    "column": np.arange(5).reshape(5, 1),
}
SPECS = ["", "5.4f", "5.4", "d", ">10", "e", "s", "x", "g", "+.2f", "06.2f", ",", ".0%", "b", ".3"]


def outcome(act):
    try:
        return act()
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("value", VALUES)
@cases("dtype", NAMES)
def test_text(value, dtype):
    with np.errstate(all="ignore"):
        array = np.array(VALUES[value]).astype(dtype)
    tensor, variable = tensorflow.constant(array), tensorflow.Variable(array, name="w")
    assert formatting.tensor_repr(array, dtype) == repr(tensor)
    assert formatting.tensor_str(array, dtype) == str(tensor)
    assert formatting.variable_repr(array, dtype, "w:0") == repr(variable) == str(variable)
    for spec in SPECS:
        assert outcome(lambda s=spec: formatting.tensor_format(array, s)) == outcome(lambda s=spec: format(tensor, s))
