"""tf.keras.models: models, and functions to clone, save and load them."""

from gradtape._src.keras.cloning import (
    clone_model as clone_model,
)
from gradtape._src.keras.model import (
    Model as Model,
    model_from_json as model_from_json,
)
from gradtape._src.keras.saving.files import (
    load_model as load_model,
    save_model as save_model,
)
from gradtape._src.keras.sequential import (
    Sequential as Sequential,
)
