"""tf.keras.datasets.imdb: film reviews."""

from gradtape._src.keras.datasets.texts import (
    imdb_word_index as _imdb_word_index,
    load_imdb as _load_imdb,
)

get_word_index = _imdb_word_index
load_data = _load_imdb
