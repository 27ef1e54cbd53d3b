"""tf.keras.dtype_policies: dtypes of layers' computations and weights."""

from gradtape._src.keras.dtype_policy import (
    DTypePolicy as DTypePolicy,
    deserialize as deserialize,
    get as get,
    serialize as serialize,
)

FloatDTypePolicy = DTypePolicy
