"""No sentence of a docstring is copied from TensorFlow's."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import tensorflow

from cases import cases
from public import callables, members

WORDS = 6  # shorter sentences are ignored
TITLES = (  # of papers that both cite
    "image quality assessment from error visibility to structural similarity",
    "from error visibility to structural similarity",
    "rectified linear units improve restricted boltzmann machines",
    "accelerating deep network training by reducing internal covariate shift",
)


def sentences(text: str) -> Iterator[str]:
    """The text between full stops, semicolons, colons and empty lines, without marks, numbers and links."""
    text = re.sub(r"https?://\S+", "", text)
    for sentence in re.split(r"\.\s|[;:]|\n\s*\n", text):
        words = re.findall(r"[a-z]+", sentence.lower())
        if len(words) >= WORDS and not " ".join(words).endswith(TITLES):
            yield " ".join(words)


def theirs(name: str) -> str:
    """TensorFlow's docstring under a name, or an empty string."""
    place = tensorflow
    for part in name.split("."):
        place = getattr(place, part, None)
    return inspect.getdoc(place) or ""


CALLABLES = callables()
THEIRS = {
    sentence
    for name, thing in CALLABLES.items()
    for place in (name, *(f"{name}.{member}" for member in members(thing)))
    for sentence in sentences(theirs(place))
}


def test_there_is_something_to_compare_with() -> None:
    assert len(THEIRS) > 3000


@cases("name", sorted(CALLABLES))
def test_no_sentence_is_theirs(name: str) -> None:
    thing = CALLABLES[name]
    texts = [
        (inspect.getdoc(part) or "").split("\nExample:")[0]
        for part in (thing, *members(thing).values())
        if not isinstance(part, str | int | float | tuple | None)  # their types' own
    ]
    ours = {sentence for text in texts for sentence in sentences(text)}
    assert not sorted(ours & THEIRS)
