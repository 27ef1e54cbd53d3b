"""The devices that programs ask for at their start: there is one, the processor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class PhysicalDevice(NamedTuple):
    """A device of this machine.

    Args:
      name: its name, "/physical_device:CPU:0".
      device_type: its type, "CPU".

    Example:
      >>> tf.config.list_physical_devices()[0].device_type
      'CPU'
    """

    name: str
    device_type: str


class LogicalDevice(NamedTuple):
    """A device that operations run on.

    Args:
      name: its name, "/device:CPU:0".
      device_type: its type, "CPU".

    Example:
      >>> tf.config.list_logical_devices()[0].name
      '/device:CPU:0'
    """

    name: str
    device_type: str


class LogicalDeviceConfiguration(NamedTuple):
    """How a physical device was to be divided; the processor is not.

    Args:
      memory_limit: how much memory the part may use, in megabytes; None for no limit.
      experimental_priority: not used.
      experimental_device_ordinal: not used.

    Example:
      >>> tf.config.LogicalDeviceConfiguration().memory_limit is None
      True
    """

    memory_limit: int | None = None
    experimental_priority: int | None = None
    experimental_device_ordinal: int | None = None


_PROCESSOR = PhysicalDevice("/physical_device:CPU:0", "CPU")
_LOGICAL = LogicalDevice("/device:CPU:0", "CPU")


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices of this machine, or those of one type: the processor is the only one.

    Args:
      device_type: "CPU", or another type, which has no devices.

    Returns:
      A list of `PhysicalDevice`.

    Example:
      >>> tf.config.list_physical_devices("GPU")
      []
    """
    return [_PROCESSOR] if device_type in (None, "CPU") else []


def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """The devices that operations run on, or those of one type: the processor is the only one.

    Args:
      device_type: "CPU", or another type, which has no devices.

    Returns:
      A list of `LogicalDevice`.

    Example:
      >>> tf.config.list_logical_devices()
      [LogicalDevice(name='/device:CPU:0', device_type='CPU')]
    """
    return [_LOGICAL] if device_type in (None, "CPU") else []


def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The physical devices that may be used; the same as `list_physical_devices`.

    Args:
      device_type: "CPU", or another type, which has no devices.

    Returns:
      A list of `PhysicalDevice`.

    Example:
      >>> tf.config.get_visible_devices()
      [PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')]
    """
    return list_physical_devices(device_type)


def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Chooses among devices. The processor stays: hiding it is refused, hiding others changes nothing.

    Args:
      devices: a `PhysicalDevice`, or a list of them.
      device_type: the type that is chosen among; None for all.

    Raises:
      ValueError: the argument is not a device of this machine, or is of another type; or it leaves no processor.

    Example:
      >>> tf.config.set_visible_devices([], "GPU")
    """
    one = isinstance(devices, str | PhysicalDevice) or not isinstance(devices, Sequence)
    chosen = [devices] if one else list(devices)
    for device in chosen:
        _known(device)
        if device_type is not None and device.device_type != device_type:
            raise ValueError(f"Unrecognized device: {device!r}")
    if not chosen and device_type in (None, "CPU"):
        raise ValueError(
            "gradtape runs on the processor: it cannot be hidden. Hide other types, as in "
            "tf.config.set_visible_devices([], 'GPU')"
        )


def get_logical_device_configuration(device: Any) -> list[LogicalDeviceConfiguration] | None:
    """How a device is divided: None, it is not.

    Args:
      device: a `PhysicalDevice`.

    Returns:
      None.

    Raises:
      ValueError: it is not a device of this machine.

    Example:
      >>> tf.config.get_logical_device_configuration(tf.config.list_physical_devices("CPU")[0]) is None
      True
    """
    _known(device)
    return None


def set_logical_device_configuration(device: Any, logical_devices: Any) -> None:
    """Divides a device, which the processor does not allow.

    Args:
      device: a `PhysicalDevice`.
      logical_devices: a list of `LogicalDeviceConfiguration`; one that asks for nothing is accepted.

    Raises:
      ValueError: it is not a device of this machine.
      RuntimeError: more than one part, or a limit of memory, is requested.

    Example:
      >>> processor = tf.config.list_physical_devices("CPU")[0]
      >>> tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()])
    """
    _known(device)
    if [*logical_devices] not in ([], [LogicalDeviceConfiguration()]):
        raise RuntimeError(
            "Virtual devices cannot be modified after being initialized: gradtape has one device, the processor"
        )


def get_memory_growth(device: Any) -> bool:
    """Whether memory of a device grows on demand. Applies only to devices other than processors; there are none.

    Args:
      device: a `PhysicalDevice`.

    Raises:
      KeyError: always, as in TensorFlow for a processor.
    """
    raise KeyError(_known(device))


def set_memory_growth(device: Any, enable: bool) -> None:
    """Has a device take memory as it needs it. Programs ask it of the GPUs that they find; here they find none.

    Args:
      device: a `PhysicalDevice`.
      enable: whether memory grows.

    Raises:
      ValueError: always, as in TensorFlow for a processor.
    """
    _known(device)
    raise ValueError("Cannot set memory growth on non-GPU and non-Pluggable devices")


def get_device_details(device: Any) -> dict[str, Any]:
    """Details of a device: none, for a processor.

    Args:
      device: a `PhysicalDevice`.

    Returns:
      An empty dict.

    Raises:
      ValueError: it is not a device of this machine.

    Example:
      >>> tf.config.experimental.get_device_details(tf.config.list_physical_devices("CPU")[0])
      {}
    """
    _known(device)
    return {}


def _known(device: Any) -> PhysicalDevice:
    if device != _PROCESSOR or not isinstance(device, tuple):
        raise ValueError(f"Unrecognized device: {device!r}")
    return _PROCESSOR


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: tuple[int, int] | None = None) -> bool:
    """False: operations run on the processor.

    Args:
      cuda_only, min_cuda_compute_capability: narrow what counts; nothing does.

    Returns:
      False.

    Example:
      >>> tf.test.is_gpu_available()
      False
    """
    return False


def gpu_device_name() -> str:
    """The name of a GPU, empty as there is none.

    Returns:
      "".

    Example:
      >>> tf.test.gpu_device_name()
      ''
    """
    return ""


def is_built_with_cuda() -> bool:
    """False: gradtape is built for processors.

    Returns:
      False.

    Example:
      >>> tf.test.is_built_with_cuda()
      False
    """
    return False


def is_built_with_rocm() -> bool:
    """False: gradtape is built for processors.

    Returns:
      False.

    Example:
      >>> tf.test.is_built_with_rocm()
      False
    """
    return False


def is_built_with_gpu_support() -> bool:
    """False: gradtape is built for processors.

    Returns:
      False.

    Example:
      >>> tf.test.is_built_with_gpu_support()
      False
    """
    return False


def is_built_with_xla() -> bool:
    """False: gradtape has its own compiler.

    Returns:
      False.

    Example:
      >>> tf.test.is_built_with_xla()
      False
    """
    return False


def get_build_info() -> dict[str, bool]:
    """For which accelerators the package was built: none.

    Returns:
      A dict of bools, all False.

    Example:
      >>> tf.sysconfig.get_build_info()["is_cuda_build"]
      False
    """
    return {"is_cuda_build": False, "is_rocm_build": False, "is_tensorrt_build": False}


def is_cpu_target_available(target: str) -> bool:
    """Whether TensorFlow's compiler supports a processor: gradtape compiles for the one that it runs on.

    Args:
      target: "x86_64", "aarch64", "arm", "ppc64le" or "systemz".

    Returns:
      Whether this is such a processor.

    Raises:
      AssertionError: an unknown value.

    Example:
      >>> isinstance(tf.test.is_cpu_target_available("x86_64"), bool)
      True
    """
    known = {"aarch64": "arm64", "arm": "arm", "x86_64": "amd64", "ppc64le": "ppc64le", "systemz": "s390x"}
    if target not in known:
        raise AssertionError(f"Unknown CPU target: {target}")
    import platform

    return platform.machine().lower() in (target, known[target])
