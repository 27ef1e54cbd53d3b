"""tf.random.experimental: older names of generators."""

from gradtape._src.random.distributions import (
    Algorithm as Algorithm,
)
from gradtape._src.random.generator import (
    Generator as Generator,
    create_rng_state as create_rng_state,
    get_global_generator as get_global_generator,
    set_global_generator as set_global_generator,
)
from gradtape._src.random.stateless import (
    fold_in as stateless_fold_in,
    split as stateless_split,
    stateless_shuffle as stateless_shuffle,
)
