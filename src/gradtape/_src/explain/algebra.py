"""Symbolic formulas: sums, products and powers that simplify as they are constructed, and functions of the
table.

A formula is made by `number`, `symbol`, `total`, `product`, `power` and `function`, or by Python's operators on
formulas, so that it
is in one form from the start: like terms are added, powers of one base are joined, numbers stand first. Derivatives of
functions are the rows' own; this module knows only those of sums, products and powers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Formula:
    """A node: `kind` is "number", "symbol", "sum", "product", "power" or "function".

    Attributes:
      kind: the kind.
      value: a number's value, a symbol's text, a function's name.
      parts: terms, factors, base and exponent, or arguments.
    """

    kind: str
    value: Any
    parts: tuple[Formula, ...] = ()

    def __add__(self, other: object) -> Formula:
        return total(self, _formula(other))

    def __radd__(self, other: object) -> Formula:
        return total(_formula(other), self)

    def __sub__(self, other: object) -> Formula:
        return total(self, product(number(-1), _formula(other)))

    def __rsub__(self, other: object) -> Formula:
        return total(_formula(other), product(number(-1), self))

    def __mul__(self, other: object) -> Formula:
        return product(self, _formula(other))

    def __rmul__(self, other: object) -> Formula:
        return product(_formula(other), self)

    def __truediv__(self, other: object) -> Formula:
        return product(self, power(_formula(other), number(-1)))

    def __rtruediv__(self, other: object) -> Formula:
        return product(_formula(other), power(self, number(-1)))

    def __pow__(self, other: object) -> Formula:
        return power(self, _formula(other))

    def __rpow__(self, other: object) -> Formula:
        return power(_formula(other), self)

    def __neg__(self) -> Formula:
        return product(number(-1), self)


def _formula(value: object) -> Formula:
    return value if isinstance(value, Formula) else number(value)


def number(value: Any) -> Formula:
    """A number, with the exact value of its shortest decimal; NaN and infinity are kept."""
    if isinstance(value, Fraction):
        return Formula("number", value)
    if value == value and abs(value) != float("inf"):
        return Formula("number", Fraction(str(value)))
    return Formula("number", float(value))


ZERO, ONE = number(0), number(1)


def symbol(text: str) -> Formula:
    """A symbol for a value."""
    return Formula("symbol", text)


def function(name: str, *arguments: Formula) -> Formula:
    """A function of formulas, by the name of its row or of its op."""
    if name == "abs" and arguments[0].kind == "number":
        return number(abs(arguments[0].value))
    return Formula("function", name, arguments)


def is_number(formula: Formula, value: float) -> bool:
    """Whether it is this number."""
    return formula.kind == "number" and formula.value == value


def _split(term: Formula) -> tuple[Any, Formula]:
    """A term's numeric coefficient and the remaining factors."""
    if term.kind == "number":
        return term.value, ONE
    if term.kind == "product" and term.parts[0].kind == "number":
        rest = term.parts[1:]
        return term.parts[0].value, rest[0] if len(rest) == 1 else Formula("product", "", rest)
    return Fraction(1), term


def total(*terms: Formula) -> Formula:
    """The sum."""
    found: dict[Formula, Any] = {}
    flat = [part for term in terms for part in (term.parts if term.kind == "sum" else (term,))]
    for term in flat:
        coefficient, rest = _split(term)
        found[rest] = found.get(rest, Fraction(0)) + coefficient
    constant = found.pop(ONE, Fraction(0))
    parts = [_scaled(coefficient, rest) for rest, coefficient in found.items() if coefficient]
    if constant:
        parts.append(number(constant))
    # x - y reads better than -y + x.
    if parts and _split(parts[0])[0] < 0:
        parts.sort(key=lambda part: _split(part)[0] < 0)
    return ZERO if not parts else parts[0] if len(parts) == 1 else Formula("sum", "", tuple(parts))


def _scaled(coefficient: Any, rest: Formula) -> Formula:
    if coefficient == 1:
        return rest
    factors = rest.parts if rest.kind == "product" else (rest,)
    return Formula("product", "", (number(coefficient), *factors))


_PLACES = {"symbol": 0, "power": 0, "sum": 2, "function": 1}


def product(*factors: Formula) -> Formula:
    """The product, elementwise."""
    coefficient: Any = Fraction(1)
    powers: dict[Formula, Formula] = {}
    waiting = list(factors)
    while waiting:
        factor = waiting.pop(0)
        if factor.kind == "product":
            waiting = [*factor.parts, *waiting]
        elif factor.kind == "number":
            coefficient = coefficient * factor.value
        else:
            base, exponent = factor.parts if factor.kind == "power" else (factor, ONE)
            if base.kind == "sum" and _split(base.parts[0])[0] < 0 and exponent == ONE:
                base, coefficient = total(*[product(number(-1), part) for part in base.parts]), -coefficient
            powers[base] = total(powers.get(base, ZERO), exponent)
    if coefficient == 0:
        return ZERO
    parts = [power(base, exponent) for base, exponent in powers.items()]
    if any(part.kind in ("number", "product") for part in parts):  # the result of joining
        return product(number(coefficient), *parts)
    parts.sort(key=_place)
    if not parts:
        return number(coefficient)
    if coefficient == 1 and len(parts) == 1:
        return parts[0]
    head = () if coefficient == 1 else (number(coefficient),)
    return Formula("product", "", (*head, *parts))


def _place(part: Formula) -> int:
    base = part.parts[0] if part.kind == "power" else part
    if base.kind == "symbol" and str(base.value) == COUNT:
        return -1
    return _PLACES.get(base.kind, 1)


COUNT = "n"  # the number of elements of a mean


def power(base: Formula, exponent: Formula) -> Formula:
    """base to the exponent."""
    if is_number(exponent, 0):
        return ONE
    if is_number(exponent, 1):
        return base
    if is_number(base, 1):
        return ONE
    if exponent.kind == "number" and isinstance(exponent.value, Fraction) and exponent.value.denominator == 1:
        whole = int(exponent.value)
        if base.kind == "number" and (base.value != 0 or whole > 0) and abs(whole) < 64:
            return number(base.value**whole)
        if base.kind == "power" and base.parts[1].kind == "number":
            return power(base.parts[0], product(base.parts[1], exponent))
        if base.kind == "product":
            return product(*[power(part, exponent) for part in base.parts])
    return Formula("power", "", (base, exponent))


def symbols(formula: Formula) -> set[str]:
    """The names in it."""
    if formula.kind == "symbol":
        return {str(formula.value)}
    return {name for part in formula.parts for name in symbols(part)}


def size(formula: Formula) -> int:
    """The number of numbers, names and functions in it."""
    own = formula.kind in ("number", "symbol", "function")
    return own + sum(size(part) for part in formula.parts)


def derivative(formula: Formula, name: str, slopes: Callable[[str, tuple[Formula, ...]], list[Formula]]) -> Formula:
    """The derivative by a name, elementwise.

    Args:
      formula: what to differentiate.
      name: the symbol.
      slopes: slopes(function, arguments) are the function's derivatives by each argument.
    """
    if name not in symbols(formula):
        return ZERO
    if formula.kind == "symbol":
        return ONE
    parts = formula.parts
    if formula.kind == "sum":
        return total(*[derivative(part, name, slopes) for part in parts])
    if formula.kind == "product":
        return total(
            *[
                product(*parts[:place], derivative(part, name, slopes), *parts[place + 1 :])
                for place, part in enumerate(parts)
            ]
        )
    if formula.kind == "power":
        base, exponent = parts
        found = product(exponent, power(base, exponent - 1), derivative(base, name, slopes))
        if name in symbols(exponent):
            found = found + product(formula, function("log", base), derivative(exponent, name, slopes))
        return found
    outer = slopes(str(formula.value), parts)
    return total(*[product(slope, derivative(part, name, slopes)) for slope, part in zip(outer, parts, strict=True)])
