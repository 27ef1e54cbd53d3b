"""Which task of a cluster a process is, in the terms of `tf.distribute`."""

from __future__ import annotations


class ClusterResolver:
    """The task of this process: that of its rank, as a worker. MPI's launcher knows the cluster itself.

    Attributes:
      task_type: "worker"; None if there is one process.
      task_id: the rank of this process, 0 for the chief; None if there is one process.
    """

    def __init__(self, rank: int, count: int) -> None:
        self.task_type = "worker" if count > 1 else None
        self.task_id: int | None = rank if count > 1 else None
