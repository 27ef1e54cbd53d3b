"""The shuffle buffer of datasets: a random order of the elements' numbers, the same as TensorFlow's."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc

from gradtape._engine.compute.random cimport Stream, start, word

import numpy as np

cdef enum:
    FIRST_ALLOCATED = 1024            # initial size of a buffer, in numbers; it grows up to its capacity


cdef class ShuffleBuffer:
    """A ring buffer of numbers, from which a Philox stream draws at random.

    Each draw replaces the drawn number with the front one and advances the front. Numbers are drawn when the ring holds
    `capacity` of them, or when the input has ended. A capacity that is not positive is unlimited.
    """
    cdef int64_t* ring
    cdef Py_ssize_t allocated    # size of the ring's memory, in numbers
    cdef Py_ssize_t first        # index of the front
    cdef Py_ssize_t count        # numbers in the ring
    cdef readonly Py_ssize_t capacity
    cdef readonly uint64_t key, high, drawn
    cdef Stream stream

    def __init__(self, Py_ssize_t capacity, uint64_t key, uint64_t high, uint64_t drawn=0):
        cdef uint64_t _turn
        self.capacity = capacity if capacity > 0 else <Py_ssize_t>1 << 62
        self.key, self.high, self.drawn = key, high, drawn
        self.stream = start(key, 0, high, drawn // 4)
        for _turn in range(drawn % 4):
            word(&self.stream)

    def __dealloc__(self):
        free(self.ring)

    def __len__(self):
        return self.count

    cdef int grow(self) except -1:
        """Allocates memory for more numbers. The ring cannot have wrapped yet, as it was never full."""
        cdef Py_ssize_t allocated = min(max(2 * self.allocated, FIRST_ALLOCATED), self.capacity)
        cdef void* memory = realloc(self.ring, allocated * sizeof(int64_t))
        if memory == NULL:
            raise MemoryError()
        self.ring = <int64_t*>memory
        self.allocated = allocated
        return 0

    cdef inline Py_ssize_t place(self, Py_ssize_t behind) noexcept:
        """The index in the ring of the number `behind` places behind the front."""
        cdef Py_ssize_t place = self.first + behind
        return place if place < self.capacity else place - self.capacity

    cdef inline int put(self, int64_t number) except -1:
        cdef Py_ssize_t place = self.place(self.count)
        if place >= self.allocated:
            self.grow()
        self.ring[place] = number
        self.count += 1
        return 0

    cdef inline int64_t draw(self) noexcept:
        cdef uint32_t random = word(&self.stream)
        cdef Py_ssize_t place
        cdef int64_t number
        # Division by 32 bits is faster.
        place = self.place(random % <uint32_t>self.count if self.count <= <Py_ssize_t>0xFFFFFFFF else random)
        number = self.ring[place]
        self.ring[place] = self.ring[self.first]
        self.first = self.place(1)
        self.count -= 1
        self.drawn += 1
        return number

    def exchange(self, const int64_t[::1] numbers, Py_ssize_t count, bint ended):
        """Adds numbers and draws up to `count`: while the ring is full or, if the input has `ended`, until it is empty.

        numbers: IN, at most as many as fit in while `count` are drawn.
        """
        cdef Py_ssize_t given = numbers.shape[0], at = 0, made = 0
        cdef int64_t[::1] out
        if ended:
            count = min(count, given + self.count)
        else:
            count = max(min(count, given + self.count - self.capacity + 1), 0)
        result = np.empty(count, np.int64)
        out = result
        while True:
            while at < given and self.count < self.capacity:
                self.put(numbers[at])
                at += 1
            if made == count:
                break
            out[made] = self.draw()
            made += 1
        if at < given:
            raise ValueError(f"{given - at} numbers too many")
        return result

    def waiting(self):
        """The numbers in the ring, from the front."""
        result = np.empty(self.count, np.int64)
        cdef int64_t[::1] out = result
        cdef Py_ssize_t i
        for i in range(self.count):
            out[i] = self.ring[self.place(i)]
        return result

    def refill(self, const int64_t[::1] numbers):
        """Replaces the content of the ring with these numbers (IN)."""
        cdef Py_ssize_t i
        self.first = self.count = 0
        for i in range(numbers.shape[0]):
            self.put(numbers[i])
