"""Layers that map strings and integers to indices of a vocabulary, given or learned from data."""

from __future__ import annotations

import collections
import os
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._engine.record.primitive import fail_trace
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.core.errors import FailedPreconditionError
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.keras import settings
from gradtape._src.keras.inputs import TENSORS
from gradtape._src.keras.keras_tensor import KerasTensor
from gradtape._src.keras.layers.configured import Configured
from gradtape._src.keras.layers.dense import Shape
from gradtape._src.keras.layers.preprocessing import check_dense, encoded, encoded_shape
from gradtape._src.keras.operation import is_remembered
from gradtape._src.ops import elementwise as e
from gradtape._src.ops.gathering import gather
from gradtape._src.ops.masking import where
from gradtape._src.ops.shapes import reshape
from gradtape._src.ops.sorting import searchsorted

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


def mode_of(output_mode: str, layer: str) -> str:
    """An output mode by its current name; ValueError if it is unknown."""
    mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode)
    if mode not in MODES:
        raise ValueError(
            f"Unknown value for `output_mode` argument of layer {layer}. "
            f"Allowed values are: {MODES}. Received: output_mode={mode}"
        )
    return mode


class Lookup(Configured):
    """A layer with a vocabulary: the mask's index if there is one, those of unknown values, then the tokens'.

    Attributes:
      _text: whether tokens are text.
    """

    _text: ClassVar[bool]
    _allow_non_tensor_positional_args = True
    _convert_input_args = False

    mask_token: Any
    oov_token: Any
    vocabulary: Any
    num_oov_indices: int
    output_mode: str
    max_tokens: Any
    pad_to_max_tokens: bool
    invert: bool
    encoding: str

    def _begin(self, vocabulary: Any, idf_weights: Any, **options: Any) -> None:
        """Stores options and the given vocabulary."""
        check_dense(options["sparse"])
        options["output_mode"] = mode_of(options["output_mode"], type(self).__name__)
        most, mode = options["max_tokens"], options["output_mode"]
        if most is not None and most <= 1:
            raise ValueError(f"If set, `max_tokens` must be greater than 1. Received: max_tokens={most}")
        if options["pad_to_max_tokens"] and most is None:
            raise ValueError(f"If pad_to_max_tokens is True, must set `max_tokens`. Received: max_tokens={most}")
        if options["num_oov_indices"] < 0:
            raise ValueError(
                "`num_oov_indices` must be greater than or equal to 0. "
                f"Received: num_oov_indices={options['num_oov_indices']}"
            )
        if options["invert"] and mode != "int":
            raise ValueError(f"`output_mode` must be `'int'` when `invert` is true. Received: output_mode={mode}")
        if idf_weights is not None and mode != "tf_idf":
            raise ValueError(
                "`idf_weights` should only be set if `output_mode` is `'tf_idf'`. "
                f"Received: idf_weights={idf_weights} and output_mode={mode}"
            )
        if mode == "tf_idf" and vocabulary is not None and idf_weights is None:
            raise ValueError(
                "When specifying the `vocabulary` argument, in TF-IDF output mode, the `idf_weights` argument must "
                "also be provided."
            )
        for name, value in options.items():
            setattr(self, name, value)
        self.vocabulary = None if vocabulary is None or isinstance(vocabulary, str) else list(vocabulary)
        self.idf_weights: list[float] | None = None if idf_weights is None else list(idf_weights)
        self._tokens: tuple[Any, ...] = ()
        self._rarity = np.zeros(0, np.float32)
        self.reset_state()
        self._fixed = vocabulary is not None
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    @property
    def _mask_size(self) -> int:
        """The number of indices before those of unknown values."""
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def _start(self) -> int:
        """The number of the first token."""
        return self._mask_size + self.num_oov_indices

    @property
    def _masked(self) -> int:
        """The number of a mask: 0, or one that no row has."""
        return 0 if self._mask_size else int(np.iinfo(np.int64).max)

    def _token(self, value: Any) -> Any:
        """A token as Python has it."""
        return (value.decode() if isinstance(value, bytes) else str(value)) if self._text else int(value)

    def _array(self, value: Any) -> np.ndarray:
        """Converts data to an array of tokens."""
        if self._text:
            texts: Any = np.asarray(StringTensor(value), object)
            decoded = np.empty(texts.shape, object)
            for place in np.ndindex(texts.shape):
                decoded[place] = texts[place].decode()
            return decoded
        return np.asarray(as_tensor(value))

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens in the order of their indices.

        Args:
          include_special_tokens: whether to start with the mask and the unknown tokens.

        Returns:
          A list.

        Example:
          >>> tf.keras.layers.StringLookup(vocabulary=["a", "b"]).get_vocabulary()
          ['[UNK]', 'a', 'b']
        """
        special = [self.mask_token] * self._mask_size + [self.oov_token] * self.num_oov_indices
        return [*(special if include_special_tokens else ()), *self._tokens]

    def vocabulary_size(self) -> int:
        """The size of the vocabulary.

        Returns:
          An int.

        Example:
          >>> tf.keras.layers.StringLookup(vocabulary=["a", "b"]).vocabulary_size()
          3
        """
        return self._start + len(self._tokens)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Sets the vocabulary.

        Args:
          vocabulary: the tokens in order, or the path of a file with one in each line.
          idf_weights: how much each counts, if results are "tf_idf".

        Raises:
          ValueError: tokens are repeated, none, or more than `max_tokens`; or weights do not fit.

        Example:
          >>> layer = tf.keras.layers.StringLookup()
          >>> layer.set_vocabulary(["a", "b"])
          >>> layer(["b", "c"]).numpy()
          array([2, 0])
        """
        if self.output_mode == "tf_idf" and idf_weights is None:
            raise ValueError("`idf_weights` must be set if output_mode is 'tf_idf'.")
        if self.output_mode != "tf_idf" and idf_weights is not None:
            raise ValueError(
                "`idf_weights` should only be set if output_mode is `'tf_idf'`. "
                f"Received: output_mode={self.output_mode} and idf_weights={idf_weights}"
            )
        if isinstance(vocabulary, str):
            if not os.path.exists(vocabulary):
                raise ValueError(f"Vocabulary file {vocabulary} does not exist.")
            with open(vocabulary, encoding="utf-8") as lines:
                vocabulary = lines.read().splitlines()
        given = [self._token(value) for value in np.asarray(vocabulary, object).tolist()]
        if not given:
            raise ValueError(f"Cannot set an empty vocabulary. Received: vocabulary={vocabulary}")
        special = self.get_vocabulary()[: self._start]
        found = given[: self._start] == special
        tokens = given[self._start :] if found else given
        repeated = [token for token, count in collections.Counter(tokens).items() if count > 1]
        if repeated:
            raise ValueError(
                "The passed vocabulary has at least one repeated term. Please uniquify your dataset. The repeated "
                f"terms are: {repeated}"
            )
        size = self._start + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                "Attempted to set a vocabulary larger than the maximum vocab size. Received vocabulary size is "
                f"{size}; `max_tokens` is {self.max_tokens}."
            )
        self._know(tokens)
        if idf_weights is not None:
            weights = np.asarray(idf_weights, settings.floatx())
            if len(weights) != len(given):
                raise ValueError(
                    "`idf_weights` must be the same length as vocabulary. "
                    f"len(idf_weights) is {len(weights)}; len(vocabulary) is {len(given)}"
                )
            self._weigh(weights, 0 if found else self._start)

    def _know(self, tokens: Sequence[Any]) -> None:
        self._tokens = tuple(tokens)
        self._numbers = {token: self._start + place for place, token in enumerate(tokens)}

    def _weigh(self, weights: np.ndarray, before: int) -> None:
        """Stores the tokens' document frequencies; unknown values get the average, padding none."""
        behind = self.max_tokens - before - len(weights) if self.pad_to_max_tokens else 0
        self._rarity = np.pad(weights, (before, behind), constant_values=(weights.mean(), 0)).astype(settings.floatx())

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Learns the vocabulary from data, most frequent tokens first.

        Args:
          data: an array, a tensor or a list, or a dataset or another iterable of batches of them.
          steps: the number of batches; None for all.

        Raises:
          ValueError: the layer was given a vocabulary.

        Example:
          >>> layer = tf.keras.layers.StringLookup()
          >>> layer.adapt(["a", "b", "b"])
          >>> layer.get_vocabulary()
          ['[UNK]', 'b', 'a']
        """
        self.reset_state()
        if isinstance(data, (list, tuple, np.ndarray, StringTensor, *TENSORS)):
            whole = np.asarray(StringTensor(data), object) if self._text else np.asarray(as_tensor(data))
            self.update_state(whole[:, None] if whole.ndim == 1 else whole)
        else:
            for step, batch in enumerate(data):
                if step == steps:
                    break
                self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Counts the tokens of a batch.

        Args:
          data: the batch.

        Raises:
          ValueError: the layer was given a vocabulary.

        Example:
          >>> layer = tf.keras.layers.StringLookup()
          >>> layer.update_state(["a"])
          >>> layer.finalize_state()
          >>> layer.get_vocabulary()
          ['[UNK]', 'a']
        """
        if self._fixed:
            raise ValueError(
                f"Cannot adapt layer '{self.name}' after setting a static vocabulary via `vocabulary` argument or "
                "`set_vocabulary()` method."
            )
        array = self._array(data)
        rows = array.reshape(1, -1) if array.ndim < 2 else array.reshape(len(array), -1)
        self._count(rows.tolist())

    def _count(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self._counts.update(row)
            self._documents.update(set(row))
            self._seen += 1

    def finalize_state(self) -> None:
        """Creates the vocabulary from the counts.

        Example:
          >>> layer = tf.keras.layers.StringLookup()
          >>> layer.update_state(["a"])
          >>> layer.finalize_state()
          >>> layer.vocabulary_size()
          2
        """
        if self._fixed or not self._counts:
            return
        known = [token for token in self._counts if token not in (self.mask_token, self.oov_token)]
        # The last of equally frequent ones comes first, strings in the order of their bytes.
        ordered = sorted(known, key=lambda token: (self._counts[token], token.encode() if self._text else token))[::-1]
        tokens = ordered[: self.max_tokens - self._start] if self.max_tokens else ordered
        self._know(tokens)
        if self.output_mode == "tf_idf":
            counts = np.array([self._documents[token] for token in tokens], np.float32)
            self._weigh(np.log(1 + np.float32(self._seen) / (1 + counts)), self._start)
        self.reset_state()

    def reset_state(self) -> None:
        """Resets the counts.

        Example:
          >>> tf.keras.layers.StringLookup().reset_state()
        """
        self._counts: Any = collections.Counter()
        self._documents: Any = collections.Counter()
        self._seen = 0

    def _unknown(self, found: Any) -> None:
        raise ValueError(
            "When `num_oov_indices=0` all inputs should be in vocabulary, found OOV values "
            f"{found}, consider setting `num_oov_indices=1`."
        )

    def _encode(self, numbers: Tensor) -> Tensor:
        """Encodes indices by the output mode."""
        if self.output_mode == "int":
            return numbers
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        rows = encoded(numbers, mode, self._depth, settings.floatx() if self.output_mode == "tf_idf" else "int64")
        return rows * as_tensor(self._rarity) if self.output_mode == "tf_idf" else rows

    @property
    def _depth(self) -> int:
        return self.max_tokens if self.pad_to_max_tokens else self.vocabulary_size()

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output shape for an input shape."""
        return input_shape if self.output_mode == "int" else encoded_shape(input_shape, self.output_mode, self._depth)

    def compute_output_spec(self, inputs: Any) -> Any:
        """The shapes and dtypes of the outputs."""
        shape = self.compute_output_shape(tuple(inputs.shape))
        dtype = settings.floatx() if self.output_mode == "tf_idf" else "int64"
        return KerasTensor(shape, dtype, record_history=is_remembered(inputs))

    def save_assets(self, folder: str) -> None:
        """Writes a learned vocabulary.

        Args:
          folder: the folder for its file.

        Example:
          >>> import tempfile
          >>> layer, again = tf.keras.layers.StringLookup(), tf.keras.layers.StringLookup()
          >>> layer.adapt(["a", "b", "b"])
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     layer.save_assets(folder)
          ...     again.load_assets(folder)
          >>> again.get_vocabulary()
          ['[UNK]', 'b', 'a']
        """
        if self.vocabulary is None:
            with open(os.path.join(folder, "vocabulary.txt"), "w", encoding="utf-8") as file:
                file.write("\n".join(str(token) for token in self.get_vocabulary()))

    def load_assets(self, folder: str) -> None:
        """Reads a vocabulary written by `save_assets`.

        Args:
          folder: the folder with its file.

        Example:
          >>> import tempfile
          >>> layer, again = tf.keras.layers.StringLookup(), tf.keras.layers.StringLookup()
          >>> layer.adapt(["a", "b", "b"])
          >>> with tempfile.TemporaryDirectory() as folder:
          ...     layer.save_assets(folder)
          ...     again.load_assets(folder)
          >>> again.get_vocabulary()
          ['[UNK]', 'b', 'a']
        """
        if self.vocabulary is None:
            with open(os.path.join(folder, "vocabulary.txt"), encoding="utf-8") as file:
                self._know([self._token(line) for line in file.read().split("\n")[self._start :]])


class OfText(Lookup):
    """A lookup of text, which only eager calls have: in a `map` of datasets, and before data reaches a model."""

    _text = True

    def __call__(self, inputs: Any) -> Any:
        """Computes the layer's output."""
        if isinstance(inputs, KerasTensor):
            raise TypeError(
                f"{type(self).__name__} takes strings, and models compute with numbers: call it in `map` of the "
                "tf.data.Dataset for the model."
            )
        fail_trace("it computes with text")
        return self.call(inputs)

    def _numbered(self, texts: np.ndarray) -> np.ndarray:
        """The numbers of strings."""
        if not hasattr(self, "_numbers"):
            raise FailedPreconditionError(
                None, None, f"Table not initialized: give {self.name} a vocabulary, or call `adapt`."
            )
        unknown = self._mask_size if self.num_oov_indices else -1
        numbers = np.empty(texts.shape, np.int64)
        for place in np.ndindex(texts.shape):
            masked = self.mask_token is not None and texts[place] == self.mask_token
            numbers[place] = self._masked if masked else self._numbers.get(texts[place], unknown)
        if not self.num_oov_indices and (numbers < 0).any():
            self._unknown(texts[numbers < 0].tolist())
        return numbers


class StringLookup(OfText):
    """The numbers of strings in a vocabulary, or the strings of numbers.

    Args:
      max_tokens: the largest size of the vocabulary; None for any.
      num_oov_indices: the number of indices for unknown values, 0 or 1.
      mask_token: a text whose number is 0; None for none.
      oov_token: the token for unknown values.
      vocabulary: the tokens in order, or the path of a file with one in each line; None: `adapt` learns them.
      idf_weights: how much each counts, if results are "tf_idf".
      invert: whether numbers become strings.
      output_mode: "int" for numbers, "one_hot", "multi_hot" or "count" as in :class:`CategoryEncoding`, "tf_idf"
        for counts times weights that are great for rare tokens.
      pad_to_max_tokens: whether rows are as wide as max_tokens however many there are.
      sparse: False.
      encoding: "utf-8".
      name: the layer's name.
      kwargs: `trainable` and `dtype`, which are not used.

    Raises:
      ValueError: arguments do not fit each other.

    Example:
      >>> layer = tf.keras.layers.StringLookup(vocabulary=["a", "b"])
      >>> layer([["a", "c", "b"]]).numpy()
      array([[1, 0, 2]])
      >>> tf.keras.layers.StringLookup(vocabulary=["a", "b"], invert=True)([2, 0]).numpy().tolist()
      [b'b', b'[UNK]']
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if num_oov_indices > 1:
            raise ValueError(
                "Texts that are unknown have one number here, num_oov_indices=1: spread them by "
                "tf.keras.preprocessing.text.hashing_trick."
            )
        self._begin(
            vocabulary,
            idf_weights,
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            invert=invert,
            output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            sparse=sparse,
            encoding=encoding,
        )

    def call(self, inputs: Any) -> Any:
        """The layer's function of text, or of numbers if it is inverted."""
        if not self.invert:
            return self._encode(as_tensor(self._numbered(self._array(inputs))))
        texts = {self._start + place: token for place, token in enumerate(self._tokens)}
        if self._mask_size:
            texts[0] = self.mask_token
        numbers = np.asarray(as_tensor(inputs))
        found = np.empty(numbers.shape, object)
        for place in np.ndindex(numbers.shape):
            found[place] = texts.get(int(numbers[place]), self.oov_token)
        return StringTensor(found)


class IntegerLookup(Lookup):
    """The numbers of integers in a vocabulary, or the integers of numbers.

    Args:
      max_tokens: the largest size of the vocabulary; None for any.
      num_oov_indices: the number of indices for unknown values, which are assigned by the remainder of a division.
      mask_token: an integer whose number is 0; None for none.
      oov_token: the token for unknown values.
      vocabulary: the integers in order, or the path of a file with one in each line; None: `adapt` learns them.
      vocabulary_dtype: "int64".
      idf_weights: how much each counts, if results are "tf_idf".
      invert: whether numbers become integers.
      output_mode: "int" for numbers, "one_hot", "multi_hot" or "count" as in :class:`CategoryEncoding`, "tf_idf"
        for counts times weights that are great for rare tokens.
      sparse: False.
      pad_to_max_tokens: whether rows are as wide as max_tokens however many there are.
      oov_method: "floormod".
      name: the layer's name.
      kwargs: `trainable` and `dtype`, which are not used.

    Raises:
      ValueError: arguments do not fit each other.

    Example:
      >>> tf.keras.layers.IntegerLookup(vocabulary=[12, 36])([[36, 5, 12]]).numpy()
      array([[2, 0, 1]])
    """

    _text = False

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if oov_method != "floormod":
            raise ValueError(f"Integers that are unknown are numbered by 'floormod' alone. Received: {oov_method}")
        self._begin(
            vocabulary,
            idf_weights,
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary_dtype=vocabulary_dtype,
            invert=invert,
            output_mode=output_mode,
            sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens,
            oov_method=oov_method,
        )

    def __call__(self, inputs: Any) -> Any:
        """The layer's function of integers."""
        return super().__call__(inputs if isinstance(inputs, (*TENSORS, KerasTensor)) else as_tensor(inputs))

    def call(self, inputs: Any) -> Tensor:
        """The layer's function of integers."""
        x = apply_cast(as_tensor(inputs), dtypes.int64)
        if self.invert:
            return self._inverted(x)
        flat = reshape(x, (-1,))
        # An integer that is not a token, after all of them, so that there is always one to compare with.
        order = np.argsort(np.array(self._tokens, np.int64), kind="stable")
        keys = as_tensor(np.append(np.array(self._tokens, np.int64)[order], np.iinfo(np.int64).max))
        places = searchsorted(keys, flat, out_type=dtypes.int64)
        known = e.logical_and(e.equal(gather(keys, places), flat), places < len(self._tokens))
        numbers = gather(as_tensor(np.append(order + self._start, 0)), places)
        if self.num_oov_indices:
            numbers = where(known, numbers, e.floormod(flat, self.num_oov_indices) + self._mask_size)
        masked = e.logical_and(known, False) if self.mask_token is None else e.equal(flat, self.mask_token)
        if not self.num_oov_indices:
            unknown = flat.numpy()[~(known.numpy() | masked.numpy())]
            if len(unknown):
                self._unknown(unknown.tolist())
        return self._encode(reshape(where(masked, self._masked, numbers), tuple(x.shape)))

    def _inverted(self, numbers: Tensor) -> Tensor:
        count, places = len(self._tokens), numbers - self._start
        tokens = as_tensor(np.array([*self._tokens, self.oov_token], np.int64))
        outside = e.logical_or(places < 0, places >= count)
        found = gather(tokens, where(outside, count, places))
        return where(e.equal(numbers, 0), self.mask_token, found) if self._mask_size else found
