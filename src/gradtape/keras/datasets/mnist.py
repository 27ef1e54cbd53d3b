"""tf.keras.datasets.mnist: handwritten digits."""

from gradtape._src.keras.datasets.images import (
    load_mnist as load_data,
)
