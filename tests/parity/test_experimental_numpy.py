"""tf.experimental.numpy compared with TensorFlow's: where TensorFlow agrees with NumPy, so does gradtape."""

import numpy
import tensorflow

import gradtape
from cases import cases
from drawing_numpy import ARRAYS, CALLS, function_of


def test_names():
    theirs = {name for name in dir(tensorflow.experimental.numpy) if name[0] != "_"}
    assert theirs - set(dir(gradtape.experimental.numpy)) == {
        "experimental_enable_numpy_behavior",  # a global switch
        "flatten",  # not a NumPy function
    }
    assert {name for name in dir(tensorflow.experimental.numpy.random) if name[0] != "_"} == {
        name for name in dir(gradtape.experimental.numpy.random) if name[0] != "_"
    }


def outcome(library, call):
    try:
        found = eval(call, {"np": library.experimental.numpy, **ARRAYS})
    except Exception:
        return None
    return [numpy.asarray(part) for part in found] if isinstance(found, list | tuple) else [numpy.asarray(found)]


@cases("call", [call for call in CALLS if call != "np.shape(d)"], group=function_of)
def test_as_tensorflow(call):
    expected, found = outcome(tensorflow, call), outcome(gradtape, call)
    with numpy.errstate(all="ignore"):
        truth = eval(call, {"np": numpy, **ARRAYS})
    parts = list(truth) if isinstance(truth, list | tuple) else [truth]
    if expected is None or expected[0].dtype == object:
        return  # TensorFlow rejects what NumPy computes
    for one, other, part in zip(found, expected, parts, strict=True):
        right = other.shape == numpy.shape(part) and numpy.allclose(other, part, 1e-5, 1e-6, equal_nan=True)
        if right:
            numpy.testing.assert_allclose(one, other, 1e-5, 1e-6)
