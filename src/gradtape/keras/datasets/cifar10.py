"""tf.keras.datasets.cifar10: things of ten kinds."""

from gradtape._src.keras.datasets.images import (
    load_cifar10 as load_data,
)
