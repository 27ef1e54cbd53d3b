"""Element types: numeric types and strings, and conversions to them."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from gradtape._src.core.typing import DTypeLike


class DType:
    """The element type of a tensor; compare with ``==``, or by identity, as there is one object per type.

    Attributes:
      name: ``"float32"`` and so on.
      code: the engine's number (``DTypeCode`` in ``cython/gradtape/_engine/base/types.pxd``); -1 of `tf.string`.
      as_numpy_dtype: the NumPy scalar type.
      as_datatype_enum: TensorFlow's number for the type, which is also its hash.
      size: bytes per element.
      is_bool, is_complex, is_floating, is_integer, is_unsigned: whether it is of that kind.

    Args:
      name, code, as_numpy_dtype, as_datatype_enum: as the attributes. Programs use `tf.float32` and the others.

    Raises:
      TypeError: code is not an integer, or as_numpy_dtype is no dtype of NumPy.

    Example:
      >>> tf.constant([1.0, 2.0]).dtype
      tf.float32
      >>> tf.float32.size, tf.float32.is_floating
      (4, True)
    """

    __slots__ = (
        *(
            "__weakref__",
            "as_datatype_enum",
            "as_numpy_dtype",
            "code",
            "is_bool",
            "is_complex",
            "is_floating",
            "is_integer",
        ),
        *("is_unsigned", "name", "size"),
    )

    name: str
    code: int
    as_numpy_dtype: type
    as_datatype_enum: int
    size: int
    is_floating: builtins.bool
    is_integer: builtins.bool
    is_bool: builtins.bool
    is_complex: builtins.bool
    is_unsigned: builtins.bool

    def __init__(self, name: str, code: int, as_numpy_dtype: type | None, as_datatype_enum: int) -> None:
        # NumPy has no bfloat16: `__getattr__` asks the package that has, when it is first used.
        kind = np.dtype(as_numpy_dtype).kind if as_numpy_dtype else "f"
        constants = {
            "name": name,
            "code": code,
            "as_datatype_enum": as_datatype_enum,
            "size": (np.dtype(as_numpy_dtype).itemsize if as_numpy_dtype else 2) if code >= 0 else 0,
            "is_floating": kind == "f",
            "is_complex": kind == "c",
            "is_integer": kind in "iu",
            "is_unsigned": kind == "u",
            "is_bool": kind == "b",
        }
        if as_numpy_dtype:
            constants["as_numpy_dtype"] = as_numpy_dtype
        for key, value in constants.items():
            object.__setattr__(self, key, value)

    def __setattr__(self, key: str, value: Any) -> None:
        raise AttributeError(f"property '{key}' of 'DType' object has no setter")

    def __getattr__(self, key: str) -> Any:
        if key == "as_numpy_dtype":
            try:
                from ml_dtypes import bfloat16 as numpy_type
            except ImportError:
                message = "tf.bfloat16 needs the package ml_dtypes, NumPy's side of it: pip install gradtape[bfloat16]"
                raise ImportError(message) from None
            object.__setattr__(self, key, numpy_type)
            return numpy_type
        raise AttributeError(f"'DType' object has no attribute {key!r}")

    @property
    def is_quantized(self) -> builtins.bool:
        """False: there are no quantized types."""
        return False

    @property
    def is_numeric(self) -> builtins.bool:
        """Whether arithmetic is defined: every type but ``bool`` and ``string``."""
        return self.is_floating or self.is_integer or self.is_complex

    @property
    def is_numpy_compatible(self) -> builtins.bool:
        """True: every type is one of NumPy's."""
        return True

    @property
    def base_dtype(self) -> DType:
        """The type itself; TensorFlow has types of references too."""
        return self

    @property
    def real_dtype(self) -> DType:
        """The type of real and imaginary parts; the type itself of real numbers."""
        return float32 if self is complex64 else float64 if self is complex128 else self

    @property
    def min(self) -> Any:
        """Smallest finite value: a NumPy scalar for floats, an int for integers; TypeError for bool and string."""
        return self._bound("minimum", "min")

    @property
    def max(self) -> Any:
        """Largest finite value: a NumPy scalar for floats, an int for integers; TypeError for bool and string."""
        return self._bound("maximum", "max")

    def _bound(self, noun: str, attribute: str) -> Any:
        if not self.is_floating and not self.is_integer:
            raise TypeError(f"Cannot find {noun} value of {self} with type {self}.")
        return getattr(finfo(self) if self.is_floating else np.iinfo(self.as_numpy_dtype), attribute)

    @property
    def limits(self) -> tuple[Any, Any]:
        """The range of values in an image of this type, negative ones left out."""
        if self.is_floating:
            return (0, 1)
        return (0, True) if self.is_bool else (0, self.max)

    def is_compatible_with(self, other: DTypeLike) -> builtins.bool:
        """Whether another type is this one.

        Args:
          other: anything that `tf.as_dtype` takes.

        Returns:
          A bool.

        Raises:
          TypeError: it is not a type.

        Example:
          >>> tf.float32.is_compatible_with("float32")
          True
        """
        return as_dtype(other) is self

    def __eq__(self, other: Any) -> builtins.bool:
        if self is other:
            return True
        if isinstance(other, DType) or other is None:
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __ne__(self, other: object) -> builtins.bool:
        return not self == other

    def __hash__(self) -> int:
        return self.as_datatype_enum

    def __repr__(self) -> str:
        return "tf." + self.name

    def __str__(self) -> str:
        return f"<dtype: '{self.name}'>"

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)


float32: DType = DType("float32", 0, np.float32, 1)
float64: DType = DType("float64", 1, np.float64, 2)
float16: DType = DType("float16", 2, np.float16, 19)
bfloat16: DType = DType("bfloat16", 3, None, 14)
complex64: DType = DType("complex64", 4, np.complex64, 8)
complex128: DType = DType("complex128", 5, np.complex128, 18)
int8: DType = DType("int8", 6, np.int8, 6)
int16: DType = DType("int16", 7, np.int16, 5)
int32: DType = DType("int32", 8, np.int32, 3)
int64: DType = DType("int64", 9, np.int64, 9)
uint8: DType = DType("uint8", 10, np.uint8, 4)
uint16: DType = DType("uint16", 11, np.uint16, 17)
uint32: DType = DType("uint32", 12, np.uint32, 22)
uint64: DType = DType("uint64", 13, np.uint64, 23)
bool: DType = DType("bool", 14, np.bool_, 10)
double: DType = float64
half: DType = float16
# For datasets and files: the engine only computes with numbers, and has no code for it.
string: DType = DType("string", -1, np.object_, 7)

# By code, so that the engine indexes it.
DTYPES: tuple[DType, ...] = (
    *(float32, float64, float16, bfloat16, complex64, complex128),
    *(int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool),
)

# TensorFlow has these; gradtape does not.
_UNSUPPORTED = {"resource", "variant", "qint8", "qint16", "qint32", "quint8", "quint16"}
_KNOWN: dict[Any, DType] = {"float": float32, "double": float64, "half": float16, float: float32, builtins.bool: bool}
_KNOWN.update({"string": string, string.as_datatype_enum: string, object: string})
for _dtype in DTYPES:
    _KNOWN[_dtype.name] = _KNOWN[_dtype.as_datatype_enum] = _dtype
    if _dtype is not bfloat16:  # whose NumPy dtype is known by its name, as it may not be installed
        for _key in (
            _dtype.as_numpy_dtype,
            np.dtype(_dtype.as_numpy_dtype),
            np.dtype(_dtype.as_numpy_dtype).newbyteorder(),
        ):
            _KNOWN[_key] = _dtype


def finfo(dtype: DType) -> Any:
    """NumPy's finfo for floating dtypes, including bfloat16."""
    if dtype is bfloat16:
        from ml_dtypes import finfo as of_half

        tell: Any = of_half
        return tell(dtype.as_numpy_dtype)
    return np.finfo(dtype.as_numpy_dtype)


def as_dtype(type_value: DTypeLike) -> DType:
    """Converts a name, a NumPy dtype or an equivalent to a DType.

    Args:
      type_value: a DType, a name, a NumPy dtype or scalar type, Python's float or bool, or an enum number.

    Returns:
      A DType.

    Raises:
      TypeError: it names no type, or one that gradtape does not compute with (the message lists those it does).

    Example:
      >>> tf.as_dtype("float64"), tf.as_dtype(np.int32)
      (tf.float64, tf.int32)
    """
    if type(type_value) is DType:
        return type_value
    try:
        known = _KNOWN.get(type_value)
    except TypeError:  # unhashable
        known = None
    if known is not None:
        return known
    name = type_value if isinstance(type_value, str) else _numpy_name(type_value)
    if name in _UNSUPPORTED:
        supported = ", ".join(dtype.name for dtype in DTYPES)
        raise TypeError(f"gradtape has no dtype {name!r}: the supported dtypes are {supported}.")
    if not isinstance(type_value, str) and name in _KNOWN:
        return _KNOWN[name]
    raise TypeError(f"Cannot convert the argument `type_value`: {type_value!r} to a TensorFlow DType.")


def _numpy_name(type_value: Any) -> str:
    """NumPy's name for a dtype, a scalar type or an object that carries a dtype; "" for anything else."""
    if isinstance(type_value, type) and issubclass(type_value, np.generic):
        type_value = np.dtype(type_value)
    elif isinstance(type_value, np.ndarray | np.generic):
        type_value = type_value.dtype
    if not isinstance(type_value, np.dtype) or type_value.names is not None:
        return ""
    return "string" if type_value.kind in "OSU" else type_value.name
