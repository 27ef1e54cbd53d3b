"""keras.ops.image: values, dtypes, errors, gradients and symbolic shapes compared with Keras'."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow
from beside import OURS, same

import gradtape
import keras

# Deliberate differences from Keras; docs/compatibility.md lists them.
DELIBERATE = {
    "ops.image.affine_transform": "computes float64 images in float64; their gradient is the transposed "
    "interpolation, where TensorFlow's takes the inverse transformation; transformations have a gradient",
    "ops.image.map_coordinates": "mirrors as SciPy does, where Keras over TensorFlow reads behind the last value",
    "ops.image.scale_and_translate": "takes integers, which Keras refuses over TensorFlow",
}

R = np.random.default_rng(0)
DTYPES = ("float32", "float64")
IMAGE = R.uniform(size=(7, 9, 3))
BATCH = R.uniform(size=(2, 7, 9, 3))
FIRST = BATCH.transpose(0, 3, 1, 2)
BYTES = (BATCH * 255).astype("uint8")
TURN = np.array([[0.9, 0.3, -1.2, -0.2, 1.1, 0.7, 0.0, 0.0], [1.5, 0.0, -3.3, 0.1, 0.7, 1.4, 0.002, 0.001]], "float32")
FAR = np.array([1.0, 0.0, -23.3, 0.0, 1.0, 40.6, 0.0, 0.0], "float32")
CORNERS = np.array([[0.0, 0.0], [0.0, 6.0], [8.0, 0.0], [8.0, 6.0]], "float32")
MOVED = CORNERS + np.array([[0.5, 0.25], [1.0, -1.0], [-0.5, 0.75], [-1.0, -0.5]], "float32")
PLACES = R.uniform(-3.0, 10.0, (3, 4, 5))
VOLUME = R.uniform(size=(1, 6, 7, 8, 2))


def of(x, dtype):
    return x.astype(dtype)


CASES = {
    "grayscale": lambda i, d: [
        i.rgb_to_grayscale(of(IMAGE, d)),
        i.rgb_to_grayscale(of(FIRST, d), data_format="channels_first"),
        i.rgb_to_grayscale(of(BATCH[..., :1], d)),
    ],
    "grayscale of bytes": lambda i, d: i.rgb_to_grayscale(BYTES),
    "colours": lambda i, d: [
        i.rgb_to_hsv(of(BATCH, d)),
        i.rgb_to_hsv(of(FIRST[0], d), data_format="channels_first"),
        i.hsv_to_rgb(of(IMAGE, d)),
        i.hsv_to_rgb(of(FIRST, d), data_format="channels_first"),
    ],
    **{
        f"resize {kind}": lambda i, d, kind=kind: [
            i.resize(of(BATCH, d), (4, 12), kind),
            i.resize(of(IMAGE, d), (4, 3), kind, antialias=kind in ("bilinear", "bicubic")),
            i.resize(of(FIRST, d), (9, 5), kind, data_format="channels_first"),
            i.resize(BYTES, (4, 12), kind),
        ]
        for kind in ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5")
    },
    "resize to proportions": lambda i, d: [
        found
        for size in ((4, 12), (12, 4), (7, 7), (3, 20))
        for found in (
            i.resize(of(BATCH, d), size, crop_to_aspect_ratio=True),
            i.resize(of(IMAGE, d), size, pad_to_aspect_ratio=True, fill_value=0.5),
        )
    ],
    "pad": lambda i, d: [
        i.pad_images(of(BATCH, d), 1, 2, 3, 4),
        i.pad_images(of(IMAGE, d), 1, 2, target_height=10, target_width=12),
        i.pad_images(
            of(FIRST, d),
            bottom_padding=1,
            right_padding=2,
            target_height=10,
            target_width=12,
            data_format="channels_first",
        ),
    ],
    "crop": lambda i, d: [
        i.crop_images(of(BATCH, d), 1, 2, 3, 4),
        i.crop_images(of(IMAGE, d), 1, 2, target_height=3, target_width=2),
        i.crop_images(
            of(FIRST, d),
            bottom_cropping=1,
            right_cropping=2,
            target_height=3,
            target_width=4,
            data_format="channels_first",
        ),
    ],
    "patches": lambda i, d: [
        i.extract_patches(of(BATCH, d), (3, 2)),
        i.extract_patches(of(IMAGE, d), 3, strides=1, padding="same"),
        i.extract_patches(of(BATCH, d), 2, strides=1, dilation_rate=2),
        i.extract_patches(of(VOLUME, d), (2, 3, 2)),
        i.extract_patches_3d(of(VOLUME, d), 2),
        i.extract_patches_3d(of(VOLUME[0], d), (3, 2, 2), strides=(1, 2, 1)),
    ],
    "sobel": lambda i, d: i.sobel_edges(of(BATCH, d)),
    "ssim": lambda i, d: [
        i.ssim(of(BATCH, d), of(BATCH[::-1], d), filter_size=5),
        i.ssim(of(IMAGE, d), of(IMAGE**2, d), max_val=2.0, filter_size=3, filter_sigma=0.7, k1=0.02),
        i.ssim(of(FIRST, d), of(FIRST**2, d), filter_size=5, data_format="channels_first"),
    ],
    **{
        f"affine {kind} {mode}": lambda i, d, kind=kind, mode=mode: [
            i.affine_transform(of(BATCH, d), TURN, kind, mode, 0.3),
            i.affine_transform(of(IMAGE, d), TURN[0], kind, mode),
            i.affine_transform(of(BATCH, d), FAR, kind, mode),
            i.affine_transform(of(FIRST, d), TURN, kind, mode, data_format="channels_first"),
            i.affine_transform(BYTES, TURN, kind, mode, 7),
        ]
        for kind in ("nearest", "bilinear")
        for mode in ("constant", "nearest", "wrap", "reflect")
    },
    "perspective": lambda i, d: [
        i.perspective_transform(of(IMAGE, d), CORNERS, MOVED),
        i.perspective_transform(of(BATCH, d), np.stack([CORNERS, MOVED]), np.stack([MOVED, CORNERS]), "nearest", 0.5),
    ],
    **{
        f"coordinates {mode}": lambda i, d, mode=mode: [
            i.map_coordinates(of(IMAGE, d), of(PLACES, d), order, mode, 0.25) for order in (0, 1)
        ]
        for mode in ("constant", "nearest", "wrap", "reflect")
    },
    "coordinates of integers": lambda i, d: i.map_coordinates(BYTES[0].astype("int32"), of(PLACES, d), 1),
    "blur": lambda i, d: [
        i.gaussian_blur(of(BATCH, d), (3, 5), (0.7, 1.3)),
        i.gaussian_blur(of(IMAGE, d)),
        i.gaussian_blur(of(FIRST, d), (3, 3), (1.0, 2.0), data_format="channels_first"),
    ],
    "elastic": lambda i, d: [
        i.elastic_transform(of(BATCH, d), 2.0, 1.0, seed=3),
        i.elastic_transform(of(IMAGE, d), 2.0, 1.0, "nearest", "constant", 0.5, seed=3),
        i.elastic_transform(of(FIRST, d), 2.0, 1.0, "bilinear", "wrap", seed=3, data_format="channels_first"),
    ],
    **{
        f"scale {method}": lambda i, d, method=method: [
            i.scale_and_translate(
                of(IMAGE, d), (5, 14, 3), np.array([0.7, 1.6], d), np.array([-0.2, 0.4], d), (0, 1), method, smooth
            )
            for smooth in (True, False)
        ]
        for method in ("linear", "bicubic", "lanczos3", "lanczos5")
    },
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CASES)
def test_values(name, dtype):
    precise = dtype == "float64" and not name.startswith(("affine", "perspective", "resize"))
    tolerance = 1e-9 if precise else 2e-5
    same(lambda tf, keras: CASES[name](keras.ops.image, dtype), rtol=tolerance, atol=tolerance)


WRONG = {
    "rank": lambda i: i.resize(IMAGE[0], (2, 2)),
    "size": lambda i: i.resize(IMAGE, (2, 2, 2)),
    "size of nothing": lambda i: i.resize(IMAGE, (0, 2)),
    "interpolation": lambda i: i.resize(IMAGE, (2, 2), "cubic"),
    "fill": lambda i: i.resize(IMAGE, (2, 2), fill_mode="reflect"),
    "both proportions": lambda i: i.resize(IMAGE, (2, 2), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
    "format": lambda i: i.resize(IMAGE, (2, 2), data_format="last"),
    "channels": lambda i: i.rgb_to_grayscale(IMAGE[..., :2]),
    "colours of bytes": lambda i: i.rgb_to_hsv(BYTES),
    "too many borders": lambda i: i.pad_images(IMAGE, 1, 1, 1, 1, 12),
    "negative border": lambda i: i.pad_images(IMAGE, -1, 1, 1, 1),
    "too small": lambda i: i.pad_images(IMAGE, 1, 1, target_height=3, target_width=3),
    "too few cuts": lambda i: i.crop_images(IMAGE, 1, 1),
    "too large": lambda i: i.crop_images(IMAGE, 1, 1, target_height=30, target_width=3),
    "patches": lambda i: i.extract_patches(IMAGE, (2,)),
    "patches of text": lambda i: i.extract_patches(IMAGE, "two"),
    "affine rank": lambda i: i.affine_transform(IMAGE[0], TURN),
    "affine interpolation": lambda i: i.affine_transform(IMAGE, TURN, "cubic"),
    "affine mode": lambda i: i.affine_transform(IMAGE, TURN, fill_mode="mirror"),
    "transform rank": lambda i: i.affine_transform(IMAGE, TURN[None]),
    "points": lambda i: i.perspective_transform(IMAGE, CORNERS[:3], MOVED),
    "coordinates": lambda i: i.map_coordinates(IMAGE, PLACES[:2], 1),
    "order": lambda i: i.map_coordinates(IMAGE, PLACES, 3),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors(name):
    # Keras prints some choices as sets, whose order differs between runs; a slice that does not fit is the kernel's.
    same(lambda tf, keras: WRONG[name](keras.ops.image), message=name not in ("format", "too large"))


def test_mirrored_places_are_those_of_scipy():
    """Keras' mirror on TensorFlow reads beyond the last value, and fails."""
    from scipy import ndimage

    found = OURS.ops.image.map_coordinates(IMAGE, PLACES, 1, "mirror").numpy()
    np.testing.assert_allclose(found, ndimage.map_coordinates(IMAGE, PLACES, order=1, mode="mirror"), rtol=1e-9)


def test_integers_are_scaled_as_floats_and_rounded():
    """Keras' clip on TensorFlow does not support integers."""
    sizes = (5, 14, 3), np.float32([0.7, 1.6]), np.float32([-0.2, 0.4]), (0, 1), "bicubic"
    found = OURS.ops.image.scale_and_translate(BYTES[0], *sizes).numpy()
    floats = keras.ops.image.scale_and_translate(BYTES[0].astype("float32"), *sizes).numpy()
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, np.round(floats).clip(BYTES[0].min(), BYTES[0].max()))


DIFFERENTIABLE = {
    "resize": lambda i, x: i.resize(x, (4, 12)),
    "grayscale": lambda i, x: i.rgb_to_grayscale(x),
    "pad": lambda i, x: i.pad_images(x, 1, 2, 3, 4),
    "crop": lambda i, x: i.crop_images(x, 1, 2, 3, 4),
    "patches": lambda i, x: i.extract_patches(x, 2),
    "blur": lambda i, x: i.gaussian_blur(x),
    "ssim": lambda i, x: i.ssim(x, x * x, filter_size=5),
    "sobel": lambda i, x: i.sobel_edges(x),
    "coordinates": lambda i, x: i.map_coordinates(x[0], PLACES.astype("float32"), 1),
    "scale": lambda i, x: i.scale_and_translate(
        x[0], (5, 14, 3), np.float32([0.7, 1.6]), np.float32([-0.2, 0.4]), (0, 1), "linear"
    ),
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients(name):
    def program(tf, keras):
        x = tf.constant(BATCH.astype("float32"))
        with tf.GradientTape() as tape:
            tape.watch(x)
            found = DIFFERENTIABLE[name](keras.ops.image, x)
            loss = tf.reduce_sum(tf.square(found))
        return tape.gradient(loss, x)

    same(program, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", ["constant", "nearest", "wrap", "reflect"])
@pytest.mark.parametrize("kind", ["nearest", "bilinear"])
def test_gradient_of_moved_images_is_that_of_a_linear_function(kind, mode):
    """<w, A x> has the gradient Aᵀ w: found by moving each pixel alone."""
    image = np.eye(4 * 5).reshape(20, 4, 5, 1)
    moves = np.array([[0.9, 0.3, -0.7, -0.2, 1.1, 0.6, 0.0, 0.0]], "float32")
    weights = R.normal(size=(1, 4, 5, 1))
    columns = OURS.ops.image.affine_transform(image, moves, kind, mode).numpy()
    x = gradtape.constant(R.uniform(size=(1, 4, 5, 1)))
    with gradtape.GradientTape() as tape:
        tape.watch(x)
        loss = gradtape.reduce_sum(OURS.ops.image.affine_transform(x, moves, kind, mode) * weights)
    expected = (columns * weights).sum((1, 2, 3)).reshape(1, 4, 5, 1)
    np.testing.assert_allclose(tape.gradient(loss, x).numpy(), expected, rtol=1e-6, atol=1e-9)


SYMBOLIC = {
    "grayscale": (lambda i, x: i.rgb_to_grayscale(x)),
    "hsv": (lambda i, x: i.rgb_to_hsv(x)),
    "resize": (lambda i, x: i.resize(x, (4, 12))),
    "pad": (lambda i, x: i.pad_images(x, 1, 2, 3, 4)),
    "crop": (lambda i, x: i.crop_images(x, 1, 2, 3, 4)),
    "patches": (lambda i, x: i.extract_patches(x, 2)),
    "affine": (lambda i, x: i.affine_transform(x, TURN[:1])),
    "blur": (lambda i, x: i.gaussian_blur(x)),
    "sobel": (lambda i, x: i.sobel_edges(x)),
}


@pytest.mark.parametrize("name", SYMBOLIC)
def test_in_models(name):
    """The function becomes part of the model, with Keras' name, shape and values."""
    found = []
    for library, images in ((gradtape.keras, gradtape.keras.ops.image), (keras, keras.ops.image)):
        library.utils.clear_session()
        inputs = library.Input((7, 9, 3))
        outputs = SYMBOLIC[name](images, inputs)
        model = library.Model(inputs, outputs)
        values = np.asarray(model(BATCH.astype("float32")))
        found.append(([layer.name for layer in model.layers], tuple(outputs.shape), values))
    (names, shape, values), (keras_names, keras_shape, keras_values) = found
    assert names == keras_names
    assert shape == keras_shape
    np.testing.assert_allclose(values, keras_values, rtol=1e-4, atol=1e-5)


def test_a_model_of_images_is_written_and_read():
    inputs = gradtape.keras.Input((7, 9, 3))
    outputs = gradtape.keras.ops.image.resize(inputs, (4, 4))
    model = gradtape.keras.Model(inputs, outputs)
    again = gradtape.keras.models.model_from_json(model.to_json())
    x = BATCH.astype("float32")
    assert np.array_equal(again(x), model(x))
    theirs = keras.models.model_from_json(model.to_json())
    np.testing.assert_allclose(theirs(tensorflow.constant(x)), model(x), rtol=1e-5)
