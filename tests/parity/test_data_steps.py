"""Every dataset method compared with TensorFlow's: elements, specification, cardinality, text and errors."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest
from compare import Program, same

Pair = namedtuple("Pair", "first second")


def described(dataset: Any, *, text: bool = True, times: int = 2) -> Any:
    """All that two iterations over a dataset show."""
    elements = [list(dataset.as_numpy_iterator()) for _ in range(times)]
    shown = repr(dataset).replace("V2 element_spec", " element_spec") if text else ""
    return elements, shown, int(dataset.cardinality())


def numbers(tf: Any, count: int = 10) -> Any:
    return tf.data.Dataset.range(count)


def increment(x: Any) -> Any:
    return x + 1


def pairs(tf: Any) -> Any:
    data = np.arange(12, dtype=np.float32).reshape(6, 2)
    return tf.data.Dataset.from_tensor_slices((data, {"b": np.arange(6), "a": [b"%d" % i for i in range(6)]}))


STEPS: dict[str, Program] = {
    "range": lambda tf: described(numbers(tf)),
    "range of three": lambda tf: described(tf.data.Dataset.range(5, 0, -2)),
    "range of floats": lambda tf: described(tf.data.Dataset.range(3, output_type=tf.float32)),
    "empty range": lambda tf: described(tf.data.Dataset.range(5, 0)),
    "slices": lambda tf: described(pairs(tf)),
    "slices of lists": lambda tf: described(tf.data.Dataset.from_tensor_slices(([1, 2], [3.0, 4.0]))),
    "slices of a list": lambda tf: described(tf.data.Dataset.from_tensor_slices([[1, 2], [3, 4]])),
    "slices of a named tuple": lambda tf: described(tf.data.Dataset.from_tensor_slices(Pair([1, 2], [3, 4]))),
    "slices of text": lambda tf: described(tf.data.Dataset.from_tensor_slices(["a", "bc"])),
    "slices of bools": lambda tf: described(tf.data.Dataset.from_tensor_slices(np.array([True, False]))),
    "slices of a variable": lambda tf: described(tf.data.Dataset.from_tensor_slices(tf.Variable([1.0, 2.0]))),
    "tensors": lambda tf: described(tf.data.Dataset.from_tensors((1, [2.0, 3.0], "x"))),
    "tensors with None": lambda tf: described(tf.data.Dataset.from_tensors((1, None))),
    "map": lambda tf: described(numbers(tf).map(increment)),
    "map of pairs": lambda tf: described(pairs(tf).map(lambda x, y: (y["b"], x * 2))),
    "map of a dict": lambda tf: described(
        tf.data.Dataset.from_tensor_slices({"x": [1, 2]}).map(lambda d: {"y": d["x"] * 2, **d})
    ),
    "map to a list": lambda tf: described(numbers(tf, 3).map(lambda x: [x, [x, x]])),
    "map to constants": lambda tf: described(numbers(tf, 3).map(lambda x: (1, 2.0, "s", True))),
    "map to an array": lambda tf: described(numbers(tf, 3).map(lambda x: np.arange(3.0))),
    "map to unknown sizes": lambda tf: described(numbers(tf, 3).map(tf.range)),
    "map of batches": lambda tf: described(numbers(tf).batch(4).map(lambda x: tf.cast(x, tf.float32)[:, None])),
    "map to a named tuple": lambda tf: described(numbers(tf, 3).map(lambda x: Pair(x, x + 1))),
    "parallel map": lambda tf: described(numbers(tf).map(increment, num_parallel_calls=3)),
    "tuned map": lambda tf: described(numbers(tf).map(increment, num_parallel_calls=tf.data.AUTOTUNE)),
    "batch": lambda tf: described(numbers(tf).batch(3)),
    "batch without remainder": lambda tf: described(numbers(tf).batch(3, drop_remainder=True)),
    "parallel batch": lambda tf: described(numbers(tf).batch(3, num_parallel_calls=2)),
    "batch of pairs": lambda tf: described(pairs(tf).batch(4)),
    "batch of mapped": lambda tf: described(pairs(tf).map(lambda x, y: (x, y["a"])).batch(4)),
    "batch of batches": lambda tf: described(numbers(tf).batch(2).batch(2)),
    "batch that is larger": lambda tf: described(numbers(tf, 3).batch(10)),
    "batch of unknown sizes": lambda tf: described(numbers(tf).map(lambda x: tf.range(x // 4)).batch(4).take(2)),
    "padded batch": lambda tf: described(numbers(tf).map(tf.range).padded_batch(4)),
    "padded batch to a shape": lambda tf: described(numbers(tf).map(tf.range).padded_batch(4, padded_shapes=[12])),
    "padded batch with values": lambda tf: described(
        numbers(tf).map(lambda x: (x, tf.range(x))).padded_batch(4, ((), [-1]), (None, tf.constant(7, tf.int64)), True)
    ),
    "padded batch of text": lambda tf: described(
        tf.data.Dataset.from_generator(
            lambda: iter([["a"], ["b", "c"]]), output_signature=tf.TensorSpec([None], tf.string)
        ).padded_batch(2)
    ),
    "unbatch": lambda tf: described(numbers(tf).batch(4).unbatch()),
    "unbatch pairs": lambda tf: described(pairs(tf).batch(4).unbatch()),
    "unbatch full batches": lambda tf: described(numbers(tf).batch(4, drop_remainder=True).unbatch()),
    "repeat": lambda tf: described(numbers(tf, 3).repeat(2)),
    "repeat never": lambda tf: described(numbers(tf, 3).repeat(0)),
    "repeat for ever": lambda tf: described(numbers(tf, 3).repeat().take(7)),
    "repeat nothing for ever": lambda tf: described(numbers(tf, 0).repeat()),
    "take": lambda tf: described(numbers(tf).take(3)),
    "take all": lambda tf: described(numbers(tf).take(-1)),
    "take more": lambda tf: described(numbers(tf).take(30)),
    "take of a tensor": lambda tf: described(numbers(tf).take(tf.constant(2, tf.int64))),
    "skip": lambda tf: described(numbers(tf).skip(7)),
    "skip all": lambda tf: described(numbers(tf).skip(-1)),
    "skip more": lambda tf: described(numbers(tf).skip(30)),
    "shard": lambda tf: described(numbers(tf).shard(3, 1)),
    "shard of mapped": lambda tf: described(numbers(tf).map(increment).shard(4, 3)),
    "shards of few": lambda tf: described(numbers(tf, 2).shard(4, 3)),
    "cache": lambda tf: described(numbers(tf).map(increment).cache()),
    "cache of slices": lambda tf: described(pairs(tf).cache().batch(4)),
    "prefetch": lambda tf: described(numbers(tf).prefetch(2)),
    "tuned prefetch": lambda tf: described(numbers(tf).map(increment).prefetch(tf.data.AUTOTUNE)),
    "no prefetch": lambda tf: described(numbers(tf).prefetch(0)),
    "filter": lambda tf: described(numbers(tf).filter(lambda x: x % 3 == 0)),
    "filter by Python": lambda tf: described(numbers(tf).filter(lambda x: True)),
    "take while": lambda tf: described(numbers(tf).take_while(lambda x: x < 4)),
    "concatenate": lambda tf: described(numbers(tf).concatenate(numbers(tf, 3))),
    "concatenate shapes": lambda tf: described(
        tf.data.Dataset.from_tensors([1, 2]).concatenate(tf.data.Dataset.from_tensors([1]))
    ),
    "concatenate batches": lambda tf: described(numbers(tf).batch(4).concatenate(numbers(tf).batch(3))),
    "enumerate": lambda tf: described(pairs(tf).enumerate(5)),
    "zip": lambda tf: described(tf.data.Dataset.zip((numbers(tf), pairs(tf)))),
    "zip of a dict": lambda tf: described(tf.data.Dataset.zip({"b": numbers(tf), "a": numbers(tf, 2)}).batch(2)),
    "zip of arguments": lambda tf: described(tf.data.Dataset.zip(numbers(tf), numbers(tf).map(increment))),
    "zip of the endless": lambda tf: described(
        tf.data.Dataset.zip(numbers(tf, 2).repeat(), numbers(tf, 5).repeat()).take(6)
    ),
    "scan": lambda tf: described(numbers(tf).scan(np.int64(0), lambda s, x: (s + x, (s, x)))),
    "reduce": lambda tf: numbers(tf).reduce(np.int64(0), lambda s, x: s + x),
    "reduce pairs": lambda tf: numbers(tf).reduce((np.int64(0), 0.0), lambda s, x: (s[0] + x, s[1] + 1.0)),
    "reduce growing": lambda tf: numbers(tf, 4).reduce(tf.zeros([0], tf.int64), lambda s, x: tf.concat([s, [x]], 0)),
    "window": lambda tf: described(numbers(tf).window(3).flat_map(lambda w: w.batch(3))),
    "overlapping windows": lambda tf: described(numbers(tf).window(3, 1, 2, True).flat_map(lambda w: w.batch(3))),
    "windows with gaps": lambda tf: described(numbers(tf).window(2, shift=4).flat_map(lambda w: w.batch(3))),
    "windows of pairs": lambda tf: described(
        tf.data.Dataset.zip((numbers(tf), numbers(tf, 8)))
        .window(3)
        .flat_map(lambda a, b: tf.data.Dataset.zip((a.batch(3), b.batch(3))))
    ),
    "flat map": lambda tf: described(numbers(tf, 5).flat_map(tf.data.Dataset.range)),
    "flat map of slices": lambda tf: described(
        numbers(tf).batch(4).flat_map(lambda x: tf.data.Dataset.from_tensor_slices((x, x + 1)))
    ),
    "group by window": lambda tf: described(
        numbers(tf, 11).group_by_window(lambda x: x % 3, lambda key, group: group.batch(3), window_size=3)
    ),
    "buckets": lambda tf: described(
        numbers(tf).map(tf.range).bucket_by_sequence_length(lambda x: tf.shape(x)[0], [3, 6], [2, 3, 2])
    ),
    "rebatch": lambda tf: described(numbers(tf).batch(4).rebatch(3)),
    "rebatch in turn": lambda tf: described(numbers(tf).batch(4).rebatch([1, 2], drop_remainder=True)),
    "rebatch pairs": lambda tf: described(pairs(tf).batch(4).rebatch(5)),
    "unique": lambda tf: described(tf.data.Dataset.from_tensor_slices([1, 2, 1, 3, 2]).unique()),
    "choose": lambda tf: described(
        tf.data.Dataset.choose_from_datasets(
            [numbers(tf, 3), tf.data.Dataset.range(10, 15)], tf.data.Dataset.range(2).repeat(8)
        )
    ),
    "choose on": lambda tf: described(
        tf.data.Dataset.choose_from_datasets(
            [numbers(tf, 3), tf.data.Dataset.range(10, 15)], tf.data.Dataset.range(2).repeat(8), False
        )
    ),
    "counter": lambda tf: described(tf.data.Dataset.counter(3, 2).take(4)),
    "options": lambda tf: described(numbers(tf).with_options(tf.data.Options())),
    "apply": lambda tf: described(numbers(tf).apply(lambda dataset: dataset.take(2))),
    "ignore errors": lambda tf: described(
        numbers(tf, 7).map(lambda x: tf.constant([1, 2, 3])[x - 2]).batch(1).ignore_errors()
    ),
    "single element": lambda tf: numbers(tf).batch(20).get_single_element(),
    "assert cardinality": lambda tf: described(
        numbers(tf).filter(lambda x: x > 1).apply(tf.data.experimental.assert_cardinality(8))
    ),
    "unknown rank": lambda tf: described(tf.data.Dataset.from_generator(lambda: iter([1, 2]), tf.int32)),
    "generator of shapes": lambda tf: described(
        tf.data.Dataset.from_generator(lambda: iter([(1, [2.0]), (3, [4, 5])]), (tf.int32, tf.float32), ((), (None,)))
    ),
    "generator of dicts": lambda tf: described(
        tf.data.Dataset.from_generator(
            lambda: iter([{"b": [1, 2], "a": 1}]),
            output_signature={"a": tf.TensorSpec((), tf.int32), "b": tf.TensorSpec((None,), tf.float32)},
        )
    ),
    "generator with arguments": lambda tf: described(
        tf.data.Dataset.from_generator(lambda n: iter(range(n)), tf.int64, args=(3,))
    ),
    "generator of floats as integers": lambda tf: described(
        tf.data.Dataset.from_generator(lambda: iter([1.5, 2.5]), output_signature=tf.TensorSpec((), tf.int32))
    ),
    "len and bool": lambda tf: (len(numbers(tf)), bool(numbers(tf, 0)), len(numbers(tf).batch(4))),
    "elements": lambda tf: (list(numbers(tf, 2)), list(pairs(tf).take(2))),
    "optional": lambda tf: [iter(numbers(tf, n)).get_next_as_optional().has_value() for n in (0, 1)],
    "cardinalities": lambda tf: [
        int(dataset.cardinality())
        for dataset in (
            numbers(tf).repeat(),
            numbers(tf).repeat().batch(3),
            numbers(tf).repeat().take(3),
            numbers(tf).filter(lambda x: True).take(0),
            numbers(tf).filter(lambda x: True).take(3),
            numbers(tf).filter(lambda x: True).repeat(),
            numbers(tf, 0).repeat(),
            numbers(tf).window(3, 2, 2),
            numbers(tf).window(3, 2, 2, True),
            numbers(tf).skip(3).shard(3, 2),
            numbers(tf).repeat().concatenate(numbers(tf)),
            numbers(tf).filter(lambda x: True).concatenate(numbers(tf)),
            numbers(tf).batch(3, drop_remainder=True).unbatch(),
            tf.data.Dataset.zip((numbers(tf).filter(lambda x: True), numbers(tf, 3))),
            numbers(tf).flat_map(tf.data.Dataset.range),
        )
    ],
    "constants": lambda tf: (
        tf.data.AUTOTUNE,
        tf.data.experimental.AUTOTUNE,
        tf.data.INFINITE_CARDINALITY,
        tf.data.UNKNOWN_CARDINALITY,
    ),
    "ordered dict": lambda tf: described(
        tf.data.Dataset.from_tensor_slices(OrderedDict([("b", [1, 2]), ("a", [3, 4])])).batch(2)
    ),
}

ERRORS: dict[str, Program] = {
    "sizes": lambda tf: tf.data.Dataset.from_tensor_slices((np.zeros(3), np.zeros(4))),
    "scalar slices": lambda tf: tf.data.Dataset.from_tensor_slices(3),
    "no slices": lambda tf: tf.data.Dataset.from_tensor_slices(()),
    "ragged": lambda tf: tf.data.Dataset.from_tensor_slices([[1], [2, 3]]),
    "ragged batch": lambda tf: list(numbers(tf).map(tf.range).batch(3)),
    "ragged batch of pairs": lambda tf: list(numbers(tf).map(lambda x: (x, tf.range(x))).batch(3)),
    "ragged batch of a generator": lambda tf: list(
        tf.data.Dataset.from_generator(
            lambda: iter([[1], [2, 3]]), output_signature=tf.TensorSpec([None], tf.int32)
        ).batch(2)
    ),
    "ragged batch of a filter": lambda tf: list(numbers(tf).map(tf.range).filter(lambda x: True).batch(3)),
    "ragged parallel batch": lambda tf: list(numbers(tf).map(tf.range).batch(3, num_parallel_calls=2)),
    "ranks": lambda tf: list(
        tf.data.Dataset.from_tensors([1, 2]).concatenate(tf.data.Dataset.from_tensors(1)).batch(2)
    ),
    "padded too small": lambda tf: list(numbers(tf).map(tf.range).padded_batch(3, padded_shapes=[1])),
    "padded value": lambda tf: numbers(tf).map(tf.range).padded_batch(5, padded_shapes=[None], padding_values=-1),
    "padded structure": lambda tf: numbers(tf).map(lambda x: (x, tf.range(x))).padded_batch(5, padded_shapes=[12]),
    "padded rank": lambda tf: numbers(tf).padded_batch(5, padded_shapes=[12]),
    "padded unknown rank": lambda tf: tf.data.Dataset.from_generator(lambda: iter([1]), tf.int32).padded_batch(2),
    "generator not callable": lambda tf: tf.data.Dataset.from_generator([1], tf.int32),
    "generator without types": lambda tf: tf.data.Dataset.from_generator(lambda: iter([1])),
    "generator with both": lambda tf: tf.data.Dataset.from_generator(
        lambda: iter([1]), tf.int32, output_signature=tf.TensorSpec((), tf.int32)
    ),
    "generator arguments": lambda tf: tf.data.Dataset.from_generator(lambda: iter([1]), tf.int32, args=3),
    "window size": lambda tf: numbers(tf).window(0),
    "window shift": lambda tf: numbers(tf).window(1, shift=0),
    "shard index": lambda tf: numbers(tf).shard(3, 3),
    "no shards": lambda tf: numbers(tf).shard(0, 0),
    "range arguments": lambda tf: tf.data.Dataset.range(),
    "range step": lambda tf: tf.data.Dataset.range(1, 2, 0),
    "range of a float": lambda tf: tf.data.Dataset.range(3.5),
    "zip of a number": lambda tf: tf.data.Dataset.zip((numbers(tf), 3)),
    "zip of a list": lambda tf: tf.data.Dataset.zip([numbers(tf)]),
    "zip of nothing": lambda tf: tf.data.Dataset.zip(),
    "concatenate dtypes": lambda tf: numbers(tf).concatenate(tf.data.Dataset.range(3, output_type=tf.int32)),
    "concatenate structures": lambda tf: numbers(tf).concatenate(tf.data.Dataset.zip((numbers(tf), numbers(tf)))),
    "filter of numbers": lambda tf: list(numbers(tf).filter(lambda x: x)),
    "cycle": lambda tf: numbers(tf).interleave(tf.data.Dataset.range, cycle_length=0),
    "block": lambda tf: numbers(tf).interleave(tf.data.Dataset.range, block_length=0),
    "calls beyond the cycle": lambda tf: numbers(tf).interleave(tf.data.Dataset.range, 2, num_parallel_calls=3),
    "unbatch sizes": lambda tf: tf.data.Dataset.from_tensors((np.zeros(3), np.zeros(4))).unbatch(),
    "unbatch scalars": lambda tf: numbers(tf).unbatch(),
    "unbatch unknown scalars": lambda tf: list(tf.data.Dataset.from_generator(lambda: iter([1]), tf.int32).unbatch()),
    "shuffle of none": lambda tf: numbers(tf).shuffle(0),
    "shuffle of -1": lambda tf: numbers(tf).shuffle(-1),
    "shuffle of a float": lambda tf: numbers(tf).shuffle(2.5),
    "reduce count": lambda tf: numbers(tf).reduce(np.int64(0), lambda s, x: (s, x)),
    "scan of no pair": lambda tf: list(numbers(tf).scan(np.int64(0), lambda s, x: s)),
    "scan of another dtype": lambda tf: list(numbers(tf).scan(0, lambda s, x: (x, x))),
    "batch size": lambda tf: numbers(tf).batch(0),
    "take of a float": lambda tf: numbers(tf).take(2.5),
    "take of an int32 tensor": lambda tf: numbers(tf).take(tf.constant(2)),
    "choices out of range": lambda tf: list(
        tf.data.Dataset.choose_from_datasets([numbers(tf), numbers(tf)], tf.data.Dataset.range(3))
    ),
    "choices of int32": lambda tf: tf.data.Dataset.choose_from_datasets(
        [numbers(tf)], numbers(tf).map(lambda x: tf.cast(x, tf.int32))
    ),
    "choices from nothing": lambda tf: tf.data.Dataset.choose_from_datasets([], numbers(tf)),
    "weights": lambda tf: tf.data.Dataset.sample_from_datasets([numbers(tf), numbers(tf)], weights=[1.0]),
    "samples from nothing": lambda tf: tf.data.Dataset.sample_from_datasets([]),
    "map of None": lambda tf: numbers(tf).map(None),
    "map without calls": lambda tf: numbers(tf).map(increment, num_parallel_calls=0),
    "prefetch": lambda tf: numbers(tf).prefetch(-2),
    "no files": lambda tf: tf.data.Dataset.list_files("/no/such/*"),
    "rebatch scalars": lambda tf: numbers(tf).rebatch(2),
    "no single element": lambda tf: numbers(tf, 0).get_single_element(),
    "more than a single element": lambda tf: numbers(tf).get_single_element(),
    "option": lambda tf: setattr(tf.data.Options(), "foo", 1),
    "option's type": lambda tf: setattr(tf.data.Options(), "deterministic", 1),
    "too many": lambda tf: list(numbers(tf).apply(tf.data.experimental.assert_cardinality(5))),
    "too few": lambda tf: list(numbers(tf).apply(tf.data.experimental.assert_cardinality(50))),
    "end": lambda tf: iter(numbers(tf, 0)).get_next(),
    "end of an iterator": lambda tf: next(iter(numbers(tf, 0))),
    "infinite length": lambda tf: len(numbers(tf).repeat()),
    "unknown length": lambda tf: len(numbers(tf).filter(lambda x: True)),
    "no iterator": lambda tf: next(numbers(tf)),
    "unique floats": lambda tf: tf.data.Dataset.from_tensors(1.0).unique(),
    "optional without value": lambda tf: iter(numbers(tf, 0)).get_next_as_optional().get_value(),
}
# The message names a class of the library's, or words the exception in a function differently; or, for batches,
# names whichever element TensorFlow's threads had copied first.
WITHOUT_MESSAGE = {
    *("no iterator", "ragged", "unique floats", "optional without value"),
    *("ragged batch", "ragged batch of pairs"),
}


@pytest.mark.parametrize("name", STEPS)
def test_step(name: str) -> None:
    same(STEPS[name])


@pytest.mark.parametrize("name", ERRORS)
def test_error(name: str) -> None:
    outcome = same(ERRORS[name], message=name not in WITHOUT_MESSAGE)
    assert outcome.exception
