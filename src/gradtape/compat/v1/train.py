"""tf.compat.v1.train: optimizers that eager programs use."""

from gradtape._src.optimizers.v1 import (
    AdamOptimizer as AdamOptimizer,
    GradientDescentOptimizer as GradientDescentOptimizer,
    MomentumOptimizer as MomentumOptimizer,
    Optimizer as Optimizer,
    get_global_step as get_global_step,
    get_or_create_global_step as get_or_create_global_step,
)
