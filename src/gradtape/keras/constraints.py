"""tf.keras.constraints: constraints on weights."""

from gradtape._src.keras.constraints import (
    Constraint as Constraint,
    MaxNorm as MaxNorm,
    MaxNorm as max_norm,
    MinMaxNorm as MinMaxNorm,
    MinMaxNorm as min_max_norm,
    NonNeg as NonNeg,
    NonNeg as non_neg,
    UnitNorm as UnitNorm,
    UnitNorm as unit_norm,
    deserialize as deserialize,
    get as get,
    serialize as serialize,
)
