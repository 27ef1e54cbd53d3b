"""tf.keras: what of Keras is here, under its own name."""

from gradtape import optimizers as optimizers
from gradtape._src.optimizers.base import Optimizer as Optimizer
