"""Datasets of replicas: their parts of the global batches, or per-replica batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, tensor_from
from gradtape._src.core import nest
from gradtape._src.data.iterator import Iterator
from gradtape._src.data.node import END
from gradtape._src.distributed import world
from gradtape._src.distributed.agreement import Proposal, agree
from gradtape._src.distributed.collectives import broadcast_object
from gradtape._src.distributed.gathering import counts_of


class InputContext:
    """The part of the data that a replica's dataset is to read.

    Args:
      num_input_pipelines: number of datasets.
      input_pipeline_id: the index of this one.
      num_replicas_in_sync: number of replicas.

    Example:
      >>> tf.distribute.InputContext(2, 1, 4).get_per_replica_batch_size(8)
      2
    """

    def __init__(self, num_input_pipelines: int = 1, input_pipeline_id: int = 0, num_replicas_in_sync: int = 1) -> None:
        self._pipelines, self._pipeline, self._replicas = num_input_pipelines, input_pipeline_id, num_replicas_in_sync

    @property
    def num_input_pipelines(self) -> int:
        """The number of datasets."""
        return self._pipelines

    @property
    def input_pipeline_id(self) -> int:
        """The index of this one."""
        return self._pipeline

    @property
    def num_replicas_in_sync(self) -> int:
        """The number of replicas."""
        return self._replicas

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """The size of a replica's batch.

        Args:
          global_batch_size: the size of all replicas' batches together.

        Returns:
          An int.

        Raises:
          ValueError: it is not divisible by the number of replicas.

        Example:
          >>> tf.distribute.InputContext(num_replicas_in_sync=2).get_per_replica_batch_size(8)
          4
        """
        if global_batch_size % self._replicas:
            raise ValueError(
                f"The `global_batch_size` {global_batch_size} is not divisible by `num_replicas_in_sync` "
                f"{self._replicas} "
            )
        return global_batch_size // self._replicas

    def __repr__(self) -> str:
        return f"tf.distribute.InputContext(input pipeline id {self._pipeline}, total: {self._pipelines})"


def part_of(rows: int, rank: int, size: int) -> slice:
    """A rank's rows of a global batch: consecutive ones, as many as the others' or one more."""
    each, more = divmod(rows, size)
    start = rank * each + min(rank, more)
    return slice(start, start + each + (rank < more))


def rows_of(batch: Any) -> int:
    """The number of examples in a batch."""
    return next((int(leaf.shape[0]) for leaf in nest.flatten(batch) if getattr(leaf, "ndim", 0)), 0)


def rows_within(batch: Any, part: slice) -> Any:
    """A slice of a batch."""
    return nest.map_structure(lambda leaf: leaf[part] if getattr(leaf, "ndim", 0) else leaf, batch)


def shuffle_alike(dataset: Any) -> None:
    """Gives random parts of a pipeline the first rank's seeds, so that all ranks get the same elements."""
    found: list[Any] = []
    waiting, seen = [getattr(dataset, "_node", None)], set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if hasattr(node, "seeds"):
            found.append(node.seeds)
        waiting += list(getattr(node, "inputs", ()))
        waiting += [
            value for value in vars(node).values() if hasattr(value, "cursor") and hasattr(value, "cardinality")
        ]
    state = broadcast_object([(one.key, one.high, one.drawn) for one in found])
    for one, (key, high, drawn) in zip(found, state, strict=True):
        one.key, one.high, one.drawn = key, high, drawn


def undivided(dataset: Any) -> Any:
    """The global batches of a distributed dataset, or of a dataset, made the same on all ranks."""
    if isinstance(dataset, DistributedDataset):
        return dataset._dataset
    shuffle_alike(dataset)
    return dataset


class DistributedDataset:
    """An iterable of a replica's batches; see `Strategy.experimental_distribute_dataset`.

    Args:
      dataset: a dataset of batches.
      rank: the replica's index.
      size: the number of replicas.
      whole: whether the batches are global, so that the replica takes its part.

    Example:
      >>> strategy = tf.distribute.MirroredStrategy()
      >>> distributed = strategy.experimental_distribute_dataset(tf.data.Dataset.range(4).batch(2))
      >>> len(list(distributed))
      2
    """

    def __init__(self, dataset: Any, rank: int, size: int, whole: bool) -> None:
        self._dataset, self._rank, self._size, self._whole = dataset, rank, size, whole
        self.of_replica: bool = size > 1 and not whole
        if size > 1 and whole:
            shuffle_alike(dataset)

    @property
    def element_spec(self) -> Any:
        """The type specification of the elements."""
        return self._dataset.element_spec

    def __len__(self) -> int:
        return len(self._dataset)

    def cardinality(self) -> Any:
        """The number of batches.

        Returns:
          An int64 scalar tensor; negative if unknown or infinite.

        Example:
          >>> strategy = tf.distribute.MirroredStrategy()
          >>> strategy.experimental_distribute_dataset(tf.data.Dataset.range(4).batch(2)).cardinality().numpy()
          np.int64(2)
        """
        return self._dataset.cardinality()

    def __iter__(self) -> Any:
        if self._size == 1:
            return iter(self._dataset)
        return _Parts(self) if self._whole else _Own(self)


class _Parts(Iterator):
    """The replica's parts of global batches."""

    def __init__(self, of: DistributedDataset) -> None:
        super().__init__(of._dataset._node)
        self._rank, self._size = of._rank, of._size

    def _advance(self) -> Any:
        batch = super()._advance()
        return batch if batch is END else rows_within(batch, part_of(rows_of(batch), self._rank, self._size))


class _Own(Iterator):
    """The replica's own batches, and empty batches while others still have some."""

    def __init__(self, of: DistributedDataset) -> None:
        super().__init__(of._dataset._node)

    def _advance(self) -> Any:
        batch = super()._advance()
        here = world.current()
        agree(here, Proposal("the next batch of a distributed dataset"))
        counts = counts_of(here, -1 if batch is END else rows_of(batch), "the next batch")
        if batch is END and counts.max() >= 0:
            return nest.map_structure(_without_examples, self.element_spec)
        return batch


def _without_examples(spec: Any) -> Any:
    shape = [0 if length is None else length for length in spec.shape]
    return tensor_from(np.zeros([0, *shape[1:]], spec.dtype.as_numpy_dtype)) if shape else as_tensor(0, spec.dtype)
