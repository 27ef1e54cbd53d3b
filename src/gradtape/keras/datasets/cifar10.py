"""tf.keras.datasets.cifar10: images of ten classes."""

from gradtape._src.keras.datasets.images import (
    load_cifar10 as _load_cifar10,
)

load_data = _load_cifar10
