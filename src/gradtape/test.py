"""tf.test: assertions about tensors, gradient checks, and build information."""

from gradtape._src.core.devices import (
    gpu_device_name as gpu_device_name,
    is_built_with_cuda as is_built_with_cuda,
    is_built_with_gpu_support as is_built_with_gpu_support,
    is_built_with_rocm as is_built_with_rocm,
    is_built_with_xla as is_built_with_xla,
    is_cpu_target_available as is_cpu_target_available,
    is_gpu_available as is_gpu_available,
)
from gradtape._src.testing.gradient_checks import (
    check_gradients as check_gradients,
    compute_gradient as compute_gradient,
)
from gradtape._src.testing.test_case import TestCase as TestCase, main as main
