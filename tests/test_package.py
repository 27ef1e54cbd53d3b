"""The package as it is installed: version, layout, import, the demonstration, and what it says of missing names."""

import os
import pickle
import re
import runpy
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import gradtape as tf
from gradtape._engine.kernels import dispatch

ROOT = Path(__file__).parents[1]
SOURCES = {".pyx", ".pxd", ".pxi", ".h"}


def python(*arguments, **environment):
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, encoding="utf-8", check=True
    ).stdout


def test_version_is_the_distribution_s():
    assert re.fullmatch(r"\d+\.\d+\.\d+", tf.__version__)
    assert tf.__version__ in (ROOT / "CHANGELOG.md").read_text()


def test_the_demonstration():
    lines = python("-m", "gradtape").splitlines()
    assert lines[0].startswith(f"gradtape {tf.__version__} on Python ")
    assert lines[1].startswith(f"kernels: {dispatch.isa()} ")
    assert re.match(r"threads: \d+", lines[2]) and lines[3].startswith("BLAS: ")
    table = [line.split() for line in lines if re.match(r" +\d+ ", line)]
    assert [int(row[0]) for row in table] == list(range(0, 501, 50))
    assert [float(x) for x in table[-1][1:]] == pytest.approx([10.1903, 11.6748, 0.379532], rel=1e-4)
    assert re.fullmatch(r"time per step: \d+\.\d\d µs \(.*\)", lines[-1])


def test_importing_brings_in_numpy_and_nothing_else_that_is_installed():
    code = (
        "import numpy, sys; before = set(sys.modules); import gradtape; "
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    assert set(python("-c", code).split()) <= {"gradtape", "numpy", "cython_runtime"} | {
        name for name in python("-c", code).split() if name.startswith("_cython")
    }


def test_importing_brings_in_nothing_that_takes_long():
    code = "import numpy, sys; before = set(sys.modules); import gradtape; print(*set(sys.modules) - before)"
    slow = {
        "copy",
        "dataclasses",
        "inspect",
        "logging",
        "numpy.typing",
        "subprocess",
        "tempfile",
        "threading",
        "weakref",
    }
    assert not slow & set(python("-c", code).split())


@pytest.mark.parametrize("isa", dispatch.available())
def test_the_kernel_set_can_be_chosen(isa):
    assert (
        python("-c", "from gradtape._engine.kernels.dispatch import isa; print(isa())", GRADTAPE_ISA=isa).strip() == isa
    )


def test_an_unknown_kernel_set_is_refused_by_name():
    with pytest.raises(subprocess.CalledProcessError) as error:
        python("-c", "import gradtape", GRADTAPE_ISA="sse9")
    assert "sse9" in error.value.stderr and "baseline" in error.value.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tf.reduce_summ", "tf.reduce_sum."),
        ("RaggedTensor", "tensors are rectangular"),
        ("tf.math.sofplus", "tf.math.softplus."),
        ("tf.nn.relu7", "tf.nn.relu."),
        ("tf.ragged", "tensors are rectangular"),
        ("tf.keras.applications", "build the model from tf.keras.layers"),
        ("tf.Variable.shade", "no attribute 'shade'"),
        ("tf.square", "tf.square: The square of x."),
    ],
)
def test_the_command_says_what_a_name_is_or_what_to_write_instead(name, said, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["gradtape", name])
    runpy.run_module("gradtape", run_name="__main__", alter_sys=True)
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("module", "name"), [(tf, "reduce_summ"), (tf.nn, "relu7"), (tf.keras, "applications")])
def test_a_missing_name_raises_attribute_error(module, name):
    with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute '{name}'") as error:
        getattr(module, name)
    assert error.value.name == name and error.value.obj is module
    assert not hasattr(module, name)


def test_a_program_that_ends_on_a_missing_name_is_told_the_nearest_one():
    with pytest.raises(subprocess.CalledProcessError) as error:
        python("-c", "import gradtape as tf\ntf.reduce_summ")
    assert "Did you mean: 'reduce_sum'?" in error.value.stderr


def test_names_set_up_once_say_what_to_write_instead():
    with pytest.raises(AttributeError, match=re.escape("tf.keras.layers")):
        getattr(tf.keras, "applications")  # noqa: B009


@pytest.mark.parametrize("module", [tf, tf.math, tf.nn, tf.linalg, tf.random])
def test_python_can_remember_where_in_the_module_a_name_was(module):
    assert len(dir(module)) > 10  # reads what is read later
    assert type(module) is type(sys) and "__getattr__" not in vars(module)


LATER = ("keras", "linalg", "nn", "optimizers", "random", "test")
UNREAD = f"""
import threading, types
import gradtape as tf
assert not any(type(getattr(tf, name)) is types.ModuleType for name in {LATER})
"""


@pytest.mark.parametrize(
    "use",
    [
        "tf.random.normal([2]), tf.nn.relu(1.0), tf.linalg.det([[2.0]]), tf.optimizers.SGD(), tf.keras.Optimizer",
        "assert 'normal' in dir(tf.random) and 'relu' in dir(tf.nn) and 'det' in dir(tf.linalg)",
        "from gradtape.random import normal; import gradtape.linalg as l; l.det; assert tf.random.normal is normal",
        "assert tf.linalg.__doc__.startswith('tf.linalg') and tf.random.__name__ == 'gradtape.random'",
        "assert not hasattr(tf.nn, 'relu7') and not hasattr(tf.random, '_no') and 'keras' in tf.keras.__file__",
        "t = [threading.Thread(target=lambda: tf.nn.dropout(tf.ones(9), 0.5)) for _ in range(8)]\n"
        "for one in t: one.start()\n"
        "for one in t: one.join()\n"
        "assert type(tf.nn) is types.ModuleType",
        "tf.random.normal = 'mine'; tf.random.uniform; assert tf.random.normal == 'mine'",
        "del tf.nn.relu; assert not hasattr(tf.nn, 'relu')",
        "import doctest; assert doctest.testmod(tf, extraglobs={'tf': tf}).failed == 0",
        "from gradtape.keras.optimizers import Adam; assert Adam is tf.optimizers.Adam",
        "import gradtape.keras.optimizers.schedules as s; assert s.CosineDecay is tf.optimizers.schedules.CosineDecay",
        "import gradtape.optimizers.schedules, gradtape.keras.optimizers as o; assert o.SGD is tf.optimizers.SGD",
        "from gradtape._src.table.rows import rows; assert {'dropout', 'det'} <= {row.name for row in rows()}",
    ],
)
def test_namespaces_are_read_when_they_are_first_asked(use):
    python("-c", UNREAD + use)


def test_importing_reads_no_module_of_names_that_are_read_later():
    code = (
        "import sys, gradtape; from gradtape._src.core import lazy\n"
        "later = set(lazy._homes.values())\n"
        "assert 'gradtape._src.linalg.contractions' in later and not later & set(sys.modules), later & set(sys.modules)"
    )
    python("-c", code)


@pytest.mark.parametrize(
    "use",
    [
        "assert tf.sort is tf.sort and 'gradtape._src.ops.counting' not in sys.modules",
        "from gradtape import sort, matrix_square_root; assert matrix_square_root is tf.linalg.sqrtm",
        "from gradtape import *; assert matmul is tf.matmul and type(tf) is type(sys)",
        "assert {'sort', 'matmul', 'SparseTensor'} <= set(dir(tf)) and type(tf) is types.ModuleType",
        "assert 'sort' in vars(tf)",
        "assert hasattr(tf, 'sort') and not hasattr(tf, 'sorted') and type(tf) is not types.ModuleType",
        "tf.sort = 'mine'; assert tf.sort == 'mine'; dir(tf); assert tf.sort == 'mine'",
        "del tf.sort; assert not hasattr(tf, 'sort') and type(tf) is types.ModuleType",
        "import importlib; importlib.reload(tf); assert tf.sort([2, 1])[0] == 1",
        "for _ in range(2000): tf.exp\n"
        "assert type(tf) is types.ModuleType and {'sort', 'matmul', 'SparseTensor'} <= set(tf.__dict__)",
        "def ask(): [getattr(tf, name) for _ in range(99) for name in names]\n"
        "t = [threading.Thread(target=ask) for _ in range(8)]\n"
        "for one in t: one.start()\n"
        "for one in t: one.join()\n"
        "assert type(tf) is types.ModuleType",
        "sys.path_importer_cache.clear(); sys.meta_path.clear()\n"
        "for _ in range(2000): tf.exp\n"
        "assert tf.constant(1.0) == 1",
        "import doctest; assert doctest.testmod(tf, extraglobs={'tf': tf}).failed == 0",
        "from gradtape._src.table.rows import rows; assert {'sort', 'einsum'} <= {row.name for row in rows()}",
    ],
)
def test_names_are_read_when_they_are_first_asked(use):
    head = (
        "import sys, threading, types, gradtape as tf\nfrom gradtape._src.core import lazy\nnames = list(lazy._homes)\n"
    )
    python("-c", f"{head}assert type(tf) is not types.ModuleType\n{use}")


@pytest.mark.parametrize("function", [tf.exp, tf.add, tf.nn.relu, tf.sigmoid, tf.math.log, tf.matmul, tf.nn.gelu])
def test_functions_are_pickled_by_name(function):
    assert pickle.loads(pickle.dumps(function)) is function


def test_the_readme_has_the_command_that_is_run_in_a_fresh_environment():
    found = re.search(r"<!-- the test command -->\n```sh\n(.*)\n```", (ROOT / "README.md").read_text())
    assert found and found[1].startswith("pip install ") and "pytest" in found[1]


def test_a_source_distribution_holds_all_that_building_needs_and_compiles_nothing(tmp_path):
    options = ("--no-isolation", "--skip-dependency-check")  # neither Cython nor NumPy is asked for
    said = python("-m", "build", "--sdist", *options, "--outdir", str(tmp_path), str(ROOT))
    assert "ythoniz" not in said and "building '" not in said
    (archive,) = tmp_path.glob("gradtape-*.tar.gz")
    with tarfile.open(archive) as opened:
        held = {name.split("/", 1)[1] for name in opened.getnames() if "/" in name}
    engine = {str(path.relative_to(ROOT)) for path in (ROOT / "cython").rglob("*") if path.suffix in SOURCES}
    package = {str(path.relative_to(ROOT)) for path in (ROOT / "src").rglob("*.py*") if path.suffix in {".py", ".pyi"}}
    written = {
        f"cython/gradtape/_engine/{part}.pxi" for part in ("base/instruction_codes", "kernels/instruction_loops")
    }
    assert not written & held
    wanted = engine | package | {"setup.py", "pyproject.toml", "README.md", "LICENSE", "src/gradtape/py.typed"}
    wanted -= written
    assert wanted <= held, f"missing: {sorted(wanted - held)}"
    assert not [name for name in held if name.endswith((".c", ".so", ".pyd"))]


def test_modules_of_the_engine_import_only_those_above_them_in_its_guide():
    listed = re.search(r"```text\n(.*?)```", (ROOT / "cython" / "README.md").read_text(), flags=re.S)
    assert listed
    order = listed[1].split()
    engine = ROOT / "cython" / "gradtape" / "_engine"
    for path in sorted(engine.rglob("*.p[yx][xd]")):
        module = ".".join(path.relative_to(engine).with_suffix("").parts)
        if path.parent.name == "kernels" or path.stem == "__init__":  # one module of several files, and the tests' own
            continue
        imported = re.findall(r"^ *from gradtape\._engine\.(\w+\.\w+) c?import", path.read_text(), flags=re.M)
        assert {other for other in imported if order.index(other) > order.index(module)} == set(), module


def test_the_guide_of_the_engine_names_the_parts_of_each_module():
    guide = (ROOT / "cython" / "README.md").read_text()
    named = {
        module: set(re.findall(r"`(\w+)`", parts))
        for module, parts in re.findall(r"^\| `(\w+\.\w+)` \| (.*) \|$", guide, flags=re.M)
    }
    engine = ROOT / "cython" / "gradtape" / "_engine"
    for path in sorted(engine.rglob("*.pyx")):
        if path.parent.name != "kernels":
            parts = set(re.findall(r'^include "(\w+)\.pxi"', path.read_text(), flags=re.M))
            assert parts <= named.get(f"{path.parent.name}.{path.stem}", set()), path.name
