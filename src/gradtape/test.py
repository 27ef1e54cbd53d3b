"""tf.test: derivatives checked against finite differences."""

from gradtape._src.testing.gradient_checks import (
    check_gradients as check_gradients,
    compute_gradient as compute_gradient,
)
