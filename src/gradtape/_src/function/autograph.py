"""tf.autograph's functions: Python's own control flow is followed, so that there is nothing to rewrite."""

from __future__ import annotations

import builtins
import enum
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Feature(enum.Enum):
    """What TensorFlow may rewrite in a function. Nothing is rewritten here.

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
    """Gives a loop the arguments of `tf.while_loop`. Loops are Python's, of any number of rounds and shapes.

    Args:
      parallel_iterations, swap_memory, maximum_iterations, shape_invariants: not used.

    Example:
      >>> for i in tf.range(2):
      ...     tf.autograph.experimental.set_loop_options(parallel_iterations=1)
    """


def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Says how much is told about rewriting. There is none.

    Args:
      level, alsologtostdout: not used.

    Example:
      >>> tf.autograph.set_verbosity(0)
    """


def to_graph(entity: F, recursive: bool = True, experimental_optional_features: Any = None) -> F:
    """The function as it would be rewritten: as it is, as operations run at once.

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
