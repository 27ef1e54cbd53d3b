"""Checks that two and four ranks make together."""

import pytest
from launch import names, results

CHECKS = [(module, name) for module in ("exchanges", "gradients") for name in names(module)]


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize(("module", "name"), CHECKS)
def test_ranks(module, name, count):
    wrong = results(module, count)[name]
    assert not wrong, "\n".join(wrong)
