"""tf.interop.scipy: structures of variables as vectors, and losses as functions of these."""

from gradtape._src.interchange.scipy import (
    Packing as Packing,
    pack as pack,
)
