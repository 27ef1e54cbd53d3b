"""tf.lookup.experimental: mutable tables."""

from gradtape._src.lookup.tables import (
    MutableHashTable as MutableHashTable,
)
