"""tf.interop.safetensors: tensors in safetensors files."""

from gradtape._src.interchange.safetensors import (
    load as load,
    load_metadata as load_metadata,
    save as save,
)
