"""Exchange of gradients among ranks, during the reverse sweep or after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradtape._engine.api.api import as_tensor, full, tensor_from
from gradtape._engine.record.primitive import as_effect, effect_kind, fail_trace
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import as_dtype
from gradtape._src.distributed.agreement import Agreement, Item, Proposal
from gradtape._src.distributed.folding import Fold
from gradtape._src.distributed.gathering import gathered_rows
from gradtape._src.distributed.reduction import Bucket, Reduction, Travelling, buckets_of, reduction_of
from gradtape._src.ops.indexed_slices import IndexedSlices

if TYPE_CHECKING:
    from gradtape._src.distributed.world import World

EXCHANGES = effect_kind("exchanges")
GRADIENTS = "the exchange of gradients"
KINDS = ("none", "sparse", "dense")  # in increasing order: if ranks differ, the last of their kinds is used


def kind_of(gradient: Any) -> int:
    """How a gradient is exchanged, a number of KINDS."""
    if gradient is None:
        return 0
    return 1 if isinstance(gradient, IndexedSlices) else 2


def name_of(variable: Any) -> str:
    """The name of a variable in errors; its path if it has one, as layers' names of variables repeat."""
    return str(getattr(variable, "path", None) or getattr(variable, "name", "tensor"))


def proposal_for(variables: Sequence[Any], reduction: Reduction) -> Proposal:
    """The proposal on which ranks agree before they exchange the gradients of variables."""
    items = [Item(name_of(variable), variable.dtype.name, tuple(variable.shape)) for variable in variables]
    return Proposal(GRADIENTS, reduction.details, tuple(items))


class GradientExchange:
    """One exchange of the gradients of some variables.

    `offer` receives each gradient. If an earlier exchange of these variables has shown which of them have dense
    gradients, a bucket is sent as soon as all of its gradients were offered and all buckets before it were sent,
    which is the same order on all ranks. Then ranks exchange which gradients they have, and send the others.
    Missing gradients of a rank are zeros; a gradient that is dense on one rank is dense on all.
    """

    def __init__(self, world: World, proposal: Proposal, agreed: bool = False) -> None:
        self.world, self.proposal = world, proposal
        self.agreement = None if agreed else Agreement(world, proposal)
        self.reduction = reduction_of(proposal.details)
        self.offered: dict[int, Any] = {}
        self.kinds = world.kinds.get(proposal, (0,) * len(proposal.items))
        self.buckets = self._buckets(self.kinds)
        self.bucket_of = {place: number for number, bucket in enumerate(self.buckets) for place in bucket.places}
        self.lacking = [len(bucket.places) for bucket in self.buckets]
        self.travelling: list[Travelling] = []

    def _buckets(self, kinds: Sequence[int]) -> tuple[Bucket, ...]:
        return buckets_of(self.proposal.items, tuple([kind == 2 for kind in kinds]), self.reduction)

    def agreed(self) -> None:
        """Waits until all ranks have reached this exchange."""
        if self.agreement is not None:
            agreement, self.agreement = self.agreement, None
            agreement.finish()

    def offer(self, place: int, gradient: Any) -> None:
        """Offers the gradient of one variable."""
        self.offered[place] = gradient
        number = self.bucket_of.get(place)
        if number is not None:
            self.lacking[number] -= 1
            self.send()

    def send(self) -> None:
        """Sends complete buckets, and lets MPI progress those that were sent."""
        for travelling in self.travelling:
            travelling.request.Test()
        while len(self.travelling) < len(self.buckets) and self.lacking[len(self.travelling)] == 0:
            self.agreed()
            self.travelling.append(self._sent(self.buckets[len(self.travelling)]))

    def _sent(self, bucket: Bucket) -> Travelling:
        return bucket.start(self.world, [dense_of(self.offered.get(place)) for place in bucket.places])

    def finish(self) -> list[Any]:
        """Sends zeros for gradients that were not offered, and returns all results, None if no rank has a gradient."""
        world, count = self.world, len(self.proposal.items)
        self.agreed()
        self.lacking = [0] * len(self.buckets)
        self.send()
        found = np.zeros(count, np.int8)
        for place, gradient in self.offered.items():
            found[place] = kind_of(gradient)
        if world.local_reductions is None:
            request = world.data.Iallreduce(world.mpi.IN_PLACE, found, op=world.mpi.MAX)
        else:
            request = world.local_reductions.reduce(found, found, Fold(np.maximum), alone=False)
        world.waiting.request(request, GRADIENTS)
        kinds = found.tolist()
        late = tuple([kind if self.kinds[place] != 2 else 0 for place, kind in enumerate(kinds)])
        self.travelling += [self._sent(bucket) for bucket in self._buckets(late)]
        world.kinds[self.proposal] = tuple([max(both) for both in zip(self.kinds, kinds, strict=True)])
        results: list[Any] = [None] * count
        for travelling in self.travelling:
            for place, tensor in zip(travelling.bucket.places, travelling.results(), strict=True):
                results[place] = tensor if kinds[place] else None
        for place, item in enumerate(self.proposal.items):
            if late[place] == 1:
                results[place] = self._gathered(item, self.offered.get(place))
            elif kinds[place] and results[place] is None:
                results[place] = full(item.shape, 0, as_dtype(item.dtype))
        return results

    def _gathered(self, item: Item, gradient: Any) -> IndexedSlices:
        """The rows of all ranks."""
        if gradient is None:
            rows: np.ndarray = np.zeros((0, *item.shape[1:]), as_dtype(item.dtype).as_numpy_dtype)
            indices = np.zeros(0, np.int64)
        else:
            rows, indices = np.asarray(gradient.values), np.asarray(gradient.indices).astype(np.int64)
        rows = gathered_rows(self.world, self.reduction.prepared(rows), f"the rows of '{item.name}'")
        self.reduction.refine(rows, self.world.size)
        indices = gathered_rows(self.world, indices, f"the indices of '{item.name}'")
        return IndexedSlices(tensor_from(rows), tensor_from(indices), as_tensor(list(item.shape)))


def dense_of(gradient: Any) -> Tensor | None:
    """Converts a gradient to a dense tensor."""
    return gradient if gradient is None or type(gradient) is Tensor else as_tensor(gradient)


def exchange(world: World, gradients: Sequence[Any], variables: Sequence[Any], reduction: Reduction) -> list[Any]:
    """Reduces the gradients of all ranks; None on this rank means zeros, unless it is None on all."""
    if world.size == 1:
        return [of_one(gradient, reduction) for gradient in gradients]
    if any(isinstance(gradient, IndexedSlices) for gradient in gradients):
        fail_trace("the ranks' numbers of rows may change")
    return as_effect(EXCHANGES, _exchange, world, list(variables), reduction, *gradients, writes=[])


def _exchange(world: World, variables: list[Any], reduction: Reduction, *gradients: Any) -> list[Any]:
    running = GradientExchange(world, proposal_for(variables, reduction))
    for place, gradient in enumerate(gradients):
        running.offer(place, gradient)
    return running.finish()


def of_one(gradient: Any, reduction: Reduction) -> Any:
    """The result of an exchange with one rank."""
    if gradient is None:
        return None
    if isinstance(gradient, IndexedSlices):
        if reduction.before == 1.0 and reduction.after == 1.0:
            return gradient
        return IndexedSlices(reduction.of_one(as_tensor(gradient.values)), gradient.indices, gradient.dense_shape)
    return reduction.of_one(as_tensor(gradient))
