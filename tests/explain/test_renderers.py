"""Explanations in every format: well formed, complete, without overlaps."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

import gradtape as tf

SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "br", "hr", "img", "link", "input"}


def small():
    x = tf.Variable([0.5, 2.0])
    c = tf.constant([1.0, 3.0])
    with tf.explain.lines(), tf.GradientTape() as tape:
        y = x * x * x + 3 * x - c
        s = tf.reduce_sum(tf.exp(x) * tf.nn.relu(y) / 7.0)
        return tape.explain(s, x)


def deep(lines):
    """Some two hundred steps."""
    weights = [tf.Variable(np.eye(3, dtype="float32") * 0.02) for _ in range(66)]

    def explained():
        with tf.GradientTape() as tape:
            h = tf.ones((2, 3))
            for w in weights:
                h = h + tf.tanh(h @ w)
            loss = tf.reduce_mean(h)
        return tape.explain(loss, [weights[0], weights[-1]])

    if not lines:
        return explained()
    with tf.explain.lines():
        return explained()


@pytest.fixture(scope="module", params=["small", "deep", "deep with lines"])
def explanation(request):
    return small() if request.param == "small" else deep(request.param == "deep with lines")


def test_text_keeps_the_width(explanation):
    for width in (50, 80, 120):
        lines = explanation.text(width).splitlines()
        assert max(map(len, lines)) <= width
    text = explanation.text(100)
    assert f"{len(explanation.steps)} steps from {explanation.target} back" in " ".join(text.split())
    assert "the sum of" in text or len(explanation.steps) > 20


def test_text_has_the_terminals_width_or_eighty_columns(explanation, monkeypatch):
    for columns, widest in (("", 80), ("60", 60)):
        monkeypatch.setenv("COLUMNS", columns)
        assert max(map(len, str(explanation).splitlines())) <= widest


def test_markdown_has_a_table_per_step(explanation):
    text = explanation.markdown()
    assert text.count("\n### ") == len(explanation.steps) + 1
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")


def test_latex_is_balanced(explanation):
    text = explanation.latex()
    assert text.count("{") == text.count("}")
    assert text.count(r"\left(") == text.count(r"\right)")
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert not re.search("[·∂²³√ᵀ]", text)


def test_latex_is_typeset(explanation):
    """By matplotlib, line by line: it supports LaTeX's formulas, but neither its matrices nor its alignment."""
    from matplotlib.mathtext import MathTextParser

    first, *lines, last = explanation.latex().splitlines()
    assert (first, last) == (r"\begin{aligned}", r"\end{aligned}")
    assert all(line.endswith(r" \\") for line in lines[:-1]) and lines[-1][-2:] != r"\\"
    assert all(line.count("&= ") == 1 for line in lines)
    typeset = MathTextParser("path").parse
    for line in {re.sub(r"\d", "0", line) for line in lines}:  # steps of a loop differ in digits
        formula = line.removesuffix(r" \\").replace("&=", "=").replace(r"\bigg|", "|")
        formula = re.sub(r"\\begin{bmatrix}(.*?)\\end{bmatrix}", _cells, formula)
        assert typeset(f"${formula}$").width > 0


def _cells(matrix):
    """A matrix's cells, one after another."""
    return re.sub(r"\\\\|&", ",", matrix[1])


def boxes(svg):
    root = ElementTree.fromstring(svg)
    found = []
    for rect in root.iter(f"{SVG}rect"):
        if rect.get("class") == "box":
            x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
            found.append((x, y, x + width, y + height))
    return root, found


@pytest.mark.parametrize("fold", [None, False, True])
def test_the_picture_is_legible(explanation, fold):
    root, found = boxes(explanation.svg(fold))
    _, _, width, height = map(float, root.get("viewBox").split())
    for left, top, right, bottom in found:
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
    for i, one in enumerate(found):
        for other in found[:i]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    # The text of a box is inside it.
    for group in root.iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect[@class='box']")
        if rect is not None:
            assert group.find(f"{SVG}title").text
            for text in group.findall(f"{SVG}text"):
                assert float(text.get("x")) + 7.3 * len(text.text) <= float(rect.get("x")) + float(rect.get("width"))
    assert root.get("role") == "img"
    told = root.get("aria-labelledby").split()
    assert [root.find(f"{SVG}title").get("id"), root.find(f"{SVG}desc").get("id")] == told
    assert "prefers-color-scheme: dark" in root.find(f"{SVG}style").text


def test_many_steps_are_folded():
    for lines in (False, True):
        explanation = deep(lines)
        assert len(explanation.steps) > 150
        _, whole = boxes(explanation.svg(fold=False))
        _, folded = boxes(explanation.svg())
        assert len(whole) > 200 and len(folded) <= 72
    # One box per loop iteration, none for its single steps.
    assert len(folded) == 66 + 1 + 2


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in VOID and tag not in ("rect", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in ("rect", "path"):
            return
        assert self.open.pop() == tag


def test_the_page_is_whole(explanation):
    page = explanation.html()
    parser = Balanced()
    parser.feed(page.replace("<!doctype html>", ""))
    assert not parser.open
    tags = [tag for tag, _ in parser.seen]
    assert tags.count("details") >= len(explanation.steps)
    assert tags.count("svg") == 1 and "script" not in tags
    assert not re.search(r"(src|href)=", page)
    assert explanation._repr_html_() in page
    regions = [attributes for _, attributes in parser.seen if attributes.get("role") == "region"]
    assert all(region.get("aria-label") and region.get("tabindex") == "0" for region in regions)


def test_every_step_agrees_with_central_differences(explanation):
    check = explanation.check()
    assert check.passed, str(check)
    # What an ordinary tape need not keep for derivatives: the operands of the first addition.
    reasons = [step.reason for step in check.steps if step.reason]
    assert reasons in ([], ["the tape did not keep an operand"]) and (not reasons or not explanation.steps[0].file)
    assert str(check).count("\n") == len(check.steps)
