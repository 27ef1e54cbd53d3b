"""tf.interop: tensors and models with NumPy's files, safetensors, SciPy and scikit-learn."""

from gradtape.interop import (
    npz as npz,
    safetensors as safetensors,
)
