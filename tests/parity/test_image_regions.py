"""Boxes of images side by side: values, gradients of images and of boxes, choices and errors."""

from __future__ import annotations

import numpy as np
import pytest
from compare import same

import gradtape

R = np.random.default_rng(0)
BATCH = R.uniform(size=(2, 6, 8, 3)).astype("float32")
BOXES = R.uniform(-0.1, 1.1, (5, 4)).astype("float32")
OWNERS = np.array([0, 1, 1, 0, 1], "int32")


@pytest.mark.parametrize("method", ["bilinear", "nearest"])
@pytest.mark.parametrize("size", [(3, 4), (1, 5), (7, 1), (9, 9)])
def test_crops(method, size):
    def program(tf):
        crop = tf.image.crop_and_resize
        bytes_ = tf.cast(tf.constant(BATCH) * 255, tf.uint8)
        return [
            crop(BATCH, BOXES, OWNERS, size, method, 0.5),
            crop(BATCH.astype("float64"), BOXES, OWNERS, size, method=method),
            crop(bytes_, BOXES, OWNERS, size, method=method),
            crop(BATCH, BOXES[:0], OWNERS[:0], size),
        ]

    same(program, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("size", [(3, 4), (1, 5)])
def test_gradients_of_crops(size):
    def program(tf):
        images, boxes = tf.Variable(BATCH), tf.Variable(BOXES)
        with tf.GradientTape() as tape:
            out = tf.image.crop_and_resize(images, boxes, OWNERS, size)
            loss = tf.reduce_sum(out * tf.reshape(tf.cos(tf.range(tf.size(out), dtype=tf.float32)), tf.shape(out)))
        return tape.gradient(loss, [images, boxes])

    same(program, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_choices(seed):
    random = np.random.default_rng(seed)
    corners = random.uniform(size=(40, 2))
    boxes = np.concatenate([corners, corners + random.uniform(-0.4, 0.4, (40, 2))], 1).astype("float32")
    scores = random.choice(np.linspace(0.0, 1.0, 15), 40).astype("float32")

    def program(tf):
        image = tf.image
        return [
            image.non_max_suppression(boxes, scores, 10),
            image.non_max_suppression(boxes, scores, 100, 0.2, 0.3),
            *image.non_max_suppression_with_scores(boxes, scores, 30, 0.9, 0.1, 0.5),
            *image.non_max_suppression_with_scores(boxes, scores, 30, soft_nms_sigma=0.25),
            image.non_max_suppression_overlaps(np.abs(np.outer(scores, scores)), scores, 9, 0.3),
            image.non_max_suppression(boxes[:0], scores[:0], 3),
        ]

    same(program, rtol=1e-5)


REFUSED = {
    "rank": lambda image: image.crop_and_resize(BATCH[0], BOXES, OWNERS, (3, 3)),
    "columns": lambda image: image.crop_and_resize(BATCH, BOXES[:, :3], OWNERS, (3, 3)),
    "owners": lambda image: image.crop_and_resize(BATCH, BOXES, OWNERS[:2], (3, 3)),
    "owner": lambda image: image.crop_and_resize(BATCH, BOXES, OWNERS + 2, (3, 3)),
    "size": lambda image: image.crop_and_resize(BATCH, BOXES, OWNERS, (0, 3)),
    "threshold": lambda image: image.non_max_suppression(BOXES, BOXES[:, 0], 3, 1.5),
    "scores": lambda image: image.non_max_suppression(BOXES, BOXES[:2, 0], 3),
    "boxes": lambda image: image.non_max_suppression(BOXES[:, :3], BOXES[:, 0], 3),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name):
    same(lambda tf: REFUSED[name](tf.image), message=False)


def test_crops_compiled_are_those_that_run_eagerly():
    eager = gradtape.image.crop_and_resize(BATCH, BOXES, OWNERS, (3, 4))
    compiled = gradtape.function(lambda boxes: gradtape.image.crop_and_resize(BATCH, boxes, OWNERS, (3, 4)))
    for _ in range(2):
        np.testing.assert_array_equal(compiled(gradtape.constant(BOXES)).numpy(), eager.numpy())
