"""tf.test: derivatives checked against finite differences, and what the package was built for."""

from gradtape._src.core.devices import (
    gpu_device_name as gpu_device_name,
    is_built_with_cuda as is_built_with_cuda,
    is_built_with_gpu_support as is_built_with_gpu_support,
    is_built_with_rocm as is_built_with_rocm,
    is_built_with_xla as is_built_with_xla,
    is_gpu_available as is_gpu_available,
)
from gradtape._src.testing.gradient_checks import (
    check_gradients as check_gradients,
    compute_gradient as compute_gradient,
)
