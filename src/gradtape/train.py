"""tf.train: messages that records of data are made of."""

from gradtape._src.io.example import (
    BytesList as BytesList,
    Example as Example,
    Feature as Feature,
    Features as Features,
    FloatList as FloatList,
    Int64List as Int64List,
)
