"""Elements, nested tuples and dictionaries of tensors, and their specs.

As in tf.data, lists are not structures but become tensors, and a list that a function returns is treated as a tuple.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import apply_stop_gradient, empty, tensor_from, view
from gradtape._engine.ops.rows import take_rows
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core import dtypes, nest
from gradtape._src.core.dtypes import DType
from gradtape._src.core.errors import InvalidArgumentError
from gradtape._src.core.string_tensor import StringTensor, as_any_tensor
from gradtape._src.core.tensor_shape import TensorShape
from gradtape._src.core.tensor_spec import TensorSpec, TypeSpec
from gradtape._src.data.errors import at_next

Component = Any  # Tensor, StringTensor, None, or a dataset


class NoneTensorSpec(TypeSpec):
    """The spec of a component that is None."""

    __slots__ = ()

    @property
    def value_type(self) -> type:
        """The class of None."""
        return type(None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoneTensorSpec)

    def __hash__(self) -> int:
        return hash(NoneTensorSpec)

    def __repr__(self) -> str:
        return "NoneTensorSpec()"


# Structure


def is_structure(value: Any) -> bool:
    """Whether a value is a structure, such as a tuple or a mapping, rather than a component."""
    kind = type(value)
    if kind is Tensor or kind is list:
        return False
    return kind is tuple or kind is dict or (not isinstance(value, list | np.ndarray) and nest.is_nested(value))


def leaves(structure: Any) -> list[Any]:
    """The components in order."""
    if not is_structure(structure):
        return [structure]
    if type(structure) is tuple:
        children: Any = structure
    else:
        children = nest.children(structure)
    return [leaf for child in children for leaf in leaves(child)]


def pack(structure: Any, components: Iterator[Any]) -> Any:
    """A structure like this one, with the next components."""
    if not is_structure(structure):
        return next(components)
    if type(structure) is tuple:
        # A tuple of only components, as most elements are: `next` for each of them.
        return tuple([next(components) if type(child) is Tensor else pack(child, components) for child in structure])
    children = [pack(child, components) for child in nest.children(structure)]
    return nest.with_children(structure, children)


def map_leaves(function: Callable[..., Any], structure: Any, *others: Any) -> Any:
    """Applies a function to corresponding components."""
    if not others and not is_structure(structure):
        return function(structure)
    return pack(structure, map(function, leaves(structure), *[leaves(other) for other in others]))


def same_structure(one: Any, two: Any) -> bool:
    """Whether two structures have the same nesting."""
    if not is_structure(one) or not is_structure(two):
        return is_structure(one) == is_structure(two)
    if isinstance(one, dict) and isinstance(two, dict):
        return set(one) == set(two) and all(same_structure(one[key], two[key]) for key in one)
    if isinstance(one, dict) or isinstance(two, dict):
        return False
    ones, twos = list(nest.children(one)), list(nest.children(two))
    return len(ones) == len(twos) and all(map(same_structure, ones, twos))


def flatten_up_to(spec: Any, value: Any) -> Iterator[Any]:
    """The parts of a value at a spec's components; TypeError or ValueError if it is nested differently."""
    if not is_structure(spec):
        yield value
        return
    if not is_structure(value):
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. Input has type: "
            f"'{type(value).__name__}'."
        )
    if isinstance(spec, dict) != isinstance(value, dict) or (isinstance(spec, dict) and set(spec) != set(value)):
        raise ValueError(f"The two structures don't have the same keys. First: {spec}, second: {value}")
    for child, part in zip(nest.children(spec), nest.children(value), strict=True):
        yield from flatten_up_to(child, part)


def element_of(value: Any, component: Callable[[Any], Component]) -> Any:
    """Converts a value to an element."""
    if type(value) is Tensor:
        return apply_stop_gradient(value)
    return map_leaves(component, value)


# Components


def component_of(value: Any) -> Component:
    """Converts a value to a component: a tensor detached from tapes, or None."""
    if value is None:
        return None
    tensor = as_any_tensor(value)
    return apply_stop_gradient(tensor) if type(tensor) is Tensor else tensor


def row(component: Component, place: int) -> Component:
    """A row of a component."""
    if type(component) is Tensor:
        shape = tuple(component.shape)[1:]
        return take_rows("gather", component, np.array([place]), shape)
    return component[place]


def section(component: Component, begin: int, end: int) -> Component:
    """A range of rows of a component."""
    if type(component) is Tensor:
        return tensor_from(view(component)[begin:end])
    return component[begin:end]


def length(component: Component) -> int:
    """The size of the first axis."""
    return component.shape[0]


def array_of(component: Component) -> np.ndarray:
    """A component's data, read-only."""
    return view(component) if type(component) is Tensor else np.asarray(component)


def dims(shape: Sequence[int]) -> str:
    return f"[{','.join(map(str, shape))}]"


def stack(components: Sequence[Component], place: int, count: int, mapped: bool) -> Component:
    """Stacks components of one shape.

    `place` and `count` are the component's index and the number of components; for `mapped` see `batch_of`.
    """
    first = components[0]
    if type(first) is StringTensor:
        _check_shapes(components, place, count, mapped)
        return StringTensor(np.stack([np.asarray(part) for part in components]))
    if first is None:
        return None
    shape = first.shape
    for part in components:
        if part.shape != shape:
            _check_shapes(components, place, count, mapped)
    tensor, array = empty((len(components), *shape), first.dtype)
    for i, part in enumerate(components):
        array[i] = view(part)
    array.flags.writeable = False
    return tensor


def _check_shapes(components: Sequence[Component], place: int, count: int, mapped: bool) -> None:
    first = tuple(components[0].shape)
    for other, part in enumerate(components):
        shape = tuple(part.shape)
        if shape != first and not (mapped and len(shape) == len(first)):
            raise at_next(
                InvalidArgumentError,
                f"Cannot batch tensors with different shapes in component {place}. First element had shape "
                f"{dims(first)} and element {other} had shape {dims(shape)}.",
                count,
            )
        if shape != first:
            raise at_next(
                InvalidArgumentError,
                "Cannot add tensor to the batch: number of elements does not match. Shapes are: [tensor]: "
                f"{dims(shape)}, [batch]: {dims(first)}",
                count,
            )


def batch_of(elements: Sequence[Any], mapped: bool) -> Any:
    """Stacks the components of elements of one structure.

    The error for different shapes is TensorFlow's, whose wording is different if the elements are results of `map`,
    as it fuses that with `batch`.
    """
    first = elements[0]
    if type(first) is Tensor:
        return stack(elements, 0, 1, mapped)
    parts = [leaves(element) for element in elements]
    count = len(parts[0])
    columns = zip(*parts, strict=True)
    return pack(first, iter([stack(column, place, count, mapped) for place, column in enumerate(columns)]))


def to_numpy(component: Component) -> Any:
    return None if component is None else component.numpy()


# Specifications


def spec_of(component: Component) -> TypeSpec:
    """The spec of a component."""
    if component is None:
        return NoneTensorSpec()
    if isinstance(component, Tensor | StringTensor):
        return TensorSpec(component.shape, component.dtype)
    return component._type_spec


def element_spec_of(element: Any) -> Any:
    """The spec of an element."""
    return map_leaves(spec_of, element)


def reshaped(spec: Any, change: Callable[[TensorShape], TensorShape]) -> Any:
    """The spec with the shapes of tensors changed."""
    return map_leaves(
        lambda leaf: TensorSpec(change(leaf.shape), leaf.dtype) if isinstance(leaf, TensorSpec) else leaf, spec
    )


def batched(spec: Any, size: int | None) -> Any:
    """The spec of batches of a size, None if unknown."""
    return reshaped(spec, TensorShape([size]).concatenate)


def of_rows(spec: Any) -> Any:
    """The spec of the elements of batches."""
    return reshaped(spec, lambda shape: shape[1:])


def relaxed(one: Any, two: Any) -> Any:
    """The most specific spec that includes two specs of one structure."""
    return map_leaves(lambda a, b: a.most_specific_compatible_type(b), one, two)


# Plain data, for saved states


def encode(element: Any) -> list[Any]:
    """Encodes an element's components as arrays, and nested datasets as lists of encoded elements."""
    return [_encoded(component) for component in leaves(element)]


def _encoded(component: Component) -> Any:
    if component is None:
        return None
    if isinstance(component, StringTensor):
        return np.asarray(component)
    return component.numpy() if isinstance(component, Tensor) else component._encoded()


def decode(spec: Any, arrays: Sequence[Any]) -> Any:
    """Decodes an element."""
    return pack(spec, iter([_decoded(leaf, array) for leaf, array in zip(leaves(spec), arrays, strict=True)]))


def _decoded(spec: TypeSpec, array: Any) -> Component:
    if isinstance(spec, TensorSpec):
        return as_any_tensor(np.asarray(array), spec.dtype)
    return None if isinstance(spec, NoneTensorSpec) else spec.decoded(array)  # type: ignore[attr-defined]


def dtype_name(dtype: DType) -> str:
    return f"<dtype: '{dtype.name}'>"


def is_scalar_of(spec: Any, dtype: DType) -> bool:
    """Whether a specification is a scalar of this dtype."""
    return isinstance(spec, TensorSpec) and spec.dtype is dtype and spec.shape.is_compatible_with(())


def is_predicate(spec: Any) -> bool:
    return is_scalar_of(spec, dtypes.bool)
