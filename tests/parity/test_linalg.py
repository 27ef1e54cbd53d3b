"""Errors of tf.linalg and their messages; its named results; gradients that the table does not cover."""

import numpy as np
import pytest
from compare import run, same

SINGULAR = [[1.0, 2.0], [2.0, 4.0]]


def ones(tf, *shape):
    return tf.ones(shape, tf.float64)


REFUSED = {
    "cholesky of a vector": lambda tf: tf.linalg.cholesky(ones(tf, 2)),
    "cholesky of a wide matrix": lambda tf: tf.linalg.cholesky(ones(tf, 2, 3)),
    "cholesky_solve of unfit rows": lambda tf: tf.linalg.cholesky_solve(ones(tf, 2, 2), ones(tf, 3, 1)),
    "cross of two elements": lambda tf: tf.linalg.cross(ones(tf, 2), ones(tf, 2)),
    "cross of scalars": lambda tf: tf.linalg.cross(ones(tf), ones(tf)),
    "cross of unequal shapes": lambda tf: tf.linalg.cross(ones(tf, 3), ones(tf, 1, 3)),
    "det of a vector": lambda tf: tf.linalg.det(ones(tf, 2)),
    "det of a wide matrix": lambda tf: tf.linalg.det(ones(tf, 2, 3)),
    "eigh of a wide matrix": lambda tf: tf.linalg.eigh(ones(tf, 2, 3)),
    "eigh of NaN": lambda tf: tf.linalg.eigh(tf.constant([[np.nan, 1.0], [1.0, 2.0]])),
    "eigvalsh of NaN": lambda tf: tf.linalg.eigvalsh(tf.constant([[np.nan, 1.0], [1.0, 2.0]])),
    "inv of a singular matrix": lambda tf: tf.linalg.inv(tf.constant(SINGULAR)),
    "inv of NaN": lambda tf: tf.linalg.inv(tf.constant([[np.nan, 1.0], [1.0, 2.0]])),
    "inv of a wide matrix": lambda tf: tf.linalg.inv(ones(tf, 2, 3)),
    "logdet of a vector": lambda tf: tf.linalg.logdet(ones(tf, 2)),
    "lstsq of unfit rows, slow": lambda tf: tf.linalg.lstsq(ones(tf, 3, 2), ones(tf, 2, 1), fast=False),
    "lstsq of unequal batches, slow": lambda tf: tf.linalg.lstsq(ones(tf, 2, 3, 2), ones(tf, 3, 1), fast=False),
    "lu of a singular matrix": lambda tf: tf.linalg.lu(tf.constant(SINGULAR)),
    "lu of a wide matrix": lambda tf: tf.linalg.lu(ones(tf, 2, 3)),
    "lu of a vector": lambda tf: tf.linalg.lu(ones(tf, 2)),
    "lu_reconstruct of a vector": lambda tf: tf.linalg.lu_reconstruct(ones(tf, 1), [0]),
    "lu_reconstruct of a scalar order": lambda tf: tf.linalg.lu_reconstruct(ones(tf, 2, 2), 0),
    "lu_reconstruct of a wide matrix": lambda tf: tf.linalg.lu_reconstruct(ones(tf, 2, 3), [0, 1]),
    "lu_solve of unfit rows": lambda tf: tf.linalg.lu_solve(ones(tf, 2, 2), [0, 1], ones(tf, 3, 1)),
    "lu_solve of a vector": lambda tf: tf.linalg.lu_solve(ones(tf, 2, 2), [0, 1], ones(tf, 2)),
    "matrix_rank of a vector": lambda tf: tf.linalg.matrix_rank(ones(tf, 2)),
    "matrix_rank of integers": lambda tf: tf.linalg.matrix_rank(tf.constant([[1, 2]])),
    "norm of unknown order": lambda tf: tf.norm(ones(tf, 2, 2), "nuc"),
    "norm of unknown order of matrices": lambda tf: tf.norm(ones(tf, 2, 2), "nuc", axis=[0, 1]),
    "norm of order 3 of matrices": lambda tf: tf.norm(ones(tf, 2, 2), 3, axis=(0, 1)),
    "norm of order 0": lambda tf: tf.norm(ones(tf, 2, 2), 0),
    "norm of a negative order": lambda tf: tf.norm(ones(tf, 2, 2), -1),
    "norm fro of vectors": lambda tf: tf.norm(ones(tf, 2, 2), "fro", axis=0),
    "norm of one axis twice": lambda tf: tf.norm(ones(tf, 2, 2), axis=[0, 0]),
    "norm of three axes": lambda tf: tf.norm(ones(tf, 2, 2), axis=[0, 1, 2]),
    "norm of a list of one axis": lambda tf: tf.norm(ones(tf, 2, 2), axis=[0]),
    "norm of an axis that is text": lambda tf: tf.norm(ones(tf, 2, 2), axis="a"),
    "norm of fractional axes": lambda tf: tf.norm(ones(tf, 2, 2), axis=[1.0, 2.0]),
    "pinv of a vector": lambda tf: tf.linalg.pinv(ones(tf, 2)),
    "pinv of integers": lambda tf: tf.linalg.pinv(tf.constant([[1, 2]])),
    "qr of a vector": lambda tf: tf.linalg.qr(ones(tf, 2)),
    "solve of a singular matrix": lambda tf: tf.linalg.solve(tf.constant(SINGULAR), tf.ones([2, 1])),
    "solve of a wide matrix": lambda tf: tf.linalg.solve(ones(tf, 2, 3), ones(tf, 2, 1)),
    "solve of unfit rows": lambda tf: tf.linalg.solve(ones(tf, 2, 2), ones(tf, 3, 1)),
    "solve of a vector": lambda tf: tf.linalg.solve(ones(tf, 2, 2), ones(tf, 2)),
    "solve of unequal batches": lambda tf: tf.linalg.solve(ones(tf, 2, 2, 2), ones(tf, 3, 2, 1)),
    "solve of unequal dtypes": lambda tf: tf.linalg.solve(ones(tf, 2, 2), tf.ones([2, 1])),
    "sqrtm of a wide matrix": lambda tf: tf.linalg.sqrtm(ones(tf, 2, 3)),
    "sqrtm of a vector": lambda tf: tf.linalg.sqrtm(ones(tf, 2)),
    "svd of a vector": lambda tf: tf.linalg.svd(ones(tf, 2)),
    "trace of a vector": lambda tf: tf.linalg.trace(ones(tf, 2)),
    "triangular_solve of unequal batches": lambda tf: tf.linalg.triangular_solve(ones(tf, 2, 2, 2), ones(tf, 3, 2, 1)),
    "triangular_solve of a wide matrix": lambda tf: tf.linalg.triangular_solve(ones(tf, 2, 3), ones(tf, 3, 1)),
    "triangular_solve of unfit rows": lambda tf: tf.linalg.triangular_solve(ones(tf, 2, 2), ones(tf, 3, 1), False),
    "triangular_solve of a vector": lambda tf: tf.linalg.triangular_solve(ones(tf, 2), ones(tf, 2, 1)),
    "triangular_solve for a vector": lambda tf: tf.linalg.triangular_solve(ones(tf, 2, 2), ones(tf, 2)),
    "expm of integers": lambda tf: tf.linalg.expm(tf.constant([[1, 2], [3, 4]])),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    assert same(REFUSED[name]).exception


@pytest.mark.parametrize(
    "name", ["cholesky", "det", "eigh", "inv", "logdet", "lu", "qr", "slogdet", "sqrtm", "svd", "normalize", "norm"]
)
def test_integers_are_refused(name):
    def program(tf):
        function = getattr(tf.linalg, name)
        try:
            return function(tf.constant([[4, 1], [1, 3]]))
        except tf.errors.InvalidArgumentError as error:
            # TensorFlow continues with the op's definition.
            return str(error).split("\n")[0].removesuffix(" name: ").split(" [Op:")[0]

    assert isinstance(same(program).result, str)


def gradient_of(tf, f, *arrays):
    sources = [tf.constant(array, tf.float64) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        y = f(*sources)
    return tape.gradient(y, sources)


WITHOUT_GRADIENT = {
    "lstsq": lambda tf: gradient_of(tf, lambda a: tf.linalg.lstsq(a, a, fast=False), np.eye(2)),
    "qr": lambda tf: gradient_of(tf, lambda a: tf.linalg.qr(a, full_matrices=True)[0], np.ones((3, 1))),
    "svd": lambda tf: gradient_of(tf, lambda a: tf.linalg.svd(a, full_matrices=True)[1], np.ones((3, 1))),
    "inv": lambda tf: gradient_of(tf, tf.linalg.det, SINGULAR),
}


@pytest.mark.parametrize("name", WITHOUT_GRADIENT)
def test_without_gradient(name):
    assert same(WITHOUT_GRADIENT[name]).exception


PROGRAMS = {
    "names of results": lambda tf: [
        tf.linalg.lu([[1.0, 2.0], [3.0, 4.0]])._fields,
        tf.linalg.qr([[1.0, 2.0], [3.0, 4.0]])._fields,
        tf.linalg.slogdet([[1.0, 2.0], [3.0, 4.0]])._fields,
        type(tf.linalg.svd([[1.0, 2.0], [3.0, 4.0]])).__name__,
        type(tf.linalg.eigh([[1.0, 2.0], [2.0, 4.0]])).__name__,
        type(tf.linalg.svd([[1.0, 2.0], [3.0, 4.0]], compute_uv=False).shape).__name__,
    ],
    "singular triangle": lambda tf: tf.linalg.triangular_solve(
        tf.constant([[0.0, 9.0], [1.0, 2.0]], tf.float64), ones(tf, 2, 1)
    ),
    "singular triangle's gradient": lambda tf: gradient_of(
        tf, tf.linalg.triangular_solve, [[2.0, 9.0], [1.0, 0.0]], [[1.0], [2.0]]
    ),
    "regularizer's gradient": lambda tf: gradient_of(
        tf,
        lambda a, b, c: tf.linalg.lstsq(a, b, c),
        [[1.0, 2.0], [3.0, 5.0], [0.0, 1.0]],
        [[1.0], [2.0], [3.0]],
        0.5,
    ),
    "pinv of equal singular values": lambda tf: gradient_of(tf, tf.linalg.pinv, [[1.0, 0.0], [0.0, 1.0]]),
    "inverse of infinity": lambda tf: tf.linalg.inv(tf.constant([[np.inf, 1.0], [1.0, 1.0]])),
    "slogdet of singular matrices": lambda tf: tf.linalg.slogdet(tf.constant([SINGULAR, [[0.0, 0.0], [0.0, 0.0]]])),
    "det of NaN": lambda tf: tf.linalg.det(tf.constant([[np.nan, 1.0], [1.0, 1.0]])),
    "slogdet of NaN": lambda tf: tf.linalg.slogdet(tf.constant([[np.nan, 1.0], [1.0, 1.0]])),
    "factors of NaN": lambda tf: tf.linalg.qr(tf.constant([[np.nan, 1.0], [1.0, 2.0]])),
    "lu of NaN": lambda tf: tf.linalg.lu(tf.constant([[1.0, np.nan], [2.0, 3.0]])),
    "lu of a batch": lambda tf: tf.linalg.lu_matrix_inverse(
        *tf.linalg.lu(tf.constant([[[1.0, 2.0], [3.0, 5.0]], [[0.0, 2.0], [4.0, 1.0]]], tf.float64))
    ),
    "full factors": lambda tf: [
        tf.linalg.qr(tf.zeros([2, 0], tf.float64), full_matrices=True),
        tf.linalg.svd(tf.zeros([2, 0], tf.float64), full_matrices=True),
    ],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    assert not same(PROGRAMS[name], rtol=1e-8, atol=1e-8).exception


def test_square_root_of_defective_and_large_matrices() -> None:
    import gradtape

    generator = np.random.default_rng(5)
    jordan = np.eye(8) + np.eye(8, k=1)
    turn = np.linalg.qr(generator.normal(size=(8, 8)))[0]
    gram = generator.normal(size=(60, 30))
    near_identity = generator.uniform(0.1, 1, (60, 60)) + 60 * np.eye(60)
    for matrix in (jordan, turn @ jordan @ turn.T, gram @ gram.T, near_identity):
        root = gradtape.linalg.sqrtm(matrix).numpy()
        np.testing.assert_allclose(root @ root, matrix, atol=1e-6 * np.abs(matrix).max())


def test_gradient_of_lu_where_tensorflow_has_none() -> None:
    def program(tf):
        return gradient_of(tf, lambda a: tf.linalg.lu(a)[0], [[1.0, 2.0], [3.0, 5.0]])

    import tensorflow

    import gradtape

    assert run(tensorflow, program).exception == "LookupError"
    assert not run(gradtape, program).exception
