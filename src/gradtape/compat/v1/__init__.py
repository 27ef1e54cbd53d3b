"""tf.compat.v1: names of TensorFlow 1 that eager programs use."""

from gradtape._src.core.execution import (
    disable_eager_execution as disable_eager_execution,
    enable_eager_execution as enable_eager_execution,
    enable_v2_behavior as enable_v2_behavior,
    executing_eagerly as executing_eagerly,
)
from gradtape._src.random.stateful import (
    set_seed as _set_seed,
)
from gradtape.compat.v1 import logging as logging, train as train

set_random_seed = _set_seed
