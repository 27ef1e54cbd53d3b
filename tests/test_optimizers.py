"""Optimizers: steps as in Keras, valid arguments and errors."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import gradtape as tf
from cases import cases
from gradtape._src.optimizers import rows as optimizer_rows
from gradtape._src.optimizers.hyperparameters import explain

ROWS = [row.__name__ for row in optimizer_rows.ROWS]


def test_sgd_step():
    w = tf.Variable([1.0, 2.0])
    optimizer = tf.optimizers.SGD(0.1)
    iterations = optimizer.apply_gradients([(tf.constant([1.0, -1.0]), w)])
    np.testing.assert_allclose(w.numpy(), [0.9, 2.1], rtol=1e-6)
    assert iterations is optimizer.iterations
    assert int(optimizer.iterations) == 1


def test_an_optimizer_without_arguments_of_its_own_explains_those_of_all():
    class Still(tf.optimizers.Optimizer):
        """Steps nowhere.

        Example:
          >>> Still(0.5).name
          'still'
        """

    explain(Still)
    summary, arguments, raised, example = inspect.cleandoc(Still.__doc__).split("\n\n")
    assert summary == "Steps nowhere." and example.startswith("Example:")
    assert arguments.startswith("Args:\n  learning_rate: ") and "\n  clipnorm: " in arguments
    assert raised.startswith("Raises:\n  ValueError: ")


def test_a_step_leaves_values_read_before_it_alone():
    w = tf.Variable(np.arange(10.0))
    before = w.value()
    tf.optimizers.SGD(1.0).apply_gradients([(tf.ones([10], tf.float64), w)])
    np.testing.assert_array_equal(before.numpy(), np.arange(10.0))
    np.testing.assert_array_equal(w.numpy(), np.arange(10.0) - 1)


def test_a_wrong_shape_names_the_variable_and_changes_nothing():
    a, b = tf.Variable([1.0]), tf.Variable([1.0, 2.0], name="weights")
    optimizer = tf.optimizers.SGD(0.1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="weights:0"):
        optimizer.apply_gradients([(tf.constant([1.0]), a), (tf.constant([1.0, 2.0, 3.0]), b)])
    np.testing.assert_array_equal(a.numpy(), [1.0])


GRADIENTS = [[0.5, -1.0, 2.0], [1.0, 1.0, -0.5], [-0.25, 0.75, 0.0], [2.0, -0.125, 1.5], [0.0, 0.5, -1.0]]

# Keras 3's results for [1, -2, 0.5] after five steps at rate 0.1, before and after finalize_variable_values.
TRAJECTORIES = [
    ("SGD", {}, [0.675, -2.1125, 0.3], [0.675, -2.1125, 0.3]),
    ("SGD", {"momentum": 0.9}, [0.139095, -2.16389, -0.3320699], [0.139095, -2.16389, -0.3320699]),
    (
        "SGD",
        {"momentum": 0.9, "nesterov": True},
        [-0.09981449, -2.260001, -0.4488629],
        [-0.09981449, -2.260001, -0.4488629],
    ),
    ("Adam", {}, [0.6073681, -1.996356, 0.2326363], [0.6073681, -1.996356, 0.2326363]),
    ("Adam", {"amsgrad": True, "beta_1": 0.8}, [0.6063196, -2.015795, 0.250647], [0.6063196, -2.015795, 0.250647]),
    ("AdamW", {"weight_decay": 0.1}, [0.5670803, -1.901224, 0.2147707], [0.5670803, -1.901224, 0.2147707]),
    ("RMSprop", {}, [0.1898227, -2.151967, 0.1905821], [0.1898227, -2.151967, 0.1905821]),
    ("RMSprop", {"momentum": 0.5}, [-0.4424469, -2.160472, -0.137733], [-0.4424469, -2.160472, -0.137733]),
    (
        "RMSprop",
        {"centered": True, "momentum": 0.5, "rho": 0.7},
        [-0.09124964, -2.104211, 0.02175725],
        [-0.09124964, -2.104211, 0.02175725],
    ),
    ("Adagrad", {}, [0.7644866, -2.041206, 0.4030866], [0.7644866, -2.041206, 0.4030866]),
    ("Adadelta", {}, [0.9995024, -2.000182, 0.4998752], [0.9995024, -2.000182, 0.4998752]),
    ("Adamax", {}, [0.7093886, -1.980831, 0.2909873], [0.7093886, -1.980831, 0.2909873]),
    ("Nadam", {}, [0.6942619, -2.047842, 0.3682321], [0.6942619, -2.047842, 0.3682321]),
    ("Ftrl", {}, [0.2299641, -1.438183, 0.3249997], [0.2299641, -1.438183, 0.3249997]),
    (
        "Ftrl",
        {
            "l1_regularization_strength": 0.02,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.1,
            "beta": 0.2,
            "learning_rate_power": -0.7,
        },
        [0.1783874, -1.293876, 0.34838],
        [0.1783874, -1.293876, 0.34838],
    ),
    ("Lion", {}, [0.6999999, -2.1, 0.4], [0.6999999, -2.1, 0.4]),
    ("SGD", {"weight_decay": 0.1}, [0.6324328, -2.014083, 0.2833908], [0.6324328, -2.014083, 0.2833908]),
    ("SGD", {"clipnorm": 0.5}, [0.9316171, -2.078809, 0.4877819], [0.9316171, -2.078809, 0.4877819]),
    ("Adam", {"global_clipnorm": 0.5}, [0.6528367, -2.092107, 0.2864854], [0.6528367, -2.092107, 0.2864854]),
    ("SGD", {"clipvalue": 0.3, "momentum": 0.9}, [0.784727, -2.067867, 0.453317], [0.784727, -2.067867, 0.453317]),
    ("SGD", {"use_ema": True, "ema_momentum": 0.8}, [0.675, -2.1125, 0.3], [0.8311599, -2.00114, 0.29552]),
    (
        "Adam",
        {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3},
        [0.7162271, -1.966155, 0.2917138],
        [0.8141304, -1.923772, 0.3496969],
    ),
    ("SGD", {"gradient_accumulation_steps": 3, "momentum": 0.5}, [0.9583333, -2.025, 0.45], [0.9583333, -2.025, 0.45]),
    (
        "Adam",
        {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 2},
        [0.899, -2.000744, 0.3990011],
        [0.899, -2.000744, 0.3990011],
    ),
    ("SGD", {"loss_scale_factor": 4.0}, [0.91875, -2.028125, 0.45], [0.91875, -2.028125, 0.45]),
]


@pytest.mark.parametrize("name, options, expected, final", TRAJECTORIES)
def test_trajectories(name, options, expected, final):
    w = tf.Variable([1.0, -2.0, 0.5])
    optimizer = getattr(tf.keras.optimizers, name)(0.1, **options)
    for gradient in GRADIENTS:
        optimizer.apply_gradients([(tf.constant(gradient), w)])
    np.testing.assert_allclose(w.numpy(), expected, rtol=2e-6)
    optimizer.finalize_variable_values([w])
    np.testing.assert_allclose(w.numpy(), final, rtol=2e-6)


class Slices:
    """Rows of a gradient, as returned by a gather's vjp."""

    def __init__(self, values, indices):
        self.values, self.indices = tf.constant(values), tf.constant(indices)


@pytest.mark.parametrize(
    "name, options",
    [
        ("SGD", {}),
        ("SGD", {"momentum": 0.9}),
        ("SGD", {"clipnorm": 0.5}),
        ("SGD", {"weight_decay": 0.1}),
        ("Adam", {}),
        ("Adagrad", {}),
        ("Ftrl", {}),
        ("SGD", {"gradient_accumulation_steps": 2}),
    ],
)
def test_slices_step_as_the_dense_gradient_does(name, options):
    values, indices = [[1.0, 2.0], [3.0, 4.0], [5.0, -6.0]], [3, 1, 4]
    dense = np.zeros((5, 2), np.float32)
    np.add.at(dense, indices, values)
    variables = [tf.Variable(np.arange(10, dtype=np.float32).reshape(5, 2)) for _ in range(2)]
    for variable, gradient in zip(variables, (Slices(values, indices), tf.constant(dense)), strict=True):
        optimizer = getattr(tf.optimizers, name)(0.1, **options)
        for _ in range(3):
            optimizer.apply_gradients([(gradient, variable)])
    np.testing.assert_allclose(variables[0].numpy(), variables[1].numpy(), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("width", [1, 7, 3000])
@cases("name", ROWS)
def test_rows_take_the_very_step_of_the_dense_gradient(name, width, dtype):
    """A gradient of rows is processed block by block: for every position of a row among blocks and threads."""
    random = np.random.default_rng(0)
    shape = (90_000 // width, width)
    indices = random.permutation(shape[0])[: shape[0] // 3]
    start, values = random.normal(size=shape).astype(dtype), random.normal(size=(len(indices), width)).astype(dtype)
    dense = np.zeros(shape, dtype)
    dense[indices] = values
    for options in ({}, {"clipvalue": 0.5, "weight_decay": 0.01}):
        variables = [tf.Variable(start) for _ in range(2)]
        for variable, gradient in zip(variables, (Slices(values, indices), tf.constant(dense)), strict=True):
            optimizer = getattr(tf.optimizers, name)(0.1, **options)
            for _ in range(2):
                optimizer.apply_gradients([(gradient, variable)])
        np.testing.assert_array_equal(variables[0].numpy(), variables[1].numpy())


def test_rows_of_one_index_are_squared_one_by_one_wherever_they_stand():
    random = np.random.default_rng(0)
    values = random.normal(size=(900, 100)).astype(np.float32)
    indices = random.integers(0, 400, 900)
    sums, squares = (np.zeros((1000, 100), np.float32) for _ in range(2))
    np.add.at(sums, indices, values)
    np.add.at(squares, indices, values * values)
    table = tf.Variable(np.zeros((1000, 100), np.float32))
    tf.optimizers.Adam(1.0, beta_1=0.0, beta_2=0.0, epsilon=0.0).apply_gradients([(Slices(values, indices), table)])
    expected = np.divide(-sums, np.sqrt(squares), where=squares > 0, out=np.full_like(sums, np.nan))
    np.testing.assert_allclose(table.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("sparse", [False, True])
def test_a_long_step_has_the_same_bits_in_however_many_parts(sparse):
    """A parameter is cut into one part per thread and more, the last of which no piece's length divides."""
    random = np.random.default_rng(0)
    start, values = (random.normal(size=(count, 77)).astype(np.float32) for count in (9001, 5000))
    indices = random.integers(0, 9001, 5000)
    threads = tf.config.threading.get_num_threads()
    results = []
    for count in (1, 2, 3):
        tf.config.threading.set_num_threads(count)
        try:
            table = tf.Variable(start)
            gradient = Slices(values, indices)
            dense = tf.math.unsorted_segment_sum(gradient.values, gradient.indices, 9001)
            tf.optimizers.Adam(0.1).apply_gradients([(gradient if sparse else dense, table)])
            results.append(table.numpy())
        finally:
            tf.config.threading.set_num_threads(threads)
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


@pytest.mark.parametrize("values, indices", [([[1.0, 2.0]], [5]), ([[1.0, 2.0, 3.0]], [0]), ([[1.0, 2.0]], [-1])])
def test_wrong_slices_name_the_variable(values, indices):
    w = tf.Variable(np.zeros((5, 2), np.float32), name="table")
    with pytest.raises(tf.errors.InvalidArgumentError, match="table:0"):
        tf.optimizers.SGD(0.1).apply_gradients([(Slices(values, indices), w)])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@cases("name", [name for name in ROWS if name not in ("Lamb", "Adafactor")])
def test_every_element_takes_the_same_step(name, dtype):
    """Vector loops, their remainders and the blocks of a clipped step agree with one element alone."""
    random = np.random.default_rng(0)
    start, gradient = random.normal(size=(2, 5003)).astype(dtype)
    for options in ({}, {"clipvalue": 0.5, "weight_decay": 0.01}):
        many = tf.Variable(start)
        alone = [tf.Variable(start[i]) for i in (0, 2047, 2048, 5002)]
        optimizers = [getattr(tf.optimizers, name)(0.1, **options) for _ in range(2)]
        for _ in range(3):
            optimizers[0].apply_gradients([(tf.constant(gradient), many)])
            optimizers[1].apply_gradients(
                [(tf.constant(gradient[i]), v) for i, v in zip((0, 2047, 2048, 5002), alone, strict=True)]
            )
        found = [v.numpy() for v in alone]
        np.testing.assert_allclose(many.numpy()[[0, 2047, 2048, 5002]], found, rtol=8 * np.finfo(dtype).eps)


def test_learning_rate_and_iterations_are_assignable():
    w = tf.Variable(1.0)
    optimizer = tf.optimizers.SGD(0.5)
    optimizer.learning_rate = 0.25
    optimizer.apply_gradients([(tf.constant(1.0), w)])
    assert w.numpy() == 0.75
    optimizer.learning_rate.assign(0.5)
    optimizer.iterations.assign(10)
    optimizer.apply_gradients([(tf.constant(1.0), w)])
    assert w.numpy() == 0.25
    assert int(optimizer.iterations) == 11
    optimizer.learning_rate = tf.optimizers.schedules.PiecewiseConstantDecay([11], [1.0, 2.0])
    optimizer.apply_gradients([(tf.constant(1.0), w)])
    optimizer.apply_gradients([(tf.constant(1.0), w)])
    assert w.numpy() == -2.75


def test_minimize():
    w = tf.Variable(3.0)
    optimizer = tf.optimizers.SGD(0.25)
    optimizer.minimize(lambda: w * w, [w])
    assert w.numpy() == 1.5
    with tf.GradientTape() as tape:
        loss = w * w
    optimizer.minimize(loss, [w], tape=tape)
    assert w.numpy() == 0.75
    with pytest.raises(ValueError, match="tape"):
        optimizer.minimize(loss, [w])


def test_unknown_variables_are_refused():
    optimizer = tf.optimizers.Adam()
    optimizer.build([tf.Variable(1.0)])
    with pytest.raises(ValueError, match="Unknown variable"):
        optimizer.apply_gradients([(tf.constant(1.0), tf.Variable(1.0))])


def test_gradients_of_other_kinds_are_converted():
    w = tf.Variable([1.0, 2.0])
    optimizer = tf.optimizers.SGD(0.5)
    for gradient in ([1, 1], np.ones(2), tf.ones([2], tf.float64)):
        optimizer.apply_gradients([(gradient, w)])
    np.testing.assert_array_equal(w.numpy(), [-0.5, 0.5])


def test_excluded_from_weight_decay():
    w, bias = tf.Variable(1.0), tf.Variable(1.0, name="bias")
    optimizer = tf.optimizers.SGD(1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.apply_gradients([(tf.constant(0.0), w), (tf.constant(0.0), bias)])
    assert (w.numpy(), bias.numpy()) == (0.5, 1.0)


def test_configuration_makes_the_same_optimizer():
    schedule = tf.optimizers.schedules.CosineDecay(0.1, 30, warmup_target=0.2, warmup_steps=5)
    optimizer = tf.optimizers.RMSprop(schedule, momentum=0.5, centered=True, clipnorm=1.0)
    assert tf.optimizers.RMSprop.from_config(optimizer.get_config()).get_config() == optimizer.get_config()


@pytest.mark.parametrize("gradient", [[1, 1], [1.0, 1.0]])
def test_variables_of_integers_are_refused_by_name(gradient):
    counts = tf.Variable([1, 2], name="counts")
    optimizer = tf.optimizers.SGD(0.5)
    for _ in range(2):
        with pytest.raises(tf.errors.InvalidArgumentError, match="counts:0"):
            optimizer.apply_gradients([(tf.constant(gradient), counts)])
    np.testing.assert_array_equal(counts.numpy(), [1, 2])


def built(count, dtype=tf.float32):
    variables = [tf.Variable(tf.constant(float(i), dtype)) for i in range(count)]
    optimizer = tf.optimizers.SGD(1.0)
    optimizer.build(variables)
    return optimizer, variables


@pytest.mark.parametrize("count", [1, 2, 40])
@pytest.mark.parametrize("order", [iter, reversed, tuple, lambda pairs: (pair for pair in pairs)])
def test_pairs_may_come_in_any_iterable_and_order(count, order):
    optimizer, variables = built(count)
    optimizer.apply_gradients(order([(tf.constant(2.0), variable) for variable in variables]))
    assert [float(variable) for variable in variables] == [i - 2.0 for i in range(count)]


def test_a_variable_may_come_more_than_once():
    optimizer, variables = built(2)
    optimizer.apply_gradients(zip([tf.constant(1.0)] * 5, [variables[1]] * 5, strict=True))
    assert float(variables[1]) == -4.0 and int(optimizer.iterations) == 1


@pytest.mark.parametrize("last", [None, (tf.constant([1.0]), 1), (tf.constant(1.0),), 3])
def test_nothing_is_written_before_all_pairs_are_known_to_fit(last):
    optimizer, variables = built(2)

    def pairs():
        yield tf.constant(1.0), variables[0]
        if last is None:
            raise KeyError("no more")
        yield last

    with pytest.raises((KeyError, ValueError, TypeError, AttributeError)):
        optimizer.apply_gradients(pairs())
    assert float(variables[0]) == 0.0 and int(optimizer.iterations) == 0


def test_no_pairs_are_refused_as_keras_refuses_them():
    for optimizer in (built(1)[0], tf.optimizers.SGD(1.0)):
        with pytest.raises(ValueError, match=r"not enough values to unpack \(expected 2, got 0\)"):
            optimizer.apply_gradients([])


def test_the_warning_of_missing_gradients_points_at_the_step():
    optimizer, variables = built(2)
    with pytest.warns(UserWarning, match="Gradients do not exist for variables") as caught:
        optimizer.apply_gradients([(tf.constant(1.0), variables[0]), (None, variables[1])])
    assert [warning.filename for warning in caught] == [__file__]


OPTIONS = [
    {},
    {"weight_decay": 0.1, "clipnorm": 0.5, "use_ema": True},
    {"global_clipnorm": 0.5, "gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 2},
    {"clipvalue": 0.3, "loss_scale_factor": 3.0},
    {"learning_rate": tf.optimizers.schedules.CosineDecay(0.1, 5), "weight_decay": 0.1},
]


def train(optimizer, variables, steps, seed):
    random = np.random.default_rng(seed)
    for _ in range(steps):
        gradients = [tf.constant(random.normal(size=v.shape), v.dtype) for v in variables]
        optimizer.apply_gradients(zip(gradients, variables, strict=True))


def state(optimizer, variables):
    return [np.asarray(v.numpy()).tobytes() for v in (*variables, *optimizer.variables)]


def made(name, options, steps):
    variables = [
        tf.Variable(np.arange(1.0, 7.0).reshape(2, 3).astype(np.float32), name="w"),
        tf.Variable(np.arange(3.0), name="bias"),
    ]
    optimizer = getattr(tf.optimizers, name)(**options)
    optimizer.exclude_from_weight_decay(var_list=variables[1:])
    train(optimizer, variables, steps, 0)
    return optimizer, variables


@pytest.mark.parametrize("again", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("options", OPTIONS)
@cases("name", ROWS)
def test_copies_go_on_with_the_same_bits(name, options, steps, again):
    optimizer, variables = made(name, options, steps)
    other, others = again((optimizer, variables))
    assert other.get_config() == optimizer.get_config()
    train(optimizer, variables, 3, 1)
    assert [int(other.iterations), int(other._iterations)] == [steps // (2 if len(options) == 4 else 1), steps]
    train(other, others, 3, 1)
    assert state(other, others) == state(optimizer, variables)


@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("options", OPTIONS)
def test_a_shallow_copy_has_its_own_state_for_the_same_variables(options, steps):
    optimizer, variables = made("Adam", options, steps)
    values = [v.numpy() for v in variables]
    other = copy.copy(optimizer)
    train(optimizer, variables, 3, 1)
    expected = state(optimizer, variables)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    train(other, variables, 3, 1)
    assert state(other, variables) == expected


def test_a_copy_of_an_optimizer_alone_has_variables_of_its_own():
    optimizer, variables = made("Adam", {}, 3)
    before = state(optimizer, variables)
    for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        other.apply([tf.ones(v.shape, v.dtype) for v in variables])
        assert int(other.iterations) == 4
    assert state(optimizer, variables) == before


class Halving(tf.optimizers.schedules.LearningRateSchedule):
    def __init__(self, first):
        self.first = first

    def __call__(self, step):
        return self.first / 2.0 ** tf.cast(step, tf.float32)


class Signs(tf.optimizers.Optimizer):
    """A rule of the program's, with a slot."""

    def build(self, variables):
        super().build(variables)
        self.counts = self.add_optimizer_variables(variables, "count")

    def update_step(self, gradient, variable, learning_rate):
        self.counts[self._get_variable_index(variable)].assign_add(tf.ones_like(gradient))
        variable.assign_sub(tf.cast(learning_rate, variable.dtype) * tf.sign(gradient))


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_copies_of_what_a_program_defines(again):
    optimizer = Signs(Halving(0.5), weight_decay=0.5)
    variables = [tf.Variable([1.0, 2.0]), tf.Variable(np.arange(2.0))]
    train(optimizer, variables, 2, 0)
    other, others = again((optimizer, variables))
    if again is copy.copy:
        assert other is optimizer
        other, others = copy.copy(optimizer), copy.deepcopy(variables)
        values = [v.numpy() for v in variables]
        train(other, variables, 2, 1)
        others, before = [tf.Variable(v.numpy()) for v in variables], values
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
    else:
        train(other, others, 2, 1)
    assert other.counts[0] is not optimizer.counts[0]
    train(optimizer, variables, 2, 1)
    assert state(other, others) == state(optimizer, variables)


SCHEDULES = [
    tf.optimizers.schedules.ExponentialDecay(0.5, 4, 0.5),
    tf.optimizers.schedules.ExponentialDecay(np.float64(0.3), 4, 0.5, staircase=True),
    tf.optimizers.schedules.InverseTimeDecay(0.5, 4, 0.5),
    tf.optimizers.schedules.PolynomialDecay(0.5, 4, power=2.0, cycle=True),
    tf.optimizers.schedules.CosineDecay(0.1, 5, warmup_target=0.5, warmup_steps=3),
    tf.optimizers.schedules.CosineDecayRestarts(0.5, 3, m_mul=0.5),
    tf.optimizers.schedules.PiecewiseConstantDecay([2, 5], [0.5, 0.25, 0.125]),
    Halving(0.5),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: type(schedule).__name__)
def test_steps_take_the_schedules_rate(schedule):
    """What the engine evaluates is what a call gives; of steps given together it gives each one's."""
    w = tf.Variable(np.zeros(1))
    optimizer = tf.optimizers.SGD(schedule)
    rates = []
    for step in range(9):
        assert float(optimizer.learning_rate) == float(schedule(step))
        before = w.numpy()
        optimizer.apply_gradients([(tf.constant([-1.0], tf.float64), w)])
        rates.append(float((w - before)[0]))
    expected = [float(schedule(step)) for step in range(9)]
    np.testing.assert_allclose(rates, expected, rtol=1e-13)
    np.testing.assert_array_equal(schedule(tf.range(9)).numpy(), np.array(expected, schedule(0).numpy().dtype))
    for other in (copy.copy(schedule), copy.deepcopy(schedule), pickle.loads(pickle.dumps(schedule))):
        assert [float(other(step)) for step in range(9)] == expected


def test_schedules_read_their_parameters_when_they_are_called():
    schedule = tf.optimizers.schedules.ExponentialDecay(0.5, 4, 0.5)
    schedule.initial_learning_rate, schedule.decay_steps = 1.0, 2
    assert float(schedule(2)) == 0.5
    with pytest.raises((TypeError, ValueError)):
        schedule.decay_rate = "a half"
    assert float(schedule(2)) == 0.5
    pieces = tf.optimizers.schedules.PiecewiseConstantDecay([1], [0.5, 0.25])
    pieces.values[1] = 0.125
    assert float(pieces(2)) == 0.125
    assert float(tf.optimizers.schedules.ExponentialDecay(1, 2, 0.5)(1)) == pytest.approx(0.5**0.5)


class Doubled(tf.optimizers.schedules.ExponentialDecay):
    def __call__(self, step):
        return 2.0 * super().__call__(step)


class Larger(tf.optimizers.Adam):
    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, 2.0 * learning_rate)


def test_a_subclass_of_a_row_decides():
    w, other = tf.Variable([1.0]), tf.Variable([1.0])
    tf.optimizers.SGD(Doubled(0.25, 4, 0.5)).apply([tf.constant([1.0])], [w])
    assert w.numpy() == 0.5
    w.assign([1.0])
    for optimizer, variable in ((Larger(0.25), w), (tf.optimizers.Adam(0.5), other)):
        train(optimizer, [variable], 3, 0)
    np.testing.assert_array_equal(w.numpy(), other.numpy())


class Scaling(tf.optimizers.SGD):
    def apply(self, grads, trainable_variables=None):
        super().apply([gradient * 2.0 for gradient in grads], trainable_variables)


def test_a_subclass_may_take_its_own_way_to_apply():
    w = tf.Variable([1.0])
    optimizer = Scaling(0.25)
    optimizer.apply_gradients([(tf.constant([1.0]), w)])
    optimizer.apply([tf.constant([1.0])])
    assert w.numpy() == 0.0


class Forgetful(tf.optimizers.SGD):
    def __init__(self):
        pass


def test_what_was_never_initialised_is_refused():
    w = tf.Variable([1.0])
    for call in (
        lambda: Forgetful().apply_gradients([(tf.constant([1.0]), w)]),
        lambda: Forgetful().update_step(tf.constant([1.0]), w, 0.5),
        lambda: tf.optimizers.Adam.__new__(tf.optimizers.Adam).apply([tf.constant([1.0])], [w]),
    ):
        with pytest.raises(RuntimeError, match=r"you forgot to call `super\(\).__init__\(\)`"):
            call()
    with pytest.raises((TypeError, ValueError)):
        tf.optimizers.SGD(0.5).build([None])
    for wrong in (None, 3, tf.constant([1.0])):
        with pytest.raises(TypeError):
            tf.optimizers.SGD(0.5).update_step(tf.constant([1.0]), wrong, 0.5)
    with pytest.raises(ValueError, match="Unknown variable"):
        tf.optimizers.SGD(0.5).update_step(tf.constant([1.0]), w, 0.5)


@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.5}, {"gradient_accumulation_steps": 2}])
def test_an_optimizer_built_again_within_its_step_refuses_the_step(options):
    small, w, optimizer = tf.Variable([1.0]), tf.Variable([1.0, 2.0]), None

    def again():
        if optimizer is not None and int(optimizer._iterations) == 3 and optimizer._trainable_variables[-1] is w:
            optimizer.built = False
            optimizer.build([small])
        return 0.5

    optimizer = tf.optimizers.Adam(again, **options)
    train(optimizer, [small, w], 3, 0)
    before = w.numpy()
    with pytest.raises(RuntimeError, match="built again"):
        train(optimizer, [small, w], 1, 0)
    np.testing.assert_array_equal(w.numpy(), before)
    optimizer.apply([tf.constant([1.0])], [small])


@pytest.mark.parametrize("options", OPTIONS[:4])
def test_a_rate_that_raises_leaves_everything_as_it_was(options):
    fails = False

    def rate():
        if fails:
            raise KeyError("no rate")
        return 0.5

    w = tf.Variable([1.0, 2.0])
    optimizer = tf.optimizers.Adam(rate, **options)
    train(optimizer, [w], 3, 0)
    before, fails = state(optimizer, [w]), True
    with pytest.raises(KeyError, match="no rate"):
        train(optimizer, [w], 1, 0)
    assert state(optimizer, [w]) == before


def test_options_may_be_assigned_between_steps():
    w, other = tf.Variable([1.0, 2.0]), tf.Variable([1.0, 2.0])
    optimizer = tf.optimizers.SGD(0.5)
    train(optimizer, [w], 1, 0)
    optimizer.clipvalue, optimizer.weight_decay = 0.25, 0.5
    train(optimizer, [w], 1, 1)
    train(tf.optimizers.SGD(0.5), [other], 1, 0)
    train(tf.optimizers.SGD(0.5, clipvalue=0.25, weight_decay=0.5), [other], 1, 1)
    np.testing.assert_array_equal(w.numpy(), other.numpy())
    for option in ("use_ema", "gradient_accumulation_steps"):
        setattr(optimizer, option, 2 if option != "use_ema" else True)
        with pytest.raises(ValueError, match=f"`{option}` was set after the optimizer was built."):
            train(optimizer, [w], 1, 0)
        setattr(optimizer, option, None)


def test_a_constraint_sees_the_step_and_may_raise():
    seen = []

    def constraint(value):
        seen.append(value.numpy())
        if len(seen) == 2:
            raise KeyError("refused")
        return tf.clip_by_value(value, 0.0, 1.5)

    w = tf.Variable([1.0, 2.0], constraint=constraint)
    optimizer = tf.optimizers.SGD(1.0)
    optimizer.apply([tf.constant([2.0, -1.0])], [w])
    np.testing.assert_array_equal(w.numpy(), [0.0, 1.5])
    np.testing.assert_array_equal(seen[0], [-1.0, 3.0])
    with pytest.raises(KeyError, match="refused"):
        optimizer.apply([tf.constant([2.0, -1.0])], [w])


@cases("name", ROWS)
def test_long_parameters_step_as_short_ones_do(name):
    """Loops that are cut up among threads, whole rules, and empty parameters."""
    random = np.random.default_rng(0)
    start, gradient = random.normal(size=(2, 70_000)).astype(np.float32)
    options = {"clipvalue": 0.5, "weight_decay": 0.01}
    if name in ("Lamb", "Adafactor"):  # look at all of a parameter
        options["epsilon" if name == "Lamb" else "clip_threshold"] = 1.0
        start[:], gradient[:] = start[0], gradient[0]
    many, alone = tf.Variable(start), tf.Variable(start[:1])
    empty = tf.Variable(np.zeros((0, 3), np.float32))
    for variable in (many, alone):
        optimizer = getattr(tf.optimizers, name)(0.1, **options)
        for _ in range(3):
            part = tf.constant(gradient[: variable.shape[0]])
            optimizer.apply_gradients([(part, variable), (tf.zeros((0, 3)), empty)])
    np.testing.assert_allclose(many.numpy()[:1], alone.numpy(), rtol=1e-5)


HALVES = ["float16", "bfloat16"]
HALF_OPTIONS = [
    {},
    {"weight_decay": 0.1},
    {"clipnorm": 0.5},
    {"global_clipnorm": 0.5},
    {"clipvalue": 0.3},
    {"loss_scale_factor": 4.0},
    {"use_ema": True, "ema_momentum": 0.75, "ema_overwrite_frequency": 2},
    {"gradient_accumulation_steps": 2},
]


def rounded(variable, dtype):
    """A float32 variable's value, as a number of another dtype has it."""
    if variable.dtype == tf.float32 and "learning_rate" not in variable.name:
        variable.assign(tf.cast(tf.cast(variable, dtype), tf.float32))


@pytest.mark.parametrize("dtype", HALVES)
@cases("name", ROWS)
def test_a_step_in_half_precision_is_that_of_float32_rounded_once(name, dtype):
    for options in HALF_OPTIONS if name in ("SGD", "Adam", "Lamb") else HALF_OPTIONS[:1]:
        random = np.random.default_rng(0)
        shapes = [(), (5,), (4, 3), (2, 3, 4), (5000,), (6, 3)]
        first = [tf.cast(tf.constant(random.normal(size=shape)), dtype) for shape in shapes]
        halves = [tf.Variable(value, name=f"v{place}") for place, value in enumerate(first)]
        singles = [tf.Variable(tf.cast(value, tf.float32), name=f"v{place}") for place, value in enumerate(first)]
        optimizers = [getattr(tf.optimizers, name)(0.125, **options) for _ in range(2)]
        for optimizer, variables in zip(optimizers, (halves, singles), strict=True):
            optimizer.build(variables)
        for variable in optimizers[1].variables:
            rounded(variable, dtype)
        for _ in range(4):
            gradients = [tf.cast(tf.constant(random.normal(size=shape)), dtype) for shape in shapes[:-1]]
            rows = tf.cast(tf.constant(random.normal(size=(2, 3))), dtype)
            wide = [tf.cast(gradient, tf.float32) for gradient in gradients]
            sparse = [tf.IndexedSlices(values, tf.constant([4, 1])) for values in (rows, tf.cast(rows, tf.float32))]
            optimizers[0].apply([*gradients, sparse[0]], halves)
            optimizers[1].apply([*wide, sparse[1]], singles)
            for variable in [*singles, *optimizers[1].variables]:
                rounded(variable, dtype)
        ours, theirs = [*halves, *optimizers[0].variables], [*singles, *optimizers[1].variables]
        for half, single in zip(ours, theirs, strict=True):
            assert half.dtype == (dtype if single.dtype == tf.float32 and "rate" not in single.name else single.dtype)
            # Decay, means of gradients, averages and Nadam's product are rounded where each is written.
            steps = 2.0 ** (-10 if dtype == "float16" else -7) * (1 if options or name == "Nadam" else 0)
            np.testing.assert_allclose(
                half.numpy().astype(np.float64), single.numpy().astype(np.float64), rtol=3 * steps, atol=steps / 4
            )


@pytest.mark.parametrize("dtype", HALVES)
def test_long_parameters_of_half_precision_step_as_short_ones(dtype):
    size = 300_000
    values = np.random.default_rng(0).normal(size=size)
    gradient = tf.cast(tf.constant(values[::-1].copy()), dtype)
    w, parts = tf.Variable(tf.cast(tf.constant(values), dtype)), []
    for start in range(0, size, size // 4):
        parts.append(tf.Variable(tf.cast(tf.constant(values[start : start + size // 4]), dtype)))
    tf.optimizers.Adam(0.1).apply([gradient], [w])
    tf.optimizers.Adam(0.1).apply(tf.split(gradient, 4), parts)
    np.testing.assert_array_equal(w.numpy(), np.concatenate([part.numpy() for part in parts]))


@pytest.mark.parametrize("dtype", HALVES)
def test_update_steps_of_a_program_get_gradients_of_half_precision(dtype):
    class Plain(tf.optimizers.Optimizer):
        def update_step(self, gradient, variable, learning_rate):
            assert gradient.dtype == variable.dtype == dtype
            variable.assign_sub(tf.cast(learning_rate, dtype) * gradient)

    w = tf.Variable([1.0, 2.0], dtype=dtype)
    Plain(0.5, clipvalue=1.0).apply([tf.constant([3.0, -0.5], dtype)], [w])
    np.testing.assert_array_equal(w.numpy().astype(np.float32), [0.5, 2.25])


@pytest.mark.parametrize("dtype", HALVES)
def test_gradients_of_other_dtypes_are_cast_to_half_precision(dtype):
    w = tf.Variable([1.0, 2.0], dtype=dtype)
    tf.optimizers.SGD(0.5).apply([tf.constant([3.0, -0.5])], [w])
    np.testing.assert_array_equal(w.numpy().astype(np.float32), [-0.5, 2.25])


@pytest.mark.parametrize("dtype", HALVES)
def test_the_state_of_half_precision_comes_back_from_a_checkpoint(dtype, tmp_path):
    w, other = tf.Variable([1.0, 2.0], dtype=dtype), tf.Variable([0.0, 0.0], dtype=dtype)
    optimizers = [tf.optimizers.Adam(0.125) for _ in range(2)]
    optimizers[0].apply([tf.constant([3.0, -0.5], dtype)], [w])
    optimizers[1].build([other])
    path = tf.train.Checkpoint(w=w, optimizer=optimizers[0]).save(tmp_path / "state")
    tf.train.Checkpoint(w=other, optimizer=optimizers[1]).restore(path).assert_consumed()
    for variable, optimizer in ((w, optimizers[0]), (other, optimizers[1])):
        optimizer.apply([tf.constant([1.0, 0.25], dtype)], [variable])
    np.testing.assert_array_equal(w.numpy(), other.numpy())
    for library in (tf.interop.npz, tf.interop.safetensors):
        library.save(tmp_path / "weights", {"w": w})
        back = library.load(tmp_path / "weights")["w"]
        assert back.dtype == dtype
        np.testing.assert_array_equal(back.numpy(), w.numpy())
    for ours, theirs in zip(optimizers[0].variables, optimizers[1].variables, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize(
    ("make", "dtype"),
    [
        *((lambda: tf.optimizers.SGD(0.1), dtype) for dtype in ("int32", "bool")),
        *(
            (lambda limit=limit: tf.optimizers.SGD(0.1, **{limit: 1.0}), "complex64")
            for limit in ("clipnorm", "clipvalue")
        ),
        *((getattr(tf.optimizers, name), "complex128") for name in ROWS if name not in ("SGD", "LossScaleOptimizer")),
    ],
)
def test_variables_of_other_numbers_are_refused(make, dtype):
    w = tf.Variable(tf.ones([2], dtype))
    with pytest.raises(tf.errors.InvalidArgumentError, match="floating dtypes"):
        make().apply([tf.ones([2], dtype)], [w])
    assert w.numpy().tolist() == [1, 1]


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("size", [3, 50_000])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True},
        {"weight_decay": 0.1},
        {"use_ema": True, "ema_momentum": 0.5},
        {"gradient_accumulation_steps": 2},
        {"loss_scale_factor": 4.0},
    ],
    ids=str,
)
def test_linear_steps_of_complex_numbers_are_those_of_their_parts(options, size, dtype):
    rng = np.random.default_rng(0)
    start, *gradients = rng.standard_normal((4, 2, size))
    w = tf.Variable(start[0] + 1j * start[1], dtype=dtype)
    parts = [tf.Variable(part, dtype="float32" if dtype == "complex64" else "float64") for part in start]
    whole, apart = (tf.optimizers.SGD(0.1, **options) for _ in range(2))
    for gradient in gradients:
        whole.apply([tf.constant(gradient[0] + 1j * gradient[1], dtype)], [w])
        apart.apply([tf.constant(part, parts[0].dtype) for part in gradient], parts)
    if "use_ema" in options:
        whole.finalize_variable_values([w])
        apart.finalize_variable_values(parts)
    np.testing.assert_array_equal(w.numpy().real, parts[0].numpy())
    np.testing.assert_array_equal(w.numpy().imag, parts[1].numpy())


def test_complex_rows_of_a_gradient():
    table, whole = (tf.Variable(tf.complex([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]])) for _ in range(2))
    gradients = []
    for variable, take in ((table, lambda: tf.gather(table, [1, 1])), (whole, lambda: tf.stack([whole[1], whole[1]]))):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.abs(take()) ** 2)
        gradients.append(tape.gradient(loss, variable))
        tf.optimizers.SGD(0.1).apply([gradients[-1]], [variable])
    assert isinstance(gradients[0], tf.IndexedSlices)
    np.testing.assert_allclose(table.numpy(), whole.numpy(), rtol=1e-6)
