"""tf.keras: Keras 3's layers, models, losses, metrics and training loops, over gradtape's tape."""

import typing as _typing

from gradtape import optimizers as optimizers
from gradtape._src.core.lazy import later as _later

if _typing.TYPE_CHECKING:
    from gradtape.keras import (
        activations as activations,
        backend as backend,
        callbacks as callbacks,
        config as config,
        constraints as constraints,
        datasets as datasets,
        dtype_policies as dtype_policies,
        initializers as initializers,
        layers as layers,
        losses as losses,
        metrics as metrics,
        mixed_precision as mixed_precision,
        models as models,
        ops as ops,
        preprocessing as preprocessing,
        random as random,
        regularizers as regularizers,
        saving as saving,
        tree as tree,
        utils as utils,
    )
else:
    for _name in (
        *(
            "activations",
            "backend",
            "callbacks",
            "config",
            "constraints",
            "datasets",
            "dtype_policies",
            "initializers",
            "layers",
        ),
        *(
            "losses",
            "metrics",
            "mixed_precision",
            "models",
            "ops",
            "preprocessing",
            "random",
            "regularizers",
            "saving",
            "tree",
            "utils",
        ),
    ):
        globals()[_name] = _later(f"keras.{_name}")

from gradtape._src.keras.dtype_policy import (
    DTypePolicy as DTypePolicy,
)
from gradtape._src.keras.initializers import (
    Initializer as Initializer,
)
from gradtape._src.keras.input_layer import (
    Input as Input,
)
from gradtape._src.keras.input_spec import (
    InputSpec as InputSpec,
)
from gradtape._src.keras.keras_tensor import (
    KerasTensor as KerasTensor,
)
from gradtape._src.keras.layer import (
    Layer as Layer,
)
from gradtape._src.keras.losses.base import (
    Loss as Loss,
)
from gradtape._src.keras.metrics.base import (
    Metric as Metric,
)
from gradtape._src.keras.model import (
    Model as Model,
)
from gradtape._src.keras.naming import (
    name_scope as name_scope,
)
from gradtape._src.keras.operation import (
    Operation as Operation,
)
from gradtape._src.keras.regularizers import (
    Regularizer as Regularizer,
)
from gradtape._src.keras.sequential import (
    Sequential as Sequential,
)
from gradtape._src.keras.variable import (
    Variable as Variable,
)
from gradtape._src.optimizers.base import (
    Optimizer as Optimizer,
)

FloatDTypePolicy = DTypePolicy

__version__ = "3.15.1"
