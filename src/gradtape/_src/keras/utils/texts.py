"""Texts as lists of words and of word indices, as in programs for Keras 2."""

from __future__ import annotations

import collections
import hashlib
import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def text_to_word_sequence(input_text: str, filters: str = _FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """Splits a text into words.

    Args:
      input_text: the text.
      filters: characters that are treated as separators.
      lower: whether to convert to lower case.
      split: the separator.

    Returns:
      A list of strings.

    Raises:
      AttributeError: input_text is not a str.
      ValueError: split is empty.

    Example:
      >>> tf.keras.preprocessing.text.text_to_word_sequence("To be, or not to be.")
      ['to', 'be', 'or', 'not', 'to', 'be']
    """
    text = input_text.lower() if lower else input_text
    apart = text.translate({ord(character): split for character in filters})
    return [word for word in apart.split(split) if word]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode()).hexdigest(), 16)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Any = None,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], Iterable[str]] | None = None,
) -> list[int]:
    """Hashes the words of a text to integers; different words may collide.

    Args:
      text: the text.
      n: number of integers, including 0, which is reserved.
      hash_function: a function from a word to an integer, "md5", or None for Python's `hash`, which differs between
        runs.
      filters, lower, split: see `text_to_word_sequence`.
      analyzer: a function that splits the text instead.

    Returns:
      A list of ints.

    Raises:
      ZeroDivisionError: n is 1.
      TypeError: n is not a number, or hash_function is unknown.
      AttributeError: text is not a str.

    Example:
      >>> tf.keras.preprocessing.text.hashing_trick("to be or not to be", 50, "md5")
      [15, 5, 8, 36, 15, 5]
    """
    number = {None: hash, "md5": _md5}.get(hash_function, hash_function)
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [number(word) % (n - 1) + 1 for word in words]


def one_hot(
    input_text: str,
    n: int,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], Iterable[str]] | None = None,
) -> list[int]:
    """Hashes the words of a text by Python's `hash`, which differs between runs.

    Args:
      input_text: the text.
      n: number of integers, including 0, which is reserved.
      filters, lower, split: see `text_to_word_sequence`.
      analyzer: a function that splits the text instead.

    Returns:
      A list of ints.

    Raises:
      ZeroDivisionError: n is 1.
      TypeError: n is not a number.
      AttributeError: input_text is not a str.

    Example:
      >>> numbers = tf.keras.preprocessing.text.one_hot("to be or not to be", 50)
      >>> numbers[:2] == numbers[4:]
      True
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


class Tokenizer:
    """Assigns indices to words, from 1 in descending order of frequency.

    Args:
      num_words: words with this index or a higher one are ignored; None for no limit.
      filters, lower, split: see `text_to_word_sequence`.
      char_level: whether to use characters as words.
      oov_token: the token for unknown words, with index 1; None ignores them.
      analyzer: a function that splits the text, instead of `text_to_word_sequence`.
      kwargs: `document_count`, with which counting begins.

    Attributes:
      word_index, index_word: indices by word, and words by index.
      word_counts: the number of occurrences of each word.
      word_docs, index_docs: the number of texts that contain a word, by word and by index.
      document_count: number of texts.

    Raises:
      TypeError: unknown arguments.

    Example:
      >>> words = tf.keras.preprocessing.text.Tokenizer()
      >>> words.fit_on_texts(["To be, or not to be."])
      >>> words.texts_to_sequences(["not to be"])
      [[4, 1, 2]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = _FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], Iterable[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        if "nb_words" in kwargs:
            warnings.warn("The `nb_words` argument in `Tokenizer` has been renamed `num_words`.", stacklevel=2)
            num_words = kwargs.pop("nb_words")
        self.document_count: int = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments: {kwargs}")
        self.num_words: int | None = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.word_counts: Any = collections.OrderedDict()
        self.word_docs: Any = collections.defaultdict(int)
        self.index_docs: Any = collections.defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: Any) -> Any:
        """The words of a text, which may be a list of words."""
        if self.char_level or isinstance(text, list):
            if not self.lower:
                return text
            return [word.lower() for word in text] if isinstance(text, list) else text.lower()
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Counts the words of texts, and assigns indices.

        Args:
          texts: strings, or lists of words.

        Example:
          >>> words = tf.keras.preprocessing.text.Tokenizer()
          >>> words.fit_on_texts(["a rose is a rose"])
          >>> words.word_index
          {'a': 1, 'rose': 2, 'is': 3}
        """
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        ordered = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        if self.oov_token is not None:
            ordered.insert(0, self.oov_token)
        self.word_index = dict(zip(ordered, range(1, len(ordered) + 1), strict=True))
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Sequence[Iterable[int]]) -> None:
        """Counts the texts that contain an index, for texts that are lists of indices.

        Args:
          sequences: lists of indices.

        Example:
          >>> words = tf.keras.preprocessing.text.Tokenizer(num_words=4)
          >>> words.fit_on_sequences([[1, 2], [1]])
          >>> dict(words.index_docs)
          {1: 2, 2: 1}
        """
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """Converts texts to lists of word indices.

        Args:
          texts: strings, or lists of words.

        Returns:
          A list of lists of ints.

        Example:
          >>> words = tf.keras.preprocessing.text.Tokenizer(oov_token="?")
          >>> words.fit_on_texts(["a rose is a rose"])
          >>> words.texts_to_sequences(["a red rose"])
          [[2, 1, 3]]
        """
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """The same as a generator.

        Args:
          texts: strings, or lists of words.

        Returns:
          An iterator over lists of ints.

        Example:
          >>> words = tf.keras.preprocessing.text.Tokenizer()
          >>> words.fit_on_texts(["a rose is a rose"])
          >>> next(words.texts_to_sequences_generator(["a rose"]))
          [1, 2]
        """
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        for text in texts:
            numbers = [self.word_index.get(word) for word in self._words(text)]
            known = [unknown if number is None or self._is_left_out(number) else number for number in numbers]
            yield [number for number in known if number is not None]

    def _is_left_out(self, number: int) -> bool:
        return bool(self.num_words) and number >= self.num_words  # type: ignore[operator]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """Converts lists of word indices to texts.

        Args:
          sequences: lists of indices.

        Returns:
          A list of strings, with words joined by spaces.

        Example:
          >>> words = tf.keras.preprocessing.text.Tokenizer()
          >>> words.fit_on_texts(["a rose is a rose"])
          >>> words.sequences_to_texts([[3, 1, 2]])
          ['is a rose']
        """
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Iterable[int]]) -> Iterator[str]:
        """The same as a generator.

        Args:
          sequences: lists of indices.

        Returns:
          An iterator over strings.

        Example:
          >>> words = tf.keras.preprocessing.text.Tokenizer()
          >>> words.fit_on_texts(["a rose is a rose"])
          >>> next(words.sequences_to_texts_generator([[1, 2]]))
          'a rose'
        """
        for sequence in sequences:
            words = [None if self._is_left_out(number) else self.index_word.get(number) for number in sequence]
            known = [self.oov_token if word is None else word for word in words]
            yield " ".join(word for word in known if word is not None)

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> np.ndarray:
        """Converts texts to a matrix with a row for each text and a column for each index.

        Args:
          texts: strings, or lists of words.
          mode: the elements: "binary" for 1 if the text contains the word, "count", "freq", or "tfidf" for term
            frequency times inverse document frequency.

        Returns:
          A float64 array.

        Raises:
          ValueError: the mode is invalid, or no texts were counted before.

        Example:
          >>> words = tf.keras.preprocessing.text.Tokenizer()
          >>> words.fit_on_texts(["a rose is a rose"])
          >>> words.texts_to_matrix(["a rose"], mode="count")
          array([[0., 1., 1., 0.]])
        """
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Sequence[Sequence[int]], mode: str = "binary") -> np.ndarray:
        """Converts lists of indices to a matrix with a row for each list and a column for each index.

        Args:
          sequences: lists of indices.
          mode: see `texts_to_matrix`.

        Returns:
          A float64 array.

        Raises:
          ValueError: the mode is invalid, or no texts were counted before.

        Example:
          >>> tf.keras.preprocessing.text.Tokenizer(num_words=4).sequences_to_matrix([[1, 3]])
          array([[0., 1., 0., 1.]])
        """
        if not self.num_words and not self.word_index:
            raise ValueError("Specify a dimension (`num_words` argument), or fit on some text data first.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Fit the Tokenizer on some data before using tfidf mode.")
        size = self.num_words or len(self.word_index) + 1
        matrix = np.zeros((len(sequences), size))
        for row, sequence in zip(matrix, sequences, strict=True):
            for number, count in collections.Counter(one for one in sequence if one < size).items():
                row[number] = self._value(mode, number, count, len(sequence))
        return matrix

    def _value(self, mode: str, number: int, count: int, length: int) -> float:
        if mode == "tfidf":
            rarity = np.log(1 + self.document_count / (1 + self.index_docs.get(number, 0)))
            return float((1 + np.log(count)) * rarity)
        values = {"binary": 1.0, "count": float(count), "freq": count / length}
        if mode not in values:
            raise ValueError("Unknown vectorization mode:", mode)
        return values[mode]

    def get_config(self) -> dict[str, Any]:
        """The configuration, from which `tokenizer_from_json` creates an equal tokenizer.

        Returns:
          A dict of plain data; its dicts are JSON strings.

        Example:
          >>> tf.keras.preprocessing.text.Tokenizer(num_words=4).get_config()["num_words"]
          4
        """
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        written = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        config = {name: getattr(self, name) for name in plain}
        return {**config, **{name: json.dumps(getattr(self, name)) for name in written}}

    def to_json(self, **kwargs: Any) -> str:
        """The configuration as JSON.

        Args:
          kwargs: as `json.dumps` takes them.

        Returns:
          A string.

        Example:
          >>> text = tf.keras.preprocessing.text.Tokenizer(num_words=4).to_json()
          >>> tf.keras.preprocessing.text.tokenizer_from_json(text).num_words
          4
        """
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """Creates a tokenizer from the result of `Tokenizer.to_json`.

    Args:
      json_string: the string.

    Returns:
      A Tokenizer.

    Raises:
      ValueError: json_string is not JSON.
      KeyError: it does not describe a Tokenizer.

    Example:
      >>> words = tf.keras.preprocessing.text.Tokenizer()
      >>> words.fit_on_texts(["a rose is a rose"])
      >>> tf.keras.preprocessing.text.tokenizer_from_json(words.to_json()).texts_to_sequences(["rose"])
      [[2]]
    """
    config = json.loads(json_string)["config"]
    read = {name: json.loads(config.pop(name)) for name in ("word_counts", "word_docs", "word_index")}
    for name in ("index_docs", "index_word"):
        read[name] = {int(number): value for number, value in json.loads(config.pop(name)).items()}
    made = Tokenizer(**config)
    for name, value in read.items():
        setattr(made, name, value)
    return made
