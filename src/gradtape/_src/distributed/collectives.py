"""Collective operations on tensors: reductions, gathering and broadcasting."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradtape._engine.api.api import as_tensor, empty, full_like, tensor_from, view
from gradtape._engine.record.primitive import as_effect, effect_kind, is_recorded
from gradtape._engine.tensor.sequence import held
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.autodiff.custom_gradient import custom_gradient
from gradtape._src.core import errors
from gradtape._src.distributed.agreement import Item, Proposal, agree, await_proposal, gathered
from gradtape._src.distributed.compression import Compression, Wire, bits_of
from gradtape._src.distributed.gathering import counts_of, gathered_rows
from gradtape._src.distributed.gradients import GRADIENTS, GradientExchange, exchange, of_one
from gradtape._src.distributed.reduction import Average, Combination, Max, Min, Reduction, Sum, buckets_of, reduction_of
from gradtape._src.distributed.world import World, current
from gradtape._src.ops.indexed_slices import IndexedSlices

EXCHANGES, _EXTERNAL = effect_kind("exchanges"), effect_kind("external")
_ALLREDUCE, _ALLGATHER, _BROADCAST = "allreduce", "allgather", "broadcast"
_ALLTOALL, _BARRIER, _CHECK = "alltoall", "barrier", "a check of values"


def _sent(tensor: Any) -> Tensor:
    """Converts a value to a tensor of a dtype that can be sent. Raises TypeError for strings."""
    try:
        return as_tensor(tensor)
    except errors.TextOperand:
        raise TypeError("Text does not travel as a tensor. Use broadcast_object or allgather_object.") from None


def _item(tensor: Tensor, name: str | None, rows: bool = False) -> Item:
    shape = tuple(tensor.shape)
    if rows:
        shape = (-1, *shape[1:])
    return Item(name or "tensor", tensor.dtype.name, shape)


def _request(world: World, request: Any, operation: str, length: int = 0) -> None:
    world.waiting.request(request, operation, length)


# Reductions


def _op_of(op: Combination | None, average: bool | None) -> Combination:
    if average is not None and op is not None:
        raise ValueError("The op parameter supersedes average. Please provide only one of them.")
    if average is not None:
        return Average if average else Sum
    return Average if op is None else op


def _check_reducible(tensor: Tensor, reduction: Reduction) -> None:
    if tensor.dtype.is_bool:
        raise errors.InvalidArgumentError(None, None, "bool tensors are not summed; cast them to tf.int32 first.")
    if tensor.dtype.is_complex and reduction.op in (Min, Max):
        raise errors.InvalidArgumentError(
            None, None, f"Complex numbers are not ordered, so {reduction.op} is not defined."
        )


def _reduce(reduction: Reduction, names: tuple[str, ...], *tensors: Tensor) -> list[Tensor]:
    world = current()
    if world.size == 1:
        return [reduction.of_one(tensor) for tensor in tensors]
    items = tuple([_item(tensor, name) for tensor, name in zip(tensors, names, strict=True)])
    agree(world, Proposal(_ALLREDUCE, reduction.details, items))
    return _reduced(world, reduction, items, tensors)


def _reduced(
    world: World, reduction: Reduction, items: tuple[Item, ...], tensors: Sequence[Tensor | None]
) -> list[Tensor]:
    """The reduction of tensors on which all have agreed; None means zeros."""
    buckets = buckets_of(items, (True,) * len(items), reduction)
    travelling = [bucket.start(world, [tensors[place] for place in bucket.places]) for bucket in buckets]
    results: list[Any] = list(tensors)  # those without elements are not sent
    for one in travelling:
        for place, tensor in zip(one.bucket.places, one.results(), strict=True):
            results[place] = tensor
    return results


def _reduction_function(reduction: Reduction, names: tuple[str, ...]) -> Callable[..., Any]:
    """The reduction as a differentiable function of tensors."""

    @custom_gradient
    def reduce_all_ranks(*tensors: Tensor) -> Any:
        # Shapes do not depend on values and sending cannot be undone, so that a compiled function may replay it.
        results = as_effect(EXCHANGES, _reduce, reduction, names, *tensors, writes=[])

        def gradient(*cotangents: Tensor) -> Any:
            if reduction.op.mpi != "SUM":
                raise LookupError(f"No gradient defined for allreduce with op {reduction.op}")
            return list(_reduction_function(reduction, names)(*cotangents))

        return tuple(results), gradient

    return reduce_all_ranks


def all_reduced(reduction: Reduction, names: tuple[str, ...], tensors: list[Tensor]) -> Any:
    """The reduction of tensors; differentiable."""
    if is_recorded(*tensors):
        return _reduction_function(reduction, names)(*tensors)
    return as_effect(EXCHANGES, _reduce, reduction, names, *tensors, writes=[])


def allreduce(
    tensor: Any,
    average: bool | None = None,
    device_dense: str = "",
    device_sparse: str = "",
    compression: Wire = Compression.none,
    op: Combination | None = None,
    prescale_factor: float = 1.0,
    postscale_factor: float = 1.0,
    name: str | None = None,
) -> Any:
    """Reduces the ranks' tensors, with the result on every rank; differentiable.

    Args:
      tensor: a tensor of the same shape and dtype on all ranks, or IndexedSlices, whose rows are gathered.
      average: whether the op is `Average`, else `Sum`; omitted if `op` is given.
      device_dense, device_sparse: not used; there is one device.
      compression: how floats are encoded, one of `Compression`.
      op: `Average` (the default), `Sum`, `Min`, `Max` or `Product`.
      prescale_factor, postscale_factor: factors of the tensor before, and of the result after the reduction.
      name: its name in errors.

    Returns:
      A tensor of the tensor's shape and dtype, the same bits on every rank, or IndexedSlices. Averages of integers are
      truncated towards 0.

    Raises:
      FailedPreconditionError: ranks have tensors of different shapes or dtypes, or do something else.
      ValueError: both op and average are given; `init` was not called.
      DeadlineExceededError: a rank does not take part in time.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.allreduce(tf.constant([1.0, 2.0]), op=tf.distributed.Sum).numpy()
      array([1., 2.], dtype=float32)
    """
    world = current()
    reduction = Reduction(_op_of(op, average), compression, float(prescale_factor), float(postscale_factor))
    if isinstance(tensor, IndexedSlices):
        if reduction.op not in (Average, Sum):
            raise NotImplementedError(
                f"IndexedSlices are averaged or added up; {reduction.op} of them is not computed."
            )
        if world.size == 1:
            return of_one(tensor, reduction)
        return exchange(world, [tensor], [tensor], reduction)[0]
    found = _sent(tensor)
    _check_reducible(found, reduction)
    return all_reduced(reduction, (name or "tensor",), [found])[0]


def grouped_allreduce(
    tensors: Sequence[Any],
    average: bool | None = None,
    device_dense: str = "",
    device_sparse: str = "",
    compression: Wire = Compression.none,
    op: Combination | None = None,
    prescale_factor: float = 1.0,
    postscale_factor: float = 1.0,
    name: str | None = None,
) -> list[Any]:
    """`allreduce` of several tensors, in fewer messages.

    Args:
      tensors: a list of tensors.
      average, device_dense, device_sparse, compression, op, prescale_factor, postscale_factor: as for `allreduce`.
      name: their name in errors, with their numbers.

    Returns:
      A list of tensors.

    Raises:
      FailedPreconditionError: ranks have different tensors, or do something else.
      ValueError: both op and average are given; `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> [t.numpy() for t in tf.distributed.grouped_allreduce([tf.constant(1.0), tf.constant(2)])]
      [np.float32(1.0), np.int32(2)]
    """
    reduction = Reduction(_op_of(op, average), compression, float(prescale_factor), float(postscale_factor))
    current()
    found = [_sent(tensor) for tensor in tensors]
    if not found:
        return []
    for tensor in found:
        _check_reducible(tensor, reduction)
    names = tuple([f"{name or 'tensor'}.{place}" for place in range(len(found))])
    return list(all_reduced(reduction, names, found))


# Rows of all ranks


def _gather(name: str | None, tensor: Tensor) -> Tensor:
    world = current()
    if world.size == 1:
        return tensor
    if tensor.ndim == 0:
        raise errors.InvalidArgumentError(None, None, "allgather takes tensors with at least one axis, got a scalar.")
    agree(world, Proposal(_ALLGATHER, (), (_item(tensor, name, True),)))
    return _gathered(world, view(tensor))


def _gathered(world: World, rows: np.ndarray) -> Tensor:
    return tensor_from(gathered_rows(world, rows, _ALLGATHER))


def allgather(tensor: Any, name: str | None = None) -> Tensor:
    """Concatenates the rows of the ranks' tensors on every rank; differentiable.

    Args:
      tensor: a tensor of at least one axis; all but the first are the same on all ranks.
      name: its name in errors.

    Returns:
      A tensor.

    Raises:
      FailedPreconditionError: ranks have tensors that do not fit, or do something else.
      InvalidArgumentError: the tensor is a scalar.
      ValueError: `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.allgather(tf.constant([[1.0], [2.0]])).shape
      TensorShape([2, 1])
    """
    current()
    return _allgather(name, _sent(tensor))


def _allgather(name: str | None, tensor: Tensor) -> Tensor:
    @custom_gradient
    def gather_rows(rows: Tensor) -> Any:
        result = as_effect(_EXTERNAL, _gather, name, rows)

        def gradient(cotangent: Tensor) -> Tensor:
            world = current()
            total = allreduce(cotangent, op=Sum, name=f"the gradient of {name or 'tensor'}")
            if world.size == 1:
                return total
            counts = counts_of(world, int(rows.shape[0]), _ALLGATHER)
            first = int(counts[: world.rank].sum())
            return total[first : first + int(counts[world.rank])]

        return result, gradient

    return gather_rows(tensor)


def allgather_object(obj: Any, name: str | None = None) -> list[Any]:
    """Gathers an object of every rank, by pickle.

    Args:
      obj: any object that can be pickled.
      name: not used.

    Returns:
      A list, by ranks.

    Raises:
      ValueError: `tf.distributed.init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.allgather_object({"loss": 0.5})
      [{'loss': 0.5}]
    """
    world = current()
    if world.size == 1:
        return [obj]
    agree(world, Proposal("allgather_object"))
    return [pickle.loads(data) for data in gathered(world, pickle.dumps(obj))]


# One rank's values


def _check_root(world: World, root_rank: int) -> None:
    if not 0 <= root_rank < world.size:
        raise ValueError(f"root_rank must be in [0, {world.size}), got {root_rank}.")


def broadcast_all(tensors: Sequence[Tensor], root_rank: int, names: Sequence[str]) -> list[Tensor]:
    """Broadcasts the tensors of one rank, which have the same shapes and dtypes on all."""
    world = current()
    _check_root(world, root_rank)
    if world.size == 1 or not tensors:
        return list(tensors)
    items = tuple([_item(tensor, name) for tensor, name in zip(tensors, names, strict=True)])
    agree(world, Proposal(_BROADCAST, (root_rank,), items))
    return _broadcast_agreed(world, items, root_rank, tensors)


def _broadcast_agreed(
    world: World, items: tuple[Item, ...], root_rank: int, tensors: Sequence[Tensor | None]
) -> list[Tensor]:
    found, requests = [], []
    for tensor, item in zip(tensors, items, strict=True):
        made, array = empty(item.shape, item.dtype)
        if tensor is not None:
            np.copyto(array, view(tensor))
        found.append(made)
        if array.size:
            requests.append(world.data.Ibcast(bits_of(array), root_rank))
    length = sum(view(tensor).nbytes for tensor in found)
    for request in requests:
        _request(world, request, _BROADCAST, length)
    return found


def _broadcast(root_rank: int, name: str, tensor: Tensor) -> Tensor:
    return broadcast_all([tensor], root_rank, [name])[0]


def broadcast(tensor: Any, root_rank: int, name: str | None = None) -> Tensor:
    """Sends one rank's tensor to every rank; differentiable.

    Args:
      tensor: a tensor of the same shape and dtype on all ranks.
      root_rank: the rank whose tensor it is.
      name: its name in errors.

    Returns:
      A tensor.

    Raises:
      FailedPreconditionError: ranks have tensors of different shapes or dtypes, or do something else.
      ValueError: the rank is out of range; `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.broadcast(tf.constant([1.0, 2.0]), root_rank=0).numpy()
      array([1., 2.], dtype=float32)
    """
    _check_root(current(), root_rank)

    @custom_gradient
    def from_root(value: Tensor) -> Any:
        result = as_effect(EXCHANGES, _broadcast, root_rank, name or "tensor", value, writes=[])

        def gradient(cotangent: Tensor) -> Tensor:
            total = allreduce(cotangent, op=Sum, name=f"the gradient of {name or 'tensor'}")
            return total if current().rank == root_rank else full_like(total, 0)

        return result, gradient

    return from_root(_sent(tensor))


def broadcast_object(obj: Any = None, root_rank: int = 0, session: Any = None, name: str | None = None) -> Any:
    """Sends one rank's object to every rank, by pickle.

    Args:
      obj: any object that can be pickled; ignored on other ranks.
      root_rank: the rank whose object it is.
      session, name: not used.

    Returns:
      The object: itself on its rank, copies on the others.

    Raises:
      ValueError: the rank is out of range; `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.broadcast_object({"epoch": 3})
      {'epoch': 3}
    """
    world = current()
    _check_root(world, root_rank)
    if world.size == 1:
        return obj
    agree(world, Proposal("broadcast_object", (root_rank,)))
    data = pickle.dumps(obj) if world.rank == root_rank else b""
    length = np.array([len(data)], np.int64)
    _request(world, world.control.Ibcast(length, root_rank), "broadcast_object")
    text = np.frombuffer(data, np.uint8).copy() if data else np.empty(int(length[0]), np.uint8)
    _request(world, world.control.Ibcast(text, root_rank), "broadcast_object")
    return obj if world.rank == root_rank else pickle.loads(text.tobytes())


# Rows for each rank


def alltoall(tensor: Any, splits: Any = None, name: str | None = None) -> Any:
    """Sends rows of each rank's tensor to each rank.

    Args:
      tensor: a tensor of at least one axis; all but the first are the same on all ranks.
      splits: number of rows for each rank; equal numbers by default.
      name: its name in errors.

    Returns:
      A tensor of the received rows, by ranks; if splits are given, also the number from each, an int32 tensor.

    Raises:
      InvalidArgumentError: the splits do not fit the tensor.
      FailedPreconditionError: ranks have tensors that do not fit, or do something else.
      ValueError: `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.alltoall(tf.constant([1.0, 2.0])).numpy()
      array([1., 2.], dtype=float32)
    """
    world, found = current(), _sent(tensor)
    if found.ndim == 0:
        raise errors.InvalidArgumentError(None, None, "alltoall takes tensors with at least one axis, got a scalar.")
    rows = int(found.shape[0])
    if splits is None:
        if rows % world.size:
            message = f"{rows} rows cannot be split evenly among {world.size} ranks; pass splits."
            raise errors.InvalidArgumentError(None, None, message)
        counts = np.full(world.size, rows // world.size, np.int64)
    else:
        counts = np.asarray(held(splits), np.int64)
        if counts.shape != (world.size,) or (counts < 0).any() or counts.sum() != rows:
            message = f"splits must be {world.size} numbers of rows that sum to {rows}, got {counts.tolist()}."
            raise errors.InvalidArgumentError(None, None, message)
    if world.size == 1:
        came, result = counts, found
    else:
        agree(world, Proposal(_ALLTOALL, (), (_item(found, name, True),)))
        came, result = _exchanged_rows(world, np.ascontiguousarray(view(found)), counts)
    return result if splits is None else (result, tensor_from(came.astype(np.int32)))


def _exchanged_rows(world: World, rows: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, Tensor]:
    came = np.empty_like(counts)
    _request(world, world.data.Ialltoall(counts, came), _ALLTOALL)
    width = int(np.prod(rows.shape[1:], dtype=np.int64))
    result = np.empty((int(came.sum()), *rows.shape[1:]), rows.dtype)

    def layout(numbers: np.ndarray) -> tuple[list[int], list[int]]:
        lengths = numbers * width
        return lengths.tolist(), (np.cumsum(lengths) - lengths).tolist()

    sent, received = [bits_of(rows), layout(counts)], [bits_of(result), layout(came)]
    _request(world, world.data.Ialltoallv(sent, received), _ALLTOALL, result.nbytes)
    return came, tensor_from(result)


# Synchronization


def barrier() -> None:
    """Returns when all ranks have called it.

    Raises:
      FailedPreconditionError: a rank does something else.
      ValueError: `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.barrier()
    """
    world = current()
    if world.size > 1:
        agree(world, Proposal(_BARRIER))


def join() -> int:
    """Waits, for a rank that has run out of data, until all have joined.

    Meanwhile it contributes zeros to the others' reductions; averages are over all ranks.

    Returns:
      The rank that joined last.

    Raises:
      FailedPreconditionError: ranks that have not joined perform an operation to which zeros cannot contribute.
      ValueError: `init` was not called.

    Example:
      >>> tf.distributed.init()
      >>> tf.distributed.join()
      0
    """
    world = current()
    if world.size == 1:
        return 0
    last = world.rank
    while True:
        proposal = await_proposal(world)
        if proposal is None:
            # Those that took part in the last exchange before this one joined after the others.
            found = np.array([last], np.int64)
            _request(world, world.data.Iallreduce(world.mpi.IN_PLACE, found, op=world.mpi.MAX), "join")
            return int(found[0])
        last = -1
        _take_part(world, proposal)


def _take_part(world: World, proposal: Proposal) -> None:
    """Takes part in the others' exchanges after this rank has joined."""
    if proposal.operation == GRADIENTS:
        GradientExchange(world, proposal, agreed=True).finish()
    elif proposal.operation == _ALLREDUCE:
        reduction = reduction_of(proposal.details)
        if reduction.op.mpi != "SUM":
            raise errors.FailedPreconditionError(
                None,
                None,
                f"allreduce with {reduction.op} was called while ranks have joined: zeros are no part of it.",
            )
        _reduced(world, reduction, proposal.items, [None] * len(proposal.items))
    elif proposal.operation == _ALLGATHER:
        item = proposal.items[0]
        _gathered(world, np.empty((0, *item.shape[1:]), item.dtype))
    elif proposal.operation == _BROADCAST:
        _broadcast_agreed(world, proposal.items, proposal.details[0], [None] * len(proposal.items))
    elif proposal.operation != _BARRIER:
        raise errors.FailedPreconditionError(
            None, None, f"{proposal.operation} was called while ranks have joined, which have no part in it."
        )


def check_same(named: Sequence[tuple[str, Tensor]]) -> None:
    """Raises FailedPreconditionError if tensors do not have the same bits on all ranks."""
    world = current()
    if world.size == 1:
        return
    sums = [zlib.crc32(np.ascontiguousarray(view(tensor)).view(np.uint8).data) for _, tensor in named]
    agree(world, Proposal(_CHECK, (), tuple([_item(tensor, name) for name, tensor in named])))
    own = np.array(sums, np.int64)
    theirs = np.empty((world.size, len(own)), np.int64)
    _request(world, world.data.Iallgather(own, theirs), _CHECK)
    for place, (name, _) in enumerate(named):
        different = np.flatnonzero(theirs[:, place] != theirs[0, place])
        if len(different):
            raise errors.FailedPreconditionError(
                None, None, f"'{name}' differs between ranks: rank {different[0]}'s value is not rank 0's."
            )
