"""tf.keras.backend: the functions for programs written for Keras 2, compared with TensorFlow's."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow
from beside import outcome

import gradtape
from agreement import assert_equal

X = np.arange(6.0, dtype="float32").reshape(2, 3) - 2
R = np.random.default_rng(0)
IMAGES, SERIES = R.normal(size=(2, 5, 6, 3)).astype("float32"), R.normal(size=(2, 9, 3)).astype("float32")
KERNEL = R.normal(size=(2, 3, 3, 4)).astype("float32")
ROWS = np.array([[0.2, 0.8], [0.7, 0.3]], "float32")

CASES = {
    "reductions": lambda k, c, tf: [
        getattr(k, name)(c(X), axis=axis, keepdims=keep)
        for name in ("sum", "prod", "max", "min", "mean", "std", "var", "any", "all")
        for axis in (None, 0, -1)
        for keep in (False, True)
    ],
    "of bools": lambda k, c, tf: [
        k.mean(c(X > 0)),
        k.std(c(X > 0), axis=0),
        k.any(c(X > 0)),
    ],
    "functions": lambda k, c, tf: [
        getattr(k, name)(c(X))
        for name in "abs exp round sign square sqrt sin cos tanh sigmoid softplus softsign hard_sigmoid".split()  # noqa: SIM905
    ],
    "comparisons": lambda k, c, tf: [
        getattr(k, name)(c(X), c(-X))
        for name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum")
    ],
    "clip": lambda k, c, tf: [k.clip(c(X), *ends) for ends in ((0, 2), (None, 1.0), (-1, None), (3, 1))],
    "pow": lambda k, c, tf: [
        k.pow(c(X), 2.0),
        k.log(c(X + 3)),
        k.arange(5),
        k.arange(1, 6, 2, "float32"),
    ],
    "places": lambda k, c, tf: [
        k.argmax(c(X)),
        k.argmin(c(X), 0),
        k.cumsum(c(X)),
        k.cumprod(X, 1),
    ],
    "shapes": lambda k, c, tf: [
        k.shape(c(X)),
        k.int_shape(c(X)),
        k.ndim(c(X)),
        k.count_params(c(X)),
    ],
    "dtype": lambda k, c, tf: [k.dtype(c(X)), k.cast(c(X), "int32"), k.cast_to_floatx([1, 2])],
    "reshaping": lambda k, c, tf: [
        k.reshape(c(X), (3, 2)),
        k.flatten(c(X)),
        k.batch_flatten(tf.ones((2, 3, 4))),
        k.expand_dims(c(X)),
        k.squeeze(c(X[:, :1]), 1),
        k.permute_dimensions(c(X), (1, 0)),
        k.transpose(c(X)),
    ],
    "reshaping of text": lambda k, c, tf: [
        found.numpy().tolist()
        for text in (c([["a", "b"]]),)
        for found in (k.reshape(text, (2, 1)), k.flatten(text), k.transpose(text), k.permute_dimensions(text, (1, 0)))
    ],
    "joining": lambda k, c, tf: [k.concatenate([c(X), c(X)]), k.stack([c(X)], 1)],
    "repeating": lambda k, c, tf: [
        k.repeat(c(X), 2),
        k.repeat_elements(c(X), 2, 1),
        k.tile(c(X), (1, 2)),
    ],
    "repeat of a vector": lambda k, c, tf: k.repeat(c(X[0]), 2),
    "taking": lambda k, c, tf: [
        k.reverse(c(X), 1),
        k.gather(c(X), [1, 0]),
        k.one_hot(c([0, 2]), 3),
    ],
    "padding": lambda k, c, tf: [
        k.temporal_padding(tf.ones((1, 2, 3)), (1, 2)),
        k.spatial_2d_padding(tf.ones((1, 2, 2, 1)), ((1, 0), (0, 2))),
    ],
    "wrong padding": lambda k, c, tf: k.spatial_2d_padding(tf.ones((1, 2, 2, 1)), (1, 1)),
    "variables": lambda k, c, tf: [
        k.variable(X),
        k.constant(3),
        k.zeros((2,)),
        k.ones((2,), "int32"),
        k.zeros_like(X),
        k.eye(2),
        k.get_value(k.variable(2.0)),
        k.eval(c(2.0)),
    ],
    "assigning": lambda k, c, tf: assigned(k, tf),
    # The process' seed depends on earlier tests.
    "random": lambda k, c, tf: (
        tf.random.set_seed(5)
        or [
            k.random_normal((3,), 1.0, 2.0, seed=1),
            k.truncated_normal((3,), seed=1),
            k.random_uniform((3,), -1.0, 1.0, seed=1),
            k.random_bernoulli((9,), 0.4, seed=1),
            k.dropout(tf.ones((9,)), 0.4, seed=1),
        ]
    ),
    "products": lambda k, c, tf: [
        k.dot(c(X), c(X.T)),
        k.dot(tf.ones((2, 3, 4)), tf.ones((5, 4, 6))),
        k.l2_normalize(c(X), 1),
    ],
    "activations": lambda k, c, tf: [
        k.relu(c(X)),
        k.relu(c(X), 0.1, 2.0),
        k.elu(c(X), 0.5),
        k.softmax(c(X)),
        k.bias_add(c(X), c(X[0])),
    ],
    "softmax of a vector": lambda k, c, tf: k.softmax(c(X[0])),
    "losses": lambda k, c, tf: [
        k.binary_crossentropy(c(ROWS.round()), c(ROWS)),
        k.binary_crossentropy(c(ROWS.round()), c(ROWS), from_logits=True),
        k.categorical_crossentropy(c(ROWS[::-1]), c(ROWS)),
        k.sparse_categorical_crossentropy(c([1, 0]), c(ROWS)),
        k.sparse_categorical_crossentropy(c([1, 0]), c(ROWS), from_logits=True),
    ],
    "switch": lambda k, c, tf: [
        k.switch(c(True), lambda: c(1), lambda: c(2)),
        k.switch(c(X > 0), c(X), c(-X)),
        k.switch(c([True, False, True]), c(X[0]), c(-X[0])),
        k.in_top_k(c(ROWS), c([1, 1]), 1),
    ],
    "convolutions": lambda k, c, tf: [
        k.conv1d(c(SERIES), c(KERNEL[0]), padding="causal", dilation_rate=2),
        k.conv1d(c(SERIES), c(KERNEL[0]), 2, "same"),
        k.conv2d(c(IMAGES), c(KERNEL), (2, 2), "same"),
        k.conv3d(c(IMAGES[:, None]), c(KERNEL[None])),
        k.depthwise_conv2d(c(IMAGES), c(KERNEL[..., :1])),
        k.pool2d(c(IMAGES), (2, 2)),
        k.pool2d(c(IMAGES), (2, 2), (2, 2), "same", pool_mode="avg"),
        k.pool3d(c(IMAGES[:, None]), (1, 2, 2)),
        k.resize_images(c(IMAGES), 2, 3, "channels_last"),
        k.spatial_3d_padding(c(IMAGES[:, None])),
    ],
    "format of a convolution": lambda k, c, tf: k.conv2d(c(IMAGES), c(KERNEL), data_format="some"),
    "format of a depthwise convolution": lambda k, c, tf: k.depthwise_conv2d(c(IMAGES), c(KERNEL), data_format="some"),
    "format of a bias": lambda k, c, tf: k.bias_add(c(IMAGES), c(IMAGES[0, 0, 0]), "some"),
    "format of a padding": lambda k, c, tf: k.spatial_2d_padding(c(IMAGES), data_format="some"),
    "pooling": lambda k, c, tf: k.pool2d(c(IMAGES), (2, 2), pool_mode="sum"),
    "focal losses": lambda k, c, tf: [
        k.binary_focal_crossentropy(c(ROWS.round()), c(ROWS), True),
        k.binary_focal_crossentropy(c(ROWS.round()), c(ROWS), from_logits=True),
        k.categorical_focal_crossentropy(c(ROWS[::-1].copy()), c(ROWS)),
        k.batch_normalization(c(ROWS), 0.5, 2.0, 0.1, 3.0),
    ],
    "functions of functions": lambda k, c, tf: [
        k.map_fn(lambda x: x * x, c(ROWS)),
        k.foldl(lambda a, x: a - x, c(ROWS)),
        k.foldr(lambda a, x: a - x, c(ROWS)),
        k.stop_gradient(c(ROWS)),
    ],
    "dtypes": lambda k, c, tf: [
        *(k.is_float_dtype("float32"), k.is_int_dtype("uint8"), k.is_float_dtype("bool"), k.is_sparse(c(ROWS))),
        *(k.is_keras_tensor(c(ROWS)), k.to_dense(c(ROWS))),
    ],
    "sparse and ragged": lambda k, c, tf: tf.keras.KerasTensor((2,), sparse=True, ragged=True),
    "axis of a shuffle": lambda k, c, tf: tf.keras.random.shuffle(c(X), 2),
    "settings": lambda k, c, tf: [
        k.epsilon(),
        k.floatx(),
        k.image_data_format(),
        k.backend(),
        k.standardize_dtype("float32"),
    ],
}


def assigned(k, tf):
    v = tf.Variable([1.0, 2.0])
    found = []
    for change in (
        lambda: k.set_value(v, [3.0, 4.0]),
        lambda: k.update(v, [5.0, 6.0]),
        lambda: k.update_add(v, [1.0, 1.0]),
        lambda: k.update_sub(v, [3.0, 1.0]),
        lambda: k.moving_average_update(v, [0.0, 1.0], 0.9),
        lambda: k.batch_set_value([(v, [7.0, 8.0])]),
    ):
        change()
        found.append(np.array(v.numpy()))
    return found, k.batch_get_value([v])


@pytest.mark.parametrize("name", CASES)
def test_backend(name):
    program = CASES[name]
    # Python values in place of arguments that TensorFlow does not convert.
    expected, kind, _ = outcome(tensorflow, tensorflow.keras.backend, lambda tf, k: program(k, tf.constant, tf))
    actual, ours, text = outcome(gradtape, gradtape.keras.backend, lambda tf, k: program(k, tf.constant, tf))
    assert ours == kind, text
    assert_equal(actual, expected, 2e-5, 1e-6)
