"""tf.keras: what of Keras is here, under its own name."""

from gradtape import optimizers

__all__ = ["optimizers"]
