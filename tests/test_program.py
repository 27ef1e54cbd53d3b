"""Programs: values against a plain evaluator, derivatives against central differences, all memory layouts."""

import itertools

import numpy as np
import pytest
import scipy.special

from cases import cases
from gradtape._engine.compute.program import Program, named_program, table
from gradtape._engine.kernels import checks
from gradtape._src.table import expressions
from gradtape._src.table.order import FOLLOWS, _followed, arranged, in_chains

FROM_SCIPY = ("erf", "erfc", "digamma", "polygamma", "zeta", "erfinv", "erfcinv", "ndtri", "iv", "ive")
PLAIN = {
    **{name: getattr(scipy.special, name) for name in FROM_SCIPY},
    "trigamma": lambda a: scipy.special.polygamma(1, a),
    "lgamma": scipy.special.gammaln,
    "copy": np.array,
    "neg": np.negative,
    "recip": np.reciprocal,
    "rsqrt": lambda a: 1 / np.sqrt(a),
    "log1p_decay": lambda a: np.log1p(np.exp(-np.abs(a))),
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "relu": lambda a: np.maximum(a, 0),
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "is_nan": np.isnan,
    "is_inf": np.isinf,
    "is_finite": np.isfinite,
    "not": np.logical_not,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "atan2": np.arctan2,
    "floor_mod": np.mod,
    "mul_no_nan": lambda a, b: np.where(b == 0, 0, a * b),
    "div_no_nan": lambda a, b: np.where(b == 0, 0, a / b),
    "gate": lambda a, b: a * (b > 0),
    "tanh_grad": lambda a, b: a * (1 - b * b),
    "sigmoid_grad": lambda a, b: a * (b * (1 - b)),
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "and": np.logical_and,
    "or": np.logical_or,
    "select": lambda c, a, b: np.where(c != 0, a, b),
}


def plain(expression, arrays):
    """A plain interpreter: one NumPy call per node over whole arrays."""
    if expression.code == "operand":
        return arrays[int(expression.value)]
    if expression.code == "constant":
        return arrays[0].dtype.type(expression.value)
    args = [plain(arg, arrays) for arg in expression.args]
    function = PLAIN.get(expression.code) or getattr(np, expression.code)
    return np.asarray(function(*args)).astype(arrays[0].dtype)


def samples(program, shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    row = table().get(program.name)
    domains = row.domain if row and row.domain else ((0.5, 2.0),) * program.arity
    return [rng.uniform(low, high, shape).astype(dtype) for low, high in domains]


def close(actual, expected, dtype=np.float64):
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


SIZES = (0, 1, 2, 15, 16, 17, 511, 512, 513, 1023, 1024, 1025, 3000)
# Row shape pairs and triples: scalars, rows, columns, inner axes, and rows longer than a block.
SHAPES = [
    ((7, 5), (5,)), ((7, 5), (7, 1)), ((5,), (7, 5)), ((7, 1), (1, 5)), ((300, 7), (7,)), ((300, 7), (300, 1)),
    ((3, 1500), (1500,)), ((3, 1500), (3, 1)), ((2, 3, 4), (3, 1)), ((2, 3, 4), (2, 1, 4)), ((2, 3, 4), (1, 1, 1)),
    ((40, 3, 20), (3, 20)), ((40, 3, 20), (40, 1, 20)), ((1, 1, 9), (4, 1, 1)), ((2, 1, 3, 1, 2), (4, 1, 5, 1)),
    ((), (4, 5)), ((0, 3), (3,)), ((600, 2), (600, 1)), ((2, 600), (600,)), ((1, 2049), (2, 1)),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["softplus", "subtract", "squared_difference", "less", "select", "atan2"])
def test_sizes_around_block_boundaries(name, dtype):
    program = named_program(name)
    for size in SIZES:
        arrays = samples(program, size, dtype)
        close(program.evaluate(*arrays), plain(program.expression, arrays), dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["subtract", "squared_difference", "greater"])
@cases("left, right", SHAPES)
def test_broadcasting(name, left, right, dtype):
    program = named_program(name)
    rng = np.random.default_rng(1)
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in (left, right)]
    for pair in (arrays, arrays[::-1]):
        close(program.evaluate(*pair), plain(program.expression, pair), dtype)
        full = np.broadcast_arrays(*pair)
        close(program.evaluate(*pair, total=True), plain(program.expression, full).sum(dtype=np.float64), dtype)


def test_three_operands_that_broadcast_differently():
    rng = np.random.default_rng(2)
    program = named_program("select")
    for shapes in itertools.permutations([(30, 1, 40), (30, 50, 1), (50, 40)]):
        condition, a, b = (rng.standard_normal(shape) for shape in shapes)
        close(program.evaluate(condition, a, b), np.where(condition, a, b))
        close(program.evaluate(condition > 0, a, b), np.where(condition > 0, a, b))


def test_any_strides():
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((90, 110))
    other = rng.standard_normal((110, 90))
    program = named_program("subtract")
    close(program.evaluate(matrix.T, other), matrix.T - other)
    close(program.evaluate(matrix[::-1, ::2], other.T[:, ::2]), matrix[::-1, ::2] - other.T[:, ::2])
    close(program.evaluate(matrix[:, 10:60], matrix[:, 20:70]), matrix[:, 10:60] - matrix[:, 20:70])
    wide = rng.standard_normal((3, 4000))
    close(program.evaluate(wide[:, 100:1900], wide[:, 2000:3800]), wide[:, 100:1900] - wide[:, 2000:3800])
    close(program.evaluate(wide[:, ::3], wide[:, ::-3]), wide[:, ::3] - wide[:, ::-3])


def test_bool_operands_are_zeros_and_ones():
    rng = np.random.default_rng(4)
    a, b = rng.random(2500) < 0.5, rng.random(2500) < 0.5
    for name, function in (("logical_and", np.logical_and), ("logical_or", np.logical_or), ("equal", np.equal)):
        result = named_program(name).evaluate(a, b)
        assert result.dtype == bool
        np.testing.assert_array_equal(result, function(a, b))
        np.testing.assert_array_equal(named_program(name).evaluate(a[:1], b), function(a[:1], b))
        np.testing.assert_array_equal(
            named_program(name).evaluate(a[:50, None], b[:70]), function(a[:50, None], b[:70])
        )


def test_result_may_replace_an_operand():
    program = named_program("softplus")
    values = np.random.default_rng(5).standard_normal(5000)
    expected = program.evaluate(values)
    np.testing.assert_array_equal(program.evaluate(values, out=values), expected)
    assert values is not expected


def test_total_is_accumulated_in_double_across_blocks():
    tenths = np.full(3_000_000, 0.1, np.float32)
    total = named_program("add").evaluate(tenths, np.zeros(1, np.float32), total=True)
    np.testing.assert_allclose(total, 300_000, rtol=5e-7)  # summation one by one in float32 is off by 1e-2


class Value:
    """A result on a miniature tape, which uses programs and their rules as the engine does."""

    def __init__(self, array, program=None, operands=()):
        self.array, self.program, self.operands = array, program, operands


def run(program, *operands):
    return Value(program.evaluate(*(value.array for value in operands)), program, operands)


def gradient(target, source):
    """d target / d source for elementwise results, itself differentiable; None if unconnected."""
    order = {}

    def visit(value):
        if value not in order:
            for operand in value.operands:
                visit(operand)
            order[value] = None

    visit(target)
    cotangents = {target: Value(np.ones_like(target.array))}
    for value in reversed(order):
        g = cotangents.get(value)
        for k, operand in enumerate(value.operands if g else ()):
            rule = value.program.rule(k)
            if rule.zero:
                continue
            roles = {-1: g, -2: value, **dict(enumerate(value.operands))}
            share = g if rule.identity else run(rule.program, *(roles[role] for role in rule.roles))
            before = cotangents.get(operand)
            cotangents[operand] = run(named_program("add"), before, share) if before else share
    return cotangents.get(source)


def partial(program, path):
    """The mixed derivative of a program with respect to the operands at the positions in `path`, as a function."""

    def function(*arrays):
        sources = [Value(array) for array in arrays]
        value = run(program, *sources)
        for k in path:
            value = value and gradient(value, sources[k])
        return value.array if value else np.zeros_like(arrays[0])

    return function


def central(function, arrays, k, h=1e-3):
    """The derivative of a function with respect to its array k from five points, to fourth order in h."""
    shifted = [[a + (h * step if i == k else 0) for i, a in enumerate(arrays)] for step in (-2, -1, 1, 2)]
    a, b, c, d = (function(*arrays) for arrays in shifted)
    return (a - 8 * b + 8 * c - d) / (12 * h)


def away_from_kinks(row, arrays):
    """The samples at which no operand, and no difference of two operands, is near one of the row's kinks."""
    operands = [*arrays, *(a - b for a, b in itertools.combinations(arrays, 2))]
    near = [np.abs(a - kink) < 0.02 for kink in row.kinks for a in operands]
    return [a[~np.any(near, axis=0)] if near else a for a in arrays]


SMOOTH = [row.name for row in table().values() if row.domain]


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_to_third_order(name):
    program = named_program(name)
    arrays = away_from_kinks(table()[name], samples(program, 40, np.float64))
    assert len(arrays[0]) > 10
    connected = [k for k in range(program.arity) if not program.rule(k).zero]
    for order in range(3):
        for path in itertools.product(connected, repeat=order):
            for k in connected:
                numeric = central(partial(program, path), arrays, k)
                scale = np.maximum(1, np.abs(numeric))
                error = (partial(program, (*path, k))(*arrays) - numeric) / scale
                np.testing.assert_allclose(error, 0, atol=1e-7, err_msg=f"{name} {path} {k}")


def test_every_row_with_a_derivative_is_checked():
    unchecked = {name for name in table() if name not in SMOOTH and not all(rule_is_zero(name))}
    # Steps of one unit in the last place, a condition, and the helpers of rows that are tested.
    helpers = {"relu_grad", "relu6_grad", "leaky_relu_grad", "log_grad", "log_sigmoid_grad", "softplus_grad"}
    assert unchecked == {"nextafter", "select"} | helpers


def rule_is_zero(name):
    program = named_program(name)
    return [program.rule(k).zero for k in range(program.arity)]


@cases("name", list(table()))
def test_every_row_equals_its_plain_twin(name):
    program, row = named_program(name), table()[name]
    assert program.arity == len(row.arguments)
    for dtype in (np.float32, np.float64):
        arrays = samples(program, 700, dtype)
        with np.errstate(all="ignore"):
            expected = plain(program.expression, arrays)
        close(program.evaluate(*arrays), expected, dtype)


def instruction_by_instruction(formula, arrays):
    """A plain evaluation of chains: every node by its own loop, stored and read again."""
    values = {}
    for node in expressions.nodes(formula, True):
        if node.code == "operand":
            values[node] = arrays[int(node.value)]
        elif node.code == "constant":
            values[node] = np.full_like(arrays[0], node.value)
        else:
            values[node] = np.empty_like(arrays[0])
            checks.run(node.code.upper(), values[node], *[values[arg] for arg in node.args])
    return values[formula]


def bits(values):
    """The bytes of floats. A sum may be either of two NaNs: compilers exchange operands, as IEEE 754 allows."""
    return np.where(np.isnan(values), np.nan, values).astype(values.dtype).tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(20))
def test_chains_change_no_bit(seed, dtype):
    rng = np.random.default_rng(seed)
    nodes = [*map(expressions.operand, range(3)), expressions.constant(0.7978845608)]
    nodes.append(expressions.apply("mul", nodes[3], nodes[0]))  # which may be computed again for another use
    single = ["neg", "square", "exp", "sigmoid", "tanh"]
    arithmetic = ["add", "sub", "mul", "div", "tanh_grad", "sigmoid_grad", *single]
    for _ in range(24):
        code = rng.choice(arithmetic, p=[0.15, 0.15, 0.15, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05])
        # Mostly the previous node, so that chains are long, and some values are read again after them.
        args = [nodes[-1], nodes[rng.integers(len(nodes))]]
        rng.shuffle(args)
        nodes.append(expressions.apply(code, *args[: 1 if code in single else 2]))
    formula = nodes[-1]
    program = Program("chains", 3, formula, {})
    # The last is long enough that its output is prefetched.
    for size in 17, 63, 64, 127, 128, 129, 256, 300, 1024, 1025, 3000, *((140_001,) if seed % 5 == 0 else ()):
        arrays = rng.standard_normal((3, size)).astype(dtype)
        places = rng.random(arrays.shape) < 0.2
        arrays[places] = rng.choice([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-39, 1e38], places.sum())
        wanted = instruction_by_instruction(formula, arrays)
        assert bits(program.evaluate(*arrays)) == bits(wanted), size
        # In place of an operand.
        assert bits(program.evaluate(*arrays, out=arrays[seed % 3])) == bits(wanted), size


@pytest.mark.parametrize("seed", range(20))
def test_chains_are_put_in_order(seed):
    """Every step once, after its arguments, the formula's last; in no more chains than in depth-first order."""
    rng = np.random.default_rng(seed)
    nodes = [*map(expressions.operand, range(3)), expressions.constant(0.7978845608)]
    codes = [*FOLLOWS, "log", "select"]
    for _ in range(60):
        code = rng.choice(codes)
        arity = {"neg": 1, "square": 1, "exp": 1, "sigmoid": 1, "tanh": 1, "log": 1, "select": 3}.get(code, 2)
        nodes.append(
            expressions.apply(code, *[nodes[k] for k in rng.integers(max(0, len(nodes) - 9), len(nodes), arity)])
        )
    steps = [node for node in expressions.nodes(nodes[-1], True) if node.args]
    ordered = in_chains(steps)
    assert sorted(map(id, ordered)) == sorted(map(id, steps))
    assert ordered[-1] is steps[-1]
    done = set()
    for step in ordered:
        assert all(not arg.args or arg in done for arg in step.args)
        done.add(step)

    def breaks(listed):
        return sum(before not in _followed(after) for before, after in itertools.pairwise(listed))

    assert breaks(ordered) <= breaks(steps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arithmetic_of_an_operand_and_a_constant_is_computed_again_if_that_saves_a_store(dtype):
    x, y = expressions.operand(0), expressions.operand(1)
    scaled = expressions.apply("mul", expressions.constant(0.044715), x)
    value = expressions.apply("tanh", expressions.apply("mul", scaled, y))
    formula = expressions.apply("add", expressions.apply("mul", value, scaled), expressions.apply("mul", value, y))
    repeating, steps = arranged(formula)
    assert repeating is not formula
    assert sum(step.args == scaled.args for step in steps) == 2
    for size in 5, 300, 3000:
        arrays = np.random.default_rng(0).standard_normal((2, size)).astype(dtype)
        wanted = instruction_by_instruction(formula, arrays)
        assert bits(Program("repeating", 2, formula, {}).evaluate(*arrays)) == bits(wanted)
    # A select is in no chain: what it reads is stored anyway.
    kept = expressions.apply("select", x, scaled, expressions.apply("sin", scaled))
    assert arranged(kept)[0] is kept


def test_a_value_is_no_operand_of_a_link_twice():
    x = np.linspace(-2, 2, 1000, dtype=np.float32)
    y, z = x[::-1].copy(), np.float32(0.5)
    product = expressions.mul(expressions.operand(0), expressions.operand(1))
    nothing = expressions.mul(expressions.apply("sub", product, product), expressions.operand(2))
    formula = expressions.add(expressions.apply("add", product, product), nothing)
    np.testing.assert_array_equal(Program("twice", 3, formula, {}).evaluate(x, y, z), x * y + x * y)


def test_equal_derivatives_are_one_program():
    multiply, subtract = named_program("multiply"), named_program("subtract")
    assert multiply.rule(0).program is multiply and multiply.rule(0).roles == (-1, 1)
    assert multiply.rule(1).program is multiply and multiply.rule(1).roles == (-1, 0)
    assert subtract.rule(0).identity and subtract.rule(0).roles == (-1,)
    assert subtract.rule(1).program is named_program("negative")
    assert named_program("exp").rule(0).program is multiply
    assert named_program("exp").rule(0).roles == (-1, -2)
    assert named_program("less").rule(0).zero and named_program("less").predicate


def test_derivatives_read_only_what_they_need():
    assert named_program("tanh").rule(0).roles == (-1, -2)
    assert named_program("sqrt").rule(0).roles == (-2, -1)
    assert named_program("relu").rule(0).roles == (-1, -2)
    assert named_program("sin").rule(0).roles == (-1, 0)


def test_expressions_simplify():
    x, y = expressions.operand(0), expressions.operand(1)
    assert x * y is y * x
    assert -(-x) is x  # noqa: B002
    assert x * 1 is x and x / 1 is x and x * -1 is -x
    assert x + -y is x - y and x - -y is x + y
    assert x * x is expressions.square(x) is (-x) * (-x)
    assert (-x) * y is -(x * y) and (-x) / y is -(x / y)
    assert 1 / x is expressions.recip(x) and x / 4 is x * 0.25
    assert expressions.constant(0.0) is not expressions.constant(-0.0)


def test_wrong_use_is_reported():
    with pytest.raises(KeyError):
        named_program("no such row")
    with pytest.raises(TypeError, match="takes 2 operands, not 1"):
        named_program("add").evaluate(np.ones(3))
    with pytest.raises(IndexError):
        named_program("add").rule(2)
