"""tf.nn.experimental: dropout with a generator of your own."""

from gradtape._src.nn.normalization import (
    general_dropout as general_dropout,
    stateless_dropout as stateless_dropout,
)
