"""tf.types.experimental: what functions take for a tensor."""

from gradtape._src.core.tensor_like import TensorLike as TensorLike
