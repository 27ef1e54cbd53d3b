"""The folders of src/gradtape follow the architecture: a layering of folders, and public namespaces that list names."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

from cases import cases
from gradtape._src.core import lazy

PACKAGE = Path(__file__).parents[1] / "src" / "gradtape"
# Lowest first: a folder imports from itself and from those before it.
FOLDERS = (
    "core",
    "table",
    "ops",
    "state",
    "lookup",
    "random",
    "linalg",
    "sparse",
    "signal",
    "nn",
    "image",
    "autodiff",
    "optimizers",
    "train",
    "testing",
    "function",
    "numpy",
    "io",
    "data",
    "distributed",
    "saved_model",
    "keras",
    "explain",
    "interchange",
)
PUBLIC = sorted(path for path in PACKAGE.rglob("*.py") if "_src" not in path.parts and path.name != "__main__.py")


def imports(path: Path) -> list[str]:
    """The gradtape modules that a file imports at module level, or within its functions."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gradtape"):
            found += [node.module] if node.module != "gradtape" else [f"gradtape.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("gradtape")]
    return found


def test_every_folder_has_its_place():
    assert sorted(path.name for path in (PACKAGE / "_src").iterdir() if path.name[:2] != "__") == sorted(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_lower_folders_never_import_higher_ones(folder):
    allowed = FOLDERS[: FOLDERS.index(folder) + 1]
    for path in sorted((PACKAGE / "_src" / folder).rglob("*.py")):
        for module in imports(path):
            if module.startswith("gradtape._src."):
                assert module.split(".")[2] in allowed, f"{path.name} imports {module}"
            else:
                assert module.startswith("gradtape._"), f"{path.name} imports the public {module}"


@cases("path", PUBLIC, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_namespaces_only_name_things(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)]


@cases("path", PUBLIC, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_namespaces_show_nothing_of_how_they_are_made(path):
    """`dir` lists names for users: helpers have an underscore or are deleted."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    namespace = importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    # tf.experimental.numpy has NumPy's dtypes, and tf.types a union, as in TensorFlow.
    homes = {"numpy": "numpy", "types": "typing"}
    own = next((home for part, home in homes.items() if part in parts), "gradtape")
    strange = []
    for name in dir(namespace):
        value = getattr(namespace, name)
        home = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        if not name.startswith("_") and isinstance(home, str) and home.split(".")[0] not in ("gradtape", own):
            strange.append(f"{name} is of {home}")
    assert strange == []


def test_names_that_are_read_later_are_those_that_type_checkers_find():
    branch = next(node for node in ast.parse((PACKAGE / "__init__.py").read_text()).body if isinstance(node, ast.If))
    found = {}
    for node in branch.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gradtape._src."):
            found |= {alias.name: node.module for alias in node.names}
    assert found == lazy._homes


def test_folders_that_are_entered_without_being_read_hold_no_code():
    for package in (PACKAGE / "_engine", PACKAGE / "_src"):
        for path in [package / "__init__.py", *package.glob("*/__init__.py")]:
            body = ast.parse(path.read_text()).body
            assert body == [] or (len(body) == 1 and ast.get_docstring(ast.Module(body, [])) is not None), path


def codes_asked_for() -> dict[str, list[tuple[int, str]]]:
    """The parameters of the engine's functions that select one of several kinds: name and position, by function."""
    found: dict[str, list[tuple[int, str]]] = {}
    for path in (PACKAGE / "_engine").rglob("*.pyi"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                for place, argument in enumerate(node.args.args):
                    if argument.arg in ("kind", "kernel", "code", "op", "attribute"):
                        found.setdefault(node.name, []).append((place, argument.arg))
    return found


def test_kinds_are_asked_for_by_name():
    """Python code does not contain numbers of the engine's enumerations, which readers would not know."""
    asked = codes_asked_for()
    assert (0, "kernel") in asked["apply_reduce"] and (0, "kind") in asked["as_effect"]
    called = re.compile(rf"\b(?:{'|'.join(asked)})\(")
    for path in sorted((PACKAGE / "_src").rglob("*.py")):
        text = path.read_text()
        for node in ast.walk(ast.parse(text)) if called.search(text) else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in asked:
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                for place, name in asked[node.func.id]:
                    value = node.args[place] if place < len(node.args) else given.get(name)
                    number = isinstance(value, ast.Constant) and isinstance(value.value, int)
                    assert not number, f"{path.name}:{node.lineno} gives {node.func.id} a number as {name}"


def test_packed_attributes_are_read_by_the_engine():
    """How compiled primitives pack their attributes into a number is defined in one place: nothing else reads bits."""
    for path in (PACKAGE / "_src" / "ops" / "batch_rules.py", PACKAGE / "_src" / "saved_model" / "ops.py"):
        taken = [
            node.lineno
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift | ast.BitAnd)
        ]
        assert taken == [], path.name
