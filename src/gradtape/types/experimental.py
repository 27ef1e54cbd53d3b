"""tf.types.experimental: types convertible to tensors."""

from gradtape._src.core.tensor_like import TensorLike as TensorLike
