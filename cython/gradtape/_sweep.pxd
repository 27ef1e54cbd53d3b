"""The reverse sweep over what a window has seen."""

from cpython.ref cimport PyObject

from gradtape._log cimport Window
from gradtape._tensor cimport Tensor

# The cotangent of each source (OUT `results`: owned, left as it was where target does not depend on the source), for the
# targets' cotangents in `seeds` (ones where it is None) or, where `rows` is not 0, for the only target's so many cotangents in
# seeds[0]. `dropping` lets go of entries as they are passed. Targets and sources (IN) are tensors or variables.
cdef int sweep(Window window, bint dropping, PyObject** targets, Py_ssize_t target_count, list seeds, PyObject** sources,
               Py_ssize_t source_count, Py_ssize_t rows, PyObject** results) except -1
cdef Tensor dense(object cotangent)              # a cotangent as an ordinary tensor
