"""Files of images and sounds, base64 and compressed bytes, and frames of boxes, compared with TensorFlow."""

import gzip
import io
import wave
import zlib

import numpy as np
import pytest
from compare import same
from PIL import Image

GENERATOR = np.random.default_rng(5)
PIXELS = GENERATOR.integers(0, 256, (16, 24, 3)).astype(np.uint8)
# An image without edges, which decoders decode nearly the same.
SMOOTH = np.linspace(40, 200, 16 * 24).reshape(16, 24, 1).astype(np.uint8).repeat(3, 2)


def encoded(pixels, form, **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def sound(samples, width, channels=1):
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(channels)
        written.setsampwidth(width)
        written.setframerate(8000)
        written.writeframes(samples)
    return file.getvalue()


BMP, BMP_GREY = encoded(PIXELS, "BMP"), encoded(PIXELS[..., 0], "BMP")
PNG, JPEG = encoded(PIXELS, "PNG"), encoded(SMOOTH, "JPEG", quality=95)
FRAMES = [Image.fromarray(PIXELS), Image.fromarray(PIXELS[::-1].copy()), Image.fromarray(PIXELS[:, ::-1].copy())]
GIF = encoded(PIXELS, "GIF", save_all=True, append_images=FRAMES[1:])
ZIPPED, GZIPPED = zlib.compress(b"abc"), [gzip.compress(b"abc"), gzip.compress(b"")]
WAV = sound(np.array([[0, 1], [-32768, 32767], [100, -100]], "<i2").tobytes(), 2, 2)
LOUD = [[0.0, 1.0, 1e-5, 0.5], [-1.0, 0.5, -0.3, -0.5], [2.0, -2.0, 0.99999, 0.00002]]

EXACT = """
tf.image.decode_bmp(BMP)
tf.io.decode_bmp(BMP, channels=3)
tf.image.decode_bmp(BMP_GREY)
tf.image.decode_bmp(BMP, channels=1)
tf.image.decode_gif(GIF)
tf.io.decode_gif(PNG)
tf.image.decode_image(GIF)
tf.image.decode_image(GIF, expand_animations=False)
tf.image.decode_image(PNG)
tf.image.is_jpeg(JPEG), tf.image.is_jpeg(PNG), tf.io.is_jpeg(b"x")
tf.image.extract_jpeg_shape(JPEG)
tf.io.extract_jpeg_shape(JPEG, tf.int64)
tf.image.extract_jpeg_shape(PNG)
tf.image.decode_and_crop_jpeg(JPEG, [1, 2, 30, 4])
tf.image.decode_and_crop_jpeg(JPEG, [1, 2, 3])
tf.image.adjust_jpeg_quality(SMOOTH, 200)
tf.image.random_jpeg_quality(SMOOTH, 75, 50)
tf.image.random_jpeg_quality(SMOOTH, 75, 101)
tf.image.stateless_random_jpeg_quality(SMOOTH, -1, 50, (1, 2))
tf.io.encode_base64("ab?>")
tf.io.encode_base64("ab", pad=True)
tf.io.encode_base64(["a", b"\\xff\\xfe", ""])
tf.io.decode_base64(["YWI", "YWI=", "YWI_", ""])
tf.io.decode_base64("Y+I=")
tf.io.decode_base64("Y")
tf.io.decode_base64("YW=I")
tf.io.decode_base64("YWI==")
tf.io.decode_compressed(ZIPPED, "ZLIB")
tf.io.decode_compressed(GZIPPED, "GZIP")
tf.io.decode_compressed("abc")
tf.io.decode_compressed("abc", "FOO")
tuple(tf.audio.decode_wav(WAV))
tf.audio.decode_wav(WAV).sample_rate
tf.audio.decode_wav(WAV, desired_channels=1).audio
tf.audio.decode_wav(WAV, desired_channels=3).audio
tf.audio.decode_wav(WAV, desired_samples=2).audio
tf.audio.decode_wav(WAV, 1, 5).audio
tf.audio.decode_wav(sound(b"abc", 1))
tf.audio.encode_wav(LOUD, 8000)
tf.audio.encode_wav(tf.audio.decode_wav(WAV).audio, 8000)
tf.audio.encode_wav([0.0, 1.0], 8000)
tf.audio.encode_wav([[0.0, 1.0]], [8000])
tf.image.draw_bounding_boxes(tf.zeros([1, 8, 9, 3]), [[[0.1, 0.2, 0.5, 0.9]]], [[1.0, 0.5, 0.25]])
tf.image.draw_bounding_boxes(tf.zeros([1, 8, 9, 1]), [[[0.1, 0.2, 0.5, 0.9]]], [[0.5]])
tf.image.draw_bounding_boxes(tf.zeros([1, 8, 9, 4]), [[[0.0, 0.0, 1.0, 1.0], [0.3, 0.3, 0.3, 0.6]]], None)
tf.image.draw_bounding_boxes(tf.ones([2, 8, 9, 3], tf.float16), [[[-0.5, -0.5, 1.5, 0.4]], [[0.2, 0, 0.9, 2]]], None)
tf.image.draw_bounding_boxes(tf.zeros([1, 8, 9, 3]), [[[0.6, 0.6, 0.4, 0.4], [1.2, 1.2, 1.4, 1.4]]], None)
tf.image.draw_bounding_boxes(tf.zeros([1, 20, 20, 3]), [[[i / 12, 0.1, 0.9, 1 - i / 12] for i in range(12)]], None)
tf.image.draw_bounding_boxes(tf.zeros([1, 8, 8, 3]), [[[0.1, 0.1, 0.2, 0.2]]] * 2, None)
tf.image.draw_bounding_boxes(tf.zeros([1, 8, 8, 3]), [[[0.1, 0.1, 0.2]]], None)
tf.image.draw_bounding_boxes(tf.zeros([8, 8, 3]), [[[0.1, 0.1, 0.2, 0.3]]], None)
tf.image.draw_bounding_boxes(tf.zeros([1, 8, 8, 2]), [[[0.1, 0.1, 0.2, 0.3]]], None)
tf.image.draw_bounding_boxes(tf.zeros([1, 8, 8, 4]), [[[0.1, 0.1, 0.2, 0.3]]], [[1.0, 2.0, 3.0]])
""".strip().splitlines()
# The messages of these are Pillow's, zlib's and wave's.
TYPES = """
tf.image.decode_bmp(PNG)
tf.image.decode_gif(b"x")
tf.io.decode_compressed("abc", "ZLIB")
tf.io.decode_compressed("abc", "GZIP")
tf.audio.decode_wav("x")
tf.image.draw_bounding_boxes(tf.zeros([1, 8, 8, 3], tf.float64), [[[0.1, 0.1, 0.2, 0.3]]], None)
""".strip().splitlines()


@pytest.mark.parametrize("expression", [*EXACT, *TYPES])
def test_as_tensorflow(expression):
    same(lambda tf: eval(expression, {**globals(), "tf": tf}), message=expression in EXACT, compiles=False)


@pytest.mark.parametrize(
    "expression",
    [
        "tf.image.adjust_jpeg_quality(SMOOTH, 60)",
        "tf.image.adjust_jpeg_quality(tf.constant(SMOOTH / 255, tf.float32), 60) * 255",
        "tf.image.stateless_random_jpeg_quality(SMOOTH, 40, 95, (1, 2))",
        "tf.image.stateless_random_jpeg_quality(SMOOTH[..., :1], 40, 95, (3, 4))",
        "tf.image.random_jpeg_quality(SMOOTH, 95, 96)",
        "tf.io.decode_and_crop_jpeg(JPEG, [1, 2, 3, 4])",
    ],
)
def test_lossy(expression):
    """Decoders round colours differently: by 6 of 255 at most."""
    same(lambda tf: tf.cast(eval(expression, {**globals(), "tf": tf}), tf.float32), atol=6.01, compiles=False)


def test_gradients_go_around_frames():
    import gradtape as tf

    x = tf.zeros([1, 3, 3, 1])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.image.draw_bounding_boxes(x, [[[0.0, 0.0, 0.5, 1.0]]], None)
    np.testing.assert_array_equal(tape.gradient(y, x)[0, :, :, 0], [[0, 0, 0], [0, 0, 0], [1, 1, 1]])
