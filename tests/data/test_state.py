"""An iterator's state, saved at any point and loaded into a new iterator, continues with the same elements."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradtape as tf


def numbers(count: int = 12) -> Any:
    return tf.data.Dataset.range(count)


def elements() -> Any:
    return numbers().map(lambda x: (x, x * 2))


PIPELINES: dict[str, Callable[[], Any]] = {
    "range": numbers,
    "slices": lambda: tf.data.Dataset.from_tensor_slices((np.arange(12), [f"n{i}" for i in range(12)])),
    "slices in batches": lambda: numbers().shuffle(5, seed=1).repeat(3).batch(5),
    "map": elements,
    "shuffled elements": lambda: elements().shuffle(5, seed=1).repeat(2),
    "shuffled text": lambda: numbers().map(lambda x: f"n{int(x)}").shuffle(5, seed=1),
    "shuffled structures": lambda: numbers().map(lambda x: {"a": x, "b": (x, None)}).shuffle(4, seed=1),
    "take, skip, shard": lambda: elements().skip(2).shard(2, 1).take(4),
    "concatenate": lambda: numbers(5).concatenate(numbers(5).shuffle(3, seed=1)),
    "concatenated elements": lambda: elements().concatenate(elements()),
    "batch": lambda: elements().batch(5),
    "padded batch": lambda: numbers().map(tf.range).padded_batch(5),
    "unbatch": lambda: elements().batch(5).unbatch(),
    "rebatch": lambda: elements().batch(5).rebatch(3),
    "window": lambda: numbers().window(3, shift=1).flat_map(lambda window: window.batch(3)),
    "windows with gaps": lambda: numbers().window(2, shift=4).flat_map(lambda window: window),
    "shuffled windows": lambda: numbers().window(3).shuffle(3, seed=1).flat_map(lambda window: window),
    "filter": lambda: numbers().filter(lambda x: x % 3 > 0),
    "take while": lambda: numbers().take_while(lambda x: x < 7),
    "scan": lambda: numbers().scan(np.int64(0), lambda s, x: (s + x, s)),
    "zip": lambda: tf.data.Dataset.zip(numbers().shuffle(3, seed=1), elements()),
    "enumerate": lambda: elements().enumerate(),
    "flat map": lambda: numbers(6).flat_map(lambda x: tf.data.Dataset.range(x)),
    "interleave": lambda: numbers(6).interleave(lambda x: tf.data.Dataset.range(x).map(lambda y: y + x), 3, 2),
    "parallel interleave": lambda: numbers(6).interleave(tf.data.Dataset.range, 3, num_parallel_calls=2),
    "parallel map": lambda: numbers().map(lambda x: x + 1, num_parallel_calls=3),
    "tuned map": lambda: numbers(40).map(lambda x: x + 1, num_parallel_calls=tf.data.AUTOTUNE),
    "prefetch": lambda: numbers().map(lambda x: x + 1).prefetch(3),
    "map, shuffle, batch, prefetch": lambda: (
        numbers().map(lambda x: x + 1, num_parallel_calls=2).shuffle(6, seed=3).repeat(2).batch(5).prefetch(2)
    ),
    "cache": lambda: elements().cache().repeat(2),
    "generator": lambda: tf.data.Dataset.from_generator(lambda: iter(range(9)), tf.int64),
    "random": lambda: tf.data.Dataset.random(seed=1).take(9),
    "counter": lambda: tf.data.Dataset.counter(3, 2).take(9),
    "choose": lambda: tf.data.Dataset.choose_from_datasets(
        [numbers(3), elements().map(lambda x, y: y)], numbers(2).repeat()
    ),
    "sample": lambda: tf.data.Dataset.sample_from_datasets([numbers(5), numbers(5)], seed=4),
    "groups": lambda: numbers().group_by_window(lambda x: x % 3, lambda key, group: group.batch(2), window_size=3),
    "unique": lambda: numbers().map(lambda x: x % 5).unique(),
    "cardinality": lambda: numbers().apply(tf.data.experimental.assert_cardinality(12)),
    "list": lambda: tf.data.experimental.from_list(list(range(9))),
    "errors": lambda: numbers().map(lambda x: 12 // (int(x) % 4)).ignore_errors(),
}


def plain(state: Any) -> Any:
    """A state through JSON: it contains only plain data."""

    def encode(item: Any) -> Any:
        if not isinstance(item, np.ndarray | np.generic | bytes):
            raise TypeError(type(item))
        array = np.asarray(item, object if isinstance(item, bytes) else None)
        values = [value.decode() if isinstance(value, bytes) else value for value in array.reshape(-1).tolist()]
        return {"array": values, "shape": list(array.shape), "dtype": array.dtype.str}

    def decode(item: dict[str, Any]) -> Any:
        if "array" not in item:
            return item
        text = item["dtype"] == "|O"
        values = [value.encode() for value in item["array"]] if text else item["array"]
        return np.array(values, item["dtype"]).reshape(item["shape"])

    return json.loads(json.dumps(state, default=encode), object_hook=decode)


def shown(element: Any) -> str:
    return repr(element)


@pytest.mark.parametrize("name", PIPELINES)
def test_goes_on_from_any_place(name: str) -> None:
    def fresh() -> Any:
        tf.random.set_seed(9)
        return PIPELINES[name]()

    expected = [shown(element) for element in fresh()]
    assert len(expected) > 2
    for place in range(len(expected) + 1):
        first = iter(fresh())
        for _ in range(place):
            next(first)
        state = plain(first.state_dict())
        second = iter(fresh())
        second.load_state_dict(state)
        assert [shown(element) for element in second] == expected[place:], place
        assert [shown(element) for element in first] == expected[place:], place


def test_the_epochs_behind_go_on_too() -> None:
    def fresh() -> Any:
        tf.random.set_seed(9)
        return numbers().shuffle(4, seed=2)

    dataset = fresh()
    list(dataset)
    iterator = iter(dataset)
    next(iterator)
    state = iterator.state_dict()
    expected = [list(iterator), list(dataset), list(dataset)]
    other = fresh()
    iterator = iter(other)
    iterator.load_state_dict(state)
    assert repr([list(iterator), list(other), list(other)]) == repr(expected)


def test_what_is_no_state_of_the_pipeline() -> None:
    iterator = iter(numbers().map(lambda x: x).prefetch(1))
    next(iterator)
    with pytest.raises(RuntimeError, match="before its first element"):
        iterator.load_state_dict({"made": [], "input": {}})


def test_datasets_within_datasets_cannot_be_saved() -> None:
    iterator = iter(numbers(4).map(lambda x: tf.data.Dataset.range(x)).shuffle(3))
    next(iterator)
    with pytest.raises(TypeError, match="only windows and groups can be saved"):
        iterator.state_dict()
