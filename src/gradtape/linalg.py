"""tf.linalg: products, decompositions, solvers and norms of matrices."""

from gradtape._src.linalg.contractions import (
    cross as cross,
    einsum as einsum,
    matmul as matmul,
    matvec as matvec,
    tensordot as tensordot,
)
from gradtape._src.linalg.diagonals import (
    adjoint as adjoint,
    band_part as band_part,
    diag as diag,
    diag_part as diag_part,
    matrix_transpose as matrix_transpose,
    set_diag as set_diag,
    tensor_diag as tensor_diag,
    tensor_diag_part as tensor_diag_part,
    trace as trace,
)
from gradtape._src.linalg.eigenvalues import (
    eig as eig,
    eigvals as eigvals,
)
from gradtape._src.linalg.factorisations import (
    cholesky as cholesky,
    cholesky_solve as cholesky_solve,
    logdet as logdet,
    lstsq as lstsq,
    lu as lu,
    lu_matrix_inverse as lu_matrix_inverse,
    lu_reconstruct as lu_reconstruct,
    lu_solve as lu_solve,
    qr as qr,
)
from gradtape._src.linalg.matrix_functions import (
    expm as expm,
    logm as logm,
    sqrtm as sqrtm,
)
from gradtape._src.linalg.norms import (
    norm as norm,
    normalize as normalize,
)
from gradtape._src.linalg.spectra import (
    eigh as eigh,
    eigvalsh as eigvalsh,
    matrix_rank as matrix_rank,
    pinv as pinv,
    svd as svd,
)
from gradtape._src.linalg.systems import (
    det as det,
    inv as inv,
    slogdet as slogdet,
    solve as solve,
    triangular_solve as triangular_solve,
)
from gradtape._src.linalg.tridiagonals import (
    eigh_tridiagonal as eigh_tridiagonal,
    tridiagonal_matmul as tridiagonal_matmul,
    tridiagonal_solve as tridiagonal_solve,
)
from gradtape._src.ops.clipping import (
    global_norm as global_norm,
    l2_normalize as l2_normalize,
)
from gradtape._src.ops.creation import (
    eye as eye,
)
