"""Calls of NumPy's functions, for NumPy, TensorFlow and gradtape. `f`, `d`, `i`, `l`, `b` and `u` are
matrices of the dtypes with these NumPy codes, `v` and `w` vectors, `n` one with NaN, `c` complex
numbers, `p` and `q` numbers between 0 and 1."""

import numpy

ARRAYS = {
    "f": numpy.array([[0.5, -1.5, 2.0], [3.0, 0.0, -0.25]], "f"),
    "d": numpy.array([[0.25, 1.5, -2.0], [3.5, 1.0, 0.75]]),
    "i": numpy.array([[3, -1, 2], [0, 5, -4]], "i"),
    "l": numpy.array([[7, 2, -3], [1, 1, 6]]),
    "b": numpy.array([[True, False, True], [False, False, True]]),
    "u": numpy.array([[3, 200, 0], [7, 1, 255]], "u1"),
    "v": numpy.array([1.0, -2.0, 3.0]),
    "w": numpy.array([4.0, 0.5, -1.0]),
    "c": numpy.array([1 + 2j, -1.0, 0.5 - 1j, 2j]),
    "n": numpy.array([1.0, numpy.nan, 2.5]),
    "q": numpy.array([0.5, 0.25, 0.75], "f"),
    "p": numpy.array([[0.5, 0.25, 0.75], [0.125, 0.875, 0.625]]),
}

_UNARY = [
    "abs",
    "absolute",
    "negative",
    "positive",
    "sign",
    "square",
    "ceil",
    "floor",
    "fix",
    "fabs",
    "arctan",
    "arcsinh",
    "cos",
    "cosh",
    "exp",
    "expm1",
    "sin",
    "sinh",
    "tan",
    "tanh",
    "cbrt",
    "exp2",
    "deg2rad",
    "rad2deg",
    "sinc",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "signbit",
    "logical_not",
]
_POSITIVE = ["arccos", "arccosh", "arcsin", "arctanh", "log", "log1p", "sqrt", "log2", "log10", "reciprocal"]
_BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "maximum",
    "minimum",
    "arctan2",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "heaviside",
    "nextafter",
    "equal",
    "not_equal",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
]
_INTEGERS = ["bitwise_and", "bitwise_or", "bitwise_xor", "gcd", "lcm"]

CALLS = [
    *(
        f"np.{name}({a})"
        for name in ("real", "imag", "conj", "conjugate", "iscomplex", "isreal", "iscomplexobj", "isrealobj")
        for a in ("c", "d", "f", "i")
    ),
    *("np.angle(c)", "np.angle(c, deg=True)", "np.angle(d)", "np.divmod(i, 3)", "np.divmod(d, 0.75)"),
    *(f"np.{name}({a})" for name in _UNARY for a in ("f", "d")),
    *(f"np.{name}(i)" for name in ("abs", "negative", "sign", "square", "exp", "isnan", "logical_not", "cos")),
    *(f"np.{name}({a})" for name in _POSITIVE for a in ("p", "q")),
    *(f"np.{name}({a})" for name in _BINARY for a in ("f, f[1]", "f, d", "i, f", "d, 2", "f, 0.5")),
    *(
        f"np.{name}({a})"
        for name in ("add", "subtract", "multiply", "maximum", "equal", "less", "divide")
        for a in ("i, l", "i, 3")
    ),
    *(
        f"np.{name}({a})"
        for name in ("add", "multiply", "maximum", "minimum", "logical_or")
        for a in ("b, b[1]", "b, 2", "u, i")
    ),
    *(f"np.{name}({a})" for name in _INTEGERS for a in ("i, l", "l, 3")),
    *(
        "np.bitwise_not(i)",
        "np.bitwise_not(b)",
        "np.bitwise_and(b, b[0])",
        "np.floor_divide(i, 2)",
        "np.floor_divide(d, 0.5)",
    ),
    *("np.mod(i, 3)", "np.remainder(d, 0.75)", "np.power(i, 2)", "np.power(p, 1.5)", "np.float_power(l * l, 2)"),
    *("np.array([1, 2])", "np.array([[1.0], [2.0]])", "np.array(3, ndmin=2)", "np.array([1, 2], dtype='float32')"),
    *(
        "np.asarray(f)",
        "np.copy(i)",
        "np.zeros(3)",
        "np.zeros((2, 3), 'int32')",
        "np.ones(2, 'float32')",
        "np.full((2, 2), 7)",
    ),
    *("np.full(2, 1.5)", "np.zeros_like(i)", "np.ones_like(f)", "np.full_like(i, 4)", "np.ones_like(f, 'int64')"),
    *(
        "np.identity(3)",
        "np.eye(2, 3, k=1)",
        "np.eye(3, k=-1, dtype='int32')",
        "np.arange(5)",
        "np.arange(1.0, 2.0, 0.25)",
    ),
    *("np.arange(5, 0, -2)", "np.linspace(0, 1, 5)", "np.linspace(0, 1, 5, endpoint=False)", "np.linspace(v, w, 3)"),
    *("np.logspace(0, 2, 3)", "np.geomspace(1, 8, 4)", "np.meshgrid(v, w[:2])", "np.meshgrid(v, w[:2], indexing='ij')"),
    *(
        "np.diag(v)",
        "np.diag(v, 1)",
        "np.diag(d)",
        "np.diag(d, 1)",
        "np.diag(d, -1)",
        "np.diagflat(d, 1)",
        "np.diagonal(d, 1)",
    ),
    *(
        "np.diagonal(d, 5)",
        "np.tri(3, 4, 1)",
        "np.tril(d)",
        "np.tril(d, 1)",
        "np.triu(i)",
        "np.triu(d, -1)",
        "np.vander(v)",
    ),
    *(
        "np.vander(l[0], 2)",
        "np.diag_indices(3)",
        "np.ix_([0, 1], [2])",
        "np.isscalar(3)",
        "np.isscalar(v)",
        "np.shape(d)",
    ),
    *("np.ndim(d)", "np.size(d)", "np.reshape(d, (3, -1))", "np.reshape(d, -1)", "np.ravel(i)", "np.transpose(d)"),
    *(
        "np.transpose(d, (0, 1))",
        "np.moveaxis(d[None], 0, -1)",
        "np.moveaxis(d[None], (0, 1), (2, 0))",
        "np.swapaxes(d, 0, -1)",
    ),
    *(
        "np.expand_dims(d, 1)",
        "np.expand_dims(d, -1)",
        "np.squeeze(d[None])",
        "np.squeeze(d[None], 0)",
        "np.broadcast_to(v, (2, 3))",
    ),
    *("np.broadcast_arrays(v, d)", "np.atleast_1d(3)", "np.atleast_2d(v)", "np.atleast_3d(v)", "np.atleast_3d(d)"),
    *(
        "np.concatenate([i, f])",
        "np.concatenate([d, d], axis=1)",
        "np.concatenate([d, v], axis=None)",
        "np.stack([v, l[0]])",
    ),
    *(
        "np.stack([v, w], axis=-1)",
        "np.append(v, w)",
        "np.append(d, [[1, 2, 3]], axis=0)",
        "np.hstack([v, w])",
        "np.hstack([d, d])",
    ),
    *(
        "np.vstack([v, w])",
        "np.dstack([v, w])",
        "np.split(v, 3)",
        "np.split(d, [1, 2], axis=1)",
        "np.hsplit(d, 3)",
        "np.vsplit(d, 2)",
    ),
    *(
        "np.dsplit(d[None], 3)",
        "np.flip(d)",
        "np.flip(d, 1)",
        "np.fliplr(d)",
        "np.flipud(d)",
        "np.rot90(d)",
        "np.rot90(d, 2)",
    ),
    *("np.rot90(d, 3)", "np.roll(d, 1)", "np.roll(d, 1, axis=1)", "np.roll(d, (1, 2), axis=(0, 1))", "np.repeat(v, 2)"),
    *(
        "np.repeat(d, 2, axis=1)",
        "np.repeat(v, [1, 0, 2])",
        "np.tile(v, 2)",
        "np.tile(d, (2, 1))",
        "np.tile(v, (2, 2))",
    ),
    *(
        "np.pad(v, 1, 'constant')",
        "np.pad(d, ((1, 0), (0, 2)), 'constant', constant_values=5.0)",
        "np.pad(v, 2, 'reflect')",
    ),
    *("np.pad(d, 1, 'symmetric')", "np.diff(v)", "np.diff(d, axis=0)", "np.diff(v, 2)"),
    *(
        f"np.{name}({a})"
        for name in ("sum", "prod", "mean", "var", "std")
        for a in ("f", "d, axis=1", "i, axis=0", "d, keepdims=True")
    ),
    *(
        "np.sum(b)",
        "np.sum(d, axis=(0, 1))",
        "np.sum(i, dtype='float32')",
        "np.mean(b)",
        "np.var(d, ddof=1)",
        "np.std(d, axis=1, ddof=1)",
    ),
    *(f"np.{name}({a})" for name in ("max", "min", "amax", "amin", "ptp") for a in ("d", "i, axis=0", "d, axis=-1")),
    *(f"np.{name}({a})" for name in ("all", "any") for a in ("b", "i, axis=1", "d, axis=0, keepdims=True")),
    *(
        "np.count_nonzero(i)",
        "np.count_nonzero(d, axis=0)",
        "np.average(d)",
        "np.average(d, weights=p)",
        "np.average(d, axis=1, weights=v)",
    ),
    *(
        "np.nansum(n)",
        "np.nanmean(n)",
        "np.nanprod(v)",
        "np.nanmean(d, axis=0)",
        "np.cumsum(i)",
        "np.cumsum(d, axis=1)",
        "np.cumsum(b)",
    ),
    *(
        "np.cumprod(d)",
        "np.cumprod(i, axis=0)",
        "np.argmax(d)",
        "np.argmax(d, axis=1)",
        "np.argmin(i, axis=0)",
        "np.argmin(d)",
    ),
    *(
        "np.matmul(d, np.transpose(p))",
        "np.matmul(v, w)",
        "np.matmul(d, v)",
    ),
    *(
        "np.matmul(v, np.transpose(d))",
        "np.matmul(i, np.transpose(f))",
        "np.dot(v, w)",
        "np.dot(d, v)",
        "np.dot(d, np.transpose(p))",
    ),
    *(
        "np.dot(d, 2)",
        "np.inner(v, w)",
        "np.inner(d, p)",
        "np.vdot(d, p)",
        "np.outer(v, w)",
        "np.tensordot(d, p, ([1], [1]))",
    ),
    *(
        "np.tensordot(v, w, 1)",
        "np.einsum('ij,kj->ik', d, p)",
        "np.einsum('ij,j', d, v)",
        "np.kron(v, w)",
        "np.kron(d, v)",
    ),
    *(
        "np.cross(v, w)",
        "np.cross(d, p)",
        "np.trace(d)",
        "np.trace(i, 1)",
        "np.polyval(v, w)",
        "np.where(b, d, 0)",
        "np.where(b, i, f)",
    ),
    *("np.where(b)", "np.nonzero(i)", "np.select([b, d > 1], [d, i])", "np.take(v, [2, 0])", "np.take(d, [1], axis=1)"),
    *(
        "np.take(v, [5, -9], mode='clip')",
        "np.take(v, [5, -4], mode='wrap')",
        "np.take_along_axis(d, np.argsort(d, axis=1), 1)",
    ),
    *(
        "np.compress([True, False, True], v)",
        "np.compress([False, True], d, axis=0)",
        "np.argsort(d)",
        "np.argsort(d, axis=0)",
    ),
    *(
        "np.sort(d)",
        "np.sort(d, axis=0)",
        "np.sort(d, axis=None)",
        "np.clip(d, -1, 1)",
        "np.clip(i, 0, 2)",
        "np.clip(i, 0, 1.5)",
    ),
    *(
        "np.round(d)",
        "np.around(d * 1.37, 1)",
        "np.round(i)",
        "np.isclose(d, d + 1e-9)",
        "np.isclose(v, [1.0, 2.0, 3.1])",
        "np.allclose(d, d)",
    ),
    *(
        "np.array_equal(d, d)",
        "np.array_equal(d, v)",
        "np.promote_types('float32', 'int32')",
        "np.result_type(f, 3)",
        "np.result_type(i, f)",
    ),
]


def function_of(call: str) -> str:
    """The function of a call in the list."""
    return call.split("(")[0]
