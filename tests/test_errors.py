"""Exceptions: TensorFlow's types, codes and messages."""

import pickle

import pytest

import gradtape as tf
from gradtape._src.core import errors

CODES = {
    "CancelledError": 1,
    "UnknownError": 2,
    "InvalidArgumentError": 3,
    "DeadlineExceededError": 4,
    "NotFoundError": 5,
    "AlreadyExistsError": 6,
    "PermissionDeniedError": 7,
    "ResourceExhaustedError": 8,
    "FailedPreconditionError": 9,
    "AbortedError": 10,
    "OutOfRangeError": 11,
    "UnimplementedError": 12,
    "InternalError": 13,
    "UnavailableError": 14,
    "DataLossError": 15,
    "UnauthenticatedError": 16,
}


@pytest.mark.parametrize("name, code", CODES.items())
def test_each_kind_carries_its_code_and_message(name, code):
    kind = getattr(tf.errors, name)
    error = kind(None, None, "what happened")
    assert isinstance(error, errors.OpError) and kind.__name__ == name and kind.__module__ == "gradtape.errors"
    assert (str(error), error.message, error.error_code) == ("what happened", "what happened", code)
    assert (error.op, error.node_def, error.experimental_payloads, error.args) == (None, None, {}, ())
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is kind and copied.message == "what happened"


def test_the_general_error_takes_a_code():
    error = errors.OpError(None, None, "m", errors.ABORTED)
    assert error.error_code == 10 and str(pickle.loads(pickle.dumps(error))) == "m"
    with pytest.raises(TypeError, match=r"^InvalidArgumentError.__init__\(\) missing 2 required positional arguments"):
        errors.InvalidArgumentError("m")


@pytest.mark.parametrize(
    "error, text",
    [
        (
            errors.invalid_argument("AddV2", "Incompatible shapes: [2,3] vs. [2,4]", ""),
            "{{function_node __wrapped__AddV2_device_/job:localhost/replica:0/task:0/device:CPU:0}} "
            "Incompatible shapes: [2,3] vs. [2,4] [Op:AddV2] name: ",
        ),
        (
            errors.invalid_argument("MatMul", "Matrix size-incompatible: In[0]: [2,3]", "", kernel="__MklMatMul"),
            "{{function_node __wrapped____MklMatMul_device_/job:localhost/replica:0/task:0/device:CPU:0}} "
            "Matrix size-incompatible: In[0]: [2,3] [Op:MatMul] name: ",
        ),
        (
            errors.invalid_argument("AddV2", "cannot compute AddV2 as input #1 was expected", "n", kernel=None),
            "cannot compute AddV2 as input #1 was expected [Op:AddV2] name: n",
        ),
        (
            errors.from_op(errors.UnimplementedError, "Reshape", "not done"),
            "{{function_node __wrapped__Reshape_device_/job:localhost/replica:0/task:0/device:CPU:0}} "
            "not done [Op:Reshape]",
        ),
    ],
)
def test_errors_of_ops_are_worded_as_tensorflow_words_them(error, text):
    assert str(error) == text
