"""tf.interop.npz: tensors in files that NumPy reads and writes."""

from gradtape._src.interchange.npz import (
    load as load,
    save as save,
)
