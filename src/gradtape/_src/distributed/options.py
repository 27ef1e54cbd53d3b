"""Options of strategies, which are stored but mostly have no effect."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple


class InputReplicationMode(enum.Enum):
    """Whether a dataset function is called per worker or per replica. Each process is a worker with one replica.

    Raises:
      ValueError: no member has the value.

    Example:
      >>> tf.distribute.InputReplicationMode.PER_WORKER.value
      'PER_WORKER'
    """

    PER_WORKER = "PER_WORKER"
    PER_REPLICA = "PER_REPLICA"


class InputOptions(NamedTuple):
    """Options of a strategy's datasets, which are stored without effect, as there is one device.

    Args:
      experimental_fetch_to_device, experimental_replication_mode: stored.
      experimental_place_dataset_on_device, experimental_per_replica_buffer_size: stored.

    Example:
      >>> tf.distribute.InputOptions(experimental_per_replica_buffer_size=2).experimental_per_replica_buffer_size
      2
    """

    experimental_fetch_to_device: bool | None = True
    experimental_replication_mode: InputReplicationMode = InputReplicationMode.PER_WORKER
    experimental_place_dataset_on_device: bool = False
    experimental_per_replica_buffer_size: int = 1


class RunOptions(NamedTuple):
    """Options of a strategy's `run`, which are stored without effect, as they concern TPUs.

    Args:
      experimental_enable_dynamic_batch_size, experimental_bucketizing_dynamic_shape, experimental_xla_options: stored.

    Example:
      >>> tf.distribute.RunOptions().experimental_enable_dynamic_batch_size
      True
    """

    experimental_enable_dynamic_batch_size: bool = True
    experimental_bucketizing_dynamic_shape: bool = False
    experimental_xla_options: Any = None


class CommunicationImplementation(enum.Enum):
    """The communication library. MPI chooses itself.

    Raises:
      ValueError: no member has the value.

    Example:
      >>> tf.distribute.experimental.CommunicationImplementation.RING.value
      'RING'
    """

    AUTO = "AUTO"
    RING = "RING"
    NCCL = "NCCL"


class CommunicationOptions:
    """Options of reductions over workers, which are stored without effect, as MPI chooses itself.

    Args:
      bytes_per_pack: 0 or more; 0 for the library's default.
      timeout_seconds: a number, or None.
      implementation: a `CommunicationImplementation`, or its name.

    Raises:
      ValueError: bytes_per_pack is negative, or the implementation is invalid.

    Example:
      >>> tf.distribute.experimental.CommunicationOptions(implementation="RING").implementation.name
      'RING'
    """

    def __init__(
        self,
        bytes_per_pack: int = 0,
        timeout_seconds: float | None = None,
        implementation: Any = CommunicationImplementation.AUTO,
    ) -> None:
        if bytes_per_pack < 0:
            raise ValueError(f"Argument `bytes_per_pack` must be >=0, Received {bytes_per_pack}.")
        self.bytes_per_pack = bytes_per_pack
        self.timeout_seconds = timeout_seconds
        self.implementation: CommunicationImplementation = CommunicationImplementation(implementation)
