"""tf.autograph.experimental."""

from gradtape._src.function.function import do_not_convert as do_not_convert
