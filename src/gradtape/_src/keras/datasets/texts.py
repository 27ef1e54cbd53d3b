"""Data sets of strings, as the numbers of their words by how often these occur."""

from __future__ import annotations

import inspect
import json
from typing import Any

import numpy as np

from gradtape._src.keras.datasets.sources import Split, arrays_of, fetched, shuffled

_OPTIONS = """num_words: only so many of the most frequent words are kept.
  skip_top: the so many most frequent words are left out.
  maxlen: longer texts are left out.
  seed: from it follows the order.
  start_char: the number with which each text begins; None for none.
  oov_char: the number in place of words that are not kept; None to leave them out.
  index_from: what is added to the numbers of words."""


def load_imdb(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> Split:
    """50000 reviews of films, half of them for tests, each good (1) or bad (0).

    Maas et al., Learning Word Vectors for Sentiment Analysis (2011).

    Args:
      path: the file's name in Keras' cache folder.
      {options}

    Returns:
      Pairs of training and of test data: arrays of lists of numbers, and arrays of int64.

    Raises:
      ValueError: no text is short enough, or the file's hash does not match.
      Exception: the file is not in the cache and cannot be downloaded.

    Example:
      >>> (x_train, y_train), (x_test, y_test) = tf.keras.datasets.imdb.load_data()
      >>> x_train.shape
      (25000,)
    """
    found = arrays_of(fetched(path, "imdb.npz", "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"))
    # Both halves are ordered by one generator, one after the other.
    rng = np.random.RandomState(seed)
    halves = []
    for half in ("train", "test"):
        order = np.arange(len(found[f"x_{half}"]))
        rng.shuffle(order)
        texts, labels = found[f"x_{half}"][order], found[f"y_{half}"][order]
        halves.append(_short(_begun(texts, start_char, index_from), labels, maxlen))
    if not all(texts for texts, _ in halves):
        raise ValueError(
            f"After filtering for sequences shorter than maxlen={maxlen}, no sequence was kept. Increase maxlen."
        )
    (x_train, y_train), (x_test, y_test) = halves
    kept = _kept(x_train + x_test, num_words, skip_top, oov_char)
    return (_objects(kept[: len(x_train)]), y_train), (_objects(kept[len(x_train) :]), y_test)


def load_reuters(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> Split:
    """11228 newswires of 46 topics.

    Args:
      path: the file's name in Keras' cache folder.
      test_split: which part is for tests.
      {options}

    Returns:
      Pairs of training and of test data: arrays of lists of numbers, and arrays of int64.

    Raises:
      ValueError: the file's hash does not match.
      Exception: the file is not in the cache and cannot be downloaded.

    Example:
      >>> (x_train, y_train), (x_test, y_test) = tf.keras.datasets.reuters.load_data()
      >>> x_train.shape
      (8982,)
    """
    found = arrays_of(fetched(path, "reuters.npz", "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"))
    texts, labels = shuffled(seed, found["x"], found["y"])
    kept, labels = _short(_begun(texts, start_char, index_from), labels, maxlen)
    kept = _kept(kept, num_words, skip_top, oov_char)
    first = int(len(kept) * (1 - test_split))
    return (_objects(kept[:first]), labels[:first]), (_objects(kept[first:]), labels[first:])


for _function in (load_imdb, load_reuters):
    _function.__doc__ = inspect.cleandoc(_function.__doc__ or "").replace("{options}", _OPTIONS)


def imdb_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """The numbers of the words of `load_imdb`'s reviews, before `index_from` is added.

    Args:
      path: the file's name in Keras' cache folder.

    Returns:
      A dict of int by word.

    Raises:
      ValueError: the file's hash does not match.
      Exception: the file is not in the cache and cannot be downloaded.

    Example:
      >>> tf.keras.datasets.imdb.get_word_index()["the"]
      1
    """
    return _index(path, "imdb_word_index.json", "bfafd718b763782e994055a2d397834f")


def reuters_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """The numbers of the words of `load_reuters`' newswires, before `index_from` is added.

    Args:
      path: the file's name in Keras' cache folder.

    Returns:
      A dict of int by word.

    Raises:
      ValueError: the file's hash does not match.
      Exception: the file is not in the cache and cannot be downloaded.

    Example:
      >>> tf.keras.datasets.reuters.get_word_index()["the"]
      1
    """
    return _index(path, "reuters_word_index.json", "4d44cc38712099c9e383dc6e5f11a921")


def reuters_label_names() -> tuple[str, ...]:
    """The names of the topics of `load_reuters`, by their numbers.

    Returns:
      A tuple of str.

    Example:
      >>> tf.keras.datasets.reuters.get_label_names()[3]
      'earn'
    """
    return (
        *("cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply", "coffee", "sugar"),
        *("trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas", "cpi", "money-fx", "interest", "gnp"),
        *("meal-feed", "alum", "oilseed", "gold", "tin", "strategic-metal", "livestock", "retail", "ipi"),
        *("iron-steel", "rubber", "heat", "jobs", "lei", "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver"),
        *("wpi", "hog", "lead"),
    )


def _index(path: str, name: str, file_hash: str) -> dict[str, int]:
    with open(fetched(path, name, file_hash)) as file:
        return dict(json.load(file))


def _begun(texts: Any, start_char: int | None, index_from: int) -> list[list[int]]:
    start = [] if start_char is None else [start_char]
    return [start + [int(word) + (index_from or 0) for word in text] for text in texts]


def _short(texts: list[list[int]], labels: np.ndarray, maxlen: int | None) -> tuple[list[list[int]], np.ndarray]:
    if not maxlen:
        return texts, labels
    places = [place for place, text in enumerate(texts) if len(text) < maxlen]
    return [texts[place] for place in places], labels[places]


def _kept(texts: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None) -> list[list[int]]:
    most = num_words or max(max(text) for text in texts)
    if oov_char is None:
        return [[word for word in text if skip_top <= word < most] for text in texts]
    return [[word if skip_top <= word < most else oov_char for word in text] for text in texts]


def _objects(texts: list[list[int]]) -> np.ndarray:
    """An array of lists, also if all have the same length."""
    found = np.empty(len(texts), dtype=object)
    found[:] = texts
    return found
