"""tf.keras.preprocessing.sequence: padding of sequences, and skip-grams."""

from gradtape._src.keras.utils.arrays import (
    pad_sequences as pad_sequences,
)
from gradtape._src.keras.utils.skipgrams import (
    make_sampling_table as make_sampling_table,
    skipgrams as skipgrams,
)
