"""tf.experimental: interchange by DLPack."""

from gradtape.experimental import dlpack as dlpack
