"""Devices, switches and names that programs use in their first lines."""

from __future__ import annotations

import subprocess
import sys

import pytest

import gradtape as tf


def test_a_program_that_prepares_gpus_runs_where_there_is_none():
    gpus = tf.config.experimental.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    assert gpus == [] and not tf.test.is_gpu_available() and tf.test.gpu_device_name() == ""


def test_the_processor_cannot_be_hidden():
    with pytest.raises(ValueError, match="cannot be hidden"):
        tf.config.set_visible_devices([])
    assert tf.config.get_visible_devices() == tf.config.list_physical_devices("CPU")


def test_another_device_is_said_once_to_be_the_processor():
    program = "import gradtape as tf\nfor _ in range(3):\n    with tf.device('/GPU:0'): tf.ones(1)\n"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr
    assert said.count("gradtape runs on the CPU") == 1


def test_threads_are_set_under_tensorflows_names():
    before = tf.config.threading.get_num_threads()
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        assert tf.config.threading.get_num_threads() == 1 == tf.config.threading.get_intra_op_parallelism_threads()
        tf.config.threading.set_intra_op_parallelism_threads(0)
        assert tf.config.threading.get_num_threads() >= 1
        tf.config.threading.set_inter_op_parallelism_threads(3)
        assert tf.config.threading.get_inter_op_parallelism_threads() == 3
    finally:
        tf.config.threading.set_num_threads(before)
        tf.config.threading.set_inter_op_parallelism_threads(0)


def test_what_graphs_need_is_refused_with_a_remedy():
    with pytest.raises(RuntimeError, match="under TensorFlow"):
        tf.compat.v1.disable_eager_execution()
    with pytest.raises(AttributeError, match="operations run eagerly, there are no placeholders"):
        _ = tf.compat.v1.placeholder


def test_the_version_is_the_release_whose_programs_run():
    assert tf.version.VERSION.startswith("2.") and tf.__version__.startswith("0.")


def test_the_logger_is_reached_by_function(caplog):
    logging, before = tf.compat.v1.logging, tf.get_logger().level
    try:
        logging.set_verbosity(logging.ERROR)
        logging.warning("unheard")
        logging.error("step %d", 3)
        assert [record.getMessage() for record in caplog.records] == ["step 3"]
    finally:
        logging.set_verbosity(before)
