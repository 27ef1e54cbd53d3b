"""tf.keras.dtype_policies: dtypes of layers' computations and weights."""

from gradtape._src.keras.dtype_policy import (
    DTypePolicy as DTypePolicy,
    DTypePolicy as FloatDTypePolicy,
    deserialize as deserialize,
    get as get,
    serialize as serialize,
)
