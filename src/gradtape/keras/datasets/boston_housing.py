"""tf.keras.datasets.boston_housing: prices of houses around Boston."""

from gradtape._src.keras.datasets.tables import (
    load_boston_housing as load_data,
)
