"""Datasets of images and text files in a folder whose subfolders are classes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, apply_transpose
from gradtape._engine.tensor.sequence import held
from gradtape._src.core import dtypes
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.data.dataset import Dataset
from gradtape._src.data.mapping import AUTOTUNE
from gradtape._src.image.codecs import decode_image
from gradtape._src.image.resizing import resize, resize_with_pad
from gradtape._src.io.files import read_file
from gradtape._src.keras import settings
from gradtape._src.keras.progress import show_line
from gradtape._src.keras.utils.formats import check_format
from gradtape._src.keras.utils.pictures import smart_resize
from gradtape._src.ops.masking import one_hot
from gradtape._src.ops.shapes import expand_dims

_PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}
_METHODS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """A dataset of the images in a folder, read lazily by Pillow (an optional dependency).

    Args:
      directory: the folder; its subfolders are classes.
      labels: "inferred" from the folders, None, or a list of classes in the order of the files' names.
      label_mode: "int", "categorical" (one-hot), "binary" or None.
      class_names: the folders' names in the order of their class indices.
      color_mode: "rgb", "rgba" or "grayscale".
      batch_size: number of pictures in a batch; None: no batches.
      image_size: the height and width to which images are resized.
      shuffle: whether to shuffle the pictures.
      seed: the seed of the order.
      validation_split: the fraction of the images for validation.
      subset: "training", "validation" or "both".
      interpolation: the resizing method, as for `tf.image.resize`.
      follow_links: whether to follow links to folders.
      crop_to_aspect_ratio, pad_to_aspect_ratio: whether to crop or pad images to keep their aspect ratio.
      data_format: "channels_last" or "channels_first".
      format: "tf".
      verbose: whether to print the number of files.

    Returns:
      A Dataset, with the attributes `class_names` and `file_paths`; a list of two for the subset "both".

    Raises:
      ValueError: no images, or incompatible arguments.

    Example:
      >>> import os, tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     for name in ("cat", "dog"):
      ...         os.mkdir(os.path.join(folder, name))
      ...         tf.keras.utils.save_img(os.path.join(folder, name, "1.png"), np.zeros((4, 4, 3)))
      ...     pictures = tf.keras.utils.image_dataset_from_directory(folder, image_size=(2, 2), verbose=False)
      ...     for x, y in pictures:
      ...         print(x.shape, pictures.class_names)
      (2, 2, 2, 3) ['cat', 'dog']
    """
    _check_labels(labels, class_names, label_mode, "image")
    if color_mode not in _CHANNELS:
        raise ValueError(
            f'`color_mode` must be one of {{"rgb", "rgba", "grayscale"}}. Received: color_mode={color_mode}'
        )
    if isinstance(image_size, int):
        image_size = (image_size, image_size)
    elif not isinstance(image_size, list | tuple) or len(image_size) != 2:
        raise ValueError(
            f"Invalid `image_size` value. Expected a tuple of 2 integers. Received: image_size={image_size}"
        )
    method = interpolation.lower()
    if method not in _METHODS:
        raise ValueError(f"Argument `interpolation` should be one of {_METHODS}. Received: interpolation={method}")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("Only one of `pad_to_aspect_ratio`, `crop_to_aspect_ratio` can be set to `True`.")
    data_format = settings.image_data_format() if data_format is None else data_format

    def load(path: Any) -> Any:
        picture = decode_image(read_file(path).numpy(), _CHANNELS[color_mode], expand_animations=False)
        if crop_to_aspect_ratio:
            picture = smart_resize(picture, image_size, method)
        elif pad_to_aspect_ratio:
            picture = resize_with_pad(picture, image_size[0], image_size[1], method)
        else:
            picture = resize(picture, image_size, method)
        return apply_transpose(picture, (2, 0, 1)) if data_format == "channels_first" else picture

    return _dataset(
        *(directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset),
        *(follow_links, format, verbose, load, _PICTURES, ("images", f"Allowed formats: {_PICTURES}")),
    )


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """A dataset of the strings in a folder's files that end in ".txt".

    Args:
      directory: the folder; its subfolders are classes.
      labels: "inferred" from the folders, None, or a list of classes in the order of the files' names.
      label_mode: "int", "categorical" (one-hot), "binary" or None.
      class_names: the folders' names in the order of their class indices.
      batch_size: number of strings in a batch; None: no batches.
      max_length: the maximum number of bytes per text.
      shuffle: whether to shuffle the strings.
      seed: the seed of the order.
      validation_split: the fraction of the strings for validation.
      subset: "training", "validation" or "both".
      follow_links: whether to follow links to folders.
      format: "tf".
      verbose: whether to print the number of files.

    Returns:
      A Dataset, with the attribute `class_names`; a list of two for the subset "both".

    Raises:
      ValueError: no strings, or incompatible arguments.

    Example:
      >>> import os, tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     for name in ("bad", "good"):
      ...         os.mkdir(os.path.join(folder, name))
      ...         tf.io.write_file(os.path.join(folder, name, "1.txt"), name + "!")
      ...     texts = tf.keras.utils.text_dataset_from_directory(folder, shuffle=False, verbose=False)
      ...     for x, y in texts:
      ...         print(x.numpy(), y.numpy())
      [b'bad!' b'good!'] [0 1]
    """
    _check_labels(labels, class_names, label_mode, "text")

    def load(path: Any) -> Any:
        return StringTensor(read_file(path).numpy()[:max_length])

    return _dataset(
        *(directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset),
        *(follow_links, format, verbose, load, (".txt",), ("text files", "Allowed format: .txt")),
    )


def _dataset(
    directory: Any,
    labels: Any,
    label_mode: str | None,
    class_names: Any,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
    validation_split: float | None,
    subset: str | None,
    follow_links: bool,
    format: str,
    verbose: bool,
    load: Callable[[Any], Any],
    endings: tuple[str, ...],
    words: tuple[str, str],
) -> Any:
    check_format(format)
    if labels is None or label_mode is None:
        labels = label_mode = None
    _check_split(validation_split, subset, shuffle, seed)
    seed = np.random.randint(1000000) if seed is None else seed
    directory = os.fspath(directory)
    paths, labels, class_names = _indexed(directory, labels, endings, class_names, shuffle, seed, follow_links, verbose)
    if label_mode == "binary" and len(class_names) != 2:
        raise ValueError(
            f'When passing `label_mode="binary"`, there must be exactly 2 class_names. Received: '
            f"class_names={class_names}"
        )
    made = []
    for each in ("training", "validation") if subset == "both" else (subset,):
        chosen, classes = _part(paths, labels, validation_split, each)
        if not chosen:
            what = f"{each} {words[0]}" if subset == "both" else words[0]
            raise ValueError(f"No {what} found in directory {directory}. {words[1]}")
        dataset = Dataset.from_tensor_slices(chosen)
        if label_mode:
            judged = Dataset.from_tensor_slices(_encoded(classes, label_mode, len(class_names)))
            dataset = Dataset.zip((dataset, judged))
        if shuffle and not (subset == "both" and each == "validation"):
            dataset = dataset.shuffle(1024 if batch_size is None else batch_size * 8, seed=seed)
        dataset = dataset.map(
            (lambda path, label: (load(path), label)) if label_mode else load, num_parallel_calls=AUTOTUNE
        )
        if batch_size is not None:
            dataset = dataset.batch(batch_size)
        dataset = dataset.prefetch(AUTOTUNE)
        dataset.class_names = class_names
        if endings is _PICTURES:
            dataset.file_paths = chosen
        made.append(dataset)
    return made if subset == "both" else made[0]


def _encoded(labels: Any, mode: str, classes: int) -> Any:
    numbers = np.asarray(held(labels), "int32")
    if mode == "binary":
        return expand_dims(apply_cast(numbers, dtypes.float32), -1)
    return one_hot(numbers, classes) if mode == "categorical" else numbers


def _check_labels(labels: Any, class_names: Any, mode: Any, what: str) -> None:
    # Keras' wording.
    kind, of = ("images", "image") if what == "image" else ("text samples", "text")
    if labels not in ("inferred", None):
        if not isinstance(labels, list | tuple):
            raise ValueError(
                f"`labels` argument should be a list/tuple of integer labels, of the same size as the number of {of} "
                "files in the target directory. If you wish to infer the labels from the subdirectory names in the "
                f'target directory, pass `labels="inferred"`. If you wish to get a dataset that only contains {kind} '
                f"(no labels), pass `labels=None`. Received: labels={labels}"
            )
        if class_names:
            raise ValueError(
                f'You can only pass `class_names` if `labels="inferred"`. Received: labels={labels}, and '
                f"class_names={class_names}"
            )
    if mode not in ("int", "categorical", "binary", None):
        raise ValueError(
            f'`label_mode` argument must be one of "int", "categorical", "binary", or None. Received: label_mode={mode}'
        )


def _check_split(fraction: float | None, subset: str | None, shuffle: bool, seed: int | None) -> None:
    if fraction and not 0 < fraction < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1, received: {fraction}")
    if (fraction or subset) and not (fraction and subset):
        raise ValueError("If `subset` is set, `validation_split` must be set, and inversely.")
    if subset not in ("training", "validation", "both", None):
        raise ValueError(f'`subset` must be either "training", "validation" or "both", received: {subset}')
    if fraction and shuffle and seed is None:
        raise ValueError(
            "If using `validation_split` and shuffling the data, you must provide a `seed` argument, to make sure that "
            "there is no overlap between the training and validation subset."
        )


def _indexed(
    directory: str,
    labels: Any,
    endings: tuple[str, ...],
    class_names: Any,
    shuffle: bool,
    seed: int,
    follow_links: bool,
    verbose: bool,
) -> tuple[list[str], Any, Any]:
    """The paths of the files, their class indices, and the classes' names."""
    folders = [""]
    if labels == "inferred":
        folders = [
            name
            for name in sorted(os.listdir(directory))
            if os.path.isdir(os.path.join(directory, name)) and not name.startswith(".")
        ]
        if class_names is not None:
            if not set(class_names) <= set(folders):
                raise ValueError(
                    "The `class_names` passed did not match the names of the subdirectories of the target directory. "
                    f"Expected: {folders} (or a subset of it), but received: class_names={class_names}"
                )
            folders = class_names
    elif class_names is not None:
        raise ValueError(
            "When `labels=None` (no labels), argument `class_names` cannot be specified."
            if labels is None
            else "When argument `labels` is specified, argument `class_names` cannot be specified (the `class_names` "
            "will be the sorted list of labels)."
        )
    paths, found = [], []
    for number, folder in enumerate(folders):
        for path in _files(os.path.join(directory, folder), follow_links, endings):
            paths.append(path)
            found.append(number)
    if labels == "inferred":
        class_names, labels = folders, np.array(found, "int32")
    elif labels is None:
        class_names = None
    else:
        if len(labels) != len(paths):
            raise ValueError(
                "Expected the lengths of `labels` to match the number of files in the target directory. len(labels) is "
                f"{len(labels)} while we found {len(paths)} files in directory {directory}."
            )
        class_names = [str(label) for label in sorted(set(labels))]
        labels = list(labels)
    if verbose:
        of_classes = "" if labels is None else f" belonging to {len(class_names)} classes"
        show_line(f"Found {len(paths)} files{of_classes}.")
    if shuffle:
        np.random.RandomState(seed).shuffle(paths)
        if labels is not None:
            np.random.RandomState(seed).shuffle(labels)
    return paths, labels, class_names


def _files(folder: str, follow_links: bool, endings: tuple[str, ...]) -> Iterator[str]:
    for root, _, names in sorted(os.walk(folder, followlinks=follow_links), key=lambda found: found[0]):
        for name in sorted(names):
            if name.lower().endswith(endings):
                yield os.path.join(root, name)


def _part(paths: list[str], labels: Any, fraction: float | None, subset: str | None) -> tuple[list[str], Any]:
    if not fraction:
        return paths, labels
    count = int(fraction * len(paths))
    if subset == "training":
        show_line(f"Using {len(paths) - count} files for training.")
        part = slice(None, -count)
    else:
        show_line(f"Using {count} files for validation.")
        part = slice(-count, None)
    return paths[part], None if labels is None else labels[part]
