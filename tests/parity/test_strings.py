"""Strings: constants, their comparison and printing, and tf.strings, compared with TensorFlow."""

from __future__ import annotations

import sys

import pytest
import tensorflow

import gradtape

ACCENTED = "Éa"

PROGRAMS = {
    "scalar": lambda tf: tf.constant("text"),
    "bytes": lambda tf: tf.constant(b"\xff"),
    "matrix": lambda tf: tf.constant([["a", "b"], ["c", "d"]], tf.string),
    "filled": lambda tf: tf.constant("a", shape=[2]),
    "reshaped": lambda tf: tf.constant(["a", "b"], shape=[2, 1]),
    "converted": lambda tf: tf.convert_to_tensor(["a", "bc"]),
    "passed on": lambda tf: tf.convert_to_tensor(tf.constant(["a"])),
    "is tensor": lambda tf: tf.is_tensor(tf.constant("a")),
    "equal": lambda tf: tf.constant(["a", "b"]) == "a",
    "unequal": lambda tf: tf.constant(["a", "b"]) != tf.constant("a"),
    "item": lambda tf: tf.constant(["a", "b"])[1],
    "slice": lambda tf: tf.constant(["a", "b", "c"])[::-2],
    "text": lambda tf: str(tf.constant(["a"])),
    "added": lambda tf: tf.constant(["a"]) + "b",
    "dtype": lambda tf: (tf.constant("a").dtype.name, tf.constant(["a"]).shape.as_list()),
    "join": lambda tf: tf.strings.join([["a", "b"], "x"], "-"),
    "join nothing": lambda tf: tf.strings.join([]),
    "format": lambda tf: tf.strings.format("{} and {}", (tf.constant([1.5, 2.0]), tf.constant(["a", "b"]))),
    "format long": lambda tf: tf.strings.format("n %", tf.range(10), "%", 2),
    "as string": lambda tf: tf.strings.as_string([1, -2]),
    "as string of bools": lambda tf: tf.strings.as_string([True, False]),
    "as string of floats": lambda tf: tf.strings.as_string([1.5, float("nan"), float("inf")]),
    "as string precise": lambda tf: tf.strings.as_string([1.5], precision=2),
    "as string scientific": lambda tf: tf.strings.as_string([1.5], scientific=True),
    "as string shortest": lambda tf: tf.strings.as_string([1.5, 1e20], shortest=True),
    "as string wide": lambda tf: tf.strings.as_string([1, 23], width=4, fill="0"),
    "as string of text": lambda tf: tf.strings.as_string(["a"]),
    "length": lambda tf: tf.strings.length([ACCENTED, ""]),
    "characters": lambda tf: tf.strings.length(ACCENTED, "UTF8_CHAR"),
    "lower": lambda tf: tf.strings.lower(["AB", ACCENTED]),
    "lower utf-8": lambda tf: tf.strings.lower(ACCENTED, "utf-8"),
    "upper": lambda tf: tf.strings.upper([["ab"]]),
    "strip": lambda tf: tf.strings.strip([" a\n", "b"]),
    "replace": lambda tf: tf.strings.regex_replace("abab", "(a)(b)", r"\2\1"),
    "replace first": lambda tf: tf.strings.regex_replace(["abab"], "a", "x", replace_global=False),
    "replace by match": lambda tf: tf.strings.regex_replace("ab", "b", r"[\0]"),
    "match": lambda tf: tf.strings.regex_full_match(["a", "bc"], "b."),
    "number": lambda tf: tf.strings.to_number(["1", " 2.5 ", "1e3"]),
    "whole number": lambda tf: tf.strings.to_number("12", tf.int64),
    # Errors
    "no number": lambda tf: tf.constant("a", tf.int32),
    "no text": lambda tf: tf.constant(1, tf.string),
    "mixed": lambda tf: tf.constant(["a", 1]),
    "not rectangular": lambda tf: tf.constant([["a"], ["b", "c"]]),
    "unfit shape": lambda tf: tf.constant(["a", "b"], shape=[3]),
    "lower of numbers": lambda tf: tf.strings.lower(1),
    "join of other shapes": lambda tf: tf.strings.join([["a", "b"], ["x"]]),
    "no such number": lambda tf: tf.strings.to_number(["x"]),
    "no whole number": lambda tf: tf.strings.to_number("1.5", tf.int32),
    "no dtype of numbers": lambda tf: tf.strings.to_number("1", tf.bool),
    "too few": lambda tf: tf.strings.format("{} {}", tf.constant("a")),
    "precision": lambda tf: tf.strings.as_string([1], precision=2),
    "encoding": lambda tf: tf.strings.lower("a", "x"),
    "pattern": lambda tf: tf.strings.regex_replace("a", "(", "x"),
    "unit": lambda tf: tf.strings.length("a", "X"),
}


def told(tf, program):
    """A program's result, or the type of its error and the beginning of the message."""
    try:
        result = program(tf)
    except Exception as error:  # the exceptions are compared
        text = str(error).split("}} ")[-1].split("\n")[0].split(" [Op:")[0].split(" \t; ")[0]
        return type(error).__name__, text[:36]
    return repr(result) if not isinstance(result, str) else result


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_agree(name):
    assert told(gradtape, PROGRAMS[name]) == told(tensorflow, PROGRAMS[name])


def test_printing_agrees(capfd):
    printed = []
    for tf in (tensorflow, gradtape):
        s = tf.constant(["a", "bc"])
        tf.print(s, "x", s[0], {"k": [s[1]]}, output_stream=sys.stdout)
        sys.stdout.flush()
        printed.append(capfd.readouterr().out)
    assert printed[0] == printed[1] != ""


def test_functions_of_numbers_refuse_text():
    text = gradtape.constant(["a"])
    for function in (gradtape.exp, gradtape.reduce_sum, gradtape.sort):
        with pytest.raises(gradtape.errors.InvalidArgumentError, match="'T' of string is not in the list"):
            function(text)


def test_functions_with_text_run_eagerly_when_compiled():
    @gradtape.function
    def greet(name, x):
        return gradtape.strings.join(["to ", name]), x * 2.0

    for name in ("a", "b"):
        text, number = greet(gradtape.constant(name), gradtape.constant(1.0))
        assert text.numpy() == b"to " + name.encode() and number.numpy() == 2.0
