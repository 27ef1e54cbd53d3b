"""tf.interop.safetensors: tensors in files that other frameworks read and write."""

from gradtape._src.interchange.safetensors import (
    load as load,
    load_metadata as load_metadata,
    save as save,
)
