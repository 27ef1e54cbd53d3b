"""tf.keras.datasets.boston_housing: prices of houses around Boston."""

from gradtape._src.keras.datasets.tables import (
    load_boston_housing as _load_boston_housing,
)

load_data = _load_boston_housing
