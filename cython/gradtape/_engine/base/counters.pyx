"""Counters in shared memory: each process increases its own and can read the minimum of all."""

from libc.stdint cimport int64_t

cdef extern from "compiler.h" nogil:
    int64_t LOAD_ACQUIRE(const volatile int64_t* p)
    void STORE_RELEASE(volatile int64_t* p, int64_t value)

cdef enum:
    MOST = 64        # processes


cdef class Counters:
    """One counter per process.

    Writes that a process made before it increased its counter are visible to processes that have read the new value.

    Args:
      lines: for each process at least eight bytes of shared memory, writable, aligned and initially zero; preferably a
        cache line each.
      own: the index of this process' counter.
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

    def set(self, int64_t value) -> None:
        """Sets this process' counter, after all of its earlier writes."""
        if self.count == 0:
            raise ValueError("there are no counters")
        STORE_RELEASE(self.counters[self.own], value)

    def least(self) -> int:
        """The minimum of all counters. What the processes wrote before they reached it is visible."""
        cdef int64_t found = 0, other
        cdef int place
        for place in range(self.count):
            other = LOAD_ACQUIRE(self.counters[place])
            if place == 0 or other < found:
                found = other
        return found
