"""Pairs of nearby words, for training word embeddings."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradtape._engine.tensor.sequence import held


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """The sampling probabilities of words ranked by frequency, assuming Zipf's law; frequent words are rare.

    Mikolov et al., Distributed Representations of Words and Phrases (2013).

    Args:
      size: number of words.
      sampling_factor: the sampling rate of frequent words.

    Returns:
      A float64 vector.

    Raises:
      TypeError: size or sampling_factor is not a number.

    Example:
      >>> tf.keras.preprocessing.sequence.make_sampling_table(3).round(5)
      array([0.00315, 0.00315, 0.00548])
    """
    rank = np.maximum(np.arange(held(size)), 1)
    inverse = rank * (np.log(rank) + 0.577) + 0.5 - 1.0 / (12.0 * rank)
    return np.minimum(1.0, np.sqrt(held(sampling_factor) * inverse))


def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:
    """Pairs of a word and a nearby one, labelled 1, and of a word and a random one, labelled 0, by Python's `random`.

    Args:
      sequence: word indices; 0 is not a word.
      vocabulary_size: the number of word indices, including 0.
      window_size: the maximum distance between the words of a pair.
      negative_samples: number of pairs labelled 0 for each labelled 1.
      shuffle: whether to shuffle the pairs.
      categorical: whether labels are [0, 1] and [1, 0] instead.
      sampling_table: the sampling probability of each word, from `make_sampling_table`; None for all.
      seed: the seed of the order, an int; random by default.

    Returns:
      The pairs, and their labels.

    Raises:
      ValueError: vocabulary_size is less than 2, and negative samples are wanted.
      IndexError: sampling_table has no entry for a word.

    Example:
      >>> tf.keras.preprocessing.sequence.skipgrams([1, 2, 3], 4, 1, negative_samples=0, shuffle=False)
      ([[1, 2], [2, 1], [2, 3], [3, 2]], [1, 1, 1, 1])
    """
    near, far = ([0, 1], [1, 0]) if categorical else (1, 0)
    pairs = []
    for place, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        for other in range(max(0, place - window_size), min(len(sequence), place + window_size + 1)):
            if other != place and sequence[other]:
                pairs.append([word, sequence[other]])
    labels: list[Any] = [near] * len(pairs)
    if negative_samples > 0:
        words = [pair[0] for pair in pairs]
        count = int(len(pairs) * negative_samples)
        random.shuffle(words)
        pairs += [[words[place % len(words)], random.randint(1, vocabulary_size - 1)] for place in range(count)]
        labels += [far] * count
    if shuffle:
        order = random.randint(0, int(1e7)) if seed is None else seed
        for shuffled in (pairs, labels):
            random.seed(order)
            random.shuffle(shuffled)
    return pairs, labels
