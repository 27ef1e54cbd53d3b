"""Every name of the compatibility page is TensorFlow's, and names outside the tables behave as they do there."""

import inspect
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow
from compare import same

import gradtape
from cases import cases
from drawing import resolve

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))

from generate_compatibility import names


@cases("name", names())
def test_name_is_tensorflow_s(name):
    resolve(tensorflow, name)


def within(block, tf):
    """A gradient computed in a context, and the context's value."""
    x = tf.constant(3.0)
    with block as given, tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    return given if isinstance(given, str) else None, tape.gradient(y, x)


def traced(tf):
    """A decorated function under a tape."""
    v = tf.Variable(2.0)

    @tf.function
    def f(x):
        return x * x * v

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, [x, v])


def unrecorded(tf):
    """Values computed in an initialization scope are constants to the enclosing tape."""
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        with tf.init_scope():
            y = x * x
        z = y * x
    return tape.gradient(y, x), tape.gradient(z, x)


def scheduled(tf):
    """A schedule defined by the program, and one restored from its configuration."""

    class Half(tf.keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.5

        def get_config(self):
            return {}

    v = tf.Variable(2.0)
    optimizer = tf.keras.optimizers.SGD(Half())
    optimizer.apply_gradients([(tf.constant(1.0), v)])
    described = tf.keras.optimizers.schedules.serialize(tf.keras.optimizers.schedules.ExponentialDecay(0.1, 7, 0.9))
    again = tf.keras.optimizers.schedules.deserialize(described)
    return v, described["class_name"], again(3), isinstance(optimizer, tf.keras.optimizers.Optimizer)


PROGRAMS = {
    "schedules": scheduled,
    "control_dependencies": lambda tf: within(tf.control_dependencies([tf.constant(1.0)]), tf),
    "device": lambda tf: within(tf.device("/CPU:0"), tf),
    "init_scope": unrecorded,
    "name_scope": lambda tf: within(tf.name_scope("layer"), tf),
    "executing_eagerly": lambda tf: tf.executing_eagerly(),
    "function": traced,
    "group": lambda tf: tf.group(tf.constant(1.0), tf.constant(2.0)),
    "no_op": lambda tf: tf.no_op(),
    "tuple": lambda tf: tf.tuple([tf.constant(1.0), tf.constant([2, 3])]),
    "numpy_function": lambda tf: tf.numpy_function(np.sin, [tf.constant([0.0, 1.0])], tf.float32),
    "py_function": lambda tf: tf.py_function(lambda x: x * x, [tf.constant([2.0, 3.0])], tf.float32),
    "newaxis": lambda tf: (tf.newaxis, tf.constant([1.0, 2.0])[:, tf.newaxis]),
    "broadcast_static_shape": lambda tf: tf.broadcast_static_shape(tf.TensorShape([2, 1]), tf.TensorShape([1, 3])),
    "realdiv": lambda tf: tf.realdiv(tf.constant([1.0, 2.0]), 4.0),
    "double": lambda tf: tf.constant(1.0, tf.double),
    "DType": lambda tf: isinstance(tf.float32, tf.DType),
    "nn.moments": lambda tf: tf.nn.moments(tf.constant([[1.0, 2.0], [3.0, 6.0]]), [0]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    same(PROGRAMS[name], rtol=1e-6, compiles=name != "executing_eagerly")


# Deliberate differences: compiled classes without signatures, and TensorFlow's without any.
WITHOUT_SIGNATURE = {
    *("DType", "GradientTape", "Tensor", "Variable", "autodiff.ForwardAccumulator", "autodiff.GradientTape"),
    "dtypes.DType",
}


def public_functions():
    """Every function of gradtape's public modules that TensorFlow has too, by dotted name."""
    for place in ("", "math", "linalg", "nn", "random", "debugging", "autodiff", "nest", "dtypes", "test"):
        modules = [resolve(library, place) if place else library for library in (gradtape, tensorflow)]
        for name, value in vars(modules[0]).items():
            dotted = f"{place}.{name}".removeprefix(".")
            if name[0] != "_" and callable(value) and hasattr(modules[1], name) and dotted not in WITHOUT_SIGNATURE:
                yield dotted


def parameters(function):
    """Names, kinds and defaults; dtypes by name, and without the default of `name`, which is not used."""
    listed = inspect.signature(function).parameters.values()
    defaults = [getattr(p.default, "name", p.default) if p.name != "name" else None for p in listed]
    return [(p.name, p.kind.name, default) for p, default in zip(listed, defaults, strict=True)]


@cases("name", public_functions())
def test_signature(name):
    assert parameters(resolve(gradtape, name)) == parameters(resolve(tensorflow, name))


PLACES = ("", "autodiff", "debugging", "dtypes", "errors", "keras", "keras.optimizers", "keras.optimizers.schedules")
PLACES += ("linalg", "math", "nest", "nn", "nn.experimental", "random", "random.experimental", "test")


def test_what_is_here_under_one_name_is_here_under_all_of_tensorflow_s():
    """TensorFlow has functions in several places; so has gradtape, and they are the same function."""
    found = {}
    for place in PLACES:
        home = resolve(tensorflow, place) if place else tensorflow
        for member in dir(home):
            value = getattr(home, member)
            if not member.startswith("_") and callable(value):
                found.setdefault(id(value), []).append(f"{place}.{member}".removeprefix("."))
    for aliases in found.values():
        here = [name for name in aliases if has(name)]
        if here:
            assert here == aliases
        assert len({id(resolve(gradtape, name)) for name in here}) <= 1, here


def has(name):
    try:
        resolve(gradtape, name)
    except AttributeError:
        return False
    return True
