"""Docstrings of the public API: each has all its sections, and its example is right."""

from __future__ import annotations

import ast
import builtins
import doctest
import enum
import fnmatch
import inspect
import math
import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradtape
from cases import cases, namespace_of
from dataset_files import WRITERS
from gradtape._src.keras import serialization
from gradtape._src.table.elementwise import ROWS
from public import callables, is_ours, members

CALLABLES = callables()
CLASSES = {name: thing for name, thing in CALLABLES.items() if inspect.isclass(thing)}
# Inherited members are tested once, where they are first found.
MEMBERS = {
    id(found): (f"{name}.{member}", getattr(cls, member), found)
    for name, cls in reversed(CLASSES.items())
    if is_ours(cls)
    for member, found in members(cls).items()
}
METHODS = {name: method for name, method, _ in MEMBERS.values() if inspect.isroutine(method)}
PROPERTIES = {
    name: found
    for name, _, found in MEMBERS.values()
    if isinstance(found, property) or inspect.isgetsetdescriptor(found)
}
EVERYTHING = {**CALLABLES, **METHODS}
# Compiled methods that return nothing, which their signatures cannot declare.
SILENT = {"GradientTape.reset", "GradientTape.watch", "Tensor.set_shape", "keras.Optimizer.update_step"}


def sections(text: str) -> dict[str, str]:
    """The text before the first heading under "", and that of each heading."""
    parts = re.split(r"^(Args|Attributes|Returns|Raises|Example):\n", text, flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def documentation(thing: Any) -> dict[str, str]:
    return sections(inspect.getdoc(thing) or "")


def repeats(name: str) -> bool:
    """Whether a method implements what a base's docstring documents in full, so that a sentence suffices."""
    owner, _, member = name.rpartition(".")
    bases = CLASSES[owner].__mro__[1:] if owner in CLASSES else ()
    return any(len(documentation(vars(base)[member])) > 1 for base in bases if is_ours(base) and member in vars(base))


def signature(thing: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(thing)
    except ValueError:
        return None


def parameters(thing: Callable[..., Any]) -> set[str] | None:
    """The names of its parameters; None for compiled constructors, which do not expose them."""
    if inspect.isclass(thing):
        if issubclass(thing, enum.Enum):
            return set()
        if isinstance(thing.__init__, type(object.__init__)) and thing.__init__ is not object.__init__:
            return None
    found = signature(thing)
    return None if found is None else set(found.parameters) - {"self", "cls"}


def listed(arguments: str) -> set[str]:
    """The names that an Args section explains; an entry may have several."""
    entries = re.findall(r"^  ([*\w][*\w, ]*):", arguments, flags=re.MULTILINE)
    return {name.strip(" *") for entry in entries for name in entry.split(",")}


@cases("name", sorted(EVERYTHING), group=namespace_of)
def test_summary_arguments_returns_and_example(name: str) -> None:
    thing = EVERYTHING[name]
    told = documentation(thing)
    summary = " ".join(told[""].split("\n\n")[0].split())
    assert summary and summary[0] != ":", "no summary"
    assert summary.endswith("."), summary
    if repeats(name):
        return
    expected = parameters(thing)
    if expected is not None:
        assert listed(told.get("Args", "")) == expected
    if ": always" in told.get("Raises", ""):
        return
    found = signature(thing)
    nothing = found is not None and found.return_annotation in (None, "None")
    if not inspect.isclass(thing) and not nothing and name not in SILENT:
        assert told.get("Returns", "").strip().endswith("."), "does not say what it returns"
    assert ">>>" in told.get("Example", ""), "no example"


def unread(function: Callable[..., Any]) -> set[str]:
    """Parameters that a function's body never uses, although its docstring gives them a meaning."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    if not isinstance(tree, ast.FunctionDef) or ast.get_docstring(tree) is None:
        return set()
    body = tree.body[1:]
    named = {node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    if not body:  # it stands for a compiled function
        return set()
    without = re.findall(
        r"^  ([\w, ]+): (?=[^:]*?(?:not used|nothing|not read))", documentation(function).get("Args", ""), re.M
    )
    parameters = {argument.arg for argument in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)}
    return parameters - named - {name for names in without for name in names.split(", ")}


OPS = [
    name
    for name, thing in CALLABLES.items()
    if inspect.isfunction(thing) and "._src.ops." in inspect.getmodule(thing).__name__
]


def test_what_has_a_meaning_is_read() -> None:
    assert len(OPS) > 100
    assert {name: found for name in OPS if (found := unread(inspect.unwrap(CALLABLES[name])))} == {}


@cases("name", sorted(EVERYTHING))
def test_what_is_raised_are_exceptions(name: str) -> None:
    entries = re.findall(r"^  (\S.*?):", documentation(EVERYTHING[name]).get("Raises", ""), flags=re.MULTILINE)
    for kind in (kind for entry in entries for kind in entry.split(", ")):
        found = getattr(builtins, kind, None) or getattr(gradtape.errors, kind)
        assert issubclass(found, Exception)


# Patterns of the names of what raises nothing, whatever its arguments are.
UNFAILING = (
    "GradientTape",
    "IndexedSlices",
    "autograph.*",
    "compat.v1.train.*",
    "config.*_run_functions_eagerly",
    "config.LogicalDevice",
    "config.LogicalDeviceConfiguration",
    "config.PhysicalDevice",
    "config.experimental.enable_tensor_float_32_execution",
    "config.experimental.set_synchronous_execution",
    "config.get_visible_devices",
    "config.list_*_devices",
    "config.optimizer.set_jit",
    "config.set_soft_device_placement",
    "control_dependencies",
    "data.NumpyIterator",
    "data.experimental.Optional",
    "data.experimental.copy_to_device",
    "data.experimental.ignore_errors",
    "debugging.enable_check_numerics",
    "debugging.is_numeric_tensor",
    "debugging.set_log_device_placement",
    "distribute.DistributedDataset",
    "distribute.InputContext",
    "distribute.InputOptions",
    "distribute.OneDeviceStrategy",
    "distribute.ReplicaContext",
    "distribute.RunOptions",
    "distribute.experimental.ValueContext",
    "distributed.callbacks.*",
    "errors.*",
    "experimental.numpy.isscalar",
    "get_static_value",
    "interop.sklearn.*",
    "io.FixedLen*Feature",
    "io.VarLenFeature",
    "is_symbolic_tensor",
    "is_tensor",
    "keras.activations.linear",
    "keras.backend.clear_session",
    "keras.backend.eval",
    "keras.backend.get_value",
    "keras.backend.is_keras_tensor",
    "keras.backend.is_sparse",
    "keras.backend.set_epsilon",
    "keras.backend.to_dense",
    "keras.ops.is_tensor",
    "keras.tree.is_nested",
    "keras.utils.pack_x_y_sample_weight",
    "nest.is_nested",
    "no_op",
    "random.set_global_generator",
    "saved_model.LoadOptions",
    "summary.experimental.set_step",
    "summary.record_if",
    "summary.trace_on",
    "test.is_gpu_available",
    "timestamp",
    "train.CheckpointOptions",
    "train.ExponentialMovingAverage",
)


def test_what_takes_arguments_says_what_it_raises() -> None:
    takers = [name for name, thing in CALLABLES.items() if parameters(thing) != set()]
    silent = {name for name in takers if "Raises" not in documentation(CALLABLES[name])}
    unfailing = {pattern: set(fnmatch.filter(takers, pattern)) for pattern in UNFAILING}
    assert list(UNFAILING) == sorted(UNFAILING)
    assert all(unfailing.values()), "a pattern matches nothing"
    assert silent == set().union(*unfailing.values())


@cases("name", sorted(PROPERTIES))
def test_properties_have_a_sentence(name: str) -> None:
    assert (inspect.getdoc(PROPERTIES[name]) or "").split("\n\n")[0].endswith(".")


@contextmanager
def switches() -> Iterator[None]:
    """Restores what examples of switches change."""
    level, threads = gradtape.get_logger().level, gradtape.config.threading.get_num_threads()
    safe = serialization.in_safe_mode()
    try:
        yield
    finally:
        serialization._scopes.safe = safe
        gradtape.get_logger().setLevel(level)
        gradtape.config.threading.set_num_threads(threads)


def put_data_set(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of the data set that an example loads, which cannot be downloaded everywhere, under any hash."""
    found = re.match(r"keras\.datasets\.(\w+)\.", name)
    if found:
        from gradtape._src.keras.utils import files

        monkeypatch.setenv("KERAS_HOME", str(folder))
        monkeypatch.setattr(files, "_hash", lambda path, file_hash, algorithm: file_hash)
        (folder / "datasets").mkdir()
        WRITERS[found[1]](folder / "datasets")


@pytest.mark.filterwarnings("ignore:Could not extract")
@cases("name", sorted(EVERYTHING), group=namespace_of)
def test_example(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    text = documentation(EVERYTHING[name]).get("Example", "")
    example = doctest.DocTestParser().get_doctest(text, {"tf": gradtape, "np": np}, name, None, 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    with pytest.MonkeyPatch.context() as monkeypatch, switches():
        put_data_set(name, folder, monkeypatch)
        monkeypatch.chdir(folder)
        runner.run(example, out=report.append)
    assert not report, "".join(report)


STATED = [(row, place) for row in ROWS for place, slope in enumerate(row.slopes) if row.domain and slope]


@cases("row,place", STATED, ids=lambda case: f"{case[0].name}-{case[0].arguments[case[1]]}")
def test_stated_derivatives_are_what_the_tape_gives(row: Any, place: int) -> None:
    """The formulas of the elementwise table that docstrings show, at points of the row's domain."""
    generator = np.random.default_rng(0)
    operands = [gradtape.constant(generator.uniform(low, high, 50)) for low, high in row.domain]
    spaces = {**vars(gradtape.nn), **vars(gradtape.math), **vars(gradtape)}
    function = spaces[row.name]
    with gradtape.GradientTape() as tape:
        tape.watch(operands)
        result = function(*operands)
    found = tape.gradient(result, operands[place])
    names = {**spaces, "pi": math.pi, **dict(zip(row.arguments, operands, strict=True))}
    stated = np.broadcast_to(np.asarray(eval(row.slopes[place], names), np.float64), found.shape)
    np.testing.assert_allclose(found.numpy(), stated, rtol=1e-9, atol=1e-12)


def test_rows_that_have_derivatives_state_them() -> None:
    for row in ROWS:
        if row.example[0]:
            assert len(row.slopes) == (len(row.arguments) if row.domain or row.slopes else 0), row.name
            assert row.doc.endswith("."), row.name
