"""The libraries that tests compare with, and reasons for their absence."""

from __future__ import annotations

import importlib.util
from importlib import metadata

KERAS = (3, 15)  # earlier versions differ, and Python 3.10 has none later than 3.12


def without_tensorflow() -> str:
    """Why nothing can be compared with TensorFlow, or an empty string."""
    return "" if importlib.util.find_spec("tensorflow") else "TensorFlow is absent"


def without_keras() -> str:
    """Why nothing can be compared with Keras, or an empty string."""
    if without_tensorflow() or not importlib.util.find_spec("keras"):
        return without_tensorflow() or "Keras is absent"
    version = metadata.version("keras")
    if tuple(map(int, version.split(".")[:2])) >= KERAS:
        return ""
    return f"Keras {version} is older than {'.'.join(map(str, KERAS))}"
