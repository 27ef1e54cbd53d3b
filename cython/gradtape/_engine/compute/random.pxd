"""Philox streams, read by blocks or by words."""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memset

cdef struct Stream:
    uint64_t key
    uint64_t low
    uint64_t high
    uint32_t words[4]   # the current block
    int left            # words of it that `word` has not returned yet


cdef inline Stream start(uint64_t key, uint64_t low, uint64_t high, uint64_t skip) noexcept nogil:
    """The stream after skipping ``skip`` blocks."""
    cdef Stream stream
    stream.key = key
    stream.low = low + skip
    stream.high = high + (stream.low < low)
    stream.left = 0
    memset(stream.words, 0, sizeof(stream.words))
    return stream


cdef inline void advance(Stream* stream) noexcept nogil:
    """Fills ``words`` by ten rounds on the counter, and increments the counter."""
    cdef uint32_t a = <uint32_t>stream.low, b = <uint32_t>(stream.low >> 32)
    cdef uint32_t c = <uint32_t>stream.high, d = <uint32_t>(stream.high >> 32)
    cdef uint32_t k = <uint32_t>stream.key, m = <uint32_t>(stream.key >> 32)
    cdef uint64_t first, second
    cdef int _turn
    for _turn in range(10):
        first = <uint64_t>0xD2511F53u * a
        second = <uint64_t>0xCD9E8D57u * c
        a = <uint32_t>(second >> 32) ^ b ^ k
        b = <uint32_t>second
        c = <uint32_t>(first >> 32) ^ d ^ m
        d = <uint32_t>first
        k += 0x9E3779B9u
        m += 0xBB67AE85u
    stream.words[0] = a
    stream.words[1] = b
    stream.words[2] = c
    stream.words[3] = d
    stream.low += 1
    stream.high += stream.low == 0


cdef inline uint32_t word(Stream* stream) noexcept nogil:
    """The next single word."""
    if stream.left == 0:
        advance(stream)
        stream.left = 4
    stream.left -= 1
    return stream.words[3 - stream.left]
