"""TensorFlow's switches that programs set at their start: threads, and what changes nothing here but is remembered."""

from __future__ import annotations

from typing import Any

from gradtape._engine.base.threads import default_threads, get_num_threads, set_num_threads

_settings: dict[str, Any] = {
    "soft_device_placement": True,
    "tensor_float_32": True,
    "jit": False,
    "inter_op": 0,
    "synchronous": True,
    "device_policy": "silent",
    "log_placement": False,
    "filtered": True,
    "options": {},
}


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
    """The last argument of `enable_tensor_float_32_execution`, initially True; products never round float32 operands.

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
    """The last argument of `set_jit`: "autoclustering" or "".

    Returns:
      A str.

    Example:
      >>> tf.config.optimizer.get_jit()
      ''
    """
    return "autoclustering" if _settings["jit"] else ""


def get_inter_op_parallelism_threads() -> int:
    """The last argument of `set_inter_op_parallelism_threads`, initially 0.

    Returns:
      An int.

    Example:
      >>> tf.config.threading.get_inter_op_parallelism_threads()
      0
    """
    return int(_settings["inter_op"])


def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Sets the number of operations that may run at a time. Eager ones run one after the other.

    Args:
      num_threads: remembered for `get_inter_op_parallelism_threads`.

    Raises:
      TypeError, ValueError: num_threads is not a number.

    Example:
      >>> tf.config.threading.set_inter_op_parallelism_threads(0)
    """
    _settings["inter_op"] = int(num_threads)


def get_intra_op_parallelism_threads() -> int:
    """The number of threads that share long loops and products.

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
    """Sets the number of threads that share long loops and products.

    Args:
      num_threads: their number; 0 for the number of processors of the process.

    Raises:
      TypeError: num_threads is not a number.
      ValueError: num_threads is negative, or text that is no number.

    Example:
      >>> tf.config.threading.set_intra_op_parallelism_threads(0)
    """
    set_num_threads(int(num_threads) or default_threads())


def get_synchronous_execution() -> bool:
    """The last argument of `set_synchronous_execution`, initially True; operations are done when they return.

    Returns:
      A bool.

    Example:
      >>> tf.config.experimental.get_synchronous_execution()
      True
    """
    return bool(_settings["synchronous"])


def set_synchronous_execution(enable: bool) -> None:
    """Says whether operations are waited for. They are done when they return either way.

    Args:
      enable: remembered for `get_synchronous_execution`.

    Example:
      >>> tf.config.experimental.set_synchronous_execution(True)
    """
    _settings["synchronous"] = bool(enable)


def get_device_policy() -> str:
    """The last argument of `set_device_policy`, initially "silent".

    Returns:
      A str.

    Example:
      >>> tf.config.experimental.get_device_policy()
      'silent'
    """
    return str(_settings["device_policy"])


def set_device_policy(device_policy: str | None) -> None:
    """Says what happens to operands on another device than an operation's. There is one device.

    Args:
      device_policy: "silent", "silent_for_int32", "warn", "explicit" or None for the first one; remembered for
        `get_device_policy`.

    Raises:
      ValueError: any other value.

    Example:
      >>> tf.config.experimental.set_device_policy("silent")
    """
    if device_policy not in (None, "silent", "silent_for_int32", "warn", "explicit"):
        raise ValueError(f"Invalid argument `device_policy`: {device_policy!r}.")
    _settings["device_policy"] = device_policy or "silent"


def get_experimental_options() -> dict[str, Any]:
    """The options passed to `set_experimental_options`.

    Returns:
      A dict of bools by option.

    Example:
      >>> tf.config.optimizer.get_experimental_options()["disable_meta_optimizer"]
      False
    """
    return {"disable_model_pruning": False, "disable_meta_optimizer": False, **_settings["options"]}


def set_experimental_options(options: dict[str, Any]) -> None:
    """Turns passes of TensorFlow's graph optimizer on or off, which is not here.

    Args:
      options: a dict of bools by option; remembered for `get_experimental_options`.

    Raises:
      TypeError, ValueError: options is not a dictionary.

    Example:
      >>> tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})
    """
    _settings["options"] |= options


def get_log_device_placement() -> bool:
    """The last argument of `set_log_device_placement`, initially False.

    Returns:
      A bool.

    Example:
      >>> tf.debugging.get_log_device_placement()
      False
    """
    return bool(_settings["log_placement"])


def set_log_device_placement(enabled: bool) -> None:
    """Says whether the devices of operations are logged. There is one device, and nothing is logged.

    Args:
      enabled: remembered for `get_log_device_placement`.

    Example:
      >>> tf.debugging.set_log_device_placement(False)
    """
    _settings["log_placement"] = bool(enabled)


def enable_traceback_filtering() -> None:
    """Asks for tracebacks without the library's own lines. They are few, and shown either way.

    Example:
      >>> tf.debugging.enable_traceback_filtering()
    """
    _settings["filtered"] = True


def disable_traceback_filtering() -> None:
    """Requests full tracebacks, which are always shown.

    Example:
      >>> tf.debugging.disable_traceback_filtering()
      >>> tf.debugging.is_traceback_filtering_enabled()
      False
      >>> tf.debugging.enable_traceback_filtering()
    """
    _settings["filtered"] = False


def is_traceback_filtering_enabled() -> bool:
    """Whether `enable_traceback_filtering` was called later than `disable_traceback_filtering`, as at first.

    Returns:
      A bool.

    Example:
      >>> tf.debugging.is_traceback_filtering_enabled()
      True
    """
    return bool(_settings["filtered"])
