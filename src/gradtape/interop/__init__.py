"""tf.interop: interoperation with NumPy's files, safetensors, SciPy and scikit-learn."""

import typing as _typing

from gradtape._src.core.lazy import later as _later
from gradtape.interop import (
    npz as npz,
    safetensors as safetensors,
    scipy as scipy,
)

if _typing.TYPE_CHECKING:
    from gradtape.interop import sklearn as sklearn
else:
    sklearn = _later("interop.sklearn")  # reading it imports scikit-learn
