"""tf.keras.ops.linalg: functions of matrices."""

from gradtape._src.keras.ops.composed import (
    matrix_rank as matrix_rank,
)
from gradtape._src.keras.ops.linalg import (
    cholesky as cholesky,
    cholesky_inverse as cholesky_inverse,
    det as det,
    eigh as eigh,
    inv as inv,
    lstsq as lstsq,
    lu_factor as lu_factor,
    norm as norm,
    pinv as pinv,
    qr as qr,
    solve as solve,
    solve_triangular as solve_triangular,
    svd as svd,
)
