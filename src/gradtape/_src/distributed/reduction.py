"""Reductions over the ranks, of one tensor or of many in buckets."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from gradtape._engine.api.api import empty, view
from gradtape._engine.tensor.tensor import Tensor
from gradtape._src.core.dtypes import as_dtype, bfloat16, float16
from gradtape._src.distributed.agreement import Item
from gradtape._src.distributed.compression import WIRES, Wire, bits_of, is_half
from gradtape._src.distributed.folding import Fold, Refine, unrefined

if TYPE_CHECKING:
    from gradtape._src.distributed.world import World

ALONE = 1 << 16  # bytes from which on a tensor is sent from its own storage; smaller ones are packed
BUCKET = 1 << 20  # bytes at which a bucket is full


class Combination(NamedTuple):
    """A reduction op.

    Attributes:
      name: its name.
      mpi: MPI's name for it.
      function: NumPy's, of two arrays.
    """

    name: str
    mpi: str
    function: np.ufunc

    def __repr__(self) -> str:
        return self.name


Average: Final = Combination("Average", "SUM", np.add)
Sum: Final = Combination("Sum", "SUM", np.add)
Min: Final = Combination("Min", "MIN", np.minimum)
Max: Final = Combination("Max", "MAX", np.maximum)
Product: Final = Combination("Product", "PROD", np.multiply)
OPS = {op.name: op for op in (Average, Sum, Min, Max, Product)}


class Reduction(NamedTuple):
    """A reduction of values.

    Attributes:
      op: the reduction op.
      wire: their encoding.
      before, after: factors before and after the exchange.
    """

    op: Combination
    wire: Wire = WIRES["none"]
    before: float = 1.0
    after: float = 1.0

    @property
    def details(self) -> tuple[Any, ...]:
        """The details on which ranks agree."""
        return (self.op.name, self.wire.name, self.before, self.after)

    def wire_of(self, dtype: str) -> Wire:
        """The encoding of a dtype: only floats are compressed."""
        return self.wire if dtype in ("float32", "float64") else WIRES["none"]

    def refine(self, array: np.ndarray, size: int) -> None:
        """Scales or decodes the result, in place."""
        if self.op is Average and size > 1:
            if array.dtype.kind in "iu":
                divisor = size if array.dtype.itemsize == 8 else np.int64(size)  # may exceed a short integer's range
                quotients, rests = np.divmod(array, divisor)
                np.add(quotients, (rests != 0) & (array < 0), out=array, casting="unsafe")  # towards 0
            else:
                np.divide(array, size, out=array, casting="unsafe")
        if self.after != 1.0:
            np.multiply(array, self.after, out=array, casting="unsafe")

    def prepared(self, array: np.ndarray) -> np.ndarray:
        """The array prepared for the reduction."""
        return array if self.before == 1.0 else (array * self.before).astype(array.dtype)

    def of_one(self, tensor: Tensor) -> Tensor:
        """The result with one rank."""
        if self.before == 1.0 and self.after == 1.0:
            return tensor
        made, array = empty(tuple(tensor.shape), tensor.dtype)
        np.copyto(array, self.prepared(view(tensor)))
        self.refine(array, 1)
        return made


def reduction_of(details: Sequence[Any]) -> Reduction:
    """The reduction described by another rank's details."""
    op, wire, before, after = details
    return Reduction(OPS[op], WIRES[wire], before, after)


class Bucket:
    """Tensors that are sent together: one from its own storage, or several that are packed.

    Attributes:
      places: the tensors' indices in the exchange.
    """

    def __init__(self, places: list[int], items: Sequence[Item], reduction: Reduction) -> None:
        self.places, self.reduction = places, reduction
        self.items = [items[place] for place in places]
        self.dtype = as_dtype(self.items[0].dtype)
        self.wire = reduction.wire_of(self.items[0].dtype)
        self.sizes = [int(np.prod(item.shape, dtype=np.int64)) for item in self.items]
        self.travels = self.wire.dtype or self.dtype.as_numpy_dtype
        self.code = {"fp16": float16.code, "bf16": bfloat16.code}.get(self.wire.name, self.dtype.code)
        self.direct = len(places) == 1 and self.wire.dtype is None and reduction.before == 1.0
        self.spare: list[np.ndarray] = []  # buffers for reuse

    def __str__(self) -> str:
        return f"the reduction of '{self.items[0].name}'"

    def start(self, world: World, tensors: Sequence[Tensor | None]) -> Travelling:
        """Starts the reduction of tensors, None for zeros."""
        world.sent += 1
        if self.direct and tensors[0] is not None:
            made, array = empty(self.items[0].shape, self.dtype)
            own = np.ascontiguousarray(view(tensors[0]))
            refine: Refine = functools.partial(self.reduction.refine, size=world.size)
            if world.local_reductions is None:
                request = self._sent(world, own, array)
            else:
                fold = self._fold(refine, world.size if self.reduction.op is Average else 1)
                request, refine = world.local_reductions.reduce(own, array, fold, alone=True), unrefined
            return Travelling(self, world, request, (own, tensors[0]), array, made, refine)
        buffer = self.spare.pop() if self.spare else np.empty(sum(self.sizes), self.travels)
        start = 0
        for tensor, size in zip(tensors, self.sizes, strict=True):
            part = buffer[start : start + size]
            if tensor is None:
                part[...] = 0
            else:
                part[...] = self.wire.encode(self.reduction.prepared(view(tensor).reshape(-1)))
            start += size
        if world.local_reductions is None:
            request = self._sent(world, buffer, buffer)
        else:
            request = world.local_reductions.reduce(buffer, buffer, self._fold(unrefined, 1), self.direct)
        return Travelling(self, world, request, None, buffer, None, unrefined)

    def _fold(self, refine: Refine, divisor: int) -> Fold:
        """The fold of encoded arrays."""
        reduction = self.reduction
        by_engine = (
            reduction.op.mpi == "SUM"
            and (refine is unrefined or reduction.after == 1.0)
            and (divisor == 1 or not self.dtype.is_complex)
        )
        combine = functools.partial(self.wire.apply, reduction.op.function)
        return Fold(combine, refine, self.code if by_engine else -1, divisor)

    def _sent(self, world: World, own: np.ndarray, out: np.ndarray) -> Any:
        """Starts to reduce encoded arrays, in place or not, by messages; returns a request."""
        op = _mpi_op(world, self.reduction.op, self.wire, out.dtype)
        return world.data.Iallreduce(world.mpi.IN_PLACE if own is out else bits_of(own), bits_of(out), op=op)


class Travelling:
    """A bucket being sent: one tensor, whose result is `made` and has to be refined, or several in `buffer`."""

    def __init__(
        self,
        bucket: Bucket,
        world: World,
        request: Any,
        held: Any,
        buffer: np.ndarray,
        made: Tensor | None,
        refine: Refine,
    ) -> None:
        self.bucket, self.world, self.request = bucket, world, request
        self.held, self.buffer, self.made, self.refine = held, buffer, made, refine

    def results(self) -> list[Tensor]:
        """Waits for the bucket, and returns its reduced tensors."""
        bucket = self.bucket
        self.world.waiting.request(self.request, bucket, self.buffer.nbytes)
        self.held = self.request = None
        if self.made is not None:
            self.refine(self.buffer)
            return [self.made]
        found, start = [], 0
        for item, size in zip(bucket.items, bucket.sizes, strict=True):
            made, array = empty(item.shape, bucket.dtype)
            bucket.wire.decode(self.buffer[start : start + size].reshape(item.shape), array)
            bucket.reduction.refine(array, self.world.size)
            found.append(made)
            start += size
        bucket.spare.append(self.buffer)
        return found


@functools.lru_cache(maxsize=256)
def buckets_of(items: tuple[Item, ...], chosen: tuple[bool, ...], reduction: Reduction) -> tuple[Bucket, ...]:
    """The buckets of selected tensors of an exchange, in the order in which they are sent.

    The last tensors are sent first, as reverse accumulation computes their gradients first.
    """
    made: list[list[int]] = []
    filling: dict[str, tuple[list[int], int]] = {}
    for place in reversed(range(len(items))):
        item = items[place]
        wire = reduction.wire_of(item.dtype)
        count = int(np.prod(item.shape, dtype=np.int64))
        if not chosen[place] or count == 0:
            continue
        length = count * np.dtype(wire.dtype or as_dtype(item.dtype).as_numpy_dtype).itemsize
        if length >= ALONE:
            made.append([place])
            continue
        places, filled = filling.get(item.dtype, ([], 0))
        places.append(place)
        filling[item.dtype] = places, filled + length
        if filled + length >= BUCKET:
            made.append(filling.pop(item.dtype)[0])
    made += [places for places, _ in filling.values()]
    return tuple(Bucket(places, items, reduction) for places in made)


_own_ops: dict[tuple[str, np.dtype, bool], Any] = {}


def _mpi_op(world: World, op: Combination, wire: Wire, dtype: np.dtype) -> Any:
    """MPI's operation, or one of NumPy's function: for half precision, and as MPI's extremes may ignore NaN."""
    encoded = wire.dtype is not None
    if not encoded and not is_half(dtype) and (op.function in (np.add, np.multiply) or dtype.kind in "iu"):
        return getattr(world.mpi, op.mpi)
    key = op.mpi, dtype, encoded and not is_half(dtype)
    if key not in _own_ops:

        def combine(came: Any, there: Any, _: Any) -> None:
            own = np.frombuffer(there, dtype)
            wire.apply(op.function, np.frombuffer(came, dtype), own, own)

        _own_ops[key] = world.mpi.Op.Create(combine, commute=True)
    return _own_ops[key]
