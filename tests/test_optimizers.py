"""Optimizers: steps as Keras takes them, what they accept and what they refuse."""

import numpy as np
import pytest

import gradtape as tf


def test_sgd_step():
    w = tf.Variable([1.0, 2.0])
    optimizer = tf.optimizers.SGD(0.1)
    iterations = optimizer.apply_gradients([(tf.constant([1.0, -1.0]), w)])
    np.testing.assert_allclose(w.numpy(), [0.9, 2.1], rtol=1e-6)
    assert iterations is optimizer.iterations
    assert int(optimizer.iterations) == 1


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

# What Keras 3 makes of [1, -2, 0.5] in five steps at rate 0.1, before and after finalize_variable_values.
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
    """Rows of a gradient, as a gather's reverse rule gives them."""

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


@pytest.mark.parametrize("values, indices", [([[1.0, 2.0]], [5]), ([[1.0, 2.0, 3.0]], [0]), ([[1.0, 2.0]], [-1])])
def test_wrong_slices_name_the_variable(values, indices):
    w = tf.Variable(np.zeros((5, 2), np.float32), name="table")
    with pytest.raises(tf.errors.InvalidArgumentError, match="table:0"):
        tf.optimizers.SGD(0.1).apply_gradients([(Slices(values, indices), w)])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "Lion"])
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
