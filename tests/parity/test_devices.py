"""Devices and switches: the same results as on a machine where TensorFlow finds no accelerator."""

from __future__ import annotations

import pytest

DEVICES = {
    "physical": lambda tf: [tuple(one) for one in tf.config.list_physical_devices()],
    "logical": lambda tf: [tuple(one) for one in tf.config.list_logical_devices("CPU")],
    "no_gpu": lambda tf: tf.config.list_physical_devices("GPU") + tf.config.experimental.list_logical_devices("GPU"),
    "printed": lambda tf: [str(one) for one in tf.config.get_visible_devices()],
    "hide_gpus": lambda tf: tf.config.set_visible_devices([], "GPU"),
    "growth": lambda tf: tf.config.experimental.set_memory_growth(tf.config.list_physical_devices()[0], True),
    "details": lambda tf: tf.config.experimental.get_device_details(tf.config.list_physical_devices()[0]),
    "unknown": lambda tf: tf.config.set_visible_devices("x"),
    "placement": lambda tf: tf.config.get_soft_device_placement(),
    "jit": lambda tf: (
        tf.config.optimizer.set_jit(True),
        tf.config.optimizer.get_jit(),
        tf.config.optimizer.set_jit(False),
    ),
    "tf32": lambda tf: tf.config.experimental.enable_tensor_float_32_execution(True),
    "built": lambda tf: (
        tf.test.is_built_with_cuda(),
        tf.test.is_built_with_rocm(),
        tf.test.is_built_with_gpu_support(),
    ),
    "build_info": lambda tf: sorted(tf.sysconfig.get_build_info().items()),
    "gpu_name": lambda tf: tf.test.gpu_device_name(),
    "levels": lambda tf: [getattr(tf.compat.v1.logging, name) for name in ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")],
    "text": lambda tf: (
        tf.compat.as_str(b"x"),
        tf.compat.as_bytes("y"),
        tf.compat.as_str_any(3),
        tf.compat.as_text("z"),
    ),
    "no_text": lambda tf: tf.compat.as_text(3),
    "no_bytes": lambda tf: tf.compat.as_bytes(None),
    "eager": lambda tf: tf.compat.v1.executing_eagerly(),
    "version": lambda tf: tf.version.VERSION.split(".")[:2],
}
NAMES = [
    "/gpu:0",
    "GPU:0",
    "cpu",
    "/cpu:5",
    "",
    None,
    "/job:localhost/task:0/device:cpu:0",
    "gpu0",
    "nonsense",
    "/device:FOO:0",
]


def outcome(program, tf):
    try:
        return program(tf)
    except Exception as error:
        return type(error).__name__, str(error)


@pytest.mark.parametrize("name", DEVICES)
def test_the_same_answer(name):
    import tensorflow

    import gradtape

    assert outcome(DEVICES[name], gradtape) == outcome(DEVICES[name], tensorflow)


def chosen(op):
    return "/cpu:0"


@pytest.mark.parametrize("name", [*NAMES, chosen], ids=lambda name: getattr(name, "__name__", str(name)))
def test_the_same_device_blocks(name):
    import tensorflow

    import gradtape

    def within(tf):
        with tf.device(name):
            return tf.ones([2]).numpy().tolist()

    mine, there = outcome(within, gradtape), outcome(within, tensorflow)
    assert mine == there or (callable(name) and mine[0] == there[0])
