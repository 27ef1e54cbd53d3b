"""Counters that processes share: writes before an increase are visible to readers of the increased counter."""

from __future__ import annotations

import mmap
import os

import numpy as np
import pytest

from gradtape._engine.base.counters import Counters

LINE, TURNS, LENGTH = 128, 2000, 300


def lines(memory: np.ndarray, count: int) -> list[np.ndarray]:
    return [memory[LINE * place : LINE * (place + 1)] for place in range(count)]


def test_the_least_of_all():
    memory = np.zeros(3 * LINE, np.uint8)
    counters = [Counters(lines(memory, 3), own) for own in range(3)]
    assert [one.least() for one in counters] == [0, 0, 0]
    for own, value in ((0, 3), (1, 2), (2, 2**62)):
        counters[own].set(value)
    assert [one.least() for one in counters] == [2, 2, 2]
    counters[1].set(2**40)
    assert counters[2].least() == 3


def test_what_is_no_counter_is_refused():
    memory = np.zeros(256, np.uint8)
    for wrong, own in (
        ([], 0),
        ([memory], 1),
        ([memory], -1),
        ([memory[:4]], 0),
        ([memory[4:]], 0),
        ([memory] * 65, 0),
        ([memory, np.zeros(4)], 0),
    ):
        with pytest.raises(ValueError):
            Counters(wrong, own)
    with pytest.raises(TypeError):
        Counters(None, 0)
    nothing = Counters.__new__(Counters)
    with pytest.raises(ValueError):
        nothing.set(1)
    assert nothing.least() == 0


def test_what_another_process_wrote_is_there():
    """Two processes synchronize in rounds: each writes an array and sets its counter, and reads the other's array."""
    if not hasattr(os, "fork"):
        return
    memory = np.frombuffer(mmap.mmap(-1, 2 * LINE + 4 * 8 * LENGTH), np.uint8)
    arrays = memory[2 * LINE :].view(np.int64).reshape(2, 2, LENGTH)

    def play(own: int) -> bool:
        counters = Counters(lines(memory, 2), own)
        for turn in range(TURNS):
            arrays[turn % 2, own] = turn  # which the other has read, as it reached the last round after that
            counters.set(turn + 1)
            while counters.least() <= turn:
                os.sched_yield()
            if not (arrays[turn % 2] == turn).all():
                return False
        return True

    child = os.fork()
    if child == 0:
        failed = 1
        try:
            failed = 0 if play(1) else 1
        finally:
            os._exit(failed)
    played = play(0)
    assert os.waitpid(child, 0)[1] == 0 and played
