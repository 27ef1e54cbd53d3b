"""Nested Python sequences as rectangular data."""

# What the first leaf of a sequence says about its dtype.
cdef enum Leaf:
    EMPTY = 0
    FLOAT = 1
    DOUBLE = 2          # a NumPy float64, though a Python float by inheritance
    INTEGER = 3
    BOOLEAN = 4
    UNSUPPORTED = 5     # a string
    HALF = 6
    COMPLEX = 7

# How filling ended.
cdef enum Outcome:
    FILLED = 0
    MIXED = 1           # a leaf of another kind than the target holds
    RAGGED = 2
    FLOAT_FOUND = 3     # a float where integers were to stand
    WIDE_FOUND = 4      # an integer that the target dtype cannot hold
    TOO_WIDE = 5        # an integer that no dtype can hold
    OVERFLOWED = 6      # a float beyond float32, which was not asked for

cdef int survey(object value, Py_ssize_t* dims, int* rank) except -1
cdef int fill(object value, int dtype_code, bint asked, const Py_ssize_t* dims, int rank, char* out) except -1
