"""keras.ops' correlation functions: coefficients of rows, and cross-correlation of sequences."""

from __future__ import annotations

from typing import Any

from gradtape._engine.api.api import apply_cast, apply_reduce
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes
from gradtape._src.keras.functions import keras_op
from gradtape._src.keras.ops.promotion import promoted
from gradtape._src.keras.tensors import floating, tensor_of
from gradtape._src.linalg.contractions import matmul
from gradtape._src.linalg.diagonals import diag_part
from gradtape._src.nn.convolution import conv1d
from gradtape._src.ops import elementwise as e
from gradtape._src.ops.clipping import clip_by_value
from gradtape._src.ops.padding import pad


@keras_op
def corrcoef(x: Any) -> Tensor:
    """Pearson's correlation coefficients of rows.

    Args:
      x: a matrix: a row for each variable, a column for each observation.

    Returns:
      A floating tensor, [rows, rows], between -1 and 1.

    Raises:
      ValueError: x is not a matrix.

    Example:
      >>> tf.keras.ops.corrcoef([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]).numpy().round(4)
      array([[ 1., -1.],
             [-1.,  1.]], dtype=float32)
    """
    values = tensor_of(x)
    values = apply_cast(values, dtypes.float64) if values.dtype is dtypes.int64 else floating(values)
    if values.ndim != 2:
        raise ValueError(f"`x` should be a matrix. Received: x.shape={tuple(values.shape)}")
    centred = values - apply_reduce("Mean", values, [1], True)
    covariances = matmul(centred, centred, transpose_b=True)
    deviations = e.sqrt(diag_part(covariances))
    return clip_by_value(covariances / (deviations[:, None] * deviations), -1.0, 1.0)


@keras_op
def correlate(x1: Any, x2: Any, mode: str = "valid") -> Tensor:
    """The cross-correlation of two sequences.

    Args:
      x1: a vector.
      x2: the vector that is shifted.
      mode: "valid": only full overlap; "same": as many positions as the longer one; "full": any
        overlap.

    Returns:
      A floating vector.

    Raises:
      ValueError: the mode is invalid.

    Example:
      >>> tf.keras.ops.correlate([1.0, 2.0, 3.0], [0.0, 1.0, 0.5], "same").numpy()
      array([2. , 3.5, 3. ], dtype=float32)
    """
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"Invalid mode: '{mode}'. Mode must be one of: 'full', 'same', 'valid'.")
    x, moved = promoted(tensor_of(x1), tensor_of(x2))
    dtype = dtypes.float64 if x.dtype in (dtypes.int64, dtypes.float64) else dtypes.float32
    x, moved = apply_cast(x, dtype), apply_cast(moved, dtype)
    count, length = x.shape[0], moved.shape[0]
    if mode != "valid":
        x = pad(x, [[length - 1, length - 1]])
    found = conv1d(x[None, :, None], moved[:, None, None], 1, "VALID")[0, :, 0]
    if mode == "same":
        most = max(count, length)
        start = (count + length - 1 - most) // 2
        found = found[start : start + most]
    return found
