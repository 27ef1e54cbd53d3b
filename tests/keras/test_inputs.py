"""Inputs of layers: the order of structures, and masks attached to tensors."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np

import gradtape as tf
from gradtape import keras
from gradtape._src.keras.inputs import leaves, mapped


def test_structures_are_mapped_in_the_order_of_their_leaves():
    structure = {"b": [1, (2, {"d": 3, "c": 4})], "a": 5}
    values = iter(leaves(structure))
    again = mapped(lambda _: next(values), structure)
    assert again == structure and list(again) == ["b", "a"] and list(again["b"][1][1]) == ["d", "c"]


class Counting(keras.layers.Layer):
    """A cell of two states by name, one a sum and the other a count of steps."""

    output_size = 2

    @property
    def state_size(self) -> Any:
        return [{"sum": 2, "steps": 2}]

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        state = {"sum": states[0]["sum"] + inputs, "steps": states[0]["steps"] + 1.0}
        return state["sum"], [state]


def test_masked_steps_keep_each_state_that_names_call_in_any_order():
    mask = np.array([[True, False, True, True]])
    start = [{"sum": tf.zeros([1, 2]), "steps": tf.fill([1, 2], 10.0)}]
    layer = keras.layers.RNN(Counting(), return_state=True)
    output, state = layer(tf.ones([1, 4, 2]), initial_state=start, mask=mask)
    assert output.numpy().tolist() == [[3.0, 3.0]]
    assert {name: value.numpy().tolist() for name, value in state.items()} == {
        "sum": [[3.0] * 2],
        "steps": [[13.0] * 2],
    }


def test_before_keras_is_read_the_masks_name_is_an_attribute_like_others():
    program = (
        "import sys, gradtape as tf\n"
        "x = tf.constant(1.0)\n"
        "x._keras_mask = 3\n"
        "assert x._keras_mask == 3 and 'gradtape._src.keras.inputs' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
