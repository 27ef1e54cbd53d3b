"""The table of operations: one row per public function, declared where the function is defined.

A row is a decorator on the function::

    @op("math.cumsum", "cumsum", samples=lambda: [call(real(2, 3), axis=-1), call(real(0), reverse=True)])
    def cumsum(x, axis=0, exclusive=False, reverse=False, name=None): ...

It declares TensorFlow's names of the function (the first is the principal one), its dtypes, the highest order of its
derivatives, and how tests call it. `samples` returns calls whose `real(...)` leaves are
differentiated: every one is gradient-checked to second order against central differences and compared with TensorFlow
(value, dtype, first and second derivative), in float32 and float64. `edges` returns calls that are compared with
TensorFlow only: ties, NaN, infinities, kinks, integers (`integer(...)`, or plain lists and arrays). A differentiable
row must have samples, any other samples or edges; the test suite fails otherwise. Samples should cover axes and
negative axes, flags, broadcasting, empty and scalar shapes. docs/operations.md is generated from the rows. Elementwise
functions have a table of their own, elementwise.py. Samples are functions, so that importing builds none of them;
their helpers are in samples.py, which is not imported at startup.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from gradtape._src.core.lazy import read_all

if TYPE_CHECKING:
    from gradtape._src.table.samples import Leaf, Op, Sample

# Signed and unsigned integers of 8 to 64 bits.
FLOATS = "float32, float64, float16, bfloat16"
NUMBERS = f"{FLOATS}, integers"
ALL = f"{FLOATS}, complex, integers, bool"
INTEGERS = "integers"
BOOL = "bool"
ANY = "any"

F = TypeVar("F", bound=Callable[..., Any])


# The values of an `Op` by module and function: a module whose import was interrupted adds its rows again.
_rows: dict[tuple[str, str, tuple[str, ...]], tuple[Any, ...]] = {}


def op(
    *tensorflow: str,
    dtypes: str = FLOATS,
    orders: str = ANY,
    notes: str = "",
    samples: Callable[[], list[Sample]] | None = None,
    edges: Callable[[], list[Sample]] | None = None,
    program: Callable[..., Any] | None = None,
    tolerance: float = 1e-10,
    orders_there: str = ANY,
) -> Callable[[F], F]:
    """Adds the decorated function to the table; see :class:`gradtape._src.table.samples.Op` for the arguments."""

    def enter(function: F) -> F:
        name = function.__name__
        row = (name, function, tensorflow, dtypes, orders, notes, samples, edges, program, tolerance, orders_there)
        _rows[function.__module__, name, tensorflow] = row
        return function

    return enter


def rows() -> list[Op]:
    """All rows, in the order of definition, after importing modules that are imported lazily."""
    from gradtape._src.table.samples import Op

    read_all()
    return [Op(*row) for row in _rows.values()]


def call(*arguments: Any, **keywords: Any) -> Sample:
    """A sampled call."""
    from gradtape._src.table.samples import Sample

    return Sample(arguments, keywords)


def single(*arguments: Any, **keywords: Any) -> Sample:
    """A sampled call that TensorFlow computes in single precision only."""
    from gradtape._src.table.samples import Sample

    return Sample(arguments, keywords, True)


def real(*shape: int, low: float = -2.0, high: float = 2.0, through: Callable[[Any], Any] | None = None) -> Leaf:
    """A floating tensor of this shape, with distinct random values between the bounds."""
    from gradtape._src.table.samples import Leaf

    return Leaf(shape, low, high, through=through)


def values(data: Any) -> Leaf:
    """A floating tensor of these values."""
    from gradtape._src.table.samples import Leaf

    return Leaf(values=data)


def integer(data: Any, dtype: str = "int32") -> Leaf:
    """A tensor of these integers (or bools)."""
    from gradtape._src.table.samples import Leaf

    return Leaf(values=data, integral=True, dtype=dtype)
