"""tf.image side by side: values, gradients, dtypes, random choices and errors."""

from __future__ import annotations

import io

import numpy as np
import pytest
from compare import same
from PIL import Image

import gradtape

R = np.random.default_rng(0)


class Tensors:
    """tf.image, whose functions are given tensors in place of arrays."""

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
    """TensorFlow has no gradient of it."""
    v = gradtape.Variable(BATCH)
    with gradtape.GradientTape() as tape:
        out = gradtape.image.resize(v, size, "area")
        loss = gradtape.reduce_mean(out)
    np.testing.assert_allclose(loss.numpy(), BATCH.mean(), rtol=1e-5)
    np.testing.assert_allclose(tape.gradient(loss, v).numpy(), np.full(BATCH.shape, 1 / BATCH.size), rtol=1e-4)


PROGRAMS = {
    "flips": lambda i: [i.flip_left_right(IMAGE), i.flip_up_down(IMAGE), i.flip_left_right(BATCH), i.transpose(BATCH)],
    "turns": lambda i: [i.rot90(x, k) for x in (IMAGE, BATCH) for k in (0, 1, 2, 3, 5, -1)],
    "central crop": lambda i: [i.central_crop(x, part) for x in (IMAGE, BATCH) for part in (1.0, 0.5, 0.3)],
    "boxes": lambda i: [i.crop_to_bounding_box(BATCH, 1, 2, 3, 4), i.pad_to_bounding_box(IMAGE, 1, 2, 9, 11)],
    "crop or pad": lambda i: [i.resize_with_crop_or_pad(x, h, w) for x in (IMAGE, BATCH) for h, w in ((3, 9), (8, 2))],
    "resize with pad": lambda i: [i.resize_with_pad(x, h, w) for x in (IMAGE, BATCH) for h, w in ((10, 10), (4, 9))],
    "patches": lambda i: [
        i.extract_patches(BATCH, [1, 2, 3, 1], [1, *steps, 1], [1, *rates, 1], padding)
        for steps in ((1, 1), (2, 3))
        for rates in ((1, 1), (2, 1))
        for padding in ("VALID", "SAME")
    ],
    "grey": lambda i: [i.rgb_to_grayscale(IMAGE), i.rgb_to_grayscale(BYTES), i.grayscale_to_rgb(IMAGE[..., :1])],
    "hsv": lambda i: [i.rgb_to_hsv(BATCH), i.hsv_to_rgb(BATCH), i.rgb_to_hsv(EDGES), i.hsv_to_rgb(i.rgb_to_hsv(EDGES))],
    "yiq and yuv": lambda i: [i.rgb_to_yiq(BATCH), i.yiq_to_rgb(BATCH), i.rgb_to_yuv(BATCH), i.yuv_to_rgb(BATCH)],
    "brightness": lambda i: [i.adjust_brightness(IMAGE, 0.3), i.adjust_brightness(BYTES, -0.3)],
    "contrast": lambda i: [i.adjust_contrast(IMAGE, 2.0), i.adjust_contrast(BATCH, 0.5), i.adjust_contrast(BYTES, 1.5)],
    "gamma": lambda i: [i.adjust_gamma(IMAGE, 2.0, 0.5), i.adjust_gamma(BYTES, 0.7)],
    "hue": lambda i: [i.adjust_hue(x, delta) for x in (IMAGE, BATCH) for delta in (0.3, -0.4, 0.0, 1.0)],
    "saturation": lambda i: [i.adjust_saturation(x, factor) for x in (IMAGE, BATCH) for factor in (0.0, 0.5, 3.0)],
    "standardization": lambda i: [
        i.per_image_standardization(x) for x in (IMAGE, BATCH, BYTES, np.ones((2, 2, 1), "float32"))
    ],
    "psnr": lambda i: [
        i.psnr(IMAGE, IMAGE * np.float32(0.9), 1.0),
        i.psnr(BYTES, BYTES // 2, 255),
        i.psnr(BATCH, BATCH[::-1], 1.0),
    ],
    "total variation": lambda i: [i.total_variation(IMAGE), i.total_variation(BATCH)],
    "edges": lambda i: [i.sobel_edges(BATCH), *i.image_gradients(BATCH)],
}
EDGES = np.array([[[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0], [1, 0, 0.9]]], "float32")


@pytest.mark.parametrize("name", PROGRAMS)
def test_values(name):
    same(lambda tf: PROGRAMS[name](Tensors(tf)), rtol=2e-5, atol=3e-6)


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
    "flip_left_right": (),
    "flip_up_down": (),
    "brightness": (0.4,),
    "contrast": (0.3, 2.0),
    "hue": (0.3,),
    "saturation": (0.3, 2.0),
}


@pytest.mark.parametrize("name", RANDOM)
def test_random_changes(name):
    def program(tf):
        tf.random.set_seed(3)
        change, stateless = (getattr(tf.image, f"{state}random_{name}") for state in ("", "stateless_"))
        images = [IMAGE, BATCH] if name not in ("hue", "saturation") else [IMAGE]
        found = [change(image, *RANDOM[name], seed=seed) for image in images for seed in (None, 7, 7)]
        found += [stateless(image, *RANDOM[name], seed=(seed, 5)) for image in images for seed in range(4)]
        return found

    same(program, rtol=2e-5, atol=3e-6)


def test_random_crops():
    def program(tf):
        tf.random.set_seed(3)
        crops = [tf.image.random_crop(IMAGE, [3, 4, 3], seed=seed) for seed in (None, 7, 7)]
        return crops + [tf.image.stateless_random_crop(BATCH, [1, 3, 4, 3], seed=(seed, 5)) for seed in range(4)]

    same(program)


GRADIENTS = {
    "crops": lambda i, v: i.resize_with_crop_or_pad(i.central_crop(v, 0.6), 9, 3),
    "hsv": lambda i, v: i.rgb_to_hsv(v),
    "standardization": lambda i, v: i.per_image_standardization(v) ** 2,
    "ssim": lambda i, v: i.ssim(v, BATCH[::-1], 1.0, filter_size=3),
    "variation": lambda i, v: i.total_variation(v),
    "edges": lambda i, v: i.sobel_edges(v),
    "patches": lambda i, v: i.extract_patches(v, [1, 2, 2, 1], [1, 2, 1, 1], [1, 1, 1, 1], "SAME"),
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
    "method": lambda i: i.resize(IMAGE, (3, 3), "unknown"),
    "axes": lambda i: i.resize(np.ones((2, 2), "float32"), (3, 3)),
    "size": lambda i: i.resize(IMAGE, (3, 3, 3)),
    "flip": lambda i: i.flip_left_right(np.ones((2, 2))),
    "fraction": lambda i: i.central_crop(IMAGE, 1.5),
    "box": lambda i: i.crop_to_bounding_box(IMAGE, 5, 0, 5, 2),
    "negative box": lambda i: i.crop_to_bounding_box(IMAGE, -1, 0, 5, 2),
    "pad": lambda i: i.pad_to_bounding_box(IMAGE, 0, 0, 3, 3),
    "grey": lambda i: i.grayscale_to_rgb(IMAGE),
    "gamma": lambda i: i.adjust_gamma(IMAGE, -1.0),
    "brightness": lambda i: i.random_brightness(IMAGE, -1.0),
    "contrast": lambda i: i.random_contrast(IMAGE, 2.0, 1.0),
    "hue": lambda i: i.random_hue(IMAGE, 0.7),
    "crop": lambda i: i.random_crop(IMAGE, [9, 9, 3]),
    "variation": lambda i: i.total_variation(IMAGE[0]),
    "gradients": lambda i: i.image_gradients(IMAGE),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name):
    same(lambda tf: REFUSED[name](Tensors(tf)), message=False)


def test_refusals_of_gradtape():
    """TensorFlow fails in a product of matrices, or a difference."""
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
            decode = f"decode_{form.lower()}"
            expected = getattr(tensorflow.image, decode)(data, channels).numpy()
            found = getattr(gradtape.image, decode)(data, channels).numpy()
            assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
            # Decoders round colours and their conversion to grey in their own ways.
            assert np.abs(found.astype(int) - expected.astype(int)).max() <= (2 if form == "PNG" else 6)
            if form == "PNG" and channels in (0, 3):
                np.testing.assert_array_equal(found, expected)


def test_files_written():
    import tensorflow

    data = gradtape.image.encode_png(BYTES)
    np.testing.assert_array_equal(tensorflow.image.decode_png(data).numpy(), BYTES)
    floats = gradtape.image.decode_image(data, dtype=gradtape.float32).numpy()
    np.testing.assert_allclose(floats, BYTES / np.float32(255), rtol=1e-6)
    lossy = gradtape.image.encode_jpeg(np.full((16, 16, 3), 100, np.uint8))
    assert np.abs(tensorflow.image.decode_jpeg(lossy).numpy().astype(int) - 100).max() <= 2
    with pytest.raises(gradtape.errors.InvalidArgumentError):
        gradtape.image.decode_png(b"no image")
    with pytest.raises(gradtape.errors.InvalidArgumentError):
        gradtape.image.encode_png(np.zeros((2, 2), np.uint8))
