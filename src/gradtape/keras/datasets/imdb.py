"""tf.keras.datasets.imdb: film reviews."""

from gradtape._src.keras.datasets.texts import (
    imdb_word_index as get_word_index,
    load_imdb as load_data,
)
