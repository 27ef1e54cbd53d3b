"""Where programs handle exceptions: whether a `try` statement surrounds what a frame is executing."""

from __future__ import annotations

import functools
import sys
from types import CodeType, FrameType


def handles(frame: FrameType) -> bool:
    """Whether an `except` or `finally` clause of a frame's function would see an exception raised now.

    A `with` statement is no such clause, as context managers pass on exceptions, apart from `contextlib.suppress`.
    """
    code = frame.f_code
    if sys.version_info >= (3, 11) and not code.co_exceptiontable:
        return False
    return _is_handled(code, frame.f_lasti)


@functools.lru_cache(maxsize=1024)
def _is_handled(code: CodeType, instruction: int) -> bool:
    """The same for the offset of an instruction."""
    import dis

    if sys.version_info < (3, 11):
        clauses = [step for step in dis.get_instructions(code) if step.opname == "SETUP_FINALLY"]
        return any(step.offset <= instruction < step.argval for step in clauses)
    entries = dis.Bytecode(code).exception_entries
    seen = set()
    while instruction not in seen:
        seen.add(instruction)
        for entry in entries:
            if entry.start <= instruction < entry.end:
                instruction = entry.target
                first, second = code.co_code[instruction], code.co_code[instruction + 2]
                if dis.opname[first] == "PUSH_EXC_INFO" and dis.opname[second] != "WITH_EXCEPT_START":
                    return True
    return False
