"""tf.keras.datasets.cifar100: images of a hundred classes."""

from gradtape._src.keras.datasets.images import (
    load_cifar100 as _load_cifar100,
)

load_data = _load_cifar100
