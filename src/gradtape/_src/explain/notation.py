"""Formulas as text and as LaTeX."""

from __future__ import annotations

from fractions import Fraction

from gradtape._src.explain.algebra import COUNT, ONE, Formula, number, power, symbol

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
# What binds more tightly comes later.
_SUM, _PRODUCT, _POWER, _ATOM = range(4)
_COMPARISONS = {
    **{"greater": (">", ">"), "greater_equal": ("≥", r"\ge"), "less": ("<", "<"), "less_equal": ("≤", r"\le")},
    **{
        "equal": ("=", "="),
        "not_equal": ("≠", r"\ne"),
        "logical_and": ("and", r"\wedge"),
        "logical_or": ("or", r"\vee"),
    },
}
_LATEX_NAMES = {
    *("arccos", "arcsin", "arctan", "cos", "cosh", "exp", "log", "max", "min", "sin", "sinh", "tan", "tanh", "det"),
}
_LATEX_ALIASES = {
    "maximum": "max",
    "minimum": "min",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "sigmoid": "σ",
}
_GREEK = {
    **{
        "alpha": "α",
        "beta": "β",
        "gamma": "γ",
        "delta": "δ",
        "epsilon": "ε",
        "theta": "θ",
        "lambda": "λ",
        "lambda_": "λ",
    },
    **{"mu": "μ", "sigma": "σ", "phi": "φ", "rho": "ρ", "tau": "τ", "omega": "ω"},
}
_COMMANDS = {
    **{"α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon", "θ": r"\theta"},
    **{"λ": r"\lambda", "μ": r"\mu", "σ": r"\sigma", "φ": r"\varphi", "ρ": r"\rho", "τ": r"\tau", "ω": r"\omega"},
    **{"π": r"\pi"},
}


def decimal(value: Fraction | float) -> str:
    """Formats a number: as a fraction if it has many decimals."""
    if isinstance(value, float):
        return "nan" if value != value else "-∞" if value < 0 else "∞"
    if value.denominator == 1:
        return str(value.numerator)
    short = f"{float(value):.10g}"
    if Fraction(short) == value and (value.denominator > 9 or len(short) <= 4):
        return short
    if value.denominator <= 1000:
        return f"{value.numerator}/{value.denominator}"
    return f"{float(value):.6g}"


def is_atomic(name: str) -> bool:
    """Whether a name needs no brackets in a formula."""
    plain = name.replace(".", "").replace("[", "").replace("]", "").rstrip("₀₁₂₃₄₅₆₇₈₉")
    return plain.isidentifier() and "·" not in plain


def sided(formula: Formula) -> tuple[Formula, Formula]:
    """Numerator and denominator."""
    factors = formula.parts if formula.kind == "product" else (formula,)
    above, below = [], []
    for factor in factors:
        if factor.kind == "power" and factor.parts[1].kind == "number" and factor.parts[1].value < 0:
            below.append(power(factor.parts[0], number(-factor.parts[1].value)))
        elif factor.kind == "number" and isinstance(factor.value, Fraction) and "/" in decimal(factor.value):
            above.append(number(factor.value.numerator))
            below.append(number(factor.value.denominator))
        else:
            above.append(factor)
    if not below:
        return formula, ONE
    if (
        above
        and above[0].kind == "number"
        and isinstance(above[0].value, Fraction)
        and 1 < above[0].value.denominator <= 12
    ):
        below.insert(0, number(above[0].value.denominator))
        above[0] = number(above[0].value.numerator)
    return _plain(above), _plain(below)


def _fronted(formula: Formula) -> tuple[Formula, Formula]:
    """The scalar factors of a matrix product or a sum, if one of them is a fraction, and the remaining ones."""
    parts = formula.parts if formula.kind == "product" else ()
    if not any(part.kind == "function" and part.value in ("matmul", "sum") for part in parts):
        return ONE, formula
    scalars = [part for part in parts if part.kind == "number" or (part.kind == "power" and part.parts[0] == _N)]
    if sided(_plain(scalars))[1] == ONE:
        return ONE, formula
    return _plain(scalars), _plain([part for part in parts if part not in scalars])


_N = symbol(COUNT)
PARTIAL = "∂"  # the function that denotes the derivative of one value by another


def _plain(factors: list[Formula]) -> Formula:
    """A product without joining its factors."""
    factors = [factor for factor in factors if factor != ONE]
    return ONE if not factors else factors[0] if len(factors) == 1 else Formula("product", "", tuple(factors))


def text(formula: Formula) -> str:
    """The formula in Unicode, one line."""
    return _text(formula)[0]


def _text(formula: Formula) -> tuple[str, int]:
    kind, parts = formula.kind, formula.parts
    if kind == "number":
        shown = decimal(formula.value)
        return shown, _SUM if shown.startswith("-") else _PRODUCT if "/" in shown else _ATOM
    if kind == "symbol":
        name = str(formula.value)
        return name, _ATOM if is_atomic(name) else _SUM
    if kind == "sum":
        return _joined([_text(part)[0] for part in parts]), _SUM
    if kind == "product" or (kind == "power" and sided(formula)[1] != ONE):
        front, rest = _fronted(formula)
        if front != ONE:
            return f"{_bracketed(front, _POWER)}·{_bracketed(rest, _PRODUCT)}", _PRODUCT
        above, below = sided(formula)
        if below != ONE:
            over = _bracketed(above, _PRODUCT) if above.kind != "number" else _text(above)[0]
            return f"{over}/{_bracketed(below, _POWER)}", _SUM if over.startswith("-") else _PRODUCT
        head = parts[0]
        if head.kind == "number" and head.value == -1:
            return f"-{_bracketed(_plain(list(parts[1:])), _PRODUCT)}", _SUM
        levels = [_SUM if head.kind == "number" else _PRODUCT, *[_PRODUCT] * (len(parts) - 1)]
        pairs = enumerate(zip(parts, levels, strict=True))
        joined = "·".join(_bracketed(part, level, place) for place, (part, level) in pairs)
        return joined, _SUM if joined.startswith("-") else _PRODUCT
    if kind == "power":
        base, exponent = parts
        shown = decimal(exponent.value) if exponent.kind == "number" else ""
        if shown and "/" not in shown and "." not in shown:
            return _bracketed(base, _ATOM) + shown.translate(_SUPERSCRIPTS), _POWER
        return f"{_bracketed(base, _ATOM)}^{_bracketed(exponent, _ATOM)}", _POWER
    return _call(str(formula.value), parts)


def _bracketed(formula: Formula, level: int, place: int = 0) -> str:
    shown, own = _text(formula)
    return f"({shown})" if own < level or (place and shown.startswith("-")) else shown


def _joined(terms: list[str]) -> str:
    """Terms with signs between them."""
    joined = terms[0]
    for term in terms[1:]:
        joined += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return joined


def _call(name: str, parts: tuple[Formula, ...]) -> tuple[str, int]:
    if name == PARTIAL:
        return f"∂{_bracketed(parts[0], _ATOM)}/∂{_bracketed(parts[1], _ATOM)}", _ATOM
    if name == "matmul":
        return f"{_bracketed(parts[0], _POWER)} @ {_bracketed(parts[1], _ATOM)}", _PRODUCT
    if name == "transpose":
        return f"{_bracketed(parts[0], _ATOM)}ᵀ", _ATOM
    if name == "sqrt":
        return f"√{_bracketed(parts[0], _ATOM)}", _ATOM
    if name == "abs":
        return f"|{_text(parts[0])[0]}|", _ATOM
    if name in _COMPARISONS:
        return f"{_bracketed(parts[0], _PRODUCT)} {_COMPARISONS[name][0]} {_bracketed(parts[1], _PRODUCT)}", _SUM
    return f"{name}({', '.join(_text(part)[0] for part in parts)})", _ATOM


def latex(formula: Formula) -> str:
    """The formula in LaTeX's mathematics."""
    return _latex(formula)[0]


def latex_name(name: str) -> str:
    """A name, or an expression of the program, as LaTeX shows it."""
    name = _GREEK.get(name, name)
    if name in _COMMANDS:
        return _COMMANDS[name]
    if len(name) == 1:
        return name
    if name[-1:] in "₀₁₂₃₄₅₆₇₈₉" and name.rstrip("₀₁₂₃₄₅₆₇₈₉").isidentifier():
        base = name.rstrip("₀₁₂₃₄₅₆₇₈₉")
        return f"{latex_name(base)}_{{{name[len(base) :].translate(str.maketrans('₀₁₂₃₄₅₆₇₈₉', '0123456789'))}}}"
    escaped = "".join(_ESCAPES.get(letter, letter) for letter in name)
    return rf"\text{{{escaped}}}"


_ESCAPES = {
    **{"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "_": r"\_", "%": r"\%", "#": r"\#", "$": r"\$", "&": r"\&"},
    **{"^": r"\textasciicircum{}", "~": r"\textasciitilde{}"},
}


def _latex(formula: Formula) -> tuple[str, int]:
    kind, parts = formula.kind, formula.parts
    if kind == "number":
        shown = decimal(formula.value)
        if "/" in shown:
            first, second = shown.lstrip("-").split("/")
            return ("-" if shown[0] == "-" else "") + rf"\frac{{{first}}}{{{second}}}", _PRODUCT
        return shown.replace("∞", r"\infty"), _SUM if shown.startswith("-") else _ATOM
    if kind == "symbol":
        return latex_name(str(formula.value)), _ATOM
    if kind == "sum":
        return _joined([_latex(part)[0] for part in parts]), _SUM
    if kind == "product" or (kind == "power" and sided(formula)[1] != ONE):
        front, rest = _fronted(formula)
        if front != ONE:
            return f"{latex(front)} {_braced(rest, _PRODUCT)}", _PRODUCT
        above, below = sided(formula)
        if below != ONE:
            over = latex(above)
            sign = "-" if over.startswith("-") and above.kind != "sum" else ""
            return rf"{sign}\frac{{{over[len(sign) :]}}}{{{latex(below)}}}", _SUM if sign else _PRODUCT
        head = parts[0]
        if head.kind == "number" and head.value == -1:
            return f"-{_braced(_plain(list(parts[1:])), _PRODUCT)}", _SUM
        return r" \cdot ".join(_braced(part, _PRODUCT) for part in parts), _PRODUCT
    if kind == "power":
        base, exponent = parts
        return f"{_braced(base, _ATOM)}^{{{latex(exponent)}}}", _POWER
    name = str(formula.value)
    if name == PARTIAL:
        first, second = (_braced(part, _ATOM) for part in parts)
        return rf"\frac{{\partial {first}}}{{\partial {second}}}", _ATOM
    if name == "matmul":
        return f"{_braced(parts[0], _POWER)} \\, {_braced(parts[1], _POWER)}", _PRODUCT
    if name == "transpose":
        return f"{_braced(parts[0], _ATOM)}^{{\\top}}", _POWER
    if name == "sqrt":
        return rf"\sqrt{{{latex(parts[0])}}}", _ATOM
    if name == "abs":
        return rf"\left|{latex(parts[0])}\right|", _ATOM
    if name == "sum":
        return rf"\sum {_braced(parts[0], _PRODUCT)}", _PRODUCT
    if name in _COMPARISONS:
        return f"{_braced(parts[0], _PRODUCT)} {_COMPARISONS[name][1]} {_braced(parts[1], _PRODUCT)}", _SUM
    arguments = ", ".join(latex(part) for part in parts)
    short = _LATEX_ALIASES.get(name, name)
    shown = _COMMANDS.get(short) or (rf"\{short}" if short in _LATEX_NAMES else rf"\operatorname{{{_operator(short)}}}")
    return rf"{shown}\left({arguments}\right)", _ATOM


def _operator(name: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in name)


def _braced(formula: Formula, level: int) -> str:
    shown, own = _latex(formula)
    return rf"\left({shown}\right)" if own < level else shown
