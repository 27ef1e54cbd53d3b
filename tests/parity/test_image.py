"""tf.image compared with TensorFlow: values, gradients, dtypes, random choices and errors."""

from __future__ import annotations

import io

import numpy as np
import pytest
from compare import same
from PIL import Image

import gradtape

# Deliberate differences from TensorFlow; docs/compatibility.md lists them.
DELIBERATE = {
    "tf.image.resize(images, size, 'area')": "has a gradient, as have adjust_contrast, adjust_hue and hsv_to_rgb",
    "tf.image.decode_png(contents)": "files are bytes of Python, read and written by Pillow",
}

R = np.random.default_rng(0)


class Tensors:
    """tf.image, with tensors passed in place of arrays."""

    def __init__(self, tf):
        self.tf = tf

    def __getattr__(self, name):
        def call(*arguments, **keywords):
            made = [self.tf.constant(x) if isinstance(x, np.ndarray) else x for x in arguments]
            return getattr(self.tf.image, name)(*made, **keywords)

        return call


IMAGE = R.uniform(size=(7, 5, 3)).astype("float32")
BATCH = R.uniform(size=(2, 6, 8, 3)).astype("float32")
BYTES = R.integers(0, 256, (7, 5, 3)).astype("uint8")
METHODS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")
SIZES = ((7, 5), (14, 10), (3, 2), (5, 9), (1, 1), (13, 3))


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_resize(method, antialias):
    def program(tf):
        found = []
        for size in SIZES:
            found.append(tf.image.resize(IMAGE, size, method, antialias=antialias))
            found.append(tf.image.resize(BATCH, size, method, antialias=antialias))
            found.append(tf.image.resize(BYTES, size, method, antialias=antialias))
        found.append(tf.image.resize(BATCH, (9, 5), method, preserve_aspect_ratio=True, antialias=antialias))
        return found

    same(program, rtol=2e-5, atol=2e-4 if method != "nearest" else 0.0)


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("method", [method for method in METHODS if method != "area"])
def test_gradients_of_resize(method, antialias):
    def program(tf):
        found = []
        for size in SIZES[1:]:
            v = tf.Variable(BATCH)
            with tf.GradientTape() as tape:
                out = tf.image.resize(v * 1.0, size, method, antialias=antialias)
                loss = tf.reduce_sum(out * out)
            found.append(tape.gradient(loss, v))
        return found

    same(program, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", SIZES[1:])
def test_area_conserves_brightness_and_is_differentiable(size):
    """TensorFlow has no gradient for it."""
    v = gradtape.Variable(BATCH)
    with gradtape.GradientTape() as tape:
        out = gradtape.image.resize(v, size, "area")
        loss = gradtape.reduce_mean(out)
    np.testing.assert_allclose(loss.numpy(), BATCH.mean(), rtol=1e-5)
    np.testing.assert_allclose(tape.gradient(loss, v).numpy(), np.full(BATCH.shape, 1 / BATCH.size), rtol=1e-4)


PROGRAMS = {
    "flips": lambda image: [
        image.flip_left_right(IMAGE),
        image.flip_up_down(IMAGE),
        image.flip_left_right(BATCH),
        image.transpose(BATCH),
    ],
    "turns": lambda image: [image.rot90(x, k) for x in (IMAGE, BATCH) for k in (0, 1, 2, 3, 5, -1)],
    "central crop": lambda image: [image.central_crop(x, part) for x in (IMAGE, BATCH) for part in (1.0, 0.5, 0.3)],
    "boxes": lambda image: [
        image.crop_to_bounding_box(BATCH, 1, 2, 3, 4),
        image.pad_to_bounding_box(IMAGE, 1, 2, 9, 11),
    ],
    "crop or pad": lambda image: [
        image.resize_with_crop_or_pad(x, h, w) for x in (IMAGE, BATCH) for h, w in ((3, 9), (8, 2))
    ],
    "resize with pad": lambda image: [
        image.resize_with_pad(x, h, w) for x in (IMAGE, BATCH) for h, w in ((10, 10), (4, 9))
    ],
    "patches": lambda image: [
        image.extract_patches(BATCH, [1, 2, 3, 1], [1, *steps, 1], [1, *rates, 1], padding)
        for steps in ((1, 1), (2, 3))
        for rates in ((1, 1), (2, 1))
        for padding in ("VALID", "SAME")
    ],
    "grey": lambda image: [
        image.rgb_to_grayscale(IMAGE),
        image.rgb_to_grayscale(BYTES),
        image.grayscale_to_rgb(IMAGE[..., :1]),
    ],
    "hsv": lambda image: [
        image.rgb_to_hsv(BATCH),
        image.hsv_to_rgb(BATCH),
        image.rgb_to_hsv(EDGES),
        image.hsv_to_rgb(image.rgb_to_hsv(EDGES)),
    ],
    "yiq and yuv": lambda image: [
        image.rgb_to_yiq(BATCH),
        image.yiq_to_rgb(BATCH),
        image.rgb_to_yuv(BATCH),
        image.yuv_to_rgb(BATCH),
    ],
    "brightness": lambda image: [image.adjust_brightness(IMAGE, 0.3), image.adjust_brightness(BYTES, -0.3)],
    "contrast": lambda image: [
        image.adjust_contrast(IMAGE, 2.0),
        image.adjust_contrast(BATCH, 0.5),
        image.adjust_contrast(BYTES, 1.5),
    ],
    "gamma": lambda image: [image.adjust_gamma(IMAGE, 2.0, 0.5), image.adjust_gamma(BYTES, 0.7)],
    "hue": lambda image: [image.adjust_hue(x, delta) for x in (IMAGE, BATCH) for delta in (0.3, -0.4, 0.0, 1.0)],
    "saturation": lambda image: [
        image.adjust_saturation(x, factor) for x in (IMAGE, BATCH) for factor in (0.0, 0.5, 3.0)
    ],
    "standardization": lambda image: [
        image.per_image_standardization(x) for x in (IMAGE, BATCH, BYTES, np.ones((2, 2, 1), "float32"))
    ],
    "psnr": lambda image: [
        image.psnr(IMAGE, IMAGE * np.float32(0.9), 1.0),
        image.psnr(BYTES, BYTES // 2, 255),
        image.psnr(BATCH, BATCH[::-1], 1.0),
    ],
    "total variation": lambda image: [image.total_variation(IMAGE), image.total_variation(BATCH)],
    "edges": lambda image: [image.sobel_edges(BATCH), *image.image_gradients(BATCH)],
}
EDGES = np.array([[[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0], [1, 0, 0.9]]], "float32")


@pytest.mark.parametrize("name", PROGRAMS)
def test_values(name):
    same(lambda tf: PROGRAMS[name](Tensors(tf)), rtol=2e-5, atol=3e-6)


def test_methods_have_names():
    same(lambda tf: [getattr(tf.image.ResizeMethod, name) for name in ("BILINEAR", "AREA", "NEAREST_NEIGHBOR")])


LARGE = R.uniform(size=(2, 64, 50, 3)).astype("float32")


def test_similarity():
    def program(tf):
        noisy = np.clip(LARGE + R.normal(size=LARGE.shape) * 0 + 0.1 * np.sin(np.arange(50))[:, None], 0, 1)
        noisy = noisy.astype("float32")
        whole = (LARGE * 255).astype("uint8")
        return [
            tf.image.ssim(LARGE, noisy, 1.0),
            tf.image.ssim(LARGE, noisy, 1.0, 7, 1.0, 0.02, 0.05),
            tf.image.ssim(LARGE[0], noisy[0], 1.0),
            tf.image.ssim(LARGE, noisy, 1.0, return_index_map=True),
            tf.image.ssim(whole, (noisy * 255).astype("uint8"), 255),
            tf.image.ssim_multiscale(LARGE, noisy, 1.0, (0.3, 0.7)),
            tf.image.ssim_multiscale(LARGE[:, :63, :49], noisy[:, :63, :49], 1.0, (0.3, 0.3, 0.4), filter_size=5),
        ]

    same(program, rtol=2e-4, atol=2e-5)


def test_gradients_of_similarity():
    def program(tf):
        found = []
        for measure in (
            lambda x, y: tf.image.ssim(x, y, 1.0),
            lambda x, y: tf.image.ssim_multiscale(x, y, 1.0, (0.3, 0.7)),
        ):
            x = tf.constant(LARGE[:1])
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = measure(x, 0.8 * x + 0.1 * LARGE[1:])
            found.append(tape.gradient(y, x) * 1000.0)
        return found

    same(program, rtol=1e-3, atol=1e-3)


DTYPES = ("uint8", "int32", "int64", "float32", "float64")


def test_conversion():
    def program(tf):
        found = []
        for before in DTYPES:
            for behind in DTYPES:
                x = np.array([0, 1, 2]) if before.startswith("float") else np.array([0, 1, 100, 200])
                x = x / 2 if before.startswith("float") else x
                for saturate in (False, True):
                    if not (behind.startswith("int") and before.startswith("float")):
                        found.append(tf.image.convert_image_dtype(tf.constant(x, before), behind, saturate))
        return found

    same(program, rtol=1e-6)


RANDOM = {
    ("random_flip_left_right", "stateless_random_flip_left_right"): (),
    ("random_flip_up_down", "stateless_random_flip_up_down"): (),
    ("random_brightness", "stateless_random_brightness"): (0.4,),
    ("random_contrast", "stateless_random_contrast"): (0.3, 2.0),
    ("random_hue", "stateless_random_hue"): (0.3,),
    ("random_saturation", "stateless_random_saturation"): (0.3, 2.0),
}


@pytest.mark.parametrize("names", RANDOM, ids=lambda names: names[0])
def test_random_changes(names):
    def program(tf):
        tf.random.set_seed(3)
        change, stateless = (getattr(tf.image, name) for name in names)
        images = [IMAGE, BATCH] if names[0] not in ("random_hue", "random_saturation") else [IMAGE]
        found = [change(image, *RANDOM[names], seed=seed) for image in images for seed in (None, 7, 7)]
        found += [stateless(image, *RANDOM[names], seed=(seed, 5)) for image in images for seed in range(4)]
        return found

    same(program, rtol=2e-5, atol=3e-6)


def test_random_crops():
    def program(tf):
        tf.random.set_seed(3)
        crops = [tf.image.random_crop(IMAGE, [3, 4, 3], seed=seed) for seed in (None, 7, 7)]
        return crops + [tf.image.stateless_random_crop(BATCH, [1, 3, 4, 3], seed=(seed, 5)) for seed in range(4)]

    same(program)


GRADIENTS = {
    "crops": lambda image, v: image.resize_with_crop_or_pad(image.central_crop(v, 0.6), 9, 3),
    "hsv": lambda image, v: image.rgb_to_hsv(v),
    "standardization": lambda image, v: image.per_image_standardization(v) ** 2,
    "ssim": lambda image, v: image.ssim(v, BATCH[::-1], 1.0, filter_size=3),
    "variation": lambda image, v: image.total_variation(v),
    "edges": lambda image, v: image.sobel_edges(v),
    "patches": lambda image, v: image.extract_patches(v, [1, 2, 2, 1], [1, 2, 1, 1], [1, 1, 1, 1], "SAME"),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name):
    def program(tf):
        v = tf.Variable(BATCH)
        with tf.GradientTape() as tape:
            out = GRADIENTS[name](tf.image, v * 1.0)
            loss = tf.reduce_sum(out * tf.reshape(tf.cos(tf.range(tf.size(out), dtype=tf.float32)), tf.shape(out)))
        return tape.gradient(loss, v)

    same(program, rtol=1e-3, atol=2e-4)


REFUSED = {
    "method": lambda image: image.resize(IMAGE, (3, 3), "unknown"),
    "axes": lambda image: image.resize(np.ones((2, 2), "float32"), (3, 3)),
    "size": lambda image: image.resize(IMAGE, (3, 3, 3)),
    "flip": lambda image: image.flip_left_right(np.ones((2, 2))),
    "fraction": lambda image: image.central_crop(IMAGE, 1.5),
    "box": lambda image: image.crop_to_bounding_box(IMAGE, 5, 0, 5, 2),
    "negative box": lambda image: image.crop_to_bounding_box(IMAGE, -1, 0, 5, 2),
    "pad": lambda image: image.pad_to_bounding_box(IMAGE, 0, 0, 3, 3),
    "grey": lambda image: image.grayscale_to_rgb(IMAGE),
    "gamma": lambda image: image.adjust_gamma(IMAGE, -1.0),
    "brightness": lambda image: image.random_brightness(IMAGE, -1.0),
    "contrast": lambda image: image.random_contrast(IMAGE, 2.0, 1.0),
    "hue": lambda image: image.random_hue(IMAGE, 0.7),
    "crop": lambda image: image.random_crop(IMAGE, [9, 9, 3]),
    "variation": lambda image: image.total_variation(IMAGE[0]),
    "gradients": lambda image: image.image_gradients(IMAGE),
    "dtype": lambda image: image.convert_image_dtype(IMAGE, "bool"),
    "dtype of the image": lambda image: image.convert_image_dtype(np.ones((2, 2), bool), "uint8"),
    "contents that are a number": lambda image: image.is_jpeg(5),
    "contents of two files": lambda image: image.decode_jpeg(["a", "b"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name):
    same(lambda tf: REFUSED[name](Tensors(tf)), message=False)


def test_refusals_of_gradtape():
    """TensorFlow fails in a matrix product, or a difference."""
    with pytest.raises(ValueError, match="channel dimension of size 3"):
        gradtape.image.rgb_to_grayscale(IMAGE[..., :2])
    with pytest.raises(ValueError, match="not those of images of one size"):
        gradtape.image.psnr(IMAGE, IMAGE[:3], 1.0)


@pytest.mark.parametrize("name", ["adjust_contrast", "hsv_to_rgb", "adjust_saturation", "adjust_hue"])
def test_gradients_that_tensorflow_lacks(name):
    x = R.uniform(0.2, 0.8, (4, 3, 3))
    options = {"adjust_contrast": (1.5,), "adjust_saturation": (0.7,), "adjust_hue": (0.2,)}.get(name, ())
    (found,), (numeric,) = gradtape.test.compute_gradient(
        lambda v: getattr(gradtape.image, name)(v, *options), [gradtape.constant(x)], delta=1e-5
    )
    np.testing.assert_allclose(found, numeric, rtol=1e-6, atol=1e-8)


def encoded(form, pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


@pytest.mark.parametrize("channels", [0, 1, 3, 4])
def test_files(channels):
    import tensorflow

    for form in ("PNG", "JPEG"):
        for pixels in (BYTES, BYTES[..., 0]):
            data = encoded(form, pixels)
            if form == "JPEG" and channels == 4:
                continue
            decode = {"PNG": "decode_png", "JPEG": "decode_jpeg"}[form]
            expected = getattr(tensorflow.image, decode)(data, channels).numpy()
            found = getattr(gradtape.image, decode)(data, channels).numpy()
            assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
            # Decoders round colours and their conversion to grey differently.
            assert np.abs(found.astype(int) - expected.astype(int)).max() <= (2 if form == "PNG" else 6)
            if form == "PNG" and channels in (0, 3):
                np.testing.assert_array_equal(found, expected)


def test_files_written():
    import tensorflow

    data = gradtape.image.encode_png(BYTES)
    np.testing.assert_array_equal(tensorflow.image.decode_png(data.numpy()).numpy(), BYTES)
    for contents in (data, data.numpy()):
        np.testing.assert_array_equal(gradtape.io.decode_png(contents), BYTES)
    floats = gradtape.image.decode_image(data, dtype=gradtape.float32).numpy()
    np.testing.assert_allclose(floats, BYTES / np.float32(255), rtol=1e-6)
    lossy = gradtape.image.encode_jpeg(np.full((16, 16, 3), 100, np.uint8))
    assert np.abs(tensorflow.image.decode_jpeg(lossy.numpy()).numpy().astype(int) - 100).max() <= 2
    for name in ("decode_image", "decode_jpeg", "decode_png", "encode_jpeg", "encode_png"):
        assert getattr(gradtape.io, name) is getattr(gradtape.image, name), f"tf.io.{name}"
    with pytest.raises(gradtape.errors.InvalidArgumentError):
        gradtape.image.decode_png(b"no image")
    with pytest.raises(gradtape.errors.InvalidArgumentError):
        gradtape.image.encode_png(np.zeros((2, 2), np.uint8))
