"""Utilities, and the files of data sets, compared with Keras'."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from beside import OURS, same

import gradtape
import keras

# Deliberate differences from Keras; docs/compatibility.md lists them.
DELIBERATE = {
    "utils.get_file": "a file is there when it is whole: what was interrupted is not taken for it",
}

VECTORS = np.array([[3.0, 4.0], [0.0, 0.0]])

ARRAYS = {
    "to_categorical": lambda u: [
        u.to_categorical(x, n) for x, n in ([[0, 2, 1], None], [[[1], [0]], 4], [np.array(2), 3], [[[0, 1], [2, 1]], 3])
    ],
    "to_categorical of a class too many": lambda u: u.to_categorical([3], 2),
    "normalize": lambda u: [u.normalize(VECTORS.copy(), axis, p) for axis in (-1, 0) for p in (1, 2)],
    "normalize tensors": lambda u: [u.normalize(VECTORS.tolist(), -1, p) for p in (1, 2, 3)],
    "order": lambda u: u.normalize([1.0], order=0),
    "pad_sequences": lambda u: [
        u.pad_sequences([[1], [2, 3], [], [4, 5, 6]], maxlen, "int32", padding, truncating, 9)
        for maxlen in (None, 2, 5)
        for padding in ("pre", "post")
        for truncating in ("pre", "post")
    ],
    "pad vectors": lambda u: u.pad_sequences([np.ones((2, 3)), np.ones((1, 3))], dtype="float32"),
    "pad text": lambda u: u.pad_sequences([["a"], ["b", "c"]], dtype=object, value="pad").tolist(),
    "pad with text": lambda u: u.pad_sequences([[1]], value="pad"),
    "pad numbers": lambda u: u.pad_sequences([1, 2]),
    "pad a number": lambda u: u.pad_sequences(3),
    "padding": lambda u: u.pad_sequences([[1]], padding="both"),
    "truncating": lambda u: u.pad_sequences([[1]], truncating="both"),
    "other shapes": lambda u: u.pad_sequences([np.ones((2, 3)), np.ones((1, 2))]),
    "set_random_seed": lambda u: u.set_random_seed("one"),
    "get_file of nothing": lambda u: u.get_file("a"),
    "get_file of a path": lambda u: u.get_file("a/b", origin="http://localhost/a"),
    "get_file of no name": lambda u: u.get_file(origin="http://localhost/"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name):
    same(lambda tf, keras: ARRAYS[name](keras.utils), rtol=1e-6, message=name != "to_categorical of a class too many")


def test_classes_of_tensors():
    same(lambda tf, keras: keras.utils.to_categorical(tf.constant([[1], [0]]), 3))


PIXELS = np.random.default_rng(0).integers(0, 256, (6, 4, 3))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures(channels, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 4, channels)).astype("float32")

    def program(tf, keras):
        u, found = keras.utils, []
        for scale in (True, False):
            image = u.array_to_img(pixels, scale=scale)
            found += [image.mode, image.size, u.img_to_array(image), u.img_to_array(image, "channels_first", "float64")]
        u.save_img(tmp_path / "image.png", pixels)
        for mode in ("rgb", "rgba", "grayscale"):
            for size in (None, (3, 5)):
                for keep in (False, True):
                    image = u.load_img(tmp_path / "image.png", mode, size, "bilinear", keep)
                    found += [image.mode, u.img_to_array(image)]
        return found

    same(program)


PICTURE_ERRORS = {
    "rank": lambda u: u.array_to_img(np.ones((2, 2))),
    "channels": lambda u: u.array_to_img(np.ones((2, 2, 2))),
    "format": lambda u: u.img_to_array(np.ones(2)),
    "path": lambda u: u.load_img(3),
    "mode": lambda u: u.load_img(png(), color_mode="cmyk"),
    "interpolation": lambda u: u.load_img(png(), target_size=(9, 9), interpolation="spline"),
}


def png() -> io.BytesIO:
    file = io.BytesIO()
    OURS.utils.save_img(file, PIXELS, file_format="png")
    file.seek(0)
    return file


@pytest.mark.parametrize("name", PICTURE_ERRORS)
def test_errors_of_pictures(name):
    same(lambda tf, keras: PICTURE_ERRORS[name](keras.utils))


def test_without_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="pip install"):
        OURS.utils.array_to_img(np.ones((2, 2, 1)))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache, and a folder that replaces the network."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    (tmp_path / "origin").mkdir()
    return tmp_path


def test_files_are_fetched_once_and_checked(home, capsys):
    origin = home / "origin" / "data.txt"
    origin.write_text("first")
    get = OURS.utils.get_file
    path = get(origin=origin.as_uri())
    assert path == str(home / "home" / "datasets" / "data.txt")
    origin.write_text("second")
    assert Path(get(origin=origin.as_uri())).read_text() == "first"
    assert Path(get(origin=origin.as_uri(), force_download=True)).read_text() == "second"
    origin.write_text("third")
    digest = hashlib.sha256(b"third").hexdigest()
    assert Path(get(origin=origin.as_uri(), file_hash=digest)).read_text() == "third"
    assert "does not match" in capsys.readouterr().out
    assert Path(get("other", origin.as_uri(), md5_hash=hashlib.md5(b"third").hexdigest())).read_text() == "third"
    with pytest.raises(ValueError, match="corrupted"):
        get("wrong", origin=origin.as_uri(), file_hash="0" * 64)
    assert not list((home / "home" / "datasets").glob("wrong*"))


def test_offline_says_where_the_file_is_looked_for(home):
    with pytest.raises(Exception, match=r"URL fetch failure on .*datasets.missing\.npz"):
        OURS.utils.get_file(origin=(home / "missing.npz").as_uri())


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_archives(home, kind):
    path = home / "origin" / f"set.{kind}"
    if kind == "tar":
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(info := tarfile.TarInfo("set/one.txt"), io.BytesIO(b""))
            assert info.size == 0
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("set/one.txt", "")
    get = OURS.utils.get_file
    assert get("named.ext", path.as_uri(), extract=True) == str(home / "home/datasets/named_extracted")
    assert get("named", path.as_uri(), extract=True) == str(home / "home/datasets/named")
    assert (home / "home/datasets/named/set/one.txt").exists()
    (home / "origin" / "plain.txt").write_text("no archive")
    with pytest.warns(UserWarning, match="Could not extract"):
        get("plain", (home / "origin" / "plain.txt").as_uri(), extract=True)


def test_archives_stay_in_their_folder(home):
    path = home / "origin" / "evil.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("../../outside.txt"), io.BytesIO(b""))
    with pytest.raises(tarfile.TarError):
        OURS.utils.get_file("evil", path.as_uri(), untar=True)
    assert not (home / "home" / "outside.txt").exists()


@pytest.fixture
def cached(home, monkeypatch):
    """Puts files into the cache under any hash."""
    import keras.src.utils.file_utils as theirs

    import gradtape._src.keras.utils.files as files

    monkeypatch.setattr(files, "_hash", lambda path, file_hash, algorithm: file_hash)
    monkeypatch.setattr(theirs, "validate_file", lambda *arguments, **keywords: True)
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(home / "home"))
    folder = home / "home" / "datasets"
    folder.mkdir(parents=True)
    return folder


R = np.random.default_rng(0)


def both(name, **options):
    import importlib

    ours = importlib.import_module(f"gradtape.keras.datasets.{name}").load_data(**options)
    theirs = getattr(keras.datasets, name).load_data(**options)
    for one, other in zip(ours, theirs, strict=True):
        for array, expected in zip(one, other, strict=True):
            assert (array.dtype, array.shape) == (expected.dtype, expected.shape)
            assert np.array_equal(array, expected)  # some have a hundred million elements


@pytest.mark.parametrize("name", ["boston_housing", "california_housing"])
def test_tables(cached, name):
    np.savez(cached / f"{name}.npz", x=R.normal(size=(50, 4)), y=R.normal(size=50))
    both(name)
    both(name, test_split=0.5, seed=3)
    with pytest.raises(ValueError, match="test_split"):
        getattr(gradtape.keras.datasets, name).load_data(test_split=1.0)


def test_mnist(cached):
    images, labels = R.integers(0, 256, (5, 28, 28), np.uint8), R.integers(0, 10, 5, np.uint8)
    np.savez(cached / "mnist.npz", x_train=images, y_train=labels, x_test=images[:2], y_test=labels[:2])
    both("mnist")
    (cached / "fashion-mnist").mkdir()
    for kind, count in (("train", 5), ("t10k", 2)):
        parts = {
            "images-idx3": bytes(16) + images[:count].tobytes(),
            "labels-idx1": bytes(8) + labels[:count].tobytes(),
        }
        for part, data in parts.items():
            with gzip.open(cached / "fashion-mnist" / f"{kind}-{part}-ubyte.gz", "wb") as file:
                file.write(data)
    both("fashion_mnist")


def batch(count, keys):
    data = {key: R.integers(0, 10, count).tolist() for key in keys}
    return pickle.dumps({b"data": R.integers(0, 256, (count, 3072), np.uint8), **data}, protocol=3)


def test_cifar(cached):
    folder = cached / "cifar-10-batches-py-target" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    (cached / "cifar-10-batches-py-target_archive").write_bytes(b"")
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        (folder / name).write_bytes(batch(10000 if name != "test_batch" else 7, [b"labels"]))
    with pytest.warns(UserWarning, match="Could not extract"):
        both("cifar10")
    folder = cached / "cifar-100-python-target" / "cifar-100-python"
    folder.mkdir(parents=True)
    (cached / "cifar-100-python-target_archive").write_bytes(b"")
    for name in ("train", "test"):
        (folder / name).write_bytes(batch(5, [b"fine_labels", b"coarse_labels"]))
    with pytest.warns(UserWarning, match="Could not extract"):
        both("cifar100")
        both("cifar100", label_mode="coarse")
    with pytest.raises(ValueError, match="label_mode"):
        gradtape.keras.datasets.cifar100.load_data("medium")


def texts(count):
    found = np.empty(count, object)
    found[:] = [R.integers(1, 40, R.integers(1, 9)).tolist() for _ in range(count)]
    return found


OPTIONS = (
    {},
    {"num_words": 20, "skip_top": 3},
    {"maxlen": 6, "oov_char": None, "num_words": 20},
    {"start_char": None, "index_from": 0, "seed": 1},
)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_texts(cached, options):
    train, test = texts(20), texts(10)
    np.savez(cached / "imdb.npz", x_train=train, y_train=np.arange(20), x_test=test, y_test=np.arange(10))
    both("imdb", **options)
    np.savez(cached / "reuters.npz", x=train, y=np.arange(20))
    both("reuters", **options)
    (cached / "imdb_word_index.json").write_text('{"the": 1}')
    assert gradtape.keras.datasets.imdb.get_word_index() == {"the": 1}
    assert gradtape.keras.datasets.reuters.get_label_names() == keras.datasets.reuters.get_label_names()


def test_data_sets_run_no_code(cached):
    class Evil:
        def __reduce__(self):
            return print, ("run",)

    found = np.empty(1, object)
    found[0] = Evil()
    np.savez(cached / "imdb.npz", x_train=found, y_train=np.zeros(1), x_test=found, y_test=np.zeros(1))
    with pytest.raises(pickle.UnpicklingError, match="Refusing"):
        gradtape.keras.datasets.imdb.load_data()
