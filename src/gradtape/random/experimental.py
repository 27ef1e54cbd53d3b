"""tf.random.experimental: names under which generators were known first."""

from gradtape._src.random.sampling import (
    Algorithm as Algorithm,
    Generator as Generator,
    create_rng_state as create_rng_state,
    fold_in as stateless_fold_in,
    get_global_generator as get_global_generator,
    set_global_generator as set_global_generator,
    split as stateless_split,
    stateless_shuffle as stateless_shuffle,
)
