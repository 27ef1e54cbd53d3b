"""Data-parallel training: a tape and optimizers that exchange gradients, and broadcasts of variables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gradtape._engine.api.api import as_tensor, full_like
from gradtape._engine.diff.tape import zero_wanted
from gradtape._engine.record.primitive import fail_trace, is_recorded, is_traced
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.autodiff.custom_gradient import custom_gradient
from gradtape._src.autodiff.tape import GradientTape
from gradtape._src.core import nest, replication
from gradtape._src.core.records import opened
from gradtape._src.distributed.collectives import all_reduced, broadcast_all, check_same
from gradtape._src.distributed.compression import Compression, Wire
from gradtape._src.distributed.gradients import GradientExchange, exchange, name_of, proposal_for
from gradtape._src.distributed.reduction import Average, Combination, Reduction, Sum
from gradtape._src.distributed.world import World, current
from gradtape._src.ops.indexed_slices import IndexedSlices
from gradtape._src.optimizers.base import Optimizer


def _reduction(op: Combination, compression: Wire, predivide: float, size: int) -> Reduction:
    """The reduction of gradients; averages may be partly divided before the exchange."""
    if predivide == 1.0:
        return Reduction(op, compression)
    if op is not Average:
        raise ValueError("gradient_predivide_factor not supported with op != Average")
    return Reduction(Sum, compression, 1.0 / predivide, predivide / size)


class DistributedGradientTape:
    """A tape that averages or sums the gradients of all ranks.

    Gradients are exchanged in buckets during the reverse sweep. All ranks must request the same sources; each
    gets the same bits.

    Args:
      gradtape: the tape that records; a new one by default.
      device_dense, device_sparse: not used; there is one device.
      compression: how numbers are encoded, one of `Compression`.
      sparse_as_dense: whether IndexedSlices are exchanged as dense tensors.
      op: `Average` or `Sum`.
      gradient_predivide_factor: part of the division of averages that is done before the exchange.

    Raises:
      ValueError: a predivision for an op other than Average; `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> w = tf.Variable(3.0)
      >>> with tf.GradientTape() as tape:
      ...     loss = w * w
      >>> tape = tf.distributed.DistributedGradientTape(tape)
      >>> tape.gradient(loss, [w])[0].numpy()
      np.float32(6.0)
    """

    def __init__(
        self,
        gradtape: GradientTape | None = None,
        device_dense: str = "",
        device_sparse: str = "",
        compression: Wire = Compression.none,
        sparse_as_dense: bool = False,
        op: Combination = Average,
        gradient_predivide_factor: float = 1.0,
    ) -> None:
        self._world = current()
        self._tape = GradientTape() if gradtape is None else gradtape
        self._sparse_as_dense = sparse_as_dense
        self._reduction = _reduction(op, compression, gradient_predivide_factor, self._world.size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tape, name)

    def __enter__(self) -> DistributedGradientTape:
        self._tape.__enter__()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._tape.__exit__(kind, error, trace)

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: Any = "none"
    ) -> Any:
        """The average or sum of the gradients of the ranks' targets.

        Args:
          target, sources, output_gradients, unconnected_gradients: as for `GradientTape.gradient`; a source gets
            None if it has no gradient on any rank.

        Returns:
          In sources' structure, the gradients, the same bits on every rank.

        Raises:
          FailedPreconditionError: ranks request gradients of different sources.
          Other exceptions as `GradientTape.gradient` raises.

        Example:
          >>> tf.distributed.init()
          >>> w = tf.Variable([1.0, 2.0])
          >>> with tf.distributed.DistributedGradientTape() as tape:
          ...     loss = tf.reduce_sum(w * w)
          >>> tape.gradient(loss, w).numpy()
          array([2., 4.], dtype=float32)
        """
        zero = zero_wanted(unconnected_gradients)
        structure = opened(sources)
        flat = nest.flatten(structure)
        world = self._world
        if world.size > 1 and not is_traced():
            running = GradientExchange(world, proposal_for(flat, self._reduction))
            offered = running.offered

            def offer(place: int, gradient: Any) -> None:
                running.offer(place, self._sendable(gradient))

            self._tape._gradient_with_callback(target, flat, output_gradients, offer)
            found = running.finish()
        else:
            own = [self._sendable(one) for one in self._tape.gradient(target, flat, output_gradients)]
            found = exchange(world, own, flat, self._reduction)
            offered = dict(enumerate(own))
        if world.size > 1:
            found = self._differentiable(offered, found)
        if zero:
            found = [
                full_like(as_tensor(source), 0) if one is None else one for one, source in zip(found, flat, strict=True)
            ]
        return nest.pack_sequence_as(structure, found)

    def _sendable(self, gradient: Any) -> Any:
        if not isinstance(gradient, IndexedSlices):
            return gradient
        dense = self._sparse_as_dense or is_recorded(as_tensor(gradient.values))
        return as_tensor(gradient) if dense else gradient

    def _differentiable(self, own: dict[int, Any], found: list[Any]) -> list[Any]:
        """The results of an exchange as a function of this rank's gradients, where another tape records these."""
        places = [place for place, one in own.items() if isinstance(one, Tensor) and is_recorded(one)]
        if not places:
            return found
        places.sort()

        @custom_gradient
        def exchanged(*gradients: Any) -> Any:
            def gradient(*cotangents: Any) -> list[Any]:
                if self._reduction.op.mpi != "SUM":
                    raise LookupError(f"No gradient defined for an exchange of gradients with op {self._reduction.op}")
                names = tuple([f"the gradient of gradient {place}" for place in places])
                return list(all_reduced(self._reduction, names, list(cotangents)))

            return tuple([found[place] for place in places]), gradient

        found = list(found)
        for place, one in zip(places, exchanged(*[own[place] for place in places]), strict=True):
            found[place] = one
        return found


def DistributedOptimizer(
    optimizer: Optimizer,
    name: str | None = None,
    use_locking: bool = False,
    device_dense: str = "",
    device_sparse: str = "",
    compression: Wire = Compression.none,
    sparse_as_dense: bool = False,
    backward_passes_per_step: int = 1,
    op: Combination = Average,
    gradient_predivide_factor: float = 1.0,
    average_aggregated_gradients: bool = False,
) -> Optimizer:
    """Wraps an optimizer, so that it steps with the average or sum of the gradients of all ranks.

    Args:
      optimizer: the other optimizer, which is not changed.
      name: the new optimizer's name; "Distributed" and the other's name by default.
      use_locking, device_dense, device_sparse: not used.
      compression: how numbers are encoded, one of `Compression`.
      sparse_as_dense: whether IndexedSlices are exchanged as dense tensors.
      backward_passes_per_step: number of gradients that each rank accumulates before they are exchanged.
      op: `Average` or `Sum`.
      gradient_predivide_factor: part of the division of averages that is done before the exchange.
      average_aggregated_gradients: whether accumulated gradients are divided by their number.

    Returns:
      An optimizer of a class of the same name, which is derived from the other's.

    Raises:
      ValueError: a predivision for an op other than Average; `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> w = tf.Variable(3.0)
      >>> optimizer = tf.distributed.DistributedOptimizer(tf.optimizers.SGD(0.25))
      >>> _ = optimizer.apply_gradients([(tf.constant(4.0), w)])
      >>> float(w)
      2.0
    """
    world = current()
    made: Any = type(optimizer).from_config(optimizer.get_config() | {"name": name or f"Distributed{optimizer.name}"})
    if optimizer.built:
        made.build(optimizer._trainable_variables)
        made.set_weights(optimizer.variables)
    made.__class__ = _distributed_class(type(optimizer))
    made._exchange = _Exchanging(
        world,
        _reduction(op, compression, gradient_predivide_factor, world.size),
        sparse_as_dense,
        backward_passes_per_step,
        average_aggregated_gradients,
    )
    made._bind()
    return made


class _Exchanging:
    """The exchange of gradients before an optimizer's step."""

    def __init__(self, world: World, reduction: Reduction, as_dense: bool, passes: int, averaged: bool) -> None:
        self.world, self.reduction, self.as_dense = world, reduction, as_dense
        self.passes, self.averaged = passes, averaged
        self.sums: list[Any] = []
        self.seen = 0

    def of(self, gradients: Sequence[Any], variables: Sequence[Any]) -> list[Any] | None:
        """The gradients of all ranks; None if more are to be accumulated first."""
        given = [
            as_tensor(gradient) if self.as_dense and isinstance(gradient, IndexedSlices) else gradient
            for gradient in gradients
        ]
        if self.passes > 1:
            fail_trace("gradients are added up over several calls")
            self.sums = given if not self.seen else [_sum(*pair) for pair in zip(self.sums, given, strict=True)]
            self.seen += 1
            if self.seen < self.passes:
                return None
            given, self.sums, self.seen = self.sums, [], 0
            if self.averaged:
                given = [None if one is None else as_tensor(one) / float(self.passes) for one in given]
        return exchange(self.world, given, variables, self.reduction)


def _sum(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return one if other is None else other
    return as_tensor(one) + as_tensor(other)


_classes: dict[type, type] = {}


def _distributed_class(kind: type[Optimizer]) -> type:
    """A class derived from an optimizer's whose steps exchange gradients first."""
    if kind not in _classes:

        def exchanged(self: Any, grads: Sequence[Any], variables: Sequence[Any]) -> Any:
            return grads if replication.is_exchanged() else self._exchange.of(list(grads), list(variables))

        def apply(self: Any, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
            variables = self._trainable_variables if trainable_variables is None else list(trainable_variables)
            found = self._exchanged(grads, variables)
            if found is not None:
                with replication.Exchanged():
                    kind.apply(self, found, variables)

        methods = {"apply": apply, "_exchanged": exchanged, "__module__": kind.__module__}
        _classes[kind] = type(kind.__name__, (kind,), methods)
    return _classes[kind]


def broadcast_variables(variables: Iterable[Any], root_rank: int = 0) -> None:
    """Assigns one rank's values to the variables of all.

    Args:
      variables: the variables, the same ones on all ranks.
      root_rank: the rank.

    Raises:
      FailedPreconditionError: ranks have different variables.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.broadcast_variables([tf.Variable(1.0)])
    """
    listed = list(variables)
    names = [name_of(variable) for variable in listed]
    found = broadcast_all([as_tensor(variable) for variable in listed], root_rank, names)
    for variable, value in zip(listed, found, strict=True):
        variable.assign(value)


def check_variables(variables: Iterable[Any]) -> None:
    """Checks that variables have the same bits on all ranks.

    Args:
      variables: the variables, the same ones on all ranks.

    Raises:
      FailedPreconditionError: they differ; the message names the first one.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.check_variables([tf.Variable(1.0)])
    """
    listed = list(variables)
    check_same([(name_of(variable), as_tensor(variable)) for variable in listed])
