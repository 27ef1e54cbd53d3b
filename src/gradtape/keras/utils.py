"""tf.keras.utils: utilities around models and data."""

from gradtape._src.keras.data import (
    PyDataset as PyDataset,
    pack_x_y_sample_weight as pack_x_y_sample_weight,
    unpack_x_y_sample_weight as unpack_x_y_sample_weight,
)
from gradtape._src.keras.keras_tensor import (
    is_keras_tensor as is_keras_tensor,
)
from gradtape._src.keras.progress import (
    Progbar as Progbar,
)
from gradtape._src.keras.random import (
    set_random_seed as set_random_seed,
)
from gradtape._src.keras.serialization import (
    custom_object_scope as custom_object_scope,
    deserialize_keras_object as deserialize_keras_object,
    get_custom_objects as get_custom_objects,
    get_registered_name as get_registered_name,
    get_registered_object as get_registered_object,
    register_keras_serializable as register_keras_serializable,
    serialize_keras_object as serialize_keras_object,
)
from gradtape._src.keras.session import (
    clear_session as clear_session,
)
from gradtape._src.keras.settings import (
    standardize_dtype as standardize_dtype,
)
from gradtape._src.keras.utils.arrays import (
    normalize as normalize,
    pad_sequences as pad_sequences,
    to_categorical as to_categorical,
)
from gradtape._src.keras.utils.directories import (
    image_dataset_from_directory as image_dataset_from_directory,
    text_dataset_from_directory as text_dataset_from_directory,
)
from gradtape._src.keras.utils.drawing import (
    model_to_dot as model_to_dot,
    plot_model as plot_model,
)
from gradtape._src.keras.utils.files import (
    get_file as get_file,
)
from gradtape._src.keras.utils.pictures import (
    array_to_img as array_to_img,
    img_to_array as img_to_array,
    load_img as load_img,
    save_img as save_img,
)
from gradtape._src.keras.utils.splitting import (
    split_dataset as split_dataset,
)
from gradtape._src.keras.utils.timeseries import (
    timeseries_dataset_from_array as timeseries_dataset_from_array,
)

Sequence = PyDataset
CustomObjectScope = custom_object_scope
