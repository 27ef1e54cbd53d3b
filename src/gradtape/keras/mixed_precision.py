"""tf.keras.mixed_precision: the default dtype policy, and loss scaling."""

from gradtape._src.keras.dtype_policy import (
    DTypePolicy as DTypePolicy,
    dtype_policy as dtype_policy,
    set_dtype_policy as set_dtype_policy,
)
from gradtape._src.optimizers.loss_scale import (
    LossScaleOptimizer as LossScaleOptimizer,
)

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy
