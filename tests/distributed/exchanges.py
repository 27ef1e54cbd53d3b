"""The results of each exchange, compared with NumPy, and the errors when ranks differ."""

from __future__ import annotations

import functools
import hashlib
import math
from pathlib import Path

import numpy as np
import pytest

import gradtape as tf
from gradtape._src.distributed.world import current

hvd = tf.distributed
LONGEST_DRAWN = 99_991  # a prime, so that no two pieces of an array are alike
DTYPES = ("float32", "float64", "int32", "int64", "uint8", "float16", "complex64")


def of_rank(rank: int, shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    """What a rank sends: every rank can compute that of any other. Long arrays repeat random numbers."""
    rng = np.random.default_rng([rank, *shape])
    drawn = min(math.prod(shape), LONGEST_DRAWN)
    value = rng.integers(0, 9, drawn) if dtype[0] in "iu" else rng.standard_normal(drawn)
    return np.resize((value * 1j + rng.standard_normal(drawn) if dtype[0] == "c" else value).astype(dtype), shape)


def of_all(shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    return np.stack([of_rank(rank, shape, dtype) for rank in range(hvd.size())])


def same_everywhere(tensor: tf.Tensor) -> np.ndarray:
    """The tensor's value, which must have the same bits on all ranks."""
    digest = hashlib.sha256(tensor.numpy().tobytes()).digest()
    assert len(set(hvd.allgather_object(digest))) == 1
    return tensor.numpy()


def assert_equal(found: np.ndarray, wanted: np.ndarray) -> None:
    """As NumPy's, which takes several times as long for large arrays that are equal."""
    if not np.array_equal(found, wanted):
        np.testing.assert_array_equal(found, wanted)


def check_ranks():
    assert hvd.is_initialized() and hvd.mpi_enabled() and hvd.is_homogeneous()
    assert sorted(hvd.allgather_object(hvd.rank())) == list(range(hvd.size()))
    assert (hvd.local_rank(), hvd.local_size()) == (hvd.rank(), hvd.size())
    assert (hvd.cross_rank(), hvd.cross_size()) == (0, 1)


OPS = {hvd.Sum: np.add, hvd.Min: np.minimum, hvd.Max: np.maximum, hvd.Product: np.multiply}


def both_ways(compute):
    """The result, computed through shared memory and by messages."""
    world = current()
    shared, found = world.local_reductions, [compute()]
    assert shared is not None
    world.local_reductions = None
    try:
        found.append(compute())
    finally:
        world.local_reductions = shared
    return found


def check_allreduce_of_every_dtype():
    for dtype in DTYPES:
        for shape in ((), (3,), (0, 2), (5, 7), (300, 300)):
            everyones = of_all(shape, dtype)
            own = tf.constant(everyones[hvd.rank()])
            for op, function in OPS.items():
                if dtype[0] == "c" and op in (hvd.Min, hvd.Max):
                    continue
                shared, sent = both_ways(lambda own=own, op=op: same_everywhere(hvd.allreduce(own, op=op)))
                wanted = functools.reduce(function, everyones)
                precise = {"float64": 1e-14, "float16": 4e-3}.get(dtype, 2e-6)
                for found in (shared, sent):
                    assert found.dtype == dtype and found.shape == shape
                    np.testing.assert_allclose(found, wanted, rtol=precise, atol=precise)
                if dtype == "complex64" and op is hvd.Product:
                    continue  # its last bit depends on whether products and sums are contracted
                # Shared memory reduces in the order of ranks; messages may use another, the same for two ranks.
                assert_equal(shared, wanted)
                if hvd.size() == 2:
                    assert_equal(sent, wanted)


def check_allreduce_of_bfloat16():
    own = tf.cast(of_rank(hvd.rank(), (1200,)), tf.bfloat16)
    one, *others = [tf.cast(value, tf.bfloat16) for value in of_all((1200,))]
    wanted = functools.reduce(tf.add, others, one).numpy()
    shared, sent = both_ways(lambda: same_everywhere(hvd.allreduce(own, op=hvd.Sum)))
    assert shared.dtype == sent.dtype == wanted.dtype and shared.tobytes() == wanted.tobytes()
    np.testing.assert_allclose(sent.astype("float32"), wanted.astype("float32"), rtol=0.04, atol=0.04)
    assert np.array_equal(hvd.broadcast(own, 1).numpy(), tf.cast(of_rank(1, (1200,)), tf.bfloat16).numpy())
    assert hvd.allgather(own).dtype == hvd.alltoall(own).dtype == tf.bfloat16


def check_arrays_of_many_pieces():
    """Sizes around those of the pieces in shared memory, out of place and in place."""
    length = 1 << 19
    for size in (length - 1, length, length + 1, 2 * length, 9 * length + 3):
        everyones = of_all((size,))
        own = tf.constant(everyones[hvd.rank()])
        shared, sent = both_ways(lambda own=own: same_everywhere(hvd.allreduce(own, op=hvd.Sum)))
        assert_equal(shared, functools.reduce(np.add, everyones))
        np.testing.assert_allclose(sent, shared, rtol=1e-5, atol=1e-5)
        scaled = same_everywhere(hvd.allreduce(own, op=hvd.Sum, prescale_factor=2.0))
        assert_equal(scaled, 2 * shared)


def check_extremes_of_nan():
    own = tf.constant([1.0, np.nan if hvd.rank() == 1 else 2.0, np.nan if hvd.rank() == 0 else 3.0])
    for op in (hvd.Min, hvd.Max):
        for found in both_ways(lambda op=op: hvd.allreduce(own, op=op).numpy()):
            np.testing.assert_array_equal(found, [1.0, np.nan, np.nan])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Complex numbers are not ordered"):
        hvd.allreduce(tf.constant(1j), op=hvd.Max)


def check_averages():
    found = hvd.allreduce(tf.constant(of_rank(hvd.rank(), (5,), "float64")))
    np.testing.assert_allclose(same_everywhere(found), of_all((5,), "float64").mean(0), rtol=1e-15, atol=1e-15)
    found = hvd.allreduce(tf.constant([-1 - hvd.rank(), 3]))
    np.testing.assert_array_equal(same_everywhere(found), [int(-(hvd.size() + 1) / 2), 3])
    large = tf.constant([2**60 + 1, -(2**60) - 1], tf.int64)  # not representable in float64
    np.testing.assert_array_equal(hvd.allreduce(large).numpy(), large.numpy())
    assert float(hvd.allreduce(2.0, average=False)) == 2.0 * hvd.size()
    half = hvd.allreduce(tf.cast([1.0, 3.0], tf.float16) * (hvd.rank() + 1))
    np.testing.assert_array_equal(half.numpy(), np.array([1, 3], np.float16) * (hvd.size() + 1) / 2)
    np.testing.assert_array_equal(hvd.allreduce(tf.constant([2 + 4j])).numpy(), [2 + 4j])


def check_scaling():
    found = hvd.allreduce(tf.fill([4], 3.0), op=hvd.Sum, prescale_factor=0.5, postscale_factor=4.0)
    np.testing.assert_array_equal(found.numpy(), np.full(4, 6.0 * hvd.size()))


def check_what_was_sent_is_not_changed():
    own = tf.constant(of_rank(hvd.rank(), (200, 200)))
    hvd.allreduce(own)
    hvd.broadcast(own, 1)
    np.testing.assert_array_equal(own.numpy(), of_rank(hvd.rank(), (200, 200)))


def check_groups_have_the_bits_of_each_alone():
    shapes = [(3,), (400, 100), (), (7, 2), (0,), (90_000,), (5,)]
    dtypes = ["float32", "float32", "float64", "float32", "float32", "float32", "int32"]
    own = [tf.constant(of_rank(hvd.rank(), shape, dtype)) for shape, dtype in zip(shapes, dtypes, strict=True)]
    together = hvd.grouped_allreduce(own, op=hvd.Sum)
    for tensor, shape, dtype in zip(together, shapes, dtypes, strict=True):
        wanted = of_all(shape, dtype).sum(0, dtype=dtype)
        np.testing.assert_allclose(same_everywhere(tensor), wanted, rtol=2e-6, atol=1e-6)
    again = hvd.grouped_allreduce(own, op=hvd.Sum)
    assert [t.numpy().tobytes() for t in together] == [t.numpy().tobytes() for t in again]


def check_compression():
    value = np.array([1.0, 1 / 3, -2.5, 1e-3, 300.0], np.float32)
    own = tf.constant(value * (hvd.rank() + 1))
    wanted = value * (hvd.size() + 1) / 2
    for wire in (hvd.Compression.fp16, hvd.Compression.bf16):
        shared, sent = both_ways(lambda wire=wire: same_everywhere(hvd.allreduce(own, compression=wire)))
        np.testing.assert_allclose(sent, shared, rtol=2.0**-6)
    for wire, precision in ((hvd.Compression.fp16, 2.0**-11), (hvd.Compression.bf16, 2.0**-8)):
        found = same_everywhere(hvd.allreduce(own, compression=wire))
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, rtol=2 * hvd.size() * precision)
        # Short dtypes are sent unchanged, and integers are not encoded.
        exact = hvd.allreduce(tf.fill([70_000], 0.5), compression=wire, op=hvd.Sum)
        np.testing.assert_array_equal(exact.numpy(), np.full(70_000, 0.5 * hvd.size()))
        assert int(hvd.allreduce(tf.constant(70_001), compression=wire)) == 70_001
        special = hvd.allreduce(tf.constant([np.inf, -np.inf, np.nan]), compression=wire, op=hvd.Sum)
        np.testing.assert_array_equal(special.numpy(), [np.inf, -np.inf, np.nan])
        for highest in both_ways(lambda wire=wire: hvd.allreduce(own, compression=wire, op=hvd.Max).numpy()):
            np.testing.assert_allclose(highest, np.maximum(value, value * hvd.size()), rtol=precision)


def check_sparse_rows_are_gathered():
    rank, size = hvd.rank(), hvd.size()
    values = np.arange(2 * (rank + 1), dtype=np.float32).reshape(-1, 2) + 10 * rank
    slices = tf.IndexedSlices(tf.constant(values), tf.range(rank + 1), dense_shape=[size, 2])
    found = hvd.allreduce(slices)
    wanted = np.zeros((size, 2), np.float32)
    for other in range(size):
        wanted[: other + 1] += (np.arange(2 * (other + 1)).reshape(-1, 2) + 10 * other) / np.float32(size)
    np.testing.assert_allclose(tf.convert_to_tensor(found).numpy(), wanted, rtol=1e-6)
    assert found.indices.shape == [size * (size + 1) // 2]


def check_allgather():
    rank, size = hvd.rank(), hvd.size()
    for dtype in (*DTYPES, "bool"):
        own = np.full((rank, 3), rank % 2, dtype)
        wanted = np.concatenate([np.full((other, 3), other % 2, dtype) for other in range(size)])
        np.testing.assert_array_equal(same_everywhere(hvd.allgather(own)), wanted)
    with pytest.raises(tf.errors.InvalidArgumentError, match="got a scalar"):
        hvd.allgather(1.0)


def check_broadcast():
    for dtype in (*DTYPES, "bool"):
        for root in range(hvd.size()):
            found = hvd.broadcast(tf.cast(of_rank(hvd.rank(), (4,), "int32"), dtype), root)
            np.testing.assert_array_equal(found.numpy(), of_rank(root, (4,), "int32").astype(dtype))
    assert hvd.broadcast_object({"of": hvd.rank()}, 1) == {"of": 1}
    with pytest.raises(ValueError, match=rf"root_rank must be in \[0, {hvd.size()}\), got 9"):
        hvd.broadcast(1.0, 9)


def check_alltoall():
    rank, size = hvd.rank(), hvd.size()
    found = hvd.alltoall(tf.range(size) + 10 * rank)
    np.testing.assert_array_equal(found.numpy(), rank + 10 * np.arange(size))
    splits = [place + 1 for place in range(size)]
    rows = tf.constant(np.repeat(np.arange(size), splits).astype(np.float32)[:, None] + rank / 8)
    found, came = hvd.alltoall(rows, splits)
    np.testing.assert_array_equal(came.numpy(), np.full(size, rank + 1))
    wanted = rank + np.repeat(np.arange(size), rank + 1)[:, None] / 8
    np.testing.assert_array_equal(found.numpy(), wanted.astype(np.float32))
    with pytest.raises(tf.errors.InvalidArgumentError, match="splits must be"):
        hvd.alltoall(rows, [1] * size + [1])


def check_derivatives():
    rank, size = hvd.rank(), hvd.size()
    x = tf.Variable(of_rank(rank, (3,)))
    factors = [float(other + 1) for other in range(size)]
    with tf.GradientTape(persistent=True) as tape:
        total = tf.reduce_sum(hvd.allreduce(x, op=hvd.Sum)) * factors[rank]
        mean = tf.reduce_sum(hvd.allreduce(x)) * factors[rank]
        rows = tf.reduce_sum(hvd.allgather(x)) * factors[rank]
        sent = tf.reduce_sum(hvd.broadcast(x, 1)) * factors[rank]
    np.testing.assert_array_equal(tape.gradient(total, x).numpy(), np.full(3, sum(factors)))
    np.testing.assert_allclose(tape.gradient(mean, x).numpy(), np.full(3, sum(factors) / size), rtol=1e-6)
    np.testing.assert_array_equal(tape.gradient(rows, x).numpy(), np.full(3, sum(factors)))
    np.testing.assert_array_equal(tape.gradient(sent, x).numpy(), np.full(3, sum(factors) * (rank == 1)))


def check_differences_are_named_on_all_ranks():
    rank = hvd.rank()
    cases = [
        (
            lambda: hvd.allreduce(tf.ones([2 + (rank == 1)]), name="w"),
            r"'w', float32 \[2\] on rank 0.*'w', float32 \[3\] on rank 1",
        ),
        (
            lambda: hvd.allreduce(tf.ones([2], tf.float64 if rank == 1 else tf.float32), name="w"),
            "'w', float64.*on rank 1",
        ),
        (lambda: hvd.allreduce(1.0, name="a" if rank else "b"), "has 'b' on rank 0 and not on rank 1"),
        (lambda: hvd.allreduce(1.0, op=hvd.Sum if rank else hvd.Average), "rank 0 is at allreduce .Average"),
        (lambda: hvd.allgather([1.0]) if rank else hvd.barrier(), "rank 0 is at barrier, rank 1 at allgather"),
        (lambda: hvd.broadcast(1.0, min(rank, 1)), r"rank 0 is at broadcast \(0\)"),
        (
            lambda: hvd.broadcast_variables([tf.Variable([1.0] * (1 + rank), name="v")]),
            r"'v:0', float32 \[1\] on rank 0",
        ),
        (lambda: hvd.grouped_allreduce([1.0] * (1 + (rank == 1)), name="g"), "has 'g.1' on rank 1 and not on rank 0"),
    ]
    for call, said in cases:
        with pytest.raises(tf.errors.FailedPreconditionError, match=said):
            call()
        hvd.barrier()


def check_values_that_differ_are_named():
    same, other = tf.Variable([1.0, 2.0], name="same"), tf.Variable([1.0, float(hvd.rank())], name="other")
    with pytest.raises(tf.errors.FailedPreconditionError, match=r"'other:0' differs between ranks.*rank 1's"):
        hvd.check_variables([same, other])
    hvd.broadcast_variables([same, other], root_rank=1)
    hvd.check_variables([same, other])
    np.testing.assert_array_equal(other.numpy(), [1.0, 1.0])


def check_ranks_that_run_out_of_data_join():
    rank, size = hvd.rank(), hvd.size()
    for turn in range(size - rank):
        left = sum(size - other > turn for other in range(size))
        assert float(hvd.allreduce(1.0, op=hvd.Sum)) == left
        assert hvd.allgather(tf.ones([2])).shape == [2 * left]
    assert hvd.join() == 0
    assert float(hvd.allreduce(1.0, op=hvd.Sum)) == size


def check_compiled_functions_exchange():
    @tf.function
    def step(x):
        return hvd.allreduce(2.0 * x, op=hvd.Sum) + hvd.broadcast(x, 1)

    for place in range(4):
        found = step(tf.fill([3], float(hvd.rank() + place)))
        wanted = 2.0 * sum(range(hvd.size())) + 2.0 * place * hvd.size() + 1 + place
        np.testing.assert_array_equal(found.numpy(), np.full(3, wanted, np.float32))
    assert "runs eagerly" not in step.explain_plan(), step.explain_plan()


def check_text_does_not_travel():
    with pytest.raises(TypeError):
        hvd.allreduce("text")
    with pytest.raises(tf.errors.InvalidArgumentError, match="bool tensors are not summed"):
        hvd.allreduce(tf.constant([True]))


def check_ending_gives_shared_memory_back():
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return

    def mapped() -> int:
        return maps.read_text().count(" rw-s ")

    before = mapped()
    for _ in range(5):
        hvd.shutdown()
        hvd.init()
        assert float(hvd.allreduce(1.0, op=hvd.Sum)) == hvd.size()
    assert mapped() <= before, (mapped(), before)
