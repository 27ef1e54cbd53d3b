"""Runs the programs of this folder, and reports the result and time of each.

As a program, this module writes the report to the given file: `python run_all.py FILE [NAMES]`.
"""

import json
import pathlib
import runpy
import sys
import time

import tensorflow as tf
from tensorflow import keras

HERE = pathlib.Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in ("run_all", "test_programs", "conftest"))


def outcome(name):
    keras.backend.clear_session()
    start = time.perf_counter()
    result = runpy.run_path(str(HERE / f"{name}.py"))["result"]
    return {"result": result, "seconds": time.perf_counter() - start}


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_text(json.dumps({name: outcome(name) for name in sys.argv[2:] or NAMES}))
    print(tf.version.VERSION)
