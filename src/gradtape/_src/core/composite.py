"""Composite tensors: values, and their positions."""

from __future__ import annotations

from typing import Any


class CompositeTensor:
    """Base class of IndexedSlices and SparseTensor: their values can be replaced at the same positions.

    Attributes:
      _leaves_out_zeros: whether functions that map 0 to 0 may be applied to its values alone.
    """

    _leaves_out_zeros = False

    @property
    def values(self) -> Any:
        """The values that are stored."""
        raise NotImplementedError(f"{type(self).__name__}.values")

    def _parts(self) -> tuple[Any, ...]:
        """The tensors that it consists of, in the order of its class' arguments."""
        raise NotImplementedError(f"{type(self).__name__}._parts")

    def _with_values(self, values: Any) -> Any:
        """Replaces the values at the same positions."""
        raise NotImplementedError(f"{type(self).__name__}._with_values")
