"""tf.keras.datasets.cifar100: images of a hundred classes."""

from gradtape._src.keras.datasets.images import (
    load_cifar100 as load_data,
)
