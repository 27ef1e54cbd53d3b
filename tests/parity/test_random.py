"""Random numbers, bit by bit equal to TensorFlow's."""

import numpy as np
import pytest
from compare import same

FLOATS = ["float32", "float64"]
ALPHA = [0.3, 1.0, 2.5, 20.0]
RATES = [0.3, 5.0, 12.5, 2000.0]
LOGITS = [[0.1, 2.0, -1.0], [1.0, 1.0, 5.0]]


def repeated(tf, draw):
    """A stateful function with the global seed, with its own seed three times, and after set_seed again."""
    tf.random.set_seed(11)
    drawn = [draw(tf, None), draw(tf, None), *(draw(tf, 3) for _ in range(3)), draw(tf, 0)]
    tf.random.set_seed(11)
    return [*drawn, draw(tf, 3), draw(tf, None)]


STATEFUL = {
    **{
        f"{name} {dtype}": lambda tf, seed, name=name, dtype=dtype: getattr(tf.random, name)(
            [5, 3], dtype=dtype, seed=seed
        )
        for name in ("normal", "truncated_normal", "uniform")
        for dtype in FLOATS
    },
    "scaled normal": lambda tf, seed: tf.random.normal([7], mean=1, stddev=[2.5], seed=seed),
    "scaled truncated": lambda tf, seed: tf.random.truncated_normal([2, 3], [1.0, 2.0, 3.0], 0.5, seed=seed),
    "scaled uniform": lambda tf, seed: tf.random.uniform([7], -1, 2.5, seed=seed),
    "no axes": lambda tf, seed: tf.random.normal([], seed=seed),
    "empty": lambda tf, seed: tf.random.normal([0, 3], seed=seed),
    "int32": lambda tf, seed: tf.random.uniform([9], -5, 100, tf.int32, seed=seed),
    "int64": lambda tf, seed: tf.random.uniform([9], -(2**40), 2**41, tf.int64, seed=seed),
    "wide int32": lambda tf, seed: tf.random.uniform([9], -(2**31), 2**31 - 1, tf.int32, seed=seed),
    "gamma": lambda tf, seed: tf.random.gamma([50], ALPHA, seed=seed),
    "gamma float64": lambda tf, seed: tf.random.gamma([5, 2], ALPHA, dtype=tf.float64, seed=seed),
    "gamma with rate": lambda tf, seed: tf.random.gamma([5], [0.5, 2.0], [[1.0], [3.0]], seed=seed),
    "one gamma": lambda tf, seed: (tf.random.gamma([], 0.0, seed=seed), tf.random.gamma([0, 2], [1.0, 2.0], seed=seed)),
    "poisson": lambda tf, seed: tf.random.poisson([50], RATES, seed=seed),
    "poisson int32": lambda tf, seed: tf.random.poisson([], 7.0, tf.int32, seed=seed),
    "poisson of an int": lambda tf, seed: tf.random.poisson([5], 3, seed=seed),
    "poisson of 0 and infinity": lambda tf, seed: tf.random.poisson([2], [0.0, np.inf], seed=seed),
    "categorical": lambda tf, seed: tf.random.categorical(LOGITS, 30, seed=seed),
    "categorical int32": lambda tf, seed: tf.random.categorical(LOGITS, 5, tf.int32, seed=seed),
    "categorical of infinities": lambda tf, seed: tf.random.categorical([[-np.inf, 1.0], [np.inf, 1.0]], 9, seed=seed),
    "categorical of NaN": lambda tf, seed: tf.random.categorical([[np.nan, np.nan]], 3, seed=seed),
    "shuffle": lambda tf, seed: tf.random.shuffle(list(range(13)), seed=seed),
    "shuffle rows": lambda tf, seed: tf.random.shuffle(np.arange(12.0).reshape(6, 2), seed=seed),
    "shuffle one": lambda tf, seed: (tf.random.shuffle([1], seed=seed), tf.random.shuffle(3, seed=seed)),
}


@pytest.mark.parametrize("name", STATEFUL)
def test_stateful(name):
    same(lambda tf: repeated(tf, STATEFUL[name]))


@pytest.mark.parametrize("seed", [0, 1, -1, 2**31, 2**40, np.int64(5)])
def test_global_seeds(seed):
    def program(tf):
        tf.random.set_seed(seed)
        return tf.random.normal([3]), tf.random.uniform([2], seed=0), tf.random.uniform([2], seed=-1)

    same(program)


def test_a_call_without_a_seed_takes_one_of_the_global_sequence_whatever_it_draws():
    def program(tf):
        tf.random.set_seed(5)
        first = tf.random.normal([2]), tf.random.shuffle([1, 2, 3, 4]), tf.random.uniform([2], 0, 9, tf.int32)
        return first, tf.random.normal([100_003])

    same(program)


SEEDS = [[1, 2], [0, 0], [-1, 2**31 - 1], np.array([2**40, -(2**50)])]
STATELESS = {
    **{
        f"{name} {dtype}": lambda tf, seed, name=name, dtype=dtype: getattr(tf.random, "stateless_" + name)(
            [101], seed, dtype=dtype
        )
        for name in ("normal", "truncated_normal", "uniform")
        for dtype in FLOATS
    },
    "scaled normal": lambda tf, seed: tf.random.stateless_normal([7], seed, 1.0, 2.5, alg="philox"),
    "scaled uniform": lambda tf, seed: tf.random.stateless_uniform([7], seed, -1, 2.5, alg=tf.random.Algorithm.PHILOX),
    "int32": lambda tf, seed: tf.random.stateless_uniform([9], seed, -5, 100, tf.int32),
    "int64": lambda tf, seed: tf.random.stateless_uniform([9], seed, -5, 2**40, tf.int64),
    "full int32": lambda tf, seed: tf.random.stateless_uniform([9], seed, None, None, tf.int32),
    "full int64": lambda tf, seed: tf.random.stateless_uniform([9], seed, None, None, tf.int64),
    "gamma": lambda tf, seed: tf.random.stateless_gamma([50, 4], seed, ALPHA),
    "gamma with rate": lambda tf, seed: tf.random.stateless_gamma([3, 2], seed, [0.5, 2.0], [3.0, 1.0]),
    "poisson": lambda tf, seed: tf.random.stateless_poisson([50, 4], seed, RATES),
    "poisson float64": lambda tf, seed: tf.random.stateless_poisson([50, 4], seed, RATES, tf.float64),
    "binomial": lambda tf, seed: tf.random.stateless_binomial(
        [40, 4], seed, [40.0, 100.0, 5000.0, 1e6], [[0.3], [0.5], [0.7], [0.25]] * 10
    ),
    "binomial float64": lambda tf, seed: tf.random.stateless_binomial(
        [90, 2], seed, tf.constant([30.0, 400.0], tf.float64), tf.constant(0.51, tf.float64), tf.float64
    ),
    "binomial of few": lambda tf, seed: tf.random.stateless_binomial(
        [40, 4], seed, [1.0, 12.0, 100.0, 1e4], [[0.3], [0.07], [0.93], [0.0005]] * 10
    ),
    "binomial of few and of many": lambda tf, seed: tf.random.stateless_binomial(
        [50, 3], seed, tf.constant([5.0, 60.0, 7.0], tf.float64), tf.constant([0.5, 0.5, 0.3], tf.float64), tf.int64
    ),
    "binomial of ends": lambda tf, seed: tf.random.stateless_binomial(
        [2, 5], seed, [5.0, 5.0, 5.0, 0.0, -1.0], [0.0, 1.0, np.nan, 0.5, 0.5], tf.float32
    ),
    "categorical": lambda tf, seed: tf.random.stateless_categorical(LOGITS, 30, seed),
    "split": lambda tf, seed: tf.random.split(seed, 3),
    "fold_in": lambda tf, seed: tf.random.fold_in(seed, 9),
    "fold_in int64": lambda tf, seed: tf.random.fold_in(seed, tf.constant(9, tf.int64)),
    "shuffle": lambda tf, seed: tf.random.experimental.stateless_shuffle(np.arange(12).reshape(6, 2), seed),
    "aliases": lambda tf, seed: (
        tf.random.experimental.stateless_split(seed),
        tf.random.experimental.stateless_fold_in(seed, 3),
    ),
}


@pytest.mark.parametrize("name", STATELESS)
@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_stateless(name, seed):
    same(lambda tf: STATELESS[name](tf, seed))


def test_large_draws_are_equal_to_the_last_bit():
    for name in ("normal", "truncated_normal", "uniform"):
        same(lambda tf, name=name: getattr(tf.random, "stateless_" + name)([300_001], [3, 4]))


GENERATOR_SEEDS = [5, -1, 2**63, 2**64 + 7, 2**200, [1, 2], [1, 2, 3, 4], np.int64(5), [-1]]


@pytest.mark.parametrize("seed", GENERATOR_SEEDS, ids=str)
def test_generator_states(seed):
    same(lambda tf: tf.random.Generator.from_seed(seed).state)
    same(lambda tf: tf.random.create_rng_state(seed, "philox"))


def test_generator():
    def program(tf):
        generator = tf.random.Generator.from_seed([7, 2**63 - 5, 9])
        drawn = [
            generator.normal([5]),
            generator.normal([3], 1.0, 2.0, tf.float64),
            generator.truncated_normal([9]),
            generator.uniform([4]),
            generator.uniform([4], 2, 5),
            generator.uniform([4], -5, 5, tf.int32),
            generator.uniform([4], None, None, tf.int64),
            generator.uniform_full_int([3], tf.int32),
            generator.binomial([4], [35.0, 50.0, 60.0, 100.0], 0.3),
            generator.binomial([30, 2], [[100.0], [90.0]] * 15, [0.2, 0.6], tf.float32),
            generator.binomial([30, 2], [[10.0], [90.0]] * 15, [0.2, 0.03], tf.float32),
            generator.binomial([], tf.constant(50.0, tf.float64), tf.constant(0.5, tf.float64), tf.int64),
            generator.state.numpy(),
            generator.make_seeds(2),
            generator.state,
            generator.key,
            generator.algorithm,
            generator.skip(10),
            generator.state,
        ]
        parts = generator.split(2)
        drawn += [part.state for part in parts] + [part.normal([3]) for part in parts]
        copy = tf.random.Generator(copy_from=generator)
        drawn += [copy.normal([2]), generator.normal([2]), copy.state]
        generator.reset([1, 2, 3])
        drawn += [generator.state, generator.uniform([2])]
        generator.reset_from_seed(5)
        drawn.append(generator.state.numpy())
        generator.reset_from_key_counter(3, [1, 2])
        drawn += [generator.state.numpy(), generator.state.name, generator.state.trainable]
        made = tf.random.Generator.from_key_counter(3, [1, 2], "philox")
        stated = tf.random.Generator.from_state([1, 2, 3], "philox")
        tf.random.set_global_generator(stated)
        return [*drawn, made.normal([2]), tf.random.get_global_generator().normal([2]), stated.state]

    same(program)


def test_gradients_flow_through_the_parameters():
    def program(tf):
        mean, stddev = tf.Variable([1.0, 2.0]), tf.Variable(3.0)
        with tf.GradientTape() as tape:
            drawn = tf.random.stateless_normal([4, 2], [1, 2], mean, stddev)
            loss = tf.reduce_sum(drawn * drawn)
        return tape.gradient(loss, [mean, stddev])

    same(program, rtol=1e-6)


REFUSALS = {
    "no maxval": lambda tf: tf.random.uniform([2], dtype=tf.int32),
    "empty range": lambda tf: tf.random.uniform([2], 5, 3, tf.int32),
    "bounds with axes": lambda tf: tf.random.uniform([2, 2], 0, [5, 6], tf.int32),
    "shape without axes": lambda tf: tf.random.normal(3),
    "negative size": lambda tf: tf.random.uniform([-1]),
    "other dtype of mean": lambda tf: tf.random.normal([2], mean=tf.constant(1.0, tf.float64)),
    "one seed": lambda tf: tf.random.stateless_normal([2], 1),
    "one bound": lambda tf: tf.random.stateless_uniform([2], [1, 2], 3, None, tf.int32),
    "no bounds": lambda tf: tf.random.stateless_uniform([2], [1, 2], dtype=tf.int32),
    "stateless empty range": lambda tf: tf.random.stateless_uniform([2], [1, 2], 5, 3, tf.int32),
    "unknown algorithm": lambda tf: tf.random.stateless_uniform([2], [1, 2], alg="foo"),
    "logits without batch": lambda tf: tf.random.categorical([1.0, 2.0], 3),
    "negative samples": lambda tf: tf.random.categorical([[1.0, 2.0]], -1),
    "no class": lambda tf: tf.random.categorical([[]], 3),
    "gamma shape": lambda tf: tf.random.stateless_gamma([2, 3], [1, 2], [1.0, 2.0]),
    "poisson shape": lambda tf: tf.random.stateless_poisson([2], [1, 2], [1.0, 2.0, 3.0]),
    "binomial shape": lambda tf: tf.random.stateless_binomial([3], [1, 2], [1.0, 2.0], 0.5),
    "binomial dtypes": lambda tf: tf.random.stateless_binomial([3], [1, 2], 1.0, tf.constant(0.5, tf.float64)),
    "generator's binomial": lambda tf: tf.random.Generator.from_seed(1).binomial([3], [1.0, 2.0], 0.5),
    "generator state": lambda tf: tf.random.Generator.from_state([1, 2], "philox"),
    "generator algorithm": lambda tf: tf.random.Generator.from_seed(1, alg="foo"),
    "generator bounds": lambda tf: tf.random.Generator.from_seed(1).uniform([2], dtype=tf.int32),
    "nothing": lambda tf: tf.random.Generator(),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name):
    same(REFUSALS[name])


@pytest.mark.parametrize(
    "program",
    [
        lambda tf: tf.random.uniform([2], dtype=tf.uint8),
        lambda tf: tf.random.normal([2], dtype=tf.int32),
        lambda tf: tf.random.uniform([2.5]),
        lambda tf: tf.random.stateless_normal([2], [1.0, 2.0]),
        lambda tf: tf.random.stateless_normal([2], [1, 2, 3]),
        lambda tf: tf.random.stateless_uniform([2], [1, 2], alg="threefry"),
        lambda tf: tf.random.Generator.from_seed(1).normal([2], dtype=tf.int32),
    ],
)
def test_refusals_worded_for_what_gradtape_has(program):
    same(program, message=False)
