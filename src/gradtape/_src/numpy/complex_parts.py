"""NumPy's functions of complex numbers and their parts."""

from __future__ import annotations

import math
from typing import Any

from gradtape._engine.api.api import apply_elementwise
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.numpy.documented import documented
from gradtape._src.numpy.elementwise import floor_divide, mod
from gradtape._src.numpy.promotion import as_array
from gradtape._src.ops import complex_numbers
from gradtape._src.ops.creation import zeros_like


@documented("Real parts.", "np.real([1 + 2j]).numpy()", "array([1.])")
def real(val: Any) -> Tensor:
    tensor = as_array(val)
    return complex_numbers.real(tensor) if tensor.dtype.is_complex else tensor


@documented("Imaginary parts; 0 for real numbers.", "np.imag([1 + 2j]).numpy()", "array([2.])")
def imag(val: Any) -> Tensor:
    tensor = as_array(val)
    return complex_numbers.imag(tensor) if tensor.dtype.is_complex else zeros_like(tensor)


@documented("Complex conjugates.", "np.conj([1 + 2j]).numpy()", "array([1.-2.j])")
def conj(x: Any) -> Tensor:
    tensor = as_array(x)
    return complex_numbers.conj(tensor) if tensor.dtype.is_complex else tensor


@documented("The arguments of complex numbers.", "np.angle([1j]).numpy()", "array([1.57079633])")
def angle(z: Any, deg: bool = False) -> Tensor:
    tensor = as_array(z)
    if not (tensor.dtype.is_complex or tensor.dtype.is_floating):
        tensor = as_array(tensor, as_array(0.0).dtype)
    angles = complex_numbers.angle(tensor)
    return apply_elementwise("multiply", angles, as_array(180 / math.pi, angles.dtype)) if deg else angles


@documented("Whether elements have an imaginary part.", "np.iscomplex([1 + 1j, 1]).numpy()", "array([ True, False])")
def iscomplex(x: Any) -> Tensor:
    part = imag(x)
    return apply_elementwise("not_equal", part, zeros_like(part))


@documented("Whether elements have no imaginary part.", "np.isreal([1 + 1j, 1]).numpy()", "array([False,  True])")
def isreal(x: Any) -> Tensor:
    part = imag(x)
    return apply_elementwise("equal", part, zeros_like(part))


@documented("Whether the dtype is complex.", "np.iscomplexobj([1 + 0j])", "True", "A bool.")
def iscomplexobj(x: Any) -> bool:
    return bool(as_array(x).dtype.is_complex)


@documented("Whether the dtype is not complex.", "np.isrealobj([1.0])", "True", "A bool.")
def isrealobj(x: Any) -> bool:
    return not as_array(x).dtype.is_complex


@documented(
    "Quotients rounded down, and remainders.",
    "[part.numpy().item() for part in np.divmod(7, 2)]",
    "[3, 1]",
    "Two tensors.",
    raises=(
        "InvalidArgumentError: an operand is complex, an integer is divided by 0, or the shapes do not broadcast.",
    ),
)
def divmod(x1: Any, x2: Any) -> tuple[Tensor, Tensor]:
    return floor_divide(x1, x2), mod(x1, x2)
