"""Special functions that are not vector instructions, expanded to those.

They are single nodes in expressions, so that their derivatives are the short known formulas of
`expressions.RULES` (or, without one, are derived from the expansion); programs expand them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gradtape._src.table.expressions import (
    TWO_OVER_SQRT_PI,
    Expr,
    Number,
    constant,
    eq,
    erf,
    erfc,
    exp,
    lgamma,
    log,
    logical_and,
    maximum,
    minimum,
    pow_,
    recip,
    rint,
    select,
    sign,
    sin,
    sqrt,
    square,
)


def horner(x: Expr, coefficients: tuple[float, ...]) -> Expr:
    """The polynomial in x with these coefficients, highest power first."""
    value: Number = coefficients[0]
    for coefficient in coefficients[1:]:
        value = x * value + coefficient
    return value  # type: ignore[return-value]


def clenshaw(x: Expr, coefficients: list[float]) -> Expr:
    """The Chebyshev series in x, the coefficient of T0 first."""
    twice = x * 2
    b1: Number
    b2: Number
    b1, b2 = coefficients[-1], 0.0
    for coefficient in reversed(coefficients[1:-1]):
        b1, b2 = twice * b1 + (coefficient - b2), b1
    return x * b1 + (coefficients[0] - b2)


def chebyshev(function: Callable[[float], float], terms: int) -> list[float]:
    """Coefficients of the Chebyshev series of a function on [-1, 1], by interpolation at `terms` nodes."""
    # Multiples of the nodes' angles are reduced modulo whole turns before they are rounded.
    cosines = [math.cos(math.pi * step / (2 * terms)) for step in range(4 * terms)]
    values = [function(cosines[2 * k + 1]) for k in range(terms)]
    sums = [
        math.fsum(value * cosines[(2 * k + 1) * n % (4 * terms)] for k, value in enumerate(values))
        for n in range(terms)
    ]
    return [sums[0] / terms, *(2 * s / terms for s in sums[1:])]


# Gamma family


def trigamma(x: Expr) -> Expr:
    """The derivative of digamma: recurrence up to 8, then the asymptotic series; reflected for negative x.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 6.4.6, 6.4.7 and 6.4.12.
    """
    below = x < 0
    z = select(below, 1 - x, x)
    w = recip(z + 8)
    v = square(w)
    # Bernoulli numbers B16, B14, ..., B2
    series = horner(v, (-3617 / 510, 7 / 6, -691 / 2730, 5 / 66, -1 / 30, 1 / 42, -1 / 30, 1 / 6))
    value = w + v * 0.5 + v * w * series
    for step in range(7, -1, -1):
        value = value + square(recip(z + step))
    # Guarded so that infinities of the reflection do not reach the derivatives of the other branch.
    angle = select(below, (x - rint(x)) * math.pi, 1)
    return select(below, math.pi**2 / square(sin(angle)) - value, value)


ZETA_TERMS = 10


def zeta(x: Expr, q: Expr) -> Expr:
    """Hurwitz' zeta for x >= 1 and q > -3: the first terms of its sum, then the Euler-Maclaurin formula for the rest.

    NIST Digital Library of Mathematical Functions, 25.11.5.
    """
    w = q + ZETA_TERMS
    s = minimum(x, 1000)  # beyond which the rest is 0, though factors of its terms overflow
    power = pow_(w, -s)
    rest = power * (w / (s - 1) + 0.5)
    inverse_square = recip(square(w))
    term = power * s / w
    for j, bernoulli in enumerate((1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510), 1):
        rest = rest + term * (bernoulli / math.factorial(2 * j))
        term = term * ((s + (2 * j - 1)) * (s + 2 * j)) * inverse_square
    value = rest
    for k in range(ZETA_TERMS - 1, -1, -1):
        value = value + pow_(q + k, -x)
    even = select(eq(x, rint(x * 0.5) * 2), math.inf, math.nan)
    inside = select(logical_and(q <= 0, eq(q, rint(q))), even, select(q > -3, value, math.nan))
    return select(x > 1, select(eq(q, math.inf), 0, inside), select(eq(x, 1), math.inf, math.nan))


def polygamma(a: Expr, x: Expr) -> Expr:
    """The a-th derivative of digamma, a = 1, 2, ...: (-1)^(a+1) a! zeta(a+1, x). DLMF 25.11.12."""
    from gradtape._src.table.expressions import apply, digamma

    odd = a - rint(a * 0.5 - 0.25) * 2
    series = exp(lgamma(a + 1)) * zeta(a + 1, x) * (odd * 2 - 1)
    whole = eq(a, rint(a))
    positive = select(a > 0, select(whole, series, math.nan), math.nan)
    return select(eq(a, 0), digamma(x), select(eq(a, 1), apply("trigamma", x), positive))


# Inverse error functions


def _inverse_erf(x: Expr, tail: Expr) -> Expr:
    """y >= 0 with erf(y) = x and erfc(y) = tail; both are given because 1 - x is inexact for one of them.

    In the middle Giles' single precision polynomial (Approximating the erfinv function, GPU Computing Gems, 2011) and
    one Halley step; in the tail the leading asymptotic terms and Newton steps for log(erfc(y)).
    """
    w = -log(tail * (x + 1))
    middle = x * horner(
        minimum(w, 5) - 2.5,
        (2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
         -0.00417768164, 0.246640727, 1.50140941),
    )  # fmt: skip
    step = (erf(middle) - x) / (exp(-square(middle)) * TWO_OVER_SQRT_PI)
    middle = middle - step / (middle * step + 1)
    eta = maximum(-log(tail * math.sqrt(math.pi)), 1)
    y = sqrt(eta - log(eta) * 0.5)
    for _ in range(3):
        beyond = erfc(y)
        y = y + log(beyond / tail) * beyond / (exp(-square(y)) * TWO_OVER_SQRT_PI)
    value = select(x < 0.9, middle, y)
    return select(eq(tail, 0), math.inf, select(tail > 0, value, math.nan))


def erfinv(x: Expr) -> Expr:
    """y with erf(y) = x."""
    return select(eq(x, 0), x, sign(x) * _inverse_erf(abs(x), 1 - abs(x)))


def erfcinv(x: Expr) -> Expr:
    """y with erfc(y) = x."""
    return sign(1 - x) * _inverse_erf(abs(1 - x), minimum(x, 2 - x))


def ndtri(p: Expr) -> Expr:
    """The quantile function of the normal distribution."""
    return erfcinv(p * 2) * -math.sqrt(2)


# Modified Bessel functions


def _bessel_scaled(order: int, x: float) -> float:
    """exp(-x) I_order(x), by the power series (DLMF 10.25.2) or, for large x, the asymptotic one (DLMF 10.40.1)."""
    if x < 40:
        terms = [(x / 2) ** order]
        for k in range(1, 100):
            terms.append(terms[-1] * (x / 2) ** 2 / (k * (k + order)))
        return math.exp(-x) * math.fsum(terms)
    terms = [1.0]
    for k in range(1, 18):
        terms.append(-terms[-1] * (4 * order**2 - (2 * k - 1) ** 2) / (8 * x * k))
    return math.fsum(terms) / math.sqrt(2 * math.pi * x)


def _first_bessel(order: int, x: Expr) -> Expr:
    """exp(-|x|) I_order(x), order 0 or 1, from two Chebyshev series, in |x| below 8 and in 1 / |x| above."""
    near = chebyshev(lambda t: _bessel_scaled(order, 4 * t + 4) / (4 * t + 4) ** order, 30)
    far = chebyshev(lambda t: _bessel_scaled(order, 16 / (t + 1)) * math.sqrt(16 / (t + 1)), 26)
    size = abs(x)
    outside = maximum(size, 8)
    inner = clenshaw(minimum(size, 8) * 0.25 - 1, near)
    outer = clenshaw(recip(outside) * 16 - 1, far) / sqrt(outside)
    return select(size <= 8, x * inner, sign(x) * outer) if order else select(size <= 8, inner, outer)


def scaled_bessel(n: Expr, x: Expr) -> Expr:
    """exp(-|x|) I_n(x) for a constant n: derivatives of I_0 and I_1 are sums of them, without cancellation.

    Orders above 1 by the power series where |x| is below 3, and by recurrence elsewhere (DLMF 10.29.1).
    """
    order = int(n.value)
    if order < 2:
        return _first_bessel(order, x)
    near = abs(x) < 3
    inside = select(near, x, 0)
    series = horner(
        square(inside * 0.5), tuple(1 / (math.factorial(k) * math.factorial(k + order)) for k in range(14, -1, -1))
    )
    for _ in range(order):
        series = series * (inside * 0.5)
    before = scaled_bessel(constant(order - 2), x)
    last = scaled_bessel(constant(order - 1), x)
    return select(near, series * exp(-abs(inside)), before - last * (2 * (order - 1)) / select(near, 3, x))


EXPANSIONS: dict[str, Callable[..., Expr]] = {
    "trigamma": trigamma,
    "zeta": zeta,
    "polygamma": polygamma,
    "erfinv": erfinv,
    "erfcinv": erfcinv,
    "ndtri": ndtri,
    "ive": scaled_bessel,
    "iv": lambda n, x: exp(abs(x)) * scaled_bessel(n, x),
}
