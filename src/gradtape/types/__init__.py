"""tf.types: names for annotations."""

from gradtape.types import experimental as experimental
