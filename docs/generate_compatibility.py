"""Writes docs/compatibility.md from the tables of operations and the tests; with --print, to standard output instead.

The tests are read, not run: a name counts as tested by the files that use it.
"""

from __future__ import annotations

import ast
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generate_operations import heading, line

import gradtape
from gradtape import errors, optimizers
from gradtape._src.autodiff import functional
from gradtape._src.core import left_out
from gradtape._src.optimizers import rows as optimizer_rows
from gradtape._src.table import rows as table
from gradtape._src.table.elementwise import ROWS

TESTS = Path(__file__).parents[1] / "tests"
NAMED = 3  # files at most that are said to test a name
IN_TABLE = ("test_table.py", "parity/test_table.py")
IN_ELEMENTWISE = ("parity/test_elementwise.py",)

HEAD = """# Compatibility

Written by `python docs/generate_compatibility.py` from the tables that gradtape is made of and from its tests, which
`python -m pytest tests` runs. Tests under `parity/` run the same program under TensorFlow 2.21 and gradtape and compare
results, printed text, exceptions and their messages. What is not listed here is not there, and says so when asked, but
for second names of what is listed (`tf.optimizers` is `tf.keras.optimizers`), `tf.Tensor` and `tf.config.threading`.

"""

# What the tests of the tape promise, by file.
PROMISES = {
    "Tapes": ("test_tape.py", "test_dataclasses.py", "test_higher_order.py", "test_variable.py"),
    "Jacobians": ("test_jacobian.py",),
    "Stated gradients": ("test_custom_gradient.py",),
    "Forward accumulation": ("test_forward.py",),
    "Sparse gradients": ("test_indexed_slices.py",),
    "Functions to functions": ("test_functional.py",),
    "Memory": ("test_memory.py",),
    "Threads": ("test_threads.py", "test_threads_pool.py"),
}

# Members of classes that TensorFlow has not.
OWN = ("GradientTape.diagnose", "GradientTape.explain")


def public(place: Any, prefix: str, names: Any = None) -> Iterator[tuple[str, Any]]:
    """Public names of a module or class with their values, under a prefix."""
    for name in names or dir(place):
        value = getattr(place, name)
        if not name.startswith("_") and not isinstance(value, type(sys)):
            yield prefix + name, value


def untabled() -> Iterator[tuple[str, Any]]:
    """What TensorFlow has too and no table holds: names relative to `tf`, and values."""
    own = {name for name, value in vars(functional).items() if getattr(value, "__module__", "") == functional.__name__}
    own |= {"Tensor", "install_as_tensorflow"}
    yield from ((name, value) for name, value in public(gradtape, "") if name not in own)
    yield from public(gradtape.nn, "nn.", ("max_pool_with_argmax",))
    yield from public(gradtape.autodiff, "autodiff.")
    yield from public(gradtape.debugging, "debugging.")
    yield from public(gradtape.audio, "audio.")
    yield from public(gradtape.compat.v1.train, "compat.v1.train.")
    yield from public(gradtape.image, "image.")
    yield from public(gradtape.nest, "nest.")
    yield from public(gradtape.random, "random.")
    yield from public(gradtape.data, "data.")
    yield from public(gradtape.data.experimental, "data.experimental.")
    yield from public(gradtape.experimental.dlpack, "experimental.dlpack.")
    yield from public(gradtape.experimental.numpy, "experimental.numpy.")
    yield from public(gradtape.experimental.numpy.random, "experimental.numpy.random.")
    yield from public(gradtape.lookup, "lookup.")
    yield from public(gradtape.lookup.experimental, "lookup.experimental.")
    yield from public(gradtape.io, "io.")
    yield from public(gradtape.io.gfile, "io.gfile.")
    yield from public(gradtape.train, "train.")
    yield from public(gradtape.distribute, "distribute.")
    yield from public(gradtape.distribute.experimental, "distribute.experimental.")
    yield from public(gradtape.saved_model, "saved_model.")
    yield from public(gradtape.strings, "strings.")
    yield from public(gradtape.summary, "summary.")
    yield from public(gradtape.summary.experimental, "summary.experimental.")
    yield from public(gradtape.test, "test.", ("TestCase", "compute_gradient", "is_cpu_target_available", "main"))
    yield from public(optimizers, "keras.optimizers.")
    yield from public(optimizers.schedules, "keras.optimizers.schedules.")
    for name, value in public(errors, "errors."):
        if isinstance(value, type) and issubclass(value, errors.OpError):
            yield name, value
    for kind, prefix in (
        (gradtape.GradientTape, ""),
        (gradtape.autodiff.ForwardAccumulator, "autodiff."),
        (gradtape.data.Dataset, "data."),
        (gradtape.TensorSpec, ""),
    ):
        for name, value in public(kind, f"{prefix}{kind.__name__}."):
            if name not in OWN:
                yield name, value
    yield from public(gradtape.data.Iterator, "data.Iterator.", ("element_spec", "get_next", "get_next_as_optional"))


def names() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Every name with what is to be said of it and the files that test it."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for row in table.rows():
        for name in row.tensorflow:
            found[name] = (f"derivatives of {row.orders} order; {row.dtypes}", IN_TABLE)
            if row.orders == "0":
                found[name] = (f"no derivative; {row.dtypes}", IN_TABLE)
            if row.notes:
                found[name] = (f"{found[name][0]}; {row.notes}", IN_TABLE)
    for entry in ROWS:
        for name in entry.tensorflow:
            derivatives = "derivatives of any order" if entry.domain else "no derivative"
            dtypes = entry.dtypes
            found[name] = (f"{derivatives}; {dtypes}", IN_ELEMENTWISE)
    texts = {str(path.relative_to(TESTS)): path.read_text() for path in sorted(TESTS.rglob("test_*.py"))}
    for name, value in untabled():
        if name in found:
            continue
        *_, kind, member = ("", *name.split("."))
        used = (
            rf"[\w)]\.{member}\b"
            if kind[:1].isupper()
            else rf"\b(?:tf|gradtape|{kind or 'tf'})\.{member}\b|\"{member}\""
        )
        # Few texts have the word so at all, and finding that out takes a hundredth of the time.
        words = (f".{member}", f'"{member}"')
        uses = (path for path, text in texts.items() if any(w in text for w in words) and re.search(used, text))
        files = list(itertools.islice(uses, NAMED))
        if kind == "errors":
            files = ["test_errors.py", "parity/test_foundation.py"]
        if name.startswith("experimental.numpy."):  # whose tests go through calls of drawing_numpy.py
            files = ["test_experimental_numpy.py", "parity/test_experimental_numpy.py"]
        if value in optimizer_rows.ROWS:  # whose tests go through the rows
            files = ["parity/test_optimizers.py", "test_optimizers.py"]
        what = "class" if isinstance(value, type) else "function" if callable(value) else "value"
        if kind[:1].isupper():
            what = "method" if callable(value) else "attribute"
        found[name] = (what, tuple(files))
    return found


def sentences(file: str) -> Iterator[str]:
    """What the tests of a file say that they test: their names as words, and the first line of their docstrings."""
    for node in ast.parse((TESTS / file).read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            words = node.name.removeprefix("test_").replace("_", " ")
            doc = (ast.get_docstring(node) or "").split("\n")[0]
            yield f"- {words}" + (f": {doc}" if doc else "") + f" (`{file}`)\n"


def compared(file: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The programs of a parity module as they are shown, and its lists of differences with their reasons."""
    programs: dict[str, str] = {}
    constants: dict[str, Any] = {}
    differences: dict[str, dict[str, str]] = {"WORDED": {}, "DELIBERATE": {}}

    def reason(node: ast.expr) -> str:
        if isinstance(node, ast.Tuple):
            return reason(node.elts[0])
        return constants[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)

    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef) and any(getattr(d, "id", "") == "program" for d in node.decorator_list):
            programs[node.name] = node.name.replace("_", " ")
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if not isinstance(target, ast.Name):
                continue
            if isinstance(node.value, ast.Constant):
                constants[target.id] = node.value.value
            elif isinstance(node.value, ast.Dict) and target.id in differences:
                pairs = zip(node.value.keys, node.value.values, strict=True)
                differences[target.id] = {ast.literal_eval(key): reason(value) for key, value in pairs if key}
    for group in ("CONTROL", "GRADIENT", "JACOBIAN"):
        programs |= {text: f"`{text}`" for text in constants.get(group, "").strip().splitlines()}
    return programs, differences


def keras() -> str:
    """What each namespace of tf.keras holds, and which of its names are there."""
    text = "\n## tf.keras\n\nEvery public name of Keras 3, by namespace.\n\n" + heading(
        "namespace", "there", "not there"
    )
    for row in (Path(__file__).with_name("keras_names.txt")).read_text().splitlines():
        if row.startswith("#") or not row:
            continue
        place, _, members = row.partition(": ")
        module = gradtape.keras
        for part in place.strip(".").split(".") if place != "." else ():
            module = getattr(module, part, None)
        there = [name for name in members.split() if module is not None and hasattr(module, name)]
        missing_names = [name for name in members.split() if name not in there]
        whole = "tf.keras" if place == "." else f"tf.keras.{place}"
        told = left_out.KERAS.get(place)
        absent = ", ".join(f"`{name}`" for name in missing_names)
        absent = f"all {len(missing_names)}: {told}" if told and not there else absent
        text += line(f"`{whole}`", ", ".join(f"`{name}`" for name in there), absent)
    text += "\n### Differences from Keras on purpose\n\n" + heading("name", "difference")
    for file in sorted((TESTS / "keras").glob("test_*.py")):
        _, differences = compared(file)
        text += "".join(line(f"`tf.keras.{name}`", why) for name, why in differences["DELIBERATE"].items())
    return text


def page() -> str:
    """The whole document."""
    text = HEAD + "## Names\n\n" + heading("TensorFlow", "supported", "tested by")
    for name, (what, files) in sorted(names().items(), key=lambda item: item[0].lower()):
        text += line(f"`tf.{name}`", f"yes: {what}" if files else "no test", ", ".join(f"`{file}`" for file in files))
    text += "\n## Names left out\n\n" + heading("TensorFlow", "instead")
    for name, instead in left_out.TENSORFLOW.items():
        text += line(f"`tf.{name}`", instead)
    for name, instead in left_out.KERAS.items():
        text += line(f"`tf.keras.{name}`", instead)
    text += keras()
    text += "\n## Promises of the tape\n\nEach line is a test.\n"
    for title, files in PROMISES.items():
        text += f"\n### {title}\n\n" + "".join(sentence for file in files for sentence in sentences(file))
    text += "\n## Programs that come out as under TensorFlow\n\nEach is run by both.\n"
    worded, deliberate = "", ""
    for file in sorted((TESTS / "parity").glob("test_*.py")):
        programs, differences = compared(file)
        other = {**differences["DELIBERATE"], **differences["WORDED"]}
        if programs:
            text += f"\n### `parity/{file.name}`\n\n"
        text += "".join(f"- {shown}\n" for name, shown in programs.items() if name not in other)
        worded += "".join(line(f"`{name}`", why) for name, why in differences["WORDED"].items())
        deliberate += "".join(line(f"`{name}`", why) for name, why in differences["DELIBERATE"].items())
    text += "\n## Differences on purpose\n\n" + heading("program", "difference") + deliberate
    text += "\nThese raise the same exception as TensorFlow, in other words:\n\n" + heading("program", "difference")
    text += worded
    return text


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.write(page())
    else:
        Path(__file__).with_name("compatibility.md").write_text(page())
