"""Every block of code on the pages and in the README runs and prints what is said, and the site is built of them.

Blocks of a page run one after another, as a reader would paste them. What a block prints stands after it as a block of
text, or behind its calls of print as comments.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from forked import Interpreter

ROOT = Path(__file__).parents[1]
GENERATED = {"compatibility.md", "operations.md", "accuracy.md"}
PAGES = [ROOT / "README.md", *sorted(path for path in (ROOT / "docs").rglob("*.md") if path.name not in GENERATED)]
# Pages of the site that are elsewhere in the repository, by docs/hooks.py; that of the examples consists of programs
# that test_examples.py runs, the reference of docstrings that test_docstrings.py runs.
COPIED = [ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "cython/README.md", "benchmarks/README.md")]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name(path):
    return str(path.relative_to(ROOT))


def blocks(path):
    """Language and text of each block of a page."""
    return BLOCK.findall(path.read_text("utf-8"))


def said(text, following):
    """The documented output of a block, in the next block or in comments; None if there is none."""
    if following and following[0] == "text":
        return following[1].splitlines()
    return [line.rsplit("  # ", 1)[1] for line in text.splitlines() if re.match(r" *print\(.*\)  # ", line)]


DRIVER = """
import io, json, sys
from contextlib import redirect_stdout
space, printed = {}, []
for text in json.loads(sys.argv[1]):
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(text, "<block>", "exec"), space)
    printed.append(out.getvalue())
print(json.dumps(printed))
"""


@pytest.fixture(scope="module")
def python():
    found = Interpreter("gradtape")
    yield found
    found.close()


@pytest.mark.parametrize(
    "path", [path for path in PAGES if any(kind == "python" for kind, _ in blocks(path))], ids=name
)
def test_blocks_run_and_print_what_is_said(path, tmp_path, python):
    """In a separate process per page: pages set threads, seeds and switches."""
    found = blocks(path)
    program, expected = [], []
    for i, (kind, text) in enumerate(found):
        if kind == "python":
            program.append(text)
            expected.append(said(text, found[i + 1] if i + 1 < len(found) else None))
    done = python.run(["-c", DRIVER, json.dumps(program)], tmp_path)
    assert done.returncode == 0, done.stderr
    printed = [text.splitlines() for text in json.loads(done.stdout)]
    for text, ours, theirs in zip(program, printed, expected, strict=True):
        assert ours == theirs, text


def test_blocks_are_of_kinds_that_are_run():
    for path in PAGES:
        assert {kind for kind, _ in blocks(path)} <= {"python", "text", "sh"}, path
    for path in COPIED:
        assert {kind for kind, _ in blocks(path)} <= {"text", "sh"}, path


def test_no_page_is_forgotten(monkeypatch):
    """Every page of the site is one of those whose blocks are run, or consists of what is tested elsewhere."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import hooks

    assert {ROOT / path for path in hooks.COPIED.values()} == {*COPIED, ROOT / "benchmarks" / "RESULTS.md"}
    without = [*(ROOT / "docs" / name for name in GENERATED), ROOT / "benchmarks" / "RESULTS.md"]
    assert not [path for path in without if blocks(path)]


COMMANDS = [
    (path, line)
    for path in (*PAGES, *COPIED)
    for kind, text in blocks(path)
    for line in text.replace("\\\n", " ").splitlines()
    if kind == "sh" and not line.startswith("#")
]


@pytest.mark.parametrize("path,line", COMMANDS, ids=lambda value: value if isinstance(value, str) else value.stem)
def test_commands(path, line, tmp_path):
    """gradtape's commands are run; for others the files and names in them are checked."""
    settings = (ROOT / "pyproject.toml").read_text("utf-8").partition("[project.optional-dependencies]")[2]
    extras = set(re.findall(r"^(\w+) = \[", settings.partition("\n[tool.")[0], flags=re.MULTILINE))
    (tmp_path / "program.py").write_text("import tensorflow as tf\nprint(tf.constant(1.0) + 1.0)\n")
    for command in line.split(" && "):
        program, *words = shlex.split(command, comments=True)
        program = program.removeprefix("../peers/bin/")
        if program == "python" and words[:2] == ["-m", "gradtape"]:
            arguments = [str(ROOT / word) if (ROOT / word).is_file() else word for word in words]
            subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, check=True)
        elif program == "pip":
            assert words[0] == "install"
            for word in words[1:]:
                named = set(re.findall(r"[\w-]+", word.partition("[")[2]))
                assert word in ("-e", "-r") or (named <= extras and (ROOT / word.partition("[")[0]).exists()), command
        elif program.startswith("python") and words[0] == "-m":
            assert words[1] in {"venv", "pytest", "benchmarks", "benchmarks.instructions", "tests.robustness"}
            assert words[1] == "venv" or all((ROOT / word).exists() for word in words if "/" in word), command
        elif program == "mkdocs":
            assert words[0] in {"build", "serve"}
        elif program == "python":
            assert (ROOT / words[0]).is_file(), command
        elif program == "pytest":
            assert (ROOT / words[0]).exists(), command
        elif program != ".":
            assert os.access(ROOT / program, os.X_OK), command


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "moving").glob("*.md")), ids=name)
def test_names_in_tables_are_there(path):
    """The replacements in the tables for users of other libraries."""
    import gradtape

    for line in path.read_text("utf-8").splitlines():
        for found in re.findall(r"`(tf(?:\.\w+)+)", line.rpartition(" | ")[2]) if line.startswith("|") else ():
            place = gradtape
            for part in found.split(".")[1:]:
                place = getattr(place, part)


class Page(HTMLParser):
    """The contents of a built page that tests check."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors, self.sources, self.pictures, self.language = [], set(), [], [], None
        self.unnamed = 0  # buttons without a label
        self.button = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        if tag == "html":
            self.language = given.get("lang")
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag in ("script", "img", "iframe") and given.get("src"):
            self.sources.append(given["src"])
        if tag == "link" and given.get("rel") != "canonical":
            self.sources.append(given["href"])
        if tag == "img":
            self.pictures.append(given)
        if tag == "button":
            self.button = " ".join(given.get(key) or "" for key in ("title", "aria-label"))

    def handle_data(self, data):
        if self.button is not None:
            self.button += data

    def handle_endtag(self, tag):
        if tag == "button":
            self.unnamed += not self.button.strip()
            self.button = None


@pytest.fixture(scope="module")
def site(built_site):
    """The pages of the built site."""
    return {path: Page(path.read_text("utf-8")) for path in sorted(built_site.rglob("*.html"))}


def test_links_hold(site):
    for path, page in site.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path}: {link}"
            if parts.fragment and target in site:
                assert unquote(parts.fragment) in site[target].anchors | {"__toc", "__drawer", "__search"}, (
                    f"{path}: {link}"
                )


def test_nothing_is_fetched_from_elsewhere(site):
    for path, page in site.items():
        assert not [source for source in page.sources if urlsplit(source).netloc], path


def test_pictures_say_what_they_show(site):
    shown = 0
    for path, page in site.items():
        for picture in page.pictures:
            assert len(picture.get("alt") or "") > 20, f"{path}: {picture}"
            shown += 1
        assert page.language == "en"
        assert not page.unnamed, path
    assert shown >= 10


def test_every_public_name_is_in_the_reference(site):
    from public import callables

    anchors = set().union(*(page.anchors for path, page in site.items() if path.parent.name == "reference"))
    missing = [f"tf.{name}" for name in callables() if f"tf.{name}" not in anchors]
    assert not missing


def test_search_finds_the_reference(site):
    index = json.loads((next(iter(site)).parent / "search" / "search_index.json").read_text())
    assert any(entry["location"].endswith("#tf.GradientTape") for entry in index["docs"])
