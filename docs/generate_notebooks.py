"""Writes the notebooks among the examples: programs whose cells begin with `# %%`, with their output.

Needs nbclient and ipykernel, which are in the extra `docs`.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode, v4

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = ("breast_cancer", "tutorials_explained")


def cells(text: str) -> list[NotebookNode]:
    """The cells of a program; its docstring, before the first mark, is not a cell."""
    found = []
    for part in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        kind, _, source = part.partition("\n")
        if kind.strip() == "[markdown]":
            found.append(v4.new_markdown_cell(re.sub(r"^# ?", "", source.strip(), flags=re.MULTILINE)))
        else:
            found.append(v4.new_code_cell(source.strip()))
    for place, cell in enumerate(found):
        cell["id"] = f"cell-{place}"
    return found


def notebook(name: str) -> NotebookNode:
    made = v4.new_notebook(cells=cells((EXAMPLES / f"{name}.py").read_text("utf-8")))
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


def main() -> None:
    for name in NAMES:
        made = notebook(name)
        NotebookClient(made, resources={"metadata": {"path": str(EXAMPLES)}}).execute()
        for cell in made.cells:
            cell.metadata.pop("execution", None)  # when it ran
            if cell.cell_type == "code":
                # Progress bars are useless in stored output.
                cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        made.metadata.pop("language_info", None)
        nbformat.write(made, EXAMPLES / f"{name}.ipynb")
        (EXAMPLES / f"{name}.svg").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
