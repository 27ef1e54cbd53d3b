"""tf.autograph: names only; Python's own control flow is followed, and no source is rewritten."""

from gradtape.autograph import experimental as experimental
