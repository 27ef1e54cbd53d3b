"""Pages that MkDocs adds to those in this folder: from docstrings, examples, and files elsewhere.

Inline code with a name of gradtape's becomes a link to the reference.
"""

from __future__ import annotations

import ast
import posixpath
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(DOCS))

import generate_reference  # noqa: E402

# Pages that are files elsewhere in the repository.
COPIED = {
    "engine.md": "cython/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changes.md": "CHANGELOG.md",
    "benchmarks/how.md": "benchmarks/README.md",
    "benchmarks/results.md": "benchmarks/RESULTS.md",
}
LINKS = generate_reference.links()
FENCE = re.compile(r"(^ *(`{3,}|~{3,}).*?^ *\2$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(#[^)]*)?\)")
ENTRY = re.compile(r"^(?=<h2 )", re.MULTILINE)
CODE = re.compile(r"(?<![`\[])`(tf(?:\.\w+)+)(\([^`]*\))?`(?![`\]])")

# Headings of examples whose files' names do not determine the capital letters.
HEADINGS = {
    "burgers_equation": "Burgers' equation",
    "character_rnn": "Character RNN",
    "digits_gan": "GAN on digits",
    "digits_vae": "VAE on digits",
    "hamiltonian_monte_carlo": "Hamiltonian Monte Carlo",
    "laplace_approximation": "Laplace approximation",
    "lbfgs": "L-BFGS",
}
SVG = "{http://www.w3.org/2000/svg}"


def examples() -> str:
    """The gallery: every example with a picture, with its docstring, picture and text."""
    parts = [(DOCS / "examples_head.md").read_text("utf-8")]
    for path in sorted((ROOT / "examples").glob("[a-z]*.py")):
        picture = DOCS / "pictures" / f"{path.stem}.svg"
        if not picture.exists():
            continue
        text = path.read_text("utf-8")
        summary, _, rest = (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")
        root = ET.parse(picture).getroot()
        shown = ". ".join(filter(None, (root.findtext(SVG + name) for name in ("title", "desc"))))
        code = "\n".join("    " + line if line else "" for line in text.splitlines())
        parts += [
            f"## {HEADINGS.get(path.stem) or path.stem.replace('_', ' ').capitalize()}",
            " ".join(summary.split()),
            f"![{shown}](pictures/{picture.name})",
            rest,
            f'??? example "`examples/{path.name}`"\n\n    ```python\n{code}\n    ```',
        ]
    return "\n\n".join(part for part in parts if part) + "\n"


def of_repository(text: str, source: str, target: str) -> str:
    """Links of a file of the repository as links between pages; other targets are named without a link."""
    pages = {source: page for page, source in COPIED.items()}

    def replaced(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), found[1]))
        page = path.removeprefix("docs/") if path.startswith("docs/") else pages.get(path)
        if page is None:
            raise ValueError(f"{source} links to {path}, which is no page")
        return f"]({posixpath.relpath(page, posixpath.dirname(target) or '.')}{found[2] or ''})"

    return LINK.sub(replaced, text)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for name, text in generate_reference.pages().items():
        files.append(File.generated(config, f"reference/{name}", content=text))
    for target, source in COPIED.items():
        text = of_repository((ROOT / source).read_text("utf-8"), source, target)
        files.append(File.generated(config, target, content=text))
    files.append(File.generated(config, "examples.md", content=examples()))
    return files


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The reference's pages in the navigation, where its section is named; submodules are nested."""
    sections: dict[str, list[Any]] = {}
    for title in map(generate_reference.title, generate_reference.modules()):
        sections.setdefault(".".join(title.split(".")[:2]), []).append({title: f"reference/{title}.md"})
    reference = [pages[0] if len(pages) == 1 else {name: pages} for name, pages in sections.items()]
    config.nav = [{"Reference": reference} if entry == "Reference" else entry for entry in config.nav or []]
    return config


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns inline code with a name of gradtape's, except in headings, into a link."""
    here = posixpath.dirname(page.file.src_uri)

    def linked(found: re.Match[str]) -> str:
        if found[1] not in LINKS:
            return found[0]
        return f"[{found[0]}]({posixpath.relpath('reference/' + LINKS[found[1]], here or '.')})"

    parts = FENCE.split(markdown)
    text = []
    for part in parts[::3]:
        lines = part.split("\n")
        text.append("\n".join(line if line.lstrip().startswith("#") else CODE.sub(linked, line) for line in lines))
    return "".join(prose + fence for prose, fence in zip(text, [*parts[1::3], ""], strict=True))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Each entry of the reference in a section of its own, which site.css has browsers lay out by itself."""
    if not page.file.src_uri.startswith("reference/"):
        return html
    head, *entries = ENTRY.split(html)
    return head + "".join(f'<section class="entry">\n{entry.rstrip()}\n</section>\n' for entry in entries)
