"""tf.nn: convolutions against plain loops, derivatives against differences, and errors."""

import itertools

import numpy as np
import pytest

import gradtape as tf


def plain_convolution(image, filters, strides, before, places, dilations):
    """The definition, one product at a time; `before` is the leading padding of each spatial axis."""
    batch, *sizes, _ = image.shape
    out = np.zeros((batch, *places, filters.shape[-1]))
    for place in np.ndindex(*places):
        for tap in np.ndindex(*filters.shape[:-2]):
            at = [p * s + t * d - b for p, s, t, d, b in zip(place, strides, tap, dilations, before, strict=True)]
            if all(0 <= a < size for a, size in zip(at, sizes, strict=True)):
                out[(slice(None), *place)] += image[(slice(None), *at)] @ filters[tap]
    return out


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("stride, dilation", list(itertools.product([1, 2], [1, 2])))
def test_valid_convolutions(stride, dilation, dtype):
    random = np.random.default_rng(0)
    for rank, function in enumerate((tf.nn.conv1d, tf.nn.conv2d, tf.nn.conv3d), start=1):
        image = random.normal(size=(2, *(7, 6, 5)[:rank], 3)).astype(dtype)
        filters = random.normal(size=(*(3, 2, 2)[:rank], 3, 4)).astype(dtype)
        got = function(image, filters, stride, "VALID", dilations=dilation)
        reach = [(size - 1) * dilation + 1 for size in filters.shape[:rank]]
        places = [(size - r) // stride + 1 for size, r in zip(image.shape[1:], reach, strict=False)]
        expected = plain_convolution(image, filters, (stride,) * rank, (0,) * rank, places, (dilation,) * rank)
        np.testing.assert_allclose(got.numpy(), expected, rtol=1e-4 if dtype == np.float32 else 1e-12, atol=1e-5)


def gradient_checked(function, *shapes):
    """Compares the reverse rule, and its own reverse rule, with central differences along a random direction."""
    random = np.random.default_rng(1)
    starts = [random.normal(size=shape) for shape in shapes]
    directions = [random.normal(size=shape) for shape in shapes]

    def slopes(step, order):
        points = [tf.constant(s + step * d) for s, d in zip(starts, directions, strict=True)]
        with tf.GradientTape() as outer:
            outer.watch(points)
            with tf.GradientTape() as inner:
                inner.watch(points)
                value = tf.reduce_sum(tf.sin(function(*points)))
            if order == 0:
                return float(value)
            gradients = inner.gradient(value, points)
            slope = sum(tf.reduce_sum(g * d) for g, d in zip(gradients, directions, strict=True))
        if order == 1:
            return float(slope)
        second = outer.gradient(slope, points)
        return sum(float(tf.reduce_sum(g * d)) for g, d in zip(second, directions, strict=True))

    for order in (1, 2):
        expected = (slopes(1e-5, order - 1) - slopes(-1e-5, order - 1)) / 2e-5
        np.testing.assert_allclose(slopes(0.0, order), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "function, shapes",
    [
        (lambda x, w: tf.nn.conv2d(x, w, 2, "SAME", dilations=1), [(1, 5, 4, 2), (3, 3, 2, 2)]),
        (lambda x, w: tf.nn.conv2d(x, w, 1, "SAME", dilations=2), [(1, 5, 4, 2), (2, 2, 2, 1)]),
        (lambda x, w: tf.nn.conv3d(x, w, 1, "VALID"), [(1, 3, 3, 2, 1), (2, 2, 2, 1, 2)]),
        (lambda x, w: tf.nn.conv2d_transpose(x, w, [1, 4, 4, 1], 2), [(1, 2, 2, 2), (3, 3, 1, 2)]),
        (lambda x, w: tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"), [(1, 3, 3, 2), (2, 2, 2, 2)]),
        (lambda x: tf.nn.max_pool3d(x, 2, 1, "SAME"), [(1, 2, 3, 2, 1)]),
        (lambda x: tf.nn.avg_pool3d(x, 2, 1, "SAME"), [(1, 2, 3, 2, 1)]),
        (lambda x: tf.nn.softmax(x, axis=0), [(3, 2)]),
        (lambda x: tf.nn.log_softmax(x), [(3, 2)]),
        (lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits([1, 0], x), [(2, 3)]),
        (lambda x: tf.nn.softmax_cross_entropy_with_logits([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]], x), [(2, 3)]),
    ],
)
def test_derivatives(function, shapes):
    gradient_checked(function, *shapes)


@pytest.mark.parametrize("shape", [(2, 0, 3), (0, 4), (3, 0), (2, 3, 0), (0,)])
def test_softmax_of_nothing(shape):
    x = tf.zeros(shape)
    for axis in range(-len(shape), len(shape)):
        for function in (tf.nn.softmax, tf.nn.log_softmax):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = function(x, axis=axis)
            assert y.shape == x.shape == tape.gradient(y, x).shape
        labels_shape = [size for i, size in enumerate(shape) if i != axis % len(shape)]
        assert tf.nn.softmax_cross_entropy_with_logits(x, x, axis=axis).shape == labels_shape


def test_softmax_stays_finite():
    np.testing.assert_array_equal(tf.nn.softmax([1e4, 0.0, -1e4]).numpy(), [1, 0, 0])
    np.testing.assert_array_equal(tf.nn.log_softmax([1e4, 0.0]).numpy(), [0, -1e4])


def test_the_first_of_equals_has_the_gradient():
    x = tf.ones([1, 2, 2, 1])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.max_pool(x, 2, 2, "VALID")
    np.testing.assert_array_equal(tape.gradient(y, x).numpy().ravel(), [1, 0, 0, 0])


def test_dropout():
    x = tf.ones([1000])
    y = tf.nn.dropout(x, 0.25, seed=1).numpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert 650 < np.count_nonzero(y) < 850
    assert np.unique(tf.nn.dropout(tf.ones([3, 50]), 0.5, noise_shape=[1, 50]).numpy(), axis=0).shape[0] == 1


FIRST = {
    "conv1d": lambda x, w, f: tf.nn.conv1d(x, w, 2, "SAME", f or "NWC"),
    "conv2d": lambda x, w, f: tf.nn.conv2d(x, w, [1, 1, 2, 1] if f else [1, 2, 1, 1], "VALID", f or "NHWC"),
    "padded": lambda x, w, f: tf.nn.conv2d(
        x, w, 1, [[0, 0], [0, 0], [1, 0], [2, 1]] if f else [[0, 0], [1, 0], [2, 1], [0, 0]], f or "NHWC"
    ),
    "depthwise": lambda x, w, f: tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME", f),
    "conv3d": lambda x, w, f: tf.nn.conv3d(x, w, [1] * 5, "SAME", f or "NDHWC", [2] * 3),
    "transposed": lambda x, w, f: tf.nn.conv2d_transpose(
        x, tf.transpose(w, [0, 1, 3, 2]), [2, 4, 8, 7] if f else [2, 8, 7, 4], [2, 1], "VALID", f or "NHWC"
    ),
    "max_pool1d": lambda x, w, f: tf.nn.max_pool1d(x, [2], [2], "SAME", f or "NWC"),
    "max_pool2d": lambda x, w, f: tf.nn.max_pool2d(x, [1, 1, 2, 3] if f else [1, 2, 3, 1], 1, "SAME", f or "NHWC"),
    "max_pool3d": lambda x, w, f: tf.nn.max_pool3d(x, 2, 1, "SAME", f or "NDHWC"),
    "avg_pool2d": lambda x, w, f: tf.nn.avg_pool2d(x, 2, [1, 1, 2, 1] if f else [1, 2, 1, 1], "SAME", f or "NHWC"),
    "avg_pool3d": lambda x, w, f: tf.nn.avg_pool(x, 2, 1, "VALID", f),
}
SIZES = {"conv1d": 1, "max_pool1d": 1, "conv3d": 3, "max_pool3d": 3, "avg_pool3d": 3}


@pytest.mark.parametrize("name", FIRST)
def test_channels_first_is_channels_last_of_the_transposed_image(name):
    random = np.random.default_rng(2)
    rank = SIZES.get(name, 2)
    image = tf.constant(random.normal(size=(2, *(4, 6, 5)[:rank], 3)))
    filters = tf.constant(random.normal(size=(*(2, 2, 2)[:rank], 3, 4)))
    back = [0, *range(2, rank + 2), 1]
    results = []
    for data_format in (None, ("NCW", "NCHW", "NCDHW")[rank - 1]):
        with tf.GradientTape() as tape:
            tape.watch([image, filters])
            given = tf.transpose(image, [0, rank + 1, *range(1, rank + 1)]) if data_format else image
            result = FIRST[name](given, filters, data_format)
            result = tf.transpose(result, back) if data_format else result
            total = tf.reduce_sum(tf.sin(result))
        results.append([result, *tape.gradient(total, [image, filters], unconnected_gradients="zero")])
    for last, first in zip(*results, strict=True):
        np.testing.assert_allclose(first.numpy(), last.numpy(), rtol=1e-12, atol=1e-12)


def test_groups_are_convolutions_of_their_own():
    random = np.random.default_rng(3)
    image, filters = random.normal(size=(2, 4, 4, 6)), random.normal(size=(2, 2, 2, 9))
    parts = [tf.nn.conv2d(image[..., 2 * i : 2 * i + 2], filters[..., 3 * i : 3 * i + 3], 1, "SAME") for i in range(3)]
    whole = tf.nn.conv2d(image, filters, 1, "SAME")
    np.testing.assert_allclose(whole.numpy(), tf.concat(parts, -1).numpy(), rtol=1e-12)
    tf.test.check_gradients(lambda x, w: tf.nn.conv2d(x, w, 1, "VALID"), [image[:1, :3, :3], filters])


def test_further_axes_of_the_batch():
    image, filters = np.random.default_rng(4).normal(size=(3, 2, 5, 4, 2)), np.ones((2, 2, 2, 1))
    whole = tf.nn.conv2d(image, filters, 1, "VALID")
    parts = [tf.nn.conv2d(part, filters, 1, "VALID") for part in image]
    np.testing.assert_array_equal(whole.numpy(), tf.stack(parts).numpy())


def test_gradient_goes_to_the_places_that_max_pooling_names():
    image = tf.constant(np.random.default_rng(5).normal(size=(2, 4, 4, 2)))
    tf.test.check_gradients(lambda x: tf.nn.max_pool_with_argmax(x, 2, 1, "SAME").output, [image])
    pooled, places = tf.nn.max_pool_with_argmax(image, 2, 1, "SAME", include_batch_in_index=True)
    np.testing.assert_array_equal(tf.gather(tf.reshape(image, [-1]), places).numpy(), pooled.numpy())


def test_gradients_of_max_pooling_depend_on_the_image_without_a_slope():
    image = tf.constant(np.random.default_rng(6).normal(size=(2, 4, 4, 3)))
    with tf.GradientTape(persistent=True) as third:
        third.watch(image)
        with tf.GradientTape(persistent=True) as second:
            second.watch(image)
            with tf.GradientTape() as first:
                first.watch(image)
                pooled = tf.nn.max_pool2d(image, 2, 2, "VALID")
            slope = first.gradient(pooled, image)
        curve = second.gradient(slope, image)
        assert second.jacobian(slope, image).shape == (2, 4, 4, 3, 2, 4, 4, 3)
    for zeros in (curve, third.gradient(curve, image), third.jacobian(curve, image)):
        assert zeros.dtype == image.dtype and not np.any(zeros)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, "bfloat16"])
@pytest.mark.parametrize("shape", [(5, 40, 40, 20), (1, 400, 400, 1), (3, 2, 2, 1), (0, 4, 4, 2)])
def test_gradients_of_windows_that_overlap_are_added_up_where_each_has_its_largest(shape, dtype):
    """Short and long, of one image and of several, which threads share."""
    random = np.random.default_rng(0)
    image = tf.cast(random.integers(0, 9, shape), dtype)
    with tf.GradientTape() as tape:
        tape.watch(image)
        pooled = tf.nn.max_pool2d(image, 3, 1, "SAME")
    cotangent = random.integers(0, 4, pooled.shape)
    expected = np.zeros(np.prod(shape))
    if image.shape.num_elements():
        places = tf.nn.max_pool_with_argmax(tf.cast(image, "float32"), 3, 1, "SAME", include_batch_in_index=True).argmax
        np.add.at(expected, places.numpy().ravel(), cotangent.ravel())
    gradient = tape.gradient(pooled, image, tf.cast(cotangent, dtype))
    assert gradient.dtype == image.dtype
    np.testing.assert_array_equal(tf.cast(gradient, "float64"), expected.reshape(shape))


def test_clipping_by_global_norm():
    clipped, norm = tf.clip_by_global_norm([tf.constant([3.0, 0.0]), None, tf.constant(4.0)], 1.0)
    assert norm.numpy() == 5
    np.testing.assert_allclose(clipped[0].numpy(), [0.6, 0.0], rtol=1e-6)
    np.testing.assert_allclose(clipped[2].numpy(), 0.8, rtol=1e-6)
    assert clipped[1] is None
