"""Tests of many short cases: one pytest item for a group, whose overhead would exceed the time of a case.

All cases of a group are run, and those that fail are reported by name.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Test = Callable[..., None]


def everything(name: str) -> str:
    return "all"


def sample_of(name: str) -> str:
    """The row of a case whose name is that of one of the row's samples."""
    return name.split("-samples-")[0].split("-edges-")[0]


def namespace_of(name: str) -> str:
    """The namespace of a function, or of the row of a case."""
    return sample_of(name).rpartition(".")[0] or "tf"


def cases(
    arguments: str, values: Iterable[Any], ids: Callable[[Any], str] = str, group: Callable[[str], str] = everything
) -> Callable[[Test], Test]:
    """Like pytest.mark.parametrize, but cases whose names have the same group are one item.

    Fixtures are created once per group.
    """
    names = [name.strip() for name in arguments.split(",")]
    groups: dict[str, dict[str, tuple[Any, ...]]] = {}
    for value in values:
        if isinstance(value, type(pytest.param())):
            name, given = str(value.id), tuple(value.values)
        else:
            name, given = ids(value), value if len(names) > 1 else (value,)
        found = groups.setdefault(group(name), {})
        assert name not in found, f"two cases are named {name}"
        found[name] = given

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def run(group: str, **fixtures: Any) -> None:
            wrong: dict[str, BaseException] = {}
            for name, given in groups[group].items():
                try:
                    test(**dict(zip(names, given, strict=True)), **fixtures)
                except (Exception, pytest.fail.Exception) as error:
                    wrong[name] = error
            if wrong:
                told = "\n".join(f"{name}: {type(error).__name__}: {error}" for name, error in wrong.items())
                raise AssertionError(f"{len(wrong)} of {len(groups[group])} cases:\n{told}") from next(
                    iter(wrong.values())
                )

        kept = [p for p in inspect.signature(test).parameters.values() if p.name not in names]
        own = inspect.Parameter("group", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        run.__signature__ = inspect.Signature([own, *kept])  # type: ignore[attr-defined]
        return pytest.mark.parametrize("group", groups)(run)

    return decorate
