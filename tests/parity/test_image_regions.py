"""Boxes of images compared with TensorFlow: values, gradients of images and of boxes, choices and errors."""

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


def drawn_boxes(*shape):
    corners = np.random.default_rng(3).uniform(0.0, 0.7, (*shape, 2))
    sizes = np.random.default_rng(4).uniform(0.2, 0.6, (*shape, 2))
    return np.concatenate([corners, corners + sizes], -1).astype(np.float32)


def boxes_of(*boxes):
    return np.array(boxes, np.float32)


HALVES = boxes_of([0, 0, 1, 1], [0, 0, 0.5, 1], [0, 0, 1, 0.5])
TURNED = boxes_of([1, 1, 0, 0], [1, 1, 0.1, 0.1], [3, 3, 2, 2])
MIXED = boxes_of([0, 0, 1, 1], [1, 1, 0.1, 0.1], [2, 2, 3, 3])
NOWHERE = boxes_of([-2, -2, -1, -1], [0, 0, 1, 1], [0, 0, 0, 0], [-1.9, -2, -1, 0.5])
CHOICES = {
    "a tie": lambda choose: choose(HALVES, [0.9, 0.8, 0.7], 3, 0.5),
    "a tie, padded": lambda choose: choose(HALVES, [0.9, 0.8, 0.7], 3, 0.5, pad_to_max_output_size=True),
    "just below": lambda choose: choose(HALVES, [0.9, 0.8, 0.7], 3, 0.51),
    "threshold 0": lambda choose: choose(HALVES, [0.9, 0.8, 0.7], 3, 0.0),
    "threshold 1": lambda choose: choose(HALVES[[0, 0, 1]], [0.9, 0.8, 0.7], 3, 1.0),
    "turned": lambda choose: choose(TURNED, [0.9, 0.8, 0.7], 3),
    "turned in one direction": lambda choose: choose(TURNED[:, [0, 3, 2, 1]], [0.9, 0.8, 0.7], 3),
    "turned, said not to be": lambda choose: choose(TURNED, [0.9, 0.8, 0.7], 3, canonicalized_coordinates=True),
    "some turned": lambda choose: choose(MIXED, [0.9, 0.8, 0.7], 3),
    "the first one turned": lambda choose: choose(MIXED[[1, 0, 2]], [0.9, 0.8, 0.7], 3),
    "the first one turned and left out": lambda choose: choose(TURNED, [0.1, 0.8, 0.7], 3, 0.5, 0.2),
    "nothing positive": lambda choose: choose(NOWHERE, [0.9, 0.8, 0.7, 0.6], 4),
    "in order": lambda choose: choose(HALVES, [0.7, 0.8, 0.9], 3, 0.5, sorted_input=True),
    "equal scores": lambda choose: choose(HALVES, [0.5, 0.5, 0.5], 2, 0.6),
}


@pytest.mark.parametrize("name", CHOICES)
def test_which_boxes_are_chosen_with_padding(name):
    def program(tf):
        def choose(boxes, scores, *args, **kwargs):
            return list(tf.image.non_max_suppression_padded(tf.constant(boxes), tf.constant(scores), *args, **kwargs))

        return CHOICES[name](choose)

    same(program)


def test_boxes_chosen_with_padding():
    scores = np.random.default_rng(5).uniform(0.01, 1.0, (2, 3, 40)).astype(np.float32)
    boxes = drawn_boxes(2, 3, 40)

    def program(tf):
        choose = tf.image.non_max_suppression_padded
        boxes_, scores_ = tf.constant(boxes), tf.constant(scores)
        return [
            choose(boxes_, scores_, 50, 0.3, pad_to_max_output_size=True),
            choose(boxes_, scores_, 5, 0.6, 0.4, pad_to_max_output_size=True),
            choose(boxes_[0, 0], scores_[0, 0], 50, 0.3, 0.2),
            choose(boxes_[0, 0], scores_[0, 0], 3, pad_to_max_output_size=True),
        ]

    same(program)


@pytest.mark.parametrize("shared", [True, False])
def test_boxes_chosen_of_all_classes(shared):
    scores = np.random.default_rng(6).uniform(0.0, 1.0, (2, 30, 4)).astype(np.float32)
    boxes = drawn_boxes(2, 30, 1 if shared else 4)

    def program(tf):
        choose = tf.image.combined_non_max_suppression
        boxes_, scores_ = tf.constant(boxes), tf.constant(scores)
        return [
            choose(boxes_, scores_, 5, 100),
            choose(boxes_, scores_, 5, 7, 0.3, 0.5),
            choose(boxes_, scores_, 3, 100, 0.3, pad_per_class=True),
            choose(boxes_, scores_, 3, 10, 0.3, 0.9, pad_per_class=True, clip_boxes=False),
        ]

    same(lambda tf: [list(found) for found in program(tf)], rtol=1e-6)


def test_batches_are_padded():
    boxes = drawn_boxes(2, 3)
    same(lambda tf: tf.image.non_max_suppression_padded(tf.constant(boxes), tf.constant(boxes[..., 0]), 3))


def test_choices_compiled_are_those_that_run_eagerly():
    scores = np.random.default_rng(6).uniform(0.0, 1.0, (2, 30, 4)).astype(np.float32)
    boxes = drawn_boxes(2, 30, 1)

    def choose(boxes, scores):
        padded = gradtape.image.non_max_suppression_padded(boxes[:, :, 0], scores[..., 0], 9, 0.3, 0.1, True)
        return (*padded, *gradtape.image.combined_non_max_suppression(boxes, scores, 5, 7, 0.3))

    compiled = gradtape.function(choose)
    arguments = gradtape.constant(boxes), gradtape.constant(scores)
    for _ in range(2):
        for one, other in zip(compiled(*arguments), choose(*arguments), strict=True):
            np.testing.assert_array_equal(one, other)


REFUSED = {
    "rank": lambda image: image.crop_and_resize(BATCH[0], BOXES, OWNERS, (3, 3)),
    "columns": lambda image: image.crop_and_resize(BATCH, BOXES[:, :3], OWNERS, (3, 3)),
    "owners": lambda image: image.crop_and_resize(BATCH, BOXES, OWNERS[:2], (3, 3)),
    "owner": lambda image: image.crop_and_resize(BATCH, BOXES, OWNERS + 2, (3, 3)),
    "size": lambda image: image.crop_and_resize(BATCH, BOXES, OWNERS, (0, 3)),
    "threshold": lambda image: image.non_max_suppression(BOXES, BOXES[:, 0], 3, 1.5),
    "scores": lambda image: image.non_max_suppression(BOXES, BOXES[:2, 0], 3),
    "boxes of all classes": lambda image: image.combined_non_max_suppression(drawn_boxes(2, 3), BOXES, 3, 3),
    "classes": lambda image: image.combined_non_max_suppression(drawn_boxes(2, 3, 2), np.ones((2, 3, 3), "f"), 3, 3),
    "size of a class": lambda image: image.combined_non_max_suppression(
        drawn_boxes(2, 3, 1), np.ones((2, 3, 3), "f"), 0, 3
    ),
    "threshold of classes": lambda image: image.combined_non_max_suppression(
        drawn_boxes(2, 3, 1), np.ones((2, 3, 3), "f"), 3, 3, 1.5
    ),
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
