"""Runs the programs of this folder, and writes the result and time of each to the given file."""

import json
import pathlib
import runpy
import sys
import time

import tensorflow as tf
from tensorflow import keras

found = {}
for program in sorted(pathlib.Path(__file__).parent.glob("*.py")):
    if program.stem in ("run_all", "test_programs", "conftest"):
        continue
    if len(sys.argv) > 2 and program.stem not in sys.argv[2:]:
        continue
    keras.backend.clear_session()
    start = time.perf_counter()
    found[program.stem] = {"result": runpy.run_path(str(program))["result"]}
    found[program.stem]["seconds"] = time.perf_counter() - start
pathlib.Path(sys.argv[1]).write_text(json.dumps(found))
print(tf.version.VERSION)
