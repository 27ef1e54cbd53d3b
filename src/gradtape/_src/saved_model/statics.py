"""Static values as JSON: attributes, shapes, specs; and integers that depend on sizes which no signature knows.

A function of a signature with unknown sizes is traced at several. What the traces have in common is written as it is; a
integer in which they differ is the polynomial that returns it at each, linear in every size.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from gradtape._src.core.dtypes import DType, as_dtype
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.tensor_spec import TensorSpec

_MOST_FACTORS = 8  # of a term of a polynomial


class DifferError(Exception):
    """Traces differ in more than integers that depend on sizes."""


class Either(dict[str, Any]):
    """A value in several ways of writing it, of which one stays."""


def encoded(value: Any) -> Any:
    """A static value as JSON has it. Raises DifferError for what has no such form."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return {"float": float(value).hex()}
    if isinstance(value, TensorShape | list | tuple):
        return [encoded(item) for item in value]
    if isinstance(value, DType):
        return {"dtype": value.name}
    if isinstance(value, slice):
        return {"slice": [encoded(value.start), encoded(value.stop), encoded(value.step)]}
    if value is Ellipsis:
        return {"ellipsis": True}
    raise DifferError(f"{value!r} is no value that can be written")


def decoded(node: Any, sizes: Mapping[int, int]) -> Any:
    """What `encoded` wrote, lists as tuples, for these sizes by axis. Raises ValueError for anything else."""
    if node is None or isinstance(node, bool | str | int):
        return node
    if isinstance(node, list):
        return tuple([decoded(item, sizes) for item in node])
    if isinstance(node, dict) and len(node) == 1:
        ((kind, value),) = node.items()
        if kind == "float" and isinstance(value, str):
            return float.fromhex(value)
        if kind == "dtype" and isinstance(value, str):
            return dtype_of(value)
        if kind == "slice" and isinstance(value, list) and len(value) == 3:
            return slice(*[decoded(item, sizes) for item in value])
        if kind == "ellipsis":
            return Ellipsis
        if kind == "sizes" and isinstance(value, list):
            return sum(_term(term, sizes) for term in value)
    raise ValueError(f"no static value: {str(node)[:60]}")


def dtype_of(name: Any) -> DType:
    """The dtype of this name. Raises ValueError for anything else."""
    try:
        if isinstance(name, str):
            return as_dtype(name)
    except TypeError:
        pass
    raise ValueError(f"no dtype: {str(name)[:60]}")


def _term(term: Any, sizes: Mapping[int, int]) -> int:
    if not (isinstance(term, list) and len(term) == 2 and _whole(term[0]) and isinstance(term[1], list)):
        raise ValueError(f"no term of a polynomial: {str(term)[:60]}")
    factor, axes = term
    if len(axes) > _MOST_FACTORS or not all(_whole(axis) and axis in sizes for axis in axes):
        raise ValueError(f"no sizes: {str(axes)[:60]}")
    return int(factor * math.prod(sizes[axis] for axis in axes))


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def encoded_spec(spec: TensorSpec) -> dict[str, Any]:
    """A TensorSpec as JSON has it."""
    return {"shape": [None if size is None else int(size) for size in spec.shape], "dtype": spec.dtype.name}


def decoded_spec(node: Any, name: str | None = None) -> TensorSpec:
    """The TensorSpec; sizes that depend on others are unknown. Raises ValueError for what is none."""
    if not isinstance(node, dict) or not isinstance(node.get("shape"), list):
        raise ValueError(f"no spec: {str(node)[:60]}")
    shape = [size if _whole(size) and size >= 0 else None for size in node["shape"]]
    return TensorSpec(shape, dtype_of(node.get("dtype")), name)


def merged(nodes: Sequence[Any], points: Sequence[Mapping[int, int]]) -> Any:
    """One JSON tree of those that traces gave at points: sizes by axis, the corners of a box, then others.

    Raises DifferError where they differ in anything but integers that are polynomials of the sizes.
    """
    first = nodes[0]
    if all(isinstance(node, list) and len(node) == len(first) for node in nodes):
        return [merged(items, points) for items in zip(*nodes, strict=True)]
    if all(isinstance(node, Either) for node in nodes):
        return _chosen(nodes, points)
    if all(isinstance(node, dict) and node.keys() == first.keys() for node in nodes):
        return {key: merged([node[key] for node in nodes], points) for key in first}
    if all(type(node) is type(first) and node == first for node in nodes):
        return first
    if all(_whole(node) for node in nodes):
        return _polynomial(nodes, points)
    raise DifferError(f"{str(nodes[0])[:60]} and {str(nodes[-1])[:60]} at other sizes")


def _chosen(nodes: Sequence[Any], points: Sequence[Mapping[int, int]]) -> Any:
    """The first way of writing a value in which the traces have something in common."""
    for name in nodes[0]:
        try:
            return {name: merged([node[name] for node in nodes], points)}
        except (DifferError, KeyError):
            continue
    raise DifferError("a constant has other values")


def _polynomial(values: Sequence[int], points: Sequence[Mapping[int, int]]) -> dict[str, Any]:
    """The polynomial, linear in each size, that goes through the corners of a box; and through the other points."""
    axes = sorted(points[0])
    corners = list(itertools.product((0, 1), repeat=len(axes)))
    ends = [[points[0][axis], points[len(corners) - 1][axis]] for axis in axes]
    factors: dict[tuple[int, ...], Fraction] = {}
    for value, corner in zip(values, corners, strict=False):
        # Lagrange's basis: 1 at this corner, 0 at the others, as a product of (n - other end) over the box's edge.
        for chosen in itertools.product((0, 1), repeat=len(axes)):
            factor = Fraction(value)
            for place, side in enumerate(corner):
                here, other = ends[place][side], ends[place][1 - side]
                factor *= Fraction(1 if chosen[place] else -other, here - other)
            term = tuple(itertools.compress(axes, chosen))
            factors[term] = factors.get(term, Fraction(0)) + factor
    if any(factor.denominator != 1 for factor in factors.values()):
        raise DifferError(f"{values[0]} and {values[-1]} depend on sizes in another way than as a polynomial")
    node = {"sizes": [[int(factor), list(term)] for term, factor in factors.items() if factor]}
    if any(decoded(node, point) != value for value, point in zip(values, points, strict=True)):
        raise DifferError(f"{values[0]} and {values[-1]} depend on sizes in another way than as a polynomial")
    return node
