"""Where programs handle exceptions: whether a `try` statement surrounds what a frame is executing."""

from __future__ import annotations

import functools
import sys
from types import CodeType, FrameType

# Context managers that end exceptions. The one that a `with` statement entered cannot be found, only names in its code.
_ENDING = frozenset(("suppress", "raises", "assertRaises", "assertRaisesRegex"))


def handles(frame: FrameType) -> bool:
    """Whether an `except` or `finally` clause of a frame's function would see an exception raised now.

    A `with` statement is such a clause only if the function names a context manager that ends exceptions.
    """
    code = frame.f_code
    if sys.version_info >= (3, 11) and not code.co_exceptiontable:
        return False
    return _is_handled(code, frame.f_lasti)


@functools.lru_cache(maxsize=1024)
def _is_handled(code: CodeType, instruction: int) -> bool:
    """The same for the offset of an instruction."""
    import dis

    ending = not _ENDING.isdisjoint(code.co_names)
    if sys.version_info < (3, 11):
        openings = ("SETUP_FINALLY", "SETUP_WITH") if ending else ("SETUP_FINALLY",)
        clauses = [step for step in dis.get_instructions(code) if step.opname in openings]
        return any(step.offset <= instruction < step.argval for step in clauses)
    entries = dis.Bytecode(code).exception_entries
    seen = set()
    while instruction not in seen:
        seen.add(instruction)
        for entry in entries:
            if entry.start <= instruction < entry.end:
                instruction = entry.target
                first, second = code.co_code[instruction], code.co_code[instruction + 2]
                if dis.opname[first] == "PUSH_EXC_INFO" and (ending or dis.opname[second] != "WITH_EXCEPT_START"):
                    return True
    return False
