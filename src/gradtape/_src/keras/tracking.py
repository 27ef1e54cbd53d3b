"""Attributes that hold state: lists, dicts and sets that notify their layer of new elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Track = Callable[[Any], Any]


class TrackedList(list[Any]):
    """A list that notifies its layer of new elements."""

    def __init__(self, values: Iterable[Any] = (), track: Track | None = None) -> None:
        self._track = track
        super().__init__(self._tracked(value) for value in values)

    def _tracked(self, value: Any) -> Any:
        return self._track(value) if self._track else value

    def append(self, value: Any) -> None:
        super().append(self._tracked(value))

    def insert(self, index: Any, value: Any) -> None:
        super().insert(index, self._tracked(value))

    def extend(self, values: Iterable[Any]) -> None:
        super().extend([self._tracked(value) for value in values])

    def __iadd__(self, values: Iterable[Any]) -> TrackedList:  # type: ignore[misc]  # any iterable, as lists take it
        self.extend(values)
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        tracked = [self._tracked(part) for part in value] if isinstance(key, slice) else self._tracked(value)
        super().__setitem__(key, tracked)

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


class TrackedDict(dict[Any, Any]):
    """A dict that notifies its layer of new values."""

    def __init__(self, values: Any = (), track: Track | None = None) -> None:
        self._track = track
        super().__init__({key: self._tracked(value) for key, value in dict(values).items()})

    def _tracked(self, value: Any) -> Any:
        return self._track(value) if self._track else value

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, self._tracked(value))

    def update(self, *values: Any, **others: Any) -> None:
        for key, value in dict(*values, **others).items():
            self[key] = value

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def __ior__(self, values: Any) -> TrackedDict:  # type: ignore[misc]  # whatever `update` takes
        self.update(values)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


class TrackedSet(set[Any]):
    """A set that notifies its layer of new elements."""

    def __init__(self, values: Iterable[Any] = (), track: Track | None = None) -> None:
        self._track = track
        super().__init__(self._tracked(value) for value in values)

    def _tracked(self, value: Any) -> Any:
        return self._track(value) if self._track else value

    def add(self, value: Any) -> None:
        super().add(self._tracked(value))

    def update(self, *values: Iterable[Any]) -> None:
        for several in values:
            for value in several:
                self.add(value)

    def __reduce__(self) -> tuple[Any, ...]:
        return set, (set(self),)
