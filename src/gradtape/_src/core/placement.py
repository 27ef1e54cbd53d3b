"""The context manager for devices: operations run on the processor, the only one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gradtape._src.core.logger import warn_first

# One part of a device's name, as in /job:localhost/replica:0/task:0/device:CPU:0 or cpu:0.
_PART = r"(?i)(job:\w+|replica:(\d+|\*)|task:(\d+|\*)|device:\w+(:(\d+|\*))?|(CPU|GPU)(:(\d+|\*))?)"


@contextmanager
def device(device_name: Any) -> Iterator[None]:
    """A context manager for a device. Operations run on the processor; naming another device logs a warning once.

    Args:
      device_name: a device's name such as "/CPU:0" or "/device:GPU:0", a `LogicalDevice`, or None.

    Returns:
      A context manager.

    Raises:
      RuntimeError: it is a function.
      ValueError: the name is not a device's.

    Example:
      >>> with tf.device("/CPU:0"):
      ...     print(tf.ones([2]).numpy())
      [1. 1.]
    """
    name = device_name
    if not (name is None or isinstance(name, str)):
        from gradtape._src.core.devices import LogicalDevice, PhysicalDevice  # few programs have one

        if isinstance(name, PhysicalDevice | LogicalDevice):
            name = name.name
    if name is not None:
        if callable(name):
            raise RuntimeError("tf.device does not support functions.")
        for part in str(name).strip("/").split("/"):
            if part and not part.startswith("physical_device") and not re.fullmatch(_PART, part):
                raise ValueError(f"Unknown attribute '{part}' is encountered while parsing the device spec: '{name}'.")
        if re.search(r"(?i)GPU|TPU", str(name)):
            warn_first(1, "device", "%s was requested: gradtape runs on the CPU", name)
    yield
