"""Incomplete gamma and beta functions, computed by SciPy, and the logarithm of the complete beta function.

SciPy is an optional dependency, imported at the first call.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from gradtape._engine.api.api import (
    apply_elementwise,
    apply_reduce,
    apply_sum_to,
    as_tensor,
    full_like,
    tensor_from,
    view,
)
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import invalid_argument
from gradtape._src.core.operands import common_tensors, dims_text, not_allowed, one_dtype
from gradtape._src.core.typing import TensorLike
from gradtape._src.table.rows import call, op, real, values

INF, NAN = np.inf, np.nan


def scipy_special(name: str) -> Callable[..., np.ndarray]:
    """A function of scipy.special; ImportError with the remedy if SciPy is missing."""
    try:
        return getattr(importlib.import_module("scipy.special"), name)
    except ImportError as error:
        message = f"the values of {name} are SciPy's, which is not installed; run: pip install gradtape[special]"
        raise ImportError(message) from error


def _floats(kernel: str, operands: tuple[Any, ...], allowed: str) -> tuple[Tensor, ...]:
    tensors = common_tensors(operands)
    one_dtype(kernel, tensors)
    if not tensors[0].dtype.is_floating:
        raise not_allowed(kernel, tensors[0].dtype, allowed)
    return tensors


def _log(x: Tensor) -> Tensor:
    return apply_elementwise("log", x)


def _lgamma(x: Tensor) -> Tensor:
    return apply_elementwise("lgamma", x)


def _gamma_samples() -> list[Any]:
    near = real(3, low=0.5, high=4.0)
    return [
        *(call(near, near), call(real(low=1.0), real(2, low=0.2, high=9.0)), call(real(0), real(0))),
        call(real(2, 1, low=0.3, high=1.0), real(3, low=3.0, high=6.0)),
    ]


def _gamma_edges() -> list[Any]:
    numbers = [-1.0, 0.0, 1e-3, 0.5, 2.0, 40.0, INF, NAN]
    return [call(*map(values, np.meshgrid(numbers, numbers)))]


def _incomplete_gamma(kernel: str, name: str, operands: tuple[Any, Any]) -> Tensor:
    a, x = _floats(kernel, operands, "bfloat16, half, float, double")
    try:
        np.broadcast_shapes(tuple(a.shape), tuple(x.shape))
    except ValueError:
        shapes = f"{dims_text(a.shape)} vs. {dims_text(x.shape)}"
        raise invalid_argument(kernel, f"Incompatible shapes: {shapes}", "") from None
    return (_IGAMMA if kernel == "Igamma" else _IGAMMAC)(a, x, attributes=(kernel, name))


def _regularized(a: Tensor, x: Tensor, kernel: str, name: str) -> Tensor:
    orders, places = view(a), view(x)
    with np.errstate(all="ignore"):
        out = scipy_special(name)(orders, places)
        # Where TensorFlow's result differs from SciPy's, which in some versions is not NaN for NaN.
        out = np.where(~(places >= 0) | ~(orders > 0), NAN, out)
        out = np.where(np.isinf(orders) & np.isinf(places) | ((places == 0) & (kernel == "Igamma")), 0, out)
    return tensor_from(out, a.dtype)


def _gamma_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None]:
    (a, x), (kernel, _) = call.saved, call.attributes
    g = g if kernel == "Igamma" else -g
    by_x = _density(a, x) * g
    if not needs[0]:
        return None, apply_sum_to(by_x, x.shape)
    by_a = (_moment(1, a, x) - apply_elementwise("digamma", a) * igamma(a, x)) * g
    orders, places = view(a), view(x)
    level = (places == 0) | ((orders > 0) & (places > 0) & (np.isinf(orders) | np.isinf(places)))
    by_a = apply_elementwise("select", tensor_from(level), full_like(by_a, 0), by_a)
    return apply_sum_to(by_a, a.shape), apply_sum_to(by_x, x.shape)


_IGAMMA = Primitive("Igamma", _regularized, _gamma_vjp, saves=(0, 1), batch="elementwise")
_IGAMMAC = Primitive("Igammac", _regularized, _gamma_vjp, saves=(0, 1), batch="elementwise")


def _density(a: Tensor, x: Tensor) -> Tensor:
    """The gamma distribution's density, by logarithms because its factors overflow."""
    return apply_elementwise("exp", (a - 1.0) * _log(x) - x - _lgamma(a))


def _moment(n: int, a: Tensor, x: Tensor) -> Tensor:
    """The integral of log(t)^n times the density of a from 0 to x: its derivatives have the same form."""
    return _MOMENT(a, x, attributes=(n,))


def _moment_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor, Tensor]:
    (a, x, out), (n,) = call.saved, call.attributes
    by_a = _moment(n + 1, a, x) - apply_elementwise("digamma", a) * out
    by_x = _log(x) ** float(n) * _density(a, x)
    return apply_sum_to(by_a * g, a.shape), apply_sum_to(by_x * g, x.shape)


_MOMENT = Primitive(
    "IgammaMoment",
    lambda a, x, n: tensor_from(_integral(n, *np.broadcast_arrays(view(a), view(x))), a.dtype),
    _moment_vjp,
    saves=(0, 1, -1),
    batch="elementwise",
)
PIECES, NODES = 8, 32


def _integral(n: int, a: np.ndarray, x: np.ndarray) -> np.ndarray:
    """_moment by Gauss-Legendre quadrature after t = x exp(-u), on pieces that shrink towards the peak in u.

    In u the logarithm of the integrand is concave, falls like a u to the right of its peak and faster to the left, and
    is at most a (u - peak)² / 2 below it near the peak; so the pieces end where it has fallen by 40.
    """
    shape, lgamma = a.shape, scipy_special("gammaln")
    a, x = (part.astype(np.float64).reshape(-1, 1, 1) for part in (a, x))
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    nodes, weights = (nodes + 1) / 2, weights / 2
    with np.errstate(all="ignore"):
        peak = np.maximum(np.log(x / a), 0.0)
        width = np.sqrt(80.0 / a)
        ends = 4.0 ** -np.arange(PIECES, dtype=float)[:, None]
        total = np.zeros((a.size,))
        for reach, side in ((width + 80.0 / a, 1.0), (np.minimum(width, peak), -1.0)):
            low = np.append(ends[1:], [[0.0]], 0)
            steps = reach * (low + (ends - low) * nodes)
            u = peak + side * steps
            height = np.exp(a * np.log(x) - a * u - x * np.exp(-u) - lgamma(a))
            total += ((np.log(x) - u) ** n * height * weights * reach * (ends - low)).sum((-2, -1))
        valid = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    return np.where(valid.reshape(-1), total, np.where(x == 0, 0, NAN).reshape(-1)).reshape(shape)


@op("math.igamma", samples=_gamma_samples, edges=_gamma_edges, orders_there="1", notes="Needs SciPy", tolerance=1e-9)
def igamma(a: TensorLike, x: TensorLike, name: str | None = None) -> Tensor:
    """The lower regularized incomplete gamma function P(a, x).

    P(a, x) is the integral of t**(a - 1) * exp(-t) from 0 to x, divided by Γ(a) (DLMF 8.2.4). TensorFlow supports the
    first derivative in a, gradtape those of every order.

    Args:
      a: a floating tensor, positive.
      x: another of the same dtype, not negative.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that a and x broadcast to; NaN outside a > 0, x >= 0.

    Raises:
      InvalidArgumentError: the operands are integers, of different dtypes, or do not broadcast.
      ImportError: SciPy is not installed.

    Example:
      >>> tf.math.igamma(2.0, [0.0, 1.0, 3.0]).numpy().round(4)
      array([0.    , 0.2642, 0.8009], dtype=float32)
    """
    return _incomplete_gamma("Igamma", "gammainc", (a, x))


@op("math.igammac", samples=_gamma_samples, edges=_gamma_edges, orders_there="1", notes="Needs SciPy", tolerance=1e-9)
def igammac(a: TensorLike, x: TensorLike, name: str | None = None) -> Tensor:
    """The upper regularized incomplete gamma function Q(a, x) = 1 - P(a, x).

    It avoids the rounding error of that difference where P is near 1 (DLMF 8.2.4).

    Args:
      a: a floating tensor, positive.
      x: another of the same dtype, not negative.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape that a and x broadcast to; NaN outside a > 0, x >= 0.

    Raises:
      InvalidArgumentError: the operands are integers, of different dtypes, or do not broadcast.
      ImportError: SciPy is not installed.

    Example:
      >>> tf.math.igammac(2.0, [0.0, 1.0, 3.0]).numpy().round(4)
      array([1.    , 0.7358, 0.1991], dtype=float32)
    """
    return _incomplete_gamma("Igammac", "gammaincc", (a, x))


def _beta_edges() -> list[Any]:
    numbers = [0.0, 0.1, 1.0, 2.5, 40.0, -1.0, NAN, INF]
    a, b, x = (part.reshape(-1) for part in np.meshgrid(numbers, numbers, [0.0, 0.3, 1.0, -0.1, 1.1, NAN]))
    return [call(a, b, x), call(2.0, 3.0, values([0.0, 0.5, 1.0])), call(values([1.0, 2.0]), 1.0, 0.5)]


@op(
    "math.betainc",
    samples=lambda: [
        call([0.5, 2.0, 3.0], [1.5, 0.7, 4.0], real(3, low=0.1, high=0.9)),
        *(call(2.0, 3.0, real(2, low=0.1, high=0.9)), call([2.0, 0.6], 3.0, real(low=0.1, high=0.9))),
    ],
    edges=_beta_edges,
    program=lambda tf, f, a, b, x: f(*(tf.cast(part, getattr(x, "dtype", "float64")) for part in (a, b)), x),
    notes="Needs SciPy; as TensorFlow's, differentiable in x alone",
    tolerance=1e-9,
)
def betainc(a: TensorLike, b: TensorLike, x: TensorLike, name: str | None = None) -> Tensor:
    """The regularized incomplete beta function I_x(a, b) (DLMF 8.17.2).

    It is the distribution function of the beta distribution. Its derivative in x is that distribution's density;
    derivatives in a and b are not supported.

    Args:
      a: a floating tensor, positive.
      b: another of the same dtype, positive.
      x: another of the same dtype, from 0 to 1.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the operands' shape; NaN outside a > 0, b > 0, 0 <= x <= 1.

    Raises:
      InvalidArgumentError: the operands are integers, of different dtypes, or of different shapes and none a scalar.
      ImportError: SciPy is not installed.

    Example:
      >>> tf.math.betainc(2.0, 3.0, [0.0, 0.5, 1.0]).numpy().round(4)
      array([0.    , 0.6875, 1.    ], dtype=float32)
    """
    a, b, x = _floats("Betainc", (a, b, x), "float, double")
    named = [(letter, tensor) for letter, tensor in zip("abx", (a, b, x), strict=True) if tensor.ndim]
    for letter, tensor in named:
        first, shape = named[0][0], named[0][1].shape
        if tensor.shape != shape:
            text = f"Shapes of {first} and {letter} are inconsistent: {dims_text(shape)} vs. {dims_text(tensor.shape)}"
            raise invalid_argument("Betainc", text, "")
    return _BETAINC(a, b, x)


def _betainc(a: Tensor, b: Tensor, x: Tensor) -> Tensor:
    with np.errstate(all="ignore"):
        first, second, place = view(a), view(b), view(x)
        out = np.where(np.isinf(first) | np.isinf(second), NAN, scipy_special("betainc")(first, second, place))
        # TensorFlow checks the ends before NaN.
        out = np.where((place == 0) | (place == 1), place, out)
        out = np.where((first <= 0) | (second <= 0) | (place < 0) | (place > 1), NAN, out)
    return tensor_from(out, x.dtype)


def _beta_vjp(call: Any, needs: Any, g: Tensor) -> tuple[None, None, Tensor]:
    a, b, x = call.saved
    log_density = apply_elementwise("xlog1py", b - 1.0, -x) + apply_elementwise("xlogy", a - 1.0, x)
    log_density = log_density - (_lgamma(a) + _lgamma(b) - _lgamma(a + b))
    return None, None, apply_sum_to(apply_elementwise("exp", log_density) * g, x.shape)


_BETAINC = Primitive("Betainc", _betainc, _beta_vjp, saves=(0, 1, 2), batch="elementwise")


@op(
    "math.lbeta",
    samples=lambda: [call(real(3, low=0.5, high=4.0)), call(real(2, 2, low=0.5, high=4.0))],
    edges=lambda: [call(values([])), call(real(2, 0)), call(values([[0.0, 1.0], [-1.0, 2.0], [NAN, 1.0], [INF, 1.0]]))],
)
def lbeta(x: TensorLike, name: str | None = None) -> Tensor:
    """The logarithm of the multivariate beta function over the last axis.

    It is the sum of lgamma(x) minus lgamma of the sum of x; for two numbers, log B(x1, x2) (DLMF 5.12.1).

    Args:
      x: a floating tensor, positive.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor without the last axis.

    Raises:
      InvalidArgumentError: x is not floating.

    Example:
      >>> tf.math.lbeta([1.0, 4.0]).numpy().round(4)
      np.float32(-1.3863)
    """
    tensor = as_tensor(x)
    total = apply_reduce("Sum", tensor, [-1], False)
    return apply_reduce("Sum", _lgamma(tensor), [-1], False) - _lgamma(total)
