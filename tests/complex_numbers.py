"""Shared by tests of complex gradients: difference quotients, and programs of matrices for either library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import gradtape as tf


def difference_quotients(program: Callable[[Any], Any], z: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """TensorFlow's convention: the derivative by the real part, plus i times that by the imaginary part."""
    found = np.zeros_like(z)
    for place in np.ndindex(z.shape):
        for direction in (1.0, 1j):
            moved = np.zeros_like(z)
            moved[place] = step * direction
            high, low = program(tf.constant(z + moved)), program(tf.constant(z - moved))
            found[place] += direction * float(high - low) / (2 * step)
    return found


def weighed(z: Any) -> Any:
    """A real number that depends on all parts."""
    count = int(np.prod(z.shape))
    weights = np.linspace(0.5, 1.5, count).reshape(z.shape) - 1j * np.linspace(-1.0, 0.7, count).reshape(z.shape)
    return tf.reduce_sum(tf.math.real(z * tf.constant(weights)) + tf.math.imag(z) ** 2)


def drawn(rows: int, columns: int) -> np.ndarray:
    """A matrix with distinct eigenvalues and singular values."""
    rng = np.random.default_rng(5)
    array = rng.normal(size=(2, rows, columns))
    return (array[0] + 1j * array[1]) * 0.3 + np.eye(rows, columns) * np.arange(1.0, 1.0 + columns)


RIGHT = np.random.default_rng(1).normal(size=(3, 2)) + 1j * np.random.default_rng(2).normal(size=(3, 2))
SHIFT = np.array([[0.0], [4.0], [0.0]], np.complex128)


def hermitian(tf: Any, z: Any) -> Any:
    return z + tf.linalg.adjoint(z)


def definite(tf: Any, z: Any) -> Any:
    return tf.matmul(z, z, adjoint_b=True) + tf.eye(3, dtype=z.dtype)


def square(tf: Any, z: Any) -> Any:
    return tf.cast(tf.abs(z) ** 2, z.dtype)


def remade(tf: Any, s: Any, u: Any, v: Any) -> Any:
    """Values that do not depend on factors of singular vectors."""
    least = s.shape[0]
    return tf.matmul(u[:, :least] * tf.cast(tf.exp(-s), u.dtype), v[:, :least], adjoint_b=True)


def in_order(tf: Any, e: Any) -> Any:
    return tf.stack([tf.reduce_sum(e**2), tf.reduce_sum(e**3)])


SQUARE: dict[str, Callable[[Any, Any], Any]] = {
    "inv": lambda tf, z: tf.linalg.inv(z),
    "det": lambda tf, z: tf.linalg.det(z),
    "sign of det": lambda tf, z: tf.linalg.slogdet(z).sign,
    "log of det": lambda tf, z: tf.linalg.slogdet(z).log_abs_determinant,
    "logdet": lambda tf, z: tf.cast(tf.linalg.logdet(definite(tf, z)), z.dtype),
    "solve": lambda tf, z: tf.linalg.solve(z, tf.matmul(z, tf.constant(RIGHT))),
    "solve, adjoint": lambda tf, z: tf.linalg.solve(z, tf.constant(RIGHT), adjoint=True),
    "triangular": lambda tf, z: tf.linalg.triangular_solve(z, tf.constant(RIGHT) * 2),
    "triangular, adjoint": lambda tf, z: tf.linalg.triangular_solve(z, tf.constant(RIGHT), adjoint=True),
    "upper triangular": lambda tf, z: tf.linalg.triangular_solve(z, z, lower=False),
    "upper triangular, adjoint": lambda tf, z: tf.linalg.triangular_solve(z, z, lower=False, adjoint=True),
    "cholesky": lambda tf, z: tf.linalg.cholesky(definite(tf, z)),
    "cholesky of a Hermitian matrix": lambda tf, z: tf.linalg.cholesky(hermitian(tf, z) + 5 * tf.eye(3, dtype=z.dtype)),
    "cholesky_solve": lambda tf, z: tf.linalg.cholesky_solve(tf.linalg.cholesky(definite(tf, z)), tf.constant(RIGHT)),
    "eigenvalues": lambda tf, z: tf.linalg.eigh(hermitian(tf, z))[0],
    "eigenvectors": lambda tf, z: square(tf, tf.linalg.eigh(hermitian(tf, z))[1]),
    "eigvalsh": lambda tf, z: tf.linalg.eigvalsh(z),
    "eig's values": lambda tf, z: in_order(tf, tf.linalg.eig(z)[0]),
    "eig's vectors": lambda tf, z: tf.reduce_sum(square(tf, tf.linalg.eig(z)[1]) * tf.sin(tf.linalg.eig(z)[0]), -1),
    "eigvals": lambda tf, z: in_order(tf, tf.linalg.eigvals(z)),
    "eig of real": lambda tf, z: in_order(tf, tf.linalg.eig(tf.math.real(z))[0]),
    "lu": lambda tf, z: tf.linalg.lu(z).lu,
    "lu_solve": lambda tf, z: tf.linalg.lu_solve(tf.linalg.lu(z).lu, tf.linalg.lu(z).p, tf.constant(RIGHT)),
    "expm": lambda tf, z: tf.linalg.expm(z * 0.5),
    "logm": lambda tf, z: tf.linalg.logm(z),
    "logm of a Jordan block": lambda tf, z: tf.linalg.logm(
        tf.linalg.band_part(z, 0, -1) * 0.1 + tf.eye(3, dtype=z.dtype)
    ),
    "sqrtm": lambda tf, z: tf.linalg.sqrtm(z),
    "tridiagonal_solve": lambda tf, z: tf.linalg.tridiagonal_solve(
        z + tf.constant(SHIFT), tf.constant(RIGHT), diagonals_format="compact"
    ),
    "tridiagonal_matmul": lambda tf, z: tf.linalg.tridiagonal_matmul(
        z, tf.matmul(z, tf.constant(RIGHT)), diagonals_format="compact"
    ),
    "matvec": lambda tf, z: tf.linalg.matvec(z, z[0], adjoint_a=True),
}
ANY: dict[str, Callable[[Any, Any], Any]] = {
    "singular values": lambda tf, z: tf.cast(tf.linalg.svd(z, compute_uv=False), z.dtype),
    "svd": lambda tf, z: remade(tf, *tf.linalg.svd(z)),
    "full svd": lambda tf, z: remade(tf, *tf.linalg.svd(z, full_matrices=True)),
    "squares of u": lambda tf, z: square(tf, tf.linalg.svd(z)[1]),
    "squares of v": lambda tf, z: square(tf, tf.linalg.svd(z)[2]),
    "q": lambda tf, z: tf.linalg.qr(z).q,
    "r": lambda tf, z: tf.linalg.qr(z).r,
    "lstsq": lambda tf, z: tf.linalg.lstsq(z, tf.ones([z.shape[0], 1], z.dtype)),
    "norm": lambda tf, z: tf.norm(z),
    "Frobenius": lambda tf, z: tf.norm(z, "fro", axis=[0, 1]),
    "norm 1": lambda tf, z: tf.cast(tf.norm(z, 1), z.dtype),
    "norm 3": lambda tf, z: tf.cast(tf.norm(z, 3, axis=-1), z.dtype),
    "spectral": lambda tf, z: tf.cast(tf.norm(z, 2, axis=[0, 1]), z.dtype),
    "normalize": lambda tf, z: tf.linalg.normalize(z, axis=-1)[0],
    "l2_normalize": lambda tf, z: tf.linalg.l2_normalize(z, axis=-1),
}
SHAPES = {"square": (3, 3), "high": (3, 2), "wide": (2, 3)}
PROGRAMS = [(name, program, "square") for name, program in SQUARE.items()]
PROGRAMS += [(name, program, shape) for name, program in ANY.items() for shape in SHAPES]
