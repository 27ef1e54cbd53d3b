"""tf.optimizers: Keras 3's optimizers."""

from gradtape._src.optimizers.base import (
    Optimizer as Optimizer,
)
from gradtape._src.optimizers.loss_scale import (
    LossScaleOptimizer as LossScaleOptimizer,
)
from gradtape._src.optimizers.rows import (
    SGD as SGD,
    Adadelta as Adadelta,
    Adafactor as Adafactor,
    Adagrad as Adagrad,
    Adam as Adam,
    Adamax as Adamax,
    AdamW as AdamW,
    Ftrl as Ftrl,
    Lamb as Lamb,
    Lion as Lion,
    Nadam as Nadam,
    RMSprop as RMSprop,
    ScheduleFreeAdamW as ScheduleFreeAdamW,
)
from gradtape._src.optimizers.serialization import (
    deserialize as deserialize,
    get as get,
    serialize as serialize,
)
from gradtape.optimizers import schedules as schedules
