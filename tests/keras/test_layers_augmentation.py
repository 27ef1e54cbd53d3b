"""Augmentation layers: the same draws, values, shapes, configurations and errors as Keras' layers."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow
from layer_parity import close, plain

import gradtape
import gradtape.keras.layers as ours
import keras

# Deliberate differences from Keras; docs/compatibility.md lists them.
DELIBERATE = {
    "layers.RandomContrast": "like all layers of images makes floats of integers, whose arithmetic Keras lets overflow "
    "or refuses; takes no bounding boxes",
    "layers.CenterCrop": "scales what is too small in the layer's dtype, which Keras does in float32",
}

R = np.random.default_rng(0)
BATCH = R.uniform(0, 255, (5, 7, 9, 3))
UNIT = BATCH / 255

CASES = {
    "CenterCrop": [{"height": 4, "width": 5}, {"height": 7, "width": 9}, {"height": 10, "width": 5}],
    "Resizing": [
        {"height": 4, "width": 12},
        {"height": 4, "width": 12, "interpolation": "nearest"},
        {"height": 3, "width": 3, "interpolation": "bicubic", "antialias": True},
        {"height": 4, "width": 12, "crop_to_aspect_ratio": True},
        {"height": 12, "width": 4, "pad_to_aspect_ratio": True, "fill_value": 7.0},
    ],
    "RandomCrop": [{"height": 4, "width": 5}, {"height": 10, "width": 5}, {"height": 7, "width": 9}],
    "RandomFlip": [{}, {"mode": "horizontal"}, {"mode": "vertical"}, {"mode": "both"}],
    "RandomRotation": [
        {"factor": 0.3},
        {"factor": (-0.1, 0.4), "fill_mode": "constant", "fill_value": 9.0},
        {"factor": 0.2, "fill_mode": "wrap", "interpolation": "nearest"},
        {"factor": 0.2, "fill_mode": "nearest"},
    ],
    "RandomTranslation": [
        {"height_factor": 0.3, "width_factor": 0.4},
        {"height_factor": (-0.2, 0.1), "width_factor": 0.0, "fill_mode": "wrap"},
        {"height_factor": 1.0, "width_factor": 1.0, "fill_mode": "constant", "interpolation": "nearest"},
    ],
    "RandomZoom": [
        {"height_factor": 0.3},
        {"height_factor": (0.2, 0.5), "width_factor": (-0.3, 0.1), "fill_mode": "constant"},
        {"height_factor": -0.3, "width_factor": 0.3, "fill_mode": "nearest", "interpolation": "nearest"},
    ],
    "RandomBrightness": [{"factor": 0.3}, {"factor": (-0.5, 0.1), "value_range": (200, 20)}],
    "RandomContrast": [{"factor": 0.4}, {"factor": (0.1, 0.9), "value_range": (10, 250)}],
    "RandomSaturation": [{"factor": 0.4, "value_range": (0, 1)}, {"factor": (0.5, 0.9), "value_range": (0, 1)}],
    "RandomHue": [{"factor": 0.4, "value_range": (0, 1)}, {"factor": (0.5, 0.9)}],
    "RandomGrayscale": [{}, {"factor": 1.0}],
    "RandomInvert": [{}, {"factor": (0.2, 0.6), "value_range": (0, 1)}],
}
EACH = [(kind, arguments) for kind, several in CASES.items() for arguments in several]
SEEDED = {kind for kind in CASES if kind.startswith("Random")}
SIDES = ((ours, gradtape), (keras.layers, tensorflow))


def made(layers, kind, arguments, **more):
    return getattr(layers, kind)(**arguments, **more, **({"seed": 7} if kind in SEEDED else {}))


def images_for(arguments):
    return UNIT if arguments.get("value_range") == (0, 1) else BATCH


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "arguments"), EACH)
def test_values(kind, arguments, dtype):
    """Batches, one image, channels first, and again with the next seeds; outside of training too."""
    results = []
    images = images_for(arguments).astype(dtype)
    for layers, tf in SIDES:
        layer = made(layers, kind, arguments, dtype=dtype)
        found = [layer(tf.constant(images)), layer(tf.constant(images), training=True), layer(tf.constant(images[0]))]
        found.append(layer(tf.constant(images), training=False))
        first = made(layers, kind, arguments, data_format="channels_first", dtype=dtype)
        found.append(first(tf.constant(images.transpose(0, 3, 1, 2))))
        results.append(found)
    scale = images.max()
    for one, other in zip(*results, strict=True):
        assert one.dtype.name == (dtype if kind == "CenterCrop" else other.dtype.name)
        np.testing.assert_allclose(np.asarray(one) / scale, np.asarray(other) / scale, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(("kind", "arguments"), EACH)
def test_configurations_and_shapes(kind, arguments):
    configs, shapes = [], []
    for layers, library in ((ours, gradtape.keras), (keras.layers, keras)):
        library.utils.clear_session()
        layer = made(layers, kind, arguments)
        config = layer.get_config()
        again = type(layer).from_config(config)
        assert plain(again.get_config()) == plain(config)
        configs.append((config["name"], plain(config)))
        outputs = layer(library.Input((7, 9, 3)))
        shapes.append((tuple(outputs.shape), outputs.dtype, tuple(layer.compute_output_shape((2, 7, 9, 3)))))
        assert [weight.name for weight in layer.weights] == []
    assert configs[0] == configs[1]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(("kind", "arguments"), EACH)
def test_gradients_are_those_of_differences(kind, arguments):
    """The same numbers are drawn for each call of layers with one seed, all of them linear between their corners."""
    images = images_for(arguments)[:2, :4, :5] / 2
    smaller = {key: 3 if key in ("height", "width") else value for key, value in arguments.items()}
    direction = R.normal(size=images.shape)

    def loss(values):
        found = made(ours, kind, smaller, dtype="float64")(values, training=True)
        weights = np.cos(np.arange(np.prod(found.shape))).reshape(found.shape)
        return gradtape.reduce_sum(found * weights)

    x = gradtape.constant(images)
    with gradtape.GradientTape() as tape:
        tape.watch(x)
        value = loss(x)
    slope = (tape.gradient(value, x).numpy() * direction).sum()
    # tf.image.resize always computes in float32, and is linear.
    step = 1.0 if kind in ("Resizing", "CenterCrop", "RandomCrop") else 1e-6
    difference = (loss(x + step * direction) - loss(x - step * direction)).numpy() / (2 * step)
    np.testing.assert_allclose(slope, difference, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "kind", ["RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast", "Resizing"]
)
def test_dictionaries(kind):
    """Masks are transformed with their images, labels are unchanged."""
    results = []
    masks = (BATCH[..., :1] // 64).astype("float32")
    for layers, tf in SIDES:
        layer = made(layers, kind, CASES[kind][0])
        data = {
            "images": tf.constant(BATCH, "float32"),
            "segmentation_masks": tf.constant(masks),
            "labels": tf.constant([1, 0, 2, 1, 1]),
        }
        found = layer(data)
        results.append([found[key] for key in sorted(found)])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=2e-4, atol=5e-3)


def test_bounding_boxes_are_refused():
    with pytest.raises(ValueError, match="RandomFlip does not transform bounding boxes"):
        ours.RandomFlip()({"images": BATCH, "bounding_boxes": {"boxes": np.zeros((5, 1, 4))}})


WRONG = [
    ("RandomRotation", {"factor": 2.0}),
    ("RandomRotation", {"factor": (0.1, 0.2, 0.3)}),
    ("RandomRotation", {"factor": "much"}),
    ("RandomRotation", {"factor": 0.1, "fill_mode": "mirror"}),
    ("RandomRotation", {"factor": 0.1, "interpolation": "cubic"}),
    ("RandomContrast", {"factor": -0.1}),
    ("RandomContrast", {"factor": (1.5, 2.0)}),
    ("RandomBrightness", {"factor": 1.5}),
    ("RandomBrightness", {"factor": 0.5, "value_range": 3}),
    ("RandomBrightness", {"factor": 0.5, "value_range": (1, 2, 3)}),
    ("RandomTranslation", {"height_factor": 1.5, "width_factor": 0.0}),
    ("RandomTranslation", {"height_factor": (0.5,), "width_factor": 0.0}),
    ("RandomTranslation", {"height_factor": "far", "width_factor": 0.0}),
    ("RandomZoom", {"height_factor": -1.0}),
    ("RandomZoom", {"height_factor": 0.1, "width_factor": (0.1, 1.2)}),
    ("RandomGrayscale", {"factor": 1.5}),
    ("RandomInvert", {"factor": 2.0}),
    ("CenterCrop", {"height": 3}),
]


@pytest.mark.parametrize("kind", ["RandomContrast", "RandomHue", "RandomInvert", "RandomSaturation"])
@pytest.mark.parametrize("value_range", [3, (1, 2, 3), "ab", None])
def test_ranges_of_values_are_two_numbers(kind, value_range):
    with pytest.raises(ValueError, match="should be a list of two numbers"):
        getattr(ours, kind)(0.5, value_range=value_range)


@pytest.mark.parametrize(("kind", "arguments"), WRONG)
def test_wrong_arguments(kind, arguments):
    told = []
    for layers in (ours, keras.layers):
        with pytest.raises(Exception) as caught:  # both are compared
            getattr(layers, kind)(**arguments)
        told.append((type(caught.value), str(caught.value)))
    assert told[0] == told[1]


def test_wrong_rank():
    for layers, tf in SIDES:
        with pytest.raises(ValueError, match="rank 3"):
            layers.CenterCrop(2, 2)(tf.zeros([3, 3]))


def test_integers_become_floats():
    found = ours.RandomBrightness((0.5, 0.5))(BATCH.astype("uint8"))
    floats = ours.RandomBrightness((0.5, 0.5))(BATCH.astype("uint8").astype("float32"))
    assert found.dtype is gradtape.float32
    np.testing.assert_array_equal(found, floats)


def test_models_that_augment_train_compiled_as_keras_does():
    """The draws, weights and losses of a model whose first layers augment are Keras'."""
    losses = []
    labels = np.array([0, 1, 0, 1, 1])
    for library in (gradtape.keras, keras):
        library.utils.clear_session()
        library.utils.set_random_seed(3)
        layers = library.layers
        model = library.Sequential(
            [
                library.Input((7, 9, 3)),
                layers.Rescaling(1 / 255),
                layers.RandomFlip("horizontal"),
                layers.RandomRotation(0.1),
                layers.RandomZoom(0.2),
                layers.RandomContrast(0.2, value_range=(0, 1)),
                layers.Flatten(),
                layers.Dense(2, activation="softmax"),
            ]
        )
        model.compile("sgd", "sparse_categorical_crossentropy")
        history = model.fit(BATCH.astype("float32"), labels, epochs=3, batch_size=5, verbose=0, shuffle=False)
        losses.append([*history.history["loss"], model.evaluate(BATCH.astype("float32"), labels, verbose=0)])
    close(np.float32(losses[0]), np.float32(losses[1]), "float32", "losses")


def test_augmentation_in_datasets():
    data = gradtape.data.Dataset.from_tensor_slices(BATCH.astype("float32")).batch(5)
    layer = ours.RandomFlip(seed=7)
    found = next(iter(data.map(lambda x: layer(x, training=True))))
    np.testing.assert_allclose(found, keras.layers.RandomFlip(seed=7)(BATCH.astype("float32"), training=True))
