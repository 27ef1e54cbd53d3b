"""tf.interop.scipy: variables as one vector, and functions of it, for SciPy's solvers."""

from gradtape._src.interchange.scipy import (
    Packing as Packing,
    pack as pack,
)
