"""How a rank waits for others."""

import time

from gradtape._src.distributed import waiting
from gradtape._src.distributed.world import World


def test_a_rank_does_not_yield_again_to_a_program_that_took_long(monkeypatch):
    yields = []

    def slowly():
        yields.append(time.sleep(2 * waiting.SHORT))

    monkeypatch.setattr(waiting, "_let_others_run", slowly)
    monkeypatch.setattr(waiting, "RESPITE", 60.0)
    own = World().waiting

    def wait():
        polls = iter([False] * 400)
        own.until(lambda: next(polls, True), "a rank")

    while not yields:  # if this process is interrupted, a wait may end without a yield
        wait()
    wait()
    assert len(yields) == 1
