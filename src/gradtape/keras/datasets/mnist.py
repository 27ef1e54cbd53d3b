"""tf.keras.datasets.mnist: handwritten digits."""

from gradtape._src.keras.datasets.images import (
    load_mnist as _load_mnist,
)

load_data = _load_mnist
