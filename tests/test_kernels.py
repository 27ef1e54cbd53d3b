"""The kernels: every vector instruction, reduction and direct product, in every kernel set this processor can run."""

import itertools
import math
import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.special

from cases import cases
from gradtape._engine.kernels import checks, dispatch
from gradtape._src.table.expressions import INSTRUCTIONS

FLOATS = [np.float32, np.float64]
LENGTHS = [0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 100, 1000]
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-40, -1e-310, 1e30, -1e300, np.inf, -np.inf, np.nan]
PREDICATES = ["IS_NAN", "IS_INF", "IS_FINITE", "NOT", "EQ", "NE", "LT", "LE", "GT", "GE", "AND", "OR"]


def run(code, *operands):
    out = np.empty_like(operands[0])
    checks.run(code, out, *operands)
    return out


def wide(function):
    """The reference: NumPy's function in extended precision."""
    return lambda x: function(x.astype(np.longdouble))


def listed(function):
    """The reference for what NumPy lacks: a scalar function of the standard library, or SciPy's, in double."""
    return lambda x: np.array([function(float(v)) for v in x], dtype=np.longdouble)


def spread(low, high, dtype, count=20000):
    """Numbers between the bounds: half of them evenly spaced, half evenly in their exponents."""
    random = np.random.default_rng(7)
    small = 10 ** random.uniform(-30, math.log10(max(abs(low), abs(high))), count // 2)
    small *= random.choice([-1, 1], small.size)
    small = small[(small >= low) & (small <= high)]
    return np.concatenate([random.uniform(low, high, count // 2), small]).astype(dtype)


def places(got, wanted):
    """The largest error of `got`, in units in the last place of `wanted` rounded to its type; inf if kinds differ."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = wanted.astype(got.dtype)
    exact = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    with np.errstate(invalid="ignore"):
        error = np.abs(got.astype(np.longdouble) - wanted) / np.spacing(np.abs(rounded)).astype(np.longdouble)
    error = np.where(exact, np.where(np.isfinite(rounded), error, 0), np.where(np.isfinite(error), error, np.inf))
    return float(error.max(initial=0))


# code: reference, lowest and highest argument in float32 and in float64, error bounds in units in the last place
FUNCTIONS = {
    "SQRT": (wide(np.sqrt), (0, 1e9), (0, 1e9), 0.5, 0.5),
    "RSQRT": (wide(lambda x: 1 / np.sqrt(x)), (1e-9, 1e9), (1e-9, 1e9), 1.5, 1.5),
    "RECIP": (wide(lambda x: 1 / x), (1e-9, 1e9), (1e-9, 1e9), 0.5, 0.5),
    "EXP": (wide(np.exp), (-110, 95), (-750, 715), 1.0, 1.0),
    "EXPM1": (wide(np.expm1), (-110, 95), (-750, 715), 1.5, 2.0),
    "LOG": (wide(np.log), (0, 1e9), (0, 1e9), 1.0, 1.0),
    "LOG1P": (wide(np.log1p), (-1, 1e9), (-1, 1e9), 1.0, 1.0),
    "LOG1P_DECAY": (wide(lambda x: np.log1p(np.exp(-np.abs(x)))), (-110, 110), (-750, 750), 1.6, 1.6),
    "SIN": (wide(np.sin), (-1e3, 1e3), (-1e3, 1e3), 1.5, 1.6),
    "COS": (wide(np.cos), (-1e3, 1e3), (-1e3, 1e3), 1.5, 1.6),
    "TAN": (wide(np.tan), (-1e3, 1e3), (-1e3, 1e3), 0.6, 3.0),
    "ASIN": (wide(np.arcsin), (-1, 1), (-1, 1), 0.6, 2.5),
    "ACOS": (wide(np.arccos), (-1, 1), (-1, 1), 0.6, 2.5),
    "ATAN": (wide(np.arctan), (-1e6, 1e6), (-1e6, 1e6), 0.6, 2.0),
    "SINH": (wide(np.sinh), (-90, 90), (-711, 711), 2.2, 2.5),
    "COSH": (wide(np.cosh), (-90, 90), (-711, 711), 2.2, 2.5),
    "TANH": (wide(np.tanh), (-30, 30), (-30, 30), 2.2, 2.5),
    "ASINH": (wide(np.arcsinh), (-1e12, 1e12), (-1e12, 1e12), 0.6, 2.5),
    "ACOSH": (wide(np.arccosh), (1, 1e12), (1, 1e12), 0.6, 2.5),
    "ATANH": (wide(np.arctanh), (-1, 1), (-1, 1), 0.6, 2.5),
    "SIGMOID": (wide(lambda x: 1 / (1 + np.exp(-x))), (-110, 110), (-740, 740), 2.2, 2.5),
    "ERF": (listed(math.erf), (-6, 6), (-6, 6), 1.6, 3.0),
    "ERFC": (listed(math.erfc), (-6, 12), (-6, 26), 0.6, 5.0),
    "LGAMMA": (listed(scipy.special.gammaln), (3, 1e6), (3, 1e6), 0.6, 4.0),
    "DIGAMMA": (listed(scipy.special.digamma), (2, 1e6), (2, 1e6), 0.6, 12.0),
}


def floor_mod(remainder, y):
    return np.where((remainder != 0) & ((remainder < 0) != (y < 0)), remainder + y, remainder)


EXACT = {
    "COPY": lambda x: x,
    "NEG": np.negative,
    "ABS": np.abs,
    "SIGN": lambda x: np.sign(x) + 0.0,
    "SQUARE": np.square,
    "FLOOR": np.floor,
    "CEIL": np.ceil,
    "RINT": np.rint,
    "TRUNC": np.trunc,
    "IS_NAN": np.isnan,
    "IS_INF": np.isinf,
    "IS_FINITE": np.isfinite,
    "NOT": np.logical_not,
    "RELU": lambda x: np.where(x < 0, 0, x),
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "DIV": np.divide,
    "MINIMUM": np.minimum,
    "MAXIMUM": np.maximum,
    "FMOD": np.fmod,
    "FLOOR_MOD": lambda x, y: floor_mod(np.fmod(x, y), y),
    "MUL_NO_NAN": lambda x, y: np.where(y == 0, 0, x * y),
    "DIV_NO_NAN": lambda x, y: np.where(y == 0, 0, x / y),
    "GATE": lambda x, y: x * (y > 0),
    "NEXTAFTER": np.nextafter,
    "EQ": np.equal,
    "NE": np.not_equal,
    "LT": np.less,
    "LE": np.less_equal,
    "GT": np.greater,
    "GE": np.greater_equal,
    "AND": np.logical_and,
    "OR": np.logical_or,
    "SELECT": lambda x, y, z: np.where(x != 0, y, z),
}
ARITY = {name.upper(): len(instruction.rules) for name, instruction in INSTRUCTIONS.items()}


def operands(arity, dtype):
    """Every combination of edge values, then ordinary numbers, half of them rounded so that ties and zeros occur."""
    random = np.random.default_rng(3)
    with np.errstate(over="ignore"):
        edges = np.array(EDGES).astype(dtype)
    ordinary = random.normal(scale=4, size=(arity, 1000)).astype(dtype)
    ordinary[:, ::2] = np.rint(ordinary[:, ::2])
    grids = np.meshgrid(*[edges] * arity)
    return [np.concatenate([grid.ravel(), more]) for grid, more in zip(grids, ordinary, strict=True)]


def same(got, wanted):
    """Equal bit by bit, except for the sign and payload of NaN."""
    wanted = wanted.astype(got.dtype)
    return np.array_equal(got, wanted, equal_nan=True) and np.array_equal(
        np.signbit(got[~np.isnan(got)]), np.signbit(wanted[~np.isnan(wanted)])
    )


REVERSE = {
    "TANH_GRAD": lambda g, y: g * (1 - y * y),
    "SIGMOID_GRAD": lambda g, y: g * (y * (1 - y)),
}


def test_every_instruction_is_tested():
    assert set(checks.CODES) == set(FUNCTIONS) | set(EXACT) | set(REVERSE) | {"POW", "ATAN2"}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("code", REVERSE)
def test_reverse_rules_in_one_instruction(code, dtype):
    random = np.random.default_rng(0)
    g, y = random.normal(size=1000).astype(dtype), random.uniform(0, 1, 1000).astype(dtype)
    y[:3] = 0, 1, np.nan
    exact = REVERSE[code](g.astype(np.longdouble), y.astype(np.longdouble))
    # y is a rounded result, so the rule is as accurate as g (1 + y) near 1.
    np.testing.assert_allclose(run(code, g, y), exact, rtol=0, atol=2 * np.finfo(dtype).eps * np.abs(g).max())


@pytest.mark.parametrize("dtype", FLOATS)
@cases("code", EXACT)
def test_exact_instructions(code, dtype):
    arguments = operands(ARITY[code], dtype)
    with np.errstate(all="ignore"):
        wanted = EXACT[code](*arguments)
    got = run(code, *arguments)
    # For zeros of both signs IEEE leaves the sign of a maximum open; TensorFlow keeps the first operand's.
    if code in ("MAXIMUM", "MINIMUM"):
        wanted = np.where(arguments[0] == arguments[1], arguments[0], wanted)
    assert same(got, wanted)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("code", FUNCTIONS)
def test_functions_are_within_their_error_bounds(code, dtype):
    reference, single_range, double_range, single_bound, double_bound = FUNCTIONS[code]
    x = spread(*(single_range if dtype is np.float32 else double_range), dtype)
    with np.errstate(all="ignore"):
        wanted = reference(x)
    assert places(run(code, x), wanted) <= (single_bound if dtype is np.float32 else double_bound)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("code", FUNCTIONS)
def test_functions_at_edges(code, dtype):
    (x,) = operands(1, dtype)
    x = x[: len(EDGES)]
    with np.errstate(all="ignore"):
        if code in ("ERF", "ERFC", "LGAMMA", "DIGAMMA"):
            name = "gammaln" if code == "LGAMMA" else code.lower()
            wanted = getattr(scipy.special, name)(x.astype(np.float64)).astype(dtype)
        else:
            wanted = FUNCTIONS[code][0](x).astype(dtype)
    tiny = (np.abs(x) < 1e-300) & (x != 0)
    if code == "DIGAMMA":
        wanted[(x <= 0) & (x == np.floor(x))] = np.nan  # as in TensorFlow at the poles
        wanted[tiny] = -np.sign(x[tiny]) * np.inf
    if code == "LGAMMA":
        wanted[np.isinf(x)] = np.inf
        wanted[tiny] = -np.log(np.abs(x[tiny]))
    got = run(code, x)
    assert np.array_equal(np.isnan(got), np.isnan(wanted))
    np.testing.assert_allclose(got, wanted, rtol=8 * np.finfo(dtype).eps, atol=0)
    zeros = got == 0
    assert np.array_equal(np.signbit(got[zeros]), np.signbit(wanted[zeros]))


@pytest.mark.parametrize("code, function", [("SIN", np.sin), ("COS", np.cos), ("TAN", np.tan)])
@pytest.mark.parametrize("dtype", FLOATS)
def test_circles_far_from_zero(code, function, dtype):
    x = np.array([1e6, 1.1e6, -3e7, 1e15, 1e30, -2.5, 0.3] * 100, dtype=dtype)
    assert places(run(code, x), function(x.astype(np.float64)).astype(np.longdouble)) <= 3


@pytest.mark.parametrize("code, function", [("LGAMMA", math.lgamma), ("DIGAMMA", scipy.special.digamma)])
def test_gamma_functions_near_their_roots_and_below_zero(code, function):
    x = np.concatenate([np.linspace(0.1, 3, 500), -np.linspace(0.1, 30, 777)])
    x = x[(x > 0) | (x != np.rint(x))]
    wanted = np.array([function(v) for v in x])
    np.testing.assert_allclose(run(code, x), wanted, rtol=1e-12, atol=1e-14 * max(1, np.abs(wanted).max()))
    x = x.astype(np.float32)
    np.testing.assert_allclose(run(code, x), [function(float(v)) for v in x], rtol=2e-7)


@pytest.mark.parametrize("dtype", FLOATS)
def test_power(dtype):
    random = np.random.default_rng(1)
    bases = [random.uniform(0, 10, 3000), -random.uniform(0, 10, 3000), 10 ** random.uniform(-20, 20, 3000)]
    exponents = [random.uniform(-30, 30, 3000), random.integers(-9, 9, 3000), random.choice([2, 3, 0.5, -1], 3000)]
    x, y = np.concatenate(bases).astype(dtype), np.concatenate(exponents).astype(dtype)
    with np.errstate(all="ignore"):
        assert places(run("POW", x, y), np.power(x.astype(np.longdouble), y.astype(np.longdouble))) <= 1
    x, y = operands(2, dtype)
    with np.errstate(all="ignore"):
        wanted = np.power(x.astype(np.float64), y.astype(np.float64)).astype(dtype)
    got = run("POW", x, y)
    np.testing.assert_allclose(got, wanted, rtol=4 * np.finfo(dtype).eps, atol=0)
    assert np.array_equal(np.signbit(got[got == 0]), np.signbit(wanted[wanted == 0]))


@pytest.mark.parametrize("dtype", FLOATS)
def test_angles(dtype):
    y, x = operands(2, dtype)
    got, wanted = run("ATAN2", y, x), np.arctan2(y.astype(np.longdouble), x.astype(np.longdouble))
    assert places(got, wanted) <= 2.5
    assert np.array_equal(np.signbit(got[got == 0]), np.signbit(wanted[got == 0]))


@pytest.mark.parametrize("dtype", FLOATS)
@cases("code", checks.CODES)
def test_any_length_and_in_place(code, dtype):
    """The vector body, the remainder and a single element agree, and the result may overwrite any operand."""
    arity = ARITY[code]
    arguments = [np.random.default_rng(i).uniform(1.1, 3, max(LENGTHS)).astype(dtype) for i in range(arity)]
    whole = run(code, *arguments)
    for n in LENGTHS:
        some = [np.concatenate([x[:n], [77]]).astype(dtype) for x in arguments]
        out = np.full(n + 1, 99, dtype)
        checks.run(code, out[:n], *[x[:n] for x in some])
        np.testing.assert_allclose(out[:n], whole[:n], rtol=4 * np.finfo(dtype).eps)
        assert out[n] == 99
        for target in some:
            kept = [x.copy() for x in some]
            checks.run(code, target[:n], *[x[:n] for x in some])
            np.testing.assert_array_equal(target[:n], out[:n])
            for x, before in zip(some, kept, strict=True):
                x[:] = before


@pytest.mark.parametrize("code", ["EXP", "SIGMOID", "TANH"])
def test_the_same_bits_at_every_position(code):
    """Four vectors at a time, one, and part of one do the same arithmetic."""
    x = np.random.default_rng(0).normal(scale=4, size=300).astype(np.float32)
    whole = run(code, x)
    for start in range(70):
        for n in (1, 15, 16, 17, 63, 64, 65, 200):
            np.testing.assert_array_equal(run(code, x[start : start + n]), whole[start : start + n])


@pytest.mark.parametrize("dtype", FLOATS)
def test_tanh_where_its_intervals_meet(dtype):
    edges = np.array([2.0**power * part for power in range(-6, 5) for part in (1, 1.25, 1.5, 1.75)] + [9.01, 9.5, 19.1])
    x = edges.astype(dtype)
    near = [x]
    for direction in (0, np.inf):
        for _ in range(40):
            near.append(np.nextafter(near[-1], dtype(direction)))
        near.append(x)
    x = np.concatenate(near)
    y = run("TANH", x)
    assert places(y, np.tanh(x.astype(np.longdouble))) <= (2.2 if dtype is np.float32 else 2.5)
    assert y.max() == 1
    np.testing.assert_array_equal(run("TANH", -x), -y)
    assert (run("TANH", np.array([9.5, 30, 1e30, np.inf], np.float32)) == 1).all()
    small = np.array([1e-45, 1e-39, 1e-38, 1e-20], np.float32)
    np.testing.assert_array_equal(run("TANH", small), small)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [*LENGTHS, 1023, 1024, 1025, 5000, 100_003])
def test_totals(n, dtype):
    a = np.random.default_rng(n).normal(1, 3, n).astype(dtype)
    scale = np.abs(a.astype(np.float64)).sum() + 1e-300
    bound = 4e-6 if dtype is np.float32 else 1e-14
    assert abs(checks.total(a) - math.fsum(a)) <= bound * scale
    assert abs(checks.total(a) - checks.reference_total(a)) <= bound * scale
    if n:
        a[n // 2] = np.nan
        assert math.isnan(checks.total(a))


SHAPES = [
    (1, 5, 1),
    (3, 1000, 1),
    (7, 33, 1),
    (100, 10, 1),
    (1, 100, 7),
    (2, 300, 64),
    (5, 17, 100),
    (3, 0, 4),
    (0, 3, 4),
    (3, 4, 0),
    (1, 3000, 10),
    (2, 2, 1000),
    (40, 3, 3),
]


@pytest.mark.parametrize("shape", SHAPES)
@cases("kind, dtype", itertools.product(checks.KINDS, FLOATS))
def test_reductions_agree_with_their_twins(kind, shape, dtype):
    a = np.random.default_rng(5).normal(0.1, 1, shape).astype(dtype)
    if kind == "PROD":
        a = np.exp2(np.sin(a) / 8)
    out, twin = (np.full((shape[0], shape[2]), 9, dtype) for _ in range(2))
    checks.reduce(kind, out, a)
    checks.reference_reduce(kind, twin, a)
    if kind in ("MAX", "MIN"):
        np.testing.assert_array_equal(out, twin)
    else:
        tolerance = (4e-6 if dtype is np.float32 else 1e-13) * (max(shape[1], 1) ** 0.5)
        np.testing.assert_allclose(out, twin, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("inner", [1, 5, 40])
@pytest.mark.parametrize("kind", checks.KINDS)
def test_reductions_pass_on_nan_and_infinity(kind, inner, dtype):
    for place in range(0, 70, 3):
        a = np.ones((2, 70, inner), dtype)
        a[1, place, inner // 2] = np.nan
        a[0, place, inner // 2] = np.inf
        out = np.empty((2, inner), dtype)
        checks.reduce(kind, out, a)
        assert np.isnan(out[1, inner // 2]) and np.isnan(out).sum() == 1
        assert out[0, inner // 2] == (1 if kind == "MIN" else np.inf)


@pytest.mark.parametrize("dtype", FLOATS)
def test_sums_of_many_rows_stay_accurate(dtype):
    a = np.random.default_rng(5).uniform(0, 1, (1, 30_000, 3)).astype(dtype)
    out = np.empty((1, 3), dtype)
    checks.reduce("SUM", out, a)
    wanted = a[0].astype(np.longdouble).sum(0).astype(np.float64)
    np.testing.assert_allclose(out[0], wanted, rtol=20 * np.finfo(dtype).eps)


PRODUCTS = [
    (1, 1, 1),
    (3, 5, 7),
    (8, 8, 8),
    (1, 30, 50),
    (30, 1, 50),
    (50, 30, 1),
    (17, 33, 65),
    (32, 64, 64),
    (64, 10, 32),
    (7, 130, 300),
    (2, 40, 33),
    (13, 70, 129),
    (9, 15, 4),
    (6, 48, 5),
    (4, 4, 0),
    (0, 4, 4),
    (4, 0, 4),
    (4, 1, 0),
    (16, 32, 32),
    (27, 10, 33),
    (70, 2, 600),
    (16, 12, 5),
    (129, 7, 40),
]


@pytest.mark.parametrize("m, n, k", PRODUCTS)
@cases("order, accumulate, dtype", itertools.product(["CC", "CF", "FC", "FF"], [False, True], FLOATS))
def test_direct_products_agree_with_their_twin(m, n, k, order, accumulate, dtype):
    random = np.random.default_rng(2)
    a = np.asarray(random.normal(size=(m, k)).astype(dtype), order=order[0])
    b = np.asarray(random.normal(size=(k, n)).astype(dtype), order=order[1])
    c = random.normal(size=(m, n)).astype(dtype)
    twin = c.copy()
    checks.gemm(c, a, b, accumulate)
    checks.reference_gemm(twin, a, b, accumulate)
    np.testing.assert_allclose(c, twin, rtol=0, atol=4 * np.finfo(dtype).eps * (k + 1))


def test_direct_products_take_any_strides():
    a, b = np.arange(240.0).reshape(12, 20), np.arange(600.0).reshape(20, 30)
    c = np.empty((6, 10))
    checks.gemm(c, a[::2, 1::2], b[::2, ::-3])
    np.testing.assert_allclose(c, a[::2, 1::2] @ b[::2, ::-3])


# Run in a separate process per kernel set: every kernel on fixed numbers, saved in one file.
REPORT = """
import sys
import numpy as np
from gradtape._engine.kernels import checks, dispatch
results = {"isa": np.array(dispatch.isa())}
random = np.random.default_rng(0)
for dtype in (np.float32, np.float64):
    x, y, z = (random.normal(scale=3, size=777).astype(dtype) for _ in range(3))
    name = np.dtype(dtype).name
    for code in checks.CODES:
        for sign in (0, 1):
            out = np.empty_like(x)
            checks.run(code, out, np.abs(x) if sign else x, y, z)
            results[f"{code} {name} {sign}"] = out
    for inner in (1, 7):
        for kind in checks.KINDS:
            out = np.empty((3, inner), dtype)
            checks.reduce(kind, out, np.resize(y, (3, 259, inner)))
            results[f"{kind} {name} {inner}"] = out
    out = np.empty((21, 21), dtype)
    checks.gemm(out, x.reshape(21, 37), y.reshape(37, 21))
    results[f"gemm {name}"] = out
    results[f"total {name}"] = np.array(checks.total(x), dtype)
np.savez(sys.argv[1], **results)
"""


def test_all_kernel_sets_give_the_same_answers(tmp_path):
    reports = {}
    for name in dispatch.available():
        path = tmp_path / f"{name}.npz"
        subprocess.run([sys.executable, "-c", REPORT, path], env=os.environ | {"GRADTAPE_ISA": name}, check=True)
        reports[name] = dict(np.load(path))
        assert reports[name].pop("isa") == name
    expected = reports["baseline"]
    for name, report in reports.items():
        assert report.keys() == expected.keys()
        for key, values in report.items():
            code = key.split()[0]
            if code in EXACT or code in ("MAX", "MIN"):
                assert np.array_equal(values, expected[key], equal_nan=True), (name, key)
            else:
                accuracy = 8 * np.finfo(values.dtype).eps
                absolute = accuracy * (100 if code in ("SUM", "gemm", "total") else 1)
                np.testing.assert_allclose(values, expected[key], rtol=accuracy, atol=absolute, err_msg=f"{name} {key}")


def test_the_kernel_set_can_be_chosen():
    assert dispatch.isa() in dispatch.available()
    assert "baseline" in dispatch.available()
    wrong = subprocess.run(
        [sys.executable, "-c", "import gradtape._engine.kernels.dispatch"],
        env=os.environ | {"GRADTAPE_ISA": "mmx"},
        capture_output=True,
        text=True,
    )
    assert wrong.returncode and "ImportError: GRADTAPE_ISA='mmx'" in wrong.stderr and "baseline" in wrong.stderr
