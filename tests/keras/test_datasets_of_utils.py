"""Keras' dataset functions compared with Keras: windows of series, splits of data, files of folders."""

from __future__ import annotations

import copy
import os

import numpy as np
import pytest
import tensorflow
from PIL import Image
from sessions import agree

import gradtape

SERIES = np.random.default_rng(0).normal(size=(40, 3))
AFTER = np.arange(37)


def elements(dataset):
    return list(dataset)


WINDOWS = {
    "plain": ((SERIES, None, 5), {}),
    "targets": ((SERIES, AFTER, 5), {"batch_size": 4}),
    "strides": ((SERIES, AFTER, 4), {"sequence_stride": 3, "sampling_rate": 2, "batch_size": 4}),
    "no batches": ((SERIES, AFTER, 4), {"batch_size": None}),
    "a part": ((SERIES[:, 0], AFTER, 3), {"start_index": 4, "end_index": 20, "batch_size": 5}),
    "shuffled": ((SERIES, AFTER, 3), {"shuffle": True, "seed": 7, "batch_size": 3}),
    "shuffled without batches": ((SERIES, None, 3), {"shuffle": True, "seed": 7, "batch_size": None}),
    "lists": (([1, 2, 3, 4, 5, 6], [1, 2, 3, 4], 2), {}),
    "a tensor": ((tensorflow.range(9.0), None, 2), {}),
    "start too low": ((SERIES, None, 5), {"start_index": -1}),
    "start too high": ((SERIES, None, 5), {"start_index": 40}),
    "end before start": ((SERIES, None, 5), {"start_index": 5, "end_index": 4}),
    "end too high": ((SERIES, None, 5), {"end_index": 40}),
    "end too low": ((SERIES, None, 5), {"end_index": -2}),
    "no rate": ((SERIES, None, 5), {"sampling_rate": 0}),
    "rate too high": ((SERIES, None, 5), {"sampling_rate": 40}),
    "no stride": ((SERIES, None, 5), {"sequence_stride": 0}),
    "stride too high": ((SERIES, None, 5), {"sequence_stride": 44}),
    "an unknown format": ((SERIES, None, 5), {"format": "csv"}),
}


@pytest.mark.parametrize("case", WINDOWS)
def test_windows(case):
    arguments, options = WINDOWS[case]

    def program(tf, keras):
        given = [
            tf.constant(np.asarray(value)) if isinstance(value, tensorflow.Tensor) else value for value in arguments
        ]
        return elements(keras.utils.timeseries_dataset_from_array(*given, **options))

    agree(program)


def test_windows_know_their_length():
    dataset = gradtape.keras.utils.timeseries_dataset_from_array(SERIES, AFTER, 5, batch_size=4)
    windows, targets = dataset.element_spec
    assert windows.shape.as_list() == [None, 5, 3] and targets.shape.as_list() == [None]
    model = gradtape.keras.Sequential([gradtape.keras.layers.LSTM(2), gradtape.keras.layers.Dense(1)])
    model.compile("adam", "mse")
    assert len(model.fit(dataset, epochs=2, verbose=0).history["loss"]) == 2


ROWS = np.arange(24.0).reshape(12, 2)
SPLITS = {
    "left": (lambda tf: ROWS, {"left_size": 0.75}),
    "right": (lambda tf: ROWS, {"right_size": 5}),
    "both": (lambda tf: ROWS, {"left_size": 2, "right_size": 3}),
    "fractions": (lambda tf: ROWS, {"left_size": 0.5, "right_size": 0.25}),
    "shuffled": (lambda tf: ROWS, {"left_size": 0.5, "shuffle": True, "seed": 3}),
    "several": (lambda tf: (ROWS, np.arange(12)), {"left_size": 0.5}),
    "several in a list": (lambda tf: [ROWS, np.arange(12)], {"left_size": 0.5}),
    "a dataset": (lambda tf: tf.data.Dataset.from_tensor_slices({"a": ROWS, "b": np.arange(12)}), {"left_size": 0.5}),
    "pairs": (lambda tf: tf.data.Dataset.from_tensor_slices((ROWS, np.arange(12))), {"left_size": 0.5}),
    "batches": (lambda tf: tf.data.Dataset.from_tensor_slices(ROWS).batch(3), {"left_size": 0.5}),
    "fetched batches": (lambda tf: tf.data.Dataset.range(12).batch(3).prefetch(1), {"left_size": 0.5}),
    "neither": (lambda tf: ROWS, {}),
    "nothing": (lambda tf: [], {"left_size": 1}),
    "nothing in a tuple": (lambda tf: (), {"left_size": 1}),
    "no rows": (lambda tf: ROWS[:0], {"left_size": 1}),
    "too many": (lambda tf: ROWS, {"left_size": 12}),
    "too many right": (lambda tf: ROWS, {"right_size": 13}),
    "too much": (lambda tf: ROWS, {"left_size": 0.7, "right_size": 0.7}),
    "too much in all": (lambda tf: ROWS, {"left_size": 8, "right_size": 8}),
    "none of either": (lambda tf: ROWS, {"left_size": 0, "right_size": 0}),
    "hardly any": (lambda tf: ROWS, {"left_size": 0.01}),
    "no number": (lambda tf: ROWS, {"left_size": "half"}),
    "no number right": (lambda tf: ROWS, {"right_size": "half"}),
    "no numbers": (lambda tf: ROWS, {"left_size": "half", "right_size": "half"}),
    "lengths that differ": (lambda tf: (ROWS, np.arange(3)), {"left_size": 1}),
    "no arrays": (lambda tf: [[1, 2], [3, 4]], {"left_size": 1}),
    "no data": (lambda tf: "text", {"left_size": 1}),
}


@pytest.mark.parametrize("case", SPLITS)
def test_splits(case):
    make, options = SPLITS[case]
    agree(lambda tf, keras: list(map(elements, keras.utils.split_dataset(make(tf), **options))))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images and texts of three classes, some of them in nested folders."""
    home = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(0)
    for number, name in enumerate(("ant", "bee", "cat")):
        for place in range(3 + number):
            path = home / name / ("deep" if place == 2 else "")
            path.mkdir(parents=True, exist_ok=True)
            picture = rng.integers(0, 256, (9 + place, 12, 3)).astype("uint8")
            Image.fromarray(picture).save(path / f"{place}.{'png' if place else 'PNG'}")
            (path / f"{place}.txt").write_text(f"{name} number {place}")
    (home / ".hidden").mkdir()
    (home / "loose.csv").write_text("1")
    return str(home)


PICTURES = {
    "plain": {"shuffle": False},
    "shuffled": {"seed": 3, "batch_size": 4},
    "one by one": {"seed": 3, "batch_size": None, "label_mode": "categorical"},
    "with alpha": {"color_mode": "rgba", "shuffle": False, "label_mode": None},
    "nearest": {"interpolation": "nearest", "shuffle": False, "image_size": 5},
    "cropped": {"crop_to_aspect_ratio": True, "shuffle": False},
    "padded": {"pad_to_aspect_ratio": True, "shuffle": False},
    "channels first": {"data_format": "channels_first", "shuffle": False},
    "named": {"class_names": ["cat", "bee"], "shuffle": False, "label_mode": "binary"},
    "labels": {"labels": list(range(12)), "seed": 2},
    "training": {"validation_split": 0.25, "subset": "training", "seed": 5},
    "validation": {"validation_split": 0.25, "subset": "validation", "seed": 5},
    "both": {"validation_split": 0.25, "subset": "both", "seed": 5},
    "no labels": {"labels": None, "shuffle": False},
    "an unknown mode": {"label_mode": "words"},
    "an unknown colour": {"color_mode": "cmyk"},
    "an unknown size": {"image_size": (1, 2, 3)},
    "an unknown method": {"interpolation": "guess"},
    "no list": {"labels": "mine"},
    "names and labels": {"labels": [1], "class_names": ["ant"]},
    "names without labels": {"labels": None, "class_names": ["ant"]},
    "unknown names": {"class_names": ["dog"]},
    "too few labels": {"labels": [1, 2]},
    "two of three": {"label_mode": "binary"},
    "a subset of nothing": {"subset": "training"},
    "an unknown subset": {"validation_split": 0.5, "subset": "test", "seed": 1},
    "a split too large": {"validation_split": 1.5, "subset": "training", "seed": 1},
    "an unseeded split": {"validation_split": 0.5, "subset": "training"},
    "an unknown format": {"format": "csv"},
}


def told(dataset):
    """Elements, classes and file names of one dataset or two."""
    if isinstance(dataset, list):
        return list(map(told, dataset))
    paths = [os.path.basename(path) for path in getattr(dataset, "file_paths", [])]
    return elements(dataset), list(dataset.class_names or []), paths


@pytest.mark.parametrize("case", PICTURES)
def test_pictures_of_a_folder(folder, case):
    options = {"image_size": (6, 8), **PICTURES[case]}
    agree(
        lambda tf, keras: told(keras.utils.image_dataset_from_directory(folder, **copy.deepcopy(options))),
        rtol=1e-4,
        atol=1e-3,
    )


TEXTS = {
    name: {key: value for key, value in options.items() if key not in ("color_mode", "image_size", "interpolation")}
    for name, options in PICTURES.items()
    if not {"crop_to_aspect_ratio", "pad_to_aspect_ratio", "data_format"} & options.keys()
} | {"cut": {"max_length": 5, "shuffle": False}, "silent": {"verbose": False, "shuffle": False}}


@pytest.mark.parametrize("case", TEXTS)
def test_texts_of_a_folder(folder, case):
    agree(lambda tf, keras: told(keras.utils.text_dataset_from_directory(folder, **copy.deepcopy(TEXTS[case]))))


def test_grey_pictures_are_pillow_s(folder):
    """TensorFlow rounds with other weights of the colours: it differs by up to one level."""
    dataset = gradtape.keras.utils.image_dataset_from_directory(
        folder, None, color_mode="grayscale", image_size=(9, 12), batch_size=None, shuffle=False, verbose=False
    )
    with Image.open(dataset.file_paths[0]) as picture:
        expected = np.asarray(picture.convert("L"), "float32")
    np.testing.assert_array_equal(next(iter(dataset))[..., 0], expected)


def test_folders_without_files(tmp_path):
    (tmp_path / "a").mkdir()
    agree(lambda tf, keras: keras.utils.image_dataset_from_directory(str(tmp_path)))
    agree(lambda tf, keras: keras.utils.text_dataset_from_directory(str(tmp_path)))


@pytest.mark.parametrize("shape", [(9, 12, 3), (2, 12, 5, 1), (12, 3), (3, 9, 12)], ids=str)
@pytest.mark.parametrize("size", [(4, 4), (5, 9), (4, 4, 4)], ids=str)
def test_smart_resize(shape, size):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")

    def program(tf, keras):
        resize = tf.keras.preprocessing.image.smart_resize
        found = [resize(x, size), resize(x, size, "nearest")]
        return [*found, resize(x, size, data_format="channels_first")] if shape[0] == 3 else found

    agree(program, rtol=1e-4)


def test_folders_train(folder):
    keras = gradtape.keras
    train, test = keras.utils.image_dataset_from_directory(
        folder, image_size=(6, 8), validation_split=0.25, subset="both", seed=1, verbose=False
    )
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(3)]
    model = keras.Sequential(layers)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    history = model.fit(train, validation_data=test, epochs=2, verbose=0).history
    assert sorted(history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
