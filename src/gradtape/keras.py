"""tf.keras: what of Keras is here, under its own name."""

from gradtape import optimizers
from gradtape.optimizer import Optimizer

__all__ = ["Optimizer", "optimizers"]
