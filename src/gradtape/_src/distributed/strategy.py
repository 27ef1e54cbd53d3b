"""Distribution strategies, in which each process is a replica."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any

from gradtape._engine.api.api import apply_cast, as_tensor
from gradtape._src.core import nest, replication
from gradtape._src.core.replication import VariableAggregation
from gradtape._src.distributed import collectives, world
from gradtape._src.distributed.cluster import ClusterResolver
from gradtape._src.distributed.datasets import DistributedDataset, InputContext, undivided
from gradtape._src.distributed.gradients import exchange
from gradtape._src.distributed.reduction import Average, Reduction, Sum
from gradtape._src.ops.elementwise import divide_no_nan
from gradtape._src.ops.reductions import reduce_mean, reduce_sum
from gradtape._src.ops.shapes import transpose
from gradtape._src.state.variable import Variable


class ReduceOp(enum.Enum):
    """Reductions of replicas' values.

    Raises:
      ValueError: no member has the value.

    Example:
      >>> tf.distribute.ReduceOp.SUM.value
      'SUM'
    """

    SUM = "SUM"
    MEAN = "MEAN"


def _reduce_op(reduce_op: Any) -> ReduceOp:
    return ReduceOp(reduce_op.upper()) if isinstance(reduce_op, str) else ReduceOp(reduce_op)


class Strategy:
    """Base class of distribution strategies, in which each process is a replica.

    Variables created in a strategy's scope start with the first replica's values. Optimizers that step within
    `run` sum the gradients of all replicas, so that losses are to be divided by the global batch size, as
    `tf.nn.compute_average_loss` does.

    Attributes:
      num_replicas_in_sync: number of replicas whose gradients are summed.

    Example:
      >>> strategy = tf.distribute.get_strategy()
      >>> strategy.run(lambda x: x + 1.0, (tf.constant(2.0),)).numpy()
      np.float32(3.0)
    """

    is_default = False  # whether it is the default strategy

    def __init__(self) -> None:
        self._count = 1
        self._rank = 0
        self._share: Variable | None = None
        self._present: Variable | None = None
        self._parts = False  # whether a replica computes its part of a global batch

    @property
    def num_replicas_in_sync(self) -> int:
        """The number of replicas whose gradients are summed."""
        return self._count

    @property
    def cluster_resolver(self) -> ClusterResolver | None:
        """The task that this process is, for strategies of several processes; else None."""
        return None

    def scope(self) -> Any:
        """A context manager in which variables, optimizers and models belong to the strategy.

        Returns:
          A context manager, which gives the strategy.

        Raises:
          RuntimeError: another strategy's scope is open.

        Example:
          >>> strategy = tf.distribute.MirroredStrategy()
          >>> with strategy.scope():
          ...     print(tf.distribute.has_strategy(), tf.distribute.in_cross_replica_context())
          True True
        """
        other = replication.current()
        if other is not None and other is not self and not other.is_default:
            raise RuntimeError(f"Mixing different tf.distribute.Strategy objects: {self} is not {other}")
        return replication.Entered(self, False)

    def run(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
        options: Any = None,
    ) -> Any:
        """Calls a function as this process's replica.

        Args:
          fn: the function.
          args, kwargs: its arguments.
          options: not used.

        Returns:
          What the function returns on this replica.

        Raises:
          RuntimeError: it is called within a replica.

        Example:
          >>> strategy = tf.distribute.MirroredStrategy()
          >>> strategy.run(lambda x, y: x * y, args=(tf.constant(2.0),), kwargs={"y": 3.0}).numpy()
          np.float32(6.0)
        """
        if replication.is_replica():
            raise RuntimeError("Method requires being in cross-replica context, use get_replica_context().merge_call()")
        with replication.Entered(self, True):
            return fn(*args, **(kwargs or {}))

    def reduce(self, reduce_op: Any, value: Any, axis: int | None) -> Any:
        """Reduces the replicas' values.

        Args:
          reduce_op: a ReduceOp, or its name.
          value: the result of `run`, a structure of tensors.
          axis: an axis over which each replica's value is reduced first, or None. Means over an axis weight each
            element equally, regardless of its replica.

        Returns:
          A structure of tensors, the same on all replicas.

        Raises:
          ValueError: the op is unknown.

        Example:
          >>> strategy = tf.distribute.MirroredStrategy()
          >>> strategy.reduce("SUM", tf.constant([1.0, 2.0]), axis=0).numpy()
          np.float32(3.0)
        """
        op = _reduce_op(reduce_op)
        return nest.map_structure(lambda one: self._reduced(op, one, axis), value)

    def _reduced(self, op: ReduceOp, value: Any, axis: int | None) -> Any:
        if axis is None:
            if self._count == 1:
                return value
            return collectives.allreduce(value, op=Sum if op is ReduceOp.SUM else Average, name="reduce")
        tensor = as_tensor(value)
        if self._count == 1:
            return reduce_sum(tensor, axis) if op is ReduceOp.SUM else reduce_mean(tensor, axis)
        total = collectives.allreduce(reduce_sum(tensor, axis), op=Sum, name="reduce")
        if op is ReduceOp.SUM:
            return total
        count = collectives.allreduce(as_tensor(int(tensor.shape[axis])), op=Sum, name="reduce.count")
        return total / as_tensor(count.numpy(), total.dtype) if not total.dtype.is_integer else total // count

    def gather(self, value: Any, axis: int) -> Any:
        """Concatenates the replicas' values along an axis.

        Args:
          value: the result of `run`, a structure of tensors.
          axis: the axis.

        Returns:
          A structure of tensors, the same on all replicas.

        Example:
          >>> strategy = tf.distribute.MirroredStrategy()
          >>> strategy.gather(tf.constant([[1.0, 2.0]]), axis=0).shape
          TensorShape([1, 2])
        """
        return nest.map_structure(lambda one: self._gathered(one, axis), value)

    def _gathered(self, value: Any, axis: int) -> Any:
        if self._count == 1:
            return value
        tensor = as_tensor(value)
        axis = axis + tensor.ndim if axis < 0 else axis
        if axis == 0:
            return collectives.allgather(tensor, name="gather")
        order = [axis, *(place for place in range(tensor.ndim) if place != axis)]
        together = collectives.allgather(transpose(tensor, order), name="gather")
        return transpose(together, [order.index(place) for place in range(tensor.ndim)])

    def group(self, value: Any, name: str | None = None) -> None:
        """Does nothing, as ops are executed immediately.

        Args:
          value, name: not used.

        Example:
          >>> tf.distribute.get_strategy().group(None)
        """

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The values of this process's only replica.

        Args:
          value: the result of `run`.

        Returns:
          A tuple of the value.

        Example:
          >>> tf.distribute.get_strategy().experimental_local_results(3)
          (3,)
        """
        return (value,)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """Splits the batches of a dataset, which has the same elements on all replicas, among replicas.

        Each replica takes consecutive examples of every batch, as many as the others or one more, so training on any
        number of replicas sees the same batches. Shuffling without a seed is made the same on all replicas.

        Args:
          dataset: a dataset of batches of the global size.
          options: not used.

        Returns:
          An iterable of this replica's parts; the dataset itself under the default strategy.

        Example:
          >>> strategy = tf.distribute.MirroredStrategy()
          >>> dataset = tf.data.Dataset.range(5).batch(2)
          >>> [part.numpy().tolist() for part in strategy.experimental_distribute_dataset(dataset)]
          [[0, 1], [2, 3], [4]]
        """
        return DistributedDataset(dataset, self._rank, self._count, True)

    def distribute_datasets_from_function(self, dataset_fn: Callable[[InputContext], Any], options: Any = None) -> Any:
        """Creates a dataset for each replica.

        Replicas whose datasets end first get empty batches until all have ended.

        Args:
          dataset_fn: a function from an InputContext to a dataset of batches of the replica's size.
          options: not used.

        Returns:
          An iterable of this replica's batches.

        Example:
          >>> strategy = tf.distribute.MirroredStrategy()
          >>> def make(context):
          ...     size = context.get_per_replica_batch_size(4)
          ...     dataset = tf.data.Dataset.range(6)
          ...     return dataset.shard(context.num_input_pipelines, context.input_pipeline_id).batch(size)
          >>> [batch.numpy().tolist() for batch in strategy.distribute_datasets_from_function(make)]
          [[0, 1, 2, 3], [4, 5]]
        """
        dataset = dataset_fn(InputContext(self._count, self._rank, self._count))
        return DistributedDataset(dataset, self._rank, self._count, False)

    experimental_distribute_datasets_from_function = distribute_datasets_from_function

    def experimental_distribute_values_from_function(self, value_fn: Callable[[Any], Any]) -> Any:
        """Creates a value for each replica.

        Args:
          value_fn: a function from a ValueContext to the value.

        Returns:
          The value of this process's replica.

        Example:
          >>> strategy = tf.distribute.MirroredStrategy()
          >>> strategy.experimental_distribute_values_from_function(lambda c: c.replica_id_in_sync_group)
          0
        """
        return value_fn(ValueContext(self._rank, self._count))

    # The interface of lower modules

    def _first_value(self, value: Any, name: str) -> Any:
        """The first replica's value."""
        return collectives.broadcast_all([as_tensor(value)], 0, [name])[0]

    def _alike(self, value: Any) -> Any:
        """The first replica's plain data."""
        return collectives.broadcast_object(value)

    def _undivided(self, dataset: Any) -> Any:
        """The global batches of a dataset, the same on all replicas."""
        return undivided(dataset)

    def _totals(self, values: list[Any]) -> list[Any]:
        """Sums tensors over the replicas; differentiable."""
        return collectives.grouped_allreduce(values, op=Sum, name="total")

    def _aggregated(self, value: Any, aggregation: VariableAggregation, name: str) -> Any:
        """Aggregates the replicas' values of a variable; differentiable."""
        if aggregation is VariableAggregation.ONLY_FIRST_REPLICA:
            return collectives.broadcast(value, 0, name)
        return collectives.allreduce(value, op=Sum if aggregation is VariableAggregation.SUM else Average, name=name)

    def _shared(self, loss: Any) -> Any:
        """A replica's mean loss times its share of the global batch."""
        if self._share is None:
            return loss * (1.0 / self._count)
        return loss * apply_cast(self._share, loss.dtype)

    def _by_weight(self, loss: Any, weight: Any) -> Any:
        """A replica's loss, of which its share of the global batch is its part of the loss of that.

        `loss` is a sum, or if a weight is given a mean, of which this is the weight.
        """
        share = self._shared(as_tensor(1.0, loss.dtype))
        part = self._presence(loss.dtype)
        if weight is not None:
            own = apply_cast(weight, loss.dtype) * part
            part = divide_no_nan(own, self._totals([own])[0])
        return loss * divide_no_nan(part, share)

    def _presence(self, dtype: Any) -> Any:
        """1, or 0 on a replica without examples of the global batch, which runs with a placeholder."""
        return as_tensor(1.0, dtype) if self._present is None else apply_cast(self._present, dtype)

    def _set_share(self, examples: int, of: int) -> None:
        """Sets the number of examples of the global batch that the replica has."""
        if self._share is None:
            with replication.Entered(None, False):
                self._share, self._present = (
                    Variable(1.0, trainable=False, name=name) for name in ("share", "present")
                )
        assert self._share is not None and self._present is not None
        self._share.assign(examples / of)
        self._present.assign(float(examples > 0))

    def _summed(self, gradients: list[Any], variables: list[Any]) -> list[Any]:
        return exchange(world.current(), gradients, variables, Reduction(Sum))


class ValueContext:
    """The replica that a value is for.

    Args:
      replica_id_in_sync_group: its index.
      num_replicas_in_sync: number of replicas.

    Example:
      >>> tf.distribute.experimental.ValueContext(1, 4).replica_id_in_sync_group
      1
    """

    def __init__(self, replica_id_in_sync_group: int = 0, num_replicas_in_sync: int = 1) -> None:
        self.replica_id_in_sync_group = replica_id_in_sync_group
        self.num_replicas_in_sync = num_replicas_in_sync


class _Default(Strategy):
    """The strategy of programs that do not use one."""

    is_default = True

    def scope(self) -> Any:
        """A context manager without effect."""
        return replication.Entered(replication.current() or self, replication.is_replica())

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """The dataset itself."""
        return dataset


class OneDeviceStrategy(Strategy):
    """A strategy of one replica.

    Args:
      device: not used; there is one.

    Example:
      >>> tf.distribute.OneDeviceStrategy("/cpu:0").num_replicas_in_sync
      1
    """

    def __init__(self, device: Any) -> None:
        super().__init__()


class MultiWorkerMirroredStrategy(Strategy):
    """A strategy in which each process started by MPI's launcher is a replica; a single replica without a launcher.

    Args:
      cluster_resolver, communication_options: not used; MPI's launcher knows the processes and how they communicate.

    Raises:
      ImportError: several processes were started, and mpi4py is not installed.

    Example:
      >>> strategy = tf.distribute.MultiWorkerMirroredStrategy()
      >>> strategy.num_replicas_in_sync
      1
    """

    _cluster_resolver: ClusterResolver | None = None

    def __init__(self, cluster_resolver: Any = None, communication_options: Any = None) -> None:
        super().__init__()
        self._begin()
        self._cluster_resolver = ClusterResolver(self._rank, self._count)

    @property
    def cluster_resolver(self) -> ClusterResolver | None:
        """The task that this process is: a `ClusterResolver` with its `task_type` and `task_id`."""
        return self._cluster_resolver

    def _begin(self) -> None:
        world.init()
        self._count, self._rank = world.size(), world.rank()
        if self._count > 1:
            replication.note_several()


class MirroredStrategy(MultiWorkerMirroredStrategy):
    """A strategy in which each process started by MPI's launcher is a replica; a single replica without a launcher.

    Args:
      devices: not used, but more than one device is refused: a process is one replica.
      cross_device_ops: not used.

    Raises:
      ValueError: more than one device is given.
      ImportError: several processes were started, and mpi4py is not installed.

    Example:
      >>> strategy = tf.distribute.MirroredStrategy()
      >>> strategy.num_replicas_in_sync
      1
    """

    def __init__(self, devices: Any = None, cross_device_ops: Any = None) -> None:
        Strategy.__init__(self)
        if isinstance(devices, list | tuple) and len(devices) > 1:
            raise ValueError(
                f"A process is one replica, got the devices {list(devices)}. Start as many processes: "
                f"mpiexec -n {len(devices)} python program.py"
            )
        self._begin()


_default = _Default()


def get_strategy() -> Strategy:
    """The strategy whose scope is open, or the default one.

    Returns:
      A Strategy.

    Example:
      >>> strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
      >>> with strategy.scope():
      ...     tf.distribute.get_strategy() is strategy
      True
    """
    return replication.current() or _default


def has_strategy() -> bool:
    """Whether a strategy's scope is open, other than the default one's.

    Returns:
      A bool.

    Example:
      >>> tf.distribute.has_strategy()
      False
    """
    return not get_strategy().is_default


def in_cross_replica_context() -> bool:
    """Whether a strategy's scope is open, outside of replicas.

    Returns:
      A bool.

    Example:
      >>> tf.distribute.in_cross_replica_context()
      False
    """
    return replication.is_across()


class ReplicaContext:
    """The current replica.

    Args:
      strategy: its strategy.
      replica_id_in_sync_group: its index.

    Example:
      >>> strategy = tf.distribute.MirroredStrategy()
      >>> strategy.run(lambda: int(tf.distribute.get_replica_context().replica_id_in_sync_group))
      0
    """

    def __init__(self, strategy: Strategy, replica_id_in_sync_group: int) -> None:
        self._strategy, self._replica = strategy, replica_id_in_sync_group

    @property
    def strategy(self) -> Strategy:
        """Its strategy."""
        return self._strategy

    @property
    def num_replicas_in_sync(self) -> int:
        """The number of replicas whose gradients are summed."""
        return self._strategy.num_replicas_in_sync

    @property
    def replica_id_in_sync_group(self) -> Any:
        """The replica's index, an int32 scalar tensor."""
        return as_tensor(self._replica)

    @property
    def devices(self) -> tuple[str, ...]:
        """The names of the replica's devices: one, without a name."""
        return ("",)

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """Reduces the replicas' values; differentiable.

        Args:
          reduce_op: a ReduceOp, or its name.
          value: a structure of tensors.
          options: not used.

        Returns:
          A structure of tensors.

        Raises:
          ValueError: the op is unknown.

        Example:
          >>> strategy = tf.distribute.MirroredStrategy()
          >>> strategy.run(lambda: tf.distribute.get_replica_context().all_reduce("SUM", tf.constant(2.0))).numpy()
          np.float32(2.0)
        """
        op = _reduce_op(reduce_op)
        flat = [as_tensor(one) for one in nest.flatten(value)]
        if self.num_replicas_in_sync > 1:
            flat = collectives.grouped_allreduce(flat, op=Sum if op is ReduceOp.SUM else Average, name="all_reduce")
        return nest.pack_sequence_as(value, flat)

    def all_gather(self, value: Any, axis: int, options: Any = None) -> Any:
        """Concatenates the replicas' values along an axis.

        Args:
          value: a structure of tensors.
          axis: the axis.
          options: not used.

        Returns:
          A structure of tensors.

        Example:
          >>> strategy = tf.distribute.MirroredStrategy()
          >>> strategy.run(lambda: tf.distribute.get_replica_context().all_gather(tf.constant([2.0]), 0)).shape
          TensorShape([1])
        """
        return nest.map_structure(lambda one: self._strategy._gathered(as_tensor(one), axis), value)

    def merge_call(
        self, merge_fn: Callable[..., Any], args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Calls a function outside of replicas.

        Args:
          merge_fn: a function of the strategy and other arguments.
          args, kwargs: these.

        Returns:
          What it returns.

        Example:
          >>> strategy = tf.distribute.MirroredStrategy()
          >>> def step():
          ...     return tf.distribute.get_replica_context().merge_call(
          ...         lambda strategy: tf.distribute.in_cross_replica_context()
          ...     )
          >>> strategy.run(step)
          True
        """
        with replication.Entered(self._strategy, False):
            return merge_fn(self._strategy, *args, **(kwargs or {}))


def get_replica_context() -> ReplicaContext | None:
    """The current replica.

    Returns:
      A ReplicaContext; None within a strategy's scope, outside of `run`.

    Example:
      >>> int(tf.distribute.get_replica_context().replica_id_in_sync_group)
      0
    """
    if in_cross_replica_context():
        return None
    strategy = get_strategy()
    return ReplicaContext(strategy, strategy._rank)
