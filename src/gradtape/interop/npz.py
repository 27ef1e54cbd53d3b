"""tf.interop.npz: tensors in NumPy's .npz files."""

from gradtape._src.interchange.npz import (
    load as load,
    save as save,
)
