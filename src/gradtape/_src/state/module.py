"""Module: a container of variables and other modules."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from gradtape._engine.state.variable import BaseVariable
from gradtape._src.core import nest
from gradtape._src.state import tracking
from gradtape._src.state.naming import name_scope
from gradtape._src.state.variable import Variable


class Module:
    """Base of objects that hold variables and other modules in attributes, or in lists, tuples and dicts of these.

    Args:
      name: a Python identifier; the class' name in snake case unless given.

    Raises:
      ValueError: the name is no identifier.

    Example:
      >>> class Dense(tf.Module):
      ...     def __init__(self, inputs, outputs):
      ...         super().__init__()
      ...         self.w = tf.Variable(tf.ones([inputs, outputs]), name="w")
      ...
      ...     def __call__(self, x):
      ...         return x @ self.w
      >>> layer = Dense(2, 3)
      >>> layer(tf.constant([[1.0, 2.0]])).numpy()
      array([[3., 3., 3.]], dtype=float32)
      >>> [v.name for v in layer.trainable_variables]
      ['w:0']
    """

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = re.sub(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", type(self).__name__).lower()
        elif not isinstance(name, str):
            raise TypeError(f"expected string or bytes-like object, got {type(name).__name__!r}")
        elif not name.isidentifier():
            raise ValueError(
                f"{name!r} is not a valid module name. Module names must be valid Python identifiers "
                "(e.g. a valid class name)."
            )
        self._name = name
        with name_scope(name) as self._scope:
            pass

    @property
    def name(self) -> str:
        """The name given, or the class' name."""
        return self._name

    @property
    def name_scope(self) -> Any:
        """The module's name scope, nested in the scopes in which the module was created."""
        return name_scope(self._scope)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        tracking.attribute_added(self)

    def _trackable_children(self) -> dict[str, Any]:
        return tracking.attributes(self)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables of this module in the order of attribute names, then those of its submodules."""
        return tuple(self._held(lambda value: isinstance(value, BaseVariable)))

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        """The trainable ones among `variables`."""
        return tuple(self._held(lambda value: isinstance(value, BaseVariable) and value.trainable))

    @property
    def non_trainable_variables(self) -> tuple[Variable, ...]:
        """The `variables` that are not trainable."""
        return tuple(self._held(lambda value: isinstance(value, BaseVariable) and not value.trainable))

    @property
    def submodules(self) -> tuple[Module, ...]:
        """All modules contained in this one, recursively."""
        return tuple(self._held(lambda value: isinstance(value, Module)))

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """Decorates a method so that it runs within the module's name scope.

        Args:
          method: the method.

        Returns:
          The decorated method.

        Example:
          >>> class Doubler(tf.Module):
          ...     @tf.Module.with_name_scope
          ...     def __call__(self, x):
          ...         return 2 * x
          >>> Doubler()(tf.constant(3)).numpy()
          np.int32(6)
        """

        @functools.wraps(method)
        def within(self: Module, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return within

    def _held(self, wanted: Callable[[Any], bool], seen: set[int] | None = None) -> Iterator[Any]:
        """The matching objects among the attributes, each once: of this module first, then of each submodule."""
        seen = {id(self)} if seen is None else seen
        below = []
        for _, attribute in sorted(vars(self).items()):
            for value in nest.flatten(attribute):
                if id(value) in seen:
                    continue
                seen.add(id(value))
                if wanted(value):
                    yield value
                if isinstance(value, Module):
                    below.append(value)
        for module in below:
            yield from module._held(wanted, seen)
