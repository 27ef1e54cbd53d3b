from types import TracebackType

from typing_extensions import Self

class Unrecorded:
    """Within the block its thread records nothing."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...
