"""The examples with pictures: each runs in its short form, and some in full, with the documented results.

The tutorials among the examples are in test_tutorials.py.
"""

import json
import os
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from forked import Interpreter

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(path for path in (ROOT / "examples").glob("[a-z]*.py") if path.stem != "pictures")
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
LARGEST_PICTURE = 60_000  # bytes


@pytest.fixture(scope="module")
def interpreter():
    """A child interpreter with the examples' imports."""
    modules = ("gradtape", "figure", "scipy.optimize", "sklearn.datasets", "sklearn.model_selection", "tqdm")
    found = Interpreter(*modules, MPLBACKEND="agg")
    yield found
    found.close()


@pytest.fixture
def run(interpreter, tmp_path):
    """An example's output, run in its own folder and process."""

    def run(path, *arguments):
        done = interpreter.run([str(path), *arguments], tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Warning" not in done.stderr
        return done.stdout

    return run


def assert_is_picture(path):
    assert ET.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert path.stat().st_size < LARGEST_PICTURE


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_short(path, run, tmp_path):
    printed = run(path, "--short")
    assert not re.search(r"\bnan\b", printed)
    assert_is_picture(tmp_path / f"{path.stem}.svg")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_of_their_programs(path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    from generate_notebooks import notebook

    held = json.loads(path.read_text("utf-8"))["cells"]
    sources = [(cell["cell_type"], "".join(cell["source"])) for cell in held]
    assert sources == [(cell.cell_type, cell.source) for cell in notebook(path.stem).cells], (
        "python docs/generate_notebooks.py"
    )
    outputs = [output for cell in held for output in cell.get("outputs", ())]
    assert outputs and not [output for output in outputs if output["output_type"] == "error"]
    assert path.stat().st_size < 100_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path, tmp_path, monkeypatch):
    """Each cell, in its own kernel, has the output stored in the file: text, pages and pictures."""
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, [path.parent, *sys.path])))
    held = nbformat.read(path, as_version=4)
    seen = nbformat.read(path, as_version=4)
    NotebookClient(seen, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()

    def kinds(notebook):
        outputs = [[one for one in cell.get("outputs", ()) if one.get("name") != "stderr"] for cell in notebook.cells]
        return [[sorted(one.get("data", {"text": 0})) for one in shown] for shown in outputs]

    assert kinds(seen) == kinds(held)
    assert_is_picture(tmp_path / f"{path.stem}.svg")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_picture_that_the_documentation_shows(path):
    assert_is_picture(ROOT / "docs" / "pictures" / f"{path.stem}.svg")


@pytest.mark.parametrize(
    "name,promised", [("breast_cancer", 0.94), ("digits_perceptron", 0.97), ("digits_convolution", 0.985)]
)
def test_accuracy(name, promised, run):
    printed = run(ROOT / "examples" / f"{name}.py")
    assert float(re.search(r"test accuracy: (\S+)", printed)[1]) >= promised


def test_burgers_equation(run):
    printed = run(ROOT / "examples" / "burgers_equation.py")
    assert float(re.search(r"known solution: (\S+)", printed)[1]) < 1e-2


def test_lbfgs(run):
    printed = run(ROOT / "examples" / "lbfgs.py")
    (loss, steps), (plain, many) = re.findall(r"loss (\S+) after (\d+) steps", printed)
    assert float(loss) <= float(plain)
    assert 30 * int(steps) < int(many)
    fitted, true = re.findall(r"(?:fitted|true): +\[(.*)\]", printed)
    np.testing.assert_allclose(np.fromstring(fitted, sep=" "), np.fromstring(true, sep=" "), atol=0.1)


def test_hamiltonian_monte_carlo(run):
    printed = run(ROOT / "examples" / "hamiltonian_monte_carlo.py")
    pairs = np.array(re.findall(r"= (\S+) \(known: (\S+)\)", printed), float)
    assert len(pairs) == 4
    np.testing.assert_allclose(pairs[:, 0], pairs[:, 1], atol=0.2)


def test_laplace_approximation(run):
    """The posterior's mode and the width there, computed again by SciPy."""
    from scipy.optimize import minimize

    dose, deaths = np.array([-0.86, -0.30, -0.05, 0.73]), np.array([0, 1, 3, 5])

    def energy(parameters):
        logits = parameters[0] + parameters[1] * dose
        return np.sum(5 * np.logaddexp(0, logits) - deaths * logits) + 0.5 * np.sum((parameters / [2, 10]) ** 2)

    found = minimize(energy, [0, 0], tol=1e-10)
    printed = run(ROOT / "examples" / "laplace_approximation.py")
    shown = np.array(re.findall(r"[ab] = (\S+) ± ([\d.]+)", printed), float)
    np.testing.assert_allclose(shown[:, 0], found.x, atol=6e-4)
    logits = found.x[0] + found.x[1] * dose
    chances = 1 / (1 + np.exp(-logits))
    rows = np.stack([np.ones(4), dose])
    hessian = (rows * 5 * chances * (1 - chances)) @ rows.T + np.diag(1 / np.array([2, 10]) ** 2)
    np.testing.assert_allclose(shown[:, 1], np.sqrt(np.diag(np.linalg.inv(hessian))), rtol=1e-3)
