"""Elementwise expressions as a shared graph of vector instructions, and their derivatives as expressions.

A node is an operand, a constant or an instruction applied to nodes. Nodes are interned: equal expressions are one
object, so common subexpressions are computed once and programs can be recognised by identity. Functions here have the
instructions' names and take nodes or Python numbers, so that a formula reads as mathematics:

    maximum(x, 0) + log1p_decay(x)

An instruction is defined by one call of `instruction`, with its arithmetic and its derivatives. Those of an expression
follow by the chain rule and are expressions again, so there are derivatives of every order.

When the engine is built, cython/generate.py imports this module alone: it must not import gradtape at module level.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container

# Roles of a derivative's operands besides the positions (0, 1, ...) of the operation's own operands.
COTANGENT = -1
RESULT = -2

# Commutative instructions, and those that return 1 or 0 in the operands' own type.
COMMUTATIVE: set[str] = set()
PREDICATES: set[str] = set()


class Expr:
    """A node: `code` is an instruction's name with `args`, "operand" with its role as `value`, or "constant"."""

    __slots__ = ("args", "code", "depth", "order", "value")
    depth: int

    def __init__(self, code: str, args: tuple[Expr, ...], value: float) -> None:
        self.code = code
        self.args = args
        self.value = value
        self.order = len(_interned)
        self.depth = 1 + max((a.depth for a in args), default=-1)

    def __neg__(self) -> Expr:
        return neg(self)

    def __abs__(self) -> Expr:
        return apply("abs", self)

    def __add__(self, other: Number) -> Expr:
        return add(self, other)

    def __radd__(self, other: Number) -> Expr:
        return add(other, self)

    def __sub__(self, other: Number) -> Expr:
        return sub(self, other)

    def __rsub__(self, other: Number) -> Expr:
        return sub(other, self)

    def __mul__(self, other: Number) -> Expr:
        return mul(self, other)

    def __rmul__(self, other: Number) -> Expr:
        return mul(other, self)

    def __truediv__(self, other: Number) -> Expr:
        return div(self, other)

    def __rtruediv__(self, other: Number) -> Expr:
        return div(other, self)

    def __lt__(self, other: Number) -> Expr:
        return apply("lt", self, other)

    def __le__(self, other: Number) -> Expr:
        return apply("le", self, other)

    def __gt__(self, other: Number) -> Expr:
        return apply("gt", self, other)

    def __ge__(self, other: Number) -> Expr:
        return apply("ge", self, other)

    def __repr__(self) -> str:
        return self.text(6)

    def text(self, levels: int) -> str:
        """The formula, with dots for expressions nested deeper than this many levels."""
        if self.code == "operand":
            return {COTANGENT: "g", RESULT: "y"}.get(int(self.value), f"x{int(self.value)}")
        if self.code == "constant":
            return f"{self.value:g}"
        return f"{self.code}({', '.join(arg.text(levels - 1) for arg in self.args)})" if levels else "…"


Number = Expr | float
_interned: dict[tuple[object, ...], Expr] = {}


def _intern(code: str, args: tuple[Expr, ...], value: float, key: tuple[object, ...]) -> Expr:
    node = _interned.get(key)
    if node is None:
        node = _interned[key] = Expr(code, args, value)
    return node


def operand(role: int) -> Expr:
    """The operand at a position, or the one with the role COTANGENT or RESULT."""
    return _intern("operand", (), role, ("operand", role))


def constant(value: float) -> Expr:
    """A constant for every element. Zeros of either sign and NaN are distinct."""
    value = float(value)
    return _intern("constant", (), value, ("constant", value.hex()))


def apply(code: str, *operands: Number) -> Expr:
    """An instruction applied to nodes, without simplification."""
    args = tuple(a if isinstance(a, Expr) else constant(a) for a in operands)
    if code in COMMUTATIVE and _sort_key(args[0]) > _sort_key(args[1]):
        args = args[::-1]
    return _intern(code, args, 0.0, (code, *(a.order for a in args)))


def _sort_key(node: Expr) -> tuple[bool, int]:
    return node.code == "constant", node.order


# Created first and in this order, so that commutative instructions sort the cotangent first, then operands by position.
_G = operand(COTANGENT)
_Y = operand(RESULT)
for _position in range(8):
    operand(_position)

ZERO = constant(0.0)


def _number(node: Number) -> float | None:
    """The value of a constant, else None."""
    if isinstance(node, Expr):
        return node.value if node.code == "constant" else None
    return float(node)


def _inner(code: str, node: Number) -> Expr | None:
    """The argument of a node that applies the unary instruction `code`, else None."""
    return node.args[0] if isinstance(node, Expr) and node.code == code else None


class Instruction:
    """A vector instruction: the arithmetic of its loop, and its derivatives.

    Attributes:
      arithmetic: the result in Cython, of elements a, b and c of type `real`, by functions of the engine's
        elementary.pxi.
      far: the same for runs with elements beyond CIRCLE_LIMIT; empty if the arithmetic holds for them.
      rules: the derivatives with respect to each operand.
    """

    __slots__ = ("arithmetic", "far", "rules")

    def __init__(self, arithmetic: str, far: str, rules: tuple[Rule | None, ...]) -> None:
        self.arithmetic = arithmetic
        self.far = far
        self.rules = rules


# The cotangent of an operand from the cotangent g of the result y and the operands; None if no cotangent flows,
# ZERO if it flows but is zero, as TensorFlow distinguishes: `sign` has a gradient of zeros, `floor` has none.
# A derivative that reads y keeps the result alive instead of the operands.
# At singular points a factor is infinite or NaN. Masked-out elements have a cotangent of 0 there, and
# mul_no_nan, or an instruction with such a rule, keeps their gradient 0, as TensorFlow does.
Rule = Callable[..., Expr]

# In the order of their codes.
INSTRUCTIONS: dict[str, Instruction] = {}
# Rules of instructions, and of functions that programs expand.
RULES: dict[str, tuple[Rule | None, ...]] = {}


def instruction(
    name: str, arithmetic: str, *rules: Rule | None, far: str = "", commutative: bool = False, predicate: bool = False
) -> Callable[..., Expr]:
    """Defines a vector instruction with one rule per operand; returns its function on nodes."""
    INSTRUCTIONS[name] = Instruction(arithmetic, far, rules)
    RULES[name] = rules
    if commutative:
        COMMUTATIVE.add(name)
    if predicate:
        PREDICATES.add(name)
    return lambda *operands: apply(name, *operands)


TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)


def _log_of_positive(x: Expr) -> Expr:
    return select(x > 0, log(select(x > 0, x, 1)), 0)


def _over_squares(a: Expr, b: Expr) -> Expr:
    """a / (a² + b²), computed with the square of a quotient of at most 1: other squares may overflow or underflow."""
    first = abs(a) >= abs(b)
    larger = select(first, a, b)
    ratio = select(first, b, a) / larger
    return select(first, 1, ratio) / larger / (square(ratio) + 1)


def _bessel_slope(code: str, n: Expr, x: Expr) -> Expr:
    """The derivative of I_n (DLMF 10.29.1 and 10.29.3), or of the scaled function as if the scale were constant."""
    return (apply(code, n.value - 1, x) + apply(code, n.value + 1, x)) * 0.5 if n.value else apply(code, 1, x)


# Unary
copy = instruction("copy", "a", lambda g, y, a: g)
instruction("neg", "-a", lambda g, y, a: -g)
instruction("abs", "fabs_(a)", lambda g, y, a: g * sign(a))
sign = instruction("sign", "sign_(a)", lambda g, y, a: ZERO)
recip = instruction("recip", "1 / a", lambda g, y, a: -mul_no_nan(y, mul_no_nan(y, g)))
instruction("square", "a * a", lambda g, y, a: g * 2 * a)
sqrt = instruction("sqrt", "sqrt_(a)", lambda g, y, a: mul_no_nan(0.5 / y, g))
rsqrt = instruction("rsqrt", "1 / sqrt_(a)", lambda g, y, a: mul_no_nan(square(y) * y * -0.5, g))
exp = instruction("exp", "exp_(a)", lambda g, y, a: g * y)
expm1 = instruction("expm1", "expm1_(a)", lambda g, y, a: g * exp(a))
log = instruction("log", "log_(a)", lambda g, y, a: g / a)
log1p = instruction("log1p", "log1p_(a)", lambda g, y, a: g * recip(a + 1))
# log(1 + e**-|a|): the smooth part of softplus and related functions.
log1p_decay = instruction("log1p_decay", "log1p_decay_(a)", lambda g, y, a: -(g * (sign(a) * sigmoid(-abs(a)))))
sin = instruction("sin", "sin_(a)", lambda g, y, a: g * cos(a), far="<real>sin(a)")
cos = instruction("cos", "cos_(a)", lambda g, y, a: -(g * sin(a)), far="<real>cos(a)")
tan = instruction("tan", "tan_(a)", lambda g, y, a: g * (square(y) + 1), far="<real>tan(a)")
asin = instruction("asin", "asin_(a)", lambda g, y, a: g * rsqrt(1 - square(a)))
acos = instruction("acos", "acos_(a)", lambda g, y, a: -(g * rsqrt(1 - square(a))))
atan = instruction("atan", "atan_(a)", lambda g, y, a: g / (square(a) + 1))
sinh = instruction("sinh", "sinh_(a)", lambda g, y, a: g * cosh(a))
cosh = instruction("cosh", "cosh_(a)", lambda g, y, a: g * sinh(a))
tanh = instruction("tanh", "tanh_(a)", lambda g, y, a: tanh_grad(g, y))
asinh = instruction("asinh", "asinh_(a)", lambda g, y, a: g / cosh(y))  # square(a) would overflow
acosh = instruction("acosh", "acosh_(a)", lambda g, y, a: g / sinh(y))
atanh = instruction("atanh", "atanh_(a)", lambda g, y, a: g * recip(1 - square(a)))
sigmoid = instruction("sigmoid", "sigmoid_(a)", lambda g, y, a: sigmoid_grad(g, y))
# max(a, 0), with NaN unchanged.
relu = instruction("relu", "maximum_(a, <real>0)", lambda g, y, a: gate(g, y))
erf = instruction("erf", "erf_(a)", lambda g, y, a: g * (exp(-square(a)) * TWO_OVER_SQRT_PI))
erfc = instruction("erfc", "erfc_(a)", lambda g, y, a: -(g * (exp(-square(a)) * TWO_OVER_SQRT_PI)))
lgamma = instruction("lgamma", "lgamma_(a)", lambda g, y, a: g * digamma(a))
digamma = instruction("digamma", "digamma_(a)", lambda g, y, a: g * apply("trigamma", a))
floor = instruction("floor", "floor_(a)", None)
ceil = instruction("ceil", "ceil_(a)", None)
rint = instruction("rint", "rint_(a)", None)  # to the nearest, ties to even, as tf.round
trunc = instruction("trunc", "trunc_(a)", None)
is_nan = instruction("is_nan", "<real>(a != a)", None, predicate=True)
is_inf = instruction("is_inf", "<real>(fabs_(a) == INFINITY)", None, predicate=True)
is_finite = instruction("is_finite", "<real>(fabs_(a) < INFINITY)", None, predicate=True)
logical_not = instruction("not", "<real>(a == 0)", None, predicate=True)
# Binary. The engine expects the four arithmetic ones consecutively, in this order.
instruction("add", "a + b", lambda g, y, a, b: g, lambda g, y, a, b: g, commutative=True)
instruction("sub", "a - b", lambda g, y, a, b: g, lambda g, y, a, b: -g)
instruction("mul", "a * b", lambda g, y, a, b: g * b, lambda g, y, a, b: g * a, commutative=True)
instruction("div", "a / b", lambda g, y, a, b: g / b, lambda g, y, a, b: -(g * (y / b)))
pow_ = instruction(
    "pow",
    "pow_(a, b)",
    lambda g, y, a, b: g * b * pow_(a, b - 1),
    lambda g, y, a, b: g * (y * _log_of_positive(a)),
)
atan2 = instruction(
    "atan2",
    "atan2_(a, b)",
    lambda g, y, a, b: g * _over_squares(b, a),
    lambda g, y, a, b: -(g * _over_squares(a, b)),
)
# NaN if either operand is NaN, as in TensorFlow.
minimum = instruction(
    "minimum", "minimum_(a, b)", lambda g, y, a, b: select(a <= b, g, 0), lambda g, y, a, b: select(a <= b, 0, g)
)
maximum = instruction(
    "maximum", "maximum_(a, b)", lambda g, y, a, b: select(a >= b, g, 0), lambda g, y, a, b: select(a >= b, 0, g)
)
# With the sign of the divisor, as in Python; with that of the dividend, as in C.
floor_mod = instruction("floor_mod", "floor_mod_(a, b)", lambda g, y, a, b: g, lambda g, y, a, b: -(g * floor(a / b)))
fmod = instruction("fmod", "fmod_(a, b)", lambda g, y, a, b: g, lambda g, y, a, b: -(g * trunc(a / b)))
# a*b and a/b, and 0 wherever b is 0, even if a is NaN or infinite.
mul_no_nan = instruction(
    "mul_no_nan",
    "mul_no_nan_(a, b)",
    lambda g, y, a, b: mul_no_nan(g, b),
    lambda g, y, a, b: mul_no_nan(a, g),
)
div_no_nan = instruction(
    "div_no_nan",
    "div_no_nan_(a, b)",
    lambda g, y, a, b: div_no_nan(g, b),
    lambda g, y, a, b: -(g * div_no_nan(div_no_nan(a, b), b)),
)
# a where b is positive, else 0: the reverse of relu.
gate = instruction("gate", "gate_(a, b)", lambda g, y, a, b: gate(g, b), lambda g, y, a, b: ZERO)
# a*(1 - b*b) and a*b*(1 - b): the reverse of tanh and sigmoid, where b is the result.
tanh_grad = instruction(
    "tanh_grad",
    "tanh_grad_(a, b)",
    lambda g, y, a, b: tanh_grad(g, b),
    lambda g, y, a, b: -(g * (a * (b * 2))),
)
sigmoid_grad = instruction(
    "sigmoid_grad",
    "sigmoid_grad_(a, b)",
    lambda g, y, a, b: sigmoid_grad(g, b),
    lambda g, y, a, b: g * (a * (1 - b * 2)),
)
nextafter = instruction("nextafter", "nextafter_(a, b)", lambda g, y, a, b: g, lambda g, y, a, b: ZERO)
eq = instruction("eq", "<real>(a == b)", None, None, commutative=True, predicate=True)
ne = instruction("ne", "<real>(a != b)", None, None, commutative=True, predicate=True)
instruction("lt", "<real>(a < b)", None, None, predicate=True)
instruction("le", "<real>(a <= b)", None, None, predicate=True)
instruction("gt", "<real>(a > b)", None, None, predicate=True)
instruction("ge", "<real>(a >= b)", None, None, predicate=True)
logical_and = instruction("and", "<real>((a != 0) & (b != 0))", None, None, commutative=True, predicate=True)
logical_or = instruction("or", "<real>((a != 0) | (b != 0))", None, None, commutative=True, predicate=True)
# Ternary: b where a is not 0, else c.
select = instruction(
    "select", "select_(a, b, c)", None, lambda g, y, a, b, c: select(a, g, 0), lambda g, y, a, b, c: select(a, 0, g)
)


# Functions that `special` expands.
RULES |= {
    "zeta": (None, lambda g, y, x, q: -(g * (x * apply("zeta", x + 1, q)))),
    "polygamma": (None, lambda g, y, n, x: g * apply("polygamma", n + 1, x)),
    "erfinv": (lambda g, y, a: g * (exp(square(y)) * (math.sqrt(math.pi) / 2)),),
    "erfcinv": (lambda g, y, a: -(g * (exp(square(y)) * (math.sqrt(math.pi) / 2))),),
    "ndtri": (lambda g, y, a: g * (exp(square(y) * 0.5) * math.sqrt(2 * math.pi)),),
    "iv": (None, lambda g, y, n, x: g * _bessel_slope("iv", n, x)),
    "ive": (None, lambda g, y, n, x: g * (_bessel_slope("ive", n, x) - sign(x) * y)),
}


# Simplifications are bitwise exact except for the sign of a NaN.


def neg(a: Number) -> Expr:
    value, inner = _number(a), _inner("neg", a)
    if value is not None:
        return constant(-value)
    return apply("neg", a) if inner is None else inner


def add(a: Number, b: Number) -> Expr:
    x, y = _number(a), _number(b)
    if x is not None and y is not None:
        return constant(x + y)
    minus_a, minus_b = _inner("neg", a), _inner("neg", b)
    if minus_b is not None:
        return sub(a, minus_b)
    if minus_a is not None:
        return sub(b, minus_a)
    return apply("add", a, b)


def sub(a: Number, b: Number) -> Expr:
    x, y = _number(a), _number(b)
    if x is not None and y is not None:
        return constant(x - y)
    minus_b = _inner("neg", b)
    if minus_b is not None:
        return add(a, minus_b)
    return apply("sub", a, b)


def mul(a: Number, b: Number) -> Expr:
    x, y = _number(a), _number(b)
    if x is not None and y is not None:
        return constant(x * y)
    for factor, other in ((x, b), (y, a)):
        if factor == 1.0:
            return other  # type: ignore[return-value]
        if factor == -1.0:
            return neg(other)
    minus_a, minus_b = _inner("neg", a), _inner("neg", b)
    if minus_a is not None:
        return neg(mul(minus_a, b))
    if minus_b is not None:
        return neg(mul(a, minus_b))
    if a is b:
        return square(a)
    return apply("mul", a, b)


def div(a: Number, b: Number) -> Expr:
    x, y = _number(a), _number(b)
    if y is not None and y and math.isfinite(y):
        if x is not None:
            return constant(x / y)
        if abs(math.frexp(y)[0]) == 0.5 and abs(y) < 2.0**100:
            return mul(a, 1.0 / y)
    minus_a, minus_b = _inner("neg", a), _inner("neg", b)
    if minus_a is not None:
        return neg(div(minus_a, b))
    if minus_b is not None:
        return neg(div(a, minus_b))
    if x == 1.0:
        return recip(b)
    return apply("div", a, b)


def square(a: Number) -> Expr:
    value = _number(a)
    if value is not None:
        return constant(value * value)
    inner = _inner("neg", a) or _inner("abs", a)
    return apply("square", a if inner is None else inner)


class RowCall:
    """A derivative that is a row of the elementwise table, whose own derivatives can override derived ones too.

    Attributes:
      name: the row's.
      operands: its arguments.
    """

    __slots__ = ("name", "operands")

    def __init__(self, name: str, operands: tuple[Expr, ...]) -> None:
        self.name = name
        self.operands = operands


def call(name: str, *operands: Expr) -> RowCall:
    """The table's row `name` applied to operands."""
    return RowCall(name, operands)


def nodes(root: Expr, deepest_first: bool = False) -> list[Expr]:
    """Every node of an expression once, in topological order.

    Evaluating the deepest argument first keeps fewer values alive.
    """
    found: dict[Expr, None] = {}

    def visit(node: Expr) -> None:
        if node not in found:
            for arg in sorted(node.args, key=lambda a: -a.depth) if deepest_first else node.args:
                visit(arg)
            found[node] = None

    visit(root)
    return list(found)


def derivative(root: Expr, position: int) -> Expr | None:
    """The cotangent of the operand at `position`, by reverse accumulation; None if it has none."""
    target = operand(position)
    if any(node.code not in RULES for node in nodes(root) if node.args):
        root = expand(root, RULES)
    order = nodes(root)
    depends = {target}
    for node in order:
        if any(arg in depends for arg in node.args):
            depends.add(node)
    cotangents = {root: _G}
    for node in reversed(order):
        g = cotangents.get(node)
        if g is None or node not in depends:
            continue
        for arg, rule in zip(node.args, RULES.get(node.code, ()), strict=True):
            if rule is None or arg not in depends:
                continue
            share = ZERO if g is ZERO else rule(g, _Y if node is root else node, *node.args)
            before = cotangents.get(arg, ZERO)
            cotangents[arg] = share if before is ZERO else before if share is ZERO else before + share
    return cotangents.get(target)


def rebuild(root: Expr, make: Callable[[Expr, tuple[Expr, ...]], Expr]) -> Expr:
    """The expression with every node replaced by `make`'s result for it and its replaced arguments."""
    made: dict[Expr, Expr] = {}
    for node in nodes(root):
        made[node] = make(node, tuple(made[arg] for arg in node.args))
    return made[root]


def expand(root: Expr, keep: Container[str]) -> Expr:
    """The expression with the functions of `special`, except those in `keep`, expanded to instructions."""
    from gradtape._src.table.special import EXPANSIONS

    def make(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if not args:
            return node
        if node.code in EXPANSIONS and node.code not in keep:
            return expand(EXPANSIONS[node.code](*args), keep)
        return apply(node.code, *args)

    return rebuild(root, make)


def canonical(root: Expr) -> tuple[Expr, tuple[int, ...]]:
    """The expression with its operands renumbered by first use, and the original role of each number."""
    roles: dict[int, int] = {}

    def make(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.code == "operand":
            return operand(roles.setdefault(int(node.value), len(roles)))
        return apply(node.code, *args) if args else node

    return rebuild(root, make), tuple(roles)
