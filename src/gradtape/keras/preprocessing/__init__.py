"""tf.keras.preprocessing: aliases of functions in tf.keras.utils."""

from gradtape._src.keras.utils.directories import (
    image_dataset_from_directory as image_dataset_from_directory,
    text_dataset_from_directory as text_dataset_from_directory,
)
from gradtape._src.keras.utils.timeseries import (
    timeseries_dataset_from_array as timeseries_dataset_from_array,
)
from gradtape.keras.preprocessing import (
    image as image,
    sequence as sequence,
    text as text,
)
