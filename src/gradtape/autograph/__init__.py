"""tf.autograph: for compatibility; Python control flow is traced as it executes, and no source is rewritten."""

from gradtape._src.function.autograph import (
    set_verbosity as set_verbosity,
    to_graph as to_graph,
    trace as trace,
)
from gradtape.autograph import experimental as experimental
