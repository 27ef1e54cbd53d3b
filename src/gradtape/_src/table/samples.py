"""Rows of the table and their sampled calls as objects, for tests and documentation; see rows.py."""

# Annotations are evaluated: of text, named tuples would compile each as the module is imported.

from collections.abc import Callable
from typing import Any, NamedTuple


class Leaf(NamedTuple):
    """A tensor argument of a sampled call, drawn again for each dtype.

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
      samples, edges: give calls; see rows.py.
      program: how tests call it, `program(tf, function, *arguments, **keywords)`, where a bare call does not do: to
        symmetrise an operand, or to look at the part of a result that is unique.
      tolerance: how far float64 values may be from TensorFlow's, relatively; float32 scales with its own precision.
      orders_there: to which order TensorFlow has derivatives to compare with.
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
