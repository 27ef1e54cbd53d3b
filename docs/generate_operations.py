"""Writes docs/operations.md from the tables of operations; with --print, to standard output instead."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from gradtape._src.table import rows as table
from gradtape._src.table.elementwise import ROWS

HEAD = """# Operations

Written by `python docs/generate_operations.py` from the tables that the package and its tests are made of. Names are
TensorFlow's and live at the same places in gradtape. Dtypes are those of the first tensor that a function takes. Under
derivatives, "any" means that those of every order exist, a number that those up to this order do; the notes say where
an operand has none.

"""


def line(*cells: str) -> str:
    return "| " + " | ".join(plain(cell).replace("|", "\\|") for cell in cells) + " |\n"


def plain(text: str) -> str:
    """Docstring text as Markdown: without roles, and with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r":\w+:`~?([^`]*)`", r"`\1`", text))


def heading(*cells: str) -> str:
    return line(*cells) + line(*["---"] * len(cells))


def page() -> str:
    """The whole document."""
    text = HEAD + "## Functions\n\n" + heading("name", "TensorFlow", "dtypes", "derivatives", "meaning", "notes")
    for row in sorted(table.rows(), key=lambda row: (row.name, row.tensorflow)):
        names = ", ".join(f"`tf.{name}`" for name in row.tensorflow)
        text += line(f"`{row.name}`", names, row.dtypes, row.orders, row.doc, row.notes)
    text += "\n## Elementwise\n\n" + heading("name", "TensorFlow", "dtypes", "derivatives", "meaning", "notes")
    for entry in sorted(ROWS, key=lambda entry: entry.name):
        if entry.tensorflow:
            names = ", ".join(f"`tf.{name}`" for name in entry.tensorflow)
            orders = table.ANY if entry.domain else "0"
            dtypes = entry.dtypes
            text += line(f"`{entry.name}`", names, dtypes, orders, entry.doc, entry.why)
    return text


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(page())
    else:
        Path(__file__).with_name("operations.md").write_text(page())
