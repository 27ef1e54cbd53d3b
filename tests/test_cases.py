"""Groups of cases run all of them, and report those that fail by name."""

from __future__ import annotations

import pytest

from cases import cases, sample_of


def test_all_cases_of_a_group_are_run_and_those_that_fail_are_named() -> None:
    seen = []

    @cases("one, other", [(1, 2), (3, 4), (5, 6)])
    def check(one: int, other: int, fixture: str) -> None:
        seen.append((one, other, fixture))
        assert one == 3

    with pytest.raises(AssertionError, match="2 of 3 cases") as error:
        check("all", fixture="given")
    assert seen == [(1, 2, "given"), (3, 4, "given"), (5, 6, "given")]
    assert [line.split(":")[0] for line in str(error.value).splitlines()[1:] if line[0] == "("] == ["(1, 2)", "(5, 6)"]


def test_a_group_is_an_item() -> None:
    @cases("label", ["abs-samples-0", "abs-edges-0", "nn.relu-samples-0"], group=sample_of)
    def check(label: str) -> None: ...

    (mark,) = check.pytestmark
    assert list(mark.args[1]) == ["abs", "nn.relu"]


def test_two_cases_of_one_name_are_refused() -> None:
    with pytest.raises(AssertionError, match="two cases are named 1"):
        cases("number", [1, "1"])
