"""The table of operations: one row per public function, stated where the function is written.

A row is a decorator on the function::

    @op("math.cumsum", "cumsum", samples=lambda: [call(real(2, 3), axis=-1), call(real(0), reverse=True)])
    def cumsum(x, axis=0, exclusive=False, reverse=False, name=None): ...

It says under which names TensorFlow knows the function (the first one is the principal), which dtypes it takes, to
which order it has derivatives, and how tests call it. `samples` gives calls whose `real(...)` leaves are
differentiated: every one is gradient-checked to second order against central differences and compared with TensorFlow
(value, dtype, first and second derivative), in float32 and float64. `edges` gives calls that are compared with
TensorFlow alone: ties, NaN, infinities, kinks, integers (`integer(...)`, or plain lists and arrays). A row that can be
differentiated has samples, any other has samples or edges; the suite fails otherwise. Samples should cover axes and
negative axes, flags, broadcasting, empty and scalar shapes. docs/operations.md is written from the rows. Elementwise
functions have a table of their own, elementwise.py. Samples are functions, so that importing builds none of them.
"""

# Annotations are evaluated: of text, named tuples would compile each as the module is imported.

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from gradtape._src.core.lazy import read_all

# Integers are those of 8 to 64 bits with and without a sign.
FLOATS = "float32, float64, float16, bfloat16"
NUMBERS = f"{FLOATS}, integers"
ALL = f"{FLOATS}, complex, integers, bool"
INTEGERS = "integers"
BOOL = "bool"
ANY = "any"

F = TypeVar("F", bound=Callable[..., Any])


class Leaf(NamedTuple):
    """A tensor argument of a sampled call, drawn anew for each dtype.

    Attributes:
      shape: its shape.
      low, high: bounds of its values, or both None where `values` gives them.
      values: the values themselves.
      integral: whether it is a tensor of integers, which nothing differentiates.
      through: a function of the drawn array whose result is used instead (to make it positive definite, say).
      dtype: the name of its dtype, where that does not follow the test's.
    """

    shape: tuple[int, ...] = ()
    low: float | None = None
    high: float | None = None
    values: Any = None
    integral: bool = False
    through: Callable[[Any], Any] | None = None
    dtype: str = ""


class Sample(NamedTuple):
    """A sampled call: arguments in which leaves, at any depth, stand for tensors.

    Attributes:
      arguments, keywords: of the call.
      single: whether TensorFlow computes it, or a derivative, in single precision alone, so that it is compared there.
    """

    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    single: bool = False


class Op(NamedTuple):
    """One row.

    Attributes:
      name: the function's name.
      function: the function.
      tensorflow: its names in TensorFlow, relative to `tf`.
      dtypes: what it takes, for the documentation.
      orders: "any", or the highest order of derivative that is right: 0 for functions that have none.
      notes: what differs from TensorFlow or deserves saying, for the documentation.
      samples, edges: give calls; see this module's first lines.
      program: how tests call it, `program(tf, function, *arguments, **keywords)`, where a bare call does not do: to
        symmetrise an operand, or to look at the part of a result that is unique.
      tolerance: how far float64 values may be from TensorFlow's, relatively; float32 scales with its own precision.
      orders_there: to which order TensorFlow has derivatives to compare with.
    """

    name: str
    function: Callable[..., Any]
    tensorflow: tuple[str, ...]
    dtypes: str = FLOATS
    orders: str = ANY
    notes: str = ""
    samples: Callable[[], list[Sample]] | None = None
    edges: Callable[[], list[Sample]] | None = None
    program: Callable[..., Any] | None = None
    tolerance: float = 1e-10
    orders_there: str = ANY

    @property
    def doc(self) -> str:
        """The first sentence of the function's docstring."""
        return (self.function.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")


# By module and function: a module whose import was interrupted enters its rows again.
_rows: dict[tuple[str, str, tuple[str, ...]], Op] = {}


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
    """Enters the decorated function in the table; see :class:`Op` for the arguments."""

    def enter(function: F) -> F:
        name = function.__name__
        row = Op(name, function, tensorflow, dtypes, orders, notes, samples, edges, program, tolerance, orders_there)
        _rows[function.__module__, name, tensorflow] = row
        return function

    return enter


def rows() -> list[Op]:
    """Every row, those of modules included that are read later, in the order of entry."""
    read_all()
    return list(_rows.values())


def call(*arguments: Any, **keywords: Any) -> Sample:
    """A sampled call."""
    return Sample(arguments, keywords)


def single(*arguments: Any, **keywords: Any) -> Sample:
    """A sampled call that TensorFlow computes in single precision alone."""
    return Sample(arguments, keywords, True)


def real(*shape: int, low: float = -2.0, high: float = 2.0, through: Callable[[Any], Any] | None = None) -> Leaf:
    """A floating tensor of this shape, of random distinct values between the bounds."""
    return Leaf(shape, low, high, through=through)


def values(data: Any) -> Leaf:
    """A floating tensor of these values."""
    return Leaf(values=data)


def integer(data: Any, dtype: str = "int32") -> Leaf:
    """A tensor of these integers (or bools)."""
    return Leaf(values=data, integral=True, dtype=dtype)
