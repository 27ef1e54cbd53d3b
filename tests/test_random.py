"""Random numbers: TensorFlow 2.21's own, recorded; streams, seeds and generators."""

import math

import numpy as np
import pytest

import gradtape as tf
from gradtape._engine.compute import random
from gradtape._src.random import philox

# A few recorded values of what tests/parity/test_random.py compares at length.
RECORDED = {
    "normal float32": (
        lambda: tf.random.stateless_normal([4], [1, 2]),
        [0.5441101, 0.20738031, 0.07356432, 0.04643455],
    ),
    "normal float64": (
        lambda: tf.random.stateless_normal([3], [1, 2], dtype="float64"),
        [-0.1423118100189212, 0.7406072461585091, -1.469047669443883],
    ),
    "truncated float32": (
        lambda: tf.random.stateless_truncated_normal([4], [1, 2]),
        [0.5441101, 0.20738031, 0.07356432, 0.04643455],
    ),
    "truncated float64": (
        lambda: tf.random.stateless_truncated_normal([3], [1, 2], dtype="float64"),
        [-0.1423118100189212, 0.7406072461585091, -0.552387756244845],
    ),
    "uniform float32": (
        lambda: tf.random.stateless_uniform([4], [1, 2]),
        [0.8440604, 0.19204533, 0.9962232, 0.1603874],
    ),
    "uniform float64": (
        lambda: tf.random.stateless_uniform([3], [1, 2], dtype="float64"),
        [0.7524837538451801, 0.9697857725627486, 0.17592233912897481],
    ),
    "uniform int32": (lambda: tf.random.stateless_uniform([4], [1, 2], -5, 100, "int32"), [35, 24, 49, 79]),
    "uniform int64": (
        lambda: tf.random.stateless_uniform([3], [1, 2], 0, 2**40, "int64"),
        [1036193106476, 635319583806, 846119227539],
    ),
    "full int32": (
        lambda: tf.random.stateless_uniform([4], [1, 2], None, None, "int32"),
        [1105988140, 1738052849, -335576002, 370444179],
    ),
    "gamma": (
        lambda: tf.random.stateless_gamma([2, 2], [1, 2], [0.5, 3.0]),
        [[0.066953614, 4.674579], [0.62823546, 3.3503754]],
    ),
    "poisson": (lambda: tf.random.stateless_poisson([2, 2], [1, 2], [2.0, 30.0]), [[3, 38], [4, 45]]),
    "categorical": (lambda: tf.random.stateless_categorical([[0.1, 2.0, -1.0]], 8, [1, 2]), [[1, 2, 1, 1, 1, 1, 1, 1]]),
    "split": (lambda: tf.random.split([1, 2]), [[1105988140, 1738052849], [-335576002, 370444179]]),
    "fold_in": (lambda: tf.random.fold_in([1, 2], 3), [1105988140, 3]),
    "shuffle": (lambda: tf.random.experimental.stateless_shuffle([1, 2, 3, 4, 5], [1, 2]), [1, 3, 2, 5, 4]),
    "seeded normal": (lambda: (tf.random.set_seed(42), tf.random.normal([3]))[1], [0.3274685, -0.8426258, 0.3194337]),
    "seeded uniform": (
        lambda: (tf.random.set_seed(42), tf.random.uniform([3], seed=1))[1],
        [0.15012848, 0.63992536, 0.81787777],
    ),
    "seeded shuffle": (lambda: (tf.random.set_seed(42), tf.random.shuffle([1, 2, 3, 4, 5]))[1], [3, 1, 5, 4, 2]),
    "generator": (lambda: tf.random.Generator.from_seed(7).normal([3]), [-1.3240396, 0.28785667, -0.8757901]),
}


@pytest.mark.parametrize("name", RECORDED)
def test_numbers_are_tensorflows(name):
    draw, recorded = RECORDED[name]
    drawn = draw().numpy()
    np.testing.assert_array_equal(drawn, np.array(recorded, drawn.dtype))


# The published test vectors of Philox 4x32-10 (counter, key, output), from the authors' Random123 distribution.
VECTORS = [
    ((0, 0), 0, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ((2**64 - 1, 2**64 - 1), 2**64 - 1, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    ((0x85A308D3243F6A88, 0x0370734413198A2E), 0x299F31D0A4093822, [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
]


@pytest.mark.parametrize("counter, key, words", VECTORS)
def test_philox_matches_its_published_vectors(counter, key, words):
    assert philox.bits(philox.Stream(key, *counter), 4).tolist() == words


def test_skipping_equals_drawing():
    stream = philox.Stream(5, 2**64 - 2, 7)
    whole = philox.bits(stream, 40)
    for blocks in range(10):
        np.testing.assert_array_equal(philox.bits(stream.skip(blocks), 40 - 4 * blocks), whole[4 * blocks :])
    assert stream.skip(2) == (5, 0, 8)
    assert philox.Stream(1, 2**64 - 1, 2**64 - 1).skip(1) == (1, 0, 0)


def plain_uniform(words):
    """The fraction bits of a number of [1, 2), minus one: the kernels' rule, one number at a time."""
    return [math.ldexp((word & 0x7FFFFF) | 0x800000, -23) - 1 for word in words.tolist()]


def test_kernels_equal_their_plain_twins():
    stream = philox.Stream(11, 12, 13)
    words = philox.bits(stream, 1000)
    drawn = np.empty(1000, np.float32)
    random.fill_uniform(drawn, *stream)
    units = plain_uniform(words)
    np.testing.assert_array_equal(drawn, np.array(units, np.float32))
    random.fill_normal(drawn, *stream)
    expected = []
    for first, second in zip(units[::2], units[1::2], strict=True):
        radius = math.sqrt(-2 * math.log(max(first, 1e-7)))
        expected += [math.sin(2 * math.pi * second) * radius, math.cos(2 * math.pi * second) * radius]
    np.testing.assert_allclose(drawn, expected, rtol=0, atol=2e-6)  # float32 angles near 2 pi are 2e-7 apart


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("fill", [random.fill_uniform, random.fill_normal, random.fill_truncated_normal])
def test_a_longer_draw_begins_with_the_shorter(fill, dtype):
    whole = np.empty(41, dtype)
    fill(whole, 1, 2, 3)
    for size in range(41):
        part = np.empty(size, dtype)
        fill(part, 1, 2, 3)
        np.testing.assert_array_equal(part, whole[:size])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_distributions_have_their_moments(dtype):
    n = 200_000
    tolerance = 5 / math.sqrt(n)
    normal = tf.random.stateless_normal([n], [1, 2], dtype=dtype).numpy().astype("float64")
    assert abs(normal.mean()) < tolerance and abs(normal.var() - 1) < 2 * tolerance
    uniform = tf.random.stateless_uniform([n], [1, 2], dtype=dtype).numpy().astype("float64")
    assert uniform.min() >= 0 and uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < tolerance and abs(uniform.var() - 1 / 12) < tolerance
    truncated = tf.random.stateless_truncated_normal([n], [1, 2], dtype=dtype).numpy().astype("float64")
    assert (
        np.abs(truncated).max() < 2 and abs(truncated.mean()) < tolerance and abs(truncated.var() - 0.7737) < tolerance
    )
    for alpha in (0.5, 1.0, 4.0):
        gamma = tf.random.stateless_gamma([n], [1, 2], alpha, 2.0, dtype=dtype).numpy().astype("float64")
        assert (
            abs(gamma.mean() - alpha / 2) < tolerance * alpha and abs(gamma.var() - alpha / 4) < 4 * tolerance * alpha
        )
    for rate in (2.0, 30.0):
        poisson = tf.random.stateless_poisson([n], [1, 2], rate, dtype=dtype).numpy().astype("float64")
        assert abs(poisson.mean() - rate) < tolerance * rate and abs(poisson.var() - rate) < 3 * tolerance * rate


def test_parameters_without_a_distribution_give_nan():
    assert np.isnan(tf.random.gamma([2], [-1.0, float("nan")])).all()
    assert np.isnan(tf.random.poisson([2], float("nan"))).all()


def test_without_any_seed_numbers_differ():
    tf.random.set_seed(None)
    assert (tf.random.uniform([8]).numpy() != tf.random.uniform([8]).numpy()).any()
    one, two = tf.random.Generator.from_non_deterministic_state(), tf.random.Generator.from_non_deterministic_state()
    assert (one.uniform([8]).numpy() != two.uniform([8]).numpy()).any()


def test_calls_without_a_seed_of_their_own_leave_nothing_behind():
    tf.random.set_seed(1)
    for _ in range(1000):
        tf.random.uniform([1])
    assert not philox._global.streams


def test_a_seed_of_the_call_goes_on_where_it_left_off():
    tf.random.set_seed(1)
    first, second = tf.random.normal([3], seed=2).numpy(), tf.random.normal([3], seed=2).numpy()
    assert (first != second).all()
    tf.random.set_seed(1)
    np.testing.assert_array_equal(tf.random.normal([3], seed=2).numpy(), first)
    np.testing.assert_array_equal(tf.random.normal([3], seed=2).numpy(), second)


def test_shuffle_keeps_every_row():
    rows = np.arange(60).reshape(20, 3)
    shuffled = tf.random.shuffle(rows).numpy()
    assert sorted(map(tuple, shuffled)) == sorted(map(tuple, rows))


def test_generators_that_were_split_are_independent_of_their_parent():
    parent = tf.random.Generator.from_seed(1)
    one, two = parent.split(2)
    drawn = [generator.normal([5]).numpy().tolist() for generator in (parent, one, two)]
    assert len({tuple(numbers) for numbers in drawn}) == 3


@pytest.mark.parametrize(
    "act, kind, message",
    [
        (lambda: tf.random.uniform([2], dtype="int32"), ValueError, "Must specify maxval for integer dtype tf.int32"),
        (
            lambda: tf.random.uniform([2], 5, 3, "int32"),
            tf.errors.InvalidArgumentError,
            "{{function_node __wrapped__RandomUniformInt_device_/job:localhost/replica:0/task:0/device:CPU:0}} "
            "Need minval < maxval, got 5 >= 3 [Op:RandomUniformInt] name: ",
        ),
        (
            lambda: tf.random.uniform([2], dtype="bool"),
            ValueError,
            "Argument `dtype` got invalid value <dtype: 'bool'>. Accepted dtypes are "
            "(tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int32, tf.int64).",
        ),
        (
            lambda: tf.random.stateless_normal([2], [1.0, 2.0]),
            tf.errors.InvalidArgumentError,
            "A stateless seed is of int32 or int64, not float32",
        ),
        (
            lambda: tf.random.stateless_uniform([2], [1, 2], alg="threefry"),
            tf.errors.InvalidArgumentError,
            "gradtape has no ThreeFry algorithm: use 'philox'",
        ),
        (
            lambda: tf.random.categorical([[1, 2]], 3),
            tf.errors.InvalidArgumentError,
            "logits must be of float32 or float64, not int32",
        ),
        (
            lambda: tf.random.Generator.from_seed(1).uniform_full_int([2], "float32"),
            tf.errors.InvalidArgumentError,
            "Random integers are of int32 or int64, not float32",
        ),
        (
            lambda: tf.random.normal([10**10, 10**10]),
            tf.errors.ResourceExhaustedError,
            "A tensor of shape [10000000000, 10000000000] is too large to allocate",
        ),
    ],
)
def test_refusals(act, kind, message):
    with pytest.raises(kind) as caught:
        act()
    assert str(caught.value) == message


@pytest.mark.parametrize("count, p", [(1, 0.3), (5, 0.5), (20, 0.1), (20, 0.9), (100, 0.3), (1000, 0.97)])
def test_binomial_numbers_have_their_distribution(count, p):
    samples = 20_000
    drawn = tf.random.stateless_binomial([samples], [3, 4], float(count), p).numpy()
    assert drawn.min() >= 0
    assert drawn.max() <= count
    deviation = np.sqrt(count * p * (1 - p))
    assert abs(drawn.mean() - count * p) < 5 * deviation / np.sqrt(samples)
    assert abs(drawn.std() / deviation - 1) < 0.05
    zeros = (1 - p) ** count
    assert abs((drawn == 0).mean() - zeros) < 5 * np.sqrt(zeros * (1 - zeros) / samples) + 1e-9


@pytest.mark.parametrize("rate", [3e9, 1e15, 1e300])
def test_poisson_numbers_that_the_dtype_does_not_hold_are_its_highest(rate):
    drawn = tf.random.stateless_poisson([3], [1, 2], tf.constant(rate, tf.float64), tf.int32)
    assert drawn.numpy().tolist() == [2**31 - 1] * 3
