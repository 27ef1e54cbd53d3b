"""NumPy's functions on tensors, with NumPy's dtypes: what tf.experimental.numpy and the array API are made of."""
