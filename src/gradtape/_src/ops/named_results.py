"""Named tuples that ops return. Creating one compiles code, so this module is imported when an op first needs one."""

from __future__ import annotations

from typing import NamedTuple

from gradtape._engine.tensor.tensor import Tensor


class Unique(NamedTuple):
    """Distinct values in the order of their first occurrence, and for each element its index among them."""

    y: Tensor
    idx: Tensor


class UniqueWithCounts(NamedTuple):
    """Distinct values in the order of their first occurrence, each element's index among them, and their counts."""

    y: Tensor
    idx: Tensor
    count: Tensor  # type: ignore[assignment]  # TensorFlow's name, which a tuple has too


class TopKV2(NamedTuple):
    """The largest elements and their positions."""

    values: Tensor
    indices: Tensor
