"""Agreement of ranks on each exchange in advance: if they differ, all raise an error instead of deadlocking.

Before an exchange ranks reduce four numbers: a hash of what each is about to exchange, its complement, and
two about ranks that have joined. The minimum of each shows whether all are equal. Only if they are not do
ranks exchange their proposals.
"""

from __future__ import annotations

import functools
import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradtape._src.core import errors
from gradtape._src.distributed.rings import Numbers

if TYPE_CHECKING:
    from gradtape._src.distributed.world import World

NOBODY = 2**62  # above every rank


class Item(NamedTuple):
    """A tensor of an exchange.

    Attributes:
      name: its name in errors.
      dtype: its dtype's name.
      shape: its shape, with -1 for sizes that may differ between ranks.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        size = ", ".join("?" if length < 0 else str(length) for length in self.shape)
        return f"'{self.name}', {self.dtype} [{size}]"


class Proposal(NamedTuple):
    """What a rank is about to exchange: an operation, its details, and tensors in order."""

    operation: str
    details: tuple[Any, ...] = ()
    items: tuple[Item, ...] = ()

    def __str__(self) -> str:
        many = f" of {len(self.items)} tensors" if len(self.items) != 1 else f" of {self.items[0]}"
        details = f" ({', '.join(map(str, self.details))})" if self.details else ""
        return f"{self.operation}{details}{many if self.items else ''}"

    def encoded(self) -> bytes:
        return json.dumps(self).encode()


def decoded(data: bytes) -> Proposal:
    """Decodes a proposal of another rank."""
    operation, details, items = json.loads(data)
    return Proposal(operation, tuple(details), tuple(Item(name, dtype, tuple(shape)) for name, dtype, shape in items))


def leaving() -> Proposal:
    """The proposal of a rank that exits."""
    return Proposal("the end of the program, or shutdown()")


class Disagreement(errors.FailedPreconditionError):
    """Ranks are about to exchange different things.

    Attributes:
      proposals: what each rank is about to exchange, None for those that have joined.
    """

    def __init__(self, message: str, proposals: list[Proposal | None]) -> None:
        super().__init__(None, None, message)
        self.proposals = proposals

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._message, self.proposals)


@functools.lru_cache(maxsize=4096)
def _hash(proposal: Proposal) -> int:
    return int.from_bytes(hashlib.blake2b(proposal.encoded(), digest_size=8).digest(), "big") >> 2  # below NOBODY


class _Smallest:
    """A pending reduction: the minimum of each of the ranks' numbers."""

    def __init__(self, world: World, *own: int) -> None:
        world.check_process()
        world.waiting.exchanges += 1
        self.numbers: Numbers | None = None
        if world.local_reductions is not None:
            self.numbers = Numbers(*own)
            self.request: Any = world.local_reductions.agreements.enter(self.numbers)
        else:
            self.least = np.array(own, np.int64)
            self.request = world.control.Iallreduce(world.mpi.IN_PLACE, self.least, op=world.mpi.MIN)

    def found(self) -> list[int]:
        """The minima, once the request is complete."""
        if self.numbers is None:
            return self.least.tolist()
        return list(map(min, *self.numbers.of_all))


class Agreement:
    """A pending agreement on a proposal."""

    def __init__(self, world: World, proposal: Proposal) -> None:
        self.world, self.proposal = world, proposal
        number = _hash(proposal)
        self.smallest = _Smallest(world, number, ~number, world.rank, 0)

    def finish(self) -> bool:
        """Waits until all ranks have proposed. Returns whether some have joined, which then know the proposal.

        Raises Disagreement if proposals differ.
        """
        self.world.waiting.request(self.smallest.request, self.proposal)
        number, complement, first, joined = self.smallest.found()
        if number != ~complement:
            _disagree(self.world, self.proposal)
        if joined < 0:
            _show(self.world, self.proposal, first)
            return True
        return False


def agree(world: World, proposal: Proposal) -> bool:
    """Makes ranks agree on a proposal. Returns whether some have joined; raises Disagreement if proposals differ."""
    return Agreement(world, proposal).finish()


def await_proposal(world: World) -> Proposal | None:
    """The others' proposal while this rank has joined; None if all have. Raises Disagreement if they differ."""
    smallest = _Smallest(world, NOBODY, NOBODY, NOBODY, -1)
    # A rank that has joined may wait as long as the others compute.
    world.waiting.request(smallest.request, "the ranks that have not joined")
    number, complement, first, _ = smallest.found()
    if first == NOBODY:
        return None
    if number != ~complement:
        _disagree(world, None)
    return _show(world, None, first)


def _show(world: World, proposal: Proposal | None, root: int) -> Proposal | None:
    """Broadcasts one rank's proposal."""
    data = proposal.encoded() if proposal is not None and world.rank == root else b""
    length = np.array([len(data)], np.int64)
    world.waiting.request(world.control.Ibcast(length, root), "the length of a proposal")
    text = np.frombuffer(data, np.uint8).copy() if data else np.empty(int(length[0]), np.uint8)
    world.waiting.request(world.control.Ibcast(text, root), "a proposal")
    return decoded(text.tobytes())


def gathered(world: World, data: bytes) -> list[bytes]:
    """Gathers bytes from every rank."""
    lengths = np.zeros(world.size, np.int64)
    own = np.array([len(data)], np.int64)
    world.waiting.request(world.control.Iallgather(own, lengths), "the lengths of messages")
    ends = np.cumsum(lengths)
    together = np.empty(int(ends[-1]), np.uint8)
    places = (ends - lengths).tolist()
    sent = np.frombuffer(data, np.uint8)
    received = [together, (lengths.tolist(), places), world.mpi.BYTE]
    world.waiting.request(world.control.Iallgatherv([sent, world.mpi.BYTE], received), "messages")
    return [together[place : place + length].tobytes() for place, length in zip(places, lengths.tolist(), strict=True)]


def _disagree(world: World, proposal: Proposal | None) -> None:
    """Gathers all proposals, and raises an error that describes their differences."""
    texts = gathered(world, b"" if proposal is None else proposal.encoded())
    proposals = [decoded(text) if text else None for text in texts]
    present = [(rank, one) for rank, one in enumerate(proposals) if one is not None]
    first_rank, first = present[0]
    rank, other = next((rank, one) for rank, one in present if one != first)
    raise Disagreement(_difference(first_rank, first, rank, other), proposals)


def _difference(rank: int, one: Proposal, other_rank: int, other: Proposal) -> str:
    """How two ranks' proposals differ, in words."""
    begin = "Ranks perform different exchanges: "
    if (one.operation, one.details) != (other.operation, other.details):
        return f"{begin}rank {rank} is at {one}, rank {other_rank} at {other}."
    names, others = [item.name for item in one.items], [item.name for item in other.items]
    for owner, mine, theirs, stranger in ((rank, names, others, other_rank), (other_rank, others, names, rank)):
        lacking = [name for name in mine if name not in theirs]
        if lacking:
            return f"{begin}{one.operation} has '{lacking[0]}' on rank {owner} and not on rank {stranger}."
    for place, (item, its) in enumerate(zip(one.items, other.items, strict=False)):
        if item != its:
            return f"{begin}tensor {place} of {one.operation} is {item} on rank {rank}, and {its} on rank {other_rank}."
    return f"{begin}{one.operation} has {len(names)} tensors on rank {rank} and {len(others)} on rank {other_rank}."
