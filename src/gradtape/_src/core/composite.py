"""Tensors that are stored as several: their values, and where these stand."""

from __future__ import annotations

from typing import Any


class CompositeTensor:
    """What IndexedSlices and SparseTensor have in common: other values may stand at their positions.

    Attributes:
      _leaves_out_zeros: whether functions that map 0 to 0 may be applied to its values alone.
    """

    _leaves_out_zeros = False

    @property
    def values(self) -> Any:
        """The values that are stored."""
        raise NotImplementedError(f"{type(self).__name__}.values")

    def _parts(self) -> tuple[Any, ...]:
        """The tensors that it is made of, in the order in which its class takes them."""
        raise NotImplementedError(f"{type(self).__name__}._parts")

    def _with_values(self, values: Any) -> Any:
        """The same positions with other values."""
        raise NotImplementedError(f"{type(self).__name__}._with_values")
