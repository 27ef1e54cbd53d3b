"""tf.keras.preprocessing: second names of what is in tf.keras.utils."""

from gradtape.keras.preprocessing import (
    image as image,
    sequence as sequence,
)
