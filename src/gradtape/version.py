"""tf.version: the version of TensorFlow that gradtape is compatible with. gradtape's own is `tf.__version__`."""

VERSION = "2.21.0"
GIT_VERSION = "v2.21.0"
COMPILER_VERSION = ""
GRAPH_DEF_VERSION = 2474
GRAPH_DEF_VERSION_MIN_CONSUMER = 0
GRAPH_DEF_VERSION_MIN_PRODUCER = 0
