"""Compares a layer with Keras': weights copied over, then everything that both return."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow

import gradtape
import gradtape.keras.constraints
import gradtape.keras.initializers
import gradtape.keras.layers as ours
import gradtape.keras.regularizers
import gradtape.keras.utils as our_utils
import keras

PRECISION = {"float32": (2e-4, 2e-5), "float64": (1e-8, 1e-10)}


class Case(NamedTuple):
    """A layer and the arguments of its call.

    Attributes:
      kind: its name in keras.layers.
      arguments: of its constructor, by name; layers among them are functions of the layers namespace.
      shapes: of its inputs; several are passed as a list.
      keywords: of its call.
      integers: the upper bound of integer inputs; 0 for floats.
      trains: whether to compare it in training too.
      differentiable: whether inputs have gradients.
      single: whether Keras computes it in single precision only, so that it is compared in that.
    """

    kind: str
    arguments: dict[str, Any]
    shapes: Sequence[tuple[int, ...]]
    keywords: Mapping[str, Any] = MappingProxyType({})
    integers: int = 0
    trains: bool = True
    differentiable: bool = True
    single: bool = False

    @property
    def label(self) -> str:
        told = ",".join(f"{name}={'...' if callable(value) else value}" for name, value in self.arguments.items())
        return f"{self.kind}({told}){list(self.shapes)}"


def case(kind: str, *shapes: tuple[int, ...], **arguments: Any) -> Case:
    """A case with the common call and inputs."""
    return Case(kind, arguments, shapes)


def each(cases: list[Case]) -> list[Any]:
    """Every case in every precision."""
    return [
        pytest.param(case, dtype, id=f"{case.label}-{dtype}")
        for case in cases
        for dtype in (("float32",) if case.single else PRECISION)
    ]


def made(layers: Any, case: Case, dtype: str) -> Any:
    """The layer in one of the libraries."""
    arguments = {name: value(layers, dtype) if callable(value) else value for name, value in case.arguments.items()}
    return getattr(layers, case.kind)(**arguments, dtype=dtype)


def drawn(case: Case, dtype: str, seed: int = 0) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    if case.integers:
        return [generator.integers(0, case.integers, shape).astype("int32") for shape in case.shapes]
    return [generator.normal(size=shape).astype(dtype) for shape in case.shapes]


def given(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def weights_for(layer: Any) -> list[np.ndarray]:
    """Random weights, positive for variances."""
    generator = np.random.default_rng(5)
    values = []
    for weight in layer.weights:
        value = generator.normal(size=tuple(weight.shape)) * 0.5
        values.append(np.abs(value) + 0.5 if "variance" in weight.name or "stddev" in weight.name else value)
    return values


def arrays(structure: Any) -> list[np.ndarray]:
    if isinstance(structure, list | tuple):
        return [array for part in structure for array in arrays(part)]
    return [np.asarray(structure)]


def close(found: Any, expected: Any, dtype: str, what: str) -> None:
    rtol, atol = PRECISION[dtype]
    mine, theirs = arrays(found), arrays(expected)
    assert len(mine) == len(theirs), what
    for one, other in zip(mine, theirs, strict=True):
        assert one.dtype == other.dtype, f"{what}: {one.dtype} is not {other.dtype}"
        np.testing.assert_allclose(one, other, rtol=rtol, atol=atol, err_msg=what)


def shapes_of(structure: Any) -> Any:
    if isinstance(structure, list | tuple) and not all(size is None or isinstance(size, int) for size in structure):
        return [shapes_of(part) for part in structure]
    return tuple(structure)


def compare(case: Case, dtype: str) -> None:
    """Compares everything in a case but its errors."""
    our_utils.clear_session()
    keras.utils.clear_session()
    values = drawn(case, dtype)
    (mine, our_outputs), (theirs, outputs) = (seeded(layers, case, dtype, values) for layers in (ours, keras.layers))
    compare_shapes(mine, theirs, [our_outputs, outputs], values)
    assert [(weight.name, tuple(weight.shape), weight.dtype) for weight in mine.weights] == [
        (weight.name, tuple(weight.shape), weight.dtype) for weight in theirs.weights
    ]
    assert [weight.path for weight in mine.weights] == [weight.path for weight in theirs.weights]
    assert [weight.name for weight in mine.trainable_weights] == [weight.name for weight in theirs.trainable_weights]
    close(mine.get_weights(), theirs.get_weights(), dtype, "initial weights")
    start = weights_for(theirs)
    mine.set_weights(start)
    theirs.set_weights(start)
    for training in (False, True) if case.trains else (False,):
        compare_values(case, dtype, mine, theirs, values, training)
    assert mine.supports_masking == theirs.supports_masking
    compare_configs(mine, theirs)


def seeded(layers: Any, case: Case, dtype: str, values: list[np.ndarray]) -> tuple[Any, Any]:
    """The layer in one of the libraries, built after setting a seed, and its symbolic outputs.

    The call that builds it is of numbers in single precision, and symbolic in double precision.
    """
    ours_ = layers is ours
    (our_utils if ours_ else keras.utils).set_random_seed(9)
    layer = made(layers, case, dtype)
    if dtype == "float32":
        constant = gradtape.constant if ours_ else tensorflow.constant
        layer(given([constant(value) for value in values]), **case.keywords)
    batch = None if not case.arguments.get("stateful") else len(values[0])
    integral = "int32" if case.integers else dtype
    return layer, layer(
        given([layers.Input(batch_shape=(batch, *value.shape[1:]), dtype=integral) for value in values])
    )


def compare_shapes(mine: Any, theirs: Any, symbolic: list[Any], values: list[np.ndarray]) -> None:
    shape: Any = given([value.shape for value in values])
    expected = theirs.compute_output_shape(shape)
    assert shapes_of(mine.compute_output_shape(shape)) == shapes_of(expected)
    flat = [list(part) if isinstance(part, list | tuple) else [part] for part in symbolic]
    for one, other in zip(*flat, strict=True):
        assert (tuple(one.shape), one.dtype) == (tuple(other.shape), other.dtype)


def compare_values(case: Case, dtype: str, mine: Any, theirs: Any, values: list[np.ndarray], training: bool) -> None:
    results, gradients = [], []
    for layer, tf in ((mine, gradtape), (theirs, tensorflow)):
        inputs = [tf.constant(value) for value in values]
        keywords = {"training": training} if theirs._call_has_training_arg else {}
        sources = [tf.convert_to_tensor(value) for value in inputs] if case.differentiable and not case.integers else []
        trainable = [weight if tf is gradtape else weight.value for weight in layer.trainable_weights]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(given(inputs), **keywords, **case.keywords)
            parts = outputs if isinstance(outputs, list | tuple) else [outputs]
            loss = 0.0
            for place, part in enumerate(parts):
                if part.dtype.is_floating:
                    weighting = np.cos(np.arange(np.prod(part.shape)) + place).reshape(part.shape)
                    loss = loss + tf.reduce_sum(part * tf.constant(weighting, part.dtype))
        targets = [*(inputs if sources else []), *trainable]
        if targets and not isinstance(loss, float):
            gradients.append(
                [tf.convert_to_tensor(g) for g in tape.gradient(loss, targets, unconnected_gradients="zero")]
            )
        results.append(outputs)
    close(results[0], results[1], dtype, f"outputs, training={training}")
    if gradients:
        close(gradients[0], gradients[1], dtype, f"gradients, training={training}")
    close(list(mine.get_weights()), list(theirs.get_weights()), dtype, f"weights after training={training}")


def plain(config: Any) -> Any:
    """A configuration with tuples as lists, and without what differs between instances.

    Keras leaves out the seed of some layers; gradtape does not.
    """
    if isinstance(config, dict):
        kept = {key: value for key, value in config.items() if key not in ("name", "build_config", "seed")}
        return {key: plain(value) for key, value in kept.items()}
    return [plain(part) for part in config] if isinstance(config, list | tuple) else config


def compare_configs(mine: Any, theirs: Any) -> None:
    config = mine.get_config()
    expected = plain(theirs.get_config())
    assert plain(config) == expected
    # Keras writes the name, the dtype and other common arguments of these elsewhere.
    if type(mine).__name__ not in ("ELU", "Identity"):
        assert list(plain(config)) == list(expected)
    again = type(mine).from_config(config)
    assert plain(again.get_config()) == plain(config) and again.name == mine.name
    # Keras removes these from the configuration that it is given.
    assert plain(type(theirs).from_config(copy.deepcopy(config)).get_config()) == plain(config)
    written = ours.serialize(mine)
    read = ours.deserialize(written)
    assert type(read) is type(mine) and plain(read.get_config()) == plain(config)


def error_of(call: Any) -> tuple[str, str]:
    """The type and message of a call's error."""
    try:
        call()
    except Exception as error:  # all errors are compared
        return type(error).__name__, str(error)
    raise AssertionError("no error")
