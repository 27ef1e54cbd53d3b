"""tf.keras.preprocessing.sequence: sequences of one length."""

from gradtape._src.keras.utils.arrays import (
    pad_sequences as pad_sequences,
)
