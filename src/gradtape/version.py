"""tf.version: the release of TensorFlow whose programs run. gradtape's own is `tf.__version__`."""

VERSION = "2.21.0"
