"""tf.keras.backend: settings, names and dtypes."""

from gradtape._src.keras.naming import (
    get_uid as get_uid,
    reset_uids as reset_uids,
)
from gradtape._src.keras.ops.promotion import (
    result_type as result_type,
)
from gradtape._src.keras.session import (
    clear_session as clear_session,
)
from gradtape._src.keras.settings import (
    backend as backend,
    epsilon as epsilon,
    floatx as floatx,
    image_data_format as image_data_format,
    set_epsilon as set_epsilon,
    set_floatx as set_floatx,
    set_image_data_format as set_image_data_format,
    standardize_dtype as standardize_dtype,
)
