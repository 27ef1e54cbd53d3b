"""TensorFlow's own initializers, compared."""

from __future__ import annotations

import numpy as np
import pytest
from compare import same

PROGRAMS = {
    "number": lambda tf: [tf.constant_initializer(3)([2]), tf.constant_initializer(3.5)([2])],
    "number of a dtype": lambda tf: tf.constant_initializer(3)([2], tf.float32),
    "float64": lambda tf: tf.constant_initializer(3.5)([2], dtype=tf.float64),
    "no integer": lambda tf: tf.constant_initializer(3.5)([2], tf.int32),
    "list": lambda tf: tf.constant_initializer([1, 2, 3, 4])([2, 2]),
    "too short a list": lambda tf: tf.constant_initializer([1, 2, 3])([2, 2]),
    "array": lambda tf: tf.constant_initializer(np.arange(4))([2, 2]),
    "config": lambda tf: [tf.constant_initializer(3).get_config(), tf.random_normal_initializer(seed=3).get_config()],
    "again": lambda tf: tf.random_uniform_initializer.from_config({"minval": 0, "maxval": 2, "seed": 1})([3]),
    "zeros": lambda tf: [tf.zeros_initializer()([2, 3], tf.int32), tf.zeros_initializer().get_config()],
    "ones": lambda tf: tf.ones_initializer()([2, 3], tf.bool),
    "normal": lambda tf: [tf.random_normal_initializer(1.0, 2.0, 3)([4], dtype) for dtype in ("float32", "float64")],
    "normal integers": lambda tf: tf.random_normal_initializer()([4], tf.int32),
    "uniform": lambda tf: tf.random_uniform_initializer(1.0, 2.0, seed=3)([4]),
    "uniform integers": lambda tf: tf.random_uniform_initializer(1, 20, seed=3)([4], tf.int32),
    "uniform bools": lambda tf: tf.random_uniform_initializer(seed=3)([4], tf.bool),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_initializer(name):
    same(PROGRAMS[name], rtol=3e-7, message=False)


def test_global_seed():
    def program(tf):
        tf.random.set_seed(1)
        return tf.random_uniform_initializer()([4]), tf.random_normal_initializer()([4])

    same(program, rtol=3e-7)
