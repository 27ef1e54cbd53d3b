"""tf.config: threads."""

from gradtape.config import threading as threading
