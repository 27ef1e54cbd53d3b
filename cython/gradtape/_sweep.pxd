"""The reverse sweep over what a window has seen."""

from cpython.ref cimport PyObject

from gradtape._log cimport Window
from gradtape._tensor cimport Tensor

# Puts in the place of each source (IN, OUT: owned references to tensors or variables) its cotangent, or None where no target
# depends on it, for the targets' cotangents in `seeds` (ones where it is None) or, where `rows` is not 0, for the only target's
# so many cotangents in seeds[0]. `dropping` lets go of entries as they are passed. Targets (IN) are tensors or variables.
cdef int sweep(Window window, bint dropping, PyObject** targets, Py_ssize_t target_count, list seeds, PyObject** sources,
               Py_ssize_t source_count, Py_ssize_t rows) except -1
cdef Tensor dense(object cotangent)              # a cotangent as an ordinary tensor
