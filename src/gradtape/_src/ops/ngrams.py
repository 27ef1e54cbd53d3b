"""N-grams of strings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.ops.strings import texts_of


def ngrams(
    data: Any,
    ngram_width: int | Iterable[int],
    separator: str = " ",
    pad_values: str | tuple[str, str] | None = None,
    padding_width: int | None = None,
    preserve_short_sequences: bool = False,
    name: str | None = None,
) -> StringTensor:
    """The n-grams of strings along the last axis, each joined to one string.

    Args:
      data: a string tensor with at least one axis.
      ngram_width: the n of n-grams, or several, whose n-grams follow each other.
      separator: the string between neighbours.
      pad_values: padding before the first and after the last string, one string for both or a pair; None for none.
      padding_width: amount of padding at each end, at most n - 1; None for n - 1.
      preserve_short_sequences: whether fewer than n strings form one n-gram.
      name: not used; TensorFlow names operations by it.

    Returns:
      A string tensor whose last axis holds the n-grams.

    Raises:
      ValueError: the data has no axis, a width is less than 1, or there is a padding width without values.
      TypeError: pad_values are not strings.

    Example:
      >>> tf.strings.ngrams(["a", "b", "c"], 2).numpy().tolist()
      [b'a b', b'b c']
    """
    texts = texts_of(data)
    widths = [int(width) for width in (ngram_width if isinstance(ngram_width, Iterable) else [ngram_width])]
    if not texts.ndim:
        raise ValueError("Data must have rank>0")
    if any(width < 1 for width in widths):
        raise ValueError(f"All ngram_widths must be greater than 0. Got {ngram_width}")
    pads = (pad_values, pad_values) if isinstance(pad_values, str | bytes) else pad_values
    if pads is not None and not (isinstance(pads, tuple) and all(isinstance(pad, str | bytes) for pad in pads)):
        raise TypeError("pad_values must be a string, tuple of strings, or None.")
    if padding_width is not None and pads is None:
        raise ValueError("pad_values must be provided if padding_width is set.")
    if padding_width is not None and padding_width < 1:
        raise ValueError("padding_width must be greater than 0.")
    first, last = (texts_of(pad).item() for pad in pads or ("", ""))
    between = texts_of(separator).item()

    def padded(row: list[bytes], width: int) -> list[bytes]:
        count = 0 if pads is None else width - 1 if padding_width is None else min(padding_width, width - 1)
        return [first] * count + row + [last] * count

    def runs(row: list[bytes]) -> list[bytes]:
        found = []
        for width in widths:
            whole = padded(row, width)
            found += [between.join(whole[i : i + width]) for i in range(len(whole) - width + 1)]
        return found or ([between.join(padded(row, min(widths)))] if preserve_short_sequences and row else [])

    rows = [runs(list(row)) for row in texts.reshape(-1, texts.shape[-1])] if texts.size else []
    count = len(rows[0]) if rows else 0
    out = np.empty((len(rows), count), object)
    for place, row in enumerate(rows):
        out[place] = row
    return StringTensor.of_bytes(out.reshape((*texts.shape[:-1], count)))
