"""tf.config.threading: among how many threads long loops and products are cut."""

from gradtape._threads import (
    get_num_threads as get_num_threads,
    set_num_threads as set_num_threads,
)
