"""Clearing Keras' global state."""

from __future__ import annotations

from gradtape._src.keras import naming, random
from gradtape._src.optimizers import base


def clear_session(free_memory: bool = True) -> None:
    """Restarts the numbering of the names of layers, models, metrics and optimizers.

    Args:
      free_memory: whether to run the garbage collector.

    Example:
      >>> tf.keras.backend.clear_session()
      >>> tf.keras.layers.Dense(1).name, tf.keras.layers.Dense(1).name
      ('dense', 'dense_1')
    """
    naming.reset_uids()
    base._names.clear()
    random.forget_common()
    if free_memory:
        import gc

        gc.collect()
