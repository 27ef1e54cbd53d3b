"""Complex matrices against TensorFlow: values, dtypes, and gradients where TensorFlow's are right."""

import numpy as np
import pytest

import gradtape as gt
from complex_numbers import PROGRAMS, SHAPES, drawn

tf = pytest.importorskip("tensorflow")

# By difference quotients (tests/test_complex_linalg.py) TensorFlow's gradients are wrong, and gradtape's are right.
WRONG_THERE = {
    "det": "the determinant is not conjugated",
    "sign of det": "the sign's derivative is left out",
    "log of det": "the cotangent's imaginary part, of a number that is always real, is taken",
    "sqrtm": "Sylvester's equation is solved without conjugation",
    "tridiagonal_solve": "the matrix is transposed, not conjugated",
}
NONE_THERE = ("lu", "lu_solve", "logm", "logm of a Jordan block")


def value_and_gradient(library, program, z):
    def weighed(y):
        weights = np.cos(np.arange(1.0, 1.0 + int(np.prod(y.shape)))).reshape(y.shape)
        return library.reduce_sum(weights * library.math.real(y) - weights**2 * library.math.imag(y))

    z = library.constant(z)
    with library.GradientTape() as tape:
        tape.watch(z)
        y = program(library, z)
        target = weighed(y)
    return y.numpy(), tape.gradient(target, z).numpy()


@pytest.mark.parametrize("name, program, shape", PROGRAMS, ids=lambda part: part if isinstance(part, str) else "")
def test_values_and_gradients(name, program, shape):
    z = drawn(*SHAPES[shape])
    if name in NONE_THERE:
        np.testing.assert_allclose(
            program(gt, gt.constant(z)).numpy(), program(tf, tf.constant(z)).numpy(), rtol=1e-8, atol=1e-8
        )
        return
    ours, theirs = (value_and_gradient(library, program, z) for library in (gt, tf))
    assert ours[0].dtype == theirs[0].dtype
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-8, atol=1e-8)
    assert np.allclose(ours[1], theirs[1], rtol=1e-8, atol=1e-8) == (name not in WRONG_THERE)
