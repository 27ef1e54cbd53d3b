"""tf.autodiff: forward- and reverse-mode differentiation."""

from gradtape._src.autodiff.forward import (
    ForwardAccumulator as ForwardAccumulator,
)
from gradtape._src.autodiff.tape import (
    GradientTape as GradientTape,
)
