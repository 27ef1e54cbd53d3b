"""Checks on two and four ranks: one program for each module of checks."""

import pytest
from launch import results


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("module", ["exchanges", "gradients", "meetings", "saving", "storages", "strategies"])
def test_ranks(module, count):
    wrong = [text for texts in results(module, count).values() for text in texts]
    assert not wrong, "\n".join(wrong)
