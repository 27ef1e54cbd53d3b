"""TextVectorization: maps strings to indices of their tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.keras import serialization
from gradtape._src.keras.layers.lookups import OfText, mode_of

_PUNCTUATION = re.compile("[!\"#$%&()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~']")
_STANDARDS = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
_SPLITS = ("whitespace", "character")


def _check(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value is not None and not callable(value) and value not in allowed:
        raise ValueError(
            f"Unknown value for `{name}` argument of layer TextVectorization. Allowed values are: {allowed}, None, or "
            f"a callable. Received: {name}={value}"
        )


class TextVectorization(OfText):
    """The numbers of the words of strings, which only eager calls have: in a `map` of datasets, before data reaches a
    model.

    Args:
      max_tokens: the largest size of the vocabulary; None for any.
      standardize: how strings are preprocessed: "lower_and_strip_punctuation", "lower", "strip_punctuation", a function
        of a string tensor, or None.
      split: how they are split: "whitespace", "character", a function of a string that returns a list of tokens, or
        None if the strings are words.
      ngrams: the lengths of n-grams, up to an int, or those in a tuple; None for single words only.
      output_mode: "int" for numbers in order, "multi_hot" or "count" as in :class:`CategoryEncoding`, "tf_idf"
        for counts times weights that are great for rare tokens.
      output_sequence_length: the number of indices per text, zero-padded; None for that of the longest.
      pad_to_max_tokens: whether rows are as wide as max_tokens however many there are.
      vocabulary: the tokens in order, or the path of a file with one in each line; None: `adapt` learns them.
      idf_weights: how much each counts, if results are "tf_idf".
      sparse, ragged: False.
      encoding: "utf-8".
      name: the layer's name.
      kwargs: `trainable` and `dtype`, which are not used.

    Raises:
      ValueError: arguments are invalid or inconsistent.

    Example:
      >>> layer = tf.keras.layers.TextVectorization(output_sequence_length=4)
      >>> layer.adapt(["To be, or not to be."])
      >>> layer.get_vocabulary()
      ['', '[UNK]', 'to', 'be', 'or', 'not']
      >>> layer(["Not to see"]).numpy()
      array([[5, 2, 1, 0]])
    """

    _unwritten = ("encoding",)
    num_oov_indices = 1
    mask_token = ""
    oov_token = "[UNK]"

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: int | tuple[int, ...] | None = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        _check("standardize", standardize, _STANDARDS)
        _check("split", split, _SPLITS)
        mode = mode_of(output_mode, type(self).__name__)
        if not isinstance(ngrams, int | tuple | None):
            raise ValueError(f"`ngrams` must be None, an integer, or a tuple of integers. Received: ngrams={ngrams}")
        if mode != "int" and output_sequence_length is not None:
            raise ValueError(
                "`output_sequence_length` must not be set if `output_mode` is not 'int'. "
                f"Received output_sequence_length={output_sequence_length}."
            )
        if ragged:
            raise ValueError("Tensors are rectangular: leave out `ragged=True`, and mask zeros.")
        self.standardize = standardize
        self.split = split
        self.ngrams = ngrams
        self.output_sequence_length = output_sequence_length
        self.ragged = ragged
        self._begin(
            vocabulary,
            idf_weights,
            max_tokens=max_tokens,
            num_oov_indices=1,
            mask_token="",
            oov_token="[UNK]",
            invert=False,
            output_mode=mode,
            pad_to_max_tokens=pad_to_max_tokens,
            sparse=sparse,
            encoding=encoding,
        )

    def _rows(self, inputs: Any) -> tuple[list[list[str]], bool]:
        """The tokens of each text, and whether one text alone was given."""
        if callable(self.standardize):
            inputs = self.standardize(StringTensor(inputs))
        texts = self._array(inputs)
        if self.split is not None and texts.ndim > 1:
            if texts.shape[-1] != 1:
                raise ValueError(
                    "When using `TextVectorization` to tokenize strings, the input rank must be 1 or the last shape "
                    f"dimension must be 1. Received: inputs.shape={texts.shape} with rank={texts.ndim}"
                )
            texts = texts[..., 0]
        single = texts.ndim == 0 or (self.split is None and texts.ndim == 1)
        rows = texts.reshape(1, -1) if single else texts.reshape(len(texts), -1)
        return [self._tokens_of([self._standard(text) for text in row]) for row in rows.tolist()], single

    def _standard(self, text: str) -> str:
        if callable(self.standardize) or self.standardize is None:
            return text
        text = text.lower() if "lower" in self.standardize else text
        return _PUNCTUATION.sub("", text) if "strip" in self.standardize else text

    def _tokens_of(self, texts: list[str]) -> list[str]:
        if self.split is None:
            words = texts
        else:
            known: dict[Any, Callable[[str], Any]] = {"whitespace": str.split, "character": list}
            split = known.get(self.split, self.split)
            words = [word.decode() if isinstance(word, bytes) else str(word) for text in texts for word in split(text)]
        if self.ngrams is None:
            return words
        widths = range(1, self.ngrams + 1) if isinstance(self.ngrams, int) else self.ngrams
        return [" ".join(words[at : at + width]) for width in widths for at in range(len(words) - width + 1)]

    def update_state(self, data: Any) -> None:
        """Counts the tokens of a batch.

        Args:
          data: the batch of strings.

        Raises:
          ValueError: the layer was given a vocabulary.

        Example:
          >>> layer = tf.keras.layers.TextVectorization()
          >>> layer.update_state(["a rose"])
          >>> layer.finalize_state()
          >>> layer.vocabulary_size()
          4
        """
        if self._fixed:
            super().update_state(data)
        self._count(self._rows(data)[0])

    def call(self, inputs: Any) -> Tensor:
        """The layer's function of strings."""
        rows, single = self._rows(inputs)
        numbers = [self._numbered(np.array(row, object)).tolist() for row in rows]
        width = max(map(len, numbers), default=0)
        if self.output_mode != "int":
            found = np.zeros((len(rows), self._depth), np.int64)
            for row, own in zip(found, numbers, strict=True):
                np.add.at(row, [number for number in own if number != self._masked], 1)
            if self.output_mode == "tf_idf":
                counted = as_tensor(found.astype(self._rarity.dtype) * self._rarity)
            else:
                counted = as_tensor(found.clip(0, 1) if self.output_mode == "multi_hot" else found)
            return counted[0] if single else counted
        length = width if self.output_sequence_length is None else self.output_sequence_length
        padded = np.zeros((len(rows), length), np.int64)
        for row, own in zip(padded, numbers, strict=True):
            row[: min(length, len(own))] = own[:length]
        return as_tensor(padded[0] if single else padded)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, as plain data."""
        config = super().get_config()
        for name in ("standardize", "split"):
            if callable(config[name]):
                config[name] = serialization.serialize_keras_object(config[name])
        return {**config, "encoding": self.encoding, "vocabulary_size": self.vocabulary_size()}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Creates a layer from the result of `get_config`."""
        config = {key: value for key, value in config.items() if key != "vocabulary_size"}
        for name in ("standardize", "split"):
            if isinstance(config.get(name), dict):
                config[name] = serialization.deserialize_keras_object(config[name], custom_objects)
        if isinstance(config.get("ngrams"), list):
            config["ngrams"] = tuple(config["ngrams"])
        return cls(**config)
