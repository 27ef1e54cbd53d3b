"""tf.keras.datasets.reuters: newswires."""

from gradtape._src.keras.datasets.texts import (
    load_reuters as _load_reuters,
    reuters_label_names as _reuters_label_names,
    reuters_word_index as _reuters_word_index,
)

load_data = _load_reuters
get_label_names = _reuters_label_names
get_word_index = _reuters_word_index
