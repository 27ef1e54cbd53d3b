"""DLPack: arrays of other libraries as tensors, and tensors as theirs.

Exports are never writable in place: consumers of DLPack's version 1 are told so and share the tensor's
bytes, any other one is given bytes of its own. What comes in is copied, as its owner may write to it later, behind the
back of a tape that has recorded it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import tensor_from
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.operands import TENSORS

CPU = (1, 0)


class _Capsule:
    """The contents of a capsule."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return CPU


def to_dlpack(tf_tensor: Any) -> Any:
    """A capsule of DLPack with a copy of a tensor, for consumers that want capsules.

    Consumers that take objects, such as `numpy.from_dlpack` and `torch.from_dlpack`, take the tensor itself; those that
    know version 1 of DLPack then share its bytes and may read them alone.

    Args:
      tf_tensor: a tensor or variable.

    Returns:
      A capsule, which can be consumed once.

    Raises:
      InvalidArgumentError: it is neither.

    Example:
      >>> tf.experimental.dlpack.from_dlpack(tf.experimental.dlpack.to_dlpack(tf.constant([1, 2]))).numpy()
      array([1, 2], dtype=int32)
    """
    if not isinstance(tf_tensor, TENSORS):
        raise InvalidArgumentError(None, None, "The argument to `to_dlpack` must be a TF tensor, not Python object")
    return tf_tensor.__dlpack__()


def from_dlpack(dlcapsule: Any) -> Tensor:
    """The tensor of a capsule of DLPack, or of an object that exports one.

    Args:
      dlcapsule: a capsule, or an array of another library in the processor's memory.

    Returns:
      A tensor with a copy of the array: its owner may write to it later.

    Raises:
      BufferError, TypeError: it is on another device, has an unsupported dtype, or does not support DLPack.

    Example:
      >>> tf.experimental.dlpack.from_dlpack(np.array([[1.0, 2.0]])).numpy()
      array([[1., 2.]])
    """
    exporter = dlcapsule if hasattr(dlcapsule, "__dlpack__") else _Capsule(dlcapsule)
    if type(dlcapsule).__name__ != "PyCapsule" and isinstance(exporter, _Capsule):
        raise TypeError(f"not a capsule of DLPack, nor an array that exports one: {dlcapsule!r}")
    array = np.from_dlpack(exporter)
    try:
        return tensor_from(array.copy())
    except (KeyError, TypeError, ValueError) as error:
        raise TypeError(f"there are no tensors of dtype {array.dtype}") from error
