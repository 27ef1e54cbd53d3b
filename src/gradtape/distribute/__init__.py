"""tf.distribute: strategies, under which each process that an MPI launcher starts is a replica."""

from gradtape._src.distributed.datasets import (
    DistributedDataset as DistributedDataset,
    InputContext as InputContext,
)
from gradtape._src.distributed.options import (
    InputOptions as InputOptions,
    InputReplicationMode as InputReplicationMode,
    RunOptions as RunOptions,
)
from gradtape._src.distributed.strategy import (
    MirroredStrategy as MirroredStrategy,
    MultiWorkerMirroredStrategy as MultiWorkerMirroredStrategy,
    OneDeviceStrategy as OneDeviceStrategy,
    ReduceOp as ReduceOp,
    ReplicaContext as ReplicaContext,
    Strategy as Strategy,
    get_replica_context as get_replica_context,
    get_strategy as get_strategy,
    has_strategy as has_strategy,
    in_cross_replica_context as in_cross_replica_context,
)
from gradtape.distribute import experimental as experimental
