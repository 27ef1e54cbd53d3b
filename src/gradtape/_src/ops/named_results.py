"""Named tuples that ops give. A named tuple is compiled as it is made, so these are read when an op first gives one."""

from __future__ import annotations

from typing import NamedTuple

from gradtape._engine.tensor.tensor import Tensor


class Unique(NamedTuple):
    """Distinct values in the order of their first occurrence, and for each element its place among them."""

    y: Tensor
    idx: Tensor


class UniqueWithCounts(NamedTuple):
    """Distinct values in the order of their first occurrence, each element's place among them, and their counts."""

    y: Tensor
    idx: Tensor
    count: Tensor  # type: ignore[assignment]  # TensorFlow's name, which a tuple has too


class TopKV2(NamedTuple):
    """The largest elements and where they were."""

    values: Tensor
    indices: Tensor
