"""tf.experimental.dlpack: tensors for other libraries, and their arrays as tensors."""

from gradtape._src.interchange.dlpack import (
    from_dlpack as from_dlpack,
    to_dlpack as to_dlpack,
)
