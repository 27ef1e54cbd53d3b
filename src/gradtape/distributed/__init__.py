"""Training in several processes that exchange over MPI, with the names that Horovod's users know."""

import typing as _typing

from gradtape._src.core.lazy import later as _later
from gradtape._src.distributed.checkpoints import (
    restore_checkpoint as restore_checkpoint,
    save_checkpoint as save_checkpoint,
)
from gradtape._src.distributed.collectives import (
    allgather as allgather,
    allgather_object as allgather_object,
    allreduce as allreduce,
    alltoall as alltoall,
    barrier as barrier,
    broadcast as broadcast,
    broadcast_object as broadcast_object,
    grouped_allreduce as grouped_allreduce,
    join as join,
)
from gradtape._src.distributed.compression import Compression as Compression
from gradtape._src.distributed.reduction import (
    Average as Average,
    Max as Max,
    Min as Min,
    Product as Product,
    Sum as Sum,
)
from gradtape._src.distributed.sharing import shared_array as shared_array
from gradtape._src.distributed.training import (
    DistributedGradientTape as DistributedGradientTape,
    DistributedOptimizer as DistributedOptimizer,
    broadcast_variables as broadcast_variables,
    check_variables as check_variables,
)
from gradtape._src.distributed.world import (
    cross_rank as cross_rank,
    cross_size as cross_size,
    init as init,
    is_homogeneous as is_homogeneous,
    is_initialized as is_initialized,
    local_rank as local_rank,
    local_size as local_size,
    mpi_enabled as mpi_enabled,
    mpi_threads_supported as mpi_threads_supported,
    rank as rank,
    shutdown as shutdown,
    size as size,
)

if _typing.TYPE_CHECKING:
    from gradtape.distributed import callbacks as callbacks
else:
    callbacks = _later("distributed.callbacks")
