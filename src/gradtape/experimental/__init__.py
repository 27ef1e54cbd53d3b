"""tf.experimental: NumPy's functions, and interchange by DLPack."""

from gradtape.experimental import dlpack as dlpack, numpy as numpy
