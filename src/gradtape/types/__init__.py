"""tf.types: types for annotations."""

from gradtape.types import experimental as experimental
