"""tf.config.experimental: devices, memory and determinism."""

from gradtape._src.core.devices import (
    LogicalDeviceConfiguration as _LogicalDeviceConfiguration,
    get_device_details as get_device_details,
    get_logical_device_configuration as _get_logical_device_configuration,
    get_memory_growth as get_memory_growth,
    get_visible_devices as get_visible_devices,
    list_logical_devices as list_logical_devices,
    list_physical_devices as list_physical_devices,
    set_logical_device_configuration as _set_logical_device_configuration,
    set_memory_growth as set_memory_growth,
    set_visible_devices as set_visible_devices,
)
from gradtape._src.core.settings import (
    enable_op_determinism as enable_op_determinism,
    enable_tensor_float_32_execution as enable_tensor_float_32_execution,
    get_device_policy as get_device_policy,
    get_synchronous_execution as get_synchronous_execution,
    set_device_policy as set_device_policy,
    set_synchronous_execution as set_synchronous_execution,
    tensor_float_32_execution_enabled as tensor_float_32_execution_enabled,
)

VirtualDeviceConfiguration = _LogicalDeviceConfiguration
get_virtual_device_configuration = _get_logical_device_configuration
set_virtual_device_configuration = _set_logical_device_configuration
