"""gradtape under the names of TensorFlow and Keras, for programs that cannot be edited."""

from __future__ import annotations

import sys
from types import ModuleType


def install_as_tensorflow() -> None:
    """Puts gradtape under the names `tensorflow` and `keras`, for programs that cannot be edited.

    From then on `import tensorflow as tf`, `from tensorflow import keras` and `import tensorflow.keras.layers` give
    gradtape's modules. ``python -m gradtape run program.py`` does it and runs a program.

    Raises:
      RuntimeError: TensorFlow or Keras itself was imported before.

    Example:
      >>> import subprocess, sys
      >>> program = "import gradtape; gradtape.install_as_tensorflow(); import tensorflow as tf; print(tf is gradtape)"
      >>> subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout
      'True\\n'
    """
    roots = {"tensorflow": "gradtape", "keras": "gradtape.keras"}
    for name, root in roots.items():
        if sys.modules.get(name, sys.modules[root]) is not sys.modules[root]:
            raise RuntimeError(
                f"{name} itself is imported already: call install_as_tensorflow() before anything imports it"
            )
    _read_packages()
    for whole, module in _namespaces().items():
        for name, root in roots.items():
            if f"{whole}.".startswith(f"{root}."):
                sys.modules[name + whole.removeprefix(root)] = module


def _namespaces() -> dict[str, ModuleType]:
    """The public modules that there are, read or not."""
    return {
        name: module
        for name, module in sys.modules.items()
        if name.split(".")[0] == "gradtape" and not any(part[0] == "_" for part in name.split("."))
    }


def _read_packages() -> None:
    """Reads the packages among them, which enter their own modules, to be read later."""
    read: set[str] = set()
    while unread := {name for name, module in _namespaces().items() if hasattr(module, "__path__")} - read:
        for name in unread:
            dir(sys.modules[name])
        read |= unread
