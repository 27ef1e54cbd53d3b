"""tf.keras.datasets.fashion_mnist: pieces of clothing."""

from gradtape._src.keras.datasets.images import (
    load_fashion_mnist as _load_fashion_mnist,
)

load_data = _load_fashion_mnist
