"""tf.lookup.experimental: tables that programs write to."""

from gradtape._src.lookup.tables import (
    MutableHashTable as MutableHashTable,
)
