"""tf.summary.experimental: the step of summaries."""

from gradtape._src.io.summary import get_step as get_step, set_step as set_step
