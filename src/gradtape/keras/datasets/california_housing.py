"""tf.keras.datasets.california_housing: prices of houses in California."""

from gradtape._src.keras.datasets.tables import (
    load_california_housing as _load_california_housing,
)

load_data = _load_california_housing
