"""Gathering and scattering rows by index."""

from libc.stdint cimport int64_t

cimport numpy as cnp

cpdef Py_ssize_t first_outside(cnp.ndarray index, int64_t bound) except -2
cpdef object out_of_range(str op, index, Py_ssize_t place, int64_t size, name=*)
