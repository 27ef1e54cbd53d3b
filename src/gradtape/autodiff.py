"""tf.autodiff: differentiation, forward and in reverse."""

from gradtape._src.autodiff.forward import (
    ForwardAccumulator as ForwardAccumulator,
)
from gradtape._src.autodiff.tape import (
    GradientTape as GradientTape,
)
