"""tf.config.optimizer: the switch of TensorFlow's compiler, which is not here."""

from gradtape._src.core.settings import (
    get_jit as get_jit,
    set_jit as set_jit,
)
