"""Row: the declaration of an elementwise operation.

A row's `value` takes one expression per operand. `derivatives` maps operand positions to rules of (g, y, *operands)
that replace the chain rule's result, and `why` states the reason. `domain` is an interval (low, high) per
operand inside which values and derivatives are smooth enough for central differences; `kinks` are points in it where
an operand, or the difference of two, is not. `kernel` is TensorFlow's name in messages, if it is not the row's in
CamelCase. Programs run in float32 and float64; half precision is computed in float32. `integers` computes integers and
bools with NumPy, as they carry data and indices, not gradients; `bools` and `unsigned` declare that they are supported.
`complexes` declares whether the formula holds for complex numbers too, as a holomorphic function; `lacks` are
dtypes that TensorFlow does not support although it supports others of their kind. `sparse` declares support for
SparseTensors, whose values are computed: TensorFlow's choice of functions that are 0 at 0. `logical` functions take
bools and nothing else; a `quotient` of integers is that of floats; `lenient` functions keep the dtype of another
operand that the first operand's does not hold. `refuses` names the message of the integers that are refused, and finds
them.

For documentation, `doc` is the summary, `slopes` are the derivatives by each operand as formulas of tf.math's
functions, empty where there is none, `source` is the defining reference, and `example` is a call and its result. Rows
of public functions have all that apply; tests evaluate the slopes and run the examples.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from gradtape._src.core import dtypes
from gradtape._src.core.dtypes import DType
from gradtape._src.table.expressions import Expr, RowCall

EVERYWHERE = (-3.0, 3.0)
POSITIVE = (0.4, 4.0)
UNIT = (-0.9, 0.9)
REAL = (EVERYWHERE,)
REALS = (EVERYWHERE, EVERYWHERE)
POSITIVES = (POSITIVE, POSITIVE)
HALVES = ("float16", "bfloat16")
SIGNED = ("int8", "int16", "int32", "int64")


class Row:
    """One elementwise operation."""

    # Written out: creating a named tuple or dataclass at import would compile it each time.
    __slots__ = (
        *("arguments", "bools", "complexes", "derivatives", "doc", "domain", "example", "integers", "kernel", "kinks"),
        *("lacks", "lenient", "logical", "name", "quotient", "refuses", "slopes", "source", "sparse", "tensorflow"),
        *("unsigned", "value", "why"),
    )

    def __init__(
        self,
        name: str,
        arguments: tuple[str, ...],
        value: Callable[..., Expr],
        doc: str,
        tensorflow: tuple[str, ...] = (),
        derivatives: dict[int, Callable[..., Expr | RowCall] | None] = {},  # noqa: B006
        why: str = "",
        domain: tuple[tuple[float, float], ...] = (),
        kinks: tuple[float, ...] = (),
        kernel: str = "",
        integers: Callable[..., np.ndarray] | None = None,
        bools: bool = False,
        unsigned: bool = True,
        complexes: bool = False,
        lacks: tuple[str, ...] = (),
        sparse: bool = False,
        logical: bool = False,
        quotient: bool = False,
        lenient: bool = False,
        refuses: tuple[str, Callable[..., bool]] | None = None,
        slopes: tuple[str, ...] = (),
        source: str = "",
        example: tuple[str, str] = ("", ""),
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.value = value
        self.doc = doc
        self.tensorflow = tensorflow
        self.derivatives = derivatives
        self.why = why
        self.domain = domain
        self.kinks = kinks
        self.kernel = kernel
        self.integers = integers
        self.bools = bools
        self.unsigned = unsigned
        self.complexes = complexes
        self.lacks = lacks
        self.sparse = sparse
        self.logical = logical
        self.quotient = quotient
        self.lenient = lenient
        self.refuses = refuses
        self.slopes = slopes
        self.source = source
        self.example = example

    @property
    def dtypes(self) -> str:
        """The supported dtypes, for the documentation."""
        integers = self.integers is not None
        return _listed(self.logical, integers, self.unsigned, self.bools, self.complexes, self.lacks)

    @property
    def takes(self) -> tuple[DType, ...]:
        """The supported dtypes; logical functions support only bools."""
        return self._taken[0]

    @property
    def allowed(self) -> str:
        """The supported dtypes as listed in messages."""
        return self._taken[1]

    @property
    def _taken(self) -> tuple[tuple[DType, ...], str]:
        integers = self.integers is not None and not self.logical
        return _taken(integers, self.unsigned, self.bools, self.complexes, self.lacks)

    @property
    def docstring(self) -> str:
        """The public function's docstring. All are created at import, so it only joins strings."""
        if not self.example[0]:
            return self.doc
        if not self.slopes:
            notes = "It has no gradient."
        elif len(self.slopes) == 1:
            notes = f"Derivative: {self.slopes[0]}."
        else:
            pairs = zip(self.arguments, self.slopes, strict=True)
            notes = "\n".join([f"Derivative with respect to {operand}: {slope or 'none'}." for operand, slope in pairs])
        if self.sparse:
            notes += "\nFor a `tf.SparseTensor` the function is applied to its values."
        if self.source:
            notes += f"\nDefinition: {self.source}."
        usage = _usage(self.arguments, self.dtypes, self.doc.startswith("Whether"))
        return f"{self.doc}\n\n{notes}\n\n{usage}\n\nExample:\n  >>> {self.example[0]}\n  {self.example[1]}\n"


@functools.cache
def _listed(logical: bool, integers: bool, unsigned: bool, bools: bool, complexes: bool, lacks: tuple[str, ...]) -> str:
    """The supported kinds of dtypes in words. Called for every row at import, with few different arguments."""
    if logical:
        return "bool"
    kinds = [name for name in ("float32", "float64", *HALVES) if name not in lacks]
    kinds += ["complex"] * complexes + ["bool"] * bools
    if integers:
        signed = [name for name in SIGNED if name not in lacks]
        kinds += ["integers" if unsigned else "signed integers"] if len(signed) == len(SIGNED) else signed
    return ", ".join(kinds)


@functools.cache
def _taken(
    integers: bool, unsigned: bool, bools: bool, complexes: bool, lacks: tuple[str, ...]
) -> tuple[tuple[DType, ...], str]:
    """The dtypes of these kinds, and how messages list them."""

    def has(dtype: DType) -> bool:
        if dtype.name in lacks:
            return False
        if dtype.is_bool:
            return bools
        if dtype.is_integer:
            return integers and (unsigned or not dtype.is_unsigned)
        return complexes if dtype.is_complex else True

    words = {"float32": "float", "float64": "double", "float16": "half"}
    takes = tuple([dtype for dtype in dtypes.DTYPES if has(dtype)])
    return takes, ", ".join([words.get(dtype.name, dtype.name) for dtype in takes])


@functools.cache
def _usage(arguments: tuple[str, ...], dtypes: str, says_whether: bool) -> str:
    """How a function of these operands is called, for docstrings."""
    first, *others = arguments
    shape = f"the shape that {' and '.join(arguments)} broadcast to" if others else f"the shape of {first}"
    result = f"A bool tensor of {shape}" if says_whether else f"A tensor of {shape}, of the same dtype"
    operands = "".join([f"\n  {other}: the same, in the dtype of {first}." for other in others])
    alike = ", the dtypes differ, or the shapes do not broadcast" if others else ""
    return f"""Args:
  {first}: a tensor or a value convertible to one, of dtype {dtypes}.{operands}
  name: not used; TensorFlow names operations by it.

Returns:
  {result}.

Raises:
  InvalidArgumentError: an operand has another dtype{alike}.
  TypeError, ValueError: an operand cannot be converted to a tensor."""
