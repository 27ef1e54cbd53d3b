"""A part of the campaign in every run of the tests; `python -m tests.robustness --steps N` does more."""

from __future__ import annotations

import pytest

from .__main__ import campaign

STEPS = 2000


@pytest.mark.parametrize("kind", ["programs", "hostile"])
def test_nothing_breaks_it(kind: str) -> None:
    failures = [*campaign([kind], 0, STEPS, 1)]
    assert not failures, "\n".join(failures)
