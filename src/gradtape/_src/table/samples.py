"""Rows of the table and their sampled calls as objects, for tests and documentation; see rows.py."""

# Annotations are evaluated: as strings, each would be compiled when a named tuple is created at import.

from collections.abc import Callable
from typing import Any, NamedTuple


class Leaf(NamedTuple):
    """A tensor argument of a sampled call, drawn again for each dtype.

    Attributes:
      shape: its shape.
      low, high: bounds of its values; both None if `values` is given.
      values: the values themselves.
      integral: whether it is an integer tensor, which is not differentiated.
      through: a function of the drawn array whose result is used instead (to make it positive definite, say).
      dtype: the name of its dtype, if that does not follow the test's.
    """

    shape: tuple[int, ...] = ()
    low: float | None = None
    high: float | None = None
    values: Any = None
    integral: bool = False
    through: Callable[[Any], Any] | None = None
    dtype: str = ""


class Sample(NamedTuple):
    """A sampled call: arguments in which leaves, at any depth, are replaced by tensors.

    Attributes:
      arguments, keywords: the arguments.
      single: whether TensorFlow computes it, or a derivative, in single precision only, and it is compared in that.
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
      dtypes: the supported dtypes, for the documentation.
      orders: "any", or the highest order of derivative that is right: 0 for functions without derivatives.
      notes: differences from TensorFlow and other remarks, for the documentation.
      samples, edges: functions that return calls; see rows.py.
      program: how tests call it, `program(tf, function, *arguments, **keywords)`, if a plain call is not suitable: to
        symmetrise an operand, or to select the part of a result that is unique.
      tolerance: the relative tolerance of float64 values compared with TensorFlow; float32 scales with its precision.
      orders_there: the highest order of TensorFlow's derivatives to compare with.
    """

    name: str
    function: Callable[..., Any]
    tensorflow: tuple[str, ...]
    dtypes: str
    orders: str
    notes: str
    samples: Callable[[], list[Sample]] | None
    edges: Callable[[], list[Sample]] | None
    program: Callable[..., Any] | None
    tolerance: float
    orders_there: str

    @property
    def doc(self) -> str:
        """The first sentence of the function's docstring."""
        return (self.function.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
