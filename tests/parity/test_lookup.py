"""Tables of tf.lookup compared with TensorFlow's."""

import random

import numpy as np
import pytest
import tensorflow
from compare import same

import gradtape
from gradtape._src.core.fingerprints import fingerprint64


def words(tf, *texts):
    """String tensors of either library: datasets return them in both."""
    return next(iter(tf.data.Dataset.from_tensors(list(texts))))


def i64(*numbers):
    return np.array(numbers, np.int64)


def table(tf, keys, values, default=-1):
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), default)


def vocabulary(tf, buckets=3):
    return tf.lookup.StaticVocabularyTable(tf.lookup.KeyValueTensorInitializer(["tape", "watch"], i64(0, 1)), buckets)


def mutable(tf):
    changing = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, [0.0, 0.0])
    changing.insert(i64(1, 2), [[1.0, 2.0], [3.0, 4.0]])
    changing.insert(i64(2), [[5.0, 6.0]])
    changing.remove(i64(1, 9))
    asked = tf.constant([[1, 2], [3, 4]], tf.int64)
    default = changing.lookup(tf.constant([2, 7], tf.int64), tf.constant([[8.0, 9.0], [8.0, 9.0]]))
    return changing.size(), changing.lookup(asked), changing[asked], default, changing.key_dtype.name


def of_text(tf):
    changing = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    changing.insert(["a", "b"], i64(1, 2))
    keys, values = changing.export()
    entries = dict(zip(keys.numpy().tolist(), values.numpy().tolist(), strict=True))
    return changing.lookup(words(tf, "b", "c")), sorted(entries.items())


def lines(tf, path, key, value, dtypes, default, asked, **options):
    index = tf.lookup.TextFileIndex
    key, value = (getattr(index, place) if isinstance(place, str) else place for place in (key, value))
    found = tf.lookup.TextFileInitializer(path, getattr(tf, dtypes[0]), key, getattr(tf, dtypes[1]), value, **options)
    filled = tf.lookup.StaticHashTable(found, default)
    return filled.size(), filled.lookup(
        words(tf, *asked) if isinstance(asked[0], str) else tf.constant(asked, tf.int64)
    )


PROGRAMS = {
    "words": lambda tf: table(tf, ["a", "b"], i64(1, 2)).lookup(words(tf, "b", "z")),
    "numbers": lambda tf: table(tf, [1, 2], [0.5, 0.7], -1.0).lookup(tf.constant([[2, 9]])),
    "to words": lambda tf: table(tf, [1, 2], ["a", "b"], "none").lookup(tf.constant([2, 9])),
    "by an index": lambda tf: table(tf, [1, 2], [3, 4])[tf.constant(2)],
    "about": lambda tf: (lambda t: (t.size(), t.key_dtype.name, t.value_dtype.name, t.default_value))(
        table(tf, [1, 2], [3, 4])
    ),
    "twice the same": lambda tf: table(tf, [1, 1], [3, 3]).size(),
    "two values": lambda tf: table(tf, [1, 1], [3, 4]),
    "too few values": lambda tf: table(tf, [1, 2], [3]),
    "default of another dtype": lambda tf: table(tf, [1, 2], [3, 4], -1.5),
    "keys of another dtype": lambda tf: table(tf, [1], [3]).lookup(tf.constant([1], tf.int64)),
    "vocabulary": lambda tf: (
        vocabulary(tf).lookup(words(tf, "watch", "clock", "", "hand", "a longer word than sixteen bytes")),
        vocabulary(tf).size(),
    ),
    "buckets alone": lambda tf: tf.lookup.StaticVocabularyTable(None, 5).lookup(words(tf, "a", "q")),
    "vocabulary of numbers": lambda tf: tf.lookup.StaticVocabularyTable(
        tf.lookup.KeyValueTensorInitializer(i64(5, 6), i64(0, 1)), 3
    ).lookup(tf.constant([5, 100, 101, -3], tf.int64)),
    "vocabulary of int32": lambda tf: tf.lookup.StaticVocabularyTable(
        tf.lookup.KeyValueTensorInitializer([1], i64(0)), 1
    ),
    "vocabulary to int32": lambda tf: tf.lookup.StaticVocabularyTable(
        tf.lookup.KeyValueTensorInitializer(["a"], [0]), 1
    ),
    "no buckets": lambda tf: vocabulary(tf, 0),
    "mutable": mutable,
    "mutable, of text": of_text,
    "mutable, too many values": lambda tf: tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1).insert(
        ["a"], i64(1, 2)
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same(PROGRAMS[name], message=name != "default of another dtype")


FILES = {
    "columns": (0, 1, ("string", "string"), "-", ["x", "z", "q"], {}),
    "line numbers": ("WHOLE_LINE", "LINE_NUMBER", ("string", "int64"), -1, ["x\t1", "q"], {}),
    "lines by number": ("LINE_NUMBER", "WHOLE_LINE", ("int64", "string"), "?", [0, 1, 2], {}),
    "numbers in columns": (0, 1, ("string", "int64"), -1, ["x", "z"], {}),
    "an offset": (0, "LINE_NUMBER", ("string", "int64"), -1, ["z"], {"value_index_offset": 5}),
    "some lines": (0, "LINE_NUMBER", ("string", "int64"), -1, ["z"], {"vocab_size": 1}),
    "no such column": (5, "LINE_NUMBER", ("string", "int64"), -1, ["z"], {}),
    "int32 line numbers": (0, "LINE_NUMBER", ("string", "int32"), -1, ["z"], {}),
}


@pytest.mark.parametrize("name", FILES)
def test_files(name, tmp_path):
    # A separate path for each library: TensorFlow caches tables by their file's name.
    path = tmp_path / "lines"
    path.write_text("x\t1\nz\t2\n")
    *arguments, options = FILES[name]
    same(lambda tf: lines(tf, str(path), *arguments, **options), message=name == "no such column")


def test_missing_file():
    same(lambda tf: lines(tf, "/nowhere/lines", 0, 1, ("string", "string"), "-", ["x"]))


def test_fingerprints():
    generator = random.Random(0)
    texts = [generator.randbytes(size) for size in (*range(0, 70), 100, 127, 128, 129, 192, 193, 1000)]
    expected = tensorflow.fingerprint(tensorflow.constant(texts)).numpy().view(np.uint64)[:, 0]
    assert [fingerprint64(text) for text in texts] == expected.tolist()


def test_static_tables_are_steps_of_compiled_functions():
    traces = []
    numbers = table(gradtape, i64(1, 2), i64(10, 20))

    @gradtape.function
    def doubled(keys):
        traces.append(1)
        return 2 * numbers.lookup(keys)

    for keys in ([1, 2], [2, 1], [3, 3]):
        expected = [2 * {1: 10, 2: 20}.get(key, -1) for key in keys]
        np.testing.assert_array_equal(doubled(gradtape.constant(keys, gradtape.int64)), expected)
    assert len(traces) == 1


def test_mutable_tables_are_asked_anew_by_compiled_functions():
    changing = gradtape.lookup.experimental.MutableHashTable(gradtape.int64, gradtape.int64, 0)

    @gradtape.function
    def count(key):
        changing.insert(key, changing.lookup(key) + 1)
        return changing.lookup(key)

    key = gradtape.constant([7], gradtape.int64)
    assert [int(count(key)[0]) for _ in range(4)] == [1, 2, 3, 4]
