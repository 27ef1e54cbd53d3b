"""tf.autograph's functions. Tracing follows Python's control flow, so no source is rewritten."""

from __future__ import annotations

import builtins
import enum
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Feature(enum.Enum):
    """The optional features of AutoGraph in TensorFlow. They have no effect.

    Raises:
      ValueError: no member has the value.

    Example:
      >>> tf.autograph.experimental.Feature.LISTS.value
      'LISTS'
    """

    ALL = "ALL"
    AUTO_CONTROL_DEPS = "AUTO_CONTROL_DEPS"
    ASSERT_STATEMENTS = "ASSERT_STATEMENTS"
    BUILTIN_FUNCTIONS = "BUILTIN_FUNCTIONS"
    EQUALITY_OPERATORS = "EQUALITY_OPERATORS"
    LISTS = "LISTS"
    NAME_SCOPES = "NAME_SCOPES"


def set_loop_options(
    parallel_iterations: Any = None,
    swap_memory: Any = None,
    maximum_iterations: Any = None,
    shape_invariants: Any = None,
) -> None:
    """Sets options of a loop in TensorFlow. No effect: loops run in Python, with any number of rounds and any shapes.

    Args:
      parallel_iterations, swap_memory, maximum_iterations, shape_invariants: not used.

    Example:
      >>> for i in tf.range(2):
      ...     tf.autograph.experimental.set_loop_options(parallel_iterations=1)
    """


def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Sets the verbosity of AutoGraph's log. No effect, as nothing is rewritten.

    Args:
      level, alsologtostdout: not used.

    Example:
      >>> tf.autograph.set_verbosity(0)
    """


def to_graph(entity: F, recursive: bool = True, experimental_optional_features: Any = None) -> F:
    """The rewritten function: here the function itself.

    Args:
      entity: a function.
      recursive, experimental_optional_features: not used.

    Returns:
      The function.

    Example:
      >>> tf.autograph.to_graph(lambda x: x * x)(tf.constant(3.0)).numpy()
      np.float32(9.0)
    """
    return entity


def trace(*args: Any) -> None:
    """Prints when it is called, also where operations of a compiled function are not run by Python.

    Args:
      *args: what to print, as Python's print does.

    Example:
      >>> tf.autograph.trace("x", 1)
      x 1
    """
    builtins.print(*args)
