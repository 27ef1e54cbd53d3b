"""Errors of the special functions, as in TensorFlow, and their behaviour without SciPy."""

import subprocess
import sys

import pytest
from compare import same


def floats(tf, *shape):
    return tf.fill(shape, 0.5)


REFUSED = {
    "igamma of unfit shapes": lambda tf: tf.math.igamma(floats(tf, 2), floats(tf, 3)),
    "igamma of two dtypes": lambda tf: tf.math.igamma(floats(tf, 2), tf.constant([1.0, 2.0], tf.float64)),
    "betainc of unfit shapes": lambda tf: tf.math.betainc(floats(tf, 2), floats(tf, 2), floats(tf, 3)),
    "betainc that would broadcast": lambda tf: tf.math.betainc(floats(tf, 2, 1), floats(tf, 2), floats(tf)),
    "betainc without an operand": lambda tf: tf.math.betainc(floats(tf, 2), floats(tf, 2)),
    "polyval of a tensor": lambda tf: tf.math.polyval((1.0, 2.0), 2.0),
    "atan2 without an operand": lambda tf: tf.math.atan2(floats(tf, 2)),
    "zeta by a false name": lambda tf: tf.math.zeta(1.0, p=2.0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    assert same(REFUSED[name], message="operand" not in name and "name" not in name).exception


@pytest.mark.parametrize("name", ["igamma", "igammac"])
def test_integers_are_refused(name):
    def program(tf):
        x = tf.constant([1, 2])
        try:
            return getattr(tf.math, name)(x, x)
        except tf.errors.InvalidArgumentError as error:
            # TensorFlow continues with the op's definition.
            return str(error).split("\n")[0].removesuffix(" name: ").split(" [Op:")[0]

    assert isinstance(same(program).result, str)


def test_without_scipy_the_remedy_is_named():
    program = (
        "import sys; import gradtape as tf; assert 'scipy' not in sys.modules; sys.modules['scipy.special'] = None\n"
        "try: tf.math.betainc(1.0, 2.0, 0.5)\n"
        "except ImportError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    expected = "the values of betainc are SciPy's, which is not installed; run: pip install gradtape[special]\n"
    assert said == expected
