"""Tensors in memory that all ranks share: their sums have the bits of others', and are isolated from them."""

from __future__ import annotations

import functools
import itertools
import os

import numpy as np
from exchanges import DTYPES, OPS, assert_equal, both_ways, of_all, of_rank, same_everywhere

import gradtape as tf
from gradtape._engine.base.buffer import statistics
from gradtape._src.distributed.world import current

hvd = tf.distributed
LEAST = 1 << 17  # bytes beyond which tensors have slabs of their own


def shared(value: np.ndarray) -> tf.Tensor:
    """A tensor in shared memory, as are those of its size after the first exchange."""
    hvd.allreduce(tf.constant(value), op=hvd.Max if value.dtype.kind != "c" else hvd.Sum)
    return tf.constant(value)


def pieces() -> int:
    """The number of pieces copied through the window so far."""
    return current().local_reductions.window.done


def pieces_of(compute) -> int:
    """The number of pieces copied during a computation."""
    before = pieces()
    compute()
    return pieces() - before


def check_the_bits_are_those_of_messages():
    for dtype in DTYPES:
        itemsize = np.dtype(dtype).itemsize
        for size in (LEAST // itemsize + 1, 3 * LEAST // itemsize + 7, (5 << 20) // itemsize + 3):
            everyones = of_all((size,), dtype)
            own = shared(everyones[hvd.rank()])
            for op, function in OPS.items():
                if dtype[0] == "c" and op is not hvd.Sum:
                    continue
                found = both_ways(lambda own=own, op=op: same_everywhere(hvd.allreduce(own, op=op)))
                assert_equal(found[0], functools.reduce(function, everyones))
                if hvd.size() == 2:
                    assert_equal(found[0], found[1])
            assert_equal(own.numpy(), everyones[hvd.rank()])
            assert pieces_of(lambda own=own: hvd.allreduce(own)) == 0


def check_averages_and_factors():
    for dtype in ("float32", "int32", "float16"):
        everyones = of_all((90_001,), dtype)
        own = shared(everyones[hvd.rank()])
        for factor in (1.0, 3.0):
            one, other = both_ways(lambda own=own, factor=factor: hvd.allreduce(own, postscale_factor=factor).numpy())
            if hvd.size() == 2:
                np.testing.assert_array_equal(one, other)
            wanted = everyones.astype(np.float64).mean(0)
            wanted = factor * (np.trunc(wanted) if dtype == "int32" else wanted)
            np.testing.assert_allclose(one, wanted, rtol=5e-3 if dtype == "float16" else 1e-5, atol=2e-3)


def check_halves_of_sixteen_bits():
    own = shared(of_rank(hvd.rank(), (100_003,)))
    own = tf.cast(own, tf.bfloat16)
    hvd.allreduce(own, op=hvd.Sum)
    own = own + tf.zeros([], tf.bfloat16)
    one, *others = [tf.cast(value, tf.bfloat16) for value in of_all((100_003,))]
    wanted = functools.reduce(tf.add, others, one).numpy()
    assert same_everywhere(hvd.allreduce(own, op=hvd.Sum)).tobytes() == wanted.tobytes()
    assert pieces_of(lambda: hvd.allreduce(own)) == 0


def check_memory_that_is_used_again_at_once():
    """Writes of a rank after an exchange do not appear in its result or in another's."""
    size = 50_000
    shared(of_rank(hvd.rank(), (size,)))
    kept = []
    for turn in range(40):
        own = tf.fill([size], float(10 * turn + hvd.rank()))
        result = hvd.allreduce(own, op=hvd.Sum)
        del own
        scratch = tf.fill([size], -1.0) * 2.0
        kept = [*kept[-3:], (turn, result)]
        for before, found in kept:
            wanted = float(sum(10 * before + rank for rank in range(hvd.size())))
            assert found.numpy().min() == found.numpy().max() == wanted
        del scratch


def check_many_at_a_time():
    """Several large ones among small ones and those of other sizes: each the sum of its own."""
    sizes = [3, 50_000, 70_000, 10, 50_000, 40_000, 400_001, 50_000]
    for _ in range(3):
        own = [tf.constant(of_rank(hvd.rank(), (size, 1))) for size in sizes]
        for size, found in zip(sizes, hvd.grouped_allreduce(own, op=hvd.Sum), strict=True):
            np.testing.assert_allclose(same_everywhere(found), of_all((size, 1)).sum(0), rtol=1e-5, atol=1e-5)


def check_tensors_that_lie_elsewhere():
    size = 61_000
    value = of_rank(hvd.rank(), (size,))
    private = tf.constant(value)  # created before tensors of its size were exchanged
    hvd.allreduce(private)
    wanted = functools.reduce(np.add, of_all((size,)))
    own = private if hvd.rank() == 1 else tf.constant(value)
    assert current().local_reductions.storage.place_of(np.asarray(memoryview(own))) < 0 or hvd.rank() != 1
    for _ in range(3):
        np.testing.assert_array_equal(same_everywhere(hvd.allreduce(own, op=hvd.Sum)), wanted)
    assert pieces_of(lambda: hvd.allreduce(own)) > 0


def check_parts_of_a_shared_tensor():
    rows = shared(of_rank(hvd.rank(), (301, 501)))
    wanted = functools.reduce(np.add, of_all((301, 501)))
    for part in (np.s_[1:], np.s_[3:299], np.s_[:, 1:], np.s_[::2]):
        np.testing.assert_array_equal(same_everywhere(hvd.allreduce(rows[part], op=hvd.Sum)), wanted[part])
    np.testing.assert_array_equal(same_everywhere(hvd.allreduce(tf.transpose(rows), op=hvd.Sum)), wanted.T)


def check_gradients_lie_in_shared_memory():
    """For large variables, in eager sweeps and in compiled functions, with gradients that one rank lacks."""
    rank, size = hvd.rank(), hvd.size()
    w, other = tf.Variable(tf.ones([210, 200])), tf.Variable(tf.ones([200, 230]))

    def gradients(turn: float) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(w @ other)) * turn
        return hvd.DistributedGradientTape(tape, op=hvd.Sum).gradient(loss, [w, other])

    for step in (gradients, tf.function(gradients)):
        for turn in (1.0, 2.0, 3.0, 4.0):
            before = pieces()
            found = step(tf.constant(turn))
            copied = pieces() - before
            assert turn < 3.0 or copied == 1  # which have gradients
            for gradient, shape, value in zip(found, ([210, 200], [200, 230]), (230, 210), strict=True):
                np.testing.assert_array_equal(gradient.numpy(), np.full(shape, 400.0 * value * turn * size))
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w) + (tf.reduce_sum(other) if rank == 1 else 0.0)
        _, found = hvd.DistributedGradientTape(tape, op=hvd.Sum).gradient(loss, [w, other])
        np.testing.assert_array_equal(found.numpy(), np.ones([200, 230]))


def check_memory_stays_the_same():
    size = 40_000
    storage = current().local_reductions.storage

    def taken() -> tuple[int, int, int]:
        found = statistics()
        return found["reserved"], found["in_use"], sum(storage.slabs.values())

    own = shared(of_rank(hvd.rank(), (size,)))
    for turn in range(1_010):
        own = hvd.allreduce(own)
        if turn == 9:
            before = taken()
    assert taken() == before


def check_room_is_used_again():
    """Released memory is merged: a tensor that needs all of it can be allocated again."""
    storage = current().local_reductions.storage
    for size in (200_000, 100_000, 300_000):
        kept = [shared(of_rank(hvd.rank(), (size,))) for _ in range(5)]
        assert storage.slabs
        del kept[::2]
    del kept
    gaps = storage.gaps
    assert all(one[1] < other[0] for one, other in itertools.pairwise(gaps))
    assert sum(stop - start for start, stop in gaps) + sum(storage.slabs.values()) == storage.length


def check_forked_processes_have_memory_of_their_own():
    if not hasattr(os, "fork"):
        return
    size = 55_000
    kept, used = shared(np.full(size, 1.0, np.float32)), tf.Variable(tf.fill([size], 2.0))
    fresh = tf.fill([size], 3.0)
    assert current().local_reductions.storage.place_of(np.asarray(memoryview(fresh))) >= 0
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            os.read(told, 1)  # until the parent has written to released memory, and to its variable
            same = (kept.numpy() == 1).all() and (used.numpy() == 2).all() and (fresh.numpy() == 3).all()
            used.assign_add(kept)
            del kept, fresh
            scratch = [tf.fill([size], 7.0) for _ in range(8)]
            failed = 0 if same and (used.numpy() == 3).all() and len(scratch) == 8 else 1
        finally:
            os._exit(failed)
    try:
        del fresh
        scratch = [tf.fill([size], 5.0) for _ in range(4)]
        used.assign_add(scratch[0])
    finally:
        os.write(tell, b"x")
        _, status = os.waitpid(child, 0)
        os.close(told)
        os.close(tell)
    assert status == 0
    assert (kept.numpy() == 1).all() and (used.numpy() == 7).all() and (scratch[3].numpy() == 5).all()
    np.testing.assert_array_equal(hvd.allreduce(kept).numpy(), np.ones(size))


def check_tensors_outlive_what_they_lie_in():
    size = 45_000
    own = shared(of_rank(hvd.rank(), (size,)))
    wanted = functools.reduce(np.add, of_all((size,)))
    total = hvd.allreduce(own, op=hvd.Sum)
    for _ in range(2):
        hvd.shutdown()
        np.testing.assert_array_equal(total.numpy(), wanted)
        hvd.init()
        np.testing.assert_array_equal(hvd.allreduce(own, op=hvd.Sum).numpy(), wanted)
        again = shared(of_rank(hvd.rank(), (size,)))
        assert pieces_of(lambda again=again: hvd.allreduce(again)) == 0
