"""copy, deepcopy and pickle of every public class, before and after use; attributes and weak references."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import gradtape as tf


@pytest.mark.parametrize("value", [2.0, [1.0, 2.0], np.ones((40, 2), np.float32)], ids=["scalar", "inline", "block"])
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_the_copy_of_a_tensor_is_connected(value: Any, duplicate: Any) -> None:
    x = tf.constant(value)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = duplicate([x, {"again": x * x}])[1]["again"] + duplicate(x)
    assert duplicate(x) is x
    np.testing.assert_array_equal(tape.gradient(y, x), 2 * x.numpy() + 1)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (5, 7)])
def test_a_pickled_tensor_keeps_value_and_dtype(dtype: str, shape: tuple[int, ...]) -> None:
    x = tf.cast(tf.ones(shape), dtype)
    again = pickle.loads(pickle.dumps(x))
    assert again.dtype == x.dtype and again.shape == x.shape
    np.testing.assert_array_equal(again, x)


def test_copies_of_a_variable() -> None:
    positive = tf.nn.relu
    v = tf.Variable([1.0, 2.0], trainable=False, name="weight", constraint=positive)
    shared, deep, pickled = copy.copy(v), copy.deepcopy([v, v]), pickle.loads(pickle.dumps(v))
    v.assign([3.0, 4.0])
    np.testing.assert_array_equal(shared, [3.0, 4.0])
    assert deep[0] is deep[1]
    for copied in (deep[0], pickled):
        np.testing.assert_array_equal(copied, [1.0, 2.0])
        assert (copied.name, copied.trainable, copied.constraint) == ("weight:0", False, positive)


def test_copies_of_a_module_own_their_variables() -> None:
    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = tf.Variable(2.0)

    model = Model()
    assert copy.copy(model).weight is model.weight
    other = copy.deepcopy(model)
    with tf.GradientTape() as tape:
        loss = model.weight * other.weight
    model.weight.assign(5.0)
    assert float(other.weight) == 2.0 and other.name == "model"
    assert [float(g) for g in tape.gradient(loss, [model.weight, other.weight])] == [2.0, 2.0]


@pytest.mark.parametrize(
    "value",
    [
        *(tf.float32, tf.bool, tf.TensorShape([1, None]), tf.TensorShape(None), tf.UnconnectedGradients.ZERO),
        *(tf.exp, tf.matmul, tf.linalg.inv, tf.nn.softmax, tf.Variable, tf.GradientTape),
    ],
)
def test_constants_and_functions_are_found_again(value: Any) -> None:
    for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert again == value


def test_copies_of_slices_errors_schedules_and_generators() -> None:
    slices = tf.IndexedSlices(tf.constant([1.0]), tf.constant([2]), tf.constant([3]))
    error = tf.errors.OutOfRangeError(None, None, "beyond")
    schedule = tf.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    for duplicate in (copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))):
        np.testing.assert_array_equal(tf.convert_to_tensor(duplicate(slices)), [0.0, 0.0, 1.0])
        assert type(duplicate(error)) is type(error) and duplicate(error).message == "beyond"
        assert float(duplicate(schedule)(3)) == float(schedule(3))
    generator = tf.random.Generator.from_seed(1)
    generator.normal([2])
    np.testing.assert_array_equal(copy.deepcopy(generator).normal([2]), generator.normal([2]))


@pytest.mark.parametrize("used", [False, True])
def test_what_records_is_not_copied(used: bool) -> None:
    x = tf.constant(1.0)
    tape, accumulator = tf.GradientTape(), tf.autodiff.ForwardAccumulator(x, x)
    if used:
        with tape, accumulator:
            tape.watch(x)
            x * x
    for recorder in (tape, accumulator):
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match=f"cannot pickle '{type(recorder).__name__}' object"):
                duplicate(recorder)


def test_tensors_take_attributes_and_give_them_up() -> None:
    class Mark:
        pass

    x, mark = tf.constant([1.0, 2.0]), Mark()
    x._keras_mask = mark
    assert x._keras_mask is mark
    seen, gone = weakref.ref(mark), weakref.ref(x)
    del mark, x
    gc.collect()
    assert seen() is None and gone() is None
    # The object is used again, without what it had.
    fresh = [tf.constant([1.0, 2.0]) for _ in range(600)]
    assert not any(hasattr(tensor, "_keras_mask") for tensor in fresh)


def test_what_can_be_referred_to_weakly() -> None:
    x = tf.constant(1.0)
    for value in (x, x.ref(), tf.Variable(1.0), x.shape, tf.float32, tf.GradientTape(), tf.IndexedSlices(x, x)):
        assert weakref.ref(value)() is value


def test_references_compare_and_order() -> None:
    x, y = tf.constant(1.0), tf.Variable(1.0)
    assert x.ref() == x.ref() != y.ref() and x.ref().unwrapped is x.ref().deref() is x
    assert (x.ref() < y.ref()) == (id(x) < id(y)) == (y.ref() > x.ref())
    assert x.ref() != None  # noqa: E711
    with pytest.raises(TypeError, match="Cannot compare wrapped object with unwrapped object"):
        assert x.ref() == 3


def test_recomputation_over_a_dict_of_references() -> None:
    x, y = tf.constant(2.0), tf.constant(3.0)

    @tf.recompute_grad
    def product(values: dict[Any, Any]) -> Any:
        first, second = values.values()
        return first * first * second

    with tf.GradientTape() as tape:
        tape.watch([x, y])
        result = product({reference: reference.deref() for reference in sorted([x.ref(), y.ref()])})
    gradients = tape.gradient(result, [x, y])
    expected = (12.0, 4.0) if id(x) < id(y) else (9.0, 12.0)
    assert tuple(float(g) for g in gradients) == expected
