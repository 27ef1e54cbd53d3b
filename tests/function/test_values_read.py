"""Reads of values (an index, a size, an axis, conversion to a number) are repeated at every call."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
from test_rows import bits

import gradtape as tf
from cases import cases

X = tf.constant(np.arange(1, 13, dtype=np.float32).reshape(4, 3))
V = tf.Variable(X)
DECAY = tf.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)
PIECES = tf.optimizers.schedules.PiecewiseConstantDecay([1, 2], [1.0, 2.0, 3.0])
SCOPE = {"tf": tf, "np": np, "copy": copy, "pickle": pickle, "V": V, "DECAY": DECAY, "PIECES": PIECES}

# Expressions of a matrix x and an integer i, which are tensors.
READS = """
x[i]; x[i:]; x[: i + 1, ::2]; x[i, ..., i - 1]; x[x > tf.cast(3 * i, tf.float32)]; V[:i] * 1.0; [*x[:i]]
[a + b for a, b in zip(x[:i], x)]; tf.range(i); tf.range(0, i + 3, i + 1); tf.zeros([i, 2])
tf.fill([2, i + 1], 3.0); tf.ones(i); tf.eye(i); tf.one_hot([0, 1], i + 1); tf.repeat(x, i, axis=0)
tf.repeat(x, [i, 1, i, 0], axis=0); tf.tile(x, [i, 1]); tf.pad(x, [[i, 0], [0, i]]); tf.roll(x, i, 0)
tf.split(x, [i, 4 - i])[0]; tf.split(x, i)[0]; tf.slice(x, [i - 1, 0], [i, -1]); tf.gather(x, i)
tf.gather(x, [0], axis=i - 1); tf.broadcast_to(x, [i, 4, 3]); tf.linspace(0.0, 1.0, i + 1)
tf.sequence_mask([1, i], None); tf.sequence_mask([1, 2], i + 2); tf.math.top_k(x, i)[0]; tf.expand_dims(x, i)
tf.squeeze(x[None, :, None], i - 1); tf.stack([x, x], i); tf.concat([x, x], i - 1); tf.argmax(x, i - 1)
tf.cumsum(x, i - 1); tf.sort(x, axis=i - 1); tf.nn.softmax(x, axis=i - 1); tf.norm(x, ord=i)
tf.math.l2_normalize(x, axis=i - 1); tf.reshape(x, [i, -1]); tf.reshape(x, tf.stack([12 // i, i]))
tf.transpose(x, [i - 1, 2 - i]); tf.reduce_sum(x, i - 1); tf.reduce_max(x, [i - 1]); tf.reverse(x, [i - 1])
tf.linalg.band_part(x, i, 0); tf.linalg.diag([1.0, 2.0], k=i); tf.scatter_nd([[0]], [1.0], [i + 1])
tf.tensor_scatter_nd_update(x, [[i]], x[:1]); tf.math.unsorted_segment_sum(x, [0, 0, 0, 0], i)
tf.math.segment_sum(x, [0, 0, i - 1, i - 1]); tf.math.bincount([1, i]); tf.math.bincount([1, 1], minlength=i + 3)
tf.unique(tf.stack([i, 1, 1]))[0]; tf.where(x > tf.cast(3 * i, tf.float32))
tf.boolean_mask(x, x[:, 0] > tf.cast(3 * i, tf.float32)); tf.dynamic_partition(x, [0, 1, 0, i - 1], 2)
tf.meshgrid(tf.range(i), [1, 2]); tf.clip_by_value(x, 0, tf.cast(i, tf.float32))
tf.clip_by_norm(x, tf.cast(i, tf.float32)); tf.nn.dropout(x, tf.cast(i, tf.float32) / 5); tf.random.uniform([i])
tf.random.uniform([2], maxval=i + 5, dtype=tf.int32); tf.random.normal([2], stddev=tf.cast(i, tf.float32))
tf.random.stateless_uniform([2], seed=[i, 1]); tf.random.categorical(x, i); tf.tensordot(x, x, [[i - 1], [i - 1]])
tf.cond(i > 1, lambda: x, lambda: -x); tf.switch_case(i, [lambda: x, lambda: -x, lambda: 2 * x])
tf.scan(tf.add, tf.range(i + 1)); tf.while_loop(lambda j, a: j < i, lambda j, a: (j + 1, 2 * a), [0, x])[1]
tf.map_fn(lambda j: x[j], tf.range(i), tf.float32); x**i; tf.range(3) ** i; tf.range(3) // (i - 1); tf.range(5) % i
tf.constant([i, 1]); tf.convert_to_tensor([[i, 1], [2, i]]); np.arange(5)[i]; np.arange(5) * i
np.add(np.arange(3), i); np.full(2, i); np.array([i, i]); np.int64(i); np.asarray(i) * 2; [1] * int(i); range(5)[i]
float("%d" % i); float(f"{i}"); round(tf.cast(i, tf.float32)); divmod(7, int(i)); complex(i).real; bool(i - 1)
1.0 if i == 2 else 2.0; 1.0 if 2 in [i] else 2.0; 1.0 if not i - 1 else 2.0; 1.0 if 1 < i < 3 else 2.0; min(i, 2)
sorted([i, 2])[0]; pickle.loads(pickle.dumps(i)); copy.copy(i); copy.deepcopy(i); i.numpy().tolist()
np.frombuffer(memoryview(i), np.int32); [*tf.range(i)]; tf.image.resize(x[None, :, :, None], [i + 1, i + 2])
DECAY(i); PIECES(i); V[i - 1].assign(x[0]); V[:i].assign(-x[:i]); V.scatter_update(tf.IndexedSlices(-x[:1], [i]))
tf.convert_to_tensor(tf.IndexedSlices(x[:1], tf.reshape(i, [1]), [4, 3]))
tf.reverse_sequence(x, [i, 1, i, 1], seq_axis=1); tf.math.confusion_matrix([0, 1], [0, 1], num_classes=i + 2)
tf.searchsorted([1, 2, 3], [i]); tf.math.invert_permutation([i - 1, 2 - i]); tf.nn.embedding_lookup(V, [i])
tf.TensorArray(tf.float32, size=i).unstack(x[:i]).stack(); tf.TensorArray(tf.float32, 4).write(i, 1.0).stack()
tf.py_function(lambda a: 2 * a, [i], tf.int32); tf.numpy_function(lambda a: np.int32(2 * a), [i], tf.int32)
tf.keras.ops.reshape(x, (12 // i, i)); tf.keras.utils.to_categorical(i, 5); tf.io.serialize_tensor(i)
tf.strings.as_string(i)
"""
EXPRESSIONS = [text.strip() for line in READS.strip().splitlines() for text in line.split(";")]


def outcome(function: Any, i: int) -> Any:
    """A call's result or exception, and the variable's value after it."""
    tf.random.set_seed(3)
    V.assign(X)
    try:
        found = function(X, tf.constant(i))
        found = tf.nest.map_structure(lambda value: value if hasattr(value, "numpy") else tf.constant(value), found)
        return bits([np.asarray(value.numpy()) for value in tf.nest.flatten(found)]), V.numpy().tobytes()
    except Exception as error:
        return type(error), str(error), V.numpy().tobytes()


@cases("text", EXPRESSIONS)
def test_values_are_read_at_every_call(text):
    expression = eval(f"lambda x, i: {text}", SCOPE)
    compiled = tf.function(expression)
    for i in (1, 2, 1, 2, 3, 1, 0, -1, 2):
        with np.errstate(all="ignore"):
            assert outcome(compiled, i) == outcome(expression, i)
