"""keras.ops' integer functions: common divisors and multiples, and scaling by powers of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_cast, tensor_from, view
from gradtape._engine.record.primitive import Primitive
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.ops.promotion import promoted, result_type
from gradtape._src.keras.tensors import tensor_of
from gradtape._src.ops import elementwise as e
from gradtape._src.ops.masking import where as chosen_of

_GCD = Primitive("Gcd", lambda x, y: tensor_from(np.asarray(np.gcd(view(x), view(y)))), batch="elementwise")
_LCM = Primitive("Lcm", lambda x, y: tensor_from(np.asarray(np.lcm(view(x), view(y)))), batch="elementwise")


@keras_op
def gcd(x1: Any, x2: Any) -> Tensor:
    """The greatest common divisor, elementwise.

    Args:
      x1, x2: integer tensors.

    Returns:
      An integer tensor of their common shape, not negative.

    Raises:
      TypeError: an operand does not contain integers.

    Example:
      >>> tf.keras.ops.gcd([12, -7], 18).numpy()
      array([6, 1], dtype=int32)
    """
    x, y = promoted(tensor_of(x1), tensor_of(x2))
    if not x.dtype.is_integer:
        raise TypeError("Arguments to gcd must be integers.")
    return _GCD(x, y)


@keras_op
def lcm(x1: Any, x2: Any) -> Tensor:
    """The least common multiple, elementwise.

    Args:
      x1, x2: integer tensors.

    Returns:
      An integer tensor of their common shape, not negative.

    Raises:
      TypeError: an operand does not contain integers.

    Example:
      >>> tf.keras.ops.lcm([12, -7], 18).numpy()
      array([ 36, 126], dtype=int32)
    """
    x, y = tensor_of(x1), tensor_of(x2)
    if not (x.dtype.is_integer and y.dtype.is_integer):
        received = f"Received: x1.dtype={x.dtype.name}, x2.dtype={y.dtype.name}"
        raise TypeError(f"Arguments to lcm must be integers. {received}")
    return _LCM(*promoted(x, y))


@keras_op
def ldexp(x1: Any, x2: Any) -> Tensor:
    """x1 * 2 ** x2, elementwise.

    Args:
      x1: a tensor.
      x2: an integer tensor.

    Returns:
      A floating tensor of their common shape.

    Raises:
      TypeError: x2 does not contain integers.

    Example:
      >>> tf.keras.ops.ldexp([0.75, 3.0], [4, -1]).numpy()
      array([12. ,  1.5], dtype=float32)
    """
    x, exponent = tensor_of(x1), tensor_of(x2)
    if not exponent.dtype.is_integer:
        raise TypeError(f"ldexp exponent must be an integer type. Received: x2 dtype={exponent.dtype}")
    dtype = dtypes.as_dtype(result_type(x.dtype, exponent.dtype, float))
    x = apply_cast(x, dtype)
    scaled = x * e.pow(2.0, apply_cast(exponent, dtype))
    return chosen_of(e.logical_or(e.is_inf(x), e.equal(x, 0)), x, scaled)
