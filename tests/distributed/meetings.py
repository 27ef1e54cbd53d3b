"""Synchronization by counters in shared memory: often, in several worlds, with forked processes."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import gradtape as tf
from gradtape._src.distributed.rings import Numbers
from gradtape._src.distributed.world import current

hvd = tf.distributed


def check_ten_thousand_exchanges():
    """Many times around every ring, with different numbers each time, small ones and ones in shared memory."""
    rank, size = hvd.rank(), hvd.size()
    sum_of_ranks = size * (size - 1) / 2
    for turn in range(10_000):
        length = 40_000 if turn % 50 == 49 else 1 + turn % 7
        found = hvd.allreduce(tf.fill([length], float(turn + rank)), op=hvd.Sum).numpy()
        assert found.min() == found.max() == turn * size + sum_of_ranks
    agreements = current().local_reductions.agreements
    assert agreements.done >= 10_000 and agreements.counters.least() >= agreements.done


def check_more_at_a_time_than_a_ring_has_places():
    places = current().local_reductions.places
    own = [tf.fill([33_000], float(place + hvd.rank())) for place in range(len(places.places) + 20)]
    for _ in range(2):
        for place, found in enumerate(hvd.grouped_allreduce(own, op=hvd.Sum)):
            wanted = sum(place + rank for rank in range(hvd.size()))
            assert found.numpy().min() == found.numpy().max() == wanted


def check_a_rank_that_is_ahead_waits_for_room():
    """Rounds are entered without waiting; data of ranks stay until the others have read them."""
    ring, rank = current().local_reductions.agreements, hvd.rank()
    rounds = [Numbers(100 * turn + rank) for turn in range(3 * len(ring.places))]
    entered = ring.enter(*rounds)
    while not entered.Test():
        pass
    for turn, one in enumerate(rounds):
        assert one.of_all == [(100 * turn + other,) for other in range(hvd.size())]


def check_an_exchange_that_was_given_up():
    """An exception during the sweep, on all ranks, after they have started the exchange and sent a part of it."""
    first, last = tf.Variable(tf.ones([200, 200])), tf.Variable(tf.ones([200, 200]))

    @tf.custom_gradient
    def broken(x):
        def gradient(cotangent):
            if fails:
                raise ArithmeticError("no gradient")
            return cotangent

        return tf.identity(x), gradient

    for fails in (False, False, True, False, True, True, False):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(broken(first * 2.0) @ last)
        tape = hvd.DistributedGradientTape(tape, op=hvd.Sum)
        if fails:
            with pytest.raises(ArithmeticError):
                tape.gradient(loss, [first, last])
        else:
            found = tape.gradient(loss, [first, last])
            np.testing.assert_array_equal(found[0].numpy(), np.full((200, 200), 400.0 * hvd.size()))
    assert float(hvd.allreduce(1.0, op=hvd.Sum)) == hvd.size()


def check_exchanges_beside_a_forked_process():
    if not hasattr(os, "fork"):
        return
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            with pytest.raises(tf.errors.FailedPreconditionError, match="forked off"):
                hvd.allreduce(1.0)
            os.read(told, 1)
            failed = 0
        finally:
            os._exit(failed)
    try:
        for turn in range(300):
            own = tf.fill([50_000 if turn % 10 == 0 else 5], float(turn))
            assert hvd.allreduce(own, op=hvd.Sum).numpy().max() == turn * hvd.size()
    finally:
        os.write(tell, b"x")
        _, status = os.waitpid(child, 0)
        os.close(told)
        os.close(tell)
    assert status == 0
    hvd.barrier()


def check_a_process_that_a_rank_starts_is_alone():
    program = "import gradtape as tf; print(tf.distribute.MultiWorkerMirroredStrategy().num_replicas_in_sync)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.stdout == "1\n", ended


def check_worlds_beside_each_other():
    """Ranks of every other number exchange among themselves, more often on one side; then all in another order."""
    everyone = sys.modules["mpi4py.MPI"].COMM_WORLD
    hvd.shutdown()
    for color, key in ((everyone.rank // 2, -everyone.rank), (0, -everyone.rank)):
        part = everyone.Split(color, key)
        hvd.init(part)
        others = part.allgather(everyone.rank)
        assert (hvd.rank(), hvd.size()) == (part.rank, part.size) and others[hvd.rank()] == everyone.rank
        for turn in range(100 * (1 + color)):
            for length in (3, 45_000):
                found = hvd.allreduce(tf.fill([length], float(everyone.rank * turn)), op=hvd.Sum).numpy()
                assert found.min() == found.max() == sum(others) * turn
        hvd.shutdown()
        part.Free()
    hvd.init()


def check_several_strategies():
    strategies = [tf.distribute.MirroredStrategy(), tf.distribute.MultiWorkerMirroredStrategy()]
    variables = []
    for place, strategy in enumerate(strategies):
        with strategy.scope():
            variables.append((tf.Variable(tf.ones([190, 190])), tf.optimizers.SGD(0.5 * (place + 1))))

    def step(variable, optimizer):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(variable) * float(hvd.rank() + 1)
        optimizer.apply_gradients([(tape.gradient(loss, variable), variable)])

    for _ in range(4):
        for strategy, own in zip(strategies, variables, strict=True):
            strategy.run(step, own)
    total = hvd.size() * (hvd.size() + 1) / 2
    for place, (variable, _) in enumerate(variables):
        np.testing.assert_array_equal(variable.numpy(), np.full((190, 190), 1 - 4 * 0.5 * (place + 1) * total))
    hvd.check_variables([variable for variable, _ in variables])


def check_joined_ranks_take_part_whatever_is_proposed():
    """For every name, as proposals are identified by hashes."""
    for turn in range(20):
        if hvd.rank() == 0:
            assert float(hvd.allreduce(2.0, op=hvd.Sum, name=f"value {turn}")) == 2.0
        hvd.join()
