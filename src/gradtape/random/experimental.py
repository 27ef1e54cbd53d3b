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
    fold_in as _fold_in,
    split as _split,
    stateless_shuffle as stateless_shuffle,
)

stateless_fold_in = _fold_in
stateless_split = _split
