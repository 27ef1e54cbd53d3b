"""tf.keras.datasets.cifar100: things of a hundred kinds."""

from gradtape._src.keras.datasets.images import (
    load_cifar100 as load_data,
)
