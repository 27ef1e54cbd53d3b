"""tf.config.threading: the number of threads for large operations."""

from gradtape._engine.base.threads import (
    get_num_threads as get_num_threads,
    set_num_threads as set_num_threads,
)
from gradtape._src.core.settings import (
    get_inter_op_parallelism_threads as get_inter_op_parallelism_threads,
    get_intra_op_parallelism_threads as get_intra_op_parallelism_threads,
    set_inter_op_parallelism_threads as set_inter_op_parallelism_threads,
    set_intra_op_parallelism_threads as set_intra_op_parallelism_threads,
)
