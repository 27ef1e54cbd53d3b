"""Every public name of TensorFlow exists, or accessing it names an alternative."""

from __future__ import annotations

import functools
import re
from fnmatch import fnmatchcase
from types import ModuleType

import pytest
import tensorflow

import gradtape
from gradtape._src.core import missing, unsupported

DEPTH = 4


def walked(module, place="", depth=DEPTH):
    """TensorFlow's names relative to tf, except those of Keras and of TensorFlow 1, with their values."""
    for name in dir(module):
        whole = f"{place}.{name}".lstrip(".")
        if name[0] != "_" and whole not in ("keras", "compat"):
            value = getattr(module, name)
            yield whole, value
            if isinstance(value, ModuleType) and depth > 1:
                yield from walked(value, whole, depth - 1)


def resolved(name):
    """gradtape's value under a name, or None."""
    try:
        return functools.reduce(getattr, name.split("."), gradtape)
    except AttributeError:
        return None


def there(name):
    place, _, last = name.rpartition(".")
    return hasattr(resolved(place) if place else gradtape, last)


NAMES = {name for name, _ in walked(tensorflow)}
OF_TENSORFLOW_1 = {name for name in dir(tensorflow.compat.v1) if name[0] != "_"}
MISSING = {name for name in NAMES if not there(name)}
# For a missing namespace only its own name is checked.
ASKED = sorted(name for name in MISSING if name.rpartition(".")[0] not in MISSING)


def test_every_name_of_tensorflow_is_there_or_told():
    untold = []
    for name in ASKED:
        place, _, last = name.rpartition(".")
        module = resolved(place) if place else gradtape
        said = missing.explain(module, last).partition(f"{last!r}: ")[2]
        if not said.endswith("."):
            untold.append(name)
        elif module.__name__ not in missing._QUICK:
            with pytest.raises(AttributeError, match=re.escape(f"no attribute {last!r}: {said}")) as error:
                getattr(module, last)
            assert (error.value.name, error.value.obj) == (last, module)
    assert untold == []


def test_every_name_of_tensorflow_1_is_there_or_told():
    v1 = gradtape.compat.v1
    untold = [
        name
        for name in OF_TENSORFLOW_1
        if not hasattr(v1, name) and not missing.explain(v1, name).partition(f"{name!r}: ")[2].endswith(".")
    ]
    assert untold == []
    assert missing.explain(v1, "reduce_sum").endswith(": use tf.reduce_sum.")
    assert "placeholders" in missing.explain(v1, "placeholder")
    assert not hasattr(v1.logging, "nonsense")


def test_nothing_is_told_of_what_is_there():
    assert [name for name in sorted(NAMES - MISSING) if unsupported.of_tensorflow(name)] == []
    assert [name for name in unsupported.TENSORFLOW if there(name)] == []


def test_what_is_told_is_told_of_names_of_tensorflow():
    members = {f"Dataset.{name}" for name in dir(tensorflow.data.Dataset)}
    known = [*ASKED, *OF_TENSORFLOW_1, *members]
    assert [told for told in unsupported.TENSORFLOW if not any(fnmatchcase(name, told) for name in known)] == []


def test_what_is_said_to_be_used_is_there():
    said = {*unsupported.TENSORFLOW.values(), *unsupported.KERAS.values()}
    used = {name for text in said for name in re.findall(r"\btf\.((?:\w+\.)*\w+)", text)}
    assert [name for name in sorted(used) if resolved(name) is None] == []
