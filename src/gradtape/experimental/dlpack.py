"""tf.experimental.dlpack: exchange of tensors with other libraries."""

from gradtape._src.interchange.dlpack import (
    from_dlpack as from_dlpack,
    to_dlpack as to_dlpack,
)
