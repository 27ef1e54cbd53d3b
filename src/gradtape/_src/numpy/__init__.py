"""NumPy's functions on tensors, with NumPy's dtypes: the implementation of tf.experimental.numpy and the array API."""
