"""Bessel functions, integrals and the dilogarithm, computed by SciPy: see gamma_functions.py.

Derivatives of Bessel functions are sums of neighbouring orders, so that derivatives of every order are right
everywhere, including 0, unlike quotients by x.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from gradtape._engine.api.api import apply_elementwise, as_tensor, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.operands import not_allowed
from gradtape._src.core.typing import TensorLike
from gradtape._src.ops.gamma_functions import scipy_special
from gradtape._src.table.rows import call, op, real, values

if TYPE_CHECKING:
    from typing import Protocol

    class Elementwise(Protocol):
        """A public function."""

        def __call__(self, x: TensorLike, name: str | None = None) -> Tensor: ...


INF, NAN = math.inf, math.nan
_ALLOWED = "bfloat16, half, float, double"


class _Family(NamedTuple):
    """Bessel functions of one kind, by order.

    Attributes:
      names: SciPy's names, for orders 0 and 1 and for any order.
      below, above: the weights of the order below and the order above in the derivative.
      first: the weight of order 1 in the derivative of order 0.
      same: the weight of the function itself, as for a scaled one.
    """

    names: tuple[str, str, str]
    below: float
    above: float
    first: float
    same: float = 0.0


_FAMILIES = {
    "J": _Family(("j0", "j1", "jv"), 0.5, -0.5, -1.0),
    "Y": _Family(("y0", "y1", "yv"), 0.5, -0.5, -1.0),
    "K": _Family(("k0", "k1", "kv"), -0.5, -0.5, -1.0),
    "Ke": _Family(("k0e", "k1e", "kve"), -0.5, -0.5, -1.0, 1.0),
}


def _bessel(x: Tensor, kind: str, order: int) -> Tensor:
    array, names = view(x), _FAMILIES[kind].names
    with np.errstate(all="ignore"):
        out = scipy_special(names[order])(array) if order < 2 else scipy_special(names[2])(order, array)
    return tensor_from(out, x.dtype)


def _bessel_vjp(call: Any, needs: Any, g: Tensor) -> tuple[Tensor]:
    (x,), (kind, order) = call.saved, call.attributes
    family = _FAMILIES[kind]
    if order:
        slope = _BESSEL(x, attributes=(kind, order - 1)) * family.below
        slope = slope + _BESSEL(x, attributes=(kind, order + 1)) * family.above
    else:
        slope = _BESSEL(x, attributes=(kind, 1)) * family.first
    if family.same:
        slope = slope + _BESSEL(x, attributes=(kind, order)) * family.same
    return (g * slope,)


_BESSEL = Primitive("Bessel", _bessel, _bessel_vjp, saves=(0,), batch="elementwise")


def _scipys(name: str) -> Callable[[Tensor], Tensor]:
    """The evaluation of a SciPy function of one array."""

    def evaluate(x: Tensor) -> Tensor:
        with np.errstate(all="ignore"):
            return tensor_from(scipy_special(name)(view(x)), x.dtype)

    return evaluate


def _fresnel(place: int) -> Callable[[Tensor], Tensor]:
    return lambda x: tensor_from(scipy_special("fresnel")(view(x))[place], x.dtype)


def _by(slope: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., tuple[Tensor]]:
    """The rule of a function with this derivative, a function of its operand and its value."""
    return lambda call, needs, g: (g * slope(*call.saved),)


def _quarter_turns(x: Tensor) -> Tensor:
    return x * x * (math.pi / 2)


_DAWSN = Primitive("Dawsn", _scipys("dawsn"), _by(lambda x, y: 1.0 - 2.0 * x * y), saves=(0, -1), batch="elementwise")
_EXPINT = Primitive(
    "Expint", _scipys("expi"), _by(lambda x, y: apply_elementwise("exp", x) / x), saves=(0, -1), batch="elementwise"
)
_FRESNEL_SIN = Primitive(
    "FresnelSin",
    _fresnel(0),
    _by(lambda x, y: apply_elementwise("sin", _quarter_turns(x))),
    saves=(0, -1),
    batch="elementwise",
)
_FRESNEL_COS = Primitive(
    "FresnelCos",
    _fresnel(1),
    _by(lambda x, y: apply_elementwise("cos", _quarter_turns(x))),
    saves=(0, -1),
    batch="elementwise",
)
_SPENCE = Primitive(
    "Spence",
    _scipys("spence"),
    _by(lambda x, y: -_LOG_QUOTIENT(x - 1.0, attributes=(0,))),
    saves=(0, -1),
    batch="elementwise",
)
TERMS = 60


def _log_quotient(u: Tensor, n: int) -> Tensor:
    """The n-th derivative of log(1 + u) / u, by its power series near 0 and elsewhere by Leibniz' rule for the product
    of it and u."""
    array = view(u).astype(np.float64)
    near = np.abs(array) < 0.5
    inner, outer = np.where(near, array, 0), np.where(near, 1, array)
    powers = [(-1.0) ** k * math.perm(k, n) / (k + 1) for k in range(n, n + TERMS)]
    series = np.polynomial.polynomial.polyval(inner, powers)
    with np.errstate(all="ignore"):
        value = np.log1p(outer) / outer
        for k in range(1, n + 1):
            value = ((-1.0) ** (k - 1) * math.factorial(k - 1) / (1 + outer) ** k - k * value) / outer
    return tensor_from(np.where(near, series, value), u.dtype)


_LOG_QUOTIENT: Primitive = Primitive(
    "LogQuotient",
    _log_quotient,
    lambda call, needs, g: (g * _LOG_QUOTIENT(call.saved[0], attributes=(call.attributes[0] + 1,)),),
    saves=(0,),
    batch="elementwise",
)


class _About(NamedTuple):
    """The contents of a docstring.

    Attributes:
      doc: the summary.
      slope: its derivative as a formula.
      source: the defining reference.
      at, result: the operand and the rounded result of the example.
    """

    doc: str
    slope: str
    source: str
    at: str
    result: str


# Right where TensorFlow is not.
_BEYOND = {
    "expint": "; of negative numbers too, for which TensorFlow has NaN",
    **{
        f"bessel_{kind}": "; NaN below 0, where TensorFlow has infinity"
        for kind in ("k0", "k0e", "k1", "k1e", "y0", "y1")
    },
}


def _function(
    name: str, kernel: str, primitive: Primitive, attributes: tuple[Any, ...], about: _About, low: float = -3.0
) -> Elementwise:
    """The public function of a primitive of one floating operand, added to the table with samples above `low`."""

    def function(x: TensorLike, name: str | None = None) -> Tensor:
        tensor = as_tensor(x)
        if not tensor.dtype.is_floating:
            raise not_allowed(kernel, tensor.dtype, _ALLOWED)
        return primitive(tensor, attributes=attributes)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{about.doc}

    Derivative: {about.slope}.
    Definition: {about.source}. The values are computed by SciPy.

    Args:
      x: a floating tensor.
      name: not used; TensorFlow names operations by it.

    Returns:
      A tensor of the shape and dtype of x.

    Raises:
      InvalidArgumentError: x is not floating.
      ImportError: SciPy is not installed.

    Example:
      >>> tf.math.special.{name}({about.at}).numpy().round(4)
      array({about.result}, dtype=float32)
    """
    # Below 0 TensorFlow gives infinities or NaN, where SciPy gives NaN or the values of Ei.
    edges = [0.3, 1.0, 2.0, 7.5, 40.0, NAN] + ([0.0, -0.3, -1.0, -5.0, -40.0, INF] if low < 0 else [])
    # Where TensorFlow's second derivatives are NaN.
    edges.remove({"bessel_j1": 0.0, "spence": 1.0}.get(name, 0.3))
    return op(
        f"math.special.{name}",
        samples=lambda: [call(real(3, low=low, high=4.0)), call(real(2, 2, low=low, high=4.0)), call(real(0))],
        edges=lambda: [call(values(edges))],
        notes="Needs SciPy" + _BEYOND.get(name, ""),
        tolerance=1e-9,
    )(function)


bessel_j0: Final = _function(
    "bessel_j0", "BesselJ0", _BESSEL, ("J", 0),
    _About(
        "The Bessel function of the first kind of order 0.", "-bessel_j1(x)", "DLMF 10.2.2", "[0.0, 1.0]",
        "[1.    , 0.7652]",
    ),
)  # fmt: skip
bessel_j1: Final = _function(
    "bessel_j1", "BesselJ1", _BESSEL, ("J", 1),
    _About(
        "The Bessel function of the first kind of order 1.", "bessel_j0(x) - bessel_j1(x) / x", "DLMF 10.2.2",
        "[0.0, 1.0]", "[0.    , 0.4401]",
    ),
)  # fmt: skip
bessel_y0: Final = _function(
    "bessel_y0", "BesselY0", _BESSEL, ("Y", 0),
    _About(
        "The Bessel function of the second kind of order 0, for x > 0.", "-bessel_y1(x)", "DLMF 10.2.3",
        "[1.0, 2.0]", "[0.0883, 0.5104]",
    ),
    low=0.4,
)  # fmt: skip
bessel_y1: Final = _function(
    "bessel_y1", "BesselY1", _BESSEL, ("Y", 1),
    _About(
        "The Bessel function of the second kind of order 1, for x > 0.", "bessel_y0(x) - bessel_y1(x) / x",
        "DLMF 10.2.3", "[1.0, 2.0]", "[-0.7812, -0.107 ]",
    ),
    low=0.4,
)  # fmt: skip
bessel_k0: Final = _function(
    "bessel_k0", "BesselK0", _BESSEL, ("K", 0),
    _About(
        "The modified Bessel function of the second kind of order 0, for x > 0.", "-bessel_k1(x)", "DLMF 10.25.3",
        "[1.0, 2.0]", "[0.421 , 0.1139]",
    ),
    low=0.4,
)  # fmt: skip
bessel_k0e: Final = _function(
    "bessel_k0e", "BesselK0e", _BESSEL, ("Ke", 0),
    _About(
        "The modified Bessel function of the second kind of order 0, scaled: exp(x) * K0(x), for x > 0.",
        "bessel_k0e(x) - bessel_k1e(x)", "DLMF 10.25.3", "[1.0, 2.0]", "[1.1445, 0.8416]",
    ),
    low=0.4,
)  # fmt: skip
bessel_k1: Final = _function(
    "bessel_k1", "BesselK1", _BESSEL, ("K", 1),
    _About(
        "The modified Bessel function of the second kind of order 1, for x > 0.", "-bessel_k0(x) - bessel_k1(x) / x",
        "DLMF 10.25.3", "[1.0, 2.0]", "[0.6019, 0.1399]",
    ),
    low=0.4,
)  # fmt: skip
bessel_k1e: Final = _function(
    "bessel_k1e", "BesselK1e", _BESSEL, ("Ke", 1),
    _About(
        "The modified Bessel function of the second kind of order 1, scaled: exp(x) * K1(x), for x > 0.",
        "bessel_k1e(x) * (1 - 1 / x) - bessel_k0e(x)", "DLMF 10.25.3", "[1.0, 2.0]", "[1.6362, 1.0335]",
    ),
    low=0.4,
)  # fmt: skip
dawsn: Final = _function(
    "dawsn", "Dawsn", _DAWSN, (),
    _About(
        "Dawson's integral, exp(-x²) times the integral of exp(t²) from 0 to x.", "1 - 2 * x * dawsn(x)", "DLMF 7.2.5",
        "[0.0, 1.0]", "[0.    , 0.5381]",
    ),
)  # fmt: skip
expint: Final = _function(
    "expint", "Expint", _EXPINT, (),
    _About(
        "The exponential integral Ei(x), the integral of exp(t) / t from minus infinity to x.", "exp(x) / x",
        "DLMF 6.2.5", "[1.0, 2.0]", "[1.8951, 4.9542]",
    ),
    low=0.4,
)  # fmt: skip
fresnel_cos: Final = _function(
    "fresnel_cos", "FresnelCos", _FRESNEL_COS, (),
    _About(
        "Fresnel's cosine integral, the integral of cos(pi / 2 * t²) from 0 to x.", "cos(pi / 2 * x²)", "DLMF 7.2.7",
        "[0.0, 1.0]", "[0.    , 0.7799]",
    ),
)  # fmt: skip
fresnel_sin: Final = _function(
    "fresnel_sin", "FresnelSin", _FRESNEL_SIN, (),
    _About(
        "Fresnel's sine integral, the integral of sin(pi / 2 * t²) from 0 to x.", "sin(pi / 2 * x²)", "DLMF 7.2.8",
        "[0.0, 1.0]", "[0.    , 0.4383]",
    ),
)  # fmt: skip
spence: Final = _function(
    "spence", "Spence", _SPENCE, (),
    _About(
        "Spence's integral, that of log(t) / (1 - t) from 1 to x: the dilogarithm of 1 - x, for x >= 0.",
        "-log(x) / (x - 1)", "DLMF 25.12.3", "[0.0, 1.0]", "[1.6449, 0.    ]",
    ),
    low=0.4,
)  # fmt: skip
