"""Clears what Keras keeps for a whole program."""

from __future__ import annotations

from gradtape._src.keras import naming, random
from gradtape._src.optimizers import base


def clear_session(free_memory: bool = True) -> None:
    """Numbers the names of layers, models, metrics and optimizers from the start again.

    Args:
      free_memory: whether the garbage collector is run.

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
