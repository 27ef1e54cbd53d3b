"""tf.keras.datasets.fashion_mnist: pieces of clothing."""

from gradtape._src.keras.datasets.images import (
    load_fashion_mnist as load_data,
)
