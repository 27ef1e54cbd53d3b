"""Calling user functions on elements, and inferring the specs of their results."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradtape._engine.api.api import full
from gradtape._engine.record.log import Unrecorded
from gradtape._src.core import dtypes
from gradtape._src.core.hints import note
from gradtape._src.core.string_tensor import StringTensor
from gradtape._src.core.tensor_spec import TensorSpec
from gradtape._src.data import structure
from gradtape._src.data.errors import called
from gradtape._src.data.node import END, Node
from gradtape._src.random import philox


class Function:
    """A user's function of an element; the components of a tuple are separate arguments.

    It is called without recording. Its result is converted to an element.
    """

    def __init__(self, function: Callable[..., Any], step: str) -> None:
        if not callable(function):
            raise ValueError(f"Argument `func` must be a callable. Received func={function} (of type {type(function)})")
        self.function, self.step = function, step

    def __call__(self, element: Any, place: int | None = None) -> Any:
        """Calls the function; errors name the element by this position."""
        try:
            with Unrecorded():
                found = self.function(*element) if type(element) is tuple else self.function(element)
            return structure.element_of(tuple(found) if isinstance(found, list) else found, component_of)
        except Exception as error:
            where = f"{called(self.function)}, the function of Dataset.{self.step}, raised this"
            note(error, where + ("." if place is None else f" at element {place}, counted from 0: {_shown(element)}"))
            if isinstance(error, StopIteration):
                raise RuntimeError(f"the function of Dataset.{self.step} raised StopIteration") from error
            raise

    def spec(self, node: Node) -> Any:
        """Infers the spec of results: what they have in common for different values and unknown sizes.

        If the function does not accept zeros and ones it is called with the first element. The state of random
        generators is restored afterwards.
        """
        progress = philox.state()
        seeds = [(step.seeds, step.seeds.drawn) for step in _upstream(node) if hasattr(step, "seeds")]
        try:
            specs = structure.leaves(node.spec)
            if all(isinstance(leaf, TensorSpec) and leaf.shape.rank is not None for leaf in specs):
                with contextlib.suppress(Exception):  # the function may not support such elements
                    found = self._tried(node.spec, 0)
                    found = structure.relaxed(found, self._tried(node.spec, 1))
                    with contextlib.suppress(Exception):
                        found = structure.relaxed(found, self._tried(node.spec, 13))
                    return found
            element = node.cursor().next()
            if element is END:
                raise ValueError(
                    f"The result of the function of Dataset.{self.step} cannot be inferred: there is no element to "
                    "call it with."
                )
            return structure.element_spec_of(self(element, 0))
        finally:
            philox.restore(progress)
            for generator, drawn in seeds:
                generator.drawn = drawn

    def _tried(self, spec: Any, value: int) -> Any:
        """The spec of the result for an element of this value."""
        return structure.element_spec_of(self(_filled(spec, value)))


def _upstream(node: Node) -> Iterator[Node]:
    """A node and all its direct and indirect inputs."""
    yield node
    for each in node.inputs:
        yield from _upstream(each)


def component_of(value: Any) -> Any:
    """Converts a component of a function's result: a dataset is kept, anything else becomes a tensor."""
    return value if hasattr(value, "_type_spec") else structure.component_of(value)


def _filled(spec: Any, value: int) -> Any:
    """An example element filled with a value, or empty strings; unknown sizes depend on the value."""

    def component(leaf: TensorSpec) -> Any:
        shape = [2 + value if size is None else size for size in leaf.shape]
        if leaf.dtype is dtypes.string:
            return StringTensor(np.full(shape, b"", object))
        return full(shape, value, leaf.dtype)

    return structure.map_leaves(component, spec)


def _shown(element: Any) -> str:
    """A short description of an element."""
    text = " ".join(repr(element).split())
    return text if len(text) <= 200 else f"{text[:200]} ..."
