"""How operations run: at once, also within functions that are traced meanwhile."""

from __future__ import annotations

import contextlib
from _thread import _local  # threading.local, without the rest of threading
from collections.abc import Iterator

_state = _local()  # within: whether the thread runs a function that `tf.function` made; exporting: see below


def inside_function() -> bool:
    """Whether the program is within a function that `tf.function` made.

    Returns:
      A bool.

    Example:
      >>> tf.inside_function()
      False
      >>> tf.function(tf.inside_function)().numpy()
      np.True_
    """
    return getattr(_state, "within", False)


@contextlib.contextmanager
def within_function(within: bool = True) -> Iterator[None]:
    """A block within a function that `tf.function` made, or outside of all."""
    before = inside_function()
    _state.within = within
    try:
        yield
    finally:
        _state.within = before


def exporting() -> bool:
    """Whether the function that runs is traced to be written in a file."""
    return getattr(_state, "exporting", False)


@contextlib.contextmanager
def within_export() -> Iterator[None]:
    """A context in which functions are traced to be written in a file."""
    _state.exporting = True
    try:
        yield
    finally:
        _state.exporting = False


def executing_eagerly() -> bool:
    """Whether the program is outside of all functions that `tf.function` made. Operations run at once in any case.

    Returns:
      A bool.

    Example:
      >>> tf.executing_eagerly()
      True
    """
    return not inside_function()


def enable_eager_execution() -> None:
    """Has operations run at once, which they do in any case.

    Example:
      >>> tf.compat.v1.enable_eager_execution()
    """


def enable_v2_behavior() -> None:
    """Has TensorFlow 2's behaviour, which is the only one here.

    Example:
      >>> tf.compat.v1.enable_v2_behavior()
    """


def disable_eager_execution() -> None:
    """Refuses: operations run at once, there are no graphs and sessions.

    Raises:
      RuntimeError: always.
    """
    raise RuntimeError(
        "gradtape runs operations eagerly and has no graphs or sessions. Remove "
        "tf.compat.v1.disable_eager_execution() and take gradients with tf.GradientTape, or run the program "
        "under TensorFlow"
    )
