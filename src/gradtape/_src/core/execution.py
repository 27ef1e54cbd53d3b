"""How operations run: at once."""

from __future__ import annotations


def executing_eagerly() -> bool:
    """Whether operations run at once, which they do.

    Returns:
      True.

    Example:
      >>> tf.executing_eagerly()
      True
    """
    return True


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
        "gradtape runs operations at once and has no graphs and sessions. Remove "
        "tf.compat.v1.disable_eager_execution() and take gradients with tf.GradientTape, or run the program "
        "under TensorFlow"
    )
