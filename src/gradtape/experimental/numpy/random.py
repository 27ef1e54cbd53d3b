"""tf.experimental.numpy.random: NumPy's functions of random numbers."""

from gradtape._src.numpy.random import (
    poisson as poisson,
    rand as rand,
    randint as randint,
    randn as randn,
    random as random,
    seed as seed,
    standard_normal as standard_normal,
    uniform as uniform,
)
