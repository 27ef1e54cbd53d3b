"""tf.linalg: products and factorisations of matrices."""

from __future__ import annotations

from gradtape.contractions import einsum, matmul, matvec, tensordot
from gradtape.creation import eye

__all__: list[str] = []
