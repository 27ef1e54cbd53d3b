"""Words, their indices and pairs compared with tf.keras.preprocessing."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
import tensorflow

import gradtape

LIBRARIES = (gradtape.keras.preprocessing, tensorflow.keras.preprocessing)
TEXTS = ["The cat sat on the mat.", "The dog, too; THE dog!", "", "a\tb\nc-d", "cat cat cat"]
OPTIONS = [
    {},
    {"num_words": 4},
    {"num_words": 4, "oov_token": "<?>"},
    {"oov_token": "<?>", "lower": False},
    {"char_level": True},
    {"split": "-", "filters": ".,"},
    {"analyzer": str.split},
]


def both(program):
    """The results of both libraries, or their errors."""
    found = []
    for library in LIBRARIES:
        try:
            found.append(program(library))
        except Exception as error:
            found.append((type(error), error.args))
    return found


@pytest.mark.parametrize("arguments", [{}, {"lower": False}, {"split": "t"}, {"filters": ""}])
def test_words(arguments):
    one, other = both(lambda k: [k.text.text_to_word_sequence(text, **arguments) for text in TEXTS])
    assert one == other


@pytest.mark.parametrize("hashed", ["md5", len, None])
def test_hashes(hashed):
    one, other = both(lambda k: [k.text.hashing_trick(text, 20, hashed) for text in TEXTS])
    assert one == other
    assert gradtape.keras.preprocessing.text.one_hot(TEXTS[0], 9) == LIBRARIES[1].text.one_hot(TEXTS[0], 9)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_tokenizers(options):
    def program(k):
        words = k.text.Tokenizer(**options)
        words.fit_on_texts(TEXTS)
        words.fit_on_texts([["The", "list"]])
        numbers = words.texts_to_sequences([*TEXTS, "an unseen cat", ["The", "cat"]])
        texts = words.sequences_to_texts([*numbers, [1, 2, 99]])
        state = (words.word_index, words.index_word, dict(words.word_counts), dict(words.word_docs))
        matrices = [words.texts_to_matrix(TEXTS, mode).tolist() for mode in ("binary", "count", "freq", "tfidf")]
        return numbers, texts, state, dict(words.index_docs), words.document_count, matrices

    one, other = both(program)
    assert one[:-1] == other[:-1]
    np.testing.assert_allclose(np.array(one[-1]), np.array(other[-1]), rtol=1e-12)


def test_tokenizers_are_written_and_read():
    written = []
    for k in LIBRARIES:
        words = k.text.Tokenizer(num_words=5, oov_token="?")
        words.fit_on_texts(["the cat the"])
        written.append(words.to_json(indent=1))
    assert json.loads(written[0]) == json.loads(written[1])
    again = LIBRARIES[0].text.tokenizer_from_json(written[1])
    assert again.to_json(indent=1) == written[1]
    assert again.texts_to_sequences(["the dog"]) == [[2, 1]]


def test_numbers_alone():
    def program(k):
        words = k.text.Tokenizer(num_words=5)
        words.fit_on_sequences([[1, 2, 2], [2, 4]])
        return dict(words.index_docs), words.sequences_to_matrix([[1, 7], [2, 2, 4], []], "tfidf").tolist()

    one, other = both(program)
    assert one == other


WRONG = [
    lambda k: k.text.Tokenizer().texts_to_matrix(["a"]),
    lambda k: k.text.Tokenizer(num_words=3).sequences_to_matrix([[1]], "tfidf"),
    lambda k: k.text.Tokenizer(num_words=3).sequences_to_matrix([[1]], "other"),
    lambda k: k.text.Tokenizer(words=3),
]


@pytest.mark.parametrize("program", WRONG)
def test_errors(program):
    one, other = both(program)
    assert one == other
    assert isinstance(one[0], type)


@pytest.mark.parametrize(
    "options", [{}, {"categorical": True, "window_size": 1}, {"negative_samples": 0}, {"shuffle": False}]
)
def test_skipgrams(options, monkeypatch):
    randint = random.randint  # Keras draws up to 10e6, which Python does not accept as an integer since 3.12
    monkeypatch.setattr(random, "randint", lambda least, most: randint(least, int(most)))
    found = []
    for k in LIBRARIES:
        random.seed(5)
        table = k.sequence.make_sampling_table(40, 0.1)
        found.append((k.sequence.skipgrams([*range(1, 30), 0, 3], 40, **options), table))
        random.seed(5)
        found[-1] += (k.sequence.skipgrams(list(range(1, 30)), 40, sampling_table=table, seed=1, **options),)
    assert found[0][0] == found[1][0]
    assert found[0][2] == found[1][2]
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-12)


class Emptying:
    """Empties the list that contains it when NumPy reads it."""

    def __init__(self, container: list) -> None:
        self.container = container

    def __array__(self, dtype=None, copy=None):
        self.container.clear()
        return np.ones(2, np.float32)


@pytest.mark.parametrize("place", [0, 1])
def test_lists_that_change_while_they_are_read(place):
    given: list = []
    given.extend([Emptying(given), 1.0, 2.0])
    with pytest.raises((TypeError, ValueError)):
        gradtape.keras.preprocessing.sequence.make_sampling_table(*[given if place == k else 3 for k in range(2)])
