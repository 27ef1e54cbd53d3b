"""tf.autograph.experimental."""

from gradtape._src.function.autograph import Feature as Feature, set_loop_options as set_loop_options
from gradtape._src.function.function import do_not_convert as do_not_convert
