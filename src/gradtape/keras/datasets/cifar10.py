"""tf.keras.datasets.cifar10: images of ten classes."""

from gradtape._src.keras.datasets.images import (
    load_cifar10 as load_data,
)
