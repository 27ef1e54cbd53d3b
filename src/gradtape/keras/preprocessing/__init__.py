"""tf.keras.preprocessing: what programs do with data before models see it."""

from gradtape.keras.preprocessing import (
    image as image,
    sequence as sequence,
)
