"""Every optimizer and schedule against Keras over random trajectories."""

import numpy as np
import pytest

import gradtape as gt

tf = pytest.importorskip("tensorflow")

CASES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "beta_1": 0.8}),
    ("AdamW", {"weight_decay": 0.1}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5}),
    ("RMSprop", {"centered": True, "momentum": 0.5, "rho": 0.7}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("Adamax", {}),
    ("Nadam", {}),
    ("Ftrl", {}),
    (
        "Ftrl",
        {
            "l1_regularization_strength": 0.02,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.1,
            "beta": 0.2,
            "learning_rate_power": -0.7,
        },
    ),
    ("Lion", {}),
    ("SGD", {"weight_decay": 0.1}),
    ("SGD", {"clipnorm": 0.5}),
    ("Adam", {"global_clipnorm": 0.5}),
    ("SGD", {"clipvalue": 0.3, "momentum": 0.9}),
    ("SGD", {"use_ema": True, "ema_momentum": 0.8}),
    ("Adam", {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3}),
    ("SGD", {"gradient_accumulation_steps": 3, "momentum": 0.5}),
    ("Adam", {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 2}),
    ("SGD", {"loss_scale_factor": 4.0}),
]
SHAPES = [(), (5,), (30, 3)]


def trajectory(library, name, options, dtype, steps, rate=0.01, sparse=False):
    """Values of the variables after every step, then the optimizer's own variables."""
    random = np.random.default_rng(0)
    variables = [library.Variable(random.normal(size=shape).astype(dtype)) for shape in SHAPES]
    optimizer = getattr(library.optimizers, name)(rate, **options)
    seen = []
    for _ in range(steps):
        gradients = [library.constant(random.normal(size=shape).astype(dtype)) for shape in SHAPES]
        optimizer.apply_gradients(list(zip(gradients, variables, strict=True)))
        seen.append([v.numpy() for v in variables])
    optimizer.finalize_variable_values(variables)
    seen.append([v.numpy() for v in variables])
    seen.append([np.asarray(v.numpy()) for v in optimizer.variables])
    return seen


def compare(got, expected, rtol):
    for step, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
        for a, b in zip(ours, theirs, strict=True):
            # Rounding is that of the largest terms that were added up.
            scale = max(1.0, np.abs(b).max())
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale, err_msg=f"after step {step}")


@pytest.mark.parametrize("dtype, rtol", [("float32", 2e-5), ("float64", 1e-9)])
@pytest.mark.parametrize("name, options", CASES)
def test_trajectories(name, options, dtype, rtol):
    compare(trajectory(gt, name, options, dtype, 14), trajectory(tf, name, options, dtype, 14), rtol)


SPARSE = [
    *((name, options) for name, options in CASES if "loss_scale_factor" not in options),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("Adam", {"clipvalue": 0.3, "amsgrad": True}),
    ("AdamW", {"clipnorm": 0.3}),
    ("RMSprop", {"clipvalue": 0.1}),
    ("Adagrad", {"global_clipnorm": 0.5, "weight_decay": 0.1}),
    ("Adagrad", {"clipnorm": 0.5}),
    ("Adadelta", {"clipnorm": 0.5}),
    ("Adamax", {"clipnorm": 0.5, "weight_decay": 0.1}),
    ("Nadam", {"clipvalue": 0.5}),
    ("Ftrl", {"clipvalue": 0.5}),
    ("Lion", {"weight_decay": 0.1, "clipnorm": 0.5}),
]


def sparse_trajectory(library, name, options, dtype):
    """Values under IndexedSlices, repeated indices among them, beside a dense gradient."""
    random = np.random.default_rng(0)
    variables = [library.Variable(random.normal(size=shape).astype(dtype)) for shape in ((6, 3), (4,), (2,))]
    optimizer = getattr(library.optimizers, name)(0.05, **options)
    seen = []
    for step in range(8):
        indices = [[3, 1, 3], [4, 0], [2, 2, 5, 2]][step % 3]
        rows = library.constant(random.normal(size=(len(indices), 3)).astype(dtype))
        slices = [
            library.IndexedSlices(rows, library.constant(indices), library.constant([6, 3])),
            library.IndexedSlices(rows[:2, 0], library.constant([2, 2 - step % 2]), library.constant([4])),
        ]
        dense = library.constant(random.normal(size=2).astype(dtype))
        optimizer.apply_gradients(list(zip([*slices, dense], variables, strict=True)))
        seen.append([v.numpy() for v in variables])
    optimizer.finalize_variable_values(variables)
    seen.append([v.numpy() for v in variables])
    seen.append([np.asarray(v.numpy()) for v in optimizer.variables])
    return seen


@pytest.mark.parametrize("dtype, rtol", [("float32", 2e-5), ("float64", 1e-9)])
@pytest.mark.parametrize("name, options", SPARSE)
def test_sparse_trajectories(name, options, dtype, rtol):
    compare(sparse_trajectory(gt, name, options, dtype), sparse_trajectory(tf, name, options, dtype), rtol)


SCHEDULES = [
    ("ExponentialDecay", (0.1, 7, 0.9)),
    ("ExponentialDecay", (0.1, 7, 0.9, True)),
    ("PiecewiseConstantDecay", ([3, 8, 20], [0.1, 0.2, 0.05, 0.01])),
    ("CosineDecay", (0.1, 30)),
    ("CosineDecay", (0.01, 20, 0.1, "warm", 0.2, 6)),
    ("CosineDecayRestarts", (0.1, 5)),
    ("CosineDecayRestarts", (0.1, 5, 1.0, 0.8, 0.1)),
    ("PolynomialDecay", (0.1, 20)),
    ("PolynomialDecay", (0.1, 8, 0.01, 2.0, True)),
    ("InverseTimeDecay", (0.1, 7, 0.5)),
    ("InverseTimeDecay", (0.1, 7, 0.5, True)),
]


@pytest.mark.parametrize("name, arguments", SCHEDULES)
def test_schedules(name, arguments):
    ours, theirs = (getattr(library.optimizers.schedules, name)(*arguments) for library in (gt, tf))
    assert ours.get_config() == theirs.get_config()
    for step in range(45):
        got, expected = ours(step), theirs(step)
        assert got.dtype.name == expected.dtype.name
        np.testing.assert_allclose(got.numpy(), expected.numpy(), rtol=2e-5, atol=1e-8, err_msg=f"at step {step}")
    configured = [library.optimizers.SGD(s, name="s").get_config() for library, s in ((gt, ours), (tf, theirs))]
    assert configured[0] == configured[1]


def test_scheduled_trajectory():
    compare(
        *[
            trajectory(library, "Adam", {}, "float32", 40, library.optimizers.schedules.CosineDecay(0.1, 30))
            for library in (gt, tf)
        ],
        rtol=2e-5,
    )


@pytest.mark.parametrize("name, options", CASES)
def test_configurations(name, options):
    ours, theirs = (getattr(library.optimizers, name)(0.25, name="o", **options) for library in (gt, tf))
    assert ours.get_config() == theirs.get_config()
    assert type(ours).from_config(ours.get_config()).get_config() == ours.get_config()


@pytest.mark.parametrize(
    "name", ["SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam", "RMSprop"]
)
def test_found_by_name_and_description(name):
    descriptions = []
    for library in (gt, tf):
        optimizers = library.keras.optimizers
        described = optimizers.serialize(optimizers.get({"class_name": name, "config": {"name": "o"}}))
        assert optimizers.serialize(optimizers.deserialize(dict(described))) == described
        assert type(optimizers.get(name.lower())).__name__ == name
        descriptions.append(described)
    assert descriptions[0] == descriptions[1]


def test_what_no_optimizer_is_found_by():
    for library in (gt, tf):
        optimizers = library.keras.optimizers
        assert optimizers.get(None) is None
        for identifier in ("speed", 3):
            with pytest.raises(ValueError, match=f"Could not interpret optimizer identifier: {identifier}"):
                optimizers.get(identifier)
    assert gt.keras.Optimizer is gt.optimizers.Optimizer


WRONG = [
    ("SGD", {"learning_rate": 1}),
    ("SGD", {"momentum": 2.0}),
    ("SGD", {"clipnorm": 1.0, "clipvalue": 1.0}),
    ("SGD", {"speed": 1.0}),
    ("Adam", {"use_ema": True, "ema_momentum": 2.0}),
    ("Adam", {"gradient_accumulation_steps": 1}),
    ("AdamW", {"weight_decay": None}),
    ("Ftrl", {"beta": 0.0, "l1_regularization_strength": -1.0}),
    ("Lion", {"beta_1": 0.0}),
]


@pytest.mark.parametrize("name, options", WRONG)
def test_refused_arguments(name, options):
    messages = []
    for library in (gt, tf):
        with pytest.raises(ValueError) as caught:
            getattr(library.optimizers, name)(**options)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_none_gradients():
    messages = []
    for library in (gt, tf):
        a, b = library.Variable(1.0, name="a"), library.Variable(1.0, name="b")
        optimizer = library.optimizers.SGD(0.5)
        with pytest.warns(UserWarning, match="Gradients do not exist") as caught:
            optimizer.apply_gradients([(None, a), (library.constant(1.0), b)])
        assert (a.numpy(), b.numpy()) == (1.0, 0.5)
        with pytest.raises(ValueError) as refused:
            optimizer.apply_gradients([(None, a), (None, b)])
        found = [w for w in caught if issubclass(w.category, UserWarning)]
        messages.append([str(found[0].message), str(refused.value)])
    assert messages[0] == messages[1]


def excluded(library):
    """Exclusions by name and by variable, before the first step and between steps."""
    seen = []
    for by_variable in (False, True):
        weights, bias = library.Variable([1.0, 2.0], name="weights"), library.Variable([1.0], name="bias")
        optimizer = library.keras.optimizers.SGD(0.5, weight_decay=0.1)
        if by_variable:
            optimizer.exclude_from_weight_decay(var_list=[weights])
        else:
            optimizer.exclude_from_weight_decay(var_names=["bias"])
        for step in range(3):
            if step == 2:
                optimizer.exclude_from_weight_decay(var_list=[weights, bias])
            optimizer.apply_gradients([(library.zeros(2), weights), (library.zeros(1), bias)])
        seen.append([weights.numpy(), bias.numpy()])
    return seen


def scheduled_later(library):
    """A schedule that takes the place of a learning rate, and averages of fewer variables."""
    weights = library.Variable([1.0, 2.0])
    optimizer = library.keras.optimizers.Adam(0.5, use_ema=True, ema_momentum=0.5)
    optimizer.apply([library.ones(2)], [weights])
    optimizer.learning_rate = library.keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    optimizer.apply([library.ones(2)])
    before = weights.numpy()
    optimizer.finalize_variable_values([weights, library.Variable(1.0)])
    return [[before, weights.numpy()]]


def scaled(library):
    """Scaled losses with clipping, constraints, and accumulated gradients with decay."""
    weights = library.Variable([1.0, 2.0], constraint=lambda value: library.clip_by_value(value, 0.0, 1.5))
    optimizer = library.keras.optimizers.SGD(0.5, loss_scale_factor=4.0, clipnorm=0.5)
    loss = optimizer.scale_loss(library.constant(3.0))
    optimizer.apply([-library.ones(2)], [weights])
    others = library.Variable([1.0, 2.0])
    accumulating = library.keras.optimizers.Adam(0.5, gradient_accumulation_steps=2, clipvalue=0.1, weight_decay=0.1)
    for step in range(5):
        accumulating.apply([library.ones(2) * step], [others])
    return [[loss.numpy(), weights.numpy(), others.numpy(), np.asarray(int(accumulating.iterations))]]


@pytest.mark.parametrize("program", [excluded, scheduled_later, scaled])
def test_options(program):
    compare(program(gt), program(tf), 2e-6)
