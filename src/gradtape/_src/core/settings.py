"""TensorFlow's switches that programs set at their start: threads, and what changes nothing here but is remembered."""

from __future__ import annotations

from typing import Any

from gradtape._engine.base.threads import default_threads, get_num_threads, set_num_threads

_settings: dict[str, Any] = {"soft_device_placement": True, "tensor_float_32": True, "jit": False, "inter_op": 0}


def get_soft_device_placement() -> bool:
    """Whether an operation may run elsewhere than asked, which it does in any case; see `set_soft_device_placement`.

    Returns:
      What was set, True at first.

    Example:
      >>> tf.config.get_soft_device_placement()
      True
    """
    return bool(_settings["soft_device_placement"])


def set_soft_device_placement(enabled: bool) -> None:
    """Says whether operations may run elsewhere than asked. They run on the processor either way.

    Args:
      enabled: remembered for `get_soft_device_placement`.

    Example:
      >>> tf.config.set_soft_device_placement(True)
    """
    _settings["soft_device_placement"] = bool(enabled)


def enable_op_determinism() -> None:
    """Asks for results that do not vary from run to run. They never do at the same number of threads.

    Example:
      >>> tf.config.experimental.enable_op_determinism()
    """


def enable_tensor_float_32_execution(enabled: bool) -> None:
    """Says whether products may round float32 operands. They never do.

    Args:
      enabled: remembered for `tensor_float_32_execution_enabled`.

    Example:
      >>> tf.config.experimental.enable_tensor_float_32_execution(False)
    """
    _settings["tensor_float_32"] = bool(enabled)


def tensor_float_32_execution_enabled() -> bool:
    """What `enable_tensor_float_32_execution` was last told, True at first; products never round float32 operands.

    Returns:
      A bool.

    Example:
      >>> tf.config.experimental.enable_tensor_float_32_execution(True)
      >>> tf.config.experimental.tensor_float_32_execution_enabled()
      True
    """
    return bool(_settings["tensor_float_32"])


def set_jit(enabled: bool | str) -> None:
    """Turns TensorFlow's own compiler on, which is not here.

    Args:
      enabled: True, False or "autoclustering"; remembered for `get_jit`.

    Example:
      >>> tf.config.optimizer.set_jit(False)
    """
    _settings["jit"] = enabled


def get_jit() -> str:
    """What `set_jit` was last told: "autoclustering" or "".

    Returns:
      A str.

    Example:
      >>> tf.config.optimizer.get_jit()
      ''
    """
    return "autoclustering" if _settings["jit"] else ""


def get_inter_op_parallelism_threads() -> int:
    """What `set_inter_op_parallelism_threads` was last told, 0 at first.

    Returns:
      An int.

    Example:
      >>> tf.config.threading.get_inter_op_parallelism_threads()
      0
    """
    return int(_settings["inter_op"])


def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Says how many operations may run at a time. Eager ones run one after the other.

    Args:
      num_threads: remembered for `get_inter_op_parallelism_threads`.

    Example:
      >>> tf.config.threading.set_inter_op_parallelism_threads(0)
    """
    _settings["inter_op"] = int(num_threads)


def get_intra_op_parallelism_threads() -> int:
    """Among how many threads long loops and products are cut.

    Returns:
      An int, 1 or more.

    Example:
      >>> tf.config.threading.set_intra_op_parallelism_threads(1)
      >>> tf.config.threading.get_intra_op_parallelism_threads()
      1
      >>> tf.config.threading.set_intra_op_parallelism_threads(0)
    """
    return int(get_num_threads())


def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Sets among how many threads long loops and products are cut.

    Args:
      num_threads: their number; 0 for as many as the process has processors.

    Example:
      >>> tf.config.threading.set_intra_op_parallelism_threads(0)
    """
    set_num_threads(int(num_threads) or default_threads())
