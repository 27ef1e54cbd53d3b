"""tf.keras.regularizers: regularization losses."""

from gradtape._src.keras.regularizers import (
    L1 as L1,
    L1 as l1,
    L1L2 as L1L2,
    L1L2 as l1_l2,
    L2 as L2,
    L2 as l2,
    OrthogonalRegularizer as OrthogonalRegularizer,
    OrthogonalRegularizer as orthogonal_regularizer,
    Regularizer as Regularizer,
    deserialize as deserialize,
    get as get,
    serialize as serialize,
)
