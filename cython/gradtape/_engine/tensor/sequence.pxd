"""Nested Python sequences as rectangular data."""

# The kind of a sequence's first leaf, which determines the dtype.
cdef enum Leaf:
    EMPTY = 0
    FLOAT = 1
    DOUBLE = 2          # a NumPy float64, which is a subclass of Python's float
    INTEGER = 3
    BOOLEAN = 4
    UNSUPPORTED = 5     # a string
    HALF = 6
    COMPLEX = 7

# The outcome of `fill`.
cdef enum Outcome:
    FILLED = 0
    MIXED = 1           # a leaf of a kind that is incompatible with the dtype
    RAGGED = 2
    FLOAT_FOUND = 3     # a float among integers
    WIDE_FOUND = 4      # an integer out of the dtype's range
    TOO_WIDE = 5        # an integer out of the range of int64
    OVERFLOWED = 6      # a float out of the range of float32, which was not requested

cdef int survey(object value, Py_ssize_t* dims, int* rank) except -1
cdef int fill(object value, int dtype_code, bint asked, const Py_ssize_t* dims, int rank, char* out) except -1
