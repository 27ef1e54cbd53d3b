"""tf.random: random numbers, as streams of TensorFlow's Philox generator."""

from gradtape._src.random.candidates import (
    all_candidate_sampler as all_candidate_sampler,
    log_uniform_candidate_sampler as log_uniform_candidate_sampler,
    uniform_candidate_sampler as uniform_candidate_sampler,
)
from gradtape._src.random.sampling import (
    Algorithm as Algorithm,
    Generator as Generator,
    categorical as categorical,
    create_rng_state as create_rng_state,
    fold_in as fold_in,
    gamma as gamma,
    get_global_generator as get_global_generator,
    normal as normal,
    poisson as poisson,
    set_global_generator as set_global_generator,
    set_seed as set_seed,
    shuffle as shuffle,
    split as split,
    stateless_binomial as stateless_binomial,
    stateless_categorical as stateless_categorical,
    stateless_gamma as stateless_gamma,
    stateless_normal as stateless_normal,
    stateless_poisson as stateless_poisson,
    stateless_truncated_normal as stateless_truncated_normal,
    stateless_uniform as stateless_uniform,
    truncated_normal as truncated_normal,
    uniform as uniform,
)
from gradtape.random import experimental as experimental
