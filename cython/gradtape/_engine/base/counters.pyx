"""Counters in memory that processes share: each process raises its own, and sees how far all have come."""

from libc.stdint cimport int64_t

cdef extern from "compiler.h" nogil:
    int64_t LOAD_ACQUIRE(const volatile int64_t* p)
    void STORE_RELEASE(volatile int64_t* p, int64_t value)

cdef enum:
    MOST = 64        # processes


cdef class Counters:
    """A counter of each process.

    What a process wrote before it raised its counter is seen by those that have seen the counter raised.

    Args:
      lines: for each process eight bytes or more that all of them share, writable and aligned, zeros at first; best a
        line of cache for each.
      own: which of them are this process'.
    """
    cdef volatile int64_t* counters[MOST]
    cdef int count, own
    cdef list lines      # holds the memory

    def __init__(self, list lines, int own):
        cdef unsigned char[::1] line
        if not 0 <= own < len(lines) <= MOST:
            raise ValueError(f"a counter of {own} among {len(lines)} processes, of which there are {MOST} at most")
        self.lines = [memoryview(line) for line in lines]
        for place, line in enumerate(self.lines):
            if line.shape[0] < 8 or <size_t>&line[0] % 8:
                raise ValueError("a counter has eight aligned bytes")
            self.counters[place] = <int64_t*>&line[0]
        self.count, self.own = <int>len(lines), own

    def rise(self, int64_t value) -> None:
        """Sets this process' counter, behind all that it wrote before."""
        if self.count == 0:
            raise ValueError("there are no counters")
        STORE_RELEASE(self.counters[self.own], value)

    def least(self) -> int:
        """The counter of the process that has come least far: what all wrote before they raised theirs to it is there."""
        cdef int64_t found = 0, other
        cdef int place
        for place in range(self.count):
            other = LOAD_ACQUIRE(self.counters[place])
            if place == 0 or other < found:
                found = other
        return found
