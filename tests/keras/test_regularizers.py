"""Regularizers and constraints: values, gradients, names, configurations and errors compared with Keras'."""

from __future__ import annotations

import numpy as np
import pytest
from beside import OURS, same

import gradtape

# Deliberate differences from Keras; docs/compatibility.md lists them.
DELIBERATE = {
    "regularizers.OrthogonalRegularizer": "Keras' factor is float32 and fails on float64 weights",
    "regularizers.L1": "factors are exact on float64 weights; Keras rounds them to float32",
}

W = np.array([[3.0, 0.0, -1.0], [-4.0, 0.0, 2.0]])

REGULARIZERS = {
    "L1": lambda r: [r.L1(0.5), r.L1(), r.L1(None)],
    "L2": lambda r: [r.L2(0.5), r.L2(), r.L2(None)],
    "L1L2": lambda r: [r.L1L2(0.5, 0.25), r.L1L2(), r.L1L2(l1=None, l2=1)],
    "OrthogonalRegularizer": lambda r: [r.OrthogonalRegularizer(0.5), r.OrthogonalRegularizer()],
    "base": lambda r: [r.Regularizer()],
    "names": lambda r: [r.get(name) for name in ("l1", "l2", "l1l2", "L1", "L2", "L1L2", "orthogonal_regularizer")],
    "data": lambda r: [r.deserialize(r.serialize(r.L1L2(0.5, 0.25)))],
    "class": lambda r: [r.get(r.L2)],
}
CONSTRAINTS = {
    "MaxNorm": lambda c: [c.MaxNorm(), c.MaxNorm(1.0, axis=1), c.MaxNorm(3, axis=[0, 1])],
    "NonNeg": lambda c: [c.NonNeg()],
    "UnitNorm": lambda c: [c.UnitNorm(), c.UnitNorm(axis=1)],
    "MinMaxNorm": lambda c: [c.MinMaxNorm(), c.MinMaxNorm(0.5, 2.0, 0.25, axis=1)],
    "base": lambda c: [c.Constraint()],
    "names": lambda c: [c.get(name) for name in ("max_norm", "non_neg", "unit_norm", "min_max_norm", "MaxNorm")],
    "data": lambda c: [c.deserialize(c.serialize(c.MinMaxNorm(0.5, 2.0)))],
    "class": lambda c: [c.get(c.NonNeg)],
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", REGULARIZERS)
def test_regularizer(name, dtype):
    def program(tf, keras):
        # The cosine of a vector of length 0 has no gradient in Keras.
        v = tf.Variable(W if "Orth" not in name and name != "names" else W + 1, dtype=dtype)
        found = []
        for regularizer in REGULARIZERS[name](keras.regularizers):
            with tf.GradientTape() as tape:
                value = regularizer(v)
            found += [value, tape.gradient(value, v) if name != "base" else None]
        return found

    if name in ("OrthogonalRegularizer", "names") and dtype == "float64":
        # Keras multiplies with a float32 factor and fails.
        value = gradtape.Variable(W + 1)
        assert OURS.regularizers.OrthogonalRegularizer(0.5)(value).dtype == gradtape.float64
    else:
        same(program, rtol=1e-6, atol=1e-7)  # factors are float32 in Keras


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraint(name, dtype):
    def program(tf, keras):
        return [constraint(tf.constant(W, dtype)) for constraint in CONSTRAINTS[name](keras.constraints)]

    same(program, rtol=1e-6 if dtype == "float32" or "MinMax" in name else 1e-9)


OTHER = {
    "configs": lambda k: [
        *(made.get_config() for made in REGULARIZERS["L1L2"](k.regularizers) + REGULARIZERS["L1"](k.regularizers)),
        *(made.get_config() for name in CONSTRAINTS for made in CONSTRAINTS[name](k.constraints)),
        k.regularizers.OrthogonalRegularizer(0.5, "columns").get_config(),
        k.regularizers.serialize(k.regularizers.L2(0.5)),
        k.constraints.serialize(k.constraints.UnitNorm(1)),
    ],
    "columns": lambda k: k.regularizers.OrthogonalRegularizer(mode="columns")(np.eye(3, dtype="float32") + 1),
    "negative": lambda k: k.regularizers.L1(-1.0),
    "infinite": lambda k: k.regularizers.L1L2(l2=float("inf")),
    "text": lambda k: k.regularizers.L2("one"),
    "mode": lambda k: k.regularizers.OrthogonalRegularizer(mode="both"),
    "rank": lambda k: k.regularizers.OrthogonalRegularizer()(np.ones(3, "float32")),
    "no config": lambda k: type(k.regularizers.Regularizer().get_config()),
    "None": lambda k: [k.regularizers.get(None), k.constraints.get(None)],
    "unknown regularizer": lambda k: k.regularizers.get("unknown"),
    "unknown constraint": lambda k: k.constraints.get("unknown"),
    "number as regularizer": lambda k: k.regularizers.get(3),
    "number as constraint": lambda k: k.constraints.get(3),
    "callables": lambda k: [k.regularizers.get(abs) is abs, k.constraints.get(abs) is abs],
}


@pytest.mark.parametrize("name", OTHER)
def test_names_and_errors(name):
    same(lambda tf, keras: OTHER[name](keras), rtol=1e-6, message=name != "no config")
