"""gradtape under the names of TensorFlow and Keras: how programs import them, and what is rejected."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys

import keras
import tensorflow as tf
import tensorflow.compat.v1 as v1
import tensorflow.compat.v2 as v2
import tensorflow.keras.layers as layers
from keras import losses
from tensorflow import keras as same
from tensorflow.keras import Model, backend
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.optimizers.schedules import ExponentialDecay

import gradtape

assert tf is v2 is gradtape is gradtape.compat.v2 and v1 is gradtape.compat.v1
assert keras is same is gradtape.keras and losses is gradtape.keras.losses is gradtape.losses
assert layers.Dense is keras.layers.Dense and Model is keras.Model and Sequential is keras.models.Sequential
assert Adam is keras.optimizers.Adam and ExponentialDecay is gradtape.optimizers.schedules.ExponentialDecay
assert backend.backend() == "tensorflow"
try:
    import tensorflow.python.ops
except ModuleNotFoundError as error:
    assert "tensorflow.python" in str(error)
import helper
print(__name__, sys.argv[1:], helper.VALUE)
"""


def python(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, encoding="utf-8", check=check)


def test_a_program_runs_as_if_tensorflow_were_there(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("VALUE = 7\n")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = python("-m", "gradtape", "run", str(program), "one", "--two")
    assert done.stdout == "__main__ ['one', '--two'] 7\n"


def test_a_program_that_raises_ends_so(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import tensorflow as tf\ntf.matmul(tf.ones([2, 3]), tf.ones([2, 3]))\n")
    done = python("-m", "gradtape", "run", str(program), check=False)
    assert done.returncode == 1 and "InvalidArgumentError" in done.stderr


@pytest.mark.parametrize("name", ["tensorflow", "keras"])
def test_another_library_under_the_name_is_not_replaced(name: str) -> None:
    code = f"import sys, types; sys.modules[{name!r}] = types.ModuleType({name!r}); import gradtape as tf\n"
    done = python("-c", code + "tf.install_as_tensorflow()", check=False)
    assert f"RuntimeError: {name} itself is imported already" in done.stderr


def test_installing_reads_no_more_than_packages() -> None:
    code = (
        "import sys, gradtape as tf; tf.install_as_tensorflow(); tf.install_as_tensorflow(); "
        "print('gradtape._src.keras.layers.recurrent' in sys.modules)"
    )
    assert python("-c", code).stdout == "False\n"
