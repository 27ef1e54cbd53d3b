"""tf.linalg: the names; what they do stands in the modules that they come from."""

from __future__ import annotations

from gradtape.clipping import global_norm, l2_normalize
from gradtape.contractions import cross, einsum, matmul, matvec, tensordot
from gradtape.creation import eye
from gradtape.diagonals import (
    adjoint,
    band_part,
    diag,
    diag_part,
    matrix_transpose,
    set_diag,
    tensor_diag,
    tensor_diag_part,
    trace,
)
from gradtape.factorisations import (
    cholesky,
    cholesky_solve,
    logdet,
    lstsq,
    lu,
    lu_matrix_inverse,
    lu_reconstruct,
    lu_solve,
    qr,
)
from gradtape.matrix_functions import expm, sqrtm
from gradtape.norms import norm, normalize
from gradtape.spectra import eigh, eigvalsh, matrix_rank, pinv, svd
from gradtape.systems import det, inv, slogdet, solve, triangular_solve

__all__ = ["norm"]
