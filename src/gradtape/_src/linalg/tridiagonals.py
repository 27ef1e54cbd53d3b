"""Systems, products and eigenvalues of tridiagonal matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_reshape, as_tensor, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import InvalidArgumentError, invalid_argument
from gradtape._src.core.operands import int_of, not_allowed, one_dtype
from gradtape._src.core.typing import TensorLike
from gradtape._src.linalg.diagonals import diag, diag_part
from gradtape._src.linalg.matrices import turned
from gradtape._src.linalg.spectra import eigh, eigvalsh
from gradtape._src.ops.joining import concat, stack
from gradtape._src.table.rows import call, op, real, values

_ALLOWED = "double, float, complex64, complex128"


def _compact(diagonals: Any, diagonals_format: str) -> Tensor:
    """Diagonals as [..., 3, n]: the one above, shifted left, the main one, and the one below, shifted right.

    Raises ValueError if they do not have the format.
    """
    if diagonals_format == "sequence":
        if not isinstance(diagonals, tuple | list) or len(diagonals) != 3:
            raise ValueError("Expected diagonals to be a sequence of length 3.")
        above, main, below = map(as_tensor, diagonals)
        size = main.shape[-1]
        return stack([_fitted(above, size, "super", False), main, _fitted(below, size, "sub", True)], axis=-2)
    x = as_tensor(diagonals)
    if diagonals_format == "matrix":
        rows, columns = x.shape[-2:]
        if rows != columns:
            raise ValueError(f"Expected last two dimensions of diagonals to be same, got {rows} and {columns}")
        # For a matrix of one row, the outer diagonals are outside the matrix.
        parts = [diag_part(x, k=k) if rows > 1 or not k else x[..., 0, :0] for k in (1, 0, -1)]
        return _compact(parts, "sequence")
    if diagonals_format != "compact":
        raise ValueError(f"Unrecognized diagonals_format: {diagonals_format}")
    if x.ndim < 2:
        raise ValueError(f"Expected diagonals to have rank at least 2, got {x.ndim}")
    if x.shape[-2] != 3:
        raise ValueError(f"Expected 3 diagonals got {x.shape[-2]}")
    return x


def _fitted(diagonal: Tensor, size: int, name: str, below: bool) -> Tensor:
    """An outer diagonal, padded with the element outside the matrix."""
    length = diagonal.shape[-1]
    if length == size:
        return diagonal
    if length != size - 1:
        raise ValueError(f"Expected {name}diagonal to be have length {size} or {size - 1}, got {length}.")
    outside = tensor_from(np.zeros((*diagonal.shape[:-1], 1), diagonal.dtype.as_numpy_dtype))
    return concat([outside, diagonal] if below else [diagonal, outside], axis=-1)


def _operands(kernel: str, x: Tensor, rhs: Tensor) -> None:
    one_dtype(kernel, (x, rhs))
    if not (x.dtype.is_floating or x.dtype.is_complex):
        raise not_allowed(kernel, x.dtype, _ALLOWED)


def _shifted(x: np.ndarray, step: int) -> np.ndarray:
    """x moved along its rows by one, up or down, filled with 0."""
    out = np.zeros_like(x)
    if step > 0:
        out[..., 1:, :] = x[..., :-1, :]
    else:
        out[..., :-1, :] = x[..., 1:, :]
    return out


def _product(x: Tensor, rhs: Tensor) -> Tensor:
    (above, main, below), b = np.moveaxis(view(x), -2, 0)[..., None], view(rhs)
    return tensor_from(above * _shifted(b, -1) + main * b + below * _shifted(b, 1), rhs.dtype)


def _transposed(x: Tensor) -> Tensor:
    """The diagonals of the transposed matrix."""
    return _TRANSPOSED(x)


def _exchanged(x: Tensor) -> Tensor:
    array = view(x)
    out = np.zeros_like(array)
    out[..., 0, :-1], out[..., 1, :], out[..., 2, 1:] = array[..., 2, 1:], array[..., 1, :], array[..., 0, :-1]
    return tensor_from(out, x.dtype)


_TRANSPOSED: Primitive = Primitive(
    "TridiagonalTranspose", _exchanged, lambda call, needs, g: (_TRANSPOSED(g),), complexes=True, batch="leading"
)


def _outer_diagonals(g: Tensor, b: Tensor) -> Tensor:
    """The three diagonals of g bᵀ: the derivative of a product with respect to the diagonals."""
    return _OUTER(g, b)


def _outer(g: Tensor, b: Tensor) -> Tensor:
    left, right = view(g), view(b)
    parts = [(left * other).sum(-1) for other in (_shifted(right, -1), right, _shifted(right, 1))]
    return tensor_from(np.stack(parts, -2), g.dtype)


def _outer_vjp(call: Any, needs: Any, h: Tensor) -> tuple[Tensor, Tensor]:
    g, b = call.saved
    return _PRODUCT(h, b), _PRODUCT(_transposed(h), g)


_OUTER = Primitive("TridiagonalOuter", _outer, _outer_vjp, saves=(0, 1), holomorphic=True, batch="leading")


def _product_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None]:
    x, b = call.saved
    return (
        _outer_diagonals(g, b) if needs[0] else None,
        _PRODUCT(_transposed(x), g) if needs[1] else None,
    )


_PRODUCT = Primitive("TridiagonalMatMul", _product, _product_vjp, saves=(0, 1), holomorphic=True, batch="leading")


def _solution(x: Tensor, rhs: Tensor) -> Tensor:
    """Gaussian elimination with exchanges of neighbouring rows, for all matrices at once."""
    above, main, below = (np.array(part) for part in np.moveaxis(view(x), -2, 0))
    b, size = np.array(view(rhs)), main.shape[-1]
    second = np.zeros_like(main)  # the diagonal that row exchanges fill
    with np.errstate(all="ignore"):
        for i in range(size - 1):
            j = i + 1
            exchanged = np.abs(below[..., j]) > np.abs(main[..., i])
            upper = [main[..., i], above[..., i], second[..., i]]
            lower = [below[..., j], main[..., j], above[..., j] if j < size - 1 else np.zeros_like(main[..., j])]
            upper, lower = (
                [np.where(exchanged, one, other) for one, other in zip(first, rest, strict=True)]
                for first, rest in ((lower, upper), (upper, lower))
            )
            top, bottom = (np.where(exchanged[..., None], b[..., k, :], b[..., i + j - k, :]) for k in (j, i))
            factor = lower[0] / upper[0]
            main[..., i], above[..., i], second[..., i] = upper
            main[..., j] = lower[1] - factor * upper[1]
            if j < size - 1:
                above[..., j] = lower[2] - factor * upper[2]
            b[..., i, :], b[..., j, :] = top, bottom - factor[..., None] * top
        for i in range(size - 1, -1, -1):
            if i < size - 1:
                b[..., i, :] -= above[..., i, None] * b[..., i + 1, :]
            if i < size - 2:
                b[..., i, :] -= second[..., i, None] * b[..., i + 2, :]
            b[..., i, :] /= main[..., i, None]
        if size:
            b[(main == 0).any(-1)] = np.nan
    return tensor_from(b, rhs.dtype)


def _solution_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor, Tensor]:
    x, solved = call.saved
    by_rhs = _SOLUTION(_transposed(x), g)
    return -_outer_diagonals(by_rhs, solved), by_rhs


_SOLUTION = Primitive("TridiagonalSolve", _solution, _solution_vjp, saves=(0, -1), holomorphic=True, batch="leading")


def _solvable(array: np.ndarray) -> np.ndarray:
    """The diagonals of a matrix far from singular."""
    return array * 0.4 + np.array([[0.0], [3.0], [0.0]])


def _solve_samples() -> list[Any]:
    compact = real(3, 4, through=_solvable)
    return [
        *(call(compact, real(4, 2)), call(compact, real(4)), call(compact, real(2, 4), transpose_rhs=True)),
        *(call(real(2, 3, 3, through=_solvable), real(2, 3, 2)), call(real(3, 1, low=1.0), real(1, 2))),
        call((real(2), real(3, low=3.0, high=4.0), real(2)), real(3, 2), diagonals_format="sequence"),
        call((real(3), real(3, low=3.0, high=4.0), real(3)), real(3, 2), diagonals_format="sequence"),
        call(real(3, 3, through=lambda a: a + 5 * np.eye(3)), real(3, 1), diagonals_format="matrix"),
        # The first pivot is small, so that rows are exchanged.
        call(real(3, 4, through=lambda a: a * 0.1 + [[2.0], [0.0], [3.0]]), real(4, 2)),
    ]


@op(
    "linalg.tridiagonal_solve",
    samples=_solve_samples,
    edges=lambda: [
        call(values([[0.0, 0.0]] * 3), real(2, 1)),
        call(values([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), real(3, 2)),
    ],
    notes="Rows are exchanged as stability asks, whatever partial_pivoting says",
)
def tridiagonal_solve(
    diagonals: TensorLike,
    rhs: TensorLike,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
    perturb_singular: bool = False,
) -> Tensor:
    """Solves systems of equations with tridiagonal matrices.

    Args:
      diagonals: with "compact", a floating tensor of shape [..., 3, n]: the diagonal above the main one, whose last
        element is not read, the main one, and the one below, whose first element is not read. With "sequence" these as
        three tensors of shape [..., n], or without the elements that are not read; with "matrix" matrices.
      rhs: of shape [..., n, k], or [..., n] for a single right-hand side.
      diagonals_format: "compact", "sequence" or "matrix".
      transpose_rhs: whether rhs has shape [..., k, n].
      conjugate_rhs: not used; numbers are real.
      name: not used; TensorFlow names operations by it.
      partial_pivoting: not used; rows are always exchanged where that is more accurate.
      perturb_singular: not supported.

    Returns:
      The solutions, of shape [..., n, k] or [..., n]; NaN for a singular matrix.

    Raises:
      ValueError: the diagonals do not have their format, rhs does not fit them, or perturb_singular is requested.
      InvalidArgumentError: the operands are integers or of different dtypes.

    Example:
      >>> tf.linalg.tridiagonal_solve([[1.0, 0.0], [2.0, 2.0], [0.0, 1.0]], [3.0, 3.0]).numpy()
      array([1., 1.], dtype=float32)
    """
    if perturb_singular:
        if not partial_pivoting:
            raise ValueError("partial_pivoting must be True if perturb_singular is.")
        raise ValueError("perturb_singular is not supported; add a small number to the main diagonal instead.")
    x = _compact(diagonals, diagonals_format)
    b = as_tensor(rhs, x.dtype) if not isinstance(rhs, Tensor) else rhs
    vector = b.ndim == x.ndim - 1
    if vector:
        b = apply_reshape(b, (*b.shape, 1))
    elif transpose_rhs:
        b = turned(b)
    if b.ndim != x.ndim:
        raise ValueError(f"Expected the rank of rhs to be {x.ndim - 1} or {x.ndim}, got {b.ndim}")
    if x.shape[:-2] != b.shape[:-2]:
        raise ValueError(f"Batch shapes {x.shape[:-2]} and {b.shape[:-2]} are incompatible")
    if x.shape[-1] != b.shape[-2]:
        raise ValueError(
            f"Expected number of left-hand sided and right-hand sides to be equal, got {x.shape[-1]} and {b.shape[-2]}"
        )
    _operands("TridiagonalSolve", x, b)
    solved = _SOLUTION(x, b)
    return apply_reshape(solved, solved.shape[:-1]) if vector else solved


@op(
    "linalg.tridiagonal_matmul",
    samples=lambda: [
        *(call(real(3, 4), real(4, 2)), call(real(2, 3, 3), real(2, 3, 2)), call(real(3, 1), real(1, 2))),
        call((real(3), real(3), real(3)), real(3, 2), diagonals_format="sequence"),
        call(real(3, 3), real(3, 1), diagonals_format="matrix"),
    ],
)
def tridiagonal_matmul(
    diagonals: TensorLike, rhs: TensorLike, diagonals_format: str = "compact", name: str | None = None
) -> Tensor:
    """Products of tridiagonal matrices with matrices.

    Args:
      diagonals: see `tf.linalg.tridiagonal_solve`.
      rhs: of shape [..., n, k].
      diagonals_format: "compact", "sequence" or "matrix".
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of shape [..., n, k].

    Raises:
      ValueError: the diagonals do not have their format.
      InvalidArgumentError: the operands are integers or of different dtypes, or their shapes do not fit.

    Example:
      >>> tf.linalg.tridiagonal_matmul([[1.0, 0.0], [2.0, 2.0], [0.0, 1.0]], [[1.0], [10.0]]).numpy()
      array([[12.],
             [21.]], dtype=float32)
    """
    x = _compact(diagonals, diagonals_format)
    b = as_tensor(rhs, x.dtype) if not isinstance(rhs, Tensor) else rhs
    _operands("TridiagonalMatMul", x, b)
    if b.ndim != x.ndim:
        raise invalid_argument("TridiagonalMatMul", "All input tensors must have the same rank.", "")
    if x.shape[:-2] != b.shape[:-2]:
        raise invalid_argument("TridiagonalMatMul", "All input tensors must have the same outer dimensions.", "")
    if x.shape[-1] != b.shape[-2]:
        raise invalid_argument("TridiagonalMatMul", "Invalid superdiagonal shape.", "")
    return _PRODUCT(x, b)


def _chosen(w: np.ndarray, select: str, select_range: Any) -> slice:
    """The indices of the requested eigenvalues, which are ascending. Raises ValueError for invalid selections."""
    if select == "a":
        return slice(None)
    if select not in ("i", "v"):
        raise ValueError("'select must have a value in {'a', 'i', 'v'}.")
    low, high = select_range
    if select == "i":
        first, last = (int_of(bound, "EighTridiagonal", "select_range") for bound in (low, high))
        if first > last:
            raise InvalidArgumentError(None, None, f"Got empty index range in select_range: {first} > {last}")
        return slice(max(first, 0), last + 1)
    low, high = float(low), float(high)
    if low >= high:
        raise InvalidArgumentError(None, None, f"Got empty interval in select_range: {low} >= {high}")
    return slice(*np.searchsorted(w, [low, high]))


@op(
    "linalg.eigh_tridiagonal",
    samples=lambda: [
        *(
            call(real(4, through=_steps), real(3)),
            call(real(3, through=_steps), real(2), select="i", select_range=(1, 2)),
        ),
        call(real(1), real(0)),
        call(real(4, through=_steps), real(3), eigvals_only=False),
    ],
    edges=lambda: [call(values([1.0, 2.0, 3.0]), values([0.5, 0.2]), select="v", select_range=(0.0, 2.5))],
    program=lambda tf, f, *arguments, **options: (
        (lambda found: [found[0], found[1] ** 2])(f(*arguments, **options))
        if options.get("eigvals_only") is False
        else f(*arguments, **options)
    ),
    orders_there="0",
    tolerance=1e-7,
    notes="Gradients are right, unlike TensorFlow's; eigenvalues outside the matrix are not selected",
)
def eigh_tridiagonal(
    alpha: TensorLike,
    beta: TensorLike,
    eigvals_only: bool = True,
    select: str = "a",
    select_range: Any = None,
    tol: TensorLike | None = None,
    name: str | None = None,
) -> Any:
    """Eigenvalues, and eigenvectors, of a symmetric tridiagonal matrix.

    The rules are those of `tf.linalg.eigh`.

    Args:
      alpha: the main diagonal, a floating tensor of shape [n].
      beta: the outer diagonal, of shape [n - 1].
      eigvals_only: whether to leave out the vectors.
      select: "a" for all eigenvalues, "i" for those from one index to another among the ascending ones, "v" for those
        in an interval.
      select_range: the two indices, both included, or the ends of the interval.
      tol: not used; eigenvalues are as accurate as the dtype allows.
      name: not used; TensorFlow names operations by it.

    Returns:
      The requested eigenvalues, ascending; without eigvals_only also their vectors, in columns.

    Raises:
      ValueError: the dtypes differ or are not floating, or select has another value.
      InvalidArgumentError: the range is empty, or the shapes do not fit.

    Example:
      >>> tf.linalg.eigh_tridiagonal([2.0, 2.0], [1.0]).numpy().round(4)
      array([1., 3.], dtype=float32)
    """
    main, beside = as_tensor(alpha), as_tensor(beta)
    if main.dtype != beside.dtype:
        raise ValueError("'alpha' and 'beta' must have the same type.")
    if main.dtype.is_complex:
        raise invalid_argument(
            "EighTridiagonal",
            f"Symmetric matrices alone, of float32 or float64, are decomposed here, not those of {main.dtype.name}",
            None,
        )
    if not main.dtype.is_floating:
        raise ValueError(f"data type {main.dtype.as_numpy_dtype} not inexact")
    if main.ndim != 1 or beside.ndim != 1 or beside.shape[0] != max(main.shape[0] - 1, 0):
        raise invalid_argument(
            "EighTridiagonal", f"alpha and beta must have shapes [n] and [n - 1]: {main.shape}, {beside.shape}", ""
        )
    matrix = diag(main)
    if beside.shape[0]:
        matrix = matrix + diag(beside, k=1) + diag(beside, k=-1)
    w, v = (eigvalsh(matrix), None) if eigvals_only else eigh(matrix)
    places = _chosen(view(w), select, select_range)
    return w[places] if v is None else (w[places], v[:, places])


def _steps(array: np.ndarray) -> np.ndarray:
    return array * 0.3 + 2.0 * np.arange(array.shape[-1])
