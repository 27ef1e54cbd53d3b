"""Random orders are TensorFlow's for the same seeds: shuffles of any size, in any pipeline, epoch after epoch."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from compare import same

SEEDS = [(5, None), (5, 3), (0, 0), (None, 7), (2**31 - 1, 2**31 + 3)]


def seeded(tf: Any, seed: int | None) -> None:
    if seed is None:  # as in a program that never sets one
        if tf.__name__ == "tensorflow":
            from tensorflow.python.eager import context

            context.context()._set_global_seed(None)
        else:
            tf.random.set_seed(None)
    else:
        tf.random.set_seed(seed)


def orders(dataset: Any, epochs: int = 3) -> list[Any]:
    return [[np.asarray(element).tolist() for element in dataset.as_numpy_iterator()] for _ in range(epochs)]


@pytest.mark.parametrize("seed,own", SEEDS)
def test_shuffles_of_many_sizes(seed: int | None, own: int | None) -> None:
    def program(tf: Any) -> Any:
        found = []
        for count in (0, 1, 7, 40):
            for capacity in (1, 5, 40, 1000, -2):
                seeded(tf, seed)
                rows = tf.data.Dataset.range(count)
                found.append(orders(rows.shuffle(capacity, own), 2))
                found.append(orders(rows.map(lambda x: x).shuffle(capacity, own, False), 1))
        return found

    same(program)


@pytest.mark.parametrize("seed,own", SEEDS)
def test_long_shuffles(seed: int | None, own: int | None) -> None:
    def program(tf: Any) -> Any:
        seeded(tf, seed)
        dataset = tf.data.Dataset.range(20000).shuffle(3000, own).batch(5000)
        return [list(dataset.as_numpy_iterator()) for _ in range(2)]

    same(program)


def test_without_a_step_s_own_seed_each_has_another() -> None:
    def program(tf: Any) -> Any:
        tf.random.set_seed(11)
        one = tf.data.Dataset.range(10).shuffle(10)
        number = tf.random.uniform([])
        two = tf.data.Dataset.range(10).shuffle(10)
        return orders(one), number, orders(two), tf.random.uniform([])

    same(program)


def test_iterators_left_before_their_end() -> None:
    def program(tf: Any) -> Any:
        tf.random.set_seed(11)
        shuffled = tf.data.Dataset.range(10).shuffle(4, seed=1)
        found = []
        for dataset in (shuffled, shuffled.batch(3), shuffled.repeat(2), shuffled.repeat().batch(4)):
            iter(dataset)
            for element in dataset:
                found.append(element)
                break
            found.append(orders(dataset.take(3)))
        return found

    same(program)


def test_iterators_side_by_side() -> None:
    def program(tf: Any) -> Any:
        tf.random.set_seed(11)
        dataset = tf.data.Dataset.range(10).shuffle(4, seed=1).repeat(2)
        one, two = iter(dataset), iter(dataset.batch(3))
        found = [(next(one), next(two)) for _ in range(6)]
        return found, list(one), list(two)

    same(program)


def test_a_shuffle_read_twice_in_one_pipeline() -> None:
    def program(tf: Any) -> Any:
        tf.random.set_seed(11)
        dataset = tf.data.Dataset.range(6).shuffle(4, seed=1)
        return [
            orders(dataset.concatenate(dataset)),
            orders(tf.data.Dataset.zip(dataset, dataset)),
            orders(dataset.shuffle(3).repeat(2)),
            orders(tf.data.Dataset.range(3).flat_map(lambda _: dataset)),
            orders(dataset.cache().repeat(2)),
            orders(dataset.map(lambda x: x).cache()),
        ]

    same(program)


def test_random_numbers() -> None:
    def program(tf: Any) -> Any:
        tf.random.set_seed(3)
        return [
            orders(tf.data.Dataset.random(seed=5, rerandomize_each_iteration=again).take(300), 2)
            for again in (True, False, None)
        ]

    same(program)


@pytest.mark.parametrize("weights", [None, [0.3, 0.2, 0.5], [0.1, 1.0, 1.0], np.array([1.0, 2.0, 3.0])])
def test_samples(weights: Any) -> None:
    def program(tf: Any) -> Any:
        found = []
        for seed in (None, 4):
            for stops, again in ((True, False), (False, True)):
                tf.random.set_seed(3)
                datasets = [tf.data.Dataset.range(start, start + 20) for start in (0, 100, 200)]
                sampled = tf.data.Dataset.sample_from_datasets(datasets, weights, seed, stops, again)
                found.append(orders(sampled, 2))
        return found

    same(program)


def test_shuffled_files(tmp_path: Any) -> None:
    for name in "abcdef":
        (tmp_path / name).write_text(name)

    def program(tf: Any) -> Any:
        tf.random.set_seed(3)
        return orders(tf.data.Dataset.list_files(f"{tmp_path}/*", seed=2)), orders(
            tf.data.Dataset.list_files([f"{tmp_path}/[bd]", f"{tmp_path}/a"], shuffle=False)
        )

    same(program)


def test_cycles() -> None:
    def program(tf: Any) -> Any:
        found = []
        for cycle, block in ((1, 2), (2, 1), (3, 2), (3, 5), (9, 1)):
            for calls in (None, min(cycle, 3), tf.data.AUTOTUNE):
                dataset = tf.data.Dataset.from_tensor_slices(tf.constant([3, 0, 1, 5, 2, 0, 4], tf.int64))
                spread = dataset.interleave(
                    lambda n: tf.data.Dataset.range(10 * n, 10 * n + n), cycle, block, num_parallel_calls=calls
                )
                found.append(orders(spread, 1))
        return found

    same(program)


STEPS = [
    lambda tf, dataset, n: dataset.shuffle(n + 1, seed=n),
    lambda tf, dataset, n: dataset.shuffle(n + 1),
    lambda tf, dataset, n: dataset.repeat(n % 3 + 1),
    lambda tf, dataset, n: dataset.take(3 * n),
    lambda tf, dataset, n: dataset.skip(n % 4),
    lambda tf, dataset, n: dataset.shard(3, n % 3),
    lambda tf, dataset, n: dataset.concatenate(dataset),
    lambda tf, dataset, n: dataset.map(lambda x: x + n),
    lambda tf, dataset, n: dataset.map(lambda x: x + n, num_parallel_calls=2),
    lambda tf, dataset, n: dataset.filter(lambda x: x % (n + 2) != 1),
    lambda tf, dataset, n: dataset.batch(n + 1).unbatch(),
    lambda tf, dataset, n: dataset.batch(n + 1).shuffle(3, seed=n).unbatch(),
    lambda tf, dataset, n: dataset.window(n + 1, shift=n % 3 + 1).flat_map(lambda window: window.shuffle(5, seed=n)),
    lambda tf, dataset, n: dataset.prefetch(n),
    lambda tf, dataset, n: dataset.cache(),
    lambda tf, dataset, n: dataset.scan(np.int64(n), lambda s, x: (s + 1, s + x)),
    lambda tf, dataset, n: dataset.interleave(lambda x: tf.data.Dataset.range(x, x + n % 4), 3, n % 3 + 1),
    lambda tf, dataset, n: dataset.take_while(lambda x: x < 50 + n),
    lambda tf, dataset, n: tf.data.Dataset.zip(dataset, dataset.skip(1)).map(lambda x, y: x * 2 - y),
    lambda tf, dataset, n: dataset.enumerate().map(lambda i, x: i + x),
    lambda tf, dataset, n: dataset.unique(),
]


@pytest.mark.parametrize("number", range(24))
def test_pipelines_at_random(number: int) -> None:
    chance = random.Random(number)
    chosen = [(chance.randrange(len(STEPS)), chance.randrange(12)) for _ in range(chance.randrange(2, 7))]
    size = chance.randrange(30)

    def program(tf: Any) -> Any:
        tf.random.set_seed(number)
        dataset = tf.data.Dataset.range(size)
        for step, n in chosen:
            dataset = STEPS[step](tf, dataset, n)
        return orders(dataset.take(200), 2), orders(dataset.take(100).batch(7), 2), dataset.element_spec.dtype

    same(program)
