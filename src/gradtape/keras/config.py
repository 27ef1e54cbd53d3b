"""tf.keras.config: Keras' global settings."""

from gradtape._src.keras.dtype_policy import (
    dtype_policy as dtype_policy,
    set_dtype_policy as set_dtype_policy,
)
from gradtape._src.keras.serialization import (
    enable_unsafe_deserialization as enable_unsafe_deserialization,
)
from gradtape._src.keras.settings import (
    backend as backend,
    epsilon as epsilon,
    floatx as floatx,
    image_data_format as image_data_format,
    set_epsilon as set_epsilon,
    set_floatx as set_floatx,
    set_image_data_format as set_image_data_format,
)
