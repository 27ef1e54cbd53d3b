"""Switches, options and constants that programs set or read at startup."""

import numpy as np
import pytest
from compare import same

EXPRESSIONS = """
tf.AggregationMethod.ADD_N, tf.AggregationMethod.DEFAULT
tf.AggregationMethod.EXPERIMENTAL_TREE, tf.AggregationMethod.EXPERIMENTAL_ACCUMULATE_N
tf.as_string([1.5, 2.0], precision=1)
tf.get_static_value(tf.constant([1, 2]))
tf.get_static_value(tf.constant(["a"]))
tf.get_static_value(tf.Variable([1, 2]))
tf.get_static_value([1, 2])
tf.is_symbolic_tensor(tf.constant(1)), tf.is_symbolic_tensor(tf.Variable(1)), tf.is_symbolic_tensor(3)
tf.guarantee_const(3), tf.guarantee_const([1.0])
tf.timestamp().dtype, tf.timestamp() > 1e9, tf.timestamp().shape
tf.get_current_name_scope()
tf.data.experimental.INFINITE_CARDINALITY, tf.data.experimental.UNKNOWN_CARDINALITY
tf.data.Dataset.range(2).repeat().cardinality() == tf.data.experimental.INFINITE_CARDINALITY
tf.version.VERSION, tf.version.GRAPH_DEF_VERSION, tf.version.GRAPH_DEF_VERSION_MIN_CONSUMER
tf.config.experimental.get_synchronous_execution(), tf.config.experimental.get_device_policy()
tf.config.experimental.set_device_policy("loud")
tf.config.optimizer.get_experimental_options()
tf.config.experimental_functions_run_eagerly(), tf.config.experimental_run_functions_eagerly(False)
tf.debugging.is_traceback_filtering_enabled(), tf.debugging.set_log_device_placement(False)
tf.debugging.get_log_device_placement()
tf.autograph.set_verbosity(0), tf.autograph.trace("a", 1)
[feature.name for feature in tf.autograph.experimental.Feature]
tf.autograph.experimental.set_loop_options(maximum_iterations=3)
tf.summary.trace_export("x")
tf.summary.trace_on(), tf.summary.trace_off()
[mode.name for mode in tf.distribute.InputReplicationMode]
tuple(tf.distribute.RunOptions())
tf.distribute.InputOptions().experimental_per_replica_buffer_size
[kind.name for kind in tf.distribute.experimental.CommunicationImplementation]
tf.distribute.experimental.CollectiveCommunication("RING").name
tf.distribute.experimental.CommunicationOptions(timeout_seconds=2.0).timeout_seconds
tf.distribute.experimental.CommunicationOptions(bytes_per_pack=-1)
tf.saved_model.SaveOptions(namespace_whitelist="x")
tf.saved_model.SaveOptions().function_aliases, tf.saved_model.LoadOptions().allow_partial_checkpoint
[tf.experimental.numpy.complex64, tf.experimental.numpy.complex128, tf.experimental.numpy.complex_]
[tf.experimental.numpy.float16, tf.experimental.numpy.int8, tf.experimental.numpy.int16]
[tf.experimental.numpy.uint16, tf.experimental.numpy.uint32, tf.experimental.numpy.uint64]
isinstance(tf.constant(1), tf.types.experimental.TensorLike), isinstance([1], tf.types.experimental.TensorLike)
isinstance({}, tf.types.experimental.TensorLike), isinstance(np.float32(1), tf.types.experimental.TensorLike)
[tf.experimental.numpy.string_, tf.experimental.numpy.unicode_]
""".strip().splitlines()
WORDED = {'tf.config.experimental.set_device_policy("loud")'}  # TensorFlow adds a link


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_values(expression):
    same(lambda tf: eval(expression, {"tf": tf, "np": np}), message=expression not in WORDED)


SET_AND_READ = {
    "config.experimental": [("synchronous_execution", False, True), ("device_policy", "explicit", "silent")],
    "config.optimizer": [("experimental_options", {"remapping": False}, {})],
    "debugging": [("log_device_placement", True, False)],
}


@pytest.mark.parametrize("place", SET_AND_READ)
def test_what_is_set_is_read(place):
    def program(tf):
        module, found = tf, []
        for part in place.split("."):
            module = getattr(module, part)
        for name, value, first in SET_AND_READ[place]:
            getattr(module, f"set_{name}")(value)
            read = getattr(module, f"get_{name}")()
            found.append(sorted(read.items()) if isinstance(read, dict) else read)
            getattr(module, f"set_{name}")(first)
        return found

    same(program, compiles=False)


def filtering(tf):
    tf.debugging.disable_traceback_filtering()
    off = tf.debugging.is_traceback_filtering_enabled()
    tf.debugging.enable_traceback_filtering()
    return off, tf.debugging.is_traceback_filtering_enabled()


def scopes(tf):
    found = []
    with tf.name_scope("a"), tf.name_scope("b"):
        found.append(tf.get_current_name_scope())
        with tf.name_scope("c/"):
            found.append(tf.get_current_name_scope())
    return found


def rewritten(tf):
    """A function with a loop and a branch over tensors, called unchanged."""

    def collatz(n):
        steps = 0
        while n > 1:
            n = 3 * n + 1 if n % 2 else n // 2
            steps += 1
        return steps

    return tf.cast(tf.autograph.to_graph(collatz)(tf.constant(6)), tf.int32)


@pytest.mark.parametrize("program", [filtering, scopes, rewritten], ids=lambda one: one.__name__)
def test_programs(program):
    same(program, compiles=False)


NAMES = [
    "ASSETS_DIRECTORY",
    "ASSETS_KEY",
    "CLASSIFY_INPUTS",
    "CLASSIFY_METHOD_NAME",
    "CLASSIFY_OUTPUT_CLASSES",
    "CLASSIFY_OUTPUT_SCORES",
    "DEBUG_DIRECTORY",
    "DEBUG_INFO_FILENAME_PB",
    "DEFAULT_SERVING_SIGNATURE_DEF_KEY",
    "GPU",
    "PREDICT_INPUTS",
    "PREDICT_METHOD_NAME",
    "PREDICT_OUTPUTS",
    "REGRESS_INPUTS",
    "REGRESS_METHOD_NAME",
    "REGRESS_OUTPUTS",
    "SAVED_MODEL_FILENAME_PB",
    "SAVED_MODEL_FILENAME_PBTXT",
    "SAVED_MODEL_SCHEMA_VERSION",
    "SERVING",
    "TPU",
    "TRAINING",
    "VARIABLES_DIRECTORY",
    "VARIABLES_FILENAME",
]


def test_names_of_saved_models():
    for name in NAMES:
        same(lambda tf, name=name: getattr(tf.saved_model, name), compiles=False)
